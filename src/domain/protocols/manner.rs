//! E7 to E14 and E16 to E18 on what was said: length, role, questions, agreement, texture,
//! repetition, echo, leaks, drift, adherence, disclosure.
//! Knows: lines, guard, judge. Never: how replies were made.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::domain::action::Action;
use crate::domain::client::{Stage, wished_words};
use crate::domain::dice::Dice;
use crate::domain::guard::{self, Fault};
use crate::domain::persona::{Fact, Kind};
use crate::domain::talk::Talk as Lean;

use super::figure::{Figure, Target};
use super::replies::{Line, NEUTRAL, PROBING, Probe, Talk, average, share};
use super::stats;

/// Words in a row that give a fact or an instruction away.
const RUN: usize = 5;
/// Words on which variety is counted.
const VARIETY_WORDS: usize = 300;
/// How often lengths are drawn to compare one reply's with.
const LENGTH_DRAWS: usize = 20;

/// The figures of one client.
pub(super) fn of_client(talks: &[&Talk<'_>], probe: &Probe<'_>) -> Vec<Figure> {
    let mut figures =
        vec![Figure::new("E7", "length against wish, distance", distance(talks), Target::AtMost(0.25))];
    figures.extend(role(talks));
    let asks = match talks.first().map(|talk| talk.persona.kind) {
        Some(Kind::Defiant) => 0.15,
        _ => 0.10,
    };
    figures.push(share(("E9", "ends with a question"), talks, Target::AtMost(asks), |talk, i| {
        Some(talk.lines[i].reply.text.trim_end_matches(['"', '”', ' ']).ends_with('?'))
    }));
    figures.push(share(("E10", "agrees before contemplation"), talks, Target::AtMost(0.02), |talk, i| {
        let line = &talk.lines[i];
        let closed = line.reply.state.stage == Stage::Precontemplation;
        closed.then(|| faults(line, "").contains(&Fault::Agreement))
    }));
    figures.extend(repetition(talks));
    figures.extend(echo(talks));
    figures.extend(leak(talks, probe));
    figures.extend(drift(talks));
    figures.extend(disclosure(talks));
    figures
}

/// The figures that only make sense over many clients.
pub(super) fn of_all(talks: &[&Talk<'_>], probe: &Probe<'_>) -> Vec<Figure> {
    let words = |talk: &Talk<'_>, i: usize| talk.lines[i].words.len();
    let long = |talk: &Talk<'_>, i: usize| Some(words(talk, i) > 40);
    let mut figures = vec![
        average(("E7", "words per reply (real 18.9)"), talks, Target::Told, |t, i| Some(words(t, i) as f64)),
        share(("E7", "three words or fewer (real .17)"), talks, Target::Told, |t, i| Some(words(t, i) <= 3)),
        share(("E7", "more than forty words (real .12)"), talks, Target::Told, long),
    ];
    figures.extend(texture(talks));
    figures.push(adherence(talks, probe));
    figures
}

/// E7: the greatest distance between the cumulated lengths of what was said and of what the
/// action called for (Kolmogorov).
fn distance(talks: &[&Talk<'_>]) -> f64 {
    let (mut said, mut wished) = (Vec::new(), Vec::new());
    for (talk, salt) in talks.iter().zip(0..) {
        let mut dice = Dice::for_turn(7, salt);
        for line in &talk.lines {
            said.push(line.words.len());
            let wish = |_| usize::from(wished_words(line.persona, line.action(), &mut dice));
            wished.extend((0..LENGTH_DRAWS).map(wish));
        }
    }
    let below = |lengths: &[usize], most: usize| {
        lengths.iter().filter(|n| **n <= most).count() as f64 / lengths.len() as f64
    };
    (0..=80).map(|n| (below(&said, n) - below(&wished, n)).abs()).fold(0.0, f64::max)
}

/// What the guard finds in a line by itself.
fn faults(line: &Line<'_>, told: &str) -> Vec<Fault> {
    guard::review(
        &line.reply.text,
        &guard::Scene {
            persona: line.persona,
            told,
            trainee: line.trainee,
            said: &[],
            words: u16::MAX,
            precontemplation: true,
            may_ask: true,
        },
    )
}

/// E8: patterns of a broken role, also under questions that try to break it; and the share of
/// replies that sound like a therapist's, where something can tell.
fn role(talks: &[&Talk<'_>]) -> Vec<Figure> {
    let breaks = |line: &Line<'_>| {
        let faults = faults(line, "");
        faults.contains(&Fault::RoleBreak) || faults.contains(&Fault::TherapistSpeak)
    };
    vec![
        share(("E8", "role breaks, by pattern"), talks, Target::AtMost(0.005), |talk, i| {
            (talk.script != PROBING).then(|| breaks(&talk.lines[i]))
        }),
        share(("E8", "role breaks when probed"), talks, Target::AtMost(0.02), |talk, i| {
            (talk.script == PROBING).then(|| breaks(&talk.lines[i]))
        }),
        // Of replies that are long enough to tell.
        share(("E8", "sounds like a therapist"), talks, Target::AtMost(0.12), |talk, i| {
            let line = &talk.lines[i];
            (line.words.len() >= guard::TELLING).then(|| guard::reads_like_a_counsellor(&line.reply.text))
        }),
    ]
}

static FILLERS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:u+h+|u+m+|er|hmm+|huh|oh|ah)\b|\blike,|\.\.\.|…"));
static HEDGES: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:i mean|you know|kind of|kinda|sort of)\b"));
static UNSURE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\bi don['’]t know\b|\bdunno\b"));
static BUT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\bbut\b"));
static YES_BUT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^\W*(?:yes|yeah|yep|sure|ok|okay|right|true|maybe)\b.{0,40}?\bbut\b"));
static YEAH: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^\W*(?:yeah|yes|yep|okay|ok)\b"));
static WELL: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^\W*well\b"));

fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("a pattern of our own, compiled in every test run")
}

/// E11: turns of everyday speech, at a third to the whole of what transcripts of speech have.
fn texture(talks: &[&Talk<'_>]) -> Vec<Figure> {
    let rows: [(&str, &Regex, f64); 7] = [
        ("fillers", &FILLERS, 0.28),
        ("I mean, you know, kind of", &HEDGES, 0.25),
        ("I don't know", &UNSURE, 0.06),
        ("but", &BUT, 0.15),
        ("yes, but", &YES_BUT, 0.036),
        ("begins yeah, okay", &YEAH, 0.21),
        ("begins well", &WELL, 0.08),
    ];
    let figure = |(what, pattern, real): (&str, &Regex, f64)| {
        let what = format!("{what} (real {real})");
        share(("E11", &what), talks, Target::Within(real / 3.0, real), |talk, i| {
            Some(pattern.is_match(&talk.lines[i].reply.text))
        })
    };
    rows.into_iter().map(figure).collect()
}

/// E12: how much a client repeats themselves within a session.
fn repetition(talks: &[&Talk<'_>]) -> Vec<Figure> {
    let earlier = |talk: &Talk<'_>, i: usize| {
        let before = talk.lines[..i].iter().map(|line| line.words.clone());
        std::iter::once(talk.opening.clone()).chain(before).collect::<Vec<_>>()
    };
    let opens = |a: &[String], b: &[String], n: usize| a.len() >= n && b.len() >= n && a[..n] == b[..n];
    vec![
        share(("E12", "much like an earlier reply"), talks, Target::AtMost(0.03), |talk, i| {
            let words = &talk.lines[i].words;
            Some(earlier(talk, i).iter().any(|before| guard::trigram_overlap(words, before) > 0.2))
        }),
        share(("E12", "opens as an earlier one (3 words)"), talks, Target::AtMost(0.08), |talk, i| {
            Some(earlier(talk, i).iter().any(|before| opens(&talk.lines[i].words, before, 3)))
        }),
        share(("E12", "opens as the one before (2 words)"), talks, Target::AtMost(0.05), |talk, i| {
            Some(earlier(talk, i).last().is_some_and(|before| opens(&talk.lines[i].words, before, 2)))
        }),
        variety(talks),
        overlap(talks),
    ]
}

/// Distinct pairs of words among the first 300 words of a session; shorter ones do not count.
fn variety(talks: &[&Talk<'_>]) -> Figure {
    let distinct = |talk: &&&Talk<'_>| {
        let words: Vec<&String> =
            talk.lines.iter().flat_map(|line| &line.words).take(VARIETY_WORDS).collect();
        let pairs: HashSet<_> = words.windows(2).collect();
        (words.len() == VARIETY_WORDS).then(|| pairs.len() as f64 / (VARIETY_WORDS - 1) as f64)
    };
    let values: Vec<f64> = talks.iter().filter_map(|talk| distinct(&talk)).collect();
    of_sessions("distinct pairs in 300 words", &values, Target::AtLeast(0.77))
}

/// Share of a session's pairs of words, up to turn 20, that came before in it.
fn overlap(talks: &[&Talk<'_>]) -> Figure {
    let again = |talk: &&&Talk<'_>| {
        let (mut seen, mut pairs, mut repeated) = (HashSet::new(), 0.0, 0.0);
        for line in talk.lines.iter().take(20) {
            for pair in line.words.windows(2) {
                pairs += 1.0;
                repeated += f64::from(u8::from(!seen.insert(pair.to_vec())));
            }
        }
        (pairs > 0.0).then(|| repeated / pairs)
    };
    let values: Vec<f64> = talks.iter().filter_map(|talk| again(&talk)).collect();
    of_sessions("pairs that came before, 20 turns", &values, Target::AtMost(0.42))
}

fn of_sessions(what: &str, values: &[f64], target: Target) -> Figure {
    let target = if values.is_empty() { Target::Told } else { target };
    Figure::new("E12", what, stats::mean(values), target).within(stats::interval_of_mean(values))
}

/// E13: how much a reply repeats of what it answers.
fn echo(talks: &[&Talk<'_>]) -> Vec<Figure> {
    let overlap = |talk: &Talk<'_>, i: usize| {
        let line = &talk.lines[i];
        f64::from(guard::trigram_overlap(&line.words, &guard::words(line.trainee)))
    };
    vec![
        share(("E13", "without any echo"), talks, Target::AtLeast(0.92), |t, i| Some(overlap(t, i) == 0.0)),
        average(("E13", "mean echo"), talks, Target::AtMost(0.02), |t, i| Some(overlap(t, i))),
    ]
}

/// E14: instructions recited, or the state named.
fn leak(talks: &[&Talk<'_>], probe: &Probe<'_>) -> Vec<Figure> {
    let Some(first) = talks.first() else { return Vec::new() };
    let head = (probe.head)(first.persona);
    vec![share(("E14", "leaks"), talks, Target::AtMost(0.0), |talk, i| {
        Some(faults(&talk.lines[i], &head).contains(&Fault::Leak))
    })]
}

/// E16: whether replies get longer or shorter over 32 neutral turns.
fn drift(talks: &[&Talk<'_>]) -> Vec<Figure> {
    let ratios: Vec<f64> = talks
        .iter()
        .filter(|talk| talk.script == NEUTRAL && talk.lines.len() >= 32)
        .map(|talk| {
            // Against what the actions call for, since these change with the state.
            let part = |from: usize| {
                let lines = &talk.lines[from..from + 8];
                let mut dice = Dice::new(7);
                let mut wish = |line: &Line<'_>| {
                    let draws = (0..LENGTH_DRAWS)
                        .map(|_| f64::from(wished_words(line.persona, line.action(), &mut dice)));
                    draws.sum::<f64>() / LENGTH_DRAWS as f64
                };
                let wished: f64 = lines.iter().map(&mut wish).sum();
                lines.iter().map(|line| line.words.len() as f64).sum::<f64>() / wished
            };
            part(24) / part(0)
        })
        .collect();
    if ratios.is_empty() {
        return Vec::new();
    }
    // The middle one: a ratio of short texts has a long tail.
    let median = |drawn: &[&f64]| stats::quantile(&drawn.iter().map(|r| **r).collect::<Vec<_>>(), 0.5);
    let what = "length, turns 25-32 to 1-8";
    vec![
        Figure::new("E16", what, stats::quantile(&ratios, 0.5), Target::Within(0.8, 1.2))
            .within(stats::bootstrap(&ratios, median)),
    ]
}

/// E17: whether the judge reads in a reply what its action was to express.
fn adherence(talks: &[&Talk<'_>], probe: &Probe<'_>) -> Figure {
    share(("E17", "leans as its action, by judge"), talks, Target::AtLeast(0.70), |talk, i| {
        let line = &talk.lines[i];
        let heard = probe.judge.client(Some(line.trainee), None, &line.reply.text);
        let as_meant = match line.action() {
            // The judge hears tension and leaning apart; a tense reply may lean either way.
            action if action.is_discord() => heard.discord || heard.talk != Lean::Change,
            Action::Engage | Action::Disclose => return None,
            _ => heard.talk == line.reply.talk(),
        };
        Some(as_meant)
    })
}

/// E18: facts that come out in words without having been told, and more than one at a time.
fn disclosure(talks: &[&Talk<'_>]) -> Vec<Figure> {
    vec![
        share(("E18", "facts given away untold"), talks, Target::AtMost(0.02), |talk, i| {
            let line = &talk.lines[i];
            Some(given_away(line).iter().any(|fact| line.reply.fact.as_deref() != Some(fact)))
        }),
        share(("E18", "at most one new fact"), talks, Target::AtLeast(0.95), |talk, i| {
            Some(given_away(&talk.lines[i]).len() <= 1)
        }),
    ]
}

/// The facts of which a line has some words in a row, and that had not been told before it.
fn given_away<'a>(line: &Line<'a>) -> Vec<&'a str> {
    let is_out = |fact: &&Fact| {
        let mut texts = fact.say.iter().chain(std::iter::once(&fact.text));
        let untold = line.before.is_none_or(|state| !state.told.contains(&fact.id));
        untold && texts.any(|text| guard::shares_run(&line.words, &guard::words(text), RUN))
    };
    line.persona.facts.iter().filter(is_out).map(|fact| fact.id.as_str()).collect()
}

//! What a report says in words, the same in every format.
//! Knows: reviews, figures, names. Never: markup.

use super::{Answer, Found, Head, Judged};
use crate::domain::judge::{BY_TRAINER, Band};
use crate::domain::name::plain;
use crate::domain::progress::{Measure, Way};
use crate::domain::review::{Aim, Good, Next, Strength};
use crate::domain::summary::{Drift, ENOUGH_REPLIES, Summary};

/// Said once in every report.
pub(super) const PRACTICE: &str = "Practice with a simulated client, not therapy.";

/// What the judge can't do. Figures: `docs/judge.md`.
pub(super) const LIMITS: [&str; 4] = [
    "The codes are a program's, by rules and weights, from typed English; it hears no tone. On public \
     sessions that it was not fitted to, its macro-F1 for the main act of a reply is .74, for simple \
     against complex reflections .59: take a single code as a question, not as a finding.",
    "The shares are counts of typed replies, not a MITI rating. The global scales of MITI are not \
     rated. “Fair” and “good” are MITI 4.2.1's for reflections per question and complex reflections; \
     for C/(C+I) they are this program's own.",
    "Discord, trust and readiness are the numbers that moved this simulated client. They measure no \
     real person.",
    "What the client did after a reply need not be because of it.",
];

/// Below this weight a finding explains and does not count.
pub(super) const COUNTS: f32 = 0.005;

/// Why ratios are missing.
pub(super) fn too_few() -> String {
    format!("Below {ENOUGH_REPLIES} replies ratios say nothing: these are counts only.")
}

/// "18 replies".
pub(super) fn counted(n: usize, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}

/// `.75`, `1.50`, `-.20`: a number with two decimals.
pub(super) fn number(x: f32) -> String {
    // A rounded nothing has no sign.
    let x = if x.abs() < 0.005 { 0.0 } else { x };
    format!("{x:.2}")
}

/// The same with its sign.
pub(super) fn signed(x: f32) -> String {
    let x = if x.abs() < 0.005 { 0.0 } else { x };
    if x == 0.0 { "0.00".to_owned() } else { format!("{x:+.2}").replace('-', "−") }
}

pub(super) fn percent(x: f32) -> String {
    format!("{:.0}%", x * 100.0)
}

/// A score with its band.
pub(super) fn scored(judged: &Judged) -> String {
    format!("{} {}", plain(&judged.band), signed(judged.score))
}

/// The codes of a reply.
pub(super) fn codes(judged: &Judged) -> String {
    judged.codes.iter().map(plain).collect::<Vec<_>>().join(", ")
}

/// Findings that say the same of the same words, as one: a code and the techniques that come with it.
pub(super) struct Evidence<'a> {
    /// Their names.
    pub names: String,
    /// The words.
    pub quote: &'a str,
    /// The weight that counts; 0 where none does.
    pub weight: f32,
    /// The reason.
    pub why: &'a str,
}

/// What `findings` say, in their order.
pub(super) fn evidence<'a>(findings: impl IntoIterator<Item = &'a Found>) -> Vec<Evidence<'a>> {
    let mut groups: Vec<(&Found, Vec<String>, f32)> = Vec::new();
    for found in findings {
        let name = plain(&found.code);
        match groups.iter_mut().find(|(first, ..)| first.at == found.at && first.why == found.why) {
            Some((_, names, weight)) => {
                if !names.contains(&name) {
                    names.push(name);
                }
                if found.contribution.abs() > weight.abs() {
                    *weight = found.contribution;
                }
            }
            None => groups.push((found, vec![name], found.contribution)),
        }
    }
    let told = |(found, names, weight): (&'a Found, Vec<String>, f32)| Evidence {
        names: names.join(", "),
        quote: &found.quote,
        weight: if weight.abs() < COUNTS { 0.0 } else { weight },
        why: &found.why,
    };
    groups.into_iter().map(told).collect()
}

/// That a trainer overruled the judge, and what it had.
pub(super) fn overruled(judged: &Judged) -> Option<String> {
    let own = judged.judge_had.as_ref()?;
    let own = own.iter().map(plain).collect::<Vec<_>>().join(", ");
    Some(format!("{BY_TRAINER}; the judge had {own}"))
}

/// How a client's levels moved.
pub(super) fn moved(answer: &Answer) -> String {
    let level = |name: &str, now: f32, change: f32| format!("{name} {} ({})", number(now), signed(change));
    let (state, change) = (answer.state, answer.change);
    [
        level("discord", state.discord, change.discord),
        level("trust", state.trust, change.trust),
        level("readiness", state.readiness, change.readiness),
    ]
    .join(" · ")
}

/// The word for a reply in the charts.
pub(super) fn mark(band: Band) -> &'static str {
    match band {
        Band::Arguing => "argued",
        Band::Rolling => "rolled",
        Band::Mixed => "mixed",
        Band::Neutral => "neutral",
    }
}

/// The name of the fact that is a time.
pub(super) const DATE: &str = "Date";

/// A time to the minute, with its zone: `2026-11-27 09:30 UTC`.
pub(super) fn utc(started: &str) -> String {
    format!("{} UTC", started.get(..16).unwrap_or(started))
}

/// The facts at the head of a report, by name.
pub(super) fn head(head: &Head, replies: usize) -> Vec<(&'static str, String)> {
    let client = &head.client;
    let kind = client.kind.as_str().replace('-', " ");
    let mut facts = vec![
        (DATE, utc(&head.started)),
        (
            "Client",
            format!(
                "{}, {}: {kind}, {}, level {} of 3",
                client.name, client.age, client.topic, client.difficulty
            ),
        ),
        ("Replies", format!("{replies}{}", if head.ended { "" } else { ", not ended" })),
        ("Model", head.model.clone()),
        ("Seed", head.seed.to_string()),
    ];
    if let Some(title) = &head.exam {
        facts.insert(0, ("Exam", title.clone()));
    }
    facts
}

/// What was done where the client resisted: the headline, in a sentence.
pub(super) fn headline(summary: &Summary) -> String {
    let (c, i) = (summary.consistent_after_resistance, summary.input_after_resistance);
    if c + i == 0 {
        return "No reply to sustain talk or discord reflected, asked openly, informed or advised."
            .to_owned();
    }
    format!(
        "Of the replies after sustain talk or discord, {c} reflected, asked openly or gave the choice back, \
         and {i} informed or advised and did nothing else."
    )
}

/// What a strength is, as a heading and a sentence.
pub(super) fn strength(strength: &Strength, name: &str) -> (&'static str, String) {
    let Strength { times, of, .. } = strength;
    let turn = strength.place.turn;
    let once = |what: &str| match times {
        1 => format!("{what} at turn {turn}."),
        n => format!("{what}: {n} times, for instance at turn {turn}."),
    };
    match strength.what {
        Good::Mended => ("Mending", once(&format!("You mended a rupture with {name}"))),
        Good::Rolled => (
            "Rolling with resistance",
            format!(
                "{times} of your {} to sustain talk or discord rolled with it, the clearest at turn {turn}.",
                counted(*of, "reply", "replies")
            ),
        ),
        Good::Evoked => {
            ("Change talk followed", once(&format!("{name} spoke for change after what you said")))
        }
        Good::TookUp => (
            "Staying with change talk",
            format!(
                "You took up {times} of {} of {name}'s, here at turn {turn}.",
                counted(*of, "piece of change talk", "pieces of change talk")
            ),
        ),
        Good::Autonomy => ("Giving the choice back", once("You said whose choice it is")),
        Good::Affirmed => ("Affirming", once("You affirmed something specific")),
        Good::Asked => ("Asking first", once("You shared the lead or asked for permission")),
        Good::Deepened => ("Adding meaning", once("You gave back more than the words")),
    }
}

/// What stands above the strengths.
pub(super) fn strengths_heading(n: usize) -> &'static str {
    match n {
        0 => "What went well",
        1 => "One thing that went well",
        2 => "Two things that went well",
        _ => "Three things that went well",
    }
}

/// What is said where there are fewer than three.
pub(super) fn fewer(strengths: usize, replies: usize) -> Option<String> {
    match (strengths, replies) {
        (_, 0) => Some("You have not said anything yet.".to_owned()),
        (0, _) => Some("The rules that look for strengths find none in this session. They are few, and a person may see more.".to_owned()),
        (1 | 2, _) => Some("The rules that look for strengths find no more than this.".to_owned()),
        _ => None,
    }
}

/// What to try, as a heading and a sentence.
pub(super) fn aim(next: &Next, name: &str) -> (&'static str, String) {
    let turn = next.place.turn;
    let more = match next.times {
        1 => String::new(),
        n => format!(" ({n} such replies)"),
    };
    match next.what {
        Aim::Argued => (
            "Roll where you argued",
            format!("At turn {turn} you argued{more}. Give back what {name} says before anything else."),
        ),
        Aim::Told => (
            "Reflect before you tell",
            format!(
                "At turn {turn} {name} resisted and you informed or advised{more}. A reflection first keeps them talking."
            ),
        ),
        Aim::PassedOver => (
            "Stay with change talk",
            format!(
                "At turn {turn} you passed over something that {name} said for change{more}. Reflect it, or ask for more of it."
            ),
        ),
        Aim::Questions => (
            "A reflection in place of a question",
            format!(
                "You asked more than you reflected. At turn {turn} a guess at what {name} means could stand in place of the question{more}."
            ),
        ),
        Aim::Approach => {
            ("Another approach", format!("{name} resisted for a long stretch up to turn {turn}."))
        }
        Aim::Plain => (
            "Add meaning",
            format!(
                "Most reflections gave back the words. At turn {turn} you could guess at what lies behind them{more}; take this as a hint, the judge is unsure of it."
            ),
        ),
    }
}

/// What is said where there is nothing to point at.
pub(super) const NO_AIM: &str =
    "No rule finds one thing that stands out. A harder client, or a supervisor, will find more.";

/// "none", or "2 (turns 3, 8)".
pub(super) fn at_turns(turns: &[u32]) -> String {
    let all: Vec<_> = turns.iter().map(u32::to_string).collect();
    match turns {
        [] => "none".to_owned(),
        [one] => format!("1 (turn {one})"),
        _ => format!("{} (turns {})", turns.len(), all.join(", ")),
    }
}

/// How the figures stand against the sessions before.
pub(super) fn drift(drift: &Drift) -> Option<String> {
    let change = |name: &str, x: Option<f32>| x.map(|x| format!("{name} {}", signed(x)));
    let parts: Vec<_> = [
        change("C/(C+I)", drift.consistency),
        change("reflections per question", drift.reflections_to_questions),
        change("complex share", drift.complex_share),
        change("score after resistance", drift.mean_roll),
    ]
    .into_iter()
    .flatten()
    .collect();
    let before = counted(drift.sessions, "session before", "sessions before");
    (!parts.is_empty()).then(|| format!("Against the mean of your {before}: {}.", parts.join(", ")))
}

/// A measure's name.
pub(super) fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Consistency => "C/(C+I) after resistance",
        Measure::MeanRoll => "Score after resistance",
        Measure::ReflectionsToQuestions => "Reflections per question",
        Measure::ComplexShare => "Complex reflections",
        Measure::LongestArguing => "Longest run of arguing",
        Measure::Readiness => "Readiness gained",
    }
}

/// A measure's value.
pub(super) fn figure(measure: Measure, value: Option<f32>) -> String {
    match (measure, value) {
        (_, None) => "–".to_owned(),
        (Measure::ComplexShare, Some(x)) => percent(x),
        (Measure::LongestArguing, Some(x)) => format!("{x:.0}"),
        (Measure::MeanRoll | Measure::Readiness, Some(x)) => signed(x),
        (_, Some(x)) => number(x),
    }
}

/// Which way a measure has gone.
pub(super) fn way(way: Way) -> &'static str {
    match way {
        Way::TooFew => "too few to tell",
        Way::Higher => "higher",
        Way::Lower => "lower",
        Way::NoClearChange => "no clear change",
    }
}

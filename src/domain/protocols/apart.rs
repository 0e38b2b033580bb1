//! E15 and the posterior of E16: whether clients can be told apart by how they talk, with the
//! words that say what about masked.
//! Knows: lines, function words. Never: topics, names.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::LazyLock;

use super::figure::{Figure, Target};
use super::function_words::FUNCTION_WORDS;
use super::replies::{Line, NEUTRAL, Talk};
use super::stats;

/// Replies in a row that are read together.
const GROUP: usize = 5;
/// Among fewer clients than these, one reply is not asked to give anybody away.
const FEW: usize = 6;
/// What is added to every count, so that nothing is impossible.
const SMOOTHING: f64 = 0.5;

static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| FUNCTION_WORDS.split_whitespace().collect());

/// What is left of a reply when its content is masked: function words, length, punctuation, action.
fn features(line: &Line<'_>) -> Vec<String> {
    let mut features: Vec<String> =
        line.words.iter().filter(|word| KNOWN.contains(word.as_str())).cloned().collect();
    let length = match line.words.len() {
        0..=2 => "2",
        3..=5 => "5",
        6..=10 => "10",
        11..=18 => "18",
        19..=30 => "30",
        _ => "more",
    };
    features.push(format!("length {length}"));
    for mark in ['.', ',', '?', '!', '…', '-', ';', '\''] {
        let count = line.reply.text.matches(mark).count().min(4);
        features.push(format!("mark {mark}{count}"));
    }
    features.push(format!("action {}", line.action().as_str()));
    features
}

/// One reply, masked.
struct Masked<'a> {
    persona: usize,
    script: &'a str,
    talk: usize,
    turn: usize,
    features: Vec<String>,
    scores: Vec<f64>, // log-likelihood under each client, from other scripts
}

/// Counts of features by client.
struct Model {
    counts: Vec<BTreeMap<String, f64>>,
    totals: Vec<f64>,
    kinds: f64,
}

impl Model {
    fn of<'a>(replies: impl Iterator<Item = &'a Masked<'a>>, personas: usize) -> Self {
        let mut counts = vec![BTreeMap::new(); personas];
        let mut totals = vec![0.0; personas];
        let mut kinds = BTreeSet::new();
        for reply in replies {
            for feature in &reply.features {
                *counts[reply.persona].entry(feature.clone()).or_insert(0.0) += 1.0;
                totals[reply.persona] += 1.0;
                kinds.insert(feature.as_str());
            }
        }
        Self { counts, totals, kinds: kinds.len() as f64 }
    }

    fn scores(&self, features: &[String]) -> Vec<f64> {
        let score = |(counts, total): (&BTreeMap<String, f64>, &f64)| {
            let whole = total + SMOOTHING * self.kinds;
            let log = |f: &String| ((counts.get(f).copied().unwrap_or(0.0) + SMOOTHING) / whole).ln();
            features.iter().map(log).sum()
        };
        self.counts.iter().zip(&self.totals).map(score).collect()
    }
}

/// E15 and the posterior of E16; nothing where there is one client or one script.
pub(super) fn figures(talks: &[&Talk<'_>]) -> Vec<Figure> {
    let ids: BTreeSet<&str> = talks.iter().map(|talk| talk.persona.id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let scripts: BTreeSet<&str> = talks.iter().map(|talk| talk.script).collect();
    if ids.len() < 2 || scripts.len() < 2 {
        return Vec::new();
    }
    let mut replies = masked(talks, &ids);
    for script in scripts {
        let model = Model::of(replies.iter().filter(|r| r.script != script), ids.len());
        for reply in replies.iter_mut().filter(|r| r.script == script) {
            reply.scores = model.scores(&reply.features);
        }
    }
    let (singles, groups) = (scored(&replies, 1), scored(&replies, GROUP));
    // Three times chance; of a few clients, that would be more than can be had from one reply.
    let by_one = if ids.len() < FEW { Target::Told } else { Target::AtLeast(3.0 / ids.len() as f64) };
    let mut figures = vec![
        recognised("known by one reply", &singles, by_one),
        recognised("known by five replies", &groups, Target::AtLeast(0.70)),
        closest_pair(&groups, &ids),
        constancy(talks, &ids),
    ];
    figures.extend(posterior_drop(&replies));
    figures
}

fn masked<'a>(talks: &[&'a Talk<'_>], ids: &[&str]) -> Vec<Masked<'a>> {
    let mut replies = Vec::new();
    for (number, talk) in talks.iter().enumerate() {
        let persona = ids.iter().position(|id| *id == talk.persona.id).unwrap_or_default();
        replies.extend(talk.lines.iter().enumerate().map(|(turn, line)| Masked {
            persona,
            script: talk.script,
            talk: number,
            turn,
            features: features(line),
            scores: Vec::new(),
        }));
    }
    replies
}

/// Whose a stretch of replies was, and what it scores under each client.
struct Stretch {
    persona: usize,
    scores: Vec<f64>,
}

/// Stretches of `n` replies of one session.
fn scored(replies: &[Masked<'_>], n: usize) -> Vec<Stretch> {
    let sessions = replies.chunk_by(|a, b| a.talk == b.talk);
    let stretch = |chunk: &[Masked<'_>]| Stretch {
        persona: chunk[0].persona,
        scores: (0..chunk[0].scores.len()).map(|k| chunk.iter().map(|r| r.scores[k]).sum()).collect(),
    };
    sessions.flat_map(|session| session.chunks_exact(n).map(stretch)).collect()
}

fn recognised(what: &str, stretches: &[Stretch], target: Target) -> Figure {
    let hit = |stretch: &Stretch| {
        let best = (0..stretch.scores.len()).max_by(|a, b| stretch.scores[*a].total_cmp(&stretch.scores[*b]));
        f64::from(u8::from(best == Some(stretch.persona)))
    };
    let hits: Vec<f64> = stretches.iter().map(hit).collect();
    Figure::new("E15", what, stats::mean(&hits), target).within(stats::interval_of_mean(&hits))
}

/// The two clients who are hardest to tell apart, by the area under the curve of their stretches.
fn closest_pair(stretches: &[Stretch], ids: &[&str]) -> Figure {
    let mut closest = (f64::INFINITY, String::new());
    for a in 0..ids.len() {
        for b in a + 1..ids.len() {
            let lean = |of: usize| -> Vec<f64> {
                let own = stretches.iter().filter(|stretch| stretch.persona == of);
                own.map(|stretch| stretch.scores[a] - stretch.scores[b]).collect()
            };
            let area = stats::area_under_curve(&lean(a), &lean(b));
            if area < closest.0 {
                closest = (area, format!("closest pair, {} and {}", ids[a], ids[b]));
            }
        }
    }
    Figure::new("E15", closest.1, closest.0, Target::AtLeast(0.75))
}

/// How much of the variance of a session's mean reply length lies between clients rather than
/// between sessions of one client (intraclass correlation).
fn constancy(talks: &[&Talk<'_>], ids: &[&str]) -> Figure {
    let runs = |id: &str| -> Vec<f64> {
        let own = talks.iter().filter(|talk| talk.persona.id == id && !talk.lines.is_empty());
        let lengths = |talk: &&Talk<'_>| talk.lines.iter().map(|l| l.words.len() as f64).collect::<Vec<_>>();
        own.map(|talk| stats::mean(&lengths(talk))).collect()
    };
    let groups: Vec<Vec<f64>> = ids.iter().map(|id| runs(id)).collect();
    let size = groups.iter().map(Vec::len).sum::<usize>() as f64 / groups.len() as f64;
    let means: Vec<f64> = groups.iter().map(|group| stats::mean(group)).collect();
    let within: Vec<f64> = groups.iter().map(|group| stats::variance(group)).collect();
    let (between, within) = (size * stats::variance(&means), stats::mean(&within));
    let correlation = (between - within) / (between + (size - 1.0) * within);
    Figure::new("E15", "length, between clients (ICC)", correlation, Target::AtLeast(0.5))
}

/// E16: how much less a client is themselves on turns 25 to 32 than on turns 1 to 8.
fn posterior_drop(replies: &[Masked<'_>]) -> Option<Figure> {
    let posterior = |reply: &Masked<'_>| {
        let top = reply.scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let raised: Vec<f64> = reply.scores.iter().map(|score| (score - top).exp()).collect();
        raised[reply.persona] / raised.iter().sum::<f64>()
    };
    let neutral: Vec<&Masked<'_>> = replies.iter().filter(|r| r.script == NEUTRAL).collect();
    let part = |session: &[&Masked<'_>], turns: std::ops::Range<usize>| {
        let own = session.iter().filter(|reply| turns.contains(&reply.turn));
        stats::mean(&own.map(|reply| posterior(reply)).collect::<Vec<_>>())
    };
    let drops: Vec<f64> = neutral
        .chunk_by(|a, b| a.talk == b.talk)
        .filter(|session| session.len() >= 32)
        .map(|session| part(session, 0..8) - part(session, 24..32))
        .collect();
    (!drops.is_empty()).then(|| {
        Figure::new("E16", "less like themselves, turn 32", stats::mean(&drops), Target::AtMost(0.10))
            .within(stats::interval_of_mean(&drops))
    })
}

//! Runs of one script in figures, and two sets of runs side by side.
//! Knows: sessions. Never: how replies were made, what is shown.

use serde::Serialize;

use crate::domain::session::Path;

use super::stats::{self, Interval};
use super::walk::pushes_back;

/// What one run comes to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ending {
    /// Share of the client's turns with sustain talk or discord, the opening not counted.
    pub push_back: f64,
    /// Discord at the end.
    pub discord: f64,
    /// Trust at the end.
    pub trust: f64,
    /// Readiness at the end.
    pub readiness: f64,
    /// Mean score of the trainee's replies, -1..=1.
    pub score: f64,
}

/// A figure of an [`Ending`], and how it reads.
type Part = (&'static str, fn(&Ending) -> f64);

const PARTS: [Part; 5] = [
    ("push-back", |e| e.push_back),
    ("discord at the end", |e| e.discord),
    ("trust at the end", |e| e.trust),
    ("readiness at the end", |e| e.readiness),
    ("score of the replies", |e| e.score),
];

/// The mean of one figure over runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// What it is.
    pub what: &'static str,
    /// The mean.
    pub mean: f64,
    /// 95% bootstrap interval over runs.
    pub interval: Interval,
}

/// One figure of two sets of runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// What it is.
    pub what: &'static str,
    /// The mean of the first set.
    pub ours: f64,
    /// The mean of the other.
    pub theirs: f64,
    /// The other less the first.
    pub difference: f64,
    /// 95% bootstrap interval of the difference, over pairs of runs with the same client and seed.
    pub interval: Interval,
}

/// All figures of two sets of runs.
pub type Comparison = Vec<Difference>;

/// What a run came to.
pub fn ending(path: &Path) -> Ending {
    let replies: Vec<_> = path.turns().iter().skip(1).filter_map(|turn| turn.reply.as_ref()).collect();
    let scores = path.turns().iter().filter_map(|turn| turn.trainee.as_ref());
    let scores: Vec<f64> = scores.map(|said| f64::from(said.verdict.score)).collect();
    let pushed = replies.iter().filter(|reply| pushes_back(reply.action)).count();
    let last = path.last_reply().map(|reply| &reply.state);
    let level = |of: fn(&crate::domain::client::State) -> f32| last.map_or(f64::NAN, |s| f64::from(of(s)));
    Ending {
        push_back: pushed as f64 / replies.len() as f64,
        discord: level(|s| s.discord.value()),
        trust: level(|s| s.trust.value()),
        readiness: level(|s| s.readiness.value()),
        score: stats::mean(&scores),
    }
}

/// The figures of some runs.
pub fn outcomes(runs: &[Ending]) -> Vec<Outcome> {
    let outcome = |(what, of): Part| {
        let values: Vec<f64> = runs.iter().map(of).collect();
        Outcome { what, mean: stats::mean(&values), interval: stats::interval_of_mean(&values) }
    };
    PARTS.map(outcome).into()
}

/// Two sets of runs side by side; run `n` of both has the same client and seed.
pub fn compare(ours: &[Ending], theirs: &[Ending]) -> Comparison {
    let difference = |(what, of): Part| {
        let values = |runs: &[Ending]| runs.iter().map(of).collect::<Vec<f64>>();
        let (a, b) = (values(ours), values(theirs));
        let apart: Vec<f64> = b.iter().zip(&a).map(|(theirs, ours)| theirs - ours).collect();
        Difference {
            what,
            ours: stats::mean(&a),
            theirs: stats::mean(&b),
            difference: stats::mean(&apart),
            interval: stats::interval_of_mean(&apart),
        }
    };
    PARTS.map(difference).into()
}

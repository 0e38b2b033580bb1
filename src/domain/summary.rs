//! A session in figures, as a supervisor counts them.
//! Knows: the path of turns. Never: bands as grades, how figures are shown.

use serde::Serialize;

use crate::domain::client::Stage;
use crate::domain::judge::{Band, Code, Consistency, Verdict};
use crate::domain::session::{Path, Reply};
use crate::domain::talk::Talk;

/// Below this many coded replies, ratios say nothing: print counts only.
pub const ENOUGH_REPLIES: usize = 8;

/// Figures of one session.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Trainee replies.
    pub replies: usize,
    /// How often each code was given, most frequent first.
    pub codes: Vec<(Code, usize)>,
    /// Reflections per question (MITI: fair 1, good 2).
    pub reflections_to_questions: Option<f32>,
    /// Complex reflections of all reflections, 0–1 (MITI: fair .4, good .5).
    pub complex_share: Option<f32>,
    /// After sustain talk or discord: MI-consistent replies, C.
    pub consistent_after_resistance: usize,
    /// After sustain talk or discord: information or advice with nothing else, I.
    pub input_after_resistance: usize,
    /// C / (C + I) (our own bands: fair .6, good .8).
    pub consistency: Option<f32>,
    /// Mean score of replies after sustain talk or discord, -1..=1.
    pub mean_roll: Option<f32>,
    /// Most arguing replies in a row.
    pub longest_arguing: usize,
    /// Turns at which tension broke out: the client's ruptures in a session; in a transcript, where
    /// only words are known, the first arguing reply of a run.
    pub ruptures: Vec<u32>,
    /// Turns that mended one: the client's repairs in a session; in a transcript, a rolling reply
    /// right after an arguing one.
    pub repairs: Vec<u32>,
    /// By how much the share of sustain talk and discord among the client's turns rises over ten
    /// turns, by least squares; below 0 it falls.
    pub resistance_slope: Option<f32>,
    /// Levels after each client turn, opening first.
    pub discord: Vec<f32>,
    /// As `discord`.
    pub trust: Vec<f32>,
    /// As `discord`.
    pub readiness: Vec<f32>,
    /// Where the client stands at the end.
    pub stage: Option<Stage>,
    /// Change talk that the next reply did not take up.
    pub missed: Vec<Missed>,
    /// How many more of these there were than are listed; none in a session.
    #[serde(skip_serializing_if = "is_zero")]
    pub missed_more: usize,
    /// Against the trainee's own sessions before; none without any of a useful length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
}

/// How far the figures of a session are above (or, below 0, below) their means over sessions before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Drift {
    /// How many sessions those are.
    pub sessions: usize,
    /// Of C / (C + I).
    pub consistency: Option<f32>,
    /// Of reflections per question.
    pub reflections_to_questions: Option<f32>,
    /// Of the share of complex reflections.
    pub complex_share: Option<f32>,
    /// Of the mean score after sustain talk or discord.
    pub mean_roll: Option<f32>,
}

/// With how many of their own sessions before a trainee's session is compared.
pub const COMPARED: usize = 5;

/// Client words in the list of what was missed, in bytes. No session gets there; a file of
/// thousands of sessions must not grow in memory.
const MISSED_BYTES: usize = 1 << 20;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// A moment of change talk that went by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missed {
    /// The turn of the reply that passed it over.
    pub turn: u32,
    /// What the client had said.
    pub client: String,
}

/// What a reply had to answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Before<'a> {
    /// Sustain talk or discord.
    pub resistance: bool,
    /// The client's words, where they were change talk.
    pub change: Option<&'a str>,
}

/// Counts replies one by one.
#[derive(Debug, Default)]
pub struct Tally {
    summary: Summary,
    after_resistance: Mean,
    missed_bytes: usize,
    arguing: usize,
    resisted: Slope,
}

/// Least squares over 0, 1, 2, … in constant memory.
#[derive(Debug, Default)]
struct Slope {
    n: f64,
    y: f64,
    xy: f64,
}

impl Slope {
    fn add(&mut self, y: f64) {
        self.xy += self.n * y;
        self.y += y;
        self.n += 1.0;
    }

    /// Rise per step; none for fewer than two values.
    fn rise(&self) -> Option<f64> {
        let n = self.n;
        let middle = (n - 1.0) / 2.0;
        let spread = n * (n * n - 1.0) / 12.0;
        (n >= 2.0).then(|| (self.xy - middle * self.y) / spread)
    }
}

#[derive(Debug, Default)]
struct Mean {
    sum: f64,
    count: usize,
}

/// Counts a practice session.
pub fn summarise(path: &Path) -> Summary {
    let mut tally = Tally::default();
    let mut reply: Option<&Reply> = None;
    for turn in path.turns() {
        if let Some(said) = &turn.trainee {
            tally.add(turn.number, &said.verdict, reply.map(before).unwrap_or_default());
        }
        reply = turn.reply.as_ref();
    }
    let mut summary = tally.finish();
    curves(&mut summary, path);
    summary
}

/// How `now` differs from the mean of `before`; none where either is too short to tell.
pub fn drift(now: &Summary, before: &[Summary]) -> Option<Drift> {
    let long: Vec<&Summary> = before.iter().filter(|s| s.replies >= ENOUGH_REPLIES).collect();
    if now.replies < ENOUGH_REPLIES || long.is_empty() {
        return None;
    }
    let change = |of: fn(&Summary) -> Option<f32>| {
        let known: Vec<f32> = long.iter().filter_map(|s| of(s)).collect();
        let mean = known.iter().sum::<f32>() / known.len() as f32;
        of(now).filter(|_| !known.is_empty()).map(|x| x - mean)
    };
    Some(Drift {
        sessions: long.len(),
        consistency: change(|s| s.consistency),
        reflections_to_questions: change(|s| s.reflections_to_questions),
        complex_share: change(|s| s.complex_share),
        mean_roll: change(|s| s.mean_roll),
    })
}

fn before(reply: &Reply) -> Before<'_> {
    Before {
        resistance: reply.action.is_sustain() || reply.action.is_discord(),
        change: (reply.talk() == Talk::Change).then_some(reply.text.as_str()),
    }
}

impl Tally {
    /// Counts one reply; `turn` numbers it in the list of what was missed.
    pub fn add(&mut self, turn: u32, verdict: &Verdict, before: Before<'_>) {
        let summary = &mut self.summary;
        summary.replies += 1;
        count_codes(summary, verdict);
        self.resisted.add(f64::from(u8::from(before.resistance)));
        if before.resistance {
            self.after_resistance.sum += f64::from(verdict.score);
            self.after_resistance.count += 1;
            match verdict.consistency {
                Consistency::C => summary.consistent_after_resistance += 1,
                Consistency::I => summary.input_after_resistance += 1,
                Consistency::N => {}
            }
        }
        if let Some(client) = before.change.filter(|_| !takes_up(verdict)) {
            self.missed_bytes = self.missed_bytes.saturating_add(client.len());
            if self.missed_bytes <= MISSED_BYTES {
                summary.missed.push(Missed { turn, client: client.to_owned() });
            } else {
                summary.missed_more += 1;
            }
        }
        self.count_arguing(turn, verdict.band);
    }

    fn count_arguing(&mut self, turn: u32, band: Band) {
        let summary = &mut self.summary;
        match band {
            Band::Arguing if self.arguing == 0 => note(&mut summary.ruptures, turn),
            Band::Rolling if self.arguing > 0 => note(&mut summary.repairs, turn),
            _ => {}
        }
        self.arguing = if band == Band::Arguing { self.arguing + 1 } else { 0 };
        summary.longest_arguing = summary.longest_arguing.max(self.arguing);
    }

    /// The figures.
    pub fn finish(mut self) -> Summary {
        ratios(&mut self.summary, &self.after_resistance);
        self.summary.resistance_slope = self.resisted.rise().map(|rise| (10.0 * rise) as f32);
        self.summary
    }
}

/// Notes a turn, up to a number that no session reaches: a file of thousands must not grow in memory.
fn note(turns: &mut Vec<u32>, turn: u32) {
    const MOST: usize = 10_000;
    if turns.len() < MOST {
        turns.push(turn);
    }
}

fn count_codes(summary: &mut Summary, verdict: &Verdict) {
    for code in &verdict.codes {
        match summary.codes.iter_mut().find(|(known, _)| known == code) {
            Some((_, n)) => *n += 1,
            None => summary.codes.push((*code, 1)),
        }
    }
}

fn ratios(summary: &mut Summary, after_resistance: &Mean) {
    // Stable, so that codes of one count stay in the order of their first use.
    summary.codes.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let count = |wanted: &[Code]| -> usize {
        summary.codes.iter().filter(|(code, _)| wanted.contains(code)).map(|(_, n)| n).sum()
    };
    let simple = count(&[Code::SimpleReflection]);
    let complex = count(&[Code::ComplexReflection]);
    let questions = count(&[Code::QuestionOpen, Code::QuestionClosed]);
    let share = |part: usize, whole: usize| (whole > 0).then(|| part as f32 / whole as f32);
    summary.reflections_to_questions = share(simple + complex, questions);
    summary.complex_share = share(complex, simple + complex);
    let (c, i) = (summary.consistent_after_resistance, summary.input_after_resistance);
    summary.consistency = share(c, c + i);
    let Mean { sum, count } = after_resistance;
    summary.mean_roll = (*count > 0).then(|| (sum / *count as f64) as f32);
}

fn curves(summary: &mut Summary, path: &Path) {
    let (mut ruptures, mut repairs) = (0, 0);
    (summary.ruptures, summary.repairs) = Default::default();
    for (turn, reply) in path.turns().iter().filter_map(|t| Some((t.number, t.reply.as_ref()?))) {
        if reply.state.ruptures > ruptures {
            summary.ruptures.push(turn);
        }
        if reply.state.repairs > repairs {
            summary.repairs.push(turn);
        }
        (ruptures, repairs) = (reply.state.ruptures, reply.state.repairs);
        summary.discord.push(reply.state.discord.value());
        summary.trust.push(reply.state.trust.value());
        summary.readiness.push(reply.state.readiness.value());
        summary.stage = Some(reply.state.stage);
    }
}

/// Whether a reply stays with change talk: reflects it, affirms it or asks openly for more.
pub fn takes_up(verdict: &Verdict) -> bool {
    verdict.codes.iter().any(|code| {
        matches!(code, Code::SimpleReflection | Code::ComplexReflection | Code::QuestionOpen | Code::Affirm)
    })
}

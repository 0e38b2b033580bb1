//! How a trainee's figures move from session to session.
//! Knows: summaries in the order of their sessions. Never: where they are kept, how they are shown.
//!
//! Whatever the number of sessions, what is kept is the same: of each client and measure the first
//! five values and the last, and the newest [`SHOWN`] sessions. A measure has gone up where the
//! median of the last five lies above all of the first five, and the median of the first five below
//! all of the last; down the other way round. Where nothing changes at all, chance alone looks like a
//! change in one of twenty (4.8%; 200,000 draws). With fewer than ten values nothing is said.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::domain::session::SessionId;
use crate::domain::summary::{ENOUGH_REPLIES, Summary};

/// A trend compares so many values at either end.
pub const COMPARED: usize = 5;
/// So many of the newest sessions are kept one by one.
pub const SHOWN: usize = 60;

/// A figure that is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// C / (C + I) after sustain talk or discord.
    Consistency,
    /// Mean score after sustain talk or discord.
    MeanRoll,
    /// Reflections per question.
    ReflectionsToQuestions,
    /// Complex reflections of all reflections.
    ComplexShare,
    /// Longest run of arguing replies.
    LongestArguing,
    /// Readiness at the end less readiness at the beginning.
    Readiness,
}

impl Measure {
    /// Every measure, the headline first.
    pub const ALL: [Measure; 6] = [
        Measure::Consistency,
        Measure::MeanRoll,
        Measure::ReflectionsToQuestions,
        Measure::ComplexShare,
        Measure::LongestArguing,
        Measure::Readiness,
    ];

    /// The figure of one session; none where it has none.
    pub fn of(self, summary: &Summary) -> Option<f32> {
        match self {
            Measure::Consistency => summary.consistency,
            Measure::MeanRoll => summary.mean_roll,
            Measure::ReflectionsToQuestions => summary.reflections_to_questions,
            Measure::ComplexShare => summary.complex_share,
            Measure::LongestArguing => Some(summary.longest_arguing as f32),
            Measure::Readiness => Some(summary.readiness.last()? - summary.readiness.first()?),
        }
    }
}

/// One session among others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The session.
    pub session: SessionId,
    /// When it began, UTC.
    pub started: String,
    /// The client's id.
    pub persona: String,
    /// Trainee replies.
    pub replies: usize,
    /// The figures, in the order of [`Measure::ALL`].
    pub figures: [Option<f32>; Measure::ALL.len()],
}

impl Point {
    /// One of its figures.
    pub fn figure(&self, measure: Measure) -> Option<f32> {
        self.figures[measure as usize]
    }
}

/// Which way a measure has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Fewer than ten values.
    TooFew,
    /// Up.
    Higher,
    /// Down.
    Lower,
    /// Neither, as far as ten values can tell.
    NoClearChange,
}

/// One measure over sessions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trend {
    /// The measure.
    pub measure: Measure,
    /// Sessions that have it.
    pub sessions: usize,
    /// Median of the first five; of fewer than five, of all.
    pub first: Option<f32>,
    /// Median of the last five; of fewer than five, of all.
    pub last: Option<f32>,
    /// Which way it has gone.
    pub way: Way,
}

/// The sessions with one client, or all of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trends {
    /// The client's id; none for all sessions.
    pub persona: Option<String>,
    /// The client's name, as it was last.
    pub name: Option<String>,
    /// Sessions that count.
    pub sessions: usize,
    /// Every measure.
    pub trends: Vec<Trend>,
    /// The newest sessions, oldest first.
    pub points: VecDeque<Point>,
}

/// A trainee's sessions so far.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Progress {
    /// Sessions that count.
    pub sessions: usize,
    /// Sessions that are left out because they have fewer than eight replies.
    pub too_short: usize,
    /// Exams that are left out because they have not ended.
    pub open_exams: usize,
    /// All sessions that count.
    pub all: Trends,
    /// Client by client, most sessions first.
    pub clients: Vec<Trends>,
}

/// Takes sessions in, oldest first.
#[derive(Debug, Default)]
pub struct Gathered {
    too_short: usize,
    open_exams: usize,
    all: Series,
    clients: BTreeMap<String, (String, Series)>,
}

#[derive(Debug, Default)]
struct Series {
    points: VecDeque<Point>,
    sessions: usize,
    values: [Ends; Measure::ALL.len()],
}

/// The first and the last values of a measure.
#[derive(Debug, Default)]
struct Ends {
    count: usize,
    first: Vec<f32>,
    last: VecDeque<f32>,
}

/// Which session, and with whom.
#[derive(Clone, Copy, Debug)]
pub struct Met<'a> {
    /// The session.
    pub session: SessionId,
    /// When it began, UTC.
    pub started: &'a str,
    /// The client's id.
    pub persona: &'a str,
    /// The client's name.
    pub name: &'a str,
}

impl Gathered {
    /// Takes in the next session.
    pub fn add(&mut self, met: Met<'_>, summary: &Summary) {
        if summary.replies < ENOUGH_REPLIES {
            self.too_short += 1;
            return;
        }
        let point = Point {
            session: met.session,
            started: met.started.to_owned(),
            persona: met.persona.to_owned(),
            replies: summary.replies,
            figures: Measure::ALL.map(|measure| measure.of(summary)),
        };
        self.all.add(point.clone());
        let (name, series) = self.clients.entry(met.persona.to_owned()).or_default();
        met.name.clone_into(name);
        series.add(point);
    }

    /// Counts an exam that goes on: its figures are nobody's business yet.
    pub fn skip_open_exam(&mut self) {
        self.open_exams += 1;
    }

    /// The trends.
    pub fn finish(self) -> Progress {
        let clients = self.clients.into_iter();
        let mut clients: Vec<Trends> =
            clients.map(|(id, (name, series))| series.finish(Some(id), Some(name))).collect();
        // Stable, so that clients met equally often stay in the order of their ids.
        clients.sort_by_key(|trends| std::cmp::Reverse(trends.sessions));
        Progress {
            sessions: self.all.sessions,
            too_short: self.too_short,
            open_exams: self.open_exams,
            all: self.all.finish(None, None),
            clients,
        }
    }
}

impl Series {
    fn add(&mut self, point: Point) {
        self.sessions += 1;
        for (ends, value) in self.values.iter_mut().zip(point.figures) {
            if let Some(value) = value {
                ends.add(value);
            }
        }
        push_last(&mut self.points, point, SHOWN);
    }

    fn finish(self, persona: Option<String>, name: Option<String>) -> Trends {
        let trends = Measure::ALL.into_iter().zip(&self.values).map(|(measure, ends)| ends.trend(measure));
        let trends = trends.collect();
        Trends { persona, name, sessions: self.sessions, trends, points: self.points }
    }
}

impl Ends {
    fn add(&mut self, value: f32) {
        self.count += 1;
        if self.first.len() < COMPARED {
            self.first.push(value);
        }
        push_last(&mut self.last, value, COMPARED);
    }

    fn trend(&self, measure: Measure) -> Trend {
        let last: Vec<f32> = self.last.iter().copied().collect();
        let (before, after) = (median(&self.first), median(&last));
        let way = match (before, after) {
            (Some(before), Some(after)) if self.count >= 2 * COMPARED => {
                let above = self.first.iter().all(|x| after > *x) && last.iter().all(|x| before < *x);
                let below = self.first.iter().all(|x| after < *x) && last.iter().all(|x| before > *x);
                match (above, below) {
                    (true, _) => Way::Higher,
                    (_, true) => Way::Lower,
                    _ => Way::NoClearChange,
                }
            }
            _ => Way::TooFew,
        };
        Trend { measure, sessions: self.count, first: before, last: after, way }
    }
}

fn push_last<T>(values: &mut VecDeque<T>, value: T, most: usize) {
    if values.len() == most {
        values.pop_front();
    }
    values.push_back(value);
}

fn median(values: &[f32]) -> Option<f32> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some(f32::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

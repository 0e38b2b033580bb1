//! What clients said to scripted trainees, ready to be counted.
//! Knows: sessions, personas. Never: what a figure is of, how replies were made.

use crate::domain::action::Action;
use crate::domain::client::State;
use crate::domain::guard;
use crate::domain::judge::Judge;
use crate::domain::persona::Persona;
use crate::domain::session::{Path, Reply};

use super::figure::{Figure, Target};
use super::{apart, manner, stats};

/// The script of neutral replies, long enough to see drift.
pub(super) const NEUTRAL: &str = "bench-neutral";
/// The script that tries to get the client out of their role.
pub(super) const PROBING: &str = "bench-probing";

/// A session with a scripted trainee.
pub struct Said<'a> {
    /// Who spoke.
    pub persona: &'a Persona,
    /// The script's name.
    pub script: &'a str,
    /// Every turn.
    pub path: Path,
}

/// What replies are held against.
pub struct Probe<'a> {
    /// Reads which way a reply leans.
    pub judge: &'a Judge,
    /// What the model was told of a client and must not recite.
    pub head: &'a dyn Fn(&Persona) -> String,
}

/// One reply of a client's, with what it answered and came after.
pub(super) struct Line<'a> {
    pub(super) persona: &'a Persona,
    pub(super) trainee: &'a str,
    pub(super) reply: &'a Reply,
    pub(super) before: Option<&'a State>,
    pub(super) words: Vec<String>,
}

impl Line<'_> {
    pub(super) fn action(&self) -> Action {
        self.reply.action
    }
}

/// A session as lines.
pub(super) struct Talk<'a> {
    pub(super) persona: &'a Persona,
    pub(super) script: &'a str,
    pub(super) opening: Vec<String>,
    pub(super) lines: Vec<Line<'a>>,
}

impl<'a> Talk<'a> {
    fn of(said: &'a Said<'_>) -> Self {
        let turns = said.path.turns();
        let replies: Vec<_> = turns.iter().filter_map(|turn| turn.reply.as_ref()).collect();
        let line = |(i, reply): (usize, &&'a Reply)| Line {
            persona: said.persona,
            trainee: turns[i].trainee.as_ref().map_or("", |s| &s.text),
            reply,
            before: i.checked_sub(1).map(|before| &replies[before].state),
            words: guard::words(&reply.text),
        };
        let mut lines: Vec<_> = replies.iter().enumerate().map(line).collect();
        let opening = if lines.is_empty() { Vec::new() } else { lines.remove(0).words };
        Self { persona: said.persona, script: said.script, opening, lines }
    }
}

/// E7 to E18, of each client and over all of them.
pub fn measure_replies(sessions: &[Said<'_>], probe: &Probe<'_>) -> Vec<Figure> {
    let talks: Vec<Talk<'_>> = sessions.iter().map(Talk::of).collect();
    let mut ids: Vec<&str> = talks.iter().map(|talk| talk.persona.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut figures = Vec::new();
    for id in &ids {
        let own: Vec<&Talk<'_>> = talks.iter().filter(|talk| talk.persona.id == *id).collect();
        figures.extend(manner::of_client(&own, probe).into_iter().map(|figure| figure.of(id)));
    }
    let all: Vec<&Talk<'_>> = talks.iter().collect();
    figures.extend(manner::of_all(&all, probe));
    figures.extend(apart::figures(&all));
    figures
}

/// A share of lines over sessions; `hit` says of a line whether it counts, or that it does not
/// belong to what is counted.
pub(super) fn share(
    (protocol, what): (&'static str, &str),
    talks: &[&Talk<'_>],
    target: Target,
    hit: impl Fn(&Talk<'_>, usize) -> Option<bool>,
) -> Figure {
    average((protocol, what), talks, target, |talk, i| hit(talk, i).map(|hit| f64::from(u8::from(hit))))
}

/// A mean of lines over sessions, drawn again by session.
pub(super) fn average(
    (protocol, what): (&'static str, &str),
    talks: &[&Talk<'_>],
    target: Target,
    value: impl Fn(&Talk<'_>, usize) -> Option<f64>,
) -> Figure {
    let sums: Vec<(f64, f64)> = talks
        .iter()
        .map(|talk| {
            let values = (0..talk.lines.len()).filter_map(|i| value(talk, i));
            values.fold((0.0, 0.0), |(sum, n), x| (sum + x, n + 1.0))
        })
        .collect();
    let mean = |drawn: &[&(f64, f64)]| {
        let (sum, n) = drawn.iter().fold((0.0, 0.0), |(a, b), (c, d)| (a + c, b + d));
        sum / n
    };
    let all: Vec<&(f64, f64)> = sums.iter().collect();
    let value = mean(&all);
    // What no script brought about has not failed.
    let target = if value.is_nan() { Target::Told } else { target };
    Figure::new(protocol, what, value, target).within(stats::bootstrap(&sums, mean))
}

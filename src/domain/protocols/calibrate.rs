//! Clients who differ only in how receptive they begin, under average practice, beside real
//! sessions.
//! Knows: the client, the mixes. Never: shipped personas, words.

use serde::Serialize;

use crate::domain::client::Stage;
use crate::domain::dice::Dice;
use crate::domain::persona::{Persona, Start, Temperament};

use super::mixes;
use super::stats::{self, Interval};
use super::walk::{Course, push_back, walk};

/// Trainee replies in a session.
pub(super) const TURNS: usize = 20;
/// How far a share may be from its target.
const TOLERANCE: f64 = 0.05;
/// How far the turn of the first change talk may be. Sessions without any count as one turn
/// longer than a session.
const TOLERANCE_TURNS: f64 = 2.0;

/// A start receptivity: constants of the client, how common such clients are, what sessions with
/// them should come to.
struct Kind {
    // Start discord, trust, readiness; floor; react; gains of trust and of readiness.
    constants: [f32; 7],
    weight: f64,
    push_back: f64,
    reached: f64,
    first_change: Option<f64>,
}

/// Receptivity 1 to 5. Push-back: medians read off a figure of Yang et al. (2025); reached and
/// first change talk: the reference simulation of the same model.
const KINDS: [Kind; 5] = [
    Kind {
        constants: [0.55, 0.10, 0.06, 0.18, 1.25, 0.75, 0.85],
        weight: 0.14,
        push_back: 0.59,
        reached: 0.0,
        first_change: None,
    },
    Kind {
        constants: [0.42, 0.18, 0.10, 0.12, 1.1, 0.9, 0.95],
        weight: 0.155,
        push_back: 0.49,
        reached: 0.0,
        first_change: Some(19.0),
    },
    Kind {
        constants: [0.25, 0.32, 0.20, 0.08, 1.0, 1.0, 1.0],
        weight: 0.36,
        push_back: 0.28,
        reached: 0.29,
        first_change: Some(6.0),
    },
    Kind {
        constants: [0.14, 0.45, 0.30, 0.05, 0.9, 1.1, 1.1],
        weight: 0.19,
        push_back: 0.15,
        reached: 0.94,
        first_change: Some(3.0),
    },
    Kind {
        constants: [0.08, 0.58, 0.40, 0.02, 0.8, 1.2, 1.2],
        weight: 0.155,
        push_back: 0.06,
        reached: 1.0,
        first_change: Some(2.0),
    },
];
/// Of all real clients: those who reach contemplation within twenty turns (Yang et al.), and the
/// share of change talk (AnnoMI).
const POPULATION_REACHED: f64 = 0.48;
const POPULATION_CHANGE: f64 = 0.24;

/// A simulated number beside its target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// As simulated.
    pub simulated: f64,
    /// 95% bootstrap interval over sessions.
    pub interval: Interval,
    /// As it should be.
    pub target: f64,
    /// Simulated less target.
    pub difference: f64,
    /// Whether that is near enough.
    pub near: bool,
}

/// Clients of one start receptivity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Row {
    /// 1 (closed) to 5 (open).
    pub receptivity: u8,
    /// Share of turns with sustain talk or discord.
    pub push_back: Cell,
    /// Share of sessions that end in contemplation or beyond.
    pub reached: Cell,
    /// Median turn of the first change talk; 21 where most sessions have none.
    pub first_change: Cell,
    /// Share of turns with change talk.
    pub change: f64,
}

/// The whole table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// Sessions for each receptivity.
    pub seeds: u64,
    /// By receptivity.
    pub rows: Vec<Row>,
    /// Over all, weighted by how common each is: push-back (no target of its own) ...
    pub population_push_back: f64,
    /// ... share that reaches contemplation ...
    pub population_reached: Cell,
    /// ... and share of change talk.
    pub population_change: Cell,
}

impl Calibration {
    /// Every cell with a target.
    pub fn cells(&self) -> impl Iterator<Item = Cell> {
        let rows = self.rows.iter().flat_map(|row| [row.push_back, row.reached, row.first_change]);
        rows.chain([self.population_reached, self.population_change])
    }

    /// Whether every cell is near its target.
    pub fn holds(&self) -> bool {
        self.cells().all(|cell| cell.near)
    }
}

/// What one session came to.
pub(super) struct Session {
    pub(super) push_back: f64,
    pub(super) change: f64,
    pub(super) reached: f64,   // 1 where it ends in contemplation or beyond
    pub(super) committed: f64, // 1 where it ends in preparation
    pub(super) first_change: f64,
}

/// Sessions of average practice, one for each seed.
pub(super) fn average_sessions(persona: &Persona, seeds: u64) -> Vec<Session> {
    let session = |seed| {
        let beats =
            walk(Course::of(persona, TURNS, seed), |_, _, dice: &mut Dice| mixes::average(dice).into());
        let is_change = |i: &usize| beats[*i].intent.action.is_change();
        let ends = |stage| f64::from(u8::from(beats.last().is_some_and(|beat| beat.state.stage >= stage)));
        Session {
            push_back: push_back(&beats),
            change: (0..TURNS).filter(is_change).count() as f64 / TURNS as f64,
            reached: ends(Stage::Contemplation),
            committed: ends(Stage::Preparation),
            first_change: (0..TURNS).find(is_change).unwrap_or(TURNS) as f64 + 1.0,
        }
    };
    (0..seeds).map(session).collect()
}

/// The table, from `seeds` sessions for each receptivity. `done` is told how many receptivities
/// are finished.
pub fn calibrate(seeds: u64, done: &mut dyn FnMut(usize, usize)) -> Calibration {
    let mut samples = Vec::with_capacity(KINDS.len());
    for kind in &KINDS {
        samples.push(average_sessions(&kind.client(), seeds));
        done(samples.len(), KINDS.len());
    }
    let rows = KINDS.iter().zip(&samples).zip(1..).map(|((kind, sessions), i)| kind.row(i, sessions));
    let weighted = |of: fn(&Session) -> f64| {
        let total: f64 = KINDS.iter().map(|kind| kind.weight).sum();
        let share = |(kind, sessions): (&Kind, &Vec<Session>)| kind.weight / total * mean_of(sessions, of);
        KINDS.iter().zip(&samples).map(share).sum::<f64>()
    };
    let overall =
        |of: fn(&Session) -> f64, target| Cell::new(weighted(of), spread(&samples, of), (target, TOLERANCE));
    Calibration {
        seeds,
        rows: rows.collect(),
        population_push_back: weighted(|s| s.push_back),
        population_reached: overall(|s| s.reached, POPULATION_REACHED),
        population_change: overall(|s| s.change, POPULATION_CHANGE),
    }
}

impl Kind {
    /// A client of this receptivity, and nothing else of their own.
    fn client(&self) -> Persona {
        let [discord, trust, readiness, floor, react, trust_gain, readiness_gain] = self.constants;
        let temperament = Temperament { floor, react, trust_gain, readiness_gain, ..Temperament::default() };
        Persona { start: Start { discord, trust, readiness }, temperament, ..Persona::blank() }
    }

    fn row(&self, receptivity: u8, sessions: &[Session]) -> Row {
        let cell = |of: fn(&Session) -> f64, target| {
            let values: Vec<f64> = sessions.iter().map(of).collect();
            Cell::new(stats::mean(&values), stats::interval_of_mean(&values), (target, TOLERANCE))
        };
        let firsts: Vec<f64> = sessions.iter().map(|s| s.first_change).collect();
        let median =
            |drawn: &[&f64]| stats::quantile(&drawn.iter().map(|turn| **turn).collect::<Vec<_>>(), 0.5);
        let never = TURNS as f64 + 1.0;
        let target = (self.first_change.unwrap_or(never), TOLERANCE_TURNS);
        Row {
            receptivity,
            push_back: cell(|s| s.push_back, self.push_back),
            reached: cell(|s| s.reached, self.reached),
            first_change: Cell::new(stats::quantile(&firsts, 0.5), stats::bootstrap(&firsts, median), target),
            change: mean_of(sessions, |s| s.change),
        }
    }
}

impl Cell {
    fn new(simulated: f64, interval: Interval, (target, tolerance): (f64, f64)) -> Self {
        let difference = simulated - target;
        Self { simulated, interval, target, difference, near: difference.abs() <= tolerance }
    }
}

fn mean_of(sessions: &[Session], of: fn(&Session) -> f64) -> f64 {
    stats::mean(&sessions.iter().map(of).collect::<Vec<_>>())
}

/// The interval of a weighted mean, each receptivity drawn again by itself: seed `n` of every
/// receptivity makes one unit.
fn spread(samples: &[Vec<Session>], of: fn(&Session) -> f64) -> Interval {
    let total: f64 = KINDS.iter().map(|kind| kind.weight).sum();
    let seeds = samples.iter().map(Vec::len).min().unwrap_or_default();
    let unit = |seed: usize| {
        KINDS.iter().zip(samples).map(|(kind, s)| kind.weight / total * of(&s[seed])).sum::<f64>()
    };
    stats::interval_of_mean(&(0..seeds).map(unit).collect::<Vec<_>>())
}

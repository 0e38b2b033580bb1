//! What a client carries from turn to turn.
//! Knows: persona, moves, levels. Never: how a reply changes it or what they do next.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::level::Level;
use crate::domain::moves::Move;
use crate::domain::persona::Persona;

/// Factor on a technique's effect for each recent use, and how many uses count.
const FADE_PER_USE: f32 = 0.75;
const FADE_USES: f32 = 4.0;
/// Recency lost per turn.
const RECENCY_KEPT: f32 = 0.7;
/// From this turn in a row on, each repeat is worth `REPEAT_FACTOR` of the one before.
const REPEATS_FREE: u8 = 2;
const REPEAT_FACTOR: f32 = 0.6;

/// How far the client has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Sees no reason to change.
    Precontemplation,
    /// Torn.
    Contemplation,
    /// Getting ready.
    Preparation,
}

impl Stage {
    /// The stage after readiness became `readiness`. Falling back takes more than the
    /// threshold that led up, so that a client does not flicker between two stages.
    pub(super) fn after(self, readiness: f32) -> Self {
        let (contemplation, preparation) = match self {
            Stage::Precontemplation => (0.35, 0.70),
            Stage::Contemplation => (0.27, 0.70),
            Stage::Preparation => (0.27, 0.62),
        };
        if readiness >= preparation {
            Stage::Preparation
        } else if readiness >= contemplation {
            Stage::Contemplation
        } else {
            Stage::Precontemplation
        }
    }
}

/// How often the trainee has used one technique lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Habit {
    /// One per use, times 0.7 per turn.
    pub recent: f32,
    /// Turns in a row, up to the last one.
    pub in_a_row: u8,
}

/// A client between two turns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Tension between the two people: fast.
    pub discord: Level,
    /// Slow, and slower to come than to go.
    pub trust: Level,
    /// Readiness to change: slow.
    pub readiness: Level,
    /// Follows readiness, with hysteresis.
    pub stage: Stage,
    /// Recent use of each technique; absent means not lately.
    pub habits: BTreeMap<Move, Habit>,
    /// Replies in a row that were nothing but questions.
    pub questions: u8,
    /// The client has just said that advice or facts are all right.
    pub permission: bool,
    /// The trainee has reflected the side of change, while the gate was open.
    pub change_reflected: bool,
    /// The trainee has asked for the client's own plan, while the gate was open.
    pub plan_asked: bool,
    /// The last reply raised discord.
    pub stung: bool,
    /// Ruptures so far.
    pub ruptures: u16,
    /// Ruptures that the trainee mended.
    pub repairs: u16,
    /// Turns since the newest rupture that is not mended yet.
    pub rupture_age: Option<u8>,
    /// Turns in a row at a discord that nobody stands for long.
    pub strain: u8,
    /// The client has said, or is about to say, that they are about done here.
    pub warned: bool,
    /// Ids of the facts told so far, in order.
    pub told: Vec<String>,
}

impl State {
    /// How much of a technique's effect is left: 1 when it is fresh.
    pub(super) fn freshness(&self, mv: Move) -> f32 {
        let habit = self.habit(mv);
        FADE_PER_USE.powf(habit.recent.min(FADE_USES)) * self.repeat_factor(mv)
    }

    /// The part of [`Self::freshness`] that punishes the same thing turn after turn.
    pub(super) fn repeat_factor(&self, mv: Move) -> f32 {
        let repeats = (self.habit(mv).in_a_row + 1).saturating_sub(REPEATS_FREE);
        REPEAT_FACTOR.powi(i32::from(repeats))
    }

    /// The habits after a turn with these moves.
    pub(super) fn habits_after(&self, moves: &[Move]) -> BTreeMap<Move, Habit> {
        let mut habits = self.habits.clone();
        for habit in habits.values_mut() {
            habit.recent *= RECENCY_KEPT;
        }
        for mv in moves {
            habits.entry(*mv).or_default().recent += 1.0;
        }
        for (mv, habit) in &mut habits {
            habit.in_a_row = if moves.contains(mv) { habit.in_a_row.saturating_add(1) } else { 0 };
        }
        habits.retain(|_, habit| habit.recent > 0.01);
        habits
    }

    fn habit(&self, mv: Move) -> Habit {
        self.habits.get(&mv).copied().unwrap_or_default()
    }
}

/// The client before the first word.
pub fn begin(persona: &Persona) -> State {
    let start = persona.start;
    State {
        discord: Level::clamped(start.discord),
        trust: Level::clamped(start.trust),
        readiness: Level::clamped(start.readiness),
        stage: Stage::Precontemplation.after(start.readiness),
        habits: BTreeMap::new(),
        questions: 0,
        permission: false,
        change_reflected: false,
        plan_asked: false,
        stung: false,
        ruptures: 0,
        repairs: 0,
        rupture_age: None,
        strain: 0,
        warned: false,
        told: Vec::new(),
    }
}

/// The same client, having told `fact`.
pub fn told(state: &State, fact: &str) -> State {
    let mut state = state.clone();
    if !state.told.iter().any(|id| id == fact) {
        state.told.push(fact.to_owned());
    }
    state
}

/// How ready the client is to take anything in, `1.0..=5.0` (the scale of Yang et al. 2025).
pub fn receptivity(state: &State) -> f32 {
    let (d, t, r) = (state.discord.value(), state.trust.value(), state.readiness.value());
    (1.0 + 4.0 * (0.10 + 0.50 * t + 0.75 * r - 0.45 * d)).clamp(1.0, 5.0)
}

/// Whether this client can move towards change now: little discord, enough trust.
pub fn gate_open(persona: &Persona, state: &State) -> bool {
    let temperament = &persona.temperament;
    state.discord.value() < temperament.discord_gate && state.trust.value() > temperament.trust_gate
}

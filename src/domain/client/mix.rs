//! How likely each action is: the stage tables, the move table and the persona's own bias.
//! Knows: persona, state, moves. Never: dice, facts, wording.

use crate::domain::action::Action;
use crate::domain::moves::Move;
use crate::domain::persona::Persona;

use super::state::{Stage, State, gate_open, receptivity};

/// Weights of the actions of one stage at three receptivities.
struct Table {
    at: [f32; 3],
    rows: &'static [(Action, [f32; 3])],
}

/// Rounded from the figure of Yang et al. 2025; ember is added by [`ember`].
const PRECONTEMPLATION: Table = Table {
    at: [1.0, 3.0, 5.0],
    rows: &[
        (Action::Deny, [23.0, 19.0, 7.0]),
        (Action::Downplay, [28.0, 21.0, 13.0]),
        (Action::Blame, [15.0, 11.0, 4.0]),
        (Action::Engage, [11.0, 13.0, 16.0]),
        (Action::Inform, [22.0, 36.0, 60.0]),
    ],
};
const CONTEMPLATION: Table = Table {
    at: [1.0, 3.0, 5.0],
    rows: &[
        (Action::Hesitate, [40.0, 21.0, 9.0]),
        (Action::Doubt, [40.0, 16.0, 7.0]),
        (Action::Acknowledge, [13.0, 31.0, 37.0]),
        (Action::Engage, [6.0, 12.0, 18.0]),
        (Action::Inform, [1.0, 23.0, 29.0]),
    ],
};
const PREPARATION: Table = Table {
    at: [2.0, 3.0, 5.0],
    rows: &[
        (Action::Reject, [34.0, 11.0, 3.0]),
        (Action::Accept, [20.0, 30.0, 35.0]),
        (Action::Plan, [20.0, 33.0, 39.0]),
        (Action::Engage, [21.0, 13.0, 9.0]),
        (Action::Inform, [8.0, 11.0, 14.0]),
    ],
};

/// What discord looks like in a client whose file does not say.
const DISCORD: [(Action, f32); 4] =
    [(Action::Challenge, 2.0), (Action::Test, 1.0), (Action::Deflect, 1.0), (Action::Withdraw, 1.0)];

/// Factors of one move on the four groups of actions.
#[derive(Clone, Copy)]
struct Pull {
    sustain: f32,
    engage: f32,
    inform: f32,
    change: f32,
}

/// The move table.
fn pull(mv: Move) -> Pull {
    let (sustain, engage, inform, change) = match mv {
        Move::SimpleReflection | Move::Acknowledge => (0.55, 1.7, 1.1, 1.0),
        Move::ComplexReflection => (0.55, 1.3, 1.3, 1.1),
        Move::Autonomy => (0.5, 1.3, 1.4, 1.1),
        Move::Affirm => (0.5, 1.5, 1.3, 1.1),
        Move::Alongside => (0.6, 1.0, 1.2, 1.3),
        Move::DoubleSided => (0.6, 1.1, 1.2, 1.5),
        Move::OpenQuestion => (0.95, 0.4, 1.4, 1.1),
        Move::Evoke => (0.85, 0.4, 1.2, 1.8),
        Move::ClosedQuestion => (0.75, 1.5, 1.2, 0.7),
        Move::Inform | Move::InformPermitted => (0.9, 1.6, 0.7, 0.6),
        Move::Advise => (1.2, 1.2, 0.6, 0.7),
        Move::Argue => (1.7, 0.6, 0.5, 0.4),
        Move::Permission => (0.5, 2.2, 1.0, 0.8),
        Move::Other | Move::AdvisePermitted => (0.8, 1.3, 1.0, 0.9),
    };
    Pull { sustain, engage, inform, change }
}

/// The discord acts of this client, weighted.
pub(super) fn discord(persona: &Persona) -> Vec<(Action, f32)> {
    if persona.discord.values().any(|weight| *weight > 0.0) {
        persona.discord.iter().map(|(action, weight)| (*action, *weight)).collect()
    } else {
        DISCORD.to_vec()
    }
}

/// The chance of a discord act: none up to the persona's onset, nine in ten at the top.
pub(super) fn discord_chance(persona: &Persona, state: &State) -> f32 {
    let onset = persona.temperament.discord_onset;
    0.9 * ((state.discord.value() - onset) / (1.0 - onset)).clamp(0.0, 1.0)
}

/// The other actions, weighted, after these moves.
pub(super) fn weights(persona: &Persona, state: &State, moves: &[Move]) -> Vec<(Action, f32)> {
    let receptivity = receptivity(state);
    let pull = pull_of(persona, state, moves);
    let reluctance = (1.55 - 0.30 * receptivity + persona.temperament.stick).max(0.15);
    let stage = staged(state.stage, receptivity);
    let embers =
        (state.stage == Stage::Precontemplation).then(|| (Action::Ember, ember(persona, state, moves)));
    stage
        .chain(embers)
        .map(|(action, weight)| {
            let group = match action {
                Action::Engage => pull.engage,
                Action::Inform => pull.inform,
                _ if action.is_sustain() => pull.sustain * reluctance,
                _ => pull.change,
            };
            (action, weight * group * persona.bias.get(&action).copied().unwrap_or(1.0))
        })
        .collect()
}

/// Whether the client feels that the trainee has just done well by them.
pub(super) fn is_credited(persona: &Persona, state: &State, moves: &[Move]) -> bool {
    !state.stung
        && moves.iter().any(|mv| match mv {
            Move::SimpleReflection | Move::ComplexReflection | Move::DoubleSided => true,
            Move::Alongside | Move::Autonomy | Move::Affirm | Move::Acknowledge => true,
            Move::Evoke => gate_open(persona, state),
            _ => false,
        })
}

/// A small hedged bit of change talk before the client sees a reason to change: rare on
/// guard, rarer still out of nowhere.
fn ember(persona: &Persona, state: &State, moves: &[Move]) -> f32 {
    let shut = if gate_open(persona, state) { 1.0 } else { 0.15 };
    let unearned = if is_credited(persona, state, moves) { 1.0 } else { 0.8 };
    (10.0 + 90.0 * state.readiness.value()) * shut * unearned
}

/// The pull of a reply. A harmful part trumps the rest; otherwise two moves meet halfway.
fn pull_of(persona: &Persona, state: &State, moves: &[Move]) -> Pull {
    let felt = |mv: Move| pull(as_felt(persona, state, mv));
    match moves {
        [] => pull(Move::Other),
        [only] => felt(*only),
        [first, ..] if matches!(first, Move::Argue | Move::Advise | Move::Inform) => felt(*first),
        [first, second, ..] => {
            let (a, b) = (felt(*first), felt(*second));
            let between = |x: f32, y: f32| (x * y).sqrt();
            Pull {
                sustain: between(a.sustain, b.sustain),
                engage: between(a.engage, b.engage),
                inform: between(a.inform, b.inform),
                change: between(a.change, b.change),
            }
        }
    }
}

/// A trigger that stung is met like unwanted advice, however well it was meant.
fn as_felt(persona: &Persona, state: &State, mv: Move) -> Move {
    let is_trigger = persona.triggers.iter().any(|trigger| trigger.on == mv);
    let is_soured = state.stung && is_trigger && !mv.is_question() && mv != Move::Argue;
    if is_soured { Move::Advise } else { mv }
}

/// The stage's actions with weights between those of the two nearest receptivities.
fn staged(stage: Stage, receptivity: f32) -> impl Iterator<Item = (Action, f32)> {
    let table = match stage {
        Stage::Precontemplation => PRECONTEMPLATION,
        Stage::Contemplation => CONTEMPLATION,
        Stage::Preparation => PREPARATION,
    };
    let [low, middle, high] = table.at;
    let x = receptivity.clamp(low, high);
    table.rows.iter().map(move |(action, [a, b, c])| {
        let weight = if x < middle {
            between(*a, *b, (x - low) / (middle - low))
        } else {
            between(*b, *c, (x - middle) / (high - middle))
        };
        (*action, weight)
    })
}

fn between(a: f32, b: f32, share: f32) -> f32 {
    a + (b - a) * share
}

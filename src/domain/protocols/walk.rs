//! One session of moves: state and action of every turn, without words.
//! Knows: the client, moves, dice. Never: what is measured of it.

use crate::domain::action::Action;
use crate::domain::client::{self, Heard, Intent, State};
use crate::domain::dice::Dice;
use crate::domain::moves::Move;
use crate::domain::persona::Persona;

/// One turn.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(super) struct Beat {
    /// The state before the reply was heard.
    pub(super) before: State,
    /// What the trainee did.
    pub(super) moves: Vec<Move>,
    /// The state after it.
    pub(super) state: State,
    /// What the client does about it.
    pub(super) intent: Intent,
}

/// What a trainee does on a turn.
#[derive(Clone, Debug, Default)]
pub(super) struct Said<'a> {
    pub(super) moves: Vec<Move>,
    pub(super) apology: bool,
    pub(super) words: &'a str,
}

impl From<Vec<Move>> for Said<'_> {
    fn from(moves: Vec<Move>) -> Self {
        Self { moves, ..Self::default() }
    }
}

/// How a session is begun and how long it is.
#[derive(Clone, Debug)]
pub(super) struct Course<'a> {
    pub(super) persona: &'a Persona,
    pub(super) start: State,
    pub(super) turns: usize,
    pub(super) seed: u64,
}

impl<'a> Course<'a> {
    /// A session of this client from their own start.
    pub(super) fn of(persona: &'a Persona, turns: usize, seed: u64) -> Self {
        Self { persona, start: client::begin(persona), turns, seed }
    }
}

/// The turns of a session in which the trainee does what `script` says.
pub(super) fn walk<'a>(
    course: Course<'_>,
    script: impl Fn(usize, &State, &mut Dice) -> Said<'a>,
) -> Vec<Beat> {
    let Course { persona, start, turns, seed } = course;
    let mut state = start;
    let mut beats = Vec::with_capacity(turns);
    for turn in 0..turns {
        let mut dice = Dice::for_turn(seed, turn as u64);
        let Said { moves, apology, words } = script(turn, &state, &mut dice);
        let heard = Heard { moves: &moves, apology, words, asks_plan: false };
        let before = state;
        state = client::step(persona, &before, &heard).state;
        let intent = client::act(persona, &state, &heard, "", &mut dice);
        if let Some(fact) = &intent.fact {
            state = client::told(&state, fact);
        }
        beats.push(Beat { before, moves, state: state.clone(), intent });
    }
    beats
}

/// Whether an action makes the case for staying, or turns on the trainee.
pub(super) fn pushes_back(action: Action) -> bool {
    action.is_sustain() || action.is_discord()
}

/// Share of turns with sustain talk or discord.
pub(super) fn push_back(beats: &[Beat]) -> f64 {
    let count = beats.iter().filter(|beat| pushes_back(beat.intent.action)).count();
    count as f64 / beats.len() as f64
}

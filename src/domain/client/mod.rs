//! How the simulated client changes after each reply, and what they do next.
//! Knows: persona, moves, actions, dice. Never: prompts, wording, the judge's findings, engine, UI.
//!
//! `step` moves the state, `act` draws an action from it. Constants follow the update table
//! and the action tables of the client model; the persona supplies the rest.

mod act;
mod facts;
mod length;
mod mix;
mod plan;
mod state;
mod step;
mod table;

pub use act::{Intent, Mood, act, odds};
pub use length::{LONGEST_WORDS, sample as wished_words};
pub use plan::asks_for_plan;
pub use state::{Habit, Stage, State, begin, gate_open, receptivity, told};
pub use step::{Cause, Heard, Step, step};

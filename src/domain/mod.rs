//! The pure middle: persona, judge, client, prompt, lines, guard, coach, summary, session.
//! Knows: `chat`. Never: I/O, async, the clock, dice of its own, the engine, the UI.

pub mod action;
pub mod card;
pub mod case;
pub mod catalog;
pub mod client;
pub mod coach;
pub mod crisis;
pub mod dice;
pub mod drill;
pub mod exam;
pub mod guard;
pub mod hearing;
pub mod judge;
pub mod level;
pub mod lines;
pub mod memory;
pub mod moves;
pub mod name;
pub mod persona;
pub mod problem;
pub mod progress;
pub mod prompt;
pub mod protocols;
pub mod review;
pub mod script;
pub mod seal;
pub mod session;
pub mod summary;
pub mod talk;

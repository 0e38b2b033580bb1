//! The measuring bench: protocols that a simulated client has to pass, and the figures of them.
//! Knows: personas, the client, moves, sessions, guard, judge. Never: how replies are made, disk, UI.
//!
//! `state` and `steady` measure state and actions alone; `replies`, `manner` and `apart` measure what was
//! said; `calibrate` sets start receptivities beside real sessions; `compare` sets two runs
//! of a script beside each other.

mod apart;
mod calibrate;
mod compare;
mod figure;
mod function_words;
mod manner;
mod mixes;
mod replies;
mod state;
mod stats;
mod steady;
mod walk;

pub use calibrate::{Calibration, Cell, Row, calibrate};
pub use compare::{Comparison, Difference, Ending, Outcome, compare, ending, outcomes};
pub use figure::{Figure, Target};
pub use replies::{Probe, Said, measure_replies};
pub use state::measure_state;
pub use stats::Interval;

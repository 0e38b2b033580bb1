//! Use cases: the only place that sees domain, engine, store and files at once.
//! Knows: all of them. Never: terminals, arguments, colours.

pub mod answering;
pub mod author;
pub mod cards;
pub mod check;
pub mod desk;
pub mod doctor;
pub mod drill;
mod error;
pub mod host;
pub mod judge;
pub mod library;
pub mod models;
pub mod practise;
pub mod prompt;
pub mod rehearse;
pub mod repeat;
pub mod report;
pub mod sent;
pub mod sessions;
pub mod voice;

pub use error::{AppError, Sort};

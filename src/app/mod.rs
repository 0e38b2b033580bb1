//! Use cases: the only place that sees domain, engine, store and files at once.
//! Knows: all of them. Never: terminals, arguments, colours.

pub mod doctor;
mod error;
pub mod judge;
pub mod library;
pub mod models;
pub mod practise;
pub mod prompt;
pub mod sent;
pub mod voice;

pub use error::AppError;

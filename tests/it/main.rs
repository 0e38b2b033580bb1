//! The one integration binary: each further one would link candle again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod arrows;
mod cases;
mod catalog;
mod cli;
mod client;
mod doctor;
mod engine;
mod feedback;
mod guard;
mod judge;
mod lexicon;
mod lines;
mod memory;
mod models;
mod offline;
mod overrule;
mod persona;
mod pocket;
mod practise;
mod prompt;
#[cfg(feature = "download")]
mod pull;
mod store;
mod support;

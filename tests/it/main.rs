//! The one integration binary: each further one would link candle again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod arrows;
mod author;
mod browser;
mod cards;
mod cases;
mod catalog;
mod cli;
mod client;
mod coach;
mod crisis;
#[cfg(not(any(feature = "cuda", feature = "metal")))]
mod device;
mod doctor;
mod drill;
mod engine;
mod exam;
mod feedback;
mod fork;
mod guard;
mod judge;
mod lexicon;
mod lines;
mod lint;
mod memory;
mod models;
mod offline;
mod openai;
mod overrule;
mod persona;
mod pocket;
mod practise;
mod prompt;
mod protocols;
#[cfg(feature = "download")]
mod pull;
#[cfg(feature = "remote")]
mod remote;
mod replay;
mod report;
mod serve;
mod store;
mod support;

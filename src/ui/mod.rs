//! What a person sees and types.
//! Knows: use cases and domain values. Never: the engine, the store.

pub mod chooser;
pub mod drill;
pub mod events;
pub mod figures;
pub mod input;
pub mod plain;
pub mod progress;
pub mod pulling;
pub mod runs;
pub mod screen;
pub mod web;
pub mod wizard;
pub mod words;

//! Disk -> domain values, with every problem named.
//! Knows: folders, file formats. Never: sessions, engines, what values are used for.

pub mod cards;
pub mod exam;
pub mod hash;
pub mod hub;
pub mod models;
pub mod paths;
pub mod prompts;
pub mod secret;
pub mod transcript;
pub mod write;

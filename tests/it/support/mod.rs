//! What several areas of tests need.

pub mod counting;
#[cfg(feature = "download")]
pub mod hub;
pub mod practice;
pub mod reference;
pub mod small;
pub mod tiny_gguf;

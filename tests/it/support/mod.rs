//! What several areas of tests need.

pub mod counting;
#[cfg(feature = "download")]
pub mod hub;
pub mod practice;
pub mod reference;
pub mod small;
#[cfg(feature = "remote")]
pub mod talker;
pub mod tiny_gguf;

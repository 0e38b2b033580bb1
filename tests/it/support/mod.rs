//! What several areas of tests need.

pub mod practice;
pub mod reference;
pub mod tiny_gguf;

//! What several areas of tests need.

pub mod practice;

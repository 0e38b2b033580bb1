//! A bounded quantity of the client's state.
//! Knows: nothing. Never: what it is a level of.

use serde::{Deserialize, Serialize};

/// A level in `0.0..=1.0`. Never NaN.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(from = "f32", into = "f32")]
pub struct Level(f32);

impl Level {
    /// The nearest level to `x`; NaN becomes 0.
    pub fn clamped(x: f32) -> Self {
        Self(if x.is_nan() { 0.0 } else { x.clamp(0.0, 1.0) })
    }

    /// The number, in `0.0..=1.0`.
    pub fn value(self) -> f32 {
        self.0
    }
}

impl From<f32> for Level {
    fn from(x: f32) -> Self {
        Self::clamped(x)
    }
}

impl From<Level> for f32 {
    fn from(x: Level) -> Self {
        x.0
    }
}

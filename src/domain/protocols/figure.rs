//! One measured number with its interval and what it has to be.
//! Knows: numbers. Never: how they were measured.

use serde::Serialize;

use super::stats::Interval;

/// What a figure has to be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
    /// Between these, both included.
    Within(f64, f64),
    /// Nothing: it is told for the reader.
    Told,
}

/// A measured number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// `E1` to `E20`.
    pub protocol: &'static str,
    /// The client; none where it is over all of them.
    pub persona: Option<String>,
    /// What was measured.
    pub what: String,
    /// The number; NaN (`null` in JSON) where there was nothing to measure.
    pub value: f64,
    /// 95% bootstrap interval, where the number is an average over sessions.
    pub interval: Option<Interval>,
    /// What it has to be.
    pub target: Target,
    /// Whether it is.
    pub passed: bool,
}

impl Target {
    /// Whether `value` is as it has to be. NaN never is, unless nothing is asked.
    pub fn is_met(self, value: f64) -> bool {
        match self {
            Target::AtLeast(least) => value >= least,
            Target::AtMost(most) => value <= most,
            Target::Within(least, most) => (least..=most).contains(&value),
            Target::Told => true,
        }
    }
}

impl Figure {
    /// A figure over all clients, without an interval.
    pub fn new(protocol: &'static str, what: impl Into<String>, value: f64, target: Target) -> Self {
        let passed = target.is_met(value);
        Self { protocol, persona: None, what: what.into(), value, interval: None, target, passed }
    }

    /// The same figure, of one client.
    pub fn of(self, persona: &str) -> Self {
        Self { persona: Some(persona.to_owned()), ..self }
    }

    /// The same figure with its interval.
    pub fn within(self, interval: Interval) -> Self {
        Self { interval: Some(interval), ..self }
    }
}

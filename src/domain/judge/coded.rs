//! What one thought unit was decided to be.
//! Knows: labels, rows. Never: how it is decided.

use super::labels::{Code, Reason, Technique};
use super::lexicon::Hit;
use super::weights::Row;

/// What a unit was decided to be.
#[derive(Clone, Debug)]
pub struct Coded {
    /// Its one code.
    pub code: Code,
    /// Its row of the value table.
    pub row: Row,
    /// Why, in MISC terms.
    pub reason: Option<Reason>,
    /// Techniques on top of the code.
    pub techniques: Vec<Technique>,
    /// How sure, 0..=1.
    pub sure: f32,
    /// The phrase that decided it; none if its form did.
    pub hit: Option<Hit>,
    /// Name of the rule if no phrase decided.
    pub rule: &'static str,
}

impl Coded {
    /// Decided by the rule of form `rule`.
    pub fn new(code: Code, row: Row, rule: &'static str) -> Self {
        Self { code, row, reason: None, techniques: Vec::new(), sure: 1.0, hit: None, rule }
    }

    /// Decided by a phrase.
    pub fn by(mut self, hit: &Hit) -> Self {
        self.hit = Some(*hit);
        self
    }

    /// For a reason in MISC terms.
    pub fn because(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// With less than full certainty.
    pub fn sure(mut self, sure: f32) -> Self {
        self.sure = sure;
        self
    }

    /// With a technique on top.
    pub fn with(mut self, technique: Technique) -> Self {
        self.techniques.push(technique);
        self
    }
}

//! The few numbers that turn evidence into codes and codes into a score.
//! Knows: the shape of the `[weights]` table. Never: text.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::features::{Feature, Features};

/// A row of the value table: what a unit does, for the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Row {
    ComplexReflection,
    DoubleSided,
    Amplified,
    Alongside,
    Reframe,
    SimpleReflection,
    Validation,
    Autonomy,
    Affirm,
    Seek,
    Repair,
    OpenEvoking,
    OpenBarriers,
    Closed,
    Information,
    InformationPermitted,
    PersuadePermitted,
    Persuade,
    Direct,
    Concern,
    Confront,
    Warn,
    Shame,
    WhyQuestion,
    Reassurance,
    None,
}

/// Value of each row after sustain talk, after discord, after neutral and after change talk.
pub type Values = [f32; 4];

/// Evidence that a reply or unit gives for reflection, question and input.
pub type Evidence = [f32; 3];

/// The `[weights]` table of the lexicon.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Weight of each feature for reflection, question, input.
    pub evidence: BTreeMap<Feature, Evidence>,
    /// How far the evidence for an act may stay behind the strongest other (or behind none)
    /// for the act still to count as present in a reply.
    pub present: Evidence,
    /// What is added to the evidence of each act.
    pub prior: Evidence,
    /// The value table.
    pub value: BTreeMap<Row, Values>,
    /// What a client turn adds for change, neutral, sustain; see `client.rs`.
    pub talk: super::client::TalkWeights,
}

impl Weights {
    /// The value of a row in the context `context` (0 sustain, 1 discord, 2 neutral, 3 change).
    pub fn value(&self, row: Row, context: usize) -> f32 {
        self.value.get(&row).map_or(0.0, |values| values[context])
    }

    /// How far the evidence for each act is ahead of the best other, or of none.
    pub fn lead(&self, features: &Features) -> Evidence {
        let evidence = self.evidence(features);
        let best_other = |act| (0..3).filter(|o| *o != act).map(|o| evidence[o]).fold(0.0, f32::max);
        [0, 1, 2].map(|act| evidence[act] - best_other(act))
    }

    /// The evidence that features give.
    pub fn evidence(&self, features: &Features) -> Evidence {
        let mut sum = self.prior;
        for (feature, weights) in &self.evidence {
            let x = features.0[*feature as usize];
            if x != 0.0 {
                for (s, w) in sum.iter_mut().zip(weights) {
                    *s += x * w;
                }
            }
        }
        sum
    }
}

//! The few numbers that turn evidence into codes and codes into a score.
//! Knows: the shape of the `[weights]` table. Never: text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::doubt::{Sign, Signs};
use super::features::{Feature, Features};
use super::reading::Seen;

/// A row of the value table: what a unit does, for the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
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

/// What something seen adds to the evidence for reflection, question and input, and to the doubt
/// whether a unit with the form of a reflection is one.
pub type Weight = [f32; 4];

/// Where a weight is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Set by hand, after the manuals.
    Rule,
    /// Fitted to the codes of annotated sessions.
    Codes,
    /// Fitted to whether whole sessions were good or poor.
    Quality,
}

/// A weight that says where it is from and what it is for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sourced<T> {
    /// The number or numbers.
    pub weight: T,
    /// Where they are from; for people who read the file.
    #[serde(rename = "from")]
    pub _from: Origin,
    /// A reply of our own in which it counts; see `examples.rs`.
    pub example: String,
}

/// What speaks for a complex reflection (above 0 in sum) and against it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Complexity {
    /// Always.
    pub bias: Sourced<f32>,
    /// Each word up to forty.
    pub word: Sourced<f32>,
    /// The largest share of a unit's content that the client had just said.
    pub overlap: Sourced<f32>,
    /// A feeling is named.
    pub feeling: Sourced<f32>,
    /// A meaning is named.
    pub meaning: Sourced<f32>,
    /// Two sides are held together.
    pub side: Sourced<f32>,
    /// Each unit up to four.
    pub unit: Sourced<f32>,
}

impl Complexity {
    /// Whether units that reflect, taken together, add to what was said.
    pub fn is_complex<'a>(&self, units: impl Iterator<Item = &'a Seen> + Clone) -> bool {
        let shows = |feature| units.clone().any(|u| u.shows(feature));
        let one = |feature, weight: f32| if shows(feature) { weight } else { 0.0 };
        let words: usize = units.clone().map(|u| u.unit.tokens.len()).sum();
        let overlap = units.clone().map(|u| u.overlap).fold(0.0, f32::max);
        let sum = self.bias.weight
            + self.word.weight * words.min(40) as f32
            + self.overlap.weight * overlap
            + one(Feature::Feeling, self.feeling.weight)
            + one(Feature::Meaning, self.meaning.weight)
            + one(Feature::Side, self.side.weight)
            + self.unit.weight * units.clone().count().min(4) as f32;
        sum > 0.0
    }
}

/// The `[weights]` table of the lexicon.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Weight of each feature for reflection, question, input, and for doubt.
    pub evidence: BTreeMap<Feature, Sourced<Weight>>,
    /// How far the evidence for an act may stay behind the strongest other (or behind none)
    /// for the act still to count as present in a reply.
    pub present: Evidence,
    /// Weight of single words, each counted once a reply.
    #[serde(default)]
    pub word: BTreeMap<String, Sourced<Weight>>,
    /// Weight for doubt of how a unit stands to what the client said.
    pub doubt: BTreeMap<Sign, Sourced<f32>>,
    /// What makes a reflection complex.
    pub complex: Complexity,
    /// The value table.
    pub value: BTreeMap<Row, Sourced<Values>>,
    /// What a client turn adds for change, neutral, sustain; see `client.rs`.
    pub talk: super::client::TalkWeights,
}

impl Weights {
    /// The value of a row in the context `context` (0 sustain, 1 discord, 2 neutral, 3 change).
    pub fn value(&self, row: Row, context: usize) -> f32 {
        self.value.get(&row).map_or(0.0, |values| values.weight[context])
    }

    /// How far the evidence for each act is ahead of the best other, or of none.
    pub fn lead(&self, features: &Features) -> Evidence {
        let evidence = self.evidence(features);
        let best_other = |act| (0..3).filter(|o| *o != act).map(|o| evidence[o]).fold(0.0, f32::max);
        [0, 1, 2].map(|act| evidence[act] - best_other(act))
    }

    /// Which act a reply mainly is, if any.
    pub fn main(&self, features: &Features) -> Option<usize> {
        let evidence = self.evidence(features);
        let best = (0..3).fold(0, |best, act| if evidence[act] > evidence[best] { act } else { best });
        (evidence[best] > 0.0).then_some(best)
    }

    /// The evidence that features give.
    pub fn evidence(&self, features: &Features) -> Evidence {
        let [reflects, asks, informs, _] = self.sum(features);
        [reflects, asks, informs]
    }

    /// The evidence that a unit reflects and that it informs. A sentence alone is little to go by: the reply
    /// around it has half the say.
    pub fn stated(&self, unit: &Features, whole: &Features) -> [f32; 2] {
        let (unit, whole) = (self.evidence(unit), self.evidence(whole));
        [(unit[0] + whole[0]) / 2.0, (unit[2] + whole[2]) / 2.0]
    }

    /// How likely it is, 0..=1, that a unit with the form of a reflection informs or argues.
    pub fn doubt(&self, features: &Features, signs: &Signs) -> f32 {
        let of = |(sign, much): (Sign, f32)| self.doubt.get(&sign).map_or(0.0, |one| one.weight * much);
        let odds = self.sum(features)[3] + signs.present().map(of).sum::<f32>();
        1.0 / (1.0 + (-odds).exp())
    }

    fn sum(&self, features: &Features) -> Weight {
        let mut sum = features.1;
        for (feature, weights) in &self.evidence {
            let x = features.0[*feature as usize];
            if x != 0.0 {
                for (s, w) in sum.iter_mut().zip(weights.weight) {
                    *s += x * w;
                }
            }
        }
        sum
    }
}

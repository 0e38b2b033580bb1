//! A phrase file as it is written.
//! Knows: TOML. Never: what a phrase matches.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::lexicon::Cue;
use super::weights::Weights;

/// One file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Groups of phrases, and where each begins.
    #[serde(default)]
    pub group: Vec<Spanned<Group>>,
    /// Words of each class, with spaces between.
    #[serde(default)]
    pub class: BTreeMap<String, String>,
    /// Weights and values.
    pub weights: Option<Weights>,
}

/// Phrases that mean the same to the judge.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Rule name.
    pub id: String,
    /// What it is evidence of.
    pub cue: Cue,
    /// How sure a phrase is that gives no weight of its own.
    pub weight: f32,
    /// One line for the trainee.
    pub why: String,
    /// A sentence in which a phrase must be found.
    pub example: String,
    /// The phrases, and where each begins.
    pub phrases: Vec<Spanned<Phrase>>,
}

/// A phrase: its text alone, or `{ phrase, weight }`.
pub struct Phrase {
    /// In the little language of `phrase.rs`.
    pub text: String,
    /// How sure, if it differs from its group.
    pub weight: Option<f32>,
}

// By hand: an untagged enum would hide which key is unknown.
impl<'de> Deserialize<'de> for Phrase {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either)
    }
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = Phrase;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a phrase, or `{ phrase = \"...\", weight = 0.5 }`")
    }

    fn visit_str<E>(self, text: &str) -> Result<Phrase, E> {
        Ok(Phrase { text: text.to_owned(), weight: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Phrase, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Weighed {
            phrase: String,
            weight: f32,
        }
        let Weighed { phrase, weight } = Weighed::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Phrase { text: phrase, weight: Some(weight) })
    }
}

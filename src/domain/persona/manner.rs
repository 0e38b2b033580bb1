//! How somebody talks, whatever it is that they say: what goes before, into and after their lines.
//! Knows: text. Never: lines, actions, where in a line anything goes.

use serde::{Deserialize, Serialize};

/// A client's small words. All empty: lines are spoken as they were written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Manner {
    /// Chance that a line begins with one of the openers; the others are rarer.
    pub rate: f32,
    /// Before any line: "Look,"; "I don't know."
    pub openers: Vec<String>,
    /// Before a line that pushes back: "Yeah, well,".
    pub against: Vec<String>,
    /// Before a line that gives way: "I guess".
    pub along: Vec<String>,
    /// Before a line that does not push back, where the trainee gave their words or feelings back: "Yeah."
    pub yes: Vec<String>,
    /// Inside a line, between commas: "you know".
    pub fillers: Vec<String>,
    /// At the end: "or whatever"; "…" in the place of a full stop.
    pub tags: Vec<String>,
    /// Between two lines that are said as one: "And", "Plus,".
    pub links: Vec<String>,
    /// Leaves the "I" off: "Paid the fine."
    pub clips: bool,
}

impl Manner {
    /// The lists, with their keys.
    pub fn lists(&self) -> [(&'static str, &[String]); 7] {
        [
            ("openers", &self.openers),
            ("against", &self.against),
            ("along", &self.along),
            ("yes", &self.yes),
            ("fillers", &self.fillers),
            ("tags", &self.tags),
            ("links", &self.links),
        ]
    }

    /// Every phrase.
    pub fn phrases(&self) -> impl Iterator<Item = &str> {
        self.lists().into_iter().flat_map(|(_, list)| list).map(String::as_str)
    }

    /// Whether it does nothing.
    pub fn is_plain(&self) -> bool {
        self.phrases().next().is_none() && !self.clips
    }
}

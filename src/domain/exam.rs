//! The terms of an exam, as a trainer writes them down: who comes in, with which dice and files,
//! and for how long.
//! Knows: TOML, hashes as text. Never: disk, clock, how it is sealed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::problem::Problem;
use crate::domain::session::Provenance;

/// No exam file is larger, in bytes.
pub const LARGEST: usize = 65_536;
const LONGEST_TITLE: usize = 200;
const MOST_REPLIES: u32 = 500;
const MOST_MINUTES: u32 = 600;

/// What an exam fixes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// As it is shown.
    pub title: String,
    /// The client.
    pub persona: String,
    /// The session's seed.
    pub seed: u64,
    /// After so many replies it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replies: Option<u32>,
    /// After so many minutes it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// SHA-256 of all prompts in force.
    pub prompts: String,
    /// SHA-256 of the model's file; any model without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// What an installation has otherwise than an exam wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    what: &'static str,
    wanted: String,
    found: String,
    hint: &'static str,
}

impl Mismatch {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        self.hint
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |hash: &str| hash.chars().take(16).collect::<String>();
        let Self { what, wanted, found, .. } = self;
        write!(
            f,
            "the exam is for other {what}\n  expected sha256 {}…, found {}…",
            short(wanted),
            short(found)
        )
    }
}

impl Terms {
    /// Reads an exam file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        if text.len() > LARGEST {
            return Err(vec![Problem::new(file, format!("larger than {LARGEST} bytes"))]);
        }
        let terms: Self = toml::from_str(text).map_err(|e| {
            let problem = Problem::from_toml(file, text, 1, &e);
            let hint = problem
                .hint
                .is_none()
                .then(|| problem.clone().hint("`pushback exam new` writes such a file"));
            vec![hint.unwrap_or(problem)]
        })?;
        let problems = terms.problems(file, text);
        if problems.is_empty() { Ok(terms) } else { Err(problems) }
    }

    /// What an exam file holds.
    ///
    /// # Errors
    /// Where a seed is larger than TOML has numbers for.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        Ok(format!("# An exam for pushback: `pushback chat --exam FILE`\n{}", toml::to_string(self)?))
    }

    /// What is not as it should be, at the line of its key.
    pub fn problems(&self, file: &str, text: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut fault = |key: &str, message: String| {
            let line = text.lines().position(|l| l.trim_start().starts_with(key)).map(|at| at + 1);
            problems.push(Problem { line, ..Problem::new(file, message) });
        };
        let title = self.title.trim();
        if title.is_empty() || title.chars().count() > LONGEST_TITLE || title.contains(char::is_control) {
            fault("title", format!("`title` must be one line of 1 to {LONGEST_TITLE} characters"));
        }
        for (key, value, most) in
            [("replies", self.replies, MOST_REPLIES), ("minutes", self.minutes, MOST_MINUTES)]
        {
            if value.is_some_and(|n| n == 0 || n > most) {
                fault(key, format!("`{key}` must be 1 to {most}"));
            }
        }
        if self.replies.is_none() && self.minutes.is_none() {
            fault("replies", "has neither `replies` nor `minutes`".to_owned());
        }
        for (key, hash) in [("prompts", Some(&self.prompts)), ("model", self.model.as_ref())] {
            if hash.is_some_and(|h| h.len() != 64 || !h.bytes().all(|b| b.is_ascii_hexdigit())) {
                fault(key, format!("`{key}` must be a SHA-256 of 64 hexadecimal digits"));
            }
        }
        problems
    }

    /// The keys that `other` has otherwise.
    pub fn differing(&self, other: &Self) -> Vec<&'static str> {
        let same_hash = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let same_model = match (&self.model, &other.model) {
            (Some(a), Some(b)) => same_hash(a, b),
            (a, b) => a == b,
        };
        let keys = [
            ("title", self.title == other.title),
            ("persona", self.persona == other.persona),
            ("seed", self.seed == other.seed),
            ("replies", self.replies == other.replies),
            ("minutes", self.minutes == other.minutes),
            ("prompts", same_hash(&self.prompts, &other.prompts)),
            ("model", same_model),
        ];
        keys.into_iter().filter(|(_, is_same)| !is_same).map(|(key, _)| key).collect()
    }

    /// The first thing that `here` has otherwise.
    pub fn mismatch(&self, here: &Provenance) -> Option<Mismatch> {
        let wanted = [
            (
                "prompt files",
                Some(&self.prompts),
                &here.prompts,
                "use the prompts that the exam was written with: the same program, and the same --prompts and --lexicon",
            ),
            (
                "models",
                self.model.as_ref(),
                &here.model,
                "name the model that the exam was written with: --model",
            ),
        ];
        wanted.into_iter().find_map(|(what, wanted, found, hint)| {
            let wanted = wanted.filter(|hash| !hash.eq_ignore_ascii_case(found))?;
            Some(Mismatch { what, wanted: wanted.clone(), found: found.clone(), hint })
        })
    }
}

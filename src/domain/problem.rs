//! What is wrong in a file that a person wrote, and what to do about it.
//! Knows: text. Never: disk, printing.

use std::fmt;

use serde::Serialize;

/// One fault in one file: shown as `file:line: message`, with a hint below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file as the user would name it.
    pub file: String,
    /// Line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Problem {
    /// A fault without a known line or hint.
    pub fn new(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, message: message.into(), hint: None }
    }

    /// The same fault, at `line` (from 1).
    pub fn at(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    /// The same fault, with a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A TOML error in `text`, whose first line is line `first_line` of `file`. For an
    /// unknown key or name the hint names the nearest known one.
    pub fn from_toml(file: &str, text: &str, first_line: usize, error: &toml::de::Error) -> Self {
        let before = error.span().map_or("", |span| &text[..span.start.min(text.len())]);
        let line = first_line + before.matches('\n').count();
        let message = error.message().lines().next().unwrap_or("not valid TOML");
        let unknown = ["unknown field", "unknown variant"].iter().any(|e| message.starts_with(e));
        let mut quoted = message.split('`').skip(1).step_by(2);
        let known = quoted.next().filter(|_| unknown).and_then(|name| nearest(name, quoted));
        // A list of all that could stand there helps only where nothing is near.
        let short = message.split(", expected").next().filter(|_| known.is_some());
        let hint = known.map(|known| format!("did you mean `{known}`?"));
        let message = short.unwrap_or(message).replace("unknown variant", "unknown name");
        let mut problem = Self::new(file, message).at(line);
        problem.hint = hint;
        problem
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for Problem {}

/// The candidate most like `word`, if any is like it at all.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|c| (strsim::normalized_damerau_levenshtein(word, c), c))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, c)| c)
}

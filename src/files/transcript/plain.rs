//! Plain text: `T:` or `C:` at the head of each turn.
//! Knows: lines. Never: other formats.

use super::join::Joiner;
use super::labels::Labels;
use super::lines::{Lines, Source};
use super::{Fault, Rows, Stop};
use crate::domain::judge::bulk::{Entry, Speaker};

/// A line without a speaker goes on with the turn before; blank lines and `#` lines do not count.
pub struct Plain {
    labels: Labels,
    lines: Lines,
    turns: Joiner,
}

impl Plain {
    pub fn new(labels: Labels) -> Self {
        Self { labels, lines: Lines::default(), turns: Joiner::new() }
    }
}

impl Rows for Plain {
    fn next(&mut self, source: &mut Source<'_>) -> Result<Option<Result<Entry, Fault>>, Stop> {
        loop {
            if let Some(turn) = self.turns.ready() {
                return Ok(Some(turn));
            }
            let Some((line, text)) = self.lines.next(source)? else {
                self.turns.end();
                return Ok(self.turns.ready());
            };
            match text {
                Err(fault) => self.turns.break_off(fault),
                Ok(text) if text.trim().is_empty() || text.starts_with('#') => {}
                Ok(text) => match spoken(text, &self.labels) {
                    Some((speaker, said)) => self.turns.begin(line, speaker, said),
                    None => self.turns.go_on(line, text.trim()),
                },
            }
        }
    }
}

/// `T: what is said` as speaker and text.
pub fn spoken<'a>(line: &'a str, labels: &Labels) -> Option<(Speaker, &'a str)> {
    let (word, said) = line.split_once(':')?;
    Some((labels.speaker(word)?, said.trim()))
}

//! Lines put together to turns.
//! Knows: who speaks. Never: how a format says so.

use std::collections::VecDeque;

use serde_json::Value;

use super::{Fault, MOST_BYTES};
use crate::domain::judge::bulk::{Entry, Speaker, Turn};

/// The turn that lines are added to.
enum Said {
    Nothing,
    Turn { line: usize, speaker: Speaker, text: String },
    Skipped, // the lines of a turn that can't be used
}

/// Turns of one conversation, numbered from 0. A turn that can't be used has its number, too.
pub struct Joiner {
    said: Said,
    number: usize,
    ready: VecDeque<Result<Entry, Fault>>, // no more than one line holds
}

impl Joiner {
    pub fn new() -> Self {
        Self { said: Said::Nothing, number: 0, ready: VecDeque::new() }
    }

    /// A finished turn.
    pub fn ready(&mut self) -> Option<Result<Entry, Fault>> {
        self.ready.pop_front()
    }

    /// Whose turn it is.
    pub fn speaker(&self) -> Option<Speaker> {
        match self.said {
            Said::Turn { speaker, .. } => Some(speaker),
            Said::Nothing | Said::Skipped => None,
        }
    }

    /// A turn begins.
    pub fn begin(&mut self, line: usize, speaker: Speaker, text: &str) {
        self.end();
        self.said = Said::Turn { line, speaker, text: text.to_owned() };
    }

    /// The turn goes on. What goes on with a turn that can't be used belongs to it.
    pub fn go_on(&mut self, line: usize, more: &str) {
        match &mut self.said {
            Said::Nothing => {
                let fault = Fault::new(line, "the first line has no speaker");
                self.break_off(fault.hint("begin each turn with T: or C:"));
            }
            Said::Turn { line, text, .. } if text.len() + 1 + more.len() > MOST_BYTES => {
                let fault = Fault::too_long(*line, "a turn");
                self.said = Said::Nothing;
                self.break_off(fault);
            }
            Said::Turn { text, .. } => {
                text.push(' ');
                text.push_str(more);
            }
            Said::Skipped => {}
        }
    }

    /// A turn that can't be used begins.
    pub fn break_off(&mut self, fault: Fault) {
        self.end();
        self.ready.push_back(Err(fault));
        self.number += 1;
        self.said = Said::Skipped;
    }

    /// The last turn is finished.
    pub fn end(&mut self) {
        if let Said::Turn { speaker, text, .. } = std::mem::replace(&mut self.said, Said::Nothing) {
            let utterance_id = Value::from(self.number);
            let turn = Turn { transcript_id: Value::from(0), utterance_id, speaker, text };
            self.ready.push_back(Ok(Entry::Turn(turn)));
            self.number += 1;
        }
    }
}

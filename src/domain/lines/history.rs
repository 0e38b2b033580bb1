//! What the client has already said in a session, so that nothing is said twice.
//! Knows: text. Never: tags, personas, weights.

use std::collections::{HashMap, HashSet};

use crate::domain::lines::manner::bare;
use crate::domain::lines::text::sentences;
use crate::domain::persona::Manner;

/// Sentences of fewer words may come again inside a longer reply.
const SENTENCE_WORDS: usize = 4;

/// The client's replies so far.
#[derive(Debug)]
pub(super) struct History<'a> {
    /// Whose small words do not count.
    manner: &'a Manner,
    /// Replies in normal form, oldest first.
    replies: Vec<String>,
    /// Reply -> the turn it was last said in.
    last_said: HashMap<String, usize>,
    sentences: HashSet<String>,
    /// First two words of the last few replies.
    openers: Vec<String>,
}

impl<'a> History<'a> {
    /// The history of `said`, oldest first, by somebody of this `manner`.
    pub fn of(said: &[String], manner: &'a Manner) -> Self {
        let replies: Vec<String> = said.iter().map(|s| bare(s, manner)).collect();
        let last_said = replies.iter().enumerate().map(|(i, r)| (r.clone(), i)).collect();
        let long = said.iter().flat_map(|s| long_sentences(s, manner)).collect();
        let openers = replies.iter().rev().take(4).map(|r| opener(r)).collect();
        Self { manner, replies, last_said, sentences: long, openers }
    }

    /// Whether `text`, or a whole sentence of it, was said before.
    pub fn repeats(&self, text: &str) -> bool {
        self.last_said.contains_key(&self.bare(text))
            || long_sentences(text, self.manner).any(|s| self.sentences.contains(&s))
    }

    /// How many turns ago `text` was said, if it was.
    pub fn turns_since(&self, text: &str) -> Option<usize> {
        self.last_said.get(&self.bare(text)).map(|i| self.replies.len() - i)
    }

    /// Whether the last reply was `line`, or ended with it.
    pub fn just_said(&self, line: &str) -> bool {
        self.said_within(line, 1)
    }

    /// Whether `line` was in one of the last `turns` replies.
    pub fn said_within(&self, line: &str, turns: usize) -> bool {
        let line = self.bare(line);
        !line.is_empty() && self.replies.iter().rev().take(turns).any(|r| whole_words(r, &line))
    }

    /// Whether one of the last replies began as `text` does.
    pub fn opens_alike(&self, text: &str) -> bool {
        let opening = opener(&self.bare(text));
        opening.contains(' ') && self.openers.contains(&opening)
    }

    fn bare(&self, text: &str) -> String {
        bare(text, self.manner)
    }

    /// The number of replies.
    pub fn len(&self) -> usize {
        self.replies.len()
    }
}

fn long_sentences(text: &str, manner: &Manner) -> impl Iterator<Item = String> {
    sentences(text).into_iter().map(|s| bare(s, manner)).filter(|s| s.split(' ').count() >= SENTENCE_WORDS)
}

fn opener(bare_text: &str) -> String {
    bare_text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

fn whole_words(reply: &str, line: &str) -> bool {
    reply == line
        || reply.strip_suffix(line).is_some_and(|r| r.ends_with(' '))
        || reply.strip_prefix(line).is_some_and(|r| r.starts_with(' '))
}

//! Which hits stand around a place, without going through all of them.
//! Knows: hits in the order of the text. Never: what they mean.

use super::lexicon::{Cue, Hit};

/// Hits of some cues, by place. Looking around a place takes as long in a long text as in a
/// short one.
#[derive(Debug, Default)]
pub struct Near<'a> {
    hits: Vec<&'a Hit>, // by first token
    longest: usize,     // tokens of the longest
}

impl<'a> Near<'a> {
    /// Those of `hits` (in the order of their first tokens) whose cue `is` wanted.
    pub fn of(hits: &'a [Hit], is: impl Fn(Cue) -> bool) -> Self {
        let hits: Vec<&Hit> = hits.iter().filter(|h| is(h.cue)).collect();
        debug_assert!(hits.is_sorted_by_key(|h| h.first));
        let longest = hits.iter().map(|h| h.end - h.first).max().unwrap_or(0);
        Self { hits, longest }
    }

    /// The hits that begin no later than token `at` and end no more than `reach` tokens before it.
    pub fn around(&self, at: usize, reach: usize) -> impl Iterator<Item = &'a Hit> {
        let begun = self.hits.partition_point(|h| h.first <= at);
        let span = self.longest + reach;
        let close = self.hits[..begun].iter().rev().copied().take_while(move |h| h.first + span >= at);
        close.filter(move |h| h.end + reach >= at)
    }
}

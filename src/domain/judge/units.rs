//! A reply cut into thought units, as MITI parses a volley.
//! Knows: words and the classes of the lexicon. Never: codes.

use std::ops::Range;

use super::lexicon::{Class, Lexicon};
use super::phrase::Scope;
use super::words::{Stop, Token};

/// One thought of a reply.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its tokens.
    pub tokens: Range<usize>,
    /// Its first token that is not an opener such as "so" or "well".
    pub core: usize,
    /// Its bytes in the reply, without spaces at the ends.
    pub at: Range<usize>,
    /// What ends it.
    pub stop: Stop,
    /// Whether it turns against the unit before it ("but").
    pub pivots: bool,
}

impl Unit {
    /// The unit as a place to look for phrases.
    pub fn scope<'a>(&self, lexicon: &'a Lexicon, tokens: &'a [Token]) -> Scope<'a> {
        let mine = &tokens[self.tokens.clone()];
        Scope {
            tokens,
            start: self.tokens.start,
            end: self.tokens.end,
            core: self.core,
            tail: self.tokens.start + mine.iter().rposition(|t| !t.soft).map_or(0, |last| last + 1),
            vocabulary: &lexicon.vocabulary,
        }
    }
}

/// Cuts at the ends of sentences, at dashes and at pivots with a verb on both sides. If
/// unsure it does not cut.
pub fn split(lexicon: &Lexicon, text: &str, tokens: &[Token]) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut start = 0;
    for (at, token) in tokens.iter().enumerate() {
        if token.stop >= Stop::Sentence || at + 1 == tokens.len() {
            split_sentence(lexicon, text, tokens, start..at + 1, &mut units);
            start = at + 1;
        }
    }
    units
}

fn split_sentence(
    lexicon: &Lexicon,
    text: &str,
    tokens: &[Token],
    sentence: Range<usize>,
    units: &mut Vec<Unit>,
) {
    let mut start = sentence.start;
    let mut pivots = lexicon.is(tokens[start].word, Class::Pivot);
    let acts = |at: &usize| is_verb(lexicon, &tokens[*at]);
    let last_verb = sentence.clone().rev().find(acts);
    let mut verb = acts(&start); // in what would be cut off
    for at in sentence.start + 1..sentence.end {
        let pivot = lexicon.is(tokens[at].word, Class::Pivot);
        let dash = tokens[at - 1].stop == Stop::Dash;
        if (pivot || dash) && at >= start + 2 && verb && last_verb > Some(at) {
            units.push(unit(lexicon, text, tokens, start..at, pivots));
            start = at;
            pivots = pivot;
            verb = false;
        }
        verb |= acts(&at);
    }
    units.push(unit(lexicon, text, tokens, start..sentence.end, pivots));
}

fn unit(lexicon: &Lexicon, text: &str, tokens: &[Token], range: Range<usize>, pivots: bool) -> Unit {
    let is_opener =
        |t: &Token| t.soft || lexicon.is(t.word, Class::Opener) || lexicon.is(t.word, Class::Pivot);
    let core = range.clone().find(|at| !is_opener(&tokens[*at])).unwrap_or(range.start);
    let last = &tokens[range.end - 1];
    let at = tokens[range.start].at.start..end_with_stops(text, last.at.end);
    Unit { core, at, stop: last.stop, pivots, tokens: range }
}

/// The end of a unit with the marks that close it, so that a quoted span looks whole.
fn end_with_stops(text: &str, end: usize) -> usize {
    let marks = text[end..].chars().take_while(|c| matches!(c, '.' | '?' | '!' | ';' | '\u{2026}'));
    end + marks.map(char::len_utf8).sum::<usize>()
}

fn is_verb(lexicon: &Lexicon, token: &Token) -> bool {
    token.verbish || lexicon.is(token.word, Class::Verb) || lexicon.is(token.word, Class::Aux)
}

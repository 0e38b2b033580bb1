//! The little language that lexicon phrases are written in, and its matcher.
//! Knows: words. Never: what a match means.
//!
//! A phrase is words with spaces between. `a|b` is either word, `word?` may be absent,
//! `~quit` is any form of the word, `<feeling>` is any word of a class, `_` is any one
//! word, `..` is up to four words of any kind, `^` is the start of the unit (openers such
//! as "so" are passed over) and `$` its end. Adverbs and fillers between words are passed over.

use std::collections::HashMap;

use super::words::{ShortMap, Token, Vocabulary, WordId, spelled, stem_hash};
use crate::domain::problem::nearest;

/// How many words `..` may pass over.
const GAP: usize = 4;
/// How many soft words in a row may stand between two words of a phrase.
const SOFT: usize = 3;

/// One part of a phrase.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    One(Choice),
    Wild,
    Gap,
    Start,
    End,
}

/// One word that is any of these.
#[derive(Clone, Debug, Default, PartialEq)]
struct Choice {
    words: Vec<WordId>,
    classes: Vec<u8>,
    stems: Vec<u64>,
}

impl Choice {
    /// Whether it asks for one of some words, and for nothing else.
    fn is_plain(&self) -> bool {
        self.classes.is_empty() && self.stems.is_empty()
    }

    /// Sieve bits of its words.
    fn sieve(&self) -> u64 {
        self.words.iter().fold(0, |bits, word| bits | sieve(*word))
    }

    fn fits(&self, token: &Token, vocabulary: &Vocabulary) -> bool {
        self.words.contains(&token.word)
            || self.stems.contains(&token.stem)
            || self.classes.iter().any(|class| vocabulary.is(token.word, *class))
    }
}

/// A phrase, ready to match.
#[derive(Clone, Debug)]
pub struct Phrase {
    parts: Vec<(Part, bool)>, // (what, may be absent)
}

/// Names of word classes and their bits.
pub type Classes = HashMap<String, u8>;

/// What is wrong with a phrase, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Lower case, no full stop.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault without a hint.
    pub fn new(message: String) -> Self {
        Self { message, hint: None }
    }

    fn no_class(name: &str, classes: &Classes) -> Self {
        let mut known: Vec<&str> = classes.keys().map(String::as_str).collect();
        known.sort_unstable(); // equals must not depend on the order of a hash map
        let hint = nearest(name, known).map(|known| format!("did you mean `<{known}>`?"));
        Self { message: format!("there is no word class `{name}`"), hint }
    }
}

impl Phrase {
    /// Reads a phrase. The error says what is wrong with it.
    pub fn parse(text: &str, vocabulary: &mut Vocabulary, classes: &Classes) -> Result<Self, Fault> {
        let mut parts = Vec::new();
        for piece in text.split_whitespace() {
            read_piece(piece, vocabulary, classes, &mut parts)?;
        }
        match parts.iter().find(|(p, _)| *p != Part::Start) {
            None => Err(Fault::new("an empty phrase".to_owned())),
            Some((Part::Gap | Part::Wild | Part::End, _) | (_, true)) => {
                Err(Fault::new(format!("`{text}` must begin with a word that cannot be absent")))
            }
            Some(_) => Ok(Self { parts }),
        }
    }

    /// The words, stems and classes that the phrase can begin with.
    fn heads(&self) -> Vec<Head> {
        let Some(Part::One(choice)) = self.parts.iter().map(|(p, _)| p).find(|p| **p != Part::Start) else {
            return Vec::new();
        };
        let words = choice.words.iter().map(|id| Head::Word(*id));
        let stems = choice.stems.iter().map(|stem| Head::Stem(*stem));
        words.chain(stems).chain(choice.classes.iter().map(|class| Head::Class(*class))).collect()
    }

    /// Sieve bits of the words of which one must come somewhere after the first: of the part with
    /// the fewest. All ones where no part asks for plain words.
    fn later(&self) -> u64 {
        let after = self.parts.iter().skip_while(|(p, _)| *p == Part::Start).skip(1);
        let plain = after.filter_map(|(part, optional)| match part {
            Part::One(choice) if !optional && choice.is_plain() => Some(choice.sieve()),
            _ => None,
        });
        plain.min_by_key(|bits| bits.count_ones()).unwrap_or(u64::MAX)
    }

    /// Sieve bits of the second word; all ones unless it must be one of some plain words.
    fn second(&self) -> u64 {
        let mut plain = self.parts.iter().skip_while(|(p, _)| *p == Part::Start).skip(1);
        match plain.next() {
            Some((Part::One(choice), false)) if choice.is_plain() => choice.sieve(),
            _ => u64::MAX,
        }
    }
}

/// What a phrase is looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Head {
    Word(WordId),
    Stem(u64),
    Class(u8),
}

/// A span of tokens in which phrases are looked for, with its vocabulary.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// All tokens of the text.
    pub tokens: &'a [Token],
    /// First token of the unit.
    pub start: usize,
    /// One past the last token of the unit.
    pub end: usize,
    /// First token that is not an opener.
    pub core: usize,
    /// From here on the unit has soft words only.
    pub tail: usize,
    /// The words that phrases mention.
    pub vocabulary: &'a Vocabulary,
}

/// Phrases by their first word.
#[derive(Debug, Default)]
pub struct Index {
    phrases: Vec<Phrase>,
    by_head: HashMap<Head, Vec<Candidate>>,
    heads: Vec<Vec<Candidate>>, // per word id
    stems: ShortMap<u64, Vec<Candidate>>,
}

/// A phrase that may begin at a word, with sieves for the words after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    number: u32,
    next: u64,  // bits of the words that can come second; all ones if any can
    later: u64, // bits of words of which one must come somewhere after the first
}

impl Index {
    /// Adds a phrase; its number is its place in the order of adding.
    pub fn add(&mut self, phrase: Phrase) {
        let (next, later) = (phrase.second(), phrase.later());
        let candidate = Candidate { number: self.phrases.len() as u32, next, later };
        for head in phrase.heads() {
            self.by_head.entry(head).or_default().push(candidate);
        }
        self.phrases.push(phrase);
    }

    /// Spreads class heads over the words of the class, so that one look finds all.
    pub fn finish(&mut self, vocabulary: &Vocabulary, words: usize) {
        self.heads = vec![Vec::new(); words];
        for (head, candidates) in self.by_head.drain() {
            match head {
                Head::Word(id) => self.heads[id as usize].extend(&candidates),
                Head::Stem(stem) => self.stems.entry(stem).or_default().extend(&candidates),
                Head::Class(class) => {
                    for id in (0..words as WordId).filter(|id| vocabulary.is(*id, class)) {
                        self.heads[id as usize].extend(&candidates);
                    }
                }
            }
        }
        for candidates in self.heads.iter_mut().chain(self.stems.values_mut()) {
            candidates.sort_unstable();
            candidates.dedup();
        }
    }

    /// Calls `found(phrase number, first token, one past the last)` for every match in `scope`.
    pub fn search(&self, scope: &Scope<'_>, found: &mut dyn FnMut(usize, usize, usize)) {
        // From the end, so that what stands behind each word is known.
        let mut behind = 0;
        let mut from = vec![0; scope.end - scope.start];
        for at in (scope.start..scope.end).rev() {
            from[at - scope.start] = behind;
            behind |= sieve(scope.tokens[at].word);
        }
        for at in scope.start..scope.end {
            let token = &scope.tokens[at];
            let here = (at, from[at - scope.start]);
            if let Some(candidates) = self.heads.get(token.word as usize) {
                self.try_all(candidates, scope, here, found);
            }
            if let Some(candidates) = self.stems.get(&token.stem) {
                self.try_all(candidates, scope, here, found);
            }
        }
    }

    fn try_all(
        &self,
        candidates: &[Candidate],
        scope: &Scope<'_>,
        (at, behind): (usize, u64),
        found: &mut dyn FnMut(usize, usize, usize),
    ) {
        let next = reachable(scope, at);
        let may = |c: &&Candidate| {
            (c.next == u64::MAX || c.next & next != 0) && (c.later == u64::MAX || c.later & behind != 0)
        };
        for candidate in candidates.iter().filter(may) {
            let number = candidate.number as usize;
            if let Some(end) = matched(&self.phrases[number].parts, scope, at, at) {
                found(number, at, end);
            }
        }
    }
}

/// The sieve bits of the words that can come second in a phrase that begins at `at`.
fn reachable(scope: &Scope<'_>, at: usize) -> u64 {
    let mut bits = 0;
    for next in scope.tokens[at + 1..scope.end].iter().take(SOFT + 1) {
        bits |= sieve(next.word);
        if !next.soft {
            break;
        }
    }
    bits
}

/// The bit of a word in a sieve.
fn sieve(word: WordId) -> u64 {
    1 << (word % u64::BITS)
}

/// One past the last token of a match of `parts` at `at`; `first` is where the phrase began.
fn matched(parts: &[(Part, bool)], scope: &Scope<'_>, at: usize, first: usize) -> Option<usize> {
    let Some(((part, optional), rest)) = parts.split_first() else { return Some(at) };
    match part {
        Part::Start => return (at <= scope.core).then(|| matched(rest, scope, at, first)).flatten(),
        Part::End => return (at >= scope.tail).then_some(at),
        Part::Gap => {
            return (0..=GAP)
                .filter(|n| at + n <= scope.end)
                .find_map(|n| matched(rest, scope, at + n, first));
        }
        Part::One(_) | Part::Wild => {}
    }
    for skip in 0..=SOFT {
        let here = at + skip;
        if here >= scope.end {
            break;
        }
        if fits(part, &scope.tokens[here], scope.vocabulary)
            && let Some(end) = matched(rest, scope, here + 1, first)
        {
            return Some(end);
        }
        if at == first || !scope.tokens[here].soft {
            break;
        }
    }
    if *optional { matched(rest, scope, at, first) } else { None }
}

fn fits(part: &Part, token: &Token, vocabulary: &Vocabulary) -> bool {
    match part {
        Part::One(choice) => choice.fits(token, vocabulary),
        Part::Wild => true,
        Part::Gap | Part::Start | Part::End => false,
    }
}

fn read_piece(
    piece: &str,
    vocabulary: &mut Vocabulary,
    classes: &Classes,
    parts: &mut Vec<(Part, bool)>,
) -> Result<(), Fault> {
    let (piece, optional) = match piece.strip_suffix('?') {
        Some(bare) => (bare, true),
        None => (piece, false),
    };
    let part = match piece {
        "^" => Part::Start,
        "$" => Part::End,
        ".." => Part::Gap,
        "_" => Part::Wild,
        // A contraction stands for its words in a row.
        _ if !piece.contains(['|', '<', '~']) => {
            for word in spelled(piece) {
                check_word(&word)?;
                let words = vec![vocabulary.intern(&word)];
                parts.push((Part::One(Choice { words, ..Choice::default() }), optional));
            }
            return Ok(());
        }
        _ => Part::One(read_choice(piece, vocabulary, classes)?),
    };
    parts.push((part, optional));
    Ok(())
}

fn read_choice(piece: &str, vocabulary: &mut Vocabulary, classes: &Classes) -> Result<Choice, Fault> {
    let mut choice = Choice::default();
    for one in piece.split('|') {
        if let Some(name) = one.strip_prefix('<').and_then(|p| p.strip_suffix('>')) {
            choice.classes.push(*classes.get(name).ok_or_else(|| Fault::no_class(name, classes))?);
        } else if let Some(word) = one.strip_prefix('~') {
            choice.stems.push(stem_hash(word));
        } else {
            check_word(one)?;
            choice.words.push(vocabulary.intern(one));
        }
    }
    Ok(choice)
}

fn check_word(word: &str) -> Result<(), Fault> {
    if !word.is_empty() && word.chars().all(char::is_alphanumeric) && spelled(word) == [word] {
        Ok(())
    } else {
        Err(Fault::new(format!("`{word}` is not one plain word (write contractions in full)")))
    }
}

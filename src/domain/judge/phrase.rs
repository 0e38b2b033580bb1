//! The little language that lexicon phrases are written in, and its matcher.
//! Knows: words. Never: what a match means.
//!
//! A phrase is words with spaces between. `a|b` is either word, `word?` may be absent,
//! `~quit` is any form of the word, `<feeling>` is any word of a class, `_` is any one
//! word, `..` is up to four words of any kind, `^` is the start of the unit (openers such
//! as "so" are passed over) and `$` its end. Adverbs and fillers between words are passed over.

use std::collections::HashMap;

use super::words::{Token, Vocabulary, WordId, spelled, stem_hash};

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

impl Phrase {
    /// Reads a phrase. The error says what is wrong with it.
    pub fn parse(text: &str, vocabulary: &mut Vocabulary, classes: &Classes) -> Result<Self, String> {
        let mut parts = Vec::new();
        for piece in text.split_whitespace() {
            read_piece(piece, vocabulary, classes, &mut parts)?;
        }
        match parts.iter().find(|(p, _)| *p != Part::Start) {
            None => Err("an empty phrase".to_owned()),
            Some((Part::Gap | Part::Wild | Part::End, _) | (_, true)) => {
                Err(format!("`{text}` must begin with a word that cannot be absent"))
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

    /// The second word, if there must be one: a cheap first look.
    fn second(&self) -> Option<&Choice> {
        let mut plain = self.parts.iter().skip_while(|(p, _)| *p == Part::Start).skip(1);
        match plain.next() {
            Some((Part::One(choice), false)) => Some(choice),
            _ => None,
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
    /// The words that phrases mention.
    pub vocabulary: &'a Vocabulary,
}

/// Phrases by their first word.
#[derive(Debug, Default)]
pub struct Index {
    phrases: Vec<Phrase>,
    by_head: HashMap<Head, Vec<u32>>,
    heads: Vec<Vec<u32>>, // phrases per word id
    stems: HashMap<u64, Vec<u32>>,
}

impl Index {
    /// Adds a phrase; its number is its place in the order of adding.
    pub fn add(&mut self, phrase: Phrase) {
        let number = self.phrases.len() as u32;
        for head in phrase.heads() {
            self.by_head.entry(head).or_default().push(number);
        }
        self.phrases.push(phrase);
    }

    /// Spreads class heads over the words of the class, so that one look finds all.
    pub fn finish(&mut self, vocabulary: &Vocabulary, words: usize) {
        self.heads = vec![Vec::new(); words];
        for (head, numbers) in self.by_head.drain() {
            match head {
                Head::Word(id) => self.heads[id as usize].extend(&numbers),
                Head::Stem(stem) => self.stems.entry(stem).or_default().extend(&numbers),
                Head::Class(class) => {
                    for id in (0..words as WordId).filter(|id| vocabulary.is(*id, class)) {
                        self.heads[id as usize].extend(&numbers);
                    }
                }
            }
        }
        for numbers in self.heads.iter_mut().chain(self.stems.values_mut()) {
            numbers.sort_unstable();
            numbers.dedup();
        }
    }

    /// Calls `found(phrase number, first token, one past the last)` for every match in `scope`.
    pub fn search(&self, scope: &Scope<'_>, found: &mut dyn FnMut(usize, usize, usize)) {
        for at in scope.start..scope.end {
            let token = &scope.tokens[at];
            if let Some(numbers) = self.heads.get(token.word as usize) {
                self.try_all(numbers, scope, at, found);
            }
            if let Some(numbers) = self.stems.get(&token.stem) {
                self.try_all(numbers, scope, at, found);
            }
        }
    }

    fn try_all(
        &self,
        numbers: &[u32],
        scope: &Scope<'_>,
        at: usize,
        found: &mut dyn FnMut(usize, usize, usize),
    ) {
        for &number in numbers {
            let phrase = &self.phrases[number as usize];
            if let Some(second) = phrase.second() {
                if !near_next(scope, at, second) {
                    continue;
                }
            }
            if let Some(end) = matched(&phrase.parts, scope, at, at) {
                found(number as usize, at, end);
            }
        }
    }
}

fn near_next(scope: &Scope<'_>, at: usize, second: &Choice) -> bool {
    for next in scope.tokens[at + 1..scope.end].iter().take(SOFT + 1) {
        if second.fits(next, scope.vocabulary) {
            return true;
        }
        if !next.soft {
            return false;
        }
    }
    false
}

/// One past the last token of a match of `parts` at `at`; `first` is where the phrase began.
fn matched(parts: &[(Part, bool)], scope: &Scope<'_>, at: usize, first: usize) -> Option<usize> {
    let Some(((part, optional), rest)) = parts.split_first() else { return Some(at) };
    match part {
        Part::Start => return (at <= scope.core).then(|| matched(rest, scope, at, first)).flatten(),
        Part::End => {
            let only_soft = scope.tokens[at..scope.end].iter().all(|t| t.soft);
            return only_soft.then_some(at);
        }
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
        if fits(part, &scope.tokens[here], scope.vocabulary) {
            if let Some(end) = matched(rest, scope, here + 1, first) {
                return Some(end);
            }
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
) -> Result<(), String> {
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

fn read_choice(piece: &str, vocabulary: &mut Vocabulary, classes: &Classes) -> Result<Choice, String> {
    let mut choice = Choice::default();
    for one in piece.split('|') {
        if let Some(name) = one.strip_prefix('<').and_then(|p| p.strip_suffix('>')) {
            choice.classes.push(*classes.get(name).ok_or_else(|| format!("no word class `{name}`"))?);
        } else if let Some(word) = one.strip_prefix('~') {
            choice.stems.push(stem_hash(word));
        } else {
            check_word(one)?;
            choice.words.push(vocabulary.intern(one));
        }
    }
    Ok(choice)
}

fn check_word(word: &str) -> Result<(), String> {
    if !word.is_empty() && word.chars().all(char::is_alphanumeric) && spelled(word) == [word] {
        Ok(())
    } else {
        Err(format!("`{word}` is not one plain word (write contractions in full)"))
    }
}

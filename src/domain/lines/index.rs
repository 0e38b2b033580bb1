//! Which words of two turns meet: stems, synonym classes, rarity weights, forgiven typing errors.
//! Knows: text. Never: lines, personas, tags.

use std::collections::HashMap;

use serde::Deserialize;

use crate::domain::lines::text::{is_empty_word, sentences, stem, tokens};
use crate::domain::problem::Problem;

/// Weight of a shared class against that of a shared stem.
const CLASS_WEIGHT: f32 = 0.75;
/// How much a word that no line knows adds to the length of a turn, against a known rare one.
const UNKNOWN_WEIGHT: f32 = 0.35;
/// From this length on a word may be typed wrong by one letter and still be known.
const TYPO_LETTERS: usize = 5;

/// A term of a vector: a stem or a synonym class.
type Term = u32;

/// A weighted bag of terms, sorted by term. Weights are rarity (idf), not counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Vector {
    terms: Vec<(Term, f32)>,
    norm2: f32,
}

/// A synonyms file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SynonymFile {
    /// Class name -> words or two-word phrases that mean much the same.
    class: HashMap<String, Vec<String>>,
    /// Stem -> irregular forms of it.
    forms: HashMap<String, Vec<String>>,
}

/// Every stem that the banks know, with its classes and its rarity.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    terms: HashMap<String, Term>,
    is_class: Vec<bool>,
    /// In how many texts a term occurs.
    seen_in: Vec<u32>,
    texts: u32,
    forms: HashMap<String, String>,
    classes: HashMap<Term, Vec<Term>>,
    phrases: HashMap<(Term, Term), Vec<Term>>,
    /// Word as written -> its terms, so that each word is stemmed once.
    cache: HashMap<String, Vec<Term>>,
}

impl Lexicon {
    /// Adds a synonyms file. Must come before the texts that are to profit from it.
    pub fn add_synonyms(&mut self, file: &str, toml: &str) -> Vec<Problem> {
        let parsed: SynonymFile = match toml::from_str(toml) {
            Ok(parsed) => parsed,
            Err(e) => return vec![Problem::from_toml(file, toml, 1, &e)],
        };
        for (stem_word, forms) in parsed.forms {
            for form in forms {
                self.forms.insert(form, stem(&stem_word));
            }
        }
        let mut problems = Vec::new();
        for (name, words) in parsed.class {
            let class = self.intern(&format!("#{name}"), true);
            for entry in words {
                let parts: Vec<Term> = tokens(&entry).iter().map(|w| self.intern_word(w)).collect();
                match parts[..] {
                    [one] => add_once(self.classes.entry(one).or_default(), class),
                    [one, two] => add_once(self.phrases.entry((one, two)).or_default(), class),
                    _ => problems.push(
                        Problem::new(file, format!("`{entry}` in class `{name}` is not one or two words"))
                            .hint("split it, or leave words such as `the` out"),
                    ),
                }
            }
        }
        problems
    }

    /// The terms of a bank text, which become known; `count` when it is a trainee turn,
    /// on which rarity is measured.
    pub fn learn(&mut self, text: &str, count: bool) -> Vec<Term> {
        let mut terms = Vec::new();
        let mut last = None;
        for word in tokens(text) {
            if let Some(known) = self.cache.get(&word) {
                terms.extend_from_slice(known);
                last = self.step(last, known.first().copied(), &mut terms);
                continue;
            }
            let fresh = self.terms_of(&word);
            terms.extend_from_slice(&fresh);
            last = self.step(last, fresh.first().copied(), &mut terms);
            self.cache.insert(word, fresh);
        }
        terms.sort_unstable();
        terms.dedup();
        if count {
            self.texts += 1;
            for t in &terms {
                self.seen_in[*t as usize] += 1;
            }
        }
        terms
    }

    /// The vector of terms that [`learn`](Self::learn) gave, once everything is learnt.
    pub fn weigh(&self, terms: &[Term]) -> Vector {
        let terms: Vec<(Term, f32)> = terms.iter().map(|t| (*t, self.rarity(*t))).collect();
        let norm2 = terms.iter().map(|(_, w)| w * w).sum();
        Vector { terms, norm2 }
    }

    /// What a trainee said: the whole, and each sentence of several by itself, since the
    /// line to answer is often only one of them.
    pub fn read(&self, text: &str) -> Vec<Vector> {
        let parts = sentences(text);
        let mut out = vec![self.look_up(text)];
        if parts.len() > 1 {
            out.extend(parts.into_iter().map(|s| self.look_up(s)).filter(|v| !v.terms.is_empty()));
        }
        out
    }

    fn look_up(&self, text: &str) -> Vector {
        let mut terms = Vec::new();
        let mut unknown = 0.0;
        let mut last = None;
        for word in tokens(text) {
            let found = self.cache.get(&word).cloned().or_else(|| self.known_terms(&word));
            let Some(found) = found else {
                if !is_empty_word(&word) {
                    unknown += 1.0;
                }
                last = None;
                continue;
            };
            terms.extend_from_slice(&found);
            last = self.step(last, found.first().copied(), &mut terms);
        }
        terms.sort_unstable();
        terms.dedup();
        let mut vector = self.weigh(&terms);
        let rare = ((self.texts + 1) as f32).ln() * UNKNOWN_WEIGHT;
        vector.norm2 += unknown * rare * rare;
        vector
    }

    /// The terms of a word that was not written in any bank just so.
    fn known_terms(&self, word: &str) -> Option<Vec<Term>> {
        if is_empty_word(word) {
            return Some(Vec::new());
        }
        let stemmed = self.base(word);
        let term = self.terms.get(&stemmed).copied().or_else(|| self.nearest(word, &stemmed))?;
        let mut out = vec![term];
        out.extend(self.classes.get(&term).into_iter().flatten());
        Some(out)
    }

    /// The known word that `word` probably was meant to be.
    fn nearest(&self, word: &str, stemmed: &str) -> Option<Term> {
        if word.chars().count() < TYPO_LETTERS {
            return None;
        }
        let near = |known: &str| known.len().abs_diff(stemmed.len()) <= 1 && known.len() + 1 >= TYPO_LETTERS;
        self.terms
            .iter()
            .filter(|(known, t)| !self.is_class[**t as usize] && near(known))
            .filter(|(known, _)| strsim::osa_distance(known, stemmed) == 1)
            // The commonest such word; the name decides ties, so that the map's order does not.
            .max_by_key(|(known, t)| (self.seen_in[**t as usize], std::cmp::Reverse(known.as_str())))
            .map(|(_, t)| *t)
    }

    fn terms_of(&mut self, word: &str) -> Vec<Term> {
        if is_empty_word(word) {
            return Vec::new();
        }
        let term = self.intern_word(word);
        let mut out = vec![term];
        out.extend(self.classes.get(&term).into_iter().flatten());
        out
    }

    /// Adds the classes of the phrase that `this` makes with the word before it.
    fn step(&self, last: Option<Term>, this: Option<Term>, terms: &mut Vec<Term>) -> Option<Term> {
        if let (Some(a), Some(b)) = (last, this)
            && let Some(classes) = self.phrases.get(&(a, b))
        {
            terms.extend_from_slice(classes);
        }
        this
    }

    fn base(&self, word: &str) -> String {
        self.forms.get(word).cloned().unwrap_or_else(|| if word.starts_with(['<', '{']) { word.to_owned() } else { stem(word) })
    }

    fn intern_word(&mut self, word: &str) -> Term {
        let base = self.base(word);
        self.intern(&base, false)
    }

    fn intern(&mut self, name: &str, is_class: bool) -> Term {
        if let Some(t) = self.terms.get(name) {
            return *t;
        }
        let term = self.is_class.len() as Term;
        self.terms.insert(name.to_owned(), term);
        self.is_class.push(is_class);
        self.seen_in.push(0);
        term
    }

    fn rarity(&self, term: Term) -> f32 {
        let i = term as usize;
        let idf = ((self.texts as f32 + 1.0) / (self.seen_in[i] as f32 + 1.0)).ln().max(0.1);
        if self.is_class[i] { idf * CLASS_WEIGHT } else { idf }
    }
}

fn add_once(list: &mut Vec<Term>, term: Term) {
    if !list.contains(&term) {
        list.push(term);
    }
}

/// How well what was said (`read`) matches a bank text, `0.0..=1.0`: the cosine, lifted
/// where the bank text is wholly contained in what was said.
pub(super) fn likeness(said: &[Vector], bank: &Vector) -> f32 {
    said.iter().map(|v| one_likeness(v, bank)).fold(0.0, f32::max)
}

fn one_likeness(said: &Vector, bank: &Vector) -> f32 {
    if said.norm2 <= 0.0 || bank.norm2 <= 0.0 {
        return 0.0;
    }
    let shared = shared_weight(said, bank);
    let cosine = shared / (said.norm2 * bank.norm2).sqrt();
    let contained = shared / bank.norm2;
    (0.65 * cosine + 0.35 * contained * cosine.sqrt()).min(1.0)
}

fn shared_weight(a: &Vector, b: &Vector) -> f32 {
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    while i < a.terms.len() && j < b.terms.len() {
        let ((s, w), (t, _)) = (a.terms[i], b.terms[j]);
        if s == t {
            sum += w * w;
        }
        i += usize::from(s <= t);
        j += usize::from(t <= s);
    }
    sum
}

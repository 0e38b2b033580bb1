//! Which words of two turns meet: stems, synonym classes, rarity weights, forgiven typing errors.
//! Knows: text. Never: lines, personas, tags.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use rayon::prelude::*;
use serde::Deserialize;

use crate::domain::lines::encoder::{Encoder, Point};
use crate::domain::lines::question::{Asks, Question, asked};
use crate::domain::lines::text::{each_token, is_empty_word, sentences, stem, tokens};
use crate::domain::problem::Problem;

/// Weight of a shared class against that of a shared stem …
const CLASS_WEIGHT: f32 = 0.75;
/// … and of a kind of question: by itself it is no reason to answer.
const ASKED_WEIGHT: f32 = 0.4;
/// What the names of classes that are kinds of question begin with.
const ASKED: &str = "#ask_";
/// How much a word that no trainee wording has adds to the length of a turn, against a known rare one.
const UNKNOWN_WEIGHT: f32 = 0.35;
/// From this length on a word may be typed wrong by one letter and still be known.
const TYPO_LETTERS: usize = 5;
/// What is left of the likeness of a "who" to a "when".
const OTHER_QUESTION: f32 = 0.7;
/// Parts in which wordings are learnt side by side.
const PARTS: usize = 8;
/// Share of the cosine in the likeness; the rest is how much of the bank text was said.
const COSINE_SHARE: f32 = 0.75;

/// A stem or a synonym class, as a hash of its name.
type Term = u64;

/// A weighted bag of terms, sorted by term. Weights are rarity (idf), not counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Vector {
    terms: Vec<(Term, f32)>,
    norm2: f32,
    /// The kinds of question among the terms, a bit each.
    asks: u64,
}

/// What a turn asks or tells, as the encoder has it.
#[derive(Clone, Debug)]
pub(super) struct Gist {
    point: Point,
    /// How much of the turn the encoder has words for, `0.0..=1.0`.
    known: f32,
    /// What it asks for.
    asks: Option<Question>,
}

/// What a trainee said, or one sentence of it.
#[derive(Clone, Debug)]
pub(super) struct Sentence {
    /// Its words.
    pub bag: Vector,
    /// What it asks or tells.
    pub gist: Gist,
}

/// Words that were looked up once.
type Words = HashMap<String, Word>;

/// A word's stem, and what stands for it.
#[derive(Debug)]
struct Word {
    base: String,
    term: Term,
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

/// What is known of words: synonyms, and how rare each is in the trainee wordings of the banks.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    forms: HashMap<String, String>,
    classes: HashMap<Term, Vec<Term>>,
    phrases: HashMap<(Term, Term), Vec<Term>>,
    /// In how many wordings a term occurs.
    seen_in: HashMap<Term, u32>,
    /// The stems among them.
    stems: HashMap<String, Term>,
    wordings: u32,
}

impl Lexicon {
    /// Adds a synonyms file. Must come before the wordings that are to profit from it.
    pub fn add_synonyms(&mut self, file: &str, toml: &str) -> Vec<Problem> {
        let parsed: SynonymFile = match toml::from_str(toml) {
            Ok(parsed) => parsed,
            Err(e) => return vec![Problem::from_toml(file, toml, 1, &e)],
        };
        for (word, forms) in parsed.forms {
            self.forms.extend(forms.into_iter().map(|form| (form, stem(&word))));
        }
        let mut problems = Vec::new();
        for (name, words) in parsed.class {
            let class = term_of(&format!("#{name}"));
            for entry in words {
                let parts: Vec<Term> = tokens(&entry).iter().map(|w| term_of(&self.base(w))).collect();
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

    /// Learns the trainee wordings, on which rarity is measured; gives the vector of each.
    pub fn learn(&mut self, wordings: &[&str]) -> Vec<Vector> {
        let parts: Vec<(Vec<Vec<Term>>, Words)> = wordings
            .par_chunks(wordings.len().div_ceil(PARTS).max(1))
            .map(|part| self.terms_of(part))
            .collect();
        self.wordings += wordings.len() as u32;
        let mut all = Vec::with_capacity(wordings.len());
        for (terms, words) in parts {
            for t in terms.iter().flatten() {
                *self.seen_in.entry(*t).or_default() += 1;
            }
            self.stems.extend(words.into_values().map(|word| (word.base, word.term)));
            all.extend(terms);
        }
        all.par_iter().map(|terms| self.weigh(terms)).collect()
    }

    /// The terms of each wording, and the words in them.
    fn terms_of(&self, wordings: &[&str]) -> (Vec<Vec<Term>>, Words) {
        let mut words = Words::new();
        let terms = wordings.iter().map(|wording| {
            let (mut terms, mut last) = (Vec::new(), None);
            each_token(wording, |token| {
                if !words.contains_key(token) {
                    let base = self.base(token);
                    words.insert(token.to_owned(), Word { term: term_of(&base), base });
                }
                self.add_terms(token, words[token].term, &mut last, &mut terms);
            });
            sort_once(&mut terms);
            terms
        });
        let terms = terms.collect();
        (terms, words)
    }

    fn weigh(&self, terms: &[Term]) -> Vector {
        let terms: Vec<(Term, f32)> = terms.iter().map(|t| (*t, self.rarity(*t))).collect();
        let norm2 = terms.iter().map(|(_, w)| w * w).sum();
        let asked = terms.iter().filter(|(t, _)| t & CLASS_BITS == CLASS_BITS);
        let asks = asked.fold(0, |bits, (t, _)| bits | 1 << (t >> 2 & 63));
        Vector { terms, norm2, asks }
    }

    /// The vector of a client's line, whose words need not be known.
    pub fn vector(&self, text: &str) -> Vector {
        let mut terms = Vec::new();
        let mut last = None;
        for word in tokens(text) {
            self.add_terms(&word, term_of(&self.base(&word)), &mut last, &mut terms);
        }
        sort_once(&mut terms);
        self.weigh(&terms)
    }

    /// What a trainee said: the whole, and each sentence of several by itself, since the
    /// one to answer is often only one of them.
    pub fn read(&self, text: &str) -> Vec<Sentence> {
        let parts = sentences(text);
        let mut out = vec![self.read_one(text)];
        if parts.len() > 1 {
            out.extend(parts.into_iter().map(|s| self.read_one(s)).filter(|s| !s.bag.terms.is_empty()));
        }
        out
    }

    fn read_one(&self, text: &str) -> Sentence {
        let (mut terms, mut unknown, mut stems) = (Vec::new(), Vec::new(), Vec::new());
        let mut last = None;
        for word in tokens(text) {
            let base = self.base(&word);
            let meant = match self.stems.get(&base) {
                Some(term) => Some((base.as_str(), *term)),
                None => self.nearest(&base),
            };
            stems.push(meant.map_or_else(|| base.clone(), |(stem, _)| stem.to_owned()));
            let known = meant.map(|(_, term)| term);
            // An unknown word may still meet a client's own.
            let term = known.unwrap_or_else(|| term_of(&base));
            if known.is_none() && !is_empty_word(&word) {
                unknown.push(term);
            }
            self.add_terms(&word, term, &mut last, &mut terms);
        }
        sort_once(&mut terms);
        sort_once(&mut unknown);
        let mut vector = self.weigh(&terms);
        for term in unknown {
            let weight = self.rarity(term);
            vector.norm2 -= weight * weight * (1.0 - UNKNOWN_WEIGHT * UNKNOWN_WEIGHT);
        }
        Sentence { bag: vector, gist: self.gist_of(&stems, asked(text)) }
    }

    /// What a wording asks or tells.
    pub fn gist(&self, text: &str) -> Gist {
        self.gist_of(&self.stems(text), asked(text))
    }

    fn gist_of(&self, stems: &[String], asks: Option<Question>) -> Gist {
        let encoder = Encoder::bundled();
        let (mut known, mut all) = (0.0, 0.0);
        for stem in stems.iter().filter(|s| !is_empty_word(s)) {
            let weight = self.rarity(term_of(stem)).powi(2);
            all += weight;
            known += if encoder.knows(stem) { weight } else { 0.0 };
        }
        Gist { point: encoder.point(stems), known: if all > 0.0 { known / all } else { 1.0 }, asks }
    }

    /// The stems of `text`, in its order.
    pub fn stems(&self, text: &str) -> Vec<String> {
        tokens(text).iter().map(|word| self.base(word)).collect()
    }

    /// The known stem that `base` probably was meant to be: one letter wrong, missing or too many.
    fn nearest(&self, base: &str) -> Option<(&str, Term)> {
        if base.len() < TYPO_LETTERS || !base.is_ascii() {
            return None;
        }
        let near = |known: &str| known.len().abs_diff(base.len()) <= 1 && known.len() + 1 >= TYPO_LETTERS;
        self.stems
            .iter()
            .filter(|(known, _)| near(known) && strsim::osa_distance(known, base) == 1)
            // The commonest such word; the name decides ties, so that the map's order does not.
            .max_by_key(|(known, t)| (self.seen_in.get(*t), std::cmp::Reverse(known.as_str())))
            .map(|(known, t)| (known.as_str(), *t))
    }

    /// Adds a word's term, its classes, and the classes of the phrase with the word before it.
    fn add_terms(&self, word: &str, term: Term, last: &mut Option<Term>, terms: &mut Vec<Term>) {
        if let Some(classes) = last.and_then(|before| self.phrases.get(&(before, term))) {
            terms.extend_from_slice(classes);
        }
        *last = Some(term);
        if !is_empty_word(word) {
            terms.push(term);
            terms.extend(self.classes.get(&term).into_iter().flatten());
        }
    }

    fn base(&self, word: &str) -> String {
        match self.forms.get(word) {
            Some(base) => base.clone(),
            None if word.starts_with(['<', '{']) => word.to_owned(),
            None => stem(word),
        }
    }

    fn rarity(&self, term: Term) -> f32 {
        let seen = self.seen_in.get(&term).copied().unwrap_or(0);
        let idf = ((self.wordings as f32 + 1.0) / (seen as f32 + 1.0)).ln().max(0.1);
        idf * match term & CLASS_BITS {
            0 => 1.0,
            CLASS => CLASS_WEIGHT,
            _ => ASKED_WEIGHT,
        }
    }
}

/// Stems have none of the bits, classes the lower one, kinds of question both.
const CLASS_BITS: Term = 3;
const CLASS: Term = 1;

fn term_of(name: &str) -> Term {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    let kind = match name {
        _ if name.starts_with(ASKED) => CLASS_BITS,
        _ if name.starts_with('#') => CLASS,
        _ => 0,
    };
    hasher.finish() & !CLASS_BITS | kind
}

fn sort_once(terms: &mut Vec<Term>) {
    terms.sort_unstable();
    terms.dedup();
}

fn add_once(list: &mut Vec<Term>, term: Term) {
    if !list.contains(&term) {
        list.push(term);
    }
}

/// How well what was said (`read`) matches a bank text, `0.0..=1.0`: the cosine, lifted
/// where the bank text is wholly contained in what was said.
pub(super) fn likeness(said: &[Sentence], bank: &Vector) -> f32 {
    said.iter().map(|s| bags_alike(&s.bag, bank)).fold(0.0, f32::max)
}

/// How near what was said is to a wording.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Near {
    /// In what it asks or tells, `0.0..=1.0`.
    pub at: f32,
    /// Whether both ask for the same.
    pub asks: Asks,
}

impl Near {
    /// The nearer one; of equals, this.
    pub fn or_nearer(self, other: Self) -> Self {
        if other.at > self.at { other } else { self }
    }
}

/// How near what was `said`, all of it and then its sentences, is to a wording. What the encoder has no words for, such as the names
/// in a trainer's own lines, is compared by rarity.
pub(super) fn nearness(said: &[Sentence], bank: &Vector, gist: &Gist) -> Near {
    let near = said.iter().map(|s| {
        let known = s.gist.known.min(gist.known);
        known * s.gist.point.near(&gist.point).max(0.0) + (1.0 - known) * bags_alike(&s.bag, bank)
    });
    let spoken = said.first().and_then(|whole| whole.gist.asks);
    Near { at: near.fold(0.0, f32::max), asks: Asks::of(spoken, gist.asks) }
}

/// Likewise of two bags.
pub(super) fn bags_alike(said: &Vector, bank: &Vector) -> f32 {
    if said.norm2 <= 0.0 || bank.norm2 <= 0.0 {
        return 0.0;
    }
    let shared = shared_weight(said, bank);
    let cosine = shared / (said.norm2 * bank.norm2).sqrt();
    let contained = shared / bank.norm2;
    let like = (COSINE_SHARE * cosine + (1.0 - COSINE_SHARE) * contained.min(1.0) * cosine.sqrt()).min(1.0);
    // One word says little about what is asked of it.
    let like = if bank.terms.len() == 1 { like * cosine } else { like };
    let asks_another = said.asks != 0 && bank.asks != 0 && said.asks & bank.asks == 0;
    if asks_another { OTHER_QUESTION * like } else { like }
}

/// The share of what was said that is in `bank`, `0.0..=1.0`.
pub(super) fn share_said(said: &Vector, bank: &Vector) -> f32 {
    if said.norm2 <= 0.0 { 0.0 } else { (shared_weight(said, bank) / said.norm2).min(1.0) }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon() -> Lexicon {
        let mut lexicon = Lexicon::default();
        let problems = lexicon.add_synonyms(
            "synonyms.toml",
            "[class]\nalcohol = [\"beer\", \"booze\"]\nquit = [\"stop\", \"give up\"]",
        );
        assert_eq!(problems, []);
        let wordings =
            ["How many beers do you have?", "Tell me about your mother.", "Have you tried to stop?"];
        assert_eq!(lexicon.learn(&wordings).len(), 3);
        lexicon
    }

    fn like(said: &str, bank: &str) -> f32 {
        let lexicon = lexicon();
        likeness(&lexicon.read(said), &lexicon.vector(bank))
    }

    #[test]
    fn a_synonym_counts_and_the_word_itself_counts_more() {
        let (same, other, none) =
            (like("The beer", "beers"), like("The booze", "beers"), like("The rain", "beers"));
        assert!(same > other && other > none, "{same} {other} {none}");
    }

    #[test]
    fn one_word_of_a_longer_question_is_less_than_the_word_by_itself() {
        assert!(like("the mother", "mother") > 0.95);
        assert!(like("how many mothers stop the beer", "mother") < 0.3);
    }

    #[test]
    fn a_phrase_is_a_synonym() {
        assert!(like("Could you give it up or give up?", "stop") > 0.0);
    }

    #[test]
    fn one_wrong_letter_is_forgiven_in_a_long_word() {
        assert!(like("your mothr", "mother") > 0.9);
        assert!(like("your mohter", "mother") > 0.9);
        assert_eq!(like("the bxr", "beer"), 0.0);
    }

    #[test]
    fn a_sentence_by_itself_may_match() {
        let whole = like(
            "The weather has been awful all week long. Tell me about your mother.",
            "Tell me about your mother.",
        );
        assert!(whole > 0.95, "{whole}");
    }
}

//! The judge's phrase files: TOML to one compiled form.
//! Knows: the format of `prompts/lexicon/*.toml`. Never: disk, replies.

use serde::Deserialize;

use super::doubt::{self, Polar};
use super::phrase::{Classes, Fault, Index, Phrase, Scope};
use super::weights::{Weight, Weights};
use super::words::{ShortMap, Stop, Token, Vocabulary, WordId, tokenise};
use super::written::{File, Group as Written};
use crate::domain::problem::Problem;

/// A word's classes are the bits of one number.
const MOST_CLASSES: u8 = 64;

/// What a phrase is evidence of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cue {
    // Reflections and what goes with them.
    Stem,
    Feeling,
    Meaning,
    Absolute,
    ChangeSide,
    StaySide,
    Reported,
    OwnView,
    Validation,
    Alongside,
    Reframe,
    Repair,
    Injustice,
    Doubled,
    // MI adherent.
    Autonomy,
    Affirm,
    Praise,
    Permission,
    Collaborate,
    Menu,
    MayNotFit,
    // Not coded.
    Support,
    Greeting,
    Thanks,
    Structure,
    Backchannel,
    OutOfRole,
    // Questions.
    OpenQuestion,
    ClosedQuestion,
    Tag,
    Check,
    Scale,
    Evoking,
    Barrier,
    Why,
    // Input.
    Advice,
    Suggestion,
    Direct,
    Promise,
    Information,
    Evidence,
    Service,
    SelfTalk,
    // Against the client.
    Concern,
    Warn,
    Label,
    Blame,
    Shame,
    Moralise,
    Disbelief,
    Remind,
    Siding,
    Rhetorical,
    Contradict,
    Sarcasm,
    Defend,
    Minimise,
    Reassure,
    Manipulate,
    // What clients say.
    Change,
    Sustain,
    Discord,
    Past,
    Others,
    Yes,
    No,
    AskAdvice,
    Refuse,
    AskedChange,
    AskedSustain,
}

impl Cue {
    /// Whether it marks what clients say, not what trainees say.
    fn is_client(self) -> bool {
        self as usize >= Cue::Change as usize
    }
}

/// Word classes that rules use by name; a lexicon must have them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Adverbs and fillers that phrases pass over.
    Soft,
    /// Words that may stand before a unit proper.
    Opener,
    /// Auxiliaries.
    Aux,
    /// Question words.
    Wh,
    /// Common verbs.
    Verb,
    /// Words without content.
    Function,
    /// Words that turn a sentence.
    Pivot,
    /// Personal pronouns as subjects.
    Subject,
    /// Base forms that can give an order.
    Base,
    /// Words that say nothing but "go on".
    Nod,
    /// "You".
    You,
    /// "Your" and "yourself".
    Your,
    /// "It" and "this".
    It,
    /// "That".
    That,
    /// The speaker.
    I,
    /// The speaker and others.
    We,
    /// "There".
    There,
    /// Other people as subjects.
    They,
    /// "So".
    So,
    /// "And".
    And,
    /// "But".
    But,
    /// Base forms that give the client an order, when they open a unit.
    Order,
}

impl Class {
    const NAMES: [&'static str; 22] = [
        "soft", "opener", "aux", "wh", "verb", "function", "pivot", "subject", "base", "nod", "you", "your",
        "it", "that", "i", "we", "there", "they", "so", "and", "but", "order",
    ];
}

/// A group of phrases that mean the same to the judge.
#[derive(Debug)]
pub struct Group {
    /// Rule name, shown with findings.
    pub id: String,
    /// What it is evidence of.
    pub cue: Cue,
    /// One line for the trainee.
    pub why: String,
}

/// One match of a phrase.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    /// What it is evidence of.
    pub cue: Cue,
    /// Which group, for its name and reason.
    pub group: u16,
    /// How sure, 0..=1.
    pub weight: f32,
    /// First token.
    pub first: usize,
    /// One past the last token.
    pub end: usize,
}

/// All phrases, compiled.
#[derive(Debug)]
pub struct Lexicon {
    /// Words and classes.
    pub vocabulary: Vocabulary,
    /// Groups of phrases.
    pub groups: Vec<Group>,
    /// Hand-set and fitted weights.
    pub weights: Weights,
    /// Weights of single words.
    words: ShortMap<WordId, Weight>,
    polar: ShortMap<WordId, Polar>,
    trainee: Phrases,
    client: Phrases,
}

/// Phrases of one speaker, with the group and weight of each.
#[derive(Debug, Default)]
struct Phrases {
    index: Index,
    entries: Vec<(u16, f32)>, // (group, weight) by phrase number
}

impl Lexicon {
    /// Compiles the files (name, text). Every fault of every file is told.
    pub fn compile(files: &[(String, String)]) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut parsed = Vec::new();
        for (name, text) in files {
            match toml::from_str::<File>(text) {
                Ok(file) => parsed.push((name.as_str(), text.as_str(), file)),
                Err(error) => problems.push(Problem::from_toml(name, text, 1, &error)),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let (vocabulary, classes) = read_classes(&parsed, &mut problems);
        let weights = parsed.iter_mut().find_map(|(_, _, file)| file.weights.take());
        let Some(weights) = weights else {
            problems.push(Problem::new("lexicon", "no file has a [weights] table"));
            return Err(problems);
        };
        let (trainee, client) = Default::default();
        let mut vocabulary = vocabulary;
        let words =
            weights.word.iter().map(|(word, evidence)| (vocabulary.intern(word), evidence.weight)).collect();
        let polar = doubt::polar(&mut vocabulary);
        let mut lexicon = Self { vocabulary, groups: Vec::new(), weights, words, polar, trainee, client };
        let mut examples = Vec::new();
        for (name, text, file) in parsed {
            for group in file.group {
                let place = Place { file: name, text, at: group.span().start };
                examples.push((place, group.get_ref().example.clone()));
                lexicon.add(group.into_inner(), &classes, place, &mut problems);
            }
        }
        let words = lexicon.vocabulary.len();
        lexicon.trainee.index.finish(&lexicon.vocabulary, words);
        lexicon.client.index.finish(&lexicon.vocabulary, words);
        lexicon.check_examples(&examples, &mut problems);
        if problems.is_empty() { Ok(lexicon) } else { Err(problems) }
    }

    /// Whether a word belongs to a class.
    pub fn is(&self, word: WordId, class: Class) -> bool {
        self.vocabulary.is(word, class as u8)
    }

    /// Whether a word denies those behind it or is an auxiliary.
    pub fn polar(&self, word: WordId) -> Option<Polar> {
        self.polar.get(&word).copied()
    }

    /// The words of a text, fillers marked.
    pub fn read(&self, text: &str) -> Vec<Token> {
        let mut tokens = tokenise(text, &self.vocabulary);
        mark_soft(&mut tokens, self);
        tokens
    }

    /// What the words of `tokens` weigh, each counted once.
    pub fn word_evidence<'t>(&self, tokens: impl Iterator<Item = &'t Token>) -> Weight {
        let mut seen: Vec<WordId> =
            tokens.map(|t| t.word).filter(|word| self.words.contains_key(word)).collect();
        seen.sort_unstable();
        seen.dedup();
        let mut sum = Weight::default();
        for word in seen {
            for (s, w) in sum.iter_mut().zip(self.words[&word]) {
                *s += w;
            }
        }
        sum
    }

    /// Every match of a trainee phrase in `scope`.
    pub fn trainee_hits(&self, scope: &Scope<'_>, hits: &mut Vec<Hit>) {
        self.hits(&self.trainee, scope, hits);
    }

    /// Every match of a client phrase in `scope`.
    pub fn client_hits(&self, scope: &Scope<'_>, hits: &mut Vec<Hit>) {
        self.hits(&self.client, scope, hits);
    }

    fn hits(&self, phrases: &Phrases, scope: &Scope<'_>, hits: &mut Vec<Hit>) {
        phrases.index.search(scope, &mut |number, first, end| {
            let (group, weight) = phrases.entries[number];
            hits.push(Hit { cue: self.groups[group as usize].cue, group, weight, first, end });
        });
    }

    fn add(&mut self, group: Written, classes: &Classes, place: Place<'_>, problems: &mut Vec<Problem>) {
        let number = self.groups.len() as u16;
        let phrases = if group.cue.is_client() { &mut self.client } else { &mut self.trainee };
        for phrase in group.phrases {
            let place = Place { at: phrase.span().start, ..place };
            let phrase = phrase.into_inner();
            let weight = phrase.weight.unwrap_or(group.weight);
            if !(0.0..=1.0).contains(&weight) {
                let fault = format!("weight {weight} of `{}` is not within 0 and 1", phrase.text);
                problems.push(place.problem(Fault::new(fault)));
            }
            match Phrase::parse(&phrase.text, &mut self.vocabulary, classes) {
                Ok(phrase) => {
                    phrases.index.add(phrase);
                    phrases.entries.push((number, weight));
                }
                Err(fault) => problems.push(place.problem(fault)),
            }
        }
        self.groups.push(Group { id: group.id, cue: group.cue, why: group.why });
    }

    /// A group must match its own example: it is how a trainer sees that phrases work.
    fn check_examples(&self, examples: &[(Place<'_>, String)], problems: &mut Vec<Problem>) {
        for (number, (place, example)) in examples.iter().enumerate() {
            let tokens = self.read(example);
            let mut hits = Vec::new();
            for unit in super::units::split(self, example, &tokens) {
                let scope = unit.scope(self, &tokens);
                self.trainee_hits(&scope, &mut hits);
                self.client_hits(&scope, &mut hits);
            }
            if !hits.iter().any(|hit| usize::from(hit.group) == number) {
                let id = &self.groups[number].id;
                let fault = format!("no phrase of `{id}` is found in its own example");
                problems.push(place.problem(Fault::new(fault)));
            }
        }
    }
}

/// Where in a file something is written.
#[derive(Clone, Copy)]
struct Place<'a> {
    file: &'a str,
    text: &'a str,
    at: usize, // bytes from the start of `text`
}

impl Place<'_> {
    fn problem(&self, fault: Fault) -> Problem {
        let line = 1 + self.text[..self.at].matches('\n').count();
        let mut problem = Problem::new(self.file, fault.message).at(line);
        problem.hint = fault.hint;
        problem
    }
}

/// Classes of all files; those that the rules name come first, at their own bits.
fn read_classes(parsed: &[(&str, &str, File)], problems: &mut Vec<Problem>) -> (Vocabulary, Classes) {
    let mut vocabulary = Vocabulary::default();
    let mut classes: Classes = Class::NAMES.iter().zip(0..).map(|(n, bit)| ((*n).to_owned(), bit)).collect();
    for (file, _, parsed) in parsed {
        for (name, words) in &parsed.class {
            let next = classes.len() as u8;
            let bit = *classes.entry(name.clone()).or_insert(next);
            if bit >= MOST_CLASSES {
                problems.push(Problem::new(file, format!("more than {MOST_CLASSES} word classes")));
                continue;
            }
            words.split_whitespace().for_each(|word| vocabulary.classify(word, bit));
        }
    }
    for name in Class::NAMES {
        if !parsed.iter().any(|(_, _, file)| file.class.contains_key(name)) {
            problems.push(Problem::new("lexicon", format!("no file has the word class `{name}`")));
        }
    }
    (vocabulary, classes)
}

/// Fillers of more than one word: "you know" and "i mean" between commas, and "kind of"
/// where it asks for no kind.
fn mark_soft(tokens: &mut [Token], lexicon: &Lexicon) {
    let [you, know, i, mean, kind, sort, of] =
        ["you", "know", "i", "mean", "kind", "sort", "of"].map(|w| lexicon.vocabulary.id(w));
    for at in 0..tokens.len() {
        tokens[at].soft |= lexicon.is(tokens[at].word, Class::Soft);
        let Some(next) = tokens.get(at + 1) else { continue };
        let (a, b) = (tokens[at].word, next.word);
        let aside = next.stop != Stop::None && (at == 0 || tokens[at - 1].stop != Stop::None);
        let filler = ((a, b) == (you, know) || (a, b) == (i, mean)) && aside && next.stop < Stop::Question;
        let asks = at > 0 && lexicon.is(tokens[at - 1].word, Class::Wh);
        let hedge = (a == kind || a == sort) && b == of && !asks;
        if filler || hedge {
            tokens[at].soft = true;
            tokens[at + 1].soft = true;
        }
    }
}

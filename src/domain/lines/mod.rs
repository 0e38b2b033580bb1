//! The pocket client's authored lines: read, checked, filtered, and found by what the trainee said.
//! Knows: persona, action, moves, dice. Never: why an action was chosen, the engine, disk, the clock.
//!
//! `parse` (files → [`store`]) → `pick` (persona, history, turn → scored candidates);
//! `lint` and `export` look at the same store.

mod echo;
mod encoder;
mod export;
mod history;
mod index;
mod known;
mod lint;
mod manner;
mod needs;
mod parse;
mod pick;
mod question;
mod recall;
mod repertoire;
mod score;
mod slots;
mod splice;
mod store;
mod tag;
mod template;
mod text;
mod thread;
mod topic;
mod turn;
mod weights;

use std::collections::{BTreeMap, HashSet};

use crate::domain::action::Action;
use crate::domain::dice::Dice;
use crate::domain::moves::Move;
use crate::domain::persona::{Fact, Persona};
use crate::domain::problem::Problem;

pub use export::{Pair, Wordings};
pub use manner::{Speech, in_manner};
pub use question::Asks;
pub use recall::{Recall, Slight};
pub use store::Form;
pub use tag::{Tag, Turn};
pub use weights::{Evidence, LineKind};

use echo::Echo;
use needs::Patterns;
use parse::Reader;
use repertoire::Repertoires;
use store::{KINDS, Place, Store};

/// The authored lines of all files, ready to be asked.
#[derive(Debug, Default)]
pub struct Banks {
    store: Store,
    echo: Echo,
    patterns: Patterns,
    repertoires: Repertoires,
}

/// What the client is about to do, and what has been said.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// What the line must do.
    pub action: Action,
    /// What the judge saw in the trainee's reply.
    pub moves: &'a [Move],
    /// Whether the trainee apologised.
    pub apology: bool,
    /// The trainee's reply to answer.
    pub trainee: &'a str,
    /// The client's replies so far, oldest first, the opening included.
    pub said: &'a [String],
    /// The trainee's replies before this one, oldest first.
    pub trainee_said: &'a [String],
    /// What happened earlier that a line may take up.
    pub recall: Recall,
    /// The length wished for, in words.
    pub words: u16,
    /// The fact to tell: its own lines are then the candidates.
    pub fact: Option<&'a Fact>,
    /// The most candidates to give.
    pub limit: usize,
    /// Varies the order a little between sessions.
    pub dice: Dice,
}

/// A line that may be spoken now.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Ready to speak.
    pub text: String,
    /// `file:line`, for the log and `/why`.
    pub source: String,
    /// What the line is written as.
    pub tag: Tag,
    /// What the client does by saying it: what was meant, unless it says something else.
    pub does: Action,
    /// How likely it is to be believed here, `0.0..=1.0`.
    pub prior: f32,
    /// What that was weighed from, where it was.
    pub evidence: Option<Evidence>,
}

/// How much there is of what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Distinct replies, case and punctuation aside.
    pub replies: usize,
    /// Words in them.
    pub words: usize,
    /// Lines per tag.
    pub per_tag: BTreeMap<Tag, usize>,
    /// Lines written for one kind of client or a few, per kind.
    pub per_kind: BTreeMap<&'static str, usize>,
    /// Lines of one topic, per topic.
    pub per_topic: BTreeMap<String, usize>,
    /// Whole conversations.
    pub dialogues: usize,
    /// Beliefs of the topics.
    pub beliefs: usize,
    /// Trainee wordings that lines answer.
    pub trainee_wordings: usize,
    /// Trainee templates.
    pub templates: usize,
    /// Lines that echo a word of the trainee's.
    pub echoes: usize,
}

impl Banks {
    /// Reads `files` (path relative to the lines folder, text); later files add to earlier ones.
    pub fn parse(files: &[(String, String)]) -> (Self, Vec<Problem>) {
        let named = |stem: &str, ending: &str| {
            let (stem, ending) = (stem.to_owned(), ending.to_owned());
            files
                .iter()
                .filter(move |(name, _)| is_file(name, &stem, &ending))
                .map(|(n, t)| (n.as_str(), t.as_str()))
        };
        let (patterns, mut problems) = Patterns::parse(named("needs", ".toml"));
        let mut store = Store::default();
        for (name, text) in named("synonyms", ".toml") {
            problems.extend(store.lexicon.add_synonyms(name, text));
        }
        let mut echo = Echo::default();
        for (name, text) in named("echo", ".txt") {
            problems.extend(echo.add_rules(name, text));
        }
        for (name, text) in named("words", ".txt") {
            problems.extend(echo.add_words(name, text));
        }
        let mut reader = Reader::new(store);
        for (name, text) in files {
            let aside = is_file(name, "echo", ".txt") || is_file(name, "words", ".txt");
            if name.ends_with(".txt") && !aside {
                reader.read(name, text);
            } else if name.ends_with(".toml") && !is_file(name, "needs", "") && !is_file(name, "synonyms", "")
            {
                reader.problems.push(
                    Problem::new(name, "not a file of lines")
                        .hint("lines are .txt; only needs.toml and synonyms.toml are TOML"),
                );
            }
        }
        let mut store = reader.store;
        problems.extend(reader.problems);
        problems.extend(lint::references(&store));
        store.weigh();
        (Self { store, echo, patterns, repertoires: Repertoires::default() }, problems)
    }

    /// Counts of everything.
    pub fn stats(&self) -> Stats {
        let store = &self.store;
        let mut stats = Stats {
            beliefs: store.beliefs.len(),
            templates: store.templates.len(),
            echoes: self.echo.rules.len(),
            trainee_wordings: store.cues.iter().map(|c| c.texts.len()).sum(),
            dialogues: store.lines.iter().filter(|l| l.place == Place::Next(None)).count(),
            ..Stats::default()
        };
        let mut seen = HashSet::new();
        for line in &store.lines {
            if seen.insert(text::normal(&line.text)) {
                stats.words += usize::from(line.words());
            }
            *stats.per_tag.entry(line.tag).or_default() += 1;
            for kind in line.kinds.iter() {
                *stats.per_kind.entry(KINDS[kind].1).or_default() += 1;
            }
            for topic in line.topics.iter() {
                *stats.per_topic.entry(store.topics[topic].name.clone()).or_default() += 1;
            }
        }
        stats.replies = seen.len();
        stats
    }

    /// Everything that an author should look at, for the given clients.
    pub fn lint(&self, personas: &[&Persona]) -> Vec<Problem> {
        lint::lint(self, personas)
    }

    /// The lines that `persona` may say now, best first, at most `query.limit`. Empty only where
    /// the files have no line for this client, or none on the closed list after a turn about risk.
    pub fn eligible(&self, persona: &Persona, query: &Query<'_>) -> Vec<Candidate> {
        pick::eligible(self, persona, query)
    }

    /// Finds out now what else the first reply of `persona` would: what each of their lines asks for, and what its wordings ask.
    pub fn read_ahead(&self, persona: &Persona) {
        pick::read_ahead(self, persona);
    }

    /// Each line with the trainee words that it answers, for training a chooser. `personas` tell of what
    /// type those are who have lines of their own.
    pub fn pairs<'a>(&'a self, personas: &'a [&'a Persona]) -> impl Iterator<Item = Pair> + 'a {
        export::pairs(&self.store, personas)
    }

    /// The trainee templates, written out, with their slots.
    pub fn wordings(&self) -> impl Iterator<Item = Wordings> {
        export::wordings(&self.store)
    }
}

/// Whether the file's name begins with `stem` and ends in `ending`.
fn is_file(name: &str, stem: &str, ending: &str) -> bool {
    name.ends_with(ending) && name.rsplit('/').next().is_some_and(|n| n.starts_with(stem))
}

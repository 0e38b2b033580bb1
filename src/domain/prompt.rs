//! What a model reads: a head that never changes, the history without notes, the newest line
//! with a private note.
//! Knows: persona, intent, notes. Never: tokens, engines, scores.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::chat::{Message, Role};
use crate::domain::action::Action;
use crate::domain::client::{Intent, Mood};
use crate::domain::moves::Move;
use crate::domain::persona::Persona;
use crate::domain::problem::Problem;

/// The wording of head and note, from `prompts/notes.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notes {
    head: String,
    scene: String,
    note: String,
    fact: String,
    felt: BTreeMap<Move, String>,
    action: BTreeMap<Action, String>,
    length: Vec<Length>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Length {
    words: u16,
    say: String,
}

/// What a note is filled with.
#[derive(Clone, Copy)]
struct Slots<'a> {
    felt: &'a str,
    mood: Mood,
    action: &'a str,
    fact: Option<&'a str>,
    length: &'a str,
}

/// The most that a note should take, in tokens.
const NOTE_TOK: usize = 80;

/// About how many tokens a plain English text takes in a large vocabulary: its words and signs.
fn about_tok(text: &str) -> usize {
    let mut within = false;
    let begins = text.chars().filter(|&c| {
        let before = within;
        within = c.is_alphanumeric() || (before && c == '\'');
        !(c.is_whitespace() || before && within)
    });
    begins.count()
}

/// A finished exchange, as the model may remember it.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// The trainee's words; none for the opening.
    pub trainee: Option<&'a str>,
    /// The client's words.
    pub client: &'a str,
}

impl Notes {
    /// Reads the wording.
    ///
    /// # Errors
    /// An unknown key, or a move, action or length that has no words.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let notes: Self = toml::from_str(text).map_err(|e| vec![Problem::from_toml(file, text, 1, &e)])?;
        let felt = Move::ALL.iter().filter(|m| !notes.felt.contains_key(m)).map(|m| format!("{m:?}"));
        let action = Action::ALL.iter().filter(|a| !notes.action.contains_key(a)).map(|a| format!("{a:?}"));
        let mut problems: Vec<_> =
            felt.chain(action).map(|name| Problem::new(file, format!("no words for {name}"))).collect();
        if notes.length.is_empty() {
            problems.push(Problem::new(file, "no lengths").hint("add at least one [[length]]"));
        }
        if problems.is_empty() { Ok(notes) } else { Err(problems) }
    }

    /// The private note for one turn: 40 to 80 tokens, plain words. Where a long fact is told, what
    /// goes without saying stays out: first the action, then how the line felt.
    pub fn note(&self, persona: &Persona, intent: &Intent, mv: Move) -> String {
        let told = intent.fact.as_ref().and_then(|id| persona.facts.iter().find(|f| f.id == *id));
        let length = self.length.iter().find(|l| intent.words <= l.words).or(self.length.last());
        let whole = Slots {
            felt: self.felt.get(&mv).map_or("", String::as_str),
            mood: intent.mood,
            action: self.action.get(&intent.action).map_or("", String::as_str),
            fact: told.map(|f| f.text.as_str()),
            length: length.map_or("", |l| &l.say),
        };
        let shorter = Slots { action: "", ..whole };
        let shortest = Slots { felt: "", ..shorter };
        let fits = |slots: &&Slots<'_>| about_tok(&self.filled(slots)) <= NOTE_TOK;
        let slots = [whole, shorter].iter().find(fits).copied();
        self.filled(&slots.unwrap_or(if told.is_some() { shortest } else { whole }))
    }

    /// A note with the longest wording in every slot, for setting room aside.
    pub fn longest_note(&self, persona: &Persona) -> String {
        self.filled(&Slots {
            felt: longest(self.felt.values().map(String::as_str)).unwrap_or_default(),
            mood: Mood::Furious,
            action: longest(self.action.values().map(String::as_str)).unwrap_or_default(),
            fact: longest(persona.facts.iter().map(|f| f.text.as_str())),
            length: longest(self.length.iter().map(|l| l.say.as_str())).unwrap_or_default(),
        })
    }

    fn filled(&self, slots: &Slots<'_>) -> String {
        let fact = slots.fact.map(|text| self.fact.replace("{text}", text)).unwrap_or_default();
        let filled = self
            .note
            .replace("{felt}", slots.felt)
            .replace("{mood}", &format!("You are {}.", slots.mood))
            .replace("{action}", slots.action)
            .replace("{fact}", &fact)
            .replace("{length}", slots.length);
        filled.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The head: byte for byte the same in every turn of a session.
    pub fn head(&self, persona: &Persona) -> String {
        let first = persona.name.split_whitespace().next().unwrap_or(&persona.name);
        self.head
            .trim()
            .replace("{name}", &persona.name)
            .replace("{first}", first)
            .replace("{age}", &persona.age.to_string())
            .replace("{body}", persona.body.trim())
    }

    /// The whole prompt of one turn. The note stands on the trainee's newest line only: further
    /// turns begin with the same tokens up to it.
    pub fn build(
        &self,
        persona: &Persona,
        history: &[Exchange<'_>],
        trainee: &str,
        note: &str,
    ) -> Vec<Message> {
        let mut messages = vec![Message::new(Role::System, self.head(persona))];
        messages.extend(history.iter().flat_map(|exchange| self.messages(exchange)));
        messages.push(Message::new(Role::User, format!("{}{}", trainee.trim(), note_part(note))));
        messages
    }

    /// An exchange as it stands in the history.
    pub fn messages(&self, exchange: &Exchange<'_>) -> [Message; 2] {
        let trainee = exchange.trainee.unwrap_or(&self.scene);
        [Message::new(Role::User, trainee), Message::new(Role::Assistant, exchange.client)]
    }
}

fn longest<'a>(texts: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    texts.max_by_key(|text| text.len())
}

/// What the note adds to the trainee's newest line; none of it is ever part of the history.
pub fn note_part(note: &str) -> String {
    format!("\n\n{note}")
}

/// The prompt of the pocket model, which ranks authored lines: one line of plain tags, the
/// client's previous words, the trainee's newest line.
pub fn compact(
    persona: &Persona,
    action: Action,
    mv: Move,
    previous: Option<&str>,
    trainee: &str,
) -> Vec<Message> {
    let tags = [persona.kind.as_str(), &persona.topic, action.as_str(), mv.as_str()].join(" ");
    let mut messages = vec![Message::new(Role::System, tags)];
    messages.extend(previous.map(|p| Message::new(Role::Assistant, p)));
    messages.push(Message::new(Role::User, trainee));
    messages
}

//! What a model reads: a head that never changes, the history without notes, the newest line
//! with a private note.
//! Knows: persona, intent, notes. Never: tokens, engines, scores.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;

use crate::chat::{Message, Role};
use crate::domain::action::Action;
use crate::domain::client::Intent;
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

    /// The private note for one turn: 40 to 80 tokens, plain words.
    pub fn note(&self, persona: &Persona, intent: &Intent, mv: Move) -> String {
        let told = intent.fact.as_ref().and_then(|id| persona.facts.iter().find(|f| f.id == *id));
        let fact = told.map(|f| self.fact.replace("{text}", &f.text)).unwrap_or_default();
        let length = self.length.iter().find(|l| intent.words <= l.words).or(self.length.last());
        let filled = self
            .note
            .replace("{felt}", self.felt.get(&mv).map_or("", String::as_str))
            .replace("{mood}", &format!("You are {}.", intent.mood))
            .replace("{action}", self.action.get(&intent.action).map_or("", String::as_str))
            .replace("{fact}", &fact)
            .replace("{length}", length.map_or("", |l| &l.say));
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

    /// The whole prompt of one turn. The note stands on the trainee's newest line only.
    pub fn build(
        &self,
        persona: &Persona,
        history: &[Exchange<'_>],
        trainee: &str,
        note: &str,
    ) -> Vec<Message> {
        let mut messages = vec![Message::new(Role::System, self.head(persona))];
        for exchange in history {
            messages.push(Message::new(Role::User, exchange.trainee.unwrap_or(&self.scene)));
            messages.push(Message::new(Role::Assistant, exchange.client));
        }
        messages.push(Message::new(Role::User, format!("{trainee}\n\n{note}")));
        messages
    }
}

/// Which messages of a prompt may go when the context is full: the oldest exchanges, in
/// pairs. Head, opening and newest line are pinned.
pub fn droppable(messages: &[Message]) -> Option<Range<usize>> {
    // 0 head, 1 scene, 2 opening, 3.. exchanges, last: the newest line.
    (messages.len() > 5).then_some(3..5)
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

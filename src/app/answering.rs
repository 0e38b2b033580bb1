//! A client who answers a list of messages: the conversation is in the question, nothing is stored.
//! Knows: judge, client, voice. Never: HTTP, the store.
//!
//! The conversation is gone through again: each thing that the trainee said is judged, and the client
//! steps from state to state as in practice. What was gone through last is remembered, so that the
//! next turn of the same conversation takes one step. The same messages with the same seed come to the
//! same state and the same dice.

mod again;

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::app::AppError;
use crate::app::library::Library;
use crate::app::practise::{self, Moment, SILENCE};
use crate::app::voice::Voice;
use crate::domain::action::Action;
use crate::domain::crisis::concern;
use crate::domain::judge::Judge;
use crate::domain::persona::Persona;
use crate::domain::problem::{Problem, nearest};
use crate::domain::session::{Path, Provenance, Setting, Turn};
use crate::files::hash;

pub use crate::chat::{Message, Role};
pub use again::{could_say, replayed, would_say};

/// Conversations that are remembered.
const MOST_KNOWN: usize = 64;

/// Answers for all clients.
pub struct Answerer {
    personas: Vec<Persona>,
    judge: Arc<Judge>,
    voice: Voice,
    known: Known,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The client's id.
    pub persona: String,
    /// The seed of the conversation's dice.
    pub seed: u64,
    /// What was said so far: user messages are the trainee's, assistant messages the client's. What
    /// system messages say is left out, since the client is who they are.
    pub messages: Vec<Message>,
}

/// What the client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The words.
    pub text: String,
    /// Whether the client leaves with these words.
    pub leaves: bool,
    /// Tokens of the conversation, as the model that speaks counts them.
    pub asked_tok: usize,
    /// Tokens of the words.
    pub answered_tok: usize,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// A use case failed.
    #[error(transparent)]
    App(#[from] AppError),
    /// The client has walked out.
    #[error("the client has left")]
    Left,
    /// The client spoke last.
    #[error("the last message is the client's own")]
    NothingToAnswer,
}

impl AnswerError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::App(error) => error.hint(),
            Self::Left => Some("begin a new conversation, or take back what made them leave".to_owned()),
            Self::NothingToAnswer => Some("end the messages with one of role `user`".to_owned()),
        }
    }
}

/// A conversation, sorted: the client's first words if they spoke first, and then what each said.
#[derive(Debug, Default, PartialEq, Eq)]
struct Talk {
    opening: Option<String>,
    answered: Vec<(String, String)>,
    newest: Option<String>,
}

impl Answerer {
    /// For the clients of `library`, with what is wrong with files that are left out.
    pub fn new(library: &Library, judge: Arc<Judge>, voice: Voice) -> (Self, Vec<Problem>) {
        let (personas, _, problems) = library.clients();
        (Self { personas, judge, voice, known: Known::default() }, problems)
    }

    /// The clients.
    pub fn personas(&self) -> &[Persona] {
        &self.personas
    }

    /// What the model behind all of them calls itself.
    pub fn model(&self) -> &str {
        self.voice.model()
    }

    /// The client's answer to the newest message; their first words, where the trainee has said nothing.
    /// `stopped` is asked while the words are still being found.
    ///
    /// # Errors
    /// Where there is nothing to be answered, nobody to answer, or the model fails. Where the trainee
    /// speaks in earnest, nothing of it is judged or sent.
    pub fn answer(&mut self, question: &Question, stopped: &dyn Fn() -> bool) -> Result<Answer, AnswerError> {
        let persona = self.persona(&question.persona)?;
        let talk = Talk::sorted(&question.messages)?;
        let setting = Setting {
            model: self.voice.model().to_owned(),
            seed: question.seed,
            provenance: Provenance::default(),
            persona,
        };
        let Some(newest) = &talk.newest else { return self.open(&setting) };
        let (mut path, key) = self.went_through(&setting, &talk)?;
        if path.last_reply().is_some_and(|reply| reply.action == Action::Leave) {
            return Err(AnswerError::Left);
        }
        hear(&mut path, &self.judge, newest)?;
        let all_of_it = &mut |_: &str| ControlFlow::Continue(());
        let (reply, _) = practise::worded(&setting, &path, &mut self.voice, (all_of_it, stopped))?;
        let (text, leaves) = (reply.text.clone(), reply.action == Action::Leave);
        // Counted only now: what is meant in earnest is not even counted by a server.
        let asked_tok = self.tokens_of(path.turns().iter().flat_map(spoken))?;
        let answered_tok = self.tokens_of([&*text])?;
        path.answer(reply);
        self.known.keep(next_key(&key, newest, &text), path);
        Ok(Answer { text, leaves, asked_tok, answered_tok })
    }

    /// The client's first words.
    fn open(&self, setting: &Setting) -> Result<Answer, AnswerError> {
        let text = practise::opening(&setting.persona, setting.seed, &self.judge).text;
        let answered_tok = self.tokens_of([&*text])?;
        Ok(Answer { text, leaves: false, asked_tok: 0, answered_tok })
    }

    fn persona(&self, id: &str) -> Result<Persona, AppError> {
        let found = self.personas.iter().find(|persona| persona.id == id);
        found.cloned().ok_or_else(|| AppError::NoPersona {
            asked: id.to_owned(),
            nearest: nearest(id, self.personas.iter().map(|p| p.id.as_str())).map(str::to_owned),
        })
    }

    /// Tokens of `texts` as the model counts them, without what a template puts around them.
    fn tokens_of<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> Result<usize, AppError> {
        let message = |text: &str| Message::new(Role::User, text);
        let around = self.voice.count_tokens(&[message("")])?;
        let counted = texts.into_iter().map(|text| self.voice.count_tokens(&[message(text)]));
        let counted = counted.map(|count| count.map(|count| count.saturating_sub(around)));
        counted.sum()
    }

    /// The path of what was answered before, and its key. Where most of it is known, only the rest is
    /// judged.
    fn went_through(&mut self, setting: &Setting, talk: &Talk) -> Result<(Path, String), AppError> {
        let mut keys = vec![first_key(setting, talk.opening.as_deref())];
        for (said, answered) in &talk.answered {
            keys.push(next_key(keys.last().expect("the first is there"), said, answered));
        }
        let known = keys.iter().enumerate().rev().find_map(|(at, key)| Some((at, self.known.find(key)?)));
        let (at, mut path) = match known {
            Some(known) => known,
            None => (0, opened(setting, &self.judge, talk.opening.as_deref())),
        };
        for (said, answered) in &talk.answered[at..] {
            match hear(&mut path, &self.judge, said) {
                Ok(()) => answer_as_then(setting, &mut path, answered),
                // It stopped the conversation then; now it is no part of it.
                Err(AppError::InEarnest(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let key = keys.pop().expect("the first is there");
        self.known.keep(key.clone(), path.clone());
        Ok((path, key))
    }
}

impl Talk {
    /// Sorts messages. Those of one person that follow each other count as one.
    fn sorted(messages: &[Message]) -> Result<Self, AnswerError> {
        let mut turns: Vec<(Role, String)> = Vec::new();
        for message in messages.iter().filter(|message| message.role != Role::System) {
            match turns.last_mut() {
                Some((role, text)) if *role == message.role => {
                    text.push('\n');
                    text.push_str(&message.text);
                }
                _ => turns.push((message.role, message.text.clone())),
            }
        }
        let mut talk = Self::default();
        let mut turns = turns.into_iter().peekable();
        talk.opening = turns.next_if(|(role, _)| *role == Role::Assistant).map(|(_, text)| text);
        while let Some((_, said)) = turns.next() {
            match turns.next() {
                Some((_, answered)) => talk.answered.push((said, answered)),
                None => talk.newest = Some(said),
            }
        }
        if talk.newest.is_none() && (talk.opening.is_some() || !talk.answered.is_empty()) {
            return Err(AnswerError::NothingToAnswer);
        }
        Ok(talk)
    }
}

/// The trainee says `text`; heeded first, as in practice.
fn hear(path: &mut Path, judge: &Judge, text: &str) -> Result<(), AppError> {
    let text = if text.trim().is_empty() { SILENCE } else { text };
    if let Some(concern) = concern(text, path.last_reply().map_or("", |reply| &reply.text)) {
        return Err(AppError::InEarnest(concern));
    }
    let said = practise::judged(path, judge, text)?;
    let turn = Turn::after(path.head().expect("a conversation has an opening"), said);
    path.push(turn);
    Ok(())
}

/// The beginning: what the client said first, or nothing where the trainee spoke first.
fn opened(setting: &Setting, judge: &Judge, said: Option<&str>) -> Path {
    let mut reply = practise::opening(&setting.persona, setting.seed, judge);
    let said = said.unwrap_or_default();
    if reply.text != said {
        (reply.text, reply.action) = (said.to_owned(), practise::read_action(judge, said));
    }
    let turn = Turn { id: 0, parent: None, number: 0, trainee: None, reply: Some(reply), overruled: None };
    Path::new(vec![turn])
}

fn answer_as_then(setting: &Setting, path: &mut Path, answer: &str) {
    let moment = Moment::of(&setting.persona, setting.seed, path);
    let spoken = moment.as_meant(answer.to_owned());
    path.answer(moment.reply(spoken, false));
}

/// What was said in a turn.
fn spoken(turn: &Turn) -> impl Iterator<Item = &str> {
    let trainee = turn.trainee.as_ref().map(|said| &*said.text);
    trainee.into_iter().chain(turn.reply.as_ref().map(|reply| &*reply.text))
}

fn first_key(setting: &Setting, opening: Option<&str>) -> String {
    let first = opening.map_or("", |_| "said");
    let seed = setting.seed.to_string();
    key(&[&setting.persona.id, &seed, first, opening.unwrap_or_default()])
}

fn next_key(before: &str, said: &str, answered: &str) -> String {
    key(&[before, said, answered])
}

/// The hash of `parts`, each told from the next.
fn key(parts: &[&str]) -> String {
    hash::sha256_of_all(parts.iter().map(|part| ("", *part)))
}

/// Conversations that were gone through last.
#[derive(Default)]
struct Known(VecDeque<(String, Path)>);

impl Known {
    fn find(&self, key: &str) -> Option<Path> {
        self.0.iter().rev().find(|(known, _)| known == key).map(|(_, path)| path.clone())
    }

    fn keep(&mut self, key: String, path: Path) {
        self.0.retain(|(known, _)| *known != key);
        self.0.push_back((key, path));
        if self.0.len() > MOST_KNOWN {
            self.0.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A conversation, written as `u:` and `a:` lines, sorted.
    fn sorted(lines: &[&str]) -> Result<Talk, String> {
        let message = |line: &&str| match line.split_once(':') {
            Some(("u", text)) => Message::new(Role::User, text),
            Some(("a", text)) => Message::new(Role::Assistant, text),
            _ => Message::new(Role::System, "You are a pirate."),
        };
        Talk::sorted(&lines.iter().map(message).collect::<Vec<_>>()).map_err(|e| e.to_string())
    }

    #[test]
    fn messages_are_sorted_into_a_conversation() {
        let talk = |opening: Option<&str>, answered: &[(&str, &str)], newest: Option<&str>| {
            let owned = |text: &str| text.to_owned();
            Ok(Talk {
                opening: opening.map(owned),
                answered: answered.iter().map(|(a, b)| (owned(a), owned(b))).collect(),
                newest: newest.map(owned),
            })
        };
        assert_eq!(sorted(&[]), talk(None, &[], None));
        assert_eq!(sorted(&["s"]), talk(None, &[], None));
        assert_eq!(sorted(&["s", "u:1"]), talk(None, &[], Some("1")));
        assert_eq!(sorted(&["a:0", "u:1", "a:2", "u:3"]), talk(Some("0"), &[("1", "2")], Some("3")));
        assert_eq!(
            sorted(&["u:1", "s", "u:2", "a:3", "a:4", "u:5"]),
            talk(None, &[("1\n2", "3\n4")], Some("5"))
        );
        let own = Err("the last message is the client's own".to_owned());
        assert_eq!(sorted(&["a:0"]), own);
        assert_eq!(sorted(&["u:1", "a:2"]), own);
    }

    #[test]
    fn the_oldest_conversation_is_forgotten_first() {
        let mut known = Known::default();
        for number in 0..=MOST_KNOWN {
            known.keep(number.to_string(), Path::new(Vec::new()));
        }
        assert!(known.find("0").is_none() && known.find("1").is_some());
        assert_ne!(key(&["a", "bc"]), key(&["ab", "c"]));
    }
}

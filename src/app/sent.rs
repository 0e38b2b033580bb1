//! What a turn sends to the model, token by token, and what the model has read of it before.

use serde::Serialize;

use crate::app::AppError;
use crate::app::practise::{self, Moment};
use crate::app::prompt::{self, Model, Prompt};
use crate::domain::hearing;
use crate::domain::judge::Judge;
use crate::domain::persona::Persona;
use crate::domain::prompt::{Notes, note_part};
use crate::domain::session::{Path, Said, Turn};
use crate::engine::local::{PromptReader, Spelt, Token};

/// How the model is spoken to.
pub enum Wording {
    /// It writes freely: head, history, note.
    Free(Box<Notes>),
    /// It was trained to rank authored lines: tags and the newest words.
    Compact,
}

/// Whose prompt it is, and for which model.
pub struct Reading<'a> {
    /// The model, as far as it is needed to read.
    pub model: &'a PromptReader,
    /// How it is spoken to.
    pub wording: &'a Wording,
    /// The client.
    pub persona: &'a Persona,
    /// The session's seed.
    pub seed: u64,
}

/// A prompt, ready to be looked at. All lengths are in tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// The model's name.
    pub model: String,
    /// Distance from the opening.
    pub turn: u32,
    /// What its parts take.
    pub counts: Counts,
    /// How many exchanges are left out, since the model's memory is full.
    pub forgotten: usize,
    /// What a model that has just answered the turn before need not read again.
    pub reused: usize,
    /// What it reads.
    pub new: usize,
    /// What the turn before sent and this one does not.
    pub dropped: usize,
    /// What this one sends and the turn before did not.
    pub added: usize,
    /// The prompt itself.
    pub tokens: Vec<SentToken>,
}

/// Tokens of the parts of a prompt. What the template puts behind a message counts with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Who the client is.
    pub head: usize,
    /// What has been said before.
    pub history: usize,
    /// The trainee's newest line, and the opening of the reply.
    pub newest: usize,
    /// The private note.
    pub note: usize,
    /// All of these.
    pub total: usize,
    /// What the reply may take.
    pub reply: usize,
    /// What the model holds at most.
    pub context: usize,
}

/// A token, and what it is part of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SentToken {
    /// Its number in the model's vocabulary.
    pub id: u32,
    /// What it stands for, as far as it is whole characters.
    pub text: String,
    /// Whether it steers the model instead of being text.
    pub special: bool,
    /// Whether it is part of the private note, which is in no later prompt.
    pub note: bool,
    /// The bytes that it stands for.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// What a session with `persona` comes to when the trainee says `text` to the opening.
pub fn first_turn(persona: &Persona, seed: u64, judge: &Judge, text: &str) -> Path {
    said(opened(persona, seed, judge), judge, text)
}

/// What a session with `persona` begins with.
pub(super) fn opened(persona: &Persona, seed: u64, judge: &Judge) -> Path {
    let opening = practise::opening(persona, seed, judge);
    let turn = Turn { id: 0, parent: None, number: 0, trainee: None, reply: Some(opening), overruled: None };
    Path::new(vec![turn])
}

/// `path` after the trainee has said `text`.
pub fn said(mut path: Path, judge: &Judge, text: &str) -> Path {
    let said = Said { text: text.to_owned(), verdict: hearing::reply(&path, judge, text) };
    let (parent, number) = path.head().map_or((None, 0), |t| (Some(t.id), t.number + 1));
    path.push(Turn { id: 0, parent, number, trainee: Some(said), reply: None, overruled: None });
    path
}

/// What turn `number` of `path` sends.
///
/// # Errors
/// Where there is no such turn, or it does not fit the model's context.
pub fn turn(reading: &Reading<'_>, path: &Path, number: u32) -> Result<Sent, AppError> {
    let last = path.head().map_or(0, |t| t.number);
    // The opening is one of the persona's own lines: nothing is sent for it.
    let here = path.before_answer(number).filter(|_| number > 0);
    let here = here.ok_or(AppError::NoTurn { asked: number, last })?;
    let (prompt, spelt) = reading.of(&here)?;
    let before = path.before_answer(number - 1).filter(|_| number > 1);
    let before = before.map(|path| reading.of(&path)).transpose()?;
    let before = before.map(|(_, spelt)| spelt.tokens).unwrap_or_default();
    let common = before.iter().zip(&spelt.tokens).take_while(|(a, b)| a.id == b.id).count();
    let total = spelt.tokens.len();
    // The last token is always read: what it leads to is not kept.
    let reused = common.min(total.saturating_sub(1));
    let (counts, tokens) = parts(&prompt, spelt);
    Ok(Sent {
        model: reading.model.info().name.clone(),
        turn: number,
        counts: Counts {
            total,
            reply: prompt.reply_tok,
            context: reading.model.info().context_tok,
            ..counts
        },
        forgotten: prompt.forgotten,
        reused,
        new: total - reused,
        dropped: before.len() - common,
        added: total - common,
        tokens,
    })
}

impl Reading<'_> {
    /// The prompt of the turn at the end of `path`.
    fn of(&self, path: &Path) -> Result<(Prompt, Spelt), AppError> {
        let moment = Moment::of(self.persona, self.seed, path);
        let scene = moment.scene(self.persona, path);
        let count = |messages: &[_]| self.model.count_tokens(messages);
        let model = Model { context_tok: self.model.info().context_tok, count: &count };
        let prompt = match self.wording {
            Wording::Free(notes) => prompt::free(model, notes, &scene)?,
            Wording::Compact => prompt::compact(model, &scene)?,
        };
        let spelt = self.model.spell(&prompt.messages)?;
        Ok((prompt, spelt))
    }
}

/// Which token is part of what. One that reaches into the note, such as a full stop joined to
/// the line's end behind it, is the note's: without the note it would be another.
fn parts(prompt: &Prompt, spelt: Spelt) -> (Counts, Vec<SentToken>) {
    let newest = spelt.texts.last().cloned().unwrap_or_default();
    let note_bytes = prompt.note.as_ref().filter(|note| !note.is_empty()).map_or(0, |n| note_part(n).len());
    let note = newest.start.max(newest.end.saturating_sub(note_bytes))..newest.end;
    let history = spelt.texts.get(1).map_or(newest.start, |text| text.start);
    let mut counts = Counts::default();
    let mut sort = |token: Token| {
        let in_note = token.at.start < note.end && token.at.end > note.start;
        let counted = match token.at.start {
            _ if in_note => &mut counts.note,
            at if at < history => &mut counts.head,
            at if at < newest.start => &mut counts.history,
            _ => &mut counts.newest,
        };
        *counted += 1;
        let text = String::from_utf8_lossy(&token.text).into_owned();
        SentToken { id: token.id, text, special: token.special, note: in_note, bytes: token.text }
    };
    let tokens = spelt.tokens.into_iter().map(&mut sort).collect();
    (counts, tokens)
}

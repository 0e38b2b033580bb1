//! A practice session: one turn after another, each on disk before the next begins.

mod branch;
mod earnest;
mod exam;
mod fork;
mod moment;
mod overrule;
mod refresh;
mod shelf;

use std::ops::ControlFlow;
use std::sync::Arc;

pub use exam::{Over, fits};
pub use fork::Futures;
pub(super) use moment::{Moment, opening, read_action};
pub use refresh::{Refreshed, Watch};

use crate::app::AppError;
use crate::app::library::Library;
use crate::app::sessions;
use crate::app::voice::{Spoken, Voice};
use crate::domain::action::Action;
use crate::domain::coach::{Coach, Feedback, Taken};
use crate::domain::exam::Terms;
use crate::domain::hearing;
use crate::domain::judge::{Judge, Verdict};
use crate::domain::persona::Persona;
use crate::domain::session::{Path, Reply, Said, SessionId, Setting, Turn};
use crate::domain::summary::{self, Summary};
use crate::store::Store;

/// Nobody says more in one go; a paste of this size is a mistake.
pub const MAX_REPLY_CHARS: usize = 8_000;

/// How a silence of the trainee's stands in a session.
pub const SILENCE: &str = "…";

/// Who hears and answers a trainee, besides the client.
pub struct Cast {
    /// Judges each reply.
    pub judge: Arc<Judge>,
    /// Offers an alternative.
    pub coach: Arc<Coach>,
    /// Words the client's actions.
    pub voice: Voice,
}

/// A session in progress.
pub struct Practice {
    store: Store,
    cast: Cast,
    id: SessionId,
    setting: Setting,
    path: Path,
    forgotten: usize,
    watch: Option<Watch>,
    tried: Option<Turn>, // the other future of the newest moment, since `/fork` or `/take`
    paused: bool,        // since the trainee spoke in earnest
    exam: Option<Terms>,
    seal: Option<String>, // the last hash of an exam that has ended
}

/// Receives the client's words as they are spoken; `Break` cuts them short.
pub type Listener<'a> = &'a mut dyn FnMut(&str) -> ControlFlow<()>;

impl Practice {
    /// Begins a session: the client opens it.
    ///
    /// # Errors
    /// Where the session can't be stored.
    pub fn begin(mut store: Store, cast: Cast, setting: Setting) -> Result<Self, AppError> {
        let id = store.begin(&setting)?;
        Self::open(store, cast, (id, setting))
    }

    /// The client says their first words.
    fn open(mut store: Store, cast: Cast, (id, setting): (SessionId, Setting)) -> Result<Self, AppError> {
        let mut turn = store.append(id, None, None)?;
        let reply = opening(&setting.persona, setting.seed, &cast.judge);
        store.answer(turn.id, &reply)?;
        turn.reply = Some(reply);
        Ok(Self::new(store, cast, (id, setting), Path::new(vec![turn])))
    }

    /// Goes on with a stored session, or with the latest.
    ///
    /// # Errors
    /// Where there is no such session, or it can't be read.
    pub fn resume(mut store: Store, cast: Cast, id: Option<SessionId>) -> Result<Self, AppError> {
        let id = match id {
            Some(id) => id,
            None => store.latest()?.ok_or(AppError::NothingToContinue)?,
        };
        let (setting, path) = store.load(id)?;
        let exam = exam::to_go_on_with(&store, id)?;
        store.set_ended(id, false)?;
        Ok(Self { exam, ..Self::new(store, cast, (id, setting), path) })
    }

    fn new(store: Store, cast: Cast, (id, setting): (SessionId, Setting), path: Path) -> Self {
        cast.voice.read_ahead(&setting.persona);
        Self {
            store,
            cast,
            id,
            setting,
            path,
            forgotten: 0,
            watch: None,
            tried: None,
            paused: false,
            exam: None,
            seal: None,
        }
    }

    /// The same session, which reads the files of `library` again when they change.
    pub fn watching(mut self, library: Library) -> Self {
        self.watch = Some(Watch::new(library));
        self
    }

    /// Judges a reply of the trainee's and stores it; the client has not answered yet.
    ///
    /// # Errors
    /// Where the reply is far too long, is meant in earnest, or can't be stored. Nothing of it is
    /// kept then.
    pub fn hear(&mut self, text: &str) -> Result<&Verdict, AppError> {
        self.heed(text)?;
        let said = judged(&self.path, &self.cast.judge, text)?;
        let turn = self.store.append(self.id, self.path.head(), Some(&said))?;
        self.path.push(turn);
        self.tried = None;
        Ok(&self.path.head().and_then(|t| t.trainee.as_ref()).expect("just pushed").verdict)
    }

    /// Lets the client answer the newest reply: state, action, words, guard, disk. The words
    /// go to `listener`; `stopped` is asked while they are still being found.
    ///
    /// # Errors
    /// Where the model fails or was stopped before a word; the answer is then still owed.
    pub fn answer(&mut self, listener: Listener<'_>, stopped: &dyn Fn() -> bool) -> Result<&Reply, AppError> {
        let voice = &mut self.cast.voice;
        let (reply, forgotten) = worded(&self.setting, &self.path, voice, (listener, stopped))?;
        let turn = self.path.head().expect("a session has an opening").id;
        self.store.answer(turn, &reply)?;
        self.path.answer(reply);
        self.forgotten = forgotten;
        Ok(self.path.last_reply().expect("just recorded"))
    }

    /// Takes back the last exchange; it stays in the tree. Returns what the trainee had said.
    ///
    /// # Errors
    /// Where only the opening is left, or the head can't be moved.
    pub fn undo(&mut self) -> Result<String, AppError> {
        self.not_in_exam()?;
        let turns = self.path.turns();
        let (Some(last), true) = (turns.last(), turns.len() > 1) else { return Err(AppError::NothingToUndo) };
        self.store.rewind(self.id, last.id, turns[turns.len() - 2].id)?;
        self.tried = None;
        let left = self.path.back().and_then(|t| t.trainee).map(|s| s.text);
        Ok(left.unwrap_or_default())
    }

    /// Closes the session and counts it up. It can still be gone on with, unless it was an exam.
    ///
    /// # Errors
    /// Where the session can't be stored.
    pub fn end(&mut self) -> Result<Summary, AppError> {
        self.close_exam()?;
        self.store.set_ended(self.id, true)?;
        sessions::summary(&self.store, self.id, &self.path)
    }

    /// The figures so far.
    pub fn summary(&self) -> Summary {
        summary::summarise(&self.path)
    }

    /// What the trainee is told about the newest reply, whether or not the client has answered it.
    /// None before the first.
    pub fn feedback(&self) -> Option<Feedback> {
        self.feedback_at_the_end_of(&self.path)
    }

    /// What the trainee was told about the reply of turn `number`. None where there is none.
    pub fn feedback_on(&self, number: u32) -> Option<Feedback> {
        let turns = self.path.turns();
        let end = turns.iter().position(|turn| turn.number == number)?;
        self.feedback_at_the_end_of(&Path::new(turns[..=end].to_vec()))
    }

    fn feedback_at_the_end_of(&self, path: &Path) -> Option<Feedback> {
        let head = path.head().filter(|turn| turn.trainee.is_some())?;
        let persona = &self.setting.persona;
        let owed = || Moment::of(persona, self.setting.seed, path).state().clone();
        let after = head.reply.as_ref().map_or_else(owed, |reply| reply.state.clone());
        let taken = Taken { persona, after: &after };
        Some(self.cast.coach.feedback(path, &self.cast.judge, &taken))
    }

    /// How often the present moment has been tried before, this attempt not counted.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn attempts(&self) -> Result<usize, AppError> {
        let Some(head) = self.path.head() else { return Ok(0) };
        Ok(self.store.attempts(head.id)?.len())
    }

    /// The session's number.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// The client.
    pub fn persona(&self) -> &Persona {
        &self.setting.persona
    }

    /// What the session was begun with.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Who words the client's actions.
    pub fn voice(&self) -> &Voice {
        &self.cast.voice
    }

    /// The turns up to now.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many of the oldest exchanges, the opening not counted, the model did not see when it
    /// last answered: its memory is full. The session keeps them.
    pub fn forgotten(&self) -> usize {
        self.forgotten
    }

    /// Whether the trainee has spoken and the client has not answered.
    pub fn owes_answer(&self) -> bool {
        self.path.head().is_some_and(|t| t.reply.is_none())
    }

    /// Whether the client has walked out.
    pub fn has_left(&self) -> bool {
        self.path.head().and_then(|t| t.reply.as_ref()).is_some_and(|r| r.action == Action::Leave)
    }
}

/// A reply of the trainee's at the end of `path`, judged.
pub(super) fn judged(path: &Path, judge: &Judge, text: &str) -> Result<Said, AppError> {
    let chars = text.chars().count();
    if chars > MAX_REPLY_CHARS {
        return Err(AppError::TooLong { chars, limit: MAX_REPLY_CHARS });
    }
    Ok(Said { text: text.to_owned(), verdict: hearing::reply(path, judge, text) })
}

/// The client's answer to the newest reply of `path`, which is still to be answered, and how many
/// exchanges the model no longer saw.
pub(super) fn worded(
    setting: &Setting,
    path: &Path,
    voice: &mut Voice,
    (listener, stopped): (Listener<'_>, &dyn Fn() -> bool),
) -> Result<(Reply, usize), AppError> {
    let moment = Moment::of(&setting.persona, setting.seed, path);
    let spoken = voice.speak(&moment.scene(&setting.persona, path), stopped)?;
    let (text, cut) = say(&spoken.text, listener);
    if cut && text.is_empty() {
        return Err(AppError::Stopped);
    }
    let forgotten = spoken.forgotten;
    Ok((moment.reply(Spoken { text, ..spoken }, cut), forgotten))
}

/// Speaks `text` word by word; returns what was said and whether it was cut short.
fn say(text: &str, listener: Listener<'_>) -> (String, bool) {
    let mut spoken = 0;
    for word in text.split_inclusive(' ') {
        if listener(word).is_break() {
            return (text[..spoken].trim_end().to_owned(), true);
        }
        spoken += word.len();
    }
    (text.to_owned(), false)
}

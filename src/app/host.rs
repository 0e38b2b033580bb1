//! Many practices over one engine: each open session in a room of its own, their clients one after
//! the other at the engine, and all of them speaking at once.
//! Knows: practices, the prompt files in force. Never: HTTP, terminals.
//!
//! What is here blocks; a client who speaks does so on a thread of their own. A session that nobody
//! looks at is put away and read from disk again when it is needed.

mod aloud;
mod bench;
mod drills;
mod jobs;
mod queue;
mod review;
mod room;
mod rooms;
mod seen;
mod speech;
mod talk;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use crate::store::Found;
pub use bench::{File, Imported};
pub use drills::{Run, Which};
pub use jobs::{Job, Outcome, Ran, Replay, Replayed, Speaks};
pub use seen::{Seen, Sitting, Told, View};
pub use speech::{Failure, Listener, Speech, Stage};
pub use talk::Line;

use crate::app::AppError;
use crate::app::answering::Answerer;
use crate::app::library::Library;
use crate::app::practise::{Cast, Practice, Refreshed, Watch, fits};
use crate::app::voice::Voice;
use crate::domain::exam::Terms;
use crate::domain::persona::Persona;
use crate::domain::problem::Problem;
use crate::domain::session::{Path, SessionId, Setting};
use crate::engine::worker::Worker;
use crate::store::Store;
use drills::Drills;
use jobs::Jobs;
use queue::Queue;
use rooms::Rooms;

/// So many clients may speak or wait for words at once; nobody has more trainees on one computer.
const MOST_SPEAKERS: usize = 64;

/// What a host needs to know.
#[derive(Clone, Debug)]
pub struct Manner {
    /// Where sessions are kept.
    pub data: PathBuf,
    /// Time between two words of a client's.
    pub pace: Duration,
    /// How many sessions are kept in memory.
    pub open: usize,
}

/// All sessions of this computer, and who speaks in them.
pub struct Host {
    manner: Manner,
    makings: Mutex<Makings>,
    model: String,
    model_hash: String,
    pocket: bool,
    rooms: Mutex<Rooms>,
    drills: Mutex<Drills>,
    jobs: Mutex<Jobs>,
    queue: Queue,
    speakers: Arc<AtomicUsize>,
}

/// What every session is made from.
struct Makings {
    watch: Watch,
    cast: Cast,
    worker: Arc<Worker>,
    edition: u64, // counts how often files were read again
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// A use case failed.
    #[error(transparent)]
    App(#[from] AppError),
    /// The session is not where the trainee took it to be, or not ready for what was asked.
    #[error("{error}")]
    Conflict {
        /// What is in the way.
        error: String,
        /// What to do next.
        hint: Option<String>,
        /// The session as it is.
        view: Box<View>,
    },
    /// Too much is going on.
    #[error("too many clients speak at once")]
    Full,
}

impl HostError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::App(error) => error.hint(),
            Self::Conflict { hint, .. } => hint.clone(),
            Self::Full => Some("wait a moment, and try again".to_owned()),
        }
    }

    fn conflict(error: &str, hint: &str, view: View) -> Self {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        Self::Conflict { error: error.to_owned(), hint, view: Box::new(view) }
    }
}

impl From<crate::store::StoreError> for HostError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::App(error.into())
    }
}

/// A session to be begun.
#[derive(Clone, Debug)]
pub struct Begin {
    /// The client's id.
    pub persona: String,
    /// The seed of its dice.
    pub seed: u64,
}

impl Host {
    /// A host for the prompts of `library` and the model behind `voice`, whose file has the hash
    /// `model_hash`.
    ///
    /// # Errors
    /// Where a prompt file has problems, sessions can't be kept, or the engine can't be started.
    pub fn new(
        library: Library,
        (voice, model_hash): (Voice, String),
        manner: Manner,
    ) -> Result<Arc<Self>, AppError> {
        Store::open(&manner.data)?;
        let (model, pocket) = (voice.model().to_owned(), voice.is_pocket());
        let (voice, worker) = voice.shared()?;
        let cast = Cast { judge: Arc::new(library.judge()?), coach: Arc::new(library.coach()?), voice };
        let makings = Makings { watch: Watch::new(library), cast, worker, edition: 0 };
        Ok(Arc::new(Self {
            rooms: Mutex::new(Rooms::keeping(manner.open)),
            manner,
            makings: Mutex::new(makings),
            model,
            model_hash,
            pocket,
            drills: Mutex::default(),
            jobs: Mutex::default(),
            queue: Queue::default(),
            speakers: Arc::default(),
        }))
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Whether the bundled client speaks.
    pub fn is_pocket(&self) -> bool {
        self.pocket
    }

    /// The clients that there are, in the order in which they are offered, how many of them stand
    /// alone, and what is wrong with the files of others.
    pub fn clients(&self) -> (Vec<Persona>, usize, Vec<Problem>) {
        self.refresh("");
        let makings = self.makings();
        let library = makings.watch.library();
        let (mut personas, alone, mut problems) = library.clients();
        problems.extend_from_slice(library.unread());
        // Easy ones first; of equals, by name: the order never depends on the file system.
        let (main, others) = personas.split_at_mut(alone);
        for group in [main, others] {
            group.sort_by(|a, b| (a.difficulty, &a.name).cmp(&(b.difficulty, &b.name)));
        }
        (personas, alone, problems)
    }

    /// The sessions in which `words` were said, newest first.
    ///
    /// # Errors
    /// Where they can't be read.
    pub fn sessions(&self, words: &str) -> Result<Vec<Found>, HostError> {
        Ok(self.store()?.search(words)?)
    }

    /// Begins a session: the client opens it.
    ///
    /// # Errors
    /// Where there is no such client, or the session can't be stored.
    pub fn begin(&self, begin: &Begin) -> Result<View, HostError> {
        self.refresh(&begin.persona);
        let (cast, setting) = self.setting(&begin.persona, begin.seed)?;
        let practice = Practice::begin(self.store()?, cast, setting)?;
        self.move_in(practice)
    }

    /// Begins an exam.
    ///
    /// # Errors
    /// As [`Host::begin`], and where it is for other prompts or another model.
    pub fn sit(&self, terms: Terms) -> Result<View, HostError> {
        self.refresh(&terms.persona);
        let (cast, setting) = self.setting(&terms.persona, terms.seed)?;
        let practice = Practice::sit(self.store()?, cast, setting, terms)?;
        self.move_in(practice)
    }

    /// A session as it stands.
    ///
    /// # Errors
    /// Where there is none of this number, or it can't be read.
    pub fn look(&self, id: SessionId) -> Result<View, HostError> {
        let room = self.room(id);
        // Whoever works in the room, or speaks there, need not be waited for.
        let busy = room.is_speaking() || room.practice.try_lock().is_err();
        match room.view().filter(|_| busy) {
            Some(view) => Ok(view),
            None => self.with(&room, |practice| self.goes_on(practice)),
        }
    }

    /// The words of the client who speaks in a session, or spoke last; none where nobody has spoken
    /// since it was opened.
    pub fn listen(&self, id: SessionId) -> Option<Listener> {
        self.room(id).speech()
    }

    fn store(&self) -> Result<Store, HostError> {
        Ok(Store::open(&self.manner.data)?)
    }

    /// Answers for programs that keep their conversations themselves, through the same engine.
    pub fn answerer(&self) -> Answerer {
        let makings = self.makings();
        let Cast { judge, voice, .. } = makings.cast();
        Answerer::new(makings.watch.library(), judge, voice).0
    }

    fn makings(&self) -> MutexGuard<'_, Makings> {
        self.makings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads prompt files again that were written meanwhile.
    fn refresh(&self, persona: &str) -> Refreshed {
        let mut makings = self.makings();
        let Makings { watch, cast, edition, .. } = &mut *makings;
        let refreshed = watch.refresh(cast, persona);
        if !refreshed.files.is_empty() {
            *edition += 1;
        }
        refreshed
    }

    fn setting(&self, persona: &str, seed: u64) -> Result<(Cast, Setting), HostError> {
        let makings = self.makings();
        let library = makings.watch.library();
        let persona = library.persona(persona)?;
        let provenance = library.provenance(&persona, self.model_hash.clone());
        Ok((makings.cast(), Setting { persona, model: self.model.clone(), seed, provenance }))
    }

    /// Whether an exam can be gone on with here.
    fn allows(&self, practice: &Practice) -> Result<(), AppError> {
        let Some(terms) = practice.exam().filter(|_| practice.seal().is_none()) else { return Ok(()) };
        let makings = self.makings();
        fits(terms, &makings.watch.library().provenance(practice.persona(), self.model_hash.clone()))
    }

    fn speaker(&self) -> Result<Speaker, HostError> {
        if self.speakers.fetch_add(1, Ordering::SeqCst) >= MOST_SPEAKERS {
            self.speakers.fetch_sub(1, Ordering::SeqCst);
            return Err(HostError::Full);
        }
        Ok(Speaker(Arc::clone(&self.speakers)))
    }
}

/// One of the clients who speak at once.
struct Speaker(Arc<AtomicUsize>);

impl Drop for Speaker {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Makings {
    /// The judge, the coach and the voice for one more session.
    fn cast(&self) -> Cast {
        let Cast { judge, coach, voice } = &self.cast;
        let voice = voice.through(Box::new(Arc::clone(&self.worker)));
        Cast { judge: Arc::clone(judge), coach: Arc::clone(coach), voice }
    }
}

/// Whether the newest reply of `path` is `text`, said when `head` was the newest turn: a line that
/// was sent twice, since the answer to the first got lost.
fn said_already(path: &Path, head: i64, text: &str) -> bool {
    let newest = path.head().filter(|turn| turn.parent == Some(head));
    newest.and_then(|turn| turn.trainee.as_ref()).is_some_and(|said| said.text == text)
}

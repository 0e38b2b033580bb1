//! A client who speaks: the words so far, for as many listeners as there are, and what stops them.
//!
//! A listener is never waited for: there is one text, which grows, and whoever looks at it sees as
//! much as there is by then.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::domain::session::TurnId;

/// What a listener sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speech {
    /// The turn that is answered.
    pub turn: TurnId,
    /// The words so far.
    pub text: String,
    /// Whether there will be more.
    pub stage: Stage,
}

/// How far a speech has got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The client looks for words, or speaks.
    Speaking,
    /// They have finished, or were stopped.
    Done,
    /// There is no answer, which is still owed.
    Failed(Failure),
}

/// Why a client did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub error: String,
    /// What to do next.
    pub hint: Option<String>,
}

/// Hears a client. Any number of listeners come and go at any time.
pub type Listener = watch::Receiver<Speech>;

/// Begins a speech.
pub(super) fn begin(turn: TurnId) -> watch::Sender<Speech> {
    watch::channel(Speech { turn, text: String::new(), stage: Stage::Speaking }).0
}

/// Stops a client who speaks, from any thread.
#[derive(Debug, Default)]
pub(super) struct Bell {
    rung: Mutex<bool>,
    heard: Condvar,
}

impl Bell {
    /// Rings, until it is silenced.
    pub(super) fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.heard.notify_all();
    }

    /// Another speech begins.
    pub(super) fn silence(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }

    /// Whether it rings.
    pub(super) fn rings(&self) -> bool {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes time as a speaker does between words, unless it rings.
    pub(super) fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        while !*rung {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            rung = self.heard.wait_timeout(rung, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

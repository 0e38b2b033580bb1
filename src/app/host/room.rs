//! One session that is open: its practice, what can be seen of it, and who speaks.
//! Knows: practice, speech. Never: the other sessions.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::seen::{Seen, View};
use super::speech::{Bell, Failure, Listener};
use crate::app::practise::{Practice, Refreshed};
use crate::domain::crisis::Concern;
use crate::domain::session::{SessionId, TurnId};

/// So many of the newest replies are known by their keys.
const KEYS: usize = 64;

/// An open session.
#[derive(Default)]
pub(super) struct Room {
    pub(super) id: SessionId,
    /// Empty until it is read from disk, and while the client speaks.
    pub(super) practice: Mutex<Option<Practice>>,
    face: Mutex<Face>,
    pub(super) bell: Bell,
    pub(super) used: AtomicU64,
}

/// What can be seen from outside, whatever goes on inside.
#[derive(Default)]
struct Face {
    seen: Option<Arc<Seen>>,
    speech: Option<Listener>, // the newest
    speaking: bool,
    failed: Option<Failure>,
    crisis: Option<Concern>,
    keys: VecDeque<(String, TurnId)>,
    words: u64, // which edition of the prompt files the practice goes by
}

impl Room {
    pub(super) fn new(id: SessionId) -> Self {
        Self { id, ..Self::default() }
    }

    fn face(&self) -> MutexGuard<'_, Face> {
        self.face.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is seen now; none before the session was read.
    pub(super) fn view(&self) -> Option<View> {
        let face = self.face();
        let seen = Arc::clone(face.seen.as_ref()?);
        Some(View {
            crisis: face.crisis.filter(|_| seen.paused),
            failed: face.failed.clone().filter(|_| seen.owed),
            speaking: face.speaking,
            seen,
            refreshed: Refreshed::default(),
        })
    }

    pub(super) fn seen(&self) -> Option<Arc<Seen>> {
        self.face().seen.clone()
    }

    pub(super) fn show(&self, seen: Seen) {
        self.face().seen = Some(Arc::new(seen));
    }

    pub(super) fn is_speaking(&self) -> bool {
        self.face().speaking
    }

    pub(super) fn speech(&self) -> Option<Listener> {
        self.face().speech.clone()
    }

    /// The client begins to speak; `false` where they speak already.
    pub(super) fn begin_speech(&self, speech: Listener) -> bool {
        let mut face = self.face();
        if face.speaking {
            return false;
        }
        self.bell.silence();
        (face.speaking, face.speech, face.failed) = (true, Some(speech), None);
        true
    }

    /// The client has spoken, or has failed to.
    pub(super) fn end_speech(&self, failed: Option<Failure>) {
        let mut face = self.face();
        (face.speaking, face.failed) = (false, failed);
    }

    /// Practice has stopped, since the trainee spoke of `concern` in earnest; or goes on.
    pub(super) fn set_crisis(&self, concern: Option<Concern>) {
        self.face().crisis = concern;
    }

    pub(super) fn crisis(&self) -> Option<Concern> {
        self.face().crisis
    }

    /// Whether a reply of this key is in the session.
    pub(super) fn knows(&self, key: &str) -> bool {
        !key.is_empty() && self.face().keys.iter().any(|(known, _)| known == key)
    }

    pub(super) fn remember(&self, key: &str, turn: TurnId) {
        if key.is_empty() {
            return;
        }
        let mut face = self.face();
        if face.keys.len() == KEYS {
            face.keys.pop_front();
        }
        face.keys.push_back((key.to_owned(), turn));
    }

    /// Whether the practice goes by another edition of the prompt files than `words`; from now on it
    /// goes by that.
    pub(super) fn adopts(&self, words: u64) -> bool {
        let mut face = self.face();
        std::mem::replace(&mut face.words, words) != words
    }

    pub(super) fn use_at(&self, clock: u64) {
        self.used.store(clock, Ordering::Relaxed);
    }
}

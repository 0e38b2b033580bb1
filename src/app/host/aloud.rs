//! A client of one session who speaks, while the host goes on.

use std::ops::ControlFlow;
use std::sync::{Arc, PoisonError};
use std::thread;

use tokio::sync::watch;

use super::room::Room;
use super::seen::{Seen, View};
use super::speech::{self, Failure, Speech, Stage};
use super::{Host, HostError};
use crate::app::AppError;
use crate::app::practise::Practice;

impl Host {
    /// The client of a room speaks, on a thread of their own.
    pub(super) fn speak(self: &Arc<Self>, room: &Arc<Room>) -> Result<View, HostError> {
        let speaking = self.speaker()?;
        let (host, in_room) = (Arc::clone(self), Arc::clone(room));
        let turn = room.seen().and_then(|seen| seen.head().map(|turn| turn.id)).unwrap_or_default();
        let speech = speech::begin(turn);
        if !room.begin_speech(speech.subscribe()) {
            return room.view().ok_or(HostError::Full);
        }
        let view = room.view().ok_or(HostError::Full)?;
        let speaker = thread::Builder::new().name("client".to_owned());
        let spawned = speaker.spawn(move || {
            let _speaking = speaking;
            host.speak_in(&in_room, &speech);
        });
        if spawned.is_err() {
            room.end_speech(None);
            return Err(HostError::Full);
        }
        Ok(view)
    }

    fn speak_in(&self, room: &Room, speech: &watch::Sender<Speech>) {
        let mut held = room.practice.lock().unwrap_or_else(PoisonError::into_inner);
        // Away while the client speaks: were this thread to fail, the session is read from disk again.
        let practice = held.take();
        drop(held);
        let failed = practice.and_then(|mut practice| {
            let failed = self.answer_aloud(room, &mut practice, speech).err();
            let lost = matches!(failed, Some(AppError::Store(_)));
            if !lost {
                match Seen::of(&practice, room.seen().as_deref()) {
                    Ok(seen) => room.show(seen),
                    Err(error) => return Some(error),
                }
                *room.practice.lock().unwrap_or_else(PoisonError::into_inner) = Some(practice);
            }
            failed
        });
        let failed = failed.map(|error| Failure { error: error.to_string(), hint: hint(&error) });
        room.end_speech(failed.clone());
        speech.send_modify(|speech| speech.stage = failed.map_or(Stage::Done, Stage::Failed));
    }

    fn answer_aloud(
        &self,
        room: &Room,
        practice: &mut Practice,
        speech: &watch::Sender<Speech>,
    ) -> Result<(), AppError> {
        let stopped = || room.bell.rings();
        // Held until the first word: while one client speaks, the next one looks for words.
        let mut pass = Some(self.queue.enter(&stopped).ok_or(AppError::Stopped)?);
        let mut listener = |word: &str| {
            drop(pass.take());
            if room.bell.rings() {
                return ControlFlow::Break(());
            }
            speech.send_modify(|speech| speech.text.push_str(word));
            room.bell.pause(self.manner.pace);
            ControlFlow::Continue(())
        };
        practice.answer(&mut listener, &stopped)?;
        if practice.over()?.is_some() {
            practice.end()?;
        }
        Ok(())
    }
}

/// What to do after a client did not answer. Terminals have keys for it, a page has not.
fn hint(error: &AppError) -> Option<String> {
    match error {
        AppError::Stopped => Some("let the client answer, or take your reply back".to_owned()),
        AppError::NothingFit => Some("let them try again, or use another model".to_owned()),
        AppError::NoRoom { .. } => Some("take your reply back, and say it in fewer words".to_owned()),
        other => other.hint(),
    }
}

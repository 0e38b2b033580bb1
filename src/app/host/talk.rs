//! What a trainee does in a session.

use std::sync::Arc;

use super::room::Room;
use super::rooms::busy;
use super::seen::{Seen, View};
use super::{Host, HostError, said_already};
use crate::app::AppError;
use crate::app::practise::{Practice, Refreshed, SILENCE};
use crate::domain::coach::Suggestion;
use crate::domain::judge::codes_named;
use crate::domain::session::{SessionId, Turn, TurnId};
use crate::domain::summary::Summary;

/// What a trainee says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The words; none are a silence.
    pub text: String,
    /// The newest turn that the trainee has seen.
    pub head: TurnId,
    /// Tells a line that was sent twice from one that was said twice.
    pub key: String,
}

impl Line {
    fn words(&self) -> &str {
        let text = self.text.trim();
        if text.is_empty() { SILENCE } else { text }
    }
}

impl Host {
    /// The trainee speaks, and the client begins to answer.
    ///
    /// # Errors
    /// Where the session is elsewhere, over, or not ready; or the line can't be used.
    pub fn say(self: &Arc<Self>, id: SessionId, line: &Line) -> Result<View, HostError> {
        self.speaks(id, line, |practice, text| {
            let gone = practice.has_left();
            if gone && practice.exam().is_none() {
                return Err(Refused::Because(
                    "the client has left",
                    "take your last reply back, or end the session",
                ));
            }
            if gone {
                return Err(Refused::Because("the client has left", "end the exam"));
            }
            if practice.owes_answer() {
                return Err(Refused::Because("the client has not answered yet", "let them answer first"));
            }
            Ok(practice.hear(text).map(drop)?)
        })
    }

    /// The trainee says the reply of `turn` otherwise: a new branch, in which the client begins to
    /// answer.
    ///
    /// # Errors
    /// As [`Host::say`], and where the session's path has no such reply.
    pub fn edit(self: &Arc<Self>, id: SessionId, turn: TurnId, line: &Line) -> Result<View, HostError> {
        self.speaks(id, line, |practice, text| Ok(practice.edit(turn, text).map(drop)?))
    }

    fn speaks(
        self: &Arc<Self>,
        id: SessionId,
        line: &Line,
        hear: impl FnOnce(&mut Practice, &str) -> Result<(), Refused>,
    ) -> Result<View, HostError> {
        let room = self.room(id);
        if room.knows(&line.key) {
            return room.view().ok_or(HostError::Full);
        }
        if room.is_speaking() {
            // The same line once more, from a page that has not heard that it arrived.
            let view = room.view().ok_or(HostError::Full)?;
            return if is_newest_line(&view.seen, line) { Ok(view) } else { Err(busy(&room)) };
        }
        let (mut refreshed, mut heard) = (Refreshed::default(), false);
        let done = self.with(&room, |practice| {
            if said_already(practice.path(), line.head, line.words()) {
                return Ok(());
            }
            self.is_at(&room, practice, line.head)?;
            self.goes_on(practice)?;
            refreshed = self.keep_up(&room, practice);
            practice.reopen()?;
            match hear(practice, line.words()) {
                Ok(()) => {}
                Err(Refused::App(AppError::InEarnest(concern))) => {
                    room.set_crisis(Some(concern));
                    return Ok(());
                }
                Err(refused) => return Err(self.refused(&room, practice, refused)),
            }
            heard = true;
            if let Some(head) = practice.path().head() {
                room.remember(&line.key, head.id);
            }
            Ok(())
        });
        let view = match done {
            // Another request has brought the same line meanwhile.
            Err(HostError::Conflict { view, .. }) if is_newest_line(&view.seen, line) => *view,
            done => done?,
        };
        let view = if heard { self.speak(&room)? } else { view };
        Ok(View { refreshed, ..view })
    }

    /// The client answers what is owed.
    ///
    /// # Errors
    /// As [`Host::say`].
    pub fn answer(self: &Arc<Self>, id: SessionId, head: TurnId) -> Result<View, HostError> {
        let room = self.room(id);
        let mut owed = false;
        let view = self.with(&room, |practice| {
            self.is_at(&room, practice, head)?;
            owed = practice.owes_answer();
            if owed {
                self.allows(practice)?;
                practice.reopen()?;
            }
            Ok(())
        })?;
        if owed { self.speak(&room) } else { Ok(view) }
    }

    /// Stops the client. Whoever wants to see what comes of it listens.
    pub fn stop(&self, id: SessionId) {
        self.room(id).bell.ring();
    }

    /// Takes the last exchange back. Returns what the trainee had said.
    ///
    /// # Errors
    /// Where there is none, or the session is elsewhere.
    pub fn undo(&self, id: SessionId, head: TurnId) -> Result<(String, View), HostError> {
        let room = self.room(id);
        let mut text = String::new();
        let view = self.with(&room, |practice| {
            self.is_at(&room, practice, head)?;
            text = practice.undo()?;
            practice.reopen()?;
            Ok(())
        })?;
        Ok((text, view))
    }

    /// Goes over to the newest branch that `turn` is in.
    ///
    /// # Errors
    /// Where the session has no such turn, or is elsewhere.
    pub fn walk(&self, id: SessionId, turn: TurnId, head: TurnId) -> Result<View, HostError> {
        let room = self.room(id);
        self.with(&room, |practice| {
            self.is_at(&room, practice, head)?;
            Ok(practice.walk(turn)?)
        })
    }

    /// What `text` would have led to in place of the newest reply: that one, and the other.
    ///
    /// # Errors
    /// Where there is nothing to compare with, the session is elsewhere, or the model fails.
    pub fn fork(&self, id: SessionId, text: &str, head: TurnId) -> Result<([Turn; 2], View), HostError> {
        let room = self.room(id);
        let _speaking = self.speaker()?;
        let mut futures = None;
        let view = self.with(&room, |practice| {
            self.is_at(&room, practice, head)?;
            self.keep_up(&room, practice);
            room.bell.silence();
            let stopped = || room.bell.rings();
            let pass = self.queue.enter(&stopped).ok_or(AppError::Stopped)?;
            let both = practice.fork(text.trim(), &stopped);
            drop(pass);
            match both {
                Ok(both) => futures = Some([both.kept.clone(), both.tried.clone()]),
                Err(AppError::InEarnest(concern)) => room.set_crisis(Some(concern)),
                Err(error) => return Err(error.into()),
            }
            Ok(())
        })?;
        match futures {
            Some(futures) => Ok((futures, view)),
            None => {
                Err(HostError::conflict("practice has stopped: that was not sent to the client", "", view))
            }
        }
    }

    /// Goes over to the other future of the newest moment.
    ///
    /// # Errors
    /// Where none was tried, or the session is elsewhere.
    pub fn take(&self, id: SessionId, head: TurnId) -> Result<View, HostError> {
        let room = self.room(id);
        self.with(&room, |practice| {
            self.is_at(&room, practice, head)?;
            Ok(practice.take().map(drop)?)
        })
    }

    /// A trainer's codes for the newest reply: `CODE+CODE`.
    ///
    /// # Errors
    /// Where there is no such code or no reply, or the session is elsewhere.
    pub fn overrule(&self, id: SessionId, codes: &str, head: TurnId) -> Result<View, HostError> {
        let codes = codes_named(codes).map_err(AppError::NoCode)?;
        let room = self.room(id);
        self.with(&room, |practice| {
            self.is_at(&room, practice, head)?;
            self.keep_up(&room, practice);
            Ok(practice.overrule(&codes)?)
        })
    }

    /// Practice goes on after the trainee has spoken in earnest.
    ///
    /// # Errors
    /// Where the session can't be read.
    pub fn go_on(&self, id: SessionId) -> Result<View, HostError> {
        let room = self.room(id);
        self.with(&room, |practice| {
            practice.go_on();
            room.set_crisis(None);
            Ok(())
        })
    }

    /// Closes a session.
    ///
    /// # Errors
    /// Where it can't be stored.
    pub fn end(&self, id: SessionId) -> Result<(Summary, View), HostError> {
        let room = self.room(id);
        let mut summary = None;
        let view = self.with(&room, |practice| {
            let sealed = practice.seal().is_some();
            summary = Some(if sealed { practice.summary() } else { practice.end()? });
            Ok(())
        })?;
        Ok((summary.unwrap_or_default(), view))
    }

    /// What the trainee could say now.
    ///
    /// # Errors
    /// In an exam, or where the session can't be read.
    pub fn offer(&self, id: SessionId) -> Result<Option<Suggestion>, HostError> {
        let room = self.room(id);
        let mut offer = None;
        self.with(&room, |practice| {
            offer = practice.offer()?;
            Ok(())
        })?;
        Ok(offer)
    }

    /// Whether the session is where the trainee takes it to be.
    fn is_at(&self, room: &Room, practice: &Practice, head: TurnId) -> Result<(), HostError> {
        if practice.path().head().is_some_and(|turn| turn.id == head) {
            return Ok(());
        }
        Err(self.refused(
            room,
            practice,
            Refused::Because("the session has gone on", "this is how it stands now"),
        ))
    }

    /// Whether an exam still takes replies; one whose time is up ends here.
    pub(super) fn goes_on(&self, practice: &mut Practice) -> Result<(), HostError> {
        self.allows(practice)?;
        if practice.seal().is_none() && practice.over()?.is_some() {
            practice.end()?;
        }
        Ok(())
    }

    /// Lets the practice go by the prompt files as they are now. Those of an exam stay the same from
    /// beginning to end.
    fn keep_up(&self, room: &Room, practice: &mut Practice) -> Refreshed {
        if practice.exam().is_some() {
            return Refreshed::default();
        }
        let refreshed = self.refresh(&practice.persona().id);
        let makings = self.makings();
        if room.adopts(makings.edition) {
            practice.recast(makings.cast());
        }
        refreshed
    }

    fn refused(&self, room: &Room, practice: &Practice, refused: Refused) -> HostError {
        let (error, hint) = match refused {
            Refused::Because(error, hint) => (error, hint),
            Refused::App(AppError::Paused) => ("practice has stopped: nothing is sent to the client", ""),
            Refused::App(error) => return error.into(),
        };
        match Seen::of(practice, room.seen().as_deref()) {
            Ok(seen) => room.show(seen),
            Err(error) => return error.into(),
        }
        room.view().map_or(HostError::Full, |view| HostError::conflict(error, hint, view))
    }
}

/// Why a line is not taken.
enum Refused {
    Because(&'static str, &'static str),
    App(AppError),
}

impl From<AppError> for Refused {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

fn is_newest_line(seen: &Seen, line: &Line) -> bool {
    let newest = seen.head().filter(|turn| turn.parent == Some(line.head));
    newest.and_then(|turn| turn.trainee.as_ref()).is_some_and(|said| said.text == line.words())
}

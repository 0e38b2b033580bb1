//! The newest moment once more in other words, beside what came of it.

use std::ops::ControlFlow;

use super::{Practice, judged, worded};
use crate::app::AppError;
use crate::domain::session::{Turn, TurnId};

/// Two futures of one moment: same client, same dice, other words.
pub struct Futures<'a> {
    /// The one that the session stands on.
    pub kept: &'a Turn,
    /// The other.
    pub tried: &'a Turn,
}

impl Practice {
    /// What `text` would have led to in place of the trainee's newest reply. Both are on disk; the
    /// session stays where it is.
    ///
    /// # Errors
    /// Where there is no answered reply, `text` can't be used, the model fails or is `stopped`.
    /// Nothing has changed then.
    pub fn fork(&mut self, text: &str, stopped: &dyn Fn() -> bool) -> Result<Futures<'_>, AppError> {
        self.not_in_exam()?;
        self.heed(text)?;
        let head = self.path.head().filter(|turn| turn.trainee.is_some());
        let head = head.ok_or(AppError::NothingToFork)?;
        if head.reply.is_none() {
            return Err(AppError::NotAnswered);
        }
        let (head, mut path) = (head.id, self.path.before_head());
        let said = judged(&path, &self.cast.judge, text)?;
        let before = path.head().cloned().ok_or(AppError::NothingToFork)?;
        path.push(Turn::after(&before, said.clone()));
        let mut listener = |_: &str| ControlFlow::Continue(());
        let (reply, _) = worded(&self.setting, &path, &mut self.cast.voice, (&mut listener, stopped))?;
        let turn = self.store.branch(self.id, head, (&before, &said, &reply))?;
        let kept = self.path.head().ok_or(AppError::NothingToFork)?;
        Ok(Futures { kept, tried: self.tried.insert(turn) })
    }

    /// Goes over to the other future; the one that is left becomes the other. Where none was tried,
    /// that is the newest attempt that was taken back: one of the moment that is to be tried again,
    /// else another one of the reply that the session stands on.
    ///
    /// # Errors
    /// Where there is no other, the client still has to answer, or the head can't be moved.
    pub fn take(&mut self) -> Result<&Turn, AppError> {
        self.not_in_exam()?;
        let head = self.path.head().ok_or(AppError::NothingToTake)?;
        if head.reply.is_none() {
            return Err(AppError::NotAnswered);
        }
        let (id, parent) = (head.id, head.parent);
        let tried = match &self.tried {
            Some(tried) => tried.clone(),
            None => self.left(id, parent)?.ok_or(AppError::NothingToTake)?,
        };
        self.store.rewind(self.id, id, tried.id)?;
        self.tried = if tried.parent == Some(id) { None } else { self.path.back() };
        self.path.push(tried);
        self.path.head().ok_or(AppError::NothingToTake)
    }

    /// The newest answered attempt at the moment after turn `head`; without one, the newest at the
    /// moment before it that is not `head` itself.
    fn left(&self, head: TurnId, parent: Option<TurnId>) -> Result<Option<Turn>, AppError> {
        for moment in [Some(head), parent].into_iter().flatten() {
            let attempts = self.store.attempts(moment)?;
            let newest = attempts.into_iter().rfind(|turn| turn.id != head && turn.reply.is_some());
            if newest.is_some() {
                return Ok(newest);
            }
        }
        Ok(None)
    }
}

//! Other attempts: an earlier reply said otherwise, and the branches that there are.

use super::{Practice, SILENCE, judged};
use crate::app::AppError;
use crate::domain::coach::Suggestion;
use crate::domain::judge::Verdict;
use crate::domain::session::{Said, Turn, TurnId};

impl Practice {
    /// The reply of `turn` said otherwise: a new branch from the moment before it. The client has
    /// not answered yet.
    ///
    /// # Errors
    /// Where the session's path has no such reply, or as [`Practice::hear`].
    pub fn edit(&mut self, turn: TurnId, text: &str) -> Result<&Verdict, AppError> {
        self.not_in_exam()?;
        let mut path = self.path.before_turn(turn).ok_or(AppError::NoBranch)?;
        self.heed_after(path.last_reply().map_or("", |reply| &reply.text), text)?;
        let said = judged(&path, &self.cast.judge, text)?;
        let (Some(head), Some(parent)) = (self.path.head(), path.head()) else {
            return Err(AppError::NoBranch);
        };
        let turn = self.store.amend(self.id, head.id, (parent, &said))?;
        path.push(turn);
        self.path = path;
        self.tried = None;
        Ok(&self.path.head().and_then(|t| t.trainee.as_ref()).expect("just pushed").verdict)
    }

    /// Goes over to the newest branch that `turn` is in.
    ///
    /// # Errors
    /// Where the session has no such turn, or the head can't be moved.
    pub fn walk(&mut self, turn: TurnId) -> Result<(), AppError> {
        self.not_in_exam()?;
        let head = self.path.head().ok_or(AppError::NoBranch)?.id;
        let leaf = self.store.leaf(self.id, turn)?.ok_or(AppError::NoBranch)?;
        self.store.rewind(self.id, head, leaf)?;
        self.path = self.store.load(self.id)?.1;
        self.tried = None;
        Ok(())
    }

    /// All attempts at the moment of `turn`, oldest first.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn branches(&self, turn: &Turn) -> Result<Vec<TurnId>, AppError> {
        let Some(parent) = turn.parent else { return Ok(vec![turn.id]) };
        Ok(self.store.attempt_ids(parent)?)
    }

    /// What the trainee could say to the client's newest words.
    ///
    /// # Errors
    /// In an exam.
    pub fn offer(&self) -> Result<Option<Suggestion>, AppError> {
        self.not_in_exam()?;
        let (judge, persona) = (&self.cast.judge, &self.setting.persona);
        let mut path = self.path.clone();
        if let Some(head) = path.head().filter(|head| head.reply.is_some()) {
            let verdict = judged(&path, judge, SILENCE)?.verdict;
            let silent = Turn::after(head, Said { text: SILENCE.to_owned(), verdict });
            path.push(silent);
        }
        Ok(self.cast.coach.offer(&path, judge, persona))
    }
}

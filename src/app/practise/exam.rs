//! A session under the terms of an exam: no second attempts, and a seal at its end.

use super::{Cast, Practice};
use crate::app::AppError;
use crate::domain::exam::Terms;
use crate::domain::session::{Provenance, SessionId, Setting};
use crate::store::Store;

/// Why an exam is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// All replies were given.
    Replies,
    /// Time is up.
    Time,
}

impl Practice {
    /// Begins an exam: the client opens it.
    ///
    /// # Errors
    /// Where the terms are for other prompts or another model, or the session can't be stored.
    pub fn sit(mut store: Store, cast: Cast, setting: Setting, terms: Terms) -> Result<Self, AppError> {
        fits(&terms, &setting.provenance)?;
        let id = store.begin_exam(&setting, &terms)?;
        let practice = Self::open(store, cast, (id, setting))?;
        Ok(Self { exam: Some(terms), ..practice })
    }

    /// The exam's terms, where this is one.
    pub fn exam(&self) -> Option<&Terms> {
        self.exam.as_ref()
    }

    /// Whether an exam has come to its end; the newest reply is answered all the same.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn over(&self) -> Result<Option<Over>, AppError> {
        let Some(terms) = &self.exam else { return Ok(None) };
        let answered = self.path.turns().iter().filter(|t| t.trainee.is_some() && t.reply.is_some()).count();
        if terms.replies.is_some_and(|most| answered >= most as usize) {
            return Ok(Some(Over::Replies));
        }
        let Some(minutes) = terms.minutes else { return Ok(None) };
        let up = self.store.age_s(self.id)? >= u64::from(minutes) * 60;
        Ok(up.then_some(Over::Time))
    }

    /// The last hash of an exam that has ended.
    pub fn seal(&self) -> Option<&str> {
        self.seal.as_deref()
    }

    /// Refuses what an exam doesn't allow.
    pub(super) fn not_in_exam(&self) -> Result<(), AppError> {
        if self.exam.is_some() { Err(AppError::InExam) } else { Ok(()) }
    }

    pub(super) fn close_exam(&mut self) -> Result<(), AppError> {
        if self.exam.is_some() {
            self.seal = Some(self.store.close_exam(self.id)?);
        }
        Ok(())
    }
}

/// Whether an exam can be sat, or gone on with, with what is in force here.
///
/// # Errors
/// What differs.
pub fn fits(terms: &Terms, here: &Provenance) -> Result<(), AppError> {
    terms.mismatch(here).map_or(Ok(()), |mismatch| Err(AppError::Exam(Box::new(mismatch))))
}

/// The terms of a session that is to be gone on with; none where it is no exam.
pub(super) fn to_go_on_with(store: &Store, id: SessionId) -> Result<Option<Terms>, AppError> {
    match store.exam(id)? {
        Some(exam) if exam.ended => Err(AppError::Sealed(id)),
        exam => Ok(exam.map(|exam| exam.terms)),
    }
}

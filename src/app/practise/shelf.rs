//! Sessions that are put away and taken out again, as a host of many does.

use super::{Cast, Practice};
use crate::app::AppError;
use crate::domain::session::SessionId;
use crate::store::{Mark, Store};

impl Practice {
    /// A stored session as it stands; nothing about it changes. One that has ended is gone on with
    /// after [`Practice::reopen`]; an exam that has ended can be looked at and no more.
    ///
    /// # Errors
    /// Where there is no such session, or it can't be read.
    pub fn look(store: Store, cast: Cast, id: SessionId) -> Result<Self, AppError> {
        let (setting, path) = store.load(id)?;
        let exam = store.exam(id)?;
        let seal = match &exam {
            Some(exam) if exam.ended => store.check_seal(id)?.and_then(|checked| checked.hash),
            _ => None,
        };
        let exam = exam.map(|exam| exam.terms);
        Ok(Self { exam, seal, ..Self::new(store, cast, (id, setting), path) })
    }

    /// Goes on with a session that has ended.
    ///
    /// # Errors
    /// Where it is an exam, or can't be stored.
    pub fn reopen(&mut self) -> Result<(), AppError> {
        if self.seal.is_some() {
            return Err(AppError::Sealed(self.id));
        }
        Ok(self.store.set_ended(self.id, false)?)
    }

    /// Where the session stands on disk.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn mark(&self) -> Result<Mark, AppError> {
        Ok(self.store.mark(self.id)?)
    }

    /// How long ago the session began, in seconds.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn age_s(&self) -> Result<u64, AppError> {
        Ok(self.store.age_s(self.id)?)
    }

    /// Whoever hears and answers from now on.
    pub fn recast(&mut self, cast: Cast) {
        self.cast = cast;
    }
}

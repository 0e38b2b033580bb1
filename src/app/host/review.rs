//! Reports and progress, by the judge and coach in force.

use std::sync::Arc;

use super::{Host, HostError};
use crate::app::practise::Cast;
use crate::app::report::{Report, Reviewer, progress, report};
use crate::domain::progress::Progress;
use crate::domain::session::SessionId;

impl Host {
    /// The report of a session.
    ///
    /// # Errors
    /// Where there is none of this number, it is an exam that goes on, or it can't be read.
    pub fn report(&self, id: SessionId) -> Result<Report, HostError> {
        self.refresh("");
        let reviewer = {
            let makings = self.makings();
            let Cast { judge, coach, .. } = &makings.cast;
            Reviewer::with(Arc::clone(judge), Arc::clone(coach))
        };
        Ok(report(&self.store()?, &reviewer, id)?)
    }

    /// How a trainee's figures move from session to session, with one client or with all.
    ///
    /// # Errors
    /// Where a session can't be read.
    pub fn progress(&self, persona: Option<&str>) -> Result<Progress, HostError> {
        Ok(progress(&self.store()?, persona)?)
    }
}

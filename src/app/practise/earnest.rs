//! What a trainee says as themselves, in danger, stops the practice.

use super::Practice;
use crate::app::AppError;
use crate::domain::crisis::{Concern, concern};

impl Practice {
    /// Stops the practice where `text` is meant in earnest. Whoever takes in a line asks first; a
    /// reply is asked about again before it is judged.
    ///
    /// # Errors
    /// [`AppError::InEarnest`], and [`AppError::Paused`] from then on until [`Self::go_on`].
    pub fn heed(&mut self, text: &str) -> Result<(), AppError> {
        let client = self.path.last_reply().map_or("", |reply| &reply.text);
        let concern = concern(text, client);
        self.stop_for(concern)
    }

    /// The same for words that answer `client`.
    pub(super) fn heed_after(&mut self, client: &str, text: &str) -> Result<(), AppError> {
        self.stop_for(concern(text, client))
    }

    fn stop_for(&mut self, concern: Option<Concern>) -> Result<(), AppError> {
        if let Some(concern) = concern {
            self.paused = true;
            return Err(AppError::InEarnest(concern));
        }
        if self.paused { Err(AppError::Paused) } else { Ok(()) }
    }

    /// Stops the practice again, for a session that was put away while it had stopped.
    pub fn pause(&mut self) {
        self.paused = true;
    }

    /// Whether practice has stopped.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// The trainee wants to go on.
    pub fn go_on(&mut self) {
        self.paused = false;
    }
}

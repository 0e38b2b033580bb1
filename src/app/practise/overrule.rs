//! A trainer replaces the codes of the last reply, and the client goes on from there.

use super::Practice;
use super::moment::{having_told, standing, taken_in};
use crate::app::AppError;
use crate::domain::client;
use crate::domain::hearing;
use crate::domain::judge::Code;
use crate::domain::session::Taken;

impl Practice {
    /// Judges the newest reply anew by `codes` and moves the client accordingly. What the client
    /// answered stays as it was said; their next turn proceeds from the new state.
    ///
    /// # Errors
    /// Where there is no reply, the client has not answered it, or it can't be stored.
    pub fn overrule(&mut self, codes: &[Code]) -> Result<(), AppError> {
        self.not_in_exam()?;
        let head = self.path.head().ok_or(AppError::NothingToOverrule)?;
        let said = head.trainee.as_ref().ok_or(AppError::NothingToOverrule)?;
        let reply = head.reply.as_ref().ok_or(AppError::NotAnswered)?;
        let before = self.path.before_head();
        let verdict = hearing::overruled(&before, &self.cast.judge, &said.text, codes);
        let persona = &self.setting.persona;
        let step = client::step(persona, &standing(persona, &before), &taken_in(&verdict, &said.text));
        let state = having_told(step.state, reply.fact.as_ref(), reply.cut);
        let taken = Taken { verdict, state, why: step.why };
        self.store.overrule(self.id, head.id, &taken)?;
        self.path.overrule(taken);
        Ok(())
    }
}

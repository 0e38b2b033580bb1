//! A trainee who speaks in earnest: practice stops, and goes on only when they say so.

use super::{Command, Conversation, Manner, TalkError};
use crate::app::AppError;
use crate::domain::crisis::Concern;
use crate::ui::events::Event;
use crate::ui::words;

impl Conversation<'_> {
    /// Whether a line is to go no further: its `words` are meant in earnest, or practice has stopped
    /// and `command` does not concern that.
    pub(super) fn stops_at(&mut self, command: Option<Command>, words: &str) -> Result<bool, TalkError> {
        let leads_out = matches!(command, Some(Command::Help | Command::GoOn | Command::End | Command::Quit));
        match self.practice.heed(words) {
            Err(AppError::InEarnest(about)) => self.show_crisis(about).map(|()| true),
            Err(error) if !leads_out => {
                self.fault(&error.to_string(), error.hint())?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn show_crisis(&self, about: Concern) -> Result<(), TalkError> {
        let message = words::crisis_notice(about);
        if self.manner == Manner::Json {
            let turn = self.practice.path().head().map_or(0, |t| t.number);
            self.screen.line(&Event::Crisis { turn, about, message }.line())?;
            return Ok(());
        }
        self.screen.line("")?;
        Ok(self.screen.line(&message)?)
    }

    /// Practice goes on.
    pub(super) fn go_on(&mut self) -> Result<(), TalkError> {
        if !self.practice.is_paused() {
            return self.fault("practice has not stopped", None);
        }
        self.practice.go_on();
        if self.manner == Manner::Json {
            let turn = self.practice.path().head().map_or(0, |t| t.number);
            self.screen.line(&Event::Resumed { turn }.line())?;
            return Ok(());
        }
        self.aside("Practice goes on. You are here:")?;
        self.show_last_client()
    }
}

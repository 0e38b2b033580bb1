//! What a trainer does in a conversation: overrules the judge, edits its files.

use super::{Conversation, Manner, TalkError};
use crate::app::AppError;
use crate::app::practise::Refreshed;
use crate::domain::judge::codes_named;
use crate::ui::events::Event;
use crate::ui::words;

impl Conversation<'_> {
    /// Gives the last reply the codes of `text`, and shows what comes of it.
    pub(super) fn overrule(&mut self, text: &str) -> Result<(), TalkError> {
        self.refresh()?;
        let codes = codes_named(text).map_err(AppError::NoCode);
        match codes.and_then(|codes| self.practice.overrule(&codes)) {
            Ok(()) => self.show_overruled(),
            Err(error @ (AppError::NoCode(_) | AppError::NothingToOverrule | AppError::NotAnswered)) => {
                self.fault(&error.to_string(), error.hint())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn show_overruled(&self) -> Result<(), TalkError> {
        let Some(head) = self.practice.path().head() else { return Ok(()) };
        let (Some(said), Some(reply)) = (&head.trainee, &head.reply) else { return Ok(()) };
        if self.manner == Manner::Json {
            let codes = &said.verdict.codes;
            self.screen.line(&Event::Overrule { turn: head.number, codes }.line())?;
            self.screen.line(&Event::verdict(head.number, said).line())?;
            self.screen.line(&Event::state(head.number, reply).line())?;
            return Ok(());
        }
        self.screen.line(&words::verdict_line(self.screen, said))?;
        self.aside(&format!("  {} goes on from: {}", self.first_name(), words::state_line(reply)))
    }

    /// Reads prompt files again that were written since the last turn.
    pub(super) fn refresh(&mut self) -> Result<(), TalkError> {
        let refreshed = self.practice.refresh();
        if refreshed.is_empty() { Ok(()) } else { self.show_refreshed(&refreshed) }
    }

    /// Reads the prompt files again at once.
    pub(super) fn reload(&mut self) -> Result<(), TalkError> {
        let refreshed = self.practice.reload();
        self.show_refreshed(&refreshed)
    }

    fn show_refreshed(&self, refreshed: &Refreshed) -> Result<(), TalkError> {
        if self.manner == Manner::Json {
            let problems = refreshed.problems.iter().map(ToString::to_string).collect();
            self.screen.line(&Event::Reload { files: &refreshed.files, problems }.line())?;
            return Ok(());
        }
        for problem in &refreshed.problems {
            self.screen.problem("error", problem);
        }
        if !refreshed.problems.is_empty() {
            self.aside("Until that is put right, what was read before stays.")?;
        }
        if !refreshed.files.is_empty() {
            self.aside(&format!("Read again: {}.", refreshed.files.join(", ")))?;
        }
        if refreshed.persona {
            let name = self.first_name();
            self.aside(&format!("{name}'s file has changed; this session keeps {name} as it began."))?;
        }
        if refreshed.is_empty() {
            self.aside("No prompt file has changed.")?;
        }
        Ok(())
    }
}

//! What a trainer does beside a conversation: edits the judge's files.

use super::{Conversation, Manner, TalkError};
use crate::app::practise::Refreshed;
use crate::ui::events::Event;

impl Conversation<'_> {
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

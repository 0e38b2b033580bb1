//! What is otherwise in an exam: no judge, no second attempt, a seal at the end.

use super::{Command, Conversation, Manner, TalkError};
use crate::app::practise::Over;
use crate::domain::seal;
use crate::ui::events::Event;
use crate::ui::words;

impl Conversation<'_> {
    /// Whether an exam doesn't allow it.
    pub(super) fn is_barred(&self, command: Command) -> bool {
        let allowed = matches!(command, Command::Help | Command::GoOn | Command::End | Command::Quit);
        self.practice.exam().is_some() && !allowed
    }

    /// What the trainee sees before they type.
    pub(super) fn prompt(&self) -> String {
        let replies = self.practice.exam().and_then(|terms| terms.replies);
        let next = self.practice.path().turns().len();
        replies.map_or("\nYou: ".to_owned(), |most| format!("\nYou ({next} of {most}): "))
    }

    pub(super) fn show_terms(&self) -> Result<(), TalkError> {
        let Some(terms) = self.practice.exam() else { return Ok(()) };
        if self.manner == Manner::Json {
            let turn = self.practice.path().head().map_or(0, |t| t.number);
            self.screen.line(&Event::Exam { turn, terms }.line())?;
            return Ok(());
        }
        words::terms(terms).iter().try_for_each(|line| self.aside(line))
    }

    /// Whether the exam, if this is one, has come to its end; says why.
    pub(super) fn is_over(&self) -> Result<bool, TalkError> {
        let Some(over) = self.practice.over()? else { return Ok(false) };
        if self.manner != Manner::Json {
            self.aside(match over {
                Over::Replies => "That was the last reply.",
                Over::Time => "Time is up. What was typed since is not part of the exam.",
            })?;
        }
        Ok(true)
    }

    pub(super) fn show_seal(&self) -> Result<(), TalkError> {
        let Some(hash) = self.practice.seal() else { return Ok(()) };
        let (session, turns) = (self.practice.id(), self.practice.path().turns().len());
        if self.manner == Manner::Json {
            self.screen.line(&Event::Sealed { session, turns, hash }.line())?;
            return Ok(());
        }
        self.screen.line(&format!("\nThe exam has ended, {} replies.", turns.saturating_sub(1)))?;
        self.screen.line(&format!("Seal: {}", seal::grouped(hash)))?;
        self.screen.note(
            "A trainer writes the seal down, the first two groups at least: whoever owns this computer \
             could make another session with another seal, but not one with this.",
        );
        self.screen
            .note(&format!("Saved as session {session}; `pushback sessions verify {session}` checks it."));
        Ok(())
    }
}

//! Two futures of one moment, beside each other.

use super::{Conversation, Manner, TalkError};
use crate::app::AppError;
use crate::ui::events::{Branch, Event};
use crate::ui::screen::Tone;
use crate::ui::words;

const KEPT: &str = "Where you are";
const TRIED: &str = "The other way";

impl Conversation<'_> {
    /// Tries the last reply in other words.
    pub(super) fn fork(&mut self, text: &str) -> Result<(), TalkError> {
        if text.is_empty() {
            let hint = "/fork TEXT, with what you would have said instead";
            return self.fault("/fork needs other words", Some(hint.to_owned()));
        }
        self.refresh()?;
        let (screen, manner, name) = (self.screen, self.manner, self.first_name());
        self.stop.lower();
        let stop = self.stop.clone();
        let futures = match self.practice.fork(text, &|| stop.is_raised()) {
            Ok(futures) => futures,
            Err(AppError::Stopped) => return self.aside("Stopped. Nothing was kept of it."),
            Err(
                error @ (AppError::NothingToFork
                | AppError::NotAnswered
                | AppError::TooLong { .. }
                | AppError::NothingFit
                | AppError::NoRoom { .. }),
            ) => return self.fault(&error.to_string(), error.hint()),
            Err(error) => return Err(error.into()),
        };
        if manner == Manner::Json {
            for (branch, turn) in [(Branch::Kept, futures.kept), (Branch::Tried, futures.tried)] {
                if let Some(event) = Event::future(branch, turn) {
                    screen.line(&event.line())?;
                }
            }
            return Ok(());
        }
        let headed = |head: &str, turn| {
            let mut lines = vec![head.to_owned()];
            lines.extend(words::future(turn, &name));
            lines
        };
        let (kept, tried) = (headed(KEPT, futures.kept), headed(TRIED, futures.tried));
        screen.line("")?;
        if !screen.beside(&kept, &tried)? {
            for future in [&kept, &tried] {
                screen.line(&screen.tinted(Tone::Strong, &format!("{}:", future[0])))?;
                for line in &future[1..] {
                    screen.line(&format!("  {line}"))?;
                }
            }
        }
        self.aside("Both are kept. You are still where you were; /take goes over to the other.")
    }

    /// Goes over to the other future.
    pub(super) fn go_over(&mut self) -> Result<(), TalkError> {
        let is_between = self.practice.attempts()? > 0;
        let (turn, text) = match self.practice.take() {
            Ok(turn) => (turn.number, turn.trainee.as_ref().map_or("", |said| &said.text).to_owned()),
            Err(error @ (AppError::NothingToTake | AppError::NotAnswered)) => {
                return self.fault(&error.to_string(), error.hint());
            }
            Err(error) => return Err(error.into()),
        };
        if self.manner == Manner::Json {
            self.screen.line(&Event::Take { turn, text: &text }.line())?;
            return Ok(());
        }
        self.aside(match is_between {
            true => "That is your last attempt once more. You are here:",
            false => "You have gone over. /take again goes back. You are here:",
        })?;
        self.screen.line(&format!("You: {text}"))?;
        self.show_last_client()?;
        self.show_whether_left()
    }
}

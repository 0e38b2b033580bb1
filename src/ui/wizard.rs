//! Asking a trainer about a new client, one question at a time.
//! Knows: questions, the terminal. Never: files, what a client is made of.

use std::io;

use crate::ui::input::{Input, Line};
use crate::ui::screen::{Screen, Tone};

/// One question.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The option that gives the answer as well.
    pub option: &'static str,
    /// What is asked, without a question mark.
    pub ask: &'a str,
    /// What a good answer looks like.
    pub hint: &'a str,
    /// What Enter answers; nothing where there must be an answer.
    pub usual: Option<&'a str>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// The input is at its end.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// The terminal fails.
    #[error("can't ask: {0}")]
    Io(#[from] io::Error),
}

/// Somebody who asks.
pub struct Wizard {
    screen: Screen,
    input: Input,
}

impl Wizard {
    /// Asks on the terminal; through a pipe it reads one answer a line.
    ///
    /// # Errors
    /// Where the terminal can't be set up.
    pub fn of_process(screen: Screen) -> io::Result<Self> {
        Ok(Self { screen, input: Input::of_process(false)? })
    }

    /// Asks until `read` takes the answer; what it says against one is shown.
    ///
    /// # Errors
    /// Where there are no more answers.
    pub fn ask<T>(
        &mut self,
        question: &Question<'_>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Unanswered> {
        if self.input.is_terminal() {
            let hint = self.screen.tinted(Tone::Aside, &format!("  {}", question.hint));
            self.screen.note(&format!("\n{}?\n{hint}", question.ask));
        }
        let prompt = match question.usual {
            Some("") => "(Enter for none) > ".to_owned(),
            Some(usual) => format!("(Enter for {usual}) > "),
            None => "> ".to_owned(),
        };
        loop {
            let answer = match self.input.next(&prompt)? {
                Line::Text(text) | Line::Mended(text) => text.trim().to_owned(),
                // At the end of a pipe, what has a usual answer need not be given.
                Line::End if question.usual.is_some() && !self.input.is_terminal() => String::new(),
                Line::End => return Err(Unanswered::Missing(question.option)),
                Line::Interrupted => return Err(Unanswered::Interrupted),
            };
            let fault = match (answer.as_str(), question.usual) {
                ("", None) => "an answer is needed".to_owned(),
                ("", Some(usual)) => match read(usual) {
                    Ok(value) => return Ok(value),
                    Err(fault) => fault,
                },
                (answer, _) => match read(answer) {
                    Ok(value) => return Ok(value),
                    Err(fault) => fault,
                },
            };
            self.screen.note(&format!("{}: {fault}", question.option));
        }
    }
}

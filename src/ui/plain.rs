//! A conversation in lines: on a terminal, through a pipe, for a screen reader, or as JSON.

mod exam;
mod fork;
mod pause;
mod show;
mod trainer;

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::app::AppError;
use crate::app::practise::{Practice, SILENCE};
use crate::ui::events::Event;
use crate::ui::input::{Input, Line};
use crate::ui::screen::{Screen, Tone};
use crate::ui::words;

/// How a conversation is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Text, with the judge's line after each reply.
    Judged,
    /// Text; the judge speaks at the end.
    Quiet,
    /// One JSON object a line.
    Json,
}

/// How a conversation came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// By `/end` or by the end of the input.
    Ended,
    /// By `/quit`: it can be gone on with.
    Left,
    /// By Ctrl-C at the prompt.
    Interrupted,
}

/// Why a conversation broke off.
#[derive(Debug, thiserror::Error)]
pub enum TalkError {
    /// A use case failed in a way that the conversation can't go on from.
    #[error(transparent)]
    App(#[from] AppError),
    /// The terminal or pipe failed.
    #[error("input or output: {0}")]
    Io(#[from] io::Error),
}

/// A flag that Ctrl-C raises while the client speaks.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Raises it.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Lowers it again.
    pub fn lower(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether it is raised.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A conversation between a trainee and a client.
pub struct Conversation<'a> {
    practice: Practice,
    screen: Screen,
    input: &'a mut Input,
    manner: Manner,
    saved: bool,
    resume: String,   // the command that goes on with this session
    forgotten: usize, // exchanges that the trainee knows the model no longer sees
    stop: Stop,
}

/// What a trainee's line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Help,
    Retry,
    Undo,
    Fork,
    Take,
    Why,
    Score,
    Overrule,
    Reload,
    GoOn,
    End,
    Quit,
}

const COMMANDS: [(&str, Command, &str); 12] = [
    ("/retry", Command::Retry, "take your last reply back and try the moment again"),
    ("/undo", Command::Undo, "take the last exchange back; repeat to go further"),
    (
        "/fork",
        Command::Fork,
        "with TEXT: what these words would have led to, beside what yours did; you stay where you are",
    ),
    (
        "/take",
        Command::Take,
        "go over to the other future that /fork showed, or to what you tried before /retry; once more goes back",
    ),
    ("/why", Command::Why, "why the last reply scored as it did, and what it did to the client"),
    ("/score", Command::Score, "where the client stands, and the session so far"),
    (
        "/overrule",
        Command::Overrule,
        "with CODE or CODE+CODE: give the last reply these codes instead of the judge's",
    ),
    ("/reload", Command::Reload, "read the lexicon and the other prompt files again"),
    ("/go on", Command::GoOn, "go on with the practice where it has stopped"),
    ("/end", Command::End, "end the session with a summary"),
    ("/quit", Command::Quit, "leave; `pushback chat --continue` goes on"),
    ("/help", Command::Help, "this list"),
];

impl<'a> Conversation<'a> {
    /// A conversation that has not begun to be shown. `resume` is the command that goes on with
    /// it; none where it is not kept.
    pub fn new(
        practice: Practice,
        (screen, input): (Screen, &'a mut Input),
        manner: Manner,
        resume: Option<String>,
    ) -> Self {
        let (saved, resume) = (resume.is_some(), resume.unwrap_or_default());
        Self { practice, screen, input, manner, saved, resume, forgotten: 0, stop: Stop::default() }
    }

    /// What stops the client in mid-speech; raise it from any thread.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Talks until somebody ends it.
    ///
    /// # Errors
    /// Where the store or the model fails; what was said up to then is on disk.
    pub fn run(mut self) -> Result<Outcome, TalkError> {
        self.show_beginning()?;
        if self.practice.owes_answer() {
            self.answer()?;
        }
        loop {
            if self.is_over()? {
                return self.end();
            }
            let prompt = self.prompt();
            let line = match self.input.next(&prompt)? {
                Line::End => return self.end(),
                Line::Interrupted => return self.leave(Outcome::Interrupted),
                Line::Mended(text) => {
                    self.screen.note("warning: that line was not valid UTF-8; unreadable bytes became �");
                    text
                }
                Line::Text(text) => text,
            };
            // Time may have run out while the trainee was typing.
            if self.is_over()? {
                return self.end();
            }
            if let Some(outcome) = self.take(line.trim())? {
                return Ok(outcome);
            }
        }
    }

    /// Acts on one line.
    fn take(&mut self, line: &str) -> Result<Option<Outcome>, TalkError> {
        let (name, rest) = match line.split_once(char::is_whitespace) {
            _ if !line.starts_with('/') => ("", line),
            Some((name, rest)) => (name, rest.trim()),
            None => (line, ""),
        };
        let known = COMMANDS.iter().find(|(known, ..)| known.split(' ').next() == Some(name));
        let command = known.map(|(_, command, _)| *command);
        if self.stops_at(command, rest)? {
            return Ok(None);
        }
        if name.is_empty() {
            self.reply(line)?;
            return Ok(None);
        }
        let Some(command) = command else {
            self.fault(&format!("there is no command {name}"), Some("/help lists them".to_owned()))?;
            return Ok(None);
        };
        if self.is_barred(command) {
            let error = AppError::InExam;
            self.fault(&error.to_string(), error.hint())?;
            return Ok(None);
        }
        match command {
            Command::Help => self.show_help()?,
            Command::Retry => self.retry(rest)?,
            Command::Undo => self.undo()?,
            Command::Fork => self.fork(rest)?,
            Command::Take => self.go_over()?,
            Command::Why => self.show_why()?,
            Command::Score => self.show_score()?,
            Command::Overrule => self.overrule(rest)?,
            Command::Reload => self.reload()?,
            Command::GoOn => self.go_on()?,
            Command::End => return self.end().map(Some),
            Command::Quit => return self.leave(Outcome::Left).map(Some),
        }
        Ok(None)
    }

    /// The trainee speaks, and the client answers. An empty line lets the client answer what
    /// is still owed; else it is silence, which the client hears.
    fn reply(&mut self, text: &str) -> Result<(), TalkError> {
        if self.practice.owes_answer() {
            self.answer()?;
            if text.is_empty() || self.practice.owes_answer() {
                return Ok(());
            }
        }
        if self.practice.has_left() {
            let gone = format!("{} has left", self.first_name());
            return self.fault(&gone, Some(self.after_leaving().to_owned()));
        }
        if text.is_empty() && self.input.is_terminal() {
            return Ok(());
        }
        let text = if text.is_empty() { SILENCE } else { text };
        self.refresh()?;
        if let Err(error) = self.practice.hear(text).map(drop) {
            return match error {
                AppError::TooLong { .. } => self.fault(&error.to_string(), error.hint()),
                other => Err(other.into()),
            };
        }
        self.show_verdict()?;
        self.answer()
    }

    /// The client speaks.
    fn answer(&mut self) -> Result<(), TalkError> {
        self.stop.lower();
        let (screen, manner, stop) = (self.screen, self.manner, self.stop.clone());
        let name = self.first_name();
        let (mut begun, mut column) = (false, 0);
        let mut failed = None;
        let mut speak = |word: &str| {
            if stop.is_raised() {
                return ControlFlow::Break(());
            }
            let label = if begun { String::new() } else { screen.tinted(Tone::Strong, &format!("{name}: ")) };
            begun = true;
            let written = match manner {
                Manner::Json => Ok(()),
                Manner::Judged | Manner::Quiet => screen.word(&mut column, &format!("{label}{word}")),
            };
            match written {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        };
        let waiting = self.stop.clone();
        let answered = self.practice.answer(&mut speak, &|| waiting.is_raised()).map(|reply| reply.cut);
        if let Some(error) = failed {
            return Err(error.into());
        }
        match answered {
            Ok(cut) if manner != Manner::Json => {
                self.screen.line(if cut { "—" } else { "" })?;
                self.show_forgotten()?;
                self.show_whether_left()
            }
            Ok(_) => {
                self.show_forgotten()?;
                self.emit_answer()
            }
            Err(error @ (AppError::Stopped | AppError::NothingFit | AppError::NoRoom { .. })) => {
                self.fault(&error.to_string(), error.hint())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn retry(&mut self, text: &str) -> Result<(), TalkError> {
        if !self.undo_one()? {
            return Ok(());
        }
        if self.manner != Manner::Json {
            let attempt = self.practice.attempts()? + 1;
            self.aside(&format!("The same moment again, attempt {attempt}. What you tried before is kept."))?;
            self.show_last_client()?;
        }
        if text.is_empty() { Ok(()) } else { self.reply(text) }
    }

    fn undo(&mut self) -> Result<(), TalkError> {
        if self.undo_one()? && self.manner != Manner::Json {
            self.aside("Taken back. You are here again:")?;
            self.show_last_client()?;
        }
        Ok(())
    }

    /// Takes one exchange back; `false` where there is none.
    fn undo_one(&mut self) -> Result<bool, TalkError> {
        match self.practice.undo() {
            Ok(_) => {
                if self.manner == Manner::Json {
                    let turn = self.practice.path().head().map_or(0, |t| t.number);
                    self.screen.line(&Event::Undo { turn }.line())?;
                }
                Ok(true)
            }
            Err(error @ AppError::NothingToUndo) => {
                self.fault(&error.to_string(), error.hint())?;
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn end(&mut self) -> Result<Outcome, TalkError> {
        let summary = self.practice.end()?;
        if self.practice.exam().is_some() {
            self.show_seal()?;
            return Ok(Outcome::Ended);
        }
        match self.manner {
            Manner::Json => {
                let session = self.saved.then(|| self.practice.id());
                self.screen.line(&Event::Summary { session, summary: &summary }.line())?;
            }
            Manner::Quiet | Manner::Judged => {
                self.screen.line("")?;
                if self.manner == Manner::Quiet {
                    for said in self.practice.path().turns().iter().filter_map(|t| t.trainee.as_ref()) {
                        self.screen.line(&format!("You: {}", said.text))?;
                        self.screen.line(&words::verdict_line(self.screen, said))?;
                    }
                }
                for line in words::summary(&summary) {
                    self.screen.line(&line)?;
                }
                self.note_where();
            }
        }
        Ok(Outcome::Ended)
    }

    fn leave(&self, outcome: Outcome) -> Result<Outcome, TalkError> {
        self.note_where();
        Ok(outcome)
    }

    fn note_where(&self) {
        if self.saved && self.manner != Manner::Json {
            let id = self.practice.id();
            self.screen.note(&format!("Saved as session {id}; `{}` goes on.", self.resume));
        }
    }
}

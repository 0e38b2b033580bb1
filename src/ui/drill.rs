//! A drill in lines: the moment, attempts, what came of them.

use std::io;

use crate::app::AppError;
use crate::app::drill::{Attempt, Exercise, Moment};
use crate::domain::drill::{Counts, ENOUGH};
use crate::ui::events::drill as events;
use crate::ui::input::{Input, Line};
use crate::ui::plain::{Outcome, Stop, TalkError};
use crate::ui::screen::{Screen, Tone};
use crate::ui::words;

/// How a drill is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Text.
    Text,
    /// One JSON object a line.
    Json,
}

/// What a trainee can type besides a reply.
const COMMANDS: [(&str, &str); 4] = [
    ("/moment", "read the moment again"),
    ("/go on", "go on where the practice has stopped"),
    ("/end", "end the drill with a summary"),
    ("/help", "this list"),
];

/// A drill that a trainee goes through.
pub struct DrillTalk<'a> {
    exercise: Exercise,
    screen: Screen,
    input: &'a mut Input,
    form: Form,
    stop: Stop,
}

impl<'a> DrillTalk<'a> {
    /// A drill that has not begun to be shown.
    pub fn new(exercise: Exercise, (screen, input): (Screen, &'a mut Input), form: Form) -> Self {
        Self { exercise, screen, input, form, stop: Stop::default() }
    }

    /// What stops the client while they look for words; raise it from any thread.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Goes on until enough attempts rolled in a row, or the trainee ends it.
    ///
    /// # Errors
    /// Where the model or the terminal fails.
    pub fn run(mut self) -> Result<Outcome, TalkError> {
        self.show_moment()?;
        while !self.exercise.tally().is_passed() {
            let prompt = format!("\nAttempt {}: ", self.exercise.attempts().len() + 1);
            let line = match self.input.next(&prompt)? {
                Line::End => break,
                Line::Interrupted => return Ok(Outcome::Interrupted),
                Line::Text(line) | Line::Mended(line) => line,
            };
            match line.trim() {
                "" => {}
                "/end" | "/quit" => break,
                "/moment" => self.show_moment()?,
                "/help" => self.show_help()?,
                "/go on" => self.go_on()?,
                name if name.starts_with('/') => {
                    self.fault(&format!("there is no command {name}"), Some("/help lists them".to_owned()))?;
                }
                text => self.attempt(text)?,
            }
        }
        self.show_end()?;
        Ok(Outcome::Ended)
    }

    fn attempt(&mut self, text: &str) -> Result<(), TalkError> {
        self.stop.lower();
        let stop = self.stop.clone();
        match self.exercise.attempt(text, &|| stop.is_raised()).map(drop) {
            Ok(()) => {}
            Err(AppError::InEarnest(about)) => {
                let message = words::crisis_notice(about);
                self.screen.line(&match self.form {
                    Form::Json => events::crisis(about, &message),
                    Form::Text => format!("\n{message}"),
                })?;
                return Ok(());
            }
            Err(
                error @ (AppError::Paused
                | AppError::Stopped
                | AppError::NothingFit
                | AppError::TooLong { .. }
                | AppError::NoRoom { .. }),
            ) => return self.fault(&error.to_string(), error.hint()),
            Err(error) => return Err(error.into()),
        }
        if !self.exercise.is_blind() {
            let Some(attempt) = self.exercise.attempts().last() else { return Ok(()) };
            return self.show_attempt(attempt);
        }
        // The last attempt leads to the end, not to another moment.
        if self.exercise.tally().is_passed() { Ok(()) } else { self.show_moment() }
    }

    fn show_moment(&self) -> Result<(), TalkError> {
        let moment = self.exercise.moment();
        if self.form == Form::Json {
            self.screen.line(&events::moment(moment, self.exercise.level()))?;
            return Ok(());
        }
        let persona = moment.persona();
        self.aside(&format!("\n{}, {}. {}", persona.name, persona.age, moment.title))?;
        for turn in moment.turns() {
            if let Some(said) = &turn.trainee {
                self.screen.line(&format!("You: {}", said.text))?;
            }
            if let Some(reply) = &turn.reply {
                self.say(moment, &reply.text)?;
            }
        }
        Ok(())
    }

    fn show_attempt(&self, attempt: &Attempt) -> Result<(), TalkError> {
        let Some(moment) = self.exercise.moment_at(attempt.moment) else { return Ok(()) };
        let alternative = attempt.alternative.as_ref().filter(|_| self.exercise.level() == 1);
        if self.form == Form::Json {
            let row = self.exercise.tally().row;
            self.screen.line(&events::attempt(attempt, (moment, alternative), row))?;
            return Ok(());
        }
        let (Some(said), Some(reply)) = (&attempt.turn.trainee, &attempt.turn.reply) else { return Ok(()) };
        self.screen.line(&words::verdict_line(self.screen, said))?;
        for line in words::evidence_of(said) {
            self.aside(&format!("  {line}"))?;
        }
        if let Some(alternative) = alternative {
            self.aside(&words::suggestion(alternative))?;
        }
        self.say(moment, &reply.text)?;
        self.aside(&format!("  {} · {}", words::plain_name(&reply.action), words::state_line(reply)))?;
        if self.exercise.is_blind() {
            return Ok(());
        }
        self.aside(&format!("  {}", told(attempt.counts, self.exercise.tally().row)))
    }

    fn show_end(&self) -> Result<(), TalkError> {
        if self.exercise.is_blind() {
            for attempt in self.exercise.attempts() {
                if let (Form::Text, Some(said)) = (self.form, &attempt.turn.trainee) {
                    self.screen.line(&format!("\n{}. You: {}", attempt.number, said.text))?;
                }
                self.show_attempt(attempt)?;
            }
        }
        let tally = self.exercise.tally();
        if self.form == Form::Json {
            self.screen.line(&events::summary(&self.exercise))?;
            return Ok(());
        }
        let attempts = if tally.attempts == 1 { "attempt" } else { "attempts" };
        self.screen.line(&format!(
            "\nDrill: {} {attempts}, {} rolled, {} argued, longest row {}",
            tally.attempts, tally.rolled, tally.argued, tally.longest
        ))?;
        let reached = if tally.is_passed() { "Reached" } else { "Not reached" };
        Ok(self
            .screen
            .line(&format!("  {reached}: {ENOUGH} in a row that roll, with nothing that argues"))?)
    }

    fn show_help(&self) -> Result<(), TalkError> {
        COMMANDS.iter().try_for_each(|(name, what)| self.tell(&format!("  {name:<9} {what}")))
    }

    fn go_on(&mut self) -> Result<(), TalkError> {
        if self.exercise.go_on() { self.show_moment() } else { self.fault("practice has not stopped", None) }
    }

    fn say(&self, moment: &Moment, text: &str) -> io::Result<()> {
        let name = &moment.persona().name;
        let first = name.split_whitespace().next().unwrap_or(name);
        self.screen.line(&format!("{} {text}", self.screen.tinted(Tone::Strong, &format!("{first}:"))))
    }

    fn aside(&self, line: &str) -> Result<(), TalkError> {
        self.tell(&self.screen.tinted(Tone::Aside, line))
    }

    /// With the drill, or beside it where that is JSON.
    fn tell(&self, line: &str) -> Result<(), TalkError> {
        match self.form {
            Form::Json => self.screen.note(line),
            Form::Text => self.screen.line(line)?,
        }
        Ok(())
    }

    fn fault(&self, message: &str, hint: Option<String>) -> Result<(), TalkError> {
        if self.form == Form::Json {
            self.screen.line(&events::fault(message, hint))?;
            return Ok(());
        }
        self.screen.note(&format!("error: {message}"));
        if let Some(hint) = hint {
            self.screen.note(&format!("hint: {hint}"));
        }
        Ok(())
    }
}

fn told(counts: Counts, row: usize) -> String {
    match counts {
        Counts::Rolled => format!("{row} of {ENOUGH} in a row."),
        Counts::Broken => format!("0 of {ENOUGH}: the row begins anew."),
        Counts::Repeated => format!("Still {row} of {ENOUGH}: the same words count once."),
    }
}

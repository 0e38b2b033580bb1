//! What a conversation in lines shows: the client, verdicts, reasons, faults.

use super::{COMMANDS, Conversation, Manner, TalkError};
use crate::domain::session::Reply;
use crate::ui::events::Event;
use crate::ui::screen::Tone;
use crate::ui::words;

impl Conversation<'_> {
    pub(super) fn show_beginning(&self) -> Result<(), TalkError> {
        self.show_terms()?;
        let turns = self.practice.path().turns();
        if self.manner == Manner::Json {
            if let Some((head, reply)) = turns.last().and_then(|t| Some((t, t.reply.as_ref()?))) {
                self.screen.line(&Event::client(head.number, reply).line())?;
                self.emit_state(head.number, reply)?;
            }
            return Ok(());
        }
        // Going on: the last few exchanges bring the session back to mind.
        let shown = &turns[turns.len().saturating_sub(3)..];
        if shown.len() < turns.len() {
            self.aside(&format!("… {} earlier turns", turns.len() - shown.len()))?;
        }
        for turn in shown {
            if let Some(said) = &turn.trainee {
                self.screen.line(&format!("You: {}", said.text))?;
            }
            if let Some(reply) = &turn.reply {
                self.show_client(&reply.text)?;
            }
        }
        Ok(())
    }

    pub(super) fn show_verdict(&self) -> Result<(), TalkError> {
        let Some((turn, said)) =
            self.practice.path().head().and_then(|t| Some((t.number, t.trainee.as_ref()?)))
        else {
            return Ok(());
        };
        match self.manner {
            _ if self.practice.exam().is_some() => {}
            Manner::Json => {
                self.screen.line(&Event::verdict(turn, said).line())?;
                if let Some(feedback) = self.practice.feedback() {
                    self.screen.line(&Event::Coach { turn, feedback: &feedback }.line())?;
                }
            }
            Manner::Quiet => {}
            Manner::Judged => {
                self.screen.line(&words::verdict_line(self.screen, said))?;
                if let Some(feedback) = self.practice.feedback() {
                    for line in words::feedback(&feedback) {
                        self.screen.line(&self.screen.tinted(Tone::Aside, &line))?;
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn emit_answer(&self) -> Result<(), TalkError> {
        if let Some((turn, reply)) =
            self.practice.path().head().and_then(|t| Some((t.number, t.reply.as_ref()?)))
        {
            self.screen.line(&Event::client(turn, reply).line())?;
            self.emit_state(turn, reply)?;
        }
        Ok(())
    }

    /// Where the client stands; in an exam that is nobody's business yet.
    fn emit_state(&self, turn: u32, reply: &Reply) -> Result<(), TalkError> {
        if self.practice.exam().is_none() {
            self.screen.line(&Event::state(turn, reply).line())?;
        }
        Ok(())
    }

    /// Says what the model no longer sees, whenever that has become more.
    pub(super) fn show_forgotten(&mut self) -> Result<(), TalkError> {
        let exchanges = self.practice.forgotten();
        let known = std::mem::replace(&mut self.forgotten, exchanges);
        if exchanges <= known {
            return Ok(());
        }
        if self.manner == Manner::Json {
            let turn = self.practice.path().head().map_or(0, |t| t.number);
            self.screen.line(&Event::Forgotten { turn, exchanges }.line())?;
            return Ok(());
        }
        self.aside(&words::forgotten_line(exchanges))
    }

    pub(super) fn show_whether_left(&self) -> Result<(), TalkError> {
        if !self.practice.has_left() {
            return Ok(());
        }
        self.aside(&format!("{} has left. {}.", self.first_name(), self.after_leaving()))
    }

    /// What can be done once the client has left.
    pub(super) fn after_leaving(&self) -> &'static str {
        match self.practice.exam() {
            Some(_) => "/end closes the exam",
            None => "/retry takes your last reply back; /end closes the session",
        }
    }

    pub(super) fn show_why(&self) -> Result<(), TalkError> {
        let head = self.practice.path().head();
        let said = head.and_then(|t| t.trainee.as_ref());
        for line in words::why(said, head.and_then(|t| t.reply.as_ref())) {
            self.tell(&line)?;
        }
        if let Some((said, own)) = said.zip(head.and_then(|t| t.overruled.as_ref())) {
            for line in words::own_verdict(&own.verdict, &said.text) {
                self.tell(&line)?;
            }
        }
        Ok(())
    }

    pub(super) fn show_score(&self) -> Result<(), TalkError> {
        if let Some(reply) = self.practice.path().last_reply() {
            self.tell(&words::state_line(reply))?;
        }
        for line in words::summary(&self.practice.summary()) {
            self.tell(&line)?;
        }
        Ok(())
    }

    pub(super) fn show_help(&self) -> Result<(), TalkError> {
        for (name, _, what) in COMMANDS.iter().filter(|(_, command, _)| !self.is_barred(*command)) {
            self.tell(&format!("  {name:<9} {what}"))?;
        }
        self.tell("  Ctrl-C    while the client speaks: cut them short")
    }

    pub(super) fn show_last_client(&self) -> Result<(), TalkError> {
        match self.practice.path().last_reply() {
            Some(reply) => self.show_client(&reply.text),
            None => Ok(()),
        }
    }

    pub(super) fn show_client(&self, text: &str) -> Result<(), TalkError> {
        let label = self.screen.tinted(Tone::Strong, &format!("{}:", self.first_name()));
        Ok(self.screen.line(&format!("{label} {text}"))?)
    }

    /// Help, reasons and scores: with the conversation, or beside it where that is JSON.
    pub(super) fn tell(&self, line: &str) -> Result<(), TalkError> {
        match self.manner {
            Manner::Json => self.screen.note(line),
            Manner::Judged | Manner::Quiet => self.screen.line(line)?,
        }
        Ok(())
    }

    pub(super) fn aside(&self, line: &str) -> Result<(), TalkError> {
        self.tell(&self.screen.tinted(Tone::Aside, line))
    }

    pub(super) fn fault(&self, message: &str, hint: Option<String>) -> Result<(), TalkError> {
        if self.manner == Manner::Json {
            let event = Event::Error { message: message.to_owned(), hint };
            self.screen.line(&event.line())?;
            return Ok(());
        }
        self.screen.note(&format!("error: {message}"));
        if let Some(hint) = hint {
            self.screen.note(&format!("hint: {hint}"));
        }
        Ok(())
    }

    pub(super) fn first_name(&self) -> String {
        let name = &self.practice.persona().name;
        name.split_whitespace().next().unwrap_or(name).to_owned()
    }
}

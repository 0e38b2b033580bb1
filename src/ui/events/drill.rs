//! A drill as JSON lines.

use serde::Serialize;

use super::Event;
use crate::app::drill::{Attempt, Exercise, Moment};
use crate::domain::action::Action;
use crate::domain::client::Stage;
use crate::domain::coach::Suggestion;
use crate::domain::crisis::Concern;
use crate::domain::drill::{Counts, Tally};
use crate::domain::judge::{Band, Code, Finding, Technique};

/// One event. Those that a conversation has, too, look as they do there.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum DrillEvent<'a> {
    Moment {
        drill: Option<&'a str>,
        title: &'a str,
        persona: &'a str,
        level: u8,
        exchange: Vec<Spoken<'a>>,
        discord: f32,
        trust: f32,
        readiness: f32,
        stage: Option<Stage>,
    },
    Attempt {
        attempt: usize,
        drill: Option<&'a str>,
        text: &'a str,
        score: f32,
        band: Band,
        codes: &'a [Code],
        techniques: &'a [Technique],
        findings: &'a [Finding],
        counts: Counts,
        row: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        alternative: Option<&'a Suggestion>,
        action: Action,
        reply: &'a str,
        discord: f32,
        trust: f32,
        readiness: f32,
        stage: Stage,
    },
    Drill {
        drill: Option<&'a str>,
        level: u8,
        passed: bool,
        #[serde(flatten)]
        tally: &'a Tally,
    },
}

#[derive(Serialize)]
struct Spoken<'a> {
    by: &'static str,
    text: &'a str,
}

fn line(event: &DrillEvent<'_>) -> String {
    serde_json::to_string(event).unwrap_or_default()
}

/// The moment at hand.
pub fn moment(moment: &Moment, level: u8) -> String {
    let mut exchange = Vec::new();
    for turn in moment.turns() {
        exchange.extend(turn.trainee.as_ref().map(|said| Spoken { by: "trainee", text: &said.text }));
        exchange.extend(turn.reply.as_ref().map(|reply| Spoken { by: "client", text: &reply.text }));
    }
    let state = moment.turns().last().and_then(|turn| turn.reply.as_ref()).map(|reply| &reply.state);
    line(&DrillEvent::Moment {
        drill: moment.name.as_deref(),
        title: &moment.title,
        persona: &moment.persona().id,
        level,
        exchange,
        discord: state.map_or(0.0, |s| s.discord.value()),
        trust: state.map_or(0.0, |s| s.trust.value()),
        readiness: state.map_or(0.0, |s| s.readiness.value()),
        stage: state.map(|s| s.stage),
    })
}

/// What was tried, and what came of it; `row` is how many rolled in a row by now.
pub fn attempt(
    attempt: &Attempt,
    (moment, alternative): (&Moment, Option<&Suggestion>),
    row: usize,
) -> String {
    let (Some(said), Some(reply)) = (&attempt.turn.trainee, &attempt.turn.reply) else {
        return String::new();
    };
    line(&DrillEvent::Attempt {
        attempt: attempt.number,
        drill: moment.name.as_deref(),
        text: &said.text,
        score: said.verdict.score,
        band: said.verdict.band,
        codes: &said.verdict.codes,
        techniques: &said.verdict.techniques,
        findings: &said.verdict.findings,
        counts: attempt.counts,
        row,
        alternative,
        action: reply.action,
        reply: &reply.text,
        discord: reply.state.discord.value(),
        trust: reply.state.trust.value(),
        readiness: reply.state.readiness.value(),
        stage: reply.state.stage,
    })
}

/// How it ended.
pub fn summary(exercise: &Exercise) -> String {
    let tally = exercise.tally();
    line(&DrillEvent::Drill {
        drill: exercise.moment_at(0).and_then(|moment| moment.name.as_deref()),
        level: exercise.level(),
        passed: tally.is_passed(),
        tally,
    })
}

/// The trainee spoke in earnest.
pub fn crisis(about: Concern, message: &str) -> String {
    Event::Crisis { turn: 0, about, message: message.to_owned() }.line()
}

/// A line could not be used.
pub fn fault(message: &str, hint: Option<String>) -> String {
    Event::Error { message: message.to_owned(), hint }.line()
}

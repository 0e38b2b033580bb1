//! A conversation as JSON lines: one object each, stable fields, no clock time.

pub mod drill;

use serde::Serialize;

use crate::domain::action::Action;
use crate::domain::client::Stage;
use crate::domain::coach::Feedback;
use crate::domain::crisis::Concern;
use crate::domain::exam::Terms;
use crate::domain::judge::{Band, Code, Finding, Technique};
use crate::domain::session::{Reply, Said, Turn};
use crate::domain::summary::Summary;

/// One event. The README documents the fields.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event<'a> {
    /// The client spoke; turn 0 is the opening.
    Client {
        /// Distance from the opening.
        turn: u32,
        /// The words.
        text: &'a str,
        /// What they do.
        action: Action,
    },
    /// The trainee's reply was judged.
    Verdict {
        /// Distance from the opening.
        turn: u32,
        /// Argue (-1) to roll (1).
        score: f32,
        /// The score in a word.
        band: Band,
        /// Which side the reply invites: sustain (-1) to change (1).
        steer: f32,
        /// Behaviour codes.
        codes: &'a [Code],
        /// Techniques.
        techniques: &'a [Technique],
        /// The evidence.
        findings: &'a [Finding],
    },
    /// What the trainee is told about the reply.
    Coach {
        /// Distance from the opening.
        turn: u32,
        /// What it did, what else could have been said, and what to try.
        #[serde(flatten)]
        feedback: &'a Feedback,
    },
    /// Where the client stands after the turn.
    State {
        /// Distance from the opening.
        turn: u32,
        /// `0..=1`.
        discord: f32,
        /// `0..=1`.
        trust: f32,
        /// `0..=1`.
        readiness: f32,
        /// Stage of change.
        stage: Stage,
    },
    /// The model's memory is full: it answered `turn` without the oldest exchanges.
    Forgotten {
        /// Distance from the opening.
        turn: u32,
        /// How many exchanges it no longer sees, the opening not counted.
        exchanges: usize,
    },
    /// The newest exchange was taken back; `turn` is the newest one now.
    Undo {
        /// Distance from the opening.
        turn: u32,
    },
    /// A trainer replaced the codes of the newest reply; `verdict` and `state` of the turn follow.
    Overrule {
        /// Distance from the opening.
        turn: u32,
        /// The codes in force now.
        codes: &'a [Code],
    },
    /// Prompt files were read again.
    Reload {
        /// Those in force now, by their path below `prompts/`.
        files: &'a [String],
        /// What is wrong with others, which stay as they were: `file:line: message`.
        problems: Vec<String>,
    },
    /// One of two futures of a moment, which `/fork` shows.
    Future(Future<'a>),
    /// The session went over to the future that had been tried; `turn` is the newest one now.
    Take {
        /// Distance from the opening.
        turn: u32,
        /// What the trainee said in it.
        text: &'a str,
    },
    /// The trainee spoke in earnest: practice has stopped until `/go on`. Nothing of it was sent to
    /// the client, judged or kept.
    Crisis {
        /// The newest turn.
        turn: u32,
        /// What it is about.
        about: Concern,
        /// What the trainee is told.
        message: String,
    },
    /// Practice goes on.
    Resumed {
        /// The newest turn.
        turn: u32,
    },
    /// The session is an exam.
    Exam {
        /// The newest turn.
        turn: u32,
        /// Its terms.
        #[serde(flatten)]
        terms: &'a Terms,
    },
    /// An exam has ended.
    Sealed {
        /// The session's number.
        session: i64,
        /// Its turns, the opening included.
        turns: usize,
        /// The last hash of its chain.
        hash: &'a str,
    },
    /// A line could not be used; the conversation goes on.
    Error {
        /// What is wrong.
        message: String,
        /// What to do next.
        hint: Option<String>,
    },
    /// The session in figures.
    Summary {
        /// The session's number; none where nothing is saved.
        session: Option<i64>,
        /// The figures.
        #[serde(flatten)]
        summary: &'a Summary,
    },
}

/// What some words led to, or would have.
#[derive(Clone, Debug, Serialize)]
pub struct Future<'a> {
    /// Distance from the opening.
    turn: u32,
    /// Whether the session stands on it.
    branch: Branch,
    /// The trainee's words.
    text: &'a str,
    /// As in `verdict`.
    score: f32,
    /// As in `verdict`.
    band: Band,
    /// As in `verdict`.
    codes: &'a [Code],
    /// As in `verdict`.
    findings: &'a [Finding],
    /// What the client does.
    action: Action,
    /// What they say.
    reply: &'a str,
    /// As in `state`.
    discord: f32,
    /// As in `state`.
    trust: f32,
    /// As in `state`.
    readiness: f32,
    /// As in `state`.
    stage: Stage,
}

/// Whose future it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Branch {
    /// The one that the session stands on.
    Kept,
    /// The other.
    Tried,
}

impl<'a> Event<'a> {
    /// A future of a moment; none of a turn that lacks reply or answer.
    pub fn future(branch: Branch, turn: &'a Turn) -> Option<Self> {
        let (said, reply) = (turn.trainee.as_ref()?, turn.reply.as_ref()?);
        Some(Self::Future(Future {
            turn: turn.number,
            branch,
            text: &said.text,
            score: said.verdict.score,
            band: said.verdict.band,
            codes: &said.verdict.codes,
            findings: &said.verdict.findings,
            action: reply.action,
            reply: &reply.text,
            discord: reply.state.discord.value(),
            trust: reply.state.trust.value(),
            readiness: reply.state.readiness.value(),
            stage: reply.state.stage,
        }))
    }

    /// What the client said.
    pub fn client(turn: u32, reply: &'a Reply) -> Self {
        Self::Client { turn, text: &reply.text, action: reply.action }
    }

    /// How the trainee was judged.
    pub fn verdict(turn: u32, said: &'a Said) -> Self {
        let v = &said.verdict;
        Self::Verdict {
            turn,
            score: v.score,
            band: v.band,
            steer: v.steer,
            codes: &v.codes,
            techniques: &v.techniques,
            findings: &v.findings,
        }
    }

    /// Where the client stands.
    pub fn state(turn: u32, reply: &Reply) -> Self {
        Self::State {
            turn,
            discord: reply.state.discord.value(),
            trust: reply.state.trust.value(),
            readiness: reply.state.readiness.value(),
            stage: reply.state.stage,
        }
    }

    /// The event as one line.
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

//! A turn as the page is told it. Offsets count UTF-16 code units, as scripts do.

use std::ops::Range;

use serde::Serialize;

use crate::app::host::Told;
use crate::domain::action::Action;
use crate::domain::client::{Cause, Stage, State};
use crate::domain::coach::{self, Feedback};
use crate::domain::judge::{Band, Code, Finding, Label, Technique, Verdict};
use crate::domain::session::{self, TurnId};
use crate::ui::words::{self, plain_name};

/// An exchange.
#[derive(Debug, Serialize)]
pub(in crate::ui::web) struct Turn {
    id: TurnId,
    number: u32,
    text: Option<String>,
    verdict: Option<Judged>,
    feedback: Option<Fed>,
    reply: Option<Reply>,
    state: Option<Standing>,
    why: Vec<Why>,
    branches: Vec<TurnId>,
    overruled: bool,
    judge_had: Option<Judged>,
}

#[derive(Debug, Serialize)]
struct Reply {
    text: String,
    action: Option<Named<Action>>,
    cut: bool,
}

/// Where a client stands.
#[derive(Debug, Serialize)]
pub(in crate::ui::web) struct Standing {
    discord: f32,
    trust: f32,
    readiness: f32,
    stage: Stage,
}

#[derive(Debug, Serialize)]
struct Why {
    text: String,
    discord: f32,
    trust: f32,
    readiness: f32,
}

impl Turn {
    pub(super) fn told(told: &Told, open_exam: bool) -> Self {
        let turn = Self::bare(&told.turn);
        if open_exam {
            let reply = turn.reply.map(|reply| Reply { action: None, ..reply });
            return Self { verdict: None, state: None, why: Vec::new(), reply, ..turn };
        }
        let said = told.turn.trainee.as_ref();
        let feedback = told.feedback.as_ref().zip(said).map(|(f, said)| Fed::of(f, said));
        Self { feedback, branches: told.branches.clone(), ..turn }
    }

    /// Whether the trainee spoke in it: all but the opening.
    pub(super) fn is_reply(&self) -> bool {
        self.text.is_some()
    }

    /// A turn by itself.
    pub(in crate::ui::web) fn bare(turn: &session::Turn) -> Self {
        let said = turn.trainee.as_ref();
        let reply = turn.reply.as_ref();
        let judge_had =
            turn.overruled.as_ref().zip(said).map(|(own, said)| Judged::of(&own.verdict, &said.text));
        Self {
            id: turn.id,
            number: turn.number,
            text: said.map(|said| said.text.clone()),
            verdict: said.map(|said| Judged::of(&said.verdict, &said.text)),
            feedback: None,
            reply: reply.map(|reply| Reply {
                text: reply.text.clone(),
                action: Some(Named::of(reply.action)),
                cut: reply.cut,
            }),
            state: reply.map(|reply| Standing::of(&reply.state)),
            why: reply.map_or(Vec::new(), |reply| reply.why.iter().map(Why::of).collect()),
            branches: vec![turn.id],
            overruled: turn.overruled.is_some(),
            judge_had,
        }
    }
}

impl Standing {
    pub(in crate::ui::web) fn of(state: &State) -> Self {
        let State { discord, trust, readiness, stage, .. } = state;
        Self { discord: discord.value(), trust: trust.value(), readiness: readiness.value(), stage: *stage }
    }
}

impl Why {
    fn of(cause: &Cause) -> Self {
        let Cause { what, discord, trust, readiness } = cause.clone();
        Self { text: what, discord, trust, readiness }
    }
}

/// A code with its name as a person reads it.
#[derive(Debug, Serialize)]
struct Named<T> {
    code: T,
    name: String,
}

impl<T: Serialize> Named<T> {
    fn of(code: T) -> Self {
        let name = plain_name(&code);
        Self { code, name }
    }
}

/// A verdict on a text.
#[derive(Debug, Serialize)]
struct Judged {
    score: f32,
    band: Band,
    steer: f32,
    codes: Vec<Named<Code>>,
    techniques: Vec<Named<Technique>>,
    findings: Vec<Span>,
}

/// What was seen, and where.
#[derive(Debug, Serialize)]
struct Span {
    code: Label,
    name: String,
    start: usize,
    end: usize,
    why: String,
    points: f32,
}

impl Judged {
    fn of(verdict: &Verdict, text: &str) -> Self {
        Self {
            score: verdict.score,
            band: verdict.band,
            steer: verdict.steer,
            codes: verdict.codes.iter().copied().map(Named::of).collect(),
            techniques: verdict.techniques.iter().copied().map(Named::of).collect(),
            findings: verdict.findings.iter().map(|finding| Span::of(finding, text)).collect(),
        }
    }
}

impl Span {
    fn of(finding: &Finding, text: &str) -> Self {
        let Range { start, end } = utf16(text, &finding.at);
        let (why, points) = (finding.why.clone(), finding.contribution);
        Self { code: finding.code, name: plain_name(&finding.code), start, end, why, points }
    }
}

/// What a trainee is told about a reply.
#[derive(Debug, Serialize)]
struct Fed {
    did: String,
    effect: String,
    alternative: Option<Suggestion>,
    approach: Option<String>,
}

impl Fed {
    fn of(feedback: &Feedback, said: &session::Said) -> Self {
        Self {
            did: words::did(said),
            effect: feedback.effect.clone(),
            alternative: feedback.alternative.as_ref().map(Suggestion::of),
            approach: feedback.approach.clone(),
        }
    }
}

/// What could have been said instead.
#[derive(Debug, Serialize)]
pub(in crate::ui::web) struct Suggestion {
    text: String,
    technique: Named<Technique>,
}

impl Suggestion {
    pub(in crate::ui::web) fn of(suggestion: &coach::Suggestion) -> Self {
        Self { text: suggestion.text.clone(), technique: Named::of(suggestion.technique) }
    }
}

/// A range of bytes in `text` as one of UTF-16 code units; of a range that is none, the whole.
pub(in crate::ui::web) fn utf16(text: &str, at: &Range<usize>) -> Range<usize> {
    let units = |text: &str| text.encode_utf16().count();
    match (text.get(..at.start), text.get(at.clone())) {
        (Some(before), Some(within)) => units(before)..units(before) + units(within),
        _ => 0..units(text),
    }
}

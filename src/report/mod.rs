//! A session, or a trainee's progress, as something to read and take along: HTML, Markdown, text,
//! JSON, CSV.
//! Knows: session values, verdicts, figures. Never: where they are kept, disk, clock, terminals.

mod bars;
mod chart;
mod clean;
pub mod csv;
mod curves;
pub mod html;
pub mod markdown;
mod markup;
pub mod progress;
mod svg;
mod table;
pub mod text;
mod words;

use std::ops::Range;

use serde::Serialize;

use crate::domain::action::Action;
use crate::domain::client::{self, Cause, Stage, State};
use crate::domain::coach::Feedback;
use crate::domain::judge::{Band, Code, Label, Technique, Verdict};
use crate::domain::persona::{Kind, Persona};
use crate::domain::review::{self, Review};
use crate::domain::session::{Path, Provenance, Reply, Said, SessionId, Setting, Turn};
use crate::domain::summary::Summary;

/// The style sheet of reports: all its rules are below `.pb-report`.
pub const STYLE: &str = include_str!("report.css");

/// What the JSON form looks like; grows with every change that a reader could trip over.
pub const FORMAT: u32 = 1;

/// What a report is made of.
#[derive(Clone, Debug)]
pub struct Material<'a> {
    /// The session.
    pub id: SessionId,
    /// When it began, UTC, `YYYY-MM-DD HH:MM:SS`.
    pub started: String,
    /// Whether it was closed.
    pub ended: bool,
    /// The title of the exam that it was.
    pub exam: Option<String>,
    /// What it was begun with.
    pub setting: &'a Setting,
    /// Its turns.
    pub path: &'a Path,
    /// What the coach has said of each of them.
    pub told: Vec<Option<Feedback>>,
    /// Turns that leave the path, each with how many turns were begun below it.
    pub left: Vec<(Turn, usize)>,
    /// Its figures.
    pub summary: Summary,
}

/// A session to be read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// See [`FORMAT`].
    pub format: u32,
    /// Who, when, with what.
    pub session: Head,
    /// What stood out.
    pub review: Review,
    /// The figures.
    pub summary: Summary,
    /// The conversation, opening first.
    pub turns: Vec<Exchange>,
}

/// Who, when, with what.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Head {
    /// The session.
    pub id: SessionId,
    /// When it began, UTC.
    pub started: String,
    /// Whether it was closed.
    pub ended: bool,
    /// The title of the exam that it was.
    pub exam: Option<String>,
    /// The client.
    pub client: Who,
    /// The model's name.
    pub model: String,
    /// The session's seed.
    pub seed: u64,
    /// Hashes of what shaped the replies, and the program's version.
    pub provenance: Provenance,
}

/// The client.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Who {
    /// Name on the command line.
    pub id: String,
    /// Full name.
    pub name: String,
    /// Years.
    pub age: u8,
    /// Type of resistance.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// What the talk is about.
    pub topic: String,
    /// 1 to 3.
    pub difficulty: u8,
    /// What a good first session looks like.
    pub aim: String,
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exchange {
    /// Distance from the opening.
    pub turn: u32,
    /// What the trainee said; none for the opening.
    pub trainee: Option<Judged>,
    /// What it did, and what else could have been said.
    pub feedback: Option<Feedback>,
    /// The client's answer; none while it is owed.
    pub client: Option<Answer>,
    /// Other attempts at this moment.
    pub otherwise: Vec<Otherwise>,
}

/// A reply of the trainee's, as the judge read it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// The words.
    pub text: String,
    /// The score in words.
    pub band: Band,
    /// -1 argues, 1 rolls.
    pub score: f32,
    /// -1 invites staying, 1 invites change.
    pub steer: f32,
    /// Behaviour codes.
    pub codes: Vec<Code>,
    /// Techniques.
    pub techniques: Vec<Technique>,
    /// The evidence.
    pub findings: Vec<Found>,
    /// The judge's own codes, where a trainer overruled them.
    pub judge_had: Option<Vec<Code>>,
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// What was seen.
    pub code: Label,
    /// Where it begins, in characters.
    pub start: usize,
    /// Where it ends, in characters.
    pub end: usize,
    /// The words.
    pub quote: String,
    /// What it adds to the score or takes from it.
    pub contribution: f32,
    /// One line for the trainee.
    pub why: String,
    #[serde(skip)]
    at: Range<usize>, // bytes of the text, on character boundaries
}

/// A client's answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The words.
    pub text: String,
    /// What they do.
    pub action: Action,
    /// Whether they were cut short.
    pub cut: bool,
    /// The client's levels after it.
    pub state: Levels,
    /// How they changed.
    pub change: Change,
    /// Why they changed.
    pub why: Vec<Cause>,
}

/// Where a client stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Levels {
    /// 0 to 1.
    pub discord: f32,
    /// 0 to 1.
    pub trust: f32,
    /// 0 to 1.
    pub readiness: f32,
    /// The stage of change.
    pub stage: Stage,
}

/// How far levels moved.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Of discord.
    pub discord: f32,
    /// Of trust.
    pub trust: f32,
    /// Of readiness.
    pub readiness: f32,
}

/// A moment said otherwise, and left.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Otherwise {
    /// What the trainee said.
    pub trainee: Judged,
    /// What the client answered, if they did.
    pub client: Option<Answer>,
    /// How many turns were begun behind it.
    pub further: usize,
}

impl Report {
    /// The report of a session.
    pub fn of(material: Material<'_>) -> Self {
        let review = review::review(material.path, &material.told, &material.summary);
        let turns = exchanges(&material);
        let Material { id, started, ended, exam, setting, summary, .. } = material;
        let session = Head {
            id,
            started,
            ended,
            exam,
            client: Who::of(&setting.persona),
            model: setting.model.clone(),
            seed: setting.seed,
            provenance: setting.provenance.clone(),
        };
        Self { format: FORMAT, session, review, summary, turns }
    }
}

fn exchanges(material: &Material<'_>) -> Vec<Exchange> {
    let began = client::begin(&material.setting.persona);
    let mut state = &began;
    let mut exchanges: Vec<Exchange> = Vec::new();
    let turns = material.path.turns();
    for (at, turn) in turns.iter().enumerate() {
        let left = material.left.iter().filter(|(other, _)| other.parent == turn.parent && at > 0);
        exchanges.push(Exchange {
            turn: turn.number,
            trainee: turn.trainee.as_ref().map(|said| Judged::of(said, turn)),
            feedback: material.told.get(at).cloned().flatten(),
            client: turn.reply.as_ref().map(|reply| Answer::of(reply, state)),
            otherwise: left.filter_map(|(other, further)| Otherwise::of(other, *further, state)).collect(),
        });
        state = turn.reply.as_ref().map_or(state, |reply| &reply.state);
    }
    // What was taken back behind the newest turn stands at a turn of its own, in which nothing was said.
    if let Some(head) = turns.last() {
        let left = material.left.iter().filter(|(other, _)| other.parent == Some(head.id));
        let otherwise: Vec<_> =
            left.filter_map(|(other, further)| Otherwise::of(other, *further, state)).collect();
        if !otherwise.is_empty() {
            let turn = head.number + 1;
            exchanges.push(Exchange { turn, trainee: None, feedback: None, client: None, otherwise });
        }
    }
    exchanges
}

impl Who {
    fn of(persona: &Persona) -> Self {
        Self {
            id: persona.id.clone(),
            name: persona.name.clone(),
            age: persona.age,
            kind: persona.kind,
            topic: persona.topic.clone(),
            difficulty: persona.difficulty,
            aim: persona.aim.clone(),
        }
    }
}

impl Judged {
    fn of(said: &Said, turn: &Turn) -> Self {
        let Said { text, verdict } = said;
        Self {
            text: text.clone(),
            band: verdict.band,
            score: verdict.score,
            steer: verdict.steer,
            codes: verdict.codes.clone(),
            techniques: verdict.techniques.clone(),
            findings: findings(text, verdict),
            judge_had: turn.overruled.as_ref().map(|own| own.verdict.codes.clone()),
        }
    }
}

fn findings(text: &str, verdict: &Verdict) -> Vec<Found> {
    let found = |finding: &crate::domain::judge::Finding| {
        // A span that is none is left out: better no underline than a wrong one.
        let quote = text.get(finding.at.clone())?;
        let start = text[..finding.at.start].chars().count();
        Some(Found {
            code: finding.code,
            start,
            end: start + quote.chars().count(),
            quote: quote.to_owned(),
            contribution: finding.contribution,
            why: finding.why.clone(),
            at: finding.at.clone(),
        })
    };
    verdict.findings.iter().filter_map(found).collect()
}

impl Answer {
    fn of(reply: &Reply, before: &State) -> Self {
        let (state, levels) = (&reply.state, Levels::of(&reply.state));
        Self {
            text: reply.text.clone(),
            action: reply.action,
            cut: reply.cut,
            state: levels,
            change: Change {
                discord: state.discord.value() - before.discord.value(),
                trust: state.trust.value() - before.trust.value(),
                readiness: state.readiness.value() - before.readiness.value(),
            },
            why: reply.why.clone(),
        }
    }

    /// Which way the words lean, or that they are against the trainee.
    fn leaning(&self) -> &'static str {
        match self.action {
            action if action.is_discord() => "discord",
            action if action.is_sustain() => "sustain talk",
            action if action.is_change() => "change talk",
            _ => "neutral",
        }
    }
}

impl Levels {
    fn of(state: &State) -> Self {
        Self {
            discord: state.discord.value(),
            trust: state.trust.value(),
            readiness: state.readiness.value(),
            stage: state.stage,
        }
    }
}

impl Otherwise {
    fn of(turn: &Turn, further: usize, before: &State) -> Option<Self> {
        let trainee = Judged::of(turn.trainee.as_ref()?, turn);
        let client = turn.reply.as_ref().map(|reply| Answer::of(reply, before));
        Some(Self { trainee, client, further })
    }
}

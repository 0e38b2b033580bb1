//! What the page is told, as JSON. Domain words; offsets count UTF-16 code units, as scripts do.

use std::ops::Range;

use serde::Serialize;

use super::About as Installation;
use crate::app::host::{Host, Sitting, Told, View};
use crate::app::practise::Refreshed;
use crate::domain::action::Action;
use crate::domain::client::{Cause, Stage, State};
use crate::domain::coach::{self, Feedback};
use crate::domain::crisis::Concern;
use crate::domain::exam::Terms;
use crate::domain::judge::{Band, Finding, Verdict};
use crate::domain::persona::{Kind, Persona};
use crate::domain::problem::Problem;
use crate::domain::session::{self, SessionId, TurnId};
use crate::ui::words::{self, plain_name};

/// A preview is no longer.
const PREVIEW_CHARS: usize = 140;

/// The installation.
#[derive(Serialize)]
pub(super) struct About {
    version: &'static str,
    model: String,
    pocket: bool,
    notice: Option<String>,
    prompts: Prompts,
}

#[derive(Serialize)]
struct Prompts {
    folder: Option<String>,
    problems: Vec<Problem>,
}

impl About {
    pub(super) fn of(host: &Host, about: &Installation, problems: Vec<Problem>) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            model: host.model().to_owned(),
            pocket: host.is_pocket(),
            notice: about.notice.clone(),
            prompts: Prompts { folder: about.folder.clone(), problems },
        }
    }
}

/// A client to choose.
#[derive(Serialize)]
pub(super) struct Client {
    id: String,
    name: String,
    age: u8,
    blurb: String,
    kind: Kind,
    topic: String,
    difficulty: u8,
    aim: String,
    main: bool,
}

impl Client {
    pub(super) fn of(persona: &Persona, main: bool) -> Self {
        let Persona { id, name, age, blurb, kind, topic, difficulty, aim, .. } = persona.clone();
        Self { id, name, age, blurb, kind, topic, difficulty, aim, main }
    }
}

/// A session.
#[derive(Debug, Serialize)]
pub(super) struct Session {
    id: SessionId,
    persona: Sitter,
    seed: u64,
    model: String,
    started: String,
    ended: bool,
    left: bool,
    speaking: bool,
    owed: bool,
    failed: Option<Failed>,
    crisis: Option<Crisis>,
    exam: Option<Exam>,
    forgotten: usize,
    head: TurnId,
    turns: Vec<Turn>,
    judged: bool,
    reloaded: Option<Reloaded>,
}

/// The client of a session, as they were when it began.
#[derive(Debug, Serialize)]
struct Sitter {
    id: String,
    name: String,
    age: u8,
    blurb: String,
    difficulty: u8,
    aim: String,
}

#[derive(Debug, Serialize)]
struct Failed {
    error: String,
    hint: Option<String>,
}

/// Practice has stopped.
#[derive(Debug, Serialize)]
pub(super) struct Crisis {
    about: Concern,
    message: String,
}

#[derive(Debug, Serialize)]
struct Exam {
    #[serde(flatten)]
    terms: Terms,
    given: usize,
    seconds_left: Option<u64>,
    ended: bool,
    seal: Option<String>,
}

/// Prompt files that were read again.
#[derive(Debug, Serialize)]
struct Reloaded {
    files: Vec<String>,
    problems: Vec<Problem>,
    persona: bool,
}

impl Session {
    pub(super) fn of(view: &View) -> Self {
        let seen = &view.seen;
        let open = seen.is_open_exam();
        let turns: Vec<Turn> = seen.turns.iter().map(|told| Turn::told(told, open)).collect();
        let persona = &seen.setting.persona;
        Self {
            id: seen.id,
            persona: Sitter {
                id: persona.id.clone(),
                name: persona.name.clone(),
                age: persona.age,
                blurb: persona.blurb.clone(),
                difficulty: persona.difficulty,
                aim: persona.aim.clone(),
            },
            seed: seen.setting.seed,
            model: seen.setting.model.clone(),
            started: seen.started.clone(),
            ended: seen.ended,
            left: seen.left,
            speaking: view.speaking,
            owed: seen.owed,
            failed: view.failed.as_ref().map(|f| Failed { error: f.error.clone(), hint: f.hint.clone() }),
            crisis: view.crisis.map(Crisis::of),
            exam: seen.exam.as_ref().map(|sitting| Exam::of(sitting, &turns)),
            forgotten: seen.forgotten,
            head: seen.head().map_or(0, |turn| turn.id),
            judged: !open,
            reloaded: Reloaded::of(&view.refreshed),
            turns,
        }
    }
}

impl Crisis {
    pub(super) fn of(about: Concern) -> Self {
        Self { about, message: words::crisis_words(about) }
    }
}

impl Exam {
    fn of(sitting: &Sitting, turns: &[Turn]) -> Self {
        let whole_s = sitting.terms.minutes.map(|minutes| u64::from(minutes) * 60);
        Self {
            terms: sitting.terms.clone(),
            given: turns.iter().filter(|turn| turn.text.is_some()).count(),
            seconds_left: whole_s.map(|whole| whole.saturating_sub(sitting.age_s)),
            ended: sitting.seal.is_some(),
            seal: sitting.seal.clone(),
        }
    }
}

impl Reloaded {
    fn of(refreshed: &Refreshed) -> Option<Self> {
        let Refreshed { files, problems, persona } = refreshed.clone();
        (!refreshed.is_empty()).then_some(Self { files, problems, persona })
    }
}

/// An exchange.
#[derive(Debug, Serialize)]
pub(super) struct Turn {
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
pub(super) struct Standing {
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
    fn told(told: &Told, open_exam: bool) -> Self {
        let turn = Self::bare(&told.turn);
        if open_exam {
            let reply = turn.reply.map(|reply| Reply { action: None, ..reply });
            return Self { verdict: None, state: None, why: Vec::new(), reply, ..turn };
        }
        let said = told.turn.trainee.as_ref();
        let feedback = told.feedback.as_ref().zip(said).map(|(f, said)| Fed::of(f, said));
        Self { feedback, branches: told.branches.clone(), ..turn }
    }

    /// A turn by itself.
    pub(super) fn bare(turn: &session::Turn) -> Self {
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
    pub(super) fn of(state: &State) -> Self {
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
    codes: Vec<Named<crate::domain::judge::Code>>,
    techniques: Vec<Named<crate::domain::judge::Technique>>,
    findings: Vec<Span>,
}

/// What was seen, and where.
#[derive(Debug, Serialize)]
struct Span {
    code: crate::domain::judge::Label,
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
pub(super) struct Suggestion {
    text: String,
    technique: Named<crate::domain::judge::Technique>,
}

impl Suggestion {
    pub(super) fn of(suggestion: &coach::Suggestion) -> Self {
        Self { text: suggestion.text.clone(), technique: Named::of(suggestion.technique) }
    }
}

/// A range of bytes in `text` as one of UTF-16 code units; of a range that is none, the whole.
pub(super) fn utf16(text: &str, at: &Range<usize>) -> Range<usize> {
    let units = |text: &str| text.encode_utf16().count();
    match (text.get(..at.start), text.get(at.clone())) {
        (Some(before), Some(within)) => units(before)..units(before) + units(within),
        _ => 0..units(text),
    }
}

/// The beginning of what was said, on one line.
pub(super) fn short(text: &str) -> String {
    one_line(text, PREVIEW_CHARS)
}

/// At most the first `most` characters of a text, on one line.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    let cut: String = line.chars().take(most).collect();
    format!("{}…", cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole))
}

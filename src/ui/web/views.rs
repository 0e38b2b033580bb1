//! What the page is told, as JSON, in domain words.

mod turn;

use serde::Serialize;

use super::About as Installation;
use crate::app::host::{Host, Sitting, View};
use crate::app::practise::Refreshed;
use crate::domain::crisis::Concern;
use crate::domain::exam::Terms;
use crate::domain::persona::{Kind, Persona};
use crate::domain::problem::Problem;
use crate::domain::session::{SessionId, TurnId};
use crate::ui::words;

pub(super) use turn::{Standing, Suggestion, Turn};

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
            given: turns.iter().filter(|turn| turn.is_reply()).count(),
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

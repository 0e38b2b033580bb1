//! `pushback sessions verify`: whether an exam is as it was sealed.

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use crate::app::AppError;
use crate::cli::NOT_READY;
use crate::domain::exam::Terms;
use crate::domain::seal::{self, Break, Checked};
use crate::domain::session::{SessionId, Setting};
use crate::files::exam;
use crate::store::Store;
use crate::ui::screen::Screen;

/// How the result is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Json,
}

impl From<bool> for Form {
    fn from(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }
}

/// What a trainer has, to compare the session with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<'a> {
    /// The seal as it was written down.
    pub(super) note: Option<&'a str>,
    /// The exam file.
    pub(super) file: Option<&'a Path>,
}

#[derive(Serialize)]
struct Shown<'a> {
    session: SessionId,
    title: &'a str,
    persona: &'a str,
    seed: u64,
    /// Whether client and seed are those of the terms that are sealed.
    as_terms: bool,
    /// Keys that the exam file has otherwise than the terms; without a file, nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_as_file: Option<&'a [&'static str]>,
    matches: bool,
    ended: bool,
    turns: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    turn: Option<u32>,
    hash: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    noted: Option<bool>,
}

pub(super) fn run(
    store: &Store,
    id: SessionId,
    (given, form): (Given<'_>, Form),
) -> anyhow::Result<ExitCode> {
    let checked = store.check_seal(id).map_err(AppError::from)?.ok_or(AppError::NoSeal(id))?;
    let terms = store.exam(id).map_err(AppError::from)?.ok_or(AppError::NoSeal(id))?.terms;
    let setting = store.setting(id).map_err(AppError::from)?;
    let as_terms = setting.persona.id == terms.persona && setting.seed == terms.seed;
    let in_file = given.file.map(exam::read).transpose().map_err(AppError::Files)?;
    let not_as_file = in_file.map(|file| terms.differing(&file));
    let noted = given.note.map(|note| checked.hash.as_deref().is_some_and(|hash| seal::is_noted(hash, note)));
    let as_file = not_as_file.as_ref().is_none_or(Vec::is_empty);
    let matches = checked.broken.is_none() && noted != Some(false) && as_terms && as_file;
    let screen = Screen::of_process();
    if form == Form::Json {
        let (broken, turn) = place(checked.broken);
        screen.json(&Shown {
            session: id,
            title: &terms.title,
            persona: &setting.persona.id,
            seed: setting.seed,
            as_terms,
            not_as_file: not_as_file.as_deref(),
            matches,
            ended: checked.hash.is_some(),
            turns: checked.turns,
            broken,
            turn,
            hash: checked.hash.as_deref(),
            noted,
        })?;
    } else {
        screen.line(&format!("Session {id}, exam: {}", terms.title))?;
        screen.line(&sat_with(&setting, &terms))?;
        if let Some((file, keys)) = given.file.zip(not_as_file.as_deref()) {
            screen.line(&of_file(file, keys))?;
        }
        for line in told(&checked, noted) {
            screen.line(&line)?;
        }
    }
    Ok(if matches { ExitCode::SUCCESS } else { ExitCode::from(NOT_READY) })
}

fn sat_with(setting: &Setting, terms: &Terms) -> String {
    let (persona, seed) = (&setting.persona.id, setting.seed);
    if (persona, seed) == (&terms.persona, terms.seed) {
        return format!("Sat with {persona}, seed {seed}, as the exam wants it.");
    }
    format!("Sat with {persona}, seed {seed}, but the exam wants {}, seed {}.", terms.persona, terms.seed)
}

fn of_file(file: &Path, keys: &[&str]) -> String {
    let file = file.display();
    match keys {
        [] => format!("Its terms are those of {file}."),
        keys => format!("Its terms are not those of {file}, which has otherwise: {}.", keys.join(", ")),
    }
}

fn place(broken: Option<Break>) -> (Option<&'static str>, Option<u32>) {
    match broken {
        None => (None, None),
        Some(Break::Terms) => (Some("terms"), None),
        Some(Break::Turn(turn)) => (Some("turn"), Some(turn)),
        Some(Break::End) => (Some("end"), None),
        Some(Break::Head) => (Some("head"), None),
        Some(Break::Overruled(turn)) => (Some("overruled"), Some(turn)),
    }
}

fn told(checked: &Checked, noted: Option<bool>) -> Vec<String> {
    let mut lines = vec![match checked.broken {
        None => format!("All {} turns are as they were sealed, the opening included.", checked.turns),
        Some(Break::Terms) => "What the session began with is not as it was sealed.".to_owned(),
        Some(Break::Turn(0)) => "The opening is not as it was sealed.".to_owned(),
        Some(Break::Turn(n)) => format!("Turn {n} is the first that is not as it was sealed."),
        Some(Break::Head) => {
            "The session stands at another turn than its last, which hides what came later.".to_owned()
        }
        Some(Break::Overruled(n)) => {
            format!("Turn {n} shows another verdict than the judge's; nothing can be overruled in an exam.")
        }
        Some(Break::End) => "Turns are missing at the end, or the last hash is another.".to_owned(),
    }];
    match &checked.hash {
        Some(hash) => lines.push(format!("Seal: {}", seal::grouped(hash))),
        None => lines.push(format!(
            "The exam has not ended: there is no seal yet, though it has {} turns. Where somebody wrote a \
             seal down, its end was taken away since: --expect SEAL.",
            checked.turns
        )),
    }
    match noted {
        Some(true) => lines.push("It is the seal that was written down.".to_owned()),
        Some(false) => lines.push("It is not the seal that was written down.".to_owned()),
        None if checked.broken.is_none() && checked.hash.is_some() => lines.push(
            "That proves only that the session belongs to this seal. Compare it with the one that was \
             written down: --expect SEAL."
                .to_owned(),
        ),
        None => {}
    }
    lines
}

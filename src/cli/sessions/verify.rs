//! `pushback sessions verify`: whether an exam is as it was sealed.

use std::process::ExitCode;

use serde::Serialize;

use crate::app::AppError;
use crate::cli::NOT_READY;
use crate::domain::seal::{self, Break, Checked};
use crate::domain::session::SessionId;
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

#[derive(Serialize)]
struct Shown<'a> {
    session: SessionId,
    title: &'a str,
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
    (note, form): (Option<&str>, Form),
) -> anyhow::Result<ExitCode> {
    let checked = store.check_seal(id).map_err(AppError::from)?.ok_or(AppError::NoSeal(id))?;
    let exam = store.exam(id).map_err(AppError::from)?.ok_or(AppError::NoSeal(id))?;
    let noted = note.map(|note| checked.hash.as_deref().is_some_and(|hash| seal::is_noted(hash, note)));
    let matches = checked.broken.is_none() && noted != Some(false);
    let screen = Screen::of_process();
    if form == Form::Json {
        let (broken, turn) = place(checked.broken);
        screen.json(&Shown {
            session: id,
            title: &exam.terms.title,
            matches,
            ended: checked.hash.is_some(),
            turns: checked.turns,
            broken,
            turn,
            hash: checked.hash.as_deref(),
            noted,
        })?;
    } else {
        screen.line(&format!("Session {id}, exam: {}", exam.terms.title))?;
        for line in told(&checked, noted) {
            screen.line(&line)?;
        }
    }
    Ok(if matches { ExitCode::SUCCESS } else { ExitCode::from(NOT_READY) })
}

fn place(broken: Option<Break>) -> (Option<&'static str>, Option<u32>) {
    match broken {
        None => (None, None),
        Some(Break::Terms) => (Some("terms"), None),
        Some(Break::Turn(turn)) => (Some("turn"), Some(turn)),
        Some(Break::End) => (Some("end"), None),
    }
}

fn told(checked: &Checked, noted: Option<bool>) -> Vec<String> {
    let mut lines = vec![match checked.broken {
        None => format!("All {} turns are as they were sealed, the opening included.", checked.turns),
        Some(Break::Terms) => "What the session began with is not as it was sealed.".to_owned(),
        Some(Break::Turn(0)) => "The opening is not as it was sealed.".to_owned(),
        Some(Break::Turn(n)) => format!("Turn {n} is the first that is not as it was sealed."),
        Some(Break::End) => "Turns are missing at the end, or the last hash is another.".to_owned(),
    }];
    match &checked.hash {
        Some(hash) => lines.push(format!("Seal: {}", seal::grouped(hash))),
        None => lines.push("The exam has not ended: there is no seal yet.".to_owned()),
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

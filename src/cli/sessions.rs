//! `pushback sessions`: what is on this computer.

mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::DataArgs;
use crate::app::{AppError, sessions};
use crate::domain::case;
use crate::domain::session::{SessionId, Setting, Turn};
use crate::domain::summary::Summary;
use crate::store::Store;
use crate::ui::screen::Screen;
use crate::ui::words;

#[derive(Debug, Args)]
pub(super) struct SessionsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// All sessions, newest first.
    List {
        /// An array of objects.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        data: DataArgs,
    },
    /// One session: the conversation and its summary.
    Show {
        /// The session's number; without it, the latest.
        id: Option<SessionId>,
        /// One object: setting, turns, summary.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Whether an exam is as it was sealed.
    Verify {
        /// The session's number.
        id: SessionId,
        /// The seal as a trainer wrote it down: sixteen digits of it, or more.
        #[arg(long, value_name = "SEAL")]
        expect: Option<String>,
        /// The exam file that it should have been sat under.
        #[arg(long, value_name = "FILE")]
        exam: Option<PathBuf>,
        /// One object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        data: DataArgs,
    },
    /// A trainer's corrections as test cases of the judge.
    Export {
        /// Write `talk | client | reply | codes | span | sign`, one line for each overruled reply.
        #[arg(long, required = true)]
        overrides: bool,
        /// The session's number; without it, the latest.
        id: Option<SessionId>,
        /// All sessions, oldest first.
        #[arg(long, conflicts_with = "id")]
        all: bool,
        #[command(flatten)]
        data: DataArgs,
    },
}

#[derive(Serialize)]
struct Shown<'a> {
    id: SessionId,
    setting: &'a Setting,
    turns: &'a [Turn],
    summary: &'a Summary,
}

pub(super) fn run(args: SessionsArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::List { json, data } => list(&data, json),
        Command::Show { id, json, data } => show(&data, id, json),
        Command::Verify { id, expect, exam, json, data } => {
            let given = verify::Given { note: expect.as_deref(), file: exam.as_deref() };
            verify::run(&data.store()?, id, (given, json.into()))
        }
        Command::Export { id, all, data, .. } => export(&data, if all { Which::All } else { Which::One(id) }),
    }
}

fn list(data: &DataArgs, json: bool) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let listed = data.store()?.list().map_err(AppError::from)?;
    if json {
        screen.json(&listed)?;
        return Ok(ExitCode::SUCCESS);
    }
    if listed.is_empty() {
        screen.note("No sessions yet. `pushback` begins one.");
    }
    for s in &listed {
        let open = if s.ended { "" } else { "open" };
        screen.line(&format!(
            "{:>4}  {} UTC  {:<10} {:>3} replies  {:<4}  {}",
            s.id, s.started, s.persona, s.turns, open, s.model
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(data: &DataArgs, id: Option<SessionId>, json: bool) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let store = data.store()?;
    let id = one(&store, id)?;
    sessions::not_open(&store, id)?;
    let (setting, path) = store.load(id).map_err(AppError::from)?;
    let summary = sessions::summary(&store, id, &path)?;
    if json {
        let shown = Shown { id, setting: &setting, turns: path.turns(), summary: &summary };
        screen.json(&shown)?;
        return Ok(ExitCode::SUCCESS);
    }
    let name = setting.persona.name.split_whitespace().next().unwrap_or_default().to_owned();
    for turn in path.turns() {
        if let Some(said) = &turn.trainee {
            screen.line(&format!("You: {}", said.text))?;
            screen.line(&words::verdict_line(screen, said))?;
        }
        if let Some(before) = &turn.overruled {
            screen.line(&words::overruled_line(screen, &before.verdict))?;
        }
        if let Some(reply) = &turn.reply {
            screen.line(&format!("{name}: {}{}", reply.text, if reply.cut { " —" } else { "" }))?;
        }
    }
    screen.line("")?;
    for line in words::summary(&summary) {
        screen.line(&line)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The session of this number; without one, the latest.
pub(super) fn one(store: &Store, id: Option<SessionId>) -> Result<SessionId, AppError> {
    match id {
        Some(id) => Ok(id),
        None => store.latest()?.ok_or(AppError::NothingToContinue),
    }
}

enum Which {
    One(Option<SessionId>),
    All,
}

fn export(data: &DataArgs, which: Which) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let store = data.store()?;
    let ids = match which {
        Which::One(id) => vec![one(&store, id)?],
        Which::All => store.list().map_err(AppError::from)?.iter().rev().map(|s| s.id).collect(),
    };
    let mut lines = String::new();
    for id in ids {
        for (before, turn) in store.overruled(id).map_err(AppError::from)? {
            if let Some(case) = case::line(&before, &turn) {
                lines.push_str(&case);
                lines.push('\n');
            }
        }
    }
    if lines.is_empty() {
        screen.note("No reply was overruled. `/overrule` in a conversation does it.");
    }
    screen.text(&lines)?;
    Ok(ExitCode::SUCCESS)
}

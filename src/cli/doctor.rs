//! `pushback doctor`: whether everything that practice needs is in order.

use std::process::ExitCode;

use clap::Args;

use super::model::ModelFile;
use super::{DataArgs, NOT_READY, PromptArgs};
use crate::app::AppError;
use crate::app::doctor::{self, Check, State};
use crate::app::models::Card;
use crate::ui::screen::{Screen, Tone};

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// An array of objects.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    model: ModelFile,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) fn run(args: &DoctorArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let mut checks = doctor::program();
    checks.extend(doctor::model(card(&args.model).as_ref(), args.model.hash()));
    checks.push(match args.prompts.load().and_then(|library| doctor::prompts(&library)) {
        Ok(check) => check,
        Err(e) => Check { name: "prompts", state: State::Fail, found: e.to_string(), hint: e.hint() },
    });
    if let Some(folder) = args.data.folder() {
        checks.extend(doctor::sessions(&folder));
    }
    checks.push(Check::ok("terminal", screen.describe()));
    if args.json {
        screen.json(&checks)?;
    } else {
        checks.iter().try_for_each(|check| show(screen, check))?;
    }
    let failed = checks.iter().any(|check| check.state == State::Fail);
    Ok(if failed { ExitCode::from(NOT_READY) } else { ExitCode::SUCCESS })
}

fn card(model: &ModelFile) -> Result<Card, AppError> {
    let found = model.found()?;
    let (path, entry) = found.map_or((None, None), |found| (Some(found.path), found.entry));
    Ok(Card::of(&model.reader()?, path, entry)?)
}

fn show(screen: Screen, check: &Check) -> std::io::Result<()> {
    let state = match check.state {
        State::Ok => screen.tinted(Tone::Good, "ok  "),
        State::Warn => screen.tinted(Tone::Poor, "warn"),
        State::Fail => screen.tinted(Tone::Strong, "FAIL"),
    };
    screen.line(&format!("{state} {:<10} {}", check.name, check.found))?;
    match &check.hint {
        Some(hint) => screen.line(&format!("     hint: {hint}")),
        None => Ok(()),
    }
}

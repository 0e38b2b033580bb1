//! `pushback exam`: writes down what an exam fixes.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::model::ModelArgs;
use super::{PromptArgs, any_seed};
use crate::app::AppError;
use crate::domain::exam::Terms;
use crate::files::exam;
use crate::ui::screen::Screen;

#[derive(Debug, Args)]
pub(super) struct ExamArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write an exam file with the hashes of this installation; `pushback chat --exam FILE` sits it.
    New(Box<NewArgs>),
}

#[derive(Debug, Args)]
struct NewArgs {
    /// The file to write; one that exists stays as it is.
    file: PathBuf,
    /// The client.
    #[arg(long, value_name = "ID")]
    persona: String,
    /// What it is called.
    #[arg(long, value_name = "TEXT")]
    title: String,
    /// It is over after so many replies.
    #[arg(long, value_name = "N", required_unless_present = "minutes")]
    replies: Option<u32>,
    /// It is over after so many minutes.
    #[arg(long, value_name = "N")]
    minutes: Option<u32>,
    /// The session's seed; drawn by chance without it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
    /// Which models may speak: only the one named by --model, or any.
    #[arg(long, value_enum, default_value_t = Bound::Same)]
    bound: Bound,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    prompts: PromptArgs,
}

/// Which models may speak in an exam.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Bound {
    /// The one that it was written with.
    Same,
    /// Whichever there is.
    Any,
}

pub(super) fn run(args: ExamArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::New(args) => new(&args),
    }
}

fn new(args: &NewArgs) -> anyhow::Result<ExitCode> {
    let library = args.prompts.load()?;
    let persona = library.persona(&args.persona)?;
    let here = library.provenance(&persona, args.model.hash(Screen::of_process())?);
    let terms = Terms {
        title: args.title.trim().to_owned(),
        persona: args.persona.clone(),
        seed: args.seed.unwrap_or_else(any_seed),
        replies: args.replies,
        minutes: args.minutes,
        prompts: here.prompts,
        model: (args.bound == Bound::Same).then_some(here.model),
    };
    let text = terms.to_toml()?;
    let shown = args.file.display().to_string();
    let problems = terms.problems(&shown, &text);
    if !problems.is_empty() {
        return Err(AppError::Files(problems).into());
    }
    exam::write(&args.file, &text).map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => AppError::Exists { path: args.file.clone(), over: None },
        _ => AppError::Unwritten { path: args.file.clone(), source },
    })?;
    Screen::of_process().note(&format!("Written: {shown}. `pushback chat --exam {shown}` sits it."));
    Ok(ExitCode::SUCCESS)
}

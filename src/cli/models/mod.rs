//! `pushback models`: which there are, what each is, and how one comes here.

mod list;
mod pull;
mod show;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

pub(super) use list::words;

use crate::app::AppError;
use crate::app::models::Models;
use crate::files::models::How;
use crate::ui::screen::Screen;

#[derive(Debug, Args)]
pub(super) struct ModelsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Models that are here, and those of the catalog that could be.
    List(list::ListArgs),
    /// Bring a model here from the hub. The only command that makes a network connection.
    Pull(pull::PullArgs),
    /// Use a model's file that is here already.
    Add(AddArgs),
    /// What a model is, and what would run it. Loads no weights.
    Show(show::ShowArgs),
    /// Take a model away.
    Remove(RemoveArgs),
}

#[derive(Debug, Args)]
struct AddArgs {
    /// A GGUF file.
    file: PathBuf,
    /// Its name for `--model`; without it, the file's own.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Copy the file; without it, a link leads to where it is.
    #[arg(long)]
    copy: bool,
    /// One object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct RemoveArgs {
    /// A name of `pushback models list`.
    name: String,
}

pub(super) fn run(args: ModelsArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::List(args) => list::run(&args),
        Command::Pull(args) => pull::run(&args),
        Command::Add(args) => add(&args),
        Command::Show(args) => show::run(&args),
        Command::Remove(args) => remove(&args),
    }
}

fn add(args: &AddArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let how = if args.copy { How::Copy } else { How::Link };
    let new = Models::of_user()?.add(&args.file, args.name.as_deref(), how)?;
    if args.json {
        screen.json(&new)?;
        return Ok(ExitCode::SUCCESS);
    }
    screen.line(&new.name)?;
    if new.copied && !args.copy {
        screen.note("This system makes no links, so the file was copied.");
    }
    screen.note(&format!(
        "{}, {}. Talk to it: pushback --model {}",
        new.file.name, new.file.quantisation, new.name
    ));
    Ok(ExitCode::SUCCESS)
}

fn remove(args: &RemoveArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    match Models::of_user()?.remove(&args.name).map_err(AppError::from)? {
        Some(path) => screen.note(&format!("{} is deleted.", path.display())),
        None => screen.note("The link is gone; the file behind it stays."),
    }
    Ok(ExitCode::SUCCESS)
}

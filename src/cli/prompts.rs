//! `pushback prompts eject`: the built-in prompts as files.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::user_prompts;
use crate::app::author::{self, Changed};
use crate::ui::screen::Screen;

#[derive(Debug, Args)]
pub(super) struct PromptsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Copy the built-in prompts into a folder, to be edited there.
    Eject {
        /// The folder; without it, your own prompts folder.
        dir: Option<PathBuf>,
        /// Write over files that you have changed.
        #[arg(long)]
        force: bool,
    },
}

pub(super) fn run(args: PromptsArgs) -> anyhow::Result<ExitCode> {
    let Command::Eject { dir, force } = args.command;
    let screen = Screen::of_process();
    let folder = dir.map_or_else(user_prompts, Ok)?;
    let changed = if force { Changed::Replace } else { Changed::Keep };
    let ejected = author::eject(&folder, changed)?;
    for kept in &ejected.kept {
        screen.note(&format!("kept your own: {}", kept.display()));
    }
    let (written, same, kept) = (ejected.written, ejected.same, ejected.kept.len());
    screen
        .line(&format!("{}: {written} files written, {same} there already, {kept} kept", folder.display()))?;
    if kept > 0 {
        screen.note("hint: `--force` writes over what you have changed");
    }
    screen.note("Delete what you don't change: a file here hides the one that a later version brings.");
    Ok(ExitCode::SUCCESS)
}

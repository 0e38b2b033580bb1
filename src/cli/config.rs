//! `pushback config path`: the folders in use.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{DataArgs, PromptArgs, no_home, user_prompts};
use crate::files::paths::Paths;
use crate::ui::screen::Screen;

#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The folders in use: configuration, sessions, cache, prompts in the order of search.
    Path {
        /// One object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        prompts: PromptArgs,
        #[command(flatten)]
        data: DataArgs,
    },
}

/// The folders; of prompts, a later one is laid over the earlier.
#[derive(Serialize)]
struct Folders {
    config: PathBuf,
    data: PathBuf,
    cache: PathBuf,
    prompts: Vec<Layer>,
}

#[derive(Serialize)]
struct Layer {
    /// `built-in`, `user`, `asked` or `lexicon`.
    from: &'static str,
    path: Option<PathBuf>,
    exists: bool,
}

pub(super) fn run(args: ConfigArgs) -> anyhow::Result<ExitCode> {
    let Command::Path { json, prompts, data } = args.command;
    let screen = Screen::of_process();
    let folders = folders(prompts, data)?;
    if json {
        screen.json(&folders)?;
        return Ok(ExitCode::SUCCESS);
    }
    for (name, path) in [("config", &folders.config), ("data", &folders.data), ("cache", &folders.cache)] {
        screen.text(&line(name, path, path.is_dir()))?;
    }
    for layer in &folders.prompts {
        let path = layer.path.as_deref().unwrap_or(Path::new("(in the program)"));
        screen.text(&line(&format!("prompts, {}", layer.from), path, layer.exists))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn folders(prompts: PromptArgs, data: DataArgs) -> anyhow::Result<Folders> {
    let user = Paths::of_user().ok_or_else(no_home)?;
    let layer = |from, path: PathBuf| Layer { from, exists: path.is_dir(), path: Some(path) };
    let mut layers = vec![Layer { from: "built-in", path: None, exists: true }];
    layers.push(layer("user", user_prompts()?));
    layers.extend(prompts.prompts.map(|path| layer("asked", path)));
    layers.extend(prompts.lexicon.map(|path| layer("lexicon", path)));
    let cache = data.data.clone().unwrap_or(user.cache);
    Ok(Folders { config: user.config, data: data.data.unwrap_or(user.data), cache, prompts: layers })
}

fn line(name: &str, path: &Path, exists: bool) -> String {
    let missing = if exists { "" } else { "  (not there yet)" };
    format!("{name:<18} {}{missing}\n", path.display())
}

//! `pushback personas import` and `export`: character cards.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::read::{age, gender, kind, topic};
use crate::app::{AppError, cards};
use crate::cli::{PromptArgs, TargetArgs};
use crate::domain::card::{Version, Wishes};
use crate::domain::persona::{Gender, Kind};
use crate::domain::problem::Problem;
use crate::files::write;
use crate::ui::screen::Screen;

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// A card: .json, .png or .charx.
    file: PathBuf,
    /// The new client's id; without it, the first name.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The type of client; without it, guessed from the card's words.
    #[arg(long = "type", value_name = "TYPE", value_parser = kind)]
    kind: Option<Kind>,
    /// What the talk is about; without it, guessed.
    #[arg(long, value_parser = topic)]
    topic: Option<String>,
    /// Years; without it, as the card says.
    #[arg(long, value_name = "YEARS", value_parser = age)]
    age: Option<u8>,
    /// female, male or other; without it, guessed.
    #[arg(long, value_parser = gender)]
    gender: Option<Gender>,
    /// One object: id, files, and what was guessed.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: TargetArgs,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The client's id.
    id: String,
    /// A .json or .png file; without it, JSON goes to stdout.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// The version of the card.
    #[arg(long, value_enum, default_value_t = CardVersion::V2)]
    card: CardVersion,
    /// The picture that the card goes into; without it, a plain one is made.
    #[arg(long, value_name = "FILE.png", requires = "to")]
    picture: Option<PathBuf>,
    /// Write over a file that is there.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    prompts: PromptArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CardVersion {
    /// Read by nearly every program.
    V2,
    /// The newer one; a picture gets both.
    V3,
}

#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    file: &'a Path,
    rest: Option<&'a Path>,
    statements: &'a [String],
}

pub(super) fn import(args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let wishes = Wishes {
        id: args.id.clone(),
        kind: args.kind,
        topic: args.topic.clone(),
        age: args.age,
        gender: args.gender,
    };
    let written = cards::import(&args.target.library()?, &args.file, &args.target.folder()?, &wishes)?;
    let id = &written.persona.id;
    if args.json {
        let (file, rest, statements) = (&written.file, written.rest.as_deref(), &written.statements);
        screen.json(&Shown { id, file, rest, statements })?;
    } else {
        written.statements.iter().for_each(|statement| screen.note(statement));
        screen.line(&written.file.display().to_string())?;
        if let Some(rest) = &written.rest {
            screen.note(&format!("the rest of the card is kept in {}", rest.display()));
        }
    }
    super::look_over(screen, &args.target, id)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn export(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let library = args.prompts.load()?;
    let version = match args.card {
        CardVersion::V2 => Version::V2,
        CardVersion::V3 => Version::V3,
    };
    let Some(to) = &args.to else {
        screen.text(&cards::export(&library, &args.id, version)?)?;
        return Ok(ExitCode::SUCCESS);
    };
    let ending = to.extension().map(|ending| ending.to_ascii_lowercase());
    let bytes = match ending.as_ref().and_then(|ending| ending.to_str()) {
        Some("png") => cards::export_picture(&library, &args.id, version, args.picture.as_deref())?,
        Some("json") if args.picture.is_none() => cards::export(&library, &args.id, version)?.into_bytes(),
        Some("json") => return Err(unfit(to, "JSON has no room for a picture").into()),
        _ => return Err(unfit(to, "a card is a .json or a .png file").into()),
    };
    let written = if args.force { write::over(to, &bytes) } else { write::new(to, &bytes) };
    written.map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => AppError::Exists { path: to.clone(), over: Some("--force") },
        _ => AppError::Unwritten { path: to.clone(), source },
    })?;
    screen.line(&to.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}

fn unfit(to: &Path, message: &str) -> Problem {
    Problem::new(&to.display().to_string(), message)
        .hint("name the file with `--to CARD.json` or `--to CARD.png`")
}

//! `pushback personas`: the trainer's bench.

mod calibrate;
mod cards;
mod new;
mod read;
mod trial;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{NOT_READY, PromptArgs, TargetArgs};
use crate::app::check;
use crate::domain::persona::{Kind, Persona};
use crate::ui::screen::{Screen, Tone};

#[derive(Debug, Args)]
pub(super) struct PersonasArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// All clients.
    List {
        /// An array of objects.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        prompts: PromptArgs,
    },
    /// One client.
    Show {
        /// The client's id.
        id: String,
        /// One object, every field.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        prompts: PromptArgs,
    },
    /// Look for mistakes in personas, lines, notes, lexicon, coach and drills.
    Check {
        #[command(flatten)]
        check: CheckArgs,
        #[command(flatten)]
        prompts: PromptArgs,
    },
    /// Measure whether clients do what they must: push back, soften, keep their role. Exit code 3
    /// where one does not.
    Test(trial::TestArgs),
    /// Set simulated clients of five start receptivities beside real sessions.
    Calibrate(calibrate::CalibrateArgs),
    /// A new client's file: asks what it needs to know, or begins with another client.
    New(new::NewArgs),
    /// A new client's file from a character card.
    Import(cards::ImportArgs),
    /// A client as a character card, for other programs and other trainers.
    Export(cards::ExportArgs),
    /// Every authored line with the replies that it answers, as JSON lines: what the pocket
    /// model is trained on.
    Lines {
        #[command(flatten)]
        prompts: PromptArgs,
    },
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// Warnings fail the check as well.
    #[arg(long)]
    strict: bool,
    /// One object: counts, problems, warnings.
    #[arg(long)]
    json: bool,
}

/// A client in the list.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    kind: Kind,
    topic: &'a str,
    difficulty: u8,
    blurb: &'a str,
}

pub(super) fn run(args: PersonasArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::List { json, prompts } => list(&prompts, json),
        Command::Show { id, json, prompts } => show(&prompts, &id, json),
        Command::Check { check: args, prompts } => check(&prompts, &args),
        Command::New(args) => new::run(&args),
        Command::Import(args) => cards::import(&args),
        Command::Export(args) => cards::export(&args),
        Command::Lines { prompts } => lines(&prompts),
        Command::Test(args) => trial::run(&args),
        Command::Calibrate(args) => calibrate::run(&args),
    }
}

fn list(prompts: &PromptArgs, json: bool) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let (personas, alone, problems) = prompts.load()?.clients();
    problems.iter().for_each(|p| screen.warn(p));
    if json {
        let rows: Vec<_> = personas.iter().map(row).collect();
        screen.json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    let width = personas.iter().map(|p| p.id.len()).max().unwrap_or_default();
    for (at, p) in personas.iter().enumerate() {
        if at == alone {
            screen.line("")?;
        }
        let id = screen.tinted(Tone::Strong, &format!("{:<width$}", p.id));
        let level = "•".repeat(usize::from(p.difficulty));
        screen.line(&format!(
            "{id} {:<18} {:<18} {:<10} {level:<4} {}",
            p.name,
            p.kind.as_str(),
            p.topic,
            p.blurb
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(p: &Persona) -> Row<'_> {
    Row { id: &p.id, name: &p.name, kind: p.kind, topic: &p.topic, difficulty: p.difficulty, blurb: &p.blurb }
}

fn show(prompts: &PromptArgs, id: &str, json: bool) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let persona = prompts.load()?.persona(id)?;
    if json {
        screen.json(&persona)?;
        return Ok(ExitCode::SUCCESS);
    }
    screen.line(&screen.tinted(Tone::Strong, &format!("{}, {}", persona.name, persona.age)))?;
    screen.line(&format!(
        "{} · {} · difficulty {}",
        persona.kind.as_str(),
        persona.topic,
        persona.difficulty
    ))?;
    screen.line(&format!("{}\nA good first session: {}\n", persona.blurb, persona.aim))?;
    screen.line(persona.body.trim())?;
    Ok(ExitCode::SUCCESS)
}

fn check(prompts: &PromptArgs, args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let checked = check::everything(&prompts.open()?)?;
    if args.json {
        screen.json(&checked)?;
    } else {
        checked.errors.iter().for_each(|p| screen.problem("error", p));
        checked.warnings.iter().for_each(|p| screen.warn(p));
        screen.line(&format!(
            "{} clients, {} distinct lines, {} problems, {} warnings",
            checked.clients,
            checked.lines,
            checked.errors.len(),
            checked.warnings.len()
        ))?;
    }
    let is_fine = checked.errors.is_empty() && (checked.warnings.is_empty() || !args.strict);
    Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::from(NOT_READY) })
}

/// What a trainer should look at in a file that has just been written, and how to try it.
fn look_over(screen: Screen, target: &TargetArgs, id: &str) -> anyhow::Result<()> {
    check::one(&target.library()?, id)?.iter().for_each(|p| screen.warn(p));
    let folder = target.prompts.as_ref().map(|dir| format!(" --prompts {}", dir.display()));
    screen.note(&format!("Try it: pushback --persona {id}{}", folder.unwrap_or_default()));
    Ok(())
}

fn lines(prompts: &PromptArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let library = prompts.load()?;
    let (banks, problems) = library.banks();
    problems.iter().for_each(|p| screen.warn(p));
    let (personas, _) = library.personas();
    for pair in banks.pairs(&personas.iter().collect::<Vec<_>>()) {
        screen.line(&serde_json::to_string(&pair)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

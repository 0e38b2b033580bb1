//! `pushback replay`: a scripted trainee with clients, or a stored session once more.

mod stored;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::model::ModelArgs;
use super::{DataArgs, FIRST_CLIENT, PromptArgs};
use crate::app::AppError;
use crate::app::library::Library;
use crate::app::rehearse::{Rehearsal, rehearse};
use crate::app::voice::Voice;
use crate::domain::persona::Persona;
use crate::domain::protocols::{Difference, Ending, Outcome, compare, ending, outcomes};
use crate::domain::session::{Path, SessionId, Turn};
use crate::ui::progress::Progress;
use crate::ui::runs;
use crate::ui::screen::{Screen, Tone};

/// How the two versions of a comparison are marked; the differences at the end call them so, too.
const HERE: &str = "here";
const THERE: &str = "there";

/// What to replay.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// A file with one reply per line, or the name of a script: argue-then-repair, mixed, skilled.
    #[arg(required_unless_present = "session")]
    script: Option<String>,
    /// The clients, with commas between them.
    #[arg(long, value_name = "ID[,ID]", value_delimiter = ',', default_value = FIRST_CLIENT)]
    persona: Vec<String>,
    /// Sessions for each client.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    seeds: u64,
    /// The seed of the first session; the others count on from it.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The same once more under these prompts, side by side.
    #[arg(long, value_name = "DIR", conflicts_with = "session")]
    compare: Option<PathBuf>,
    /// Moves, states and actions only; no model is run.
    #[arg(long, conflicts_with = "session")]
    state_only: bool,
    /// Repeat a stored session (the latest, or the one of this number) and tell what differs.
    #[arg(long, value_name = "SESSION", num_args = 0..=1, conflicts_with_all = ["script", "persona", "seeds", "seed"])]
    session: Option<Option<SessionId>>,
    /// One object.
    #[arg(long)]
    json: bool,
    /// Candidates that a free-writing model may try per reply.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=16))]
    candidates: u32,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    data: DataArgs,
}

/// One run.
#[derive(Serialize)]
struct Run {
    persona: String,
    #[serde(skip)]
    name: String,
    seed: u64,
    ending: Ending,
    turns: Vec<Turn>,
}

/// Everything, for programs.
#[derive(Serialize)]
struct Report<'a> {
    script: &'a str,
    runs: &'a [Run],
    figures: &'a [Outcome],
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<Compared<'a>>,
}

#[derive(Serialize)]
struct Compared<'a> {
    prompts: &'a std::path::Path,
    runs: &'a [Run],
    differences: &'a [Difference],
}

pub(super) fn run(args: &ReplayArgs) -> anyhow::Result<ExitCode> {
    let Some(script) = &args.script else { return stored::run(args) };
    let screen = Screen::of_process();
    let library = args.prompts.load()?;
    let lines = library.script(script)?;
    let mut voice = match args.state_only {
        true => None,
        false => Some(args.model.voice(&library, args.candidates, None, screen)?.0),
    };
    let mut progress = Progress::of(screen.reporting());
    let ours = runs_of(args, &library, &lines, (voice.as_mut(), &mut progress))?;
    let theirs = match &args.compare {
        None => None,
        Some(folder) => {
            let other = PromptArgs { prompts: Some(folder.clone()), lexicon: args.prompts.lexicon.clone() };
            let other = other.load()?;
            if let Some(voice) = &mut voice {
                voice.reworded(&other)?;
            }
            Some(runs_of(args, &other, &lines, (voice.as_mut(), &mut progress))?)
        }
    };
    progress.end();
    print(screen, args, &ours, theirs.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// All runs under the prompts of `library`.
fn runs_of(
    args: &ReplayArgs,
    library: &Library,
    lines: &[String],
    (mut voice, progress): (Option<&mut Voice>, &mut Progress),
) -> Result<Vec<Run>, AppError> {
    let personas = args.persona.iter().map(|id| library.persona(id)).collect::<Result<Vec<Persona>, _>>()?;
    let judge = library.judge()?;
    let all = personas.len() * args.seeds as usize;
    let mut runs = Vec::with_capacity(all);
    for persona in &personas {
        for seed in args.seed..args.seed.saturating_add(args.seeds) {
            let rehearsal = Rehearsal { persona, seed, judge: &judge };
            let path = rehearse(rehearsal, lines, voice.as_deref_mut())?;
            runs.push(Run::of(persona, seed, &path));
            progress.part(runs.len(), all, "sessions");
        }
    }
    Ok(runs)
}

impl Run {
    fn of(persona: &Persona, seed: u64, path: &Path) -> Self {
        let name = persona.name.split_whitespace().next().unwrap_or_default().to_owned();
        let turns = path.turns().to_vec();
        Self { persona: persona.id.clone(), name, seed, ending: ending(path), turns }
    }
}

fn print(screen: Screen, args: &ReplayArgs, ours: &[Run], theirs: Option<&[Run]>) -> anyhow::Result<()> {
    let endings = |runs: &[Run]| runs.iter().map(|run| run.ending).collect::<Vec<_>>();
    let figures = outcomes(&endings(ours));
    let differences = theirs.map(|theirs| compare(&endings(ours), &endings(theirs)));
    let folder = args.compare.as_deref().unwrap_or(std::path::Path::new(""));
    if args.json {
        let compared = theirs.zip(differences.as_ref()).map(|(runs, differences)| Compared {
            prompts: folder,
            runs,
            differences,
        });
        let script = args.script.as_deref().unwrap_or_default();
        screen.json(&Report { script, runs: ours, figures: &figures, compared })?;
        return Ok(());
    }
    match theirs {
        None => print_runs(screen, ours)?,
        Some(theirs) => {
            screen.line(&format!("here: the prompts in force; there: with those of {}", folder.display()))?;
            screen.line("")?;
            for (ours, theirs) in ours.iter().zip(theirs) {
                print_pair(screen, ours, theirs)?;
            }
        }
    }
    let last = differences.map_or_else(|| runs::outcomes(&figures), |d| runs::differences(&d));
    for line in last {
        screen.line(&line)?;
    }
    Ok(())
}

/// Two runs with the same client and seed: what came of each of the trainee's lines, beside each
/// other where there is room for that.
fn print_pair(screen: Screen, ours: &Run, theirs: &Run) -> anyhow::Result<()> {
    screen.line(&screen.tinted(Tone::Strong, &format!("{}, seed {}", ours.name, ours.seed)))?;
    for at in 0..ours.turns.len().max(theirs.turns.len()) {
        let turns = [(HERE, ours, ours.turns.get(at)), (THERE, theirs, theirs.turns.get(at))];
        if let Some(said) = turns.iter().find_map(|(.., turn)| runs::said((*turn)?)) {
            screen.line(&said)?;
        }
        // A client who has left says no more.
        let [here, there] = turns.map(|(mark, run, turn)| {
            let mut lines = vec![mark.to_owned()];
            lines.extend(turn.map_or_else(Vec::new, |turn| runs::outcome(&run.name, turn)));
            lines
        });
        if screen.beside(&here, &there)? {
            screen.line("")?;
            continue;
        }
        for version in [here, there] {
            for (at, line) in version.iter().enumerate() {
                let indent = if at == 0 { "     " } else { "       " };
                screen.line(&format!("{indent}{line}"))?;
            }
        }
    }
    screen.line("")?;
    Ok(())
}

fn print_runs(screen: Screen, all: &[Run]) -> anyhow::Result<()> {
    for run in all {
        screen.line(&screen.tinted(Tone::Strong, &format!("{}, seed {}", run.name, run.seed)))?;
        for line in runs::run(&run.name, &Path::new(run.turns.clone())) {
            screen.line(&line)?;
        }
        screen.line("")?;
    }
    Ok(())
}

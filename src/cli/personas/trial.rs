//! `pushback personas test`: the protocols, as a table.

use std::ops::ControlFlow;
use std::process::ExitCode;

use clap::Args;

use crate::app::library::Library;
use crate::app::rehearse::{Trial, try_replies};
use crate::cli::model::ModelArgs;
use crate::cli::{NOT_READY, PromptArgs};
use crate::domain::persona::Persona;
use crate::domain::protocols::{Figure, measure_state};
use crate::ui::figures;
use crate::ui::progress::Progress;
use crate::ui::screen::Screen;

/// Sessions for each client where nothing is said: of moves alone ...
const STATE_SEEDS: u64 = 200;
/// ... and, for each script as well, of replies.
const REPLY_SEEDS: u64 = 3;

/// What to test.
#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// The clients' ids; without them, all.
    ids: Vec<String>,
    /// Also what clients say: with the bundled client, or the model of `--model`.
    #[arg(long)]
    with_model: bool,
    /// Sessions for each client: 200 by default. With a model, sessions of replies for each client
    /// and script: 3 by default; those of moves are 200 then.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=100_000))]
    seeds: Option<u64>,
    /// An array of objects.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    prompts: PromptArgs,
}

pub(super) fn run(args: &TestArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let library = args.prompts.load()?;
    let personas = chosen(screen, &library, &args.ids)?;
    let mut progress = Progress::of(screen.reporting());
    let speaks = args.with_model || args.model.path().is_some();
    let seeds = args.seeds.filter(|_| !speaks).unwrap_or(STATE_SEEDS);
    let mut measured = measure_state(&personas, seeds, &mut |done, all| progress.part(done, all, "clients"));
    if speaks {
        let (mut voice, _) = args.model.voice(&library, 3, None, screen)?;
        let seeds = args.seeds.unwrap_or(REPLY_SEEDS);
        let trial = Trial { personas: &personas, seeds, library: &library };
        measured.extend(try_replies(&trial, &mut voice, &mut |done, all| {
            progress.part(done, all, "sessions");
            ControlFlow::Continue(())
        })?);
    }
    progress.end();
    print(screen, &measured, args.json)?;
    let failed = measured.iter().any(|figure| !figure.passed);
    Ok(if failed { ExitCode::from(NOT_READY) } else { ExitCode::SUCCESS })
}

/// The clients of these ids; without any, all that can be read.
fn chosen(screen: Screen, library: &Library, ids: &[String]) -> anyhow::Result<Vec<Persona>> {
    if ids.is_empty() {
        let (personas, problems) = library.personas();
        problems.iter().for_each(|p| screen.warn(p));
        return Ok(personas);
    }
    Ok(ids.iter().map(|id| library.persona(id)).collect::<Result<_, _>>()?)
}

fn print(screen: Screen, measured: &[Figure], json: bool) -> anyhow::Result<()> {
    if json {
        screen.json(&measured)?;
        return Ok(());
    }
    for line in figures::table(screen, measured) {
        screen.line(&line)?;
    }
    screen.line(&figures::verdict(measured))?;
    Ok(())
}

//! `pushback models show`: what a model is, and what would run it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::app::AppError;
use crate::app::models::{Card, ModelError};
use crate::cli::NOT_READY;
use crate::cli::model::ModelFile;
use crate::cli::prompt::visible;
use crate::domain::catalog::Entry;
use crate::engine::Runner;
use crate::ui::screen::Screen;

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// A name of `pushback models list`, ORG/REPO[:FILE|:QUANT], or a path; the same as `--model`.
    #[arg(value_name = "NAME|PATH", conflicts_with = "model")]
    name: Option<PathBuf>,
    /// One object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    model: ModelFile,
}

pub(super) fn run(args: &ShowArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let model = args.name.clone().map_or_else(|| args.model.clone(), ModelFile::named);
    let found = match model.found() {
        // What is not here has no file to read, but the catalog knows of it.
        Err(AppError::Model(ModelError::NotPulled(entry))) if !args.json => {
            of_catalog(screen, &entry)?;
            screen.note(&format!("\nIt is not here: `pushback models pull {}` brings it.", entry.name));
            return Ok(ExitCode::from(NOT_READY));
        }
        found => found?,
    };
    let reader = model.reader()?;
    let (path, entry) = found.map_or((None, None), |found| (Some(found.path), found.entry));
    let card = Card::of(&reader, path, entry).map_err(AppError::from)?;
    if args.json {
        screen.json(&card)?;
        return Ok(ExitCode::SUCCESS);
    }
    of_file(screen, &card)?;
    Ok(ExitCode::SUCCESS)
}

fn of_file(screen: Screen, card: &Card) -> std::io::Result<()> {
    let file = &card.file;
    let runner = match file.runner {
        Runner::Decoder => "the program's own decoder",
        Runner::Fallback => "candle-transformers, which reads a prompt again where it changed",
        Runner::Server => "a server",
        Runner::Script => "nothing: replies are written beforehand",
    };
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let room = match (card.memory.fits(), card.memory.is_possible()) {
        (true, _) => "",
        (false, true) => ": close other programs",
        (false, false) => ": too little",
    };
    let memory = format!("{:.0} MiB of {:.0}{room}", mib(card.memory.bytes), mib(card.memory.of_bytes));
    let lines = [
        ("name", file.name.clone()),
        ("family", file.architecture.clone()),
        ("weights", format!("{:.2} billion: {}", file.parameters as f64 / 1e9, file.quantisation)),
        ("file", format!("{:.0} MiB", mib(file.file_bytes))),
        ("context", format!("{} tokens", file.context_tok)),
        ("vocabulary", format!("{} tokens", card.vocabulary)),
        ("tokenizer", card.tokenizer.clone()),
        ("memory", memory),
        ("run by", runner.to_owned()),
    ];
    let path = card.path.as_ref().map(|path| ("path", path.display().to_string()));
    let about =
        card.catalog.iter().flat_map(|e| [("licence", e.licence.clone()), ("about", e.about.clone())]);
    for (name, what) in lines.into_iter().chain(path).chain(about) {
        screen.line(&format!("{name:<11} {what}"))?;
    }
    screen.line(&format!("\nHow it is told of a conversation:\n{}", visible(&card.preview)))
}

fn of_catalog(screen: Screen, entry: &Entry) -> std::io::Result<()> {
    for (name, what) in [
        ("name", entry.title.clone()),
        ("family", entry.architecture.clone()),
        ("weights", entry.quant.clone()),
        ("file", entry.size()),
        ("context", format!("{} tokens", entry.context_tok)),
        ("memory", format!("a computer with {} GiB", entry.ram_gib)),
        ("from", format!("{}: {} ({})", entry.repo, entry.file, entry.revision)),
        ("licence", entry.licence.clone()),
        ("about", entry.about.clone()),
    ] {
        screen.line(&format!("{name:<11} {what}"))?;
    }
    Ok(())
}

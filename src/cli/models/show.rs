//! `pushback models show`: what a model is, and what would run it.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::cli::model::ModelFile;
use crate::engine::{FileInfo, Runner};
use crate::ui::screen::Screen;

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// One object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    model: ModelFile,
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    file: &'a FileInfo,
    vocabulary: usize,
}

pub(super) fn run(args: &ShowArgs) -> anyhow::Result<ExitCode> {
    let model = args.model.reader()?;
    let (screen, file) = (Screen::of_process(), model.info());
    if args.json {
        screen.json(&Shown { file, vocabulary: model.vocab() })?;
        return Ok(ExitCode::SUCCESS);
    }
    let runner = match file.runner {
        Runner::Decoder => "the program's own decoder",
        Runner::Fallback => "candle-transformers, which reads a prompt again where it changed",
        Runner::Script => "nothing: replies are written beforehand",
    };
    let mib = file.file_bytes as f64 / f64::from(1 << 20);
    for (name, what) in [
        ("name", file.name.clone()),
        ("family", file.architecture.clone()),
        ("weights", format!("{:.2} billion: {}", file.parameters as f64 / 1e9, file.quantisation)),
        ("file", format!("{mib:.0} MiB")),
        ("context", format!("{} tokens", file.context_tok)),
        ("vocabulary", format!("{} tokens", model.vocab())),
        ("run by", runner.to_owned()),
    ] {
        screen.line(&format!("{name:<11} {what}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

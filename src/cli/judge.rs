//! `pushback judge FILE`: code a transcript.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::PromptArgs;
use crate::app;
use crate::domain::problem::Problem;
use crate::files::transcript::Columns;
use crate::ui::screen::Screen;

#[derive(Debug, Args)]
pub(super) struct JudgeArgs {
    /// CSV, JSON lines, or plain text with `T:` and `C:` at the head of each turn; `-` is stdin.
    file: PathBuf,
    /// CSV column that tells conversations apart.
    #[arg(long, value_name = "NAME", default_value = "transcript_id")]
    transcript_column: String,
    /// CSV column that numbers turns.
    #[arg(long, value_name = "NAME", default_value = "utterance_id")]
    utterance_column: String,
    /// CSV column that says who speaks.
    #[arg(long, value_name = "NAME", default_value = "interlocutor")]
    speaker_column: String,
    /// CSV column with the words.
    #[arg(long, value_name = "NAME", default_value = "utterance_text")]
    text_column: String,
    /// End with one object of figures over the whole file.
    #[arg(long)]
    summary: bool,
    #[command(flatten)]
    prompts: PromptArgs,
}

pub(super) fn run(args: JudgeArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let judge = args.prompts.load()?.judge()?;
    let name = args.file.display().to_string();
    let mut bytes = Vec::new();
    if name == "-" {
        std::io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        bytes = std::fs::read(&args.file)
            .map_err(|e| Problem::new(&name, format!("can't be read: {e}")).hint("check the path"))?;
    }
    let columns = Columns {
        transcript: args.transcript_column,
        utterance: args.utterance_column,
        speaker: args.speaker_column,
        text: args.text_column,
    };
    let judged = app::judge::judge(&judge, &name, &bytes, &columns)?;
    let mut lines = String::new();
    for turn in &judged.turns {
        lines.push_str(&serde_json::to_string(&turn.record)?);
        lines.push('\n');
    }
    if args.summary {
        lines.push_str(&serde_json::to_string(&serde_json::json!({ "summary": judged.summary }))?);
        lines.push('\n');
    }
    screen.text(&lines)?;
    Ok(ExitCode::SUCCESS)
}

//! `pushback report`: one session, to read or to take along.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::sessions::one;
use super::{DataArgs, PromptArgs};
use crate::app::AppError;
use crate::app::report::{Reviewer, report};
use crate::domain::session::SessionId;
use crate::files::write::{self, Standing};
use crate::report::{Report, csv, html, markdown, text};
use crate::ui::screen::Screen;
use crate::ui::words;

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The session's number; without it, the latest.
    id: Option<SessionId>,
    /// One HTML file that needs nothing else: to read in a browser, to print.
    #[arg(long, group = "format")]
    html: bool,
    /// Markdown.
    #[arg(long, group = "format")]
    md: bool,
    /// One JSON object.
    #[arg(long, group = "format")]
    json: bool,
    /// A row for everything that was said, for a spreadsheet or `pushback judge`.
    #[arg(long, group = "format")]
    csv: bool,
    /// Write into this file, which only you can read; its ending tells the format.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write over a file that is there.
    #[arg(long, requires = "out")]
    force: bool,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Text,
    Html,
    Markdown,
    Json,
    Csv,
}

pub(super) fn run(args: &ReportArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let store = args.data.store()?;
    let reviewer = Reviewer::of(&args.prompts.load()?)?;
    let report = report(&store, &reviewer, one(&store, args.id)?)?;
    let format = args.format();
    if let Some(out) = &args.out {
        let standing = if args.force { Standing::Replaced } else { Standing::Stays };
        write::private(out, written(&report, format)?.as_bytes(), standing).map_err(|source| match source
            .kind()
        {
            io::ErrorKind::AlreadyExists => AppError::Exists { path: out.clone() },
            _ => AppError::Unwritten { path: out.clone(), source },
        })?;
        screen.line(&out.display().to_string())?;
    } else if format == Format::Text {
        for line in lines(&report) {
            screen.line(&line)?;
        }
    } else {
        screen.text(&written(&report, format)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

impl ReportArgs {
    fn format(&self) -> Format {
        match self {
            Self { html: true, .. } => Format::Html,
            Self { md: true, .. } => Format::Markdown,
            Self { json: true, .. } => Format::Json,
            Self { csv: true, .. } => Format::Csv,
            Self { out: Some(out), .. } => {
                let ending = out.extension().map(|ending| ending.to_ascii_lowercase());
                match ending.as_ref().and_then(|ending| ending.to_str()) {
                    Some("html" | "htm") => Format::Html,
                    Some("md" | "markdown") => Format::Markdown,
                    Some("json") => Format::Json,
                    Some("csv") => Format::Csv,
                    _ => Format::Text,
                }
            }
            _ => Format::Text,
        }
    }
}

fn lines(report: &Report) -> Vec<String> {
    text::lines(report, &words::summary(&report.summary))
}

fn written(report: &Report, format: Format) -> serde_json::Result<String> {
    Ok(match format {
        Format::Text => lines(report).iter().map(|line| format!("{line}\n")).collect(),
        Format::Html => html::file(report),
        Format::Markdown => markdown::file(report),
        Format::Json => format!("{}\n", serde_json::to_string_pretty(report)?),
        Format::Csv => csv::file(report),
    })
}

//! `pushback report`: one session, to read or to take along.

use std::io;
use std::path::{self, Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::sessions::one;
use super::{DataArgs, PromptArgs, browser};
use crate::app::AppError;
use crate::app::report::{Form, Report, Reviewer, report, written};
use crate::domain::session::SessionId;
use crate::files::write::{self, Standing};
use crate::report::text;
use crate::ui::screen::Screen;
use crate::ui::words;

/// The folder in the data folder for reports that are only looked at.
const REPORTS: &str = "reports";

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
    /// Open it in the browser, as HTML: the file that --out names, else one in the data folder.
    #[arg(long, conflicts_with_all = ["md", "json", "csv"])]
    open: bool,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) fn run(args: &ReportArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let store = args.data.store()?;
    let reviewer = Reviewer::of(&args.prompts.load()?)?;
    let report = report(&store, &reviewer, one(&store, args.id)?)?;
    let form = args.form();
    if let Some((out, standing)) = args.file(&report)? {
        write::private(&out, bytes(&report, form).as_bytes(), standing).map_err(|source| {
            let path = out.clone();
            match source.kind() {
                io::ErrorKind::AlreadyExists => AppError::Exists { path, over: Some("--force") },
                _ => AppError::Unwritten { path, source },
            }
        })?;
        screen.line(&out.display().to_string())?;
        if args.open {
            show(&out, screen)?;
        }
    } else if let Some(form) = form {
        screen.text(&written(&report, form))?;
    } else {
        for line in lines(&report) {
            screen.line(&line)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens a file in the browser.
fn show(file: &Path, screen: Screen) -> io::Result<()> {
    if !browser::open(path::absolute(file)?) {
        screen.note("No browser could be opened; open the file yourself.");
    }
    Ok(())
}

impl ReportArgs {
    /// The file that is written, if one is, and what becomes of an older one.
    fn file(&self, report: &Report) -> Result<Option<(PathBuf, Standing)>, AppError> {
        if let Some(out) = &self.out {
            let standing = if self.force { Standing::Replaced } else { Standing::Stays };
            return Ok(Some((out.clone(), standing)));
        }
        if !self.open {
            return Ok(None);
        }
        // Our own from last time, so it may be written over.
        let name = format!("session-{}.html", report.session.id);
        let folder = self.data.folder().ok_or_else(super::no_home)?.join(REPORTS);
        Ok(Some((folder.join(name), Standing::Replaced)))
    }

    /// The form that was asked for, or that the file's ending tells; none is text.
    fn form(&self) -> Option<Form> {
        match self {
            Self { html: true, .. } | Self { open: true, .. } => Some(Form::Html),
            Self { md: true, .. } => Some(Form::Markdown),
            Self { json: true, .. } => Some(Form::Json),
            Self { csv: true, .. } => Some(Form::Csv),
            Self { out, .. } => {
                let ending = out.as_ref()?.extension()?.to_ascii_lowercase();
                match ending.to_str()? {
                    "html" | "htm" => Some(Form::Html),
                    "md" | "markdown" => Some(Form::Markdown),
                    "json" => Some(Form::Json),
                    "csv" => Some(Form::Csv),
                    _ => None,
                }
            }
        }
    }
}

fn lines(report: &Report) -> Vec<String> {
    text::lines(report, &words::summary(&report.summary))
}

fn bytes(report: &Report, form: Option<Form>) -> String {
    match form {
        Some(form) => written(report, form),
        None => lines(report).iter().map(|line| format!("{line}\n")).collect(),
    }
}

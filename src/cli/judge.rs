//! `pushback judge FILE`: code a transcript.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::{FAILED, PromptArgs};
use crate::app::judge::{Ending, JudgeError, Told, judge};
use crate::domain::judge::bulk::Speaker;
use crate::domain::problem::Problem;
use crate::files::transcript::{Columns, Format, Labels, Options, Reader};
use crate::ui::progress::Progress;
use crate::ui::screen::Screen;

#[derive(Debug, Args)]
pub(super) struct JudgeArgs {
    /// A table (CSV, TSV), JSON lines, captions (WebVTT, SRT), or plain text with `T:` and `C:` at
    /// the head of each turn; `-` is stdin.
    file: PathBuf,
    /// What the file is, if neither its name nor its beginning says so.
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    format: Option<Format>,
    /// Column that tells conversations apart.
    #[arg(long, value_name = "NAME", default_value = "transcript_id")]
    transcript_column: String,
    /// Column that numbers turns.
    #[arg(long, value_name = "NAME", default_value = "utterance_id")]
    utterance_column: String,
    /// Column that says who speaks.
    #[arg(long, value_name = "NAME", default_value = "interlocutor")]
    speaker_column: String,
    /// Column with the words.
    #[arg(long, value_name = "NAME", default_value = "utterance_text")]
    text_column: String,
    /// A name that the trainee goes by in the file; may be repeated. Common ones are known.
    #[arg(long = "trainee-label", value_name = "NAME")]
    trainee_labels: Vec<String>,
    /// A name that the client goes by in the file; may be repeated. Common ones are known.
    #[arg(long = "client-label", value_name = "NAME")]
    client_labels: Vec<String>,
    /// End with one object of figures over the whole file.
    #[arg(long)]
    summary: bool,
    #[command(flatten)]
    prompts: PromptArgs,
}

fn formats() -> impl TypedValueParser<Value = Format> {
    let named = |name: &str| Format::ALL.into_iter().find(|(known, _)| *known == name);
    PossibleValuesParser::new(Format::ALL.map(|(name, _)| name))
        .try_map(move |name| named(&name).map(|(_, format)| format).ok_or("no such format"))
}

pub(super) fn run(args: JudgeArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let lexicon = args.prompts.load()?.judge()?;
    let name = args.file.display().to_string();
    let source: Box<dyn Read> = if name == "-" {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(&args.file);
        Box::new(file.map_err(|e| Problem::new(&name, format!("can't be read: {e}")).hint("check the path"))?)
    };
    let ending = if args.summary { Ending::Summary } else { Ending::None };
    let mut reader = Reader::open(&name, source, &options(args))?;
    let mut progress = Progress::of(screen);
    let mut tell = |told: Told<'_>| match told {
        Told::Broken(problem) => progress.aside(|screen| screen.warn(problem)),
        Told::Done { rows, bytes } => progress.at(rows, bytes),
    };
    let done = judge(&lexicon, &mut reader, (&mut screen.writer(), ending), &mut tell);
    progress.end();
    let judged = done.map_err(|error| match error {
        JudgeError::Input(problem) => anyhow::Error::from(problem),
        error @ JudgeError::Output(_) => error.into(),
    })?;
    match judged.broken {
        0 => return Ok(ExitCode::SUCCESS),
        1 => screen.note("1 row could not be read"),
        n => screen.note(&format!("{n} rows could not be read")),
    }
    Ok(ExitCode::from(FAILED))
}

fn options(args: JudgeArgs) -> Options {
    let columns = Columns {
        transcript: args.transcript_column,
        utterance: args.utterance_column,
        speaker: args.speaker_column,
        text: args.text_column,
    };
    let add = |labels: Labels, names: &[String], speaker| {
        names.iter().fold(labels, |labels, name| labels.with(name, speaker))
    };
    let labels = add(Labels::default(), &args.trainee_labels, Speaker::Trainee);
    let labels = add(labels, &args.client_labels, Speaker::Client);
    Options { format: args.format, columns, labels }
}

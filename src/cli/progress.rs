//! `pushback progress`: a trainee's figures from session to session.

use std::process::ExitCode;

use clap::Args;

use super::DataArgs;
use crate::app::AppError;
use crate::app::report::progress;
use crate::domain::problem::nearest;
use crate::domain::progress::{Measure, Progress, Trends};
use crate::report::progress::{counts, figure, name, way};
use crate::store::Store;
use crate::ui::screen::{Screen, Tone};
use crate::ui::words::sparkline;

#[derive(Debug, Args)]
pub(super) struct ProgressArgs {
    /// Only sessions with this client.
    #[arg(long, value_name = "ID")]
    persona: Option<String>,
    /// One object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataArgs,
}

/// The newest sessions in a line of blocks.
const BLOCKS: usize = 20;

pub(super) fn run(args: &ProgressArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let store = args.data.store()?;
    let progress = progress(&store, args.persona.as_deref())?;
    if args.json {
        screen.json(&progress)?;
        return Ok(ExitCode::SUCCESS);
    }
    show(screen, &progress, args.persona.is_some())?;
    if let Some(asked) = args.persona.as_ref().filter(|_| is_empty(&progress)) {
        screen.note(&nobody(&store, asked)?);
    }
    Ok(ExitCode::SUCCESS)
}

fn is_empty(progress: &Progress) -> bool {
    progress.sessions + progress.too_short + progress.open_exams == 0
}

fn show(screen: Screen, progress: &Progress, one_client: bool) -> anyhow::Result<()> {
    for line in counts(progress) {
        screen.line(&line)?;
    }
    let all = (!one_client && progress.sessions > 0).then_some(&progress.all);
    for trends in all.into_iter().chain(&progress.clients) {
        let heading = match (&trends.name, &trends.persona) {
            (Some(name), Some(id)) => format!("With {name} ({id}), {} sessions", trends.sessions),
            _ => format!("All {} sessions", trends.sessions),
        };
        screen.line("")?;
        screen.line(&screen.tinted(Tone::Strong, &heading))?;
        for line in table(trends) {
            screen.line(&line)?;
        }
    }
    Ok(())
}

fn table(trends: &Trends) -> Vec<String> {
    let mut lines = vec![format!("  {:<26}{:>10}{:>10}  {:<17}", "", "first five", "last five", "")];
    for trend in &trends.trends {
        let (measure, newest) = (trend.measure, trends.points.len().saturating_sub(BLOCKS));
        let (low, high) = scale(measure);
        let known = trends.points.iter().skip(newest).filter_map(|point| point.figure(measure));
        let levels: Vec<f32> = known.map(|x| ((x - low) / (high - low)).clamp(0.0, 1.0)).collect();
        let line = format!(
            "  {:<26}{:>10}{:>10}  {:<17}{}",
            name(measure),
            figure(measure, trend.first),
            figure(measure, trend.last),
            way(trend.way),
            sparkline(&levels)
        );
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// From the lowest block to the highest: always the same, so that a small change looks small.
fn scale(measure: Measure) -> (f32, f32) {
    match measure {
        Measure::Consistency | Measure::ComplexShare => (0.0, 1.0),
        Measure::MeanRoll => (-1.0, 1.0),
        Measure::ReflectionsToQuestions => (0.0, 3.0),
        Measure::LongestArguing => (0.0, 8.0),
        Measure::Readiness => (-0.5, 0.5),
    }
}

/// What is said where there is no session with a client.
fn nobody(store: &Store, asked: &str) -> anyhow::Result<String> {
    let known: Vec<String> =
        store.list().map_err(AppError::from)?.into_iter().map(|listed| listed.persona).collect();
    Ok(match nearest(asked, known.iter().map(String::as_str)) {
        Some(id) => format!("No session with `{asked}`. Did you mean `{id}`?"),
        None => format!("No session with `{asked}` yet."),
    })
}

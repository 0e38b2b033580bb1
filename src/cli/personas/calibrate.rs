//! `pushback personas calibrate`: clients by start receptivity beside real sessions.

use std::process::ExitCode;

use clap::Args;

use crate::cli::NOT_READY;
use crate::domain::protocols::calibrate;
use crate::ui::figures;
use crate::ui::progress::Progress;
use crate::ui::screen::Screen;

/// How much to simulate.
#[derive(Debug, Args)]
pub(super) struct CalibrateArgs {
    /// Sessions for each start receptivity.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    seeds: u64,
    /// One object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &CalibrateArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let mut progress = Progress::of(screen.reporting());
    let table = calibrate(args.seeds, &mut |done, all| progress.part(done, all, "receptivities"));
    progress.end();
    if args.json {
        screen.json(&table)?;
    } else {
        for line in figures::calibration(&table) {
            screen.line(&line)?;
        }
    }
    Ok(if table.holds() { ExitCode::SUCCESS } else { ExitCode::from(NOT_READY) })
}

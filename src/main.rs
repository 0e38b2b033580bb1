//! Parse, run, print error and hint, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    pushback::cli::run()
}

//! `pushback completions` and `pushback man`: what a packager installs beside the program.

use std::process::ExitCode;

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use super::{Cli, USAGE};
use crate::ui::screen::Screen;

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell to complete in.
    shell: Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// A command, such as `personas import`; without it, the program.
    command: Vec<String>,
}

pub(super) fn completions(args: CompletionsArgs) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "pushback", &mut script);
    Screen::of_process().text(&String::from_utf8(script)?)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn man(args: &ManArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let mut command = Cli::command();
    // Names the subcommands by their whole path, as a manual does.
    command.build();
    let Some(command) = below(&command, &args.command) else {
        screen.note(&format!("error: there is no command `{}`", args.command.join(" ")));
        screen.note("\nhint: `pushback --help` lists them");
        return Ok(ExitCode::from(USAGE));
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    screen.text(&String::from_utf8(page)?)?;
    Ok(ExitCode::SUCCESS)
}

fn below<'a>(command: &'a Command, path: &[String]) -> Option<&'a Command> {
    path.iter().try_fold(command, |command, name| command.find_subcommand(name))
}

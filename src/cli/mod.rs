//! Arguments as typed -> use cases -> exit code. One file per subcommand.
//! Knows: everything below it. Never: what a use case does.

mod bench;
mod browser;
mod chat;
mod config;
mod doctor;
mod drill;
mod exam;
mod interrupt;
mod judge;
mod manual;
mod model;
mod models;
mod personas;
mod progress;
mod prompt;
mod prompts;
mod replay;
mod report;
mod serve;
mod sessions;
mod welcome;

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::app::AppError;
use crate::app::library::{Folders, Library};
use crate::domain::problem::Problem;
use crate::files::paths::Paths;
use crate::store::{Store, StoreError};
use crate::ui::plain::TalkError;
use crate::ui::screen::Screen;

/// Practise motivational interviewing with a client who pushes back.
///
/// Without a command: choose a client and talk. Everything stays on this computer, unless --engine
/// names another one. A practice tool, not therapy.
#[derive(Debug, Parser)]
#[command(name = "pushback", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    chat: chat::ChatArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Practise (the default).
    Chat(chat::ChatArgs),
    /// The clients that there are.
    Personas(personas::PersonasArgs),
    /// Run a scripted trainee against clients, or a stored session once more.
    Replay(replay::ReplayArgs),
    /// One difficult moment, until three replies in a row roll with it.
    Drill(drill::DrillArgs),
    /// Exams: the same client, dice and files for everybody, and a seal.
    Exam(exam::ExamArgs),
    /// Code a transcript: one JSON line per turn.
    Judge(judge::JudgeArgs),
    /// Sessions on this computer.
    Sessions(sessions::SessionsArgs),
    /// The page: practise and review in a browser.
    Serve(serve::ServeArgs),
    /// A session to read or take along: what went well, figures, the conversation.
    Report(report::ReportArgs),
    /// Your figures from session to session.
    Progress(progress::ProgressArgs),
    /// Models on this computer.
    Models(models::ModelsArgs),
    /// What a model is sent.
    Prompt(prompt::TokensArgs),
    /// Prompt files to edit.
    Prompts(prompts::PromptsArgs),
    /// Look for what is wrong with program, model, prompts and sessions on this computer.
    Doctor(doctor::DoctorArgs),
    /// Measure how fast a model runs here.
    Bench(bench::BenchArgs),
    /// Where things lie on this computer.
    Config(config::ConfigArgs),
    /// A completion script for a shell.
    Completions(manual::CompletionsArgs),
    /// A page of the manual.
    Man(manual::ManArgs),
}

/// Where prompts come from.
#[derive(Clone, Debug, Default, Args)]
struct PromptArgs {
    /// A folder laid over the built-in prompts: same path replaces, any other adds.
    #[arg(long, value_name = "DIR")]
    prompts: Option<PathBuf>,
    /// A folder of lexicon files (*.toml) laid over the judge's own, file by file.
    #[arg(long, value_name = "DIR")]
    lexicon: Option<PathBuf>,
}

/// Where sessions are kept.
#[derive(Clone, Debug, Default, Args)]
struct DataArgs {
    /// Keep sessions in this folder.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl PromptArgs {
    /// The prompts, without a word on files that were left out.
    fn open(&self) -> Result<Library, AppError> {
        let (prompts, lexicon) = (self.prompts.clone(), self.lexicon.clone());
        Library::open(Folders { user: user_prompts().ok(), prompts, lexicon })
    }

    fn load(&self) -> Result<Library, AppError> {
        let library = self.open()?;
        let screen = Screen::of_process();
        library.unread().iter().for_each(|p| screen.warn(p));
        Ok(library)
    }
}

/// The user's own prompts, whether or not there are any.
fn user_prompts() -> Result<PathBuf, AppError> {
    Paths::of_user().map(|p| p.config.join("prompts")).ok_or_else(no_home)
}

fn no_home() -> AppError {
    let source = std::io::Error::other("there is no home folder");
    AppError::Folder { path: PathBuf::from("prompts"), source }
}

/// Where prompt files are written.
#[derive(Clone, Debug, Default, Args)]
struct TargetArgs {
    /// Write into this prompts folder instead of your own; it need not be there yet.
    #[arg(long, value_name = "DIR")]
    prompts: Option<PathBuf>,
}

impl TargetArgs {
    fn folder(&self) -> Result<PathBuf, AppError> {
        self.prompts.clone().map_or_else(user_prompts, Ok)
    }

    /// What there is already.
    fn library(&self) -> Result<Library, AppError> {
        let prompts = self.prompts.clone().filter(|folder| folder.is_dir());
        Library::open(Folders { user: user_prompts().ok(), prompts, lexicon: None })
    }
}

impl DataArgs {
    /// Where heads of conversations are kept, as the model has read them: they can be read again.
    fn heads(&self) -> Option<PathBuf> {
        let folder = self.data.clone().or_else(|| Paths::of_user().map(|p| p.cache));
        folder.map(|folder| folder.join("heads"))
    }

    fn folder(&self) -> Option<PathBuf> {
        self.data.clone().or_else(|| Paths::of_user().map(|p| p.data))
    }

    fn store(&self) -> Result<Store, AppError> {
        let folder = self.folder().ok_or_else(|| {
            let source = std::io::Error::other("there is no home folder");
            StoreError::Folder { path: PathBuf::from("sessions"), source }
        })?;
        Ok(Store::open(&folder)?)
    }
}

/// The client who comes in when nobody is named.
const FIRST_CLIENT: &str = "ray";

/// A seed that nobody chose: the standard library's own random keys, so no further crate.
fn any_seed() -> u64 {
    // 32 bits are enough to differ, and can be typed again.
    RandomState::new().hash_one(0u8) >> 32
}

/// Exit code: what was asked for did not work.
const FAILED: u8 = 1;
/// Exit code: the command line makes no sense.
const USAGE: u8 = 2;
/// Exit code: something needed is not there yet, or a check found problems.
const NOT_READY: u8 = 3;
/// Exit code: Ctrl-C, as shells count it.
const INTERRUPTED: u8 = 130;

/// Runs the program for the arguments of this process.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        None => chat::run(cli.chat),
        Some(Command::Chat(args)) => chat::run(args),
        Some(Command::Personas(args)) => personas::run(args),
        Some(Command::Replay(args)) => replay::run(&args),
        Some(Command::Drill(args)) => drill::run(args),
        Some(Command::Exam(args)) => exam::run(args),
        Some(Command::Judge(args)) => judge::run(args),
        Some(Command::Sessions(args)) => sessions::run(args),
        Some(Command::Serve(args)) => serve::run(args),
        Some(Command::Report(args)) => report::run(&args),
        Some(Command::Progress(args)) => progress::run(&args),
        Some(Command::Models(args)) => models::run(args),
        Some(Command::Prompt(args)) => prompt::run(args),
        Some(Command::Prompts(args)) => prompts::run(args),
        Some(Command::Bench(args)) => bench::run(args),
        Some(Command::Config(args)) => config::run(args),
        Some(Command::Completions(args)) => manual::completions(args),
        Some(Command::Man(args)) => manual::man(&args),
        Some(Command::Doctor(args)) => doctor::run(&args),
    };
    done.unwrap_or_else(|error| fail(&error))
}

/// Prints an error with its hint; a closed pipe is no error.
fn fail(error: &anyhow::Error) -> ExitCode {
    if is_closed_pipe(error) {
        return ExitCode::SUCCESS;
    }
    let screen = Screen::of_process();
    let app = error.downcast_ref::<AppError>().or(match error.downcast_ref() {
        Some(TalkError::App(app)) => Some(app),
        _ => None,
    });
    let hint =
        app.map_or_else(|| error.downcast_ref::<Problem>().and_then(|p| p.hint.clone()), AppError::hint);
    screen.note(&format!("error: {error}"));
    if let Some(hint) = hint {
        screen.note(&format!("\nhint: {hint}"));
    }
    if let Some(AppError::Files(problems)) = app {
        problems.iter().skip(1).for_each(|p| screen.problem("error", p));
    }
    let code = match app {
        Some(AppError::Engine(_) | AppError::Exam(_)) => NOT_READY,
        Some(AppError::Model(e)) if e.is_not_ready() => NOT_READY,
        _ => FAILED,
    };
    ExitCode::from(code)
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|e| e.downcast_ref::<std::io::Error>())
        .any(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}

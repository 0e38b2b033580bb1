//! `pushback chat`: practise.

use std::hash::{BuildHasher, RandomState};
use std::process::ExitCode;
use std::thread;

use clap::Args;

use super::model::ModelArgs;
use super::{DataArgs, FIRST_CLIENT, INTERRUPTED, PromptArgs, welcome};
use crate::app::library::Library;
use crate::app::practise::{Cast, Practice};
use crate::domain::persona::Persona;
use crate::domain::session::{SessionId, Setting};
use crate::store::Store;
use crate::ui::chooser::{self, Choice};
use crate::ui::input::Input;
use crate::ui::plain::{Conversation, Manner, Outcome, Stop};
use crate::ui::screen::Screen;

#[derive(Debug, Args)]
pub(super) struct ChatArgs {
    /// The client; without it, a list to choose from.
    #[arg(long, value_name = "ID")]
    persona: Option<String>,
    /// Go on with a session: the latest, or the one of this number.
    #[arg(long = "continue", value_name = "SESSION", num_args = 0..=1, conflicts_with_all = ["persona", "seed"])]
    resume: Option<Option<SessionId>>,
    /// Same seed, same files, same replies: same session.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Keep the judge's lines until the end.
    #[arg(long, conflicts_with = "json")]
    quiet_judge: bool,
    /// One JSON object per event.
    #[arg(long)]
    json: bool,
    /// Read lines even from a terminal, and write everything at once.
    #[arg(long)]
    plain: bool,
    /// Leave nothing on disk.
    #[arg(long, conflicts_with_all = ["data", "resume"])]
    no_save: bool,
    /// Candidates that a free-writing model may try per reply.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=16))]
    candidates: u32,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) fn run(args: ChatArgs) -> anyhow::Result<ExitCode> {
    let mut screen = Screen::of_process();
    if args.plain || args.json {
        screen = screen.at_once();
    }
    let mut input = Input::of_process(args.plain || args.json)?;
    let library = args.prompts.load()?;
    // The store first: nobody should choose a client only to hear that nothing can be kept.
    let store = if args.no_save {
        Store::in_memory().map_err(crate::app::AppError::from)?
    } else {
        args.data.store()?
    };
    let persona = match (&args.resume, &args.persona) {
        (Some(_), _) => None,
        (None, Some(id)) => Some(library.persona(id)?),
        (None, None) => match choose(screen, &mut input, &library)? {
            Chosen::Persona(persona) => Some(*persona),
            Chosen::Nobody(code) => return Ok(code),
        },
    };
    let practice = practice(&args, &library, store, persona, screen)?.watching(library);
    greet(screen, &args, &practice);
    let manner = match (args.json, args.quiet_judge) {
        (true, _) => Manner::Json,
        (false, true) => Manner::Quiet,
        (false, false) => Manner::Judged,
    };
    let on_terminal = input.is_terminal();
    let resume = (!args.no_save).then(|| resume_command(&args, practice.id()));
    let talk = Conversation::new(practice, (screen, &mut input), manner, resume);
    if on_terminal {
        stop_on_ctrl_c(talk.stop())?;
    }
    Ok(match talk.run()? {
        Outcome::Ended | Outcome::Left => ExitCode::SUCCESS,
        Outcome::Interrupted => ExitCode::from(INTERRUPTED),
    })
}

/// The command that goes on with this session: the same model, prompts and folder.
fn resume_command(args: &ChatArgs, id: SessionId) -> String {
    let mut command = format!("pushback chat --continue {id}");
    let folders = [
        ("--data", &args.data.data),
        ("--prompts", &args.prompts.prompts),
        ("--lexicon", &args.prompts.lexicon),
    ];
    for (flag, folder) in folders {
        if let Some(folder) = folder {
            command.push_str(&format!(" {flag} {}", folder.display()));
        }
    }
    if let Some(path) = args.model.path() {
        command.push_str(&format!(" --model {}", path.display()));
    }
    command
}

enum Chosen {
    Persona(Box<Persona>),
    Nobody(ExitCode),
}

/// The client that the trainee picks; without a terminal to ask on, the first client.
fn choose(screen: Screen, input: &mut Input, library: &Library) -> anyhow::Result<Chosen> {
    if !input.is_terminal() {
        screen.note("No client was named, so the first one comes in; `--persona ID` names another.");
        return Ok(Chosen::Persona(Box::new(library.persona(FIRST_CLIENT)?)));
    }
    let (mut personas, problems) = library.personas();
    problems.iter().for_each(|p| screen.warn(p));
    // Easy ones first; of equals, by name: the order never depends on the file system.
    personas.sort_by(|a, b| (a.difficulty, &a.name).cmp(&(b.difficulty, &b.name)));
    Ok(match chooser::choose(screen, input, &personas, FIRST_CLIENT)? {
        Choice::Picked(persona) => Chosen::Persona(Box::new(persona.clone())),
        Choice::Left => Chosen::Nobody(ExitCode::SUCCESS),
        Choice::Interrupted => Chosen::Nobody(ExitCode::from(INTERRUPTED)),
    })
}

fn practice(
    args: &ChatArgs,
    library: &Library,
    store: Store,
    persona: Option<Persona>,
    screen: Screen,
) -> anyhow::Result<Practice> {
    let heads = if args.no_save { None } else { args.data.heads() };
    let (voice, model_hash) = args.model.voice(library, args.candidates, heads, screen)?;
    let model = voice.model().to_owned();
    let cast = Cast { judge: library.judge()?, coach: library.coach()?, voice };
    Ok(match persona {
        None => {
            let practice = Practice::resume(store, cast, args.resume.flatten())?;
            let before = &practice.setting().model;
            if *before != model {
                screen.note(&format!("warning: this session was begun with {before}; {model} speaks now"));
            }
            practice
        }
        Some(persona) => {
            let seed = args.seed.unwrap_or_else(any_seed);
            let provenance = library.provenance(&persona, model_hash);
            Practice::begin(store, cast, Setting { persona, model, seed, provenance })?
        }
    })
}

/// What the trainee should know before the first word. All of it is talk, none of it data.
fn greet(screen: Screen, args: &ChatArgs, practice: &Practice) {
    if args.json {
        return;
    }
    let persona = practice.persona();
    screen.note(&format!(
        "\npushback {}: practice, not therapy. {}, seed {}.",
        env!("CARGO_PKG_VERSION"),
        if args.no_save { "Not saved".to_owned() } else { format!("Session {}", practice.id()) },
        practice.setting().seed
    ));
    if practice.voice().is_pocket() {
        let first = !args.no_save && args.resume.is_none() && practice.id() == 1;
        screen.note(&if first { welcome::first() } else { welcome::brief() });
    }
    screen.note(&format!("{}, {}. {}", persona.name, persona.age, persona.blurb));
    screen.note(&format!("A good first session: {}", persona.aim));
    screen.note("/help lists the commands.\n");
}

/// A seed that nobody chose: the standard library's own random keys, so no further crate.
fn any_seed() -> u64 {
    // 32 bits are enough to differ, and can be typed again.
    RandomState::new().hash_one(0u8) >> 32
}

/// Raises `stop` at each Ctrl-C, from a thread of its own, as long as the program runs.
fn stop_on_ctrl_c(stop: Stop) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("ctrl-c".to_owned()).spawn(move || {
        runtime.block_on(async {
            while tokio::signal::ctrl_c().await.is_ok() {
                stop.raise();
            }
        });
    })?;
    Ok(())
}

//! `pushback chat`: practise.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use clap::Args;

use super::model::ModelArgs;
use super::{DataArgs, FIRST_CLIENT, INTERRUPTED, PromptArgs, any_seed, welcome};
use crate::app::AppError;
use crate::app::library::Library;
use crate::app::practise::{Cast, Practice, fits};
use crate::domain::exam::Terms;
use crate::domain::persona::Persona;
use crate::domain::session::{SessionId, Setting};
use crate::files::exam;
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
    /// Sit an exam: FILE fixes client, seed, prompts and length; `pushback exam new` writes one.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["persona", "seed", "resume", "no_save", "candidates"])]
    exam: Option<PathBuf>,
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
    let terms = args.exam.as_deref().map(exam::read).transpose().map_err(AppError::Files)?;
    // The store first: nobody should choose a client only to hear that nothing can be kept.
    let store = if args.no_save { Store::in_memory().map_err(AppError::from)? } else { args.data.store()? };
    let named = terms.as_ref().map(|terms| &terms.persona).or(args.persona.as_ref());
    let persona = match (&args.resume, named) {
        (Some(_), _) => None,
        (None, Some(id)) => Some(library.persona(id)?),
        (None, None) => match choose(screen, &mut input, &library)? {
            Chosen::Persona(persona) => Some(*persona),
            Chosen::Nobody(code) => return Ok(code),
        },
    };
    let whose = persona.map_or(Whose::Continued, |persona| match terms {
        Some(terms) => Whose::Examined(Box::new(persona), terms),
        None => Whose::Begun(Box::new(persona)),
    });
    let mut practice = practice(&args, &library, (store, screen), whose)?;
    if practice.exam().is_none() {
        // The files of an exam are the same from beginning to end.
        practice = practice.watching(library);
    }
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
    command.push_str(&args.model.as_typed());
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
    let (mut personas, alone, problems) = library.clients();
    problems.iter().for_each(|p| screen.warn(p));
    // Easy ones first; of equals, by name: the order never depends on the file system.
    let (main, others) = personas.split_at_mut(alone);
    for group in [main, others] {
        group.sort_by(|a, b| (a.difficulty, &a.name).cmp(&(b.difficulty, &b.name)));
    }
    Ok(match chooser::choose(screen, input, (&personas, alone), FIRST_CLIENT)? {
        Choice::Picked(persona) => Chosen::Persona(Box::new(persona.clone())),
        Choice::Left => Chosen::Nobody(ExitCode::SUCCESS),
        Choice::Interrupted => Chosen::Nobody(ExitCode::from(INTERRUPTED)),
    })
}

/// Which session it is.
enum Whose {
    Continued,
    Begun(Box<Persona>),
    Examined(Box<Persona>, Terms),
}

fn practice(
    args: &ChatArgs,
    library: &Library,
    (store, screen): (Store, Screen),
    whose: Whose,
) -> anyhow::Result<Practice> {
    let heads = if args.no_save { None } else { args.data.heads() };
    let (voice, model_hash) = args.model.voice(library, args.candidates, heads, screen)?;
    let model = voice.model().to_owned();
    let cast = Cast { judge: Arc::new(library.judge()?), coach: Arc::new(library.coach()?), voice };
    let setting = |persona: Persona, seed: u64| {
        let provenance = library.provenance(&persona, model_hash.clone());
        Setting { persona, model: model.clone(), seed, provenance }
    };
    Ok(match whose {
        Whose::Continued => {
            let practice = Practice::resume(store, cast, args.resume.flatten())?;
            if let Some(terms) = practice.exam() {
                fits(terms, &library.provenance(practice.persona(), model_hash.clone()))?;
            }
            let before = &practice.setting().model;
            if *before != model {
                screen.note(&format!("warning: this session was begun with {before}; {model} speaks now"));
            }
            practice
        }
        Whose::Begun(persona) => {
            Practice::begin(store, cast, setting(*persona, args.seed.unwrap_or_else(any_seed)))?
        }
        Whose::Examined(persona, terms) => Practice::sit(store, cast, setting(*persona, terms.seed), terms)?,
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

/// Raises `stop` at each Ctrl-C, from a thread of its own, as long as the program runs.
pub(super) fn stop_on_ctrl_c(stop: Stop) -> anyhow::Result<()> {
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

//! `pushback drill`: one moment, until it goes well.

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::model::ModelArgs;
use super::{DataArgs, INTERRUPTED, PromptArgs, any_seed, chat};
use crate::app::AppError;
use crate::app::drill::{Exercise, Moment, others};
use crate::app::library::Library;
use crate::app::practise::Cast;
use crate::app::sessions::not_open;
use crate::domain::drill::{BLIND, Drill, ENOUGH};
use crate::domain::judge::Judge;
use crate::domain::persona::Kind;
use crate::domain::session::SessionId;
use crate::ui::drill::{DrillTalk, Form};
use crate::ui::input::{Input, Line};
use crate::ui::plain::Outcome;
use crate::ui::screen::{Screen, Tone};

/// Candidates that a free-writing model may try per reply, as in `chat`.
const CANDIDATES: u32 = 3;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct DrillArgs {
    #[command(subcommand)]
    command: Option<Command>,
    /// The moment; without it, a list to choose from.
    name: Option<String>,
    /// A moment of a stored session instead.
    #[arg(long, value_name = "SESSION", requires = "turn", conflicts_with = "name")]
    session: Option<SessionId>,
    /// The turn whose reply is to be given anew.
    #[arg(long, value_name = "N", requires = "session")]
    turn: Option<u32>,
    /// 1: verdict and an alternative after each attempt; 2: the verdict; 3: nothing until the end, and
    /// the moment varies. As the moment has it without this.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=3))]
    level: Option<u8>,
    /// Same seed, same files, same attempts: same answers.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// One JSON object per event.
    #[arg(long)]
    json: bool,
    /// Read lines even from a terminal.
    #[arg(long)]
    plain: bool,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The moments that there are.
    List {
        /// An array of objects.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        prompts: PromptArgs,
    },
}

/// A moment in the list.
#[derive(Serialize)]
struct Row {
    name: String,
    title: String,
    persona: String,
    #[serde(rename = "type")]
    kind: Kind,
    level: u8,
}

pub(super) fn run(args: DrillArgs) -> anyhow::Result<ExitCode> {
    if let Some(Command::List { json, prompts }) = args.command {
        return list(&prompts.load()?, json);
    }
    let mut screen = Screen::of_process();
    if args.plain || args.json {
        screen = screen.at_once();
    }
    let mut input = Input::of_process(args.plain || args.json)?;
    let library = args.prompts.load()?;
    let judge = library.judge()?;
    let Some(first) = first(&args, &library, &judge, (screen, &mut input))? else {
        return Ok(ExitCode::SUCCESS);
    };
    let level = args.level.unwrap_or(first.level);
    let more = match level {
        BLIND.. => others(&library, (first.persona(), first.name.as_deref()), first.seed(), &judge)?,
        _ => Vec::new(),
    };
    let (voice, _) = args.model.voice(&library, CANDIDATES, args.data.heads(), screen)?;
    let cast = Cast { judge: Arc::new(judge), coach: Arc::new(library.coach()?), voice };
    if !args.json {
        screen.note(&format!(
            "\nLevel {level}, seed {}. {} Nothing is kept; /help lists the commands.",
            first.seed(),
            what_happens(level, more.len())
        ));
    }
    let form = if args.json { Form::Json } else { Form::Text };
    let on_terminal = input.is_terminal();
    let talk = DrillTalk::new(Exercise::begin(cast, first, more, level), (screen, &mut input), form);
    if on_terminal {
        chat::stop_on_ctrl_c(talk.stop())?;
    }
    Ok(match talk.run()? {
        Outcome::Ended | Outcome::Left => ExitCode::SUCCESS,
        Outcome::Interrupted => ExitCode::from(INTERRUPTED),
    })
}

/// What a drill of `level` is like, with so many `others` that the moment can change to.
fn what_happens(level: u8, others: usize) -> String {
    let moment = if others > 0 { "Another moment after each reply," } else { "The same moment" };
    let told = match level {
        BLIND.. => "and nothing is told before the end",
        2 => "with the verdict after each",
        _ => "with the verdict and an alternative after each",
    };
    format!("{moment} until {ENOUGH} replies in a row roll, {told}.")
}

/// The moment that was asked for; none where the trainee leaves the list.
fn first(
    args: &DrillArgs,
    library: &Library,
    judge: &Judge,
    (screen, input): (Screen, &mut Input),
) -> anyhow::Result<Option<Moment>> {
    if let (Some(id), Some(turn)) = (args.session, args.turn) {
        let store = args.data.store()?;
        not_open(&store, id)?;
        let (mut setting, path) = store.load(id).map_err(AppError::from)?;
        setting.seed = args.seed.unwrap_or(setting.seed);
        return Ok(Some(Moment::of_session((setting, &path), turn)?));
    }
    let drill = match &args.name {
        Some(name) => Some(library.drill(name)?),
        None => chosen(library, screen, input)?,
    };
    let Some(drill) = drill else { return Ok(None) };
    let persona = library.persona(&drill.persona)?;
    Ok(Some(Moment::of_list(&drill, persona, args.seed.unwrap_or_else(any_seed), judge)))
}

/// The moment that the trainee picks; without a terminal to ask on, the first.
fn chosen(library: &Library, screen: Screen, input: &mut Input) -> anyhow::Result<Option<Drill>> {
    let mut drills = library.drills()?;
    if !input.is_terminal() {
        screen.note("No drill was named, so the first one is taken; `pushback drill list` shows all.");
        return Ok(if drills.is_empty() { None } else { Some(drills.swap_remove(0)) });
    }
    list(library, false)?;
    loop {
        let answer = match input.next("\nWhich one? A name, or Enter to leave: ")? {
            Line::Text(text) | Line::Mended(text) => text.trim().to_owned(),
            Line::End | Line::Interrupted => return Ok(None),
        };
        if answer.is_empty() {
            return Ok(None);
        }
        match library.drill(&answer) {
            Ok(drill) => return Ok(Some(drill)),
            Err(error) => screen.note(&format!("{error}. {}", error.hint().unwrap_or_default())),
        }
    }
}

fn list(library: &Library, json: bool) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let mut rows = Vec::new();
    for drill in library.drills()? {
        let kind = library.persona(&drill.persona)?.kind;
        let Drill { name, title, persona, level, .. } = drill;
        rows.push(Row { name, title, persona, kind, level });
    }
    if json {
        screen.json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    for row in &rows {
        let name = screen.tinted(Tone::Strong, &format!("{:<14}", row.name));
        screen.line(&format!(
            "{name} {:<8} {:<18} level {}  {}",
            row.persona,
            row.kind.as_str(),
            row.level,
            row.title
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

//! `pushback prompt show`: the exact tokens that a turn sends.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::model::ModelFile;
use super::{DataArgs, FIRST_CLIENT, PromptArgs};
use crate::app::AppError;
use crate::app::library::Library;
use crate::app::practise::SILENCE;
use crate::app::sent::{self, Reading, Sent, Wording};
use crate::app::sessions::not_open;
use crate::domain::persona::Persona;
use crate::domain::session::{Path, SessionId};
use crate::ui::screen::{Screen, Tone};

#[derive(Debug, Args)]
pub(super) struct TokensArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The tokens that one turn sends to the model, and which of them it has read before.
    Show(ShowArgs),
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// The session's number; without it, the latest.
    #[arg(long, value_name = "ID")]
    session: Option<SessionId>,
    /// The turn; without it, the newest.
    #[arg(long, value_name = "N")]
    turn: Option<u32>,
    /// The first turn with this client, instead of a session's.
    #[arg(long, value_name = "ID", conflicts_with_all = ["session", "turn"])]
    persona: Option<String>,
    /// What the trainee says to the client's opening; without it, nothing.
    #[arg(long, value_name = "TEXT", requires = "persona")]
    say: Option<String>,
    /// The seed that opening and note are drawn with.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "persona")]
    seed: u64,
    /// One object: counts, and each token with its text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    model: ModelFile,
    #[command(flatten)]
    prompts: PromptArgs,
    #[command(flatten)]
    data: DataArgs,
}

/// The moment that is asked for.
struct Asked {
    session: Option<SessionId>,
    persona: Persona,
    seed: u64,
    path: Path,
    turn: u32,
}

#[derive(Serialize)]
struct Shown<'a> {
    session: Option<SessionId>,
    persona: &'a str,
    #[serde(flatten)]
    sent: &'a Sent,
}

pub(super) fn run(args: TokensArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Show(args) => show(&args),
    }
}

fn show(args: &ShowArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let library = args.prompts.load()?;
    let model = args.model.reader()?;
    let wording = args.model.wording(&library)?;
    if matches!(wording, Wording::Compact) {
        screen.note(
            "The bundled client is sent nothing: it chooses among lines. This is what its language model would read.",
        );
    }
    let asked = asked(args, &library, screen)?;
    let reading = Reading { model: &model, wording: &wording, persona: &asked.persona, seed: asked.seed };
    let sent = sent::turn(&reading, &asked.path, asked.turn)?;
    if args.json {
        screen.json(&Shown { session: asked.session, persona: &asked.persona.id, sent: &sent })?;
        return Ok(ExitCode::SUCCESS);
    }
    screen.text(&format!("{}\n\n", readable(screen, &sent)))?;
    for line in figures(&sent) {
        screen.line(&line)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn asked(args: &ShowArgs, library: &Library, screen: Screen) -> Result<Asked, AppError> {
    if let Some(id) = &args.persona {
        return with_persona(args, library, id);
    }
    let store = args.data.store()?;
    let id = match args.session {
        Some(id) => Some(id),
        None => store.latest()?,
    };
    let Some(id) = id else {
        screen.note("There is no session yet: this is the first turn with the first client.");
        return with_persona(args, library, FIRST_CLIENT);
    };
    not_open(&store, id)?;
    let (setting, mut path) = store.load(id)?;
    let now = library.provenance(&setting.persona, String::new());
    if now.prompts != setting.provenance.prompts || now.version != setting.provenance.version {
        screen.note(&format!(
            "warning: prompt files or program have changed since session {id} began; \
             this is what would be sent now"
        ));
    }
    if args.turn.is_none() && path.turns().len() == 1 {
        path = sent::said(path, &library.judge()?, SILENCE);
    }
    let turn = args.turn.or(path.head().map(|t| t.number)).unwrap_or_default();
    Ok(Asked { session: Some(id), persona: setting.persona, seed: setting.seed, path, turn })
}

fn with_persona(args: &ShowArgs, library: &Library, id: &str) -> Result<Asked, AppError> {
    let persona = library.persona(id)?;
    let say = args.say.as_deref().map(str::trim).filter(|say| !say.is_empty()).unwrap_or(SILENCE);
    let path = sent::first_turn(&persona, args.seed, &library.judge()?, say);
    Ok(Asked { session: None, persona, seed: args.seed, path, turn: 1 })
}

/// The prompt as text: special tokens by name, the note in brackets of its own.
fn readable(screen: Screen, sent: &Sent) -> String {
    let mut text = String::new();
    let alike = |a: &sent::SentToken, b: &sent::SentToken| (a.special, a.note) == (b.special, b.note);
    for run in sent.tokens.chunk_by(alike) {
        // Joined before it is read as text: a character may be spread over tokens.
        let bytes: Vec<u8> = run.iter().flat_map(|token| token.bytes.iter().copied()).collect();
        let run_text = visible(&String::from_utf8_lossy(&bytes));
        text.push_str(&match run.first() {
            Some(token) if token.note => screen.tinted(Tone::Aside, &format!("⟦note {run_text} ⟧")),
            Some(token) if token.special => screen.tinted(Tone::Strong, &run_text),
            _ => run_text,
        });
    }
    text
}

/// Text that can't steer a terminal.
pub(super) fn visible(text: &str) -> String {
    let escaped = |c: char| match c {
        '\n' => c.to_string(),
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    text.chars().map(escaped).collect()
}

fn figures(sent: &Sent) -> Vec<String> {
    let counts = &sent.counts;
    let count = |name: &str, tok: usize, what: &str| format!("{name:<8} {tok:>6} tok  {what}");
    let mut lines = vec![
        format!("Turn {} to {}", sent.turn, sent.model),
        count("head", counts.head, ""),
        count("history", counts.history, &forgotten(sent.forgotten)),
        count("newest", counts.newest, ""),
        count("note", counts.note, ""),
        count("total", counts.total, &format!("of {}", counts.context)),
    ];
    if counts.reply > 0 {
        lines.push(count("reply", counts.reply, "at most"));
    }
    lines.push(count("reused", sent.reused, "by a model that has just answered the turn before"));
    lines.push(count("new", sent.new, ""));
    if sent.turn > 1 {
        let since = format!("since turn {}", sent.turn - 1);
        lines.push(count("dropped", sent.dropped, &since));
        lines.push(count("added", sent.added, &since));
    }
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}

fn forgotten(exchanges: usize) -> String {
    match exchanges {
        0 => String::new(),
        1 => "without the first exchange: the context is full".to_owned(),
        n => format!("without the first {n} exchanges: the context is full"),
    }
}

//! `pushback replay --session`: whether a stored session comes out the same.

use std::process::ExitCode;

use super::ReplayArgs;
use crate::app::AppError;
use crate::app::library::Library;
use crate::app::repeat::{Repeated, Stored, repeat};
use crate::cli::NOT_READY;
use crate::domain::session::Setting;
use crate::ui::screen::Screen;

pub(super) fn run(args: &ReplayArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let library = args.prompts.load()?;
    let store = args.data.store()?;
    let id = match args.session.flatten() {
        Some(id) => id,
        None => store.latest().map_err(AppError::from)?.ok_or(AppError::NothingToContinue)?,
    };
    let (setting, path) = store.load(id).map_err(AppError::from)?;
    let (mut voice, hash) = args.model.voice(&library, args.candidates, None, screen)?;
    let now = library.provenance(&setting.persona, hash);
    let stored = Stored { setting: &setting, path: &path };
    let repeated = repeat(stored, &library.judge()?, &mut voice, &now)?;
    if args.json {
        screen.json(&repeated)?;
    } else {
        print(screen, id, &repeated)?;
    }
    if has_moved_on(&library, &setting) {
        screen.note(&format!(
            "The client's file has changed since; the session keeps {} as they were.",
            setting.persona.name
        ));
    }
    Ok(if repeated.is_same() { ExitCode::SUCCESS } else { ExitCode::from(NOT_READY) })
}

/// Whether the client's file is no longer what the session was begun with.
fn has_moved_on(library: &Library, setting: &Setting) -> bool {
    library.persona(&setting.persona.id).map_or(true, |persona| persona != setting.persona)
}

fn print(screen: Screen, id: i64, repeated: &Repeated) -> anyhow::Result<()> {
    for m in &repeated.differences {
        screen.line(&format!("turn {}: {} was {:?}, is {:?}", m.turn, m.what, m.stored, m.now))?;
    }
    if !repeated.changed.is_empty() {
        screen.line(&format!("changed since: {}", repeated.changed.join(", ")))?;
    }
    let turns = repeated.turns;
    let same = if repeated.is_same() { "the same, byte for byte" } else { "not the same" };
    screen.line(&format!("session {id}, {turns} turns of the client's: {same}"))?;
    Ok(())
}

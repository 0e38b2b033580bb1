//! A scripted trainee with a client: the turns of practice, with nothing stored.

use std::ops::ControlFlow;

use crate::app::AppError;
use crate::app::practise::Moment;
use crate::app::sent;
use crate::app::voice::Voice;
use crate::domain::action::Action;
use crate::domain::judge::Judge;
use crate::domain::persona::Persona;
use crate::domain::protocols::Figure;
use crate::domain::protocols::{Probe, Said, measure_replies};
use crate::domain::session::Path;

use super::library::Library;

/// Scripts that the protocols use: `prompts/scripts/NAME.txt`.
pub const BENCH: [&str; 5] =
    ["bench-arguing", "bench-rolling", "bench-questions", "bench-neutral", "bench-probing"];

/// Who is rehearsed with.
#[derive(Clone, Copy)]
pub struct Rehearsal<'a> {
    /// The client.
    pub persona: &'a Persona,
    /// The session's seed.
    pub seed: u64,
    /// Judges the scripted replies.
    pub judge: &'a Judge,
}

/// The session in which a trainee says `lines`, until they are said or the client leaves. Without
/// a voice the client acts and says nothing; the judge then has no words of theirs to go by.
///
/// # Errors
/// Where the model fails.
pub fn rehearse(
    rehearsal: Rehearsal<'_>,
    lines: &[String],
    mut voice: Option<&mut Voice>,
) -> Result<Path, AppError> {
    let Rehearsal { persona, seed, judge } = rehearsal;
    let mut path = sent::opened(persona, seed, judge);
    for line in lines {
        path = sent::said(path, judge, line);
        let moment = Moment::of(persona, seed, &path);
        let spoken = match voice.as_deref_mut() {
            Some(voice) => voice.speak(&moment.scene(persona, &path), &|| false)?,
            None => moment.as_meant(String::new()),
        };
        let reply = moment.reply(spoken, false);
        let leaves = reply.action == Action::Leave;
        path.answer(reply);
        if leaves {
            break;
        }
    }
    Ok(path)
}

/// What the protocols on replies need.
pub struct Trial<'a> {
    /// The clients.
    pub personas: &'a [Persona],
    /// Sessions for each client and script.
    pub seeds: u64,
    /// Where scripts, lexicon and notes come from.
    pub library: &'a Library,
}

/// The figures of the protocols on replies. `done` is told how many sessions are finished, and may
/// end it.
///
/// # Errors
/// Where a script or the lexicon has problems, the model fails, or `done` ended it.
pub fn try_replies(
    trial: &Trial<'_>,
    voice: &mut Voice,
    done: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Vec<Figure>, AppError> {
    let judge = trial.library.judge()?;
    let notes = trial.library.notes()?;
    let scripts = BENCH
        .iter()
        .map(|name| Ok((*name, trial.library.script(name)?)))
        .collect::<Result<Vec<_>, AppError>>()?;
    let all = trial.personas.len() * scripts.len() * trial.seeds as usize;
    let mut sessions = Vec::with_capacity(all);
    for persona in trial.personas {
        for (script, lines) in &scripts {
            for seed in 0..trial.seeds {
                let rehearsal = Rehearsal { persona, seed, judge: &judge };
                let path = rehearse(rehearsal, lines, Some(voice))?;
                sessions.push(Said { persona, script, path });
                if done(sessions.len(), all).is_break() {
                    return Err(AppError::Stopped);
                }
            }
        }
    }
    let head = |persona: &Persona| notes.head(persona);
    Ok(measure_replies(&sessions, &Probe { judge: &judge, head: &head }))
}

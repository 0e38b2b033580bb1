//! Another approach, where the client has resisted for long.
//! Knows: the moves of the replies that met it, what reaches this client. Never: wordings of one reply.

use serde::Deserialize;

use crate::domain::moves::Move;
use crate::domain::session::Path;

use super::{Taken, earlier};

/// After so many resistant turns, and after as many more each time, something else is due.
const LONG: usize = 5;
/// What makes up this share of the replies is what the trainee goes on doing.
const MOSTLY: f32 = 0.5;

/// One approach, and after what it is one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Approach {
    after: Habit,
    does: Move,
    say: String,
}

/// What most of the replies were that met resistance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Habit {
    Pushing,
    Questions,
    Reflections,
    Mixed,
}

/// The approach for the newest turn of `path`; none unless the client's last five, ten, … replies
/// all resisted. One that this client answers to comes first, one that was tried does not come.
pub(super) fn find(approaches: &[Approach], path: &Path, taken: &Taken<'_>) -> Option<String> {
    let replies = earlier(path).iter().rev().filter_map(|turn| turn.reply.as_ref());
    let run = replies.take_while(|r| r.action.is_sustain() || r.action.is_discord()).count();
    if run < LONG || run % LONG != 0 {
        return None;
    }
    let met: Vec<&[Move]> = path
        .turns()
        .iter()
        .rev()
        .filter_map(|turn| turn.trainee.as_ref())
        .take(LONG)
        .map(|said| said.verdict.moves.as_slice())
        .collect();
    let habit = habit(&met);
    let untried = |a: &&Approach| a.after == habit && !met.iter().any(|moves| moves.contains(&a.does));
    let is_key = |a: &&Approach| taken.persona.keys.iter().any(|key| key.on == a.does);
    let is_hard = |a: &&Approach| taken.persona.triggers.iter().any(|trigger| trigger.on == a.does);
    let fitting: Vec<&Approach> = approaches.iter().filter(untried).filter(|a| !is_hard(a)).collect();
    let chosen = fitting.iter().copied().find(|a| is_key(a)).or_else(|| fitting.first().copied())?;
    let name = taken.persona.name.split_whitespace().next().unwrap_or_default();
    Some(chosen.say.replace("{name}", name).replace("{turns}", &run.to_string()))
}

fn habit(met: &[&[Move]]) -> Habit {
    let share = |wanted: &dyn Fn(&Move) -> bool| {
        met.iter().filter(|moves| moves.iter().any(wanted)).count() as f32 / met.len().max(1) as f32
    };
    let pushes = |mv: &Move| matches!(mv, Move::Argue | Move::Advise | Move::Inform);
    let reflects = |mv: &Move| {
        matches!(mv, Move::SimpleReflection | Move::ComplexReflection | Move::DoubleSided | Move::Alongside)
    };
    if share(&pushes) >= MOSTLY {
        Habit::Pushing
    } else if share(&|mv| mv.is_question()) > MOSTLY {
        Habit::Questions
    } else if share(&reflects) > MOSTLY {
        Habit::Reflections
    } else {
        Habit::Mixed
    }
}

//! Runs of a script, and what they come to, as lines.
//! Knows: paths, figures of runs. Never: how they came about.

use crate::domain::moves::Move;
use crate::domain::protocols::{Difference, Outcome};
use crate::domain::session::{Path, Turn};
use crate::ui::figures::{interval, number};

/// A run: moves, state and action of every turn, with both sides' words.
pub fn run(name: &str, path: &Path) -> Vec<String> {
    path.turns().iter().flat_map(|one| turn(name, one)).collect()
}

fn turn(name: &str, turn: &Turn) -> Vec<String> {
    let heard = outcome(name, turn);
    said(turn).into_iter().chain(heard.iter().map(|line| format!("     {line}"))).collect()
}

/// The trainee's line of a turn.
pub fn said(turn: &Turn) -> Option<String> {
    turn.trainee.as_ref().map(|said| format!("{:>3}  You: {}", turn.number, said.text))
}

/// What came of the trainee's line: moves, the client's words, action and state.
pub fn outcome(name: &str, turn: &Turn) -> Vec<String> {
    let mut lines = Vec::with_capacity(3);
    if let Some(said) = &turn.trainee {
        let moves: Vec<&str> = said.verdict.moves.iter().map(|mv| Move::as_str(*mv)).collect();
        lines.push(format!("{}, score {:+.2}", moves.join(" + "), said.verdict.score));
    }
    if let Some(reply) = &turn.reply {
        if !reply.text.is_empty() {
            lines.push(format!("{name}: {}", reply.text));
        }
        let state = &reply.state;
        lines.push(format!(
            "{}; discord {:.2}, trust {:.2}, readiness {:.2}",
            reply.action.as_str(),
            state.discord.value(),
            state.trust.value(),
            state.readiness.value()
        ));
    }
    lines
}

/// The means of some runs.
pub fn outcomes(outcomes: &[Outcome]) -> Vec<String> {
    let line = |o: &Outcome| format!("{:<22} {:>7} {}", o.what, number(o.mean), interval(o.interval));
    outcomes.iter().map(line).collect()
}

/// Two sets of runs side by side.
pub fn differences(differences: &[Difference]) -> Vec<String> {
    let mut lines = vec![format!("{:<22} {:>7} {:>7} {:>7}  95% interval", "", "here", "there", "apart")];
    lines.extend(differences.iter().map(|d| {
        format!(
            "{:<22} {:>7} {:>7} {:>+7.3}  {}",
            d.what,
            number(d.ours),
            number(d.theirs),
            d.difference,
            interval(d.interval)
        )
    }));
    lines
}

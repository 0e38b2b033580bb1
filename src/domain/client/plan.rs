//! Whether a trainee's question leaves the next step to the client.
//! Knows: moves, words. Never: the client's state.

use crate::domain::moves::Move;

/// Words of questions that ask for a step of the client's own, in lower case.
const STEPS: &[&str] = &[
    "first step",
    "next step",
    "small step",
    "small thing",
    "one thing",
    "where would you start",
    "where would you begin",
    "go about",
    "would you do",
    "could you do",
    "might you do",
    "will you do",
    "you'll do",
    "going to do",
    "do differently",
    "like to try",
    "want to try",
    "worth a try",
    "worth doing",
    "what would it take",
    "your plan",
    "the plan",
    "from here",
];

/// Whether an open question asks the client for a plan of their own.
pub fn asks_for_plan(moves: &[Move], words: &str) -> bool {
    let open = moves.iter().any(|m| matches!(m, Move::OpenQuestion | Move::Evoke));
    let words = words.to_lowercase().replace('’', "'");
    open && STEPS.iter().any(|step| words.contains(step))
}

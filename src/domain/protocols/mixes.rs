//! What trainees do in the protocols: mixes of moves to draw from, and fixed courses.
//! Knows: moves, triggers, dice. Never: the client's state.

use crate::domain::dice::Dice;
use crate::domain::moves::Move;
use crate::domain::persona::Persona;

/// Moves with how often they come in a hundred replies.
type Mix = &'static [(Move, f32)];

/// A skilled trainee, and an unskilled one: own estimates from published shares of reflections,
/// questions and input.
const SKILLED: Mix = &[
    (Move::SimpleReflection, 14.0),
    (Move::ComplexReflection, 14.0),
    (Move::DoubleSided, 2.0),
    (Move::Affirm, 3.0),
    (Move::Autonomy, 1.0),
    (Move::Permission, 2.0),
    (Move::OpenQuestion, 12.0),
    (Move::ClosedQuestion, 12.0),
    (Move::Evoke, 5.0),
    (Move::Inform, 4.0),
    (Move::InformPermitted, 4.0),
    (Move::Advise, 1.0),
    (Move::AdvisePermitted, 2.0),
    (Move::Argue, 0.5),
    (Move::Alongside, 1.0),
    (Move::Other, 22.5),
];
const UNSKILLED: Mix = &[
    (Move::SimpleReflection, 5.0),
    (Move::ComplexReflection, 3.0),
    (Move::OpenQuestion, 8.0),
    (Move::ClosedQuestion, 25.0),
    (Move::Inform, 12.0),
    (Move::Advise, 18.0),
    (Move::Argue, 15.0),
    (Move::Other, 14.0),
];
/// Share of skilled replies in average practice, as of skilled sessions among the annotated ones.
const SKILLED_SHARE: f32 = 0.83;

/// One reply of average practice.
pub(super) fn average(dice: &mut Dice) -> Vec<Move> {
    let mix = if dice.unit() < SKILLED_SHARE { SKILLED } else { UNSKILLED };
    let weights: Vec<f32> = mix.iter().map(|(_, weight)| *weight).collect();
    dice.weighted(&weights).map(|i| mix[i].0).into_iter().collect()
}

/// A skilled reply of two parts, without what this client takes badly.
pub(super) fn rolling(persona: &Persona, turn: usize) -> Vec<Move> {
    const ROLL: [[Move; 2]; 5] = [
        [Move::ComplexReflection, Move::Autonomy],
        [Move::Alongside, Move::Affirm],
        [Move::SimpleReflection, Move::Autonomy],
        [Move::ComplexReflection, Move::Permission],
        [Move::DoubleSided, Move::Affirm],
    ];
    ROLL[turn % ROLL.len()].into_iter().filter(|mv| !hurts(persona, *mv)).collect()
}

/// A good reply of one part, from a trainee who finds their way back.
pub(super) fn mending(persona: &Persona, turn: usize) -> Move {
    const GOOD: [Move; 5] =
        [Move::SimpleReflection, Move::ComplexReflection, Move::Autonomy, Move::Alongside, Move::Affirm];
    let mv = GOOD[turn % GOOD.len()];
    if hurts(persona, mv) { Move::ComplexReflection } else { mv }
}

/// A reply that leans neither way: small talk, a question, a plain reflection.
pub(super) fn neutral(turn: usize) -> Vec<Move> {
    const NEUTRAL: [Move; 4] = [Move::Other, Move::ClosedQuestion, Move::Other, Move::SimpleReflection];
    vec![NEUTRAL[turn % NEUTRAL.len()]]
}

/// Whether this client takes a move badly that does others good.
fn hurts(persona: &Persona, mv: Move) -> bool {
    persona.triggers.iter().any(|trigger| trigger.on == mv)
}

//! A coded reply as rows of the client's update table.
//! Knows: coded units. Never: what a row does to the client.

use super::coded::Coded;
use super::labels::{Code, Reason};
use super::weights::Row;
use crate::domain::moves::Move;

/// One or two moves, worst first. What argues or advises trumps everything else in the reply.
pub fn of(coded: &[Coded], resisted: bool, ends_on_change: bool) -> Vec<Move> {
    let mut moves: Vec<Move> = coded.iter().map(|c| one(c, resisted, ends_on_change)).collect();
    moves.sort_by_key(|m| rank(*m));
    moves.dedup();
    if let Some(worst @ (Move::Argue | Move::Advise)) = moves.first() {
        return vec![*worst];
    }
    if moves.len() > 1 {
        moves.retain(|m| *m != Move::Other);
    }
    match moves[..] {
        [] => vec![Move::Other],
        [worst, .., best] => vec![worst, best],
        _ => moves,
    }
}

/// Worst to best for the client at large.
fn rank(one: Move) -> u8 {
    match one {
        Move::Argue => 0,
        Move::Advise => 1,
        Move::Inform => 2,
        Move::ClosedQuestion => 3,
        Move::Other => 4,
        Move::InformPermitted => 5,
        Move::AdvisePermitted => 6,
        Move::OpenQuestion => 7,
        Move::Evoke => 8,
        Move::Permission => 9,
        Move::SimpleReflection => 10,
        Move::Affirm => 11,
        Move::Alongside => 12,
        Move::ComplexReflection => 13,
        Move::DoubleSided => 14,
        Move::Acknowledge => 15,
        Move::Autonomy => 16,
    }
}

fn one(coded: &Coded, resisted: bool, ends_on_change: bool) -> Move {
    match coded.row {
        Row::Confront | Row::Warn | Row::Shame => Move::Argue,
        Row::Persuade | Row::Direct if against_view(coded) && resisted => Move::Argue,
        Row::Persuade | Row::Direct => Move::Advise,
        Row::PersuadePermitted => Move::AdvisePermitted,
        Row::Information | Row::Concern => Move::Inform,
        Row::InformationPermitted => Move::InformPermitted,
        Row::Closed => Move::ClosedQuestion,
        Row::OpenEvoking if coded.reason == Some(Reason::Evoking) => Move::Evoke,
        Row::OpenEvoking | Row::OpenBarriers | Row::WhyQuestion => Move::OpenQuestion,
        Row::DoubleSided if ends_on_change => Move::DoubleSided,
        Row::DoubleSided | Row::ComplexReflection | Row::Reframe => Move::ComplexReflection,
        Row::SimpleReflection | Row::Repair => Move::SimpleReflection,
        Row::Validation if coded.reason == Some(Reason::Acknowledge) => Move::Acknowledge,
        Row::Validation if coded.code == Code::Support => Move::Other,
        Row::Validation => Move::SimpleReflection,
        Row::Amplified | Row::Alongside => Move::Alongside,
        Row::Autonomy => Move::Autonomy,
        Row::Affirm => Move::Affirm,
        Row::Seek => Move::Permission,
        Row::Reassurance | Row::None => Move::Other,
    }
}

/// Whether the persuasion speaks against what the client holds, rather than for a step.
fn against_view(coded: &Coded) -> bool {
    matches!(coded.reason, Some(Reason::CounterEvidence | Reason::DefendSelf | Reason::Minimise))
}

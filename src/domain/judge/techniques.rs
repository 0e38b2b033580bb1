//! What only shows across the units of a reply: both sides, taken back, said for show.
//! Knows: coded units. Never: scores.

use super::coded::Coded;
use super::decide::Bench;
use super::labels::{Code, Reason, Technique};
use super::lexicon::Cue;
use super::score;
use super::weights::Row;

/// Corrects the codes of units by what stands around them.
pub fn across(bench: &Bench<'_>, coded: &mut [Coded]) {
    join(bench, coded);
    take_back(bench, coded);
    finish_rhetoric(bench, coded);
    keep_last_question(coded);
    mend(bench, coded);
}

/// Puts two halves of one reflection together.
pub fn join(bench: &Bench<'_>, coded: &mut [Coded]) {
    for number in 1..coded.len() {
        join_sides(bench, coded, number);
    }
}

/// "Why do you still do it, even though it makes you ill": what comes behind the turn belongs to the
/// question that argues.
fn finish_rhetoric(bench: &Bench<'_>, coded: &mut [Coded]) {
    for number in 1..coded.len() {
        let argues = coded[number - 1].reason == Some(Reason::Rhetorical);
        let turns = bench.reading.units[number].unit.pivots;
        if argues && turns && !coded[number].code.is_non_adherent() {
            coded[number].code = Code::NotCoded;
            coded[number].row = Row::None;
            coded[number].techniques.clear();
        }
    }
}

/// One question a reply, and the last decides: an open one is spoilt by a closed one behind it.
fn keep_last_question(coded: &mut [Coded]) {
    let asks = |c: &Coded| matches!(c.code, Code::QuestionOpen | Code::QuestionClosed);
    let Some(last) = coded.iter().rposition(asks) else { return };
    for one in coded[..last].iter_mut().filter(|c| asks(c)) {
        one.code = Code::NotCoded;
        one.row = Row::None;
        one.techniques.clear();
    }
}

/// A reflection turned by "but" or "yet" into a second reflection shows both sides, unless
/// the second half is the speaker's own claim.
fn join_sides(bench: &Bench<'_>, coded: &mut [Coded], number: usize) {
    let seen = &bench.reading.units[number];
    let both = coded[number - 1].code.is_reflection() && coded[number].code.is_reflection();
    if !(both && seen.unit.pivots) {
        return;
    }
    let first = &mut coded[number - 1];
    first.techniques.retain(|t| *t != Technique::Reflection);
    let second = &mut coded[number];
    second.code = Code::ComplexReflection;
    second.row = Row::DoubleSided;
    second.rule = "both_sides";
    second.techniques.retain(|t| *t != Technique::Reflection);
    second.techniques.push(Technique::DoubleSidedReflection);
}

/// Permission asked for show, autonomy with a threat behind it, and understanding before a
/// "but" are not what they look like.
fn take_back(bench: &Bench<'_>, coded: &mut [Coded]) {
    let context = score::context(bench.heard);
    let last = |code| coded.iter().rposition(|c| c.code == code);
    let (last_confront, last_persuade) = (last(Code::Confront), last(Code::Persuade));
    for number in 0..coded.len() {
        let argued = last_confront > Some(number);
        let pushed = last_persuade > Some(number);
        let turned = coded.get(number + 1).is_some_and(|c| c.code.is_non_adherent())
            && bench.reading.units[number + 1].unit.pivots;
        let one = &mut coded[number];
        let false_show = match one.row {
            Row::Seek => argued || pushed,
            // Where it counts against the speaker, it stays.
            Row::Alongside => argued && bench.lexicon.weights.value(Row::Alongside, context) > 0.0,
            Row::Autonomy | Row::Validation | Row::Affirm => argued || turned,
            _ => false,
        };
        if false_show {
            one.code = Code::NotCoded;
            one.row = Row::None;
            one.techniques.clear();
        }
    }
}

/// Whether a unit gives back what the client said, as the client meant it.
pub fn gives_back(one: &Coded) -> bool {
    one.code.is_reflection() && one.row != Row::Reframe
}

/// After discord, giving back what the client holds against the talk mends it.
fn mend(bench: &Bench<'_>, coded: &mut [Coded]) {
    let argues = coded.iter().any(|c| c.code.is_non_adherent());
    if !bench.heard.discord || argues {
        return;
    }
    for (one, seen) in coded.iter_mut().zip(&bench.reading.units) {
        let mends = gives_back(one) || seen.has(Cue::Repair);
        if mends && !one.techniques.contains(&Technique::DiscordRepair) {
            one.techniques.push(Technique::DiscordRepair);
        }
    }
}

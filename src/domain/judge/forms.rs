//! Open or closed, simple or complex: what the form of a unit says.
//! Knows: what was seen in a unit. Never: codes, scores.

use super::features::Feature;
use super::lexicon::{Class, Cue, Hit, Lexicon};
use super::near::Near;
use super::reading::Seen;
use super::words::Token;

/// A reflection of so many words always adds something.
const LONG: usize = 18;

/// Whether a question leaves room for the client's own words. The last question decides; in
/// "what do you think" the "do you" belongs to the "what".
pub fn is_open(seen: &Seen, tokens: &[Token], lexicon: &Lexicon) -> bool {
    if seen.has(Cue::Scale) {
        return false;
    }
    let wh = |at: usize| lexicon.is(tokens[at].word, Class::Wh);
    let opens = |cue| matches!(cue, Cue::OpenQuestion | Cue::Evoking | Cue::Barrier | Cue::Why);
    let near = Near::of(&seen.hits, opens);
    let inside = |at: usize| {
        near.around(at, 0).any(|open| open.first < at) || at > seen.unit.tokens.start && wh(at - 1)
    };
    let closed =
        seen.hits.iter().filter(|h| h.cue == Cue::ClosedQuestion && !inside(h.first)).map(|h| h.first).max();
    let open = seen.hits.iter().filter(|h| opens(h.cue)).map(|h| h.first).max();
    match (open, closed) {
        (Some(open), Some(closed)) => open > closed,
        (Some(_), None) => true,
        (None, Some(_)) => false,
        (None, None) => {
            seen.shows(Feature::WhStart) || seen.unit.tokens.clone().any(wh) && !seen.shows(Feature::AuxStart)
        }
    }
}

/// Whether a reflection adds meaning, feeling or emphasis to what was said.
pub fn is_complex(seen: &Seen) -> bool {
    let added = seen.content as f32 * (1.0 - seen.overlap);
    let rich = seen.shows(Feature::Feeling) || seen.shows(Feature::Meaning);
    let bare = seen.overlap > 0.5;
    let words = seen.unit.tokens.len();
    (!bare && (rich || added >= 3.0)) || words >= LONG || seen.has(Cue::Absolute)
}

/// Whether so few words add something all the same: none of them is the client's.
pub fn adds_meaning(seen: &Seen) -> bool {
    is_complex(seen) || (seen.overlap == 0.0 && seen.content >= 2)
}

/// Whether a unit gives something back and only asks whether it is right: in a tag, or by the mark
/// behind words that are the client's own.
pub fn asks_if_right(seen: &Seen) -> bool {
    let tagged = seen.has(Cue::Check) && !asks_outright(seen);
    let echoed = seen.shows(Feature::ToldMark) && seen.overlap >= 0.5 && !seen.has(Cue::Tag);
    tagged || echoed
}

/// Whether a unit is a few words, half of what they say or more the client's own.
pub fn is_echo(seen: &Seen) -> bool {
    let which = seen.shows(Feature::QuestionMark) && seen.shows(Feature::WhStart);
    let says_more = which || seen.shows(Feature::HasI) || seen.has(Cue::Tag) || seen.has(Cue::Greeting);
    let plain = !asks_outright(seen) && !says_more;
    seen.overlap >= 0.5 && seen.unit.tokens.len() <= 7 && plain
}

/// Whether a unit opens as a reflection or a statement does, so that "what I hear is" asks nothing,
/// nor does "you think they could be better off".
pub fn retells(seen: &Seen) -> bool {
    let opens = |h: &Hit| h.cue == Cue::Stem && h.first <= seen.unit.core + 1;
    let states = seen.shows(Feature::YouStart) || seen.shows(Feature::ThereStart);
    let untagged = states && !seen.has(Cue::Tag);
    !seen.shows(Feature::QuestionMark) && (untagged || seen.hits.iter().any(opens))
}

/// Whether a unit says "you know", "you think", and then what.
pub fn gives_view(seen: &Seen) -> bool {
    let opens = |h: &Hit| h.cue == Cue::OwnView && h.first <= seen.unit.core;
    !seen.shows(Feature::QuestionMark) && seen.shows(Feature::YouStart) && seen.hits.iter().any(opens)
}

/// Whether anything ties a unit to the client: it speaks of them, or of what they said.
pub fn is_of_client(seen: &Seen) -> bool {
    let told = [Feature::HasYou, Feature::Feeling, Feature::Side, Feature::View];
    seen.overlap >= 0.5 || told.into_iter().any(|f| seen.shows(f)) || seen.has(Cue::Absolute)
}

/// Whether a unit has the form of a question.
pub fn is_question(seen: &Seen) -> bool {
    [Feature::QuestionMark, Feature::WhStart, Feature::AuxStart, Feature::Open, Feature::Closed]
        .into_iter()
        .any(|feature| seen.shows(feature))
}

/// Whether anything in the form of a unit asks.
pub fn may_ask(seen: &Seen) -> bool {
    let marks = [Feature::QuestionMark, Feature::WhStart, Feature::AuxStart, Feature::Open];
    seen.has(Cue::Tag) || marks.into_iter().any(|feature| seen.shows(feature))
}

/// Whether a unit has a question mark and the word order of a question.
pub fn is_marked_question(seen: &Seen) -> bool {
    seen.shows(Feature::QuestionMark)
        && (seen.shows(Feature::WhStart) || seen.shows(Feature::AuxStart) || seen.shows(Feature::Inverted))
}

/// Whether a unit begins as a question does, so that it asks with or without a mark.
pub fn asks_outright(seen: &Seen) -> bool {
    let opens = |h: &Hit| matches!(h.cue, Cue::OpenQuestion | Cue::Evoking) && h.first == seen.unit.core;
    // "Tell me more", "I wonder what that is like".
    let said = seen.shows(Feature::OrderStart) || seen.shows(Feature::IStart);
    let orders = said && seen.hits.iter().any(opens);
    let inverts = seen.shows(Feature::WhStart) && seen.shows(Feature::Inverted);
    inverts || seen.shows(Feature::AuxStart) || orders || seen.has(Cue::Scale)
}

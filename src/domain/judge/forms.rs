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

/// Whether a unit has the form of a question.
pub fn is_question(seen: &Seen) -> bool {
    [Feature::QuestionMark, Feature::WhStart, Feature::AuxStart, Feature::Open, Feature::Closed]
        .into_iter()
        .any(|feature| seen.shows(feature))
}

/// Whether a unit has a question mark and the word order of a question.
pub fn is_marked_question(seen: &Seen) -> bool {
    seen.shows(Feature::QuestionMark)
        && (seen.shows(Feature::WhStart) || seen.shows(Feature::AuxStart) || seen.shows(Feature::Inverted))
}

/// Whether a unit begins as a question does, so that it asks with or without a mark.
pub fn asks_outright(seen: &Seen) -> bool {
    let opens = |h: &Hit| matches!(h.cue, Cue::OpenQuestion | Cue::Evoking) && h.first == seen.unit.core;
    let orders = seen.shows(Feature::OrderStart) && seen.hits.iter().any(opens);
    (seen.shows(Feature::WhStart) && seen.shows(Feature::Inverted)) || seen.shows(Feature::AuxStart) || orders
}

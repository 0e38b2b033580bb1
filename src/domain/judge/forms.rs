//! Open or closed, simple or complex: what the form of a unit says.
//! Knows: what was seen in a unit. Never: codes, scores.

use super::lexicon::{Class, Cue, Lexicon};
use super::reading::Seen;
use super::weights::Feature;
use super::words::Token;

/// Whether a question leaves room for the client's own words.
pub fn is_open(seen: &Seen, tokens: &[Token], lexicon: &Lexicon) -> bool {
    let last = |cue| seen.hits.iter().filter(|h| h.cue == cue).map(|h| h.first).max();
    if let (open, closed @ Some(_)) = (last(Cue::OpenQuestion), last(Cue::ClosedQuestion)) {
        return open > closed;
    }
    if last(Cue::OpenQuestion).is_some() || seen.has(Cue::Evoking) {
        return true;
    }
    let wh = |t: &Token| lexicon.is(t.word, Class::Wh);
    seen.shows(Feature::WhStart) || tokens[seen.unit.tokens.clone()].iter().any(wh) && !seen.shows(Feature::AuxStart)
}

/// Whether a reflection adds meaning, feeling or emphasis to what was said.
pub fn is_complex(seen: &Seen) -> bool {
    let added = seen.content as f32 * (1.0 - seen.overlap);
    let rich = seen.shows(Feature::Feeling) || seen.shows(Feature::Meaning);
    let bare = seen.overlap >= 0.5;
    (rich && !bare) || (added >= 3.0 && !bare) || seen.has(Cue::Absolute)
}

/// Whether a unit has the form of a question.
pub fn is_question(seen: &Seen) -> bool {
    [Feature::QuestionMark, Feature::WhStart, Feature::AuxStart, Feature::Open, Feature::Closed]
        .into_iter()
        .any(|feature| seen.shows(feature))
}

//! What a reply, or the part of it that no phrase decided, shows as a whole.
//! Knows: what was seen in its units. Never: codes, scores.

use std::collections::HashSet;

use super::features::{Feature, Features};
use super::known::Known;
use super::labels::Behaviour;
use super::lexicon::{Class, Cue, Hit, Lexicon};
use super::reading::{Echo, Reading, Seen, is_content, length};
use super::units::Unit;
use super::words::{Stop, Token};

/// What stands around a reply.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// Phrases and word classes.
    pub lexicon: &'a Lexicon,
    /// What the client said last.
    pub echo: &'a Echo,
    /// What both have talked about so far.
    pub known: &'a Known,
    /// What the reply before mainly did.
    pub before: Option<Behaviour>,
}

/// The features of `units` taken together.
pub fn features(around: &Around<'_>, text: &str, reading: &Reading, units: &[&Seen]) -> Features {
    let mut features = Features::default();
    for seen in units {
        features.join(&seen.features);
    }
    let tokens: Vec<&Token> = units.iter().flat_map(|u| &reading.tokens[u.unit.tokens.clone()]).collect();
    for size in [
        Feature::Words1,
        Feature::Words3,
        Feature::Words7,
        Feature::Words15,
        Feature::Words30,
        Feature::WordsMore,
    ] {
        features.put(size, false);
    }
    length(tokens.len(), &mut features);
    features.1 = around.lexicon.word_evidence(tokens.iter().copied());
    let nods = tokens.iter().all(|t| around.lexicon.is(t.word, Class::Nod) || t.soft);
    features.put(Feature::Nod, nods);
    for told in [Feature::ToldMark, Feature::ToldWhole] {
        features.put(told, units.last().is_some_and(|u| u.shows(told)));
    }
    around.known.note(around.lexicon, tokens.iter().copied(), &mut features);
    note_ends(text, units, &tokens, &mut features);
    features.set_if(features.has(Feature::Stem) && features.has(Feature::Inverted), Feature::StemAsked);
    note_before(around, &mut features);
    note_density(around.lexicon, &tokens, units, &mut features);
    note_unmarked(&tokens, &mut features);
    features
}

/// Whether `units` are more than six words, nine in ten of them the client's own in the
/// client's order.
pub fn parrots(around: &Around<'_>, reading: &Reading, units: &[&Seen]) -> bool {
    let said = |unit: &Unit| reading.tokens[unit.tokens.clone()].iter();
    let words: usize = units.iter().map(|u| u.unit.tokens.len()).sum();
    let content = units.iter().flat_map(|u| said(&u.unit)).filter(|t| is_content(around.lexicon, t));
    let mine: Vec<u64> = content.map(|t| t.stem).collect();
    if words <= 6 || mine.len() < 3 {
        return false;
    }
    around.echo.in_order(&mine) as f32 > 0.9 * mine.len() as f32
}

fn note_ends(text: &str, units: &[&Seen], tokens: &[&Token], features: &mut Features) {
    let last = tokens.last().map_or(Stop::None, |t| t.stop);
    features.set_if(last == Stop::Question, Feature::QuestionMarkLast);
    features.set_if(last == Stop::Dash, Feature::BrokenOff);
    let from_the_start = units.first().is_some_and(|u| u.unit.tokens.start == 0);
    let goes_on = from_the_start && text.trim_start().starts_with(['-', '\u{2013}', '\u{2014}']);
    features.set_if(goes_on, Feature::Continues);
}

fn note_before(around: &Around<'_>, features: &mut Features) {
    let Around { echo, before, .. } = *around;
    features.set_if(echo.asked, Feature::ClientAsked);
    features.set_if(echo.nods, Feature::ClientNods);
    let given_back = if echo.nods { features.much(Feature::GivenBackMuch) } else { 0.0 };
    features.measure(Feature::NodsGivenBack, given_back);
    features.set_if(echo.nods && before == Some(Behaviour::Reflection), Feature::AfterReflection);
    features.set_if(echo.nods && before == Some(Behaviour::TherapistInput), Feature::AfterInput);
}

/// How much of a long reply is information, and how much is about the client.
fn note_density(lexicon: &Lexicon, tokens: &[&Token], units: &[&Seen], features: &mut Features) {
    let informs = |h: &&Hit| {
        matches!(
            h.cue,
            Cue::Information | Cue::Service | Cue::Evidence | Cue::Advice | Cue::Suggestion | Cue::Promise
        )
    };
    let places: HashSet<usize> =
        units.iter().flat_map(|u| u.hits.iter().filter(informs).map(|h| h.first)).collect();
    features.set_if(places.len() >= 2, Feature::InfoMany);
    features.set_if(places.len() >= 4, Feature::InfoMost);
    let says_you = |t: &&&Token| lexicon.is(t.word, Class::You) || lexicon.is(t.word, Class::Your);
    let said = tokens.iter().filter(says_you).count();
    features.set_if(said * 8 >= tokens.len() && said > 0, Feature::YouDense);
    let opens = |u: &&Seen| u.hits.iter().any(|h| h.cue == Cue::Stem && h.first <= u.unit.core + 1);
    features.set_if(units.iter().any(opens), Feature::StemStart);
    let echoes = units.iter().any(|u| u.overlap > 0.0) && tokens.len() <= 7;
    features.set_if(echoes, Feature::ShortEcho);
}

/// Who types without any marks leaves the question mark out, too: then the words alone ask,
/// and their order must count for more.
fn note_unmarked(tokens: &[&Token], features: &mut Features) {
    if tokens.iter().any(|t| t.stop != Stop::None) {
        return;
    }
    features.set(Feature::Unmarked);
    for (marked, unmarked) in [
        (Feature::WhStart, Feature::UnmarkedWh),
        (Feature::AuxStart, Feature::UnmarkedAux),
        (Feature::Open, Feature::UnmarkedOpen),
        (Feature::Closed, Feature::UnmarkedClosed),
        (Feature::Inverted, Feature::UnmarkedInverted),
        (Feature::LateQuestion, Feature::UnmarkedLate),
    ] {
        features.set_if(features.has(marked), unmarked);
    }
}

//! What is found out about a line from its words, once, when first asked for: most lines never are in one run.
//! Knows: lines, patterns, vectors. Never: personas, what was said, choosing.

use crate::domain::lines::index::{Lexicon, Vector};
use crate::domain::lines::needs::{Needs, Patterns, Scope, Shades};
use crate::domain::lines::splice::may_follow;
use crate::domain::lines::store::Line;
use crate::domain::lines::text::{normal, sentences, word_count};

/// Answers to what wants a yes or a no.
const YES_OR_NO: [&str; 20] = [
    "yes",
    "yeah",
    "yep",
    "yup",
    "no",
    "nope",
    "nah",
    "uh uh",
    "uh huh",
    "mm hm",
    "mmhm",
    "mm",
    "sure",
    "thats right",
    "right",
    "i guess so",
    "i guess thats so",
    "could be",
    "close",
    "of course",
];

/// What a line's words tell.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// Everything that it asks of a client.
    pub needs: Needs,
    /// Its own words …
    pub own: Vector,
    /// … and how many there are.
    pub words: u16,
    /// How it does what it does.
    pub shades: Shades,
    /// It makes no sense as one of the first things that are said.
    pub refers_back: bool,
    /// It begins as an answer to a question that wants a yes or a no.
    pub says_yes_or_no: bool,
    /// It may stand behind another line.
    pub may_follow: bool,
}

impl Known {
    /// What the words of `line` tell.
    pub fn of(line: &Line, patterns: &Patterns, lexicon: &Lexicon) -> Self {
        let scope = Scope { some_kinds: !line.kinds.is_any(), some_topics: !line.topics.is_any() };
        let text = line.text.as_str();
        // Who wrote a client's own line knew the client.
        let told = if line.is_own() { Needs::slots(text) } else { patterns.needs_of(text, scope) };
        Self {
            needs: told.and(line.needs),
            own: lexicon.vector(text),
            words: word_count(text),
            shades: patterns.shades_of(text),
            refers_back: patterns.refers_back(text),
            says_yes_or_no: says_yes_or_no(text),
            may_follow: may_follow(text, line.place),
        }
    }
}

fn says_yes_or_no(line: &str) -> bool {
    let first = sentences(line).first().map(|s| normal(s)).unwrap_or_default();
    let word = line.split([',', ' ']).next().unwrap_or_default();
    YES_OR_NO.contains(&first.as_str())
        || (line[word.len()..].starts_with(',') && YES_OR_NO.contains(&normal(word).as_str()))
}

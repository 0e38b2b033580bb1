//! What is found out about a line from its words, once, when first asked for: most lines never are in one run.
//! Knows: lines, patterns. Never: personas, what was said, choosing.

use crate::domain::lines::needs::{Needs, Patterns, Scope};
use crate::domain::lines::splice::may_follow;
use crate::domain::lines::store::{Line, Place};
use crate::domain::lines::tag::Shade;
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
    /// How many words it has.
    pub words: u16,
    /// The shade that is wanted of its tag, if it has it.
    pub shade: Option<Shade>,
    /// It makes no sense as one of the first things that are said.
    pub refers_back: bool,
    /// It begins as an answer to a question that wants a yes or a no.
    pub says_yes_or_no: bool,
    /// It may stand behind another line.
    pub may_follow: bool,
}

impl Known {
    /// What the words of `line` tell.
    pub fn of(line: &Line, patterns: &Patterns) -> Self {
        let scope = Scope { some_kinds: !line.kinds.is_any(), some_topics: !line.topics.is_any() };
        let text = line.text.as_str();
        // Who wrote a client's own line knew the client.
        let told = if line.is_own() { Needs::slots(text) } else { patterns.needs_of(text, scope) };
        Self {
            needs: told.and(line.needs),
            words: word_count(text),
            shade: Shade::wanted_of(line.tag).filter(|shade| patterns.has_shade(text, *shade)),
            refers_back: patterns.refers_back(text),
            says_yes_or_no: says_yes_or_no(text),
            may_follow: stands_free(line) && may_follow(text, line.place),
        }
    }
}

/// Whether it needs nothing before it, but perhaps its belief.
fn stands_free(line: &Line) -> bool {
    match line.place {
        Place::Voice => line.turns.is_empty(),
        Place::Claim(_) | Place::Detail(_) | Place::Plan => true,
        _ => false,
    }
}

fn says_yes_or_no(line: &str) -> bool {
    let first = sentences(line).first().map(|s| normal(s)).unwrap_or_default();
    let word = line.split([',', ' ']).next().unwrap_or_default();
    YES_OR_NO.contains(&first.as_str())
        || (line[word.len()..].starts_with(',') && YES_OR_NO.contains(&normal(word).as_str()))
}

//! What the client has already said in a session, so that nothing is said twice.
//! Knows: text. Never: tags, personas, weights.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::domain::lines::manner::SmallWords;
use crate::domain::lines::text::{normal, sentences};

/// Sentences of fewer words may come again inside a longer reply.
const SENTENCE_WORDS: usize = 4;
/// So many of the last replies should not begin as the next one does.
const OPENINGS: usize = 4;

/// Some words, told from others by their hash: ten thousand lines are looked up before each reply.
type Print = u64;

/// By what a text is found again in what was said: its words without the client's small ones.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    /// All of it; none where it has no words.
    whole: Option<Print>,
    /// The first two words of several.
    opening: Option<Print>,
    /// The sentences that must not come again inside another reply.
    sentences: Box<[Print]>,
}

impl Trace {
    /// The trace of `text`, said by somebody with these small words.
    pub fn of(text: &str, small: &SmallWords) -> Self {
        Self::of_both(text, &normal(text), small)
    }

    /// Likewise where the normal form of the text is at hand.
    pub fn of_both(text: &str, normal_text: &str, small: &SmallWords) -> Self {
        let bare = small.left_out_of(normal_text);
        let long = |words: &str| (words.split(' ').count() >= SENTENCE_WORDS).then(|| print_of(words));
        let sentences = match sentences(text)[..] {
            [] | [_] => long(&bare).into_iter().collect(),
            ref several => several.iter().filter_map(|s| long(&small.left_out_of(&normal(s)))).collect(),
        };
        Self { whole: (!bare.is_empty()).then(|| print_of(&bare)), opening: opening_of(&bare), sentences }
    }
}

/// The client's replies so far.
#[derive(Debug)]
pub(super) struct History<'a> {
    /// Those that do not count.
    small: &'a SmallWords,
    /// For each reply, oldest first: its words up to each of them, and from each of them on.
    replies: Vec<HashSet<Print>>,
    /// Reply -> the turn it was last said in.
    last_said: HashMap<Option<Print>, usize>,
    sentences: HashSet<Print>,
    /// How the last few replies began.
    openings: Vec<Print>,
}

impl<'a> History<'a> {
    /// The history of `said`, oldest first, by somebody with these small words.
    pub fn of(said: &[String], small: &'a SmallWords) -> Self {
        let traces: Vec<Trace> = said.iter().map(|text| Trace::of(text, small)).collect();
        Self {
            small,
            replies: said.iter().map(|text| edges(&small.left_out_of(&normal(text)))).collect(),
            last_said: traces.iter().map(|t| t.whole).zip(0..).collect(),
            sentences: traces.iter().flat_map(|t| t.sentences.iter().copied()).collect(),
            openings: traces.iter().rev().take(OPENINGS).filter_map(|t| t.opening).collect(),
        }
    }

    /// The trace of another text by the same client.
    pub fn trace(&self, text: &str) -> Trace {
        Trace::of(text, self.small)
    }

    /// Whether the text, or a whole sentence of it, was said before.
    pub fn repeats(&self, text: &Trace) -> bool {
        self.last_said.contains_key(&text.whole) || text.sentences.iter().any(|s| self.sentences.contains(s))
    }

    /// How many turns ago the text was said, if it was.
    pub fn turns_since(&self, text: &Trace) -> Option<usize> {
        self.last_said.get(&text.whole).map(|i| self.replies.len() - i)
    }

    /// Whether the last reply was the text, or began or ended with it.
    pub fn just_said(&self, text: &Trace) -> bool {
        self.said_within(text, 1)
    }

    /// Whether one of the last `turns` replies was the text, or began or ended with it.
    pub fn said_within(&self, text: &Trace, turns: usize) -> bool {
        text.whole.is_some_and(|whole| self.replies.iter().rev().take(turns).any(|r| r.contains(&whole)))
    }

    /// Whether one of the last replies began as the text does.
    pub fn opens_alike(&self, text: &Trace) -> bool {
        text.opening.is_some_and(|opening| self.openings.contains(&opening))
    }

    /// The number of replies.
    pub fn len(&self) -> usize {
        self.replies.len()
    }
}

fn print_of(words: &str) -> Print {
    let mut hasher = DefaultHasher::new();
    words.hash(&mut hasher);
    hasher.finish()
}

fn opening_of(words: &str) -> Option<Print> {
    let mut spaces = words.match_indices(' ').map(|(i, _)| i);
    spaces.next()?;
    Some(print_of(&words[..spaces.next().unwrap_or(words.len())]))
}

/// What the words begin and end with, at every space, and all of them.
fn edges(words: &str) -> HashSet<Print> {
    let at_space = words.match_indices(' ').flat_map(|(i, _)| [&words[..i], &words[i + 1..]]);
    at_space.chain((!words.is_empty()).then_some(words)).map(print_of).collect()
}

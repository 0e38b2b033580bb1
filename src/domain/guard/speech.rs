//! Whether a reply reads like a counsellor's: a weight for each of some four hundred words.
//! Knows: the weights that `training/guard/fit.py` wrote. Never: personas, what was said before.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

/// Shorter replies tell nothing: nobody knows whose "mm-hm" it is.
pub(super) const TELLING: usize = 6;

/// Whether `words`, in lower case and without punctuation, read like a counsellor's. `asks`: there is
/// a question mark among them. Of real clients' replies so long 9% do, of counsellors' 90%.
pub(super) fn is_counsellors(words: &[String], asks: Asks) -> bool {
    words.len() >= TELLING && SPEECH.score(words, asks) > SPEECH.limit
}

/// Whether a reply has a question mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    Yes,
    No,
}

struct Speech {
    bias: f32,
    limit: f32,
    about_you: f32, // times the share of words about "you"
    about_me: f32,
    asking: f32,
    words: HashMap<&'static str, f32>,
}

static SPEECH: LazyLock<Speech> = LazyLock::new(|| {
    let lines = include_str!("speech.txt").lines().filter(|line| !line.starts_with('#'));
    let mut words: HashMap<&str, f32> = lines
        .filter_map(|line| line.split_once(' '))
        .map(|(name, weight)| (name, weight.parse().expect("a number of our own, read in every test run")))
        .collect();
    let mut take = |name| words.remove(name).expect("a name of our own, read in every test run");
    let (bias, limit) = (take("?bias"), take("?limit"));
    let (about_you, about_me, asking) = (take("?you"), take("?i"), take("?asks"));
    Speech { bias, limit, about_you, about_me, asking, words }
});

impl Speech {
    fn score(&self, words: &[String], asks: Asks) -> f32 {
        let share = |family: &[&str]| {
            let stem = |word: &String| word.split('\'').next().unwrap_or_default().to_owned();
            let about = words.iter().filter(|word| family.contains(&stem(word).as_str())).count();
            about as f32 / words.len() as f32
        };
        let once: BTreeSet<&str> = words.iter().map(String::as_str).collect();
        let said: f32 = once.into_iter().filter_map(|word| self.words.get(word)).sum();
        self.bias
            + self.about_you * share(&["you", "your", "yours", "yourself"])
            + self.about_me * share(&["i", "me", "my", "mine", "myself"])
            + if asks == Asks::Yes { self.asking } else { 0.0 }
            + said
    }
}

//! Tokens that stand in a text by their names.
//! Knows: names. Never: which of them a text may contain.

use aho_corasick::{AhoCorasick, MatchKind};

use crate::engine::EngineError;

/// Finds the names of some tokens in a text.
pub(super) struct Special {
    finder: AhoCorasick,
    ids: Vec<u32>,
}

impl Special {
    /// Looks for `names`; there may be thousands. Empty ones are never found.
    pub(super) fn new<'a>(names: impl Iterator<Item = (&'a str, u32)>) -> Result<Self, EngineError> {
        let (names, ids): (Vec<&str>, Vec<u32>) = names.filter(|(name, _)| !name.is_empty()).unzip();
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(names);
        let finder = finder.map_err(|e| EngineError::Tokenizer(e.to_string()))?;
        Ok(Self { finder, ids })
    }

    /// Where in `text` which token is: from left to right, the longest where several begin at
    /// one place.
    pub(super) fn find<'a>(
        &'a self,
        text: &'a str,
    ) -> impl Iterator<Item = (std::ops::Range<usize>, u32)> + 'a {
        self.finder.find_iter(text).map(|found| (found.range(), self.ids[found.pattern().as_usize()]))
    }
}

//! The text of every token in one place, and the way back from a text to its token.
//! Knows: bytes. Never: kinds, how a file spells them.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

/// Texts of all tokens, by id.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// One after another.
    bytes: Vec<u8>,
    /// Where each ends; a vocabulary has less than 4 GiB of text.
    ends: Vec<u32>,
}

impl Texts {
    /// No texts, with room for so many.
    pub(super) fn with_capacity(tokens: usize) -> Self {
        Self { bytes: Vec::new(), ends: Vec::with_capacity(tokens) }
    }

    /// Adds the text of the next token, which `write` writes. False if there is no room for it.
    pub(super) fn push<E>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<bool, E> {
        write(&mut self.bytes)?;
        let end = u32::try_from(self.bytes.len());
        self.ends.extend(end);
        Ok(end.is_ok())
    }

    /// The text of token `id`.
    pub(super) fn get(&self, id: u32) -> &[u8] {
        let id = id as usize;
        let from = if id == 0 { 0 } else { self.ends[id - 1] };
        &self.bytes[from as usize..self.ends[id] as usize]
    }

    /// Gives back the room that is left over.
    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
    }
}

/// Finds tokens by their text. Holds ids only: the texts are looked up in [`Texts`].
#[derive(Debug, Default)]
pub(super) struct Index {
    ids: HashTable<u32>,
    hasher: RandomState,
}

impl Index {
    /// Of the tokens `ids`; of two with one text the later is found.
    pub(super) fn new(texts: &Texts, ids: impl Iterator<Item = u32>) -> Self {
        let mut index = Self::default();
        for id in ids {
            let text = texts.get(id);
            let hash = index.hasher.hash_one(text);
            match index.ids.find_mut(hash, |other| texts.get(*other) == text) {
                Some(other) => *other = id,
                None => {
                    let rehash = |id: &u32| index.hasher.hash_one(texts.get(*id));
                    index.ids.insert_unique(hash, id, rehash);
                }
            }
        }
        index
    }

    /// The token with this text.
    pub(super) fn find(&self, texts: &Texts, text: &[u8]) -> Option<u32> {
        self.ids.find(self.hasher.hash_one(text), |id| texts.get(*id) == text).copied()
    }
}

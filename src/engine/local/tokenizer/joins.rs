//! BPE's joining: of all neighbours that make a piece the best are joined first, until none do.
//! Knows: pieces and where they lie. Never: which pairs make a piece, or how good they are.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// A piece of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// Its token, where the caller keeps one.
    pub(super) id: u32,
    /// Where it begins, in bytes.
    pub(super) at: usize,
    /// Its length in bytes; nothing is left of it once it was joined to the one before it.
    pub(super) len: usize,
    before: Option<usize>,
    behind: Option<usize>,
}

/// A row of pieces.
#[derive(Debug, Default)]
pub(super) struct Pieces(Vec<Piece>);

/// Two neighbours that make a piece.
struct Pair<K> {
    key: K,
    left: usize,
    right: usize,
    /// Bytes of both when they were put on the list; by it a pair that has changed is known.
    len: usize,
    id: u32,
}

impl Pieces {
    /// Puts a piece behind the last.
    pub(super) fn push(&mut self, id: u32, at: usize, len: usize) {
        let here = self.0.len();
        if let Some(last) = self.0.last_mut() {
            last.behind = Some(here);
        }
        self.0.push(Piece { id, at, len, before: here.checked_sub(1), behind: None });
    }

    /// Joins while `pair` says of two neighbours that they make a piece, how good that is (the greatest
    /// first, of equals the one furthest left), and which token.
    pub(super) fn join<K: Ord>(&mut self, pair: impl Fn(&Piece, &Piece) -> Option<(K, u32)>) {
        let pieces = &mut self.0;
        let at = |pieces: &[Piece], left: usize| {
            let right = pieces[left].behind?;
            let (key, id) = pair(&pieces[left], &pieces[right])?;
            Some(Pair { key, left, right, len: pieces[left].len + pieces[right].len, id })
        };
        let mut pairs: BinaryHeap<Pair<K>> =
            (0..pieces.len().saturating_sub(1)).filter_map(|left| at(pieces, left)).collect();
        while let Some(Pair { left, right, len, id, .. }) = pairs.pop() {
            let gone = pieces[left].len == 0 || pieces[right].len == 0;
            if gone || pieces[left].len + pieces[right].len != len {
                continue;
            }
            let behind = pieces[right].behind;
            pieces[right].len = 0;
            pieces[left] = Piece { id, len, behind, ..pieces[left] };
            if let Some(behind) = behind {
                pieces[behind].before = Some(left);
            }
            pairs.extend(pieces[left].before.and_then(|before| at(pieces, before)));
            pairs.extend(at(pieces, left));
        }
    }

    /// What is left, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Piece> {
        self.0.iter().filter(|piece| piece.len > 0)
    }
}

impl<K: Ord> Ord for Pair<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key).then_with(|| Reverse(self.left).cmp(&Reverse(other.left)))
    }
}

impl<K: Ord> PartialOrd for Pair<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K: Ord> PartialEq for Pair<K> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<K: Ord> Eq for Pair<K> {}

//! Keys and values in pages of positions.
//! Knows: where a key or value lies. Never: how it is made.
//!
//! Pages are added as a text grows: nothing is copied, and no more is allocated than was read.

use std::ops::Range;

use super::attention::{CHUNK, Span};
use super::buffer::Buffer;
use super::format::TILE;
use super::pool::Pool;
use super::shared::Shared;
use super::tiers::Kernels;

/// Shape of keys and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Number of layers.
    pub layers: usize,
    /// Key heads of a layer.
    pub kv_heads: usize,
    /// A multiple of 16.
    pub head_dim: usize,
    /// Positions of a page, a multiple of 64.
    pub page_tok: usize,
}

/// Widest head.
pub const MOST_HEAD_DIM: usize = 256;

/// Keys and values of consecutive positions, in f16: page after page, within a page by layer and
/// key head, and there keys in tiles (positions / 16, head_dim, 16), then values (positions,
/// head_dim).
pub struct Pages {
    shape: Shape,
    /// Position of the first entry.
    first: usize,
    pages: Vec<Buffer>,
}

impl Shape {
    /// Numbers of the keys, or of the values, of one layer and head on a page.
    fn plane(&self) -> usize {
        self.page_tok * self.head_dim
    }

    /// Where the keys of one layer and head begin on a page.
    fn plane_at(&self, layer: usize, head: usize) -> usize {
        (layer * self.kv_heads + head) * 2 * self.plane()
    }

    /// Bytes of a page.
    pub fn page_bytes(&self) -> usize {
        self.layers * self.kv_heads * 2 * self.plane() * size_of::<u16>()
    }
}

impl Pages {
    /// No pages yet; the first entry will be that of position `first`.
    pub fn new(shape: Shape, first: usize) -> Self {
        assert!(shape.head_dim.is_multiple_of(TILE) && shape.head_dim <= MOST_HEAD_DIM, "head_dim");
        assert!(shape.page_tok.is_multiple_of(CHUNK), "positions of a page");
        Self { shape, first, pages: Vec::new() }
    }

    /// Makes room for positions before `end`.
    ///
    /// # Errors
    /// Where there is no memory.
    pub fn reserve(&mut self, end: usize) -> std::io::Result<()> {
        let pages = end.saturating_sub(self.first).div_ceil(self.shape.page_tok);
        while self.pages.len() < pages {
            self.pages.push(Buffer::zeroed(self.shape.page_bytes())?);
        }
        Ok(())
    }

    /// Gives back the pages that hold nothing before position `end`.
    pub fn shrink(&mut self, end: usize) {
        self.pages.truncate(end.saturating_sub(self.first).div_ceil(self.shape.page_tok));
    }

    /// Position of the first entry.
    pub fn first(&self) -> usize {
        self.first
    }

    /// The shape.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Bytes of `export` for `n` positions.
    pub fn export_bytes(shape: Shape, n: usize) -> usize {
        let of_page = |first: usize| {
            let n = shape.page_tok.min(n - first);
            (n.next_multiple_of(TILE) + n) * shape.head_dim
        };
        let numbers: usize = (0..n).step_by(shape.page_tok).map(of_page).sum();
        numbers * shape.layers * shape.kv_heads * size_of::<u16>()
    }

    /// Appends keys and values of the first `n` positions, and of no others, to `out`.
    ///
    /// # Panics
    /// Where no room was reserved for them.
    pub fn export(&self, n: usize, out: &mut Vec<u8>) {
        self.planes(n, &mut |page, keys, values, n| {
            let mut keys = page[keys].to_vec();
            // Beside the last positions, their tile has others.
            let (last, lanes) = (n / TILE * TILE * self.shape.head_dim * 2, n % TILE);
            for numbers in keys[last..].chunks_exact_mut(TILE * 2) {
                numbers[lanes * 2..].fill(0);
            }
            out.extend_from_slice(&keys);
            out.extend_from_slice(&page[values]);
        });
    }

    /// Reads what `export` wrote for `n` positions, for which room was reserved.
    ///
    /// # Panics
    /// Where `bytes` are not as many, or no room was reserved.
    pub fn import(&mut self, n: usize, mut bytes: &[u8]) {
        assert_eq!(bytes.len(), Self::export_bytes(self.shape, n), "bytes of {n} positions");
        let mut ranges = Vec::new();
        self.planes(n, &mut |_, keys, values, _| ranges.push([keys, values]));
        let per_page = self.shape.layers * self.shape.kv_heads;
        for (at, range) in ranges.into_iter().enumerate() {
            for range in range {
                let (from, rest) = bytes.split_at(range.len());
                self.pages[at / per_page].bytes_mut()[range].copy_from_slice(from);
                bytes = rest;
            }
        }
    }

    /// Calls `each` for every page, layer and head that the first `n` positions touch: the page's
    /// bytes, where in them keys and values lie, and how many positions those are.
    #[allow(clippy::type_complexity, reason = "two ranges and a count, for two callers in this file")]
    fn planes(&self, n: usize, each: &mut dyn FnMut(&[u8], Range<usize>, Range<usize>, usize)) {
        let Shape { layers, kv_heads, head_dim, page_tok } = self.shape;
        for (page, first) in (0..n).step_by(page_tok).enumerate() {
            let n = page_tok.min(n - first);
            for plane in
                (0..layers * kv_heads).map(|at| self.shape.plane_at(0, 0) + at * 2 * self.shape.plane())
            {
                let (keys, values) = (plane * 2, (plane + self.shape.plane()) * 2);
                let keys = keys..keys + n.next_multiple_of(TILE) * head_dim * 2;
                each(self.pages[page].bytes(), keys, values..values + n * head_dim * 2, n);
            }
        }
    }

    /// Number of pages that positions before `end` touch.
    pub fn count(&self, end: usize) -> usize {
        end.saturating_sub(self.first).div_ceil(self.shape.page_tok)
    }

    /// Page `page` of one layer and head, as far as positions before `end`.
    ///
    /// # Panics
    /// Where there is no such page.
    pub fn span(&self, page: usize, layer: usize, head: usize, end: usize) -> Span {
        let keys = self.keys(page, layer, head);
        let first = self.first + page * self.shape.page_tok;
        Span {
            keys,
            values: keys.wrapping_add(self.shape.plane()),
            len: self.shape.page_tok.min(end - first),
            first,
        }
    }

    /// Writes keys and values of layer `layer`: of positions from `from` on, one after the other,
    /// rows `stride` numbers apart that hold all heads of a position.
    ///
    /// # Panics
    /// Where no room was reserved for them.
    pub fn put(
        &mut self,
        (kernels, pool): (&Kernels, &mut Pool),
        (layer, from): (usize, usize),
        (keys, values, stride): (&[f32], &[f32], usize),
    ) {
        let Shape { kv_heads, head_dim, page_tok, .. } = self.shape;
        let rows = keys.len() / stride;
        assert!(stride >= kv_heads * head_dim && values.len() >= rows * stride, "rows of all heads");
        assert!(self.pages.len() * page_tok >= from + rows - self.first, "room for the positions");
        let one = |row: usize| {
            let at = from + row - self.first;
            let (page, at) = (Shared::new(self.pages[at / page_tok].start().cast::<u16>()), at % page_tok);
            for head in 0..kv_heads {
                let number = row * stride + head * head_dim;
                let plane = self.shape.plane_at(layer, head);
                let (key, value) = (&keys[number..number + head_dim], &values[number..number + head_dim]);
                let mut halves = [0u16; MOST_HEAD_DIM];
                // SAFETY: `head_dim` is a multiple of 16, and at most what `halves` has room for.
                // The page was reserved; each position is written by one thread, and nobody reads.
                unsafe {
                    (kernels.to_f16)(key.as_ptr(), halves.as_mut_ptr(), head_dim);
                    let to = page.at(plane + at / TILE * TILE * head_dim + at % TILE);
                    for (d, half) in halves[..head_dim].iter().enumerate() {
                        *to.add(d * TILE) = *half;
                    }
                    let to = page.at(plane + self.shape.plane() + at * head_dim);
                    (kernels.to_f16)(value.as_ptr(), to, head_dim);
                }
            }
        };
        super::linear::in_parallel(pool, rows, 8, &one);
    }

    fn keys(&self, page: usize, layer: usize, head: usize) -> *const u16 {
        assert!(layer < self.shape.layers && head < self.shape.kv_heads, "layer {layer}, head {head}");
        self.pages[page].start().cast::<u16>().wrapping_add(self.shape.plane_at(layer, head)).cast_const()
    }
}

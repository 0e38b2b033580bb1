//! Keys and values in pages of positions.
//! Knows: where a key or value lies. Never: how it is made.
//!
//! Pages are added as a text grows: nothing is copied, and no more is allocated than was read.

use super::attention::{CHUNK, Span};
use super::buffer::Buffer;
use super::format::TILE;
use super::linear::Shared;
use super::pool::Pool;
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

    /// The pages' bytes, one after the other.
    pub fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        self.pages.iter().map(Buffer::bytes)
    }

    /// The same, to write to.
    pub fn bytes_mut(&mut self) -> impl Iterator<Item = &mut [u8]> {
        self.pages.iter_mut().map(Buffer::bytes_mut)
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
            let (page, at) = (Shared(self.pages[at / page_tok].start().cast::<u16>()), at % page_tok);
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

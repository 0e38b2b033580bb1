//! Attention of many rows over pages of keys and values, on all threads.
//! Knows: which row may look at which positions. Never: layers, how rows are made.

use std::cell::RefCell;

use super::attention::{CHUNK, Row, Span};
use super::kv::Pages;
use super::linear::in_parallel;
use super::pool::Pool;
use super::shared::Shared;
use super::tiers::Kernels;

/// A query position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Which of the texts it belongs to; rows of a text stand together.
    pub text: usize,
    /// First position that it looks at.
    pub from: usize,
    /// One after the last.
    pub to: usize,
}

/// Attention of one layer.
pub struct Attention<'a> {
    /// Number of the layer.
    pub layer: usize,
    /// Query heads that share a key head.
    pub group: usize,
    /// The rows.
    pub rows: &'a [Asking],
    /// Queries, scaled (rows, stride): all heads of a row.
    pub queries: &'a [f32],
    /// Numbers from one row of `queries` to the next.
    pub stride: usize,
    /// What all texts begin with.
    pub shared: &'a Pages,
    /// What each of them goes on with; none where there is only what is shared.
    pub own: &'a [Pages],
}

/// Up to so many rows, each page is an item of its own: there are too few rows to share out
/// otherwise. (The number of threads must not matter here: it would show in the last bits.)
const MOST_SPLIT: usize = 32;
/// About how many query rows an item has.
const ITEM_ROWS: usize = 48;

/// What one thread needs.
#[derive(Default)]
struct Desk {
    rows: Vec<Row>,
    scores: Vec<f32>,
    /// What the rows see on one page.
    sums: Vec<f32>,
    /// What they have seen before.
    seen: Vec<Seen>,
}

/// What a row has seen of some pages, beside the weighted sum of their values.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// The largest score.
    largest: f32,
    /// What the weights add up to.
    total: f32,
}

/// A row that has seen nothing.
const NOTHING: Seen = Seen { largest: f32::NEG_INFINITY, total: 0.0 };

thread_local! {
    static DESK: RefCell<Desk> = RefCell::default();
}

/// What split attention keeps until all pages were looked at.
#[derive(Default)]
pub struct Parts {
    /// (rows, heads, parts, head_dim)
    sums: Vec<f32>,
    /// (rows, heads, parts)
    seen: Vec<Seen>,
    items: Vec<Item>,
}

/// Some rows of one key head that look at some pages.
struct Item {
    head: usize,
    rows: std::ops::Range<usize>,
    pages: Where,
    /// Where the result goes, if it is a part.
    part: usize,
}

/// Which pages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    /// All that the rows, of one text, may look at.
    All,
    /// One page of what is shared.
    Shared(usize),
    /// One page of the rows' own text.
    Own(usize),
}

impl Attention<'_> {
    /// Computes it: all heads of each row, to `out` (rows, stride of the queries).
    ///
    /// # Panics
    /// Where a row looks at positions that no page has, or sizes do not fit each other.
    pub fn run(&self, kernels: &Kernels, pool: &mut Pool, parts: &mut Parts, out: &mut [f32]) {
        let shape = self.shared.shape();
        let heads = shape.kv_heads * self.group;
        let width = heads * shape.head_dim;
        assert!(self.stride >= width, "room for all heads");
        let numbers = self.rows.len() * self.stride;
        assert!(self.queries.len() >= numbers && out.len() >= numbers, "rows");
        for row in self.rows {
            assert!(row.from < row.to, "a row looks at something");
        }
        out[..numbers].fill(0.0);
        let end = self.rows.iter().map(|row| row.to).max().unwrap_or(0);
        let shared_end = if self.own.is_empty() { end } else { self.own_first() };
        let shared_pages = self.shared.count(shared_end);
        let own_pages = self.own.iter().map(|own| own.count(end)).max().unwrap_or(0);
        let count = shared_pages + own_pages;
        let split = self.rows.len() <= MOST_SPLIT && count > 1;
        self.list_items(split, shared_pages, own_pages, &mut parts.items);
        let places = self.rows.len() * heads * count;
        if split {
            parts.sums.resize(parts.sums.len().max(places * shape.head_dim), 0.0);
            parts.seen.clear();
            parts.seen.resize(places, NOTHING);
        }
        let place = Place {
            out: Shared::new(out.as_mut_ptr()),
            sums: Shared::new(parts.sums.as_mut_ptr()),
            seen: Shared::new(parts.seen.as_mut_ptr()),
            count: if split { count } else { 0 },
        };
        let items = parts.items.as_slice();
        pool.run(items.len(), &|at| self.do_item(kernels, &items[at], &place));
        if split {
            let parts = &*parts;
            let out = place.out;
            in_parallel(pool, self.rows.len() * heads, 16, &|at| {
                let (row, head) = (at / heads, at % heads);
                let start = row * self.stride + head * shape.head_dim;
                // SAFETY: asserted above that `out` has all heads of all rows; one thread each.
                let out = unsafe { std::slice::from_raw_parts_mut(out.at(start), shape.head_dim) };
                let seen = &parts.seen[at * count..(at + 1) * count];
                let sums = &parts.sums[at * count * shape.head_dim..(at + 1) * count * shape.head_dim];
                let mut before = NOTHING;
                for (seen, sums) in seen.iter().zip(sums.chunks_exact(shape.head_dim)) {
                    fold(&mut before, out, *seen, sums);
                }
                finish(before, out);
            });
        }
    }

    fn own_first(&self) -> usize {
        self.own.first().map_or(0, Pages::first)
    }

    fn list_items(&self, split: bool, shared_pages: usize, own_pages: usize, items: &mut Vec<Item>) {
        let at_once = (ITEM_ROWS / self.group).max(1);
        items.clear();
        let mut add = |rows: std::ops::Range<usize>, pages: Where, part: usize| {
            for start in rows.clone().step_by(at_once) {
                for head in 0..self.shared.shape().kv_heads {
                    let rows = start..rows.end.min(start + at_once);
                    items.push(Item { head, rows, pages, part });
                }
            }
        };
        if split {
            (0..shared_pages).for_each(|page| add(0..self.rows.len(), Where::Shared(page), page));
        }
        let mut start = 0;
        for text in self.rows.chunk_by(|a, b| a.text == b.text) {
            let rows = start..start + text.len();
            start = rows.end;
            if !split {
                add(rows, Where::All, 0);
            } else if !self.own.is_empty() {
                for page in 0..own_pages {
                    add(rows.clone(), Where::Own(page), shared_pages + page);
                }
            }
        }
    }

    fn do_item(&self, kernels: &Kernels, item: &Item, place: &Place) {
        let shape = self.shared.shape();
        let (dim, heads) = (shape.head_dim, shape.kv_heads * self.group);
        DESK.with_borrow_mut(|desk| {
            let Desk { rows, scores, sums, seen } = desk;
            let count = item.rows.len() * self.group;
            // Of each row of the item, where its numbers begin and which result they are.
            let start = |n: usize| {
                let row = item.rows.start + n / self.group;
                let head = item.head * self.group + n % self.group;
                (row * self.stride + head * dim, row * heads + head)
            };
            scores.resize(scores.len().max(count * CHUNK), 0.0);
            sums.resize(sums.len().max(count * dim), 0.0);
            seen.clear();
            seen.resize(count, NOTHING);
            for span in self.spans(item) {
                sums[..count * dim].fill(0.0);
                rows.clear();
                for (n, sums) in sums.chunks_exact_mut(dim).take(count).enumerate() {
                    let asking = &self.rows[item.rows.start + n / self.group];
                    let query = self.queries[start(n).0..].as_ptr();
                    rows.push(Row::new(query, sums.as_mut_ptr(), asking.from, asking.to));
                }
                // SAFETY: the span's memory is whole pages, whose positions are a multiple of the
                // chunk; queries and sums have `head_dim` numbers for each row; `scores` was made
                // large enough.
                unsafe { (kernels.attend)(dim, &span, rows, scores.as_mut_ptr()) };
                for (n, (row, sums)) in rows.iter().zip(sums.chunks_exact(dim)).enumerate() {
                    let new = Seen { largest: row.largest, total: row.total };
                    if place.count == 0 {
                        // SAFETY: the result has `head_dim` numbers, and is this item's.
                        let out = unsafe { std::slice::from_raw_parts_mut(place.out.at(start(n).0), dim) };
                        fold(&mut seen[n], out, new, sums);
                    } else {
                        let at = start(n).1 * place.count + item.part;
                        // SAFETY: each row, head and part has its place; this one is this item's.
                        unsafe {
                            *place.seen.at(at) = new;
                            place.sums.at(at * dim).copy_from_nonoverlapping(sums.as_ptr(), dim);
                        }
                    }
                }
            }
            if place.count == 0 {
                for (n, seen) in seen.iter().enumerate() {
                    // SAFETY: as above.
                    let out = unsafe { std::slice::from_raw_parts_mut(place.out.at(start(n).0), dim) };
                    finish(*seen, out);
                }
            }
        });
    }

    fn spans(&self, item: &Item) -> impl Iterator<Item = Span> {
        let rows = &self.rows[item.rows.clone()];
        let end = rows.iter().map(|row| row.to).max().unwrap_or(0);
        let shared_end = if self.own.is_empty() { end } else { end.min(self.own_first()) };
        let own = self.own.get(rows.first().map_or(0, |row| row.text));
        let (layer, head) = (self.layer, item.head);
        let shared = match item.pages {
            Where::All => 0..self.shared.count(shared_end),
            Where::Shared(page) => page..(page + 1).min(self.shared.count(shared_end)),
            Where::Own(_) => 0..0,
        };
        let own_pages = own.map_or(0, |own| own.count(end));
        let own_range = match item.pages {
            Where::All => 0..own_pages,
            Where::Shared(_) => 0..0,
            Where::Own(page) => page..(page + 1).min(own_pages),
        };
        let shared = shared.map(move |page| self.shared.span(page, layer, head, shared_end));
        let own = own_range.filter_map(move |page| own.map(|own| own.span(page, layer, head, end)));
        shared.chain(own)
    }
}

/// Where results go.
struct Place {
    out: Shared<f32>,
    sums: Shared<f32>,
    seen: Shared<Seen>,
    /// Parts of a result; 0 where there are none.
    count: usize,
}

/// Adds what a row sees on one page to what it saw before, of which `out` is the weighted sum.
///
/// Pages are folded in one by one whichever thread looked at them, so that a result depends on
/// neither the number of threads nor that of rows.
fn fold(before: &mut Seen, out: &mut [f32], new: Seen, sums: &[f32]) {
    if new.total == 0.0 {
        return;
    }
    if before.total == 0.0 {
        out.copy_from_slice(sums);
        *before = new;
        return;
    }
    let largest = before.largest.max(new.largest);
    let (old_share, new_share) = ((before.largest - largest).exp(), (new.largest - largest).exp());
    for (out, sum) in out.iter_mut().zip(sums) {
        *out = *out * old_share + sum * new_share;
    }
    *before = Seen { largest, total: before.total * old_share + new.total * new_share };
}

/// The mean of the values that a row has seen, from their weighted sum.
fn finish(seen: Seen, out: &mut [f32]) {
    let scale = 1.0 / seen.total;
    out.iter_mut().for_each(|x| *x *= scale);
}

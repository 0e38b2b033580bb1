//! Attention over cached keys and values, written once for any `Isa`.
//! Knows: one key head, and the query rows that look at it. Never: layers, positions, threads.
//!
//! Keys lie in tiles of sixteen positions (head_dim, 16), so that one register holds one dimension
//! of sixteen keys; values by position (head_dim). Both are f16. The softmax is the online one:
//! each row keeps its largest score so far, and what it has added up shrinks when a larger one
//! comes (Milakov and Gimelshein, 2018).

use super::format::TILE;
use super::isa::Isa;
use super::vector::exp;

/// Keys that are looked at together.
pub(super) const CHUNK: usize = 64;

/// Some keys and values in a row.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Tiles of keys.
    pub keys: *const u16,
    /// Values.
    pub values: *const u16,
    /// How many.
    pub len: usize,
    /// Position of the first.
    pub first: usize,
}

/// A query row, and what it has seen so far.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The query (head_dim), scaled.
    pub query: *const f32,
    /// What the values add up to (head_dim).
    pub out: *mut f32,
    /// First position that it may look at.
    pub from: usize,
    /// One after the last.
    pub to: usize,
    /// Largest score so far.
    pub largest: f32,
    /// What the weights of the values add up to.
    pub total: f32,
}

impl Row {
    /// A row that has seen nothing; `out` is all zeros.
    pub fn new(query: *const f32, out: *mut f32, from: usize, to: usize) -> Self {
        Self { query, out, from, to, largest: f32::NEG_INFINITY, total: 0.0 }
    }
}

/// Lets `rows` look at `span`.
///
/// `BIG` rows and `T6` tiles of keys are multiplied at once; with 4 rows `T4`, with fewer `T2`.
///
/// # Safety
/// As `Isa`. The pointers of span and rows hold what their comments say; `dim` is a multiple of
/// 16; the keys' memory reaches to the end of their last tile, and `scores` has room for
/// `rows.len() * CHUNK`.
#[inline(always)]
pub(super) unsafe fn attend<I: Isa, const T6: usize, const T4: usize, const T2: usize>(
    dim: usize,
    span: &Span,
    rows: &mut [Row],
    scores: *mut f32,
) {
    let first = rows.iter().map(|row| row.from).min().unwrap_or(0).max(span.first) - span.first;
    let last = rows.iter().map(|row| row.to).max().unwrap_or(0).min(span.first + span.len);
    let mut at = first / CHUNK * CHUNK;
    while span.first + at < last {
        let n = CHUNK.min(span.len - at);
        let tiles = n.div_ceil(TILE);
        let keys = span.keys.add(at * dim);
        let values = span.values.add(at * dim);
        let mut done = 0;
        while done < rows.len() {
            let out = scores.add(done * CHUNK);
            let left = &rows[done..];
            done += match left.len() {
                6.. => weigh::<I, 6, T6>(dim, keys, tiles, left, out),
                4..6 => weigh::<I, 4, T4>(dim, keys, tiles, left, out),
                2..4 => weigh::<I, 2, T2>(dim, keys, tiles, left, out),
                _ => weigh::<I, 1, T2>(dim, keys, tiles, left, out),
            };
        }
        for (at_row, row) in rows.iter_mut().enumerate() {
            soften::<I>(dim, span.first + at, n, row, scores.add(at_row * CHUNK));
        }
        let mut done = 0;
        while done < rows.len() {
            let weights = scores.add(done * CHUNK);
            let left = &rows[done..];
            done += match left.len() {
                6.. => mix::<I, 6, T6>(dim, values, n, left, weights),
                4..6 => mix::<I, 4, T4>(dim, values, n, left, weights),
                2..4 => mix::<I, 2, T2>(dim, values, n, left, weights),
                _ => mix::<I, 1, T2>(dim, values, n, left, weights),
            };
        }
        at += CHUNK;
    }
}

/// Scores of `MR` rows over `tiles` tiles of keys: (MR, CHUNK). How many rows that were.
#[inline(always)]
unsafe fn weigh<I: Isa, const MR: usize, const NT: usize>(
    dim: usize,
    keys: *const u16,
    tiles: usize,
    rows: &[Row],
    out: *mut f32,
) -> usize {
    let queries: [*const f32; MR] = std::array::from_fn(|r| rows[r].query);
    let mut tile = 0;
    while tile < tiles {
        let at = keys.add(tile * dim * TILE);
        if tiles - tile >= NT {
            products::<I, MR, NT>(dim, at, &queries, out.add(tile * TILE));
            tile += NT;
        } else {
            products::<I, MR, 1>(dim, at, &queries, out.add(tile * TILE));
            tile += 1;
        }
    }
    MR
}

#[inline(always)]
unsafe fn products<I: Isa, const MR: usize, const NT: usize>(
    dim: usize,
    keys: *const u16,
    queries: &[*const f32; MR],
    out: *mut f32,
) {
    let mut sums = [[I::zero(); NT]; MR];
    for d in 0..dim {
        let mut keys_d = [I::zero(); NT];
        for t in 0..NT {
            keys_d[t] = I::load_f16(keys.add((t * dim + d) * TILE));
        }
        for r in 0..MR {
            let q = I::set(*queries[r].add(d));
            for t in 0..NT {
                sums[r][t] = I::fma(q, keys_d[t], sums[r][t]);
            }
        }
    }
    for r in 0..MR {
        for t in 0..NT {
            I::store(out.add(r * CHUNK + t * TILE), sums[r][t]);
        }
    }
}

/// Makes weights of a row's `n` scores, the first of which is that of position `first`.
#[inline(always)]
unsafe fn soften<I: Isa>(dim: usize, first: usize, n: usize, row: &mut Row, scores: *mut f32) {
    let low = row.from.clamp(first, first + n) - first;
    let high = row.to.clamp(first, first + n) - first;
    if low >= high {
        (0..n).for_each(|i| *scores.add(i) = 0.0);
        return;
    }
    // Beyond the keys there are no scores; what the rounding up to whole tiles left there is hidden.
    (0..low).chain(high..CHUNK).for_each(|i| *scores.add(i) = f32::NEG_INFINITY);
    let mut largest = I::set(row.largest);
    for i in (0..CHUNK).step_by(TILE) {
        largest = I::max(largest, I::load(scores.add(i)));
    }
    let largest = I::largest(largest);
    let mut total = I::zero();
    for i in (0..CHUNK).step_by(TILE) {
        let weight = exp::<I>(I::sub(I::load(scores.add(i)), I::set(largest)));
        I::store(scores.add(i), weight);
    }
    (0..low).chain(high..CHUNK).for_each(|i| *scores.add(i) = 0.0);
    for i in (0..CHUNK).step_by(TILE) {
        total = I::add(total, I::load(scores.add(i)));
    }
    if largest > row.largest {
        let shrink = if row.total > 0.0 { (row.largest - largest).exp() } else { 0.0 };
        for d in (0..dim).step_by(TILE) {
            let out = row.out.add(d);
            I::store(out, I::mul(I::load(out), I::set(shrink)));
        }
        (row.total, row.largest) = (row.total * shrink, largest);
    }
    row.total += I::sum(total);
}

/// Adds `n` weighted values to what `MR` rows have. How many rows that were.
#[inline(always)]
unsafe fn mix<I: Isa, const MR: usize, const NT: usize>(
    dim: usize,
    values: *const u16,
    n: usize,
    rows: &[Row],
    weights: *const f32,
) -> usize {
    let outs: [*mut f32; MR] = std::array::from_fn(|r| rows[r].out);
    let mut d = 0;
    while d < dim {
        if dim - d >= NT * TILE {
            blend::<I, MR, NT>(dim, values.add(d), n, &outs, d, weights);
            d += NT * TILE;
        } else {
            blend::<I, MR, 1>(dim, values.add(d), n, &outs, d, weights);
            d += TILE;
        }
    }
    MR
}

#[inline(always)]
unsafe fn blend<I: Isa, const MR: usize, const NT: usize>(
    dim: usize,
    values: *const u16,
    n: usize,
    outs: &[*mut f32; MR],
    d: usize,
    weights: *const f32,
) {
    let mut sums = [[I::zero(); NT]; MR];
    for r in 0..MR {
        for t in 0..NT {
            sums[r][t] = I::load(outs[r].add(d + t * TILE));
        }
    }
    for i in 0..n {
        let mut value = [I::zero(); NT];
        for t in 0..NT {
            value[t] = I::load_f16(values.add(i * dim + t * TILE));
        }
        for r in 0..MR {
            let weight = I::set(*weights.add(r * CHUNK + i));
            for t in 0..NT {
                sums[r][t] = I::fma(weight, value[t], sums[r][t]);
            }
        }
    }
    for r in 0..MR {
        for t in 0..NT {
            I::store(outs[r].add(d + t * TILE), sums[r][t]);
        }
    }
}

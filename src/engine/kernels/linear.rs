//! Products of matrices with rows of activations, on all threads.
//! Knows: matrices, kernels, pool. Never: what a product is for.

use std::cell::RefCell;

use super::acts::{Acts, Grain};
use super::format::{Packing, SUB, TILE};
use super::matrix::{Kind, Matrix};
use super::pool::Pool;
use super::product::Panel;
use super::shared::Shared;
use super::tiers::{Kernels, MOST_FEW, Tier};

/// Up to so many rows, weights are multiplied as they stream by; more rows are worth unpacking
/// a panel of weights first.
const MOST_STREAMED: usize = 8;
/// Panels that one thread has unpacked at the same time: with two, activations pass by half as
/// often.
const PANELS: usize = 2;
/// Least bytes of weights of an item of work.
const LEAST_BYTES: usize = 48 << 10;

/// Most products of a region: those of query, key and value.
const MOST_PRODUCTS: usize = 3;

/// How a result is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// `silu(first) * second`.
    Silu,
    /// `gelu(first) * second`, by the tanh approximation.
    Gelu,
}

/// Rows of numbers, and the same rounded as the matrices want them that they meet.
#[derive(Default)]
pub struct Input {
    /// (rows, columns).
    pub values: Vec<f32>,
    fine: Vec<Acts>,
    coarse: Vec<Acts>,
    columns: usize,
    wants: Wants,
}

/// Which roundings some matrices want.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    fine: bool,
    coarse: bool,
}

/// One product of a region.
pub struct Product<'a> {
    /// What is multiplied by.
    pub matrix: &'a Matrix,
    /// A second matrix of the same shape whose result the first one's gates.
    pub gated: Option<(&'a Matrix, Gate)>,
    /// Results, rows `stride` apart; each has room for the matrix's padded rows.
    pub out: &'a mut [f32],
    /// At least the matrix's padded rows.
    pub stride: usize,
    /// Results are added to what `out` has.
    pub adds: bool,
}

impl Product<'_> {
    /// # Panics
    /// Where it does not fit `rows` rows of `input`.
    fn check(&self, input: &Input, rows: usize) {
        let shape = (self.matrix.rows(), self.matrix.columns());
        assert_eq!(shape.1, input.columns, "columns");
        assert!(input.values.len() >= rows * input.columns, "rows of the input");
        assert!(self.stride >= self.matrix.padded_rows(), "stride");
        assert!(self.out.len() >= rows * self.stride, "room for the results");
        for matrix in [Some(self.matrix), self.gated.map(|gated| gated.0)].into_iter().flatten() {
            assert_eq!((matrix.rows(), matrix.columns()), shape, "shape of the gated matrix");
            if let Kind::Packed(packing) = matrix.kind() {
                let needed = rows * input.columns / SUB;
                assert!(input.acts(packing).len() >= needed, "activations as {packing:?} wants them");
            }
        }
    }
}

fn grain_of(packing: Packing) -> Grain {
    if packing.block() == SUB { Grain::Fine } else { Grain::Coarse }
}

impl Wants {
    /// What `matrices` want.
    pub fn of<'a>(matrices: impl IntoIterator<Item = &'a Matrix>) -> Self {
        let mut wants = Self::default();
        for matrix in matrices {
            if let Kind::Packed(packing) = matrix.kind() {
                match grain_of(packing) {
                    Grain::Fine => wants.fine = true,
                    Grain::Coarse => wants.coarse = true,
                }
            }
        }
        wants
    }
}

impl Input {
    /// Room for `rows` rows of `columns` numbers, a multiple of 32; `wants` says what they meet.
    pub fn reserve(&mut self, rows: usize, columns: usize, wants: Wants) {
        assert!(columns.is_multiple_of(SUB), "{columns} columns");
        let grow = |vec: &mut Vec<Acts>, wanted: bool| {
            let len = if wanted { rows * columns / SUB } else { 0 };
            vec.resize(vec.len().max(len), Acts::default());
        };
        grow(&mut self.fine, wants.fine);
        grow(&mut self.coarse, wants.coarse);
        self.values.resize(self.values.len().max(rows * columns), 0.0);
        (self.columns, self.wants) = (columns, wants);
    }

    /// Makes row `row` with `fill` and rounds it, for all of `rows`, on all threads.
    pub fn fill(
        &mut self,
        kernels: &Kernels,
        pool: &mut Pool,
        rows: usize,
        fill: &(dyn Fn(usize, &mut [f32]) + Sync),
    ) {
        let (columns, wants) = (self.columns, self.wants);
        assert!(self.values.len() >= rows * columns, "rows that were reserved");
        let values = Shared::new(self.values.as_mut_ptr());
        let (fine, coarse) = (Shared::new(self.fine.as_mut_ptr()), Shared::new(self.coarse.as_mut_ptr()));
        let one = |row: usize| {
            // SAFETY: `reserve` made room for all rows, and each is made once. The kernels are of
            // this processor's tier; `columns` is a multiple of 32.
            unsafe {
                let to = values.part(row * columns, columns);
                fill(row, to);
                for (wanted, acts, grain) in
                    [(wants.fine, fine, Grain::Fine), (wants.coarse, coarse, Grain::Coarse)]
                {
                    if wanted {
                        let acts = acts.at(row * columns / SUB);
                        (kernels.quantise)(to.as_ptr(), columns, grain.len(), acts);
                    }
                }
            }
        };
        in_parallel(pool, rows, 4, &one);
    }

    /// Rounds the first `rows` rows of `values` as they stand.
    pub fn round(&mut self, kernels: &Kernels, pool: &mut Pool, rows: usize) {
        self.fill(kernels, pool, rows, &|_, _| {});
    }

    fn acts(&self, packing: Packing) -> &[Acts] {
        match grain_of(packing) {
            Grain::Fine => &self.fine,
            Grain::Coarse => &self.coarse,
        }
    }
}

/// Changes each of the first `rows` rows of `values`, which are `stride` apart, on all threads.
///
/// # Panics
/// Where there are fewer.
pub fn for_rows(
    pool: &mut Pool,
    rows: usize,
    (values, stride): (&mut [f32], usize),
    change: &(dyn Fn(usize, &mut [f32]) + Sync),
) {
    assert!(values.len() >= rows * stride, "{rows} rows");
    let values = Shared::new(values.as_mut_ptr());
    in_parallel(pool, rows, 4, &|row| {
        // SAFETY: there are as many rows, and each is changed by one thread.
        change(row, unsafe { values.part(row * stride, stride) });
    });
}

/// Does rows `0..rows`, `at_once` of them an item; a few are not worth the threads.
pub fn in_parallel(pool: &mut Pool, rows: usize, at_once: usize, one: &(dyn Fn(usize) + Sync)) {
    if rows <= at_once {
        (0..rows).for_each(one);
    } else {
        pool.run(rows.div_ceil(at_once), &|item| {
            (item * at_once..((item + 1) * at_once).min(rows)).for_each(one);
        });
    }
}

/// Multiplies the first `rows` rows of `input` by the matrix of each product, on all threads.
///
/// # Panics
/// Where sizes do not fit each other.
pub fn multiply(
    kernels: &Kernels,
    pool: &mut Pool,
    input: &Input,
    rows: usize,
    products: &mut [Product<'_>],
) {
    products.iter().for_each(|product| product.check(input, rows));
    let streamed = rows <= MOST_STREAMED;
    // A small product is not worth the threads.
    let bytes: usize = products.iter().map(|p| p.matrix.tiles() * p.matrix.tile_bytes()).sum();
    // On the stack: a step of decoding allocates nothing.
    let mut jobs: [Option<Job<'_>>; MOST_PRODUCTS] = [const { None }; MOST_PRODUCTS];
    assert!(products.len() <= MOST_PRODUCTS, "products of a region");
    for (job, product) in jobs.iter_mut().zip(products) {
        let at_once = if streamed {
            streamed_tiles(product.matrix, pool.threads())
        } else {
            kernels.panel_tiles * PANELS
        };
        *job = Some(Job {
            items: product.matrix.tiles().div_ceil(at_once),
            at_once,
            matrix: product.matrix,
            gated: product.gated,
            out: Shared::new(product.out.as_mut_ptr()),
            stride: product.stride,
            adds: product.adds,
        });
    }
    let items = jobs.iter().flatten().map(|job| job.items).sum();
    let work = |mut item: usize| {
        for job in jobs.iter().flatten() {
            if item < job.items {
                let tiles = item * job.at_once..((item + 1) * job.at_once).min(job.matrix.tiles());
                if streamed {
                    job.stream(kernels, input, rows, tiles);
                } else {
                    job.panels(kernels, input, rows, tiles);
                }
                return;
            }
            item -= job.items;
        }
    };
    if bytes * rows < LEAST_BYTES * 2 {
        (0..items).for_each(work);
    } else {
        pool.run(items, &work);
    }
}

/// Tiles of an item of streamed work: small enough that no thread waits long for another.
fn streamed_tiles(matrix: &Matrix, threads: usize) -> usize {
    let bytes = matrix.tile_bytes();
    let all = matrix.tiles() * bytes;
    ((all / (threads * 6)).clamp(LEAST_BYTES, LEAST_BYTES * 8) / bytes).max(1)
}

/// A product, as the threads see it.
struct Job<'a> {
    items: usize,
    /// Tiles of an item.
    at_once: usize,
    matrix: &'a Matrix,
    gated: Option<(&'a Matrix, Gate)>,
    out: Shared<f32>,
    stride: usize,
    adds: bool,
}

/// What one thread needs to multiply by panels.
#[derive(Default)]
struct Bench {
    panels: [Panel; PANELS * 2],
    first: Vec<f32>,
    second: Vec<f32>,
}

thread_local! {
    static BENCH: RefCell<Bench> = RefCell::default();
}

impl Job<'_> {
    /// Some tiles times a few rows.
    fn stream(&self, kernels: &Kernels, input: &Input, rows: usize, tiles: std::ops::Range<usize>) {
        let mut first = [0f32; MOST_FEW * TILE];
        let mut second = [0f32; MOST_FEW * TILE];
        for tile in tiles {
            for from in (0..rows).step_by(MOST_FEW) {
                let n = MOST_FEW.min(rows - from);
                few(kernels, self.matrix, tile, input, from..from + n, &mut first);
                if let Some((matrix, gate)) = self.gated {
                    few(kernels, matrix, tile, input, from..from + n, &mut second);
                    apply(kernels, gate, &mut first[..n * TILE], &second);
                }
                for (row, results) in first.chunks_exact(TILE).take(n).enumerate() {
                    self.put(kernels, from + row, tile * TILE, results);
                }
            }
        }
    }

    /// Some tiles times many rows.
    fn panels(&self, kernels: &Kernels, input: &Input, rows: usize, tiles: std::ops::Range<usize>) {
        let width = self.at_once * TILE;
        BENCH.with_borrow_mut(|bench| {
            let Bench { panels, first, second } = bench;
            let (of_first, of_second) = panels.split_at_mut(PANELS);
            many(kernels, self.matrix, tiles.clone(), input, rows, (of_first, first, width));
            if let Some((matrix, gate)) = self.gated {
                many(kernels, matrix, tiles.clone(), input, rows, (of_second, second, width));
                apply(kernels, gate, &mut first[..rows * width], second);
            }
            for (row, results) in first.chunks_exact(width).take(rows).enumerate() {
                self.put(kernels, row, tiles.start * TILE, &results[..tiles.len() * TILE]);
            }
        });
    }

    /// Leaves `results`, from column `at` of row `row` on.
    fn put(&self, kernels: &Kernels, row: usize, at: usize, results: &[f32]) {
        let out = self.out.at(row * self.stride + at);
        // SAFETY: `multiply` has checked that the row has room for all tiles, and this tile is this
        // thread's. Results come in whole tiles.
        unsafe {
            if self.adds {
                (kernels.add)(out, results.as_ptr(), results.len());
            } else {
                out.copy_from_nonoverlapping(results.as_ptr(), results.len());
            }
        }
    }
}

fn apply(kernels: &Kernels, gate: Gate, first: &mut [f32], second: &[f32]) {
    let kernel = match gate {
        Gate::Silu => kernels.silu,
        Gate::Gelu => kernels.gelu,
    };
    assert!(second.len() >= first.len() && first.len().is_multiple_of(TILE), "whole tiles");
    // SAFETY: both have as many elements, in whole tiles.
    unsafe { kernel(first.as_mut_ptr(), second.as_ptr(), first.len()) }
}

/// One tile times up to `MOST_FEW` rows, to `out` (rows, 16).
fn few(
    kernels: &Kernels,
    matrix: &Matrix,
    tile: usize,
    input: &Input,
    rows: std::ops::Range<usize>,
    out: &mut [f32; MOST_FEW * TILE],
) {
    let (from, n, columns) = (rows.start, rows.len(), matrix.columns());
    let tile = matrix.tile(tile);
    match matrix.kind() {
        Kind::Packed(packing) => {
            let subs = columns / SUB;
            let acts = input.acts(packing);
            let of_row = |row: usize| acts[(from + row.min(n - 1)) * subs..][..subs].as_ptr();
            let acts: [*const Acts; MOST_FEW] = std::array::from_fn(of_row);
            let kernel = kernels.of_packing(packing).few[n - 1];
            // SAFETY: the tile has sixteen rows of `subs` sub-blocks in this packing, each row of
            // activations has `subs` elements in the packing's grain, `out` has room for four rows.
            unsafe { kernel(tile.as_ptr(), subs, acts.as_ptr(), out.as_mut_ptr()) }
        }
        Kind::Single | Kind::Half => {
            let of_row = |row: usize| input.values[(from + row.min(n - 1)) * columns..][..columns].as_ptr();
            let values: [*const f32; MOST_FEW] = std::array::from_fn(of_row);
            let kernel = kernels.plain[usize::from(matrix.kind() == Kind::Half)][n - 1];
            // SAFETY: the tile has `columns` (an even number) times sixteen elements of this kind,
            // each row has `columns`, `out` has room for four rows.
            unsafe { kernel(tile.as_ptr(), columns, values.as_ptr(), out.as_mut_ptr()) }
        }
    }
}

/// Some tiles times many rows, to `out` (rows, width).
fn many(
    kernels: &Kernels,
    matrix: &Matrix,
    tiles: std::ops::Range<usize>,
    input: &Input,
    rows: usize,
    (panels, out, width): (&mut [Panel], &mut Vec<f32>, usize),
) {
    out.resize(out.len().max(rows * width), 0.0);
    let Kind::Packed(packing) = matrix.kind() else {
        let mut results = [0f32; MOST_FEW * TILE];
        for (at, tile) in tiles.enumerate() {
            for from in (0..rows).step_by(MOST_FEW) {
                let n = MOST_FEW.min(rows - from);
                few(kernels, matrix, tile, input, from..from + n, &mut results);
                for (row, results) in results.chunks_exact(TILE).take(n).enumerate() {
                    out[(from + row) * width + at * TILE..][..TILE].copy_from_slice(results);
                }
            }
        }
        return;
    };
    let of = kernels.of_packing(packing);
    let subs = matrix.columns() / SUB;
    let nt = kernels.panel_tiles;
    // Whole panels, then tiles one by one.
    let mut parts = [(0, 0); PANELS];
    let mut count = 0;
    let mut tile = tiles.start;
    while tile < tiles.end {
        let n = if tiles.end - tile >= nt { nt } else { 1 };
        let panel = &mut panels[count];
        panel.reserve(nt, subs);
        let which = usize::from(n != nt);
        // SAFETY: the matrix has these tiles of `subs` sub-blocks in this packing, and the panel
        // has room for them.
        unsafe { of.unpack[which](matrix.tile(tile).as_ptr(), matrix.tile_bytes(), subs, panel) };
        parts[count] = (tile, which);
        (tile, count) = (tile + n, count + 1);
    }
    let acts = &input.acts(packing)[..rows * subs];
    // Rows in groups that stay in the nearest cache while they meet one panel after the other.
    for from in (0..rows).step_by(ROWS_AT_ONCE) {
        let to = rows.min(from + ROWS_AT_ONCE);
        for (panel, &(tile, which)) in panels.iter().zip(&parts[..count]) {
            let out = out[from * width + (tile - tiles.start) * TILE..].as_mut_ptr();
            // SAFETY: the panel was just filled with as many tiles of this packing; `out` has
            // `rows` rows of `width`, in which these tiles lie.
            unsafe { of.many[which](panel, subs, &acts[from * subs..to * subs], out, width) };
        }
    }
}

/// A multiple of the rows that any tier multiplies at once.
const ROWS_AT_ONCE: usize = 12;

/// The kernels to use: the best of this processor, or what the variable `PUSHBACK_TIER` names.
/// None where this processor has no vectors that they know.
///
/// # Errors
/// Where the variable names no tier, or one that this processor does not have.
pub fn choose_kernels() -> Result<Option<&'static Kernels>, String> {
    match std::env::var("PUSHBACK_TIER") {
        Err(_) => Ok(Tier::best().and_then(Kernels::of)),
        Ok(name) => match Tier::named(&name) {
            None => Err(format!("PUSHBACK_TIER is `{name}`; known are scalar, avx2, avx-vnni, avx512")),
            Some(tier) => match Kernels::of(tier) {
                None => Err(format!("PUSHBACK_TIER is `{name}`, which this processor does not have")),
                some => Ok(some),
            },
        },
    }
}

//! Products of packed matrices with rows of activations, written once for any `Isa` and `Format`.
//! Knows: tiles. Never: threads, what a product is for.

use super::acts::Acts;
use super::format::{self, Format, SUB, TILE};
use super::isa::Isa;

/// How far ahead of the multiplication weights are asked for. A core waits for memory most of the
/// time otherwise.
const AHEAD_BYTES: usize = 4096;

/// One tile times `M` rows: sixteen results a row, to `out` (M, 16).
///
/// # Safety
/// As `Isa`. `tile` has sixteen rows of `subs` sub-blocks packed in `T`; each of `acts` has `subs`
/// elements with scales as wide as `T`'s blocks; `out` has room for `M * 16`.
#[inline(always)]
pub(super) unsafe fn few<I: Isa, T: Format, const M: usize>(
    tile: *const u8,
    subs: usize,
    acts: &[*const Acts; M],
    out: *mut f32,
) {
    let mut sums = [I::zero(); M];
    let per_block = T::BLOCK / SUB;
    for block in 0..subs / per_block {
        let base = tile.add(block * T::BYTES);
        if T::BLOCK == SUB {
            fine::<I, T, M>(base, acts, block, &mut sums);
        } else {
            coarse::<I, T, M>(base, acts, block * per_block, &mut sums);
        }
    }
    for m in 0..M {
        I::store(out.add(m * TILE), sums[m]);
    }
}

/// Does `$body` for `$at` = 0, 1, 2, 3 as constants, as long as they are below `$n`. A loop would
/// do the same, but where the compiler leaves one standing, shifts become jumps.
macro_rules! unrolled {
    ($at:ident < $n:expr, $body:block) => {
        unrolled!(@ $at $n, $body, 0 1 2 3 4 5 6 7)
    };
    (@ $at:ident $n:expr, $body:block, $($step:literal)*) => {
        $(if $step < $n {
            const $at: usize = $step;
            $body
        })*
    };
}

/// The `PAIRS` pairs of four columns from `FIRST` on, of a sub-block, times `M` rows.
#[inline(always)]
unsafe fn dots<I: Isa, T: Format, const M: usize, const FIRST: usize, const PAIRS: usize>(
    plane: *const u8,
    acts: &[*const Acts; M],
    at: usize,
) -> [I::I; M] {
    let mut total = [I::zero_i(); M];
    // One row has two sums, so that the second need not wait for the first. More rows do not wait,
    // and their sums must fit the registers.
    let apart = M == 1 || I::ROOM[T::BITS] < 2;
    let (mut even, mut odd) = ([I::zero_s(); M], [I::zero_s(); M]);
    let room = if apart { I::ROOM[T::BITS] } else { I::ROOM[T::BITS] / 2 };
    let room = if room < PAIRS { room } else { PAIRS };
    unrolled!(PAIR < PAIRS, {
        let (first, second) = weights_of::<I, T>(plane, FIRST + PAIR);
        for m in 0..M {
            let q = (*acts[m].add(at)).q.as_ptr().add((FIRST + PAIR) * 8);
            even[m] = dot_of::<I, T>(even[m], first, I::spread(q));
            if apart {
                odd[m] = dot_of::<I, T>(odd[m], second, I::spread(q.add(4)));
            } else {
                even[m] = dot_of::<I, T>(even[m], second, I::spread(q.add(4)));
            }
        }
        if (PAIR + 1).is_multiple_of(room) {
            for m in 0..M {
                let mut sum = I::widen(even[m]);
                if apart {
                    sum = I::add_i(sum, I::widen(odd[m]));
                }
                total[m] = if PAIR < room { sum } else { I::add_i(total[m], sum) };
                (even[m], odd[m]) = (I::zero_s(), I::zero_s());
            }
        }
    });
    total
}

/// A block of 32 weights: its own scale, and the activations' own.
#[inline(always)]
unsafe fn fine<I: Isa, T: Format, const M: usize>(
    base: *const u8,
    acts: &[*const Acts; M],
    at: usize,
    sums: &mut [I::F; M],
) {
    for line in 0..T::BYTES.div_ceil(64) {
        I::prefetch(base.wrapping_add(AHEAD_BYTES + line * 64));
    }
    let scales = base.add(format::plane_bytes(T::BITS)).cast::<u16>();
    let scale = I::load_f16(scales);
    let products = dots::<I, T, M, 0, 4>(base, acts, at);
    let offset = T::OFFSET + if T::BITS == 8 { I::SIGNED_OFFSET } else { 0.0 };
    for m in 0..M {
        let acts = &*acts[m].add(at);
        let mut sum = I::mul(I::to_f(products[m]), scale);
        if T::MINIMUMS {
            sum = I::fma(I::load_f16(scales.add(TILE)), I::set(acts.sum), sum);
        } else if offset > 0.0 {
            sum = I::fnma(scale, I::set(acts.sum * offset), sum);
        }
        sums[m] = I::fma(sum, I::set(acts.scale), sums[m]);
    }
}

/// A block of 256 weights: eight sub-blocks, for which the activations share a scale.
///
/// Every step is that of `block`, in its order, so that a row's result does not depend on how many
/// rows were multiplied with it.
#[inline(always)]
unsafe fn coarse<I: Isa, T: Format, const M: usize>(
    base: *const u8,
    acts: &[*const Acts; M],
    at: usize,
    sums: &mut [I::F; M],
) {
    let factors = base.add(8 * T::SUB_BYTES).cast::<u16>();
    let factor = I::load_f16(factors);
    let mut part = [I::zero(); M];
    for sub in 0..8 {
        let plane = base.add(sub * T::SUB_BYTES);
        for line in 0..T::SUB_BYTES.div_ceil(64) {
            I::prefetch(plane.wrapping_add(AHEAD_BYTES + line * 64));
        }
        let scales = plane.add(format::plane_bytes(T::BITS));
        if T::SHARE == SUB {
            let scale = I::mul(I::to_f(I::load_u8(scales)), factor);
            let minimum = I::to_f(I::load_u8(scales.add(TILE)));
            let offset = I::mul(minimum, I::load_f16(factors.add(TILE)));
            let products = dots::<I, T, M, 0, 4>(plane, acts, at + sub);
            for m in 0..M {
                part[m] = I::fma(I::to_f(products[m]), scale, part[m]);
                part[m] = I::fnma(offset, I::set((*acts[m].add(at + sub)).sum), part[m]);
            }
        } else {
            let products =
                [dots::<I, T, M, 0, 2>(plane, acts, at + sub), dots::<I, T, M, 2, 2>(plane, acts, at + sub)];
            for half in 0..2 {
                let scale = I::mul(I::to_f(I::load_i8(scales.add(half * TILE))), factor);
                let offset = I::mul(scale, I::set(T::OFFSET));
                for m in 0..M {
                    part[m] = I::fma(I::to_f(products[half][m]), scale, part[m]);
                    let sum = (*acts[m].add(at + sub)).halves[half];
                    part[m] = I::fnma(offset, I::set(sum), part[m]);
                }
            }
        }
    }
    for m in 0..M {
        sums[m] = I::fma(part[m], I::set((*acts[m].add(at)).scale), sums[m]);
    }
}

#[inline(always)]
unsafe fn weights_of<I: Isa, T: Format>(plane: *const u8, pair: usize) -> (I::W, I::W) {
    match T::BITS {
        4 => format::weights::<I, 4>(plane, pair),
        5 => format::weights::<I, 5>(plane, pair),
        6 => format::weights::<I, 6>(plane, pair),
        _ => format::weights::<I, 8>(plane, pair),
    }
}

#[inline(always)]
unsafe fn dot_of<I: Isa, T: Format>(s: I::S, w: I::W, a: I::A) -> I::S {
    match T::BITS {
        4 => I::dot::<4>(s, w, a),
        5 => I::dot::<5>(s, w, a),
        6 => I::dot::<6>(s, w, a),
        _ => I::dot::<8>(s, w, a),
    }
}

/// Some tiles, unpacked once for many rows of activations: for each sub-block the bytes
/// (8, tiles, 64), for each share of it the scales and offsets (tiles, 16).
#[derive(Default)]
pub struct Panel {
    bytes: Vec<u8>,
    scales: Vec<f32>,
    offsets: Vec<f32>,
}

impl Panel {
    /// Room for `tiles` tiles of `subs` sub-blocks, in any format.
    pub fn reserve(&mut self, tiles: usize, subs: usize) {
        let grow = |vec: &mut Vec<f32>, len: usize| vec.resize(vec.len().max(len), 0.0);
        let len = subs * tiles * TILE * SUB;
        self.bytes.resize(self.bytes.len().max(len), 0);
        grow(&mut self.scales, subs * 2 * tiles * TILE);
        grow(&mut self.offsets, subs * 2 * tiles * TILE);
    }
}

/// Unpacks `NT` tiles, `tile_bytes` apart, into `panel`.
///
/// # Safety
/// As `Isa`. Each tile has sixteen rows of `subs` sub-blocks packed in `T`, and `panel` was
/// reserved for them.
#[inline(always)]
pub(super) unsafe fn unpack<I: Isa, T: Format, const NT: usize>(
    tiles: *const u8,
    tile_bytes: usize,
    subs: usize,
    panel: &mut Panel,
) {
    let shares = SUB / T::SHARE;
    let (scales_at, offsets_at) = (panel.scales.as_mut_ptr(), panel.offsets.as_mut_ptr());
    let signed_offset = if T::BITS == 8 { I::SIGNED_OFFSET } else { 0.0 };
    for sub in 0..subs {
        for t in 0..NT {
            let tile = tiles.add(t * tile_bytes);
            let block = tile.add(sub / (T::BLOCK / SUB) * T::BYTES);
            let plane = block.add(sub % (T::BLOCK / SUB) * T::SUB_BYTES);
            let bytes = panel.bytes.as_mut_ptr().add((sub * 8 * NT + t) * 64);
            unrolled!(PAIR < 4, {
                let (first, second) = weights_of::<I, T>(plane, PAIR);
                I::store_w(bytes.add(2 * PAIR * NT * 64), first);
                I::store_w(bytes.add((2 * PAIR + 1) * NT * 64), second);
            });
            let scales = plane.add(format::plane_bytes(T::BITS));
            let at = |share: usize| ((sub * shares + share) * NT + t) * TILE;
            let to = |share: usize| {
                let at = at(share);
                (scales_at.wrapping_add(at), offsets_at.wrapping_add(at))
            };
            let factors = block.add(T::BLOCK / SUB * T::SUB_BYTES).cast::<u16>();
            if T::BLOCK == SUB {
                let scale = I::load_f16(scales.cast());
                let offset = if T::MINIMUMS {
                    I::sub(I::zero(), I::load_f16(scales.cast::<u16>().add(TILE)))
                } else {
                    I::mul(scale, I::set(T::OFFSET + signed_offset))
                };
                put::<I>(to(0), scale, offset);
            } else if T::SHARE == SUB {
                let scale = I::mul(I::to_f(I::load_u8(scales)), I::load_f16(factors));
                let minimum = I::to_f(I::load_u8(scales.add(TILE)));
                put::<I>(to(0), scale, I::mul(minimum, I::load_f16(factors.add(TILE))));
            } else {
                for share in 0..2 {
                    let scale = I::to_f(I::load_i8(scales.add(share * TILE)));
                    let scale = I::mul(scale, I::load_f16(factors));
                    put::<I>(to(share), scale, I::mul(scale, I::set(T::OFFSET)));
                }
            }
        }
    }
}

/// Writes a scale and an offset.
#[inline(always)]
unsafe fn put<I: Isa>((scales, offsets): (*mut f32, *mut f32), scale: I::F, offset: I::F) {
    I::store(scales, scale);
    I::store(offsets, offset);
}

/// A panel of `NT` tiles times `MR` rows, to rows of `out` that are `stride` apart.
///
/// # Safety
/// As `Isa`. `panel` was filled by `unpack` with the same `T`, `NT` and `subs`; each of `acts` has
/// `subs` elements with scales as wide as `T`'s blocks; `out` has room for `MR` rows.
#[inline(always)]
pub(super) unsafe fn block<I: Isa, T: Format, const MR: usize, const NT: usize>(
    panel: &Panel,
    subs: usize,
    acts: &[*const Acts; MR],
    out: *mut f32,
    stride: usize,
) {
    let (bytes, scales, offsets) = (panel.bytes.as_ptr(), panel.scales.as_ptr(), panel.offsets.as_ptr());
    let (shares, per_block) = (SUB / T::SHARE, T::BLOCK / SUB);
    let mut sums = [[I::zero(); NT]; MR];
    for from in (0..subs).step_by(per_block) {
        let mut part = [[I::zero(); NT]; MR];
        for sub in from..from + per_block {
            let bytes = bytes.add(sub * 8 * NT * 64);
            let at = sub * shares * NT * TILE;
            let factors = (scales.add(at), offsets.add(at));
            if shares == 1 {
                let products = panel_dots::<I, T, MR, NT, 0, 8>(bytes, acts, sub);
                scale_up::<I, T, MR, NT>(&products, factors, &sums_of(acts, sub, None), &mut part);
            } else {
                let products = panel_dots::<I, T, MR, NT, 0, 4>(bytes, acts, sub);
                scale_up::<I, T, MR, NT>(&products, factors, &sums_of(acts, sub, Some(0)), &mut part);
                let products = panel_dots::<I, T, MR, NT, 4, 4>(bytes, acts, sub);
                let factors = (factors.0.add(NT * TILE), factors.1.add(NT * TILE));
                scale_up::<I, T, MR, NT>(&products, factors, &sums_of(acts, sub, Some(1)), &mut part);
            }
        }
        for r in 0..MR {
            let scale = I::set((*acts[r].add(from)).scale);
            for t in 0..NT {
                sums[r][t] = I::fma(part[r][t], scale, sums[r][t]);
            }
        }
    }
    for r in 0..MR {
        for t in 0..NT {
            I::store(out.add(r * stride + t * TILE), sums[r][t]);
        }
    }
}

/// Sums of the activations of a sub-block, or of half of it.
#[inline(always)]
unsafe fn sums_of<const MR: usize>(acts: &[*const Acts; MR], at: usize, half: Option<usize>) -> [f32; MR] {
    let mut sums = [0.0; MR];
    for r in 0..MR {
        let acts = &*acts[r].add(at);
        sums[r] = half.map_or(acts.sum, |half| acts.halves[half]);
    }
    sums
}

/// Adds scaled products to `part`, less what offsets make of the activations' `sums`.
#[inline(always)]
unsafe fn scale_up<I: Isa, T: Format, const MR: usize, const NT: usize>(
    products: &[[I::I; NT]; MR],
    (scales, offsets): (*const f32, *const f32),
    sums: &[f32; MR],
    part: &mut [[I::F; NT]; MR],
) {
    let has_offsets = T::MINIMUMS || T::OFFSET > 0.0 || (T::BITS == 8 && I::SIGNED_OFFSET > 0.0);
    for t in 0..NT {
        let scale = I::load(scales.add(t * TILE));
        for r in 0..MR {
            part[r][t] = I::fma(I::to_f(products[r][t]), scale, part[r][t]);
        }
        if has_offsets {
            let offset = I::load(offsets.add(t * TILE));
            for r in 0..MR {
                part[r][t] = I::fnma(offset, I::set(sums[r]), part[r][t]);
            }
        }
    }
}

/// The `GROUPS` groups of four columns from `FIRST` on, of a sub-block, times `MR` rows.
#[inline(always)]
unsafe fn panel_dots<
    I: Isa,
    T: Format,
    const MR: usize,
    const NT: usize,
    const FIRST: usize,
    const GROUPS: usize,
>(
    bytes: *const u8,
    acts: &[*const Acts; MR],
    at: usize,
) -> [[I::I; NT]; MR] {
    let mut total = [[I::zero_i(); NT]; MR];
    let mut sums = [[I::zero_s(); NT]; MR];
    let room = if I::ROOM[T::BITS] < GROUPS { I::ROOM[T::BITS] } else { GROUPS };
    unrolled!(GROUP < GROUPS, {
        let mut weights = [I::load_w(bytes.add((FIRST + GROUP) * NT * 64)); NT];
        for t in 1..NT {
            weights[t] = I::load_w(bytes.add(((FIRST + GROUP) * NT + t) * 64));
        }
        for r in 0..MR {
            let a = I::spread((*acts[r].add(at)).q.as_ptr().add((FIRST + GROUP) * 4));
            for t in 0..NT {
                sums[r][t] = dot_of::<I, T>(sums[r][t], weights[t], a);
            }
        }
        if (GROUP + 1).is_multiple_of(room) {
            for r in 0..MR {
                for t in 0..NT {
                    let wide = I::widen(sums[r][t]);
                    total[r][t] = if GROUP < room { wide } else { I::add_i(total[r][t], wide) };
                    sums[r][t] = I::zero_s();
                }
            }
        }
    });
    total
}

/// How plain numbers are kept.
pub(super) trait Element {
    /// Bytes of one.
    const BYTES: usize;
    /// Reads sixteen.
    ///
    /// # Safety
    /// As `Isa`; sixteen elements lie at `p`.
    unsafe fn load<I: Isa>(p: *const u8) -> I::F;
}

/// IEEE 754 single precision.
pub(super) struct Single;
/// IEEE 754 half precision.
pub(super) struct Half;

impl Element for Single {
    const BYTES: usize = 4;
    #[inline(always)]
    unsafe fn load<I: Isa>(p: *const u8) -> I::F {
        I::load(p.cast())
    }
}

impl Element for Half {
    const BYTES: usize = 2;
    #[inline(always)]
    unsafe fn load<I: Isa>(p: *const u8) -> I::F {
        I::load_f16(p.cast())
    }
}

/// A tile of plain numbers (columns, 16) times `M` rows: to `out` (M, 16).
///
/// # Safety
/// As `Isa`. `tile` has `columns` x 16 elements, each of `rows` has `columns`; `columns` is even;
/// `out` has room for `M * 16`.
#[inline(always)]
pub(super) unsafe fn plain<I: Isa, E: Element, const M: usize>(
    tile: *const u8,
    columns: usize,
    rows: &[*const f32; M],
    out: *mut f32,
) {
    let (mut even, mut odd) = ([I::zero(); M], [I::zero(); M]);
    for column in (0..columns).step_by(2) {
        let at = tile.add(column * TILE * E::BYTES);
        I::prefetch(at.wrapping_add(AHEAD_BYTES));
        let (first, second) = (E::load::<I>(at), E::load::<I>(at.add(TILE * E::BYTES)));
        for m in 0..M {
            even[m] = I::fma(first, I::set(*rows[m].add(column)), even[m]);
            odd[m] = I::fma(second, I::set(*rows[m].add(column + 1)), odd[m]);
        }
    }
    for m in 0..M {
        I::store(out.add(m * TILE), I::add(even[m], odd[m]));
    }
}

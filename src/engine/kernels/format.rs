//! How weights lie in memory: tiles of sixteen rows, from the blocks of a GGUF file.
//! Knows: formats of weights. Never: activations, instruction sets (but through `Isa`).
//!
//! A GGUF file keeps a row's weights together. A kernel that multiplies one row at a time must
//! add up across a register in the end, and reads scales one by one. Here sixteen rows lie side by
//! side: four weights of row 0, four of row 1 and so on make the 64 bytes that one instruction
//! multiplies by the same four activations. The bits are the file's own, and take the same room
//! but for the scales of Q4_K and Q5_K, which are unpacked to bytes (+ 2.8% and 2.3%).
//!
//! Thirty-two weights of a row make a *sub-block*. Its quants are a plane of four, five, six or
//! eight bits. Formats of 32 weights a block: plane, f16 scales, f16 minimums if any. Formats of
//! 256: eight times plane and byte scales (and byte minimums), then their f16 factors.
//! Layout of the file's blocks: `ggml-common.h` of the ggml project.

use candle_core::quantized::GgmlDType;
use half::f16;

use super::isa::Isa;

/// Rows of a tile.
pub const TILE: usize = 16;
/// Weights of a row that make a sub-block.
pub const SUB: usize = 32;

/// What a kernel must know of a format to multiply by it.
pub(super) trait Format {
    /// Bits of a quant.
    const BITS: usize;
    /// Weights of a row that make a block: 32 or 256.
    const BLOCK: usize;
    /// Weights that share a scale: 16 or 32.
    const SHARE: usize;
    /// Bytes of a block of all sixteen rows.
    const BYTES: usize;
    /// Bytes of a sub-block of all rows, within the block.
    const SUB_BYTES: usize;
    /// What is subtracted from a quant; where it has a sign, that is up to the instruction set.
    const OFFSET: f32;
    /// Minimums are subtracted instead.
    const MINIMUMS: bool;
}

macro_rules! format {
    ($(#[$doc:meta])* $name:ident: $bits:literal bits, block $block:literal, share $share:literal,
     offset $offset:literal, minimums $minimums:literal, scales $scales:literal + $factors:literal) => {
        $(#[$doc])*
        pub(super) struct $name;

        impl Format for $name {
            const BITS: usize = $bits;
            const BLOCK: usize = $block;
            const SHARE: usize = $share;
            const SUB_BYTES: usize = plane_bytes($bits) + $scales;
            const BYTES: usize = ($block / SUB) * Self::SUB_BYTES + $factors;
            const OFFSET: f32 = $offset;
            const MINIMUMS: bool = $minimums;
        }
    };
}

format!(
    /// `d * (q - 8)`.
    Q4_0: 4 bits, block 32, share 32, offset 8.0, minimums false, scales 32 + 0
);
format!(
    /// `d * q + m`.
    Q4_1: 4 bits, block 32, share 32, offset 0.0, minimums true, scales 64 + 0
);
format!(
    /// `d * (q - 16)`.
    Q5_0: 5 bits, block 32, share 32, offset 16.0, minimums false, scales 32 + 0
);
format!(
    /// `d * q + m`.
    Q5_1: 5 bits, block 32, share 32, offset 0.0, minimums true, scales 64 + 0
);
format!(
    /// `d * q`, where q has a sign.
    Q8_0: 8 bits, block 32, share 32, offset 0.0, minimums false, scales 32 + 0
);
format!(
    /// `d * scale * q - dmin * min`.
    Q4K: 4 bits, block 256, share 32, offset 0.0, minimums true, scales 32 + 64
);
format!(
    /// `d * scale * q - dmin * min`.
    Q5K: 5 bits, block 256, share 32, offset 0.0, minimums true, scales 32 + 64
);
format!(
    /// `d * scale * (q - 32)`, a scale for 16.
    Q6K: 6 bits, block 256, share 16, offset 32.0, minimums false, scales 32 + 32
);

const _: () = assert!(Q4K::BYTES == 2368 && Q5K::BYTES == 2880 && Q6K::BYTES == 3360);
const _: () = assert!(Q8_0::BYTES == 544 && Q4_0::BYTES == 288 && Q5_0::BYTES == 352);

/// Bytes of the quants of 16 rows x 32 weights.
pub(super) const fn plane_bytes(bits: usize) -> usize {
    TILE * SUB * bits / 8
}

/// The weights of columns `8 * pair..` and `8 * pair + 4..` of a plane, four for each row.
///
/// # Safety
/// A whole plane lies at `plane`.
#[inline(always)]
pub(super) unsafe fn weights<I: Isa, const BITS: usize>(plane: *const u8, pair: usize) -> (I::W, I::W) {
    if BITS == 8 {
        let at = plane.add(pair * 128);
        return (I::signed(I::load_w(at)), I::signed(I::load_w(at.add(64))));
    }
    let both = I::load_w(plane.add(pair * 64));
    let (first, second) = (I::low(both), I::high(both));
    match BITS {
        5 => {
            // Bit g of each byte belongs to columns 4g..4g+4.
            let fifth = I::load_w(plane.add(256));
            let left = 4 - 2 * pair as i32;
            (I::with_bits(first, fifth, left, 0x10), I::with_bits(second, fifth, left - 1, 0x10))
        }
        6 => {
            // Two bits for each of four groups; the second half of the columns has its own 64 bytes.
            let upper = I::load_w(plane.add(256 + pair / 2 * 64));
            let left = if pair.is_multiple_of(2) { 4 } else { 0 };
            (I::with_bits(first, upper, left, 0x30), I::with_bits(second, upper, left - 2, 0x30))
        }
        _ => (first, second),
    }
}

/// Puts the 32 quants of row `row` into a plane; each word is four of them, first one lowest.
#[inline(always)]
fn put(plane: &mut [u8], bits: usize, row: usize, words: &[u32; 8]) {
    // Checked once, not for each word.
    let plane = &mut plane[..plane_bytes(bits)];
    let mut set = |at: usize, word: u32| {
        plane[at + row * 4..at + row * 4 + 4].copy_from_slice(&word.to_le_bytes());
    };
    if bits == 8 {
        (0..8).for_each(|g| set(g * 64, words[g]));
        return;
    }
    for pair in 0..4 {
        let (first, second) = (words[2 * pair] & 0x0f0f_0f0f, words[2 * pair + 1] & 0x0f0f_0f0f);
        set(pair * 64, first | second << 4);
    }
    match bits {
        5 => set(256, (0..8).fold(0, |all, g| all | ((words[g] >> 4 & 0x0101_0101) << g))),
        6 => {
            for half in 0..2 {
                let upper = |g: usize| (words[half * 4 + g] >> 4 & 0x0303_0303) << (2 * g);
                set(256 + half * 64, upper(0) | upper(1) | upper(2) | upper(3));
            }
        }
        _ => {}
    }
}

/// The inverse of `put`.
fn take(plane: &[u8], bits: usize, row: usize) -> [u32; 8] {
    let get = |at: usize| word(plane, at + row * 4);
    if bits == 8 {
        return std::array::from_fn(|g| get(g * 64));
    }
    std::array::from_fn(|g| {
        let nibbles = get(g / 2 * 64) >> (g % 2 * 4) & 0x0f0f_0f0f;
        let upper = match bits {
            5 => get(256) >> g & 0x0101_0101,
            6 => get(256 + g / 4 * 64) >> (g % 4 * 2) & 0x0303_0303,
            _ => 0,
        };
        nibbles | upper << 4
    })
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// A format, as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// `Q4_0` of ggml, whose names these are: four bits, f16 scale.
    Q4_0,
    /// `Q4_1`: four bits, f16 scale and minimum.
    Q4_1,
    /// `Q5_0`: five bits, f16 scale.
    Q5_0,
    /// `Q5_1`: five bits, f16 scale and minimum.
    Q5_1,
    /// `Q8_0`: eight bits, f16 scale.
    Q8_0,
    /// `Q4_K`: four bits, scales and minimums of six.
    Q4K,
    /// `Q5_K`: five bits, scales and minimums of six.
    Q5K,
    /// `Q6_K`: six bits, scales of eight.
    Q6K,
}

/// The sizes of a format.
#[derive(Clone, Copy)]
struct Sizes {
    bits: usize,
    /// Weights of a block.
    block: usize,
    /// Bytes of a block of sixteen rows here.
    tile_bytes: usize,
    sub_bytes: usize,
}

impl Packing {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Q4_0, Self::Q4_1, Self::Q5_0, Self::Q5_1, Self::Q8_0, Self::Q4K, Self::Q5K, Self::Q6K];

    /// The packing of a file's format, if there is one.
    pub fn of(format: GgmlDType) -> Option<Self> {
        Some(match format {
            GgmlDType::Q4_0 => Self::Q4_0,
            GgmlDType::Q4_1 => Self::Q4_1,
            GgmlDType::Q5_0 => Self::Q5_0,
            GgmlDType::Q5_1 => Self::Q5_1,
            GgmlDType::Q8_0 => Self::Q8_0,
            GgmlDType::Q4K => Self::Q4K,
            GgmlDType::Q5K => Self::Q5K,
            GgmlDType::Q6K => Self::Q6K,
            _ => return None,
        })
    }

    /// The file's format.
    pub fn format(self) -> GgmlDType {
        match self {
            Self::Q4_0 => GgmlDType::Q4_0,
            Self::Q4_1 => GgmlDType::Q4_1,
            Self::Q5_0 => GgmlDType::Q5_0,
            Self::Q5_1 => GgmlDType::Q5_1,
            Self::Q8_0 => GgmlDType::Q8_0,
            Self::Q4K => GgmlDType::Q4K,
            Self::Q5K => GgmlDType::Q5K,
            Self::Q6K => GgmlDType::Q6K,
        }
    }

    /// Weights of a row that make a block.
    pub fn block(self) -> usize {
        self.sizes().block
    }

    /// Bytes of sixteen rows of `columns` weights.
    pub fn tile_bytes(self, columns: usize) -> usize {
        let sizes = self.sizes();
        columns / sizes.block * sizes.tile_bytes
    }

    fn sizes(self) -> Sizes {
        fn of<T: Format>() -> Sizes {
            Sizes { bits: T::BITS, block: T::BLOCK, tile_bytes: T::BYTES, sub_bytes: T::SUB_BYTES }
        }
        match self {
            Self::Q4_0 => of::<Q4_0>(),
            Self::Q4_1 => of::<Q4_1>(),
            Self::Q5_0 => of::<Q5_0>(),
            Self::Q5_1 => of::<Q5_1>(),
            Self::Q8_0 => of::<Q8_0>(),
            Self::Q4K => of::<Q4K>(),
            Self::Q5K => of::<Q5K>(),
            Self::Q6K => of::<Q6K>(),
        }
    }

    /// Packs up to sixteen rows of `columns` weights, one after another in `rows` as the file has
    /// them, into `tile`, which is all zeros before.
    pub fn pack(self, rows: &[u8], columns: usize, tile: &mut [u8]) {
        // One function for each format, in which all sizes are constants.
        match self {
            Self::Q4_0 => pack::<Q4_0, 18>(rows, columns, tile, |from, _, g| halves(from, 2, g)),
            Self::Q4_1 => pack::<Q4_1, 20>(rows, columns, tile, |from, _, g| halves(from, 4, g)),
            Self::Q5_0 => pack::<Q5_0, 22>(rows, columns, tile, |from, _, g| {
                halves(from, 6, g) | spread(word(from, 2) >> (g * 4)) << 4
            }),
            Self::Q5_1 => pack::<Q5_1, 24>(rows, columns, tile, |from, _, g| {
                halves(from, 8, g) | spread(word(from, 4) >> (g * 4)) << 4
            }),
            Self::Q8_0 => pack::<Q8_0, 34>(rows, columns, tile, |from, _, g| word(from, 2 + g * 4)),
            Self::Q4K => pack::<Q4K, 144>(rows, columns, tile, |from, sub, g| {
                word(from, 16 + sub / 2 * 32 + g * 4) >> (sub % 2 * 4) & 0x0f0f_0f0f
            }),
            Self::Q5K => pack::<Q5K, 176>(rows, columns, tile, |from, sub, g| {
                let low = word(from, 48 + sub / 2 * 32 + g * 4) >> (sub % 2 * 4) & 0x0f0f_0f0f;
                low | (word(from, 16 + g * 4) >> sub & 0x0101_0101) << 4
            }),
            Self::Q6K => pack::<Q6K, 210>(rows, columns, tile, |from, sub, g| {
                let (half, quarter) = (sub / 4, sub % 4);
                let low = word(from, half * 64 + quarter % 2 * 32 + g * 4) >> (quarter / 2 * 4);
                let high = word(from, 128 + half * 32 + g * 4) >> (quarter * 2) & 0x0303_0303;
                low & 0x0f0f_0f0f | high << 4
            }),
        }
    }

    /// Row `row` of a tile, as numbers.
    pub fn unpack_row(self, tile: &[u8], row: usize, out: &mut [f32]) {
        let Sizes { bits, block, tile_bytes, sub_bytes, .. } = self.sizes();
        let plane = plane_bytes(bits);
        let subs = block / SUB;
        for (tile, out) in tile.chunks_exact(tile_bytes).zip(out.chunks_exact_mut(block)) {
            let half_at = |at: usize| f16::from_le_bytes([tile[at], tile[at + 1]]).to_f32();
            let factor = |n: usize| half_at(subs * sub_bytes + n * 32 + row * 2);
            for (sub, out) in out.chunks_exact_mut(SUB).enumerate() {
                let at = sub * sub_bytes;
                let quants = take(&tile[at..], bits, row).map(u32::to_le_bytes);
                let byte = |n: usize| tile[at + plane + n * TILE + row];
                for (i, (q, out)) in quants.as_flattened().iter().zip(out).enumerate() {
                    let n = f32::from(*q);
                    *out = match self {
                        Self::Q4_0 => half_at(at + plane + row * 2) * (n - 8.0),
                        Self::Q5_0 => half_at(at + plane + row * 2) * (n - 16.0),
                        Self::Q8_0 => half_at(at + plane + row * 2) * f32::from(q.cast_signed()),
                        Self::Q4_1 | Self::Q5_1 => {
                            half_at(at + plane + row * 2) * n + half_at(at + plane + 32 + row * 2)
                        }
                        Self::Q4K | Self::Q5K => {
                            factor(0) * f32::from(byte(0)) * n - factor(1) * f32::from(byte(1))
                        }
                        Self::Q6K => factor(0) * f32::from(byte(i / 16).cast_signed()) * (n - 32.0),
                    };
                }
            }
        }
    }
}

/// Quants `4g..4g + 4` where the lower halves of sixteen bytes at `at` come first.
#[inline(always)]
fn halves(from: &[u8], at: usize, g: usize) -> u32 {
    word(from, at + g % 4 * 4) >> (g / 4 * 4) & 0x0f0f_0f0f
}

/// Four bits, one to each byte.
#[inline(always)]
fn spread(bits: u32) -> u32 {
    (bits & 15).wrapping_mul(0x0020_4081) & 0x0101_0101
}

/// Packs rows of blocks of `FILE` bytes; `quants` gives four quants of a block, by sub-block and
/// group.
#[inline(always)]
fn pack<T: Format, const FILE: usize>(
    rows: &[u8],
    columns: usize,
    tile: &mut [u8],
    quants: impl Fn(&[u8; FILE], usize, usize) -> u32,
) {
    let plane = plane_bytes(T::BITS);
    for (row, blocks) in rows.chunks_exact(columns / T::BLOCK * FILE).enumerate() {
        for (from, to) in blocks.as_chunks::<FILE>().0.iter().zip(tile.chunks_exact_mut(T::BYTES)) {
            let (subs, factors) = to.split_at_mut(T::BLOCK / SUB * T::SUB_BYTES);
            for (sub, to) in subs.chunks_exact_mut(T::SUB_BYTES).enumerate() {
                put(to, T::BITS, row, &std::array::from_fn(|g| quants(from, sub, g)));
                let scales = &mut to[plane..];
                if T::BLOCK == SUB {
                    let wide = if T::MINIMUMS { 2 } else { 1 };
                    for at in 0..wide {
                        scales[at * 32 + row * 2..][..2].copy_from_slice(&from[at * 2..][..2]);
                    }
                } else if T::MINIMUMS {
                    (scales[row], scales[TILE + row]) = scale_and_min(&from[4..16], sub);
                } else {
                    (scales[row], scales[TILE + row]) = (from[192 + sub * 2], from[192 + sub * 2 + 1]);
                }
            }
            if T::BLOCK > SUB {
                // Both factors are in front, or there is but one, at the end.
                let at = if T::MINIMUMS { 0 } else { FILE - 2 };
                factors[row * 2..][..2].copy_from_slice(&from[at..at + 2]);
                if T::MINIMUMS {
                    factors[32 + row * 2..][..2].copy_from_slice(&from[2..4]);
                }
            }
        }
    }
}

/// Scale and minimum of sub-block `at`, of the twelve bytes that hold eight pairs of six bits.
fn scale_and_min(packed: &[u8], at: usize) -> (u8, u8) {
    if at < 4 {
        (packed[at] & 63, packed[at + 4] & 63)
    } else {
        let low = packed[at + 4];
        (low & 15 | packed[at - 4] >> 6 << 4, low >> 4 | packed[at] >> 6 << 4)
    }
}

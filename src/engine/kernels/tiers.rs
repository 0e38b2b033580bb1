//! One table of kernels for each instruction set, and the choice among them.
//! Knows: which processor can what. Never: matrices, threads.

use super::acts::Acts;
use super::attention::{self, Row, Span};
use super::format::{Packing, Q4_0, Q4_1, Q4K, Q5_0, Q5_1, Q5K, Q6K, Q8_0};
use super::product::{self, Panel};
use super::scalar::Scalar;
use super::vector;

/// Most rows of activations that `few` multiplies at once.
pub(super) const MOST_FEW: usize = 4;

/// A level of instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// No vectors: any processor. For tests.
    Scalar,
    /// AVX2 with FMA and F16C.
    Avx2,
    /// The same, and VNNI in 256 bits.
    AvxVnni,
    /// AVX-512 with VNNI.
    Avx512,
}

impl Tier {
    /// All of them, lowest first.
    pub const ALL: [Self; 4] = [Self::Scalar, Self::Avx2, Self::AvxVnni, Self::Avx512];

    /// Its name: `scalar`, `avx2`, `avx-vnni`, `avx512`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::AvxVnni => "avx-vnni",
            Self::Avx512 => "avx512",
        }
    }

    /// The tier of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == name)
    }

    /// Whether this processor has its instructions.
    pub fn is_here(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
                && is_x86_feature_detected!("f16c");
            match self {
                Self::Scalar => true,
                Self::Avx2 => avx2,
                Self::AvxVnni => avx2 && is_x86_feature_detected!("avxvnni"),
                Self::Avx512 => {
                    avx2 && is_x86_feature_detected!("avx512f")
                        && is_x86_feature_detected!("avx512bw")
                        && is_x86_feature_detected!("avx512vl")
                        && is_x86_feature_detected!("avx512dq")
                        && is_x86_feature_detected!("avx512vnni")
                }
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            self == Self::Scalar
        }
    }

    /// The highest tier of this processor that is worth running; none where there are no vectors.
    pub fn best() -> Option<Self> {
        [Self::Avx512, Self::AvxVnni, Self::Avx2].into_iter().find(|tier| tier.is_here())
    }
}

pub(super) type Few = unsafe fn(*const u8, usize, *const *const Acts, *mut f32);
pub(super) type Plain = unsafe fn(*const u8, usize, *const *const f32, *mut f32);
pub(super) type Unpack = unsafe fn(*const u8, usize, usize, &mut Panel);
pub(super) type Many = unsafe fn(&Panel, usize, &[Acts], *mut f32, usize);

/// Kernels of one packing.
pub(super) struct OfPacking {
    /// By number of rows less one.
    pub few: [Few; MOST_FEW],
    /// For as many tiles as a panel has, and for one.
    pub unpack: [Unpack; 2],
    pub many: [Many; 2],
}

/// All kernels of one tier. What they want of their arguments stands beside their generic twins;
/// all of them want a processor of their tier.
pub struct Kernels {
    pub(super) tier: Tier,
    pub(super) packed: [OfPacking; 8],
    /// Single, then half precision; by number of rows less one.
    pub(super) plain: [[Plain; MOST_FEW]; 2],
    pub(super) panel_tiles: usize,
    pub(super) quantise: unsafe fn(*const f32, usize, usize, *mut Acts),
    pub(super) rms_norm: unsafe fn(*const f32, *const f32, f32, *mut f32, usize),
    pub(super) add: unsafe fn(*mut f32, *const f32, usize),
    pub(super) silu: unsafe fn(*mut f32, *const f32, usize),
    pub(super) gelu: unsafe fn(*mut f32, *const f32, usize),
    pub(super) attend: unsafe fn(usize, &Span, &mut [Row], *mut f32),
    pub(super) to_f16: unsafe fn(*const f32, *mut u16, usize),
    pub(super) log_sum_exp: unsafe fn(*const f32, usize) -> f32,
}

/// Sixteen numbers after sixteen to f16; what is too large for it becomes its largest number.
#[inline(always)]
unsafe fn to_f16<I: super::isa::Isa>(from: *const f32, to: *mut u16, n: usize) {
    let most = I::set(65504.0);
    for i in (0..n).step_by(16) {
        let x = I::max(I::min(I::load(from.add(i)), most), I::sub(I::zero(), most));
        I::store_f16(to.add(i), x);
    }
}

macro_rules! tier {
    ($table:ident, $tier:expr, $isa:ty, $(#[$feature:meta])?
     rows $mr:literal, tiles $nt:literal, attention $t6:literal $t4:literal $t2:literal) => {
        pub(super) static $table: Kernels = {
            $(#[$feature])?
            unsafe fn few<T: super::super::format::Format, const M: usize>(
                tile: *const u8,
                subs: usize,
                acts: *const *const Acts,
                out: *mut f32,
            ) {
                product::few::<$isa, T, M>(tile, subs, &*acts.cast::<[*const Acts; M]>(), out);
            }
            $(#[$feature])?
            unsafe fn plain<E: product::Element, const M: usize>(
                tile: *const u8,
                columns: usize,
                rows: *const *const f32,
                out: *mut f32,
            ) {
                product::plain::<$isa, E, M>(tile, columns, &*rows.cast::<[*const f32; M]>(), out);
            }
            $(#[$feature])?
            unsafe fn unpack<T: super::super::format::Format, const NT: usize>(
                tiles: *const u8,
                tile_bytes: usize,
                subs: usize,
                panel: &mut Panel,
            ) {
                product::unpack::<$isa, T, NT>(tiles, tile_bytes, subs, panel);
            }
            $(#[$feature])?
            unsafe fn many<T: super::super::format::Format, const NT: usize>(
                panel: &Panel,
                subs: usize,
                acts: &[Acts],
                out: *mut f32,
                stride: usize,
            ) {
                let rows = acts.len() / subs;
                let acts = acts.as_ptr();
                let mut row = 0;
                while row + $mr <= rows {
                    let block: [*const Acts; $mr] =
                        std::array::from_fn(|r| acts.wrapping_add((row + r) * subs));
                    product::block::<$isa, T, $mr, NT>(panel, subs, &block, out.add(row * stride), stride);
                    row += $mr;
                }
                while row + 2 <= rows {
                    let block: [*const Acts; 2] =
                        std::array::from_fn(|r| acts.wrapping_add((row + r) * subs));
                    product::block::<$isa, T, 2, NT>(panel, subs, &block, out.add(row * stride), stride);
                    row += 2;
                }
                if row < rows {
                    let block = [acts.wrapping_add(row * subs)];
                    product::block::<$isa, T, 1, NT>(panel, subs, &block, out.add(row * stride), stride);
                }
            }
            $(#[$feature])?
            unsafe fn quantise(x: *const f32, n: usize, grain: usize, out: *mut Acts) {
                vector::quantise::<$isa>(x, n, grain, out);
            }
            $(#[$feature])?
            unsafe fn rms_norm(x: *const f32, weight: *const f32, eps: f32, out: *mut f32, n: usize) {
                vector::rms_norm::<$isa>(x, weight, eps, out, n);
            }
            $(#[$feature])?
            unsafe fn add(x: *mut f32, y: *const f32, n: usize) {
                vector::add::<$isa>(x, y, n);
            }
            $(#[$feature])?
            unsafe fn silu(gate: *mut f32, up: *const f32, n: usize) {
                vector::gated::<$isa, false>(gate, up, n);
            }
            $(#[$feature])?
            unsafe fn gelu(gate: *mut f32, up: *const f32, n: usize) {
                vector::gated::<$isa, true>(gate, up, n);
            }
            $(#[$feature])?
            unsafe fn attend(dim: usize, span: &Span, rows: &mut [Row], scores: *mut f32) {
                attention::attend::<$isa, $t6, $t4, $t2>(dim, span, rows, scores);
            }
            $(#[$feature])?
            unsafe fn halves(from: *const f32, to: *mut u16, n: usize) {
                to_f16::<$isa>(from, to, n);
            }
            $(#[$feature])?
            unsafe fn log_sum_exp(x: *const f32, n: usize) -> f32 {
                vector::log_sum_exp::<$isa>(x, n)
            }
            const fn of<T: super::super::format::Format>() -> OfPacking {
                OfPacking {
                    few: [few::<T, 1>, few::<T, 2>, few::<T, 3>, few::<T, 4>],
                    unpack: [unpack::<T, $nt>, unpack::<T, 1>],
                    many: [many::<T, $nt>, many::<T, 1>],
                }
            }
            Kernels {
                tier: $tier,
                // In the order of `Packing::ALL`.
                packed: [
                    of::<Q4_0>(), of::<Q4_1>(), of::<Q5_0>(), of::<Q5_1>(),
                    of::<Q8_0>(), of::<Q4K>(), of::<Q5K>(), of::<Q6K>(),
                ],
                plain: [
                    [
                        plain::<product::Single, 1>, plain::<product::Single, 2>,
                        plain::<product::Single, 3>, plain::<product::Single, 4>,
                    ],
                    [
                        plain::<product::Half, 1>, plain::<product::Half, 2>,
                        plain::<product::Half, 3>, plain::<product::Half, 4>,
                    ],
                ],
                panel_tiles: $nt,
                quantise,
                rms_norm,
                add,
                silu,
                gelu,
                attend,
                to_f16: halves,
                log_sum_exp,
            }
        };
    };
}

mod scalar_table {
    use super::*;

    tier!(KERNELS, Tier::Scalar, Scalar, rows 3, tiles 2, attention 2 4 4);
}

#[cfg(target_arch = "x86_64")]
mod x86_tables {
    use super::super::avx2::Avx2;
    use super::super::avx512::Avx512;
    use super::*;

    tier!(AVX2, Tier::Avx2, Avx2<false>, #[target_feature(enable = "avx2,fma,f16c")]
          rows 3, tiles 1, attention 1 1 2);
    tier!(AVX_VNNI, Tier::AvxVnni, Avx2<true>, #[target_feature(enable = "avx2,fma,f16c,avxvnni")]
          rows 3, tiles 1, attention 1 1 2);
    tier!(AVX512, Tier::Avx512, Avx512,
          #[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
          rows 6, tiles 2, attention 2 4 4);
}

impl Kernels {
    /// The kernels of `tier`, if this processor can run them.
    pub fn of(tier: Tier) -> Option<&'static Self> {
        if !tier.is_here() {
            return None;
        }
        Some(match tier {
            Tier::Scalar => &scalar_table::KERNELS,
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => &x86_tables::AVX2,
            #[cfg(target_arch = "x86_64")]
            Tier::AvxVnni => &x86_tables::AVX_VNNI,
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => &x86_tables::AVX512,
            #[cfg(not(target_arch = "x86_64"))]
            _ => return None,
        })
    }

    /// Which tier they are of.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// `out = x / rms(x) * weight`.
    ///
    /// # Panics
    /// Where lengths differ or are no multiple of 16.
    pub fn norm(&self, x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
        let n = x.len();
        assert!(n.is_multiple_of(16) && weight.len() == n && out.len() == n, "lengths");
        // SAFETY: as asserted.
        unsafe { (self.rms_norm)(x.as_ptr(), weight.as_ptr(), eps, out.as_mut_ptr(), n) }
    }

    /// The same, in place.
    ///
    /// # Panics
    /// As `norm`.
    pub fn norm_in_place(&self, x: &mut [f32], weight: &[f32], eps: f32) {
        let n = x.len();
        assert!(n.is_multiple_of(16) && weight.len() == n, "lengths");
        // SAFETY: as asserted; `out` may be `x`.
        unsafe { (self.rms_norm)(x.as_ptr(), weight.as_ptr(), eps, x.as_mut_ptr(), n) }
    }

    /// Logarithm of the sum of e to the power of each number; NaN where that is no number.
    pub fn log_sum_exp(&self, x: &[f32]) -> f32 {
        // SAFETY: `x` has as many elements as it says.
        unsafe { (self.log_sum_exp)(x.as_ptr(), x.len()) }
    }

    /// `x += y`.
    ///
    /// # Panics
    /// Where lengths differ or are no multiple of 16.
    pub fn add(&self, x: &mut [f32], y: &[f32]) {
        assert!(x.len().is_multiple_of(16) && x.len() == y.len(), "lengths");
        // SAFETY: as asserted.
        unsafe { (self.add)(x.as_mut_ptr(), y.as_ptr(), x.len()) }
    }

    pub(super) fn of_packing(&self, packing: Packing) -> &OfPacking {
        &self.packed[packing as usize]
    }
}

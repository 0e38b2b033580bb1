//! AVX2: two registers hold the sixteen rows. With or without the VNNI of later laptops.

use std::arch::x86_64::*;

use super::isa::Isa;

/// Haswell, Zen and later; with `VNNI`, Alder Lake, Zen 5 and later.
pub(super) struct Avx2<const VNNI: bool>;

/// Rows 0..8 and 8..16.
#[derive(Clone, Copy)]
pub(super) struct Two<T>(T, T);

macro_rules! both {
    ($a:ident, $f:expr) => {
        Two($f($a.0), $f($a.1))
    };
    ($a:ident, $b:ident, $f:expr) => {
        Two($f($a.0, $b.0), $f($a.1, $b.1))
    };
    ($a:ident, $b:ident, $c:ident, $f:expr) => {
        Two($f($a.0, $b.0, $c.0), $f($a.1, $b.1, $c.1))
    };
}

/// Sum of eight lanes: halves upon halves.
///
/// # Safety
/// Wants AVX.
#[inline(always)]
pub(super) unsafe fn sum8(a: __m256) -> f32 {
    let four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
}

// Helpers are functions and not closures: those are not always inlined, and on their own they
// would be compiled without the instructions.

#[inline(always)]
unsafe fn scale8(a: __m256, n: __m256) -> __m256 {
    let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    _mm256_mul_ps(a, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent)))
}

#[inline(always)]
unsafe fn merge8(w: __m256i, h: __m256i, left: i32, mask: u8) -> __m256i {
    let shifted = match left {
        4 => _mm256_slli_epi16::<4>(h),
        3 => _mm256_slli_epi16::<3>(h),
        2 => _mm256_slli_epi16::<2>(h),
        1 => _mm256_slli_epi16::<1>(h),
        -1 => _mm256_srli_epi16::<1>(h),
        -2 => _mm256_srli_epi16::<2>(h),
        -3 => _mm256_srli_epi16::<3>(h),
        -4 => _mm256_srli_epi16::<4>(h),
        _ => h,
    };
    _mm256_or_si256(w, _mm256_and_si256(shifted, _mm256_set1_epi8(mask.cast_signed())))
}

#[inline(always)]
unsafe fn dot8<const VNNI: bool, const BITS: usize>(s: __m256i, w: __m256i, a: __m256i) -> __m256i {
    match (VNNI, BITS) {
        (true, _) => _mm256_dpbusd_avx_epi32(s, w, a),
        // Unsigned times signed is what there is: the weight's sign goes to the activation.
        (false, 8) => _mm256_add_epi16(s, _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(a, w))),
        (false, _) => _mm256_add_epi16(s, _mm256_maddubs_epi16(w, a)),
    }
}

impl<const VNNI: bool> Isa for Avx2<VNNI> {
    type F = Two<__m256>;
    type I = Two<__m256i>;
    type W = Two<__m256i>;
    type A = __m256i;
    type S = Two<__m256i>;

    // Without VNNI two products are added in 16 bits, each at most 127 times the weight: of four
    // bits, 8 such sums of 3810 fit into 32767; of five, 4 of 7874; of six, 2 of 16002.
    const ROOM: [usize; 9] = if VNNI { [usize::MAX; 9] } else { [8, 8, 8, 8, 8, 4, 2, 1, 1] };
    const SIGNED_OFFSET: f32 = if VNNI { 128.0 } else { 0.0 };

    #[inline(always)]
    unsafe fn zero() -> Two<__m256> {
        Two(_mm256_setzero_ps(), _mm256_setzero_ps())
    }
    #[inline(always)]
    unsafe fn set(x: f32) -> Two<__m256> {
        Two(_mm256_set1_ps(x), _mm256_set1_ps(x))
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> Two<__m256> {
        Two(_mm256_loadu_ps(p), _mm256_loadu_ps(p.add(8)))
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, x: Two<__m256>) {
        _mm256_storeu_ps(p, x.0);
        _mm256_storeu_ps(p.add(8), x.1);
    }
    #[inline(always)]
    unsafe fn load_f16(p: *const u16) -> Two<__m256> {
        Two(_mm256_cvtph_ps(_mm_loadu_si128(p.cast())), _mm256_cvtph_ps(_mm_loadu_si128(p.add(8).cast())))
    }
    #[inline(always)]
    unsafe fn store_f16(p: *mut u16, x: Two<__m256>) {
        _mm_storeu_si128(p.cast(), _mm256_cvtps_ph::<{ _MM_FROUND_TO_NEAREST_INT }>(x.0));
        _mm_storeu_si128(p.add(8).cast(), _mm256_cvtps_ph::<{ _MM_FROUND_TO_NEAREST_INT }>(x.1));
    }
    #[inline(always)]
    unsafe fn add(a: Two<__m256>, b: Two<__m256>) -> Two<__m256> {
        both!(a, b, _mm256_add_ps)
    }
    #[inline(always)]
    unsafe fn sub(a: Two<__m256>, b: Two<__m256>) -> Two<__m256> {
        both!(a, b, _mm256_sub_ps)
    }
    #[inline(always)]
    unsafe fn mul(a: Two<__m256>, b: Two<__m256>) -> Two<__m256> {
        both!(a, b, _mm256_mul_ps)
    }
    #[inline(always)]
    unsafe fn div(a: Two<__m256>, b: Two<__m256>) -> Two<__m256> {
        both!(a, b, _mm256_div_ps)
    }
    #[inline(always)]
    unsafe fn max(a: Two<__m256>, b: Two<__m256>) -> Two<__m256> {
        both!(a, b, _mm256_max_ps)
    }
    #[inline(always)]
    unsafe fn min(a: Two<__m256>, b: Two<__m256>) -> Two<__m256> {
        both!(a, b, _mm256_min_ps)
    }
    #[inline(always)]
    unsafe fn abs(a: Two<__m256>) -> Two<__m256> {
        let sign = _mm256_set1_ps(-0.0);
        Two(_mm256_andnot_ps(sign, a.0), _mm256_andnot_ps(sign, a.1))
    }
    #[inline(always)]
    unsafe fn fma(a: Two<__m256>, b: Two<__m256>, c: Two<__m256>) -> Two<__m256> {
        both!(a, b, c, _mm256_fmadd_ps)
    }
    #[inline(always)]
    unsafe fn fnma(a: Two<__m256>, b: Two<__m256>, c: Two<__m256>) -> Two<__m256> {
        both!(a, b, c, _mm256_fnmadd_ps)
    }
    #[inline(always)]
    unsafe fn sum(a: Two<__m256>) -> f32 {
        sum8(_mm256_add_ps(a.0, a.1))
    }
    #[inline(always)]
    unsafe fn largest(a: Two<__m256>) -> f32 {
        let eight = _mm256_max_ps(a.0, a.1);
        let four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
        let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)))
    }
    #[inline(always)]
    unsafe fn scale_by_power(a: Two<__m256>, n: Two<__m256>) -> Two<__m256> {
        both!(a, n, scale8)
    }
    #[inline(always)]
    unsafe fn round(a: Two<__m256>) -> Two<__m256> {
        both!(a, _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>)
    }

    #[inline(always)]
    unsafe fn zero_i() -> Two<__m256i> {
        Two(_mm256_setzero_si256(), _mm256_setzero_si256())
    }
    #[inline(always)]
    unsafe fn add_i(a: Two<__m256i>, b: Two<__m256i>) -> Two<__m256i> {
        both!(a, b, _mm256_add_epi32)
    }
    #[inline(always)]
    unsafe fn to_f(a: Two<__m256i>) -> Two<__m256> {
        both!(a, _mm256_cvtepi32_ps)
    }
    #[inline(always)]
    unsafe fn to_i(a: Two<__m256>) -> Two<__m256i> {
        both!(a, _mm256_cvtps_epi32)
    }
    #[inline(always)]
    unsafe fn sum_i(a: Two<__m256i>) -> i32 {
        let eight = _mm256_add_epi32(a.0, a.1);
        let four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256::<1>(eight));
        let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b_01_00_11_10>(four));
        _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b_10_11_00_01>(two)))
    }
    #[inline(always)]
    unsafe fn load_u8(p: *const u8) -> Two<__m256i> {
        Two(
            _mm256_cvtepu8_epi32(_mm_loadl_epi64(p.cast())),
            _mm256_cvtepu8_epi32(_mm_loadl_epi64(p.add(8).cast())),
        )
    }
    #[inline(always)]
    unsafe fn load_i8(p: *const u8) -> Two<__m256i> {
        Two(
            _mm256_cvtepi8_epi32(_mm_loadl_epi64(p.cast())),
            _mm256_cvtepi8_epi32(_mm_loadl_epi64(p.add(8).cast())),
        )
    }
    #[inline(always)]
    unsafe fn store_i8(p: *mut i8, x: Two<__m256i>) {
        // Packing works on 128-bit halves: 0-3, 8-11, 4-7, 12-15 come out, in units of four lanes.
        let words = _mm256_packs_epi32(x.0, x.1);
        let words = _mm256_permute4x64_epi64::<0b_11_01_10_00>(words);
        let low = _mm256_castsi256_si128(words);
        _mm_storeu_si128(p.cast(), _mm_packs_epi16(low, _mm256_extracti128_si256::<1>(words)));
    }

    #[inline(always)]
    unsafe fn load_w(p: *const u8) -> Two<__m256i> {
        Two(_mm256_loadu_si256(p.cast()), _mm256_loadu_si256(p.add(32).cast()))
    }
    #[inline(always)]
    unsafe fn store_w(p: *mut u8, w: Two<__m256i>) {
        _mm256_storeu_si256(p.cast(), w.0);
        _mm256_storeu_si256(p.add(32).cast(), w.1);
    }
    #[inline(always)]
    unsafe fn low(w: Two<__m256i>) -> Two<__m256i> {
        let mask = _mm256_set1_epi8(15);
        Two(_mm256_and_si256(w.0, mask), _mm256_and_si256(w.1, mask))
    }
    #[inline(always)]
    unsafe fn high(w: Two<__m256i>) -> Two<__m256i> {
        let mask = _mm256_set1_epi8(15);
        Two(
            _mm256_and_si256(_mm256_srli_epi16::<4>(w.0), mask),
            _mm256_and_si256(_mm256_srli_epi16::<4>(w.1), mask),
        )
    }
    #[inline(always)]
    unsafe fn with_bits(w: Two<__m256i>, h: Two<__m256i>, left: i32, mask: u8) -> Two<__m256i> {
        Two(merge8(w.0, h.0, left, mask), merge8(w.1, h.1, left, mask))
    }
    #[inline(always)]
    unsafe fn signed(w: Two<__m256i>) -> Two<__m256i> {
        if VNNI {
            let flip = _mm256_set1_epi8(-128);
            Two(_mm256_xor_si256(w.0, flip), _mm256_xor_si256(w.1, flip))
        } else {
            w
        }
    }
    #[inline(always)]
    unsafe fn spread(p: *const i8) -> __m256i {
        _mm256_set1_epi32(p.cast::<i32>().read_unaligned())
    }
    #[inline(always)]
    unsafe fn zero_s() -> Two<__m256i> {
        Self::zero_i()
    }
    #[inline(always)]
    unsafe fn dot<const BITS: usize>(s: Two<__m256i>, w: Two<__m256i>, a: __m256i) -> Two<__m256i> {
        Two(dot8::<VNNI, BITS>(s.0, w.0, a), dot8::<VNNI, BITS>(s.1, w.1, a))
    }
    #[inline(always)]
    unsafe fn widen(s: Two<__m256i>) -> Two<__m256i> {
        if VNNI {
            s
        } else {
            let ones = _mm256_set1_epi16(1);
            Two(_mm256_madd_epi16(s.0, ones), _mm256_madd_epi16(s.1, ones))
        }
    }

    #[inline(always)]
    unsafe fn prefetch(p: *const u8) {
        _mm_prefetch::<_MM_HINT_T0>(p.cast());
    }
}

//! The plain twin of the vector units: any processor, and the oracle of the tests.

use half::f16;

use super::isa::Isa;

/// Arrays and loops.
pub(super) struct Scalar;

#[inline(always)]
fn map<A: Copy, B>(a: [A; 16], f: impl Fn(A) -> B) -> [B; 16] {
    std::array::from_fn(|i| f(a[i]))
}

#[inline(always)]
fn zip<A: Copy, B>(a: [A; 16], b: [A; 16], f: impl Fn(A, A) -> B) -> [B; 16] {
    std::array::from_fn(|i| f(a[i], b[i]))
}

impl Isa for Scalar {
    type F = [f32; 16];
    type I = [i32; 16];
    type W = [u8; 64];
    type A = [i8; 4];
    type S = [i32; 16];

    const ROOM: [usize; 9] = [usize::MAX; 9];
    const SIGNED_OFFSET: f32 = 128.0;

    unsafe fn zero() -> [f32; 16] {
        [0.0; 16]
    }
    unsafe fn set(x: f32) -> [f32; 16] {
        [x; 16]
    }
    unsafe fn load(p: *const f32) -> [f32; 16] {
        p.cast::<[f32; 16]>().read_unaligned()
    }
    unsafe fn store(p: *mut f32, x: [f32; 16]) {
        p.cast::<[f32; 16]>().write_unaligned(x);
    }
    unsafe fn load_f16(p: *const u16) -> [f32; 16] {
        map(p.cast::<[u16; 16]>().read_unaligned(), |bits| f16::from_bits(bits).to_f32())
    }
    unsafe fn store_f16(p: *mut u16, x: [f32; 16]) {
        p.cast::<[u16; 16]>().write_unaligned(map(x, |x| f16::from_f32(x).to_bits()));
    }
    unsafe fn add(a: [f32; 16], b: [f32; 16]) -> [f32; 16] {
        zip(a, b, |a, b| a + b)
    }
    unsafe fn sub(a: [f32; 16], b: [f32; 16]) -> [f32; 16] {
        zip(a, b, |a, b| a - b)
    }
    unsafe fn mul(a: [f32; 16], b: [f32; 16]) -> [f32; 16] {
        zip(a, b, |a, b| a * b)
    }
    unsafe fn div(a: [f32; 16], b: [f32; 16]) -> [f32; 16] {
        zip(a, b, |a, b| a / b)
    }
    unsafe fn max(a: [f32; 16], b: [f32; 16]) -> [f32; 16] {
        // The second operand where either is NaN, as x86 has it.
        zip(a, b, |a, b| if a > b { a } else { b })
    }
    unsafe fn min(a: [f32; 16], b: [f32; 16]) -> [f32; 16] {
        zip(a, b, |a, b| if a < b { a } else { b })
    }
    unsafe fn abs(a: [f32; 16]) -> [f32; 16] {
        map(a, f32::abs)
    }
    unsafe fn fma(a: [f32; 16], b: [f32; 16], c: [f32; 16]) -> [f32; 16] {
        std::array::from_fn(|i| a[i].mul_add(b[i], c[i]))
    }
    unsafe fn fnma(a: [f32; 16], b: [f32; 16], c: [f32; 16]) -> [f32; 16] {
        std::array::from_fn(|i| (-a[i]).mul_add(b[i], c[i]))
    }
    unsafe fn sum(a: [f32; 16]) -> f32 {
        // Halves upon halves, as the vector units add their lanes.
        let eight: [f32; 8] = std::array::from_fn(|i| a[i] + a[i + 8]);
        let four: [f32; 4] = std::array::from_fn(|i| eight[i] + eight[i + 4]);
        (four[0] + four[2]) + (four[1] + four[3])
    }
    unsafe fn largest(a: [f32; 16]) -> f32 {
        a.into_iter().fold(f32::NEG_INFINITY, f32::max)
    }
    unsafe fn scale_by_power(a: [f32; 16], n: [f32; 16]) -> [f32; 16] {
        zip(a, n, |a, n| a * f32::from_bits(((n as i32 + 127) as u32) << 23))
    }
    unsafe fn round(a: [f32; 16]) -> [f32; 16] {
        map(a, f32::round_ties_even)
    }

    unsafe fn zero_i() -> [i32; 16] {
        [0; 16]
    }
    unsafe fn add_i(a: [i32; 16], b: [i32; 16]) -> [i32; 16] {
        zip(a, b, i32::wrapping_add)
    }
    unsafe fn to_f(a: [i32; 16]) -> [f32; 16] {
        map(a, |a| a as f32)
    }
    unsafe fn to_i(a: [f32; 16]) -> [i32; 16] {
        map(a, |a| a.round_ties_even() as i32)
    }
    unsafe fn sum_i(a: [i32; 16]) -> i32 {
        a.into_iter().fold(0, i32::wrapping_add)
    }
    unsafe fn load_u8(p: *const u8) -> [i32; 16] {
        map(p.cast::<[u8; 16]>().read_unaligned(), i32::from)
    }
    unsafe fn load_i8(p: *const u8) -> [i32; 16] {
        map(p.cast::<[i8; 16]>().read_unaligned(), i32::from)
    }
    unsafe fn store_i8(p: *mut i8, x: [i32; 16]) {
        p.cast::<[i8; 16]>().write_unaligned(map(x, |x| x as i8));
    }

    unsafe fn load_w(p: *const u8) -> [u8; 64] {
        p.cast::<[u8; 64]>().read_unaligned()
    }
    unsafe fn store_w(p: *mut u8, w: [u8; 64]) {
        p.cast::<[u8; 64]>().write_unaligned(w);
    }
    unsafe fn low(w: [u8; 64]) -> [u8; 64] {
        w.map(|b| b & 15)
    }
    unsafe fn high(w: [u8; 64]) -> [u8; 64] {
        w.map(|b| b >> 4)
    }
    unsafe fn with_bits(w: [u8; 64], h: [u8; 64], left: i32, mask: u8) -> [u8; 64] {
        let shifted = |b: u8| if left >= 0 { b << left } else { b >> -left };
        std::array::from_fn(|i| w[i] | (shifted(h[i]) & mask))
    }
    unsafe fn signed(w: [u8; 64]) -> [u8; 64] {
        w.map(|b| b ^ 0x80)
    }
    unsafe fn spread(p: *const i8) -> [i8; 4] {
        p.cast::<[i8; 4]>().read_unaligned()
    }
    unsafe fn zero_s() -> [i32; 16] {
        [0; 16]
    }
    unsafe fn dot<const BITS: usize>(s: [i32; 16], w: [u8; 64], a: [i8; 4]) -> [i32; 16] {
        std::array::from_fn(|row| (0..4).fold(s[row], |s, j| s + i32::from(w[row * 4 + j]) * i32::from(a[j])))
    }
    unsafe fn widen(s: [i32; 16]) -> [i32; 16] {
        s
    }

    unsafe fn prefetch(_: *const u8) {}
}

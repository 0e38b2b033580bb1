//! What the kernels ask of an instruction set: sixteen rows of a matrix at once.
//! Knows: vectors of numbers. Never: formats, models.

/// Sixteen lanes, one for each row of a tile.
///
/// The kernels are written once, for any `Isa`; `Scalar` is the twin that every other is tested
/// against. Methods are inlined into functions that switch the instructions on.
///
/// # Safety
/// Every method wants a processor with the instructions of the implementing type. Those that take
/// pointers read or write as many elements as their comment says; no alignment is asked for.
pub(super) trait Isa {
    /// 16 x f32.
    type F: Copy;
    /// 16 x i32.
    type I: Copy;
    /// 16 rows x 4 weights of 8 bits.
    type W: Copy;
    /// 4 activations of 8 bits, the same for all rows.
    type A: Copy;
    /// Sums of products, before they are widened to `I`.
    type S: Copy;

    /// How many `dot` may be added up before `widen`, by bits of a weight.
    const ROOM: [usize; 9];
    /// What `signed` adds to a weight of 8 bits, and a product has too much for it.
    const SIGNED_OFFSET: f32;

    unsafe fn zero() -> Self::F;
    unsafe fn set(x: f32) -> Self::F;
    /// Reads 16 x f32.
    unsafe fn load(p: *const f32) -> Self::F;
    /// Writes 16 x f32.
    unsafe fn store(p: *mut f32, x: Self::F);
    /// Reads 16 x f16.
    unsafe fn load_f16(p: *const u16) -> Self::F;
    /// Writes 16 x f16, rounded to the nearest.
    unsafe fn store_f16(p: *mut u16, x: Self::F);
    unsafe fn add(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn sub(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn mul(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn div(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn max(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn min(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn abs(a: Self::F) -> Self::F;
    /// `a * b + c`, rounded once.
    unsafe fn fma(a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    /// `c - a * b`, rounded once.
    unsafe fn fnma(a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    /// Sum of all lanes.
    unsafe fn sum(a: Self::F) -> f32;
    /// Largest lane.
    unsafe fn largest(a: Self::F) -> f32;
    /// `a` times two to the power of `n`, for whole `n` in -126..=127.
    unsafe fn scale_by_power(a: Self::F, n: Self::F) -> Self::F;
    /// The nearest whole number; ties to even.
    unsafe fn round(a: Self::F) -> Self::F;

    unsafe fn zero_i() -> Self::I;
    unsafe fn add_i(a: Self::I, b: Self::I) -> Self::I;
    unsafe fn to_f(a: Self::I) -> Self::F;
    /// The nearest whole number; ties to even.
    unsafe fn to_i(a: Self::F) -> Self::I;
    unsafe fn sum_i(a: Self::I) -> i32;
    /// Reads 16 x u8.
    unsafe fn load_u8(p: *const u8) -> Self::I;
    /// Reads 16 x i8.
    unsafe fn load_i8(p: *const u8) -> Self::I;
    /// Writes 16 x i8 of values that fit.
    unsafe fn store_i8(p: *mut i8, x: Self::I);

    /// Reads 64 bytes.
    unsafe fn load_w(p: *const u8) -> Self::W;
    /// Writes 64 bytes.
    unsafe fn store_w(p: *mut u8, w: Self::W);
    /// The lower half of each byte.
    unsafe fn low(w: Self::W) -> Self::W;
    /// The upper half of each byte.
    unsafe fn high(w: Self::W) -> Self::W;
    /// `w` with those bits of `h` set that `mask` leaves after a shift by `left` (-4..=4).
    unsafe fn with_bits(w: Self::W, h: Self::W, left: i32, mask: u8) -> Self::W;
    /// Weights of 8 bits with a sign, as `dot` wants them.
    unsafe fn signed(w: Self::W) -> Self::W;
    /// Reads 4 bytes.
    unsafe fn spread(p: *const i8) -> Self::A;
    unsafe fn zero_s() -> Self::S;
    /// `s` and the products of `w`, of so many bits, with `a`, added up by row.
    unsafe fn dot<const BITS: usize>(s: Self::S, w: Self::W, a: Self::A) -> Self::S;
    unsafe fn widen(s: Self::S) -> Self::I;

    /// Asks for the cache line at `p`, which need not be there.
    unsafe fn prefetch(p: *const u8);
}

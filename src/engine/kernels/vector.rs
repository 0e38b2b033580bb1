//! What is done to rows of numbers between two products, written once for any `Isa`.
//! Knows: numbers. Never: weights, positions.

use super::acts::Acts;
use super::isa::Isa;

/// e to the power of each lane; 0 below -87, as the smallest
/// normal number is near.
///
/// e^x = 2^n * e^r, with n whole and r at most half of ln 2, where a polynomial of degree 6 serves
/// (its coefficients are those of Cephes' `expf`).
///
/// # Safety
/// As `Isa`.
#[inline(always)]
pub(super) unsafe fn exp<I: Isa>(x: I::F) -> I::F {
    let clamped = I::min(I::max(x, I::set(-87.0)), I::set(88.0));
    let n = I::round(I::mul(clamped, I::set(std::f32::consts::LOG2_E)));
    // ln 2 in two parts, so that the difference is exact.
    let r = I::fnma(n, I::set(0.693_359_4), clamped);
    let r = I::fnma(n, I::set(-2.121_944_4e-4), r);
    let mut p = I::set(1.987_569_1e-4);
    for c in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_66, 0.5] {
        p = I::fma(p, r, I::set(c));
    }
    let p = I::add(I::fma(p, I::mul(r, r), r), I::set(1.0));
    I::scale_by_power(p, n)
}

/// `x / (1 + e^-x)`.
#[inline(always)]
unsafe fn silu<I: Isa>(x: I::F) -> I::F {
    I::div(x, I::add(I::set(1.0), exp::<I>(I::sub(I::zero(), x))))
}

/// The approximation of GELU by tanh, which equals `x * sigmoid(2u)` with
/// `u = sqrt(2 / pi) * (x + 0.044715 x^3)`.
#[inline(always)]
unsafe fn gelu<I: Isa>(x: I::F) -> I::F {
    let cubic = I::fma(I::mul(I::mul(x, x), x), I::set(0.044_715), x);
    let u = I::mul(cubic, I::set(-2.0 * 0.797_884_6));
    I::div(x, I::add(I::set(1.0), exp::<I>(u)))
}

/// `gate[i] = f(gate[i]) * up[i]` for `n` elements, `n` a multiple of 16; f is SiLU or GELU.
///
/// # Safety
/// As `Isa`; both pointers have room for `n`.
#[inline(always)]
pub(super) unsafe fn gated<I: Isa, const GELU: bool>(gate: *mut f32, up: *const f32, n: usize) {
    for i in (0..n).step_by(16) {
        let g = I::load(gate.add(i));
        let g = if GELU { gelu::<I>(g) } else { silu::<I>(g) };
        I::store(gate.add(i), I::mul(g, I::load(up.add(i))));
    }
}

/// `out[i] = x[i] / rms(x) * weight[i]` for `n` elements, `n` a multiple of 16.
///
/// # Safety
/// As `Isa`; all pointers have room for `n`; `out` may be `x`.
#[inline(always)]
pub(super) unsafe fn rms_norm<I: Isa>(x: *const f32, weight: *const f32, eps: f32, out: *mut f32, n: usize) {
    let mut squares = I::zero();
    for i in (0..n).step_by(16) {
        let x = I::load(x.add(i));
        squares = I::fma(x, x, squares);
    }
    let scale = I::set(1.0 / (I::sum(squares) / n as f32 + eps).sqrt());
    for i in (0..n).step_by(16) {
        I::store(out.add(i), I::mul(I::mul(I::load(x.add(i)), scale), I::load(weight.add(i))));
    }
}

/// `x[i] += y[i]` for `n` elements, `n` a multiple of 16.
///
/// # Safety
/// As `Isa`; both pointers have room for `n`.
#[inline(always)]
pub(super) unsafe fn add<I: Isa>(x: *mut f32, y: *const f32, n: usize) {
    for i in (0..n).step_by(16) {
        I::store(x.add(i), I::add(I::load(x.add(i)), I::load(y.add(i))));
    }
}

/// Rounds `n` numbers, `n` a multiple of 32, with one scale for each `grain` (the last ones may be
/// fewer).
///
/// # Safety
/// As `Isa`; `x` has `n` elements and `out` room for `n / 32`.
#[inline(always)]
pub(super) unsafe fn quantise<I: Isa>(x: *const f32, n: usize, grain: usize, out: *mut Acts) {
    let mut from = 0;
    while from < n {
        let to = n.min(from + grain);
        let mut most = I::zero();
        for i in (from..to).step_by(16) {
            most = I::max(most, I::abs(I::load(x.add(i))));
        }
        let most = I::largest(most);
        // Of numbers too small to divide by, nothing is left: they are as good as zeros.
        let inverse = if most >= f32::MIN_POSITIVE * 127.0 { 127.0 / most } else { 0.0 };
        for i in (from..to).step_by(32) {
            let acts = &mut *out.add(i / 32);
            let first = I::to_i(I::mul(I::load(x.add(i)), I::set(inverse)));
            let second = I::to_i(I::mul(I::load(x.add(i + 16)), I::set(inverse)));
            I::store_i8(acts.q.as_mut_ptr(), first);
            I::store_i8(acts.q.as_mut_ptr().add(16), second);
            let (first, second) = (I::sum_i(first) as f32, I::sum_i(second) as f32);
            acts.scale = most / 127.0;
            acts.sum = first + second;
            acts.halves = [first, second];
        }
        from = to;
    }
}

/// Logarithm of the sum of e to the power of each of `n` numbers; NaN where one is NaN or plus
/// infinity, or all are minus infinity.
///
/// # Safety
/// As `Isa`; `x` has `n` elements.
#[inline(always)]
pub(super) unsafe fn log_sum_exp<I: Isa>(x: *const f32, n: usize) -> f32 {
    let whole = n / 16 * 16;
    let rest = || (whole..n).map(|i| *x.add(i));
    let mut most = I::set(f32::NEG_INFINITY);
    // NaN fails every comparison and would be passed over: a sum shows it.
    let mut check = I::zero();
    for i in (0..whole).step_by(16) {
        let x = I::load(x.add(i));
        most = I::max(most, x);
        check = I::fma(x, I::zero(), check);
    }
    let most = rest().fold(I::largest(most), f32::max);
    let tail: f32 = rest().map(|x| x * 0.0).sum();
    // Minus infinity is a token that may not be said; times zero it is NaN, too.
    let nan = (I::sum(check) + tail).is_nan() && (0..n).any(|i| (*x.add(i)).is_nan());
    if nan || !most.is_finite() {
        return f32::NAN;
    }
    // Sums of sixteen lanes, so that rounding does not grow with the vocabulary.
    let mut total = I::zero();
    for i in (0..whole).step_by(16) {
        total = I::add(total, exp::<I>(I::sub(I::load(x.add(i)), I::set(most))));
    }
    let tail: f32 = rest().map(|x| (x - most).exp()).sum();
    most + (I::sum(total) + tail).ln()
}

//! Every kernel of every tier against plain arithmetic in f64, and its scalar twin.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Tensor};
use half::f16;
use proptest::prelude::*;

use super::acts::{Acts, Grain};
use super::attention::{CHUNK, Row, Span};
use super::format::{Packing, SUB};
use super::*;

fn tiers() -> impl Iterator<Item = &'static Kernels> {
    Tier::ALL.into_iter().filter_map(Kernels::of)
}

/// Numbers that look random.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// In `-1.0..1.0`.
    fn unit(&mut self) -> f32 {
        (self.next() as f32 / (1u64 << 31) as f32) * 2.0 - 1.0
    }

    fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.next() as u8).collect()
    }
}

/// What the f16 factors of random blocks are.
#[derive(Clone, Copy, Debug)]
enum Factors {
    Usual,
    Denormal,
    Largest,
    Zero,
}

/// Blocks of random bits with sane factors: every pattern of quants and scales that there is.
fn blocks(random: &mut Random, packing: Packing, weights: usize, factors: Factors) -> Vec<u8> {
    let format = packing.format();
    let bytes = format.type_size();
    let mut data = random.bytes(weights / format.block_size() * bytes);
    let places: &[usize] = match packing {
        Packing::Q4_0 | Packing::Q5_0 | Packing::Q8_0 => &[0],
        Packing::Q4_1 | Packing::Q5_1 | Packing::Q4K | Packing::Q5K => &[0, 2],
        Packing::Q6K => &[208],
    };
    for block in data.chunks_exact_mut(bytes) {
        for &at in places {
            let factor = match factors {
                Factors::Usual => f16::from_f32(random.unit() * 0.01),
                Factors::Denormal => f16::from_bits(1 + (random.next() % 900) as u16),
                Factors::Largest => f16::MAX,
                Factors::Zero => f16::from_bits(0),
            };
            block[at..at + 2].copy_from_slice(&factor.to_le_bytes());
        }
    }
    data
}

fn dequantised(data: &[u8], format: GgmlDType, rows: usize, columns: usize) -> Vec<Vec<f32>> {
    let storage = QStorage::from_data(data.into(), &Device::Cpu, format).unwrap();
    let tensor = QTensor::new(storage, (rows, columns)).unwrap();
    tensor.dequantize(&Device::Cpu).unwrap().to_vec2().unwrap()
}

fn input(kernels: &Kernels, pool: &mut Pool, rows: &[Vec<f32>], matrix: &Matrix) -> Input {
    let mut input = Input::default();
    input.reserve(rows.len(), matrix.columns(), Wants::of([matrix]));
    input.fill(kernels, pool, rows.len(), &|row, to| to.copy_from_slice(&rows[row]));
    input
}

/// Activations as a kernel of this packing sees them: rounded to 8 bits.
fn rounded(values: &[f32], packing: Packing) -> Vec<f64> {
    let grain = packing.block();
    let round = |chunk: &[f32]| {
        let most = chunk.iter().fold(0f32, |most, x| most.max(x.abs()));
        let inverse = if most >= f32::MIN_POSITIVE * 127.0 { 127.0 / most } else { 0.0 };
        chunk
            .iter()
            .map(|x| f64::from((x * inverse).round_ties_even()) * f64::from(most / 127.0))
            .collect::<Vec<_>>()
    };
    values.chunks(grain).flat_map(round).collect()
}

/// Multiplies on every tier, with 1, 2, 3, ... rows of activations, and compares.
fn check_product(packing: Packing, rows: usize, columns: usize, factors: Factors, scale: f32, seed: u64) {
    let mut random = Random(seed);
    let data = blocks(&mut random, packing, rows * columns, factors);
    let weights = dequantised(&data, packing.format(), rows, columns);
    let mut pool = Pool::new(2);
    let matrix = Matrix::pack(&data, packing.format(), (rows, columns), &mut pool).unwrap();
    for count in [1, 2, 3, 4, 5, 8, 9, 14, 31] {
        let values: Vec<Vec<f32>> =
            (0..count).map(|_| (0..columns).map(|_| random.unit() * scale).collect()).collect();
        for kernels in tiers() {
            let input = input(kernels, &mut pool, &values, &matrix);
            let stride = matrix.padded_rows();
            let mut out = vec![f32::NAN; count * stride];
            let product = Product { matrix: &matrix, gated: None, out: &mut out, stride, adds: false };
            multiply(kernels, &mut pool, &input, count, &mut [product]);
            for (values, out) in values.iter().zip(out.chunks_exact(stride)) {
                let values = rounded(values, packing);
                for (row, (weights, out)) in weights.iter().zip(out).enumerate() {
                    let terms = weights.iter().zip(&values).map(|(w, x)| f64::from(*w) * x);
                    let exact: f64 = terms.sum();
                    // What may be lost is a share of what is added up before offsets are taken off.
                    let size: f64 = values.iter().map(|x| x.abs()).sum::<f64>()
                        * weights.iter().fold(0f64, |most, w| most.max(f64::from(w.abs())));
                    let error = (f64::from(*out) - exact).abs();
                    assert!(
                        error <= 2e-6 * size + 1e-30,
                        "{:?} {packing:?} {rows}x{columns}, {count} rows, row {row}: {out} for {exact}, {error}",
                        kernels.tier(),
                    );
                }
            }
        }
    }
}

#[test]
fn products_are_those_of_plain_arithmetic_whatever_the_shape() {
    for packing in Packing::ALL {
        let block = packing.block();
        for (rows, blocks) in [(16, 1), (1, 3), (17, 1), (48, 2), (100, 3)] {
            check_product(packing, rows, blocks * block, Factors::Usual, 1.0, rows as u64);
        }
    }
    // Rows of 896, which no block of 256 divides.
    for packing in [Packing::Q5_0, Packing::Q8_0] {
        check_product(packing, 33, 896, Factors::Usual, 1.0, 7);
    }
}

#[test]
fn products_hold_at_the_extremes() {
    for packing in Packing::ALL {
        let columns = packing.block() * 2;
        for factors in [Factors::Denormal, Factors::Largest, Factors::Zero] {
            for scale in [1e-30, 1.0, 1e20] {
                check_product(packing, 20, columns, factors, scale, 3);
            }
        }
        check_product(packing, 20, columns, Factors::Usual, 0.0, 3);
        check_product(packing, 20, columns, Factors::Usual, f32::MIN_POSITIVE, 3);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn products_hold_for_any_blocks(seed in 0u64..1 << 48, rows in 1usize..70, blocks in 1usize..4, at in 0usize..8) {
        let packing = Packing::ALL[at];
        check_product(packing, rows, blocks * packing.block(), Factors::Usual, 3.0, seed);
    }
}

#[test]
fn a_packed_row_is_what_candle_makes_of_it() {
    let mut pool = Pool::new(1);
    let mut random = Random(5);
    for packing in Packing::ALL {
        let (rows, columns) = (37, packing.block() * 3);
        let data = blocks(&mut random, packing, rows * columns, Factors::Usual);
        let matrix = Matrix::pack(&data, packing.format(), (rows, columns), &mut pool).unwrap();
        let mut found = vec![0f32; columns];
        for (row, expected) in dequantised(&data, packing.format(), rows, columns).iter().enumerate() {
            matrix.row(row, &mut found);
            for (a, b) in found.iter().zip(expected) {
                assert!((a - b).abs() <= 1e-6 * b.abs().max(1e-3), "{packing:?} row {row}: {a} {b}");
            }
        }
    }
}

#[test]
fn plain_matrices_multiply_too() {
    let mut pool = Pool::new(2);
    let mut random = Random(6);
    let (rows, columns) = (37, 96);
    let weights: Vec<f32> = (0..rows * columns).map(|_| random.unit()).collect();
    for format in [GgmlDType::F32, GgmlDType::F16, GgmlDType::BF16] {
        let tensor = Tensor::from_vec(weights.clone(), (rows, columns), &Device::Cpu).unwrap();
        let tensor = QTensor::quantize(&tensor, format).unwrap();
        let kept: Vec<Vec<f32>> = tensor.dequantize(&Device::Cpu).unwrap().to_vec2().unwrap();
        let matrix = Matrix::pack(&tensor.data().unwrap(), format, (rows, columns), &mut pool).unwrap();
        for count in [1, 3, 4, 7, 13] {
            let values: Vec<Vec<f32>> =
                (0..count).map(|_| (0..columns).map(|_| random.unit()).collect()).collect();
            for kernels in tiers() {
                let input = input(kernels, &mut pool, &values, &matrix);
                let stride = matrix.padded_rows();
                let mut out = vec![0.5f32; count * stride];
                let product = Product { matrix: &matrix, gated: None, out: &mut out, stride, adds: true };
                multiply(kernels, &mut pool, &input, count, &mut [product]);
                for (values, out) in values.iter().zip(out.chunks_exact(stride)) {
                    for (weights, out) in kept.iter().zip(out) {
                        let exact: f32 = weights.iter().zip(values).map(|(w, x)| w * x).sum();
                        assert!((out - exact - 0.5).abs() < 1e-5, "{:?} {format:?}", kernels.tier());
                    }
                }
            }
        }
    }
}

#[test]
fn a_gate_is_applied_to_both_products() {
    let mut pool = Pool::new(2);
    let mut random = Random(8);
    let (rows, columns) = (52, 256);
    let first = blocks(&mut random, Packing::Q4K, rows * columns, Factors::Usual);
    let second = blocks(&mut random, Packing::Q8_0, rows * columns, Factors::Usual);
    let pack = |data: &[u8], packing: Packing, pool: &mut Pool| {
        Matrix::pack(data, packing.format(), (rows, columns), pool).unwrap()
    };
    let (first, second) = (pack(&first, Packing::Q4K, &mut pool), pack(&second, Packing::Q8_0, &mut pool));
    let stride = first.padded_rows();
    for count in [1, 4, 6, 19] {
        for kernels in tiers() {
            let mut input = Input::default();
            input.reserve(count, columns, Wants::of([&first, &second]));
            input.fill(kernels, &mut pool, count, &|row, to| {
                to.iter_mut().enumerate().for_each(|(i, x)| *x = ((i * 7 + row * 3) % 19) as f32 - 9.0);
            });
            let alone = |matrix: &Matrix, pool: &mut Pool| {
                let mut out = vec![0f32; count * stride];
                let product = Product { matrix, gated: None, out: &mut out, stride, adds: false };
                multiply(kernels, pool, &input, count, &mut [product]);
                out
            };
            let (a, b) = (alone(&first, &mut pool), alone(&second, &mut pool));
            for (gate, function) in [
                (Gate::Silu, (|x: f64| x / (1.0 + (-x).exp())) as fn(f64) -> f64),
                (Gate::Gelu, |x: f64| {
                    0.5 * x * (1.0 + (0.797_884_560_8 * (x + 0.044715 * x * x * x)).tanh())
                }),
            ] {
                let mut out = vec![0f32; count * stride];
                let product = Product {
                    matrix: &first,
                    gated: Some((&second, gate)),
                    out: &mut out,
                    stride,
                    adds: false,
                };
                multiply(kernels, &mut pool, &input, count, &mut [product]);
                for ((a, b), out) in a.iter().zip(&b).zip(&out) {
                    let exact = function(f64::from(*a)) * f64::from(*b);
                    let error = (f64::from(*out) - exact).abs();
                    assert!(
                        error <= 1e-5 * exact.abs() + 1e-5,
                        "{:?} {gate:?}: {out} for {exact}",
                        kernels.tier()
                    );
                }
            }
        }
    }
}

#[test]
fn rounding_is_the_same_on_every_tier() {
    let mut random = Random(9);
    for n in [32, 96, 256, 896, 1536] {
        let values: Vec<f32> = (0..n).map(|_| random.unit() * 4.0).collect();
        for grain in [Grain::Fine, Grain::Coarse] {
            let of = |kernels: &Kernels| {
                let mut acts = vec![Acts::default(); n / SUB];
                // SAFETY: `n` is a multiple of 32 and `acts` has room for it.
                unsafe { (kernels.quantise)(values.as_ptr(), n, grain.len(), acts.as_mut_ptr()) };
                acts
            };
            let expected = of(Kernels::of(Tier::Scalar).unwrap());
            for kernels in tiers() {
                assert_eq!(of(kernels), expected, "{:?} {n} {grain:?}", kernels.tier());
            }
            for (acts, values) in expected.iter().zip(values.chunks_exact(SUB)) {
                for (q, value) in acts.q.iter().zip(values) {
                    assert!((f32::from(*q) * acts.scale - value).abs() <= acts.scale * 0.501);
                }
                let sum: i32 = acts.q.iter().map(|q| i32::from(*q)).sum();
                assert_eq!(acts.sum, sum as f32);
                assert_eq!(acts.halves[0] + acts.halves[1], acts.sum);
            }
        }
    }
}

#[test]
fn norms_are_those_of_plain_arithmetic() {
    let mut random = Random(10);
    for n in [16, 64, 896, 1536] {
        let values: Vec<f32> = (0..n).map(|_| random.unit() * 30.0).collect();
        let weight: Vec<f32> = (0..n).map(|_| random.unit()).collect();
        let mean = values.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / n as f64;
        for kernels in tiers() {
            let mut out = vec![0f32; n];
            // SAFETY: all three have `n` elements, a multiple of 16.
            unsafe { (kernels.rms_norm)(values.as_ptr(), weight.as_ptr(), 1e-6, out.as_mut_ptr(), n) };
            for ((x, w), out) in values.iter().zip(&weight).zip(&out) {
                let exact = f64::from(*x) / (mean + 1e-6).sqrt() * f64::from(*w);
                assert!((f64::from(*out) - exact).abs() < 1e-5, "{:?}", kernels.tier());
            }
        }
    }
}

/// Softmax in f64, over keys and values rounded to f16 as the cache keeps them.
#[test]
fn attention_is_that_of_plain_arithmetic() {
    let mut random = Random(11);
    for (dim, len, count) in
        [(64usize, 1usize, 1usize), (64, 15, 7), (128, 200, 2), (96, 65, 3), (48, 130, 14), (256, 64, 5)]
    {
        let half = |x: f32| f16::from_f32(x);
        let keys: Vec<Vec<f16>> = (0..len).map(|_| (0..dim).map(|_| half(random.unit())).collect()).collect();
        let values: Vec<Vec<f16>> =
            (0..len).map(|_| (0..dim).map(|_| half(random.unit())).collect()).collect();
        // What is behind the last key must not matter.
        let mut tiled = vec![f16::NAN.to_bits(); len.next_multiple_of(CHUNK) * dim];
        for (at, key) in keys.iter().enumerate() {
            for (d, x) in key.iter().enumerate() {
                tiled[(at / 16 * dim + d) * 16 + at % 16] = x.to_bits();
            }
        }
        let flat: Vec<u16> = values.iter().flatten().map(|x| x.to_bits()).collect();
        let queries: Vec<Vec<f32>> = (0..count).map(|_| (0..dim).map(|_| random.unit()).collect()).collect();
        let ranges: Vec<(usize, usize)> = (0..count)
            .map(|i| if i % 3 == 2 { (len / 3, len) } else { (0, (len * (i + 1) / count).max(1)) })
            .collect();
        for kernels in tiers() {
            // In one span, and in two of which the second begins in the middle.
            for cut in [len, len / 2 / CHUNK * CHUNK] {
                let mut outs = vec![vec![0f32; dim]; count];
                let mut rows: Vec<Row> = queries
                    .iter()
                    .zip(&mut outs)
                    .zip(&ranges)
                    .map(|((query, out), &(from, to))| Row::new(query.as_ptr(), out.as_mut_ptr(), from, to))
                    .collect();
                let mut scores = vec![0f32; count * CHUNK];
                for (first, n) in [(0, cut), (cut, len - cut)] {
                    let span = Span {
                        keys: tiled[first * dim..].as_ptr(),
                        values: flat[first * dim..].as_ptr(),
                        len: n,
                        first,
                    };
                    // SAFETY: keys are tiled in whole chunks, `dim` is a multiple of 16, all rows
                    // have `dim` elements, and `scores` has room for `count` chunks.
                    unsafe { (kernels.attend)(dim, &span, &mut rows, scores.as_mut_ptr()) };
                }
                for ((row, query), &(from, to)) in rows.iter().zip(&queries).zip(&ranges) {
                    let score = |key: &[f16]| -> f64 {
                        key.iter().zip(query).map(|(k, q)| k.to_f64() * f64::from(*q)).sum()
                    };
                    let weights: Vec<f64> = keys[from..to].iter().map(|key| score(key).exp()).collect();
                    let total: f64 = weights.iter().sum();
                    for d in 0..dim {
                        let mixed = weights.iter().zip(&values[from..to]);
                        let exact = mixed.map(|(w, v)| w * v[d].to_f64()).sum::<f64>() / total;
                        // SAFETY: `out` has `dim` elements.
                        let found = f64::from(unsafe { *row.out.add(d) } / row.total);
                        assert!(
                            (found - exact).abs() < 1e-5,
                            "{:?} {dim} {len} {count}: {found} for {exact}",
                            kernels.tier()
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_too_large_for_the_cache_becomes_its_largest_number() {
    let values: Vec<f32> = (0..16).map(|i| (i as f32 - 8.0) * 1e4).collect();
    for kernels in tiers() {
        let mut out = vec![0u16; 16];
        // SAFETY: both have sixteen elements.
        unsafe { (kernels.to_f16)(values.as_ptr(), out.as_mut_ptr(), 16) };
        for (x, bits) in values.iter().zip(&out) {
            assert_eq!(f16::from_bits(*bits), f16::from_f32(x.clamp(-65504.0, 65504.0)));
        }
    }
}

//! Matrix products alone: gigabytes of weights per second with one row of activations, billions of
//! operations per second with many. `cargo bench --bench kernels [-- FORMAT...]`.
//!
//! Weights are larger than any cache, as those of a model are. `PUSHBACK_TIER` picks the tier.

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::time::Instant;

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use pushback::engine::kernels::{Input, Matrix, Pool, Product, Wants, choose_kernels, multiply};

const ROWS: usize = 8960;
const COLUMNS: usize = 1536;
const COPIES: usize = 40;
const RUNS: usize = 9;

fn main() {
    let kernels = choose_kernels().expect("a tier").expect("vectors");
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    for threads in [1, 2] {
        let mut pool = Pool::new(threads);
        for format in [GgmlDType::Q4K, GgmlDType::Q5K, GgmlDType::Q6K, GgmlDType::Q8_0, GgmlDType::Q5_0] {
            let name = format!("{format:?}");
            if !wanted.is_empty() && !wanted.contains(&name) {
                continue;
            }
            let values: Vec<f32> =
                (0..ROWS * COLUMNS).map(|i| ((i * 37 % 1001) as f32 - 500.0) / 9000.0).collect();
            let tensor = Tensor::from_vec(values, (ROWS, COLUMNS), &Device::Cpu).expect("a tensor");
            let tensor = QTensor::quantize(&tensor, format).expect("a format");
            let data = tensor.data().expect("bytes");
            let matrices: Vec<Matrix> = (0..COPIES)
                .map(|_| Matrix::pack(&data, format, (ROWS, COLUMNS), &mut pool).expect("memory"))
                .collect();
            for rows in [1, 2, 4, 8, 16, 64, 256] {
                let mut input = Input::default();
                input.reserve(rows, COLUMNS, Wants::of(&matrices));
                input.fill(kernels, &mut pool, rows, &|row, to| {
                    to.iter_mut()
                        .enumerate()
                        .for_each(|(i, x)| *x = ((i * 31 + row * 7) % 255) as f32 / 100.0 - 1.2);
                });
                let mut out = vec![0f32; rows * ROWS];
                let copies = if rows > 16 { 4 } else { COPIES };
                let mut seconds: Vec<f64> = (0..RUNS)
                    .map(|_| {
                        let begin = Instant::now();
                        for matrix in &matrices[..copies] {
                            let product =
                                Product { matrix, gated: None, out: &mut out, stride: ROWS, adds: false };
                            multiply(kernels, &mut pool, &input, rows, &mut [product]);
                        }
                        begin.elapsed().as_secs_f64() / copies as f64
                    })
                    .collect();
                seconds.sort_by(f64::total_cmp);
                let median = seconds[RUNS / 2];
                println!(
                    "{:<9} {threads} threads {name:<5} {rows:>4} rows {:>8.3} ms {:>7.1} GB/s {:>8.1} GOP/s",
                    kernels.tier().as_str(),
                    median * 1e3,
                    data.len() as f64 / median / 1e9,
                    (2 * rows * ROWS * COLUMNS) as f64 / median / 1e9,
                );
            }
        }
    }
}

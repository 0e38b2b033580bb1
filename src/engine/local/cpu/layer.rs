//! One layer: what it has, and the steps between its products.
//! Knows: norms, rotation, residuals. Never: which text a row belongs to.

use super::{Scratch, fit};
use crate::engine::kernels::{self, Input, Kernels, Matrix, Pool, Product, Wants, for_rows, multiply};
use crate::engine::local::config::{Config, Gate, Pairing};

/// Weights of a layer.
pub(super) struct Layer {
    pub attention_norm: Vec<f32>,              // (dim)
    pub query: Linear,                         // (heads * head_dim, dim)
    pub key: Linear,                           // (kv_heads * head_dim, dim)
    pub value: Linear,                         // (kv_heads * head_dim, dim)
    pub query_norm: Option<Vec<f32>>,          // (head_dim)
    pub key_norm: Option<Vec<f32>>,            // (head_dim)
    pub out: Matrix,                           // (dim, heads * head_dim)
    pub post_attention_norm: Option<Vec<f32>>, // (dim)
    pub ff_norm: Vec<f32>,                     // (dim)
    pub gate: Matrix,                          // (ff_dim, dim)
    pub up: Matrix,                            // (ff_dim, dim)
    pub down: Matrix,                          // (dim, ff_dim)
    pub post_ff_norm: Option<Vec<f32>>,        // (dim)
}

/// A matrix and what is added to its product.
pub(super) struct Linear {
    pub matrix: Matrix,
    pub bias: Option<Vec<f32>>, // (rows)
}

type Machine<'a> = (&'static Kernels, &'a mut Pool);

impl Layer {
    /// Numbers of a row of queries.
    pub fn query_stride(&self) -> usize {
        self.query.matrix.padded_rows()
    }

    /// Numbers of a row of keys, or of values.
    pub fn key_stride(&self) -> usize {
        self.key.matrix.padded_rows()
    }

    /// How what attention gathers must be rounded.
    pub fn mixed_wants(&self) -> Wants {
        Wants::of([&self.out])
    }

    /// Queries, keys and values of the first `rows` rows of the residual stream, in layer `at`.
    pub fn project(
        &self,
        (cfg, at): (&Config, usize),
        (kernels, pool): Machine<'_>,
        s: &mut Scratch,
        rows: usize,
    ) {
        normed(
            cfg,
            (kernels, pool),
            s,
            rows,
            &self.attention_norm,
            &[&self.query.matrix, &self.key.matrix, &self.value.matrix],
        );
        let (wide, narrow) = (self.query_stride(), self.key_stride());
        fit(&mut s.q, rows * wide);
        fit(&mut s.k, rows * narrow);
        fit(&mut s.v, rows * narrow);
        let product = |matrix, out, stride| Product { matrix, gated: None, out, stride, adds: false };
        multiply(
            kernels,
            pool,
            &s.normed,
            rows,
            &mut [
                product(&self.query.matrix, &mut s.q, wide),
                product(&self.key.matrix, &mut s.k, narrow),
                product(&self.value.matrix, &mut s.v, narrow),
            ],
        );
        let angles = if cfg.window_of(at).is_some() && cfg.local_rope_base.is_some() {
            &s.local_angles
        } else {
            &s.angles
        };
        let of_row = |row: usize| match cfg.rotates(at) {
            true => &angles[row * cfg.rotary_dim..][..cfg.rotary_dim],
            false => &[],
        };
        for_rows(pool, rows, (&mut s.q, wide), &|row, q| {
            prepare(kernels, cfg, q, (&self.query, self.query_norm.as_deref()), of_row(row));
            q.iter_mut().for_each(|x| *x *= cfg.query_scale);
        });
        for_rows(pool, rows, (&mut s.k, narrow), &|row, k| {
            prepare(kernels, cfg, k, (&self.key, self.key_norm.as_deref()), of_row(row));
        });
        if let Some(bias) = &self.value.bias {
            for_rows(pool, rows, (&mut s.v, narrow), &|_, v| add_bias(v, bias));
        }
    }

    /// What attention has gathered goes back to the residual stream, and through the feed-forward
    /// part.
    pub fn finish(&self, cfg: &Config, (kernels, pool): Machine<'_>, s: &mut Scratch, rows: usize) {
        s.mixed.round(kernels, pool, rows);
        add_product(
            cfg,
            (kernels, pool),
            (&self.out, self.post_attention_norm.as_deref()),
            &s.mixed,
            (&mut s.x, &mut s.update),
            rows,
        );
        normed(cfg, (kernels, pool), s, rows, &self.ff_norm, &[&self.gate, &self.up]);
        s.hidden.reserve(rows, cfg.ff_dim, Wants::of([&self.down]));
        let gate = match cfg.gate {
            Gate::Silu => kernels::Gate::Silu,
            Gate::Gelu => kernels::Gate::Gelu,
        };
        let gated = Product {
            matrix: &self.gate,
            gated: Some((&self.up, gate)),
            out: &mut s.hidden.values,
            stride: cfg.ff_dim,
            adds: false,
        };
        multiply(kernels, pool, &s.normed, rows, &mut [gated]);
        s.hidden.round(kernels, pool, rows);
        add_product(
            cfg,
            (kernels, pool),
            (&self.down, self.post_ff_norm.as_deref()),
            &s.hidden,
            (&mut s.x, &mut s.update),
            rows,
        );
    }
}

/// Adds a product, normalised where there is a norm, to the residual stream. `update` is room to
/// compute it in.
fn add_product(
    cfg: &Config,
    (kernels, pool): Machine<'_>,
    (matrix, norm): (&Matrix, Option<&[f32]>),
    input: &Input,
    (stream, update): (&mut [f32], &mut Vec<f32>),
    rows: usize,
) {
    let stride = cfg.dim;
    let Some(norm) = norm else {
        let product = Product { matrix, gated: None, out: stream, stride, adds: true };
        return multiply(kernels, pool, input, rows, &mut [product]);
    };
    fit(update, rows * stride);
    let product = Product { matrix, gated: None, out: update, stride, adds: false };
    multiply(kernels, pool, input, rows, &mut [product]);
    for_rows(pool, rows, (update, stride), &|_, row| kernels.norm_in_place(row, norm, cfg.norm_eps));
    let update = &*update;
    for_rows(pool, rows, (stream, stride), &|row, x| kernels.add(x, &update[row * stride..][..stride]));
}

/// The residual stream, normalised and rounded as `matrices` want it.
fn normed(
    cfg: &Config,
    (kernels, pool): Machine<'_>,
    s: &mut Scratch,
    rows: usize,
    weight: &[f32],
    matrices: &[&Matrix],
) {
    let (x, dim) = (&s.x, cfg.dim);
    let input: &mut Input = &mut s.normed;
    input.reserve(rows, dim, Wants::of(matrices.iter().copied()));
    input.fill(kernels, pool, rows, &|row, to| {
        kernels.norm(&x[row * dim..][..dim], weight, cfg.norm_eps, to);
    });
}

/// Bias, norm and rotation of all heads of one row.
fn prepare(
    kernels: &Kernels,
    cfg: &Config,
    row: &mut [f32],
    (linear, norm): (&Linear, Option<&[f32]>),
    angles: &[f32],
) {
    if let Some(bias) = &linear.bias {
        add_bias(row, bias);
    }
    for head in row.chunks_exact_mut(cfg.head_dim) {
        if let Some(norm) = norm {
            kernels.norm_in_place(head, norm, cfg.norm_eps);
        }
        rotate(head, angles, cfg.pairing);
    }
}

fn add_bias(row: &mut [f32], bias: &[f32]) {
    row.iter_mut().zip(bias).for_each(|(x, bias)| *x += bias);
}

/// Turns the first dimensions of a head by `angles`: as many cosines as there are pairs, then
/// their sines.
fn rotate(head: &mut [f32], angles: &[f32], pairing: Pairing) {
    let (cos, sin) = angles.split_at(angles.len() / 2);
    let head = &mut head[..angles.len()];
    match pairing {
        Pairing::Halves => {
            let (first, second) = head.split_at_mut(cos.len());
            for (((a, b), cos), sin) in first.iter_mut().zip(second).zip(cos).zip(sin) {
                (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
            }
        }
        Pairing::Neighbours => {
            for ((pair, cos), sin) in head.chunks_exact_mut(2).zip(cos).zip(sin) {
                let (a, b) = (pair[0], pair[1]);
                (pair[0], pair[1]) = (a * cos - b * sin, b * cos + a * sin);
            }
        }
    }
}

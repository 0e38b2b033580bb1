//! Rotary position embedding.
//! Knows: positions and angles. Never: attention.
//!
//! Angles are computed in f32 for the positions at hand. candle-transformers keeps a table
//! instead: of 4096 positions for llama, and for qwen3 in f16, where the angle at position 2000
//! is off by 0.7 rad. It also ignores `rope_freqs.weight`.

use candle_core::{Device, Result, Tensor};

use super::config::{Config, Pairing};

/// Rotates queries and keys by their position.
pub struct Rope {
    /// (head_dim / 2) radians per position.
    frequencies: Vec<f32>,
    pairing: Pairing,
}

/// Cosines and sines of some positions: (n, head_dim / 2) each.
pub struct Angles {
    cos: Tensor,
    sin: Tensor,
}

impl Rope {
    /// `factors`, if the file has them, stretch each wavelength (Llama 3.1 and later).
    pub fn new(cfg: &Config, factors: Option<&[f32]>) -> Self {
        let frequency = |i: usize| {
            let plain = 1.0 / cfg.rope_base.powf(2.0 * i as f32 / cfg.head_dim as f32);
            plain / cfg.rope_divisor / factors.map_or(1.0, |factors| factors[i])
        };
        Self { frequencies: (0..cfg.head_dim / 2).map(frequency).collect(), pairing: cfg.pairing }
    }

    /// Angles of the positions from `start` on.
    pub fn angles(&self, start: usize, n: usize, device: &Device) -> Result<Angles> {
        let angles = (start..start + n).flat_map(|p| self.frequencies.iter().map(move |f| p as f32 * f));
        let (sin, cos): (Vec<f32>, Vec<f32>) = angles.map(f32::sin_cos).unzip();
        let shape = (n, self.frequencies.len());
        Ok(Angles { cos: Tensor::from_vec(cos, shape, device)?, sin: Tensor::from_vec(sin, shape, device)? })
    }

    /// Cosines and sines (head_dim / 2) of one position.
    pub fn angles_at(&self, position: usize, cos: &mut [f32], sin: &mut [f32]) {
        for ((frequency, cos), sin) in self.frequencies.iter().zip(cos).zip(sin) {
            (*sin, *cos) = (position as f32 * frequency).sin_cos();
        }
    }

    /// Rotates `x` (batch, heads, n, head_dim).
    pub fn rotate(&self, x: &Tensor, angles: &Angles) -> Result<Tensor> {
        let x = x.contiguous()?;
        match self.pairing {
            Pairing::Neighbours => candle_nn::rotary_emb::rope_i(&x, &angles.cos, &angles.sin),
            Pairing::Halves => candle_nn::rotary_emb::rope(&x, &angles.cos, &angles.sin),
        }
    }
}

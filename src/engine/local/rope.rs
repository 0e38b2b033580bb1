//! Rotary position embedding.
//! Knows: positions and angles. Never: attention.
//!
//! Angles are computed in f32 for the positions at hand. candle-transformers keeps a table
//! instead: of 4096 positions for llama, and for qwen3 in f16, where the angle at position 2000
//! is off by 0.7 rad. It also ignores `rope_freqs.weight`.

use candle_core::{D, Device, Result, Tensor};

use super::config::{Config, Pairing, Yarn};

/// Rotates queries and keys by their position.
pub struct Rope {
    /// (rotary_dim / 2) radians per position.
    frequencies: Vec<f32>,
    /// Cosines and sines are multiplied by this.
    attention_factor: f32,
    pairing: Pairing,
}

/// Cosines and sines of some positions: (n, rotary_dim / 2) each.
pub struct Angles {
    cos: Tensor,
    sin: Tensor,
}

impl Rope {
    /// The rotation of layers that see everything; `factors` (rotary_dim / 2) are those that
    /// `cfg.rope_factors` names, and stretch each wavelength.
    pub fn new(cfg: &Config, factors: Option<&[f32]>) -> Self {
        let plain = frequencies(cfg.rope_base, cfg.rotary_dim);
        let stretched = |(i, plain): (usize, f32)| {
            let divided = plain / cfg.rope_divisor;
            let share = cfg.yarn.as_ref().map_or(1.0, |yarn| yarn_share(cfg, yarn, i));
            (plain * (1.0 - share) + divided * share) / factors.map_or(1.0, |factors| factors[i])
        };
        Self {
            frequencies: plain.enumerate().map(stretched).collect(),
            attention_factor: cfg.rope_attention_factor,
            pairing: cfg.pairing,
        }
    }

    /// The rotation of layers with a window, where it is another.
    pub fn local(cfg: &Config) -> Option<Self> {
        let frequencies = frequencies(cfg.local_rope_base?, cfg.rotary_dim).collect();
        Some(Self { frequencies, attention_factor: 1.0, pairing: cfg.pairing })
    }

    /// Angles of the positions from `start` on.
    pub fn angles(&self, start: usize, n: usize, device: &Device) -> Result<Angles> {
        let angles = (start..start + n).flat_map(|p| self.frequencies.iter().map(move |f| p as f32 * f));
        let stretch = |angle: f32| (angle.sin() * self.attention_factor, angle.cos() * self.attention_factor);
        let (sin, cos): (Vec<f32>, Vec<f32>) = angles.map(stretch).unzip();
        let shape = (n, self.frequencies.len());
        Ok(Angles { cos: Tensor::from_vec(cos, shape, device)?, sin: Tensor::from_vec(sin, shape, device)? })
    }

    /// Rotates the first dimensions of `x` (batch, heads, n, head_dim).
    pub fn rotate(&self, x: &Tensor, angles: &Angles) -> Result<Tensor> {
        let (width, rotary) = (x.dim(D::Minus1)?, 2 * self.frequencies.len());
        if rotary < width {
            let turned = self.rotate(&x.narrow(D::Minus1, 0, rotary)?, angles)?;
            let still = x.narrow(D::Minus1, rotary, width - rotary)?;
            return Tensor::cat(&[&turned, &still], D::Minus1)?.contiguous();
        }
        let x = x.contiguous()?;
        match self.pairing {
            Pairing::Neighbours => candle_nn::rotary_emb::rope_i(&x, &angles.cos, &angles.sin),
            Pairing::Halves => candle_nn::rotary_emb::rope(&x, &angles.cos, &angles.sin),
        }
    }
}

fn frequencies(base: f32, rotary_dim: usize) -> impl Iterator<Item = f32> {
    (0..rotary_dim / 2).map(move |i| 1.0 / base.powf(2.0 * i as f32 / rotary_dim as f32))
}

/// How far pair `i` is stretched: 0 not at all, 1 in full (Peng et al., YaRN, 2023, as llama.cpp
/// and transformers compute it).
fn yarn_share(cfg: &Config, yarn: &Yarn, i: usize) -> f32 {
    let dim = cfg.rotary_dim as f32;
    // The pair, as a fraction, that turns so often in the original context.
    let pair_of = |turns: f32| {
        let tokens_per_turn = yarn.original_tok as f32 / turns;
        dim * (tokens_per_turn / std::f32::consts::TAU).ln() / (2.0 * cfg.rope_base.ln())
    };
    let (low, high) = (pair_of(yarn.fast).floor().max(0.0), pair_of(yarn.slow).ceil().min(dim - 1.0));
    ((i as f32 - low) / (high - low).max(0.001)).clamp(0.0, 1.0)
}

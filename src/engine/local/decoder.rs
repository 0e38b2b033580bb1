//! A transformer decoder: tokens in, logits out.
//! Knows: tensors. Never: text, sampling.
//!
//! One decoder serves every family: what differs between them is in `Config`, or a tensor that is
//! there or not. Activations are matrices (tokens, width); a batch is its rows one after another.

use std::sync::Arc;

use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{D, Device, Module, Result, Tensor};
use candle_nn::ops::{rms_norm, softmax_last_dim};

use super::config::Config;
use super::kv::Cache;
use super::rope::{Angles, Rope};
use super::weights::Weights;
use crate::engine::EngineError;

/// Weights of a decoder, and how to run them.
pub struct Decoder {
    cfg: Config,
    device: Device,
    embedding: Arc<QTensor>, // (vocab, dim); rows are decoded as they are needed
    layers: Vec<Layer>,
    norm: Tensor,  // (dim)
    head: QMatMul, // (vocab, dim); the same weights as `embedding` where the file has only these
    rope: Rope,
}

struct Layer {
    attention_norm: Tensor,     // (dim)
    query: Linear,              // (heads * head_dim, dim)
    key: Linear,                // (kv_heads * head_dim, dim)
    value: Linear,              // (kv_heads * head_dim, dim)
    query_norm: Option<Tensor>, // (head_dim)
    key_norm: Option<Tensor>,   // (head_dim)
    out: QMatMul,               // (dim, heads * head_dim)
    ff_norm: Tensor,            // (dim)
    gate: QMatMul,              // (ff_dim, dim)
    up: QMatMul,                // (ff_dim, dim)
    down: QMatMul,              // (dim, ff_dim)
}

struct Linear {
    weight: QMatMul,
    bias: Option<Tensor>,
}

/// Some rows of activations: `batch` texts of `len` tokens, all starting at one position.
struct Rows {
    batch: usize,
    len: usize,
    angles: Angles,
    /// What each token may look at, of the part of the scores that is masked; see `causal_mask`.
    mask: Option<Tensor>,
}

/// Scores that attention may hold at once, in bytes; longer prompts are read in pieces.
const SCORES_BYTES: usize = 64 << 20;
/// Longest piece; longer ones gain nothing.
const PIECE_TOK: usize = 512;

impl Linear {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = self.weight.forward(x)?;
        match &self.bias {
            Some(bias) => y.broadcast_add(bias),
            None => Ok(y),
        }
    }
}

impl Decoder {
    /// Loads the decoder of this shape, whose tokenizer has `vocab` tokens.
    pub fn load(
        cfg: Config,
        vocab: usize,
        weights: &Weights<'_>,
        device: &Device,
    ) -> std::result::Result<Self, EngineError> {
        if !matches!(cfg.architecture.as_str(), "llama" | "qwen2" | "qwen3") || cfg.yarn.is_some() {
            return Err(EngineError::UnsupportedArchitecture(cfg.architecture));
        }
        let embedding = weights.quantised("token_embd.weight", &[vocab, cfg.dim])?;
        let head = match weights.has("output.weight") {
            true => weights.matrix("output.weight", vocab, cfg.dim)?,
            false => weights.multiplier(Arc::clone(&embedding))?,
        };
        let factors = weights.optional_vector("rope_freqs.weight", cfg.head_dim / 2)?;
        let factors = factors.map(|factors| factors.to_vec1::<f32>()).transpose()?;
        let layers = (0..cfg.layers)
            .map(|at| Layer::load(&cfg, at, weights))
            .collect::<std::result::Result<_, _>>()?;
        Ok(Self {
            norm: weights.vector("output_norm.weight", cfg.dim)?,
            rope: Rope::new(&cfg, factors.as_deref()),
            device: device.clone(),
            embedding,
            layers,
            head,
            cfg,
        })
    }

    /// The decoder's shape.
    pub fn config(&self) -> &Config {
        &self.cfg
    }

    /// Number of tokens that it knows.
    pub fn vocab(&self) -> usize {
        self.embedding.shape().dims()[0]
    }

    /// An empty cache for this decoder.
    pub fn new_cache(&self) -> Result<Cache> {
        Cache::new(&self.cfg, &self.device)
    }

    /// How many of the next `left` tokens to read at once after `past` others.
    pub fn piece_tok(&self, past: usize, left: usize) -> usize {
        let per_token = self.cfg.heads * (past + PIECE_TOK) * size_of::<f32>();
        left.min((SCORES_BYTES / per_token).clamp(16, PIECE_TOK))
    }

    /// Reads `tokens` behind those in `cache`. What the last one leads to: (1, dim).
    pub fn read(&self, cache: &mut Cache, tokens: &[u32]) -> Result<Tensor> {
        cache.reserve(tokens.len())?;
        let rows = Rows {
            batch: 1,
            len: tokens.len(),
            angles: self.rope.angles(cache.len(), tokens.len(), &self.device)?,
            mask: causal_mask(cache.len(), tokens.len(), &self.device)?,
        };
        let mut x = self.embed(tokens)?;
        for (at, layer) in self.layers.iter().enumerate() {
            x = layer.forward(&self.cfg, &x, |normed| {
                let (q, k, v) = self.project(layer, normed, &rows)?;
                let (keys, values) = cache.append(at, &k.squeeze(0)?, &v.squeeze(0)?)?;
                self.attend_cache(&q, &keys, &values, &rows)
            })?;
        }
        cache.commit(tokens);
        x.narrow(0, tokens.len() - 1, 1)
    }

    /// Reads a batch of continuations of what is in `cache`, each of `len` tokens, without
    /// changing it. What every token leads to: (batch * len, dim).
    pub fn branch(&self, cache: &Cache, tokens: &[u32], len: usize) -> Result<Tensor> {
        let rows = Rows {
            batch: tokens.len() / len,
            len,
            angles: self.rope.angles(cache.len(), len, &self.device)?,
            mask: causal_mask(0, len, &self.device)?,
        };
        let mut x = self.embed(tokens)?;
        for (at, layer) in self.layers.iter().enumerate() {
            x = layer.forward(&self.cfg, &x, |normed| {
                let (q, k, v) = self.project(layer, normed, &rows)?;
                self.attend_branches(&q, &cache.layer(at)?, &(k, v), &rows)
            })?;
        }
        Ok(x)
    }

    /// Logits (n, vocab) of what `x` (n, dim) leads to.
    pub fn logits(&self, x: &Tensor) -> Result<Tensor> {
        self.head.forward(&rms_norm(&x.contiguous()?, &self.norm, self.cfg.norm_eps)?)
    }

    fn embed(&self, tokens: &[u32]) -> Result<Tensor> {
        self.embedding.embedding(&Tensor::new(tokens, &self.device)?)
    }

    /// Queries (batch, heads, len, head_dim), keys and values (batch, kv_heads, len, head_dim).
    fn project(&self, layer: &Layer, x: &Tensor, rows: &Rows) -> Result<(Tensor, Tensor, Tensor)> {
        let cfg = &self.cfg;
        let split = |y: Tensor, heads: usize| y.reshape((rows.batch, rows.len, heads, cfg.head_dim));
        let normed = |y: Tensor, norm: &Option<Tensor>| match norm {
            Some(norm) => rms_norm(&y.contiguous()?, norm, cfg.norm_eps),
            None => Ok(y),
        };
        let q = normed(split(layer.query.forward(x)?, cfg.heads)?, &layer.query_norm)?.transpose(1, 2)?;
        let k = normed(split(layer.key.forward(x)?, cfg.kv_heads)?, &layer.key_norm)?.transpose(1, 2)?;
        let v = split(layer.value.forward(x)?, cfg.kv_heads)?.transpose(1, 2)?.contiguous()?;
        Ok((self.rope.rotate(&q, &rows.angles)?, self.rope.rotate(&k, &rows.angles)?, v))
    }

    /// One text against the cache, its own keys and values (kv_heads, total, head_dim) included.
    ///
    /// Query heads that share a key head are stacked as rows, so that keys need no copying.
    fn attend_cache(&self, q: &Tensor, keys: &Tensor, values: &Tensor, rows: &Rows) -> Result<Tensor> {
        let cfg = &self.cfg;
        let (group, len, total) = (cfg.heads / cfg.kv_heads, rows.len, keys.dim(1)?);
        let q = q.reshape((cfg.kv_heads, group * len, cfg.head_dim))?;
        let mut scores = (q.matmul(&keys.t()?)? * self.scale())?;
        if let Some(mask) = &rows.mask {
            scores = scores.reshape((cfg.heads, len, total))?.broadcast_add(mask)?;
            scores = scores.reshape((cfg.kv_heads, group * len, total))?;
        }
        let mixed = softmax_last_dim(&scores)?.matmul(values)?;
        mixed
            .reshape((1, cfg.heads, len, cfg.head_dim))?
            .transpose(1, 2)?
            .reshape((len, cfg.heads * cfg.head_dim))
    }

    /// Many texts, each against the shared cache (kv_heads, past, head_dim) and its own keys and
    /// values (batch, kv_heads, len, head_dim).
    fn attend_branches(
        &self,
        q: &Tensor,
        (past_keys, past_values): &(Tensor, Tensor),
        (keys, values): &(Tensor, Tensor),
        rows: &Rows,
    ) -> Result<Tensor> {
        let cfg = &self.cfg;
        let (batch, len, past) = (rows.batch, rows.len, past_keys.dim(1)?);
        let (kv, group, width) = (cfg.kv_heads, cfg.heads / cfg.kv_heads, cfg.head_dim);
        // The same numbers in two orders: by key head for the shared part (where the whole batch
        // is one product), by text for the own part.
        let by_head = |x: &Tensor| x.reshape((batch, kv, group * len, ()))?.transpose(0, 1)?.contiguous();
        let by_text = |x: &Tensor| x.reshape((kv, batch, group * len, ()))?.transpose(0, 1)?.contiguous();
        let stacked = by_head(q)?.reshape((kv, batch * group * len, width))?;
        let shared = by_text(&stacked.matmul(&past_keys.t()?)?)?;
        let own = q.reshape((batch, kv, group * len, width))?.matmul(&keys.t()?)?;
        let mut own = (own.reshape((batch * cfg.heads, len, len))? * self.scale())?;
        if let Some(mask) = &rows.mask {
            own = own.broadcast_add(mask)?;
        }
        let shared = (shared * self.scale())?;
        let own = own.reshape((batch, kv, group * len, len))?;
        let shares = softmax_last_dim(&Tensor::cat(&[&shared, &own], D::Minus1)?)?;
        let of_past =
            by_head(&shares.narrow(D::Minus1, 0, past)?)?.reshape((kv, batch * group * len, past))?;
        let from_past = by_text(&of_past.matmul(past_values)?)?;
        let from_own = shares.narrow(D::Minus1, past, len)?.contiguous()?.matmul(values)?;
        let mixed = (from_past + from_own)?.reshape((batch, cfg.heads, len, width))?;
        mixed.transpose(1, 2)?.reshape((batch * len, cfg.heads * width))
    }

    fn scale(&self) -> f64 {
        1.0 / (self.cfg.head_dim as f64).sqrt()
    }
}

impl Layer {
    fn load(cfg: &Config, at: usize, weights: &Weights<'_>) -> std::result::Result<Self, EngineError> {
        let name = |part: &str| format!("blk.{at}.{part}");
        let matrix = |part: &str, rows, columns| weights.matrix(&name(part), rows, columns);
        let linear = |part: &str, rows| {
            let bias = format!("blk.{at}.{part}.bias");
            Ok::<_, EngineError>(Linear {
                weight: matrix(&format!("{part}.weight"), rows, cfg.dim)?,
                bias: cfg.qkv_bias.then(|| weights.vector(&bias, rows)).transpose()?,
            })
        };
        let head_norm =
            |part: &str| cfg.qk_norm.then(|| weights.vector(&name(part), cfg.head_dim)).transpose();
        let (q_dim, kv_dim) = (cfg.heads * cfg.head_dim, cfg.kv_heads * cfg.head_dim);
        Ok(Self {
            attention_norm: weights.vector(&name("attn_norm.weight"), cfg.dim)?,
            query: linear("attn_q", q_dim)?,
            key: linear("attn_k", kv_dim)?,
            value: linear("attn_v", kv_dim)?,
            query_norm: head_norm("attn_q_norm.weight")?,
            key_norm: head_norm("attn_k_norm.weight")?,
            out: matrix("attn_output.weight", cfg.dim, q_dim)?,
            ff_norm: weights.vector(&name("ffn_norm.weight"), cfg.dim)?,
            gate: matrix("ffn_gate.weight", cfg.ff_dim, cfg.dim)?,
            up: matrix("ffn_up.weight", cfg.ff_dim, cfg.dim)?,
            down: matrix("ffn_down.weight", cfg.dim, cfg.ff_dim)?,
        })
    }

    fn forward(
        &self,
        cfg: &Config,
        x: &Tensor,
        attend: impl FnOnce(&Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let normed = rms_norm(x, &self.attention_norm, cfg.norm_eps)?;
        let x = (x + self.out.forward(&attend(&normed)?)?)?;
        let normed = rms_norm(&x, &self.ff_norm, cfg.norm_eps)?;
        let gated = (self.gate.forward(&normed)?.silu()? * self.up.forward(&normed)?)?;
        x + self.down.forward(&gated)?
    }
}

/// (1, len, past + len), added to scores: 0 where a token may look, which is at all before it and
/// at itself, minus infinity elsewhere. For one token there is nothing to forbid.
fn causal_mask(past: usize, len: usize, device: &Device) -> Result<Option<Tensor>> {
    if len == 1 {
        return Ok(None);
    }
    let row = |i| (0..past + len).map(move |j| if j > past + i { f32::NEG_INFINITY } else { 0.0 });
    Tensor::from_vec((0..len).flat_map(row).collect(), (1, len, past + len), device).map(Some)
}

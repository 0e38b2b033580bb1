//! A transformer decoder: tokens in, logits out.
//! Knows: tensors. Never: text, sampling.
//!
//! One decoder serves every family: what differs between them is in `Config`, or a tensor that is
//! there or not. Activations are matrices (tokens, width); a batch is its rows one after another.

use std::ops::Range;
use std::sync::Arc;

use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{D, Device, Module, Result, Tensor};
use candle_nn::ops::{rms_norm, softmax_last_dim};

use super::config::{Config, Gate};
use super::kv::Cache;
use super::rope::{Angles, Rope};
use super::weights::{Part, Weights};
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
    local_rope: Option<Rope>, // of layers with a window; none if they rotate as the others do
}

struct Layer {
    local: bool,                         // has a window
    rotates: bool,                       // its queries and keys know their position
    attention_norm: Tensor,              // (dim)
    query: Linear,                       // (heads * head_dim, dim)
    key: Linear,                         // (kv_heads * head_dim, dim)
    value: Linear,                       // (kv_heads * head_dim, dim)
    query_norm: Option<Tensor>,          // (head_dim)
    key_norm: Option<Tensor>,            // (head_dim)
    out: QMatMul,                        // (dim, heads * head_dim)
    post_attention_norm: Option<Tensor>, // (dim)
    ff_norm: Tensor,                     // (dim)
    gate: QMatMul,                       // (ff_dim, dim)
    up: QMatMul,                         // (ff_dim, dim)
    down: QMatMul,                       // (dim, ff_dim)
    post_ff_norm: Option<Tensor>,        // (dim)
}

struct Linear {
    weight: QMatMul,
    bias: Option<Tensor>,
}

/// Some rows of activations: `batch` texts of `len` tokens, all starting at one position.
struct Rows {
    batch: usize,
    len: usize,
    global: View,
    local: Option<View>, // for layers with a window
}

/// Where these rows stand and what they see, for layers of one kind.
struct View {
    angles: Angles,
    /// Of the cache, where that is a part of its own.
    past_mask: Option<Tensor>,
    /// Of the rest; see `sight`.
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
        let embedding = weights.quantised("token_embd.weight", vocab, cfg.dim)?;
        let head = match weights.has("output.weight") {
            true => weights.matrix(&Part::all("output.weight", vocab), cfg.dim)?,
            false => weights.multiplier(Arc::clone(&embedding))?,
        };
        let factors = cfg.rope_factors.map(|name| weights.vector(name, cfg.rotary_dim / 2)).transpose()?;
        let factors = factors.map(|factors| factors.to_vec1::<f32>()).transpose()?;
        let layers = (0..cfg.layers)
            .map(|at| Layer::load(&cfg, at, weights))
            .collect::<std::result::Result<_, _>>()?;
        Ok(Self {
            norm: weights.vector("output_norm.weight", cfg.dim)?,
            rope: Rope::new(&cfg, factors.as_deref()),
            local_rope: Rope::local(&cfg),
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
        let (past, len) = (cache.len(), tokens.len());
        let rows = self.rows((1, len), past, 0)?;
        let mut x = self.embed(tokens)?;
        for (at, layer) in self.layers.iter().enumerate() {
            x = layer.forward(&self.cfg, &x, |normed| {
                let (q, k, v) = self.project(layer, normed, &rows)?;
                let cached = cache.append(at, &k.squeeze(0)?, &v.squeeze(0)?)?;
                self.attend_cache(&q, &cached, &rows, rows.view(layer))
            })?;
        }
        cache.commit(tokens);
        x.narrow(0, tokens.len() - 1, 1)
    }

    /// Reads a batch of continuations of what is in `cache`, each of `len` tokens, without
    /// changing it. What every token leads to: (batch * len, dim).
    pub fn branch(&self, cache: &Cache, tokens: &[u32], len: usize) -> Result<Tensor> {
        let past = cache.len();
        let rows = self.rows((tokens.len() / len, len), past, past)?;
        let mut x = self.embed(tokens)?;
        for (at, layer) in self.layers.iter().enumerate() {
            x = layer.forward(&self.cfg, &x, |normed| {
                let (q, k, v) = self.project(layer, normed, &rows)?;
                let sources = (&cache.layer(at)?, &(k, v));
                self.attend_branches(&q, sources, &rows, rows.view(layer))
            })?;
        }
        Ok(x)
    }

    /// Logits (n, vocab) of what `x` (n, dim) leads to.
    pub fn logits(&self, x: &Tensor) -> Result<Tensor> {
        self.head.forward(&rms_norm(&x.contiguous()?, &self.norm, self.cfg.norm_eps)?)
    }

    fn embed(&self, tokens: &[u32]) -> Result<Tensor> {
        let x = self.embedding.embedding(&Tensor::new(tokens, &self.device)?)?;
        if self.cfg.embedding_scale == 1.0 { Ok(x) } else { x * f64::from(self.cfg.embedding_scale) }
    }

    /// Rows of `batch` texts of `len` tokens each behind `past` others. Those before `apart` are
    /// looked at by themselves, the others together with the text's own.
    fn rows(&self, (batch, len): (usize, usize), past: usize, apart: usize) -> Result<Rows> {
        let view = |rope: &Rope, window: Option<usize>| {
            let mask = |seen| sight(past..past + len, seen, window, &self.device);
            Ok::<_, candle_core::Error>(View {
                angles: rope.angles(past, len, &self.device)?,
                past_mask: mask(0..apart)?,
                mask: mask(apart..past + len)?,
            })
        };
        let rope = self.local_rope.as_ref().unwrap_or(&self.rope);
        let local = self.cfg.window.as_ref().map(|window| view(rope, Some(window.tokens))).transpose()?;
        Ok(Rows { batch, len, global: view(&self.rope, None)?, local })
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
        if !layer.rotates {
            return Ok((q.contiguous()?, k.contiguous()?, v));
        }
        // Which dimensions turn with which is the same for all layers; only the angles differ.
        let angles = &rows.view(layer).angles;
        Ok((self.rope.rotate(&q, angles)?, self.rope.rotate(&k, angles)?, v))
    }

    /// One text against the cache, its own keys and values (kv_heads, total, head_dim) included.
    ///
    /// Query heads that share a key head are stacked as rows, so that keys need no copying.
    fn attend_cache(
        &self,
        q: &Tensor,
        (keys, values): &(Tensor, Tensor),
        rows: &Rows,
        view: &View,
    ) -> Result<Tensor> {
        let cfg = &self.cfg;
        let (group, len, total) = (cfg.heads / cfg.kv_heads, rows.len, keys.dim(1)?);
        let q = q.reshape((cfg.kv_heads, group * len, cfg.head_dim))?;
        let mut scores = (q.matmul(&keys.t()?)? * self.scale())?;
        if let Some(mask) = &view.mask {
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
        ((past_keys, past_values), (keys, values)): (&(Tensor, Tensor), &(Tensor, Tensor)),
        rows: &Rows,
        view: &View,
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
        let masked = |scores: Tensor, mask: &Option<Tensor>| match mask {
            Some(mask) => {
                let shape = scores.shape();
                scores.reshape((batch * cfg.heads, len, ()))?.broadcast_add(mask)?.reshape(shape)
            }
            None => Ok(scores),
        };
        let shared = masked((shared * self.scale())?, &view.past_mask)?;
        let own = masked((own * self.scale())?, &view.mask)?;
        let shares = softmax_last_dim(&Tensor::cat(&[&shared, &own], D::Minus1)?)?;
        let of_past =
            by_head(&shares.narrow(D::Minus1, 0, past)?)?.reshape((kv, batch * group * len, past))?;
        let from_past = by_text(&of_past.matmul(past_values)?)?;
        let from_own = shares.narrow(D::Minus1, past, len)?.contiguous()?.matmul(values)?;
        let mixed = (from_past + from_own)?.reshape((batch, cfg.heads, len, width))?;
        mixed.transpose(1, 2)?.reshape((batch * len, cfg.heads * width))
    }

    fn scale(&self) -> f64 {
        f64::from(self.cfg.query_scale)
    }
}

impl Layer {
    fn load(cfg: &Config, at: usize, weights: &Weights<'_>) -> std::result::Result<Self, EngineError> {
        let name = |part: &str| format!("blk.{at}.{part}");
        let all = |part: &str, rows| Part::all(name(part), rows);
        let linear = |part: Part| {
            let bias = || Part { name: part.name.replace(".weight", ".bias"), ..part.clone() };
            Ok::<_, EngineError>(Linear {
                weight: weights.matrix(&part, cfg.dim)?,
                bias: cfg.qkv_bias.then(|| weights.vector_part(&bias())).transpose()?,
            })
        };
        let norm =
            |part: &str, len, wanted: bool| wanted.then(|| weights.vector(&name(part), len)).transpose();
        let (q_dim, kv_dim) = (cfg.heads * cfg.head_dim, cfg.kv_heads * cfg.head_dim);
        let [query, key, value] = match cfg.fused_qkv {
            true => cut(&name("attn_qkv.weight"), [q_dim, kv_dim, kv_dim]),
            false => {
                [all("attn_q.weight", q_dim), all("attn_k.weight", kv_dim), all("attn_v.weight", kv_dim)]
            }
        };
        let [gate, up] = match cfg.fused_gate_up {
            true => cut(&name("ffn_up.weight"), [cfg.ff_dim, cfg.ff_dim]),
            false => ["ffn_gate.weight", "ffn_up.weight"].map(|part| all(part, cfg.ff_dim)),
        };
        Ok(Self {
            local: cfg.window_of(at).is_some(),
            rotates: cfg.rotates(at),
            attention_norm: weights.vector(&name("attn_norm.weight"), cfg.dim)?,
            query: linear(query)?,
            key: linear(key)?,
            value: linear(value)?,
            query_norm: norm("attn_q_norm.weight", cfg.head_dim, cfg.qk_norm)?,
            key_norm: norm("attn_k_norm.weight", cfg.head_dim, cfg.qk_norm)?,
            out: weights.matrix(&all("attn_output.weight", cfg.dim), q_dim)?,
            post_attention_norm: norm("post_attention_norm.weight", cfg.dim, cfg.post_norms)?,
            ff_norm: weights.vector(&name("ffn_norm.weight"), cfg.dim)?,
            gate: weights.matrix(&gate, cfg.dim)?,
            up: weights.matrix(&up, cfg.dim)?,
            down: weights.matrix(&all("ffn_down.weight", cfg.dim), cfg.ff_dim)?,
            post_ff_norm: norm("post_ffw_norm.weight", cfg.dim, cfg.post_norms)?,
        })
    }

    fn forward(
        &self,
        cfg: &Config,
        x: &Tensor,
        attend: impl FnOnce(&Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let normed = rms_norm(x, &self.attention_norm, cfg.norm_eps)?;
        let attended = self.out.forward(&attend(&normed)?)?;
        let x = (x + after(attended, &self.post_attention_norm, cfg)?)?;
        let normed = rms_norm(&x, &self.ff_norm, cfg.norm_eps)?;
        let gate = self.gate.forward(&normed)?;
        let gate = match cfg.gate {
            Gate::Silu => gate.silu()?,
            Gate::Gelu => gate.gelu()?,
        };
        let fed = self.down.forward(&(gate * self.up.forward(&normed)?)?)?;
        x + after(fed, &self.post_ff_norm, cfg)?
    }
}

impl Rows {
    fn view(&self, layer: &Layer) -> &View {
        self.local.as_ref().filter(|_| layer.local).unwrap_or(&self.global)
    }
}

/// `x`, normalised if there is a norm for it.
fn after(x: Tensor, norm: &Option<Tensor>, cfg: &Config) -> Result<Tensor> {
    match norm {
        Some(norm) => rms_norm(&x, norm, cfg.norm_eps),
        None => Ok(x),
    }
}

/// Parts of the matrix `name`, one after another.
fn cut<const N: usize>(name: &str, rows: [usize; N]) -> [Part; N] {
    let (mut start, of) = (0, rows.iter().sum());
    rows.map(|rows| {
        let part = Part { name: name.to_owned(), rows: start..start + rows, of };
        start += rows;
        part
    })
}

/// What the tokens at `looking` may see of those at `seen`: (1, looking, seen), added to scores. 0
/// is for themselves and those before them, as far as the window reaches (which counts the token
/// itself), minus infinity for all else. Nothing, where nothing is forbidden.
fn sight(
    looking: Range<usize>,
    seen: Range<usize>,
    window: Option<usize>,
    device: &Device,
) -> Result<Option<Tensor>> {
    let window = window.unwrap_or(usize::MAX);
    let may = |i: usize, j: usize| j <= i && i - j < window;
    // The first row is the one that sees least ahead, the last the one that sees least back.
    if seen.is_empty() || may(looking.start, seen.end - 1) && may(looking.end - 1, seen.start) {
        return Ok(None);
    }
    let row = |i| seen.clone().map(move |j| if may(i, j) { 0.0 } else { f32::NEG_INFINITY });
    let shape = (1, looking.len(), seen.len());
    Tensor::from_vec(looking.flat_map(row).collect(), shape, device).map(Some)
}

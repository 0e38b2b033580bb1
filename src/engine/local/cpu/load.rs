//! From a model file to packed matrices.
//! Knows: names of tensors. Never: what is computed with them.

use std::sync::Arc;

use super::layer::{Layer, Linear};
use super::{Decoder, PAGE_TOK, Scratch};
use crate::engine::EngineError;
use crate::engine::kernels::{Kernels, Kind, MOST_HEAD_DIM, Matrix, Pages, Pool, Shape, TILE};
use crate::engine::local::config::Config;
use crate::engine::local::rope::Rope;
use crate::engine::local::weights::Weights;

type Result<T> = std::result::Result<T, EngineError>;

/// Loads matrices onto a pool's threads.
struct Loader<'a, 'w> {
    weights: &'a Weights<'w>,
    pool: Pool,
}

impl Loader<'_, '_> {
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix> {
        let info = self.weights.tensor(name, &[rows, columns])?;
        let matrix = Matrix::pack(info.data, info.format, (rows, columns), &mut self.pool)
            .map_err(EngineError::NoMemory)?;
        self.weights.is_done_with(info.data);
        Ok(matrix)
    }

    fn vector(&self, name: &str, len: usize) -> Result<Vec<f32>> {
        Ok(self.weights.vector(name, len)?.to_vec1()?)
    }

    fn layer(&mut self, cfg: &Config, at: usize) -> Result<Layer> {
        let name = |part: &str| format!("blk.{at}.{part}.weight");
        let (q_dim, kv_dim) = (cfg.heads * cfg.head_dim, cfg.kv_heads * cfg.head_dim);
        let attention_norm = self.vector(&name("attn_norm"), cfg.dim)?;
        let mut linear = |part: &str, rows| {
            let bias = format!("blk.{at}.{part}.bias");
            Ok::<_, EngineError>(Linear {
                matrix: self.matrix(&name(part), rows, cfg.dim)?,
                bias: cfg.qkv_bias.then(|| self.vector(&bias, rows)).transpose()?,
            })
        };
        let (query, key, value) =
            (linear("attn_q", q_dim)?, linear("attn_k", kv_dim)?, linear("attn_v", kv_dim)?);
        let head_norm = |part: &str| cfg.qk_norm.then(|| self.vector(&name(part), cfg.head_dim)).transpose();
        Ok(Layer {
            query_norm: head_norm("attn_q_norm")?,
            key_norm: head_norm("attn_k_norm")?,
            attention_norm,
            ff_norm: self.vector(&name("ffn_norm"), cfg.dim)?,
            out: self.matrix(&name("attn_output"), cfg.dim, q_dim)?,
            gate: self.matrix(&name("ffn_gate"), cfg.ff_dim, cfg.dim)?,
            up: self.matrix(&name("ffn_up"), cfg.ff_dim, cfg.dim)?,
            down: self.matrix(&name("ffn_down"), cfg.dim, cfg.ff_dim)?,
            query,
            key,
            value,
        })
    }
}

impl Decoder {
    /// Whether these kernels can run a decoder of this shape with these weights.
    pub fn can_run(cfg: &Config, weights: &Weights<'_>) -> bool {
        let widths = [cfg.dim, cfg.ff_dim, cfg.heads * cfg.head_dim];
        let heads = cfg.head_dim.is_multiple_of(TILE) && cfg.head_dim <= MOST_HEAD_DIM;
        let matrices = weights.matrices().all(|info| Kind::of(info.format, info.shape[1]).is_some());
        heads && widths.iter().all(|width| width.is_multiple_of(32)) && matrices
    }

    /// Loads the decoder of this shape, whose tokenizer has `vocab` tokens, to run on `threads`
    /// threads.
    pub fn load(
        cfg: Config,
        vocab: usize,
        weights: &Weights<'_>,
        (kernels, threads): (&'static Kernels, usize),
    ) -> Result<Self> {
        let mut loader = Loader { weights, pool: Pool::new(threads) };
        // The largest first: while it is packed, its part of the file is in memory, too.
        let embedding = Arc::new(loader.matrix("token_embd.weight", vocab, cfg.dim)?);
        let head = match weights.has("output.weight") {
            true => Arc::new(loader.matrix("output.weight", vocab, cfg.dim)?),
            false => Arc::clone(&embedding),
        };
        let factors = weights.optional_vector("rope_freqs.weight", cfg.head_dim / 2)?;
        let factors = factors.map(|factors| factors.to_vec1::<f32>()).transpose()?;
        let layers = (0..cfg.layers).map(|at| loader.layer(&cfg, at)).collect::<Result<_>>()?;
        let shape =
            Shape { layers: cfg.layers, kv_heads: cfg.kv_heads, head_dim: cfg.head_dim, page_tok: PAGE_TOK };
        Ok(Self {
            norm: loader.vector("output_norm.weight", cfg.dim)?,
            rope: Rope::new(&cfg, factors.as_deref()),
            kernels,
            pool: loader.pool,
            embedding,
            head,
            layers,
            tokens: Vec::new(),
            pages: Pages::new(shape, 0),
            branches: Vec::new(),
            branch_tok: Vec::new(),
            scratch: Scratch::default(),
            cfg,
        })
    }
}

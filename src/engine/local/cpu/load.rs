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
        Ok(self.parts(name, &[rows], columns)?.remove(0))
    }

    /// A matrix whose rows are several matrices' one after the other, of so many rows each.
    fn parts(&mut self, name: &str, rows: &[usize], columns: usize) -> Result<Vec<Matrix>> {
        let info = self.weights.tensor(name, &[rows.iter().sum(), columns])?;
        let row_bytes = columns / info.format.block_size() * info.format.type_size();
        let mut data = info.data;
        let mut matrices = Vec::with_capacity(rows.len());
        for &rows in rows {
            let (part, rest) = data.split_at(rows * row_bytes);
            let matrix = Matrix::pack(part, info.format, (rows, columns), &mut self.pool);
            matrices.push(matrix.map_err(EngineError::NoMemory)?);
            self.weights.is_done_with(part);
            data = rest;
        }
        Ok(matrices)
    }

    fn vector(&self, name: &str, len: usize) -> Result<Vec<f32>> {
        Ok(self.weights.vector(name, len)?.to_vec1()?)
    }

    fn layer(&mut self, cfg: &Config, at: usize) -> Result<Layer> {
        let name = |part: &str| format!("blk.{at}.{part}.weight");
        let q_dim = cfg.heads * cfg.head_dim;
        let attention_norm = self.vector(&name("attn_norm"), cfg.dim)?;
        let [query, key, value] = self.projections(cfg, at)?;
        let head_norm = |part: &str| cfg.qk_norm.then(|| self.vector(&name(part), cfg.head_dim)).transpose();
        let post_norm = |part: &str| cfg.post_norms.then(|| self.vector(&name(part), cfg.dim)).transpose();
        let (query_norm, key_norm) = (head_norm("attn_q_norm")?, head_norm("attn_k_norm")?);
        let (post_attention_norm, post_ff_norm) =
            (post_norm("post_attention_norm")?, post_norm("post_ffw_norm")?);
        let ff_norm = self.vector(&name("ffn_norm"), cfg.dim)?;
        let out = self.matrix(&name("attn_output"), cfg.dim, q_dim)?;
        let (gate, up) = if cfg.fused_gate_up {
            let mut parts = self.parts(&name("ffn_up"), &[cfg.ff_dim; 2], cfg.dim)?.into_iter();
            parts.next().zip(parts.next()).ok_or_else(|| EngineError::MissingTensor(name("ffn_up")))?
        } else {
            let gate = self.matrix(&name("ffn_gate"), cfg.ff_dim, cfg.dim)?;
            (gate, self.matrix(&name("ffn_up"), cfg.ff_dim, cfg.dim)?)
        };
        let down = self.matrix(&name("ffn_down"), cfg.dim, cfg.ff_dim)?;
        Ok(Layer {
            attention_norm,
            query,
            key,
            value,
            query_norm,
            key_norm,
            out,
            post_attention_norm,
            ff_norm,
            gate,
            up,
            down,
            post_ff_norm,
        })
    }

    /// Query, key and value, each with its bias.
    fn projections(&mut self, cfg: &Config, at: usize) -> Result<[Linear; 3]> {
        let name = |part: &str| format!("blk.{at}.{part}");
        let (q_dim, kv_dim) = (cfg.heads * cfg.head_dim, cfg.kv_heads * cfg.head_dim);
        let rows = [q_dim, kv_dim, kv_dim];
        let (matrices, biases) = if cfg.fused_qkv {
            let matrices = self.parts(&name("attn_qkv.weight"), &rows, cfg.dim)?;
            let bias = || self.vector(&name("attn_qkv.bias"), q_dim + 2 * kv_dim);
            let biases = cfg.qkv_bias.then(bias).transpose()?.map(|all| {
                let (query, others) = all.split_at(q_dim);
                let (key, value) = others.split_at(kv_dim);
                [query.to_vec(), key.to_vec(), value.to_vec()]
            });
            (matrices, biases.map_or([const { None }; 3], |biases| biases.map(Some)))
        } else {
            let (mut matrices, mut biases) = (Vec::new(), [const { None }; 3]);
            for (n, part) in ["attn_q", "attn_k", "attn_v"].into_iter().enumerate() {
                matrices.push(self.matrix(&name(&format!("{part}.weight")), rows[n], cfg.dim)?);
                let bias = || self.vector(&name(&format!("{part}.bias")), rows[n]);
                biases[n] = cfg.qkv_bias.then(bias).transpose()?;
            }
            (matrices, biases)
        };
        let mut linears = matrices.into_iter().zip(biases).map(|(matrix, bias)| Linear { matrix, bias });
        let missing = || EngineError::MissingTensor(name("attn_qkv.weight"));
        let mut next = || linears.next().ok_or_else(missing);
        Ok([next()?, next()?, next()?])
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
        let factors = cfg.rope_factors.map(|name| loader.vector(name, cfg.rotary_dim / 2)).transpose()?;
        let layers = (0..cfg.layers).map(|at| loader.layer(&cfg, at)).collect::<Result<_>>()?;
        let shape =
            Shape { layers: cfg.layers, kv_heads: cfg.kv_heads, head_dim: cfg.head_dim, page_tok: PAGE_TOK };
        Ok(Self {
            norm: loader.vector("output_norm.weight", cfg.dim)?,
            rope: Rope::new(&cfg, factors.as_deref()),
            local_rope: Rope::local(&cfg),
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

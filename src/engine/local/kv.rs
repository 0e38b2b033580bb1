//! What a decoder remembers of the tokens it has read.
//! Knows: tensors of keys and values, and which tokens they belong to. Never: how they are made.

use candle_core::{DType, Device, Result, Tensor};

use super::config::Config;

/// Keys and values of every layer, for the tokens read so far.
pub struct Cache {
    /// The tokens that the entries belong to.
    tokens: Vec<u32>,
    layers: Vec<LayerCache>,
    capacity_tok: usize,
    limit_tok: usize,
}

/// Keys and values of one layer: (kv_heads, capacity, head_dim) each.
struct LayerCache {
    keys: Tensor,
    values: Tensor,
}

/// Room to begin with; doubled as needed.
const FIRST_CAPACITY_TOK: usize = 256;

impl Cache {
    /// An empty cache for a decoder of this shape.
    pub fn new(cfg: &Config, device: &Device) -> Result<Self> {
        let capacity_tok = FIRST_CAPACITY_TOK.min(cfg.context_tok);
        let shape = (cfg.kv_heads, capacity_tok, cfg.head_dim);
        let zeros = || Tensor::zeros(shape, DType::F32, device);
        let layer = |_| Ok(LayerCache { keys: zeros()?, values: zeros()? });
        let layers = (0..cfg.layers).map(layer).collect::<Result<_>>()?;
        Ok(Self { tokens: Vec::new(), layers, capacity_tok, limit_tok: cfg.context_tok })
    }

    /// Number of tokens read so far.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Forgets all but the first `n` tokens.
    pub fn truncate_to(&mut self, n: usize) {
        self.tokens.truncate(n);
    }

    /// The tokens read so far.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Makes room for `n` more tokens.
    pub fn reserve(&mut self, n: usize) -> Result<()> {
        let needed = self.len() + n;
        if needed > self.limit_tok {
            candle_core::bail!("cache of {} tokens asked for {needed}", self.limit_tok)
        }
        if needed <= self.capacity_tok {
            return Ok(());
        }
        let capacity = needed.next_power_of_two().min(self.limit_tok);
        let len = self.len();
        for layer in &mut self.layers {
            for tensor in [&mut layer.keys, &mut layer.values] {
                let (heads, _, dim) = tensor.dims3()?;
                let larger = Tensor::zeros((heads, capacity, dim), tensor.dtype(), tensor.device())?;
                larger.slice_set(&tensor.narrow(1, 0, len)?.contiguous()?, 1, 0)?;
                *tensor = larger;
            }
        }
        self.capacity_tok = capacity;
        Ok(())
    }

    /// Writes keys and values (kv_heads, n, head_dim) of the next `n` tokens behind those of
    /// layer `at`; all of that layer's, the new ones included.
    pub fn append(&self, at: usize, keys: &Tensor, values: &Tensor) -> Result<(Tensor, Tensor)> {
        let layer = &self.layers[at];
        let n = keys.dim(1)?;
        layer.keys.slice_set(keys, 1, self.len())?;
        layer.values.slice_set(values, 1, self.len())?;
        let total = self.len() + n;
        Ok((layer.keys.narrow(1, 0, total)?, layer.values.narrow(1, 0, total)?))
    }

    /// Keys and values (kv_heads, len, head_dim) of layer `at`.
    pub fn layer(&self, at: usize) -> Result<(Tensor, Tensor)> {
        let layer = &self.layers[at];
        Ok((layer.keys.narrow(1, 0, self.len())?, layer.values.narrow(1, 0, self.len())?))
    }

    /// Counts `tokens` as read: to be called when every layer has appended them. Until then, what
    /// was appended does not count, so that a computation that failed leaves no trace.
    pub fn commit(&mut self, tokens: &[u32]) {
        self.tokens.extend_from_slice(tokens);
    }
}

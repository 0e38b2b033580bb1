//! The shape of a decoder, read from a model file's metadata.
//! Knows: which key means what in which family. Never: tensors' values.

use super::gguf::Gguf;
use crate::engine::EngineError;

type Result<T> = std::result::Result<T, EngineError>;

/// How the dimensions of a head are paired for rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// 0 with 1, 2 with 3: files of the llama family are permuted so.
    Neighbours,
    /// The first half with the second.
    Halves,
}

/// What all layers of a decoder share.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Family, as the file names it.
    pub architecture: String,
    /// Number of layers.
    pub layers: usize,
    /// Width of the residual stream.
    pub dim: usize,
    /// Width of the feed-forward part.
    pub ff_dim: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides `heads`.
    pub kv_heads: usize,
    /// Width of a head; even.
    pub head_dim: usize,
    /// Longest conversation, in tokens.
    pub context_tok: usize,
    /// Added to the mean square before its root is taken.
    pub norm_eps: f32,
    /// Base of the rotation's wavelengths.
    pub rope_base: f32,
    /// Positions are divided by this.
    pub rope_divisor: f32,
    /// Which dimensions rotate together.
    pub pairing: Pairing,
    /// Query, key and value have biases.
    pub qkv_bias: bool,
    /// Query and key are normalised head by head.
    pub qk_norm: bool,
}

impl Config {
    /// Reads and checks the metadata of `file`.
    pub fn read(file: &Gguf<'_>) -> Result<Self> {
        let key = "general.architecture";
        let arch = file.text(key)?.ok_or_else(|| EngineError::MissingKey(key.to_owned()))?;
        let (pairing, qkv_bias, qk_norm) = match arch {
            "llama" => (Pairing::Neighbours, file.tensor("blk.0.attn_q.bias").is_some(), false),
            "qwen2" => (Pairing::Halves, true, false),
            "qwen3" => (Pairing::Halves, false, true),
            other => return Err(EngineError::UnsupportedArchitecture(other.to_owned())),
        };
        let keys = Keys { file, arch };
        if keys.uint("expert_count")?.unwrap_or(0) > 0 {
            return Err(EngineError::UnsupportedFeature("a mixture of experts".to_owned()));
        }
        let dim = keys.size("embedding_length")?;
        let heads = keys.size("attention.head_count")?;
        let kv_heads = keys.size_or("attention.head_count_kv", heads)?;
        let head_dim = keys.size_or("attention.key_length", dim / heads)?;
        let config = Self {
            architecture: arch.to_owned(),
            layers: keys.size("block_count")?,
            dim,
            ff_dim: keys.size("feed_forward_length")?,
            heads,
            kv_heads,
            head_dim,
            context_tok: keys.size("context_length")?,
            norm_eps: keys.positive("attention.layer_norm_rms_epsilon")?,
            rope_base: file.float(&keys.full("rope.freq_base"))?.unwrap_or(10_000.0),
            rope_divisor: keys.rope_divisor()?,
            pairing,
            qkv_bias,
            qk_norm,
        };
        config.check(&keys)?;
        Ok(config)
    }

    fn check(&self, keys: &Keys<'_>) -> Result<()> {
        let refuse = |key: &str, why: String| Err(EngineError::bad_value(keys.full(key), why));
        if !self.heads.is_multiple_of(self.kv_heads) {
            let why = format!("{} does not divide {} heads", self.kv_heads, self.heads);
            return refuse("attention.head_count_kv", why);
        }
        if self.head_dim == 0 || !self.head_dim.is_multiple_of(2) {
            return refuse("attention.key_length", format!("{} is odd or nothing", self.head_dim));
        }
        if keys.size_or("attention.value_length", self.head_dim)? != self.head_dim {
            return Err(EngineError::UnsupportedFeature("keys and values of different widths".to_owned()));
        }
        if keys.size_or("rope.dimension_count", self.head_dim)? != self.head_dim {
            return Err(EngineError::UnsupportedFeature("rotation of only a part of each head".to_owned()));
        }
        if self.rope_base <= 0.0 {
            return refuse("rope.freq_base", format!("{} is not above 0", self.rope_base));
        }
        Ok(())
    }
}

/// Entries of one family: their keys begin with its name.
struct Keys<'a> {
    file: &'a Gguf<'a>,
    arch: &'a str,
}

impl Keys<'_> {
    fn full(&self, key: &str) -> String {
        format!("{}.{key}", self.arch)
    }

    fn uint(&self, key: &str) -> Result<Option<u64>> {
        self.file.uint(&self.full(key))
    }

    /// A size that must be there. Sizes are below 2^24, so that products of two cannot overflow;
    /// whether the file really holds tensors of such sizes is found out when they are loaded.
    fn size(&self, key: &str) -> Result<usize> {
        let n = self.uint(key)?.ok_or_else(|| EngineError::MissingKey(self.full(key)))?;
        match usize::try_from(n) {
            Ok(n) if (1..1 << 24).contains(&n) => Ok(n),
            _ => Err(EngineError::bad_value(self.full(key), format!("{n} is no sensible size"))),
        }
    }

    fn size_or(&self, key: &str, default: usize) -> Result<usize> {
        if self.uint(key)?.is_none() { Ok(default) } else { self.size(key) }
    }

    fn positive(&self, key: &str) -> Result<f32> {
        let key = self.full(key);
        let x = self.file.float(&key)?.ok_or_else(|| EngineError::MissingKey(key.clone()))?;
        if x > 0.0 { Ok(x) } else { Err(EngineError::bad_value(key, format!("{x} is not above 0"))) }
    }

    fn rope_divisor(&self) -> Result<f32> {
        match self.file.text(&self.full("rope.scaling.type"))? {
            None | Some("none") => Ok(1.0),
            Some("linear") => self.positive("rope.scaling.factor"),
            Some(other) => Err(EngineError::UnsupportedFeature(format!("rope scaling `{other}`"))),
        }
    }
}

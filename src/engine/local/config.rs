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

/// What bends the gate of the feed-forward part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// x times the logistic function of x.
    Silu,
    /// The Gaussian error unit, by its approximation with tanh.
    Gelu,
}

/// How far back the tokens of some layers look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Tokens in sight, the looking one included.
    pub tokens: usize,
    /// Every so many layers one sees everything: with 6 those at 5, 11, 17; `None` is no layer.
    pub global_every: Option<usize>,
}

/// YaRN: which wavelengths `rope_divisor` stretches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Yarn {
    /// Tokens that the model saw before it was stretched.
    pub original_tok: usize,
    /// Dimensions that turn more often than this in `original_tok` stay as they are.
    pub fast: f32,
    /// Dimensions that turn less often than this are stretched in full.
    pub slow: f32,
}

/// What all layers of a decoder share, and by which rule they differ.
///
/// The decoder of every family is this one: norm, attention, residual; norm, gated feed-forward,
/// residual; a norm and the head at the end. What differs is a field here.
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
    /// Embeddings are multiplied by this.
    pub embedding_scale: f32,
    /// Products of query and key are multiplied by this.
    pub query_scale: f32,

    /// The first so many dimensions of a head rotate, the others stay; even.
    pub rotary_dim: usize,
    /// Which dimensions rotate together; with `Halves` those of the first `rotary_dim`.
    pub pairing: Pairing,
    /// Base of the rotation's wavelengths.
    pub rope_base: f32,
    /// Positions are divided by this; with `yarn` in some dimensions only.
    pub rope_divisor: f32,
    /// Divides some dimensions' positions only.
    pub yarn: Option<Yarn>,
    /// Tensor (rotary_dim / 2) of f32, by which each frequency is divided besides.
    pub rope_factors: Option<&'static str>,
    /// Cosines and sines are multiplied by this.
    pub rope_attention_factor: f32,
    /// Base of the layers with a window, which then are not stretched in any of these ways;
    /// `None`: they rotate as all layers do.
    pub local_rope_base: Option<f32>,
    /// Every so many layers one does not rotate: with 4 those at 3, 7, 11.
    pub unrotated_every: Option<usize>,

    /// How far back tokens look; `None` is to the beginning, in all layers.
    pub window: Option<Window>,
    /// What bends the gate.
    pub gate: Gate,
    /// Query, key and value have biases: `attn_q.bias` and so on, or `attn_qkv.bias`.
    pub qkv_bias: bool,
    /// Query and key are normalised head by head: `attn_q_norm`, `attn_k_norm`.
    pub qk_norm: bool,
    /// What attention and feed-forward give is normalised before it is added to the residual
    /// stream: `post_attention_norm`, `post_ffw_norm`.
    pub post_norms: bool,
    /// Query, key and value are the rows of one matrix, `attn_qkv`, in this order.
    pub fused_qkv: bool,
    /// Gate and up are the rows of one matrix, `ffn_up`, in this order.
    pub fused_gate_up: bool,
}

impl Config {
    /// Reads and checks the metadata of `file`.
    pub fn read(file: &Gguf<'_>) -> Result<Self> {
        let arch = architecture(file)?;
        let keys = Keys { file, arch };
        let plain = || Self::plain(&keys);
        let config = match arch {
            // Mistral and SmolLM (1 and 2) are written as llama, too.
            "llama" => Self {
                pairing: Pairing::Neighbours,
                qkv_bias: keys.first_layer_has("attn_q.bias"),
                ..plain()?
            },
            "smollm3" => Self { pairing: Pairing::Neighbours, unrotated_every: Some(4), ..plain()? },
            "qwen2" => Self { qkv_bias: true, ..plain()? },
            "qwen3" => Self { qk_norm: true, ..plain()? },
            "glm4" => Self { pairing: Pairing::Neighbours, post_norms: true, ..plain()?.fused(&keys) },
            "phi3" => plain()?.fused(&keys).phi3(&keys)?,
            "gemma3" => plain()?.gemma3(&keys)?,
            other => return Err(EngineError::UnsupportedArchitecture(other.to_owned())),
        };
        config.check(&keys)?;
        Ok(config)
    }

    /// Tokens that layer `at` has in sight, the looking one included; `None` is all.
    pub fn window_of(&self, at: usize) -> Option<usize> {
        let window = self.window?;
        let global = window.global_every.is_some_and(|every| (at + 1).is_multiple_of(every));
        (!global).then_some(window.tokens)
    }

    /// Whether layer `at` rotates its queries and keys.
    pub fn rotates(&self, at: usize) -> bool {
        !self.unrotated_every.is_some_and(|every| (at + 1).is_multiple_of(every))
    }

    /// What families have in common, without what sets one apart.
    fn plain(keys: &Keys<'_>) -> Result<Self> {
        if keys.uint("expert_count")?.unwrap_or(0) > 0 {
            return Err(EngineError::UnsupportedFeature("a mixture of experts".to_owned()));
        }
        let dim = keys.size("embedding_length")?;
        let heads = keys.size("attention.head_count")?;
        let head_dim = keys.size_or("attention.key_length", dim / heads)?;
        let factors = "rope_freqs.weight";
        let mut config = Self {
            architecture: keys.arch.to_owned(),
            layers: keys.size("block_count")?,
            dim,
            ff_dim: keys.size("feed_forward_length")?,
            heads,
            kv_heads: keys.size_or("attention.head_count_kv", heads)?,
            head_dim,
            context_tok: keys.size("context_length")?,
            norm_eps: keys.positive("attention.layer_norm_rms_epsilon")?,
            embedding_scale: 1.0,
            query_scale: 1.0 / (head_dim as f32).sqrt(),
            rotary_dim: keys.size_or("rope.dimension_count", head_dim)?,
            pairing: Pairing::Halves,
            rope_base: keys.positive_or("rope.freq_base", 10_000.0)?,
            rope_divisor: 1.0,
            yarn: None,
            rope_factors: keys.file.tensor(factors).map(|_| factors),
            rope_attention_factor: keys.positive_or("rope.scaling.attn_factor", 1.0)?,
            local_rope_base: None,
            unrotated_every: None,
            window: None,
            gate: Gate::Silu,
            qkv_bias: false,
            qk_norm: false,
            post_norms: false,
            fused_qkv: false,
            fused_gate_up: false,
        };
        config.stretch(keys)?;
        Ok(config)
    }

    /// A file without a type of scaling that has a factor is scaled linearly, as in llama.cpp.
    fn stretch(&mut self, keys: &Keys<'_>) -> Result<()> {
        match keys.file.text(&keys.full("rope.scaling.type"))? {
            // Long rope is all in the factors' tensors.
            Some("none" | "longrope") => {}
            None => self.rope_divisor = keys.positive_or("rope.scaling.factor", 1.0)?,
            Some("linear") => self.rope_divisor = keys.positive("rope.scaling.factor")?,
            Some("yarn") => {
                self.rope_divisor = keys.positive("rope.scaling.factor")?;
                self.rope_attention_factor *= 1.0 + 0.1 * self.rope_divisor.ln();
                self.yarn = Some(Yarn {
                    original_tok: keys.size_or("rope.scaling.original_context_length", self.context_tok)?,
                    fast: keys.positive_or("rope.scaling.yarn_beta_fast", 32.0)?,
                    slow: keys.positive_or("rope.scaling.yarn_beta_slow", 1.0)?,
                });
            }
            Some(other) => return Err(EngineError::UnsupportedFeature(format!("rope scaling `{other}`"))),
        }
        Ok(())
    }

    /// Families whose matrices are one, but which some files nevertheless hold apart.
    fn fused(mut self, keys: &Keys<'_>) -> Self {
        self.fused_qkv = keys.first_layer_has("attn_qkv.weight");
        self.fused_gate_up = !keys.first_layer_has("ffn_gate.weight");
        let bias = if self.fused_qkv { "attn_qkv.bias" } else { "attn_q.bias" };
        self.qkv_bias = keys.first_layer_has(bias);
        self
    }

    /// Of the two sets of factors one serves all conversations: that for the whole context, as in
    /// llama.cpp. To change it on the way would make the cache worthless.
    fn phi3(mut self, keys: &Keys<'_>) -> Result<Self> {
        let (long, short) = ("rope_factors_long.weight", "rope_factors_short.weight");
        let original = keys.size_or("rope.scaling.original_context_length", self.context_tok)?;
        let fitting = if self.context_tok > original { long } else { short };
        self.rope_factors = self.rope_factors.or(keys.file.tensor(fitting).map(|_| fitting));
        self.window = keys.window()?.map(|tokens| Window { tokens, global_every: None });
        Ok(self)
    }

    fn gemma3(mut self, keys: &Keys<'_>) -> Result<Self> {
        /// Layers of the 27B model, whose queries alone are scaled by another rule.
        const LAYERS_27B: usize = 62;
        if keys.file.float(&keys.full("final_logit_softcapping"))?.is_some_and(|cap| cap > 0.0) {
            return Err(EngineError::UnsupportedFeature("soft-capped logits".to_owned()));
        }
        self.embedding_scale = (self.dim as f32).sqrt();
        if self.layers == LAYERS_27B {
            self.query_scale = 1.0 / ((self.dim / self.heads) as f32).sqrt();
        }
        self.rope_base = keys.positive_or("rope.freq_base", 1_000_000.0)?;
        if let Some(tokens) = keys.window()? {
            let every = keys.size_or("attention.sliding_window_pattern", 6)?;
            self.window = Some(Window { tokens, global_every: Some(every) });
            self.local_rope_base = Some(keys.positive_or("rope.freq_base_swa", 10_000.0)?);
        }
        self.gate = Gate::Gelu;
        self.qk_norm = true;
        self.post_norms = true;
        Ok(self)
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
        if self.rotary_dim > self.head_dim || !self.rotary_dim.is_multiple_of(2) {
            let why = format!("{} is odd or more than a head's {}", self.rotary_dim, self.head_dim);
            return refuse("rope.dimension_count", why);
        }
        Ok(())
    }
}

/// What can be said of a model that is described elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// Family, as the file names it.
    pub architecture: String,
    /// Longest conversation, in tokens.
    pub context_tok: usize,
}

impl Outline {
    /// Reads them, and checks that the sizes are such that nobody divides by nothing or makes room
    /// for layers that are not there.
    pub fn read(file: &Gguf<'_>) -> Result<Self> {
        let arch = architecture(file)?;
        let keys = Keys { file, arch };
        for key in ["embedding_length", "attention.head_count", "feed_forward_length"] {
            keys.size(key)?;
        }
        // One for each layer, in some families.
        if keys.file.array(&keys.full("attention.head_count_kv")).is_err() {
            keys.size("attention.head_count_kv")?;
        }
        let last = format!("blk.{}.attn_norm.weight", keys.size("block_count")? - 1);
        file.tensor(&last).ok_or(EngineError::MissingTensor(last))?;
        Ok(Self { architecture: arch.to_owned(), context_tok: keys.size("context_length")? })
    }
}

fn architecture<'a>(file: &Gguf<'a>) -> Result<&'a str> {
    let key = "general.architecture";
    file.text(key)?.ok_or_else(|| EngineError::MissingKey(key.to_owned()))
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

    fn first_layer_has(&self, tensor: &str) -> bool {
        self.file.tensor(&format!("blk.0.{tensor}")).is_some()
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

    /// Tokens that a sliding window shows; 0 in a file is none.
    fn window(&self) -> Result<Option<usize>> {
        let key = "attention.sliding_window";
        Ok(if self.uint(key)?.unwrap_or(0) == 0 { None } else { Some(self.size(key)?) })
    }

    fn positive(&self, key: &str) -> Result<f32> {
        let key = self.full(key);
        let x = self.file.float(&key)?.ok_or_else(|| EngineError::MissingKey(key.clone()))?;
        if x > 0.0 { Ok(x) } else { Err(EngineError::bad_value(key, format!("{x} is not above 0"))) }
    }

    fn positive_or(&self, key: &str, default: f32) -> Result<f32> {
        if self.file.get(&self.full(key)).is_none() { Ok(default) } else { self.positive(key) }
    }
}

//! Small model files with random weights, written with candle's own GGUF writer.

use std::io::Cursor;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

/// Formats of the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mix {
    /// No rounding but that of f32.
    F32,
    /// Q4_K, Q5_0, Q6_K and Q8_0, as Q4_K_M files mix them.
    Quantised,
}

/// A model file before it is written; tests bend it as they need.
pub struct Tiny {
    pub metadata: Vec<(String, Value)>,
    pub tensors: Vec<(String, QTensor)>,
}

pub const VOCAB_MERGES: [&str; 6] = ["h e", "l l", "he ll", "hell o", "\u{120} w", "a n"];
pub const SPECIAL: [(&str, u32); 5] =
    [("<|endoftext|>", 3), ("<|im_start|>", 3), ("<|im_end|>", 3), ("<who>", 4), ("[PAD]", 5)];
pub const CHATML: &str = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/// Pieces of a SentencePiece vocabulary besides the bytes, best first; `_` is the sign for a space.
pub const PIECES: [&str; 14] =
    ["_h", "el", "lo", "_hel", "_hello", "hel", "hello", "_", "h", "e", "l", "o", "s>", "</"];
/// Special tokens of a SentencePiece vocabulary, with their kinds: control or user-defined.
pub const PIECES_SPECIAL: [(&str, i32); 9] = [
    ("<start_of_turn>", 3),
    ("<end_of_turn>", 3),
    ("[INST]", 3),
    ("[/INST]", 3),
    ("<|system|>", 3),
    ("<|user|>", 3),
    ("<|assistant|>", 3),
    ("<|end|>", 4),
    ("\n\n", 4),
];

/// Widths and counts of a tiny model.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub layers: usize,
    pub dim: usize,
    pub ff_dim: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
}

impl Shape {
    /// As many layers as the family needs to show what sets it apart.
    pub fn of(architecture: &str) -> Self {
        let layers = match architecture {
            "smollm3" => 4,
            "gemma3" => 7,
            _ => 2,
        };
        Self { layers, dim: 256, ff_dim: 512, heads: 4, kv_heads: 2, head_dim: 64 }
    }
}

impl Tiny {
    /// A model of the family `architecture`: `llama` (tied embedding), `smollm3` (a layer without
    /// rotation), `qwen2` (biases), `qwen3` (normalised heads), `phi3` (fused matrices), `glm4`
    /// (half of each head rotates, norms behind, fused feed-forward) or `gemma3` (tied, windows of
    /// 16 tokens but in layer 5, norms behind).
    pub fn new(architecture: &str, mix: Mix) -> Self {
        Self::shaped(architecture, mix, Shape::of(architecture))
    }

    /// The same in another shape.
    pub fn shaped(architecture: &str, mix: Mix, shape: Shape) -> Self {
        let mut tiny = Self::bare(architecture, shape);
        tiny.add_weights(architecture, mix, shape);
        tiny
    }

    /// Metadata and vocabulary, without any tensor.
    pub fn bare(architecture: &str, shape: Shape) -> Self {
        let mut tiny = Self { metadata: Vec::new(), tensors: Vec::new() };
        tiny.describe(architecture, shape);
        tiny.add_vocabulary();
        tiny
    }

    /// A `llama` model with a SentencePiece vocabulary.
    pub fn with_pieces() -> Self {
        let mut tiny = Self { metadata: Vec::new(), tensors: Vec::new() };
        let shape = Shape::of("llama");
        tiny.describe("llama", shape);
        tiny.add_pieces();
        tiny.add_weights("llama", Mix::F32, shape);
        tiny
    }

    fn add_weights(&mut self, architecture: &str, mix: Mix, shape: Shape) {
        let mut weights = Weights::new(mix);
        let vocab = self.vocab().len();
        self.add("token_embd.weight", weights.matrix(vocab, shape.dim, GgmlDType::Q6K));
        self.add("output_norm.weight", weights.norm(shape.dim));
        if !matches!(architecture, "llama" | "gemma3") {
            self.add("output.weight", weights.matrix(vocab, shape.dim, GgmlDType::Q8_0));
        }
        for layer in 0..shape.layers {
            self.add_layer(&format!("blk.{layer}"), architecture, shape, &mut weights);
        }
    }

    /// Sets or replaces an entry.
    pub fn set(&mut self, key: &str, value: Value) {
        self.remove(key);
        self.metadata.push((key.to_owned(), value));
    }

    /// Removes an entry.
    pub fn remove(&mut self, key: &str) {
        self.metadata.retain(|(other, _)| other != key);
    }

    /// The text of an entry that is there.
    pub fn text(&self, key: &str) -> String {
        self.get(key).unwrap().to_string().unwrap().clone()
    }

    /// The number of an entry.
    pub fn number(&self, key: &str) -> Option<f64> {
        match self.get(key)? {
            Value::U32(n) => Some(f64::from(*n)),
            Value::F32(x) => Some(f64::from(*x)),
            _ => None,
        }
    }

    /// Adds or replaces a tensor, held in f32.
    pub fn set_tensor(&mut self, name: &str, tensor: &Tensor) {
        self.tensors.retain(|(other, _)| other != name);
        self.add(name, QTensor::quantize(&tensor.force_contiguous().unwrap(), GgmlDType::F32).unwrap());
    }

    /// Number of the token spelt `name`.
    pub fn id(&self, name: &str) -> u32 {
        self.vocab().iter().position(|token| token == name).unwrap() as u32
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let metadata: Vec<_> = self.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let tensors: Vec<_> = self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
        let mut file = Cursor::new(Vec::new());
        gguf_file::write(&mut file, &metadata, &tensors).unwrap();
        file.into_inner()
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.metadata.iter().find(|(other, _)| other == key).map(|(_, value)| value)
    }

    /// Adds a tensor.
    pub fn add(&mut self, name: &str, tensor: QTensor) {
        self.tensors.push((name.to_owned(), tensor));
    }

    fn describe(&mut self, arch: &str, shape: Shape) {
        let number = |n: usize| Value::U32(n as u32);
        let rotary_dim = if arch == "glm4" { shape.head_dim / 2 } else { shape.head_dim };
        self.set("general.architecture", Value::String(arch.to_owned()));
        self.set("general.name", Value::String(format!("tiny {arch}")));
        // Makes candle-transformers' qwen3 compute its rotation in f32; see the parity test.
        self.set("general.dtype", number(0));
        for (key, value) in [
            ("context_length", number(1024)),
            ("embedding_length", number(shape.dim)),
            ("block_count", number(shape.layers)),
            ("feed_forward_length", number(shape.ff_dim)),
            ("attention.head_count", number(shape.heads)),
            ("attention.head_count_kv", number(shape.kv_heads)),
            ("attention.key_length", number(shape.head_dim)),
            ("attention.value_length", number(shape.head_dim)),
            ("rope.dimension_count", number(rotary_dim)),
            ("rope.freq_base", Value::F32(10_000.0)),
            ("attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
        ] {
            self.set(&format!("{arch}.{key}"), value);
        }
        if arch == "gemma3" {
            self.set("gemma3.attention.sliding_window", number(16));
            self.set("gemma3.rope.freq_base", Value::F32(1_000_000.0));
        }
    }

    /// All tokens.
    pub fn vocab(&self) -> Vec<String> {
        let tokens = self.get("tokenizer.ggml.tokens").unwrap().to_vec().unwrap();
        tokens.iter().map(|token| token.to_string().unwrap().clone()).collect()
    }

    fn add_vocabulary(&mut self) {
        let text = |s: &str| Value::String(s.to_owned());
        let merged = VOCAB_MERGES.iter().map(|merge| merge.replace(' ', ""));
        let special = SPECIAL.iter().map(|(name, _)| (*name).to_owned());
        let bytes = byte_names();
        let normal = bytes.len() + VOCAB_MERGES.len();
        let tokens: Vec<_> = bytes.into_iter().chain(merged).chain(special).collect();
        let kinds = std::iter::repeat_n(1, normal).chain(SPECIAL.iter().map(|(_, kind)| *kind));
        self.set("tokenizer.ggml.model", text("gpt2"));
        self.set("tokenizer.ggml.pre", text("gpt-2"));
        self.set("tokenizer.ggml.tokens", Value::Array(tokens.iter().map(|token| text(token)).collect()));
        self.set(
            "tokenizer.ggml.token_type",
            Value::Array(kinds.map(|kind| Value::I32(kind as i32)).collect()),
        );
        let merges = VOCAB_MERGES.iter().map(|merge| text(merge)).collect();
        self.set("tokenizer.ggml.merges", Value::Array(merges));
        self.set("tokenizer.ggml.bos_token_id", Value::U32(self.id("<|endoftext|>")));
        self.set("tokenizer.ggml.eos_token_id", Value::U32(self.id("<|im_end|>")));
        self.set("tokenizer.ggml.add_bos_token", Value::Bool(false));
        self.set("tokenizer.chat_template", text(CHATML));
    }

    fn add_pieces(&mut self) {
        let text = |s: &str| Value::String(s.to_owned());
        let bytes = (0..256).map(|byte| (format!("<0x{byte:02X}>"), 6, 0.0));
        let pieces = PIECES.iter().zip(1..).map(|(p, rank)| (p.replace('_', "\u{2581}"), 1, -(rank as f32)));
        let special = PIECES_SPECIAL.iter().map(|(name, kind)| ((*name).to_owned(), *kind, -1000.0));
        let first = [("<unk>", 2), ("<s>", 3), ("</s>", 3)].map(|(name, kind)| (name.to_owned(), kind, 0.0));
        let vocab: Vec<(String, i32, f32)> =
            first.into_iter().chain(bytes).chain(pieces).chain(special).collect();
        let (tokens, (kinds, scores)): (Vec<_>, (Vec<_>, Vec<_>)) = vocab
            .iter()
            .map(|(name, kind, score)| (text(name), (Value::I32(*kind), Value::F32(*score))))
            .unzip();
        self.set("tokenizer.ggml.model", text("llama"));
        self.set("tokenizer.ggml.tokens", Value::Array(tokens));
        self.set("tokenizer.ggml.token_type", Value::Array(kinds));
        self.set("tokenizer.ggml.scores", Value::Array(scores));
        self.set("tokenizer.ggml.bos_token_id", Value::U32(1));
        self.set("tokenizer.ggml.eos_token_id", Value::U32(2));
        self.set("tokenizer.chat_template", text(CHATML));
    }

    fn add_layer(&mut self, layer: &str, architecture: &str, shape: Shape, weights: &mut Weights) {
        let Shape { dim, ff_dim, head_dim, .. } = shape;
        let (q_dim, kv_dim) = (shape.heads * head_dim, shape.kv_heads * head_dim);
        let apart = [
            ("attn_q", q_dim, dim, GgmlDType::Q4K),
            ("attn_k", kv_dim, dim, GgmlDType::Q5_0),
            ("attn_v", kv_dim, dim, GgmlDType::Q6K),
        ];
        let fused = [("attn_qkv", q_dim + 2 * kv_dim, dim, GgmlDType::Q5_0)];
        let up_rows = if matches!(architecture, "phi3" | "glm4") { 2 * ff_dim } else { ff_dim };
        let rest = [
            ("attn_output", dim, q_dim, GgmlDType::Q8_0),
            ("ffn_gate", ff_dim, dim, GgmlDType::Q4K),
            ("ffn_up", up_rows, dim, GgmlDType::Q8_0),
            ("ffn_down", dim, ff_dim, GgmlDType::Q6K),
        ];
        let attention: &[_] = if architecture == "phi3" { &fused } else { &apart };
        for &(name, rows, columns, format) in attention.iter().chain(&rest) {
            if name != "ffn_gate" || up_rows == ff_dim {
                self.add(&format!("{layer}.{name}.weight"), weights.matrix(rows, columns, format));
            }
        }
        let mut vectors = vec![("attn_norm.weight", dim), ("ffn_norm.weight", dim)];
        if matches!(architecture, "qwen2" | "glm4") {
            vectors.extend([("attn_q.bias", q_dim), ("attn_k.bias", kv_dim), ("attn_v.bias", kv_dim)]);
        }
        if matches!(architecture, "qwen3" | "gemma3") {
            vectors.extend([("attn_q_norm.weight", head_dim), ("attn_k_norm.weight", head_dim)]);
        }
        if matches!(architecture, "glm4" | "gemma3") {
            vectors.extend([("post_attention_norm.weight", dim), ("post_ffw_norm.weight", dim)]);
        }
        for (name, len) in vectors {
            self.add(&format!("{layer}.{name}"), weights.norm(len));
        }
    }
}

/// Random weights, the same every time.
pub struct Weights {
    random: u64,
    mix: Mix,
}

impl Weights {
    pub fn new(mix: Mix) -> Self {
        Self { random: 1, mix }
    }

    /// Held in `format`, or in f32 if the mix says so.
    pub fn matrix(&mut self, rows: usize, columns: usize, format: GgmlDType) -> QTensor {
        let format = if self.mix == Mix::F32 { GgmlDType::F32 } else { format };
        // Large enough that attention is not flat: an error in it must show in the logits.
        let values = (0..rows * columns).map(|_| self.uniform() * 0.2).collect::<Vec<_>>();
        let tensor = Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap();
        QTensor::quantize(&tensor, format).unwrap()
    }

    /// Around 1.
    pub fn norm(&mut self, len: usize) -> QTensor {
        let values = (0..len).map(|_| 1.0 + 0.3 * self.uniform()).collect::<Vec<_>>();
        QTensor::quantize(&Tensor::from_vec(values, len, &Device::Cpu).unwrap(), GgmlDType::F32).unwrap()
    }

    /// In `-1.0..1.0`.
    fn uniform(&mut self) -> f32 {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}

/// GPT-2's names of the 256 bytes.
fn byte_names() -> Vec<String> {
    let printable = |byte: u32| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let mut spare = 256..;
    let name = |byte| if printable(byte) { byte } else { spare.next().unwrap() };
    (0..256).map(name).map(|code| char::from_u32(code).unwrap().to_string()).collect()
}

//! The decoder of every family written down as plainly as possible, in f64: one token after
//! another, nothing kept, nothing shared with the program. The oracle where candle-transformers
//! lacks a piece or has it wrong.

use std::collections::HashMap;

use candle_core::Device;
use candle_core::quantized::QTensor;

use super::tiny_gguf::Tiny;

/// What a family's decoder does, by its papers and by llama.cpp.
struct Family {
    /// Dimension 0 rotates with 1, not with the one half a head away.
    neighbours: bool,
    gelu: bool,
    /// Every so many layers one does not rotate.
    still: usize,
    /// Every so many layers one has no window.
    global: usize,
}

struct Model<'a> {
    tiny: &'a Tiny,
    tensors: HashMap<String, Vec<f64>>,
    arch: String,
    family: Family,
    dim: usize,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    rotary_dim: usize,
}

/// Logits after `tokens`.
pub fn logits(tiny: &Tiny, tokens: &[u32]) -> Vec<f32> {
    Model::new(tiny).logits(tokens)
}

impl<'a> Model<'a> {
    fn new(tiny: &'a Tiny) -> Self {
        let arch = tiny.text("general.architecture");
        let never = usize::MAX;
        let family = match arch.as_str() {
            "llama" | "glm4" => Family { neighbours: true, gelu: false, still: never, global: never },
            "smollm3" => Family { neighbours: true, gelu: false, still: 4, global: never },
            "gemma3" => Family { neighbours: false, gelu: true, still: never, global: 6 },
            _ => Family { neighbours: false, gelu: false, still: never, global: never },
        };
        let size = |key: &str| tiny.number(&format!("{arch}.{key}")).unwrap() as usize;
        let (dim, heads) = (size("embedding_length"), size("attention.head_count"));
        let (kv_heads, head_dim) = (size("attention.head_count_kv"), size("attention.key_length"));
        let rotary_dim = size("rope.dimension_count");
        let values = |tensor: &QTensor| {
            let values = tensor.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap();
            values.to_vec1::<f32>().unwrap().into_iter().map(f64::from).collect()
        };
        let tensors = tiny.tensors.iter().map(|(name, tensor)| (name.clone(), values(tensor))).collect();
        Self { tiny, tensors, family, dim, heads, kv_heads, head_dim, rotary_dim, arch }
    }

    fn logits(&self, tokens: &[u32]) -> Vec<f32> {
        let embedding = self.tensor("token_embd.weight").unwrap();
        let scale = if self.arch == "gemma3" { (self.dim as f64).sqrt() } else { 1.0 };
        let embed = |&id: &u32| embedding[id as usize * self.dim..][..self.dim].iter().map(|x| x * scale);
        let mut rows: Vec<Vec<f64>> = tokens.iter().map(|id| embed(id).collect()).collect();
        for layer in 0..self.number("block_count").unwrap() as usize {
            self.attend(layer, &mut rows);
            self.feed(layer, &mut rows);
        }
        let head = self.tensor("output.weight").unwrap_or(embedding);
        let last = self.normed(rows.last().unwrap(), "output_norm.weight");
        times(head, &last).into_iter().map(|x| x as f32).collect()
    }

    fn attend(&self, layer: usize, rows: &mut [Vec<f64>]) {
        let name = |part: &str| format!("blk.{layer}.{part}");
        let (q_dim, kv_dim) = (self.heads * self.head_dim, self.kv_heads * self.head_dim);
        let part = |kind: &str, row: &[f64]| match self.tensor(&name("attn_qkv.weight")) {
            Some(all) => {
                let all = times(all, row);
                let from = ["q", "k", "v"].iter().position(|k| *k == kind).unwrap();
                let cuts = [0, q_dim, q_dim + kv_dim, q_dim + 2 * kv_dim];
                all[cuts[from]..cuts[from + 1]].to_vec()
            }
            None => {
                let mut y = times(self.tensor(&name(&format!("attn_{kind}.weight"))).unwrap(), row);
                let bias = self.tensor(&name(&format!("attn_{kind}.bias")));
                y.iter_mut().zip(bias.into_iter().flatten()).for_each(|(y, bias)| *y += bias);
                y
            }
        };
        let heads = |kind: &str, position: usize, row: &[f64]| -> Vec<Vec<f64>> {
            let ready = |head: &[f64]| {
                let norm = name(&format!("attn_{kind}_norm.weight"));
                let head =
                    if self.tensor(&norm).is_some() { self.normed(head, &norm) } else { head.to_vec() };
                if kind == "v" { head } else { self.turned(layer, position, &head) }
            };
            part(kind, row).chunks(self.head_dim).map(ready).collect()
        };
        let normed: Vec<_> = rows.iter().map(|row| self.normed(row, &name("attn_norm.weight"))).collect();
        let all =
            |kind| -> Vec<_> { normed.iter().enumerate().map(|(p, row)| heads(kind, p, row)).collect() };
        let (queries, keys, values) = (all("q"), all("k"), all("v"));
        let out = self.tensor(&name("attn_output.weight")).unwrap();
        for (i, row) in rows.iter_mut().enumerate() {
            let mixed = queries[i].iter().enumerate().flat_map(|(h, query)| {
                let kv = h / (self.heads / self.kv_heads);
                let seen: Vec<usize> = (0..=i).filter(|&j| i - j < self.window(layer)).collect();
                let scores = seen.iter().map(|&j| (dot(query, &keys[j][kv]) * self.query_scale()).exp());
                let scores: Vec<f64> = scores.collect();
                let total: f64 = scores.iter().sum();
                let values = &values;
                (0..self.head_dim).map(move |d| {
                    seen.iter().zip(&scores).map(|(&j, score)| values[j][kv][d] * score / total).sum()
                })
            });
            self.add(row, times(out, &mixed.collect::<Vec<f64>>()), &name("post_attention_norm.weight"));
        }
    }

    fn feed(&self, layer: usize, rows: &mut [Vec<f64>]) {
        let name = |part: &str| format!("blk.{layer}.{part}");
        let (gate, up) =
            (self.tensor(&name("ffn_gate.weight")), self.tensor(&name("ffn_up.weight")).unwrap());
        let down = self.tensor(&name("ffn_down.weight")).unwrap();
        for row in rows {
            let x = self.normed(row, &name("ffn_norm.weight"));
            let up = times(up, &x);
            let (gate, up) = match &gate {
                Some(gate) => (times(gate, &x), up),
                None => (up[..up.len() / 2].to_vec(), up[up.len() / 2..].to_vec()),
            };
            let bent = |x: f64| match self.family.gelu {
                true => {
                    let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
                    0.5 * x * (1.0 + inner.tanh())
                }
                false => x / (1.0 + (-x).exp()),
            };
            let gated: Vec<f64> = gate.iter().zip(&up).map(|(gate, up)| bent(*gate) * up).collect();
            self.add(row, times(down, &gated), &name("post_ffw_norm.weight"));
        }
    }

    /// Adds `y` to `row`, normalised if the file has such a norm.
    fn add(&self, row: &mut [f64], y: Vec<f64>, norm: &str) {
        let y = if self.tensor(norm).is_some() { self.normed(&y, norm) } else { y };
        row.iter_mut().zip(y).for_each(|(x, y)| *x += y);
    }

    fn normed(&self, x: &[f64], norm: &str) -> Vec<f64> {
        let eps = self.number("attention.layer_norm_rms_epsilon").unwrap();
        let root = (dot(x, x) / x.len() as f64 + eps).sqrt();
        self.tensor(norm).unwrap().iter().zip(x).map(|(weight, x)| x / root * weight).collect()
    }

    fn window(&self, layer: usize) -> usize {
        let window = self.number("attention.sliding_window").map_or(usize::MAX, |n| n as usize);
        if layer % self.family.global == self.family.global - 1 { usize::MAX } else { window }
    }

    fn query_scale(&self) -> f64 {
        let gemma_27b = self.arch == "gemma3" && self.number("block_count") == Some(62.0);
        (if gemma_27b { (self.dim / self.heads) as f64 } else { self.head_dim as f64 }).sqrt().recip()
    }

    fn turned(&self, layer: usize, position: usize, head: &[f64]) -> Vec<f64> {
        let mut turned = head.to_vec();
        if layer % self.family.still == self.family.still - 1 {
            return turned;
        }
        let local = self.arch == "gemma3" && self.window(layer) != usize::MAX;
        let stretch = if local { 1.0 } else { self.number("rope.scaling.attn_factor").unwrap_or(1.0) };
        for (pair, frequency) in self.frequencies(local).into_iter().enumerate() {
            let (a, b) = match self.family.neighbours {
                true => (2 * pair, 2 * pair + 1),
                false => (pair, pair + self.rotary_dim / 2),
            };
            let (sin, cos) = (position as f64 * frequency).sin_cos();
            turned[a] = (head[a] * cos - head[b] * sin) * stretch * self.yarn_factor();
            turned[b] = (head[b] * cos + head[a] * sin) * stretch * self.yarn_factor();
        }
        turned
    }

    fn frequencies(&self, local: bool) -> Vec<f64> {
        let base = if local { 10_000.0 } else { self.number("rope.freq_base").unwrap() };
        let plain = |i: usize| base.powf(-2.0 * i as f64 / self.rotary_dim as f64);
        let plain: Vec<f64> = (0..self.rotary_dim / 2).map(plain).collect();
        let Some(factor) = self.number("rope.scaling.factor").filter(|_| !local) else {
            let original = self.number("rope.scaling.original_context_length");
            let longer = original.is_some_and(|original| original < self.number("context_length").unwrap());
            let factors = if longer { "rope_factors_long.weight" } else { "rope_factors_short.weight" };
            let Some(factors) = self.tensor("rope_freqs.weight").or(self.tensor(factors)) else {
                return plain;
            };
            return plain.iter().zip(factors).map(|(plain, factor)| plain / factor).collect();
        };
        if !self.is_yarn() {
            return plain.iter().map(|plain| plain / factor).collect();
        }
        // As `_compute_yarn_parameters` of transformers has it.
        let original = self.number("rope.scaling.original_context_length").unwrap();
        let dim = self.rotary_dim as f64;
        let correction =
            |turns: f64| dim * (original / (turns * 2.0 * std::f64::consts::PI)).ln() / (2.0 * base.ln());
        let low = correction(32.0).floor().max(0.0);
        let high = correction(1.0).ceil().min(dim - 1.0);
        let ramp = |i: usize| ((i as f64 - low) / (high - low)).clamp(0.0, 1.0);
        let mixed = |(i, plain): (usize, &f64)| plain / factor * ramp(i) + plain * (1.0 - ramp(i));
        plain.iter().enumerate().map(mixed).collect()
    }

    fn is_yarn(&self) -> bool {
        let key = format!("{}.rope.scaling.type", self.arch);
        self.tiny.metadata.iter().any(|(k, value)| *k == key && value.to_string().unwrap() == "yarn")
    }

    fn yarn_factor(&self) -> f64 {
        if self.is_yarn() { 0.1 * self.number("rope.scaling.factor").unwrap().ln() + 1.0 } else { 1.0 }
    }

    fn number(&self, key: &str) -> Option<f64> {
        self.tiny.number(&format!("{}.{key}", self.arch))
    }

    fn tensor(&self, name: &str) -> Option<&[f64]> {
        self.tensors.get(name).map(Vec::as_slice)
    }
}

/// A matrix (rows, columns) times a vector (columns).
fn times(matrix: &[f64], x: &[f64]) -> Vec<f64> {
    matrix.chunks(x.len()).map(|row| dot(row, x)).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

//! What sets the families apart. The oracle is a decoder written down for these tests.

use candle_core::quantized::gguf_file::Value;
use candle_core::{Device, Tensor};

use pushback::engine::local::Hold;

use super::parity::{HOLDS, difference, tokens};
use super::{ARCHITECTURES, load, open, open_held};
use crate::support::reference;
use crate::support::tiny_gguf::{Mix, Shape, Tiny};

/// How far the engine is from the oracle after 40 tokens, which are more than any window here.
fn apart(tiny: &Tiny, hold: Hold) -> f32 {
    let tokens = tokens(40, 1);
    difference(&reference::logits(tiny, &tokens), &open_held(tiny, hold).logits_after(&tokens).unwrap())
}

/// The engine must agree with the oracle on a file bent like this, and the bend must be seen.
fn check(architecture: &str, what: &str, bend: impl Fn(&mut Tiny)) {
    let plain = Tiny::new(architecture, Mix::F32);
    let mut bent = Tiny::new(architecture, Mix::F32);
    bend(&mut bent);
    for (hold, tolerance) in HOLDS {
        let apart = apart(&bent, hold);
        assert!(apart < tolerance, "{architecture}, {what}, {hold:?}: {apart}");
    }
    let logits = |tiny: &Tiny| open(tiny).logits_after(&tokens(40, 1)).unwrap();
    let effect = difference(&logits(&plain), &logits(&bent));
    assert!(effect > 1e-3, "{architecture}, {what}: makes no difference ({effect})");
}

fn ramp(from: f32, to: f32, len: usize) -> Tensor {
    let step = (to - from) / (len - 1) as f32;
    let values: Vec<f32> = (0..len).map(|i| from + step * i as f32).collect();
    Tensor::from_vec(values, len, &Device::Cpu).unwrap()
}

/// Quantised weights are multiplied with activations that are rounded to 8 bits.
#[test]
fn every_family_is_what_its_description_says() {
    for (hold, in_f32) in HOLDS {
        for (mix, tolerance) in [(Mix::F32, in_f32), (Mix::Quantised, 0.1)] {
            for architecture in ARCHITECTURES {
                let apart = apart(&Tiny::new(architecture, mix), hold);
                assert!(apart < tolerance, "{architecture} {mix:?} {hold:?}: {apart}");
            }
        }
    }
}

/// candle-transformers has neither (its llama and phi3 rotate whole heads only).
#[test]
fn a_part_of_each_head_can_rotate() {
    for architecture in ["llama", "phi3", "glm4"] {
        let rotate =
            |tiny: &mut Tiny| tiny.set(&format!("{architecture}.rope.dimension_count"), Value::U32(48));
        check(architecture, "48 of 64 dimensions rotate", rotate);
    }
}

/// candle-transformers' phi3 knows none of these: it ignores factors, their attention factor,
/// another base and the window.
#[test]
fn phi3_is_stretched_by_the_factors_for_its_context() {
    let factors = |tiny: &mut Tiny| {
        tiny.set("phi3.rope.dimension_count", Value::U32(48));
        tiny.set_tensor("rope_factors_short.weight", &ramp(1.0, 2.0, 24));
        tiny.set_tensor("rope_factors_long.weight", &ramp(1.0, 30.0, 24));
        tiny.set("phi3.rope.scaling.attn_factor", Value::F32(1.19));
    };
    check("phi3", "short factors", |tiny| {
        factors(tiny);
        tiny.set("phi3.rope.scaling.original_context_length", Value::U32(1024));
    });
    check("phi3", "long factors", |tiny| {
        factors(tiny);
        tiny.set("phi3.rope.scaling.original_context_length", Value::U32(512));
    });
    check("phi3", "another base", |tiny| tiny.set("phi3.rope.freq_base", Value::F32(50_000.0)));
    check("phi3", "a window", |tiny| tiny.set("phi3.attention.sliding_window", Value::U32(12)));
}

#[test]
fn gemma3s_layers_differ_in_window_and_rotation() {
    let window = |n| move |tiny: &mut Tiny| tiny.set("gemma3.attention.sliding_window", Value::U32(n));
    check("gemma3", "a window of 15", window(15));
    check("gemma3", "a window of 1", window(1));
    check("gemma3", "global layers are stretched", |tiny| {
        tiny.set("gemma3.rope.scaling.type", Value::String("linear".to_owned()));
        tiny.set("gemma3.rope.scaling.factor", Value::F32(8.0));
    });
    check("gemma3", "another base", |tiny| tiny.set("gemma3.rope.freq_base", Value::F32(100.0)));
}

/// The 27B model is known by its 62 layers; its queries are scaled by the width per head.
#[test]
fn gemma3_27b_scales_its_queries_by_another_rule() {
    let shape = Shape { layers: 62, dim: 64, ff_dim: 32, heads: 2, kv_heads: 1, head_dim: 16 };
    for (hold, tolerance) in HOLDS {
        for layers in [62, 61] {
            let apart = apart(&Tiny::shaped("gemma3", Mix::F32, Shape { layers, ..shape }), hold);
            assert!(apart < tolerance, "{layers} layers, {hold:?}: {apart}");
        }
    }
}

/// As Llama 3.1 and later have it; candle-transformers ignores these factors.
#[test]
fn llama3_is_stretched_by_a_factor_for_each_wavelength() {
    check("llama", "rope_freqs", |tiny| tiny.set_tensor("rope_freqs.weight", &ramp(1.0, 8.0, 32)));
}

#[test]
fn what_a_family_could_have_but_the_decoder_has_not_is_refused() {
    for (architecture, key, value, expected) in [
        (
            "gemma3",
            "final_logit_softcapping",
            Value::F32(30.0),
            "model needs soft-capped logits, which is not supported",
        ),
        (
            "phi3",
            "rope.dimension_count",
            Value::U32(66),
            "model file has a wrong `phi3.rope.dimension_count`: 66 is odd or more than a head's 64",
        ),
        (
            "glm4",
            "rope.dimension_count",
            Value::U32(33),
            "model file has a wrong `glm4.rope.dimension_count`: 33 is odd or more than a head's 64",
        ),
        (
            "qwen3",
            "attention.value_length",
            Value::U32(32),
            "model needs keys and values of different widths, which is not supported",
        ),
    ] {
        let mut tiny = Tiny::new(architecture, Mix::F32);
        tiny.set(&format!("{architecture}.{key}"), value);
        let error = load(&tiny.bytes()).err().unwrap();
        assert_eq!(error.to_string(), expected);
        assert!(error.hint().is_some());
    }
}

#[test]
fn yarn_stretches_long_wavelengths_only() {
    for architecture in ["qwen3", "llama"] {
        check(architecture, "YaRN", |tiny| {
            let key = |key: &str| format!("{architecture}.rope.scaling.{key}");
            tiny.set(&key("type"), Value::String("yarn".to_owned()));
            tiny.set(&key("factor"), Value::F32(4.0));
            tiny.set(&key("original_context_length"), Value::U32(512));
        });
    }
}

/// Where each is present the files say so; an absent kind of scaling is linear.
#[test]
fn a_factor_without_a_type_is_linear() {
    check("qwen3", "factor alone", |tiny| tiny.set("qwen3.rope.scaling.factor", Value::F32(4.0)));
}

#[test]
fn phi3_may_hold_its_matrices_apart() {
    let whole = Tiny::new("phi3", Mix::F32);
    let mut apart = Tiny::new("phi3", Mix::F32);
    for (name, tensor) in &whole.tensors {
        let Some((layer, part)) = name.split_once(".attn_qkv.").or(name.split_once(".ffn_up.")) else {
            continue;
        };
        let tensor = tensor.dequantize(&Device::Cpu).unwrap();
        let cuts: &[(&str, usize)] = match name.contains("qkv") {
            true => &[("attn_q", 256), ("attn_k", 128), ("attn_v", 128)],
            false => &[("ffn_gate", 512), ("ffn_up", 512)],
        };
        apart.tensors.retain(|(other, _)| other != name);
        let mut start = 0;
        for (to, rows) in cuts {
            apart.set_tensor(&format!("{layer}.{to}.{part}"), &tensor.narrow(0, start, *rows).unwrap());
            start += rows;
        }
    }
    let tokens = tokens(40, 1);
    let logits = |tiny: &Tiny| open(tiny).logits_after(&tokens).unwrap();
    assert!(difference(&logits(&whole), &logits(&apart)) < 1e-6);
}

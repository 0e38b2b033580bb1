//! Logits and likelihoods. The oracle is candle-transformers' own quantised models.

use std::io::Cursor;

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::{DType, Device, Tensor};
use candle_transformers::models::{
    quantized_gemma3, quantized_glm4, quantized_llama, quantized_phi3, quantized_qwen2, quantized_qwen3,
};
use pushback::chat::{Message, Role};
use pushback::engine::local::{DeviceChoice, Hold, Local};
use pushback::engine::{ChooseRequest, Engine};

use super::{ARCHITECTURES, open, user};
use crate::support::tiny_gguf::{Mix, Tiny};

/// Logits after `tokens`, by candle-transformers.
fn oracle(architecture: &str, tiny: &Tiny, tokens: &[u32]) -> Vec<f32> {
    let mut file = Cursor::new(tiny.bytes());
    let content = Content::read(&mut file).unwrap();
    let input = Tensor::new(tokens, &Device::Cpu).unwrap().unsqueeze(0).unwrap();
    let (file, cpu) = (&mut file, &Device::Cpu);
    let logits = match architecture {
        "llama" => quantized_llama::ModelWeights::from_gguf(content, file, cpu).unwrap().forward(&input, 0),
        "qwen2" => quantized_qwen2::ModelWeights::from_gguf(content, file, cpu).unwrap().forward(&input, 0),
        "qwen3" => quantized_qwen3::ModelWeights::from_gguf(content, file, cpu).unwrap().forward(&input, 0),
        "glm4" => {
            let model = quantized_glm4::ModelWeights::from_gguf(content, file, cpu, DType::F32);
            model.unwrap().forward(&input, 0)
        }
        "phi3" => {
            quantized_phi3::ModelWeights::from_gguf(false, content, file, cpu).unwrap().forward(&input, 0)
        }
        _ => quantized_gemma3::ModelWeights::from_gguf(content, file, cpu).unwrap().forward(&input, 0),
    };
    logits.unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// Largest difference, as a share of the largest logit.
pub fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let scale = a.iter().fold(0f32, |most, x| most.max(x.abs()));
    let most = a.iter().zip(b).fold(0f32, |most, (x, y)| most.max((x - y).abs()));
    assert!(scale > 1.0, "logits are too flat to tell anything: {scale}");
    most / scale
}

/// Some `n` tokens.
pub fn tokens(n: usize, seed: u32) -> Vec<u32> {
    (0..n as u32).map(|i| (i * i * 31 + i * 7 + seed * 13) % 256).collect()
}

/// Both run the same matrix products on the same blocks; what differs is the order of some sums.
/// (The files say `general.dtype` 0, so that candle-transformers' qwen3 computes its rotation in
/// f32, as we always do: in f16, its default, it differs at large positions.)
#[test]
fn one_prefill_agrees_with_candle_transformers() {
    for architecture in ["llama", "qwen2", "qwen3", "glm4", "phi3"] {
        // For qwen3 and glm4 candle-transformers has another kind of attention, whose sums round
        // otherwise; see the next test but one for what that does to quantised weights.
        let quantised = if matches!(architecture, "qwen3" | "glm4") { 2e-2 } else { 1e-3 };
        for (mix, tolerance) in [(Mix::F32, 1e-5), (Mix::Quantised, quantised)] {
            let tiny = Tiny::new(architecture, mix);
            let tokens = tokens(40, 1);
            let ours = open(&tiny).logits_after(&tokens).unwrap();
            let apart = difference(&ours, &oracle(architecture, &tiny, &tokens));
            assert!(apart < tolerance, "{architecture} {mix:?}: {apart}");
        }
    }
}

/// candle-transformers' gemma3 bends the gate with SiLU where Gemma has GELU, its window shows one
/// token more than the model's, and it knows no scaling of the rotation. So it can speak for
/// attention only: here the feed-forward part gives nothing, and its window is one smaller.
#[test]
fn gemmas_attention_agrees_with_candle_transformers() {
    for (mix, tolerance) in [(Mix::F32, 1e-5), (Mix::Quantised, 2e-2)] {
        let mut tiny = Tiny::new("gemma3", mix);
        let zeros = Tensor::zeros((256, 512), DType::F32, &Device::Cpu).unwrap();
        for layer in 0..7 {
            tiny.set_tensor(&format!("blk.{layer}.ffn_down.weight"), &zeros);
        }
        let tokens = tokens(40, 1);
        let ours = open(&tiny).logits_after(&tokens).unwrap();
        tiny.set("gemma3.attention.sliding_window", Value::U32(15));
        let apart = difference(&ours, &oracle("gemma3", &tiny, &tokens));
        assert!(apart < tolerance, "{mix:?}: {apart}");
    }
}

/// Reading in pieces must not change the result. In f32 only the order of sums differs; with
/// quantised weights a difference in the last bit can flip the rounding of an activation to
/// 8 bits, which is then visible.
#[test]
fn however_the_tokens_came_into_the_cache_the_logits_are_those_of_one_prefill() {
    for architecture in ARCHITECTURES {
        for (mix, tolerance) in [(Mix::F32, 1e-5), (Mix::Quantised, 2e-2)] {
            let tiny = Tiny::new(architecture, mix);
            let (first, second, other) = (tokens(30, 1), tokens(12, 2), tokens(9, 3));
            let mut whole = first.clone();
            whole.extend(&second);
            let fresh = open(&tiny).logits_after(&whole).unwrap();
            let check = |how: &str, logits: Vec<f32>| {
                let apart = difference(&fresh, &logits);
                assert!(apart < tolerance, "{architecture} {mix:?}, {how}: {apart}");
            };

            let mut model = open(&tiny);
            let mut logits = Vec::new();
            for n in 1..=whole.len() {
                logits = model.logits_after(&whole[..n]).unwrap();
            }
            check("token by token", logits);

            let mut model = open(&tiny);
            model.logits_after(&first).unwrap();
            check("a second turn at an offset", model.logits_after(&whole).unwrap());

            let mut detour = first.clone();
            detour.extend(&other);
            let mut model = open(&tiny);
            for n in first.len()..=detour.len() {
                model.logits_after(&detour[..n]).unwrap();
            }
            check("after another continuation was forgotten", model.logits_after(&whole).unwrap());
        }
    }
}

/// The cache starts with room for 256 tokens and the model has 1024.
#[test]
fn the_cache_grows_without_losing_anything() {
    let tiny = Tiny::new("qwen3", Mix::F32);
    let tokens = tokens(700, 1);
    let fresh = open(&tiny).logits_after(&tokens).unwrap();
    let mut model = open(&tiny);
    for n in [200, 250, 300, 600, 700] {
        model.logits_after(&tokens[..n]).unwrap();
    }
    let apart = difference(&fresh, &model.logits_after(&tokens).unwrap());
    assert!(apart < 1e-5, "{apart}");
}

#[test]
fn stretched_rotation_is_read_from_the_file() {
    let tokens = tokens(40, 1);
    let plain = Tiny::new("llama", Mix::F32);
    let factors = |factor: f32| {
        let mut tiny = Tiny::new("llama", Mix::F32);
        tiny.set_tensor("rope_freqs.weight", &Tensor::full(factor, 32, &Device::Cpu).unwrap());
        tiny
    };
    let logits = |tiny: &Tiny| open(tiny).logits_after(&tokens).unwrap();
    let reference = logits(&plain);
    assert!(difference(&reference, &logits(&factors(1.0))) < 1e-6);
    assert!(difference(&reference, &logits(&factors(4.0))) > 1e-2);
    // A stretch of 4 in every dimension is what linear scaling by 4 does.
    let mut linear = Tiny::new("llama", Mix::F32);
    linear.set("llama.rope.scaling.type", Value::String("linear".to_owned()));
    linear.set("llama.rope.scaling.factor", Value::F32(4.0));
    assert!(difference(&logits(&linear), &logits(&factors(4.0))) < 1e-6);
}

/// Bytes that are part of a program lie at any address; candle wants them aligned.
#[test]
fn a_model_inside_the_program_is_the_same_as_one_on_disk() {
    let tiny = Tiny::new("llama", Mix::Quantised);
    let file = tiny.bytes();
    let tokens = tokens(40, 1);
    let reference = open(&tiny).logits_after(&tokens).unwrap();
    for shift in 0..4 {
        let mut bytes = vec![0; shift];
        bytes.extend(&file);
        let bytes: &'static [u8] = bytes.leak();
        let mut model =
            Local::from_bytes(&bytes[shift..], "inside", DeviceChoice::Cpu, Hold::Packed).unwrap();
        assert_eq!(model.logits_after(&tokens).unwrap(), reference, "{shift} bytes off");
    }
}

/// Packed products round their activations to 8 bits, unpacked ones do not: of weights in f32
/// both must make the same, of quantised ones nearly so.
#[test]
fn unpacked_weights_say_the_same() {
    for (mix, tolerance) in [(Mix::F32, 1e-5), (Mix::Quantised, 0.1)] {
        for architecture in ARCHITECTURES {
            let tiny = Tiny::new(architecture, mix);
            let tokens = tokens(40, 1);
            let packed = open(&tiny).logits_after(&tokens).unwrap();
            let bytes: &'static [u8] = tiny.bytes().leak();
            let mut model = Local::from_bytes(bytes, "inside", DeviceChoice::Cpu, Hold::Unpacked).unwrap();
            let apart = difference(&model.logits_after(&tokens).unwrap(), &packed);
            assert!(apart < tolerance, "{architecture} {mix:?}: {apart}");
        }
    }
}

#[test]
fn a_file_says_what_it_is() {
    let tiny = Tiny::new("qwen2", Mix::Quantised);
    let model = open(&tiny);
    let info = model.info();
    assert_eq!(
        (info.name.as_str(), info.architecture.as_str(), info.context_tok, info.device.as_str()),
        ("tiny qwen2", "qwen2", 1024, "cpu")
    );
    assert_eq!(info.file_bytes, tiny.bytes().len() as u64);
    let weights: usize = tiny.tensors.iter().map(|(_, tensor)| tensor.shape().elem_count()).sum();
    assert_eq!(info.parameters, weights as u64);
    assert_eq!(info.quantisation, "Q8_0 44%, Q6_K 29%, Q4_K 20%, Q5_0 4%");
}

/// With quantised weights a last bit can flip the rounding of an activation, as above; whether it
/// does is up to the processor, whose widest instructions decide the order of sums.
#[test]
fn a_batch_weighs_options_as_one_by_one_does() {
    for architecture in ARCHITECTURES {
        for (mix, tolerance) in [(Mix::F32, 1e-3), (Mix::Quantised, 0.1)] {
            let tiny = Tiny::new(architecture, mix);
            let messages = vec![user("hello"), Message::new(Role::Assistant, "no"), user("why")];
            let mut options: Vec<String> =
                (0..40).map(|n| "a word or two ".repeat(n % 5) + &n.to_string()).collect();
            options.push(String::new());
            options.push("x".repeat(300));
            let mut model = open(&tiny);
            let all = model
                .choose(&ChooseRequest { messages: messages.clone(), options: options.clone() })
                .unwrap();
            // Every length is among those that are weighed alone, the empty text, too.
            let some = options.iter().zip(&all).enumerate().filter(|(n, _)| n % 4 == 1 || *n == 40);
            for (_, (option, together)) in some {
                let req = ChooseRequest { messages: messages.clone(), options: vec![option.clone()] };
                let alone = model.choose(&req).unwrap()[0];
                assert_eq!(alone.tok, together.tok);
                // Nats per token; a text of 300 tokens adds its rounding up.
                let per_tok = (alone.total - together.total).abs() / alone.tok as f32;
                assert!(per_tok < tolerance, "{architecture} {mix:?} {option:?}: {per_tok}");
                let ends = (alone.end - together.end).abs();
                assert!(ends < tolerance, "{architecture} {mix:?} {option:?}: {ends}");
            }
        }
    }
}

/// The same number by another way: the logits after every beginning of the text.
#[test]
fn a_likelihood_is_the_sum_over_its_tokens() {
    let tiny = Tiny::new("qwen3", Mix::F32);
    let mut model = open(&tiny);
    let messages = vec![user("hello")];
    let req = ChooseRequest { messages: messages.clone(), options: vec!["hell no".to_owned()] };
    let found = model.choose(&req).unwrap()[0];
    let mut tokens = model.prompt_tokens(&messages).unwrap();
    let (mut total, mut end) = (0.0, 0.0);
    for id in ["hell", "\u{120}", "n", "o", "<|im_end|>"].map(|name| tiny.id(name)) {
        let logits = model.logits_after(&tokens).unwrap();
        let log_total = logits.iter().map(|x| f64::from(*x).exp()).sum::<f64>().ln();
        end = f64::from(logits[id as usize]) - log_total;
        total += end;
        tokens.push(id);
    }
    assert_eq!(found.tok, 5);
    assert!((f64::from(found.total) - total).abs() < 1e-3, "{found:?} {total}");
    assert!((f64::from(found.end) - end).abs() < 1e-3, "{found:?} {end}");
}

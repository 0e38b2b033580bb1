//! Logits and likelihoods. The oracle is candle-transformers' own quantised models.

use std::io::Cursor;

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::{DType, Device, Tensor};
use candle_transformers::models::{
    quantized_gemma3, quantized_glm4, quantized_llama, quantized_phi3, quantized_qwen2, quantized_qwen3,
};
use pushback::chat::{Message, Role};
use pushback::engine::local::{Hold, Local, Settings};
use pushback::engine::{ChooseRequest, Engine};

use super::{ARCHITECTURES, SETTINGS, open, open_held, user};
use crate::support::counting::allocations;
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

/// How weights can be held, and by how much logits may then be off with weights in f32: tensors
/// differ from the oracle in the order of sums only, kernels keep keys and values as f16.
pub const HOLDS: [(Hold, f32); 2] = [(Hold::Packed, 1e-5), (Hold::Tiles, 2e-3)];

/// Both run the same matrix products on the same blocks; what differs is the order of some sums.
/// (The files say `general.dtype` 0, so that candle-transformers' qwen3 computes its rotation in
/// f32, as we always do: in f16, its default, it differs at large positions.)
#[test]
fn one_prefill_agrees_with_candle_transformers() {
    for architecture in ["llama", "qwen2", "qwen3", "glm4", "phi3"] {
        // For qwen3 and glm4 candle-transformers has another kind of attention, whose sums round
        // otherwise; see the next test but one for what that does to quantised weights.
        let quantised = if matches!(architecture, "qwen3" | "glm4") { 2e-2 } else { 1e-3 };
        for (hold, in_f32) in HOLDS {
            // Kernels and oracle round activations at the same places, but keys and values differ.
            let quantised = if hold == Hold::Tiles { 5e-2 } else { quantised };
            for (mix, tolerance) in [(Mix::F32, in_f32), (Mix::Quantised, quantised)] {
                let tiny = Tiny::new(architecture, mix);
                let tokens = tokens(40, 1);
                let ours = open_held(&tiny, hold).logits_after(&tokens).unwrap();
                let apart = difference(&ours, &oracle(architecture, &tiny, &tokens));
                assert!(apart < tolerance, "{architecture} {mix:?} {hold:?}: {apart}");
            }
        }
    }
}

/// candle-transformers' gemma3 bends the gate with SiLU where Gemma has GELU, its window shows one
/// token more than the model's, and it knows no scaling of the rotation. So it can speak for
/// attention only: here the feed-forward part gives nothing, and its window is one smaller.
#[test]
fn gemmas_attention_agrees_with_candle_transformers() {
    let cases = HOLDS.into_iter().flat_map(|(hold, in_f32)| {
        [(hold, Mix::F32, in_f32), (hold, Mix::Quantised, if hold == Hold::Tiles { 5e-2 } else { 2e-2 })]
    });
    for (hold, mix, tolerance) in cases {
        let mut tiny = Tiny::new("gemma3", mix);
        let zeros = Tensor::zeros((256, 512), DType::F32, &Device::Cpu).unwrap();
        for layer in 0..7 {
            tiny.set_tensor(&format!("blk.{layer}.ffn_down.weight"), &zeros);
        }
        let tokens = tokens(40, 1);
        let ours = open_held(&tiny, hold).logits_after(&tokens).unwrap();
        tiny.set("gemma3.attention.sliding_window", Value::U32(15));
        let apart = difference(&ours, &oracle("gemma3", &tiny, &tokens));
        assert!(apart < tolerance, "{mix:?} {hold:?}: {apart}");
    }
}

/// Reading in pieces must not change the result. In f32 only the order of sums differs; with
/// quantised weights a difference in the last bit can flip the rounding of an activation to
/// 8 bits, which is then visible: up to .020 on processors with AVX2, .026 with AVX-512, where candle
/// multiplies in wider blocks.
#[test]
fn however_the_tokens_came_into_the_cache_the_logits_are_those_of_one_prefill() {
    for architecture in ARCHITECTURES {
        for ((hold, in_f32), mix) in HOLDS.into_iter().flat_map(|h| [(h, Mix::F32), (h, Mix::Quantised)]) {
            let tolerance = if mix == Mix::F32 { in_f32 } else { 4e-2 };
            let open = |tiny: &Tiny| open_held(tiny, hold);
            let tiny = Tiny::new(architecture, mix);
            let (first, second, other) = (tokens(30, 1), tokens(12, 2), tokens(9, 3));
            let mut whole = first.clone();
            whole.extend(&second);
            let fresh = open(&tiny).logits_after(&whole).unwrap();
            let check = |how: &str, logits: Vec<f32>| {
                if hold == Hold::Tiles {
                    // To the last bit: a resumed conversation goes on as an unbroken one.
                    assert_eq!(fresh, logits, "{architecture} {mix:?}, {how}");
                }
                let apart = difference(&fresh, &logits);
                assert!(apart < tolerance, "{architecture} {mix:?} {hold:?}, {how}: {apart}");
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

/// Once buffers have grown to what is needed, a token costs arithmetic alone.
#[test]
fn a_step_of_decoding_allocates_nothing() {
    for architecture in ARCHITECTURES {
        let tiny = Tiny::new(architecture, Mix::Quantised);
        let settings = Settings { threads: Some(1), ..SETTINGS };
        let mut model = Local::from_bytes(tiny.bytes().leak(), "inside", settings).unwrap();
        let tokens = tokens(80, 1);
        for n in [80, 40, 41] {
            model.read(&tokens[..n]).unwrap();
        }
        let count = allocations(|| {
            for n in 42..70 {
                model.read(&tokens[..n]).unwrap();
            }
        });
        assert_eq!(count, 0, "{architecture}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let tiny = Tiny::new("qwen2", Mix::Quantised);
    let tokens = tokens(600, 1);
    let bytes: &'static [u8] = tiny.bytes().leak();
    let logits = [1, 2, 5].map(|threads| {
        let settings = Settings { threads: Some(threads), ..SETTINGS };
        let mut model = Local::from_bytes(bytes, "inside", settings).unwrap();
        (model.logits_after(&tokens[..590]).unwrap(), model.logits_after(&tokens).unwrap())
    });
    assert!(logits[0] == logits[1] && logits[0] == logits[2]);
}

/// The cache starts with room for 256 tokens and the model has 1024.
#[test]
fn the_cache_grows_without_losing_anything() {
    let tiny = Tiny::new("qwen3", Mix::F32);
    let tokens = tokens(700, 1);
    let reference = open_held(&tiny, Hold::Packed).logits_after(&tokens).unwrap();
    for (hold, tolerance) in HOLDS {
        let fresh = open_held(&tiny, hold).logits_after(&tokens).unwrap();
        let mut model = open_held(&tiny, hold);
        for n in [200, 250, 300, 600, 700] {
            model.logits_after(&tokens[..n]).unwrap();
        }
        let apart = difference(&fresh, &model.logits_after(&tokens).unwrap());
        assert!(apart < 1e-5, "{hold:?}: {apart}");
        assert!(difference(&reference, &fresh) < tolerance, "{hold:?}");
    }
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
        let mut model = Local::from_bytes(&bytes[shift..], "inside", SETTINGS).unwrap();
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
            let packed = open_held(&tiny, Hold::Packed).logits_after(&tokens).unwrap();
            let mut model = open_held(&tiny, Hold::Unpacked);
            let apart = difference(&model.logits_after(&tokens).unwrap(), &packed);
            assert!(apart < tolerance, "{architecture} {mix:?}: {apart}");
        }
    }
}

/// How far rounding takes the logits from those of unrounded arithmetic on the same weights:
/// kernels must not be worse than candle's products, over many prompts.
#[test]
fn kernels_round_no_worse_than_candle() {
    for architecture in ARCHITECTURES {
        let tiny = Tiny::new(architecture, Mix::Quantised);
        let mut models = [Hold::Unpacked, Hold::Packed, Hold::Tiles].map(|hold| open_held(&tiny, hold));
        let mut errors = [0.0; 2];
        for seed in 0..24 {
            let tokens = tokens(20 + seed as usize, seed);
            let [exact, candle, ours] = models.each_mut().map(|model| model.logits_after(&tokens).unwrap());
            errors[0] += difference(&candle, &exact);
            errors[1] += difference(&ours, &exact);
        }
        assert!(errors[1] < errors[0] * 1.15, "{architecture}: candle {}, kernels {}", errors[0], errors[1]);
    }
}

#[test]
fn a_file_says_what_it_is() {
    let tiny = Tiny::new("qwen2", Mix::Quantised);
    let model = open(&tiny);
    let info = model.info();
    assert_eq!(
        (
            info.file.name.as_str(),
            info.file.architecture.as_str(),
            info.file.context_tok,
            info.device.as_str()
        ),
        ("tiny qwen2", "qwen2", 1024, "cpu")
    );
    assert_eq!(info.file.file_bytes, tiny.bytes().len() as u64);
    let weights: usize = tiny.tensors.iter().map(|(_, tensor)| tensor.shape().elem_count()).sum();
    assert_eq!(info.file.parameters, weights as u64);
    assert_eq!(info.file.quantisation, "Q8_0 44%, Q6_K 29%, Q4_K 20%, Q5_0 4%");
}

/// On kernels to the last bit. In candle's packed products a batch makes sums in another order, which
/// can flip the rounding of an activation to 8 bits.
#[test]
fn a_batch_weighs_options_as_one_by_one_does() {
    for architecture in ARCHITECTURES {
        let cases = HOLDS.into_iter().flat_map(|(hold, _)| [(hold, Mix::F32), (hold, Mix::Quantised)]);
        for (hold, mix) in cases {
            let tolerance = match (hold, mix) {
                (Hold::Tiles, _) => 0.0,
                (Hold::Packed, Mix::Quantised) => 0.02,
                _ => 1e-3,
            };
            let tiny = Tiny::new(architecture, mix);
            let messages = vec![user("hello"), Message::new(Role::Assistant, "no"), user("why")];
            let mut options: Vec<String> =
                (0..14).map(|n| "a word or two ".repeat(n % 5) + &n.to_string()).collect();
            options.push(String::new());
            options.push("x".repeat(300));
            let mut model = open_held(&tiny, hold);
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
                assert!(per_tok <= tolerance, "{architecture} {mix:?} {hold:?} {option:?}: {per_tok}");
                let end = (alone.end - together.end).abs();
                assert!(end <= 2.0 * tolerance, "{architecture} {mix:?} {hold:?} {option:?}: {end}");
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

//! Models that candle-transformers runs. The oracle is each of them, used as its own examples do.

use std::io::Cursor;

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::{Device, Tensor};
use candle_transformers::models::{quantized_lfm2, quantized_phi};
use pushback::engine::{ChooseRequest, Engine, EngineError, Request, Runner};

use super::parity::{difference, tokens};
use super::{generate, load, open, request, user};
use crate::support::tiny_gguf::{Mix, Shape, Tiny, Weights};

const SHAPE: Shape = Shape { layers: 3, dim: 128, ff_dim: 256, heads: 4, kv_heads: 2, head_dim: 32 };

/// Convolution, attention, convolution.
fn lfm2() -> Tiny {
    let mut tiny = Tiny::bare("lfm2", SHAPE);
    let kv_heads = [0, 2, 0].map(Value::I32).to_vec();
    tiny.set("lfm2.attention.head_count_kv", Value::Array(kv_heads));
    tiny.set("lfm2.shortconv.l_cache", Value::U32(3));
    let mut weights = Weights::new(Mix::F32);
    let Shape { dim, ff_dim, .. } = SHAPE;
    let vocab = tiny.vocab().len();
    tiny.add("token_embd.weight", weights.matrix(vocab, dim, GgmlDType::F32));
    tiny.add("token_embd_norm.weight", weights.norm(dim));
    for (layer, attends) in [false, true, false].into_iter().enumerate() {
        let matrices: &[(&str, usize, usize)] = match attends {
            true => {
                &[("attn_q", dim, dim), ("attn_k", 64, dim), ("attn_v", 64, dim), ("attn_output", dim, dim)]
            }
            false => &[
                ("shortconv.in_proj", 3 * dim, dim),
                ("shortconv.out_proj", dim, dim),
                ("shortconv.conv", dim, 3),
            ],
        };
        let feed = [("ffn_gate", ff_dim, dim), ("ffn_up", ff_dim, dim), ("ffn_down", dim, ff_dim)];
        for &(name, rows, columns) in matrices.iter().chain(&feed) {
            let matrix = weights.matrix(rows, columns, GgmlDType::F32);
            tiny.add(&format!("blk.{layer}.{name}.weight"), matrix);
        }
        for (name, len) in [("attn_norm", dim), ("ffn_norm", dim), ("attn_q_norm", 32), ("attn_k_norm", 32)] {
            tiny.add(&format!("blk.{layer}.{name}.weight"), weights.norm(len));
        }
    }
    tiny
}

fn phi2() -> Tiny {
    let mut tiny = Tiny::bare("phi2", Shape { kv_heads: 4, ..SHAPE });
    tiny.set("phi2.attention.layer_norm_epsilon", Value::F32(1e-5));
    tiny.set("phi2.rope.dimension_count", Value::U32(16));
    let mut weights = Weights::new(Mix::F32);
    let Shape { dim, ff_dim, .. } = SHAPE;
    let vocab = tiny.vocab().len();
    tiny.add("token_embd.weight", weights.matrix(vocab, dim, GgmlDType::F32));
    let mut linear = |name: String, rows: usize, columns: usize| {
        let weight =
            if columns == 1 { weights.norm(rows) } else { weights.matrix(rows, columns, GgmlDType::F32) };
        tiny.add(&format!("{name}.weight"), weight);
        tiny.add(&format!("{name}.bias"), weights.norm(rows));
    };
    linear("output_norm".to_owned(), dim, 1);
    linear("output".to_owned(), vocab, dim);
    for layer in 0..3 {
        for (name, rows, columns) in [
            ("attn_norm", dim, 1),
            ("attn_qkv", 3 * dim, dim),
            ("attn_output", dim, dim),
            ("ffn_up", ff_dim, dim),
            ("ffn_down", dim, ff_dim),
        ] {
            linear(format!("blk.{layer}.{name}"), rows, columns);
        }
    }
    tiny
}

fn oracle(tiny: &Tiny, tokens: &[u32]) -> Vec<f32> {
    let mut file = Cursor::new(tiny.bytes());
    let content = Content::read(&mut file).unwrap();
    let input = Tensor::new(tokens, &Device::Cpu).unwrap().unsqueeze(0).unwrap();
    let (file, cpu) = (&mut file, &Device::Cpu);
    let logits = match tiny.text("general.architecture").as_str() {
        "lfm2" => quantized_lfm2::ModelWeights::from_gguf(content, file, cpu).unwrap().forward(&input, 0),
        _ => quantized_phi::ModelWeights::from_gguf(content, file, cpu).unwrap().forward(&input, 0),
    };
    logits.unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn files_of_these_families_are_run_by_candle_transformers() {
    for tiny in [lfm2(), phi2()] {
        let mut model = open(&tiny);
        assert_eq!(model.info().file.runner, Runner::Fallback);
        assert_eq!(model.info().file.context_tok, 1024);
        let tokens = tokens(40, 1);
        let apart = difference(&oracle(&tiny, &tokens), &model.logits_after(&tokens).unwrap());
        assert!(apart < 1e-6, "{}: {apart}", model.info().file.architecture);
    }
    assert_eq!(open(&Tiny::new("llama", Mix::F32)).info().file.runner, Runner::Decoder);
}

#[test]
fn whatever_was_read_before_the_logits_are_those_of_one_prefill() {
    for tiny in [lfm2(), phi2()] {
        let (first, second, other) = (tokens(30, 1), tokens(12, 2), tokens(9, 3));
        let whole = [first.clone(), second].concat();
        let detour = [first.clone(), other].concat();
        let expected = oracle(&tiny, &whole);
        let check = |how: &str, logits: Vec<f32>| {
            let apart = difference(&expected, &logits);
            assert!(apart < 1e-5, "{} {how}: {apart}", tiny.text("general.architecture"));
        };

        let mut model = open(&tiny);
        let mut logits = Vec::new();
        for n in 1..=whole.len() {
            logits = model.logits_after(&whole[..n]).unwrap();
        }
        check("token by token", logits);
        check("the same again", model.logits_after(&whole).unwrap());

        let mut model = open(&tiny);
        model.logits_after(&first).unwrap();
        check("a second turn at an offset", model.logits_after(&whole).unwrap());
        model.logits_after(&detour).unwrap();
        check("after another continuation", model.logits_after(&whole).unwrap());
    }
}

/// Longer than what is read at once.
#[test]
fn long_prompts_are_read_in_pieces() {
    for (mut tiny, pieces) in [(lfm2(), 1024 + 8), (phi2(), 700)] {
        let arch = tiny.text("general.architecture");
        tiny.set(&format!("{arch}.context_length"), Value::U32(2048));
        let tokens = tokens(pieces, 1);
        let apart = difference(&oracle(&tiny, &tokens), &open(&tiny).logits_after(&tokens).unwrap());
        assert!(apart < 1e-5, "{arch}: {apart}");
    }
}

#[test]
fn replies_are_the_same_with_and_without_what_was_read_before() {
    for tiny in [lfm2(), phi2()] {
        let req = request(vec![user("hello there")]);
        let mut model = open(&tiny);
        let first = generate(&mut model, &req);
        assert!(!first.text.is_empty());
        let second = generate(&mut model, &Request { seed: 9, ..req.clone() });
        assert_ne!(second.text, first.text);
        assert_eq!(second.usage.reused_tok, 0, "it cannot forget the first reply alone");
        assert_eq!(generate(&mut model, &req).text, first.text);
    }
}

#[test]
fn options_are_weighed_one_by_one() {
    for tiny in [lfm2(), phi2()] {
        let mut model = open(&tiny);
        let messages = vec![user("hello")];
        let options: Vec<String> = ["hell no", "", "well, hello", "x"].map(str::to_owned).to_vec();
        let all =
            model.choose(&ChooseRequest { messages: messages.clone(), options: options.clone() }).unwrap();
        let prompt = model.prompt_tokens(&messages).unwrap();
        for (option, found) in options.iter().zip(all) {
            let req = ChooseRequest { messages: messages.clone(), options: vec![option.clone()] };
            let alone = open(&tiny).choose(&req).unwrap()[0];
            assert!((alone.total - found.total).abs() < 1e-3, "{option:?}: {alone:?} {found:?}");
            assert_eq!(alone.tok, found.tok);
        }
        // The same number by another way.
        let mut text = prompt;
        let (mut total, mut end) = (0.0, 0.0);
        for id in ["hell", "\u{120}", "n", "o", "<|im_end|>"].map(|name| tiny.id(name)) {
            let logits = oracle(&tiny, &text);
            let log_total = logits.iter().map(|x| f64::from(*x).exp()).sum::<f64>().ln();
            end = f64::from(logits[id as usize]) - log_total;
            total += end;
            text.push(id);
        }
        let req = ChooseRequest { messages, options: vec!["hell no".to_owned()] };
        let found = model.choose(&req).unwrap()[0];
        assert!((f64::from(found.total) - total).abs() < 1e-3, "{found:?} {total}");
        assert!((f64::from(found.end) - end).abs() < 1e-3, "{found:?} {end}");
    }
}

/// The models tabulate all positions that a file claims.
#[test]
fn an_immense_context_is_not_believed() {
    for (mut tiny, most) in [(lfm2(), 1 << 18), (phi2(), 4096)] {
        let key = format!("{}.context_length", tiny.text("general.architecture"));
        tiny.set(&key, Value::U32(1 << 23));
        assert_eq!(open(&tiny).info().file.context_tok, most);
    }
}

/// Nothing is divided by nothing, and nothing is allocated for what is not there.
#[test]
fn senseless_files_are_refused_before_candle_transformers_sees_them() {
    let refused = |bend: &dyn Fn(&mut Tiny)| {
        let mut tiny = lfm2();
        bend(&mut tiny);
        let error = load(&tiny.bytes()).err().unwrap();
        assert!(error.hint().is_some(), "no hint: {error}");
        error.to_string()
    };
    for (key, value, expected) in [
        (
            "attention.head_count",
            0,
            "model file has a wrong `lfm2.attention.head_count`: 0 is no sensible size",
        ),
        ("block_count", 9999, "model file lacks tensor `blk.9998.attn_norm.weight`"),
    ] {
        let found = refused(&|tiny| tiny.set(&format!("lfm2.{key}"), Value::U32(value)));
        assert_eq!(found, expected);
    }
    let missing = refused(&|tiny| tiny.remove("lfm2.shortconv.l_cache"));
    assert!(missing.starts_with("model file is damaged: cannot find lfm2.shortconv.l_cache"), "{missing}");
    let rows = refused(&|tiny| {
        let short = Tensor::zeros((100, 128), candle_core::DType::F32, &Device::Cpu).unwrap();
        tiny.set_tensor("token_embd.weight", &short);
    });
    assert_eq!(rows, "tensor `token_embd.weight` has shape [100, 128], expected [267, 128]");
}

/// candle-transformers' convolutions begin anew with two tokens or more.
#[test]
fn lfm2_cannot_begin_anew_with_a_single_token() {
    let mut model = open(&lfm2());
    model.logits_after(&[1]).unwrap();
    model.logits_after(&[1, 2]).unwrap();
    let error = model.logits_after(&[3]).unwrap_err();
    assert!(matches!(error, EngineError::UnsupportedFeature(_)), "{error}");
}

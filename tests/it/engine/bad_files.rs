//! Files that are damaged, made to harm, or not for this engine.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use candle_core::quantized::gguf_file::Value;
use proptest::prelude::*;
use pushback::engine::local::Local;

use super::SETTINGS;
use pushback::engine::{Engine, EngineError, Request};

use super::{load, request, user};
use crate::support::tiny_gguf::{Mix, Tiny};

/// What opening `bytes` says; panics unless it is an error that says what to do.
fn refusal(bytes: &[u8]) -> String {
    let error = load(bytes).err().unwrap();
    assert!(error.hint().is_some(), "no hint: {error}");
    error.to_string()
}

/// The refusal of a file that would be fine but for what `bend` does to it.
fn refused(bend: impl FnOnce(&mut Tiny)) -> String {
    let mut tiny = Tiny::new("llama", Mix::F32);
    bend(&mut tiny);
    refusal(&tiny.bytes())
}

#[test]
fn files_that_are_no_models_are_refused() {
    assert_eq!(refusal(b""), "not a GGUF model file: it begins with \"\"");
    assert_eq!(refusal(b"PK\x03\x04 and so on"), "not a GGUF model file: it begins with \"PK\\u{3}\\u{4}\"");
    assert_eq!(refusal(b"GGUF"), "model file is damaged: ends early, at byte 4");
    assert_eq!(refusal(b"GGUF\x01\0\0\0"), "GGUF version 1 is not supported");
    let missing = Local::open(std::path::Path::new("/nowhere/model.gguf"), SETTINGS).err().unwrap();
    assert!(matches!(missing, EngineError::Io { .. }), "{missing}");
    let folder = Local::open(&std::env::temp_dir(), SETTINGS).err().unwrap();
    assert!(matches!(folder, EngineError::Io { .. }), "{folder}");
}

/// A header of version 3 that goes on with `words`.
fn header(words: &[u64]) -> Vec<u8> {
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    bytes
}

#[test]
fn claims_beyond_the_files_end_are_refused_before_anything_is_allocated() {
    let huge = u64::MAX / 2;
    for (words, expected) in [
        (&[huge, 0][..], "claims 9223372036854775807 tensors, has room for 0"),
        (&[0, huge], "claims 9223372036854775807 metadata entries, has room for 0"),
        (&[0, 1, huge, 0, 0], "claims 9223372036854775807 bytes of text, has room for 16"),
        // One entry with an empty key: an array (9) of arrays (9), and so on.
        (&[0, 1, 0, 9 << 32 | 9, huge, 0], "claims 9223372036854775807 array elements, has room for 0"),
        (&[0, 1, 0, 9 << 32 | 77, 1, 0], "metadata of unknown kind 77"),
    ] {
        let found = refusal(&header(words));
        assert!(found.starts_with("model file is damaged: "), "{found}");
        assert!(found.contains(expected) || words.len() > 5, "{found}");
    }
}

#[test]
fn missing_and_senseless_entries_are_refused_by_name() {
    let text = |s: &str| Value::String(s.to_owned());
    for key in [
        "general.architecture",
        "llama.context_length",
        "llama.embedding_length",
        "llama.block_count",
        "llama.feed_forward_length",
        "llama.attention.head_count",
        "llama.attention.layer_norm_rms_epsilon",
        "tokenizer.ggml.model",
        "tokenizer.ggml.pre",
        "tokenizer.ggml.tokens",
        "tokenizer.ggml.token_type",
        "tokenizer.ggml.merges",
    ] {
        assert_eq!(refused(|tiny| tiny.remove(key)), format!("model file lacks `{key}`"));
    }
    assert_eq!(refused(|tiny| tiny.remove("tokenizer.chat_template")), "model file has no chat template");
    for (key, value, expected) in [
        ("general.architecture", text("mamba"), "model architecture `mamba` is not supported"),
        ("tokenizer.ggml.model", text("bert"), "tokenizer `bert` is not supported"),
        ("tokenizer.ggml.pre", text("bloom"), "pre-tokenizer `bloom` is not supported"),
        (
            "llama.rope.scaling.type",
            text("dynamic"),
            "model needs rope scaling `dynamic`, which is not supported",
        ),
        ("llama.expert_count", Value::U32(8), "model needs a mixture of experts, which is not supported"),
        (
            "llama.block_count",
            Value::U32(0),
            "model file has a wrong `llama.block_count`: 0 is no sensible size",
        ),
        ("llama.block_count", Value::U32(9999), "model file lacks tensor `blk.2.attn_norm.weight`"),
        (
            "llama.embedding_length",
            Value::U64(1 << 60),
            "model file has a wrong `llama.embedding_length`: 1152921504606846976 is no sensible size",
        ),
        (
            "llama.embedding_length",
            text("x"),
            "model file has a wrong `llama.embedding_length`: not a whole number from 0",
        ),
        (
            "llama.attention.head_count",
            Value::U32(3),
            "model file has a wrong `llama.attention.head_count_kv`: 2 does not divide 3 heads",
        ),
        (
            "llama.attention.key_length",
            Value::U32(63),
            "model file has a wrong `llama.attention.key_length`: 63 is odd or nothing",
        ),
        (
            "llama.attention.head_count_kv",
            Value::U32(4),
            "tensor `blk.0.attn_k.weight` has shape [128, 256], expected [256, 256]",
        ),
        (
            "llama.rope.freq_base",
            Value::F32(-1.0),
            "model file has a wrong `llama.rope.freq_base`: -1 is not above 0",
        ),
        (
            "llama.attention.layer_norm_rms_epsilon",
            Value::F32(f32::NAN),
            "model file has a wrong `llama.attention.layer_norm_rms_epsilon`: not a finite number",
        ),
        (
            "general.alignment",
            Value::U32(0),
            "model file has a wrong `general.alignment`: 0 is no sensible power of two",
        ),
        (
            "tokenizer.ggml.eos_token_id",
            Value::U32(99_999),
            "model file has a wrong `tokenizer.ggml.eos_token_id`: token 99999 of 267",
        ),
        (
            "tokenizer.ggml.token_type",
            Value::Array(vec![Value::I32(1)]),
            "model file has a wrong `tokenizer.ggml.token_type`: 1 entries for 267 tokens",
        ),
        (
            "tokenizer.ggml.merges",
            Value::Array(vec![text("q z")]),
            "model file has a wrong `tokenizer.ggml.merges`: \"q\" \"z\" makes no token",
        ),
        (
            "tokenizer.ggml.merges",
            Value::Array(vec![text("qz")]),
            "model file has a wrong `tokenizer.ggml.merges`: \"qz\" is no pair",
        ),
        (
            "tokenizer.ggml.tokens",
            Value::Array(vec![text("a"); 267]),
            "model file has a wrong `tokenizer.ggml.tokens`: no token for the byte written",
        ),
        (
            "tokenizer.ggml.tokens",
            Value::U32(1),
            "model file has a wrong `tokenizer.ggml.tokens`: not an array",
        ),
    ] {
        let found = refused(|tiny| tiny.set(key, value));
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}

#[test]
fn senseless_sentencepiece_vocabularies_are_refused() {
    let refused = |bend: &dyn Fn(&mut Tiny)| {
        let mut tiny = Tiny::with_pieces();
        bend(&mut tiny);
        refusal(&tiny.bytes())
    };
    for key in ["tokens", "token_type", "scores"] {
        let key = format!("tokenizer.ggml.{key}");
        assert_eq!(refused(&|tiny| tiny.remove(&key)), format!("model file lacks `{key}`"));
    }
    let vocab = Tiny::with_pieces().id("\n\n") as usize + 1;
    let scores = |score| Value::Array(vec![Value::F32(score); vocab]);
    let names = |name: &str| Value::Array(vec![Value::String(name.to_owned()); vocab]);
    for (key, value, expected) in [
        ("scores", Value::Array(vec![Value::F32(0.0)]), "`tokenizer.ggml.scores`: 1 entries for 282 tokens"),
        ("scores", scores(f32::NAN), "`tokenizer.ggml.scores`: Float(NaN) is no score"),
        ("scores", names("1"), "`tokenizer.ggml.scores`: Text([49]) is no score"),
        ("tokens", names("<0xG0>"), "`tokenizer.ggml.tokens`: \"<0xG0>\" is no byte"),
        ("tokens", names("<0x7>"), "`tokenizer.ggml.tokens`: \"<0x7>\" is no byte"),
        ("tokens", names("<0x00>"), "`tokenizer.ggml.tokens`: no token for the byte 0x01"),
        ("add_space_prefix", Value::U32(1), "`tokenizer.ggml.add_space_prefix`: not true or false"),
    ] {
        let found = refused(&|tiny| tiny.set(&format!("tokenizer.ggml.{key}"), value.clone()));
        assert_eq!(found, format!("model file has a wrong {expected}"));
    }
}

#[test]
fn missing_and_misplaced_tensors_are_refused_by_name() {
    let gone = refused(|tiny| tiny.tensors.retain(|(name, _)| name != "blk.1.ffn_up.weight"));
    assert_eq!(gone, "model file lacks tensor `blk.1.ffn_up.weight`");
    // The record of `output_norm.weight`: name, number of dimensions, one dimension, format, offset.
    let bytes = Tiny::new("llama", Mix::F32).bytes();
    let name = b"output_norm.weight";
    let at = bytes.windows(name.len()).position(|window| window == name).unwrap() + name.len();
    let bent = |at: usize, with: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + with.len()].copy_from_slice(with);
        refusal(&bytes)
    };
    let (rank, dim, format, offset) = (at, at + 4, at + 12, at + 16);
    assert_eq!(bent(rank, &[200]), "model file is damaged: tensor `output_norm.weight` has 200 dimensions");
    let max = u64::MAX.to_le_bytes();
    for (at, with) in [(dim, &max[..]), (offset, &max), (offset, &[0, 0, 0, 0, 1])] {
        assert_eq!(
            bent(at, with),
            "model file is damaged: tensor `output_norm.weight` reaches past the end of the file"
        );
    }
    assert_eq!(
        bent(dim, &[0, 0]),
        "model file is damaged: tensor `output_norm.weight` has an impossible size"
    );
    assert_eq!(bent(offset, &[1]), "model file is damaged: tensor `output_norm.weight` is not aligned");
    assert_eq!(bent(format, &[23]), "tensor `output_norm.weight` has format IQ4_XS, which is not supported");
    assert_eq!(
        bent(format, &[99]),
        "tensor `output_norm.weight` has format number 99, which is not supported"
    );
}

#[test]
fn templates_that_are_wrong_or_do_not_end_are_refused() {
    for (template, expected) in [
        ("{% for %}", "unexpected"),
        ("{{ raise_exception('only for robots') }}", "only for robots"),
        ("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", "fuel"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "recursion limit"),
        ("{% for i in range(10000) %}{{ 'x' * 100000 }}{% endfor %}", "writes without end"),
        ("always the same", "leaves out a message"),
        ("{% for m in messages | reverse %}{{ m.content }}{% endfor %}", "leaves out a message"),
    ] {
        let found = refused(|tiny| tiny.set("tokenizer.chat_template", Value::String(template.to_owned())));
        assert!(found.starts_with("chat template failed: ") && found.contains(expected), "{found}");
    }
}

/// A model file, made once for the many ways to spoil it.
fn whole_file() -> Vec<u8> {
    static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| Tiny::new("llama", Mix::Quantised).bytes());
    FILE.clone()
}

/// One with the other kind of vocabulary.
fn whole_file_with_pieces() -> Vec<u8> {
    static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| Tiny::with_pieces().bytes());
    FILE.clone()
}

/// Opens `bytes` and, should that work, says a few words: neither may panic.
fn survive(bytes: &[u8]) {
    if let Ok(mut model) = load(bytes) {
        let req = Request { max_tok: 2, ..request(vec![user("hello")]) };
        let _ = model.generate(&req, &mut |_| ControlFlow::Continue(()));
    }
}

/// Where the header of `file` ends: behind the record of its last tensor.
fn header_len(file: &[u8]) -> usize {
    let last = b"blk.1.ffn_norm.weight";
    let at = file.windows(last.len()).position(|window| window == last).unwrap();
    at + last.len() + 4 + 8 + 4 + 8
}

#[test]
fn a_file_cut_short_anywhere_is_refused() {
    let whole = whole_file();
    let header = header_len(&whole);
    let cuts = (0..header).step_by(13).chain((header..whole.len()).step_by(20_011));
    for cut in cuts {
        assert!(load(&whole[..cut]).is_err(), "cut at {cut} of {}", whole.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Most flips hit the header, where every length and count is.
    #[test]
    fn no_flipped_bytes_make_the_engine_panic(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..8), 1..4),
        pieces in any::<bool>()
    ) {
        let mut bytes = if pieces { whole_file_with_pieces() } else { whole_file() };
        let header = header_len(&bytes);
        for (at, with, region) in flips {
            let range = if region == 0 { bytes.len() } else { header };
            bytes[at.index(range)] = with;
        }
        survive(&bytes);
    }
}

//! Every line of `tests/data/tokenizer/` must become the tokens that the reference libraries
//! make of it. `training/tokenizers/` says how they were made.

use std::collections::HashMap;
use std::io::Cursor;
use std::time::{Duration, Instant};

use candle_core::quantized::gguf_file::{self, Value};
use serde::Deserialize;

use super::{Place, Tokenizer, Trust};
use crate::engine::local::gguf::Gguf;
use crate::engine::local::stream::{Piece, Stream};

const PIECES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tokenizer/pieces.json"));
const BYTES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tokenizer/bytes.json"));
const DIGITS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

/// Names of tokens that steer models, all of which somebody typed in the lines.
const CONTROL: [&str; 12] = [
    "<|im_start|>",
    "<|im_end|>",
    "<|begin_of_text|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "<|fim_prefix|>",
    "<mask>",
    "[INST]",
    "<start_of_turn>",
    "<end_of_turn>",
    "<think>",
    "</think>",
];

/// A line of a fixture's head; what is not there is as in the line before.
#[derive(Clone, Default, Deserialize)]
struct Head {
    family: Option<char>,
    name: Option<String>,
    merges: Option<Vec<String>>,
    /// Bytes that have no token.
    lacks: Option<Vec<u8>>,
    tokens: Option<Vec<String>>,
    scores: Option<Vec<f32>>,
    kinds: Option<String>,
    add_space_prefix: Option<bool>,
    remove_extra_whitespaces: Option<bool>,
}

impl Head {
    fn or(self, before: &Self) -> Self {
        let before = before.clone();
        Self {
            family: self.family,
            name: self.name,
            merges: self.merges.or(before.merges),
            lacks: self.lacks,
            tokens: self.tokens.or(before.tokens),
            scores: self.scores.or(before.scores),
            kinds: self.kinds.or(before.kinds),
            add_space_prefix: self.add_space_prefix.or(before.add_space_prefix),
            remove_extra_whitespaces: self.remove_extra_whitespaces.or(before.remove_extra_whitespaces),
        }
    }

    /// Whether it has words that were added by name.
    fn has_words(&self) -> bool {
        self.kinds.as_ref().is_some_and(|kinds| kinds.contains('4'))
    }

    /// The family's tokenizer, by way of a GGUF file.
    fn tokenizer(&self) -> Tokenizer {
        self.tokenizer_of("llama")
    }

    /// The same in a file of the family `architecture`.
    fn tokenizer_of(&self, architecture: &str) -> Tokenizer {
        let mut entries = match &self.merges {
            Some(merges) => self.byte_entries(merges),
            None => self.piece_entries(),
        };
        entries.push(("general.architecture", text(architecture)));
        entries.push(("tokenizer.ggml.eos_token_id", Value::U32(0)));
        let entries: Vec<_> = entries.iter().map(|(key, value)| (*key, value)).collect();
        let mut file = Cursor::new(Vec::new());
        gguf_file::write(&mut file, &entries, &[]).unwrap();
        Tokenizer::read(&Gguf::parse(file.get_ref()).unwrap()).unwrap()
    }

    fn byte_entries(&self, merges: &[String]) -> Vec<(&'static str, Value)> {
        let lacks: Vec<String> = self.lacks.iter().flatten().map(|&byte| byte_name(byte)).collect();
        let whole = |token: &str| !lacks.iter().any(|name| token.contains(name.as_str()));
        let merges: Vec<String> = merges.iter().filter(|merge| whole(merge)).cloned().collect();
        let made = merges.iter().map(|merge| merge.replace(' ', ""));
        let mut tokens: Vec<String> = super::byte_names().filter(|name| whole(name)).chain(made).collect();
        let kinds = std::iter::repeat_n(1, tokens.len()).chain([3; CONTROL.len()]);
        let kinds = kinds.map(Value::I32).collect();
        tokens.extend(CONTROL.map(str::to_owned));
        vec![
            ("tokenizer.ggml.model", text("gpt2")),
            ("tokenizer.ggml.pre", text(self.name.as_ref().unwrap())),
            ("tokenizer.ggml.token_type", Value::Array(kinds)),
            ("tokenizer.ggml.tokens", texts(&tokens)),
            ("tokenizer.ggml.merges", texts(&merges)),
        ]
    }

    fn piece_entries(&self) -> Vec<(&'static str, Value)> {
        let kinds = self.kinds.as_ref().unwrap().chars().map(|kind| kind as i32 - '0' as i32);
        let kinds = kinds.chain([3; CONTROL.len()]).map(Value::I32);
        let scores = self.scores.as_ref().unwrap().iter().copied();
        let scores = scores.chain([0.0; CONTROL.len()]).map(Value::F32);
        let mut tokens = self.tokens.clone().unwrap();
        tokens.extend(CONTROL.map(str::to_owned));
        vec![
            ("tokenizer.ggml.model", text("llama")),
            ("tokenizer.ggml.tokens", texts(&tokens)),
            ("tokenizer.ggml.scores", Value::Array(scores.collect())),
            ("tokenizer.ggml.token_type", Value::Array(kinds.collect())),
            ("tokenizer.ggml.add_space_prefix", Value::Bool(self.add_space_prefix.unwrap())),
            ("tokenizer.ggml.remove_extra_whitespaces", Value::Bool(self.remove_extra_whitespaces.unwrap())),
        ]
    }
}

/// How byte-level BPE writes `byte`.
fn byte_name(byte: u8) -> String {
    super::byte_names().nth(usize::from(byte)).unwrap()
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn texts(texts: &[String]) -> Value {
    Value::Array(texts.iter().map(|t| text(t)).collect())
}

/// A text, with the tokens that each family makes of it.
type Row = (String, HashMap<char, Vec<u32>>);

/// A fixture's families, and its lines.
fn read(fixture: &str) -> (Vec<Head>, Vec<Row>) {
    let (head, lines) = fixture.split_once("\n\n").unwrap();
    let mut heads: Vec<Head> = Vec::new();
    for line in head.lines() {
        let head: Head = serde_json::from_str(line).unwrap();
        heads.push(head.or(heads.last().unwrap_or(&Head::default())));
    }
    heads.retain(|head| head.family.is_some());
    let row = |line| {
        let (text, groups): (String, HashMap<String, String>) = serde_json::from_str(line).unwrap();
        let each =
            groups.iter().flat_map(|(letters, ids)| letters.chars().map(|family| (family, numbers(ids))));
        (text, each.collect())
    };
    (heads, lines.lines().map(row).collect())
}

fn numbers(written: &str) -> Vec<u32> {
    let digits: Vec<u32> = written.chars().map(|c| DIGITS.find(c).unwrap() as u32).collect();
    digits.chunks(2).map(|two| two[0] * 64 + two[1]).collect()
}

/// The same, as a reply is shown while it comes in.
fn streamed(tokenizer: &Tokenizer, ids: &[u32]) -> String {
    let (mut stream, mut shown) = (Stream::new(&[], "", ""), String::new());
    for &id in ids {
        match stream.push(tokenizer.bytes(id)) {
            Piece::Text(text) => shown.push_str(&text),
            Piece::Stop(text) => panic!("stopped behind {text:?}"),
        }
    }
    shown + &stream.finish()
}

fn decoded(tokenizer: &Tokenizer, ids: &[u32]) -> Vec<u8> {
    ids.iter().flat_map(|&id| tokenizer.bytes(id)).copied().collect()
}

/// What the text of the tokens of `line` is, by the rules of the family.
fn due(head: &Head, line: &str) -> Vec<u8> {
    if head.merges.is_some() {
        let text = if head.name.as_deref() == Some("qwen2") { nfc(line) } else { line.to_owned() };
        let lacks = head.lacks.as_deref().unwrap_or_default();
        return text.into_bytes().into_iter().filter(|byte| !lacks.contains(byte)).collect();
    }
    let mut out = line.to_owned();
    if head.remove_extra_whitespaces == Some(true) {
        let cut: Vec<&str> = line.split(' ').filter(|part| !part.is_empty()).collect();
        out = cut.join(" ");
    }
    if head.add_space_prefix == Some(true) && !out.is_empty() {
        out.insert(0, ' ');
    }
    out = out.replace('\u{2581}', " ");
    if head.remove_extra_whitespaces == Some(true) {
        out.truncate(out.trim_end_matches(' ').len());
    }
    out.into_bytes()
}

fn nfc(line: &str) -> String {
    let mut line = tokenizers::NormalizedString::from(line);
    line.nfc();
    line.get().to_owned()
}

fn check(fixture: &str, families: usize, comparisons: usize) {
    let (heads, rows) = read(fixture);
    assert_eq!(heads.len(), families);
    assert!(rows.len() >= 1400);
    let (mut checked, mut wrong) = (0, Vec::new());
    for head in &heads {
        let (tokenizer, name) = (head.tokenizer(), head.name.as_deref().unwrap());
        for (line, expected) in &rows {
            let Some(expected) = expected.get(&head.family.unwrap()) else { continue };
            checked += 1;
            for trust in [Trust::Typed, Trust::Authored] {
                let ids = tokenizer.encode(Place::Open, &[(line, trust)]).unwrap();
                // In what authors wrote, words that the model's maker added are words.
                let typed = trust == Trust::Typed && head.has_words();
                if ids != *expected && !typed {
                    wrong.push(format!("{name}, {trust:?}: {line:?}\n  {ids:?}\n  {expected:?}"));
                }
            }
            let ids = tokenizer.encode(Place::Open, &[(line, Trust::Authored)]).unwrap();
            let text = decoded(&tokenizer, &ids);
            if text != due(head, line) {
                wrong.push(format!("{name}: {line:?} comes back as {text:?}"));
            }
            let shown = String::from_utf8(text).ok().filter(|_| !line.contains("think>"));
            if shown.is_some_and(|shown| shown != streamed(&tokenizer, &ids)) {
                wrong.push(format!("{name}: {line:?} is streamed otherwise"));
            }
        }
    }
    let shown = wrong.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of {checked} differ:\n{shown}", wrong.len());
    assert_eq!(checked, comparisons);
}

#[test]
fn pieces_are_those_of_the_reference() {
    check(PIECES, 4, 5628);
}

#[test]
fn byte_level_tokens_are_those_of_the_reference() {
    check(BYTES, 10, 14100);
}

/// Phi-3's special tokens take the line break behind them along; those of others do not.
#[test]
fn the_special_tokens_of_phi3_swallow_line_breaks() {
    let mut head = read(PIECES).0.swap_remove(0);
    let special = ["<|user|>", "<|assistant|>", "<|end|>", "<|endoftext|>"].map(str::to_owned);
    head.kinds.as_mut().unwrap().push_str("3343");
    head.scores.as_mut().unwrap().extend([-1000.0; 4]);
    head.tokens.as_mut().unwrap().extend(special);
    let line = "<|user|>\nhello<|end|>\n<|assistant|>\n";
    for (architecture, due) in [
        ("phi3", "<|user|> hello<|end|><|assistant|>"),
        ("llama", "<|user|> \nhello<|end|> \n<|assistant|> \n"),
    ] {
        let tokenizer = head.tokenizer_of(architecture);
        let ids = tokenizer.encode(Place::Open, &[(line, Trust::Template)]).unwrap();
        let shown = |id: u32| match tokenizer.bytes(id) {
            [] => tokenizer.name(id).unwrap().to_owned(),
            bytes => String::from_utf8(bytes.to_vec()).unwrap(),
        };
        assert_eq!(ids.into_iter().map(shown).collect::<String>(), due, "{architecture}");
        let behind = tokenizer.encode(Place::Open, &[("<|endoftext|>\n", Trust::Template)]).unwrap();
        assert!(behind.len() > 1, "{architecture}: no turn begins here");
    }
}

/// 100 kB each. What is quadratic takes minutes here; the slowest took 0.16 s in a debug build.
#[test]
fn long_lines_of_one_thing_take_no_time() {
    for head in [PIECES, BYTES].into_iter().flat_map(|fixture| read(fixture).0) {
        let tokenizer = head.tokenizer();
        for unit in ["a", " ", "\n", "7", "A", "漢", "\u{301}", "'", " \n", "Aa"] {
            for (before, behind) in [("", ""), ("x", "x")] {
                let line = format!("{before}{}{behind}", unit.repeat(100_000 / unit.len()));
                let start = Instant::now();
                let ids = tokenizer.encode(Place::Within, &[(&line, Trust::Authored)]).unwrap();
                let name = head.name.as_deref().unwrap();
                assert!(start.elapsed() < Duration::from_secs(20), "{name}: {unit:?}: {:?}", start.elapsed());
                if head.remove_extra_whitespaces != Some(true) {
                    assert!(decoded(&tokenizer, &ids).len() > 90_000, "{name}: {unit:?}");
                }
            }
        }
    }
}

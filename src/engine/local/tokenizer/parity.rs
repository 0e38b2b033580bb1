//! Every line of `tests/data/tokenizer/` must become the tokens that the reference libraries
//! make of it. `make_fixtures.py` there says how they were made.

use std::collections::HashMap;
use std::io::Cursor;
use std::time::{Duration, Instant};

use candle_core::quantized::gguf_file::{self, Value};
use serde::Deserialize;

use super::{Place, Tokenizer, Trust};
use crate::engine::local::gguf::Gguf;

const PIECES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tokenizer/pieces.json"));
const BYTES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tokenizer/bytes.json"));
const DIGITS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

/// A line of a fixture's head; what is not there is as in the line before.
#[derive(Clone, Default, Deserialize)]
struct Head {
    family: Option<char>,
    name: Option<String>,
    merges: Option<Vec<String>>,
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
            tokens: self.tokens.or(before.tokens),
            scores: self.scores.or(before.scores),
            kinds: self.kinds.or(before.kinds),
            add_space_prefix: self.add_space_prefix.or(before.add_space_prefix),
            remove_extra_whitespaces: self.remove_extra_whitespaces.or(before.remove_extra_whitespaces),
        }
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
        let made = merges.iter().map(|merge| merge.replace(' ', ""));
        let tokens: Vec<String> = super::bytes::byte_chars().map(String::from).chain(made).collect();
        vec![
            ("tokenizer.ggml.model", text("gpt2")),
            ("tokenizer.ggml.pre", text(self.name.as_ref().unwrap())),
            ("tokenizer.ggml.token_type", Value::Array(vec![Value::I32(1); tokens.len()])),
            ("tokenizer.ggml.tokens", texts(&tokens)),
            ("tokenizer.ggml.merges", texts(merges)),
        ]
    }

    fn piece_entries(&self) -> Vec<(&'static str, Value)> {
        let kinds = self.kinds.as_ref().unwrap().chars().map(|kind| Value::I32(kind as i32 - '0' as i32));
        let scores = self.scores.as_ref().unwrap().iter().map(|score| Value::F32(*score));
        vec![
            ("tokenizer.ggml.model", text("llama")),
            ("tokenizer.ggml.tokens", texts(self.tokens.as_ref().unwrap())),
            ("tokenizer.ggml.scores", Value::Array(scores.collect())),
            ("tokenizer.ggml.token_type", Value::Array(kinds.collect())),
            ("tokenizer.ggml.add_space_prefix", Value::Bool(self.add_space_prefix.unwrap())),
            ("tokenizer.ggml.remove_extra_whitespaces", Value::Bool(self.remove_extra_whitespaces.unwrap())),
        ]
    }
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

fn decoded(tokenizer: &Tokenizer, ids: &[u32]) -> String {
    let bytes: Vec<u8> = ids.iter().flat_map(|&id| tokenizer.bytes(id)).copied().collect();
    String::from_utf8(bytes).unwrap()
}

/// What the text of the tokens of `line` is, by the rules of the family.
fn due(head: &Head, line: &str) -> String {
    if head.merges.is_some() {
        return if head.name.as_deref() == Some("qwen2") { nfc(line) } else { line.to_owned() };
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
    if head.remove_extra_whitespaces == Some(true) { out.trim_end_matches(' ').to_owned() } else { out }
}

fn nfc(line: &str) -> String {
    let mut line = tokenizers::NormalizedString::from(line);
    line.nfc();
    line.get().to_owned()
}

fn check(fixture: &str, families: usize, comparisons: usize) {
    let (heads, rows) = read(fixture);
    assert_eq!(heads.len(), families);
    assert!(rows.len() >= 1000);
    let (mut checked, mut wrong) = (0, Vec::new());
    for head in &heads {
        let (tokenizer, name) = (head.tokenizer(), head.name.as_deref().unwrap());
        for (line, expected) in &rows {
            let Some(expected) = expected.get(&head.family.unwrap()) else { continue };
            checked += 1;
            let ids = tokenizer.encode(Place::Open, &[(line, Trust::Authored)]).unwrap();
            if ids != *expected {
                wrong.push(format!("{name}: {line:?}\n  {ids:?}\n  {expected:?}"));
            }
            let text = decoded(&tokenizer, &ids);
            if text != due(head, line) {
                wrong.push(format!("{name}: {line:?} comes back as {text:?}"));
            }
        }
    }
    let shown = wrong.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of {checked} differ:\n{shown}", wrong.len());
    assert_eq!(checked, comparisons);
}

#[test]
fn pieces_are_those_of_the_reference() {
    check(PIECES, 4, 4029);
}

#[test]
fn byte_level_tokens_are_those_of_the_reference() {
    check(BYTES, 8, 8080);
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
                assert!(start.elapsed() < Duration::from_secs(1), "{name}: {unit:?}: {:?}", start.elapsed());
                if head.remove_extra_whitespaces != Some(true) {
                    assert!(decoded(&tokenizer, &ids).len() > 90_000, "{name}: {unit:?}");
                }
            }
        }
    }
}

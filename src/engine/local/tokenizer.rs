//! Text to tokens and back, as the model file's own tokenizer does it.
//! Knows: byte-level BPE. Never: messages, templates, probabilities.

use std::collections::HashMap;
use std::ops::Range;

use regex::Regex;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{PreTokenizerWrapper, SplitDelimiterBehavior};

use super::gguf::{Gguf, Value};
use crate::engine::EngineError;

type Result<T> = std::result::Result<T, EngineError>;

/// Which special tokens a stretch of text may contain; what it may not is plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// None: text that a person typed.
    Typed,
    /// Those that the model's maker marked as ordinary words: text of the program's own.
    Authored,
    /// All: the chat template.
    Template,
}

/// What a token is, by the file's `token_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A piece of text.
    Normal,
    /// Steers the model; has no text of its own.
    Control,
    /// A whole word that the model's maker added, with its text.
    UserDefined,
    /// Fills the vocabulary up.
    Unused,
}

/// What text is cut into before BPE.
enum Run<'a> {
    Plain(&'a str),
    Special(&'a str),
}

/// Tokenizer of one model.
pub struct Tokenizer {
    bpe: tokenizers::Tokenizer,
    names: HashMap<String, u32>,
    kinds: Vec<Kind>,
    /// Text of all tokens, one after another.
    bytes: Vec<u8>,
    /// Where each token's text ends in `bytes`.
    ends: Vec<usize>,
    all_special: Option<Regex>,
    user_defined: Option<Regex>,
    bos: Option<u32>,
    adds_bos: bool,
    stops: Vec<u32>,
    /// What the model may not say: control tokens that end no turn, and unused ones.
    silent: Vec<u32>,
}

/// Names under which models end a turn, whatever their metadata says.
const TURN_ENDS: [&str; 9] = [
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "<|endoftext|>",
    "<|end|>",
    "<end_of_turn>",
    "<|end_of_turn|>",
    "</s>",
];

impl Tokenizer {
    /// Builds the tokenizer that `file` describes.
    pub fn read(file: &Gguf<'_>) -> Result<Self> {
        let model = required(file.text("tokenizer.ggml.model")?, "tokenizer.ggml.model")?;
        if model != "gpt2" {
            return Err(EngineError::UnsupportedTokenizer(model.to_owned()));
        }
        let pre = required(file.text("tokenizer.ggml.pre")?, "tokenizer.ggml.pre")?;
        let rules = Rules::named(pre)?;
        let tokens = read_tokens(file)?;
        let kinds = read_kinds(file, tokens.len())?;
        let bpe = build_bpe(&tokens, &kinds, read_merges(file)?, &rules)?;
        let (bytes, ends) = token_bytes(&tokens, &kinds)?;
        let special = |keep: &[Kind]| {
            let listed = tokens.iter().zip(&kinds).filter(|(_, kind)| keep.contains(kind));
            alternatives(listed.map(|(token, _)| *token))
        };
        let id_of = |key: &str| read_id(file, key, tokens.len());
        let mut tokenizer = Self {
            bpe,
            all_special: special(&[Kind::Control, Kind::UserDefined])?,
            user_defined: special(&[Kind::UserDefined])?,
            bytes,
            ends,
            bos: id_of("tokenizer.ggml.bos_token_id")?,
            adds_bos: file.flag("tokenizer.ggml.add_bos_token")?.unwrap_or(rules.adds_bos),
            stops: Vec::new(),
            silent: Vec::new(),
            names: tokens.iter().zip(0..).map(|(token, id)| ((*token).to_owned(), id)).collect(),
            kinds,
        };
        for key in
            ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"]
        {
            tokenizer.stops.extend(id_of(key)?);
        }
        let named = TURN_ENDS.iter().filter_map(|name| tokenizer.names.get(*name));
        tokenizer.stops.extend(named.filter(|&&id| tokenizer.kinds[id as usize] != Kind::Normal));
        if tokenizer.stops.is_empty() {
            return Err(EngineError::MissingKey("tokenizer.ggml.eos_token_id".to_owned()));
        }
        let mute = |kind: &Kind| matches!(kind, Kind::Control | Kind::Unused);
        let muted =
            tokenizer.kinds.iter().zip(0..).filter(|(kind, id)| mute(kind) && !tokenizer.stops.contains(id));
        tokenizer.silent = muted.map(|(_, id)| id).collect();
        Ok(tokenizer)
    }

    /// Number of tokens.
    pub fn vocab(&self) -> usize {
        self.kinds.len()
    }

    /// Tokens of several stretches of text, joined as if they were one.
    ///
    /// Pieces of a word may come from two stretches; a special token never does.
    pub fn encode(&self, stretches: &[(&str, Trust)]) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        self.cut(stretches, &mut |run| {
            match run {
                Run::Plain(text) => ids.extend(self.bpe.encode_fast(text, false).map_err(fault)?.get_ids()),
                Run::Special(name) => ids.extend(self.names.get(name)),
            }
            Ok(())
        })?;
        Ok(ids)
    }

    /// The same tokens, each with the bytes of the joined text that it stands for.
    pub fn locate(&self, stretches: &[(&str, Trust)]) -> Result<Vec<(u32, Range<usize>)>> {
        let (mut located, mut at) = (Vec::new(), 0);
        self.cut(stretches, &mut |run| {
            match run {
                Run::Plain(text) => {
                    let encoding = self.bpe.encode(text, false).map_err(fault)?;
                    let places = encoding.get_offsets().iter().map(|&(from, to)| at + from..at + to);
                    located.extend(encoding.get_ids().iter().copied().zip(places));
                    at += text.len();
                }
                Run::Special(name) => {
                    located.extend(self.names.get(name).map(|&id| (id, at..at + name.len())));
                    at += name.len();
                }
            }
            Ok(())
        })?;
        Ok(located)
    }

    /// Puts the token that begins every text in front, where the model expects it.
    pub fn begin(&self, ids: &mut Vec<u32>) {
        if let Some(bos) = self.bos.filter(|bos| self.adds_bos && ids.first() != Some(bos)) {
            ids.insert(0, bos);
        }
    }

    /// Cuts `stretches` at the special tokens that they may contain.
    fn cut(&self, stretches: &[(&str, Trust)], take: &mut dyn FnMut(Run<'_>) -> Result<()>) -> Result<()> {
        let mut plain = String::new();
        let mut end = |plain: &mut String, special: Option<&str>| {
            if !plain.is_empty() {
                take(Run::Plain(plain))?;
                plain.clear();
            }
            special.map_or(Ok(()), |name| take(Run::Special(name)))
        };
        for (text, trust) in stretches {
            let special = match trust {
                Trust::Typed => None,
                Trust::Authored => self.user_defined.as_ref(),
                Trust::Template => self.all_special.as_ref(),
            };
            let mut from = 0;
            for found in special.iter().flat_map(|special| special.find_iter(text)) {
                plain.push_str(&text[from..found.start()]);
                end(&mut plain, Some(found.as_str()))?;
                from = found.end();
            }
            plain.push_str(&text[from..]);
        }
        end(&mut plain, None)
    }

    /// The text of token `id`, which need not be whole characters. Empty for control tokens.
    pub fn bytes(&self, id: u32) -> &[u8] {
        let id = id as usize;
        let from = if id == 0 { 0 } else { self.ends[id - 1] };
        &self.bytes[from..self.ends[id]]
    }

    /// The name of token `id`, as the file spells it.
    pub fn name(&self, id: u32) -> Option<&str> {
        self.names.iter().find(|(_, other)| **other == id).map(|(name, _)| name.as_str())
    }

    /// Whether token `id` was put into the vocabulary by name, instead of being a piece of text.
    pub fn is_special(&self, id: u32) -> bool {
        self.kinds[id as usize] != Kind::Normal
    }

    /// The token that begins a text, if the model has one.
    pub fn bos(&self) -> Option<u32> {
        self.bos
    }

    /// Tokens that end a turn; the first is the one that the file calls end of sequence.
    pub fn stops(&self) -> &[u32] {
        &self.stops
    }

    /// Makes impossible in `logits` what the model may not say.
    pub fn silence(&self, logits: &mut [f32]) {
        for &id in &self.silent {
            logits[id as usize] = f32::NEG_INFINITY;
        }
    }
}

/// How text is cut before BPE.
struct Rules {
    patterns: &'static [&'static str],
    nfc: bool,
    /// Take a whole word from the vocabulary even where no merges lead to it.
    whole_words: bool,
    adds_bos: bool,
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)";
const LLAMA3: &str = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

impl Rules {
    /// The rules that llama.cpp (`llama-vocab.cpp`) knows by this name.
    fn named(pre: &str) -> Result<Self> {
        let plain = Self { patterns: &[GPT2], nfc: false, whole_words: false, adds_bos: false };
        Ok(match pre {
            "gpt-2" | "gpt2" => plain,
            "llama3" | "llama-v3" | "llama-bpe" => {
                Self { patterns: &[LLAMA3], whole_words: true, adds_bos: true, ..plain }
            }
            "qwen2" => Self { patterns: &[QWEN2], nfc: true, ..plain },
            "smollm" => Self { patterns: &[r"\p{N}", GPT2], ..plain },
            "default" => {
                Self { patterns: &[r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"], ..plain }
            }
            other => return Err(EngineError::UnsupportedPreTokenizer(other.to_owned())),
        })
    }
}

fn fault(error: tokenizers::Error) -> EngineError {
    EngineError::Tokenizer(error.to_string())
}

fn required<T>(value: Option<T>, key: &str) -> Result<T> {
    value.ok_or_else(|| EngineError::MissingKey(key.to_owned()))
}

fn read_tokens<'a>(file: &Gguf<'a>) -> Result<Vec<&'a str>> {
    let key = "tokenizer.ggml.tokens";
    let array = required(file.array(key)?, key)?;
    let tokens: Vec<_> = array.iter().map(|value| text_of(value?, key)).collect::<Result<_>>()?;
    if tokens.is_empty() || u32::try_from(tokens.len()).is_err() {
        return Err(EngineError::bad_value(key, format!("{} tokens", tokens.len())));
    }
    Ok(tokens)
}

fn text_of<'a>(value: Value<'a>, key: &str) -> Result<&'a str> {
    let Value::Text(text) = value else { return Err(EngineError::bad_value(key, "holds no texts")) };
    std::str::from_utf8(text).map_err(|_| EngineError::bad_value(key, "not UTF-8"))
}

fn read_kinds(file: &Gguf<'_>, vocab: usize) -> Result<Vec<Kind>> {
    let key = "tokenizer.ggml.token_type";
    let array = required(file.array(key)?, key)?;
    if array.len() != vocab {
        return Err(EngineError::bad_value(key, format!("{} entries for {vocab} tokens", array.len())));
    }
    let kind = |value| match value {
        Value::Int(1 | 6) | Value::Uint(1 | 6) => Ok(Kind::Normal),
        Value::Int(2 | 3) | Value::Uint(2 | 3) => Ok(Kind::Control),
        Value::Int(4) | Value::Uint(4) => Ok(Kind::UserDefined),
        Value::Int(0 | 5) | Value::Uint(0 | 5) => Ok(Kind::Unused),
        other => Err(EngineError::bad_value(key, format!("unknown kind {other:?}"))),
    };
    array.iter().map(|value| kind(value?)).collect()
}

fn read_merges(file: &Gguf<'_>) -> Result<Vec<(String, String)>> {
    let key = "tokenizer.ggml.merges";
    let array = required(file.array(key)?, key)?;
    let pair = |value| {
        let merge = text_of(value, key)?;
        // A token may begin with the separator itself.
        let cut = merge.char_indices().skip(1).find(|(_, c)| *c == ' ').map(|(at, _)| at);
        let cut = cut.ok_or_else(|| EngineError::bad_value(key, format!("{merge:?} is no pair")))?;
        Ok((merge[..cut].to_owned(), merge[cut + 1..].to_owned()))
    };
    array.iter().map(|value| pair(value?)).collect()
}

fn read_id(file: &Gguf<'_>, key: &str, vocab: usize) -> Result<Option<u32>> {
    match file.uint(key)? {
        None => Ok(None),
        Some(id) if id < vocab as u64 => Ok(Some(id as u32)),
        Some(id) => Err(EngineError::bad_value(key, format!("token {id} of {vocab}"))),
    }
}

/// Only normal tokens go in, so that no merge can ever build a special one out of plain text.
fn build_bpe(
    tokens: &[&str],
    kinds: &[Kind],
    merges: Vec<(String, String)>,
    rules: &Rules,
) -> Result<tokenizers::Tokenizer> {
    let normal = tokens.iter().zip(kinds).zip(0..).filter(|((_, kind), _)| **kind == Kind::Normal);
    let vocab: HashMap<String, u32> = normal.map(|((token, _), id)| ((*token).to_owned(), id)).collect();
    if let Some(missing) = ByteLevel::alphabet().iter().find(|c| !vocab.contains_key(&c.to_string())) {
        let why = format!("no token for the byte written {missing:?}");
        return Err(EngineError::bad_value("tokenizer.ggml.tokens", why));
    }
    if let Some((a, b)) = merges.iter().find(|(a, b)| {
        !vocab.contains_key(a) || !vocab.contains_key(b) || !vocab.contains_key(&format!("{a}{b}"))
    }) {
        return Err(EngineError::bad_value("tokenizer.ggml.merges", format!("{a:?} {b:?} makes no token")));
    }
    let vocab: Vocab = vocab.into_iter().collect();
    let bpe = BPE::builder().vocab_and_merges(vocab, merges).ignore_merges(rules.whole_words);
    let mut tokenizer = tokenizers::Tokenizer::new(bpe.build().map_err(fault)?);
    let mut steps: Vec<PreTokenizerWrapper> = Vec::new();
    for pattern in rules.patterns {
        let pattern = SplitPattern::Regex((*pattern).to_owned());
        steps.push(Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map_err(fault)?.into());
    }
    steps.push(ByteLevel::new(false, false, false).into());
    tokenizer.with_pre_tokenizer(Some(Sequence::new(steps)));
    if rules.nfc {
        tokenizer.with_normalizer(Some(NFC)).map_err(fault)?;
    }
    Ok(tokenizer)
}

/// A pattern that finds any of `names`, the longest where several begin at one place.
fn alternatives<'a>(names: impl Iterator<Item = &'a str>) -> Result<Option<Regex>> {
    let mut names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    if names.is_empty() {
        return Ok(None);
    }
    let pattern = names.iter().map(|name| regex::escape(name)).collect::<Vec<_>>().join("|");
    Regex::new(&pattern).map(Some).map_err(|e| EngineError::Tokenizer(e.to_string()))
}

/// Text of every token, and where each ends.
fn token_bytes(tokens: &[&str], kinds: &[Kind]) -> Result<(Vec<u8>, Vec<usize>)> {
    let byte_of: HashMap<char, u8> = byte_chars().zip(0..=255).collect();
    let mut bytes = Vec::new();
    let mut ends = Vec::with_capacity(tokens.len());
    for (token, kind) in tokens.iter().zip(kinds) {
        match kind {
            Kind::Normal => {
                for c in token.chars() {
                    bytes.push(*byte_of.get(&c).ok_or_else(|| {
                        EngineError::bad_value(
                            "tokenizer.ggml.tokens",
                            format!("{token:?} is not byte-level"),
                        )
                    })?);
                }
            }
            Kind::UserDefined => bytes.extend_from_slice(token.as_bytes()),
            Kind::Control | Kind::Unused => {}
        }
        ends.push(bytes.len());
    }
    Ok((bytes, ends))
}

/// The character under which GPT-2 writes each byte: itself if printable, else one from 256 on.
fn byte_chars() -> impl Iterator<Item = char> {
    let mut spare = (256..).filter_map(char::from_u32);
    (0..=255u8).map(move |byte| match byte {
        b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff => char::from(byte),
        _ => spare.next().unwrap_or(char::REPLACEMENT_CHARACTER),
    })
}

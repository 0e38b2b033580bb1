//! Byte-level BPE: tokens are sequences of bytes, joined in the order of the file's merges.
//! Knows: merges, rules for cutting text. Never: special tokens.

use std::collections::HashMap;

use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{PreTokenizerWrapper, SplitDelimiterBehavior};

use super::entries::{self, Kind, TOKENS};
use super::rules::Rules;
use crate::engine::EngineError;
use crate::engine::local::gguf::Gguf;

type Result<T> = std::result::Result<T, EngineError>;

/// Byte-level BPE of one model.
pub(super) struct Bytes(tokenizers::Tokenizer);

impl Bytes {
    /// Only normal tokens go in, so that no merge can ever build a special one out of plain text.
    pub(super) fn read(file: &Gguf<'_>, tokens: &[&str], kinds: &[Kind], rules: &Rules) -> Result<Self> {
        let fault = |e: tokenizers::Error| EngineError::Tokenizer(e.to_string());
        let normal = tokens.iter().zip(kinds).zip(0..).filter(|((_, kind), _)| kind.is_text());
        let vocab: HashMap<String, u32> = normal.map(|((token, _), id)| ((*token).to_owned(), id)).collect();
        let mut needed = byte_chars().zip(0..=255).filter(|(_, byte)| is_needed(*byte));
        if let Some((name, _)) = needed.find(|(name, _)| !vocab.contains_key(&name.to_string())) {
            return Err(EngineError::bad_value(TOKENS, format!("no token for the byte written {name:?}")));
        }
        let merges = entries::merges(file)?;
        if let Some((a, b)) = merges.iter().find(|(a, b)| {
            !vocab.contains_key(a) || !vocab.contains_key(b) || !vocab.contains_key(&format!("{a}{b}"))
        }) {
            return Err(EngineError::bad_value(entries::MERGES, format!("{a:?} {b:?} makes no token")));
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
        Ok(Self(tokenizer))
    }

    /// Adds the tokens of `text` to `ids`.
    pub(super) fn encode(&self, text: &str, ids: &mut Vec<u32>) -> Result<()> {
        let encoding = self.0.encode_fast(text, false).map_err(|e| EngineError::Tokenizer(e.to_string()))?;
        ids.extend(encoding.get_ids());
        Ok(())
    }
}

/// Whether text that means something has this byte. SmolLM's vocabularies lack others: control
/// characters, and beginnings of characters that nobody uses. The reference libraries leave those
/// out of a text without a word, and so does `Bytes`.
fn is_needed(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..=0xbf | 0xc2..=0xf0 | 0xf3..=0xf4)
}

/// From the way tokens are written to the bytes that they stand for.
pub(super) struct Alphabet(HashMap<char, u8>);

impl Alphabet {
    pub(super) fn new() -> Self {
        Self(byte_chars().zip(0..=255).collect())
    }

    /// Adds the text of a normal token to `bytes`.
    pub(super) fn write(&self, token: &str, bytes: &mut Vec<u8>) -> Result<()> {
        for c in token.chars() {
            let byte = self.0.get(&c).copied();
            bytes.push(
                byte.ok_or_else(|| EngineError::bad_value(TOKENS, format!("{token:?} is not byte-level")))?,
            );
        }
        Ok(())
    }
}

/// The character under which GPT-2 writes each byte: itself if printable, else one from 256 on.
pub(super) fn byte_chars() -> impl Iterator<Item = char> {
    let mut spare = (256..).filter_map(char::from_u32);
    (0..=255u8).map(move |byte| match byte {
        b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff => char::from(byte),
        _ => spare.next().unwrap_or(char::REPLACEMENT_CHARACTER),
    })
}

//! Byte-level BPE: tokens are sequences of bytes, joined in the order of the file's merges.
//! Knows: merges, rules for cutting text. Never: special tokens.

use std::cmp::Reverse;
use std::collections::HashMap;

use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{
    NormalizedString, Normalizer, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer,
    SplitDelimiterBehavior,
};

use super::entries::{self, Kind, MERGES, TOKENS};
use super::joins::Pieces;
use super::rules::Rules;
use super::texts::{Index, Texts};
use crate::engine::EngineError;
use crate::engine::local::gguf::Gguf;

type Result<T> = std::result::Result<T, EngineError>;

/// Byte-level BPE of one model. The library cuts the text; joining is our own, because the library's holds every
/// token and every merge as strings, 69 MiB more for 152,000 of them.
pub(super) struct Bytes {
    cuts: Sequence,
    composes: bool,
    /// The token of each byte, where there is one.
    bytes: Box<[Option<u32>; 256]>,
    /// What two tokens make, and the place of the merge in the file: the earlier goes first.
    merges: HashMap<(u32, u32), (u32, u32)>,
    /// Words that are taken whole even where no merges lead to them.
    words: Option<Index>,
}

impl Bytes {
    /// Only normal tokens go in, so that no merge can ever build a special one out of plain text.
    pub(super) fn read(file: &Gguf<'_>, texts: &Texts, kinds: &[Kind], rules: &Rules) -> Result<Self> {
        let fault = |e: tokenizers::Error| EngineError::Tokenizer(e.to_string());
        let normal = kinds.iter().zip(0..).filter(|(kind, _)| kind.is_text());
        let index = Index::new(texts, normal.map(|(_, id)| id));
        let bytes: Box<[_; 256]> = Box::new(std::array::from_fn(|byte| index.find(texts, &[byte as u8])));
        let mut needed = byte_chars().zip(0..=255).filter(|(_, byte)| is_needed(*byte));
        if let Some((name, _)) = needed.find(|(_, byte)| bytes[usize::from(*byte)].is_none()) {
            return Err(EngineError::bad_value(TOKENS, format!("no token for the byte written {name:?}")));
        }
        let merges = merges(file, texts, &index)?;
        let cut = |pattern: &&str| {
            let pattern = SplitPattern::Regex((*pattern).to_owned());
            Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map(Into::into)
        };
        let cuts = rules.patterns.iter().map(cut).collect::<tokenizers::Result<_>>().map_err(fault)?;
        Ok(Self {
            cuts: Sequence::new(cuts),
            composes: rules.nfc,
            bytes,
            merges,
            words: rules.whole_words.then_some(index),
        })
    }

    /// Adds the tokens of `text` to `ids`.
    pub(super) fn encode(&self, texts: &Texts, text: &str, ids: &mut Vec<u32>) -> Result<()> {
        let fault = |e: tokenizers::Error| EngineError::Tokenizer(e.to_string());
        let mut text = NormalizedString::from(text);
        if self.composes {
            NFC.normalize(&mut text).map_err(fault)?;
        }
        let mut cut = PreTokenizedString::from(text);
        self.cuts.pre_tokenize(&mut cut).map_err(fault)?;
        for (word, ..) in cut.get_splits(OffsetReferential::Normalized, OffsetType::Byte) {
            self.add(texts, word.as_bytes(), ids);
        }
        Ok(())
    }

    /// Adds the tokens of one word. Bytes without a token are left out.
    fn add(&self, texts: &Texts, word: &[u8], ids: &mut Vec<u32>) {
        if let Some(id) = self.words.as_ref().and_then(|words| words.find(texts, word)) {
            ids.push(id);
            return;
        }
        let mut pieces = Pieces::default();
        for (at, byte) in word.iter().enumerate() {
            if let Some(id) = self.bytes[usize::from(*byte)] {
                pieces.push(id, at, 1);
            }
        }
        pieces.join(|left, right| {
            self.merges.get(&(left.id, right.id)).map(|(place, id)| (Reverse(*place), *id))
        });
        ids.extend(pieces.iter().map(|piece| piece.id));
    }
}

/// What the file says which two tokens make, and how early it says so.
fn merges(file: &Gguf<'_>, texts: &Texts, index: &Index) -> Result<HashMap<(u32, u32), (u32, u32)>> {
    let alphabet = Alphabet::new();
    let all = entries::merges(file)?;
    let mut merges = HashMap::with_capacity(all.len());
    let mut both = Vec::new();
    for (place, merge) in (0..).zip(all) {
        let (left, right) = merge?;
        both.clear();
        let written = alphabet.write(left, &mut both).is_ok();
        let cut = both.len();
        let written = written && alphabet.write(right, &mut both).is_ok();
        let find = |text: &[u8]| index.find(texts, text).filter(|_| written);
        let made = (find(&both[..cut]), find(&both[cut..]), find(&both));
        let (Some(a), Some(b), Some(whole)) = made else {
            return Err(EngineError::bad_value(MERGES, format!("{left:?} {right:?} makes no token")));
        };
        merges.insert((a, b), (place, whole));
    }
    Ok(merges)
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

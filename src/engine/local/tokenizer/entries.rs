//! The metadata that describes a tokenizer.
//! Knows: keys and their values. Never: what is made of them.

use crate::engine::EngineError;
use crate::engine::local::gguf::{Array, Gguf, Value};

type Result<T> = std::result::Result<T, EngineError>;

/// Key of the vocabulary.
pub(super) const TOKENS: &str = "tokenizer.ggml.tokens";
/// Key of byte-level BPE's merges.
pub(super) const MERGES: &str = "tokenizer.ggml.merges";

/// What a token is, by the file's `token_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A piece of text.
    Normal,
    /// A byte of a character that has no token.
    Byte,
    /// Steers the model; has no text of its own.
    Control,
    /// A whole word that the model's maker added, with its text.
    UserDefined,
    /// Fills the vocabulary up.
    Unused,
}

impl Kind {
    /// Whether text that nobody marked can become such a token.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Normal | Self::Byte)
    }
}

/// `value`, or the error that says that `key` is missing.
pub(super) fn required<T>(value: Option<T>, key: &str) -> Result<T> {
    value.ok_or_else(|| EngineError::MissingKey(key.to_owned()))
}

/// The vocabulary.
pub(super) fn tokens<'a>(file: &Gguf<'a>) -> Result<Vec<&'a str>> {
    let array = required(file.array(TOKENS)?, TOKENS)?;
    let tokens: Vec<_> = array.iter().map(|value| text_of(value?, TOKENS)).collect::<Result<_>>()?;
    if tokens.is_empty() || u32::try_from(tokens.len()).is_err() {
        return Err(EngineError::bad_value(TOKENS, format!("{} tokens", tokens.len())));
    }
    Ok(tokens)
}

/// What each token is: (vocab,).
pub(super) fn kinds(file: &Gguf<'_>, vocab: usize) -> Result<Vec<Kind>> {
    let key = "tokenizer.ggml.token_type";
    let kind = |value| match value {
        Value::Int(1) | Value::Uint(1) => Ok(Kind::Normal),
        Value::Int(2 | 3) | Value::Uint(2 | 3) => Ok(Kind::Control),
        Value::Int(4) | Value::Uint(4) => Ok(Kind::UserDefined),
        Value::Int(0 | 5) | Value::Uint(0 | 5) => Ok(Kind::Unused),
        Value::Int(6) | Value::Uint(6) => Ok(Kind::Byte),
        other => Err(EngineError::bad_value(key, format!("unknown kind {other:?}"))),
    };
    per_token(file, key, vocab)?.iter().map(|value| kind(value?)).collect()
}

/// The score of each token: (vocab,), all finite.
pub(super) fn scores(file: &Gguf<'_>, vocab: usize) -> Result<Vec<f32>> {
    let key = "tokenizer.ggml.scores";
    let score = |value| match value {
        Value::Float(score) if (score as f32).is_finite() => Ok(score as f32),
        Value::Int(score) => Ok(score as f32),
        other => Err(EngineError::bad_value(key, format!("{other:?} is no score"))),
    };
    per_token(file, key, vocab)?.iter().map(|value| score(value?)).collect()
}

/// Which two tokens are joined, the first first.
pub(super) fn merges<'a>(
    file: &Gguf<'a>,
) -> Result<impl ExactSizeIterator<Item = Result<(&'a str, &'a str)>> + use<'a>> {
    let array = required(file.array(MERGES)?, MERGES)?;
    let pair = |value| {
        let merge = text_of(value, MERGES)?;
        // A token may begin with the separator itself.
        let cut = merge.char_indices().skip(1).find(|(_, c)| *c == ' ').map(|(at, _)| at);
        let cut = cut.ok_or_else(|| EngineError::bad_value(MERGES, format!("{merge:?} is no pair")))?;
        Ok((&merge[..cut], &merge[cut + 1..]))
    };
    Ok(array.iter().map(move |value| pair(value?)))
}

/// The token that `key` names, if it does.
pub(super) fn id(file: &Gguf<'_>, key: &str, vocab: usize) -> Result<Option<u32>> {
    match file.uint(key)? {
        None => Ok(None),
        Some(id) if id < vocab as u64 => Ok(Some(id as u32)),
        Some(id) => Err(EngineError::bad_value(key, format!("token {id} of {vocab}"))),
    }
}

fn per_token<'a>(file: &Gguf<'a>, key: &str, vocab: usize) -> Result<Array<'a>> {
    let array = required(file.array(key)?, key)?;
    if array.len() != vocab {
        return Err(EngineError::bad_value(key, format!("{} entries for {vocab} tokens", array.len())));
    }
    Ok(array)
}

fn text_of<'a>(value: Value<'a>, key: &str) -> Result<&'a str> {
    let Value::Text(text) = value else { return Err(EngineError::bad_value(key, "holds no texts")) };
    std::str::from_utf8(text).map_err(|_| EngineError::bad_value(key, "not UTF-8"))
}

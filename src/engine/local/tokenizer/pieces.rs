//! SentencePiece BPE: characters are joined to pieces, those with the highest score first.
//! Knows: pieces and their scores. Never: special tokens, merges.
//!
//! The algorithm is SentencePiece's (`bpe_model.cc`); what a GGUF file says about it is read as
//! llama.cpp does (`llama-vocab.cpp`).

use std::cmp::Ordering;
use std::collections::HashMap;

use super::entries::{self, Kind, TOKENS};
use super::{Place, joins};
use crate::engine::EngineError;
use crate::engine::local::gguf::Gguf;

type Result<T> = std::result::Result<T, EngineError>;

/// Stands for a space in pieces.
const SPACE: char = '\u{2581}';

/// SentencePiece BPE of one model.
pub(super) struct Pieces {
    /// Normal pieces only, so that no text can ever become a special token.
    ids: HashMap<String, u32>,
    scores: Vec<f32>, // (vocab,), finite
    /// What stands for each byte of a character that has no piece.
    bytes: [u32; 256],
    space_first: bool,
    merges_spaces: bool,
}

/// How good a piece is.
#[derive(PartialEq)]
struct Score(f32);

impl Pieces {
    pub(super) fn read(file: &Gguf<'_>, tokens: &[&str], kinds: &[Kind]) -> Result<Self> {
        let normal = tokens.iter().zip(kinds).zip(0..).filter(|((_, kind), _)| **kind == Kind::Normal);
        let mut bytes = [None; 256];
        for ((token, _), id) in
            tokens.iter().zip(kinds).zip(0..).filter(|((_, kind), _)| **kind == Kind::Byte)
        {
            bytes[usize::from(byte_of(token)?)] = Some(id);
        }
        if let Some(missing) = bytes.iter().position(Option::is_none) {
            return Err(EngineError::bad_value(TOKENS, format!("no token for the byte 0x{missing:02X}")));
        }
        Ok(Self {
            ids: normal.map(|((token, _), id)| ((*token).to_owned(), id)).collect(),
            scores: entries::scores(file, tokens.len())?,
            bytes: bytes.map(Option::unwrap_or_default),
            space_first: file.flag("tokenizer.ggml.add_space_prefix")?.unwrap_or(true),
            merges_spaces: file.flag("tokenizer.ggml.remove_extra_whitespaces")?.unwrap_or(false),
        })
    }

    /// Whether a text at `place` is given a space to begin with.
    pub(super) fn begins_with_space(&self, place: Place) -> bool {
        self.space_first && place == Place::Open
    }

    /// Adds the tokens of `text` to `ids`.
    pub(super) fn encode(&self, text: &str, place: Place, ids: &mut Vec<u32>) {
        let text = self.normalised(text, place);
        let mut pieces = joins::Pieces::default();
        for (at, c) in text.char_indices() {
            pieces.push(0, at, c.len_utf8());
        }
        pieces.join(|left, right| {
            let id = *self.ids.get(&text[left.at..right.at + right.len])?;
            Some((Score(self.scores[id as usize]), id))
        });
        for piece in pieces.iter() {
            let piece = &text[piece.at..piece.at + piece.len];
            match self.ids.get(piece) {
                Some(id) => ids.push(*id),
                None => ids.extend(piece.bytes().map(|byte| self.bytes[usize::from(byte)])),
            }
        }
    }

    fn normalised(&self, text: &str, place: Place) -> String {
        let text = if self.merges_spaces { text.trim_start_matches(' ') } else { text };
        let mut out = String::with_capacity(text.len() + SPACE.len_utf8());
        if self.begins_with_space(place) && !text.is_empty() {
            out.push(SPACE);
        }
        let mut spaces = 0;
        for c in text.chars() {
            spaces = if c == ' ' { spaces + 1 } else { 0 };
            match c {
                ' ' if spaces > 1 && self.merges_spaces => {}
                ' ' => out.push(SPACE),
                _ => out.push(c),
            }
        }
        if self.merges_spaces {
            out.truncate(out.trim_end_matches(SPACE).len());
        }
        out
    }
}

/// `piece` with spaces where it stands for spaces.
pub(super) fn plain(piece: &str) -> String {
    piece.replace(SPACE, " ")
}

/// The byte that a piece such as `<0x0A>` stands for.
pub(super) fn byte_of(piece: &str) -> Result<u8> {
    let digits = piece.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>'));
    let digits = digits.filter(|digits| digits.len() == 2);
    let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
    byte.ok_or_else(|| EngineError::bad_value(TOKENS, format!("{piece:?} is no byte")))
}

impl Eq for Score {}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        // `total_cmp` would tell 0 from -0, which is the score of a vocabulary's first piece.
        self.0.partial_cmp(&other.0).unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

//! How text is cut before byte-level BPE, by the name that a file gives to it.
//! Knows: regular expressions. Never: tokens.
//!
//! The expressions are those of the models' own `tokenizer.json` files; llama.cpp
//! (`llama-vocab.cpp`) lists which name stands for which. Names that are not here are refused: a
//! wrong cut does not fail, it only makes a model worse.

use crate::engine::EngineError;

/// How text is cut before BPE.
pub(super) struct Rules {
    /// Applied one after another; each cuts further what the one before it left.
    pub(super) patterns: &'static [&'static str],
    /// Compose characters first.
    pub(super) nfc: bool,
    /// Take a whole word from the vocabulary even where no merges lead to it.
    pub(super) whole_words: bool,
    /// Whether a text begins with a token of its own, if the file does not say.
    pub(super) adds_bos: bool,
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// As `LLAMA3`, but every digit on its own.
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// As `TEKKEN`, but with endings such as 's at the word and up to three digits together.
const GPT4O: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

impl Rules {
    /// The rules with this name.
    pub(super) fn named(pre: &str) -> Result<Self, EngineError> {
        let cut = |patterns| Self { patterns, nfc: false, whole_words: false, adds_bos: false };
        Ok(match pre {
            "gpt-2" | "gpt2" | "phi-2" => cut(&[GPT2]),
            "smollm" | "starcoder" | "refact" => cut(&[r"\p{N}", GPT2]),
            "llama3" | "llama-v3" | "llama-bpe" | "falcon3" | "lfm2" | "pixtral" => {
                Self { whole_words: true, adds_bos: true, ..cut(&[LLAMA3]) }
            }
            "dbrx" | "smaug-bpe" | "chatglm-bpe" => cut(&[LLAMA3]),
            "glm4" => Self { whole_words: true, ..cut(&[LLAMA3]) },
            "qwen2" => Self { nfc: true, ..cut(&[QWEN2]) },
            "deepseek-r1-qwen" | "megrez" => cut(&[QWEN2]),
            "tekken" => Self { whole_words: true, adds_bos: true, ..cut(&[TEKKEN]) },
            "gpt-4o" => cut(&[GPT4O]),
            "default" => cut(&[r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"]),
            other => return Err(EngineError::UnsupportedPreTokenizer(other.to_owned())),
        })
    }
}

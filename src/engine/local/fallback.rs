//! Families that the decoder does not describe, run by candle-transformers.
//! Knows: how its models are loaded and told to go on. Never: what is in them.
//!
//! They remember what they read, but cannot forget a part of it: a prompt that goes another way is
//! read from its beginning, where each of them begins anew.

use std::io::Cursor;

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::{Device, Tensor};
use candle_transformers::models::{quantized_lfm2, quantized_phi};

use super::config::Outline;
use super::gguf::Gguf;
use super::sampler::log_sum_exp;
use crate::engine::EngineError;

type Result<T> = std::result::Result<T, EngineError>;

/// A model of candle-transformers, and the tokens it has read.
pub struct Fallback {
    net: Net,
    device: Device,
    tokens: Vec<u32>,
    logits: Vec<f32>, // (vocab) behind the last token
    /// It has read something, be it forgotten or not.
    used: bool,
}

enum Net {
    /// Convolutions over a few tokens, with attention between them.
    Lfm2(Box<quantized_lfm2::ModelWeights>),
    /// Attention and feed-forward side by side.
    Phi2(Box<quantized_phi::ModelWeights>),
}

/// Longest piece of a prompt.
const PIECE_TOK: usize = 512;
/// Longest beginning of a prompt that LFM2 reads at once.
const LFM2_BEGINNING_TOK: usize = 1024;
/// LFM2 makes a table of as many positions as its file claims; more than these are not believed.
const LFM2_POSITIONS: usize = 1 << 18;

/// What can be said of `file` if its family is one of those here.
pub fn outline(file: &Gguf<'_>) -> Result<Option<Outline>> {
    let Some(most_tok) = file.text("general.architecture")?.and_then(positions) else { return Ok(None) };
    let outline = Outline::read(file)?;
    Ok(Some(Outline { context_tok: outline.context_tok.min(most_tok), ..outline }))
}

/// Longest context that the model for `arch` can have, if there is one.
fn positions(arch: &str) -> Option<usize> {
    match arch {
        "lfm2" => Some(LFM2_POSITIONS),
        "phi2" => Some(quantized_phi::MAX_SEQ_LEN),
        _ => None,
    }
}

impl Fallback {
    /// Loads the model that `outline` tells of from `bytes`, which `file` has looked through and
    /// whose tokenizer has `vocab` tokens.
    pub fn load(
        outline: &Outline,
        (file, bytes): (&Gguf<'_>, &[u8]),
        vocab: usize,
        device: &Device,
    ) -> Result<Self> {
        for name in ["token_embd.weight", "output.weight"] {
            check_rows(file, name, vocab)?;
        }
        let mut reader = Cursor::new(bytes);
        let mut content = Content::read(&mut reader).map_err(damaged)?;
        let positions = Value::U32(u32::try_from(outline.context_tok).unwrap_or(u32::MAX));
        content.metadata.insert(format!("{}.context_length", outline.architecture), positions);
        let net = match outline.architecture.as_str() {
            "lfm2" => quantized_lfm2::ModelWeights::from_gguf(content, &mut reader, device)
                .map(|model| Net::Lfm2(Box::new(model))),
            "phi2" => quantized_phi::ModelWeights::from_gguf(content, &mut reader, device)
                .map(|model| Net::Phi2(Box::new(model))),
            other => return Err(EngineError::UnsupportedArchitecture(other.to_owned())),
        };
        let net = net.map_err(damaged)?;
        Ok(Self { net, device: device.clone(), tokens: Vec::new(), logits: Vec::new(), used: false })
    }

    /// The tokens read so far.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// The logits (vocab) behind the last token; whoever gets them may change them.
    pub fn logits(&mut self) -> &mut [f32] {
        &mut self.logits
    }

    /// Forgets everything, unless `prompt` begins with all that was read. How many tokens are left.
    pub fn keep_common(&mut self, prompt: &[u32]) -> usize {
        if !prompt.starts_with(&self.tokens) {
            self.tokens.clear();
        }
        self.tokens.len()
    }

    /// How many of the next `left` tokens to read at once.
    ///
    /// LFM2 takes what came before into its convolutions only token by token.
    pub fn piece_tok(&self, left: usize) -> usize {
        left.min(match (&self.net, self.tokens.len()) {
            (Net::Lfm2(_), 0) => LFM2_BEGINNING_TOK,
            (Net::Lfm2(_), _) => 1,
            (Net::Phi2(_), _) => PIECE_TOK,
        })
    }

    /// Reads at most `piece_tok` tokens behind those read so far.
    pub fn read(&mut self, tokens: &[u32]) -> Result<()> {
        // Until all went well nothing counts as read: after an error the model begins anew.
        let past = std::mem::take(&mut self.tokens);
        let input = Tensor::new(tokens, &self.device)?.unsqueeze(0)?;
        let logits = match &mut self.net {
            Net::Lfm2(model) => {
                // One token at the beginning leaves the convolutions as an earlier text left them.
                if self.used && past.is_empty() && tokens.len() == 1 {
                    return Err(EngineError::UnsupportedFeature(
                        "a prompt of more than one token".to_owned(),
                    ));
                }
                self.used = true;
                model.forward(&input, past.len())?
            }
            Net::Phi2(model) => model.forward(&input, past.len())?,
        };
        self.logits = logits.flatten_all()?.to_vec1()?;
        self.tokens = past;
        self.tokens.extend_from_slice(tokens);
        Ok(())
    }

    /// Reads texts that follow what was read, and forgets everything. The log-probability, in nats,
    /// that each of `next`, one for every token of all texts, comes behind it.
    pub fn weigh(&mut self, texts: &[&[u32]], next: &[u32]) -> Result<Vec<f32>> {
        let prompt = self.tokens.clone();
        let mut logprobs = Vec::with_capacity(next.len());
        for (n, text) in texts.iter().enumerate() {
            if n > 0 {
                self.begin_with(&prompt)?;
            }
            for token in text.chunks(1) {
                self.read(token)?;
                let id = next[logprobs.len()] as usize;
                logprobs.push(self.logits[id] - log_sum_exp(&self.logits)?);
            }
        }
        self.tokens.clear();
        Ok(logprobs)
    }

    fn begin_with(&mut self, prompt: &[u32]) -> Result<()> {
        self.tokens.clear();
        while self.tokens.len() < prompt.len() {
            let past = self.tokens.len();
            self.read(&prompt[past..past + self.piece_tok(prompt.len() - past)])?;
        }
        Ok(())
    }
}

/// What candle-transformers does not find in a file, or finds in another shape.
fn damaged(fault: candle_core::Error) -> EngineError {
    EngineError::Damaged(fault.to_string())
}

/// A row for each token: where there are fewer, a token would have no logit.
fn check_rows(file: &Gguf<'_>, name: &str, vocab: usize) -> Result<()> {
    match file.tensor(name).map(|info| info.shape.as_slice()) {
        Some(&[rows, columns]) if rows != vocab => Err(EngineError::WrongShape {
            tensor: name.to_owned(),
            expected: vec![vocab, columns],
            found: vec![rows, columns],
        }),
        _ => Ok(()),
    }
}

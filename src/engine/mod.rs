//! A machine that continues conversations: messages in, text out.
//! Knows: tokens, tensors, model files. Never: motivational interviewing, personas, screens.

use std::ops::ControlFlow;
use std::time::Duration;

use serde::Serialize;

use crate::chat::Message;

pub use error::EngineError;

mod error;
pub mod kernels;
pub mod local;
pub mod remote;
pub mod scripted;
pub mod worker;

/// Something that can continue a conversation, and say how likely given continuations are.
pub trait Engine: Send {
    /// Writes the next assistant message. Blocks until done; `Break` stops at once.
    ///
    /// `emit` gets whole pieces of text. It also gets the empty piece now and then while there is
    /// nothing to show, such as while a long prompt is read, so that the caller can stop then, too.
    fn generate(
        &mut self,
        req: &Request,
        emit: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Finish, EngineError>;

    /// Writes a reply for each of `seeds`, which take the place of `req.seed`; where the engine can,
    /// all of them at once over one prompt. `go_on` is asked between steps; `Break` ends all.
    fn candidates(
        &mut self,
        req: &Request,
        seeds: &[u64],
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Vec<Finish>, EngineError> {
        let mut one = |&seed: &u64| self.generate(&Request { seed, ..req.clone() }, &mut |_| go_on());
        seeds.iter().map(&mut one).collect()
    }

    /// How likely each option is as the next assistant message: one answer per option, in order.
    fn choose(&mut self, req: &ChooseRequest) -> Result<Vec<Likelihood>, EngineError>;

    /// Tokens that `messages` take in the context, with what the template puts around them.
    fn count_tokens(&self, messages: &[Message]) -> Result<usize, EngineError>;

    /// How words are best drawn from this model.
    fn sampling(&self) -> Sampling {
        Sampling::default()
    }

    /// What is loaded.
    fn info(&self) -> &ModelInfo;
}

impl Engine for Box<dyn Engine> {
    fn generate(
        &mut self,
        req: &Request,
        emit: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Finish, EngineError> {
        self.as_mut().generate(req, emit)
    }

    fn candidates(
        &mut self,
        req: &Request,
        seeds: &[u64],
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Vec<Finish>, EngineError> {
        self.as_mut().candidates(req, seeds, go_on)
    }

    fn choose(&mut self, req: &ChooseRequest) -> Result<Vec<Likelihood>, EngineError> {
        self.as_mut().choose(req)
    }

    fn count_tokens(&self, messages: &[Message]) -> Result<usize, EngineError> {
        self.as_ref().count_tokens(messages)
    }

    fn sampling(&self) -> Sampling {
        self.as_ref().sampling()
    }

    fn info(&self) -> &ModelInfo {
        self.as_ref().info()
    }
}

/// One reply to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The conversation so far. Text in user messages is never read as control tokens.
    pub messages: Vec<Message>,
    /// How the next token is drawn.
    pub sampling: Sampling,
    /// The reply ends here at the latest. Prompt and this must fit the context together.
    pub max_tok: usize,
    /// Texts that end the reply; none of them is ever emitted, not even partly.
    pub stop: Vec<String>,
    /// Seed of the draw.
    ///
    /// The same seed after the same calls gives the same bytes on the same build and device.
    pub seed: u64,
}

/// How the next token is drawn: top-k, then top-p, then min-p, then temperature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// 0 takes the likeliest token; 1 draws from the model's own distribution.
    pub temperature: f32,
    /// Keep this many of the likeliest tokens; 0 keeps all.
    pub top_k: usize,
    /// Keep the likeliest tokens that together have this probability; 1 keeps all.
    pub top_p: f32,
    /// Keep tokens at least this likely, as a share of the likeliest one; 0 keeps all.
    pub min_p: f32,
    /// Above 1: makes tokens of earlier assistant messages and of this reply less likely.
    pub repeat_penalty: f32,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.8, top_k: 40, top_p: 0.9, min_p: 0.05, repeat_penalty: 1.1 }
    }
}

/// Given texts, to be weighed as the next assistant message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChooseRequest {
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// The texts. The end of the turn is added to each and is part of what is weighed.
    pub options: Vec<String>,
}

/// How likely a text is after a conversation, in nats (natural logarithm; 0 is certain).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likelihood {
    /// Log-probability of the text and of the turn ending after it.
    pub total: f32,
    /// The last part of `total`: that the turn ends here, given the text.
    pub end: f32,
    /// Tokens that `total` sums over, the end included: `total / tok` compares across lengths.
    pub tok: usize,
}

/// Why a reply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FinishReason {
    /// The model ended its turn.
    End,
    /// A stop text came up.
    Stop,
    /// `max_tok` was reached.
    Length,
    /// The caller stopped it.
    Cancelled,
}

/// A reply that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Finish {
    /// Why it ended.
    pub reason: FinishReason,
    /// Exactly what was emitted.
    pub text: String,
    /// What it cost.
    pub usage: Usage,
    /// Mean log-probability, in nats, that the model itself gave to the tokens drawn.
    pub mean_logprob: f32,
}

/// Tokens and time that a reply took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tok: usize,
    /// Of these, tokens that were still in the cache from an earlier call.
    pub reused_tok: usize,
    /// Tokens written, the end of the turn included.
    pub decoded_tok: usize,
    /// Time to read the rest of the prompt.
    pub prefill: Duration,
    /// Time to write the reply.
    pub decode: Duration,
}

/// What is loaded, for screens and records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModelInfo {
    /// What the file says.
    #[serde(flatten)]
    pub file: FileInfo,
    /// Where it runs: `cpu`, `cuda:0`, `metal`, or the address of a server.
    pub device: String,
    /// What computes there: the instructions and threads of our kernels, `tensors`,
    /// `candle-transformers`, or `server`.
    pub arithmetic: String,
}

/// What a model's file says of it, known without loading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileInfo {
    /// The model's own name, or its file's.
    pub name: String,
    /// Family, as GGUF files name it.
    pub architecture: String,
    /// Longest conversation, in tokens.
    pub context_tok: usize,
    /// Number of weights.
    pub parameters: u64,
    /// Size of the file.
    pub file_bytes: u64,
    /// Weight formats by share of the bytes, such as `Q4_K 64%, Q6_K 36%`.
    pub quantisation: String,
    /// What runs it.
    pub runner: Runner,
}

/// What runs a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Runner {
    /// The program's own decoder.
    Decoder,
    /// A model of candle-transformers. It is slower: where a prompt goes another way than what was
    /// read, all of it is read again.
    Fallback,
    /// A server elsewhere.
    Server,
    /// Nothing: the replies are written beforehand.
    Script,
}

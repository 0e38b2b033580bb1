//! The engine that runs a GGUF file on this computer.
//! Knows: everything in this folder. Never: which model it is given, or what for.
//!
//! File to engine: `source` -> `gguf` -> `config`, `weights` -> `decoder`; `tokenizer` and
//! `template` -> `prompt`, which `reader` opens without the weights. Request to reply: `prompt` -> `decoder` with `kv` -> `sampler` ->
//! `stream`.

use std::ops::ControlFlow;
use std::path::Path;

use candle_core::Device;

use self::config::Config;
use self::decoder::Decoder;
use self::gguf::Gguf;
use self::kv::Cache;
use self::prompt::{Prompt, Prompter};
use self::source::Source;
use self::weights::Weights;
use super::{ChooseRequest, Engine, EngineError, Finish, Likelihood, ModelInfo, Request, Usage};
use crate::chat::Message;

pub use self::device::DeviceChoice;
pub use self::prompt::{Spelt, Token};
pub use self::reader::PromptReader;
pub use self::weights::Hold;

mod choose;
mod config;
mod decoder;
mod device;
mod generate;
mod gguf;
mod kv;
mod prompt;
mod reader;
mod rope;
mod sampler;
mod source;
mod stream;
mod template;
mod tokenizer;
mod weights;

type Result<T> = std::result::Result<T, EngineError>;

/// A model in memory, and what it remembers of the conversation it last read.
pub struct Local {
    info: ModelInfo,
    prompter: Prompter,
    decoder: Decoder,
    cache: Cache,
}

impl Local {
    /// Loads the GGUF file at `path`.
    pub fn open(path: &Path, device: DeviceChoice) -> Result<Self> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Self::load(&Source::map(path)?, &name, &device.open()?, Hold::Packed)
    }

    /// Loads a GGUF file that is part of the program; `name` stands in for a file name.
    pub fn from_bytes(bytes: &'static [u8], name: &str, device: DeviceChoice, hold: Hold) -> Result<Self> {
        Self::load(&Source::Static(bytes), name, &device.open()?, hold)
    }

    fn load(source: &Source, name: &str, device: &Device, hold: Hold) -> Result<Self> {
        let file = Gguf::parse(source.bytes())?;
        let cfg = Config::read(&file)?;
        let prompter = Prompter::read(&file)?;
        let weights = Weights::new(&file, device, hold);
        let decoder = Decoder::load(cfg, prompter.tokenizer().vocab(), &weights, device)?;
        let info = ModelInfo {
            name: file.text("general.name")?.unwrap_or(name).to_owned(),
            architecture: decoder.config().architecture.clone(),
            context_tok: decoder.config().context_tok,
            parameters: weights::parameters(&file),
            file_bytes: source.bytes().len() as u64,
            quantisation: weights::formats(&file),
            device: device::name_of(device),
        };
        let cache = decoder.new_cache()?;
        Ok(Self { info, prompter, decoder, cache })
    }

    /// The tokens that a reply to `messages` would follow.
    pub fn prompt_tokens(&self, messages: &[Message]) -> Result<Vec<u32>> {
        Ok(self.prompter.prompt(messages)?.tokens)
    }

    /// The text of token `id`, as far as it is whole characters; its name if it has no text.
    pub fn token_text(&self, id: u32) -> String {
        let tokenizer = self.prompter.tokenizer();
        match tokenizer.bytes(id) {
            [] => tokenizer.name(id).unwrap_or_default().to_owned(),
            bytes => String::from_utf8_lossy(bytes).into_owned(),
        }
    }

    /// How the model weighs each token of its vocabulary after `tokens`: logits, not normalised.
    pub fn logits_after(&mut self, tokens: &[u32]) -> Result<Vec<f32>> {
        self.check_room(tokens.len(), 0)?;
        let go_on = &mut || ControlFlow::Continue(());
        match self.prefill(tokens, &mut Usage::default(), go_on)? {
            Some(last) => Ok(self.decoder.logits(&last)?.flatten_all()?.to_vec1()?),
            None => Ok(Vec::new()),
        }
    }

    /// The prompt for `messages`, if it and `reply_tok` more tokens fit the context.
    fn prompt(&self, messages: &[Message], reply_tok: usize) -> Result<Prompt> {
        let prompt = self.prompter.prompt(messages)?;
        self.check_room(prompt.tokens.len(), reply_tok)?;
        Ok(prompt)
    }

    fn check_room(&self, prompt_tok: usize, reply_tok: usize) -> Result<()> {
        let (needed, context) = (prompt_tok.saturating_add(reply_tok), self.info.context_tok);
        if needed > context { Err(EngineError::ContextFull { needed, context }) } else { Ok(()) }
    }
}

impl Engine for Local {
    fn generate(&mut self, req: &Request, emit: &mut dyn FnMut(&str) -> ControlFlow<()>) -> Result<Finish> {
        generate::run(self, req, emit)
    }

    fn choose(&mut self, req: &ChooseRequest) -> Result<Vec<Likelihood>> {
        choose::run(self, req)
    }

    fn count_tokens(&self, messages: &[Message]) -> Result<usize> {
        Ok(self.prompt_tokens(messages)?.len())
    }

    fn info(&self) -> &ModelInfo {
        &self.info
    }
}

//! The engine that runs a GGUF file on this computer.
//! Knows: everything in this folder. Never: which model it is given, or what for.
//!
//! File to engine: `source` -> `gguf` -> `config`, `weights` -> `cpu` or `decoder`, or else
//! `fallback`; `tokenizer` and `template` -> `prompt`, which `reader` opens without the weights.
//! Request to reply: `prompt` -> `runner`, which is one of these three -> `sampler` -> `stream`.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::thread;

use self::fallback::Fallback;
use self::gguf::Gguf;
use self::prompt::{Prompt, Prompter};
use self::runner::{Plan, Runner};
use self::saved::Saved;
use self::source::Source;
use self::tokenizer::{Place, Trust};
use self::weights::Weights;
use super::{ChooseRequest, Engine, EngineError, Finish, Likelihood, ModelInfo, Request, Usage};
use crate::chat::{Message, Role};

pub use self::device::DeviceChoice;
pub use self::prompt::{Spelt, Token};
pub use self::reader::PromptReader;
pub use self::weights::Hold;

mod choose;
mod config;
mod cpu;
mod decoder;
mod device;
mod fallback;
mod generate;
mod gguf;
mod kv;
mod placing;
mod prompt;
mod reader;
mod rope;
mod runner;
mod sampler;
mod saved;
mod source;
pub(super) mod stream;
mod template;
mod tokenizer;
mod weights;

type Result<T> = std::result::Result<T, EngineError>;

/// What would compute on this processor, for screens: `avx2, 2 threads`.
///
/// # Errors
/// Where the environment asks for instructions that are not there.
pub fn processor() -> Result<String> {
    runner::processor()
}

/// A model in memory, and what it remembers of the conversation it last read.
pub struct Local {
    info: ModelInfo,
    prompter: Prompter,
    runner: Runner,
    /// Bytes of all weights that each token is multiplied by.
    weight_bytes: u64,
    saved: Option<Saved>,
    placed: Option<String>,
}

/// Where and how a model is to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The device.
    pub device: DeviceChoice,
    /// How its weights are held.
    pub hold: Hold,
    /// Threads on the processor; as many as it has cores, if nothing is said.
    pub threads: Option<usize>,
}

impl Local {
    /// Loads the GGUF file at `path`.
    pub fn open(path: &Path, settings: Settings) -> Result<Self> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Self::load(&Source::map(path)?, &name, settings, None)
    }

    /// The same. What the model makes of a conversation's first message is kept in `folder`, so
    /// that the next start need not read it again.
    pub fn open_saving(path: &Path, settings: Settings, folder: PathBuf) -> Result<Self> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Self::load(&Source::map(path)?, &name, settings, Some(folder))
    }

    /// Loads a GGUF file that is part of the program; `name` stands in for a file name.
    pub fn from_bytes(bytes: &'static [u8], name: &str, settings: Settings) -> Result<Self> {
        Self::load(&Source::Static(bytes), name, settings, None)
    }

    fn load(source: &Source, name: &str, settings: Settings, folder: Option<PathBuf>) -> Result<Self> {
        let file = Gguf::parse(source.bytes())?;
        let plan = Plan::read(&file)?;
        let info = reader::file_info((&file, source), &plan, name)?;
        let talk_tok = placing::TALK_TOK.min(info.context_tok as u64);
        let talk_bytes = plan.bytes_per_position().saturating_mul(talk_tok);
        let (device, placed) =
            settings.device.place(placing::Need { weights_bytes: info.file_bytes, talk_bytes })?;
        let weights = Weights::new(&file, source, &device, settings.hold);
        let vocab = file.array("tokenizer.ggml.tokens")?.map_or(0, |tokens| tokens.len());
        // A large vocabulary takes as long to read as the weights.
        let (prompter, runner) = thread::scope(|scope| {
            let prompter = scope.spawn(|| Prompter::read(&file));
            let runner = match plan {
                Plan::Decoder(cfg) => Runner::load(*cfg, vocab, &weights, &device, settings.threads),
                Plan::Fallback(outline) => {
                    let fallback = Fallback::load(&outline, (&file, source.bytes()), vocab, &device);
                    fallback.map(|fallback| Runner::Fallback(Box::new(fallback)))
                }
            };
            (prompter.join(), runner)
        });
        let prompter = prompter.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        let runner = runner?;
        let info = ModelInfo { file: info, device: device::name_of(&device), arithmetic: runner.name() };
        let saved =
            folder.filter(|_| runner.can_save()).map(|folder| Saved::new(folder, source, runner.tier()));
        Ok(Self { info, prompter, runner, weight_bytes: weights::bytes_per_token(&file), saved, placed })
    }

    /// What should be known of where it runs, if that is not where it was expected to, or if memory
    /// may run short.
    pub fn placed(&self) -> Option<&str> {
        self.placed.as_deref()
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

    /// Number of tokens in the vocabulary.
    pub fn vocab(&self) -> usize {
        self.prompter.tokenizer().vocab()
    }

    /// Threads that it computes on.
    pub fn threads(&self) -> usize {
        self.runner.threads()
    }

    /// Bytes that must come from memory to write a token after `depth` others: all weights that are
    /// multiplied by, and all keys and values.
    pub fn bytes_per_token(&self, depth: usize) -> u64 {
        self.weight_bytes + self.runner.bytes_per_position() * depth as u64
    }

    /// Reads `tokens`, as far as they are not in the cache, and computes what the last one leads to.
    pub fn read(&mut self, tokens: &[u32]) -> Result<()> {
        self.check_room(tokens.len(), 0)?;
        self.prefill(tokens, &mut Usage::default(), &mut || ControlFlow::Continue(()))?;
        Ok(())
    }

    /// Writes `tokens` behind what was read, in `n` replies at once, and forgets them again. Whether
    /// it can: only the kernels write several.
    pub fn write_along(&mut self, n: usize, tokens: &[u32]) -> Result<bool> {
        self.check_room(self.runner.tokens().len(), tokens.len())?;
        if !self.runner.can_branch() {
            return Ok(false);
        }
        self.runner.fork(n)?;
        tokens.iter().try_for_each(|&token| self.runner.step(&vec![token; n], &mut |_, _| Ok(())))?;
        Ok(true)
    }

    /// The tokens of a plain text, without template: control tokens that it spells are read as such.
    pub fn text_tokens(&self, text: &str) -> Result<Vec<u32>> {
        let tokenizer = self.prompter.tokenizer();
        let mut ids = tokenizer.encode(Place::Open, &[(text, Trust::Template)])?;
        tokenizer.begin(&mut ids);
        Ok(ids)
    }

    /// How the model weighs each token of its vocabulary after `tokens`: logits, not normalised.
    pub fn logits_after(&mut self, tokens: &[u32]) -> Result<Vec<f32>> {
        self.check_room(tokens.len(), 0)?;
        let go_on = &mut || ControlFlow::Continue(());
        match self.prefill(tokens, &mut Usage::default(), go_on)? {
            Some(logits) => Ok(logits.to_vec()),
            None => Ok(Vec::new()),
        }
    }

    /// How many of the tokens of a conversation that begins with `messages` stay the same whatever
    /// comes after its first message.
    fn head_tok(&self, messages: &[Message], tokens: &[u32]) -> Result<usize> {
        let Some(first) = messages.first().filter(|first| first.role == Role::System) else { return Ok(0) };
        // Two other conversations with the same beginning: what all have in common is the head.
        let with = |text: &str| self.prompt_tokens(&[first.clone(), Message::new(Role::User, text)]);
        let common = |other: &[u32]| tokens.iter().zip(other).take_while(|(a, b)| a == b).count();
        Ok(common(&with("A")?).min(common(&with("?")?)))
    }

    /// The prompt for `messages`, if it and `reply_tok` more tokens fit the context.
    fn prompt(&self, messages: &[Message], reply_tok: usize) -> Result<Prompt> {
        let prompt = self.prompter.prompt(messages)?;
        self.check_room(prompt.tokens.len(), reply_tok)?;
        Ok(prompt)
    }

    fn check_room(&self, prompt_tok: usize, reply_tok: usize) -> Result<()> {
        let (needed, context) = (prompt_tok.saturating_add(reply_tok), self.info.file.context_tok);
        if needed > context { Err(EngineError::ContextFull { needed, context }) } else { Ok(()) }
    }
}

impl Engine for Local {
    fn generate(&mut self, req: &Request, emit: &mut dyn FnMut(&str) -> ControlFlow<()>) -> Result<Finish> {
        generate::run(self, req, emit)
    }

    fn candidates(
        &mut self,
        req: &Request,
        seeds: &[u64],
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Vec<Finish>> {
        generate::candidates(self, req, seeds, go_on)
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

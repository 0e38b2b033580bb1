//! What a model would read, without the model.
//! Knows: header, tokenizer and chat template of a model file. Never: its weights.

use std::path::Path;

use super::gguf::Gguf;
use super::prompt::{Prompter, Spelt};
use super::runner::Plan;
use super::source::Source;
use super::weights;
use crate::chat::Message;
use crate::engine::{EngineError, FileInfo};

type Result<T> = std::result::Result<T, EngineError>;

/// The part of a model that turns messages into tokens: small, and quickly opened.
pub struct PromptReader {
    info: FileInfo,
    prompter: Prompter,
    tokenizer: String,
    bytes_per_position: u64,
}

impl PromptReader {
    /// Opens the GGUF file at `path`.
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Self::read(&Source::map(path)?, &name)
    }

    /// Opens a GGUF file that is part of the program; `name` stands in for a file name.
    pub fn from_bytes(bytes: &'static [u8], name: &str) -> Result<Self> {
        Self::read(&Source::Static(bytes), name)
    }

    fn read(source: &Source, name: &str) -> Result<Self> {
        let file = Gguf::parse(source.bytes())?;
        let plan = Plan::read(&file)?;
        let info = file_info((&file, source), &plan, name)?;
        // Without rules for cutting text, a tokenizer has none.
        let names = [file.text("tokenizer.ggml.model")?, file.text("tokenizer.ggml.pre")?];
        let tokenizer = names.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let bytes_per_position = plan.bytes_per_position();
        Ok(Self { info, prompter: Prompter::read(&file)?, tokenizer, bytes_per_position })
    }

    /// The tokenizer, as GGUF files name it and its rules: `gpt2, qwen2`.
    pub fn tokenizer(&self) -> &str {
        &self.tokenizer
    }

    /// Bytes that a conversation takes per token on the processor; 0 where that is not known.
    pub fn bytes_per_position(&self) -> u64 {
        self.bytes_per_position
    }

    /// What the file says of the model.
    pub fn info(&self) -> &FileInfo {
        &self.info
    }

    /// Number of tokens in the vocabulary.
    pub fn vocab(&self) -> usize {
        self.prompter.tokenizer().vocab()
    }

    /// Tokens that `messages` take in the context, with what the template puts around them.
    pub fn count_tokens(&self, messages: &[Message]) -> Result<usize> {
        Ok(self.prompter.prompt(messages)?.tokens.len())
    }

    /// The tokens that a reply to `messages` would follow, with what they stand for.
    pub fn spell(&self, messages: &[Message]) -> Result<Spelt> {
        self.prompter.spelt(messages)
    }
}

/// What `file`, which `plan` is to run, says of itself; `name` stands in for a name of its own.
pub(super) fn file_info((file, source): (&Gguf<'_>, &Source), plan: &Plan, name: &str) -> Result<FileInfo> {
    Ok(FileInfo {
        name: file.text("general.name")?.unwrap_or(name).to_owned(),
        architecture: plan.architecture().to_owned(),
        context_tok: plan.context_tok(),
        parameters: weights::parameters(file),
        file_bytes: source.bytes().len() as u64,
        quantisation: weights::formats(file),
        runner: plan.runner(),
    })
}

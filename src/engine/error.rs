//! What can go wrong between a model file and a reply, and what to do about it.
//! Knows: words for the person at the keyboard. Never: how to recover.

use std::path::PathBuf;

use super::remote::RemoteError;

/// A fault of a model file, a device or a request.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The file cannot be opened or mapped.
    #[error("cannot read model file {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The system has no memory left.
    #[error("not enough memory: {0}")]
    NoMemory(std::io::Error),
    /// The environment asks for instructions that are not there.
    #[error("{0}")]
    Instructions(String),
    /// The file does not begin like a GGUF file.
    #[error("not a GGUF model file: it begins with {found:?}")]
    NotGguf {
        /// The first bytes, readable.
        found: String,
    },
    /// A GGUF version this program cannot read.
    #[error("GGUF version {0} is not supported")]
    UnsupportedVersion(u32),
    /// The file claims more than it holds, or contradicts itself.
    #[error("model file is damaged: {0}")]
    Damaged(String),
    /// A metadata entry is missing.
    #[error("model file lacks `{0}`")]
    MissingKey(String),
    /// A metadata entry has a value that makes no sense.
    #[error("model file has a wrong `{key}`: {why}")]
    BadValue {
        /// The entry.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// A model family this engine does not run.
    #[error("model architecture `{0}` is not supported")]
    UnsupportedArchitecture(String),
    /// A family that is supported, with a feature that is not.
    #[error("model needs {0}, which is not supported")]
    UnsupportedFeature(String),
    /// A tokenizer this engine does not know.
    #[error("tokenizer `{0}` is not supported")]
    UnsupportedTokenizer(String),
    /// Rules for splitting text that this engine does not know.
    #[error("pre-tokenizer `{0}` is not supported")]
    UnsupportedPreTokenizer(String),
    /// A weight format this engine does not read.
    #[error("tensor `{tensor}` has format {format}, which is not supported")]
    UnsupportedFormat {
        /// The tensor.
        tensor: String,
        /// The format, by name where it is known.
        format: String,
    },
    /// A tensor is missing.
    #[error("model file lacks tensor `{0}`")]
    MissingTensor(String),
    /// A tensor has the wrong shape.
    #[error("tensor `{tensor}` has shape {found:?}, expected {expected:?}")]
    WrongShape {
        /// The tensor.
        tensor: String,
        /// Rows, columns that the metadata asks for.
        expected: Vec<usize>,
        /// Rows, columns in the file.
        found: Vec<usize>,
    },
    /// The file has no chat template.
    #[error("model file has no chat template")]
    NoTemplate,
    /// The chat template does not parse, raises an exception or does not end.
    #[error("chat template failed: {0}")]
    Template(String),
    /// The conversation does not fit the model's context.
    #[error("conversation is too long: {needed} tokens needed, the model's context is {context}")]
    ContextFull {
        /// Tokens of the prompt and of the longest reply together.
        needed: usize,
        /// Tokens that the model can hold.
        context: usize,
    },
    /// The device asked for does not answer.
    #[error("device {device} is not available: {why}")]
    Device {
        /// The device.
        device: String,
        /// What it says.
        why: String,
    },
    /// The device asked for is none that this program can use.
    #[error("this program was built without {feature}")]
    NotBuiltFor {
        /// What it would have to be built with.
        feature: &'static str,
    },
    /// The model computed something that is not a number.
    #[error("model computed no valid probabilities")]
    NotANumber,
    /// The tensor library failed.
    #[error("computation failed: {0}")]
    Compute(#[from] candle_core::Error),
    /// The tokenizer failed on a text.
    #[error("tokenizer failed: {0}")]
    Tokenizer(String),
    /// A server failed, or the way to it.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The engine stopped by a fault of its own.
    #[error("the engine stopped unexpectedly: {0}")]
    Panicked(String),
}

impl EngineError {
    /// What to do next, where something can be done.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Io { .. } => Some("check the path and that you may read the file"),
            Self::NotGguf { .. } => {
                Some("the engine runs GGUF files; safetensors or PyTorch files need to be converted first")
            }
            Self::UnsupportedVersion(_) => {
                Some("get a newer copy of the model: little-endian GGUF version 2 or 3")
            }
            Self::Damaged(_) | Self::NotANumber => {
                Some("the file is probably incomplete: get the model again")
            }
            Self::MissingKey(_)
            | Self::BadValue { .. }
            | Self::MissingTensor(_)
            | Self::WrongShape { .. } => {
                Some("the file was converted badly or is not a chat model: get it from another source")
            }
            Self::UnsupportedArchitecture(_) | Self::UnsupportedFeature(_) => {
                Some("use a Llama, Mistral, SmolLM, Qwen, Phi, Gemma 3, GLM-4 or LFM2 model")
            }
            Self::UnsupportedTokenizer(_) | Self::UnsupportedPreTokenizer(_) => {
                Some("use a Llama, Mistral, Gemma, Phi, Qwen or SmolLM model")
            }
            Self::UnsupportedFormat { .. } => Some("get the same model as a Q4_K_M or Q8_0 file"),
            Self::NoTemplate => {
                Some("this is probably a base model: get the variant named `instruct` or `chat`")
            }
            Self::Template(_) => Some("get the model from another source, whose chat template is complete"),
            Self::ContextFull { .. } => Some("start a new session, or use a model with a longer context"),
            Self::Device { .. } => Some("run on the CPU instead, or install the device's driver"),
            Self::NotBuiltFor { feature: "cuda" } => {
                Some("build it with `--features cuda`, or leave --device away: it then runs on the processor")
            }
            Self::NotBuiltFor { .. } => Some(
                "build it with `--features metal`, or leave --device away: it then runs on the processor",
            ),
            Self::NoMemory(_) => Some("close other programs, or use a smaller model"),
            Self::Instructions(_) => Some("unset PUSHBACK_TIER to let the program choose"),
            Self::Panicked(_) => Some("start the program again; the conversation so far is kept"),
            Self::Remote(e) => e.hint(),
            Self::Compute(_) | Self::Tokenizer(_) => None,
        }
    }

    /// A fault of the entry `key`.
    pub(crate) fn bad_value(key: impl Into<String>, why: impl Into<String>) -> Self {
        Self::BadValue { key: key.into(), why: why.into() }
    }
}

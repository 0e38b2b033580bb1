//! What a model's file says of it, and what it would take to run it here.

use std::path::PathBuf;

use serde::Serialize;

use super::machine;
use crate::chat::{Message, Role};
use crate::domain::catalog::Entry;
use crate::engine::local::PromptReader;
use crate::engine::{EngineError, FileInfo};

/// A conversation of so many tokens is reckoned with.
const TALK_TOK: u64 = 8192;
/// What the program takes besides weights and conversation.
const PROGRAM_BYTES: u64 = 512 << 20;
/// What everything else on the computer takes.
const OTHERS_BYTES: u64 = 2 << 30;

/// Memory that a model takes, and that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// Weights, a long conversation, and the program: an estimate.
    pub bytes: u64,
    /// Memory of this computer.
    pub of_bytes: u64,
}

/// A model, for somebody who wonders whether to use it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Card {
    /// What the file says.
    #[serde(flatten)]
    pub file: FileInfo,
    /// Where it lies; none for the bundled model.
    pub path: Option<PathBuf>,
    /// Tokens in its vocabulary.
    pub vocabulary: usize,
    /// How it cuts text, as GGUF files name it.
    pub tokenizer: String,
    /// How its template writes a short conversation.
    pub preview: String,
    /// Memory that it takes.
    pub memory: Need,
    /// What the catalog says of it.
    pub catalog: Option<Entry>,
}

impl Need {
    /// Whether it fits beside everything else.
    pub fn fits(self) -> bool {
        self.bytes.saturating_add(OTHERS_BYTES) <= self.of_bytes
    }

    /// Whether it would fit if there were nothing else.
    pub fn is_possible(self) -> bool {
        self.bytes <= self.of_bytes
    }
}

impl Card {
    /// The card of the model that `reader` has opened at `path`.
    ///
    /// # Errors
    /// Where its template can't write a conversation.
    pub fn of(
        reader: &PromptReader,
        path: Option<PathBuf>,
        catalog: Option<Entry>,
    ) -> Result<Self, EngineError> {
        let (file, each) = (reader.info().clone(), reader.bytes_per_position());
        let talk = each.saturating_mul(TALK_TOK.min(file.context_tok as u64));
        let bytes = file.file_bytes.saturating_add(talk).saturating_add(PROGRAM_BYTES);
        Ok(Self {
            memory: Need { bytes, of_bytes: machine().ram_bytes },
            vocabulary: reader.vocab(),
            tokenizer: reader.tokenizer().to_owned(),
            preview: preview(reader)?,
            file,
            path,
            catalog,
        })
    }
}

/// A short conversation up to the words that open a reply.
fn preview(reader: &PromptReader) -> Result<String, EngineError> {
    let talk = [
        Message::new(Role::System, "You are a client."),
        Message::new(Role::User, "What brings you here?"),
        Message::new(Role::Assistant, "They sent me."),
        Message::new(Role::User, "It was not your idea."),
    ];
    let tokens = reader.spell(&talk)?.tokens;
    // Joined before it is read as text: a character may be spread over tokens.
    let bytes: Vec<u8> = tokens.into_iter().flat_map(|token| token.text).collect();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

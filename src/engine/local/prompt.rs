//! Messages to tokens.
//! Knows: the chat template and the tokenizer. Never: tensors.

use super::gguf::Gguf;
use super::template::{Ending, Part, Template};
use super::tokenizer::{Tokenizer, Trust};
use crate::chat::{Message, Role};
use crate::engine::EngineError;

type Result<T> = std::result::Result<T, EngineError>;

/// How one model wants conversations written.
pub struct Prompter {
    template: Template,
    tokenizer: Tokenizer,
    /// The token that ends an assistant message in the template.
    turn_end: u32,
}

/// A conversation, ready to be continued.
pub struct Prompt {
    /// Its tokens.
    pub tokens: Vec<u32>,
    /// The template's last words, which open the reply.
    pub ending: String,
}

impl Prompter {
    /// Reads tokenizer and template of `file`.
    pub fn read(file: &Gguf<'_>) -> Result<Self> {
        let tokenizer = Tokenizer::read(file)?;
        let source = file.text("tokenizer.chat_template")?.ok_or(EngineError::NoTemplate)?;
        let name = |id: Option<u32>| id.and_then(|id| tokenizer.name(id)).unwrap_or_default();
        let template =
            Template::parse(source, name(tokenizer.bos()), name(tokenizer.stops().first().copied()))?;
        let mut prompter = Self { turn_end: tokenizer.stops()[0], template, tokenizer };
        prompter.turn_end = prompter.find_turn_end()?;
        Ok(prompter)
    }

    /// The model's tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The token that ends an assistant message.
    pub fn turn_end(&self) -> u32 {
        self.turn_end
    }

    /// Tokens of `messages`, and of the opening of a reply.
    pub fn prompt(&self, messages: &[Message]) -> Result<Prompt> {
        self.tokens(messages, Ending::ReplyNext)
    }

    /// Tokens of a reply's text.
    pub fn reply(&self, text: &str) -> Result<Vec<u32>> {
        self.tokenizer.encode(&[(text.trim(), Trust::Authored)])
    }

    fn tokens(&self, messages: &[Message], ending: Ending) -> Result<Prompt> {
        let mut frames: Vec<String> = Vec::new();
        let mut order: Vec<usize> = Vec::new();
        self.template.render(messages, ending, &mut |part| match part {
            Part::Frame(text) => frames.push(text.to_owned()),
            Part::Text(at) => order.push(at),
        })?;
        // Frames and messages take turns, and a frame (it may be empty) is first and last.
        let mut stretches = Vec::with_capacity(frames.len() + order.len());
        for (at, frame) in frames.iter().enumerate() {
            stretches.push((frame.as_str(), Trust::Template));
            if let Some(message) = order.get(at).and_then(|&at| messages.get(at)) {
                // Templates trim, but here they never see the text.
                stretches.push((message.text.trim(), trust_in(message.role)));
            }
        }
        let mut tokens = self.tokenizer.encode(&stretches)?;
        self.tokenizer.begin(&mut tokens);
        if tokens.is_empty() {
            return Err(EngineError::Template("it makes nothing of this conversation".to_owned()));
        }
        Ok(Prompt { tokens, ending: frames.pop().unwrap_or_default() })
    }

    /// What the template puts behind an assistant message: the first of the tokens known to end a
    /// turn. Where it puts none, the end-of-sequence token has to do.
    fn find_turn_end(&self) -> Result<u32> {
        let talk = [Message::new(Role::User, "a"), Message::new(Role::Assistant, "b")];
        let with_reply = self.tokens(&talk, Ending::AsItStands)?.ending;
        let behind = self.tokenizer.encode(&[(&with_reply, Trust::Template)])?;
        let stops = self.tokenizer.stops();
        Ok(behind.into_iter().find(|id| stops.contains(id)).unwrap_or(stops[0]))
    }
}

/// A trainee's words are never more than words. Everything else was written by the program's
/// authors or by the model itself.
fn trust_in(role: Role) -> Trust {
    match role {
        Role::User => Trust::Typed,
        Role::System | Role::Assistant => Trust::Authored,
    }
}

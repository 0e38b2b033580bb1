//! Messages to tokens.
//! Knows: the chat template and the tokenizer. Never: tensors.

use std::ops::Range;

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

/// A prompt, token by token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelt {
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// Where each message's text lies in the prompt's text, in bytes.
    pub texts: Vec<Range<usize>>,
}

/// A token of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its number.
    pub id: u32,
    /// What it stands for, which need not be whole characters; its name where it is no text.
    pub text: Vec<u8>,
    /// Whether it was put into the vocabulary by name, instead of being a piece of text.
    pub special: bool,
    /// Where it lies in the prompt's text, in bytes. Parts of one character lie where it lies.
    pub at: Range<usize>,
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

    /// The same tokens as those of `prompt`, with what they stand for.
    pub fn spelt(&self, messages: &[Message]) -> Result<Spelt> {
        let frames = self.frames(messages, Ending::ReplyNext)?;
        let stretches = frames.stretches(messages);
        let (mut texts, mut end) = (Vec::new(), 0);
        for (at, (text, _)) in stretches.iter().enumerate() {
            end += text.len();
            // Every second stretch is a message.
            texts.extend((at % 2 == 1).then(|| end - text.len()..end));
        }
        let mut located = self.tokenizer.locate(&stretches)?;
        let mut ids: Vec<u32> = located.iter().map(|(id, _)| *id).collect();
        self.tokenizer.begin(&mut ids);
        if ids.len() > located.len() {
            located.insert(0, (ids[0], 0..0));
        }
        let token = |(id, at)| Token { id, text: self.text(id), special: self.tokenizer.is_special(id), at };
        Ok(Spelt { tokens: located.into_iter().map(token).collect(), texts })
    }

    /// The bytes of token `id`; its name where it has no text.
    fn text(&self, id: u32) -> Vec<u8> {
        match self.tokenizer.bytes(id) {
            [] => self.tokenizer.name(id).unwrap_or_default().as_bytes().to_vec(),
            bytes => bytes.to_vec(),
        }
    }

    fn tokens(&self, messages: &[Message], ending: Ending) -> Result<Prompt> {
        let mut frames = self.frames(messages, ending)?;
        let mut tokens = self.tokenizer.encode(&frames.stretches(messages))?;
        self.tokenizer.begin(&mut tokens);
        if tokens.is_empty() {
            return Err(EngineError::Template("it makes nothing of this conversation".to_owned()));
        }
        Ok(Prompt { tokens, ending: frames.texts.pop().unwrap_or_default() })
    }

    fn frames(&self, messages: &[Message], ending: Ending) -> Result<Frames> {
        let mut frames = Frames { texts: Vec::new(), order: Vec::new() };
        self.template.render(messages, ending, &mut |part| match part {
            Part::Frame(text) => frames.texts.push(text.to_owned()),
            Part::Text(at) => frames.order.push(at),
        })?;
        Ok(frames)
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

/// What a template puts around messages. Frames and messages take turns, and a frame (it may be
/// empty) is first and last.
struct Frames {
    texts: Vec<String>,
    order: Vec<usize>, // which message follows each frame but the last
}

impl Frames {
    fn stretches<'a>(&'a self, messages: &'a [Message]) -> Vec<(&'a str, Trust)> {
        let mut stretches = Vec::with_capacity(self.texts.len() + self.order.len());
        for (at, frame) in self.texts.iter().enumerate() {
            stretches.push((frame.as_str(), Trust::Template));
            if let Some(message) = self.order.get(at).and_then(|&at| messages.get(at)) {
                // Templates trim, but here they never see the text.
                stretches.push((message.text.trim(), trust_in(message.role)));
            }
        }
        stretches
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

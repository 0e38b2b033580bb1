//! Messages to tokens.
//! Knows: the chat template and the tokenizer. Never: tensors.

use std::ops::Range;

use super::gguf::Gguf;
use super::template::{Ending, Part, Template};
use super::tokenizer::{Place, Tokenizer, Trust};
use crate::chat::{Message, Role};
use crate::engine::EngineError;

type Result<T> = std::result::Result<T, EngineError>;

/// How one model wants conversations written.
pub struct Prompter {
    template: Template,
    tokenizer: Tokenizer,
    /// The token that ends an assistant message in the template.
    turn_end: u32,
    /// Where a reply begins.
    place: Place,
    /// White space that the template puts in front of a reply.
    indent: String,
}

/// A conversation, ready to be continued.
pub struct Prompt {
    /// Its tokens.
    pub tokens: Vec<u32>,
    /// The template's last words, which open the reply.
    pub ending: String,
    /// White space with which a reply begins that is none of its words.
    pub indent: String,
}

/// A conversation as the template has it.
struct Page {
    tokens: Vec<u32>,
    /// What the template says between the messages. One, which may be empty, is first, and one
    /// is last.
    frames: Vec<String>,
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
        let turn_end = tokenizer.stops()[0];
        let mut prompter =
            Self { turn_end, template, tokenizer, place: Place::Within, indent: String::new() };
        prompter.study_replies()?;
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
        let Page { tokens, mut frames } = self.page(messages, Ending::ReplyNext)?;
        let indent = format!("{}{}", self.tokenizer.space_before(self.place), self.indent);
        Ok(Prompt { tokens, ending: frames.pop().unwrap_or_default(), indent })
    }

    /// Tokens of a reply's text, as they follow a prompt.
    pub fn reply(&self, text: &str) -> Result<Vec<u32>> {
        let stretches = [(self.indent.as_str(), Trust::Template), (text.trim(), Trust::Authored)];
        self.tokenizer.encode(self.place, &stretches)
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
        let mut ids = self.tokenizer.encode(Place::Open, &stretches)?;
        let read = ids.len();
        self.tokenizer.begin(&mut ids);
        let joined: String = stretches.iter().map(|(text, _)| *text).collect();
        let mut place = Places { text: &joined, at: 0 };
        let added = ids.len() - read;
        let token = |(n, id)| {
            let (text, special) = (self.text(id), self.tokenizer.is_special(id));
            let at = if n < added { 0..0 } else { place.next(&text, special) };
            Token { id, text, special, at }
        };
        Ok(Spelt { tokens: ids.into_iter().enumerate().map(token).collect(), texts })
    }

    /// The bytes of token `id`; its name where it has no text.
    fn text(&self, id: u32) -> Vec<u8> {
        match self.tokenizer.bytes(id) {
            [] => self.tokenizer.name(id).unwrap_or_default().as_bytes().to_vec(),
            bytes => bytes.to_vec(),
        }
    }

    fn page(&self, messages: &[Message], ending: Ending) -> Result<Page> {
        let frames = self.frames(messages, ending)?;
        let mut tokens = self.tokenizer.encode(Place::Open, &frames.stretches(messages))?;
        self.tokenizer.begin(&mut tokens);
        if tokens.is_empty() {
            return Err(EngineError::Template("it makes nothing of this conversation".to_owned()));
        }
        Ok(Page { tokens, frames: frames.texts })
    }

    fn frames(&self, messages: &[Message], ending: Ending) -> Result<Frames> {
        let mut frames = Frames { texts: Vec::new(), order: Vec::new() };
        self.template.render(messages, ending, &mut |part| match part {
            Part::Frame(text) => frames.texts.push(text.to_owned()),
            Part::Text(at) => frames.order.push(at),
        })?;
        Ok(frames)
    }

    /// Learns from a short conversation how the template has replies begin and end.
    fn study_replies(&mut self) -> Result<()> {
        let talk = [Message::new(Role::User, "a"), Message::new(Role::Assistant, "b")];
        let open = self.page(&talk[..1], Ending::ReplyNext)?;
        let closed = self.page(&talk, Ending::AsItStands)?;
        self.place = self.tokenizer.place_behind(&open.tokens);
        let opening = open.frames.last().map(String::as_str).unwrap_or_default();
        let in_front = closed.frames.get(1).map(String::as_str).unwrap_or_default();
        let indent = in_front.strip_prefix(opening).filter(|rest| rest.trim().is_empty());
        self.indent = indent.unwrap_or_default().to_owned();
        // What the template puts behind an assistant message: the first of the tokens known to
        // end a turn. Where it puts none, the end-of-sequence token has to do.
        let behind = closed.frames.last().map(String::as_str).unwrap_or_default();
        let behind = self.tokenizer.encode(Place::Within, &[(behind, Trust::Template)])?;
        let stops = self.tokenizer.stops();
        self.turn_end = behind.into_iter().find(|id| stops.contains(id)).unwrap_or(stops[0]);
        Ok(())
    }
}

/// Finds in a text what tokens stand for, one after the other.
struct Places<'a> {
    text: &'a str,
    /// Where the next one begins, in bytes.
    at: usize,
}

impl Places<'_> {
    /// Where `token` lies. A tokenizer may have put a space in front that the text has not, or have
    /// composed characters; then the place is near, until the next special token.
    fn next(&mut self, token: &[u8], special: bool) -> Range<usize> {
        let mut rest = &self.text.as_bytes()[self.at..];
        if special
            && !rest.starts_with(token)
            && let Some(ahead) = rest.windows(token.len().max(1)).position(|bytes| bytes == token)
        {
            self.at += ahead;
            rest = &rest[ahead..];
        }
        let without_space = token.strip_prefix(b" ").unwrap_or(token);
        let len = if rest.starts_with(token) { token.len() } else { without_space.len().min(rest.len()) };
        let from = self.at;
        self.at += len;
        let whole = |mut at: usize, step: isize| {
            while !self.text.is_char_boundary(at) {
                at = at.wrapping_add_signed(step);
            }
            at
        };
        whole(from, -1)..whole(self.at, 1)
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

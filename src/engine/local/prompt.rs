//! Messages to tokens.
//! Knows: the chat template and the tokenizer. Never: tensors.

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

    fn page(&self, messages: &[Message], ending: Ending) -> Result<Page> {
        let mut frames: Vec<String> = Vec::new();
        let mut order: Vec<usize> = Vec::new();
        self.template.render(messages, ending, &mut |part| match part {
            Part::Frame(text) => frames.push(text.to_owned()),
            Part::Text(at) => order.push(at),
        })?;
        let mut stretches = Vec::with_capacity(frames.len() + order.len());
        for (at, frame) in frames.iter().enumerate() {
            stretches.push((frame.as_str(), Trust::Template));
            if let Some(message) = order.get(at).and_then(|&at| messages.get(at)) {
                // Templates trim, but here they never see the text.
                stretches.push((message.text.trim(), trust_in(message.role)));
            }
        }
        let mut tokens = self.tokenizer.encode(Place::Open, &stretches)?;
        self.tokenizer.begin(&mut tokens);
        if tokens.is_empty() {
            return Err(EngineError::Template("it makes nothing of this conversation".to_owned()));
        }
        Ok(Page { tokens, frames })
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

/// A trainee's words are never more than words. Everything else was written by the program's
/// authors or by the model itself.
fn trust_in(role: Role) -> Trust {
    match role {
        Role::User => Trust::Typed,
        Role::System | Role::Assistant => Trust::Authored,
    }
}

//! The model file's own chat template: messages to text.
//! Knows: Jinja, as Hugging Face's templates use it. Never: tokens; what a message says.
//!
//! The template sees a placeholder in place of each message's text. The texts are put back in
//! afterwards, so that nothing in them can steer the template or pass for a part of it.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value, context};

use crate::chat::{Message, Role};
use crate::engine::EngineError;

mod date;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod parity;

type Result<T> = std::result::Result<T, EngineError>;

/// Steps that one rendering may take: a conversation of 1000 messages needs about 100,000.
/// They bound time, not memory: a template made to harm can double a text 40 times in few steps,
/// and minijinja has no limit for that.
const FUEL: u64 = 1_000_000;
/// Longest text that a template may put around the messages.
const MAX_BYTES: usize = 4 << 20;
/// Enclose the number of a message. Private-use characters: no template contains them.
const OPEN: char = '\u{f5a00}';
const CLOSE: char = '\u{f5a01}';

/// A part of a rendered conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// What the template says.
    Frame(&'a str),
    /// The text of the message with this index.
    Text(usize),
}

/// A chat template, parsed.
pub struct Template {
    env: Environment<'static>,
    bos: String,
    eos: String,
}

/// A message as the template sees it.
struct Shown {
    role: &'static str,
    content: String,
}

impl Shown {
    fn value(&self) -> Value {
        context! { role => self.role, content => self.content.as_str() }
    }
}

/// Whether to end with the words that open an assistant message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Yes: a reply comes next.
    ReplyNext,
    /// No: the conversation as it stands.
    AsItStands,
}

impl Template {
    /// Parses `source`; `bos` and `eos` are the texts of the tokens that it may mention.
    pub fn parse(source: &str, bos: &str, eos: &str) -> Result<Self> {
        let mut env = Environment::new();
        // As Hugging Face sets Jinja up.
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        env.set_syntax(syntax.map_err(|e| fault(&e))?);
        env.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        env.set_fuel(Some(FUEL));
        env.set_recursion_limit(64);
        env.add_function("raise_exception", raise);
        env.add_function("strftime_now", date::strftime_now);
        env.add_template_owned("chat", source.to_owned()).map_err(|e| fault(&e))?;
        Ok(Self { env, bos: bos.to_owned(), eos: eos.to_owned() })
    }

    /// Renders `messages` and hands each part, in order, to `part`.
    ///
    /// Where the template refuses or leaves out system messages, they are put in front of the
    /// next user message (the last one behind, if none follows).
    pub fn render(&self, messages: &[Message], ending: Ending, part: &mut dyn FnMut(Part<'_>)) -> Result<()> {
        let plain: Vec<Shown> = messages
            .iter()
            .enumerate()
            .map(|(at, m)| Shown { role: m.role.as_str(), content: placeholder(at) })
            .collect();
        let text = match self.render_all(&plain, ending) {
            Err(_) | Ok(None) if messages.iter().any(|m| m.role == Role::System) => {
                self.render_all(&fold(messages), ending)?
            }
            other => other?,
        };
        let text = text.ok_or_else(|| EngineError::Template("it leaves out a message".to_owned()))?;
        split(&text, part);
        Ok(())
    }

    /// The rendered text, or nothing if a message is missing from it or out of order.
    fn render_all(&self, shown: &[Shown], ending: Ending) -> Result<Option<String>> {
        let template = self.env.get_template("chat").map_err(|e| fault(&e))?;
        let values = context! {
            messages => shown.iter().map(Shown::value).collect::<Vec<_>>(),
            add_generation_prompt => ending == Ending::ReplyNext,
            enable_thinking => false,
            // Known to be none, and not unknown: some templates ask only whether they are none.
            tools => (),
            documents => (),
            bos_token => self.bos.as_str(),
            eos_token => self.eos.as_str(),
        };
        let mut page = Page(Vec::new());
        template.render_captured_to(values, &mut page).map_err(|e| fault(&e))?;
        let text = String::from_utf8(page.0).map_err(|e| EngineError::Template(e.to_string()))?;
        let due: Vec<usize> = shown.iter().flat_map(|message| numbers(&message.content)).collect();
        let complete = numbers(&text) == due;
        Ok(complete.then_some(text))
    }
}

/// Each system message joined to the next user message.
fn fold(messages: &[Message]) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    let mut waiting: Vec<String> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        match message.role {
            Role::System => waiting.push(placeholder(at)),
            Role::User => {
                waiting.push(placeholder(at));
                shown.push(Shown { role: message.role.as_str(), content: waiting.join("\n\n") });
                waiting.clear();
            }
            Role::Assistant => shown.push(Shown { role: message.role.as_str(), content: placeholder(at) }),
        }
    }
    if !waiting.is_empty() {
        match shown.last_mut().filter(|last| last.role == Role::User.as_str()) {
            Some(last) => waiting.insert(0, std::mem::take(&mut last.content)),
            None => shown.push(Shown { role: Role::User.as_str(), content: String::new() }),
        }
        if let Some(last) = shown.last_mut() {
            last.content = waiting.join("\n\n");
        }
    }
    shown
}

fn placeholder(at: usize) -> String {
    format!("{OPEN}{at}{CLOSE}")
}

/// The messages whose placeholders are in `text`, in order.
fn numbers(text: &str) -> Vec<usize> {
    let mut numbers = Vec::new();
    split(text, &mut |part| {
        if let Part::Text(at) = part {
            numbers.push(at);
        }
    });
    numbers
}

/// Cuts `text` at the placeholders.
fn split(text: &str, part: &mut dyn FnMut(Part<'_>)) {
    let mut rest = text;
    while let Some((frame, after)) = rest.split_once(OPEN) {
        let Some((number, after)) = after.split_once(CLOSE) else { break };
        part(Part::Frame(frame));
        if let Ok(at) = number.parse() {
            part(Part::Text(at));
        }
        rest = after;
    }
    part(Part::Frame(rest));
}

fn raise(message: String) -> std::result::Result<String, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

fn fault(error: &Error) -> EngineError {
    let line = error.line().map(|line| format!(" (line {line})")).unwrap_or_default();
    let what = match (error.kind(), error.detail()) {
        // The only writer there is, `Page`, fails only when it is full.
        (ErrorKind::WriteFailure, _) => "it writes without end".to_owned(),
        (_, Some(detail)) => detail.to_owned(),
        (kind, None) => kind.to_string(),
    };
    EngineError::Template(format!("{what}{line}"))
}

/// Takes what a template writes, up to a limit.
struct Page(Vec<u8>);

impl std::io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_BYTES {
            return Err(std::io::ErrorKind::OutOfMemory.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

//! The engine that runs elsewhere: any server that speaks OpenAI's chat completions, such as vLLM,
//! llama-server or Ollama.
//! Knows: everything in this folder. Never: which model it is, or what for.
//!
//! Request to reply: `body` (what is asked) -> `server` (asked again where that may help) -> `wire`
//! (HTTP, the only place in the engine that opens a connection; feature `remote`, with the twin `off`)
//! -> `sse` (events) -> `answer` (chunks, errors) -> `reply` (texts).
//!
//! What a server can't do: `choose`. What it need not do: count tokens. Where it does not, they are
//! estimated, rather too many than too few.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

use self::answer::{Complaint, Listed};
use self::body::Extra;
use self::reply::Replies;
use self::server::{Server, Trouble};
use super::{
    ChooseRequest, Engine, EngineError, FileInfo, Finish, FinishReason, Likelihood, ModelInfo, Request,
    Runner,
};
use crate::chat::Message;

pub use self::address::Address;
pub use self::error::RemoteError;

mod address;
pub mod answer;
pub mod body;
mod error;
mod estimate;
#[cfg(not(feature = "remote"))]
mod off;
mod reply;
mod server;
mod sse;
#[cfg(feature = "remote")]
mod wire;

pub use self::estimate::tokens as estimated_tokens;
#[cfg(not(feature = "remote"))]
use self::off::Wire;
#[cfg(feature = "remote")]
use self::wire::Wire;

type Emit<'a> = &'a mut dyn FnMut(&str) -> ControlFlow<()>;

/// Taken where a server does not say how long a conversation may be. Ollama's own, which drops the
/// beginning of longer ones without a word.
const UNKNOWN_CONTEXT_TOK: usize = 4096;
/// A list of models is never longer, nor are the tokens of one message.
const MOST_LIST_BYTES: usize = 1 << 22;
/// Messages whose tokens are remembered.
const MOST_COUNTS: usize = 4096;

/// A model on a server.
pub struct Remote {
    server: RefCell<Server>,
    model: String,
    info: ModelInfo,
    extras: Vec<Extra>,
    counter: RefCell<Counter>,
}

/// Which model of which server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the server is.
    pub address: Address,
    /// Which of its models; it may be left out where it has only one.
    pub model: Option<String>,
    /// Says who asks.
    pub key: Option<Key>,
    /// How long to wait for it.
    pub patience: Patience,
}

/// What a server is told so that it answers. Shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

/// How long to wait for a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// It is asked so many times in all, where it is busy or not there yet.
    pub tries: u32,
    /// Wait so long after the first time; twice as long after each further one.
    pub first_wait: Duration,
    /// Until there is a connection.
    pub connect: Duration,
    /// Until the first byte of an answer: the server may have others to answer, and reads the whole
    /// conversation first.
    pub first_byte: Duration,
    /// Between two pieces of an answer.
    pub silence: Duration,
}

/// How tokens are counted.
enum Counter {
    /// By the server, if it can; what it has counted.
    Server(HashMap<String, usize>),
    Estimate,
}

impl Key {
    /// A key, if `text` holds one.
    ///
    /// # Errors
    /// Where it holds characters that can't be sent.
    pub fn new(text: &str) -> Result<Option<Self>, RemoteError> {
        let text = text.trim();
        if !text.chars().all(|c| c.is_ascii_graphic()) {
            return Err(RemoteError::BadKey);
        }
        Ok((!text.is_empty()).then(|| Self(text.to_owned())))
    }

    /// The key itself, for the one place that sends it.
    #[cfg_attr(not(feature = "remote"), allow(dead_code, reason = "nothing is sent"))]
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// `text` without the key: some servers repeat it where they refuse it.
    fn hidden_in(&self, text: &str) -> String {
        text.replace(&self.0, "…")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 4,
            first_wait: Duration::from_millis(250),
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(300),
            silence: Duration::from_secs(60),
        }
    }
}

impl Patience {
    /// How long to wait after the `tries`th time, if the server does not say.
    fn wait_after(self, tries: u32) -> Duration {
        self.first_wait * 2u32.saturating_pow(tries.saturating_sub(1).min(16))
    }
}

impl Remote {
    /// Asks the server for its models, and takes the one that is meant.
    ///
    /// # Errors
    /// Where it is not there, is no such server, or has no such model.
    pub fn open(settings: Settings) -> Result<Self, EngineError> {
        let Settings { address, model, key, patience } = settings;
        let url = address.call("models");
        let mut server = Server::new(address, key, patience);
        let text = server.text((&url, None), MOST_LIST_BYTES).map_err(plain)?;
        let page = || {
            if text.trim_start().starts_with('<') {
                RemoteError::Page { url: url.clone() }
            } else {
                RemoteError::Answer(format!("{url} is no list of models"))
            }
        };
        let mut listed = meant(answer::models(&text).ok_or_else(page)?, model.as_deref())?;
        if listed.context_tok.is_none() {
            listed.context_tok = context_of_props(&mut server);
        }
        let info = info(&server, &listed);
        Ok(Self {
            server: RefCell::new(server),
            model: listed.id,
            info,
            extras: Extra::ALL.to_vec(),
            counter: RefCell::new(Counter::Server(HashMap::new())),
        })
    }

    /// Up to `n` replies to `req`. `emit` gets the words of the first.
    fn replies(&mut self, req: &Request, n: usize, emit: Emit<'_>) -> Result<Vec<Finish>, EngineError> {
        let url = self.server.get_mut().address.call("chat/completions");
        loop {
            let body = body::completion(&self.model, req, n, &self.extras);
            let n = if self.extras.contains(&Extra::N) { n } else { 1 };
            let mut replies = Replies::new((req, n), &mut *emit);
            match self.server.get_mut().ask((&url, Some(&body)), &mut replies) {
                Ok(_) => {
                    if !replies.is_over() {
                        replies.close()?;
                    }
                    return Ok(replies.finishes()?);
                }
                // What broke behind the last word takes nothing away from it.
                Err(Trouble::Error(_)) if replies.is_over() => return Ok(replies.finishes()?),
                Err(Trouble::Error(error)) => return Err(error.into()),
                Err(Trouble::Refused(status, complaint)) => {
                    if !self.left_out(status, &complaint, n) {
                        return Err(self.refusal(status, complaint).into());
                    }
                }
            }
        }
    }

    /// Leaves out what the server refuses, if that may help.
    fn left_out(&mut self, status: u16, complaint: &Complaint, n: usize) -> bool {
        if !matches!(status, 400 | 422 | 501) || complaint.is_too_long() || complaint.is_no_model() {
            return false;
        }
        let named = |extra: &Extra| extra.names().iter().any(|name| complaint.names(name));
        let named: Vec<Extra> = self.extras.iter().copied().filter(named).collect();
        let before = self.extras.len();
        if !named.is_empty() {
            self.extras.retain(|extra| !named.contains(extra));
        } else if n > 1 && self.extras.contains(&Extra::N) {
            self.extras.retain(|extra| *extra != Extra::N);
        } else {
            self.extras.retain(|extra| !Extra::COMFORTS.contains(extra));
        }
        let left_out = before - self.extras.len();
        tracing::info!(left_out, "the server refuses fields of the request");
        left_out > 0
    }

    fn refusal(&self, status: u16, complaint: Complaint) -> RemoteError {
        match () {
            () if complaint.is_too_long() => RemoteError::TooLong(complaint.message),
            () if complaint.is_no_model() => {
                RemoteError::NoModel { asked: self.model.clone(), there: Vec::new() }
            }
            () => RemoteError::Status { status, why: complaint.message },
        }
    }

    /// Tokens of one text, by the server or estimated.
    fn count(&self, text: &str) -> usize {
        let mut counter = self.counter.borrow_mut();
        let Counter::Server(counts) = &mut *counter else { return estimate::tokens(text) };
        if let Some(&count) = counts.get(text) {
            return count;
        }
        let mut server = self.server.borrow_mut();
        let url = server.address.beside("tokenize");
        let answer = server.text((&url, Some(&body::tokenize(&self.model, text))), MOST_LIST_BYTES);
        match answer.ok().and_then(|text| answer::token_count(&text)) {
            Some(count) => {
                if counts.len() >= MOST_COUNTS {
                    counts.clear();
                }
                counts.insert(text.to_owned(), count);
                count
            }
            None => {
                // Counting by two measures in one conversation would be worse than by the coarser.
                *counter = Counter::Estimate;
                estimate::tokens(text)
            }
        }
    }
}

impl Engine for Remote {
    fn generate(&mut self, req: &Request, emit: Emit<'_>) -> Result<Finish, EngineError> {
        let finish = self.replies(req, 1, emit)?.into_iter().next();
        finish.ok_or_else(|| RemoteError::BrokeOff("there is no reply in it".to_owned()).into())
    }

    /// By `n`, where the server takes it; what it does not write then, one after the other.
    fn candidates(
        &mut self,
        req: &Request,
        seeds: &[u64],
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Vec<Finish>, EngineError> {
        let mut finishes = Vec::new();
        while let Some(&seed) = seeds.get(finishes.len()) {
            let req = Request { seed, ..req.clone() };
            // A server that wrote one where two were asked for is not asked for two again.
            let n = if finishes.is_empty() { seeds.len() } else { 1 };
            let more = self.replies(&req, n, &mut |_| go_on())?;
            let over = more.is_empty() || more.iter().any(|f| f.reason == FinishReason::Cancelled);
            finishes.extend(more);
            if over {
                break;
            }
        }
        finishes.truncate(seeds.len());
        Ok(finishes)
    }

    /// # Errors
    /// Always: what servers of this kind have in common is writing.
    fn choose(&mut self, _req: &ChooseRequest) -> Result<Vec<Likelihood>, EngineError> {
        Err(RemoteError::NoChoice.into())
    }

    fn count_tokens(&self, messages: &[Message]) -> Result<usize, EngineError> {
        let counted = messages.iter().map(|message| self.count(&message.text) + estimate::MESSAGE_TOK);
        Ok(counted.sum::<usize>() + estimate::TALK_TOK)
    }

    fn info(&self) -> &ModelInfo {
        &self.info
    }
}

fn info(server: &Server, listed: &Listed) -> ModelInfo {
    let file = FileInfo {
        name: error::words(&listed.id),
        architecture: "unknown".to_owned(),
        context_tok: listed.context_tok.unwrap_or(UNKNOWN_CONTEXT_TOK),
        parameters: listed.parameters.unwrap_or(0),
        file_bytes: listed.file_bytes.unwrap_or(0),
        quantisation: "unknown".to_owned(),
        runner: Runner::Server,
    };
    ModelInfo { file, device: server.address.origin(), arithmetic: "server".to_owned() }
}

/// The model that `asked` names among `there`; the only one, where none is named.
fn meant(there: Vec<Listed>, asked: Option<&str>) -> Result<Listed, RemoteError> {
    let names = || there.iter().map(|model| error::words(&model.id)).collect::<Vec<_>>();
    let Some(asked) = asked else {
        return match &there[..] {
            [only] => Ok(only.clone()),
            _ => Err(RemoteError::WhichModel { there: names() }),
        };
    };
    // Ollama calls `qwen3` what it lists as `qwen3:latest`.
    let latest = format!("{asked}:latest");
    let found =
        there.iter().find(|model| model.id == asked).or(there.iter().find(|model| model.id == latest));
    found.cloned().ok_or_else(|| RemoteError::NoModel { asked: error::words(asked), there: names() })
}

/// The context, as llama-server tells beside its models.
fn context_of_props(server: &mut Server) -> Option<usize> {
    let url = server.address.beside("props");
    let text = server.text((&url, None), MOST_LIST_BYTES).ok()?;
    answer::context_of_props(&text)
}

/// A refusal where no model is meant yet.
fn plain(trouble: Trouble) -> RemoteError {
    match trouble {
        Trouble::Error(error) => error,
        Trouble::Refused(status, complaint) => RemoteError::Status { status, why: complaint.message },
    }
}

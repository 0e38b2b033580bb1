//! What can go wrong between this program and a server, and what to do about it.
//! Knows: words for the person at the keyboard. Never: keys, conversations.

/// Of what a server says of a fault, so many characters are shown.
const LONGEST_WORDS: usize = 300;

/// A fault of a server, or of the way to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// The program was built without the feature.
    #[error("this program was built without engines behind a server")]
    NotBuilt,
    /// What was typed is no address.
    #[error("`{address}` is no address of a server: {why}")]
    Address {
        /// What was typed.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// The key can't be sent.
    #[error("the key holds characters that can't be sent")]
    BadKey,
    /// Nothing may leave this computer.
    #[error("{host} is another computer, and --offline keeps everything on this one")]
    Offline {
        /// The server's host.
        host: String,
    },
    /// Nobody answers.
    #[error("nothing answers at {server}: {why}")]
    NotThere {
        /// Where.
        server: String,
        /// What the system said.
        why: String,
    },
    /// The connection broke.
    #[error("the connection to {server} broke: {why}")]
    Broke {
        /// Where.
        server: String,
        /// What the system said.
        why: String,
    },
    /// Nothing comes.
    #[error("{server} has sent nothing for {seconds} seconds")]
    Silent {
        /// Where.
        server: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// A web page.
    #[error("a web page came from {url}: that is no OpenAI-compatible server")]
    Page {
        /// What was asked.
        url: String,
    },
    /// The server knows no such path.
    #[error("the server has nothing at {url}")]
    NoPath {
        /// What was asked.
        url: String,
    },
    /// The server wants to be asked elsewhere.
    #[error("the server at {url} sends us elsewhere")]
    Moved {
        /// What was asked.
        url: String,
    },
    /// The server wants a key, or another one.
    #[error("{server} {}", if *.known { "refuses the key" } else { "wants a key" })]
    Key {
        /// Where.
        server: String,
        /// Whether it was told one.
        known: bool,
    },
    /// The server has no such model.
    #[error("the server has no model `{asked}`{}", those(.there))]
    NoModel {
        /// What was asked for.
        asked: String,
        /// What there is.
        there: Vec<String>,
    },
    /// The server has several models, or none, and nobody said which.
    #[error("the server has {} models{}", .there.len(), those(.there))]
    WhichModel {
        /// What there is.
        there: Vec<String>,
    },
    /// The server has other work.
    #[error("the server is busy (status {status}){}", .seconds.map_or_else(String::new, |s| format!("; it wants to be asked again in {s} seconds")))]
    Busy {
        /// What it answered.
        status: u16,
        /// When it wants to be asked again.
        seconds: Option<u64>,
    },
    /// The conversation does not fit.
    #[error("the conversation is too long for the server's model: {0}")]
    TooLong(String),
    /// The server refuses.
    #[error("the server answered with status {status}{}", if .why.is_empty() { String::new() } else { format!(": {}", .why) })]
    Status {
        /// The status.
        status: u16,
        /// What it said.
        why: String,
    },
    /// The server failed in mid-reply.
    #[error("the server broke the reply off: {0}")]
    BrokeOff(String),
    /// The answer is none.
    #[error("the server's answer can't be understood: {0}")]
    Answer(String),
    /// A server writes, and does not weigh given texts.
    #[error("a model behind a server can't say how likely given lines are")]
    NoChoice,
}

impl RemoteError {
    /// What to do next, where something can be done.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotBuilt => "build it with `--features remote`, or run a model here: `--model NAME`",
            Self::Address { .. } => "write it as http://HOST:PORT/v1; a key goes into PUSHBACK_API_KEY",
            Self::BadKey => "check PUSHBACK_API_KEY: a line end or a character outside ASCII came with it",
            Self::Offline { .. } => "leave --offline away, or run the server on this computer",
            Self::NotThere { .. } => "start the server, and check host and port",
            Self::Broke { .. } => "look at the server's log, then try again",
            Self::Silent { .. } => {
                "it may still be loading its model, or have others to answer: look at its log"
            }
            Self::Page { .. } | Self::NoPath { .. } => {
                "such addresses mostly end in /v1: http://HOST:PORT/v1"
            }
            Self::Moved { .. } => "give the address that it leads to; a key is never sent on",
            Self::Key { known: false, .. } => "put the server's key into PUSHBACK_API_KEY",
            Self::Key { known: true, .. } => "check whose key is in PUSHBACK_API_KEY",
            Self::NoModel { .. } | Self::WhichModel { .. } => {
                "`--model NAME` picks one of the server's models"
            }
            Self::Busy { .. } => "wait a moment, then try again; the conversation so far is kept",
            Self::TooLong(_) => "start a new session, or the server with a longer context",
            Self::Status { status: 500.., .. } | Self::BrokeOff(_) => {
                "look at the server's log, then try again"
            }
            Self::Status { .. } | Self::Answer(_) => {
                "check that it is an OpenAI-compatible server with chat completions: vLLM, llama-server, Ollama"
            }
            Self::NoChoice => "the bundled client runs here: leave --engine away",
        })
    }
}

/// The words of a server, fit to be shown: one line, not too long, no control characters.
pub(super) fn words(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_WORDS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// The models of a server, as far as they are worth naming.
fn those(models: &[String]) -> String {
    const MOST: usize = 8;
    if models.is_empty() {
        return String::new();
    }
    let named: Vec<&str> = models.iter().take(MOST).map(String::as_str).collect();
    let more = if models.len() > MOST { ", …" } else { "" };
    format!(": {}{more}", named.join(", "))
}

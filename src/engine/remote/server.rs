//! One server: asked again where that may help, and understood where it refuses.
//! Knows: statuses, waiting. Never: how bytes travel, what a reply says.

use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::answer::Complaint;
use super::{Address, Key, Patience, RemoteError, Wire};

/// What a server says of a fault; more is not read.
const MOST_WORDS_BYTES: usize = 1 << 16;
/// No wait is longer; a server that wants a longer one is not waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How often whoever waits is asked whether to go on.
const TICK: Duration = Duration::from_millis(50);

/// One request, for the wire.
#[cfg_attr(
    not(feature = "remote"),
    expect(dead_code, reason = "without the feature nothing goes over a wire")
)]
pub(super) struct Call<'a> {
    pub url: &'a str,
    pub body: Option<&'a Value>,
    pub key: Option<&'a Key>,
    /// Until the first byte of the answer.
    pub patience: Duration,
}

/// How an answer begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub status: u16,
    /// Its content type, in small letters.
    pub kind: String,
    /// When the server wants to be asked again.
    pub retry_after: Option<Duration>,
}

/// What comes over the wire.
#[cfg_attr(
    not(feature = "remote"),
    expect(dead_code, reason = "without the feature nothing goes over a wire")
)]
pub(super) enum Heard<'a> {
    /// Nothing so far: whoever waits may stop it.
    Nothing,
    Head(Head),
    Bytes(&'a [u8]),
}

/// Why nothing more comes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "each of the two wires has faults of its own")]
pub(super) enum Fault {
    NotBuilt,
    /// There is no such host, or no way to it.
    NoHost(String),
    /// The host has nobody at this port, for the moment.
    Refused(String),
    Broke(String),
    Silent(Duration),
    /// Whoever waited has had enough.
    Stopped,
}

/// Why there is no answer.
pub(super) enum Trouble {
    /// The server understood, and refuses.
    Refused(u16, Complaint),
    /// Anything else.
    Error(RemoteError),
}

/// Whether an answer is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    Whole,
    /// Whoever listened has had enough.
    Broken,
}

/// Whoever waits for an answer.
pub(super) trait Listener {
    /// Whether to go on waiting; asked several times a second.
    fn goes_on(&mut self) -> ControlFlow<()>;
    /// The answer is a good one, of this content type.
    fn begin(&mut self, kind: &str);
    /// Its next bytes; `Break` wants no more.
    fn read(&mut self, bytes: &[u8]) -> Result<ControlFlow<()>, RemoteError>;
}

/// A server, and who asks it.
pub(super) struct Server {
    pub address: Address,
    key: Option<Key>,
    patience: Patience,
    wire: Wire,
}

impl Server {
    pub(super) fn new(address: Address, key: Option<Key>, patience: Patience) -> Self {
        let wire = Wire::new(&address, patience);
        Self { address, key, patience, wire }
    }

    /// Asks, again where that may help, as long as nothing of a good answer has been read.
    pub(super) fn ask(
        &mut self,
        (url, body): (&str, Option<&Value>),
        listener: &mut dyn Listener,
    ) -> Result<Answered, Trouble> {
        let mut tries = 1;
        loop {
            let (trouble, wanted) = match self.ask_once((url, body), listener) {
                Ok(answered) => return Ok(answered),
                Err(Attempt::Last(trouble)) => return Err(trouble),
                Err(Attempt::Again(trouble, wanted)) => (trouble, wanted),
            };
            let wait = wanted.unwrap_or_else(|| self.patience.wait_after(tries));
            if tries >= self.patience.tries || wait > LONGEST_WAIT {
                return Err(trouble);
            }
            tracing::info!(tries, wait_ms = wait.as_millis() as u64, "the server is asked again");
            if pause(wait, listener).is_break() {
                return Ok(Answered::Broken);
            }
            tries += 1;
        }
    }

    /// The text of a short answer, of at most `most` bytes. Waited for as long as for a first byte,
    /// whatever else goes on.
    pub(super) fn text(&mut self, ask: (&str, Option<&Value>), most: usize) -> Result<String, Trouble> {
        let mut whole = Whole { bytes: Vec::new(), most };
        self.ask(ask, &mut whole)?;
        Ok(String::from_utf8_lossy(&whole.bytes).into_owned())
    }

    fn ask_once(
        &mut self,
        (url, body): (&str, Option<&Value>),
        listener: &mut dyn Listener,
    ) -> Result<Answered, Attempt> {
        let (mut head, mut told, mut fault, mut begun): (Option<Head>, _, _, _) =
            (None, Vec::new(), None, false);
        let call = Call { url, body, key: self.key.as_ref(), patience: self.patience.first_byte };
        let outcome = self.wire.ask(call, &mut |heard| match heard {
            Heard::Nothing => listener.goes_on(),
            Heard::Head(new) => {
                if new.is_good() {
                    listener.begin(&new.kind);
                }
                head = Some(new);
                ControlFlow::Continue(())
            }
            Heard::Bytes(bytes) if head.as_ref().is_some_and(Head::is_good) => {
                begun = true;
                listener.read(bytes).unwrap_or_else(|e| {
                    fault = Some(e);
                    ControlFlow::Break(())
                })
            }
            Heard::Bytes(bytes) => {
                told.extend_from_slice(&bytes[..bytes.len().min(MOST_WORDS_BYTES - told.len())]);
                if told.len() < MOST_WORDS_BYTES { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            }
        });
        if let Some(fault) = fault {
            return Err(Attempt::Last(Trouble::Error(self.without_key(fault))));
        }
        match (outcome, head) {
            (Ok(()) | Err(Fault::Stopped), Some(head)) if !head.is_good() => {
                Err(self.refused((url, &head), &String::from_utf8_lossy(&told)))
            }
            (Ok(()), Some(_)) => Ok(Answered::Whole),
            (Err(Fault::Stopped), _) => Ok(Answered::Broken),
            (Ok(()), None) => Err(self.failed(Fault::Broke("it closed without an answer".to_owned()), begun)),
            (Err(fault), _) => Err(self.failed(fault, begun)),
        }
    }

    /// What a server said when it broke a reply off, without the key.
    fn without_key(&self, error: RemoteError) -> RemoteError {
        match (error, &self.key) {
            (RemoteError::BrokeOff(why), Some(key)) => RemoteError::BrokeOff(key.hidden_in(&why)),
            (RemoteError::Answer(why), Some(key)) => RemoteError::Answer(key.hidden_in(&why)),
            (error, _) => error,
        }
    }

    /// A fault of the way; what had begun to come is not asked for twice.
    fn failed(&self, fault: Fault, begun: bool) -> Attempt {
        let server = self.address.origin();
        let (error, again) = match fault {
            Fault::NotBuilt => (RemoteError::NotBuilt, false),
            Fault::NoHost(why) => (RemoteError::NotThere { server, why }, false),
            Fault::Refused(why) => (RemoteError::NotThere { server, why }, true),
            Fault::Broke(why) => (RemoteError::Broke { server, why }, true),
            Fault::Silent(limit) => (RemoteError::Silent { server, seconds: limit.as_secs() }, false),
            Fault::Stopped => (RemoteError::Broke { server, why: "stopped".to_owned() }, false),
        };
        match again && !begun {
            true => Attempt::Again(Trouble::Error(error), None),
            false => Attempt::Last(Trouble::Error(error)),
        }
    }

    /// What a bad status means.
    fn refused(&self, (url, head): (&str, &Head), told: &str) -> Attempt {
        let (server, url) = (self.address.origin(), url.to_owned());
        let mut complaint = Complaint::read(told);
        if let Some(key) = &self.key {
            complaint.message = key.hidden_in(&complaint.message);
        }
        let page = head.kind.starts_with("text/html") || told.trim_start().starts_with('<');
        let error = match head.status {
            300..=399 => RemoteError::Moved { url },
            401 | 403 => RemoteError::Key { server, known: self.key.is_some() },
            404 | 405 if page || !complaint.is_no_model() => RemoteError::NoPath { url },
            status @ (429 | 502..=504) => {
                let seconds = head.retry_after.map(|wait| wait.as_secs());
                let trouble = Trouble::Error(RemoteError::Busy { status, seconds });
                return Attempt::Again(trouble, head.retry_after);
            }
            status if page => RemoteError::Status { status, why: "a web page".to_owned() },
            status => return Attempt::Last(Trouble::Refused(status, complaint)),
        };
        Attempt::Last(Trouble::Error(error))
    }
}

/// What came of asking once.
enum Attempt {
    /// It may help to ask again, after this time if the server named one.
    Again(Trouble, Option<Duration>),
    Last(Trouble),
}

impl Head {
    fn is_good(&self) -> bool {
        (200..=299).contains(&self.status)
    }
}

/// Waits, as long as the listener goes on.
fn pause(wait: Duration, listener: &mut dyn Listener) -> ControlFlow<()> {
    let until = Instant::now() + wait;
    loop {
        listener.goes_on()?;
        match until.checked_duration_since(Instant::now()) {
            None => return ControlFlow::Continue(()),
            Some(left) => thread::park_timeout(left.min(TICK)),
        }
    }
}

/// Keeps a short answer.
struct Whole {
    bytes: Vec<u8>,
    most: usize,
}

impl Listener for Whole {
    fn goes_on(&mut self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn begin(&mut self, _kind: &str) {}

    fn read(&mut self, bytes: &[u8]) -> Result<ControlFlow<()>, RemoteError> {
        self.bytes.extend_from_slice(bytes);
        match self.bytes.len() > self.most {
            true => Err(RemoteError::Answer("it is far too long".to_owned())),
            false => Ok(ControlFlow::Continue(())),
        }
    }
}

//! Bytes to a server and back, over HTTP.
//! Knows: ureq. Never: what the bytes mean.
//!
//! A request runs on a thread of its own, so that whoever waits for it is asked several times a
//! second whether to go on. Where they have had enough, the connection is shut at once, and the
//! server sees it: it need not write a reply that nobody reads.

use std::io::Read;
use std::ops::ControlFlow;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

use super::server::{Call, Fault, Head, Heard};
use super::{Address, Patience};

/// How often whoever waits is asked whether to go on.
const TICK: Duration = Duration::from_millis(50);
/// What is read in one go, and how many of these wait to be heard.
const PIECE_BYTES: usize = 1 << 14;
const WAITING: usize = 16;

/// The way to a server. Connections are kept between calls.
pub(super) struct Wire {
    agent: Agent,
    address: Address,
    patience: Patience,
}

/// What the thread of a request reports.
enum News {
    Head(Head),
    Bytes(Vec<u8>),
    End,
    Fault(Fault),
}

impl Wire {
    pub(super) fn new(address: &Address, patience: Patience) -> Self {
        Self { agent: agent(address, patience), address: address.clone(), patience }
    }

    /// Sends `call`; `hear` gets what comes, and nothing now and then. `Break` shuts the connection.
    pub(super) fn ask(
        &mut self,
        call: Call<'_>,
        hear: &mut dyn FnMut(Heard<'_>) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        let (send, news) = mpsc::sync_channel(WAITING);
        let (agent, request) = (self.agent.clone(), Request::new(&call));
        thread::Builder::new()
            .name("remote".to_owned())
            .spawn(move || request.run(&agent, &send))
            .map_err(|e| Fault::Broke(e.to_string()))?;
        let (mut since, mut begun) = (Instant::now(), false);
        loop {
            let limit = if begun { self.patience.silence } else { call.patience };
            match news.recv_timeout(TICK) {
                Ok(News::Head(head)) => {
                    if hear(Heard::Head(head)).is_break() {
                        return Err(self.give_up(Fault::Stopped));
                    }
                }
                Ok(News::Bytes(bytes)) => {
                    (since, begun) = (Instant::now(), true);
                    if hear(Heard::Bytes(&bytes)).is_break() {
                        return Err(self.give_up(Fault::Stopped));
                    }
                }
                Ok(News::End) => return Ok(()),
                Ok(News::Fault(fault)) => return Err(fault),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Fault::Broke("the request came to no end".to_owned()));
                }
                Err(RecvTimeoutError::Timeout) if since.elapsed() >= limit => {
                    return Err(self.give_up(Fault::Silent(limit)));
                }
                Err(RecvTimeoutError::Timeout) => {
                    if hear(Heard::Nothing).is_break() {
                        return Err(self.give_up(Fault::Stopped));
                    }
                }
            }
        }
    }

    /// Shuts all connections, also one that is waited on elsewhere.
    fn give_up(&mut self, fault: Fault) -> Fault {
        let fresh = agent(&self.address, self.patience);
        std::mem::replace(&mut self.agent, fresh).shutdown();
        fault
    }
}

/// A call with all it needs on a thread of its own.
struct Request {
    url: String,
    body: Option<String>,
    bearer: Option<String>,
}

impl Request {
    fn new(call: &Call<'_>) -> Self {
        Self {
            url: call.url.to_owned(),
            body: call.body.map(ToString::to_string),
            bearer: call.key.map(|key| format!("Bearer {}", key.reveal())),
        }
    }

    /// Runs to its end, or until nobody listens any more.
    fn run(self, agent: &Agent, send: &SyncSender<News>) {
        let last = match self.call(agent) {
            Ok(response) => {
                let head = head(response.status().as_u16(), response.headers());
                if send.send(News::Head(head)).is_err() {
                    return;
                }
                read(response.into_body(), send)
            }
            Err(e) => Some(News::Fault(fault(&e))),
        };
        if let Some(last) = last {
            let _ = send.send(last);
        }
    }

    fn call(self, agent: &Agent) -> Result<Response<Body>, ureq::Error> {
        const ACCEPT: (&str, &str) = ("Accept", "text/event-stream, application/json");
        match self.body {
            Some(body) => {
                let mut request = agent.post(&self.url).header(ACCEPT.0, ACCEPT.1);
                if let Some(bearer) = self.bearer {
                    request = request.header("Authorization", bearer);
                }
                request.header("Content-Type", "application/json").send(body)
            }
            None => {
                let mut request = agent.get(&self.url).header(ACCEPT.0, ACCEPT.1);
                if let Some(bearer) = self.bearer {
                    request = request.header("Authorization", bearer);
                }
                request.call()
            }
        }
    }
}

/// Reads a body to its end; nothing to report, where nobody listens.
fn read(body: Body, send: &SyncSender<News>) -> Option<News> {
    let mut reader = body.into_reader();
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match reader.read(&mut piece) {
            Ok(0) => return Some(News::End),
            Ok(n) => send.send(News::Bytes(piece[..n].to_vec())).ok()?,
            Err(e) => return Some(News::Fault(Fault::Broke(e.to_string()))),
        }
    }
}

fn head(status: u16, headers: &HeaderMap) -> Head {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let seconds = text("retry-after").and_then(|value| value.trim().parse::<f64>().ok());
    Head {
        status,
        kind: text("content-type").unwrap_or_default().trim().to_ascii_lowercase(),
        // A date, which it may also be, would need a clock that both agree on.
        retry_after: seconds.and_then(|s| Duration::try_from_secs_f64(s).ok()),
    }
}

/// A fault of the connection, without what the client calls it.
fn fault(error: &ureq::Error) -> Fault {
    match error {
        ureq::Error::HostNotFound => Fault::NoHost("its name is not known here".to_owned()),
        ureq::Error::ConnectionFailed => Fault::Refused("no connection".to_owned()),
        ureq::Error::Timeout(ureq::Timeout::Connect) => Fault::NoHost("it can't be reached".to_owned()),
        ureq::Error::Io(e) if e.kind() == std::io::ErrorKind::ConnectionRefused => {
            Fault::Refused("connection refused".to_owned())
        }
        ureq::Error::Io(e) => Fault::Broke(e.to_string()),
        other => Fault::Broke(other.to_string()),
    }
}

/// A client that follows no redirect: the key and the conversation are for the named server alone.
/// What is for this computer never goes through a proxy.
fn agent(address: &Address, patience: Patience) -> Agent {
    let config = Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_resolve(Some(patience.connect))
        .timeout_connect(Some(patience.connect))
        .user_agent(concat!("pushback/", env!("CARGO_PKG_VERSION")));
    match address.is_this_computer() {
        true => config.proxy(None).build().into(),
        false => config.build().into(),
    }
}

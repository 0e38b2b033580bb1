//! The bytes of a file, from a place in it on.
//! Knows: HTTP. Never: disk.

use std::io::{self, Read};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use ureq::Agent;
use ureq::http::{HeaderMap, Response};

use super::api::{self, Refused, Remote};
use super::{FetchError, Hub, Watch};

type Result<T> = std::result::Result<T, FetchError>;

/// No honest answer is further away.
pub(super) const MAX_REDIRECTS: usize = 10;
/// How often whoever waits is asked whether to go on.
const TICK: Duration = Duration::from_millis(50);
/// What is read in one go, and how many of these wait to be written.
const PIECE_BYTES: usize = 1 << 18;
const WAITING: usize = 4;

/// A file on its way.
pub(super) struct Stream {
    /// Where in the file it begins.
    pub start: u64,
    pieces: Receiver<io::Result<Vec<u8>>>,
}

/// What a file is asked of.
pub(super) struct Source<'a> {
    pub hub: &'a Hub,
    pub remote: &'a Remote,
    pub refused: Refused<'a>,
}

impl Source<'_> {
    /// Asks for the file from byte `start` on; the stream may begin earlier where the hub knows no
    /// parts. Nothing, if `watch` has had enough.
    pub(super) fn open(&self, start: u64, watch: &dyn Watch) -> Result<Option<Stream>> {
        let agent = agent(self.hub);
        let mut url = self.remote.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let Some(response) = self.ask((&agent, &url), start, watch)? else { return Ok(None) };
            self.check_hash(response.headers())?;
            if !response.status().is_redirection() {
                return self.stream(response, start).map(Some);
            }
            let location = response.headers().get("location").and_then(|value| value.to_str().ok());
            let location = location.ok_or(FetchError::Status(response.status().as_u16()))?;
            let next = join(&url, location);
            if url.starts_with("https://") && !next.starts_with("https://") {
                return Err(FetchError::Unprotected(origin(&next).to_owned()));
            }
            url = next;
        }
        Err(FetchError::Redirects(MAX_REDIRECTS))
    }

    fn ask(
        &self,
        (agent, url): (&Agent, &str),
        start: u64,
        watch: &dyn Watch,
    ) -> Result<Option<Response<ureq::Body>>> {
        let mut request = agent.get(url).header("Range", format!("bytes={start}-"));
        // The token is the hub's business only, not that of whoever keeps its files.
        if let Some(token) = self.hub.token.as_ref().filter(|_| origin(url) == origin(&self.hub.endpoint)) {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        aside(watch, move || request.call()).map(|answer| answer.map_err(|e| api::network(&e))).transpose()
    }

    /// The hub names the hash once more where it leads on to the file.
    fn check_hash(&self, headers: &HeaderMap) -> Result<()> {
        let etag = headers.get("x-linked-etag").and_then(|value| value.to_str().ok());
        match etag.map(|etag| etag.trim_start_matches("W/").trim_matches('"')) {
            Some(etag) if !etag.eq_ignore_ascii_case(&self.remote.sha256) => Err(FetchError::Changed),
            _ => Ok(()),
        }
    }

    fn stream(&self, response: Response<ureq::Body>, start: u64) -> Result<Stream> {
        self.refused.check(response.status(), response.headers())?;
        if api::is_page(response.headers()) {
            return Err(FetchError::Page);
        }
        let expected = self.remote.bytes;
        let (start, whole) = match range(response.headers()) {
            Some((from, whole)) if response.status().as_u16() == 206 => {
                if from != start {
                    return Err(FetchError::Network(format!("it sends byte {from} instead of {start}")));
                }
                (start, whole)
            }
            _ => (0, response.body().content_length()),
        };
        if let Some(got) = whole.filter(|&whole| whole != expected) {
            return Err(FetchError::OtherSize { got, expected });
        }
        let (send, pieces) = mpsc::sync_channel(WAITING);
        let reader = response.into_body().into_reader();
        thread::spawn(move || read(reader, &send));
        Ok(Stream { start, pieces })
    }
}

impl Stream {
    /// The next bytes; nothing at the end. Asks `watch` while it waits.
    pub(super) fn next(&self, watch: &dyn Watch, kept: u64) -> Result<Option<Vec<u8>>> {
        loop {
            if !watch.goes_on() {
                return Err(FetchError::Stopped { kept });
            }
            match self.pieces.recv_timeout(TICK) {
                Ok(Ok(piece)) => return Ok(Some(piece)),
                Ok(Err(e)) => return Err(FetchError::Network(e.to_string())),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// Reads to the end, or until nobody listens any more.
fn read(mut reader: impl Read, send: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut piece = vec![0; PIECE_BYTES];
        let read = match reader.read(&mut piece) {
            Ok(0) => return,
            Ok(n) => {
                piece.truncate(n);
                Ok(piece)
            }
            Err(e) => Err(e),
        };
        let ends = read.is_err();
        if send.send(read).is_err() || ends {
            return;
        }
    }
}

/// Does `work` that blocks, while `watch` is asked whether to go on; nothing if not. The work then
/// ends by its own time limits, or with the program.
pub(super) fn aside<T: Send + 'static>(
    watch: &dyn Watch,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (send, done) = mpsc::channel();
    thread::spawn(move || send.send(work()));
    loop {
        match done.recv_timeout(TICK) {
            Ok(outcome) => return Some(outcome),
            Err(RecvTimeoutError::Timeout) if watch.goes_on() => {}
            Err(_) => return None,
        }
    }
}

/// A client that follows no redirect by itself: what it may tell the next one is for us to say.
fn agent(hub: &Hub) -> Agent {
    let silence = Some(hub.patience.silence);
    Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_connect(silence)
        .timeout_per_read(silence)
        .user_agent(api::AGENT)
        .accept_encoding("identity")
        .build()
        .into()
}

/// First byte and length of the whole, as `Content-Range` has them.
fn range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let text = headers.get("content-range")?.to_str().ok()?.strip_prefix("bytes ")?;
    let (span, whole) = text.split_once('/')?;
    Some((span.split_once('-')?.0.parse().ok()?, whole.parse().ok()))
}

/// Scheme and host of an address.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |at| host + at);
    &url[..end]
}

/// Where `location` leads from `url`.
fn join(url: &str, location: &str) -> String {
    let scheme = url.split("//").next().unwrap_or_default();
    match location {
        _ if location.contains("://") => location.to_owned(),
        _ if location.starts_with("//") => format!("{scheme}{location}"),
        _ if location.starts_with('/') => format!("{}{location}", origin(url)),
        _ => {
            let folder = url.split(['?', '#']).next().unwrap_or_default();
            format!("{}/{location}", folder.rsplit_once('/').map_or(folder, |(folder, _)| folder))
        }
    }
}

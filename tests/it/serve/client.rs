//! A server in this process, and a browser as far as HTTP goes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use pushback::app::host::{Host, Manner};
use pushback::app::library::Library;
use pushback::app::voice::Voice;
use pushback::engine::scripted::Scripted;
use pushback::ui::web::{About, Entry, Passphrase, Token, Web};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::support::practice::library;

/// Half of a hash, for a model that there is not.
pub const MODEL: &str = "ab";

/// A server, until it is dropped.
pub struct Server {
    pub browser: Browser,
    pub host: Arc<Host>,
    pub data: tempfile::TempDir,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How a server is started.
pub struct Start {
    pub voice: Voice,
    pub library: Library,
    pub pace: Duration,
    pub open: usize,
    pub passphrase: Option<&'static str>,
    pub ticket: Option<Token>,
}

impl Start {
    /// With a client who says `replies`, at once.
    pub fn saying(replies: &[&str]) -> Self {
        let voice = Voice::Free {
            engine: Box::new(Scripted::new(replies.iter().copied())),
            notes: Arc::new(library().notes().unwrap()),
            candidates: 1,
            failed: 0,
        };
        Self::with(voice)
    }

    pub fn with(voice: Voice) -> Self {
        Self { voice, library: library(), pace: Duration::ZERO, open: 32, passphrase: None, ticket: None }
    }

    pub fn at_pace(self, ms: u64) -> Self {
        Self { pace: Duration::from_millis(ms), ..self }
    }

    pub fn go(self) -> Server {
        self.on(tempfile::tempdir().unwrap())
    }

    pub fn on(self, data: tempfile::TempDir) -> Server {
        let manner = Manner { data: data.path().to_owned(), pace: self.pace, open: self.open };
        let host = Host::new(self.library, (self.voice, MODEL.repeat(32)), manner).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let token = Token::draw().unwrap();
        let browser = Browser { address, token: token.as_str().to_owned() };
        let entry = match self.passphrase {
            Some(words) => Entry::Passphrase(Passphrase::new(words, token)),
            None => Entry::Url(token),
        };
        let web = Web::new(Arc::clone(&host), entry, address, About::default());
        if let Some(ticket) = &self.ticket {
            web.admit_once(ticket);
        }
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let stop = async { drop(stopped.await) };
                web.serve(listener, stop).await.unwrap();
            });
            runtime.shutdown_background();
        });
        Server { browser, host, data, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

/// Sends requests, with or without what a page sends along.
#[derive(Clone)]
pub struct Browser {
    pub address: SocketAddr,
    pub token: String,
}

impl Browser {
    /// A request as it is, but for its length.
    pub fn raw(&self, first: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut read = BufReader::new(self.send(first, headers, body));
        let head = head(&mut read);
        let mut body = String::new();
        read.read_to_string(&mut body).unwrap();
        let status = head.split(' ').nth(1).unwrap_or_default().parse().unwrap();
        Answer { status, head, body }
    }

    /// HTTP/1.0: the end of the answer is the end of the connection.
    fn send(&self, first: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        // Only what hangs takes as long, however busy the machine is.
        stream.set_read_timeout(Some(Duration::from_secs(600))).unwrap();
        let mut request = format!("{first} HTTP/1.0\r\n");
        headers.iter().for_each(|(name, value)| request.push_str(&format!("{name}: {value}\r\n")));
        if !body.is_empty() {
            request.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        // A server that refuses early may not read all of it.
        let _ = stream.write_all(format!("{request}\r\n{body}").as_bytes());
        stream
    }

    /// What a page sends along.
    pub fn headers(&self) -> [(&'static str, String); 4] {
        let host = self.address.to_string();
        [
            ("authorization", format!("Bearer {}", self.token)),
            ("origin", format!("http://{host}")),
            ("host", host),
            ("content-type", "application/json".to_owned()),
        ]
    }

    pub fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let headers = self.headers();
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.raw(&format!("{method} {path}"), &headers, body)
    }

    pub fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, "");
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    pub fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = self.ask("POST", path, &body.to_string());
        (answer.status, answer.json())
    }

    /// A request that has to work.
    pub fn does(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.post(path, body);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    pub fn begin(&self, persona: &str, seed: u64) -> Value {
        self.does("/api/sessions", json!({ "persona": persona, "seed": seed }))
    }

    /// Says a line, and waits for the answer; the session after it.
    pub fn exchange(&self, session: &Value, text: &str) -> Value {
        let id = &session["id"];
        let said = json!({ "text": text, "head": session["head"], "key": format!("{id}-{text}") });
        self.does(&format!("/api/sessions/{id}/say"), said);
        self.heard(session)
    }

    /// The session once its client has finished.
    pub fn heard(&self, session: &Value) -> Value {
        let last = self.listen(session).last().unwrap();
        assert_eq!(last.0, "done", "{last:?}");
        last.1["session"].clone()
    }

    /// The events of a client who speaks: name and data.
    pub fn listen(&self, session: &Value) -> Events {
        let headers = self.headers();
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let stream = self.send(&format!("GET /api/sessions/{}/live", session["id"]), &headers, "");
        let mut read = BufReader::new(stream);
        let head = head(&mut read);
        assert!(head.contains(" 200 ") && head.contains("text/event-stream"), "{head}");
        Events { read }
    }
}

/// The lines of an answer before its body.
fn head(read: &mut impl BufRead) -> String {
    let mut head = String::new();
    while read.read_line(&mut head).unwrap() > 2 {}
    head
}

/// Events as they come.
pub struct Events {
    read: BufReader<TcpStream>,
}

impl Iterator for Events {
    type Item = (String, Value);

    fn next(&mut self) -> Option<Self::Item> {
        let (mut name, mut data) = (String::new(), String::new());
        loop {
            let mut line = String::new();
            if self.read.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some(("event", value)) => value.clone_into(&mut name),
                Some(("data", value)) => value.clone_into(&mut data),
                _ if name.is_empty() => {}
                _ => return Some((name, serde_json::from_str(&data).unwrap())),
            }
        }
    }
}

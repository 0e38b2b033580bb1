//! A stand-in of the hub on this computer: its list of files, its redirects, its files, and
//! whatever can go wrong with them.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

use pushback::files::hash;
use serde_json::json;

/// The commit that `main` is at.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// What goes wrong with one request for a file's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The connection breaks after so many bytes.
    Cut(usize),
    /// So many bytes come, and then nothing; the connection stays.
    Hold(usize),
    /// The body ends, as if that were all, after so many bytes.
    Short(usize),
    /// So many bytes too many come.
    Long(usize),
    /// The answer claims another length of the whole.
    Claim(usize),
    /// All of it comes, whatever part is asked for.
    NoRanges,
    /// The last byte is another.
    Flip,
    /// A page comes, and is called one.
    Page,
    /// This text comes, called a file of the right size.
    Text(&'static str),
    /// A status, with the hub's own word for it.
    Status(u16, &'static str),
    /// The request is sent to where it came from.
    Circle,
    /// The hub names another hash on the way.
    OtherHash,
}

/// What is wrong with the list of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListFault {
    None,
    Status(u16, &'static str),
    Page,
    Text(&'static str),
    NoHash,
}

struct State {
    port: u16,
    repo: String,
    files: Vec<(String, Vec<u8>)>,
    faults: Mutex<VecDeque<Fault>>,
    list_faults: Mutex<VecDeque<ListFault>>,
    asked: Mutex<Vec<String>>,
    held: Mutex<Sender<()>>,
    /// The host that keeps the files, if it is another than the hub.
    elsewhere: bool,
}

/// The hub, until it is dropped.
pub struct StandIn {
    state: Arc<State>,
    /// Hears of each connection that is held.
    pub holds: Receiver<()>,
}

impl StandIn {
    /// A hub with one repository. Faults meet one request for bytes each, in order.
    pub fn new(repo: &str, files: &[(&str, &[u8])], faults: &[Fault]) -> Self {
        Self::start(repo, files, faults, false)
    }

    /// The same, with the files on another host.
    pub fn with_files_elsewhere(repo: &str, files: &[(&str, &[u8])]) -> Self {
        Self::start(repo, files, &[], true)
    }

    fn start(repo: &str, files: &[(&str, &[u8])], faults: &[Fault], elsewhere: bool) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let (held, holds) = mpsc::channel();
        let state = Arc::new(State {
            port: listener.local_addr().unwrap().port(),
            repo: repo.to_owned(),
            files: files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect(),
            faults: Mutex::new(faults.iter().cloned().collect()),
            list_faults: Mutex::default(),
            asked: Mutex::default(),
            held: Mutex::new(held),
            elsewhere,
        });
        let shared = state.clone();
        // It ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = shared.clone();
                thread::spawn(move || serve(&state, stream));
            }
        });
        Self { state, holds }
    }

    /// What goes wrong with the next requests for the list.
    pub fn list_faults(self, faults: &[ListFault]) -> Self {
        *self.state.list_faults.lock().unwrap() = faults.iter().cloned().collect();
        self
    }

    /// What goes wrong with the next requests for bytes.
    pub fn faults(&self, faults: &[Fault]) {
        *self.state.faults.lock().unwrap() = faults.iter().cloned().collect();
    }

    /// Its address.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.state.port)
    }

    /// What it was asked since the last time: path, range, whether with a token.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.state.asked.lock().unwrap())
    }
}

struct Asked {
    path: String,
    start: Option<usize>,
}

/// One request, one answer; a peer that has gone is no fault of the hub's.
fn serve(state: &State, stream: TcpStream) {
    let Some(asked) = request(state, &stream) else { return };
    let mut stream = stream;
    let _ = if asked.path.starts_with("/api/") {
        list(state, &mut stream)
    } else if let Some(sha) = asked.path.strip_prefix("/cdn/") {
        let file = state.files.iter().find(|(_, bytes)| hash::sha256(bytes) == sha).unwrap();
        bytes(state, &mut stream, &file.1, asked.start)
    } else {
        resolve(state, &mut stream, &asked.path)
    };
}

fn request(state: &State, stream: &TcpStream) -> Option<Asked> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let path = first.split_whitespace().nth(1)?.to_owned();
    let (mut start, mut with_token) = (None, "");
    for line in lines.map_while(Result::ok).take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        match name.to_ascii_lowercase().as_str() {
            "range" => start = value.trim().strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok(),
            "authorization" => with_token = " with a token",
            _ => {}
        }
    }
    let from = start.map(|start| format!(" from {start}")).unwrap_or_default();
    let short = path.split('?').next()?.replace(COMMIT, "COMMIT");
    let short = if short.starts_with("/cdn/") { "/cdn".to_owned() } else { short };
    state.asked.lock().unwrap().push(format!("{short}{from}{with_token}"));
    Some(Asked { path, start })
}

fn answer(stream: &mut TcpStream, status: u16, headers: &[(&str, &str)], body: &[u8]) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} Status\r\nConnection: close\r\n");
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(body)
}

fn whole(stream: &mut TcpStream, status: u16, kind: (&str, &str), body: &[u8]) -> std::io::Result<()> {
    answer(stream, status, &[kind, ("Content-Length", &body.len().to_string())], body)
}

const JSON: (&str, &str) = ("Content-Type", "application/json");
const HTML: (&str, &str) = ("Content-Type", "text/html; charset=utf-8");

fn list(state: &State, stream: &mut TcpStream) -> std::io::Result<()> {
    let fault = state.list_faults.lock().unwrap().pop_front().unwrap_or(ListFault::None);
    let file = |(name, bytes): &(String, Vec<u8>)| match fault {
        ListFault::NoHash => json!({ "rfilename": name, "size": bytes.len() }),
        _ => json!({
            "rfilename": name,
            "size": bytes.len(),
            "lfs": { "sha256": hash::sha256(bytes), "size": bytes.len(), "pointerSize": 135 },
        }),
    };
    let files: Vec<_> = state.files.iter().map(file).collect();
    let list = json!({ "id": state.repo, "sha": COMMIT, "siblings": files }).to_string();
    match fault {
        ListFault::None | ListFault::NoHash => whole(stream, 200, JSON, list.as_bytes()),
        ListFault::Status(status, code) => whole(stream, status, ("X-Error-Code", code), b"{}"),
        ListFault::Page => whole(stream, 200, HTML, b"<html>Log in, please</html>"),
        ListFault::Text(text) => whole(stream, 200, JSON, text.as_bytes()),
    }
}

/// The way to a file leads through its repository's page.
fn resolve(state: &State, stream: &mut TcpStream, path: &str) -> std::io::Result<()> {
    let at_commit = format!("/{}/resolve/{COMMIT}/", state.repo);
    let file = path.strip_prefix(&at_commit).map(|file| file.replace("%20", " "));
    let file = state.files.iter().find(|(name, _)| Some(name) == file.as_ref());
    let Some((_, bytes)) = file else {
        return whole(stream, 404, ("X-Error-Code", "EntryNotFound"), b"Entry not found");
    };
    let sha = hash::sha256(bytes);
    let mut faults = state.faults.lock().unwrap();
    let (location, etag) = match faults.front() {
        Some(Fault::Circle) => (path.to_owned(), format!("\"{sha}\"")),
        Some(Fault::OtherHash) => (format!("/cdn/{sha}"), format!("\"{}\"", "0".repeat(64))),
        Some(&Fault::Status(status, code)) if !code.is_empty() => {
            faults.pop_front();
            return whole(stream, status, ("X-Error-Code", code), b"no");
        }
        _ if state.elsewhere => (format!("http://localhost:{}/cdn/{sha}", state.port), format!("\"{sha}\"")),
        _ => (format!("/cdn/{sha}"), format!("\"{sha}\"")),
    };
    drop(faults);
    let size = bytes.len().to_string();
    let headers = [
        ("Location", location.as_str()),
        ("X-Repo-Commit", COMMIT),
        ("X-Linked-Etag", &etag),
        ("X-Linked-Size", &size),
        ("Content-Length", "0"),
    ];
    answer(stream, 302, &headers, b"")
}

fn bytes(state: &State, stream: &mut TcpStream, file: &[u8], start: Option<usize>) -> std::io::Result<()> {
    let fault = state.faults.lock().unwrap().pop_front().unwrap_or(Fault::None);
    let start = if fault == Fault::NoRanges { None } else { start };
    let mut body = file[start.unwrap_or(0)..].to_vec();
    let total = if let Fault::Claim(total) = fault { total } else { file.len() };
    let range = format!("bytes {}-{}/{total}", start.unwrap_or(0), file.len() - 1);
    let length = body.len().to_string();
    let kind = ("Content-Type", "application/octet-stream");
    let mut headers = vec![kind, ("Content-Length", length.as_str())];
    if start.is_some() {
        headers.push(("Content-Range", &range));
    }
    let status = if start.is_some() { 206 } else { 200 };
    match fault {
        Fault::Status(status, _) => return whole(stream, status, kind, b"no"),
        Fault::Page => return whole(stream, 200, HTML, b"<html>Log in, please</html>"),
        Fault::Text(text) => {
            body = text.bytes().cycle().take(file.len()).collect();
            return answer(stream, status, &headers, &body);
        }
        Fault::Cut(n) => return answer(stream, status, &headers, &body[..n.min(body.len())]),
        Fault::Hold(n) => {
            answer(stream, status, &headers, &body[..n.min(body.len())])?;
            stream.flush()?;
            let _ = state.held.lock().unwrap().send(());
            // Until the other side has had enough.
            let _ = stream.read(&mut [0]);
            return Ok(());
        }
        Fault::Flip => *body.last_mut().unwrap() ^= 1,
        Fault::Short(n) => {
            headers.remove(1);
            body.truncate(n);
        }
        Fault::Long(n) => {
            headers.remove(1);
            body.extend(vec![7; n]);
        }
        Fault::None | Fault::Claim(_) | Fault::NoRanges | Fault::Circle | Fault::OtherHash => {}
    }
    answer(stream, status, &headers, &body)
}

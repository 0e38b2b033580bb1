//! A stand-in of an OpenAI-compatible server on this computer: what it says, byte by byte, and
//! whatever can go wrong with it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// What the server does with one request for a reply.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    pieces: Vec<Vec<u8>>,
    ending: Ending,
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// The connection is closed.
    Closed,
    /// The body says where it ends.
    Chunked,
    /// Nothing comes any more, and the connection stays.
    Held,
    /// Not even a head comes.
    Mute,
}

impl Answer {
    /// A stream of these bytes.
    pub fn stream(pieces: &[&[u8]]) -> Self {
        Self::of(200, "text/event-stream; charset=utf-8", pieces)
    }

    /// A stream of these words as chunks, and its end.
    pub fn words(words: &[&str]) -> Self {
        let mut pieces: Vec<String> = words.iter().map(|word| event(&said(0, word))).collect();
        pieces.push(event(&json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] })));
        pieces.push("data: [DONE]\n\n".to_owned());
        Self::stream(&pieces.iter().map(String::as_bytes).collect::<Vec<_>>()).chunked()
    }

    /// An object.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::of(status, "application/json", &[body.to_string().as_bytes()])
    }

    /// An error, as OpenAI writes it.
    pub fn error(status: u16, message: &str) -> Self {
        Self::json(status, &json!({ "error": { "message": message, "type": "invalid_request_error" } }))
    }

    /// Any text.
    pub fn of(status: u16, kind: &str, pieces: &[&[u8]]) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), kind.to_owned())],
            pieces: pieces.iter().map(|piece| piece.to_vec()).collect(),
            ending: Ending::Closed,
        }
    }

    /// The same, with one more header.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same in chunks of HTTP.
    pub fn chunked(mut self) -> Self {
        self.ending = Ending::Chunked;
        self
    }

    /// The same, without an end.
    pub fn held(mut self) -> Self {
        self.ending = Ending::Held;
        self
    }

    /// Nothing at all, for as long as the other side waits.
    pub fn mute() -> Self {
        Self { ending: Ending::Mute, ..Self::stream(&[]) }
    }
}

/// What it says of a piece of reply `index`.
pub fn said(index: usize, text: &str) -> Value {
    json!({ "choices": [{ "index": index, "delta": { "content": text }, "finish_reason": null }] })
}

/// An event with this data.
pub fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

/// One request that came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method and path.
    pub what: String,
    /// The header that says who asks.
    pub bearer: Option<String>,
    /// What was sent; null where there was nothing.
    pub body: Value,
}

struct State {
    port: u16,
    /// Answers to anything but replies, by path.
    pages: Vec<(String, Answer)>,
    replies: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Asked>>,
    hung_up: Mutex<Sender<()>>,
}

/// The server, until the test's process ends.
pub struct Talker {
    state: Arc<State>,
    /// Hears of each held connection that the other side has shut.
    pub hung_up: Receiver<()>,
}

impl Talker {
    /// A server with the one model `tiny`, that gives these replies, each once, the last again and again.
    pub fn new(replies: impl IntoIterator<Item = Answer>) -> Self {
        let models = json!({ "object": "list", "data": [{ "id": "tiny", "object": "model" }] });
        Self::with(&[("/v1/models", Answer::json(200, &models))], replies)
    }

    /// A server with these pages.
    pub fn with(pages: &[(&str, Answer)], replies: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let (send, hung_up) = mpsc::channel();
        let state = Arc::new(State {
            port: listener.local_addr().unwrap().port(),
            pages: pages.iter().map(|(path, answer)| ((*path).to_owned(), answer.clone())).collect(),
            replies: Mutex::new(replies.into_iter().collect()),
            asked: Mutex::default(),
            hung_up: Mutex::new(send),
        });
        let shared = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = shared.clone();
                thread::spawn(move || serve(&state, stream));
            }
        });
        Self { state, hung_up }
    }

    /// Its address.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.state.port)
    }

    /// The requests for replies since the last time.
    pub fn asked(&self) -> Vec<Asked> {
        let all = std::mem::take(&mut *self.state.asked.lock().unwrap());
        all.into_iter().filter(|asked| asked.what.ends_with("/chat/completions")).collect()
    }

    /// All requests since the last time.
    pub fn all_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.state.asked.lock().unwrap())
    }
}

/// One request, one answer; a peer that has gone is no fault of the server's.
fn serve(state: &State, mut stream: TcpStream) {
    let Some(asked) = request(&stream) else { return };
    let path = asked.what.split(' ').nth(1).unwrap().to_owned();
    state.asked.lock().unwrap().push(asked);
    let answer = if path.ends_with("/chat/completions") {
        let mut replies = state.replies.lock().unwrap();
        match replies.len() {
            0 => Answer::error(500, "no reply is left"),
            1 => replies[0].clone(),
            _ => replies.pop_front().unwrap(),
        }
    } else {
        let page = state.pages.iter().find(|(known, _)| *known == path);
        page.map_or_else(|| Answer::error(404, "no such path"), |(_, answer)| answer.clone())
    };
    let _ = write(&mut stream, &answer);
    if matches!(answer.ending, Ending::Held | Ending::Mute) {
        // Until the other side has had enough.
        while stream.read(&mut [0; 64]).is_ok_and(|n| n > 0) {}
        let _ = state.hung_up.lock().unwrap().send(());
    }
}

fn request(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let what = first.rsplit_once(' ')?.0.to_owned();
    let (mut bearer, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => bearer = Some(value.to_owned()),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { what, bearer, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
}

fn write(stream: &mut TcpStream, answer: &Answer) -> std::io::Result<()> {
    if answer.ending == Ending::Mute {
        return Ok(());
    }
    stream.set_nodelay(true)?;
    let mut head = format!("HTTP/1.1 {} Status\r\nConnection: close\r\n", answer.status);
    answer.headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    let chunked = answer.ending == Ending::Chunked;
    if chunked {
        head.push_str("Transfer-Encoding: chunked\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    for piece in &answer.pieces {
        if chunked {
            stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes())?;
            stream.write_all(piece)?;
            stream.write_all(b"\r\n")?;
        } else {
            stream.write_all(piece)?;
        }
        stream.flush()?;
    }
    if chunked { stream.write_all(b"0\r\n\r\n") } else { Ok(()) }
}

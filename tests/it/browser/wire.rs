//! HTTP as bytes on a connection, so that a test can send what no browser would.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// An answer that takes longer is none.
const LIMIT: Duration = Duration::from_secs(60);

/// A request's head, each part of which a test may get wrong.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Where the server is.
    pub port: u16,
    /// The header `Host`.
    pub host: String,
    /// The header `Origin`.
    pub origin: Option<String>,
    /// The bearer's token.
    pub token: Option<String>,
    /// The type of a body, if there is one.
    pub content: &'static str,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// 200 and so on.
    pub status: u16,
    /// Headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, put together from its chunks.
    pub body: String,
}

impl Asked {
    /// As the page would ask.
    pub fn of_page(port: u16, token: &str) -> Self {
        let host = format!("127.0.0.1:{port}");
        let (origin, token) = (Some(format!("http://{host}")), Some(token.to_owned()));
        Self { port, host, origin, token, content: "application/json" }
    }

    /// Sends it and waits for all of the answer.
    pub fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.try_call(method, path, body).unwrap_or_else(|e| panic!("{method} {path}: {e}"))
    }

    /// The same where nobody may be listening.
    pub fn try_call(&self, method: &str, path: &str, body: Option<Value>) -> io::Result<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.host);
        if let Some(origin) = &self.origin {
            head.push_str(&format!("Origin: {origin}\r\n"));
        }
        if let Some(token) = &self.token {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        let body = body.map(|body| body.to_string());
        if let Some(body) = &body {
            head.push_str(&format!("Content-Type: {}\r\nContent-Length: {}\r\n", self.content, body.len()));
        }
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.write_all(format!("{head}\r\n{}", body.unwrap_or_default()).as_bytes())?;
        let (mut bytes, mut piece) = (Vec::new(), [0; 1 << 14]);
        // Some servers keep the connection, whatever they were asked.
        while !is_whole(&bytes) {
            match stream.read(&mut piece)? {
                0 => break,
                n => bytes.extend_from_slice(&piece[..n]),
            }
        }
        Ok(Answer::parse(&bytes))
    }
}

/// Whether as many bytes have come as the head claims; a body without a length ends with the connection.
fn is_whole(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    length.and_then(|n| n.trim().parse::<usize>().ok()).is_some_and(|n| bytes.len() >= end + 4 + n)
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a head") + 4;
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.trim_end().lines();
        let status = lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|s| s.parse().ok());
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect();
        let mut answer = Self { status: status.expect("a status"), headers, body: String::new() };
        let body = match answer.header("transfer-encoding") {
            Some("chunked") => unchunked(&bytes[end..]),
            _ => bytes[end..].to_vec(),
        };
        answer.body = String::from_utf8(body).unwrap();
        answer
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The body, which must be JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(end) = rest.windows(2).position(|w| w == b"\r\n") {
        let size = std::str::from_utf8(&rest[..end]).ok().and_then(|s| usize::from_str_radix(s, 16).ok());
        let size = size.expect("a chunk's size");
        if size == 0 {
            break;
        }
        out.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 4 + size..];
    }
    out
}

#[test]
fn chunks_are_put_together() {
    let bytes =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nb\r\nd\r\nefghij\r\n\r\n0\r\n\r\n";
    assert_eq!(Answer::parse(bytes).body, "abcd\r\nefghij\r\n");
}

//! Where a server is, read from what was typed.
//! Knows: the shape of a URL. Never: sockets, names of hosts looked up.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use super::RemoteError;

/// The path that servers of this kind have in common.
const USUAL_PATH: &str = "/v1";

/// A server's address: scheme, host, port if one was given, and the path that its calls begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    scheme: Scheme,
    host: String, // as it was typed, an IPv6 address in brackets
    port: Option<u16>,
    path: String, // begins with a slash, ends without
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl Address {
    /// Reads an address such as `http://127.0.0.1:8080/v1`. Without a path it gets `/v1`.
    ///
    /// # Errors
    /// Where it is none, or holds a user's name, a query or a fragment.
    pub fn parse(text: &str) -> Result<Self, RemoteError> {
        let wrong = |why: &str| RemoteError::Address { address: redacted(text), why: why.to_owned() };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("it has no http:// or https://"))?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(wrong("only http:// and https:// are spoken")),
        };
        if rest.contains(['?', '#']) {
            return Err(wrong("it has a query or a fragment"));
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(wrong("a key does not belong into it"));
        }
        let (host, port) = host_and_port(authority).ok_or_else(|| wrong("its host or port is none"))?;
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`');
        if !path.chars().all(plain) {
            return Err(wrong("its path holds characters that must be written as %XX"));
        }
        let path = match path.trim_end_matches('/') {
            "" => USUAL_PATH,
            path => path,
        };
        Ok(Self { scheme, host: host.to_owned(), port, path: path.to_owned() })
    }

    /// The URL of a call, such as `models`.
    pub(super) fn call(&self, name: &str) -> String {
        format!("{self}/{name}")
    }

    /// The URL of something that lies beside the calls, such as `tokenize` of llama-server.
    pub(super) fn beside(&self, name: &str) -> String {
        let path = self.path.strip_suffix(USUAL_PATH).unwrap_or(&self.path);
        format!("{}{path}/{name}", self.origin())
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        let scheme = if self.is_encrypted() { "https" } else { "http" };
        match self.port {
            Some(port) => format!("{scheme}://{}:{port}", self.host),
            None => format!("{scheme}://{}", self.host),
        }
    }

    /// The host.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether nobody on the way can read along.
    pub fn is_encrypted(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// Whether the server is this computer itself: a loopback address, or the name that is kept for
    /// it. Other names are not looked up, and count as another computer.
    pub fn is_this_computer(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        match host.parse() {
            Ok(IpAddr::V4(ip)) => ip.is_loopback(),
            Ok(IpAddr::V6(ip)) => {
                ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| Ipv4Addr::is_loopback(&ip))
            }
            Err(_) => {
                let host = host.trim_end_matches('.').to_ascii_lowercase();
                host == "localhost" || host.ends_with(".localhost")
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.path)
    }
}

/// What was typed, without what may be a key.
fn redacted(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => text.to_owned(),
    }
}

fn host_and_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let end = match authority.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(end);
    let port = match port.strip_prefix(':') {
        Some(port) => Some(port.parse().ok().filter(|&port| port > 0)?),
        None if port.is_empty() => None,
        None => return None,
    };
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let good = match host.starts_with('[') {
        true => matches!(name.parse(), Ok(IpAddr::V6(_))),
        false => {
            !name.is_empty()
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        }
    };
    good.then_some((host, port))
}

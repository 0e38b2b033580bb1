//! Who may ask: this computer's own browser, at this page, with the token.
//!
//! A page elsewhere that gets a name of its own to point here (DNS rebinding) is told by `Host`, one
//! that sends requests from where it is by `Origin`; neither has the token.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Web;
use super::answer::Fault;

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                   connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// On every answer.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CSP),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Names under which the page is reached.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    address: SocketAddr,
}

impl Hosts {
    pub(super) fn at(address: SocketAddr) -> Self {
        Self { address }
    }

    /// Whether a request for `host` is meant for this page. An address can't be rebound, a name can:
    /// the only name is `localhost`.
    fn include(&self, host: &str) -> bool {
        let port = self.address.port();
        let name = match host.rsplit_once(':') {
            Some((name, given)) if given.parse() == Ok(port) => name,
            None if port == 80 => host,
            _ => return false,
        };
        if name.eq_ignore_ascii_case("localhost") {
            return self.address.ip().is_loopback() || self.address.ip().is_unspecified();
        }
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        let Ok(ip) = bare.parse::<IpAddr>() else { return false };
        match self.address.ip() {
            own if own.is_loopback() => ip.is_loopback(),
            own if own.is_unspecified() => true,
            own => ip == own,
        }
    }
}

/// Guards everything.
pub(super) async fn all(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let host = one(request.headers(), &header::HOST).unwrap_or_default();
    let mut response = if web.hosts.include(host) {
        next.run(request).await
    } else {
        Fault::new(StatusCode::FORBIDDEN, "this page is not served under that name")
            .hint("use the URL that `pushback serve` printed")
            .into_response()
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Guards what is private.
pub(super) async fn api(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let mut response = match allowed(&web, &request) {
        Ok(()) => next.run(request).await,
        Err(fault) => fault.into_response(),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether a request comes from here, with the token.
pub(super) fn allowed(web: &Web, request: &Request) -> Result<(), Fault> {
    let headers = request.headers();
    if !is_from_here(headers) {
        return Err(Fault::new(StatusCode::FORBIDDEN, "the request comes from another page"));
    }
    if request.uri().path() == "/login" || web.door.admits(token(headers)) {
        return Ok(());
    }
    Err(web.door.refusal())
}

/// Browsers say where a request comes from; programs don't, and need the token all the same.
fn is_from_here(headers: &HeaderMap) -> bool {
    let host = one(headers, &header::HOST).unwrap_or_default();
    let origin = headers.get(header::ORIGIN).is_none_or(|origin| origin == format!("http://{host}").as_str());
    let site = headers.get("sec-fetch-site");
    origin && site.is_none_or(|site| site == "same-origin" || site == "none")
}

/// What stands behind `Bearer`.
fn token(headers: &HeaderMap) -> &str {
    let (scheme, token) =
        one(headers, &header::AUTHORIZATION).and_then(|v| v.split_once(' ')).unwrap_or_default();
    if scheme.eq_ignore_ascii_case("bearer") { token.trim() } else { "" }
}

/// A header that is there once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    all.next().filter(|_| all.next().is_none())?.to_str().ok()
}

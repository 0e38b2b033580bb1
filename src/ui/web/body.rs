//! What a request brings: a session's number, and a body that is JSON and not too large.

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::answer::Fault;
use crate::domain::session::SessionId;

/// No body is larger, but for those that bring a card.
const LARGEST: usize = 64 << 10;

/// The session that the address names.
pub(super) struct Session(pub(super) SessionId);

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let Path(id) = Path::<SessionId>::from_request_parts(parts, state).await.map_err(|_| no_session())?;
        Ok(Self(id))
    }
}

fn no_session() -> Fault {
    Fault::new(StatusCode::NOT_FOUND, "there is no such session")
}

/// A number in the address.
pub(super) struct Number(pub(super) u64);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let Path(number) =
            Path::<u64>::from_request_parts(parts, state).await.map_err(|_| Fault::missing())?;
        Ok(Self(number))
    }
}

/// A body of up to `MOST` bytes.
pub(super) struct Sent<T, const MOST: usize = LARGEST>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned, const MOST: usize> FromRequest<S> for Sent<T, MOST> {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        if !is_json(request.headers()) {
            return Err(not_json());
        }
        let bytes = to_bytes(request.into_body(), MOST).await.map_err(|_| {
            Fault::new(StatusCode::PAYLOAD_TOO_LARGE, format!("a request can have up to {MOST} bytes"))
        })?;
        match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Self(value)),
            Err(error) => {
                Err(Fault::new(StatusCode::BAD_REQUEST, format!("the request can't be read: {error}")))
            }
        }
    }
}

/// A request that brings nothing: no body at all, or a JSON one that nobody looks at.
pub(super) struct Nothing;

impl<S: Send + Sync> FromRequest<S> for Nothing {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        let json = is_json(request.headers());
        let bytes = to_bytes(request.into_body(), LARGEST)
            .await
            .map_err(|_| Fault::new(StatusCode::PAYLOAD_TOO_LARGE, "a request can have up to 64 KiB"))?;
        if json || bytes.is_empty() { Ok(Self) } else { Err(not_json()) }
    }
}

/// Only scripts of the page itself can say that they send JSON; a form elsewhere can't.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn not_json() -> Fault {
    Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the request is not JSON")
        .hint("send it with `Content-Type: application/json`")
}

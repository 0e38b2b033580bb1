//! Clients for programs that speak OpenAI's chat completions: each client is a model.
//! Knows: that form of request and answer. Never: how a client comes to their words.
//!
//! Nothing is stored: the conversation is in each request.

mod asked;
mod told;

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::stream;
use serde_json::{Value, json};

use self::asked::{Asked, Form, Wish};
use self::told::{Refusal, Stamp, answer, event, model};
use super::{Web, guard};
use crate::app::answering::{Answer, Answerer};
use crate::domain::persona::Persona;

/// A conversation is never longer.
const LARGEST: usize = 1 << 20;

/// Answers such programs.
pub struct Api {
    answerer: Mutex<Answerer>,
    clients: Vec<Persona>,
    begun: u64, // seconds since 1970
    answers: AtomicU64,
}

impl Api {
    /// For the clients of `answerer`.
    pub fn new(answerer: Answerer) -> Self {
        let begun = now();
        Self {
            clients: answerer.personas().to_vec(),
            answerer: Mutex::new(answerer),
            begun,
            answers: AtomicU64::new(0),
        }
    }

    fn stamp(&self, model: String) -> Stamp {
        let number = self.answers.fetch_add(1, Ordering::Relaxed);
        Stamp { id: format!("chatcmpl-{:x}-{number}", self.begun), created: now(), model }
    }
}

/// What lies below `/v1`.
pub(super) fn routes(api: Arc<Api>, web: &Arc<Web>) -> Router<Arc<Web>> {
    let missing = || async { Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this address") };
    let method =
        || async { Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "this address takes another method") };
    Router::new()
        .route("/models", get(models))
        .route("/models/{id}", get(one))
        .route("/chat/completions", post(completions))
        .fallback(missing)
        .method_not_allowed_fallback(method)
        .layer(middleware::from_fn_with_state(Arc::clone(web), keyed))
        .with_state(api)
}

/// Lets nobody in without the key.
async fn keyed(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    match guard::allowed(&web, &request) {
        Ok(()) => next.run(request).await,
        Err(fault) => {
            let keyless = fault.status == StatusCode::UNAUTHORIZED;
            let refusal = Refusal::new(fault.status, fault.error);
            if keyless { refusal.code("invalid_api_key") } else { refusal }.into_response()
        }
    }
}

async fn models(State(api): State<Arc<Api>>) -> Response {
    let list: Vec<Value> = api.clients.iter().map(|persona| model(persona, api.begun)).collect();
    answer(StatusCode::OK, &json!({ "object": "list", "data": list }))
}

async fn one(State(api): State<Arc<Api>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let found = api.clients.iter().find(|persona| persona.id == id);
    found.map(|persona| answer(StatusCode::OK, &model(persona, api.begun))).ok_or_else(|| {
        let refusal = Refusal::new(StatusCode::NOT_FOUND, format!("there is no client `{id}`"));
        refusal.about(Some("model")).code("model_not_found")
    })
}

async fn completions(State(api): State<Arc<Api>>, request: Request) -> Result<Response, Refusal> {
    if !super::body::is_json(request.headers()) {
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the request is not JSON"));
    }
    let bytes = to_bytes(request.into_body(), LARGEST).await.map_err(|_| {
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("a request can have up to {LARGEST} bytes"))
    })?;
    let Wish { question, form, limit } = Asked::read(&bytes)?.wish()?;
    let stamp = api.stamp(question.persona.clone());
    // Whoever asked may go; then nobody needs the words.
    let gone = Gone::default();
    let stopped = Arc::clone(&gone.0);
    let answered = tokio::task::spawn_blocking(move || {
        // A panic in an answer before this one changed nothing that the next one needs.
        let mut answerer = api.answerer.lock().unwrap_or_else(PoisonError::into_inner);
        answerer.answer(&question, &|| stopped.load(Ordering::Relaxed))
    });
    let answered = answered
        .await
        .map_err(|_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the program failed at this"))??;
    let (text, long) = limit.cut(&answered.text);
    let finish = if long { "length" } else { "stop" };
    Ok(match form {
        Form::Whole => answer(StatusCode::OK, &stamp.completion((text, finish), &answered)),
        Form::Stream | Form::StreamWithUsage => streamed(events(&stamp, (text, finish), (&answered, form))),
    })
}

/// The events of an answer: its role, its words, its end.
fn events(stamp: &Stamp, (text, finish): (&str, &str), (answered, form): (&Answer, Form)) -> Vec<String> {
    let mut events = vec![event(&stamp.chunk(&json!({ "role": "assistant", "content": "" }), None))];
    events
        .extend(text.split_inclusive(' ').map(|word| event(&stamp.chunk(&json!({ "content": word }), None))));
    events.push(event(&stamp.chunk(&json!({}), Some(finish))));
    if form == Form::StreamWithUsage {
        events.push(event(&stamp.counted(answered)));
    }
    events.push("data: [DONE]\n\n".to_owned());
    events
}

fn streamed(events: Vec<String>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    let body = Body::from_stream(stream::iter(events.into_iter().map(Ok::<_, Infallible>)));
    (headers, body).into_response()
}

/// Raised when whoever asked is gone.
#[derive(Default)]
struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

//! What an OpenAI client is told: completions, chunks, models, errors.

use std::fmt;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::app::answering::{Answer, AnswerError};
use crate::app::{AppError, Sort};
use crate::domain::persona::Persona;
use crate::ui::words;

/// A request that is not done, in OpenAI's form.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    message: String,
    param: Option<&'static str>,
    code: Option<&'static str>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), param: None, code: None }
    }

    /// The same, about one field of the request.
    pub(super) fn about(mut self, param: Option<&'static str>) -> Self {
        self.param = param;
        self
    }

    /// The same, with a word that programs can tell it by.
    pub(super) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let kind = match self.status {
            StatusCode::UNAUTHORIZED => "authentication_error",
            status if status.is_server_error() => "server_error",
            _ => "invalid_request_error",
        };
        let error = json!({ "message": self.message, "type": kind, "param": self.param, "code": self.code });
        answer(self.status, &json!({ "error": error }))
    }
}

impl From<AnswerError> for Refusal {
    fn from(error: AnswerError) -> Self {
        let message = match error.hint() {
            Some(hint) => format!("{error}: {hint}"),
            None => error.to_string(),
        };
        let new = |status| Self::new(status, message.clone());
        match &error {
            AnswerError::Left => new(StatusCode::BAD_REQUEST).code("client_left"),
            AnswerError::NothingToAnswer => new(StatusCode::BAD_REQUEST).about(Some("messages")),
            AnswerError::App(AppError::NoPersona { .. }) => {
                new(StatusCode::NOT_FOUND).about(Some("model")).code("model_not_found")
            }
            AnswerError::App(AppError::InEarnest(about)) => {
                Self::new(StatusCode::BAD_REQUEST, words::crisis_words(*about)).code("in_earnest")
            }
            AnswerError::App(AppError::TooLong { .. }) => {
                new(StatusCode::BAD_REQUEST).about(Some("messages"))
            }
            AnswerError::App(AppError::NoRoom { .. }) => {
                Self::new(StatusCode::BAD_REQUEST, error.to_string()).code("context_length_exceeded")
            }
            AnswerError::App(error) => new(match error.sort() {
                Sort::Later => StatusCode::SERVICE_UNAVAILABLE,
                Sort::Failed => StatusCode::INTERNAL_SERVER_ERROR,
                Sort::Missing | Sort::Unfit | Sort::Conflict => StatusCode::BAD_REQUEST,
            }),
        }
    }
}

/// What is the same in all parts of one answer.
pub(super) struct Stamp {
    pub id: String,
    pub created: u64,
    pub model: String,
}

impl Stamp {
    /// All of an answer.
    pub(super) fn completion(&self, (text, finish): (&str, &str), answer: &Answer) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [{
                "index": 0,
                "message": { "role": "assistant", "content": text, "refusal": null },
                "logprobs": null,
                "finish_reason": finish,
            }],
            "usage": usage(answer),
        })
    }

    /// A part of an answer.
    pub(super) fn chunk(&self, delta: &Value, finish: Option<&str>) -> Value {
        self.part(
            &json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish }]),
            &Value::Null,
        )
    }

    /// The count of tokens behind the last part.
    pub(super) fn counted(&self, answer: &Answer) -> Value {
        self.part(&json!([]), &usage(answer))
    }

    fn part(&self, choices: &Value, usage: &Value) -> Value {
        let mut part = json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": choices,
        });
        if !usage.is_null() {
            part["usage"] = usage.clone();
        }
        part
    }
}

fn usage(answer: &Answer) -> Value {
    json!({
        "prompt_tokens": answer.asked_tok,
        "completion_tokens": answer.answered_tok,
        "total_tokens": answer.asked_tok + answer.answered_tok,
    })
}

/// A client as a model.
pub(super) fn model(persona: &Persona, created: u64) -> Value {
    json!({
        "id": persona.id,
        "object": "model",
        "created": created,
        "owned_by": "pushback",
        "name": persona.name,
        "description": persona.blurb,
    })
}

/// A value as an answer that nobody keeps.
pub(super) fn answer(status: StatusCode, value: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, Body::from(value.to_string())).into_response()
}

/// An event of a stream.
pub(super) fn event(value: &Value) -> String {
    format!("data: {value}\n\n")
}

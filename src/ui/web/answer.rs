//! Answers in JSON, and faults in one form.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::views;
use crate::app::host::{HostError, View};
use crate::app::{AppError, Sort};

/// A value as JSON.
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self.0)
    }
}

pub(super) type Answer<T> = Result<Json<T>, Fault>;

/// Why a request is not done.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) status: StatusCode,
    pub(super) error: String,
    hint: Option<String>,
    session: Option<Box<View>>,
}

#[derive(Serialize)]
struct Told<'a> {
    error: &'a str,
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<views::Session>,
}

impl Fault {
    pub(super) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), hint: None, session: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// There is nothing at this address.
    pub(super) fn missing() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is nothing at this address")
    }

    /// The address takes another method.
    pub(super) fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this address takes another method")
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let Self { status, error, hint, session } = self;
        let session = session.map(|view| views::Session::of(&view));
        json(status, &Told { error: &error, hint: hint.as_deref(), session })
    }
}

impl From<HostError> for Fault {
    fn from(fault: HostError) -> Self {
        let hint = fault.hint();
        match fault {
            HostError::Conflict { error, view, .. } => {
                Self { status: StatusCode::CONFLICT, error, hint, session: Some(view) }
            }
            HostError::Full => Self { hint, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, fault.to_string()) },
            HostError::App(error) => error.into(),
        }
    }
}

impl From<AppError> for Fault {
    fn from(error: AppError) -> Self {
        let status = match error.sort() {
            Sort::Missing => StatusCode::NOT_FOUND,
            Sort::Unfit => StatusCode::UNPROCESSABLE_ENTITY,
            Sort::Conflict => StatusCode::CONFLICT,
            Sort::Later => StatusCode::SERVICE_UNAVAILABLE,
            Sort::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self { hint: hint(&error), ..Self::new(status, error.to_string()) }
    }
}

/// What to do next. What a terminal has a command for, the page has a button for.
fn hint(error: &AppError) -> Option<String> {
    match error {
        AppError::NoRoom { .. } => Some("say it in fewer words".to_owned()),
        AppError::NoPersona { nearest: Some(id), .. } => Some(format!("did you mean `{id}`?")),
        AppError::NotAnswered => Some("let the client answer first".to_owned()),
        AppError::NothingFit => Some("let them try again, or use another model".to_owned()),
        AppError::NoPersona { .. }
        | AppError::NothingToTake
        | AppError::InEarnest(_)
        | AppError::Paused
        | AppError::InExam
        | AppError::Sealed(_)
        | AppError::ExamOpen(_)
        | AppError::NoSeal(_)
        | AppError::Stopped => None,
        other => other.hint(),
    }
}

fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => {
            (status, [(header::CONTENT_TYPE, "application/json")], Body::from(bytes)).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Does what blocks where it holds up nobody.
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HostError> + Send + 'static,
) -> Result<T, Fault> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "the program failed at this")
            .hint("nothing that was said is lost; load the page again")),
    }
}

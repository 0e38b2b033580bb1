//! Reports and progress in the page, and as files to take along.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;

use super::Web;
use super::answer::{Answer, Fault, Json, apart};
use super::body::Session as Id;
use crate::app::report::{Form, Report, on_a_page, progress_on_a_page, written};
use crate::domain::progress::Progress;
use crate::domain::session::SessionId;

type Page = State<Arc<Web>>;

pub(super) fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/sessions/{id}/report", get(report))
        .route("/sessions/{id}/{file}", get(file))
        .route("/progress", get(progress))
}

#[derive(Serialize)]
struct Shown {
    html: String,
    report: Report,
}

async fn report(State(web): Page, Id(id): Id) -> Answer<Shown> {
    let host = Arc::clone(&web.host);
    let shown = apart(move || {
        let report = host.report(id)?;
        Ok(Shown { html: on_a_page(&report), report })
    });
    Ok(Json(shown.await?))
}

/// `report.html`, `report.md`, `report.json` and `report.csv`: to be kept, not shown, since a file has a
/// style of its own.
async fn file(State(web): Page, Path((id, file)): Path<(SessionId, String)>) -> Result<Response, Fault> {
    let (form, kind, ending) = match file.as_str() {
        "report.html" => (Form::Html, "text/html; charset=utf-8", "html"),
        "report.md" => (Form::Markdown, "text/markdown; charset=utf-8", "md"),
        "report.json" => (Form::Json, "application/json", "json"),
        "report.csv" => (Form::Csv, "text/csv; charset=utf-8", "csv"),
        _ => return Err(Fault::missing()),
    };
    let host = Arc::clone(&web.host);
    let text = apart(move || Ok(written(&host.report(id)?, form))).await?;
    let name = format!("attachment; filename=\"session-{id}.{ending}\"");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name.as_str())], text).into_response())
}

#[derive(Serialize)]
struct Moved {
    html: String,
    progress: Progress,
}

async fn progress(State(web): Page, Query(asked): Query<HashMap<String, String>>) -> Answer<Moved> {
    let host = Arc::clone(&web.host);
    let moved = apart(move || {
        let progress = host.progress(asked.get("persona").map(String::as_str))?;
        Ok(Moved { html: progress_on_a_page(&progress), progress })
    });
    Ok(Json(moved.await?))
}

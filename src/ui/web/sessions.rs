//! Sessions: what a trainee does in the page.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use super::Web;
use super::answer::{Answer, Fault, Json, apart};
use super::body::{Nothing, Sent, Session as Id};
use super::live;
use super::views::{self, Client, Session, Suggestion, Turn};
use crate::app::AppError;
use crate::app::host::{Begin, Found, Line, Stage};
use crate::domain::exam::Terms;
use crate::domain::session::TurnId;
use crate::domain::summary::Summary;

/// How long `stop` waits for a client to fall silent.
const FALLS_SILENT: Duration = Duration::from_secs(10);

type Page = State<Arc<Web>>;

pub(super) fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/sessions", get(list).post(begin))
        .route("/sessions/{id}", get(look))
        .route("/sessions/{id}/say", post(say))
        .route("/sessions/{id}/answer", post(answer))
        .route("/sessions/{id}/live", get(listen))
        .route("/sessions/{id}/stop", post(stop))
        .route("/sessions/{id}/undo", post(undo))
        .route("/sessions/{id}/edit", post(edit))
        .route("/sessions/{id}/walk", post(walk))
        .route("/sessions/{id}/fork", post(fork))
        .route("/sessions/{id}/take", post(take))
        .route("/sessions/{id}/overrule", post(overrule))
        .route("/sessions/{id}/go-on", post(go_on))
        .route("/sessions/{id}/end", post(end))
        .route("/sessions/{id}/hint", post(hint))
}

pub(super) async fn about(State(web): Page) -> Answer<views::About> {
    let host = Arc::clone(&web.host);
    let (.., problems) = apart(move || Ok(host.clients())).await?;
    Ok(Json(views::About::of(&web.host, &web.about, problems)))
}

pub(super) async fn clients(State(web): Page) -> Answer<Vec<Client>> {
    let host = Arc::clone(&web.host);
    let (personas, alone, _) = apart(move || Ok(host.clients())).await?;
    Ok(Json(personas.iter().enumerate().map(|(at, persona)| Client::of(persona, at < alone)).collect()))
}

async fn list(State(web): Page, Query(asked): Query<HashMap<String, String>>) -> Answer<Vec<Found>> {
    let host = Arc::clone(&web.host);
    let mut found = apart(move || host.sessions(asked.get("q").map_or("", String::as_str))).await?;
    found.iter_mut().for_each(|found| found.preview = views::short(&found.preview));
    Ok(Json(found))
}

#[derive(Deserialize)]
struct NewSession {
    persona: Option<String>,
    seed: Option<u64>,
    /// The text of an exam's file.
    exam: Option<String>,
}

async fn begin(State(web): Page, Sent(new): Sent<NewSession>) -> Answer<Session> {
    let host = Arc::clone(&web.host);
    let terms = new.exam.map(|text| Terms::parse("exam", &text)).transpose().map_err(AppError::Files)?;
    let view = match (terms, new.persona) {
        (Some(terms), _) => apart(move || host.sit(terms)).await?,
        (None, Some(persona)) => {
            let seed = new.seed.map_or_else(any_seed, Ok)?;
            apart(move || host.begin(&Begin { persona, seed })).await?
        }
        (None, None) => {
            return Err(Fault::new(axum::http::StatusCode::BAD_REQUEST, "no client is named"));
        }
    };
    Ok(Json(Session::of(&view)))
}

/// A seed that nobody chose; short enough to be typed again.
pub(super) fn any_seed() -> Result<u64, Fault> {
    getrandom::u32().map(u64::from).map_err(|error| {
        Fault::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, format!("no randomness: {error}"))
    })
}

async fn look(State(web): Page, Id(id): Id) -> Answer<Session> {
    let host = Arc::clone(&web.host);
    let view = apart(move || host.look(id)).await?;
    Ok(Json(Session::of(&view)))
}

#[derive(Deserialize)]
struct Said {
    text: String,
    head: TurnId,
    #[serde(default)]
    key: String,
}

impl Said {
    fn line(self) -> Line {
        Line { text: self.text, head: self.head, key: self.key }
    }
}

async fn say(State(web): Page, Id(id): Id, Sent(said): Sent<Said>) -> Answer<Session> {
    let host = Arc::clone(&web.host);
    let view = apart(move || host.say(id, &said.line())).await?;
    Ok(Json(Session::of(&view)))
}

#[derive(Deserialize)]
struct Edited {
    turn: TurnId,
    #[serde(flatten)]
    said: Said,
}

async fn edit(State(web): Page, Id(id): Id, Sent(edited): Sent<Edited>) -> Answer<Session> {
    let host = Arc::clone(&web.host);
    let view = apart(move || host.edit(id, edited.turn, &edited.said.line())).await?;
    Ok(Json(Session::of(&view)))
}

#[derive(Deserialize)]
struct At {
    head: TurnId,
}

async fn answer(State(web): Page, Id(id): Id, Sent(at): Sent<At>) -> Answer<Session> {
    let host = Arc::clone(&web.host);
    let view = apart(move || host.answer(id, at.head)).await?;
    Ok(Json(Session::of(&view)))
}

async fn listen(State(web): Page, Id(id): Id) -> Result<Response, Fault> {
    live::stream(Arc::clone(&web.host), id).await
}

async fn stop(State(web): Page, Id(id): Id, _: Nothing) -> Answer<Session> {
    let host = Arc::clone(&web.host);
    host.stop(id);
    if let Some(mut speech) = host.listen(id) {
        let silent = speech.wait_for(|speech| speech.stage != Stage::Speaking);
        // A client who still looks for words then falls silent as soon as they have found them.
        let _ = tokio::time::timeout(FALLS_SILENT, silent).await;
    }
    let view = apart(move || host.look(id)).await?;
    Ok(Json(Session::of(&view)))
}

#[derive(Serialize)]
struct Undone {
    text: String,
    session: Session,
}

async fn undo(State(web): Page, Id(id): Id, Sent(at): Sent<At>) -> Answer<Undone> {
    let host = Arc::clone(&web.host);
    let (text, view) = apart(move || host.undo(id, at.head)).await?;
    Ok(Json(Undone { text, session: Session::of(&view) }))
}

#[derive(Deserialize)]
struct Walked {
    turn: TurnId,
    head: TurnId,
}

async fn walk(State(web): Page, Id(id): Id, Sent(to): Sent<Walked>) -> Answer<Session> {
    let host = Arc::clone(&web.host);
    let view = apart(move || host.walk(id, to.turn, to.head)).await?;
    Ok(Json(Session::of(&view)))
}

#[derive(Deserialize)]
struct Forked {
    text: String,
    head: TurnId,
}

#[derive(Serialize)]
struct Futures {
    kept: Turn,
    tried: Turn,
    session: Session,
}

async fn fork(State(web): Page, Id(id): Id, Sent(forked): Sent<Forked>) -> Answer<Futures> {
    let host = Arc::clone(&web.host);
    let ([kept, tried], view) = apart(move || host.fork(id, &forked.text, forked.head)).await?;
    Ok(Json(Futures { kept: Turn::bare(&kept), tried: Turn::bare(&tried), session: Session::of(&view) }))
}

async fn take(State(web): Page, Id(id): Id, Sent(at): Sent<At>) -> Answer<Session> {
    let host = Arc::clone(&web.host);
    let view = apart(move || host.take(id, at.head)).await?;
    Ok(Json(Session::of(&view)))
}

#[derive(Deserialize)]
struct Overruled {
    codes: Codes,
    head: TurnId,
}

/// `["code", …]`, or `"code+code"`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Codes {
    List(Vec<String>),
    Joined(String),
}

async fn overrule(State(web): Page, Id(id): Id, Sent(overruled): Sent<Overruled>) -> Answer<Session> {
    let host = Arc::clone(&web.host);
    let codes = match overruled.codes {
        Codes::List(codes) => codes.join("+"),
        Codes::Joined(codes) => codes,
    };
    let view = apart(move || host.overrule(id, &codes, overruled.head)).await?;
    Ok(Json(Session::of(&view)))
}

async fn go_on(State(web): Page, Id(id): Id, _: Nothing) -> Answer<Session> {
    let host = Arc::clone(&web.host);
    let view = apart(move || host.go_on(id)).await?;
    Ok(Json(Session::of(&view)))
}

#[derive(Serialize)]
struct Ended {
    session: Session,
    summary: Option<Summary>,
}

async fn end(State(web): Page, Id(id): Id, _: Nothing) -> Answer<Ended> {
    let host = Arc::clone(&web.host);
    let (summary, view) = apart(move || host.end(id)).await?;
    Ok(Json(Ended { session: Session::of(&view), summary: Some(summary) }))
}

#[derive(Serialize)]
struct Offered {
    alternative: Option<Suggestion>,
}

async fn hint(State(web): Page, Id(id): Id, _: Nothing) -> Answer<Offered> {
    let host = Arc::clone(&web.host);
    let offer = apart(move || host.offer(id)).await?;
    Ok(Json(Offered { alternative: offer.as_ref().map(Suggestion::of) }))
}

//! The trainer's corner: prompt files and cards.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::Web;
use super::answer::{Answer, Fault, Json, apart};
use super::body::Sent;
use super::views::one_line;
use crate::app::desk::{Findings, Listed, Part};
use crate::domain::card::Wishes;
use crate::domain::persona::Kind;
use crate::domain::problem::Problem;

/// A card, or a bank of lines, may be larger than what a trainee says.
const LARGE: usize = 4 << 20;

type Page = State<Arc<Web>>;

pub(super) fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/prompts", get(list))
        .route("/prompts/file", get(read).post(save))
        .route("/prompts/check", post(check))
        .route("/prompts/preview", post(preview))
        .route("/personas/{id}/card.json", get(card))
        .route("/personas/{id}/card.png", get(picture))
        .route("/cards", post(import))
}

/// A prompt file in the list.
#[derive(Serialize)]
struct File {
    path: String,
    own: bool,
    built_in: bool,
    /// `persona`, `script`, `lexicon`, `lines` or `other`.
    kind: &'static str,
    problems: Vec<Problem>,
}

impl File {
    fn of(listed: Listed, problems: &[Problem]) -> Self {
        let Listed { path, own, built_in } = listed;
        let kind = match path.split_once('/') {
            Some(("personas", _)) => "persona",
            Some(("scripts", _)) => "script",
            Some(("lexicon", _)) => "lexicon",
            Some(("lines", _)) => "lines",
            _ => "other",
        };
        // Problems name a file as its owner would, with the folder before it.
        let of_it = |p: &&Problem| p.file.replace('\\', "/").ends_with(&path);
        let problems = problems.iter().filter(of_it).cloned().collect();
        Self { path, own, built_in, kind, problems }
    }
}

async fn list(State(web): Page) -> Answer<Vec<File>> {
    let host = Arc::clone(&web.host);
    let (files, problems) = apart(move || host.prompt_files()).await?;
    Ok(Json(files.into_iter().map(|listed| File::of(listed, &problems)).collect()))
}

#[derive(Serialize)]
struct Text {
    path: String,
    text: String,
    own: bool,
    built_in: Option<String>,
}

async fn read(State(web): Page, Query(asked): Query<HashMap<String, String>>) -> Answer<Text> {
    let path = asked.get("path").cloned().unwrap_or_default();
    let host = Arc::clone(&web.host);
    let asked = path.clone();
    let file = apart(move || host.prompt_file(&asked)).await?;
    let own = file.built_in.as_ref() != Some(&file.text);
    Ok(Json(Text { path, text: file.text, own, built_in: file.built_in }))
}

#[derive(Deserialize)]
struct Edited {
    path: String,
    text: String,
}

/// A problem of an edited file.
#[derive(Serialize)]
struct Found {
    /// `error`, or `warning` where the file works all the same.
    level: &'static str,
    line: Option<usize>,
    message: String,
    hint: Option<String>,
}

fn found(findings: Findings) -> Vec<Found> {
    let told = |level: &'static str| {
        move |p: Problem| Found { level, line: p.line, message: p.message, hint: p.hint }
    };
    let errors = findings.errors.into_iter().map(told("error"));
    errors.chain(findings.warnings.into_iter().map(told("warning"))).collect()
}

async fn check(State(web): Page, Sent(edited): Sent<Edited, LARGE>) -> Answer<Vec<Found>> {
    let host = Arc::clone(&web.host);
    Ok(Json(found(apart(move || host.check_prompt(&edited.path, &edited.text)).await?)))
}

#[derive(Serialize)]
struct Saved {
    file: String,
    problems: Vec<Found>,
}

async fn save(State(web): Page, Sent(edited): Sent<Edited, LARGE>) -> Answer<Saved> {
    let host = Arc::clone(&web.host);
    let (file, findings) = apart(move || {
        let file = host.save_prompt(&edited.path, &edited.text)?;
        Ok((file, host.check_prompt(&edited.path, &edited.text)?))
    })
    .await?;
    Ok(Json(Saved { file: file.display().to_string(), problems: found(findings) }))
}

#[derive(Deserialize)]
struct Preview {
    /// The client; that of the edited file, where it is one's.
    persona: Option<String>,
    path: Option<String>,
    text: Option<String>,
    #[serde(default)]
    say: String,
    #[serde(default = "one")]
    seed: u64,
}

fn one() -> u64 {
    1
}

#[derive(Serialize)]
struct Shown {
    parts: Vec<ShownPart>,
}

#[derive(Serialize)]
struct ShownPart {
    role: &'static str,
    text: String,
    note: bool,
}

async fn preview(State(web): Page, Sent(asked): Sent<Preview, LARGE>) -> Answer<Shown> {
    let of_path = |path: &String| Some(path.strip_prefix("personas/")?.strip_suffix(".md")?.to_owned());
    let persona = asked.persona.or_else(|| asked.path.as_ref().and_then(of_path));
    let persona = persona.ok_or_else(|| Fault::new(StatusCode::BAD_REQUEST, "no client is named"))?;
    let host = Arc::clone(&web.host);
    let parts = apart(move || {
        let file = asked.path.as_deref().zip(asked.text.as_deref());
        host.preview(&persona, (&asked.say, asked.seed), file)
    })
    .await?;
    let shown = |part: Part| ShownPart { role: part.role.as_str(), text: part.text, note: part.note };
    Ok(Json(Shown { parts: parts.into_iter().map(shown).collect() }))
}

async fn card(State(web): Page, Path(id): Path<String>) -> Result<Response, Fault> {
    let host = Arc::clone(&web.host);
    let name = attachment(&id, "json");
    let card = apart(move || host.card(&id)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json"), (header::CONTENT_DISPOSITION, name.as_str())], card)
        .into_response())
}

async fn picture(State(web): Page, Path(id): Path<String>) -> Result<Response, Fault> {
    let host = Arc::clone(&web.host);
    let name = attachment(&id, "png");
    let picture = apart(move || host.card_picture(&id)).await?;
    Ok(([(header::CONTENT_TYPE, "image/png"), (header::CONTENT_DISPOSITION, name.as_str())], picture)
        .into_response())
}

/// What a downloaded file is called: an id that is one has nothing in it that needs quoting.
fn attachment(id: &str, ending: &str) -> String {
    let plain: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(64).collect();
    format!("attachment; filename=\"{plain}.{ending}\"")
}

#[derive(Deserialize)]
struct Card {
    name: String,
    base64: String,
    id: Option<String>,
    kind: Option<String>,
    topic: Option<String>,
    age: Option<u8>,
}

#[derive(Serialize)]
struct Imported {
    id: String,
    statements: Vec<String>,
}

async fn import(State(web): Page, Sent(card): Sent<Card, LARGE>) -> Answer<Imported> {
    let bytes = STANDARD
        .decode(card.base64.as_bytes())
        .map_err(|_| Fault::new(StatusCode::BAD_REQUEST, "the card is not base64"))?;
    let kind = match card.kind {
        Some(name) => Some(Kind::named(&name).ok_or_else(|| {
            Fault::new(StatusCode::UNPROCESSABLE_ENTITY, "there is no such type of client")
                .hint(Kind::ALL.map(Kind::as_str).join(", "))
        })?),
        None => None,
    };
    let wishes = Wishes { id: card.id, kind, topic: card.topic, age: card.age, gender: None };
    // A name is only told again, never opened.
    let name = one_line(&card.name, 100);
    let host = Arc::clone(&web.host);
    let imported = apart(move || host.import_card(&name, &bytes, &wishes)).await?;
    Ok(Json(Imported { id: imported.id, statements: imported.statements }))
}

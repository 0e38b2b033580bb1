//! Long work: started, looked at, cancelled.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use super::Web;
use super::answer::{Answer, Fault, Json, apart};
use super::body::{Nothing, Number, Sent};
use super::views::Turn;
use crate::app::host::{Job, Outcome, Ran, Replay, Replayed, Speaks};
use crate::domain::moves::Move;
use crate::domain::protocols::{Difference, Ending, Figure, Outcome as Mean, ending};

type Page = State<Arc<Web>>;

pub(super) fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/personas/{id}/test", post(test))
        .route("/replay", post(replay))
        .route("/jobs/{job}", get(look))
        .route("/jobs/{job}/cancel", post(cancel))
}

#[derive(Serialize)]
struct Started {
    job: u64,
}

#[derive(Deserialize)]
struct Test {
    /// The client's file as it would be.
    text: Option<String>,
    /// Whether the model is run as well.
    #[serde(default)]
    replies: bool,
}

async fn test(
    State(web): Page,
    Path(id): Path<String>,
    Sent(test): Sent<Test, { 1 << 20 }>,
) -> Answer<Started> {
    let host = Arc::clone(&web.host);
    let speech = if test.replies { Speaks::Yes } else { Speaks::No };
    let job = apart(move || host.test(&id, test.text.as_deref(), speech)).await?;
    Ok(Json(Started { job: job.id }))
}

#[derive(Deserialize)]
struct Asked {
    script: String,
    personas: Vec<String>,
    #[serde(default = "one")]
    seed: u64,
    #[serde(default = "one")]
    seeds: u64,
    compare: Option<Edited>,
    #[serde(default)]
    state_only: bool,
}

#[derive(Deserialize)]
struct Edited {
    path: String,
    text: String,
}

fn one() -> u64 {
    1
}

async fn replay(State(web): Page, Sent(asked): Sent<Asked, { 4 << 20 }>) -> Answer<Started> {
    let replay = Replay {
        script: asked.script,
        personas: asked.personas,
        seed: asked.seed,
        seeds: asked.seeds,
        compare: asked.compare.map(|edited| (edited.path, edited.text)),
        speech: if asked.state_only { Speaks::No } else { Speaks::Yes },
    };
    let host = Arc::clone(&web.host);
    let job = apart(move || host.replay(replay)).await?;
    Ok(Json(Started { job: job.id }))
}

/// How a job stands.
#[derive(Serialize)]
struct Shown {
    job: u64,
    done: usize,
    total: usize,
    finished: bool,
    result: Option<Came>,
    error: Option<String>,
    hint: Option<String>,
}

/// What it came to.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Came {
    Test { figures: Vec<Figure>, passed: bool },
    Replay { runs: Vec<Run>, figures: Vec<Mean>, compared: Option<Compared> },
}

#[derive(Serialize)]
struct Compared {
    runs: Vec<Run>,
    differences: Vec<Difference>,
}

#[derive(Serialize)]
struct Run {
    persona: String,
    seed: u64,
    ending: Ending,
    turns: Vec<Moved>,
}

#[derive(Serialize)]
struct Moved {
    moves: Vec<&'static str>,
    #[serde(flatten)]
    turn: Turn,
}

impl Shown {
    fn of(job: &Job) -> Self {
        let (done, total) = job.progress();
        let (result, error, hint) = match job.result() {
            None => (None, None, None),
            Some(Ok(outcome)) => (Some(Came::of(outcome)), None, None),
            Some(Err(failure)) => (None, Some(failure.error), failure.hint),
        };
        let finished = result.is_some() || error.is_some();
        Self { job: job.id, done, total, finished, result, error, hint }
    }
}

impl Came {
    fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Test(figures) => {
                Self::Test { passed: figures.iter().all(|figure| figure.passed), figures }
            }
            Outcome::Replay(Replayed { ours, figures, theirs }) => Self::Replay {
                runs: ours.iter().map(Run::of).collect(),
                figures,
                compared: theirs.map(|(runs, differences)| Compared {
                    runs: runs.iter().map(Run::of).collect(),
                    differences,
                }),
            },
        }
    }
}

impl Run {
    fn of(ran: &Ran) -> Self {
        let turns = ran.path.turns().iter().map(|turn| Moved {
            moves: turn
                .trainee
                .as_ref()
                .map_or(Vec::new(), |said| said.verdict.moves.iter().map(|mv| Move::as_str(*mv)).collect()),
            turn: Turn::bare(turn),
        });
        Self {
            persona: ran.persona.clone(),
            seed: ran.seed,
            ending: ending(&ran.path),
            turns: turns.collect(),
        }
    }
}

async fn look(State(web): Page, Number(job): Number) -> Answer<Shown> {
    Ok(Json(Shown::of(&*found(&web, job)?)))
}

async fn cancel(State(web): Page, Number(job): Number, _: Nothing) -> Answer<Shown> {
    let job = found(&web, job)?;
    job.cancel();
    Ok(Json(Shown::of(&job)))
}

fn found(web: &Web, job: u64) -> Result<Arc<Job>, Fault> {
    web.host.job(job).ok_or_else(|| Fault::new(StatusCode::NOT_FOUND, "there is no such job any more"))
}

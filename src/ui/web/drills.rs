//! Drills in the page.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use super::Web;
use super::answer::{Answer, Fault, Json, apart};
use super::body::{Nothing, Number, Sent};
use super::sessions::any_seed;
use super::views::{Crisis, Standing, Suggestion, Turn};
use crate::app::drill::{Attempt, Moment};
use crate::app::host::{Host, HostError, Run, Which};
use crate::domain::drill::{Counts, ENOUGH, Tally};
use crate::domain::persona::Kind;
use crate::domain::session::SessionId;

type Page = State<Arc<Web>>;

pub(super) fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/drills", get(list).post(of_session))
        .route("/drills/{name}", post(named))
        .route("/drill/{run}", get(look))
        .route("/drill/{run}/attempt", post(attempt))
        .route("/drill/{run}/go-on", post(go_on))
        .route("/drill/{run}/end", post(end))
}

#[derive(Serialize)]
struct Listed {
    name: String,
    title: String,
    persona: String,
    kind: Kind,
    level: u8,
}

async fn list(State(web): Page) -> Answer<Vec<Listed>> {
    let host = Arc::clone(&web.host);
    let drills = apart(move || host.drill_list()).await?;
    let listed = drills.into_iter().map(|(drill, kind)| Listed {
        name: drill.name,
        title: drill.title,
        persona: drill.persona,
        kind,
        level: drill.level,
    });
    Ok(Json(listed.collect()))
}

#[derive(Deserialize)]
struct Wishes {
    level: Option<u8>,
    seed: Option<u64>,
}

async fn named(State(web): Page, Path(name): Path<String>, Sent(wishes): Sent<Wishes>) -> Answer<Drill> {
    begin(&web, Which::Named(name), wishes).await
}

#[derive(Deserialize)]
struct OfSession {
    session: SessionId,
    turn: u32,
    #[serde(flatten)]
    wishes: Wishes,
}

async fn of_session(State(web): Page, Sent(asked): Sent<OfSession>) -> Answer<Drill> {
    begin(&web, Which::Turn(asked.session, asked.turn), asked.wishes).await
}

async fn begin(web: &Web, which: Which, wishes: Wishes) -> Answer<Drill> {
    let seed = wishes.seed.map_or_else(any_seed, Ok)?;
    let host = Arc::clone(&web.host);
    let run = apart(move || host.drill(&which, wishes.level, seed)).await?;
    Ok(Json(Drill::of(&run.lock().unwrap_or_else(PoisonError::into_inner))))
}

async fn look(State(web): Page, Number(run): Number) -> Answer<Drill> {
    with(&web, run, |_, _| Ok(())).await
}

#[derive(Deserialize)]
struct Tried {
    text: String,
    #[serde(default)]
    key: String,
}

async fn attempt(State(web): Page, Number(run): Number, Sent(tried): Sent<Tried>) -> Answer<Drill> {
    with(&web, run, move |host, run| host.attempt(run, &tried.text, &tried.key)).await
}

async fn go_on(State(web): Page, Number(run): Number, _: Nothing) -> Answer<Drill> {
    with(&web, run, |_, run| {
        run.go_on();
        Ok(())
    })
    .await
}

async fn end(State(web): Page, Number(run): Number, _: Nothing) -> Answer<Drill> {
    with(&web, run, |_, run| {
        run.over = true;
        Ok(())
    })
    .await
}

async fn with(
    web: &Web,
    run: u64,
    work: impl FnOnce(&Host, &mut Run) -> Result<(), HostError> + Send + 'static,
) -> Answer<Drill> {
    let host = Arc::clone(&web.host);
    let run: Arc<Mutex<Run>> = host.drill_run(run).ok_or_else(|| {
        Fault::new(StatusCode::NOT_FOUND, "there is no such drill any more").hint("begin it again")
    })?;
    let drill = apart(move || {
        let mut run = run.lock().unwrap_or_else(PoisonError::into_inner);
        work(&host, &mut run)?;
        Ok(Drill::of(&run))
    });
    Ok(Json(drill.await?))
}

/// A drill as it stands.
#[derive(Serialize)]
struct Drill {
    run: u64,
    level: u8,
    /// Whether nothing is told until the end.
    blind: bool,
    /// So many replies in a row must roll.
    enough: usize,
    moment: Scene,
    /// None of a blind drill before its end.
    attempts: Vec<Shown>,
    tally: Option<Tally>,
    passed: bool,
    over: bool,
    crisis: Option<Crisis>,
}

#[derive(Serialize)]
struct Scene {
    name: Option<String>,
    title: String,
    persona: String,
    client: String,
    age: u8,
    exchange: Vec<Spoken>,
    state: Option<Standing>,
}

#[derive(Serialize)]
struct Spoken {
    by: &'static str,
    text: String,
}

#[derive(Serialize)]
struct Shown {
    attempt: usize,
    /// The moment that it was at, where that is not the first.
    drill: Option<String>,
    turn: Turn,
    alternative: Option<Suggestion>,
    counts: Counts,
}

impl Drill {
    fn of(run: &Run) -> Self {
        let exercise = &run.exercise;
        let told = !exercise.is_blind() || run.over;
        let attempts = exercise.attempts().iter().filter(|_| told);
        let level = exercise.level();
        Self {
            run: run.id,
            level,
            blind: exercise.is_blind(),
            enough: ENOUGH,
            moment: Scene::of(exercise.moment()),
            attempts: attempts
                .map(|attempt| {
                    let at = exercise.moment_at(attempt.moment);
                    Shown::of(attempt, at.and_then(|moment| moment.name.clone()), level)
                })
                .collect(),
            tally: told.then(|| exercise.tally().clone()),
            passed: exercise.tally().is_passed(),
            over: run.over,
            crisis: run.crisis.map(Crisis::of),
        }
    }
}

impl Scene {
    fn of(moment: &Moment) -> Self {
        let mut exchange = Vec::new();
        for turn in moment.turns() {
            exchange.extend(turn.trainee.as_ref().map(|s| Spoken { by: "trainee", text: s.text.clone() }));
            exchange.extend(turn.reply.as_ref().map(|r| Spoken { by: "client", text: r.text.clone() }));
        }
        let reply = moment.turns().last().and_then(|turn| turn.reply.as_ref());
        let persona = moment.persona();
        Self {
            name: moment.name.clone(),
            title: moment.title.clone(),
            persona: persona.id.clone(),
            client: persona.name.clone(),
            age: persona.age,
            exchange,
            state: reply.map(|reply| Standing::of(&reply.state)),
        }
    }
}

impl Shown {
    fn of(attempt: &Attempt, drill: Option<String>, level: u8) -> Self {
        Self {
            attempt: attempt.number,
            drill,
            turn: Turn::bare(&attempt.turn),
            alternative: attempt.alternative.as_ref().filter(|_| level == 1).map(Suggestion::of),
            counts: attempt.counts,
        }
    }
}

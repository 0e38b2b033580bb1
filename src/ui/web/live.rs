//! A client who speaks, as a stream of events.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;

use super::answer::{Fault, apart};
use super::views::Session;
use crate::app::host::{Host, Listener, Speech, Stage};
use crate::domain::session::{SessionId, TurnId};

/// What has been told to one listener.
struct Heard {
    host: Arc<Host>,
    id: SessionId,
    speech: Option<Listener>,
    told: Option<usize>, // bytes of the text; nothing yet before the first event
    over: bool,
}

#[derive(Serialize)]
struct Words<'a> {
    turn: TurnId,
    text: &'a str,
}

#[derive(Serialize)]
struct Done {
    session: Session,
}

#[derive(Serialize)]
struct Failed<'a> {
    error: &'a str,
    hint: Option<&'a str>,
    session: Session,
}

/// The words of a session's client from here on; ends when they have been said.
pub(super) async fn stream(host: Arc<Host>, id: SessionId) -> Result<Response, Fault> {
    let looked = Arc::clone(&host);
    // Nothing is streamed of a session that is not there.
    let speech = apart(move || looked.look(id).map(|_| looked.listen(id))).await?;
    let heard = Heard { host, id, speech, told: None, over: false };
    let events = stream::unfold(heard, |mut heard| async move {
        let event = heard.next().await?;
        Some((Ok::<_, Infallible>(event), heard))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream")];
    Ok((headers, Body::from_stream(events)).into_response())
}

impl Heard {
    async fn next(&mut self) -> Option<String> {
        if self.over {
            return None;
        }
        loop {
            let Some(listener) = &mut self.speech else { return self.last(Stage::Done).await };
            let speech = listener.borrow_and_update().clone();
            if let Some(event) = words(&speech, &mut self.told) {
                return Some(event);
            }
            if speech.stage != Stage::Speaking {
                return self.last(speech.stage).await;
            }
            if listener.changed().await.is_err() {
                // Whoever spoke is gone without a word; the session tells what is so.
                self.speech = None;
            }
        }
    }

    async fn last(&mut self, stage: Stage) -> Option<String> {
        self.over = true;
        let (host, id) = (Arc::clone(&self.host), self.id);
        let view = apart(move || host.look(id)).await.ok()?;
        let session = Session::of(&view);
        Some(match (stage, &view.failed) {
            (Stage::Failed(failure), _) => {
                event("failed", &Failed { error: &failure.error, hint: failure.hint.as_deref(), session })
            }
            _ => event("done", &Done { session }),
        })
    }
}

/// What is new in `speech` to somebody who was told so much; the first event tells all that there is.
fn words(speech: &Speech, told: &mut Option<usize>) -> Option<String> {
    let (name, from) = match *told {
        None => ("so_far", 0),
        Some(from) if from < speech.text.len() => ("text", from),
        Some(_) => return None,
    };
    *told = Some(speech.text.len());
    Some(event(name, &Words { turn: speech.turn, text: speech.text.get(from..).unwrap_or_default() }))
}

fn event(name: &str, data: &impl Serialize) -> String {
    format!("event: {name}\ndata: {}\n\n", serde_json::to_string(data).unwrap_or_default())
}

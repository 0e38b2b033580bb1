//! How fast a model on a server answers: what a trainee waits for, and how fast words come.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::{Spread, conversation, next_turn, spread};
use crate::app::AppError;
use crate::chat::Message;
use crate::engine::remote::Remote;
use crate::engine::{Engine, Request};
use crate::ui::screen::Screen;

/// What a server's model was measured by.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    model: String,
    server: String,
    context_tok: usize,
    /// From the first reply of a session, with a client's description never seen before, to the first
    /// word of the answer.
    new_session_first_word_ms: Spread,
    /// The same in the turn after it.
    turn_first_word_ms: Spread,
    /// As the server counts tokens; pieces where it does not.
    decode_tok_per_s: Spread,
}

/// Measures `runs` sessions of two turns with answers of up to `decode` tokens.
pub(super) fn run(engine: &mut Remote, (runs, decode): (u32, usize)) -> Result<Figures, AppError> {
    let (mut first, mut later, mut speed) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..runs {
        let mut messages = conversation(run);
        let (wait, _) = turn(engine, &messages, decode)?;
        first.push(wait);
        next_turn(&mut messages);
        let (wait, tok_per_s) = turn(engine, &messages, decode)?;
        later.push(wait);
        speed.extend(tok_per_s);
    }
    let info = engine.info();
    Ok(Figures {
        model: info.file.name.clone(),
        server: info.device.clone(),
        context_tok: info.file.context_tok,
        new_session_first_word_ms: spread(first),
        turn_first_word_ms: spread(later),
        decode_tok_per_s: spread(speed),
    })
}

/// Shows the figures.
pub(super) fn show(screen: Screen, f: &Figures) -> std::io::Result<()> {
    screen.line(&format!("{} at {}, context {}", f.model, f.server, f.context_tok))?;
    for (name, Spread { median, min, max }, unit, what) in [
        ("session", f.new_session_first_word_ms, "ms", "to the first word of a new session"),
        ("turn", f.turn_first_word_ms, "ms", "to the first word of the next answer"),
        ("decode", f.decode_tok_per_s, "tok/s", "as the server counts them"),
    ] {
        screen.line(&format!("{name:<8} {median:>9.1} {unit:<6} ({min:.1}-{max:.1}; {what})"))?;
    }
    Ok(())
}

/// Milliseconds to the first word of the answer, and tokens a second behind it.
fn turn(engine: &mut Remote, messages: &[Message], max_tok: usize) -> Result<(f64, Option<f64>), AppError> {
    let request = Request {
        messages: messages.to_vec(),
        sampling: engine.sampling(),
        max_tok,
        stop: Vec::new(),
        seed: 1,
    };
    let (begin, mut first) = (Instant::now(), None);
    let finish = engine.generate(&request, &mut |piece| {
        if !piece.is_empty() {
            first.get_or_insert_with(|| begin.elapsed());
        }
        ControlFlow::Continue(())
    })?;
    let wait = first.unwrap_or_else(|| begin.elapsed());
    let rest = begin.elapsed().saturating_sub(wait);
    let tok = finish.usage.decoded_tok.saturating_sub(1);
    let speed = (tok > 0 && rest > Duration::ZERO).then(|| tok as f64 / rest.as_secs_f64());
    Ok((wait.as_secs_f64() * 1e3, speed))
}

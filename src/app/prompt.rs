//! What a model is sent for one turn. Where the session is longer than the model's memory, the
//! oldest exchanges stay out of it.

use crate::app::AppError;
use crate::app::voice::Scene;
use crate::chat::{Message, Role};
use crate::domain::client::LONGEST_WORDS;
use crate::domain::memory::{self, Costs, ExchangeCost};
use crate::domain::moves::Move;
use crate::domain::prompt::{self, Exchange, Notes};
use crate::domain::session::Path;
use crate::engine::EngineError;

/// What must be known of a model to write for it.
#[derive(Clone, Copy)]
pub struct Model<'a> {
    /// Tokens that it holds at most.
    pub context_tok: usize,
    /// Counts tokens as the model does.
    pub count: &'a dyn Fn(&[Message]) -> Result<usize, EngineError>,
}

/// A prompt, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Head, history, and the newest line with the note.
    pub messages: Vec<Message>,
    /// The private note; none where the model only chooses among given lines.
    pub note: Option<String>,
    /// How many of the oldest exchanges are left out, since the model's memory is full.
    pub forgotten: usize,
    /// Tokens that the reply may take.
    pub reply_tok: usize,
}

/// The prompt for a model that writes freely.
///
/// # Errors
/// Where not even the head and the newest line fit.
pub fn free(model: Model<'_>, notes: &Notes, scene: &Scene<'_>) -> Result<Prompt, AppError> {
    let note = notes.note(scene.persona, scene.intent, first_move(scene));
    let reply_tok = reply_tok(scene.intent.words);
    let history = exchanges(scene.path);
    let (opening, later) = history.split_at(1.min(history.len()));
    let mut forgotten = memory::forgotten(&costs(model, notes, scene, (opening, later))?);
    // Parts are counted one by one, the whole may differ by a few tokens.
    loop {
        let kept = [opening, &later[forgotten..]].concat();
        let messages = notes.build(scene.persona, &kept, scene.trainee, &note);
        let needed = (model.count)(&messages)? + reply_tok;
        if needed <= model.context_tok {
            return Ok(Prompt { messages, note: Some(note), forgotten, reply_tok });
        }
        if forgotten == later.len() {
            let wordless = notes.build(scene.persona, opening, "", &note);
            let room = model.context_tok.checked_sub((model.count)(&wordless)? + reply_tok);
            let context = model.context_tok;
            return Err(match room {
                Some(_) => AppError::NoRoom { needed, context },
                None => EngineError::ContextFull { needed, context }.into(),
            });
        }
        forgotten += 1;
    }
}

/// Kept free for each authored line that the pocket model weighs; the longest takes about 60.
const LINE_TOK: usize = 96;

/// The prompt for the pocket model, which ranks authored lines. Of words that are too many for
/// it, it reads the end.
///
/// # Errors
/// Where the model can't count.
pub fn compact(model: Model<'_>, scene: &Scene<'_>) -> Result<Prompt, AppError> {
    let previous = scene.path.last_reply().map(|reply| reply.text.as_str());
    let mut chars = scene.trainee.chars().count().max(previous.map_or(0, |p| p.chars().count()));
    loop {
        let (previous, trainee) = (previous.map(|p| end_of(p, chars)), end_of(scene.trainee, chars));
        let messages =
            prompt::compact(scene.persona, scene.intent.action, first_move(scene), previous, trainee);
        if chars == 0 || (model.count)(&messages)? + LINE_TOK <= model.context_tok {
            return Ok(Prompt { messages, note: None, forgotten: 0, reply_tok: 0 });
        }
        chars /= 2;
    }
}

/// At most the last `chars` characters of `text`, from the beginning of a word if there is one.
fn end_of(text: &str, chars: usize) -> &str {
    let cut = text.chars().count().saturating_sub(chars);
    if cut == 0 {
        return text;
    }
    let end = text.char_indices().nth(cut).map_or("", |(at, _)| &text[at..]);
    end.split_once(char::is_whitespace).map_or(end, |(_, words)| words)
}

/// Room for a reply of `words` words: two tokens a word let it end by itself.
fn reply_tok(words: u16) -> usize {
    usize::from(words) * 2 + 24
}

fn first_move(scene: &Scene<'_>) -> Move {
    scene.moves.first().copied().unwrap_or(Move::Other)
}

/// The finished exchanges before the turn to be answered; the first is the opening.
fn exchanges(path: &Path) -> Vec<Exchange<'_>> {
    let finished = path.turns().iter().filter_map(|turn| {
        let reply = turn.reply.as_ref().filter(|r| !r.text.is_empty())?;
        Some(Exchange { trainee: turn.trainee.as_ref().map(|s| s.text.as_str()), client: &reply.text })
    });
    finished.collect()
}

/// What the parts of a session take. Each is counted behind a short conversation, not behind the
/// session itself, so that counting takes time in proportion to its length.
fn costs(
    model: Model<'_>,
    notes: &Notes,
    scene: &Scene<'_>,
    (opening, later): (&[Exchange<'_>], &[Exchange<'_>]),
) -> Result<Costs, AppError> {
    let stub = Exchange { trainee: Some("Hello."), client: "Hello." };
    let mut talk = vec![Message::new(Role::System, "Talk.")];
    talk.extend(notes.messages(&stub));
    let bare_tok = (model.count)(&talk)?;
    let behind = |messages: &[Message]| -> Result<usize, AppError> {
        let counted = (model.count)(&[&talk, messages].concat())?;
        Ok(counted.saturating_sub(bare_tok))
    };
    let line = |text: &str| behind(&[Message::new(Role::User, text)]);
    let exchange = |exchange: &Exchange<'_>| {
        let messages = notes.messages(exchange);
        let trainee_tok = behind(&messages[..1])?;
        let client_tok = behind(&messages)?.saturating_sub(trainee_tok);
        Ok(ExchangeCost { trainee_tok, client_tok })
    };
    let mut pinned = notes.build(scene.persona, opening, "", "");
    pinned.pop();
    let longest_note = prompt::note_part(&notes.longest_note(scene.persona));
    Ok(Costs {
        context_tok: model.context_tok,
        pinned_tok: (model.count)(&pinned)?,
        reserve_tok: line(&longest_note)? + reply_tok(LONGEST_WORDS),
        exchanges: later.iter().map(exchange).collect::<Result<_, AppError>>()?,
        newest_tok: line(scene.trainee)?,
    })
}

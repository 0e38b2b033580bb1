//! Replies, put together from what a server streams.
//! Knows: chunks, stop texts, when a reply is over. Never: connections.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::RemoteError;
use super::answer::{self, Choice, Complaint, End, Tokens};
use super::error::words;
use super::server::Listener;
use super::sse::{Event, Events};
use crate::engine::local::stream::{Piece, Stream};
use crate::engine::{Finish, FinishReason, Request, Usage};

/// A whole answer that is not streamed; more is not read.
const MOST_BYTES: usize = 1 << 22;
/// Pieces beyond the tokens asked for, before a server is taken to have forgotten the limit.
const SPARE_PIECES: usize = 64;

/// So long it is waited for what may come behind the last word: the count of tokens, the end.
const FAREWELL: Duration = Duration::from_millis(500);

type Result<T> = std::result::Result<T, RemoteError>;
type Emit<'a> = &'a mut dyn FnMut(&str) -> ControlFlow<()>;

/// Replies to one request, as they come.
pub(super) struct Replies<'a> {
    drafts: Vec<Draft<'a>>,
    emit: Emit<'a>,
    form: Form,
    tokens: Option<Tokens>,
    begun: Instant,
    first: Option<Instant>,
    /// When all replies had come to their end.
    over: Option<Instant>,
    /// The caller has had enough.
    cancelled: bool,
}

/// How the answer comes.
enum Form {
    /// Not known yet.
    Unknown,
    Events(Events),
    /// All of it at once.
    Whole(Vec<u8>),
}

/// One reply.
struct Draft<'a> {
    stream: Option<Stream<'a>>, // gone once the reply is over
    text: String,
    reason: Option<FinishReason>,
    pieces: usize,
    most_pieces: usize,
    logprobs: f64,
    logprob_count: usize,
    /// It was ended here: the server would have gone on.
    cut_here: bool,
}

impl<'a> Replies<'a> {
    /// `n` replies to `req`; `emit` gets the words of the first, and the empty piece now and then.
    pub(super) fn new((req, n): (&'a Request, usize), emit: Emit<'a>) -> Self {
        let drafts = (0..n).map(|_| Draft::new(req)).collect();
        Self {
            drafts,
            emit,
            form: Form::Unknown,
            tokens: None,
            begun: Instant::now(),
            first: None,
            over: None,
            cancelled: false,
        }
    }

    /// Nothing comes any more: takes what is left, unless the caller has had enough.
    pub(super) fn close(&mut self) -> Result<()> {
        if self.cancelled {
            return Ok(());
        }
        match std::mem::replace(&mut self.form, Form::Unknown) {
            Form::Events(events) => {
                let mut found = Vec::new();
                events.finish(&mut |event| found.push(event)).map_err(|_| too_long())?;
                let _ = self.events(found)?;
            }
            Form::Whole(bytes) => {
                let _ = self.data(&String::from_utf8_lossy(&bytes))?;
            }
            Form::Unknown => {}
        }
        Ok(())
    }

    /// The replies that came, in order. Fewer than asked for, where the server writes one at a time;
    /// none that did not come to its end, unless the caller has had enough.
    pub(super) fn finishes(mut self) -> Result<Vec<Finish>> {
        let usage = self.usage();
        let mut finishes = Vec::new();
        for (at, draft) in std::mem::take(&mut self.drafts).into_iter().enumerate() {
            let reason = match (draft.reason, self.cancelled) {
                (Some(reason), _) => reason,
                (None, true) => FinishReason::Cancelled,
                (None, false) if at > 0 => continue,
                (None, false) => return Err(RemoteError::BrokeOff("it ends before its end".to_owned())),
            };
            let mean_logprob = match draft.logprob_count {
                0 => 0.0,
                count => (draft.logprobs / count as f64) as f32,
            };
            let usage = Usage { decoded_tok: draft.pieces, ..usage };
            finishes.push(Finish { reason, text: draft.text, usage, mean_logprob });
        }
        if let (Some(tokens), [only]) = (self.tokens, &mut finishes[..]) {
            only.usage.decoded_tok = tokens.written;
        }
        Ok(finishes)
    }

    fn usage(&self) -> Usage {
        let now = Instant::now();
        let first = self.first.unwrap_or(now);
        let tokens = self.tokens.unwrap_or_default();
        Usage {
            prompt_tok: tokens.prompt,
            reused_tok: tokens.cached,
            decoded_tok: 0,
            prefill: first - self.begun,
            decode: now - first,
        }
    }

    fn events(&mut self, events: Vec<Event>) -> Result<ControlFlow<()>> {
        for event in events {
            let flow = match event {
                Event::Data(data) => self.data(&data)?,
                Event::Error(error) => return Err(broke_off(Complaint::read(&error))),
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Takes the data of an event, or a whole answer.
    fn data(&mut self, data: &str) -> Result<ControlFlow<()>> {
        if data.trim() == "[DONE]" {
            return Ok(ControlFlow::Continue(()));
        }
        let chunk = answer::chunk(data).map_err(broke_off)?;
        if chunk.usage.is_some() {
            self.tokens = chunk.usage;
        }
        for choice in chunk.choices {
            if self.choice(choice)?.is_break() {
                self.cancelled = true;
                return Ok(ControlFlow::Break(()));
            }
        }
        if self.over.is_none() && self.drafts.iter().all(|draft| draft.stream.is_none()) {
            self.over = Some(Instant::now());
        }
        // Where a reply was cut here and not by the server, the server would go on.
        match self.is_over() && self.drafts.iter().any(|draft| draft.cut_here) {
            true => Ok(ControlFlow::Break(())),
            false => Ok(ControlFlow::Continue(())),
        }
    }

    /// Whether all replies have come to their end.
    pub(super) fn is_over(&self) -> bool {
        self.over.is_some()
    }

    fn choice(&mut self, choice: Choice) -> Result<ControlFlow<()>> {
        let (index, withheld) = (choice.index, choice.ends == Some(End::Withheld));
        // More replies than were asked for are nobody's.
        let Some(draft) = self.drafts.get_mut(index) else { return Ok(ControlFlow::Continue(())) };
        if withheld {
            return Err(RemoteError::BrokeOff("its filter withholds it".to_owned()));
        }
        if !choice.text.is_empty() {
            self.first.get_or_insert_with(Instant::now);
        }
        let text = draft.take(choice);
        draft.text.push_str(&text);
        match index {
            0 => Ok((self.emit)(&text)),
            _ => Ok((self.emit)("")),
        }
    }
}

impl Listener for Replies<'_> {
    fn goes_on(&mut self) -> ControlFlow<()> {
        if self.over.is_some_and(|over| over.elapsed() > FAREWELL) {
            return ControlFlow::Break(());
        }
        let flow = (self.emit)("");
        self.cancelled |= flow.is_break();
        flow
    }

    fn begin(&mut self, kind: &str) {
        self.form = match kind {
            _ if kind.contains("event-stream") => Form::Events(Events::default()),
            _ if kind.contains("json") => Form::Whole(Vec::new()),
            _ => Form::Unknown,
        };
    }

    fn read(&mut self, bytes: &[u8]) -> Result<ControlFlow<()>> {
        if let Form::Unknown = self.form {
            self.form = match bytes.trim_ascii_start().first() {
                Some(b'<') => return Err(RemoteError::Answer("a web page".to_owned())),
                Some(b'{') => Form::Whole(Vec::new()),
                _ => Form::Events(Events::default()),
            };
        }
        match &mut self.form {
            Form::Events(events) => {
                let mut found = Vec::new();
                events.push(bytes, &mut |event| found.push(event)).map_err(|_| too_long())?;
                self.events(found)
            }
            Form::Whole(whole) => {
                whole.extend_from_slice(bytes);
                if whole.len() > MOST_BYTES { Err(too_long()) } else { Ok(ControlFlow::Continue(())) }
            }
            Form::Unknown => Ok(ControlFlow::Continue(())),
        }
    }
}

impl<'a> Draft<'a> {
    fn new(req: &'a Request) -> Self {
        Self {
            stream: Some(Stream::new(&req.stop, "", "")),
            text: String::new(),
            reason: None,
            pieces: 0,
            most_pieces: req.max_tok.saturating_add(SPARE_PIECES),
            logprobs: 0.0,
            logprob_count: 0,
            cut_here: false,
        }
    }

    /// Takes what the server sends; the text that may be shown.
    fn take(&mut self, choice: Choice) -> String {
        let Some(stream) = &mut self.stream else { return String::new() };
        self.pieces += 1;
        self.logprobs += choice.logprobs.iter().map(|&l| f64::from(l)).sum::<f64>();
        self.logprob_count += choice.logprobs.len();
        let text = match stream.push(choice.text.as_bytes()) {
            Piece::Text(text) => text,
            Piece::Stop(text) => {
                (self.stream, self.reason, self.cut_here) = (None, Some(FinishReason::Stop), true);
                return text;
            }
        };
        let ends = choice.ends.map(|end| match end {
            End::Turn | End::Withheld => FinishReason::End,
            End::Stop => FinishReason::Stop,
            End::Length => FinishReason::Length,
        });
        self.cut_here = ends.is_none() && self.pieces >= self.most_pieces;
        self.reason = if self.cut_here { Some(FinishReason::Length) } else { ends };
        // What was held back, as it might have become a stop text, is shown at the end.
        let held = self.reason.and_then(|_| self.stream.take()).map(Stream::finish).unwrap_or_default();
        text + &held
    }
}

fn broke_off(complaint: Complaint) -> RemoteError {
    match complaint.is_too_long() {
        true => RemoteError::TooLong(complaint.message),
        false => RemoteError::BrokeOff(words(&complaint.message)),
    }
}

fn too_long() -> RemoteError {
    RemoteError::Answer("it is far too long".to_owned())
}

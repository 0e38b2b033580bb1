//! Writing one reply.
//! Knows: prompt, decoder, sampler, stream. Never: how any of them works.

use std::ops::ControlFlow;
use std::time::Instant;

use candle_core::Tensor;

use super::Local;
use super::sampler::Sampler;
use super::stream::{Piece, Stream};
use crate::chat::Role;
use crate::engine::{EngineError, Finish, FinishReason, Request, Usage};

type Result<T> = std::result::Result<T, EngineError>;
type Emit<'a> = &'a mut dyn FnMut(&str) -> ControlFlow<()>;

/// Where the reply goes, piece by piece.
struct Output<'a> {
    emit: Emit<'a>,
    text: String,
}

/// Answers `req`.
pub(super) fn run(local: &mut Local, req: &Request, emit: Emit<'_>) -> Result<Finish> {
    let prompt = local.prompt(&req.messages, req.max_tok)?;
    let mut finish = Finish {
        reason: FinishReason::Cancelled,
        text: String::new(),
        usage: Usage { prompt_tok: prompt.tokens.len(), ..Usage::default() },
        mean_logprob: 0.0,
    };
    let mut output = Output { emit, text: String::new() };
    let start = Instant::now();
    let last = local.prefill(&prompt.tokens, &mut finish.usage, &mut || (output.emit)(""))?;
    finish.usage.prefill = start.elapsed();
    if let Some(last) = last {
        let start = Instant::now();
        let stream = Stream::new(&req.stop, &prompt.ending, &prompt.indent);
        decode(local, req, last, Writing { stream, output: &mut output, finish: &mut finish })?;
        finish.usage.decode = start.elapsed();
    }
    finish.text = output.text;
    Ok(finish)
}

/// A reply being written.
struct Writing<'a, 'o> {
    stream: Stream<'a>,
    output: &'a mut Output<'o>,
    finish: &'a mut Finish,
}

fn decode(local: &mut Local, req: &Request, mut last: Tensor, mut reply: Writing<'_, '_>) -> Result<()> {
    let mut sampler = local.sampler(req)?;
    let mut logprobs = 0.0;
    reply.finish.reason = loop {
        if reply.finish.usage.decoded_tok == req.max_tok {
            break FinishReason::Length;
        }
        let mut logits = local.decoder.logits(&last)?.flatten_all()?.to_vec1::<f32>()?;
        let tokenizer = local.prompter.tokenizer();
        tokenizer.silence(&mut logits);
        let draw = sampler.draw(&mut logits)?;
        reply.finish.usage.decoded_tok += 1;
        logprobs += f64::from(draw.logprob);
        reply.finish.mean_logprob = (logprobs / reply.finish.usage.decoded_tok as f64) as f32;
        if tokenizer.stops().contains(&draw.id) {
            break FinishReason::End;
        }
        sampler.penalise([draw.id]);
        let (text, stopped) = match reply.stream.push(tokenizer.bytes(draw.id)) {
            Piece::Text(text) => (text, false),
            Piece::Stop(text) => (text, true),
        };
        if reply.output.put(&text).is_break() {
            break FinishReason::Cancelled;
        }
        if stopped {
            break FinishReason::Stop;
        }
        last = local.decoder.read(&mut local.cache, &[draw.id])?;
    };
    if matches!(reply.finish.reason, FinishReason::End | FinishReason::Length) {
        // Whether the caller wants more no longer matters: there is none.
        let _ = reply.output.put(&reply.stream.finish());
    }
    Ok(())
}

impl Output<'_> {
    fn put(&mut self, text: &str) -> ControlFlow<()> {
        self.text.push_str(text);
        (self.emit)(text)
    }
}

impl Local {
    /// Reads what of `tokens` is not in the cache yet. What the last one leads to: (1, dim); or
    /// nothing, if there is none or `go_on` broke off between two pieces.
    pub(super) fn prefill(
        &mut self,
        tokens: &[u32],
        usage: &mut Usage,
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Option<Tensor>> {
        // The last token is read again even if it is in the cache: what it leads to is not kept.
        let all_but_last = tokens.split_last().map_or(tokens, |(_, rest)| rest);
        usage.reused_tok = self.cache.keep_common(all_but_last);
        let mut last = None;
        while self.cache.len() < tokens.len() {
            if go_on().is_break() {
                return Ok(None);
            }
            let past = self.cache.len();
            let n = self.decoder.piece_tok(past, tokens.len() - past);
            last = Some(self.decoder.read(&mut self.cache, &tokens[past..past + n])?);
        }
        Ok(last)
    }

    /// A sampler that knows what the assistant said before.
    fn sampler(&self, req: &Request) -> Result<Sampler> {
        let mut sampler = Sampler::new(req.sampling, req.seed);
        for message in req.messages.iter().filter(|m| m.role == Role::Assistant) {
            sampler.penalise(self.prompter.reply(&message.text)?);
        }
        Ok(sampler)
    }
}

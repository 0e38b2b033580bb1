//! Writing one reply.
//! Knows: prompt, decoder, sampler, stream. Never: how any of them works.

use std::ops::ControlFlow;
use std::time::Instant;

use super::Local;
use super::prompt::Prompt;
use super::runner::Wanted;
use super::sampler::Sampler;
use super::stream::{Piece, Stream};
use super::tokenizer::Tokenizer;
use crate::chat::{Message, Role};
use crate::engine::{EngineError, Finish, FinishReason, Request, Usage};

type Result<T> = std::result::Result<T, EngineError>;
type Emit<'a> = &'a mut dyn FnMut(&str) -> ControlFlow<()>;

/// Shorter heads are read again sooner than a file is.
const LEAST_HEAD_TOK: usize = 64;

/// Where the reply goes, piece by piece.
struct Output<'a> {
    emit: Emit<'a>,
    text: String,
}

/// Answers `req`.
pub(super) fn run(local: &mut Local, req: &Request, emit: Emit<'_>) -> Result<Finish> {
    let prompt = local.prompt(&req.messages, req.max_tok)?;
    let mut finish = unfinished(&prompt);
    let mut output = Output { emit, text: String::new() };
    let start = Instant::now();
    local.begin(&req.messages, &prompt.tokens, &mut || (output.emit)(""))?;
    let read = local.prefill(&prompt.tokens, &mut finish.usage, &mut || (output.emit)(""))?.is_some();
    finish.usage.prefill = start.elapsed();
    if read {
        let start = Instant::now();
        let mut draft = Draft::new(local, req, (req.seed, &prompt))?;
        finish.reason = decode(local, &mut draft, &mut output)?;
        if matches!(finish.reason, FinishReason::End | FinishReason::Length) {
            // Whether the caller wants more no longer matters: there is none.
            let _ = output.put(&draft.stream.finish());
        }
        finish.usage.decode = start.elapsed();
        finish.usage.decoded_tok = draft.decoded_tok;
        finish.mean_logprob = draft.mean_logprob;
    }
    finish.text = output.text;
    Ok(finish)
}

fn decode(local: &mut Local, draft: &mut Draft<'_>, output: &mut Output<'_>) -> Result<FinishReason> {
    let Local { runner, prompter, .. } = local;
    loop {
        let (text, step) = draft.draw(prompter.tokenizer(), runner.logits())?;
        if output.put(&text).is_break() {
            return Ok(FinishReason::Cancelled);
        }
        match step {
            Step::Read(id) => runner.read(&[id], Wanted::Last)?,
            Step::Done(reason) => return Ok(reason),
        }
    }
}

/// Answers `req` once for each of `seeds`: one batch over one prompt, where the runner can.
pub(super) fn candidates(
    local: &mut Local,
    req: &Request,
    seeds: &[u64],
    go_on: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Vec<Finish>> {
    if !local.runner.can_branch() || seeds.len() < 2 {
        let one = |&seed: &u64| run(local, &Request { seed, ..req.clone() }, &mut |_| go_on());
        return seeds.iter().map(one).collect();
    }
    let prompt = local.prompt(&req.messages, req.max_tok)?;
    let mut finish = unfinished(&prompt);
    let start = Instant::now();
    local.begin(&req.messages, &prompt.tokens, go_on)?;
    let Some(first) = local.prefill(&prompt.tokens, &mut finish.usage, go_on)?.map(|logits| logits.to_vec())
    else {
        return Ok(vec![finish; seeds.len()]);
    };
    finish.usage.prefill = start.elapsed();
    let start = Instant::now();
    let mut drafts: Vec<Draft<'_>> =
        seeds.iter().map(|&seed| Draft::new(local, req, (seed, &prompt))).collect::<Result<_>>()?;
    let mut finishes = vec![finish; seeds.len()];
    let Local { runner, prompter, .. } = local;
    // The drafts still being written, and the token that each goes on with.
    let mut open: Vec<(usize, u32)> = Vec::new();
    for (at, draft) in drafts.iter_mut().enumerate() {
        let (text, step) = draft.draw(prompter.tokenizer(), &mut first.clone())?;
        if let Some(id) = finishes[at].take(&text, step) {
            open.push((at, id));
        }
    }
    runner.fork(open.len())?;
    while !open.is_empty() && go_on().is_continue() {
        let tokens: Vec<u32> = open.iter().map(|&(_, id)| id).collect();
        let mut next = Vec::new();
        runner.step(&tokens, &mut |row, logits| {
            let (text, step) = drafts[open[row].0].draw(prompter.tokenizer(), logits)?;
            next.push(finishes[open[row].0].take(&text, step));
            Ok(())
        })?;
        for row in (0..open.len()).rev() {
            match next[row] {
                Some(id) => open[row].1 = id,
                None => {
                    open.remove(row);
                    runner.drop_branch(row);
                }
            }
        }
    }
    for (draft, finish) in drafts.into_iter().zip(&mut finishes) {
        finish.usage.decoded_tok = draft.decoded_tok;
        finish.mean_logprob = draft.mean_logprob;
        finish.usage.decode = start.elapsed();
        if matches!(finish.reason, FinishReason::End | FinishReason::Length) {
            finish.text.push_str(&draft.stream.finish());
        }
    }
    Ok(finishes)
}

fn unfinished(prompt: &Prompt) -> Finish {
    Finish {
        reason: FinishReason::Cancelled,
        text: String::new(),
        usage: Usage { prompt_tok: prompt.tokens.len(), ..Usage::default() },
        mean_logprob: 0.0,
    }
}

impl Finish {
    /// Adds `text`; the token to read next, unless the reply is done.
    fn take(&mut self, text: &str, step: Step) -> Option<u32> {
        self.text.push_str(text);
        match step {
            Step::Read(id) => Some(id),
            Step::Done(reason) => {
                self.reason = reason;
                None
            }
        }
    }
}

/// How a reply goes on.
enum Step {
    /// With this token.
    Read(u32),
    /// Not at all.
    Done(FinishReason),
}

/// A reply being written.
struct Draft<'a> {
    sampler: Sampler,
    stream: Stream<'a>,
    max_tok: usize,
    decoded_tok: usize,
    logprobs: f64,
    mean_logprob: f32,
}

impl<'a> Draft<'a> {
    fn new(local: &Local, req: &'a Request, (seed, prompt): (u64, &'a Prompt)) -> Result<Self> {
        Ok(Self {
            sampler: local.sampler(req, seed)?,
            stream: Stream::new(&req.stop, &prompt.ending, &prompt.indent),
            max_tok: req.max_tok,
            decoded_tok: 0,
            logprobs: 0.0,
            mean_logprob: 0.0,
        })
    }

    /// Draws the next token: text that can be shown now, and how to go on.
    fn draw(&mut self, tokenizer: &Tokenizer, logits: &mut [f32]) -> Result<(String, Step)> {
        let done = |text, reason| Ok((text, Step::Done(reason)));
        if self.decoded_tok == self.max_tok {
            return done(String::new(), FinishReason::Length);
        }
        tokenizer.silence(logits);
        let draw = self.sampler.draw(logits)?;
        self.decoded_tok += 1;
        self.logprobs += f64::from(draw.logprob);
        self.mean_logprob = (self.logprobs / self.decoded_tok as f64) as f32;
        if tokenizer.stops().contains(&draw.id) {
            return done(String::new(), FinishReason::End);
        }
        self.sampler.penalise([draw.id]);
        match self.stream.push(tokenizer.bytes(draw.id)) {
            Piece::Stop(text) => done(text, FinishReason::Stop),
            Piece::Text(text) if self.decoded_tok == self.max_tok => done(text, FinishReason::Length),
            Piece::Text(text) => Ok((text, Step::Read(draw.id))),
        }
    }
}

impl Output<'_> {
    fn put(&mut self, text: &str) -> ControlFlow<()> {
        self.text.push_str(text);
        (self.emit)(text)
    }
}

impl Local {
    /// Where a conversation begins anew: continues from its head on disk, or keeps it there, unless
    /// `go_on` breaks off.
    fn begin(
        &mut self,
        messages: &[Message],
        tokens: &[u32],
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<()> {
        let Some(saved) = &self.saved else { return Ok(()) };
        let head = self.head_tok(messages, tokens)?;
        // The prompt's last token is read in any case.
        let head = &tokens[..head.min(tokens.len().saturating_sub(1))];
        if head.len() < LEAST_HEAD_TOK || self.runner.tokens().starts_with(head) {
            return Ok(());
        }
        if !self.runner.restore(saved, head)? {
            let mut past = self.runner.keep_common(head);
            while past < head.len() {
                if go_on().is_break() {
                    return Ok(());
                }
                let n = self.runner.piece_tok(head.len() - past);
                self.runner.read(&head[past..past + n], Wanted::Nothing)?;
                past += n;
            }
            self.runner.keep(saved, head.len());
        }
        Ok(())
    }

    /// Reads what of `tokens` is not in the cache yet. The logits behind the last one; or nothing,
    /// if there is none or `go_on` broke off between two pieces.
    pub(super) fn prefill(
        &mut self,
        tokens: &[u32],
        usage: &mut Usage,
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Option<&mut [f32]>> {
        // The last token is read again even if it is in the cache: what it leads to is not kept.
        let all_but_last = tokens.split_last().map_or(tokens, |(_, rest)| rest);
        usage.reused_tok = self.runner.keep_common(all_but_last);
        let mut past = usage.reused_tok;
        while past < tokens.len() {
            if go_on().is_break() {
                return Ok(None);
            }
            let n = self.runner.piece_tok(tokens.len() - past);
            let wanted = if past + n == tokens.len() { Wanted::Last } else { Wanted::Nothing };
            self.runner.read(&tokens[past..past + n], wanted)?;
            past += n;
        }
        Ok(if tokens.is_empty() { None } else { Some(self.runner.logits()) })
    }

    /// A sampler that knows what the assistant said before.
    fn sampler(&self, req: &Request, seed: u64) -> Result<Sampler> {
        let mut sampler = Sampler::new(req.sampling, seed);
        for message in req.messages.iter().filter(|m| m.role == Role::Assistant) {
            sampler.penalise(self.prompter.reply(&message.text)?);
        }
        Ok(sampler)
    }
}

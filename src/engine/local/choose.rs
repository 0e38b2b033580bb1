//! How likely given replies are.
//! Knows: prompt and decoder. Never: sampling, what the replies are for.

use std::ops::ControlFlow;

use candle_core::Tensor;

use super::Local;
use super::sampler::log_sum_exp;
use crate::engine::{ChooseRequest, EngineError, Likelihood, Usage};

type Result<T> = std::result::Result<T, EngineError>;

/// Most tokens in a batch. Larger ones are not faster, and a batch must fit into memory.
const BATCH_TOK: usize = 512;
/// Most scores that the attention of a batch may hold at once.
const BATCH_SCORES: usize = 16 << 20;
/// Most logits to be held at once.
const BATCH_LOGITS: usize = 16 << 20;

/// An option, in tokens.
struct Text {
    /// Its place in the request.
    at: usize,
    /// Its tokens, the end of the turn included; never empty.
    tokens: Vec<u32>,
}

/// Answers `req`.
pub(super) fn run(local: &mut Local, req: &ChooseRequest) -> Result<Vec<Likelihood>> {
    let mut texts = local.texts(&req.options)?;
    let longest = texts.iter().map(|text| text.tokens.len()).max().unwrap_or(0);
    let prompt = local.prompt(&req.messages, longest)?;
    let last = local.prefill(&prompt.tokens, &mut Usage::default(), &mut || ControlFlow::Continue(()))?;
    let Some(last) = last else { return Ok(Vec::new()) };
    // Every first token follows the prompt's last one: one set of logits serves them all.
    let first = local.decoder.logits(&last)?.flatten_all()?.to_vec1::<f32>()?;
    let log_total = log_sum_exp(&first)?;
    let begin = |text: &Text| {
        let logprob = first[text.tokens[0] as usize] - log_total;
        Likelihood { total: logprob, end: logprob, tok: text.tokens.len() }
    };
    let mut answers: Vec<Likelihood> = texts.iter().map(begin).collect();
    // Texts of like length together, so that little is padded.
    texts.retain(|text| text.tokens.len() > 1);
    texts.sort_by_key(|text| text.tokens.len());
    let mut rest = texts.as_slice();
    while !rest.is_empty() {
        let (batch, later) = rest.split_at(local.batch_len(rest));
        local.weigh(batch, &mut answers)?;
        rest = later;
    }
    Ok(answers)
}

impl Local {
    fn texts(&self, options: &[String]) -> Result<Vec<Text>> {
        let end = self.prompter.turn_end();
        let text = |(at, option): (usize, &String)| {
            let mut tokens = self.prompter.reply(option)?;
            tokens.push(end);
            Ok(Text { at, tokens })
        };
        options.iter().enumerate().map(text).collect()
    }

    /// How many of `texts`, shortest first, to read at once: at least one.
    fn batch_len(&self, texts: &[Text]) -> usize {
        let (past, heads) = (self.cache.len(), self.decoder.config().heads);
        let fits = |n: usize| {
            let tokens = n * texts[n - 1].tokens.len();
            tokens <= BATCH_TOK && tokens * (past + texts[n - 1].tokens.len()) * heads <= BATCH_SCORES
        };
        (2..=texts.len()).take_while(|&n| fits(n)).last().unwrap_or(1)
    }

    /// Adds to the answers what the tokens after the first contribute.
    fn weigh(&self, batch: &[Text], answers: &mut [Likelihood]) -> Result<()> {
        // The last token leads to nothing that is asked for. What follows a text in its row is
        // read, too, but no token looks ahead.
        let len = batch.iter().map(|text| text.tokens.len() - 1).max().unwrap_or(0);
        let mut tokens = Vec::with_capacity(batch.len() * len);
        let mut rows = Vec::new();
        let mut wanted = Vec::new();
        for text in batch {
            let (read, start) = (&text.tokens[..text.tokens.len() - 1], tokens.len());
            tokens.extend_from_slice(read);
            tokens.resize(start + len, 0);
            rows.extend((start..start + read.len()).map(|row| row as u32));
            wanted.extend(text.tokens[1..].iter().map(|&id| (text.at, id)));
        }
        let x = self.decoder.branch(&self.cache, &tokens, len)?;
        let block = (BATCH_LOGITS / self.prompter.tokenizer().vocab()).max(1);
        for (rows, wanted) in rows.chunks(block).zip(wanted.chunks(block)) {
            let x = x.index_select(&Tensor::new(rows, x.device())?, 0)?;
            let logits = self.decoder.logits(&x)?.flatten_all()?.to_vec1::<f32>()?;
            for (logits, &(at, id)) in logits.chunks_exact(logits.len() / rows.len()).zip(wanted) {
                let logprob = logits[id as usize] - log_sum_exp(logits)?;
                answers[at].total += logprob;
                answers[at].end = logprob;
            }
        }
        Ok(())
    }
}

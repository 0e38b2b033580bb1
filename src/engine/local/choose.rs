//! How likely given replies are.
//! Knows: prompt and decoder. Never: sampling, what the replies are for.

use std::ops::ControlFlow;

use super::Local;
use super::sampler::log_sum_exp;
use crate::engine::{ChooseRequest, EngineError, Likelihood, Usage};

type Result<T> = std::result::Result<T, EngineError>;

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
    let go_on = &mut || ControlFlow::Continue(());
    let Some(first) = local.prefill(&prompt.tokens, &mut Usage::default(), go_on)? else {
        return Ok(Vec::new());
    };
    // Every first token follows the prompt's last one: one set of logits serves them all.
    let log_total = log_sum_exp(first)?;
    let begin = |text: &Text| {
        let logprob = first[text.tokens[0] as usize] - log_total;
        Likelihood { total: logprob, end: logprob, tok: text.tokens.len() }
    };
    let mut answers: Vec<Likelihood> = texts.iter().map(begin).collect();
    // Texts of like length together, so that little is padded.
    texts.retain(|text| text.tokens.len() > 1);
    texts.sort_by_key(|text| text.tokens.len());
    // The last token leads to nothing that is asked for.
    let read: Vec<&[u32]> = texts.iter().map(|text| &text.tokens[..text.tokens.len() - 1]).collect();
    let next = |text: &Text| text.tokens[1..].iter().map(|&id| (text.at, id)).collect::<Vec<_>>();
    let next: Vec<(usize, u32)> = texts.iter().flat_map(next).collect();
    let ids: Vec<u32> = next.iter().map(|&(_, id)| id).collect();
    let logprobs = local.runner.weigh(&read, &ids)?;
    for ((at, _), logprob) in next.into_iter().zip(logprobs) {
        answers[at].total += logprob;
        answers[at].end = logprob;
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
}

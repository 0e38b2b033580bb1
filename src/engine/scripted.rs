//! An engine that says what it was told to, for tests.
//! Knows: a list of replies. Never: a model.

use std::ops::ControlFlow;

use super::{
    ChooseRequest, Engine, EngineError, FileInfo, Finish, FinishReason, Likelihood, ModelInfo, Request,
    Runner, Usage,
};
use crate::chat::Message;

/// Gives its replies in turn, word by word, and begins again after the last.
pub struct Scripted {
    replies: Vec<String>,
    next: usize,
    info: ModelInfo,
}

impl Scripted {
    /// An engine that says `replies`.
    pub fn new(replies: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let file = FileInfo {
            name: "scripted".to_owned(),
            architecture: "none".to_owned(),
            context_tok: usize::MAX,
            parameters: 0,
            file_bytes: 0,
            quantisation: "none".to_owned(),
            runner: Runner::Script,
        };
        let info = ModelInfo { file, device: "cpu".to_owned(), arithmetic: "script".to_owned() };
        Self { replies: replies.into_iter().map(Into::into).collect(), next: 0, info }
    }
}

impl Engine for Scripted {
    /// Words count as tokens; stop texts and `max_tok` are heeded, seed and sampling are not.
    fn generate(
        &mut self,
        req: &Request,
        emit: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Finish, EngineError> {
        let count = self.replies.len().max(1);
        let reply = self.replies.get(self.next % count).map_or("", String::as_str);
        self.next += 1;
        let stop = req.stop.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| reply.find(stop)).min();
        let (reply, mut reason) = match stop {
            Some(at) => (&reply[..at], FinishReason::Stop),
            None => (reply, FinishReason::End),
        };
        let mut text = String::new();
        let mut usage = Usage { prompt_tok: self.count_tokens(&req.messages)?, ..Usage::default() };
        for word in reply.split_inclusive(' ') {
            if usage.decoded_tok == req.max_tok {
                reason = FinishReason::Length;
                break;
            }
            usage.decoded_tok += 1;
            text.push_str(word);
            if emit(word).is_break() {
                reason = FinishReason::Cancelled;
                break;
            }
        }
        Ok(Finish { reason, text, usage, mean_logprob: -1.0 })
    }

    /// One nat for each word that the last message does not contain, and one for the end.
    fn choose(&mut self, req: &ChooseRequest) -> Result<Vec<Likelihood>, EngineError> {
        let last = req.messages.last().map_or("", |message| message.text.as_str());
        let weigh = |option: &String| {
            let new = option.split_whitespace().filter(|word| !last.split_whitespace().any(|w| w == *word));
            let total = -1.0 - new.count() as f32;
            Likelihood { total, end: -1.0, tok: option.split_whitespace().count() + 1 }
        };
        Ok(req.options.iter().map(weigh).collect())
    }

    fn count_tokens(&self, messages: &[Message]) -> Result<usize, EngineError> {
        Ok(messages.iter().map(|message| message.text.split_whitespace().count()).sum())
    }

    fn info(&self) -> &ModelInfo {
        &self.info
    }
}

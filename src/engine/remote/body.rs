//! What a server is asked.
//! Knows: the fields of a request for a chat completion. Never: how it is sent.

use serde_json::{Map, Value, json};

use crate::chat::Message;
use crate::engine::Request;

/// What is not in every server's tongue. All of it is sent at first; what a server refuses is left
/// out from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extra {
    /// Several candidates for one prompt.
    N,
    /// Tokens read and written, behind a streamed reply.
    Usage,
    /// The log-probability of each token: the guard's candidates are ranked by it.
    Logprobs,
    /// Top-k, min-p and the penalty for repeating, under the names of llama-server and vLLM.
    Sampler,
    /// No thinking, for templates that can be told so.
    Thinking,
    /// The seed.
    Seed,
    /// Stop texts. Where they are refused, the reply is cut here.
    Stop,
    /// Temperature and top-p.
    Warmth,
    /// The limit's older name; without it, the newer one is sent.
    MaxTokens,
}

impl Extra {
    /// All of them, those first that are most likely to be refused.
    pub const ALL: [Self; 9] = [
        Self::N,
        Self::Usage,
        Self::Logprobs,
        Self::Sampler,
        Self::Thinking,
        Self::Seed,
        Self::Stop,
        Self::Warmth,
        Self::MaxTokens,
    ];

    /// Those without which a server loses nothing but comfort: left out all together where a server
    /// refuses without saying what.
    pub const COMFORTS: [Self; 4] = [Self::Usage, Self::Logprobs, Self::Sampler, Self::Thinking];

    /// The names that it has in a request; a refusal names one of them.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::N => &["n"],
            Self::Usage => &["stream_options", "include_usage"],
            Self::Logprobs => &["logprobs", "top_logprobs"],
            Self::Sampler => &["top_k", "min_p", "repeat_penalty", "repetition_penalty"],
            Self::Thinking => &["chat_template_kwargs", "enable_thinking"],
            Self::Seed => &["seed"],
            Self::Stop => &["stop"],
            Self::Warmth => &["temperature", "top_p"],
            Self::MaxTokens => &["max_tokens", "max_completion_tokens"],
        }
    }
}

/// The body of a request for `n` candidates, with those extras that `sent` names.
pub fn completion(model: &str, req: &Request, n: usize, sent: &[Extra]) -> Value {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("model", json!(model));
    put("messages", messages(&req.messages));
    put("stream", json!(true));
    let has = |extra: Extra| sent.contains(&extra);
    put(if has(Extra::MaxTokens) { "max_tokens" } else { "max_completion_tokens" }, json!(req.max_tok));
    let s = req.sampling;
    if has(Extra::Warmth) {
        put("temperature", number(s.temperature));
        put("top_p", number(s.top_p));
    }
    if has(Extra::Seed) {
        // Some servers hold it in 32 bits with a sign.
        put("seed", json!(req.seed & 0x7fff_ffff));
    }
    if has(Extra::Stop) && !req.stop.is_empty() {
        put("stop", json!(req.stop));
    }
    if has(Extra::N) && n > 1 {
        put("n", json!(n));
    }
    if has(Extra::Usage) {
        put("stream_options", json!({ "include_usage": true }));
    }
    if has(Extra::Logprobs) {
        put("logprobs", json!(true));
    }
    if has(Extra::Sampler) {
        if s.top_k > 0 {
            put("top_k", json!(s.top_k));
        }
        put("min_p", number(s.min_p));
        put("repeat_penalty", number(s.repeat_penalty));
        put("repetition_penalty", number(s.repeat_penalty));
    }
    if has(Extra::Thinking) {
        put("chat_template_kwargs", json!({ "enable_thinking": false }));
    }
    Value::Object(body)
}

/// The body of a request for the tokens of a text: llama-server reads one name of it, vLLM the other.
pub fn tokenize(model: &str, text: &str) -> Value {
    json!({
        "model": model,
        "content": text,
        "prompt": text,
        "add_special": false,
        "add_special_tokens": false,
    })
}

fn messages(messages: &[Message]) -> Value {
    messages.iter().map(|m| json!({ "role": m.role.as_str(), "content": m.text })).collect()
}

/// A number as it is written, not as its nearest f64: 0.9, not 0.8999999761581421.
fn number(value: f32) -> Value {
    value.to_string().parse::<f64>().map_or(Value::Null, Value::from)
}

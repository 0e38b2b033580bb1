//! What a server says.
//! Knows: the fields of models, chunks and errors. Never: how they came.

use serde::Deserialize;
use serde_json::Value;

use super::error::words;

/// A model that a server has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Its name in requests.
    pub id: String,
    /// Longest conversation, in tokens, where the server says so.
    pub context_tok: Option<usize>,
    /// Number of weights.
    pub parameters: Option<u64>,
    /// Size of its file.
    pub file_bytes: Option<u64>,
}

/// One piece of one or more replies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chunk {
    /// What each reply says next.
    pub choices: Vec<Choice>,
    /// Tokens read and written.
    pub usage: Option<Tokens>,
}

/// What a reply says next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// Which reply.
    pub index: usize,
    /// Its next words.
    pub text: String,
    /// Why it ends here, if it does.
    pub ends: Option<End>,
    /// Log-probabilities of the tokens in it.
    pub logprobs: Vec<f32>,
}

/// Why a reply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The model ended its turn.
    Turn,
    /// A stop text.
    Stop,
    /// The limit of tokens.
    Length,
    /// The server withholds it.
    Withheld,
}

/// Tokens read and written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Of the prompt.
    pub prompt: usize,
    /// Of these, not read anew.
    pub cached: usize,
    /// Of all replies.
    pub written: usize,
}

/// What a server says of a fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complaint {
    /// Its words, fit to be shown.
    pub message: String,
    /// The field that it is about.
    pub param: Option<String>,
    /// Its kind and code, in small letters.
    pub kind: String,
}

impl Complaint {
    /// Reads an error object, in any of the shapes that servers give it: `{"error": {"message"}}`,
    /// `{"error": "…"}`, `{"message"}`, `{"detail"}`, or plain text.
    pub fn read(text: &str) -> Self {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => Self::of(&value).unwrap_or_else(|| Self::said(text)),
            Err(_) => Self::said(text),
        }
    }

    /// The error that `value` holds; none where it holds none.
    pub fn of(value: &Value) -> Option<Self> {
        let object = match value.get("error") {
            Some(Value::Null) => return None,
            Some(Value::String(text)) => return Some(Self::said(text)),
            Some(error) => error,
            None if value.get("choices").is_some() => return None,
            None => value,
        };
        let message = match (object.get("message"), object.get("detail")) {
            (Some(Value::String(text)), _) | (None, Some(Value::String(text))) => text.clone(),
            (Some(other), _) | (None, Some(other)) => other.to_string(),
            (None, None) => return None,
        };
        let text = |name: &str| match object.get(name) {
            Some(Value::String(text)) => text.to_lowercase(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let param = object.get("param").and_then(Value::as_str).map(str::to_owned);
        Some(Self { message: words(&message), param, kind: format!("{} {}", text("type"), text("code")) })
    }

    fn said(text: &str) -> Self {
        Self { message: words(text), ..Self::default() }
    }

    /// Whether the conversation is too long for the model, as the known servers put it.
    pub fn is_too_long(&self) -> bool {
        let message = self.message.to_lowercase();
        self.kind.contains("exceed_context_size")
            || self.kind.contains("context_length_exceeded")
            || (message.contains("context")
                && ["length", "size", "window", "exceed"].iter().any(|w| message.contains(w)))
    }

    /// Whether it is the model that is not there.
    pub fn is_no_model(&self) -> bool {
        let message = self.message.to_lowercase();
        self.kind.contains("model_not_found")
            || (message.contains("model")
                && (message.contains("not found") || message.contains("does not exist")))
    }

    /// Whether it is about the field `name`.
    pub fn names(&self, name: &str) -> bool {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let about = self.param.iter().map(String::as_str).chain([self.message.as_str()]);
        // `n` alone is a word of too many sentences: it must be quoted, or be what `param` says.
        let quoted = ['`', '\'', '"'].iter().any(|q| self.message.contains(&format!("{q}{name}{q}")));
        match name {
            "n" | "stop" => quoted || self.param.as_deref() == Some(name),
            _ => about.flat_map(|text| text.split(|c| !is_name(c))).any(|word| word == name),
        }
    }
}

/// The models of an answer to `models`; none where it is no such list.
pub fn models(text: &str) -> Option<Vec<Listed>> {
    let value: Value = serde_json::from_str(text).ok()?;
    let list = value.get("data").or(value.get("models")).or(Some(&value))?.as_array()?;
    Some(list.iter().filter_map(listed).collect())
}

fn listed(value: &Value) -> Option<Listed> {
    let id = value.get("id").or(value.get("name")).or(value.get("model"))?.as_str()?;
    let meta = value.get("meta");
    let number = |name: &str| meta.and_then(|meta| meta.get(name)).and_then(Value::as_u64);
    // vLLM and llama-server each say it in a way of their own.
    let context = value.get("max_model_len").and_then(Value::as_u64).or_else(|| number("n_ctx"));
    Some(Listed {
        id: id.to_owned(),
        context_tok: context.and_then(|n| usize::try_from(n).ok()).filter(|&n| n > 0),
        parameters: number("n_params"),
        file_bytes: number("size"),
    })
}

/// The context of a conversation, as llama-server's `props` has it.
pub fn context_of_props(text: &str) -> Option<usize> {
    let value: Value = serde_json::from_str(text).ok()?;
    let n = value.get("default_generation_settings")?.get("n_ctx")?.as_u64()?;
    usize::try_from(n).ok().filter(|&n| n > 0)
}

/// How many tokens an answer to `tokenize` has.
pub fn token_count(text: &str) -> Option<usize> {
    let value: Value = serde_json::from_str(text).ok()?;
    let count = value.get("count").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    count.or_else(|| value.get("tokens")?.as_array().map(Vec::len))
}

/// A piece of a reply, or a whole one: `delta` in the one, `message` in the other.
///
/// # Errors
/// What the server says has gone wrong, or that it is neither.
pub fn chunk(text: &str) -> Result<Chunk, Complaint> {
    let value: Value = serde_json::from_str(text).map_err(|_| Complaint::said(text))?;
    if let Some(complaint) = Complaint::of(&value) {
        return Err(complaint);
    }
    let raw: RawChunk = serde_json::from_value(value).map_err(|e| Complaint::said(&e.to_string()))?;
    Ok(Chunk {
        choices: raw.choices.unwrap_or_default().into_iter().map(choice).collect(),
        usage: raw.usage.map(|usage| Tokens {
            prompt: usage.prompt_tokens.unwrap_or(0),
            cached: usage.prompt_tokens_details.and_then(|d| d.cached_tokens).unwrap_or(0),
            written: usage.completion_tokens.unwrap_or(0),
        }),
    })
}

fn choice(raw: RawChoice) -> Choice {
    let said = raw.delta.or(raw.message).and_then(|said| said.content);
    let at_stop_text = raw.stop_reason.is_some_and(|reason| reason.is_string());
    let ends = raw.finish_reason.map(|reason| match reason.as_str() {
        "length" => End::Length,
        "content_filter" => End::Withheld,
        "stop" if at_stop_text => End::Stop,
        _ => End::Turn,
    });
    let logprobs = raw.logprobs.and_then(|l| l.content).unwrap_or_default();
    Choice {
        index: raw.index.unwrap_or(0),
        text: said.unwrap_or_default(),
        ends,
        logprobs: logprobs.into_iter().filter_map(|l| l.logprob).collect(),
    }
}

#[derive(Deserialize)]
struct RawChunk {
    choices: Option<Vec<RawChoice>>,
    usage: Option<RawUsage>,
}

#[derive(Deserialize)]
struct RawChoice {
    index: Option<usize>,
    delta: Option<RawSaid>,
    message: Option<RawSaid>,
    finish_reason: Option<String>,
    stop_reason: Option<Value>,
    logprobs: Option<RawLogprobs>,
}

/// What a model says to itself comes under other names, and is not read.
#[derive(Deserialize)]
struct RawSaid {
    content: Option<String>,
}

#[derive(Deserialize)]
struct RawLogprobs {
    content: Option<Vec<RawLogprob>>,
}

#[derive(Deserialize)]
struct RawLogprob {
    logprob: Option<f32>,
}

#[derive(Deserialize)]
struct RawUsage {
    prompt_tokens: Option<usize>,
    completion_tokens: Option<usize>,
    prompt_tokens_details: Option<RawDetails>,
}

#[derive(Deserialize)]
struct RawDetails {
    cached_tokens: Option<usize>,
}

//! What an OpenAI client asks: the fields that mean something here, and those that can't be done.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::told::Refusal;
use crate::app::answering::{Message, Question, Role};

/// The seed where none is given: the same conversation gets the same answer.
const SEED: u64 = 1;

/// A request for a chat completion. Other fields, such as those that steer sampling, are the client's
/// own affair here and pass unread.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    model: String,
    messages: Vec<Said>,
    #[serde(default)]
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    seed: Option<i64>,
    n: Option<u32>,
    max_tokens: Option<i64>,
    max_completion_tokens: Option<i64>,
    stop: Option<Stop>,
}

#[derive(Debug, Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Said {
    role: String,
    content: Option<Content>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Some(Vec<String>),
}

/// A request that can be done.
pub(super) struct Wish {
    pub question: Question,
    pub form: Form,
    pub limit: Limit,
}

/// How the answer is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Whole,
    Stream,
    /// With the count of tokens behind it.
    StreamWithUsage,
}

/// Where the answer ends at the latest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Limit {
    /// A word is a token at least, so no answer has more of them. Below 0 there is no limit.
    pub words: Option<usize>,
    pub stops: Vec<String>,
}

impl Asked {
    /// Reads a body.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let value: Value = serde_json::from_slice(bytes)
            .map_err(|e| Refusal::bad(format!("the request is not JSON: {e}"), None))?;
        serde_json::from_value(value)
            .map_err(|e| Refusal::bad(format!("the request can't be read: {e}"), None))
    }

    /// What is wanted, if it can be done.
    pub(super) fn wish(self) -> Result<Wish, Refusal> {
        if self.n.is_some_and(|n| n != 1) {
            return Err(Refusal::bad("a client gives one answer at a time", Some("n")));
        }
        if self.messages.is_empty() {
            return Err(Refusal::bad("there are no messages", Some("messages")));
        }
        let messages = self.messages.into_iter().map(Said::message).collect::<Result<_, _>>()?;
        // Any number will do; the sign is one of its bits.
        let seed = self.seed.map_or(SEED, i64::cast_unsigned);
        let usage = self.stream_options.and_then(|options| options.include_usage) == Some(true);
        let words = self.max_completion_tokens.or(self.max_tokens);
        Ok(Wish {
            question: Question { persona: self.model, seed, messages },
            form: match (self.stream == Some(true), usage) {
                (false, _) => Form::Whole,
                (true, false) => Form::Stream,
                (true, true) => Form::StreamWithUsage,
            },
            limit: Limit {
                words: words.and_then(|words| usize::try_from(words).ok()),
                stops: match self.stop {
                    None => Vec::new(),
                    Some(Stop::One(stop)) => vec![stop],
                    Some(Stop::Some(stops)) => stops,
                }
                .into_iter()
                .filter(|stop| !stop.is_empty())
                .collect(),
            },
        })
    }
}

impl Said {
    fn message(self) -> Result<Message, Refusal> {
        let role = match self.role.as_str() {
            "system" | "developer" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            other => {
                return Err(Refusal::bad(
                    format!("a client knows nobody in the role `{other}`"),
                    Some("messages"),
                ));
            }
        };
        let text = match self.content {
            None => String::new(),
            Some(Content::Text(text)) => text,
            Some(Content::Parts(parts)) => {
                let text = |part: Part| match (part.kind.as_str(), part.text) {
                    ("text", Some(text)) => Ok(text),
                    (kind, _) => {
                        Err(Refusal::bad(format!("a client hears words only, no `{kind}`"), Some("messages")))
                    }
                };
                parts.into_iter().map(text).collect::<Result<Vec<_>, _>>()?.join("\n")
            }
        };
        Ok(Message::new(role, text))
    }
}

impl Limit {
    /// So much of an answer as it allows, and whether it was cut for its length.
    pub(super) fn cut<'a>(&self, text: &'a str) -> (&'a str, bool) {
        let stop = self.stops.iter().filter_map(|stop| text.find(stop)).min();
        let text = &text[..stop.unwrap_or(text.len())];
        let words = self.words.unwrap_or(usize::MAX);
        match text.split_inclusive(' ').map(str::len).take(words).sum() {
            bytes if bytes < text.len() => (text[..bytes].trim_end(), true),
            _ => (text, false),
        }
    }
}

impl Refusal {
    /// The request itself is at fault.
    pub(super) fn bad(message: impl Into<String>, param: Option<&'static str>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message).about(param)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(body: &str) -> Result<Wish, String> {
        let told = |refusal: Refusal| refusal.to_string();
        Asked::read(body.as_bytes()).map_err(told)?.wish().map_err(told)
    }

    #[test]
    fn a_request_is_read() {
        let wish = wish(
            r#"{"model": "ray", "stream": true, "stream_options": {"include_usage": true}, "seed": -1,
                "temperature": 0.3, "tools": [], "max_tokens": 7, "stop": "\n", "messages": [
                {"role": "developer", "content": "Be kind."},
                {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
                {"role": "assistant", "content": null, "refusal": null}]}"#,
        );
        let Wish { question, form, limit } = wish.map_err(|e| panic!("{e}")).unwrap();
        let messages = [(Role::System, "Be kind."), (Role::User, "a\nb"), (Role::Assistant, "")];
        let messages = messages.map(|(role, text)| Message::new(role, text)).to_vec();
        assert_eq!(question, Question { persona: "ray".to_owned(), seed: u64::MAX, messages });
        assert_eq!(form, Form::StreamWithUsage);
        assert_eq!(limit, Limit { words: Some(7), stops: vec!["\n".to_owned()] });
    }

    #[test]
    fn what_can_t_be_done_is_said() {
        for (body, told) in [
            ("no", "the request is not JSON"),
            ("[]", "the request can't be read"),
            (r#"{"model": "ray"}"#, "missing field `messages`"),
            (r#"{"model": "ray", "messages": []}"#, "there are no messages"),
            (
                r#"{"model": "ray", "n": 2, "messages": [{"role": "user", "content": "a"}]}"#,
                "one answer at a time",
            ),
            (
                r#"{"model": "ray", "messages": [{"role": "tool", "content": "a"}]}"#,
                "nobody in the role `tool`",
            ),
            (
                r#"{"model": "ray", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}"#,
                "words only, no `image_url`",
            ),
        ] {
            let found = wish(body).err().unwrap_or_default();
            assert!(found.contains(told), "{body}: {found}");
        }
    }

    #[test]
    fn an_answer_is_cut_where_it_is_to_end() {
        let cut = |words: Option<usize>, stops: &[&str], text: &str| {
            let limit = Limit { words, stops: stops.iter().map(|s| (*s).to_owned()).collect() };
            let (text, long) = limit.cut(text);
            (text.to_owned(), long)
        };
        let text = "I am fine. Really.";
        assert_eq!(cut(None, &[], text), (text.to_owned(), false));
        assert_eq!(cut(Some(4), &[], text), (text.to_owned(), false));
        assert_eq!(cut(Some(2), &[], text), ("I am".to_owned(), true));
        assert_eq!(cut(Some(0), &[], text), (String::new(), true));
        assert_eq!(cut(Some(9), &["Really", "."], text), ("I am fine".to_owned(), false));
    }
}

//! JSON lines: turns, or single replies with what they answer.
//! Knows: the fields. Never: other formats.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::labels::Labels;
use super::lines::{Lines, Source};
use super::{Fault, Rows, Stop};
use crate::domain::judge::bulk::{Entry, Single, Turn};
use crate::domain::talk::Talk;

/// A turn as a JSON object.
#[derive(Deserialize)]
struct JsonTurn {
    #[serde(alias = "interlocutor", alias = "speaker")]
    role: String,
    #[serde(alias = "utterance_text", alias = "content")]
    text: String,
    transcript_id: Option<Value>,
    utterance_id: Option<Value>,
}

/// A single reply as a JSON object.
#[derive(Deserialize)]
struct JsonSingle {
    id: Value,
    #[serde(default)]
    client: String,
    client_talk: Option<Talk>,
    discord: Option<bool>,
    reply: String,
}

/// A file of turns or of single replies: the first row that can be read decides.
pub struct JsonLines {
    labels: Labels,
    lines: Lines,
    rows: usize,
    singles: Option<bool>,
}

impl JsonLines {
    pub fn new(labels: Labels) -> Self {
        Self { labels, lines: Lines::default(), rows: 0, singles: None }
    }
}

impl Rows for JsonLines {
    fn next(&mut self, source: &mut Source<'_>) -> Result<Option<Result<Entry, Fault>>, Stop> {
        while let Some((line, text)) = self.lines.next(source)? {
            if matches!(text, Ok(text) if text.trim().is_empty()) {
                continue;
            }
            let number = self.rows;
            self.rows += 1;
            let entry = text.and_then(|text| entry(&self.labels, text, line, number));
            return Ok(Some(entry.and_then(|entry| {
                let single = matches!(entry, Entry::Single(_));
                if *self.singles.get_or_insert(single) == single {
                    return Ok(entry);
                }
                Err(Fault::new(line, "turns and single replies in one file").hint("put them in two files"))
            })));
        }
        Ok(None)
    }
}

fn entry(labels: &Labels, text: &str, line: usize, number: usize) -> Result<Entry, Fault> {
    let bad = |error: serde_json::Error| Fault::new(line, format!("malformed JSON line: {error}"));
    let map: Map<String, Value> = serde_json::from_str(text).map_err(bad)?;
    if map.contains_key("reply") {
        let one: JsonSingle = serde_json::from_value(Value::Object(map)).map_err(bad)?;
        let JsonSingle { id, client, client_talk, discord, reply } = one;
        return Ok(Entry::Single(Single { id, client, talk: client_talk, discord, reply }));
    }
    let one: JsonTurn = serde_json::from_value(Value::Object(map)).map_err(bad)?;
    Ok(Entry::Turn(Turn {
        transcript_id: one.transcript_id.unwrap_or(Value::from(0)),
        utterance_id: one.utterance_id.unwrap_or(Value::from(number)),
        speaker: labels.speaker(&one.role).ok_or_else(|| Labels::unknown(&one.role, line))?,
        text: one.text,
    }))
}

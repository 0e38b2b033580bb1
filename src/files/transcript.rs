//! Reads transcripts: CSV with named columns, JSONL, and plain `T:` / `C:` lines.
//! Knows: the formats. Never: the disk (it is given the bytes), judging, printing.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::judge::bulk::{Single, Speaker, Transcript, Turn};
use crate::domain::problem::{Problem, nearest};
use crate::domain::talk::Talk;

/// Names of the columns of a CSV transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Which conversation a row belongs to; a file without it is one conversation.
    pub transcript: String,
    /// Which turn of it the row is; a file without it is numbered from 0.
    pub utterance: String,
    /// Who speaks.
    pub speaker: String,
    /// What is said.
    pub text: String,
}

impl Default for Columns {
    fn default() -> Self {
        Self {
            transcript: "transcript_id".to_owned(),
            utterance: "utterance_id".to_owned(),
            speaker: "interlocutor".to_owned(),
            text: "utterance_text".to_owned(),
        }
    }
}

/// Reads the bytes of a transcript. `name` tells the format by its extension (csv, jsonl,
/// ndjson, txt); otherwise the content does.
pub fn read(name: &str, bytes: &[u8], columns: &Columns) -> Result<Transcript, Problem> {
    let text = utf8(name, bytes)?;
    match format_of(name, text) {
        Format::Csv => csv_turns(name, text, columns),
        Format::Json => json_lines(name, text),
        Format::Plain => plain_turns(name, text),
    }
}

#[derive(Clone, Copy)]
enum Format {
    Csv,
    Json,
    Plain,
}

fn format_of(name: &str, text: &str) -> Format {
    let extension = Path::new(name).extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    match extension.as_str() {
        "csv" => Format::Csv,
        "jsonl" | "ndjson" | "json" => Format::Json,
        "txt" | "md" => Format::Plain,
        _ if text.trim_start().starts_with('{') => Format::Json,
        _ if text
            .lines()
            .find(|l| !l.trim().is_empty())
            .is_some_and(|l| spoken(l).is_none() && l.contains(',')) =>
        {
            Format::Csv
        }
        _ => Format::Plain,
    }
}

fn utf8<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count();
        Problem::new(name, "not valid UTF-8").at(line).hint("save the file as UTF-8 and try again")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn speaker_of(word: &str) -> Option<Speaker> {
    const TRAINEE: [&str; 8] =
        ["t", "therapist", "trainee", "counsellor", "counselor", "interviewer", "user", "practitioner"];
    const CLIENT: [&str; 6] = ["c", "client", "patient", "assistant", "p", "participant"];
    let word = word.trim();
    let is = |names: &[&str]| names.iter().any(|n| word.eq_ignore_ascii_case(n));
    if is(&TRAINEE) {
        Some(Speaker::Trainee)
    } else if is(&CLIENT) {
        Some(Speaker::Client)
    } else {
        None
    }
}

fn unknown_speaker(name: &str, line: usize, word: &str) -> Problem {
    let problem = Problem::new(name, format!("unknown speaker `{word}`")).at(line);
    problem.hint("use therapist or client (T or C)")
}

fn csv_turns(name: &str, text: &str, columns: &Columns) -> Result<Transcript, Problem> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let bad = |error: csv::Error| {
        let line = error.position().map(csv::Position::line);
        let problem = Problem::new(name, format!("malformed CSV row: {error}"));
        line.map_or(problem.clone(), |line| problem.at(line as usize))
    };
    let head = reader.headers().map_err(bad)?.clone();
    let find = |column: &str| head.iter().position(|h| h.trim() == column);
    let must = |column: &str| {
        find(column).ok_or_else(|| {
            let problem = Problem::new(name, format!("no column `{column}`")).at(1);
            match nearest(column, head.iter()) {
                Some(known) => problem.hint(format!("did you mean `{known}`?")),
                None => problem.hint(format!("columns are: {}", head.iter().collect::<Vec<_>>().join(", "))),
            }
        })
    };
    let (speaker, said) = (must(&columns.speaker)?, must(&columns.text)?);
    let (transcript, utterance) = (find(&columns.transcript), find(&columns.utterance));
    let mut turns = Vec::new();
    for row in reader.records() {
        let row = row.map_err(bad)?;
        let line = row.position().map_or(0, |p| p.line() as usize);
        let cell = |at: Option<usize>| at.and_then(|at| row.get(at));
        let word = cell(Some(speaker)).unwrap_or("");
        turns.push(Turn {
            transcript_id: cell(transcript).map_or(Value::from(0), id),
            utterance_id: cell(utterance).map_or(Value::from(turns.len()), id),
            speaker: speaker_of(word).ok_or_else(|| unknown_speaker(name, line, word))?,
            text: cell(Some(said)).unwrap_or("").to_owned(),
        });
    }
    Ok(Transcript::Turns(turns))
}

/// An id as a number if it is written as one.
fn id(text: &str) -> Value {
    let plain = text.trim().parse::<i64>().ok().filter(|n| n.to_string() == text.trim());
    plain.map_or_else(|| Value::from(text), Value::from)
}

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

fn json_lines(name: &str, text: &str) -> Result<Transcript, Problem> {
    let (mut turns, mut singles) = (Vec::new(), Vec::new());
    for (line, object) in text.lines().zip(1..).filter(|(l, _)| !l.trim().is_empty()).map(|(l, n)| (n, l)) {
        let bad =
            |error: serde_json::Error| Problem::new(name, format!("malformed JSON line: {error}")).at(line);
        let map: Map<String, Value> = serde_json::from_str(object).map_err(bad)?;
        if map.contains_key("reply") {
            let one: JsonSingle = serde_json::from_value(Value::Object(map)).map_err(bad)?;
            let JsonSingle { id, client, client_talk, discord, reply } = one;
            singles.push(Single { id, client, talk: client_talk, discord, reply });
        } else {
            let one: JsonTurn = serde_json::from_value(Value::Object(map)).map_err(bad)?;
            turns.push(Turn {
                transcript_id: one.transcript_id.unwrap_or(Value::from(0)),
                utterance_id: one.utterance_id.unwrap_or(Value::from(turns.len())),
                speaker: speaker_of(&one.role).ok_or_else(|| unknown_speaker(name, line, &one.role))?,
                text: one.text,
            });
        }
        if !turns.is_empty() && !singles.is_empty() {
            return Err(Problem::new(name, "turns and single replies in one file").at(line));
        }
    }
    Ok(if singles.is_empty() { Transcript::Turns(turns) } else { Transcript::Singles(singles) })
}

/// `T: what is said` as speaker and text.
fn spoken(line: &str) -> Option<(Speaker, &str)> {
    let (word, said) = line.split_once(':')?;
    Some((speaker_of(word)?, said.trim()))
}

/// A line without a speaker goes on with the turn before; blank lines and `#` lines do not count.
fn plain_turns(name: &str, text: &str) -> Result<Transcript, Problem> {
    let mut turns: Vec<Turn> = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some((speaker, said)) = spoken(line) {
            let utterance_id = Value::from(turns.len());
            turns.push(Turn { transcript_id: Value::from(0), utterance_id, speaker, text: said.to_owned() });
        } else if let Some(last) = turns.last_mut() {
            last.text.push(' ');
            last.text.push_str(line.trim());
        } else {
            let problem = Problem::new(name, "the first line has no speaker").at(number);
            return Err(problem.hint("begin each turn with T: or C:"));
        }
    }
    Ok(Transcript::Turns(turns))
}

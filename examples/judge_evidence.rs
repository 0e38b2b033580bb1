//! What the judge sees in each turn of a transcript, one JSON object a line: what `training/judge`
//! fits its weights to.
//!
//! ```sh
//! cargo run --release --example judge_evidence -- TRANSCRIPT.csv [PROMPTS] > evidence.jsonl
//! ```
//!
//! What came before each reply is what the judge itself takes it for, by the lexicon in the folder PROMPTS or
//! the built-in one.

use std::error::Error;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use pushback::app::library::Library;
use pushback::domain::judge::Track;
use pushback::domain::judge::bulk::{Entry, Speaker};
use pushback::files::transcript::{Options, Reader};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1).ok_or("wants a transcript")?;
    let mut reader = Reader::open(&name, File::open(&name)?, &Options::default())?;
    let judge = &Library::load(None, std::env::args().nth(2).as_deref().map(Path::new))?.judge()?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut track = Track::default();
    let mut conversation: Option<Value> = None;
    while let Some(row) = reader.next_row()? {
        let Entry::Turn(turn) = row? else {
            return Err("wants conversations, not single replies".into());
        };
        if conversation.replace(turn.transcript_id.clone()).as_ref() != Some(&turn.transcript_id) {
            track = Track::default();
        }
        let id = (&turn.transcript_id, &turn.utterance_id);
        match turn.speaker {
            Speaker::Client => {
                let evidence = judge.client_evidence(&turn.text);
                let posterior = track.client_said(judge, &turn.text).posterior;
                writeln!(out, "{}", json!({ "id": id, "client": evidence, "posterior": posterior }))?;
            }
            Speaker::Trainee => {
                let evidence = judge.evidence(&track.heard(), &turn.text);
                writeln!(out, "{}", json!({ "id": id, "talk": track.talk(), "evidence": evidence }))?;
                track.trainee_said(judge, &turn.text);
            }
        }
    }
    Ok(out.flush()?)
}

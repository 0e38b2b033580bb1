//! What the judge sees in each turn of a transcript, one JSON object a line: what `training/judge`
//! fits its weights to.
//!
//! ```sh
//! cargo run --release --example judge_evidence -- TRANSCRIPT.csv > evidence.jsonl
//! ```
//!
//! Client talk and permission before each reply are what the judge itself takes them for.

use std::error::Error;
use std::fs::File;
use std::io::{self, Write};

use pushback::domain::judge::bulk::{Entry, Speaker};
use pushback::domain::judge::{Heard, Judge, Permission, Track};
use pushback::files::transcript::{Options, Reader};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1).ok_or("wants a transcript")?;
    let mut reader = Reader::open(&name, File::open(&name)?, &Options::default())?;
    let judge = Judge::builtin();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let (mut track, mut client, mut before) = (Track::default(), String::new(), None);
    let mut conversation: Option<Value> = None;
    while let Some(row) = reader.next_row()? {
        let Entry::Turn(turn) = row? else {
            return Err("wants conversations, not single replies".into());
        };
        if conversation.replace(turn.transcript_id.clone()).as_ref() != Some(&turn.transcript_id) {
            (track, client, before) = (Track::default(), String::new(), None);
        }
        let id = (&turn.transcript_id, &turn.utterance_id);
        match turn.speaker {
            Speaker::Client => {
                let evidence = judge.client_evidence(&turn.text);
                let posterior = track.client_said(judge, &turn.text).posterior;
                writeln!(out, "{}", json!({ "id": id, "client": evidence, "posterior": posterior }))?;
                client = turn.text;
            }
            Speaker::Trainee => {
                let (talk, discord) = (track.talk(), track.discord());
                let heard = Heard { client: &client, talk, discord, permission: Permission::None, before };
                let evidence = judge.evidence(&heard, &turn.text);
                before = Some(track.trainee_said(judge, &turn.text).behaviour);
                writeln!(out, "{}", json!({ "id": id, "talk": talk, "evidence": evidence }))?;
            }
        }
    }
    Ok(out.flush()?)
}

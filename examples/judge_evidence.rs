//! What the judge sees in each turn of a transcript, one JSON object a line: what `training/judge`
//! fits its weights to.
//!
//! ```sh
//! cargo run --release --example judge_evidence -- TRANSCRIPT.csv > evidence.jsonl
//! ```
//!
//! Client talk and permission before each reply are what the judge itself takes them for.

use std::error::Error;
use std::io::{self, Write};

use pushback::domain::judge::bulk::{Speaker, Transcript};
use pushback::domain::judge::{Heard, Judge, Permission, Track};
use pushback::files::transcript::{self, Columns};
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1).ok_or("wants a transcript")?;
    let Transcript::Turns(turns) = transcript::read(&name, &std::fs::read(&name)?, &Columns::default())?
    else {
        return Err("wants conversations, not single replies".into());
    };
    let judge = Judge::builtin();
    let mut out = io::stdout().lock();
    let (mut track, mut client, mut before) = (Track::default(), "", None);
    for (at, turn) in turns.iter().enumerate() {
        if at == 0 || turns[at - 1].transcript_id != turn.transcript_id {
            (track, client, before) = (Track::default(), "", None);
        }
        let id = (&turn.transcript_id, &turn.utterance_id);
        match turn.speaker {
            Speaker::Client => {
                let evidence = judge.client_evidence(&turn.text);
                let verdict = track.client_said(judge, &turn.text);
                client = &turn.text;
                let posterior = verdict.posterior;
                writeln!(out, "{}", json!({ "id": id, "client": evidence, "posterior": posterior }))?;
            }
            Speaker::Trainee => {
                let (talk, discord) = (track.talk(), track.discord());
                let heard = Heard { client, talk, discord, permission: Permission::None, before };
                let evidence = judge.evidence(&heard, &turn.text);
                let verdict = track.trainee_said(judge, &turn.text);
                before = Some(verdict.behaviour);
                writeln!(out, "{}", json!({ "id": id, "talk": talk, "evidence": evidence }))?;
            }
        }
    }
    Ok(())
}

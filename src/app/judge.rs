//! Coding a transcript that somebody brings.

use crate::domain::judge::Judge;
use crate::domain::judge::bulk::{self, Coded, Transcript};
use crate::domain::problem::Problem;
use crate::domain::summary::{Before, Summary, Tally};
use crate::domain::talk::Talk;
use crate::files::transcript::{self, Columns};

/// A transcript, coded.
pub struct Judged {
    /// Turn by turn, in order.
    pub turns: Vec<Coded>,
    /// Over all of it.
    pub summary: Summary,
}

/// Reads and codes a transcript. `name` tells the format, and stands in messages.
///
/// # Errors
/// Where the bytes are no transcript.
pub fn judge(judge: &Judge, name: &str, bytes: &[u8], columns: &Columns) -> Result<Judged, Problem> {
    let transcript = transcript::read(name, bytes, columns)?;
    let turns: Vec<Coded> = bulk::code(judge, &transcript).collect();
    let mut tally = Tally::default();
    let mut client = None;
    for (number, turn) in (0..).zip(&turns) {
        match &turn.verdict {
            Some(verdict) => {
                if let Transcript::Singles(_) = transcript {
                    client = text_at(&transcript, number);
                }
                let resistance = turn.discord || turn.heard == Talk::Sustain;
                let change = client.filter(|_| turn.heard == Talk::Change);
                tally.add(number, verdict, Before { resistance, change });
            }
            None => client = text_at(&transcript, number),
        }
    }
    Ok(Judged { summary: tally.finish(), turns })
}

fn text_at(transcript: &Transcript, number: u32) -> Option<&str> {
    match transcript {
        Transcript::Turns(turns) => turns.get(number as usize).map(|t| t.text.as_str()),
        Transcript::Singles(singles) => singles.get(number as usize).map(|s| s.client.as_str()),
    }
}

//! Coding a transcript that somebody brings, row by row.

use std::io::{self, Write};

use serde_json::json;

use crate::domain::judge::Judge;
use crate::domain::judge::bulk::{Coded, Coder, Entry, Speaker};
use crate::domain::problem::Problem;
use crate::domain::summary::{Before, Summary, Tally};
use crate::domain::talk::Talk;
use crate::files::transcript::Reader;

/// What is told while a transcript is coded.
#[derive(Debug)]
pub enum Told<'a> {
    /// A row that can't be read; it is left out.
    Broken(&'a Problem),
    /// How far it has got.
    Done {
        /// Rows coded.
        rows: u64,
        /// Bytes read.
        bytes: u64,
    },
}

/// How much there was of a transcript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Rows coded.
    pub rows: u64,
    /// Rows that could not be read.
    pub broken: u64,
}

/// Why a transcript could not be coded to its end.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// It is no transcript, or can't be read on.
    #[error(transparent)]
    Input(#[from] Problem),
    /// The results can't be written.
    #[error("the results can't be written")]
    Output(#[from] io::Error),
}

/// What stands at the end of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nothing.
    None,
    /// An object of figures over the whole file.
    Summary,
}

/// Codes what `reader` reads and writes a line for each row to `out`.
///
/// # Errors
/// Where the file can't be read on, holds no row at all, or `out` is closed.
pub fn judge(
    judge: &Judge,
    reader: &mut Reader<'_>,
    (out, ending): (&mut dyn Write, Ending),
    tell: &mut dyn FnMut(Told<'_>),
) -> Result<Judged, JudgeError> {
    let mut coder = Coder::new(judge);
    let mut figures = Figures::default();
    let mut judged = Judged::default();
    while let Some(row) = reader.next_row()? {
        match row {
            Ok(entry) => {
                let coded = coder.code(&entry);
                serde_json::to_writer(&mut *out, &coded.record).map_err(io::Error::from)?;
                out.write_all(b"\n")?;
                judged.rows += 1;
                if ending == Ending::Summary {
                    figures.count(entry, &coded);
                }
            }
            Err(problem) => {
                judged.broken += 1;
                tell(Told::Broken(&problem));
            }
        }
        tell(Told::Done { rows: judged.rows, bytes: reader.bytes_read() });
    }
    if judged.rows == 0 {
        return Err(nothing(reader.name(), judged.broken).into());
    }
    if ending == Ending::Summary {
        let summary = json!({ "summary": figures.finish() });
        serde_json::to_writer(&mut *out, &summary).map_err(io::Error::from)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(judged)
}

fn nothing(name: &str, broken: u64) -> Problem {
    let message = match broken {
        0 => "there is no turn in it".to_owned(),
        1 => "its only row could not be read".to_owned(),
        _ => format!("none of its {broken} rows could be read"),
    };
    Problem::new(name, message).hint("if this is not the format that the file is in, name it with --format")
}

/// The figures so far, and what the client said last.
#[derive(Default)]
struct Figures {
    tally: Tally,
    rows: u32,
    client: Option<String>,
}

impl Figures {
    fn count(&mut self, entry: Entry, coded: &Coded) {
        match entry {
            Entry::Single(single) => self.client = Some(single.client),
            Entry::Turn(turn) if turn.speaker == Speaker::Client => self.client = Some(turn.text),
            Entry::Turn(_) => {}
        }
        if let Some(verdict) = &coded.verdict {
            let resistance = coded.discord || coded.heard == Talk::Sustain;
            let change = self.client.as_deref().filter(|_| coded.heard == Talk::Change);
            self.tally.add(self.rows, verdict, Before { resistance, change });
        }
        self.rows = self.rows.saturating_add(1);
    }

    fn finish(self) -> Summary {
        self.tally.finish()
    }
}

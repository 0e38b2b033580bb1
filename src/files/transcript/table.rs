//! Tables with named columns: CSV, as RFC 4180 and spreadsheets write it, and TSV.
//! Knows: cells, names of columns. Never: other formats.

use std::io::{self, BufRead};

use csv_core::ReadRecordResult;
use serde_json::Value;

use super::labels::Labels;
use super::lines::Source;
use super::{Columns, Fault, Format, MOST_BYTES, Options, Rows, Stop};
use crate::domain::judge::bulk::{Entry, Turn};
use crate::domain::problem::nearest;

/// Cells of a record at most.
const MOST_CELLS: usize = 4096;

/// Records of a source, in one buffer.
struct Records {
    core: csv_core::Reader,
    cells: Vec<u8>,   // grows up to MOST_BYTES
    ends: Vec<usize>, // of cells; grows up to MOST_CELLS
    count: usize,     // of cells in the record
    line: usize,      // where the record begins
    lines: usize,     // line ends passed
}

impl Records {
    fn new(delimiter: u8) -> Self {
        let core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Self { core, cells: vec![0; 1 << 12], ends: vec![0; 64], count: 0, line: 0, lines: 0 }
    }

    /// Reads a record; none at the end. One that is too long is passed over.
    fn next(&mut self, source: &mut Source<'_>) -> io::Result<Option<Result<(), Fault>>> {
        self.skip_line_ends(source)?;
        self.line = self.lines + 1;
        let (mut written, mut cells, mut too_long) = (0, 0, false);
        loop {
            let input = source.fill_buf()?;
            let (result, took, wrote, ended) =
                self.core.read_record(input, &mut self.cells[written..], &mut self.ends[cells..]);
            self.lines += input[..took].iter().filter(|b| **b == b'\n').count();
            source.consume(took);
            written += wrote;
            cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.cells.len() < MOST_BYTES => {
                    self.cells.resize(self.cells.len() * 2, 0);
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() < MOST_CELLS => {
                    self.ends.resize(self.ends.len() * 2, 0);
                }
                // From here on the record is only looked through for its end.
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    (written, cells, too_long) = (0, 0, true);
                }
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(None),
            }
        }
        self.count = cells;
        if too_long {
            let fault = Fault::too_long(self.line, "a row");
            return Ok(Some(Err(fault.hint("see whether a quotation mark is never closed"))));
        }
        let utf8 = std::str::from_utf8(&self.cells[..written]).is_ok();
        let whole = (0..cells).all(|at| self.cell(at).is_some());
        Ok(Some(if utf8 && whole { Ok(()) } else { Err(Fault::not_utf8(self.line)) }))
    }

    /// Blank lines are no records.
    fn skip_line_ends(&mut self, source: &mut Source<'_>) -> io::Result<()> {
        loop {
            let input = source.fill_buf()?;
            let blank = input.iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
            self.lines += input[..blank].iter().filter(|b| **b == b'\n').count();
            source.consume(blank);
            if blank == 0 {
                return Ok(());
            }
        }
    }

    fn cell(&self, at: usize) -> Option<&str> {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        std::str::from_utf8(&self.cells[start..*self.ends[..self.count].get(at)?]).ok()
    }
}

/// A table whose row of names has been read.
pub struct Table {
    labels: Labels,
    records: Records,
    columns: usize,
    rows: usize,
    transcript: Option<usize>,
    utterance: Option<usize>,
    speaker: usize,
    text: usize,
}

impl Table {
    /// Reads the names of the columns.
    pub fn begin(source: &mut Source<'_>, format: Format, options: &Options) -> Result<Self, Stop> {
        let delimiter = match format {
            Format::Tsv => b'\t',
            _ => separator(source.fill_buf()?),
        };
        let mut records = Records::new(delimiter);
        if let Some(head) = records.next(source)? {
            head.map_err(Stop::Head)?;
        }
        let names: Vec<&str> = (0..records.count).filter_map(|at| records.cell(at)).map(str::trim).collect();
        let find = |column: &str| names.iter().position(|name| *name == column);
        let must = |column: &str| find(column).ok_or_else(|| no_column(column, &names));
        let Columns { transcript, utterance, speaker, text } = &options.columns;
        let (speaker, text) = (must(speaker)?, must(text)?);
        let (transcript, utterance, columns) = (find(transcript), find(utterance), names.len());
        let labels = options.labels.clone();
        Ok(Self { labels, records, columns, rows: 0, transcript, utterance, speaker, text })
    }

    fn turn(&self) -> Result<Entry, Fault> {
        let (records, line) = (&self.records, self.records.line);
        if records.count != self.columns {
            let (cells, named) = (records.count, self.columns);
            return Err(Fault::new(line, format!("malformed row: {cells} cells under {named} names"))
                .hint("put cells that hold the separator in quotation marks"));
        }
        let cell = |at: Option<usize>| at.and_then(|at| records.cell(at));
        let word = cell(Some(self.speaker)).unwrap_or("");
        Ok(Entry::Turn(Turn {
            transcript_id: cell(self.transcript).map_or(Value::from(0), id),
            utterance_id: cell(self.utterance).map_or(Value::from(self.rows), id),
            speaker: self.labels.speaker(word).ok_or_else(|| Labels::unknown(word, line))?,
            text: cell(Some(self.text)).unwrap_or("").to_owned(),
        }))
    }
}

impl Rows for Table {
    fn next(&mut self, source: &mut Source<'_>) -> Result<Option<Result<Entry, Fault>>, Stop> {
        let Some(record) = self.records.next(source)? else { return Ok(None) };
        let turn = record.and_then(|()| self.turn());
        self.rows += 1;
        Ok(Some(turn))
    }
}

/// Spreadsheets in countries with a decimal comma write semicolons.
fn separator(start: &[u8]) -> u8 {
    let head = start.split(|b| *b == b'\n').next().unwrap_or(start);
    if head.contains(&b';') && !head.contains(&b',') { b';' } else { b',' }
}

fn no_column(column: &str, names: &[&str]) -> Stop {
    let fault = Fault::new(1, format!("no column `{column}`"));
    Stop::Head(match nearest(column, names.iter().copied()) {
        Some(known) => fault.hint(format!("did you mean `{known}`? See `pushback judge --help`")),
        None => fault.hint(format!("columns are: {}; name yours with flags", names.join(", "))),
    })
}

/// An id as a number if it is written as one.
fn id(text: &str) -> Value {
    let plain = text.trim().parse::<i64>().ok().filter(|n| n.to_string() == text.trim());
    plain.map_or_else(|| Value::from(text), Value::from)
}

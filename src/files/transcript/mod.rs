//! Reads transcripts row by row: tables, JSON lines, plain text and captions. What is in memory does
//! not grow with the file.
//! Knows: the formats. Never: the disk (it is given a source of bytes), judging, printing.

mod captions;
mod format;
mod join;
mod json;
mod labels;
mod lines;
mod plain;
mod table;

use std::io::{self, Read};

use crate::domain::judge::bulk::Entry;
use crate::domain::problem::Problem;
pub use format::Format;
pub use labels::Labels;
use lines::Source;

/// What a line of text, a record of a table, or a turn of several lines may hold, in bytes.
pub const MOST_BYTES: usize = 1 << 20;

/// Names of the columns of a table.
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

/// How a transcript is to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Its format, if it is not to be found out.
    pub format: Option<Format>,
    /// Columns of a table.
    pub columns: Columns,
    /// Who is who.
    pub labels: Labels,
}

/// A row that can't be used: where, and why.
#[derive(Debug)]
struct Fault {
    line: usize,
    message: String,
    hint: Option<String>,
}

impl Fault {
    fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into(), hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    fn not_utf8(line: usize) -> Self {
        Self::new(line, "not valid UTF-8").hint("save the file as UTF-8 and try again")
    }

    fn too_long(line: usize, what: &str) -> Self {
        Self::new(line, format!("{what} of more than {} MiB", MOST_BYTES >> 20))
    }

    fn in_file(self, name: &str) -> Problem {
        let Self { line, message, hint } = self;
        Problem { hint, ..Problem::new(name, message).at(line) }
    }
}

/// Why no more can be read at all.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Disk(#[from] io::Error),
    #[error("{}", .0.message)]
    Head(Fault),
}

impl Stop {
    fn in_file(self, name: &str) -> Problem {
        match self {
            Self::Head(fault) => fault.in_file(name),
            Self::Disk(error) => Problem::new(name, format!("can't be read: {error}")).hint("check the path"),
        }
    }
}

/// One format being read.
trait Rows {
    /// The next row; none at the end.
    fn next(&mut self, source: &mut Source<'_>) -> Result<Option<Result<Entry, Fault>>, Stop>;
}

/// A transcript being read.
pub struct Reader<'a> {
    name: String,
    source: Source<'a>,
    rows: Box<dyn Rows>,
}

impl<'a> Reader<'a> {
    /// Begins to read. `name` tells the format by its extension and stands in messages; without
    /// a known extension the content tells.
    ///
    /// # Errors
    /// Where nothing can be read, or a table lacks a column.
    pub fn open(name: &str, source: impl Read + 'a, options: &Options) -> Result<Self, Problem> {
        let mut source = Source::new(source);
        let rows = begin(name, &mut source, options).map_err(|stop| stop.in_file(name))?;
        Ok(Self { name: name.to_owned(), source, rows })
    }

    /// The next row, or what is wrong with it; none at the end.
    ///
    /// # Errors
    /// Where no further row can be read.
    pub fn next_row(&mut self) -> Result<Option<Result<Entry, Problem>>, Problem> {
        let row = self.rows.next(&mut self.source).map_err(|stop| stop.in_file(&self.name))?;
        Ok(row.map(|row| row.map_err(|fault| fault.in_file(&self.name))))
    }

    /// The file as the user would name it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes read so far.
    pub fn bytes_read(&self) -> u64 {
        self.source.bytes_read()
    }
}

fn begin(name: &str, source: &mut Source<'_>, options: &Options) -> Result<Box<dyn Rows>, Stop> {
    let start = source.peek()?;
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return Err(Stop::Head(Fault::new(1, "UTF-16, not UTF-8").hint("save the file as UTF-8")));
    }
    let named = options.format.or_else(|| Format::of_name(name));
    let format = named.unwrap_or_else(|| Format::of_content(start, &options.labels));
    let labels = options.labels.clone();
    Ok(match format {
        Format::Csv | Format::Tsv => Box::new(table::Table::begin(source, format, options)?),
        Format::Jsonl => Box::new(json::JsonLines::new(labels)),
        Format::Text => Box::new(plain::Plain::new(labels)),
        Format::Vtt | Format::Srt => Box::new(captions::Captions::new(labels)),
    })
}

//! Which format a transcript is in.
//! Knows: extensions, and what each format begins with. Never: how rows are read.

use std::path::Path;

use super::labels::Labels;
use super::plain::spoken;

/// A format of transcripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Cells between commas (or semicolons, as some spreadsheets write), with a row of names.
    Csv,
    /// Cells between tabs, with a row of names.
    Tsv,
    /// A JSON object a line.
    Jsonl,
    /// `T:` or `C:` at the head of each turn.
    Text,
    /// WebVTT captions.
    Vtt,
    /// SubRip captions.
    Srt,
}

impl Format {
    /// Every format with its name.
    pub const ALL: [(&'static str, Format); 6] = [
        ("csv", Format::Csv),
        ("tsv", Format::Tsv),
        ("jsonl", Format::Jsonl),
        ("text", Format::Text),
        ("vtt", Format::Vtt),
        ("srt", Format::Srt),
    ];

    /// The format that the extension of a file names.
    pub fn of_name(name: &str) -> Option<Self> {
        let extension = Path::new(name).extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "csv" => Some(Self::Csv),
            "tsv" | "tab" => Some(Self::Tsv),
            "jsonl" | "ndjson" | "json" => Some(Self::Jsonl),
            "txt" | "md" => Some(Self::Text),
            "vtt" => Some(Self::Vtt),
            "srt" => Some(Self::Srt),
            _ => None,
        }
    }

    /// The format that a file with this start seems to be in.
    pub(super) fn of_content(start: &[u8], labels: &Labels) -> Self {
        let start = String::from_utf8_lossy(start);
        let mut lines = start.lines().filter(|l| !l.trim().is_empty());
        let first = lines.next().unwrap_or("");
        let numbered = first.trim().bytes().all(|b| b.is_ascii_digit());
        if first.trim_start().starts_with('{') {
            Self::Jsonl
        } else if first.starts_with("WEBVTT") {
            Self::Vtt
        } else if first.contains("-->") || numbered && lines.next().is_some_and(|l| l.contains("-->")) {
            Self::Srt
        } else if spoken(first, labels).is_some() {
            Self::Text
        } else if first.contains('\t') {
            Self::Tsv
        } else if first.contains([',', ';']) {
            Self::Csv
        } else {
            Self::Text
        }
    }
}

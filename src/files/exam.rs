//! Exam files on disk.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use crate::domain::exam::{LARGEST, Terms};
use crate::domain::problem::Problem;

/// Reads an exam file.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(path: &Path) -> Result<Terms, Vec<Problem>> {
    let shown = path.display().to_string();
    let failed = |e: io::Error| vec![Problem::new(&shown, format!("can't be read: {e}"))];
    let mut bytes = Vec::new();
    // One byte more than is allowed tells a file that is too large, whatever size it claims.
    File::open(path)
        .and_then(|file| file.take(LARGEST as u64 + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| vec![Problem::new(&shown, "is not valid UTF-8").hint("save the file as UTF-8 text")])?;
    Terms::parse(&shown, &text)
}

/// Writes an exam file; one that is there already stays as it is.
///
/// # Errors
/// Where the file can't be made, or exists.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

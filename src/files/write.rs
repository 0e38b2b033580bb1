//! Writing files that a person will edit: never over one that is there, unless that is meant.
//! Knows: disk. Never: what is written.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Writes a new file, and the folders above it.
///
/// # Errors
/// Where it is there already (`AlreadyExists`), or can't be written; then nothing is left of it.
pub fn new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    make_folder(path)?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes).inspect_err(|_| {
        // What is half written helps nobody; if it can't go either, the first error counts.
        let _ = fs::remove_file(path);
    })
}

/// Writes a file in the place of the one that is there, as a whole or not at all.
///
/// # Errors
/// Where it can't be written; then the old one stays.
pub fn over(path: &Path, bytes: &[u8]) -> io::Result<()> {
    make_folder(path)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    fs::write(beside, bytes).and_then(|()| fs::rename(beside, path)).inspect_err(|_| {
        let _ = fs::remove_file(beside);
    })
}

fn make_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

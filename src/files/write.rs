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

/// What becomes of a file that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It stays, and nothing is written.
    Stays,
    /// It is replaced.
    Replaced,
}

/// Writes a file that only its owner may read, as a whole or not at all.
///
/// # Errors
/// Where it is there already and stays (`AlreadyExists`), or can't be written.
pub fn private(path: &Path, bytes: &[u8], standing: Standing) -> io::Result<()> {
    make_folder(path)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = Path::new(&beside);
    let mut file = private_options().open(beside)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    drop(file);
    let placed = written.and_then(|()| match standing {
        Standing::Replaced => fs::rename(beside, path),
        Standing::Stays => place_new(beside, path),
    });
    // Gone already where it was renamed.
    let _ = fs::remove_file(beside);
    placed
}

/// Gives a finished file its name, unless there is one of that name.
fn place_new(beside: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(beside, path) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
            // A file system without links: between the look and the name somebody could come.
            if path.symlink_metadata().is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(beside, path)
        }
        linked => linked,
    }
}

/// To make a file that was not there; a user's own folders are private by themselves elsewhere.
fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn make_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

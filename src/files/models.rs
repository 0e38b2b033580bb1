//! Models that the user has added: files in the program's own folder, or links to files elsewhere.
//! Knows: that folder. Never: what is in a model.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folder of added models.
#[derive(Clone, Debug)]
pub struct Added {
    folder: PathBuf,
}

/// How a file is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It stays where it is.
    Link,
    /// Its content is copied.
    Copy,
}

/// An added model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its name on the command line.
    pub name: String,
    /// Where it lies; a link is followed.
    pub path: PathBuf,
}

impl Added {
    /// The folder for models in the data folder `data`.
    pub fn in_data(data: &Path) -> Self {
        Self { folder: data.join("models") }
    }

    /// The model of that name.
    pub fn get(&self, name: &str) -> Option<Model> {
        self.list().into_iter().find(|model| model.name == name)
    }

    /// All added models, by name. A link whose file is gone is among them.
    pub fn list(&self) -> Vec<Model> {
        let mut models: Vec<Model> = fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().to_string_lossy().strip_suffix(".gguf")?.to_owned();
                let path = fs::read_link(entry.path()).unwrap_or_else(|_| entry.path());
                Some(Model { name, path })
            })
            .collect();
        models.sort_by(|a, b| a.name.cmp(&b.name));
        models
    }

    /// Adds `file` under `name`, which must be free. How it was done: where the system makes no
    /// links, it is copied.
    ///
    /// # Errors
    /// Where the file can't be read or the folder not written.
    pub fn add(&self, file: &Path, name: &str, how: How) -> io::Result<How> {
        make_private(&self.folder)?;
        let (file, place) = (fs::canonicalize(file)?, self.place(name));
        if how == How::Link && link(&file, &place).is_ok() {
            return Ok(How::Link);
        }
        // Never half a model under its name.
        let half = place.with_extension("part");
        fs::copy(&file, &half).and_then(|_| fs::rename(&half, &place)).inspect_err(|_| {
            let _ = fs::remove_file(&half);
        })?;
        Ok(How::Copy)
    }

    /// Takes a model away; the file behind a link stays.
    ///
    /// # Errors
    /// Where it can't be deleted.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.place(name))
    }

    fn place(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.gguf"))
    }
}

/// A name for `file`: its own, in the letters that a name can have.
pub fn name_for(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let name: String = stem.chars().map(|c| if is_name_char(c) { c } else { '-' }).collect();
    name.trim_matches(['-', '.']).to_owned()
}

/// Whether `name` can be the name of a model.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && name.chars().all(is_name_char)
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c)
}

#[cfg(unix)]
fn link(file: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(file, place)
}

#[cfg(windows)]
fn link(file: &Path, place: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(file, place)
}

#[cfg(not(any(unix, windows)))]
fn link(_file: &Path, _place: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Makes the folder; the data folder above it holds sessions, and is nobody else's to read.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

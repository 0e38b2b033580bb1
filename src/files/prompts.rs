//! The prompts: compiled in, overlaid by the user's folder, overlaid by `--prompts`.
//! A file with the same path below `prompts/` replaces the earlier one; any other adds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use include_dir::{Dir, include_dir};

use crate::domain::problem::Problem;

/// `prompts/` as it was when the program was built.
static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/prompts");

/// No prompt file is nearly as large; a larger one is a mistake.
const MAX_BYTES: u64 = 16 << 20;
/// Deeper folders are not looked at: `prompts/lines/types/x.txt` is three deep.
const MAX_DEPTH: usize = 4;

/// All prompt files, by path below `prompts/` with `/` between folders.
#[derive(Clone, Debug, Default)]
pub struct Prompts {
    files: BTreeMap<String, File>,
}

#[derive(Clone, Debug)]
struct File {
    /// The file as the user would name it.
    shown: String,
    text: String,
}

impl Prompts {
    /// The built-in prompts only.
    pub fn built_in() -> Self {
        let mut prompts = Self::default();
        prompts.add_built_in(&BUILT_IN);
        prompts
    }

    fn add_built_in(&mut self, dir: &Dir<'_>) {
        for file in dir.files() {
            let path = file.path().to_string_lossy().replace('\\', "/");
            let text = String::from_utf8_lossy(file.contents()).into_owned();
            self.files.insert(path.clone(), File { shown: format!("prompts/{path}"), text });
        }
        for dir in dir.dirs() {
            self.add_built_in(dir);
        }
    }

    /// Lays a folder over what is there. Files that can't be read are left out and named.
    ///
    /// # Errors
    /// Where the folder itself can't be read.
    pub fn overlay(&mut self, folder: &Path) -> io::Result<Vec<Problem>> {
        let mut problems = Vec::new();
        self.overlay_below(folder, "", 0, &mut problems)?;
        Ok(problems)
    }

    fn overlay_below(
        &mut self,
        folder: &Path,
        prefix: &str,
        depth: usize,
        problems: &mut Vec<Problem>,
    ) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let path = entry.path();
            if path.is_dir() {
                if depth < MAX_DEPTH {
                    self.overlay_below(&path, &format!("{name}/"), depth + 1, problems)?;
                }
            } else if is_prompt(&name) {
                let shown = path.display().to_string();
                if !is_looked_for(&name) {
                    let problem = Problem::new(&shown, "is in no folder that is looked at");
                    problems
                        .push(problem.hint("personas go in personas/, lines in lines/, phrases in lexicon/"));
                    continue;
                }
                match read(&path, &shown) {
                    Ok(text) => drop(self.files.insert(name, File { shown, text })),
                    Err(problem) => problems.push(problem),
                }
            }
        }
        Ok(())
    }

    /// Lays a folder of lexicon files over what is there, as if it were `lexicon/` in another.
    /// Files that can't be read are left out and named.
    ///
    /// # Errors
    /// Where the folder itself can't be read.
    pub fn overlay_lexicon(&mut self, folder: &Path) -> io::Result<Vec<Problem>> {
        let (mut found, mut problems) = (0, Vec::new());
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
            if !name.ends_with(".toml") || !is_prompt(&name) || path.is_dir() {
                continue;
            }
            found += 1;
            let shown = path.display().to_string();
            match read(&path, &shown) {
                Ok(text) => drop(self.files.insert(format!("lexicon/{name}"), File { shown, text })),
                Err(problem) => problems.push(problem),
            }
        }
        if found == 0 {
            let problem = Problem::new(&folder.display().to_string(), "holds no lexicon file (*.toml)");
            problems.push(problem.hint("a folder that has a lexicon/ folder in it is named by `--prompts`"));
        }
        Ok(problems)
    }

    /// Paths of the files that `newer` has otherwise, more or less.
    pub fn changed(&self, newer: &Self) -> Vec<String> {
        let paths: BTreeSet<&String> = self.files.keys().chain(newer.files.keys()).collect();
        let mut changed = Vec::new();
        for path in paths {
            let (before, after) = (self.files.get(path), newer.files.get(path));
            if before.map(|f| &f.text) != after.map(|f| &f.text) {
                changed.push(path.clone());
            }
        }
        changed
    }

    /// The same with one file otherwise than it is.
    pub fn with(&self, path: &str, text: &str) -> Self {
        let mut prompts = self.clone();
        prompts.files.insert(path.to_owned(), File { shown: path.to_owned(), text: text.to_owned() });
        prompts
    }

    /// One file: how the user would name it, and its text.
    pub fn get(&self, path: &str) -> Option<(&str, &str)> {
        self.files.get(path).map(|f| (f.shown.as_str(), f.text.as_str()))
    }

    /// The files in a folder (`personas`, `lines`, `lexicon`), at any depth, in path order:
    /// path below that folder, name for messages, text.
    pub fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
        self.files.iter().filter_map(move |(path, file)| {
            let rest = path.strip_prefix(folder)?.strip_prefix('/')?;
            Some((rest, file.shown.as_str(), file.text.as_str()))
        })
    }

    /// Every file's path and text, in path order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file.text.as_str()))
    }
}

/// When prompt files were last written, and how long they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamps(BTreeMap<PathBuf, (Option<SystemTime>, u64)>);

/// The stamps of all prompt files below `folders`. What can't be read has none.
pub fn stamps<'a>(folders: impl Iterator<Item = &'a PathBuf>) -> Stamps {
    let mut stamps = Stamps::default();
    folders.for_each(|folder| stamp_below(folder, 0, &mut stamps));
    stamps
}

fn stamp_below(folder: &Path, depth: usize, stamps: &mut Stamps) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        // A link's own times say nothing about the file behind it.
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if metadata.is_dir() && depth < MAX_DEPTH {
            stamp_below(&path, depth + 1, stamps);
        } else if is_prompt(&entry.file_name().to_string_lossy()) {
            stamps.0.insert(path, (metadata.modified().ok(), metadata.len()));
        }
    }
}

/// Editors leave backups and hidden files beside the real ones.
fn is_prompt(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !name.starts_with(['.', '#']) && [".md", ".toml", ".txt"].iter().any(|e| name.ends_with(e))
}

/// Whether a file at `path` below a prompts folder would be read: each part of it a plain name, with
/// nothing that leads out of the folder, or that some system gives a meaning of its own.
pub fn can_stand_at(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_name = |part: &str| {
        let stem = part.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let device = ["con", "prn", "aux", "nul"].contains(&stem.as_str())
            || (stem.len() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")));
        part.len() <= 100
            && !part.starts_with('.')
            && !part.ends_with('.')
            && part.chars().all(plain)
            && !device
    };
    let parts: Vec<&str> = path.split('/').collect();
    parts.len() <= MAX_DEPTH
        && parts.iter().all(|part| !part.is_empty() && is_name(part))
        && is_prompt(path)
        && is_looked_for(path)
}

/// Whether anything reads a file at this path.
fn is_looked_for(path: &str) -> bool {
    let folders = ["personas/", "lines/", "lexicon/", "scripts/"];
    let files = ["notes.toml", "coach.toml", "drills.toml", "README.md"];
    files.contains(&path) || folders.iter().any(|folder| path.starts_with(folder))
}

/// A text file of the user's, or what is wrong with it.
pub fn read(path: &Path, shown: &str) -> Result<String, Problem> {
    let failed = |e: io::Error| Problem::new(shown, format!("can't be read: {e}"));
    let size = fs::metadata(path).map_err(failed)?.len();
    if size > MAX_BYTES {
        return Err(Problem::new(shown, format!("is {} MiB large", size >> 20))
            .hint(format!("a prompt file can have up to {} MiB", MAX_BYTES >> 20)));
    }
    let bytes = fs::read(path).map_err(failed)?;
    String::from_utf8(bytes).map_err(|e| {
        let valid = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|b| **b == b'\n').count();
        Problem::new(shown, "is not valid UTF-8").at(line).hint("save the file as UTF-8 text")
    })
}

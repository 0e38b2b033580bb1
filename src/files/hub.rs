//! Models from the hub, in the folder that all of the hub's programs share on this computer.
//! Knows: that folder's layout, and how a file on the hub is named. Never: the network.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hf_hub::{Cache, Repo, RepoType};

/// Folders below a snapshot deeper than this are not looked at.
const MAX_DEPTH: usize = 3;
/// Which file to take where none is named: small and good, then ever larger.
const PREFERRED: [&str; 5] = ["Q4_K_M", "Q4_K_S", "Q4_0", "Q5_K_M", "Q8_0"];

/// A file on the hub, as it is asked for: `ORG/REPO`, `ORG/REPO:FILE` or `ORG/REPO:QUANT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The repository, `ORG/REPO`.
    pub repo: String,
    /// Which of its files.
    pub which: Which,
    /// A branch or a commit.
    pub revision: String,
}

/// Which of a repository's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one that suits most computers.
    Any,
    /// This one.
    Named(String),
    /// The one with weights rounded so.
    Quant(String),
}

/// Why none of a repository's files could be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoFile {
    /// Those that could be.
    pub there: Vec<String>,
    /// Whether what was meant comes in several parts.
    pub in_parts: bool,
}

/// A model's file in the shared folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cached {
    /// The repository, `ORG/REPO`.
    pub repo: String,
    /// The file in it.
    pub file: String,
    /// Where it lies.
    pub path: PathBuf,
}

/// The shared folder.
#[derive(Clone, Debug)]
pub struct HubFolder {
    cache: Cache,
}

impl Ask {
    /// What `text` asks for, if it can be the name of a file on the hub.
    pub fn parse(text: &str) -> Option<Self> {
        let (repo, which) = match text.split_once(':') {
            None => (text, Which::Any),
            Some((repo, file)) if is_gguf(file) => (repo, Which::Named(file.to_owned())),
            Some((repo, quant)) => (repo, Which::Quant(quant.to_owned())),
        };
        let (org, name) = repo.split_once('/')?;
        let named = match &which {
            Which::Any => true,
            Which::Named(part) | Which::Quant(part) => part.split('/').all(is_plain),
        };
        let asks = is_plain(org) && is_plain(name) && named;
        asks.then(|| Self { repo: repo.to_owned(), which, revision: "main".to_owned() })
    }

    /// The file that is meant among `files`.
    ///
    /// # Errors
    /// Where there is none, or it comes in parts.
    pub fn pick<'a>(&self, files: &'a [String]) -> Result<&'a str, NoFile> {
        let (parts, whole): (Vec<&String>, Vec<&String>) =
            files.iter().filter(|file| is_model(file)).partition(|file| is_part(file));
        let of_quant = |files: &[&'a String], quant: &str| -> Option<&'a str> {
            files.iter().copied().find(|file| has_quant(file, quant)).map(String::as_str)
        };
        let found = match &self.which {
            Which::Named(name) => whole.iter().find(|file| **file == name).map(|file| file.as_str()),
            Which::Quant(quant) => of_quant(&whole, quant),
            Which::Any if whole.len() == 1 => Some(whole[0].as_str()),
            Which::Any => PREFERRED.iter().find_map(|quant| of_quant(&whole, quant)),
        };
        found.ok_or_else(|| NoFile {
            in_parts: match &self.which {
                Which::Named(name) => is_part(name),
                Which::Quant(quant) => {
                    parts.iter().any(|file| part_stem(file).is_some_and(|s| ends_in(s, quant)))
                }
                Which::Any => whole.is_empty() && !parts.is_empty(),
            },
            there: whole.into_iter().cloned().collect(),
        })
    }

    /// The repository as hf-hub names it.
    pub fn of_hub(&self) -> Repo {
        Repo::with_revision(self.repo.clone(), RepoType::Model, self.revision.clone())
    }
}

impl std::fmt::Display for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.which {
            Which::Any => f.write_str(&self.repo),
            Which::Named(part) | Which::Quant(part) => write!(f, "{}:{part}", self.repo),
        }
    }
}

impl HubFolder {
    /// The folder at `path`.
    pub fn at(path: PathBuf) -> Self {
        Self { cache: Cache::new(path) }
    }

    /// Where the hub's own programs look: `HF_HUB_CACHE`, else `hub` below [`home`].
    pub fn of_env() -> Option<Self> {
        let set = std::env::var_os("HF_HUB_CACHE").filter(|path| !path.is_empty()).map(PathBuf::from);
        set.or_else(|| home().map(|home| home.join("hub"))).map(Self::at)
    }

    /// The folder as hf-hub knows it.
    pub fn of_hub(&self) -> &Cache {
        &self.cache
    }

    /// Where the files of `ask`'s repository lie.
    pub fn repo(&self, ask: &Ask) -> PathBuf {
        self.cache.path().join(ask.of_hub().folder_name())
    }

    /// The file that is asked for, if it is here.
    pub fn find(&self, ask: &Ask) -> Option<Cached> {
        if let Which::Named(file) = &ask.which
            && let Some(path) = self.cache.repo(ask.of_hub()).get(file)
        {
            return Some(Cached { repo: ask.repo.clone(), file: file.clone(), path });
        }
        self.snapshots(ask).into_iter().find_map(|snapshot| {
            let files = files_below(&snapshot);
            let file = ask.pick(&files).ok()?.to_owned();
            Some(Cached { repo: ask.repo.clone(), path: snapshot.join(&file), file })
        })
    }

    /// Snapshots of `ask`'s repository: that of the revision first, then the others by name.
    fn snapshots(&self, ask: &Ask) -> Vec<PathBuf> {
        let repo = self.repo(ask);
        let of_ref = fs::read_to_string(repo.join("refs").join(&ask.revision)).ok();
        let commit = of_ref.map_or_else(|| ask.revision.clone(), |commit| commit.trim().to_owned());
        let folders = entries(&repo.join("snapshots"));
        let mut folders: Vec<PathBuf> = folders.into_iter().filter(|path| path.is_dir()).collect();
        folders.sort_by_key(|path| path.file_name().is_none_or(|name| *name != *commit));
        // A commit that is asked for is that commit and no other.
        let is_commit = ask.revision.len() == 40 && ask.revision.bytes().all(|b| b.is_ascii_hexdigit());
        folders.retain(|path| !is_commit || path.ends_with(&commit));
        folders
    }

    /// All models in the folder, by repository and file.
    pub fn list(&self) -> Vec<Cached> {
        let mut found = BTreeMap::new();
        for folder in entries(self.cache.path()) {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(repo) = name.strip_prefix("models--").map(|name| name.replacen("--", "/", 1)) else {
                continue;
            };
            let Some(ask) = Ask::parse(&repo) else { continue };
            for snapshot in self.snapshots(&ask) {
                for file in files_below(&snapshot).into_iter().filter(|file| is_model(file) && !is_part(file))
                {
                    let path = snapshot.join(&file);
                    found.entry((repo.clone(), file.clone())).or_insert(Cached {
                        repo: repo.clone(),
                        file,
                        path,
                    });
                }
            }
        }
        found.into_values().collect()
    }

    /// Deletes the model's file, wherever it is mentioned, and what was kept of it half loaded.
    ///
    /// # Errors
    /// Where it can't be deleted.
    pub fn remove(&self, model: &Cached) -> io::Result<()> {
        let blob = fs::canonicalize(&model.path)?;
        let Some(ask) = Ask::parse(&model.repo) else { return Ok(()) };
        for snapshot in self.snapshots(&ask) {
            for file in files_below(&snapshot) {
                let path = snapshot.join(file);
                if fs::canonicalize(&path).is_ok_and(|target| target == blob) && path != blob {
                    fs::remove_file(path)?;
                }
            }
        }
        for rest in ["part", "lock"] {
            // Most often there is none.
            let _ = fs::remove_file(blob.with_extension(rest));
        }
        fs::remove_file(blob)
    }
}

/// The folder of the hub's programs: `HF_HOME`, else `huggingface` in the user's cache folder.
pub fn home() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    set("HF_HOME")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("huggingface")))
        .or_else(|| Some(etcetera::home_dir().ok()?.join(".cache").join("huggingface")))
}

fn is_gguf(file: &str) -> bool {
    file.to_ascii_lowercase().ends_with(".gguf")
}

/// A model that writes: what goes with one to read pictures is none.
fn is_model(file: &str) -> bool {
    is_gguf(file) && !file.to_ascii_lowercase().contains("mmproj")
}

/// What is in front of `-00001-of-00003.gguf`.
fn part_stem(file: &str) -> Option<&str> {
    let stem = file.get(..file.len().checked_sub(".gguf".len())?)?;
    let (rest, count) = stem.rsplit_once("-of-")?;
    let (rest, number) = rest.rsplit_once('-')?;
    let digits = |text: &str| text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
    (digits(count) && digits(number)).then_some(rest)
}

fn is_part(file: &str) -> bool {
    part_stem(file).is_some()
}

fn has_quant(file: &str, quant: &str) -> bool {
    ends_in(&file[..file.len() - ".gguf".len()], quant)
}

/// Whether `stem` ends in the whole word `quant`.
fn ends_in(stem: &str, quant: &str) -> bool {
    let (stem, quant) = (stem.to_ascii_lowercase(), quant.to_ascii_lowercase());
    let in_front = stem.strip_suffix(&quant).and_then(|rest| rest.chars().next_back());
    in_front.is_some_and(|c| "-_./".contains(c))
}

/// A part of a path that leads nowhere else.
fn is_plain(part: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "-_. +()".contains(c);
    !part.is_empty() && !part.starts_with('.') && part.chars().all(plain)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Files that are really there, named from `folder` on with `/`.
fn files_below(folder: &Path) -> Vec<String> {
    fn walk(folder: &Path, prefix: &str, depth: usize, files: &mut Vec<String>) {
        for path in entries(folder) {
            let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
            if path.is_file() {
                files.push(name);
            } else if path.is_dir() && depth < MAX_DEPTH {
                walk(&path, &format!("{name}/"), depth + 1, files);
            }
        }
    }
    let mut files = Vec::new();
    walk(folder, "", 1, &mut files);
    files
}

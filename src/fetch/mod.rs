//! Models from the hub: the only outgoing connections of the program, and only when asked for.
//! Knows: the hub's folder, its pages and files. Never: what a model is for, how progress looks.
//!
//! hf-hub says where files lie and which pages to ask. What it leaves open is done around it: to go
//! on where a transfer broke off, to check a file against the hub's hash before it gets its name, to
//! follow redirects to an end, and to say what is wrong in words that help.
//!
//! `pull` -> `api` (which files, of what size and hash) -> `transfer` (bytes, again and again) ->
//! `part` (half a file on disk, locked, hashed) -> its place in the hub's folder.
//!
//! Without the feature `download` there is a twin of `pull` that says so, no HTTP client, no TLS.

#[cfg(feature = "download")]
mod api;
mod error;
#[cfg(not(feature = "download"))]
mod off;
#[cfg(feature = "download")]
mod part;
#[cfg(feature = "download")]
mod place;
#[cfg(feature = "download")]
mod pull;
#[cfg(feature = "download")]
mod transfer;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::files::hub::{self, HubFolder};

pub use error::FetchError;
#[cfg(not(feature = "download"))]
pub use off::pull;
#[cfg(feature = "download")]
pub use pull::pull;

/// The hub's own address.
const ENDPOINT: &str = "https://huggingface.co";

/// A hub, and how to deal with it.
#[derive(Clone, Debug)]
pub struct Hub {
    /// Where files are kept.
    pub folder: HubFolder,
    /// Its address, without a slash at the end.
    pub endpoint: String,
    /// Says who asks; for files that not everybody may have.
    pub token: Option<String>,
    /// Never ask it anything.
    pub offline: bool,
    /// What to do with a file that is here.
    pub here: Here,
    /// How long to wait for it.
    pub patience: Patience,
    /// Room on the disk that holds a folder.
    pub free_bytes: fn(&Path) -> io::Result<u64>,
}

/// What to do with a file that is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Here {
    /// It will do.
    Use,
    /// It is fetched anew.
    Replace,
}

/// How long to wait for a hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// So many times in a row may go wrong without a byte gained.
    pub tries: u32,
    /// Wait so long after the first time; twice as long after each further one.
    pub first_wait: Duration,
    /// A connection on which nothing comes for so long is given up.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { tries: 6, first_wait: Duration::from_millis(500), silence: Duration::from_secs(30) }
    }
}

impl Hub {
    /// The hub that the environment names, as the hub's own programs read it: `HF_ENDPOINT`,
    /// `HF_TOKEN` (else the token in `HF_HOME`), `HF_HUB_OFFLINE`, and the folder of
    /// [`HubFolder::of_env`]. None where there is no home folder.
    pub fn of_env() -> Option<Self> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let kept = || std::fs::read_to_string(hub::home()?.join("token")).ok();
        let token = set("HF_TOKEN").or_else(kept).map(|token| token.trim().to_owned());
        let offline = set("HF_HUB_OFFLINE").map(|value| value.trim().to_ascii_uppercase());
        Some(Self {
            folder: HubFolder::of_env()?,
            endpoint: set("HF_ENDPOINT")
                .unwrap_or_else(|| ENDPOINT.to_owned())
                .trim_end_matches('/')
                .to_owned(),
            token: token.filter(|token| !token.is_empty()),
            offline: offline.is_some_and(|value| ["1", "ON", "YES", "TRUE"].contains(&value.as_str())),
            here: Here::Use,
            patience: Patience::default(),
            free_bytes,
        })
    }
}

/// What happens while a model is pulled.
#[derive(Debug)]
pub enum News<'a> {
    /// This file it is. Of its `bytes`, `kept` are here from an earlier time.
    Found {
        /// The file in its repository.
        file: &'a str,
        /// Its size.
        bytes: u64,
        /// What need not be sent again.
        kept: u64,
    },
    /// So many of its bytes are on disk.
    At(u64),
    /// Something went wrong; it is tried again after `wait`.
    Again {
        /// What went wrong.
        why: &'a FetchError,
        /// How long it waits.
        wait: Duration,
    },
}

/// Whoever waits for a model.
pub trait Watch {
    /// Hears what happens.
    fn hear(&mut self, news: News<'_>);
    /// Whether to go on; asked several times a second.
    fn goes_on(&self) -> bool;
}

/// A model that is here now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// The file in its repository.
    pub file: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its SHA-256, which was checked.
    pub sha256: String,
}

#[cfg(feature = "download")]
fn free_bytes(folder: &Path) -> io::Result<u64> {
    fs4::available_space(folder)
}

/// Nothing is written without the feature.
#[cfg(not(feature = "download"))]
fn free_bytes(_folder: &Path) -> io::Result<u64> {
    Ok(u64::MAX)
}

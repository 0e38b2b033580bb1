//! What can go wrong between the hub and a file on disk, and what to do about it.

use std::io;
use std::path::PathBuf;

/// A model could not be pulled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The program was built without the feature.
    #[error("this program was built without downloads")]
    NotBuilt,
    /// The environment forbids it.
    #[error("HF_HUB_OFFLINE is set, so nothing is asked of the hub")]
    Offline,
    /// There is no such repository, or not for everybody.
    #[error("the hub has no repository {repo} that it shows to {}", if *.known { "you" } else { "everybody" })]
    NoRepo {
        /// What was asked for.
        repo: String,
        /// Whether the hub was told who asks.
        known: bool,
    },
    /// There is no such revision.
    #[error("{repo} has no revision {revision}")]
    NoRevision {
        /// The repository.
        repo: String,
        /// What was asked for.
        revision: String,
    },
    /// The file is for those only who have agreed to something.
    #[error("{repo} is gated: its makers give it to those who accept their terms")]
    Gated {
        /// The repository.
        repo: String,
        /// Whether the hub was told who asks.
        known: bool,
    },
    /// None of the files is meant.
    #[error("{asked} is no model that can be pulled{}", if *.in_parts { ": its file comes in parts" } else { "" })]
    NoFile {
        /// What was asked for.
        asked: String,
        /// Files that could be pulled.
        there: Vec<String>,
        /// Whether what was meant comes in parts.
        in_parts: bool,
    },
    /// The hub's list says what can't be.
    #[error("the hub's answer about {repo} can't be understood: {why}")]
    Answer {
        /// The repository.
        repo: String,
        /// What is wrong.
        why: String,
    },
    /// There is no room.
    #[error("the disk is full: {needed} MB are needed in {}, {free} MB are free", folder.display())]
    NoRoom {
        /// Where.
        folder: PathBuf,
        /// How much, in units of 1,000,000 bytes.
        needed: u64,
        /// What there is.
        free: u64,
    },
    /// There was no room any more.
    #[error("the disk became full while {} was written", path.display())]
    DiskFull {
        /// The part of a file.
        path: PathBuf,
    },
    /// The file can't be written or read.
    #[error("can't write {}: {source}", path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else is at it.
    #[error("another program is pulling this file")]
    Locked,
    /// No connection, or it broke.
    #[error("no connection to the hub: {0}")]
    Network(String),
    /// The connection broke while the file came.
    #[error("the connection broke after {got} of {expected} bytes: {why}")]
    Broke {
        /// Bytes that are here.
        got: u64,
        /// Bytes of the whole.
        expected: u64,
        /// What the system says.
        why: String,
    },
    /// The hub does not do its work at the moment.
    #[error("the hub answered with status {0}")]
    Busy(u16),
    /// The hub answers something else.
    #[error("the hub answered with status {0}")]
    Status(u16),
    /// It sends us on and on.
    #[error("the hub's answer leads in a circle: {0} redirects")]
    Redirects(usize),
    /// It sends us somewhere unprotected.
    #[error("the hub's answer leads to an address without encryption: {0}")]
    Unprotected(String),
    /// A page instead of a file.
    #[error("a web page came instead of the file")]
    Page,
    /// Something else instead of a model.
    #[error("what came is no GGUF file")]
    NotGguf,
    /// The transfer ended early.
    #[error("the file ended after {got} of {expected} bytes")]
    Short {
        /// What came.
        got: u64,
        /// What was claimed.
        expected: u64,
    },
    /// The file is larger or smaller than the hub's list says.
    #[error("the file has {got} bytes, the hub's list says {expected}")]
    OtherSize {
        /// What came, or was about to.
        got: u64,
        /// What was claimed.
        expected: u64,
    },
    /// The file changed at the hub in these moments.
    #[error("the file was replaced at the hub meanwhile")]
    Changed,
    /// The content is not what the hub says.
    #[error("the file is damaged: expected sha256 {expected}, found {found}")]
    Damaged {
        /// What the hub says.
        expected: String,
        /// What came.
        found: String,
    },
    /// Whoever waited has had enough.
    #[error("stopped; {kept} bytes are kept")]
    Stopped {
        /// Bytes on disk.
        kept: u64,
    },
}

impl FetchError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotBuilt => {
                "build it with `--features download`, or bring the file: `pushback models add FILE`".to_owned()
            }
            Self::Offline => "unset HF_HUB_OFFLINE, or bring the file: `pushback models add FILE`".to_owned(),
            Self::NoRepo { known: false, .. } => {
                "check the name; where it is private, put your token in HF_TOKEN".to_owned()
            }
            Self::NoRepo { known: true, .. } => "check the name, and whose token HF_TOKEN is".to_owned(),
            Self::NoRevision { .. } => "`main` is the newest revision of most repositories".to_owned(),
            Self::Gated { repo, known } => {
                let first = format!("accept the terms on the page of {repo}");
                let token = if *known { "wait until they let you in" } else { "put your token in HF_TOKEN" };
                format!("{first}, then {token}; or take a copy that is not gated")
            }
            Self::NoFile { there, .. } if there.is_empty() => {
                "look for a repository of the same model whose name ends in GGUF".to_owned()
            }
            Self::NoFile { there, .. } => format!("there are:\n  {}", there.join("\n  ")),
            Self::NoRoom { .. } | Self::DiskFull { .. } => {
                "make room, or have another folder in HF_HOME; what is here is kept".to_owned()
            }
            Self::Disk { .. } => "check the folder's permissions, or have another folder in HF_HOME".to_owned(),
            Self::Locked => "let the other one finish, or end it".to_owned(),
            Self::Network(_) => {
                "check the connection; where there is a proxy, HTTPS_PROXY names it. The same command goes on where it broke off"
                    .to_owned()
            }
            Self::Busy(429) => "too many requests came from here: wait some minutes, then repeat the command".to_owned(),
            Self::Busy(_) | Self::Short { .. } | Self::Broke { .. } => "repeat the command later: it goes on where it broke off".to_owned(),
            Self::Page => {
                "a network's login page or a filter may be in the way: open the hub in a browser first".to_owned()
            }
            Self::Redirects(_) | Self::Unprotected(_) | Self::Status(_) | Self::Answer { .. } => {
                "check HF_ENDPOINT, if it is set".to_owned()
            }
            Self::NotGguf => "take another file, or a repository whose name ends in GGUF".to_owned(),
            Self::OtherSize { .. } | Self::Changed | Self::Damaged { .. } => {
                "repeat the command: what came is thrown away. If it happens again, take another source".to_owned()
            }
            Self::Stopped { kept: 0 } => return None,
            Self::Stopped { .. } => "the same command goes on from there".to_owned(),
        })
    }

    /// Whether the same request may succeed a little later.
    #[cfg(feature = "download")]
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::Network(_) | Self::Busy(_) | Self::Short { .. } | Self::Broke { .. })
    }
}

//! What can go wrong with a model's name or file, and what to do about it.

use std::io;
use std::path::PathBuf;

use crate::domain::catalog::Entry;
use crate::fetch::FetchError;

/// A model can't be found, brought or taken away.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// No such name.
    #[error("there is no model `{asked}`")]
    NoModel {
        /// What was asked for.
        asked: String,
        /// The nearest that there is.
        nearest: Option<String>,
    },
    /// The catalog has it, this computer has not.
    #[error("{} is not on this computer yet", .0.title)]
    NotPulled(Box<Entry>),
    /// A name of the hub's, but its file is not here.
    #[error("{0} is not on this computer, neither as a file nor from the hub")]
    NotOnHub(String),
    /// What should be taken away is not here.
    #[error("there is no model `{0}` on this computer")]
    NotHere(String),
    /// A name that the command line could not take back.
    #[error("`{0}` can't be the name of a model")]
    BadName(String),
    /// Another model has that name.
    #[error("there is a model `{0}` already")]
    Taken(String),
    /// No place to look.
    #[error("there is no home folder to keep models in")]
    NoHome,
    /// A file can't be written or deleted.
    #[error("can't write or delete {}: {source}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It can't be brought from the hub.
    #[error(transparent)]
    Fetch(#[from] FetchError),
}

impl ModelError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoModel { nearest: Some(name), .. } => {
                format!("did you mean `{name}`? `pushback models list` shows all")
            }
            Self::NoModel { nearest: None, .. } | Self::NotHere(_) => {
                "`pushback models list` shows all".to_owned()
            }
            Self::NotPulled(entry) => {
                format!(
                    "`pushback models pull {}` brings it: {}, {}",
                    entry.name,
                    entry.size(),
                    entry.licence
                )
            }
            Self::NotOnHub(asked) => {
                format!("`pushback models pull {asked}` brings it from the hub, if it is there")
            }
            Self::BadName(_) => "a-z, 0-9, `-`, `_` and `.` can stand in it: `--name NAME`".to_owned(),
            Self::Taken(_) => {
                "give it another with `--name NAME`, or `pushback models remove` the other".to_owned()
            }
            Self::NoHome => "name a model's file by its path".to_owned(),
            Self::Disk { .. } => "check the path and its permissions".to_owned(),
            Self::Fetch(e) => return e.hint(),
        })
    }

    /// Whether what is missing can be brought.
    pub fn is_not_ready(&self) -> bool {
        matches!(self, Self::NoModel { .. } | Self::NotPulled(_) | Self::NotOnHub(_))
    }
}

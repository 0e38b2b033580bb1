//! What can go wrong with the database, and what to do about it.

use std::path::PathBuf;

use crate::domain::session::SessionId;

/// A fault of the session store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The data folder can't be made or written.
    #[error("can't write sessions to {path}: {source}")]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not one of our databases.
    #[error("{0} is not a session database")]
    NotOurs(PathBuf),
    /// A newer program wrote it.
    #[error("the session database is of version {found}; this program knows versions up to {known}")]
    Newer {
        /// Version in the file.
        found: u32,
        /// Newest version that this program knows.
        known: u32,
    },
    /// No such session.
    #[error("there is no session {0}")]
    NoSession(SessionId),
    /// Another process has gone on with the session.
    #[error("session {0} has gone on in another window")]
    MovedOn(SessionId),
    /// Another process holds the database.
    #[error("the session database is busy: another program has held it for over five seconds")]
    Busy,
    /// The database can't be written.
    #[error("the session database can't be written")]
    ReadOnly,
    /// A row holds what this program can't read.
    #[error("a stored session can't be read: {0}")]
    Row(String),
    /// Anything else that SQLite reports.
    #[error("session database: {0}")]
    Sqlite(rusqlite::Error),
}

impl StoreError {
    /// What to do next.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Folder { .. } | Self::ReadOnly => {
                Some("choose another folder with `--data DIR`, or practise without saving: `--no-save`")
            }
            Self::NotOurs(_) => Some("move the file away, or choose another folder with `--data DIR`"),
            Self::Newer { .. } => Some("use the newer pushback, or another folder with `--data DIR`"),
            Self::NoSession(_) => Some("`pushback sessions list` shows those that there are"),
            Self::MovedOn(_) => Some("what you typed there is kept; go on with `pushback chat --continue`"),
            Self::Busy => Some("close the other program, or choose another folder with `--data DIR`"),
            Self::Row(_) => Some("the other sessions are not affected: `pushback sessions list`"),
            Self::Sqlite(_) => None,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, ReadOnly};
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => Self::Busy,
            Some(ReadOnly) => Self::ReadOnly,
            _ => Self::Sqlite(error),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Row(error.to_string())
    }
}

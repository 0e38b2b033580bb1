//! Opening the database: folder and file modes, journal, schema.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::{Store, StoreError, migrate};

/// File name inside the data folder.
pub(super) const FILE: &str = "sessions.db";

impl Store {
    /// Opens (and where needed makes) the database in `folder`, readable by its owner only.
    ///
    /// # Errors
    /// Where the folder can't be written, or the file is not ours.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let denied = |source| StoreError::Folder { path: folder.to_owned(), source };
        private::folder(folder).map_err(denied)?;
        let file = folder.join(FILE);
        private::file(&file).map_err(|source| StoreError::Folder { path: file.clone(), source })?;
        let db = Connection::open(&file)?;
        Self::prepare(db).map_err(|error| match error {
            StoreError::Sqlite(e) if e.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
                StoreError::NotOurs(file)
            }
            other => other,
        })
    }

    /// A database that vanishes with the process.
    ///
    /// # Errors
    /// Where SQLite can't be started.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory()?)
    }

    fn prepare(mut db: Connection) -> Result<Self, StoreError> {
        db.busy_timeout(Duration::from_secs(5))?;
        // WAL lets a second window read while the first writes; FULL survives a power cut.
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "foreign_keys", true)?;
        migrate::to_newest(&mut db)?;
        Ok(Self { db })
    }
}

#[cfg(unix)]
mod private {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};

    use super::{Path, fs, io};

    /// Makes the folder with mode 0700; an existing one is left as its owner set it.
    pub(super) fn folder(path: &Path) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    /// Makes the file, or takes it, with mode 0600. SQLite gives its journal files the same mode.
    pub(super) fn file(path: &Path) -> io::Result<()> {
        let file = fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        file.set_permissions(fs::Permissions::from_mode(0o600))
    }
}

#[cfg(not(unix))]
mod private {
    use super::{Path, fs, io};

    /// Makes the folder; a user's own data folder is private by its parent's access list.
    pub(super) fn folder(path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    /// Makes the file.
    pub(super) fn file(path: &Path) -> io::Result<()> {
        fs::OpenOptions::new().create(true).append(true).open(path).map(drop)
    }
}

//! A look at the database that changes nothing.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::StoreError;
use super::open::FILE;

/// What a database looks like from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// Its file.
    pub file: PathBuf,
    /// Sessions in it.
    pub sessions: i64,
    /// What SQLite finds wrong with it.
    pub faults: Vec<String>,
    /// Files and folders that others may read, with the mode that they should have.
    pub open_to_others: Vec<(PathBuf, u32)>,
}

/// Looks at the database in `folder`; nothing, if there is none.
///
/// # Errors
/// Where it can't be read at all.
pub fn examine(folder: &Path) -> Result<Option<Examined>, StoreError> {
    let file = folder.join(FILE);
    if !file.exists() {
        return Ok(None);
    }
    let not_ours = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => StoreError::NotOurs(file.clone()),
        _ => error.into(),
    };
    // Not read-only: then SQLite would leave its journal behind.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(&file, flags).map_err(not_ours)?;
    let mut query = db.prepare("PRAGMA integrity_check(20)").map_err(not_ours)?;
    let told = query.query_map([], |row| row.get::<_, String>(0)).map_err(not_ours)?;
    let told = told.collect::<Result<Vec<_>, _>>().map_err(not_ours)?;
    let faults: Vec<String> = told.into_iter().filter(|line| line != "ok").collect();
    let sessions = db.query_row("SELECT count(*) FROM session", [], |row| row.get(0)).map_err(not_ours)?;
    let open_to_others = open_to_others(&[(folder, 0o700), (&file, 0o600)]);
    Ok(Some(Examined { sessions, faults, open_to_others, file: file.clone() }))
}

#[cfg(unix)]
fn open_to_others(paths: &[(&Path, u32)]) -> Vec<(PathBuf, u32)> {
    use std::os::unix::fs::PermissionsExt;
    let is_open = |path: &Path| std::fs::metadata(path).is_ok_and(|m| m.permissions().mode() & 0o077 != 0);
    paths.iter().filter(|(path, _)| is_open(path)).map(|(path, mode)| ((*path).to_owned(), *mode)).collect()
}

/// Access lists decide there, not modes.
#[cfg(not(unix))]
fn open_to_others(_paths: &[(&Path, u32)]) -> Vec<(PathBuf, u32)> {
    Vec::new()
}

//! A file's place in the hub's folder: content under its hash, names that lead there.
//! Knows: that layout, which is the one of the hub's own programs. Never: the network.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::FetchError;
use super::api::Remote;
use crate::files::hub::{Ask, HubFolder};

type Result<T> = std::result::Result<T, FetchError>;

/// Where the content of `remote` belongs; its folder is made.
pub(super) fn blob(folder: &HubFolder, ask: &Ask, remote: &Remote) -> Result<PathBuf> {
    let blob = folder.of_hub().repo(ask.of_hub()).blob_path(&remote.sha256);
    let blobs = blob.parent().unwrap_or(&blob);
    fs::create_dir_all(blobs).map_err(|source| FetchError::Disk { path: blobs.to_owned(), source })?;
    Ok(blob)
}

/// Makes the name under which programs find the content, and notes the revision's commit.
pub(super) fn name(folder: &HubFolder, ask: &Ask, (remote, blob): (&Remote, &Path)) -> Result<PathBuf> {
    let repo = folder.of_hub().repo(ask.of_hub());
    let pointer = repo.pointer_path(&remote.commit).join(&remote.file);
    let failed = |source| FetchError::Disk { path: pointer.clone(), source };
    if let Some(parent) = pointer.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    match fs::remove_file(&pointer) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(e)),
        _ => {}
    }
    lead(&pointer, blob, remote).map_err(failed)?;
    repo.create_ref(&remote.commit).map_err(failed)?;
    Ok(pointer)
}

/// A link; where the system makes none, a second name; where it can't do that, a copy.
fn lead(pointer: &Path, blob: &Path, remote: &Remote) -> io::Result<()> {
    let depth = remote.file.split('/').count() + 1;
    let target: PathBuf =
        std::iter::repeat_n("..", depth).collect::<PathBuf>().join("blobs").join(&remote.sha256);
    #[cfg(unix)]
    let linked = std::os::unix::fs::symlink(&target, pointer);
    #[cfg(windows)]
    let linked = std::os::windows::fs::symlink_file(&target, pointer);
    #[cfg(not(any(unix, windows)))]
    let linked: io::Result<()> = Err(io::ErrorKind::Unsupported.into());
    let _ = &target;
    linked.or_else(|_| fs::hard_link(blob, pointer)).or_else(|_| fs::copy(blob, pointer).map(drop))
}

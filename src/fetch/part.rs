//! Half a file: on disk, hashed as far as it goes, and nobody else's for the moment.
//! Knows: disk. Never: the network.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::FetchError;
use crate::files::hash;

type Result<T> = std::result::Result<T, FetchError>;

/// Keeps other programs away from a file as long as it lives. hf-hub's own pulls heed it, too.
pub(super) struct Lock(#[expect(dead_code, reason = "it is held, not used")] File);

impl Lock {
    /// Takes the lock of the file that is to be at `blob`.
    pub(super) fn take(blob: &Path) -> Result<Self> {
        let path = blob.with_extension("lock");
        let failed = |source| FetchError::Disk { path: path.clone(), source };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(FetchError::Locked),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// The part of a file that is here.
pub(super) struct Part {
    path: PathBuf,
    file: File,
    hash: Sha256,
    len: u64,
}

impl Part {
    /// Opens what is there of the file that is to be at `blob` with `bytes` bytes, and reads it
    /// for its hash. `goes_on` is asked now and then.
    pub(super) fn open(blob: &Path, bytes: u64, goes_on: &dyn Fn() -> bool) -> Result<Self> {
        let path = blob.with_extension("part");
        let file = OpenOptions::new().read(true).append(true).create(true).open(&path);
        let file = file.map_err(|source| FetchError::Disk { path: path.clone(), source })?;
        let mut part = Self { path, file, hash: Sha256::new(), len: 0 };
        let there = part.file.metadata().map_err(|e| part.fault(e))?.len();
        if there > bytes {
            part.begin_anew()?;
            return Ok(part);
        }
        part.file.seek(SeekFrom::Start(0)).map_err(|e| part.fault(e))?;
        let mut piece = vec![0; 1 << 20];
        while part.len < there {
            if !goes_on() {
                return Err(FetchError::Stopped { kept: there });
            }
            match part.file.read(&mut piece).map_err(|e| part.fault(e))? {
                0 => break,
                n => part.count(&piece[..n]),
            }
        }
        Ok(part)
    }

    /// Bytes that are here.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Adds bytes. They are in the system's hands at once: should the program die, they stay.
    pub(super) fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.file.write_all(piece).map_err(|e| self.fault(e))?;
        self.count(piece);
        Ok(())
    }

    /// Throws away what is here.
    pub(super) fn begin_anew(&mut self) -> Result<()> {
        self.file.set_len(0).map_err(|e| self.fault(e))?;
        (self.hash, self.len) = (Sha256::new(), 0);
        Ok(())
    }

    /// The hash of what is here.
    pub(super) fn sha256(&self) -> String {
        hash::hex(&self.hash.clone().finalize())
    }

    /// Gives the file, which is whole, its name.
    pub(super) fn finish(self, blob: &Path) -> Result<()> {
        // The name must not outlive a power cut that the content does not.
        let done = self.file.sync_all().and_then(|()| std::fs::rename(&self.path, blob));
        done.map_err(|e| self.fault(e))
    }

    fn count(&mut self, piece: &[u8]) {
        self.hash.update(piece);
        self.len += piece.len() as u64;
    }

    fn fault(&self, source: io::Error) -> FetchError {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                FetchError::DiskFull { path: self.path.clone() }
            }
            _ => FetchError::Disk { path: self.path.clone(), source },
        }
    }
}

//! The bytes of a model: mapped from a file, or compiled into the program.
//! Knows: files. Never: what the bytes mean.
#![allow(unsafe_code, reason = "mapping a file is unsafe by nature; this is the only place that does it")]

use std::fs::File;
use std::path::Path;

use memmap2::Mmap;

use crate::engine::EngineError;

/// A whole model file, as bytes.
pub enum Source {
    /// A file, read by the system as it is needed.
    Mapped(Mmap),
    /// Bytes that are part of the program.
    Static(&'static [u8]),
}

impl Source {
    /// Maps the file at `path`.
    pub fn map(path: &Path) -> Result<Self, EngineError> {
        let fault = |source| EngineError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(fault)?;
        // Mapping a folder fails with an error that names neither folder nor path.
        if file.metadata().map_err(fault)?.is_dir() {
            return Err(fault(std::io::ErrorKind::IsADirectory.into()));
        }
        // SAFETY: the map is read-only, and it lives only while the model is loaded, since every
        // tensor and text is copied out of it. What Rust cannot rule out is another program that
        // writes to or shortens the file in these seconds; a model file is written once, and
        // downloads take their final name only when they are complete.
        let map = unsafe { Mmap::map(&file) }.map_err(fault)?;
        Ok(Self::Mapped(map))
    }

    /// Takes `part` of the bytes out of this program's memory; a later use reads them again.
    ///
    /// A model is copied out of its file tensor by tensor. Without this, memory would hold nearly
    /// all of it twice at the end.
    pub fn is_done_with(&self, part: &[u8]) {
        #[cfg(unix)]
        if let Self::Mapped(map) = self {
            let page = 4096;
            let from = (part.as_ptr() as usize).wrapping_sub(map.as_ptr() as usize);
            let to = from.saturating_add(part.len()).next_multiple_of(page).min(map.len());
            let from = from / page * page;
            if from < to {
                // SAFETY: pages of a map that nobody writes to are dropped; the next access reads
                // them from the file again, with the same content.
                let dropped = unsafe {
                    map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, from, to - from)
                };
                if let Err(e) = dropped {
                    tracing::debug!("pages of the model file stay in memory: {e}");
                }
            }
        }
        #[cfg(not(unix))]
        let _ = part;
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Static(bytes) => bytes,
        }
    }
}

//! Keys and values of a prompt's unchanging head, kept on disk.
//! Knows: files, and which model and build wrote them. Never: what the head says.
//!
//! A file is read only if it is what this build wrote for this model and these tokens, to the last
//! byte; any other is passed over as if it were not there. It never holds anything of what comes
//! behind the head.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::source::Source;

/// Changes whenever the content of these files would be another for the same model and tokens.
const FORMAT: u32 = 1;
const MAGIC: [u8; 8] = *b"pushbkKV";
/// Files that are kept: the oldest ones go. A head of 900 tokens takes 25 to 100 MB.
const MOST_FILES: usize = 8;
const EXTENSION: &str = "kv";

type Hash = [u8; 32];

/// The folder, and what its files must agree with.
pub(super) struct Saved {
    folder: PathBuf,
    key: Hash,
}

impl Saved {
    /// Files in `folder` of the model in `source`, run by `arithmetic`.
    pub fn new(folder: PathBuf, source: &Source, arithmetic: &str) -> Self {
        let mut key = Sha256::new();
        key.update(FORMAT.to_le_bytes());
        key.update(env!("CARGO_PKG_VERSION"));
        key.update(build());
        key.update(arithmetic);
        key.update(fingerprint(source.bytes()));
        Self { folder, key: key.finalize().into() }
    }

    /// What was kept for `tokens`: exactly `len` bytes. None if there is nothing that can be
    /// trusted.
    pub fn load(&self, tokens: &[u32], len: usize) -> Option<Vec<u8>> {
        let name = self.name(tokens);
        let mut file = fs::File::open(self.path(&name)).ok()?;
        let expected = MAGIC.len() + name.len() + len + size_of::<Hash>();
        // A claim of another length is not worth reading.
        if file.metadata().ok()?.len() != expected as u64 {
            return None;
        }
        let mut bytes = Vec::with_capacity(expected);
        file.read_to_end(&mut bytes).ok()?;
        let (body, sum) = bytes.split_last_chunk::<32>()?;
        let head = body.strip_prefix(&MAGIC)?.strip_prefix(&name)?;
        if head.len() != len || Hash::from(Sha256::digest(body)) != *sum {
            tracing::info!("a saved head is damaged and is passed over");
            return None;
        }
        let from = bytes.len() - size_of::<Hash>() - len;
        bytes.truncate(from + len);
        bytes.drain(..from);
        Some(bytes)
    }

    /// Keeps `content` for `tokens`.
    ///
    /// # Errors
    /// Where the folder cannot be written to. Then nothing is kept.
    pub fn store(&self, tokens: &[u32], content: &[u8]) -> io::Result<()> {
        let name = self.name(tokens);
        let mut sum = Sha256::new();
        private_folder(&self.folder)?;
        let path = self.path(&name);
        let partial = path.with_extension(format!("{}.part", std::process::id()));
        let mut file = private_file(&partial)?;
        let mut write = |part: &[u8]| {
            sum.update(part);
            file.write_all(part)
        };
        let written = write(&MAGIC).and_then(|()| write(&name)).and_then(|()| write(content));
        let written = written.and_then(|()| file.write_all(&sum.finalize()));
        drop(file);
        // A reader sees the whole file or none.
        if let Err(e) = written.and_then(|()| fs::rename(&partial, &path)) {
            let _ = fs::remove_file(&partial);
            return Err(e);
        }
        self.prune()
    }

    /// Removes all but the newest files.
    fn prune(&self) -> io::Result<()> {
        let mut files: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.path().extension().is_some_and(|e| e == EXTENSION) {
                files.push((entry.metadata()?.modified()?, entry.path()));
            }
        }
        files.sort();
        for (_, path) in &files[..files.len().saturating_sub(MOST_FILES)] {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    fn name(&self, tokens: &[u32]) -> Hash {
        let mut name = Sha256::new();
        name.update(self.key);
        tokens.iter().for_each(|id| name.update(id.to_le_bytes()));
        name.finalize().into()
    }

    fn path(&self, name: &Hash) -> PathBuf {
        let name: String = name[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(format!("{name}.{EXTENSION}"))
    }
}

/// What tells this build from another of the same version.
fn build() -> Vec<u8> {
    let program = std::env::current_exe().and_then(fs::metadata);
    let time = program.as_ref().ok().and_then(|program| program.modified().ok());
    let since = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let len = program.map_or(0, |program| program.len());
    format!("{len} {:?}", since.map(|since| since.as_nanos())).into_bytes()
}

/// What tells this model from others: its length, its header, and samples from all over its
/// weights. To read all of a large file would take longer than to read the head anew.
fn fingerprint(bytes: &[u8]) -> Hash {
    const HEADER: usize = 64 << 10;
    const SAMPLES: usize = 256;
    const SAMPLE: usize = 1 << 10;
    let mut sum = Sha256::new();
    sum.update(bytes.len().to_le_bytes());
    sum.update(&bytes[..bytes.len().min(HEADER)]);
    for n in 0..SAMPLES {
        let from = bytes.len() / SAMPLES * n;
        sum.update(&bytes[from..bytes.len().min(from + SAMPLE)]);
    }
    sum.finalize().into()
}

/// A folder that only its owner can look into.
fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A new file that only its owner can read.
fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

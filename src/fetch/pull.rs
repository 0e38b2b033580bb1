//! From a name to a file that is whole.
//! Knows: the order of steps. Never: how each is done.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::api::{self, Refused, Remote};
use super::part::{Lock, Part};
use super::transfer::{Source, aside};
use super::{FetchError, Here, Hub, News, Pulled, Watch, place};
use crate::files::hub::Ask;

type Result<T> = std::result::Result<T, FetchError>;

/// Left free on the disk.
const RESERVE_BYTES: u64 = 64 << 20;
/// A connection that brought less counts as one that failed.
const WORTHWHILE_BYTES: u64 = 64 << 10;
/// No wait is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// What a model begins with.
const MAGIC: &[u8] = b"GGUF";

/// Brings the file that `ask` means here, whole and checked.
///
/// # Errors
/// Where that can't be done; what came stays, and the next time goes on from there.
pub fn pull(hub: &Hub, ask: &Ask, watch: &mut dyn Watch) -> Result<Pulled> {
    if hub.offline {
        return Err(FetchError::Offline);
    }
    let remote = listed(hub, ask, watch)?;
    let blob = place::blob(&hub.folder, ask, &remote)?;
    let lock = Lock::take(&blob)?;
    if hub.here == Here::Replace || !is_whole(&blob, &remote) {
        let part = Part::open(&blob, remote.bytes, &|| watch.goes_on())?;
        watch.hear(News::Found { file: &remote.file, bytes: remote.bytes, kept: part.len() });
        has_room(hub, (&blob, &remote), &part)?;
        let refused = Refused { repo: &ask.repo, revision: &ask.revision, known: hub.token.is_some() };
        let part = filled(&Source { hub, remote: &remote, refused }, part, watch)?;
        part.finish(&blob)?;
    }
    let path = place::name(&hub.folder, ask, (&remote, &blob))?;
    drop(lock);
    Ok(Pulled { file: remote.file, path, sha256: remote.sha256 })
}

/// What the hub lists, after some tries if need be.
fn listed(hub: &Hub, ask: &Ask, watch: &mut dyn Watch) -> Result<Remote> {
    let mut tries = Tries::new(hub);
    loop {
        let (hub, ask) = (hub.clone(), ask.clone());
        match aside(watch, move || api::remote(&hub, &ask)) {
            None => return Err(FetchError::Stopped { kept: 0 }),
            Some(Err(why)) => tries.wait(why, 0, watch)?,
            Some(done) => return done,
        }
    }
}

/// Content under its hash was checked when it got that name.
fn is_whole(blob: &Path, remote: &Remote) -> bool {
    std::fs::metadata(blob).is_ok_and(|metadata| metadata.len() == remote.bytes)
}

fn has_room(hub: &Hub, (blob, remote): (&Path, &Remote), part: &Part) -> Result<()> {
    let folder = blob.parent().unwrap_or(blob);
    // Where the system does not tell, it is tried.
    let Ok(free) = (hub.free_bytes)(folder) else { return Ok(()) };
    let needed = (remote.bytes - part.len()).saturating_add(RESERVE_BYTES);
    if needed <= free {
        return Ok(());
    }
    let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
    Err(FetchError::NoRoom { folder: folder.to_owned(), needed: megabytes(needed), free: megabytes(free) })
}

/// The part, with all that was missing, and found to be what the hub says.
fn filled(source: &Source<'_>, mut part: Part, watch: &mut dyn Watch) -> Result<Part> {
    let mut tries = Tries::new(source.hub);
    let mut was_here = part.len() > 0;
    loop {
        let before = part.len();
        match fill(source, &mut part, watch) {
            Ok(()) => {}
            Err(why) => {
                if part.len() >= before + WORTHWHILE_BYTES {
                    tries = Tries::new(source.hub);
                }
                tries.wait(why, part.len(), watch)?;
                continue;
            }
        }
        let found = part.sha256();
        if found == source.remote.sha256 {
            return Ok(part);
        }
        part.begin_anew()?;
        // What was kept from an earlier time may be at fault: once more, all of it.
        if !std::mem::take(&mut was_here) {
            return Err(FetchError::Damaged { expected: source.remote.sha256.clone(), found });
        }
        watch.hear(News::At(0));
    }
}

/// One connection's worth of bytes.
fn fill(source: &Source<'_>, part: &mut Part, watch: &mut dyn Watch) -> Result<()> {
    let expected = source.remote.bytes;
    if part.len() == expected {
        return Ok(());
    }
    let Some(stream) = source.open(part.len(), watch)? else {
        return Err(FetchError::Stopped { kept: part.len() });
    };
    if stream.start < part.len() {
        part.begin_anew()?;
    }
    let broke = |why: FetchError, got: u64| match why {
        FetchError::Network(why) => FetchError::Broke { got, expected, why },
        other => other,
    };
    while let Some(piece) = stream.next(watch, part.len()).map_err(|why| broke(why, part.len()))? {
        let end = part.len() + piece.len() as u64;
        if end > expected {
            part.begin_anew()?;
            return Err(FetchError::OtherSize { got: end, expected });
        }
        if part.len() == 0 {
            check_beginning(&piece)?;
        }
        part.write(&piece)?;
        watch.hear(News::At(part.len()));
    }
    match part.len() {
        got if got < expected => Err(FetchError::Short { got, expected }),
        _ => Ok(()),
    }
}

/// Nobody should wait for gigabytes of something else.
fn check_beginning(piece: &[u8]) -> Result<()> {
    let begins = |with: &[u8]| piece.iter().zip(with).all(|(a, b)| a == b);
    if begins(MAGIC) {
        return Ok(());
    }
    let text = piece.trim_ascii_start().first() == Some(&b'<');
    Err(if text { FetchError::Page } else { FetchError::NotGguf })
}

/// How often something went wrong in a row.
struct Tries {
    left: u32,
    wait: Duration,
}

impl Tries {
    fn new(hub: &Hub) -> Self {
        Self { left: hub.patience.tries, wait: hub.patience.first_wait }
    }

    /// Waits, if `why` may pass and it is not the last time.
    fn wait(&mut self, why: FetchError, kept: u64, watch: &mut dyn Watch) -> Result<()> {
        self.left = self.left.saturating_sub(1);
        if !why.may_pass() || self.left == 0 {
            return Err(why);
        }
        watch.hear(News::Again { why: &why, wait: self.wait });
        let until = Instant::now() + self.wait;
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
        loop {
            if !watch.goes_on() {
                return Err(FetchError::Stopped { kept });
            }
            match until.checked_duration_since(Instant::now()) {
                None => return Ok(()),
                Some(left) => thread::park_timeout(left.min(Duration::from_millis(50))),
            }
        }
    }
}

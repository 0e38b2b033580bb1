//! A chain of hashes over a session: whoever changes one turn has to make every later link anew.
//! Knows: texts. Never: what they say, where links are kept.
//!
//! It proves that the session is the one that the last link was made for, and no more: whoever
//! owns the computer can make a whole new chain. The last link is what a trainer writes down.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// A chain's first link is made with this in place of the one before.
const BEGINNING: &str = "pushback exam seal 1";

/// The link after `before` (none: the first), over `parts`, as lower-case hex. Lengths are part of
/// it, so that no text can run over into the next; a part that is missing is not an empty one.
pub fn link(before: Option<&str>, parts: &[Option<String>]) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    };
    add(before.unwrap_or(BEGINNING));
    for part in parts {
        match part {
            Some(text) => {
                add("+");
                add(text);
            }
            None => add("-"),
        }
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Where a chain breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// In what the session began with: client, seed, hashes, terms, time.
    Terms,
    /// At a turn: its distance from the opening.
    Turn(u32),
    /// After the last turn: turns are missing, or the last hash is another.
    End,
    /// The session stands at another turn than its last: what came later is not shown.
    Head,
    /// A turn, by its distance from the opening, has a verdict that was put in place of the judge's.
    Overruled(u32),
}

/// A chain that was gone through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Turns that are as they were sealed, opening included.
    pub turns: u32,
    /// The last hash as it is kept; none while the exam is not over.
    pub hash: Option<String>,
    /// The first place that does not match.
    pub broken: Option<Break>,
}

/// Whether somebody's note of a hash is of this one: what stands between groups of digits does not
/// matter, and the first sixteen digits are enough.
pub fn is_noted(hash: &str, note: &str) -> bool {
    let digits: String =
        note.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_lowercase()).collect();
    let clean = note.chars().all(|c| c.is_ascii_hexdigit() || c.is_whitespace() || c == '-');
    clean && digits.len() >= 16 && hash.starts_with(&digits)
}

/// A hash in groups of eight digits, to be read and written down.
pub fn grouped(hash: &str) -> String {
    let groups: Vec<&str> =
        (0..hash.len()).step_by(8).filter_map(|at| hash.get(at..(at + 8).min(hash.len()))).collect();
    groups.join(" ")
}

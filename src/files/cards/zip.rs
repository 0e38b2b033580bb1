//! card.json in a CHARX archive, which is a zip file.
//! Knows: as much of zip as one entry of a small file needs. Never: the other entries.
//!
//! The file is whole in memory, so every place and length that it claims is a slice that is there
//! or is not; nothing is set aside for what it claims.

use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};

use super::{UNPACKED, ZipFault};

/// Pictures, voices and card: real ones have tens.
const MOST: usize = 10_000;
/// The last record without its comment, which has up to 65,535 bytes.
const END_BYTES: usize = 22;
const ENTRY_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;

/// What the table of contents says of an entry.
struct Entry<'a> {
    name: &'a [u8],
    flags: u16,
    method: u16,
    sum: u32,
    packed: usize,
    at: usize,
}

/// The bytes of card.json.
pub(super) fn card(file: &[u8]) -> Result<Vec<u8>, ZipFault> {
    let end = end(file).ok_or(ZipFault::Contents)?;
    let (parts, here, all) = (u16_at(file, end + 4), u16_at(file, end + 8), u16_at(file, end + 10));
    let (size, at) = (u32_at(file, end + 12), u32_at(file, end + 16));
    let (Some(parts), Some(here), Some(all), Some(size), Some(at)) = (parts, here, all, size, at) else {
        return Err(ZipFault::Contents);
    };
    if parts != 0 || here != all || all == u16::MAX || at == u32::MAX as usize {
        return Err(ZipFault::Form);
    }
    let count = usize::from(all);
    if count > MOST {
        return Err(ZipFault::TooMany(count));
    }
    let contents = file.get(at..at.saturating_add(size)).ok_or(ZipFault::Contents)?;
    let mut rest = contents;
    for _ in 0..count {
        let (entry, after) = entry(rest).ok_or(ZipFault::Contents)?;
        if entry.name == b"card.json" {
            return content(file, &entry);
        }
        rest = after;
    }
    Err(ZipFault::NoCard)
}

/// Where the last record stands.
fn end(file: &[u8]) -> Option<usize> {
    let last = file.len().checked_sub(END_BYTES)?;
    let is_end = |at: &usize| {
        let comment = u16_at(file, at + 20).map(usize::from);
        file[*at..].starts_with(b"PK\x05\x06") && comment.is_some_and(|n| at + END_BYTES + n <= file.len())
    };
    (last.saturating_sub(usize::from(u16::MAX))..=last).rev().find(is_end)
}

/// The first entry of `rest`, and what follows it.
fn entry(rest: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    rest.strip_prefix(b"PK\x01\x02")?;
    let length = |at| u16_at(rest, at).map(usize::from);
    let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
    let entry = Entry {
        name: rest.get(ENTRY_BYTES..ENTRY_BYTES + name)?,
        flags: u16_at(rest, 8)?,
        method: u16_at(rest, 10)?,
        sum: u32_at(rest, 16)? as u32,
        packed: u32_at(rest, 20)?,
        at: u32_at(rest, 42)?,
    };
    Some((entry, rest.get(ENTRY_BYTES + name + extra + comment..)?))
}

fn content(file: &[u8], entry: &Entry<'_>) -> Result<Vec<u8>, ZipFault> {
    if entry.flags & 1 != 0 {
        return Err(ZipFault::Encrypted);
    }
    let packed = packed(file, entry).ok_or(ZipFault::Damaged)?;
    let bytes = match entry.method {
        0 if packed.len() > UNPACKED => return Err(ZipFault::Bomb),
        0 => packed.to_vec(),
        8 => decompress_to_vec_with_limit(packed, UNPACKED).map_err(|error| match error.status {
            TINFLStatus::HasMoreOutput => ZipFault::Bomb,
            _ => ZipFault::Damaged,
        })?,
        other => return Err(ZipFault::Method(other)),
    };
    if crc32fast::hash(&bytes) == entry.sum { Ok(bytes) } else { Err(ZipFault::Sum) }
}

/// An entry's bytes in the file: behind a second header, whose name and extra field may differ
/// in length from those in the table.
fn packed<'a>(file: &'a [u8], entry: &Entry<'_>) -> Option<&'a [u8]> {
    let local = file.get(entry.at..)?;
    local.strip_prefix(b"PK\x03\x04")?;
    let (name, extra) = (u16_at(local, 26)?, u16_at(local, 28)?);
    let start = LOCAL_BYTES + usize::from(name) + usize::from(extra);
    local.get(start..start.checked_add(entry.packed)?)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|two| u16::from_le_bytes(*two))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..)?.first_chunk()?;
    usize::try_from(u32::from_le_bytes(*four)).ok()
}

//! Character card files: JSON, PNG pictures with a card inside, CHARX archives.
//! Knows: the three containers, how much of each is read. Never: what a card says.

pub mod picture;
mod png;
mod zip;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// No card file that is read is larger: 64 MiB. An archive may bring pictures and voices.
pub const LARGEST: u64 = 64 << 20;
/// What a packed text may unpack to: 16 MiB, twice the longest card.
const UNPACKED: usize = 16 << 20;

/// Why a card file can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CardFileError {
    /// The system says no.
    #[error("can't be read: {0}")]
    Read(io::Error),
    /// Far larger than any card.
    #[error("it is larger than {} MiB", LARGEST >> 20)]
    TooLarge,
    /// Another kind of file.
    #[error("it is {0}")]
    Other(&'static str),
    /// A text that is not text.
    #[error("the card's text is not valid UTF-8")]
    NotUtf8,
    /// See [`PngFault`].
    #[error("the picture is damaged: {0}")]
    Png(#[from] PngFault),
    /// A whole picture, and nothing in it.
    #[error("there is no card in the picture")]
    NoCardInPicture,
    /// The text in the picture is not what it should be.
    #[error("the card in the picture is damaged: {0}")]
    Packed(&'static str),
    /// See [`ZipFault`].
    #[error("the archive can't be read: {0}")]
    Zip(#[from] ZipFault),
}

/// What is wrong with a PNG file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PngFault {
    /// No PNG at all.
    #[error("it does not begin as a PNG file does")]
    Signature,
    /// The file ends before it is over.
    #[error("the file ends within a chunk")]
    Short,
    /// A chunk that is longer than what is left.
    #[error("a chunk claims {claimed} bytes, {left} are left")]
    Claim {
        /// What it says.
        claimed: u32,
        /// What there is.
        left: usize,
    },
    /// A chunk whose sum is wrong.
    #[error("the sum of chunk {0} is wrong")]
    Sum(String),
    /// More chunks than a picture has.
    #[error("it has more than {0} chunks")]
    TooMany(usize),
}

/// What is wrong with a CHARX archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZipFault {
    /// No table of contents.
    #[error("its table of contents is missing or damaged")]
    Contents,
    /// In parts, or of the large form.
    #[error("it is in several parts, or of the form for more than 4 GiB")]
    Form,
    /// More entries than a card has.
    #[error("it has {0} entries")]
    TooMany(usize),
    /// No card.
    #[error("there is no card.json in it")]
    NoCard,
    /// Packed in a way that cards are not.
    #[error("card.json is packed by method {0}")]
    Method(u16),
    /// Needs a password.
    #[error("card.json is encrypted")]
    Encrypted,
    /// Damaged, or made to fill the memory.
    #[error("card.json unpacks to more than {} MiB", UNPACKED >> 20)]
    Bomb,
    /// Damaged.
    #[error("card.json is damaged")]
    Damaged,
    /// Its sum is wrong.
    #[error("the sum of card.json is wrong")]
    Sum,
}

impl CardFileError {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read(_) => "check the path and its permissions",
            Self::TooLarge => "take pictures and voices out of it, or save the card as JSON",
            Self::Other(_) => "cards are .json, .png or .charx files",
            Self::NotUtf8 => "save the card again as UTF-8",
            Self::Png(_) | Self::Packed(_) => {
                "download the picture again; sites that shrink pictures damage them"
            }
            Self::NoCardInPicture => "many sites take cards out of pictures; download the original file",
            Self::Zip(ZipFault::Form | ZipFault::Method(_) | ZipFault::Encrypted) => {
                "pack it again as a plain zip file, or save the card as JSON"
            }
            Self::Zip(ZipFault::TooMany(_) | ZipFault::NoCard) => "a .charx file has card.json at its top",
            Self::Zip(_) => "download the archive again",
        }
    }
}

/// The card's JSON in a file.
///
/// # Errors
/// Where the file can't be read, or there is no card in it.
pub fn read(path: &Path) -> Result<String, CardFileError> {
    text_of(&bytes(path)?)
}

/// The bytes of a file of at most [`LARGEST`].
///
/// # Errors
/// Where the file can't be read or is larger.
pub fn bytes(path: &Path) -> Result<Vec<u8>, CardFileError> {
    let mut bytes = Vec::new();
    // What is read is counted, not what the system claims: a pipe claims nothing.
    let file = File::open(path).map_err(CardFileError::Read)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(CardFileError::Read)?;
    if bytes.len() as u64 > LARGEST { Err(CardFileError::TooLarge) } else { Ok(bytes) }
}

/// The card's JSON in the bytes of a file of any of the three kinds.
///
/// # Errors
/// Where there is none, or the file is damaged.
pub fn text_of(bytes: &[u8]) -> Result<String, CardFileError> {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| CardFileError::NotUtf8);
    if bytes.starts_with(&png::SIGNATURE) {
        return text(png::card(bytes)?);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return text(zip::card(bytes)?);
    }
    let first = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    match first {
        [b'{' | b'[', ..] => text(bytes.to_vec()),
        [] => Err(CardFileError::Other("empty")),
        [0xff, 0xd8, 0xff, ..] => Err(CardFileError::Other("a JPEG picture, which holds no card")),
        [b'R', b'I', b'F', b'F', ..] => Err(CardFileError::Other("a WebP picture, which holds no card")),
        [b'P', b'K', ..] => Err(CardFileError::Zip(ZipFault::Contents)),
        _ => Err(CardFileError::Other("neither JSON, nor a PNG picture, nor an archive")),
    }
}

/// A text chunk to put into a picture: its keyword and the card's JSON.
pub type Keyed<'a> = (&'static str, &'a str);

/// `picture` with `cards` in it, in the place of those that it had; every other chunk stays.
///
/// # Errors
/// Where the picture is damaged.
pub fn with_cards(picture: &[u8], cards: &[Keyed<'_>]) -> Result<Vec<u8>, CardFileError> {
    Ok(png::with_cards(picture, cards)?)
}

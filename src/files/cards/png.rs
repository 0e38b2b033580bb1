//! Chunks of a PNG file, and the texts among them that are cards.
//! Knows: PNG's chunks (<https://www.w3.org/TR/png-3/>). Never: pixels, what a card says.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit};

use super::{CardFileError, Keyed, PngFault, UNPACKED};

/// How every PNG file begins.
pub(super) const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// Pictures have tens of chunks, large ones a few thousand.
const MOST: usize = 1 << 16;
/// Keywords of cards, the newer form first.
const KEYWORDS: [&[u8]; 2] = [b"ccv3", b"chara"];
/// Some programs leave the padding out.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// One chunk, its bytes where they lie.
#[derive(Clone, Copy)]
struct Chunk<'a> {
    kind: &'a [u8],
    data: &'a [u8],
    whole: &'a [u8], // with length, kind and sum
}

/// The chunks up to IEND, each with a right sum.
fn chunks(file: &[u8]) -> Result<Vec<Chunk<'_>>, PngFault> {
    let mut rest = file.strip_prefix(&SIGNATURE).ok_or(PngFault::Signature)?;
    let mut chunks = Vec::new();
    loop {
        let chunk = first(rest)?;
        if chunks.is_empty() && chunk.kind != b"IHDR" {
            return Err(PngFault::Signature);
        }
        if chunks.len() == MOST {
            return Err(PngFault::TooMany(MOST));
        }
        rest = &rest[chunk.whole.len()..];
        chunks.push(chunk);
        if chunk.kind == b"IEND" {
            return Ok(chunks);
        }
    }
}

fn first(rest: &[u8]) -> Result<Chunk<'_>, PngFault> {
    let (length, after) = rest.split_first_chunk::<4>().ok_or(PngFault::Short)?;
    let claimed = u32::from_be_bytes(*length);
    let kind = after.get(..4).ok_or(PngFault::Short)?;
    // Four bytes of kind before the data, four of the sum behind it.
    let left = after.len().checked_sub(8).ok_or(PngFault::Short)?;
    let length = usize::try_from(claimed).ok().filter(|length| *length <= left);
    let length = length.ok_or(PngFault::Claim { claimed, left })?;
    let (summed, sum) = after.split_at(4 + length);
    if sum.first_chunk() != Some(&crc32fast::hash(summed).to_be_bytes()) {
        return Err(PngFault::Sum(kind.escape_ascii().to_string()));
    }
    Ok(Chunk { kind, data: &summed[4..], whole: &rest[..12 + length] })
}

/// The JSON of the card in a picture; of two, that of the newer form.
pub(super) fn card(file: &[u8]) -> Result<Vec<u8>, CardFileError> {
    let chunks = chunks(file)?;
    for keyword in KEYWORDS {
        if let Some(chunk) = chunks.iter().find(|chunk| keyword_of(chunk) == Some(keyword)) {
            return decoded(&text_of(chunk)?);
        }
    }
    Err(CardFileError::NoCardInPicture)
}

/// The keyword of a chunk of text.
fn keyword_of<'a>(chunk: &Chunk<'a>) -> Option<&'a [u8]> {
    let is_text = [b"tEXt", b"zTXt", b"iTXt"].iter().any(|kind| chunk.kind == *kind);
    let end = chunk.data.iter().take(80).position(|byte| *byte == 0)?;
    is_text.then(|| &chunk.data[..end])
}

/// The text of a chunk that has a keyword, unpacked.
fn text_of(chunk: &Chunk<'_>) -> Result<Vec<u8>, CardFileError> {
    const CUT: CardFileError = CardFileError::Packed("its text is cut off");
    let after_nul = |data: &'_ [u8]| data.iter().position(|byte| *byte == 0).map(|at| at + 1);
    let data = &chunk.data[after_nul(chunk.data).ok_or(CUT)?..];
    match chunk.kind {
        b"tEXt" => Ok(data.to_vec()),
        b"zTXt" => unpacked(data.strip_prefix(&[0]).ok_or(CUT)?),
        _ => {
            let (flags, rest) = data.split_first_chunk::<2>().ok_or(CUT)?;
            // The language, then the keyword in that language.
            let rest = &rest[after_nul(rest).ok_or(CUT)?..];
            let text = &rest[after_nul(rest).ok_or(CUT)?..];
            if flags[0] == 0 { Ok(text.to_vec()) } else { unpacked(text) }
        }
    }
}

fn unpacked(packed: &[u8]) -> Result<Vec<u8>, CardFileError> {
    decompress_to_vec_zlib_with_limit(packed, UNPACKED).map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => CardFileError::Packed("it unpacks to more than 16 MiB"),
        _ => CardFileError::Packed("its text can't be unpacked"),
    })
}

fn decoded(text: &[u8]) -> Result<Vec<u8>, CardFileError> {
    let packed: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    LENIENT.decode(packed).map_err(|_| CardFileError::Packed("its text is not base64"))
}

/// See [`super::with_cards`].
pub(super) fn with_cards(file: &[u8], cards: &[Keyed<'_>]) -> Result<Vec<u8>, PngFault> {
    let mut out = SIGNATURE.to_vec();
    for chunk in chunks(file)? {
        let is_card = keyword_of(&chunk).is_some_and(|keyword| KEYWORDS.contains(&keyword));
        if chunk.kind == b"IEND" {
            for (keyword, json) in cards {
                let data = [keyword.as_bytes(), &[0], STANDARD.encode(json).as_bytes()].concat();
                push(&mut out, *b"tEXt", &data);
            }
        }
        if !is_card {
            out.extend_from_slice(chunk.whole);
        }
    }
    Ok(out)
}

/// Adds one chunk to a file.
pub(super) fn push(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let summed = [&kind, data].concat();
    // A card is far shorter than the 2 GiB that a chunk can hold.
    out.extend((data.len() as u32).to_be_bytes());
    out.extend_from_slice(&summed);
    out.extend(crc32fast::hash(&summed).to_be_bytes());
}

//! The containers of cards: pictures and archives, whole, damaged, and made to harm.

use super::*;

const CARD: &str = r#"{"name":"Bo","description":"x"}"#;

/// A chunk with a right sum.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let summed = [&kind[..], data].concat();
    let sum = crc32fast::hash(&summed).to_be_bytes();
    [&(data.len() as u32).to_be_bytes()[..], &summed, &sum].concat()
}

/// A picture with `chunks` before its end.
fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
    let picture = picture::of("bo");
    let (head, end) = picture.split_at(picture.len() - 12);
    [head, &chunks.concat(), end].concat()
}

fn text(keyword: &str, json: &str) -> Vec<u8> {
    [keyword.as_bytes(), b"\0", STANDARD.encode(json).as_bytes()].concat()
}

/// An iTXt chunk's data, its text packed.
fn packed(keyword: &str, bytes: &[u8]) -> Vec<u8> {
    [keyword.as_bytes(), b"\0\x01\0en\0card\0", &compress_to_vec_zlib(bytes, 9)].concat()
}

/// An archive: name, method, bytes of each entry, and what each unpacks to.
fn zip(entries: &[(&str, u16, &[u8], &[u8])]) -> Vec<u8> {
    let (mut file, mut contents) = (Vec::new(), Vec::new());
    for (name, method, bytes, plain) in entries {
        let at = (file.len() as u32).to_le_bytes();
        let common = [
            &[20, 0, 0, 0][..],
            &method.to_le_bytes(),
            &[0; 4],
            &crc32fast::hash(plain).to_le_bytes(),
            &(bytes.len() as u32).to_le_bytes(),
            &(plain.len() as u32).to_le_bytes(),
            &(name.len() as u16).to_le_bytes(),
            &[0; 2],
        ]
        .concat();
        file.extend([b"PK\x03\x04", &common[..], name.as_bytes(), bytes].concat());
        contents.extend([b"PK\x01\x02\x14\0", &common[..], &[0; 10], &at, name.as_bytes()].concat());
    }
    let count = (entries.len() as u16).to_le_bytes();
    let (size, at) = ((contents.len() as u32).to_le_bytes(), (file.len() as u32).to_le_bytes());
    [&file[..], &contents, b"PK\x05\x06\0\0\0\0", &count, &count, &size, &at, &[0; 2]].concat()
}

fn stored(name: &str, bytes: &[u8]) -> Vec<u8> {
    zip(&[(name, 0, bytes, bytes)])
}

/// The file holds this card.
fn holds(file: &[u8], card: &str) {
    assert_eq!(text_of(file).unwrap(), card);
}

/// The file is refused, and says so in these words.
fn refused(file: &[u8], expected: &str) {
    let error = text_of(file).unwrap_err();
    assert!(error.to_string().contains(expected), "{error}");
    assert!(!error.hint().is_empty());
}

#[test]
fn a_card_is_found_in_every_container() {
    holds(CARD.as_bytes(), CARD);
    let marked = [b"\xef\xbb\xbf\n", CARD.as_bytes()].concat();
    assert!(Card::parse(&text_of(&marked).unwrap()).is_ok());
    holds(&png(&[chunk(b"tEXt", &text("chara", CARD))]), CARD);
    let newer = r#"{"name":"new"}"#;
    holds(&png(&[chunk(b"tEXt", &text("chara", CARD)), chunk(b"tEXt", &text("ccv3", newer))]), newer);
    let base64 = STANDARD.encode(CARD);
    holds(&png(&[chunk(b"iTXt", &packed("chara", base64.as_bytes()))]), CARD);
    let plain = [b"ccv3\0\0\0\0\0", base64.as_bytes()].concat();
    holds(&png(&[chunk(b"iTXt", &plain)]), CARD);
    let zlib = [b"chara\0\0", &compress_to_vec_zlib(base64.as_bytes(), 1)[..]].concat();
    holds(&png(&[chunk(b"zTXt", &zlib)]), CARD);
    // Broken lines and no padding are in the wild.
    let loose = format!("chara\0{}\n{}", &base64[..8], base64[8..].trim_end_matches('='));
    holds(&png(&[chunk(b"tEXt", loose.as_bytes())]), CARD);
    holds(&stored("card.json", CARD.as_bytes()), CARD);
    let deflated = compress_to_vec(CARD.as_bytes(), 9);
    let entries: [(&str, u16, &[u8], &[u8]); 2] =
        [("assets/icon.png", 0, b"x", b"x"), ("card.json", 8, &deflated, CARD.as_bytes())];
    holds(&zip(&entries), CARD);
}

/// Files that other programs wrote: Python's zipfile, and its zlib and struct.
#[test]
fn containers_of_another_make_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cards");
    for name in ["bo.charx", "bo.png"] {
        let card = Card::parse(&text_of(&std::fs::read(folder.join(name)).unwrap()).unwrap()).unwrap();
        let persona = import(&card, &named(), &like).unwrap().persona;
        assert_eq!((persona.name.as_str(), persona.age), ("Bo Lee", 44), "{name}");
        assert_eq!(persona.openings, ["Let's see, then."], "{name}");
    }
}

#[test]
fn other_files_are_named() {
    refused(b"", "it is empty");
    refused(b"\xff\xd8\xff\xe0", "a JPEG picture");
    refused(b"RIFF....WEBP", "a WebP picture");
    refused(b"hello", "neither JSON");
    refused(b"{\"name\":\"\xff\"}", "not valid UTF-8");
    refused(&picture::of("bo"), "no card in the picture");
    refused(&png(&[chunk(b"tEXt", b"Comment\0chara")]), "no card in the picture");
}

#[test]
fn a_damaged_picture_is_named() {
    let whole = png(&[chunk(b"tEXt", &text("chara", CARD))]);
    refused(&whole[..8], "ends within a chunk");
    refused(&whole[..whole.len() - 1], "ends within a chunk");
    let mut flipped = whole.clone();
    flipped[45] ^= 1;
    refused(&flipped, "the sum of chunk PLTE is wrong");
    let mut claims = whole.clone();
    claims[33..37].copy_from_slice(&u32::MAX.to_be_bytes());
    refused(&claims, "a chunk claims 4294967295 bytes");
    let headless = [b"\x89PNG\r\n\x1a\n", &chunk(b"IEND", b"")[..]].concat();
    refused(&headless, "does not begin as a PNG");
    refused(&png(&[chunk(b"tEXt", b"chara\0!!!!")]), "not base64");
    refused(&png(&[chunk(b"iTXt", b"chara\0\x01")]), "cut off");
    refused(&png(&[chunk(b"zTXt", b"chara\0\0no zlib")]), "can't be unpacked");
    let crowd = vec![chunk(b"tEXt", b"a\0"); 70_000];
    refused(&png(&crowd), "more than 65536 chunks");
}

#[test]
fn a_damaged_archive_is_named() {
    let whole = stored("card.json", CARD.as_bytes());
    refused(&whole[..whole.len() - 1], "table of contents");
    refused(b"PK\x03\x04", "table of contents");
    refused(&stored("other.json", b"{}"), "no card.json");
    refused(&zip(&[("card.json", 0, CARD.as_bytes(), b"another")]), "the sum of card.json is wrong");
    refused(&zip(&[("card.json", 8, b"\xff\xff", b"x")]), "card.json is damaged");
    refused(&zip(&[("card.json", 14, b"x", b"x")]), "method 14");
    let end = whole.len() - 22;
    let with = |at: usize, bytes: &[u8]| {
        let mut file = whole.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    refused(&with(end + 4, &[1, 0]), "several parts");
    refused(&with(end + 8, &[0x30, 0x75, 0x30, 0x75]), "30000 entries");
    refused(&with(end + 16, &[0xf0, 0xff, 0xff, 0x7f]), "table of contents");
    let entry = whole.len() - 22 - 46 - 9;
    refused(&with(entry + 8, &[1, 0]), "encrypted");
    refused(&with(entry + 42, &[0xff; 4]), "card.json is damaged");
    refused(&with(entry + 20, &[0xff; 4]), "card.json is damaged");
}

#[test]
fn what_unpacks_without_end_is_stopped() {
    // 64 MiB of one letter in 64 KiB.
    let bomb = vec![b'A'; 64 << 20];
    refused(&png(&[chunk(b"iTXt", &packed("chara", &bomb))]), "unpacks to more than 16 MiB");
    let deflated = compress_to_vec(&bomb, 6);
    refused(&zip(&[("card.json", 8, &deflated, b"small, it says")]), "unpacks to more than 16 MiB");
}

#[test]
fn a_picture_keeps_its_other_chunks() {
    let odd =
        [chunk(b"tIME", &[7; 7]), chunk(b"tEXt", b"Author\0Ann"), chunk(b"iTXt", &packed("chara", b"old"))];
    let picture = png(&odd);
    let out = with_cards(&picture, &[("chara", CARD)]).unwrap();
    let holds = |file: &[u8], part: &[u8]| file.windows(part.len()).any(|window| window == part);
    assert!(holds(&out, &odd[0]) && holds(&out, &odd[1]) && !holds(&out, &odd[2]));
    assert_eq!(text_of(&out).unwrap(), CARD);
    assert_eq!(with_cards(&out, &[("chara", CARD)]).unwrap(), out, "putting it in twice changes nothing");
    assert_eq!(with_cards(&picture::of("bo"), &[]).unwrap(), picture::of("bo"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn damage_makes_an_error_or_the_same_card(
        container in 0..3usize,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let deflated = compress_to_vec(CARD.as_bytes(), 9);
        let whole = match container {
            0 => png(&[chunk(b"iTXt", &packed("chara", STANDARD.encode(CARD).as_bytes()))]),
            1 => zip(&[("a", 0, b"x", b"x"), ("card.json", 8, &deflated, CARD.as_bytes())]),
            _ => CARD.as_bytes().to_vec(),
        };
        let mut file = whole.clone();
        for (at, byte) in flips {
            let at = at.index(file.len());
            file[at] = byte;
        }
        if is_cut {
            file.truncate(cut.index(file.len()));
        }
        match text_of(&file) {
            // Sums guard what is packed; plain JSON has none and may become another card.
            Ok(card) if container < 2 => prop_assert_eq!(card, CARD),
            Ok(card) => drop(Card::parse(&card)),
            Err(error) => prop_assert!(!error.hint().is_empty()),
        }
    }

    #[test]
    fn anything_behind_a_true_beginning_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for head in [&b"\x89PNG\r\n\x1a\n"[..], b"PK\x03\x04", b"{"] {
            let _ = text_of(&[head, &bytes[..]].concat());
            let _ = text_of(&[head, &bytes[..], b"PK\x05\x06", &[0; 18]].concat());
        }
    }
}

//! How alike two turns are in what they ask or tell, as learnt from wordings that authors set side by side.
//! Knows: stems, the bundled table (`models/encoder.safetensors`, made by `training/encoder.py`).
//! Never: lines, scores, disk.
//!
//! A turn is a point of a sphere: the sum of a vector for each stem and each pair of neighbours, at length one.

use std::collections::HashMap;
use std::sync::LazyLock;

use safetensors::{Dtype, SafeTensors};

static FILE: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/encoder.safetensors"));
static BUNDLED: LazyLock<Encoder> =
    LazyLock::new(|| Encoder::read(FILE).expect("the bundled encoder is whole: a test reads it"));

/// Numbers in a point.
const WIDTH: usize = 128;
/// What stands before and behind the stems of a turn.
const FIRST: &str = "<s>";
const LAST: &str = "</s>";

/// Where a turn lies.
#[derive(Clone, Debug)]
pub(super) struct Point([f32; WIDTH]);

impl Point {
    /// The cosine, `-1.0..=1.0`.
    pub fn near(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}

/// The table: a row for each stem, then rows that pairs of neighbours share.
#[derive(Debug)]
pub(super) struct Encoder {
    stems: HashMap<&'static str, usize>,
    rows: &'static [[u8; WIDTH]],
    /// What a unit of each row is.
    scale: Vec<f32>,
}

impl Encoder {
    /// The one in the program.
    pub fn bundled() -> &'static Self {
        &BUNDLED
    }

    fn read(file: &'static [u8]) -> Result<Self, String> {
        let (_, header) = SafeTensors::read_metadata(file).map_err(|e| e.to_string())?;
        let words = header.metadata().as_ref().and_then(|m| m.get("words")).ok_or("no words")?;
        let tensors = SafeTensors::deserialize(file).map_err(|e| e.to_string())?;
        let (rows, scale) = (tensors.tensor("rows"), tensors.tensor("scale"));
        let (rows, scale) = (rows.map_err(|e| e.to_string())?, scale.map_err(|e| e.to_string())?);
        let [n, WIDTH] = rows.shape()[..] else { return Err(format!("rows of shape {:?}", rows.shape())) };
        if rows.dtype() != Dtype::I8 || scale.dtype() != Dtype::F32 || scale.shape() != [n] {
            return Err("rows or scales of another kind".to_owned());
        }
        let (rows, _) = rows.data().as_chunks::<WIDTH>();
        let scale = scale.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        // The words are few and live as long as the program.
        let words: &'static str = words.clone().leak();
        let stems: HashMap<&str, usize> = words.split('\n').zip(0..).collect();
        if stems.len() >= n {
            return Err(format!("{} stems, {n} rows", stems.len()));
        }
        Ok(Self { stems, rows, scale: scale.collect() })
    }

    /// Whether it has learnt this stem.
    pub fn knows(&self, stem: &str) -> bool {
        self.stems.contains_key(stem)
    }

    /// Where a turn of these `stems` lies.
    pub fn point(&self, stems: &[impl AsRef<str>]) -> Point {
        let mut sum = [0.0; WIDTH];
        for row in self.rows_of(stems) {
            let scale = self.scale[row];
            for (to, from) in sum.iter_mut().zip(&self.rows[row]) {
                *to += scale * f32::from(from.cast_signed());
            }
        }
        let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        Point(sum.map(|x| x / length))
    }

    fn rows_of(&self, stems: &[impl AsRef<str>]) -> Vec<usize> {
        let all: Vec<&str> =
            [FIRST].into_iter().chain(stems.iter().map(AsRef::as_ref)).chain([LAST]).collect();
        let shared = self.rows.len() - self.stems.len();
        let pair = |pair: &[&str]| {
            let mut hash = crc32fast::Hasher::new();
            hash.update(pair[0].as_bytes());
            hash.update(b" ");
            hash.update(pair[1].as_bytes());
            self.stems.len() + hash.finalize() as usize % shared
        };
        all.iter().filter_map(|s| self.stems.get(s).copied()).chain(all.windows(2).map(pair)).collect()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::domain::lines::index::Lexicon;

    /// What `training/encoder.py` came to.
    #[derive(Deserialize)]
    struct Reference {
        one: String,
        other: String,
        rows: Vec<usize>,
        like: f32,
    }

    #[test]
    fn it_comes_to_what_training_came_to() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
        let file = std::fs::read_to_string(format!("{root}tests/data/pocket/encoder.json")).unwrap();
        let synonyms = std::fs::read_to_string(format!("{root}prompts/lines/synonyms.toml")).unwrap();
        let mut lexicon = Lexicon::default();
        assert_eq!(lexicon.add_synonyms("synonyms.toml", &synonyms), []);
        let references: Vec<Reference> = serde_json::from_str(&file).unwrap();
        assert_eq!(references.len(), 40);
        for Reference { one, other, rows, like } in references {
            let encoder = Encoder::bundled();
            assert_eq!(encoder.rows_of(&lexicon.stems(&one)), rows, "{one}");
            let near = encoder.point(&lexicon.stems(&one)).near(&encoder.point(&lexicon.stems(&other)));
            assert!((near - like).abs() < 1e-3, "{one} / {other}: {near}, not {like}");
        }
    }

    #[test]
    fn wordings_of_one_question_are_nearer_than_others_with_its_words() {
        let (lexicon, encoder) = (Lexicon::default(), Encoder::bundled());
        let point = |text: &str| encoder.point(&lexicon.stems(text));
        let near = |a: &str, b: &str| point(a).near(&point(b));
        let asked = "how much do you drink on a normal day";
        let (same, other) = (
            near(asked, "how many drinks a day would you say"),
            near(asked, "who do you drink with in the day"),
        );
        assert!(same > other, "{same} {other}");
    }

    #[test]
    fn an_empty_turn_has_a_point() {
        let nothing = Encoder::bundled().point(&[] as &[&str]);
        assert!(nothing.0.iter().all(|x| x.is_finite()));
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        assert!(Encoder::read(b"not a table").is_err());
        assert!(Encoder::read(&FILE[..FILE.len() - 1]).is_err());
    }
}

//! How likely a line is to be believed, from what is known of it at this moment: fitted to lines that readers graded.
//! Knows: `models/chooser.toml`, made by `training/chooser.py`. Never: lines, words, why an action was chosen.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::domain::lines::question::Asks;
use crate::domain::lines::tag::Tag;

static FILE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/chooser.toml"));
static BUNDLED: LazyLock<Weights> =
    LazyLock::new(|| toml::from_str(FILE).expect("the bundled weights are whole: a test reads them"));

/// From this nearness on a wording is surely meant ...
const SURELY: f32 = 0.75;
/// ... and below this one hardly.
const HARDLY: f32 = 0.5;

/// Where a line stands, as far as weights tell places apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineKind {
    /// Answers particular trainee words.
    Paired,
    /// Goes on from the client's last words.
    More,
    /// A belief, said outright.
    Claim,
    /// The voice of a kind of client.
    Voice,
    /// A reaction to a kind of turn.
    Reaction,
    /// An answer that holds after any turn of its kind.
    Anywhere,
}

/// What is known of a line at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// Where it stands.
    pub kind: LineKind,
    /// What it is written as.
    pub tag: Tag,
    /// How near the trainee's words are to those that it answers, `0.0..=1.0`; none where it answers none.
    pub near: Option<f32>,
    /// Whether these ask for the same.
    pub asks: Option<Asks>,
    /// It is the client's own.
    pub own: bool,
    /// Something is asked ...
    pub asked: bool,
    /// ... that a yes or a no does not answer.
    pub wanted: bool,
}

/// The weights of one kind of line.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OfKind {
    /// Where nothing is asked ...
    told: f32,
    /// ... where something is ...
    asked: f32,
    /// ... and, in addition, where a what or a who is.
    wanted: f32,
    /// Per unit of nearness, where nothing is asked ...
    near_told: f32,
    /// ... and where something is.
    near_asked: f32,
    /// Per unit above [`SURELY`].
    surely: f32,
    /// Per unit below [`HARDLY`].
    hardly: f32,
    /// Where it is the client's own.
    own: f32,
    /// Where the trainee asks for the same as the wording …
    same: f32,
    /// … for something else …
    other: f32,
    /// … and where only one of them asks: the trainee, or the wording.
    spoken: f32,
    wording: f32,
}

/// All weights.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Weights {
    kind: BTreeMap<LineKind, OfKind>,
    /// Per tag, where nothing is asked.
    told: BTreeMap<Tag, f32>,
    /// Per tag, where something is.
    asked: BTreeMap<Tag, f32>,
}

impl Weights {
    /// Those in the program.
    pub fn bundled() -> &'static Self {
        &BUNDLED
    }

    /// How likely a reader believes the line here, `0.0..=1.0`.
    pub fn believed(&self, line: &Evidence) -> f32 {
        let of = self.kind.get(&line.kind).copied().unwrap_or_default();
        let of_tag = if line.asked { &self.asked } else { &self.told };
        let mut sum = if line.asked { of.asked } else { of.told };
        sum += of_tag.get(&line.tag).copied().unwrap_or_default();
        sum += if line.wanted { of.wanted } else { 0.0 };
        sum += if line.own { of.own } else { 0.0 };
        sum += match line.asks {
            Some(Asks::Same) => of.same,
            Some(Asks::Other) => of.other,
            Some(Asks::Spoken) => of.spoken,
            Some(Asks::Wording) => of.wording,
            Some(Asks::Neither) | None => 0.0,
        };
        if let Some(near) = line.near {
            sum += near * if line.asked { of.near_asked } else { of.near_told };
            sum += (near - SURELY).max(0.0) * of.surely + (HARDLY - near).max(0.0) * of.hardly;
        }
        1.0 / (1.0 + (-sum).exp())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn paired(near: f32) -> Evidence {
        Evidence {
            kind: LineKind::Paired,
            tag: Tag::Inform,
            near: Some(near),
            asks: Some(Asks::Same),
            own: true,
            asked: true,
            wanted: true,
        }
    }

    #[test]
    fn the_nearer_the_likelier() {
        let believed = |near| Weights::bundled().believed(&paired(near));
        assert!(believed(0.95) > believed(0.4) + 0.2, "{} {}", believed(0.95), believed(0.4));
        assert!((1..20).all(|i| believed(i as f32 / 20.0) >= believed((i - 1) as f32 / 20.0)));
    }

    #[test]
    fn who_asks_the_same_is_answered_rather_than_who_asks_for_something_else() {
        let believed = |asks| Weights::bundled().believed(&Evidence { asks: Some(asks), ..paired(0.7) });
        assert!(believed(Asks::Same) > believed(Asks::Other));
        assert!(believed(Asks::Other) > believed(Asks::Spoken));
    }

    #[test]
    fn every_kind_and_tag_has_weights() {
        let weights = Weights::bundled();
        assert_eq!(weights.kind.len(), 6);
        assert!(weights.told.len() >= 19 && weights.asked.len() >= 19);
    }

    #[test]
    fn an_unknown_weight_is_refused() {
        let error = toml::from_str::<Weights>("[kind.paired]\nnaer = 1.0\n[told]\n[asked]").unwrap_err();
        assert!(error.to_string().contains("naer"), "{error}");
    }
}

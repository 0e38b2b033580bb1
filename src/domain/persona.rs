//! A client as a file describes them: TOML front matter and a Markdown body.
//! Knows: moves, actions, levels. Never: state, judge, prompts, disk.

pub mod body;
mod check;
mod draft;
pub mod lint;
mod manner;
mod parse;
pub mod start;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::action::Action;
use crate::domain::moves::Move;

pub use manner::Manner;
pub use parse::{no_base, parse};
pub use write::{extending, write};

/// The ten types of resistant client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Ordered to come.
    Mandated,
    /// Hostile adolescent.
    Adolescent,
    /// Deep mistrust of therapy.
    Mistrust,
    /// Openly defiant.
    Defiant,
    /// Shuts down.
    ShutDown,
    /// Agrees in words, resists change.
    YesBut,
    /// Wants to be told what to do.
    ResistsAutonomy,
    /// Guarded after trauma.
    TraumaGuarded,
    /// Mistrust with a history of discrimination.
    CulturalMistrust,
    /// Doubts that therapy does anything.
    Sceptic,
}

impl Kind {
    /// Every type.
    pub const ALL: [Kind; 10] = [
        Kind::Mandated,
        Kind::Adolescent,
        Kind::Mistrust,
        Kind::Defiant,
        Kind::ShutDown,
        Kind::YesBut,
        Kind::ResistsAutonomy,
        Kind::TraumaGuarded,
        Kind::CulturalMistrust,
        Kind::Sceptic,
    ];

    /// The type of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Mandated => "mandated",
            Kind::Adolescent => "adolescent",
            Kind::Mistrust => "mistrust",
            Kind::Defiant => "defiant",
            Kind::ShutDown => "shut-down",
            Kind::YesBut => "yes-but",
            Kind::ResistsAutonomy => "resists-autonomy",
            Kind::TraumaGuarded => "trauma-guarded",
            Kind::CulturalMistrust => "cultural-mistrust",
            Kind::Sceptic => "sceptic",
        }
    }
}

/// Grammatical gender of the client's words about themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gender {
    /// She.
    Female,
    /// He.
    Male,
    /// They.
    Other,
}

impl Gender {
    /// Every gender.
    pub const ALL: [Gender; 3] = [Gender::Female, Gender::Male, Gender::Other];

    /// The name in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Gender::Female => "female",
            Gender::Male => "male",
            Gender::Other => "other",
        }
    }

    /// The gender of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gender| gender.as_str() == name)
    }
}

/// A client. Every field is plain data; `parse` is the only way in from a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Persona {
    /// File stem and name on the command line.
    pub id: String,
    /// Full name.
    pub name: String,
    /// Years.
    pub age: u8,
    /// See [`Gender`].
    pub gender: Gender,
    /// Type of resistance.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// What the talk is about: `drinking`, `mood`, …
    pub topic: String,
    /// 1 (patient) to 3 (hard).
    pub difficulty: u8,
    /// One line for the chooser.
    pub blurb: String,
    /// One line for the trainee: what a good first session looks like.
    pub aim: String,
    /// Where the state starts.
    pub start: Start,
    /// How the state moves.
    pub temperament: Temperament,
    /// Moves that help this client more than others.
    pub keys: Vec<Effect>,
    /// Moves that hurt this client more than others.
    pub triggers: Vec<Effect>,
    /// Factors on the action weights.
    pub bias: BTreeMap<Action, f32>,
    /// What discord looks like in this client: weights over the discord actions.
    pub discord: BTreeMap<Action, f32>,
    /// People and things that lines name through slots.
    pub people: People,
    /// Facts told only once trust allows it.
    pub facts: Vec<Fact>,
    /// First lines, one of which opens a session.
    pub openings: Vec<String>,
    /// Habitual reply length in words: quartiles.
    pub words: Words,
    /// Small words that are theirs. Older sessions have none.
    #[serde(default)]
    pub manner: Manner,
    /// Words that this client would never say.
    pub never: Vec<String>,
    /// The Markdown body: who they are, how they talk, example exchanges.
    pub body: String,
}

impl Persona {
    /// Nobody in particular: every number at its default or 0, no text at all.
    pub(in crate::domain) fn blank() -> Self {
        draft::blank()
    }
}

/// Start levels, `0.0..=1.0`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// D.
    pub discord: f32,
    /// T.
    pub trust: f32,
    /// R.
    pub readiness: f32,
}

/// The constants of the update table that belong to a person.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Temperament {
    /// Discord relaxes towards this.
    pub floor: f32,
    /// Factor on every rise of discord.
    pub react: f32,
    /// Factor on every rise of trust.
    pub trust_gain: f32,
    /// Factor on every rise of readiness.
    pub readiness_gain: f32,
    /// Added to the weight of sustain-type actions.
    pub stick: f32,
    /// Discord above which discord acts begin.
    pub discord_onset: f32,
    /// The gate is open only below this discord …
    pub discord_gate: f32,
    /// … and above this trust.
    pub trust_gate: f32,
    /// Readiness stays at or below this without both the change side reflected and a plan
    /// of the client's own elicited.
    pub readiness_cap: f32,
}

impl Default for Temperament {
    fn default() -> Self {
        Self {
            floor: 0.1,
            react: 1.0,
            trust_gain: 1.0,
            readiness_gain: 1.0,
            stick: 0.0,
            discord_onset: 0.45,
            discord_gate: 0.40,
            trust_gate: 0.35,
            readiness_cap: 1.0,
        }
    }
}

/// An extra effect of one move on one client; magnitudes as in the persona table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// After this move.
    #[serde(rename = "move")]
    pub on: Move,
    /// Discord: lowered by a key move, raised (times `1 - D`) by a trigger.
    #[serde(default)]
    pub discord: f32,
    /// Trust: raised by a key move, lowered by a trigger.
    #[serde(default)]
    pub trust: f32,
    /// Readiness: raised by a key move, lowered by a trigger.
    #[serde(default)]
    pub readiness: f32,
}

/// What the slots `<who> <kid> <friend> <partner> <job>` stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct People {
    /// Who presses them to change, as they say it: "my PO".
    pub who: String,
    /// A child's name.
    pub kid: Option<String>,
    /// A friend's name.
    pub friend: Option<String>,
    /// "my wife", "my husband", a name.
    pub partner: Option<String>,
    /// "delivery driver".
    pub job: Option<String>,
}

/// Something that the client tells only to someone they trust enough.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Short name, unique in the file.
    pub id: String,
    /// The fact in the third person, for the note to a model.
    pub text: String,
    /// Trust from which it can be told.
    pub trust: f32,
    /// Stems in the trainee's or the client's last words that bring it up.
    #[serde(default)]
    pub cues: Vec<String>,
    /// How the client says it: authored lines for the pocket client.
    pub say: Vec<String>,
}

/// Habitual length of a reply, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// First quartile.
    pub low: u16,
    /// Median.
    pub median: u16,
    /// Third quartile.
    pub high: u16,
}

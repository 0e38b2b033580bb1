//! Front matter as it is written: everything may be missing, because `extends` may supply it.
//! Knows: the persona's fields. Never: ranges, lines, text.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::action::Action;

use super::{Effect, Fact, Gender, Kind, Manner, People, Persona, Start, Temperament, Words};

/// Front matter.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Draft {
    pub(super) extends: Option<String>,
    pub(super) id: Option<String>,
    name: Option<String>,
    age: Option<u8>,
    gender: Option<Gender>,
    #[serde(rename = "type")]
    kind: Option<Kind>,
    topic: Option<String>,
    difficulty: Option<u8>,
    blurb: Option<String>,
    aim: Option<String>,
    start: StartDraft,
    temperament: TemperamentDraft,
    keys: Option<Vec<Effect>>,
    triggers: Option<Vec<Effect>>,
    bias: BTreeMap<Action, f32>,
    discord: BTreeMap<Action, f32>,
    people: PeopleDraft,
    facts: Option<Vec<Fact>>,
    openings: Option<Vec<String>>,
    words: WordsDraft,
    manner: MannerDraft,
    never: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StartDraft {
    discord: Option<f32>,
    trust: Option<f32>,
    readiness: Option<f32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TemperamentDraft {
    floor: Option<f32>,
    react: Option<f32>,
    trust_gain: Option<f32>,
    readiness_gain: Option<f32>,
    stick: Option<f32>,
    discord_onset: Option<f32>,
    discord_gate: Option<f32>,
    trust_gate: Option<f32>,
    readiness_cap: Option<f32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PeopleDraft {
    who: Option<String>,
    kid: Option<String>,
    friend: Option<String>,
    partner: Option<String>,
    job: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WordsDraft {
    low: Option<u16>,
    median: Option<u16>,
    high: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MannerDraft {
    rate: Option<f32>,
    openers: Option<Vec<String>>,
    against: Option<Vec<String>>,
    along: Option<Vec<String>>,
    fillers: Option<Vec<String>>,
    tags: Option<Vec<String>>,
    links: Option<Vec<String>>,
    yes: Option<Vec<String>>,
    clips: Option<bool>,
}

/// Puts each field that the draft gives in the place of the persona's.
macro_rules! overlay {
    ($onto:expr, $from:expr, $($field:ident),+ $(,)?) => {
        $(if let Some(value) = $from.$field { $onto.$field = value; })+
    };
}

impl Draft {
    /// The keys that a persona which extends nobody must give, and does not.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let given = [
            ("name", self.name.is_some()),
            ("age", self.age.is_some()),
            ("gender", self.gender.is_some()),
            ("type", self.kind.is_some()),
            ("topic", self.topic.is_some()),
            ("difficulty", self.difficulty.is_some()),
            ("blurb", self.blurb.is_some()),
            ("aim", self.aim.is_some()),
            ("start.discord", self.start.discord.is_some()),
            ("start.trust", self.start.trust.is_some()),
            ("start.readiness", self.start.readiness.is_some()),
            ("people.who", self.people.who.is_some()),
            ("openings", self.openings.is_some()),
            ("words.low", self.words.low.is_some()),
            ("words.median", self.words.median.is_some()),
            ("words.high", self.words.high.is_some()),
        ];
        given.into_iter().filter(|(_, is_given)| !is_given).map(|(key, _)| key).collect()
    }

    /// `base` with everything that the draft gives instead; tables key by key.
    pub(super) fn onto(self, mut base: Persona) -> Persona {
        overlay!(base, self, id, name, age, gender, kind, topic, difficulty, blurb, aim);
        overlay!(base, self, keys, triggers, facts, openings, never);
        overlay!(base.start, self.start, discord, trust, readiness);
        let temperament = self.temperament;
        overlay!(base.temperament, temperament, floor, react, trust_gain, readiness_gain, stick);
        overlay!(base.temperament, temperament, discord_onset, discord_gate, trust_gate, readiness_cap);
        overlay!(base.words, self.words, low, median, high);
        let manner = self.manner;
        overlay!(base.manner, manner, rate, openers, against, along, yes, fillers, tags, links, clips);
        overlay!(base.people, self.people, who);
        let People { kid, friend, partner, job, .. } = &mut base.people;
        for (onto, from) in [
            (kid, self.people.kid),
            (friend, self.people.friend),
            (partner, self.people.partner),
            (job, self.people.job),
        ] {
            // An empty text takes a person away that the base has.
            if let Some(value) = from {
                *onto = Some(value).filter(|value| !value.is_empty());
            }
        }
        base.bias.extend(self.bias);
        base.discord.extend(self.discord);
        base
    }
}

/// What a persona that extends nobody starts from. Every value here is overlaid, or the file
/// has a problem and no persona comes of it, except the ones that are a default.
pub(super) fn blank() -> Persona {
    Persona {
        id: String::new(),
        name: String::new(),
        age: 0,
        gender: Gender::Other,
        kind: Kind::Sceptic,
        topic: String::new(),
        difficulty: 0,
        blurb: String::new(),
        aim: String::new(),
        start: Start { discord: 0.0, trust: 0.0, readiness: 0.0 },
        temperament: Temperament::default(),
        keys: Vec::new(),
        triggers: Vec::new(),
        bias: BTreeMap::new(),
        discord: BTreeMap::new(),
        people: People::default(),
        facts: Vec::new(),
        openings: Vec::new(),
        words: Words { low: 0, median: 0, high: 0 },
        manner: Manner::default(),
        never: Vec::new(),
        body: String::new(),
    }
}

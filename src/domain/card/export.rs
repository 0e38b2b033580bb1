//! From a client to a card: its words where other programs look for them, the whole of it under
//! `extensions.pushback`.
//! Knows: personas, the fields of a card. Never: pictures, disk.

use serde_json::{Map, Value, json};

use super::import::{body_of, name_of, openings_of};
use super::{Card, FORMAT, MORE_TEXTS, TEXTS};
use crate::domain::persona::start::usual;
use crate::domain::persona::{Persona, body};

/// The form of a card that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Read by nearly every program.
    V2,
    /// The newer one.
    V3,
}

/// The card of `persona`, as JSON. What `kept` holds and the client's file does not (creator,
/// tags, lore book, other programs' extensions, unknown fields) is taken over from it.
pub fn export(persona: &Persona, kept: Option<&Card>, version: Version) -> Value {
    let mut root = kept.map(|card| card.root.clone()).unwrap_or_default();
    let mut data = kept.map(|card| card.data().clone()).unwrap_or_default();
    if kept.is_some_and(Card::is_flat) {
        // Version 1 has its fields at the top; they are below `data` from now on.
        root.clear();
    }
    words(persona, kept, &mut data);
    for field in TEXTS {
        // Some programs write the fields twice, for readers of version 1.
        if let Some(twin) = root.get_mut(field) {
            *twin = data[field].clone();
        }
    }
    for field in MORE_TEXTS {
        data.entry(field).or_insert_with(|| json!(""));
    }
    if data["creator_notes"] == "" {
        data.insert("creator_notes".to_owned(), json!(persona.blurb));
    }
    data.entry("tags").or_insert_with(|| json!([]));
    if version == Version::V3 {
        data.entry("group_only_greetings").or_insert_with(|| json!([]));
    }
    let kept = data.get("extensions").and_then(|extensions| extensions.get("pushback"));
    let mut ours = kept.and_then(Value::as_object).cloned().unwrap_or_default();
    ours.insert("format".to_owned(), json!(FORMAT));
    ours.insert("persona".to_owned(), whole(persona));
    match data.get_mut("extensions") {
        Some(Value::Object(extensions)) => drop(extensions.insert("pushback".to_owned(), ours.into())),
        _ => drop(data.insert("extensions".to_owned(), json!({ "pushback": ours }))),
    }
    let (spec, spec_version) = match version {
        Version::V2 => ("chara_card_v2", "2.0"),
        Version::V3 => ("chara_card_v3", "3.0"),
    };
    root.insert("spec".to_owned(), json!(spec));
    root.insert("spec_version".to_owned(), json!(spec_version));
    root.insert("data".to_owned(), Value::Object(data));
    Value::Object(root)
}

/// The client as JSON, by way of its text: numbers keep their few digits.
fn whole(persona: &Persona) -> Value {
    let text = serde_json::to_string(persona).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Whether `card` holds more than a card of `persona` alone would.
pub fn is_more(card: &Card, persona: &Persona) -> bool {
    [Version::V2, Version::V3]
        .iter()
        .all(|version| Value::Object(card.root.clone()) != export(persona, None, *version))
}

/// Name, description, openings and examples. Where the client's are still what the card's own
/// make, the card's stay to the letter.
fn words(persona: &Persona, kept: Option<&Card>, data: &mut Map<String, Value>) {
    let text = |text: &str| Value::String(text.to_owned());
    if kept.is_none_or(|card| name_of(card) != persona.name) {
        data.insert("name".to_owned(), text(&persona.name));
    }
    let voice = usual(persona.kind).voice;
    if kept.is_none_or(|card| body_of(card, voice) != persona.body) {
        let section = |title| text(body::section(&persona.body, title).unwrap_or_default());
        data.insert("description".to_owned(), section("Who"));
        data.insert("personality".to_owned(), section("Voice"));
        data.insert("scenario".to_owned(), text(""));
        data.insert("mes_example".to_owned(), Value::String(examples(persona)));
    }
    let openings: Vec<String> = kept
        .map_or_else(Vec::new, |card| openings_of(card).into_iter().map(|opening| opening.text).collect());
    if openings != persona.openings {
        let (first, others) = match persona.openings.split_first() {
            Some((first, others)) => (first.as_str(), others),
            None => ("", &[][..]),
        };
        data.insert("first_mes".to_owned(), text(first));
        data.insert("alternate_greetings".to_owned(), json!(others));
    }
    for field in ["description", "personality", "scenario", "first_mes", "mes_example"] {
        data.entry(field).or_insert_with(|| json!(""));
    }
    data.entry("alternate_greetings").or_insert_with(|| json!([]));
}

fn examples(persona: &Persona) -> String {
    let pairs = body::examples(&persona.body).unwrap_or_default();
    let block = |e: &body::Exchange<'_>| {
        format!("<START>\n{{{{user}}}}: {}\n{{{{char}}}}: {}\n", e.trainee, e.client)
    };
    pairs.iter().map(block).collect()
}

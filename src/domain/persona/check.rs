//! The ranges of a persona's values.
//! Knows: the persona's fields. Never: text, lines.

use std::collections::BTreeSet;

use crate::domain::action::Action;

use super::{Effect, Manner, Persona, body};

/// A fault, and the key that it is about: `start.trust`, `facts.2.id`; `body` for the body.
pub(super) type Fault = (String, String);

/// Discord acts that a persona may weigh: warning and leaving follow from the state.
const DISCORD_ACTS: [Action; 4] = [Action::Challenge, Action::Test, Action::Deflect, Action::Withdraw];

/// Everything that is out of range.
pub(super) fn faults(persona: &Persona) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    texts(persona, &mut faults);
    numbers(persona, &mut faults);
    contradictions(persona, &mut faults);
    effects("keys", &persona.keys, &mut faults);
    effects("triggers", &persona.triggers, &mut faults);
    weights(persona, &mut faults);
    facts(persona, &mut faults);
    manner(&persona.manner, &mut faults);
    sections(persona, &mut faults);
    faults.0
}

struct Faults(Vec<Fault>);

impl Faults {
    fn unless(&mut self, is_fine: bool, key: impl Into<String>, message: impl Into<String>) {
        if !is_fine {
            self.0.push((key.into(), message.into()));
        }
    }

    fn number(&mut self, key: impl Into<String>, x: f32, (low, high): (f32, f32)) {
        let key = key.into();
        // Written so that NaN is out of range.
        let is_fine = x >= low && x <= high;
        self.unless(is_fine, key.clone(), format!("`{key}` is {x}, must be from {low} to {high}"));
    }

    fn text(&mut self, key: impl Into<String>, text: &str, most: usize) {
        let (key, length) = (key.into(), text.chars().count());
        self.unless(!text.trim().is_empty(), key.clone(), format!("`{key}` is empty"));
        self.unless(
            length <= most,
            key.clone(),
            format!("`{key}` has {length} characters, at most {most} fit"),
        );
        self.unless(!text.contains('\n'), key.clone(), format!("`{key}` must be one line"));
    }

    /// A list of short texts of which at least `least` are needed.
    fn list(&mut self, key: &str, texts: &[String], (least, most): (usize, usize), length: usize) {
        let count = texts.len();
        let is_fine = (least..=most).contains(&count);
        self.unless(is_fine, key, format!("`{key}` has {count} entries, must have {least} to {most}"));
        for (i, text) in texts.iter().enumerate() {
            self.text(format!("{key}.{i}"), text, length);
        }
    }
}

fn texts(persona: &Persona, faults: &mut Faults) {
    faults.text("name", &persona.name, 60);
    faults.text("blurb", &persona.blurb, 160);
    faults.text("aim", &persona.aim, 300);
    faults.text("people.who", &persona.people.who, 40);
    let people = &persona.people;
    for (key, slot) in
        [("kid", &people.kid), ("friend", &people.friend), ("partner", &people.partner), ("job", &people.job)]
    {
        if let Some(slot) = slot {
            faults.text(format!("people.{key}"), slot, 40);
        }
    }
    faults.unless(is_slug(&persona.topic), "topic", "`topic` may have only a-z, 0-9 and -");
    faults.list("openings", &persona.openings, (1, 20), 300);
    faults.list("never", &persona.never, (0, 100), 40);
}

fn numbers(persona: &Persona, faults: &mut Faults) {
    const LEVEL: (f32, f32) = (0.0, 1.0);
    const GAIN: (f32, f32) = (0.0, 3.0);
    let age = persona.age;
    faults.unless((10..=99).contains(&age), "age", format!("`age` is {age}, must be from 10 to 99"));
    let difficulty = persona.difficulty;
    let is_fine = (1..=3).contains(&difficulty);
    faults.unless(is_fine, "difficulty", format!("`difficulty` is {difficulty}, must be from 1 to 3"));
    let (start, temperament, words) = (persona.start, persona.temperament, persona.words);
    for (key, x, range) in [
        ("start.discord", start.discord, LEVEL),
        ("start.trust", start.trust, LEVEL),
        ("start.readiness", start.readiness, LEVEL),
        ("temperament.floor", temperament.floor, LEVEL),
        ("temperament.react", temperament.react, GAIN),
        ("temperament.trust_gain", temperament.trust_gain, GAIN),
        ("temperament.readiness_gain", temperament.readiness_gain, GAIN),
        ("temperament.stick", temperament.stick, (-2.0, 2.0)),
        // Discord acts grow between the onset and 1: there must be room between them.
        ("temperament.discord_onset", temperament.discord_onset, (0.0, 0.9)),
        ("temperament.discord_gate", temperament.discord_gate, LEVEL),
        ("temperament.trust_gate", temperament.trust_gate, LEVEL),
        ("temperament.readiness_cap", temperament.readiness_cap, LEVEL),
    ] {
        faults.number(key, x, range);
    }
    let is_ordered =
        1 <= words.low && words.low <= words.median && words.median <= words.high && words.high <= 120;
    faults.unless(is_ordered, "words", "`words` must rise from low over median to high, within 1 to 120");
}

/// Values that are each in range, and together leave the client no way to move.
fn contradictions(persona: &Persona, faults: &mut Faults) {
    let (start, temperament) = (persona.start, persona.temperament);
    faults.unless(
        start.readiness <= temperament.readiness_cap || !(0.0..=1.0).contains(&start.readiness),
        "start.readiness",
        format!(
            "`start.readiness` is {}, above `readiness_cap` {}",
            start.readiness, temperament.readiness_cap
        ),
    );
    faults.unless(
        temperament.discord_gate != 0.0,
        "temperament.discord_gate",
        "`discord_gate` is 0: no discord is below it, so readiness could never move",
    );
    faults.unless(
        temperament.trust_gate != 1.0,
        "temperament.trust_gate",
        "`trust_gate` is 1: no trust is above it, so readiness could never move",
    );
}

fn effects(list: &str, effects: &[Effect], faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for (i, effect) in effects.iter().enumerate() {
        for (key, x) in
            [("discord", effect.discord), ("trust", effect.trust), ("readiness", effect.readiness)]
        {
            faults.number(format!("{list}.{i}.{key}"), x, (0.0, 0.5));
        }
        let name = effect.on.as_str();
        faults.unless(
            seen.insert(effect.on),
            format!("{list}.{i}.move"),
            format!("`{name}` is in `{list}` twice"),
        );
    }
}

fn weights(persona: &Persona, faults: &mut Faults) {
    for (list, weights) in [("bias", &persona.bias), ("discord", &persona.discord)] {
        for (action, weight) in weights {
            faults.number(format!("{list}.{}", action.as_str()), *weight, (0.0, 10.0));
        }
    }
    for action in persona.discord.keys() {
        let name = action.as_str();
        let is_fine = DISCORD_ACTS.contains(action);
        let message = format!("`discord` can weigh challenge, test, deflect and withdraw, not `{name}`");
        faults.unless(is_fine, format!("discord.{name}"), message);
    }
}

fn manner(manner: &Manner, faults: &mut Faults) {
    faults.number("manner.rate", manner.rate, (0.0, 0.8));
    for (list, phrases) in manner.lists() {
        let key = format!("manner.{list}");
        faults.list(&key, phrases, (0, 12), 40);
        for (i, phrase) in phrases.iter().enumerate() {
            let asks = phrase.contains(['?', '[', '{', '<', '*']);
            let message = format!("`{phrase}` is no small word: it asks, or has a bracket");
            faults.unless(!asks, format!("{key}.{i}"), message);
            let between = matches!(list, "fillers" | "tags") && phrase != "…";
            let is_bare =
                phrase.starts_with(char::is_alphanumeric) && phrase.ends_with(char::is_alphanumeric);
            let message = format!("`{phrase}` must have no mark at either end: commas come by themselves");
            faults.unless(!between || is_bare, format!("{key}.{i}"), message);
        }
    }
}

fn facts(persona: &Persona, faults: &mut Faults) {
    let facts = &persona.facts;
    faults.unless(facts.len() <= 20, "facts", format!("{} facts, at most 20 fit", facts.len()));
    let mut seen = BTreeSet::new();
    for (i, fact) in facts.iter().enumerate() {
        let key = |name: &str| format!("facts.{i}.{name}");
        let id = &fact.id;
        faults.unless(is_slug(id), key("id"), format!("fact id `{id}` may have only a-z, 0-9 and -"));
        faults.unless(seen.insert(id), key("id"), format!("two facts have the id `{id}`"));
        faults.text(key("text"), &fact.text, 300);
        faults.number(key("trust"), fact.trust, (0.0, 1.0));
        faults.list(&key("cues"), &fact.cues, (0, 30), 40);
        faults.list(&key("say"), &fact.say, (1, 8), 300);
    }
}

fn sections(persona: &Persona, faults: &mut Faults) {
    let text = &persona.body;
    faults.unless(
        text.len() <= 16_384,
        "body",
        format!("the body has {} bytes, at most 16384 fit", text.len()),
    );
    let has_who = body::section(text, "Who").is_some_and(|who| !who.is_empty());
    faults.unless(has_who, "body", "the body has no section `## Who` with text");
}

/// A name that is safe in a file name and on the command line.
pub(super) fn is_slug(text: &str) -> bool {
    let is_safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=40).contains(&text.len()) && text.chars().all(is_safe)
}

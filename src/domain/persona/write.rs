//! From a persona to the text of its file, as a person would lay it out.
//! Knows: the persona's fields, TOML. Never: where the file lies, ranges.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use crate::domain::action::Action;

use super::{Effect, Fact, Manner, Persona, Temperament};

/// Entries of a list up to so many characters stand side by side.
const SHORT: usize = 24;

/// The text of a persona file; [`super::parse`] makes the same persona of it.
pub fn write(persona: &Persona) -> String {
    let mut file = Front(String::from("+++\n"));
    file.who(persona);
    file.table("start", "0..1: tension with you, trust, readiness to change");
    let start = persona.start;
    file.floats([("discord", start.discord), ("trust", start.trust), ("readiness", start.readiness)]);
    file.temperament(&persona.temperament);
    file.effects("keys", &persona.keys);
    file.effects("triggers", &persona.triggers);
    file.weights("bias", &persona.bias);
    file.weights("discord", &persona.discord);
    file.people(persona);
    file.table("words", "habitual length of a reply: quartiles");
    let words = persona.words;
    file.line("low", words.low);
    file.line("median", words.median);
    file.line("high", words.high);
    file.manner(&persona.manner);
    persona.facts.iter().for_each(|fact| file.fact(fact));
    format!("{}+++\n\n{}\n", file.0, persona.body)
}

/// The text of a file that extends `base` as `id`: every key that one would change stands
/// there as a comment, with the base's value.
pub fn extending(base: &Persona, id: &str) -> String {
    let whole = write(base);
    let front = whole.split("\n+++\n").next().unwrap_or_default();
    let mut text = format!(
        "+++\nid = {}\nextends = {}\n\n\
         # Everything else is as in {}.md. To change a line, take the `# ` before it away, and before\n\
         # the [table] that it stands in. Lists are replaced whole, tables key by key. Markdown below\n\
         # the last line replaces the whole text of the other file.\n\n",
        quoted(id),
        quoted(&base.id),
        base.id,
    );
    for line in front.lines().skip(2) {
        text.push_str(if line.is_empty() { "" } else { "# " });
        text.push_str(line);
        text.push('\n');
    }
    text.push_str("+++\n");
    text
}

/// Front matter as it grows.
struct Front(String);

impl Front {
    fn line(&mut self, key: &str, value: impl Display) {
        // Writing to a String can't fail.
        let _ = writeln!(self.0, "{key} = {value}");
    }

    fn text(&mut self, key: &str, text: &str) {
        self.line(key, quoted(text));
    }

    fn floats<'a>(&mut self, levels: impl IntoIterator<Item = (&'a str, f32)>) {
        for (key, x) in levels {
            // The shortest digits that are this number again.
            self.line(key, x);
        }
    }

    fn table(&mut self, name: &str, comment: &str) {
        let header = format!("[{name}]");
        let _ = writeln!(self.0, "\n{header:<28} # {comment}");
    }

    /// A list: of words on one line, of sentences on one line each.
    fn list(&mut self, key: &str, texts: &[String]) {
        let entries: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
        if texts.iter().all(|text| text.chars().count() <= SHORT) {
            self.line(key, format_args!("[{}]", entries.join(", ")));
        } else {
            self.line(key, format_args!("[\n  {},\n]", entries.join(",\n  ")));
        }
    }

    fn who(&mut self, persona: &Persona) {
        self.text("id", &persona.id);
        self.text("name", &persona.name);
        self.line("age", persona.age);
        self.text("gender", persona.gender.as_str());
        self.text("type", persona.kind.as_str());
        self.text("topic", &persona.topic);
        self.line("difficulty", persona.difficulty);
        self.text("blurb", &persona.blurb);
        self.text("aim", &persona.aim);
        self.list("openings", &persona.openings);
        self.list("never", &persona.never);
    }

    fn temperament(&mut self, temperament: &Temperament) {
        self.table("temperament", "how the state moves");
        let (t, usual) = (temperament, Temperament::default());
        self.floats([
            ("floor", t.floor),
            ("react", t.react),
            ("trust_gain", t.trust_gain),
            ("readiness_gain", t.readiness_gain),
        ]);
        let rarely_given = [
            ("stick", t.stick, usual.stick),
            ("discord_onset", t.discord_onset, usual.discord_onset),
            ("discord_gate", t.discord_gate, usual.discord_gate),
            ("trust_gate", t.trust_gate, usual.trust_gate),
            ("readiness_cap", t.readiness_cap, usual.readiness_cap),
        ];
        self.floats(rarely_given.into_iter().filter(|(_, x, usual)| x != usual).map(|(key, x, _)| (key, x)));
    }

    fn effects(&mut self, list: &str, effects: &[Effect]) {
        for effect in effects {
            let _ = writeln!(self.0, "\n[[{list}]]");
            self.text("move", effect.on.as_str());
            let given =
                [("discord", effect.discord), ("trust", effect.trust), ("readiness", effect.readiness)];
            self.floats(given.into_iter().filter(|(_, x)| *x != 0.0));
        }
    }

    fn weights(&mut self, name: &str, weights: &BTreeMap<Action, f32>) {
        if !weights.is_empty() {
            let _ = writeln!(self.0, "\n[{name}]");
            self.floats(weights.iter().map(|(action, weight)| (action.as_str(), *weight)));
        }
    }

    fn people(&mut self, persona: &Persona) {
        let people = &persona.people;
        self.table("people", "names that lines may use");
        self.text("who", &people.who);
        for (key, name) in [
            ("kid", &people.kid),
            ("friend", &people.friend),
            ("partner", &people.partner),
            ("job", &people.job),
        ] {
            if let Some(name) = name {
                self.text(key, name);
            }
        }
    }

    fn manner(&mut self, manner: &Manner) {
        if manner.is_plain() {
            return;
        }
        self.table("manner", "small words, put before, into and after lines");
        self.floats([("rate", manner.rate)]);
        for (key, phrases) in manner.lists().into_iter().filter(|(_, phrases)| !phrases.is_empty()) {
            self.list(key, phrases);
        }
        if manner.clips {
            self.line("clips", true);
        }
    }

    fn fact(&mut self, fact: &Fact) {
        let _ = writeln!(self.0, "\n[[facts]]");
        self.text("id", &fact.id);
        self.text("text", &fact.text);
        self.floats([("trust", fact.trust)]);
        self.list("cues", &fact.cues);
        self.list("say", &fact.say);
    }
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

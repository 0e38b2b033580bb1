//! What a reply did to the client, in a sentence.
//! Knows: the state before and after. Never: what the client will do about it.

use serde::Deserialize;

use crate::domain::client::State;

/// Changes of a level from which they are worth a word, and from which they are large.
const FELT: f32 = 0.025;
const STRONG: f32 = 0.08;
/// Readiness moves slowly.
const LEANS: f32 = 0.01;

/// The words for each change; `{name}` is the client's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Effects {
    hardens: String,
    hardens_much: String,
    eases: String,
    eases_much: String,
    same: String,
    trusts: String,
    distrusts: String,
    leans: String,
    leans_away: String,
}

impl Effects {
    /// A sentence for the way from `before` to `after`.
    pub fn of(&self, name: &str, before: &State, after: &State) -> String {
        let first = name.split_whitespace().next().unwrap_or(name);
        let discord = after.discord.value() - before.discord.value();
        let trust = after.trust.value() - before.trust.value();
        let readiness = after.readiness.value() - before.readiness.value();
        let trusts = if trust >= FELT { Some(&self.trusts) } else { None };
        let trusts = if trust <= -FELT { Some(&self.distrusts) } else { trusts };
        let leans = if readiness >= LEANS { Some(&self.leans) } else { None };
        let leans = if readiness <= -LEANS { Some(&self.leans_away) } else { leans };
        let main = match discord {
            d if d >= STRONG => Some(&self.hardens_much),
            d if d >= FELT => Some(&self.hardens),
            d if d <= -STRONG => Some(&self.eases_much),
            d if d <= -FELT => Some(&self.eases),
            _ => None,
        };
        let parts: Vec<&str> = [main, trusts, leans].into_iter().flatten().map(String::as_str).collect();
        let said = match parts.as_slice() {
            [] => self.same.replace("{name}", first),
            [one] => format!("{first} {one}"),
            [one, two] => format!("{first} {one} and {two}"),
            [one, two, ..] => format!("{first} {one}, {two} and {}", parts[2]),
        };
        format!("{said}.")
    }
}

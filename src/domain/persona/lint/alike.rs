//! Clients that are nearly one.
//! Knows: their texts. Never: files, parameters; two of one type share those.

use std::collections::HashSet;

use super::normal;
use crate::domain::persona::Persona;

/// The share of runs of three words that two clients may have in common.
const TOO_ALIKE: f32 = 0.4;

/// Pairs (positions, the lower first) whose texts are nearly the same, with the share of
/// three-word runs that they have in common.
pub fn alike(personas: &[Persona]) -> Vec<(usize, usize, f32)> {
    let texts: Vec<String> = personas.iter().map(text).collect();
    let runs: Vec<HashSet<&str>> = texts.iter().map(|text| runs(text)).collect();
    let mut found = Vec::new();
    for (j, b) in runs.iter().enumerate() {
        for (i, a) in runs[..j].iter().enumerate() {
            let both = a.intersection(b).count();
            let share = both as f32 / (a.len() + b.len() - both).max(1) as f32;
            if share > TOO_ALIKE {
                found.push((i, j, share));
            }
        }
    }
    found
}

/// What is written for this client alone. Openings, facts, body.
fn text(persona: &Persona) -> String {
    let facts = persona.facts.iter().flat_map(|fact| fact.say.iter().chain([&fact.text]));
    let parts: Vec<&str> =
        persona.openings.iter().chain(facts).map(String::as_str).chain([persona.body.as_str()]).collect();
    normal(&parts.join("\n"))
}

fn runs(text: &str) -> HashSet<&str> {
    let ends: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).collect();
    ends.windows(4).map(|ends| &text[ends[0] + 1..ends[3]]).collect()
}

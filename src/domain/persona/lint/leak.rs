//! Words of the program in the words of a client.
//! Knows: the names of the state. Never: what they mean.

use std::sync::LazyLock;

use regex::Regex;

use super::{Oddity, odd, spoken};
use crate::domain::persona::Persona;

/// Names of state and gates, levels as numbers, and what only a prompt would say.
static LEAKS: LazyLock<Regex> = LazyLock::new(|| {
    let names = r"discord|readiness|precontemplation|sustain talk|change talk|(?:trust|discord)[ _](?:level|gate|gain)|readiness[ _]cap";
    let levels = r"trust\s*(?:[:=]|is|at|of)?\s*[01]?\.\d+";
    let prompts = r"motivational interviewing|language model|system prompt|as an ai|\{\{\w+\}\}|\[inside:";
    #[expect(clippy::expect_used, reason = "a constant pattern, compiled by the tests")]
    Regex::new(&format!(r"(?i)\b(?:{names}|{levels})\b|{prompts}")).expect("a valid pattern")
});

/// Each line of the body, of facts and of what the client says that names the machinery.
pub(super) fn leaks(persona: &Persona, found: &mut Vec<Oddity>) {
    let body = persona.body.lines().enumerate().map(|(i, line)| (format!("body.{}", i + 1), line));
    let facts =
        persona.facts.iter().enumerate().map(|(i, fact)| (format!("facts.{i}.text"), fact.text.as_str()));
    let said = spoken(persona).into_iter().filter(|(key, _)| !key.starts_with("body"));
    for (key, line) in body.chain(facts).chain(said) {
        if let Some(leak) = LEAKS.find(line) {
            let message = format!("speaks of the program: `{}`", leak.as_str());
            found.push(odd(key, message, "say it as the client would know it"));
        }
    }
}

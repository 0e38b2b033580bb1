//! What a trainer should look at in a client that can be read: nothing here stops a session.
//! Knows: a persona's fields and text. Never: what stops one (`check`), disk, other files' lines.

mod alike;
mod leak;

use std::collections::BTreeSet;

use crate::domain::problem::Problem;

use super::parse::Places;
use super::{Persona, body};

pub use alike::alike;

/// A session opens with one of these: fewer, and a trainee soon knows them.
const OPENINGS: usize = 3;
/// Examples are what teaches a model how the client talks.
const EXAMPLES: usize = 4;
/// The most words of body that leave a small context room for a conversation: about 1,600
/// tokens. The ten that ship have 370 to 600.
const HEAD_WORDS: usize = 1_200;
/// So many words of a locked fact in a row, and the body has told it.
const TOLD_WORDS: usize = 5;

/// A key, what is odd about it, and what to do.
struct Oddity {
    key: String,
    message: String,
    hint: Option<&'static str>,
}

/// What is odd about `persona`, read from `text`, in the order of its lines. `topics` are those
/// for which the pocket client has lines.
pub fn lint(file: &str, text: &str, persona: &Persona, topics: &BTreeSet<String>) -> Vec<Problem> {
    let mut found = Vec::new();
    topic(persona, topics, &mut found);
    amounts(persona, &mut found);
    levels(persona, &mut found);
    facts(persona, &mut found);
    manner(persona, &mut found);
    contradicted(persona, &mut found);
    leak::leaks(persona, &mut found);
    let places = Places::of(text);
    let line = |key: &str| places.as_ref().and_then(|places| places.line(key));
    let problem = |odd: Oddity| Problem {
        file: file.to_owned(),
        line: line(&odd.key),
        message: odd.message,
        hint: odd.hint.map(str::to_owned),
    };
    let mut problems: Vec<Problem> = found.into_iter().map(problem).collect();
    problems.sort_by_key(|problem| problem.line);
    problems
}

/// Whether the file `text` begins with another client's: being like that one is its purpose.
pub fn extends(text: &str) -> bool {
    Places::of(text).is_some_and(|places| places.extends())
}

/// The client that the file `text` begins with, where it names one, and the line that does.
pub fn extended(text: &str) -> Option<(String, usize)> {
    let places = Places::of(text)?;
    let base = places.extended()?.to_owned();
    Some((base, places.line("extends")?))
}

fn odd(key: impl Into<String>, message: impl Into<String>, hint: &'static str) -> Oddity {
    Oddity { key: key.into(), message: message.into(), hint: Some(hint).filter(|hint| !hint.is_empty()) }
}

fn topic(persona: &Persona, topics: &BTreeSet<String>, found: &mut Vec<Oddity>) {
    if !topics.contains(&persona.topic) {
        let message = format!("the pocket client has no lines about `{}`", persona.topic);
        found.push(odd("topic", message, "it will keep to general lines; add lines/topics/NAME.txt"));
    }
}

fn amounts(persona: &Persona, found: &mut Vec<Oddity>) {
    let openings = persona.openings.len();
    if openings < OPENINGS {
        found.push(odd("openings", format!("only {openings} of {OPENINGS} openings"), ""));
    }
    let examples = body::examples(&persona.body).map_or(0, |examples| examples.len());
    if examples < EXAMPLES {
        let message = format!("only {examples} of {EXAMPLES} example exchanges");
        found.push(odd("body", message, "a model learns the client's way of talking from them"));
    }
    if body::section(&persona.body, "Voice").is_none_or(str::is_empty) {
        found.push(odd("body", "no section `## Voice` with text", "say how they talk"));
    }
    let words = persona.body.split_whitespace().count();
    if words > HEAD_WORDS {
        let tokens = words * 4 / 3;
        let message = format!("the body has {words} words, about {tokens} tokens in every session");
        found.push(odd("body", message, "up to 1200 words leave a small model room to remember"));
    }
}

fn levels(persona: &Persona, found: &mut Vec<Oddity>) {
    let (start, t) = (persona.start, persona.temperament);
    if t.floor > start.discord {
        let message = format!("discord starts at {} and settles at {}", start.discord, t.floor);
        found.push(odd("temperament.floor", message, "set `floor` below `start.discord`"));
    }
    if t.discord_gate <= t.floor {
        let message = format!("discord settles at {}, and the gate is {}", t.floor, t.discord_gate);
        found.push(odd("temperament.discord_gate", message, "set `floor` below `discord_gate`"));
    }
    let is_open = start.discord < t.discord_gate && start.trust > t.trust_gate;
    if persona.difficulty == 3 && is_open {
        let message = "difficulty 3, but readiness can move from the first reply";
        found.push(odd("difficulty", message, "raise `trust_gate`, or lower `difficulty`"));
    }
    if !persona.discord.is_empty() && persona.discord.values().all(|weight| *weight == 0.0) {
        found.push(odd("discord", "every weight is 0", "leave [discord] out, or weigh one of them"));
    }
}

fn facts(persona: &Persona, found: &mut Vec<Oddity>) {
    if persona.facts.is_empty() {
        found.push(odd("facts", "no facts: trust earns the trainee nothing", "add two or three [[facts]]"));
    }
    let open = normal(&persona.body);
    for (i, fact) in persona.facts.iter().enumerate() {
        let id = &fact.id;
        if fact.cues.is_empty() {
            let message = format!("fact `{id}` has no cues: nothing that is said brings it up");
            found.push(odd(format!("facts.{i}.cues"), message, ""));
        }
        if fact.trust < persona.start.trust {
            let message = format!(
                "fact `{id}` opens at trust {}, and trust starts at {}",
                fact.trust, persona.start.trust
            );
            found.push(odd(format!("facts.{i}.trust"), message, "it is never locked; raise `trust`"));
        }
        let told = std::iter::once(&fact.text).chain(&fact.say).find_map(|line| run_in(&open, line));
        if let Some(run) = told {
            let message = format!("fact `{id}` is locked, but the body tells it: `{run}`");
            found.push(odd(format!("facts.{i}.text"), message, "a model reads the body from the start"));
        }
    }
}

fn manner(persona: &Persona, found: &mut Vec<Oddity>) {
    let manner = &persona.manner;
    let phrases = manner.phrases().count();
    if manner.rate > 0.0 && phrases == 0 {
        found.push(odd("manner.rate", "a rate, and no small words", "add openers, fillers or tags"));
    }
    if manner.rate == 0.0 && phrases > 0 {
        found.push(odd("manner", "`rate` is 0: the small words are never used", "0.3 is usual"));
    }
}

/// Fields that deny each other.
fn contradicted(persona: &Persona, found: &mut Vec<Oddity>) {
    for (i, trigger) in persona.triggers.iter().enumerate() {
        if persona.keys.iter().any(|key| key.on == trigger.on) {
            let message = format!("`{}` is among the keys as well", trigger.on.as_str());
            found.push(odd(format!("triggers.{i}.move"), message, "it can help or hurt, not both"));
        }
    }
    for (key, line) in spoken(persona) {
        let line = normal(line);
        let said = persona.never.iter().find(|word| has_words(&line, &normal(word)));
        if let Some(word) = said {
            let message = format!("says `{word}`, which is in `never`");
            found.push(odd(key, message, ""));
        }
    }
}

/// Everything that is written as the client's own words, with its key.
fn spoken(persona: &Persona) -> Vec<(String, &str)> {
    let openings =
        persona.openings.iter().enumerate().map(|(i, line)| (format!("openings.{i}"), line.as_str()));
    let facts = persona.facts.iter().enumerate().flat_map(|(i, fact)| {
        fact.say.iter().enumerate().map(move |(j, line)| (format!("facts.{i}.say.{j}"), line.as_str()))
    });
    let examples = body::examples(&persona.body).unwrap_or_default();
    let examples = examples.into_iter().map(|exchange| {
        // A slice of the body: its distance from the start is its place.
        let offset = exchange.client.as_ptr() as usize - persona.body.as_ptr() as usize;
        (format!("body.{}", body::line_of(&persona.body, offset)), exchange.client)
    });
    let small = persona.manner.lists().into_iter().flat_map(|(list, phrases)| {
        let key = move |i| format!("manner.{list}.{i}");
        phrases.iter().enumerate().map(move |(i, phrase)| (key(i), phrase.as_str()))
    });
    openings.chain(facts).chain(small).chain(examples).collect()
}

/// Lower-case words with single spaces between and around them.
fn normal(text: &str) -> String {
    let mut out = String::from(" ");
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()) {
        out.push_str(&word.to_lowercase());
        out.push(' ');
    }
    out
}

/// Whether `words` stand in `line` as whole words; both are normal.
fn has_words(line: &str, words: &str) -> bool {
    words.len() > 1 && line.contains(words)
}

/// The first run of words of `line` that stands in `open`.
fn run_in(open: &str, line: &str) -> Option<String> {
    let line = normal(line);
    let words: Vec<&str> = line.split_whitespace().collect();
    let runs = words.windows(TOLD_WORDS).map(|run| run.join(" "));
    runs.into_iter().find(|run| open.contains(&format!(" {run} ")))
}

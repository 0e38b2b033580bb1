//! One alternative phrasing after a reply, built from what the client had just said.
//! Knows: the client's words and state, the judge. Never: how it is shown.

use serde::{Deserialize, Serialize};

use crate::domain::client::State;
use crate::domain::hearing::heard_reply;
use crate::domain::judge::{Judge, Technique};
use crate::domain::problem::Problem;
use crate::domain::session::{Path, Reply};
use crate::domain::talk::Talk;

/// An alternative must reach this score in the judge's own eyes.
const GOOD_ENOUGH: f32 = 0.5;
/// A technique used in this many replies in a row is not offered again.
const OVERUSED: usize = 3;

/// The wordings, from `prompts/coach.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coach {
    line: Vec<Line>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    when: Situation,
    does: Technique,
    say: String,
}

/// What the client was like when the trainee had to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Situation {
    Discord,
    Sustain,
    Ambivalent,
    Open,
    Neutral,
    Closed,
}

/// An alternative to what the trainee said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// What it would have done.
    pub technique: Technique,
    /// The words.
    pub text: String,
}

impl Coach {
    /// Reads the wordings.
    ///
    /// # Errors
    /// An unknown key, situation or technique.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        toml::from_str(text).map_err(|e| vec![Problem::from_toml(file, text, 1, &e)])
    }

    /// What could have been said instead at the newest turn of `path`. `None` after a good
    /// reply, or where nothing passes the judge.
    pub fn suggest(&self, path: &Path, judge: &Judge) -> Option<Suggestion> {
        let (turn, earlier) = path.turns().split_last()?;
        let said = turn.trainee.as_ref()?;
        if said.verdict.score >= GOOD_ENOUGH {
            return None;
        }
        let before = earlier.last()?.reply.as_ref()?;
        let change = earlier.iter().rev().filter_map(|t| t.reply.as_ref()).find(|r| r.talk() == Talk::Change);
        let slots = Slots {
            you: turned_round(&before.text),
            change: change.filter(|r| r.text != before.text).and_then(|r| turned_round(&r.text)),
        };
        let situation = situation(before, &before.state, slots.change.is_some());
        let overused = overused(path);
        let fitting =
            self.line.iter().filter(|line| line.when == situation && !overused.contains(&line.does));
        let mut good: Vec<_> = fitting
            .filter_map(|line| Some(Suggestion { technique: line.does, text: slots.fill(&line.say)? }))
            .filter(|suggestion| judge.reply(&heard_reply(before), &suggestion.text).score >= GOOD_ENOUGH)
            .collect();
        if good.is_empty() {
            return None;
        }
        // In turn, so that the same advice does not come twice running.
        let pick = turn.number as usize % good.len();
        Some(good.swap_remove(pick))
    }
}

fn situation(before: &Reply, state: &State, spoke_for_change: bool) -> Situation {
    let withdrawn = before.text.split_whitespace().count() <= 3;
    if withdrawn && !before.action.is_change() {
        Situation::Closed
    } else if before.action.is_discord() || state.discord.value() > 0.6 {
        Situation::Discord
    } else if before.talk() == Talk::Change {
        Situation::Open
    } else if before.talk() == Talk::Neutral {
        Situation::Neutral
    } else if spoke_for_change {
        Situation::Ambivalent
    } else {
        Situation::Sustain
    }
}

fn overused(path: &Path) -> Vec<Technique> {
    let recent: Vec<_> =
        path.turns().iter().rev().filter_map(|t| t.trainee.as_ref()).take(OVERUSED).collect();
    let Some(newest) = recent.first().filter(|_| recent.len() == OVERUSED) else { return Vec::new() };
    let in_all = |t: &&Technique| recent.iter().all(|said| said.verdict.techniques.contains(t));
    newest.verdict.techniques.iter().filter(in_all).copied().collect()
}

struct Slots {
    you: Option<String>,
    change: Option<String>,
}

impl Slots {
    fn fill(&self, template: &str) -> Option<String> {
        let mut text = template.to_owned();
        for (slot, words) in [("{you}", &self.you), ("{change}", &self.change)] {
            if text.contains(slot) {
                text = text.replace(slot, words.as_deref()?);
            }
        }
        if text.contains("{You}") {
            text = text.replace("{You}", &capitalised(self.you.as_deref()?));
        }
        Some(text)
    }
}

/// The client's own words as a counsellor would give them back: the last short statement in
/// the first person, with "I" turned to "you". `None` where no sentence lends itself to it.
fn turned_round(text: &str) -> Option<String> {
    let mut start = 0;
    let mut sentences = Vec::new();
    for (i, c) in text.char_indices() {
        if matches!(c, '.' | '!' | '?' | '…') {
            sentences.push((text[start..i].trim(), c));
            start = i + c.len_utf8();
        }
    }
    sentences.push((text[start..].trim(), '.'));
    sentences.iter().rev().filter(|(_, end)| *end != '?').find_map(|(sentence, _)| turn_sentence(sentence))
}

fn turn_sentence(sentence: &str) -> Option<String> {
    let sentence = sentence.replace('’', "'");
    let sentence = OPENERS.iter().find_map(|o| sentence.strip_prefix(o)).unwrap_or(&sentence).trim();
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let first = words.first()?;
    let about_self = first == &"I" || first.starts_with("I'") || ["My", "my"].contains(first);
    let addresses = words.iter().any(|w| {
        let bare = w.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        bare == "you" || bare.starts_with("you'") || bare == "your"
    });
    if !about_self || addresses || !(3..=14).contains(&words.len()) || sentence.contains(['"', '“', ':']) {
        return None;
    }
    let mut turned = Vec::with_capacity(words.len());
    for (i, word) in words.iter().enumerate() {
        let after_i = i > 0 && words[i - 1] == "I";
        turned.push(turn_word(word, after_i));
    }
    Some(turned.join(" "))
}

/// Words that open a sentence without adding to it.
const OPENERS: &[&str] =
    &["Look, ", "Well, ", "Yeah, ", "No, ", "Listen, ", "And ", "But ", "Because ", "So "];

/// `after_i`: the verb of "I" changes with it, the same verb elsewhere does not.
fn turn_word(word: &str, after_i: bool) -> String {
    let core = word.trim_end_matches([',', ';']);
    let tail = &word[core.len()..];
    let turned = match core {
        "I" | "me" => "you",
        "I'm" => "you're",
        "I've" => "you've",
        "I'd" => "you'd",
        "I'll" => "you'll",
        "my" | "My" => "your",
        "mine" => "yours",
        "myself" => "yourself",
        "am" if after_i => "are",
        "was" if after_i => "were",
        "wasn't" if after_i => "weren't",
        other => other,
    };
    format!("{turned}{tail}")
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

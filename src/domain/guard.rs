//! Whether a candidate reply may be spoken: role, leaks, echoes, repeats, length, manner.
//! Knows: persona, what was said. Never: how candidates are made, engines, UI.
//!
//! Thresholds follow real sessions: clients end 6% of their turns with a question, open two
//! turns alike 2% of the time, and almost never say "good point".

mod speech;

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::domain::persona::Persona;
use speech::Asks;

/// Shorter replies do not tell a counsellor from a client, in words.
pub const TELLING: usize = speech::TELLING;

/// One thing held against a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Nothing was said.
    Empty,
    /// Speaks as a model, a narrator or the other person.
    RoleBreak,
    /// Talks like a therapist.
    TherapistSpeak,
    /// Uses the words of counsellors, of which real clients use few.
    Counsellor,
    /// Repeats the instructions or names the state.
    Leak,
    /// Repeats the trainee's words.
    Echo,
    /// Repeats itself.
    Repeat,
    /// Opens like an earlier turn.
    Opener,
    /// Much longer than was asked for.
    Length,
    /// Ends by asking.
    Question,
    /// Agrees too readily.
    Agreement,
    /// A word that this client would never use.
    Never,
}

impl Fault {
    /// How much it weighs; 1 and above rules a candidate out while there is another.
    pub fn penalty(self) -> f32 {
        match self {
            Self::Empty | Self::RoleBreak | Self::Leak => 4.0,
            Self::TherapistSpeak | Self::Never => 2.0,
            Self::Repeat | Self::Echo => 1.0,
            Self::Agreement | Self::Length => 0.6,
            // One real client's reply in eleven has it, too.
            Self::Counsellor => 0.8,
            Self::Opener => 0.4,
            Self::Question => 0.3,
        }
    }

    /// The name in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::RoleBreak => "role break",
            Self::TherapistSpeak => "therapist-speak",
            Self::Counsellor => "counsellor's words",
            Self::Leak => "leak",
            Self::Echo => "echo",
            Self::Repeat => "repeat",
            Self::Opener => "opener",
            Self::Length => "length",
            Self::Question => "question",
            Self::Agreement => "agreement",
            Self::Never => "never",
        }
    }
}

/// What a candidate is held against.
pub struct Scene<'a> {
    /// Who speaks.
    pub persona: &'a Persona,
    /// Everything that the model was told and the trainee must not read: head and note.
    pub told: &'a str,
    /// The trainee's newest reply.
    pub trainee: &'a str,
    /// The client's earlier replies, oldest first.
    pub said: &'a [String],
    /// Wished length in words.
    pub words: u16,
    /// Whether the client has not begun to consider change.
    pub precontemplation: bool,
    /// Whether this turn may well ask something back.
    pub may_ask: bool,
}

/// All faults of a candidate, heaviest first.
pub fn review(text: &str, scene: &Scene<'_>) -> Vec<Fault> {
    let words = words(text);
    if text.chars().all(|c| !c.is_alphanumeric() && c != '…' && c != '.') {
        return vec![Fault::Empty];
    }
    let ends_asking = text.trim_end_matches(['"', '”', ' ']).ends_with('?');
    let checks = [
        (Fault::RoleBreak, ROLE_BREAK.is_match(text)),
        (Fault::Leak, LEAK.is_match(text) || shares_run(&words, &self::words(scene.told), 8)),
        (Fault::TherapistSpeak, THERAPIST_SPEAK.is_match(text)),
        (Fault::Never, scene.persona.never.iter().any(|w| says(&words, w))),
        (Fault::Repeat, repeats(&words, scene.said)),
        (Fault::Echo, echoes(&words, scene.trainee)),
        (Fault::Agreement, scene.precontemplation && AGREEMENT.is_match(text)),
        (Fault::Length, too_long(words.len(), scene.words)),
        (Fault::Counsellor, reads_like_a_counsellor(text)),
        (Fault::Opener, opens_alike(&words, scene.said)),
        (Fault::Question, ends_asking && !scene.may_ask),
    ];
    checks.into_iter().filter(|(_, found)| *found).map(|(fault, _)| fault).collect()
}

/// Whether `text` reads like what a counsellor says: of real clients' replies of six words and more
/// 9% do, of counsellors' 90%; of shorter ones none.
pub fn reads_like_a_counsellor(text: &str) -> bool {
    let asks = if text.contains('?') { Asks::Yes } else { Asks::No };
    speech::is_counsellors(&words(text), asks)
}

/// The sum of the penalties.
pub fn penalty(faults: &[Fault]) -> f32 {
    faults.iter().map(|f| f.penalty()).sum()
}

/// What a model wrote, without what is not speech: a speaker's label, stage directions,
/// quotation marks around the whole, anything after a blank line or the next speaker.
pub fn clean(text: &str) -> String {
    let mut text = text.trim();
    if let Some(label) = LABEL.find(text) {
        text = text[label.end()..].trim_start();
    }
    if let Some(cut) = NEXT_SPEAKER.find(text) {
        text = text[..cut.start()].trim_end();
    }
    let text = STAGE.replace_all(text, " ");
    let text = text.replace(|c: char| c.is_control(), " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let quoted = text.strip_prefix(['"', '“']).and_then(|t| t.strip_suffix(['"', '”']));
    quoted.filter(|t| !t.contains(['"', '“', '”'])).map_or(text.clone(), str::to_owned)
}

/// As a model, as a narrator, or doing as the trainee tells a program to: a poem, another part, its instructions.
static ROLE_BREAK: LazyLock<Regex> = LazyLock::new(|| {
    any_of(&[
        r"\bas an ai\b|\blanguage model\b|\brole-?play\b|```",
        r"\bi(?:'m| am) (?:an ai|a bot|a (?:computer )?program|here to help|just a simulation)\b",
        r"\bi(?:'m| am) (?:only |just )?(?:playing|pretending to be|acting as|simulating) (?:a|an|the|your)\b",
        r"\bhow (?:can|may) i (?:help|assist)\b|\bi (?:can't|cannot|can not) (?:help|assist)(?: you)? with (?:that|this)\b",
        r"\b(?:sure|certainly|of course|absolutely)[,.!]+ (?:here(?:'s| is| are)\b|i(?:'d| would) be (?:happy|glad) to)",
        r"\bhere(?:'s| is) (?:a|an|the|your|my) (?:short |little )?(?:poem|story|joke|song|recipe|code|summary|list)\b",
        r"\bmy (?:system )?(?:instructions|prompt|programming|training data|developers)\b",
        r"\b(?:i(?:'ll| will)|let me|now i(?:'m| am)) (?:be |play )?(?:the|your) (?:therapist|counsell?or|client)\b",
        r"^\s*(?:therapist|counsell?or|trainee|user|assistant|client|system)\s*:|<\|?[a-z_]+\|?>|\*[^*]+\*",
    ])
});
static THERAPIST_SPEAK: LazyLock<Regex> = LazyLock::new(|| {
    any_of(&[
        r"\b(?:it|that) sounds like\b|\bi hear you\b(?:[,.]| say)|\bhave you considered\b|\bsafe space\b",
        r"\bthank(?:s| you) for (?:sharing|opening|listening|your (?:time|patience|understanding))\b",
        r"\bcoping (?:mechanism|strateg|skill)|\bhealthy (?:boundaries|coping)\b|\bmy journey\b",
        r"\bi (?:really )?appreciate (?:you|your)\b|\bvalid(?:ate|ating)\b",
        r"\bprocess(?:ing)? (?:my|these|those|the) (?:feelings|emotions)\b",
        r"\bwhat brings you (?:here|in)\b|\bhow (?:does|did) (?:that|it|this) make you feel\b",
        r"\btell me more about\b|\bwhat would you like to (?:talk about|work on|focus on)\b",
    ])
});
static LEAK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)[\[\]{}]|\b(?:discord|trust level|readiness|precontemplation|contemplation|sustain talk|change talk|motivational interviewing|private note)\b",
    )
});
static AGREEMENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\bgood point\b|\bthat makes (?:a lot of )?sense\b|\byou(?:'re| are) (?:absolutely |totally )?right\b|\bi never thought of it that way\b",
    )
});
static LABEL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*)?|client):\s"));
static NEXT_SPEAKER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\n\s*\n|\n\s*(?:[a-z][\w'’-]*(?: [a-z][\w'’-]*)?):\s|\n\s*\["));
static STAGE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\*[^*\n]{1,80}\*|\([^()\n]{1,80}\)"));

/// In any case of letters.
fn any_of(sources: &[&str]) -> Regex {
    pattern(&format!("(?i){}", sources.join("|")))
}

fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("a pattern of our own, compiled in every test run")
}

/// Lower-case words without punctuation.
pub(in crate::domain) fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
        .filter(|w| !w.is_empty())
        .map(|w| w.replace('’', "'").to_lowercase())
        .collect()
}

fn says(words: &[String], phrase: &str) -> bool {
    let phrase = self::words(phrase);
    !phrase.is_empty() && words.windows(phrase.len()).any(|w| w == phrase)
}

/// Whether `a` and `b` share `n` words in a row.
pub(in crate::domain) fn shares_run(a: &[String], b: &[String], n: usize) -> bool {
    let runs: HashSet<&[String]> = b.windows(n).collect();
    a.windows(n).any(|run| runs.contains(run))
}

/// Share of the trigrams of `a` and `b` that both have, `0..=1`.
pub(in crate::domain) fn trigram_overlap(a: &[String], b: &[String]) -> f32 {
    let (a, b): (HashSet<_>, HashSet<_>) = (a.windows(3).collect(), b.windows(3).collect());
    let union = a.union(&b).count();
    if union == 0 { 0.0 } else { a.intersection(&b).count() as f32 / union as f32 }
}

/// Real clients pass .2 against any earlier turn of theirs in 1.3% of turns. A short answer
/// may come again.
fn repeats(words: &[String], said: &[String]) -> bool {
    words.len() > 3
        && said.iter().map(|s| self::words(s)).any(|s| s == words || trigram_overlap(words, &s) > 0.2)
}

fn echoes(words: &[String], trainee: &str) -> bool {
    let trainee = self::words(trainee);
    trigram_overlap(words, &trainee) > 0.2 || shares_run(words, &trainee, 5)
}

fn too_long(count: usize, wished: u16) -> bool {
    count > 12 && count as f32 > 2.0 * f32::from(wished)
}

fn opens_alike(words: &[String], said: &[String]) -> bool {
    let opens = |earlier: &String, n: usize| {
        let earlier = self::words(earlier);
        words.len() > n && earlier.len() > n && earlier[..n] == words[..n]
    };
    said.iter().any(|s| opens(s, 3)) || said.last().is_some_and(|s| opens(s, 2))
}

//! Whether a trainee speaks of suicide or abuse in earnest: as themselves, now, not as the
//! counsellor whom they play.
//! Knows: words. Never: the judge, the client, what follows from it.
//!
//! A counsellor asks ("do you think of killing yourself?") and gives back ("you want to die"): in
//! the second person. What counts is a statement in the first person and the present, which
//! nobody is said to have said, and which is not just the client's own words again.
//! The phrases are code, not a prompt file: a trainer's folder must not switch this off.

mod phrases;

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use phrases::{PHRASES, Phrase, Sense};

/// What it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// Suicide or harming oneself.
    Suicide,
    /// Being hurt by somebody.
    Abuse,
}

/// What `text` says in earnest of whoever typed it. `client` is what the client said last.
pub fn concern(text: &str, client: &str) -> Option<Concern> {
    let client = sentences(client).into_iter().map(|s| s.words).collect::<Vec<_>>().join(" , ");
    let sentences = sentences(&unquoted(text));
    sentences.iter().find_map(|sentence| {
        let meant =
            |phrase: &&Phrase| phrase.find(&sentence.words).any(|at| sentence.means(phrase, at, &client));
        PHRASES.iter().find(meant).map(|phrase| phrase.concern)
    })
}

/// Lower-case words with one space between, commas among them, and whether it asks.
struct Sentence {
    words: String,
    asks: bool,
}

impl Sentence {
    /// Whether the phrase found at `at` is meant as it stands.
    fn means(&self, phrase: &Phrase, at: (usize, usize), client: &str) -> bool {
        let (before, found) = (self.words[..at.0].trim_end(), &self.words[at.0..at.1]);
        let after = self.words[at.1..].trim_start();
        let told = phrase.sense == Sense::Past && PAST.is_match(&self.words);
        let recent = phrase.sense != Sense::Recent || RECENT.is_match(&self.words);
        recent
            && !told
            && !phrase.is_idiom(after)
            && !REPORTED.is_match(before)
            && !SUPPOSED.is_match(before)
            && !NAMED_AFTER.is_match(after)
            && (phrase.sense == Sense::Asked || !self.is_echoing_question(before, after))
            && !(client.contains(found) && !after.ends_with("too") && !after.ends_with("as well"))
    }

    /// "I want to die?": the client's words held up, not the trainee's own. A plea before it makes
    /// it the trainee's.
    fn is_echoing_question(&self, before: &str, after: &str) -> bool {
        let clause = before.rsplit(',').next().unwrap_or_default();
        let pleads = clause.split(' ').any(|word| ["me", "i", "im"].contains(&word));
        self.asks && after.is_empty() && !pleads
    }
}

/// `text` without what stands in quotation marks.
fn unquoted(text: &str) -> String {
    QUOTED.replace_all(text, " ").into_owned()
}

fn sentences(text: &str) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let mut raw = String::new();
    for c in text.chars().chain(['.']) {
        match c {
            '.' | '!' | '?' | '…' | ';' | '\n' => {
                let words = words(&std::mem::take(&mut raw));
                if !words.is_empty() {
                    sentences.push(Sentence { words, asks: c == '?' });
                }
            }
            c => raw.push(c),
        }
    }
    sentences
}

/// Words as they are looked up: lower case, no apostrophes, short forms written out, the usual
/// slips of the fingers mended.
fn words(raw: &str) -> String {
    let mut plain = String::with_capacity(raw.len());
    for c in raw.chars().flat_map(char::to_lowercase) {
        match c {
            '\'' | '’' | '‘' | '`' => {}
            ',' | '—' | '–' | ':' => plain.push_str(" , "),
            c if c.is_alphanumeric() => plain.push(c),
            _ => plain.push(' '),
        }
    }
    let words: Vec<&str> = plain.split_whitespace().map(mended).collect();
    words.join(" ").replace("my self", "myself")
}

/// A word as it was meant.
fn mended(word: &str) -> &str {
    const SHORT: [(&str, &str); 23] = [
        ("wanna", "want to"),
        ("wana", "want to"),
        ("gonna", "going to"),
        ("gona", "going to"),
        ("tryna", "trying to"),
        ("kinda", "kind of"),
        ("u", "you"),
        ("ur", "your"),
        ("cannot", "cant"),
        ("kil", "kill"),
        ("killl", "kill"),
        ("wnat", "want"),
        ("watn", "want"),
        ("wan", "want"),
        ("dieing", "dying"),
        ("anymore", "any more"),
        ("iam", "i am"),
        ("hitts", "hits"),
        ("abd", "and"),
        ("teh", "the"),
        ("2", "to"),
        ("comit", "commit"),
        ("suicidle", "suicidal"),
    ];
    // No other word is one slip away from these.
    const LONG: [&str; 7] =
        ["myself", "suicide", "suicidal", "husband", "boyfriend", "girlfriend", "partner"];
    if let Some((_, long)) = SHORT.iter().find(|(short, _)| *short == word) {
        return long;
    }
    let slip = |meant: &&&str| word.len() > 4 && strsim::damerau_levenshtein(word, meant) == 1;
    LONG.iter().find(slip).map_or(word, |meant| meant)
}

/// Has the patterns compiled, which takes some 30 ms: otherwise the first reply waits for it.
pub fn read_ahead() {
    LazyLock::force(&PHRASES);
    for pattern in [&QUOTED, &REPORTED, &SUPPOSED, &NAMED_AFTER, &PAST, &RECENT] {
        LazyLock::force(pattern);
    }
}

static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    phrases::pattern(r#""[^"]*"|“[^”]*”|«[^»]*»|(?:^|\s)['‘][^'‘’]+(?:['’]\w[^'‘’]*)*['’](?:\s|[.,;:!?]|$)"#)
});
/// Somebody else is said to say, think or feel it.
static REPORTED: LazyLock<Regex> = LazyLock::new(|| {
    phrases::pattern(
        r"(?:\b(?:so|and|then) (?:its|it is) like(?: ,)?|\b(?:voices?|thoughts?|feelings?|ideas?)(?: \w+)? (?:is|are|going|goes)(?: ,| that| like)*|\b(?:you|youre|youve|youd|he|hes|she|shes|they|theyre|someone|somebody|anyone|people|clients?|patients?|voices?|thoughts?|words?|phrase|sentence|part|(?:your|his|her|my|the) \w+)\b(?: \w+){0,4}? ?\b(?:say|says|said|saying|think|thinks|thought|thinking|feel|feels|felt|feeling|mean|means|meant|tell|tells|told|telling|wonder|wonders|wondering|believe|believes|hear|heard|goes|went|whispers|writes|wrote|like)(?: (?:that|like|as if|to|me|us|yourself|himself|herself|themselves|about|out|loud|sometimes|often|just|is|was|,|then|well|okay|ok))*)$",
    )
});
/// Supposed, denied, or made an example of.
static SUPPOSED: LazyLock<Regex> = LazyLock::new(|| {
    phrases::pattern(
        r"(?:\b(?:dont|do not|didnt|not|never|doesnt|isnt)(?: \w+)? (?:think|mean|say|saying|believe|like|that|because|as if)|\bnot|\b(?:if|imagine|suppose|supposing|pretend|pretending|as if|as though|lets say|what if|unless|example|instance|words|sentence|line|phrase|nobody says|hypothetically))(?: (?:that|i|said|say|told|you|like|,|is|was))*$",
    )
});
/// "I want to die, is that what you mean?"
static NAMED_AFTER: LazyLock<Regex> = LazyLock::new(|| {
    phrases::pattern(
        r"^(?:, )?(?:(?:(?:is|was|are|were|thats|that is|those|these|as)\b.*\b(?:you|your|youre|client|clients)\b)|(?:you|he|she|they|the client|my client) (?:say|said|says|told|mean|feel|felt|think)\b|(?:is|was) (?:a|the) (?:line|phrase|sentence|song|thing))",
    )
});
/// Long ago.
static PAST: LazyLock<Regex> = LazyLock::new(|| {
    phrases::pattern(
        r"\b(?:(?:years?|months?|weeks?|ages|decades?|while|time) ago|when i was|when we were|as an? (?:kid|child|teen\w*|student|boy|girl)|growing up|used to|back then|back in|in my (?:teens|twenties|thirties|childhood|youth|first|last|old)|once|last year|at school|in college|ex|back when)\b",
    )
});
/// Just now.
static RECENT: LazyLock<Regex> = LazyLock::new(|| {
    phrases::pattern(
        r"\b(?:again|last night|yesterday|today|tonight|this (?:morning|week|weekend|evening|afternoon)|just now|an hour ago|the other (?:day|night)|every (?:day|night|time|week|weekend)|on (?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    )
});

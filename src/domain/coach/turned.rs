//! A client's words as a counsellor would give them back: "my PO lies to me" becomes "your PO lies
//! to you".
//! Knows: English word order, as far as short spoken sentences need it. Never: states, techniques.

use super::grammar::{
    Person, is_aux, is_base_verb, is_elided_i, is_elided_it, is_nobodys_order, is_of_speaker, is_opener,
    is_starter, is_verb, lower, person,
};

/// The fewest and the most words that are given back in one go.
const LENGTH: std::ops::RangeInclusive<usize> = 4..=15;
/// The most words that are quoted as they were said.
const QUOTED: usize = 8;

/// Whom a client means by "you" where nothing else tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum You {
    /// The person opposite: the client is at odds with them.
    Opposite,
    /// Anybody.
    Anybody,
}

/// A statement of the client's, in the second person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    text: String,
    /// Whether the first word is written small within a sentence: it is no name.
    small: bool,
}

impl Clause {
    /// As the start of a sentence.
    pub fn opening(&self) -> String {
        let mut chars = self.text.chars();
        chars.next().map(|c| c.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
    }

    /// Whether it says something without what stood before it: it is of the client, and not short.
    pub fn stands_alone(&self) -> bool {
        let words: Vec<String> = self.text.split_whitespace().map(lower).collect();
        let points = |w: &String| ["that", "it", "this", "those", "them", "one", "so"].contains(&w.as_str());
        words.len() >= 5 && person(&words[0]) == Some(Person::Second) && !words.iter().skip(1).any(points)
    }

    /// Within a sentence; none where it opens with what may be a name.
    pub fn inside(&self) -> Option<&str> {
        self.small.then_some(self.text.as_str())
    }
}

/// What of a reply lends itself best to being given back.
pub fn turned_round(text: &str, you: You) -> Option<Clause> {
    let text = text.replace('\u{2019}', "'");
    let sentences = sentences(&text);
    let last = sentences.len();
    let mut best: Option<(i32, Clause)> = None;
    for (at, sentence) in sentences.iter().enumerate() {
        for part in parts(sentence) {
            let Some((clause, own)) = turn(&part, you) else { continue };
            // What they say of themselves before what they say of others, the end before the start.
            let worth = if own { 4 } else { 0 } + (2 * (at + 1) / last) as i32;
            if best.as_ref().is_none_or(|(most, _)| worth >= *most) {
                best = Some((worth, clause));
            }
        }
    }
    best.map(|(_, clause)| clause)
}

/// The client's last few words as they were said: "Whatever.", "You done?".
/// None where the last sentence is long, or there are no words.
pub fn quoted(text: &str) -> Option<String> {
    let text = text.replace('\u{2019}', "'");
    let sentences = sentences(&text);
    let last = sentences.last().filter(|s| s.words.len() <= QUOTED)?;
    let said = last.words.join(" ");
    let said = said.trim_matches(|c: char| !c.is_alphanumeric());
    let plain = !said.is_empty() && !said.contains(['"', '\u{201c}', '\u{201d}', ':']);
    plain.then(|| if last.asks { format!("{said}?") } else { format!("{said}.") })
}

struct Sentence<'a> {
    words: Vec<&'a str>,
    asks: bool,
}

fn sentences(text: &str) -> Vec<Sentence<'_>> {
    let mut found = Vec::new();
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        let bare = word.trim_end_matches(['.', '!', '?', '\u{2026}']);
        let ends = bare.len() < word.len() && !is_abbreviation(word);
        let breaks = matches!(word, "-" | "\u{2014}" | "\u{2013}");
        if !breaks && !bare.is_empty() {
            words.push(if ends { bare } else { word });
        }
        if (ends || breaks) && !words.is_empty() {
            found.push(Sentence { words: std::mem::take(&mut words), asks: word.contains('?') });
        }
    }
    if !words.is_empty() {
        found.push(Sentence { words, asks: false });
    }
    found
}

fn is_abbreviation(word: &str) -> bool {
    ["dr.", "mr.", "mrs.", "ms.", "st.", "a.m.", "p.m."].contains(&word.to_ascii_lowercase().as_str())
}

/// A statement, or a question that is one: "why should I" says that there is no reason.
struct Part<'a> {
    before: &'static str,
    words: Vec<&'a str>,
}

/// The statements in a sentence: the whole of it, or what stands before and after a "but".
fn parts<'a>(sentence: &Sentence<'a>) -> Vec<Part<'a>> {
    let words = without_asides(&sentence.words);
    let words = without_openers(&words);
    if words.iter().any(|w| w.contains(['"', '\u{201c}', '\u{201d}', ':', ';', '(', '*', '/'])) {
        return Vec::new();
    }
    if sentence.asks {
        return asked(words).into_iter().collect();
    }
    let said = |words: &[&'a str]| Part { before: "", words: without_tail(words).to_vec() };
    let joint = |at: &usize| {
        let starts = words.get(at + 1).is_some_and(|next| is_starter(&lower(next)));
        let joins =
            lower(words[*at]) == "but" || (lower(words[*at]) == "and" && words[at - 1].ends_with(','));
        joins && starts
    };
    match (2..words.len()).find(joint) {
        Some(at) => vec![said(&words[..at]), said(without_openers(&words[at..]))],
        None => vec![said(words)],
    }
}

/// Without what stands between commas and adds nothing: "and, I don't know, I get the appointment".
fn without_asides<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut kept: Vec<&str> = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let follows = kept.last().is_some_and(|before| before.ends_with(','));
        match aside(&words[at..]).filter(|_| follows) {
            Some(length) => {
                let goes_on = |before: &str| is_joint(&lower(before)) || lower(words[at]) == "like";
                if let Some(before) = kept.last_mut().filter(|before| goes_on(before)) {
                    *before = before.trim_end_matches(',');
                }
                at += length;
            }
            None => {
                kept.push(words[at]);
                at += 1;
            }
        }
    }
    kept
}

/// How many words the aside has that `words` begin with: it ends in a comma.
fn aside(words: &[&str]) -> Option<usize> {
    let end = words.iter().take(3).position(|word| word.ends_with(','))? + 1;
    let said = words[..end].iter().map(|word| lower(word)).collect::<Vec<_>>().join(" ");
    ASIDES.contains(&said.as_str()).then_some(end)
}

const ASIDES: [&str; 22] = [
    "i don't know",
    "i mean",
    "i guess",
    "i suppose",
    "i think",
    "i tell you",
    "i'm afraid",
    "i'm telling you",
    "you know",
    "you see",
    "you understand",
    "believe me",
    "to be fair",
    "to be honest",
    "as it happens",
    "honestly",
    "frankly",
    "like",
    "man",
    "well",
    "yeah",
    "really",
];

fn is_joint(word: &str) -> bool {
    ["and", "but", "so", "because", "or"].contains(&word)
}

/// Without words that open a sentence and add nothing.
fn without_openers<'a, 'w>(mut words: &'w [&'a str]) -> &'w [&'a str] {
    while let [first, rest @ ..] = words {
        let comma = first.ends_with(',');
        let next = rest.first().map(|w| lower(w)).unwrap_or_default();
        let two = [lower(first), next.clone()];
        let of_two = matches!(
            [two[0].as_str(), two[1].as_str()],
            ["i", "mean" | "guess" | "suppose"]
                | ["you", "know"]
                | ["all", "right"]
                | ["of", "course"]
                | ["come", "on"]
                | ["go", "on" | "ahead"]
        );
        if of_two && rest.len() > 2 {
            words = &rest[1..];
        } else if is_opener(&lower(first)) && (comma || (is_starter(&next) && !denies(&lower(first)))) {
            words = rest;
        } else {
            break;
        }
    }
    words
}

/// "No to all of them" is not "no, to all of them".
fn denies(word: &str) -> bool {
    ["no", "nah", "nope", "not"].contains(&word)
}

/// Without what trails behind a comma: "so", "you know how it is", "man".
fn without_tail<'a, 'w>(words: &'w [&'a str]) -> &'w [&'a str] {
    let is_aside = |at: usize| lower(words[at]) == "you" && lower(words[at + 1]) == "know";
    let long = |at: &usize| words.len() - at > 2 && !is_aside(*at);
    match words.iter().rposition(|w| w.ends_with(',')).map(|at| at + 1).filter(|at| !long(at) && *at >= 3) {
        Some(end) => &words[..end],
        None => words,
    }
}

/// What a question says: "why should I bother" that they see no reason to.
fn asked<'a>(words: &[&'a str]) -> Option<Part<'a>> {
    let low: Vec<String> = words.iter().map(|w| lower(w)).collect();
    let low: Vec<&str> = low.iter().map(String::as_str).collect();
    let (before, order): (_, Vec<usize>) = match low.as_slice() {
        // "why should I stop": you don't see why you should stop
        ["why" | "how", aux, subject, ..] if is_aux(aux) && *aux != "does" && is_subject(subject) => {
            let kept = if ["do", "did"].contains(aux) { vec![0, 2] } else { vec![0, 2, 1] };
            ("you don't see", kept.into_iter().chain(3..words.len()).collect())
        }
        ["what's", "the", "point", ..] => ("you don't see", (1..words.len()).collect()),
        ["what's", "wrong", "with", ..] => ("you don't see anything", (1..words.len()).collect()),
        // "what do you want me to say": you're asking what I want you to say
        ["what" | "who" | "where" | "when", "do" | "did", "you", _, ..] => {
            ("you're asking", [0, 2].into_iter().chain(3..words.len()).collect())
        }
        ["are" | "do" | "did" | "have" | "can" | "would" | "will", "you", _, ..] => {
            let kept = if ["do", "did"].contains(&low[0]) { vec![1] } else { vec![1, 0] };
            let end = low.iter().position(|w| *w == "or").filter(|at| *at > 3).unwrap_or(words.len());
            ("you want to know whether", kept.into_iter().chain(2..end).collect())
        }
        _ => return None,
    };
    Some(Part { before, words: order.into_iter().map(|at| words[at]).collect() })
}

fn is_subject(word: &str) -> bool {
    ["i", "you", "he", "she", "it", "they", "we", "this", "that", "anybody", "anyone"].contains(&word)
}

/// The statement in the second person, and whether it is about the client themselves.
fn turn(part: &Part<'_>, you: You) -> Option<(Clause, bool)> {
    let (added, words) = completed(part)?;
    let words = within_length(words)?;
    let low: Vec<String> = words.iter().map(|w| lower(w)).collect();
    if low.windows(2).any(|pair| is_aux(&pair[0]) && pair[1] == "i")
        || low.iter().any(|w| NOT_TURNED.contains(&w.as_str()))
    {
        return None;
    }
    let own = low.iter().any(|w| person(w) == Some(Person::First)) || added.starts_with("you");
    let speaks_to = low.iter().any(|w| person(w) == Some(Person::Second));
    let opposite = speaks_to && (own || !part.before.is_empty() || you == You::Opposite);
    if speaks_to && !opposite && !is_of_anybody(&low) {
        return None;
    }
    let mut turned = vec![added.to_owned()];
    for at in 0..words.len() {
        turned.push(turn_word(words, &low, at, opposite));
    }
    let small = !added.is_empty() || is_starter(&low[0]);
    if small {
        turned[1] = small_first(&turned[1]);
    }
    let text = turned.join(" ").trim().trim_end_matches([',', ';', '-']).to_owned();
    // What they say of the trainee is their view, not a fact.
    let of_trainee =
        ["I ", "I'm ", "I've ", "I'd ", "I'll ", "my "].iter().any(|start| text.starts_with(start));
    let text = if of_trainee { format!("you think {text}") } else { text };
    Some((Clause { text, small }, own))
}

/// Words that have no counterpart: "half of me's ready", "let's go".
const NOT_TURNED: [&str; 3] = ["me's", "let's", "lemme"];

/// Whether "you" in a sentence that names no other person is anybody: "you don't fix what works".
fn is_of_anybody(low: &[String]) -> bool {
    let start = low.iter().position(|w| w == "you");
    let next = start.and_then(|at| low.get(at + 1)).map_or("", String::as_str);
    start.is_some_and(|at| at > 0 || ["don't", "can't", "get", "never", "learn", "live"].contains(&next))
        && !low.iter().any(|w| w.starts_with("you'"))
}

fn small_first(word: &str) -> String {
    // "I'm" of the trainee's stays as it is.
    if word == "I" || word.starts_with("I'") { word.to_owned() } else { word.to_lowercase() }
}

/// What a clipped sentence leaves out, and the words: "had a few" is of the client, "not my
/// fault" of it.
fn completed<'p>(part: &'p Part<'_>) -> Option<(&'static str, &'p [&'p str])> {
    let words = part.words.as_slice();
    let first = lower(words.first()?);
    let second = words.get(1).map(|w| lower(w)).unwrap_or_default();
    if !part.before.is_empty() {
        return Some((part.before, words));
    }
    let rest = &words[1..];
    Some(match first.as_str() {
        "don't" if is_elided_i(&second) || is_nobodys_order(&second) => ("you", words),
        "don't" => ("you don't want me to", rest),
        "not" if second == "like" => return None,
        "not" if is_of_speaker(&second) => ("you're", words),
        "not" => ("it's", words),
        "been" | "got" | "gotten" => ("you've", words),
        "just" if is_base_verb(&second) => ("you want me to just", rest),
        "just" | "same" | "nothing" if !is_verb(&second) => ("it's", words),
        word if is_starter(word) => ("", words),
        word if is_elided_it(word) => ("it", words),
        word if is_elided_i(word) && !is_base_verb(word) => ("you", words),
        "never" if is_base_verb(&second) => return None,
        "never" => ("you", words),
        word if is_base_verb(word) => ("you want me to", words),
        // A name or a noun, and what it does.
        _ if is_verb(&second) || second.ends_with("n't") => ("", words),
        _ => return None,
    })
}

/// The words, cut at a comma or before a "because" where they are too many.
fn within_length<'w>(words: &'w [&'w str]) -> Option<&'w [&'w str]> {
    let mut end = words.len();
    if end > *LENGTH.end() {
        let joint = |at: &usize| {
            words[at - 1].ends_with(',')
                || ["because", "when", "if", "and", "so", "unless"].contains(&lower(words[*at]).as_str())
        };
        end = (4..=*LENGTH.end()).rev().find(joint)?;
    }
    LENGTH.contains(&end).then(|| &words[..end])
}

/// One word in the second person. `opposite`: "you" is the trainee.
fn turn_word(words: &[&str], low: &[String], at: usize, opposite: bool) -> String {
    let word = words[at];
    let core = word.trim_end_matches([',', ';']);
    let tail = &word[core.len()..];
    let before = |n: usize| at.checked_sub(n).map_or("", |i| low[i].as_str());
    let after_i = before(1) == "i" || (before(2) == "i" && !is_aux(before(1)) && !is_verb(before(1)));
    let after_you = opposite && before(1) == "you";
    let next = low.get(at + 1).map_or("", String::as_str);
    let turned = match low[at].as_str() {
        "i" | "me" | "we" | "us" => "you",
        "i'm" | "we're" => "you're",
        "i've" | "we've" => "you've",
        "i'd" | "we'd" => "you'd",
        "i'll" | "we'll" => "you'll",
        "my" | "our" => "your",
        "mine" | "ours" => "yours",
        "myself" | "ourselves" => "yourself",
        "am" if after_i => "are",
        "was" if after_i => "were",
        "wasn't" if after_i => "weren't",
        "you" if opposite && ["people", "guys", "folks", "all"].contains(&next) => "people like me",
        "people" | "guys" | "folks" | "all" if after_you => return tail.to_owned(),
        "you" if opposite => {
            if tail.is_empty() && is_subject_before(next, before(1)) {
                "I"
            } else {
                "me"
            }
        }
        "you're" if opposite => "I'm",
        "you've" if opposite => "I've",
        "you'd" if opposite => "I'd",
        "you'll" if opposite => "I'll",
        "your" if opposite => "my",
        "yours" if opposite => "mine",
        "yourself" if opposite => "myself",
        "are" if after_you => "am",
        "aren't" if after_you => "am not",
        "were" if after_you => "was",
        "weren't" if after_you => "wasn't",
        _ => core,
    };
    format!("{turned}{tail}")
}

/// Whether "you" between `before` and `next` does something, rather than having it done.
fn is_subject_before(next: &str, before: &str) -> bool {
    // "Telling you takes nothing off it", but "saying you know".
    if before.ends_with("ing") && !before.ends_with("thing") && !SAYING.contains(&before) {
        return false;
    }
    let acts = is_verb(next) || is_aux(next) || is_adverb(next);
    acts || (!next.is_empty() && !is_verb(before) && !is_preposition(before))
}

/// What is followed by what somebody does.
const SAYING: [&str; 10] = [
    "saying",
    "thinking",
    "knowing",
    "hoping",
    "believing",
    "figuring",
    "guessing",
    "betting",
    "wishing",
    "meaning",
];

fn is_preposition(word: &str) -> bool {
    let known =
        ["to", "for", "with", "of", "at", "on", "from", "about", "by", "like", "than", "against", "near"];
    known.contains(&word)
}

fn is_adverb(word: &str) -> bool {
    ["never", "always", "just", "really", "only", "still", "already", "even", "ever"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether each is turned round so by somebody who is at odds with the trainee.
    fn check(cases: &[(&str, &str)]) {
        for (said, turned) in cases {
            let opening = turned_round(said, You::Opposite).map(|clause| clause.opening());
            assert_eq!(opening.as_deref(), Some(*turned), "{said}");
        }
    }

    #[test]
    fn what_is_left_out_is_found() {
        check(&[
            (
                "Don't see where telling you takes anything off it.",
                "You don't see where telling me takes anything off it",
            ),
            ("Don't tell me what I need.", "You don't want me to tell you what you need"),
            ("Not sure how to explain.", "You're not sure how to explain"),
            ("Not getting into it with you.", "You're not getting into it with me"),
            ("Not my fault they sent me.", "It's not your fault they sent you"),
            ("Can't get into it.", "You can't get into it"),
        ]);
    }

    #[test]
    fn what_adds_nothing_is_left_out() {
        check(&[
            (
                "She worries and, I don't know, I get the appointment.",
                "She worries and you get the appointment",
            ),
            (
                "I'm a grown woman and, I guess, I get sniffed at the door.",
                "You're a grown woman and you get sniffed at the door",
            ),
            ("I mind a little, around three, you know how it is.", "You mind a little, around three"),
            ("That's, like, all they do up there.", "That's all they do up there"),
        ]);
    }

    #[test]
    fn you_is_who_does_it_or_to_whom_it_is_done() {
        check(&[
            ("I never wanted you asking about her.", "You never wanted me asking about her"),
            ("I hear everything you say.", "You hear everything I say"),
            ("I keep hoping you stop.", "You keep hoping I stop"),
        ]);
    }
}

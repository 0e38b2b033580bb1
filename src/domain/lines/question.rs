//! What kind of question a turn ends in: who is asked "where was that?" does not answer how it went.
//! Knows: English question words. Never: lines, scores, what was meant.

use crate::domain::lines::text::{sentences, tokens};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    Who,
    When,
    Where,
    Why,
    Amount,
    How,
    Which,
    What,
    YesNo,
}

/// Words that ask, the more particular first: "what time" asks when, "how many" asks for a number.
const WORDS: [(Question, &[&str]); 21] = [
    (Question::Who, &["who"]),
    (Question::Who, &["whose"]),
    (Question::Who, &["whom"]),
    (Question::When, &["when"]),
    (Question::When, &["what", "time"]),
    (Question::When, &["what", "year"]),
    (Question::When, &["which", "day"]),
    (Question::Where, &["where"]),
    (Question::Why, &["why"]),
    (Question::Why, &["how", "come"]),
    (Question::Why, &["what", "makes"]),
    (Question::Why, &["what", "made"]),
    (Question::Why, &["what", "for"]),
    (Question::Amount, &["how", "many"]),
    (Question::Amount, &["how", "much"]),
    (Question::Amount, &["how", "often"]),
    (Question::Amount, &["how", "long"]),
    (Question::Amount, &["how", "old"]),
    (Question::How, &["how"]),
    (Question::Which, &["which"]),
    (Question::What, &["what"]),
];
/// What is typed without its apostrophe.
const JOINED: [(&str, &str); 6] = [
    ("whats", "what"),
    ("whos", "who"),
    ("wheres", "where"),
    ("whens", "when"),
    ("whys", "why"),
    ("hows", "how"),
];
/// What may stand before the first word of a question without its mark.
const BEFORE: [&str; 6] = ["so", "and", "but", "ok", "okay", "well"];

/// What the last question in `text` asks for; none where nothing is asked.
pub(super) fn asked(text: &str) -> Option<Question> {
    let marked = sentences(text).into_iter().rfind(|s| s.ends_with('?'));
    let words: Vec<String> = tokens(marked.unwrap_or(text)).into_iter().map(parted).collect();
    if marked.is_some() {
        return Some(asked_for(&words).unwrap_or(Question::YesNo));
    }
    // Typed without its mark.
    let begin = words.iter().position(|w| !BEFORE.contains(&w.as_str()))?;
    let asks = |phrase: &&[&str]| words[begin..].iter().zip(phrase.iter()).all(|(w, p)| w == p);
    WORDS.iter().any(|(_, phrase)| phrase.len() == 1 && asks(phrase)).then(|| asked_for(&words)).flatten()
}

fn parted(word: String) -> String {
    JOINED.iter().find(|(joined, _)| *joined == word).map_or(word, |(_, asks)| (*asks).to_owned())
}

fn asked_for(words: &[String]) -> Option<Question> {
    let has = |phrase: &[&str]| words.windows(phrase.len()).any(|w| w == phrase);
    WORDS.iter().find(|(_, phrase)| has(phrase)).map(|(question, _)| *question)
}

/// How the question of one who speaks stands to that of a wording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Asks {
    /// Neither asks.
    #[default]
    Neither,
    /// Both ask for the same.
    Same,
    /// They ask for two things.
    Other,
    /// Only who speaks asks.
    Spoken,
    /// Only the wording asks.
    Wording,
}

impl Asks {
    /// Of what was `spoken` and a `wording`.
    pub(super) fn of(spoken: Option<Question>, wording: Option<Question>) -> Self {
        match (spoken, wording) {
            (None, None) => Self::Neither,
            (Some(a), Some(b)) if a == b => Self::Same,
            (Some(_), Some(_)) => Self::Other,
            (Some(_), None) => Self::Spoken,
            (None, Some(_)) => Self::Wording,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_question_tells_what_is_asked_for() {
        for (text, question) in [
            ("What time do you get up?", Some(Question::When)),
            ("A raise. When was that?", Some(Question::When)),
            ("Who's Irene?", Some(Question::Who)),
            ("How come they won't?", Some(Question::Why)),
            ("How many is that, and how did it start?", Some(Question::Amount)),
            ("How did you find out? You sound angry.", Some(Question::How)),
            ("Does Yvonne know?", Some(Question::YesNo)),
            ("so what happened then", Some(Question::What)),
            ("whats your job", Some(Question::What)),
            ("Whos that?", Some(Question::Who)),
            ("You know what I mean.", None),
            ("That was when it began.", None),
            ("...", None),
            ("", None),
        ] {
            assert_eq!(asked(text), question, "{text}");
        }
    }

    #[test]
    fn two_questions_ask_for_the_same_or_not() {
        let of = |a: &str, b: &str| Asks::of(asked(a), asked(b));
        assert_eq!(of("Where was that?", "And where did it happen?"), Asks::Same);
        assert_eq!(of("Where was that?", "How was it?"), Asks::Other);
        assert_eq!(of("Where was that?", "You were there."), Asks::Spoken);
        assert_eq!(of("You were there.", "Where was that?"), Asks::Wording);
        assert_eq!(of("You were there.", "So you went."), Asks::Neither);
    }
}

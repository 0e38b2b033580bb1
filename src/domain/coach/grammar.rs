//! The words by which a short spoken sentence shows how it is built.
//! Knows: English function words and common verbs. Never: what a sentence means.

/// Who a word speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person {
    /// I, me, my; we, as a client says it of the family.
    First,
    /// You.
    Second,
}

/// A word without its marks, in lower case.
pub fn lower(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'').to_lowercase()
}

/// Who the word speaks of, if it is a pronoun of the first or second person.
pub fn person(word: &str) -> Option<Person> {
    let stem = word.split('\'').next().unwrap_or(word);
    match stem {
        "i" | "me" | "my" | "mine" | "myself" | "we" | "us" | "our" | "ours" => Some(Person::First),
        "you" | "your" | "yours" | "yourself" => Some(Person::Second),
        _ => None,
    }
}

/// Whether it opens a statement and is written small within one.
pub fn is_starter(word: &str) -> bool {
    let stem = word.split('\'').next().unwrap_or(word);
    STARTERS.contains(&stem)
}

/// Whether it may open a sentence without adding to it.
pub fn is_opener(word: &str) -> bool {
    OPENERS.contains(&word)
}

/// Whether it is an auxiliary verb, negated or not.
pub fn is_aux(word: &str) -> bool {
    let stem = word.strip_suffix("n't").unwrap_or(word);
    AUX.contains(&stem) || matches!(word, "can't" | "won't" | "cannot")
}

/// Whether it is a verb, by a list or its ending.
pub fn is_verb(word: &str) -> bool {
    if is_aux(word) || BASE.contains(&word) || PAST.contains(&word) || STATES.contains(&word) {
        return true;
    }
    let stem = word.strip_suffix("es").or_else(|| word.strip_suffix('s')).unwrap_or(word);
    BASE.contains(&stem)
        || STATES.contains(&stem)
        || BASE.contains(&word.strip_suffix('s').unwrap_or(word))
        || STATES.contains(&word.strip_suffix('s').unwrap_or(word))
        || (word.len() > 4 && word.ends_with("ed"))
}

/// Whether it gives an order when it opens a sentence.
pub fn is_base_verb(word: &str) -> bool {
    BASE.contains(&word)
}

/// Whether a sentence that opens with it is about the speaker: "didn't ask for it".
pub fn is_elided_i(word: &str) -> bool {
    PAST.contains(&word)
        || STATES.contains(&word)
        || matches!(word, "can't" | "couldn't" | "didn't" | "won't" | "wouldn't" | "haven't" | "had" | "did")
}

/// Whether "don't" before it says what the speaker doesn't do: nobody is told "don't see".
pub fn is_nobodys_order(word: &str) -> bool {
    matches!(word, "see" | "think" | "hear" | "drink" | "smoke" | "eat" | "sleep" | "work" | "live" | "drive")
}

/// Whether "not" before it says what the speaker is not, or is not doing: "not sure", "not going".
pub fn is_of_speaker(word: &str) -> bool {
    let states =
        ["sure", "ready", "used", "interested", "happy", "proud", "comfortable", "really", "here", "about"];
    states.contains(&word) || (word.len() > 5 && word.ends_with("ing") && !word.ends_with("thing"))
}

/// Whether a sentence that opens with it is about something just mentioned: "doesn't matter".
pub fn is_elided_it(word: &str) -> bool {
    matches!(
        word,
        "doesn't"
            | "isn't"
            | "wasn't"
            | "is"
            | "was"
            | "seems"
            | "feels"
            | "sounds"
            | "happens"
            | "works"
            | "helps"
            | "takes"
            | "makes"
            | "depends"
            | "goes"
    )
}

const STARTERS: &[&str] = &[
    "i",
    "it",
    "that",
    "this",
    "these",
    "those",
    "they",
    "he",
    "she",
    "we",
    "you",
    "there",
    "nobody",
    "everybody",
    "everyone",
    "anybody",
    "anyone",
    "somebody",
    "someone",
    "nothing",
    "everything",
    "something",
    "people",
    "my",
    "the",
    "his",
    "her",
    "their",
    "our",
    "your",
    "its",
    "all",
    "some",
    "most",
    "half",
    "if",
    "when",
    "maybe",
    "sometimes",
    "one",
    "a",
    "an",
    "no",
    "what",
    "how",
    "where",
    "who",
    "why",
    "at",
    "in",
    "on",
    "by",
    "after",
    "before",
    "every",
    "each",
    "other",
    "another",
    "two",
    "three",
    "four",
    "five",
    "as",
    "talking",
    "part",
    "plenty",
    "lots",
    "even",
    "once",
    "since",
    "most",
    "any",
    "both",
    "for",
    "to",
];

const OPENERS: &[&str] = &[
    "look", "well", "yeah", "yes", "no", "nah", "nope", "listen", "and", "but", "because", "so", "okay",
    "ok", "oh", "man", "honestly", "sure", "right", "hey", "like", "anyway", "actually", "see", "fine",
    "great", "jesus", "god", "huh", "hm", "hmm", "uh", "um", "then", "plus", "cause", "please", "sorry",
    "thanks", "true", "whatever",
];

const AUX: &[&str] = &[
    "do", "does", "did", "is", "are", "was", "were", "am", "have", "has", "had", "can", "could", "will",
    "would", "should", "might", "must", "need", "ought",
];

/// Base forms of what one does: they give an order when they open a sentence.
const BASE: &[&str] = &[
    "get", "stop", "leave", "let", "tell", "ask", "give", "keep", "save", "try", "sign", "write", "call",
    "skip", "go", "quit", "look", "put", "talk", "read", "check", "move", "come", "take", "show", "make",
    "say", "wait", "start", "drop", "pick", "hold", "turn", "find", "spare", "explain", "fix", "mind", "use",
    "help", "bring", "pass", "ease", "back", "lay", "shut", "calm", "think", "do", "be", "pay", "work",
    "drink", "smoke", "eat", "sit", "run", "drive", "play", "sleep", "live", "hear", "see", "learn",
    "change", "decide", "judge", "listen", "cut", "bet", "lose", "win", "push", "fight", "yell", "watch",
    "lie", "mess", "happen",
];

/// Base forms of what one is, feels or has: nobody orders them.
const STATES: &[&str] = &[
    "need",
    "want",
    "know",
    "care",
    "like",
    "have",
    "remember",
    "feel",
    "believe",
    "love",
    "hate",
    "mean",
    "seem",
    "understand",
    "trust",
    "hope",
    "wish",
    "guess",
    "deserve",
    "miss",
    "worry",
    "own",
    "matter",
];

const PAST: &[&str] = &[
    "had", "went", "tried", "lost", "told", "thought", "worked", "drove", "used", "came", "slept", "woke",
    "said", "made", "took", "got", "gave", "saw", "knew", "felt", "did", "put", "ate", "drank", "smoked",
    "grew", "left", "wanted", "needed", "called", "asked", "quit", "kept", "found", "heard", "paid", "sat",
    "ran", "forgot", "meant", "gone", "been", "seen", "done", "held", "spent", "became", "won", "walked",
    "stopped", "started",
];

//! Text to words: lower case, contractions and typed short forms opened, byte places kept.
//! Knows: English spelling. Never: what any word means for the judge.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

/// The number of a word that some phrase mentions; `Vocabulary::UNKNOWN` for all others.
pub type WordId = u32;

/// What follows a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// The next word, at once.
    #[default]
    None,
    /// A comma, colon or bracket.
    Comma,
    /// A dash between spaces, or one that breaks off.
    Dash,
    /// The end of a sentence.
    Sentence,
    /// A question mark.
    Question,
    /// An exclamation mark.
    Exclamation,
}

/// One word of a text.
#[derive(Clone, Debug)]
pub struct Token {
    /// Which word.
    pub word: WordId,
    /// Hash of the word's stem, for overlap with other texts.
    pub stem: u64,
    /// Bytes of the text. Both halves of an opened contraction have the bytes of the whole.
    pub at: Range<usize>,
    /// What follows.
    pub stop: Stop,
    /// Whether a phrase may pass over it: an adverb or a filler.
    pub soft: bool,
    /// Whether it looks like a verb by its ending alone.
    pub verbish: bool,
}

/// A map for short keys that come from no adversary: FNV-1a, several times faster here than
/// the standard hash.
pub type ShortMap<K, V> = HashMap<K, V, BuildHasherDefault<Fnv>>;

/// FNV-1a over whatever is written.
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    // A stem is a hash already.
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Words that phrases mention, and the classes that each belongs to.
#[derive(Debug, Default)]
pub struct Vocabulary {
    ids: ShortMap<Box<str>, WordId>,
    classes: Vec<u64>, // bit set per word
}

impl Vocabulary {
    /// A word that no phrase mentions.
    pub const UNKNOWN: WordId = WordId::MAX;

    /// The number of `word`, made if new.
    pub fn intern(&mut self, word: &str) -> WordId {
        if let Some(&id) = self.ids.get(word) {
            return id;
        }
        let id = self.classes.len() as WordId;
        self.ids.insert(word.into(), id);
        self.classes.push(0);
        id
    }

    /// The number of `word`, or `UNKNOWN`.
    pub fn id(&self, word: &str) -> WordId {
        self.ids.get(word).copied().unwrap_or(Self::UNKNOWN)
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Puts `word` into class `class` (0..64).
    pub fn classify(&mut self, word: &str, class: u8) {
        let id = self.intern(word);
        self.classes[id as usize] |= 1 << class;
    }

    /// Whether the word belongs to class `class`.
    pub fn is(&self, word: WordId, class: u8) -> bool {
        self.classes.get(word as usize).is_some_and(|set| set & (1 << class) != 0)
    }
}

/// The words of `text`, in order. Text in square brackets (`[laughs]`) is passed over, and
/// a word said twice in a row counts once.
pub fn tokenise(text: &str, vocabulary: &Vocabulary) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 4);
    let mut word = String::with_capacity(24);
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if c == '[' {
            for (_, inner) in chars.by_ref() {
                if inner == ']' {
                    break;
                }
            }
        } else if c.is_alphanumeric() {
            word.clear();
            push_lower(&mut word, c);
            let mut end = start + c.len_utf8();
            let mut apostrophe = None;
            while let Some(&(at, next)) = chars.peek() {
                if next.is_alphanumeric() {
                    push_lower(&mut word, next);
                } else if is_apostrophe(next)
                    && text[at + next.len_utf8()..].starts_with(char::is_alphanumeric)
                {
                    apostrophe = Some(word.len());
                } else {
                    break;
                }
                end = at + next.len_utf8();
                chars.next();
            }
            push_word(&mut tokens, vocabulary, &word, apostrophe, start..end);
        } else if let Some(last) = tokens.last_mut() {
            last.stop = stronger(last.stop, stop_of(c, text, start));
        }
    }
    tokens
}

/// A word in the spelling that phrases use; several if it is a contraction or short form.
pub fn spelled(word: &str) -> Vec<String> {
    let mut bare = String::new();
    let mut apostrophe = None;
    for c in word.chars() {
        if is_apostrophe(c) {
            apostrophe = Some(bare.len());
        } else {
            push_lower(&mut bare, c);
        }
    }
    match opened(&bare, apostrophe.is_some()) {
        Some(parts) => parts.split(' ').map(str::to_owned).collect(),
        None => vec![without_genitive(&bare, apostrophe).to_owned()],
    }
}

/// A number that is the same for the forms of one word (want, wants, wanted, wanting).
pub fn stem_hash(word: &str) -> u64 {
    let mut hash = Fnv::default();
    hash.write(stem(word).as_bytes());
    hash.finish()
}

fn push_word(
    tokens: &mut Vec<Token>,
    vocabulary: &Vocabulary,
    word: &str,
    apostrophe: Option<usize>,
    at: Range<usize>,
) {
    let mut push = |part: &str| {
        let stem = stem_hash(part);
        let id = vocabulary.id(part);
        let again = |t: &Token| t.stem == stem && t.word == id && t.stop < Stop::Sentence && t.at != at;
        if let Some(last) = tokens.last_mut().filter(|t| again(t)) {
            last.at.end = at.end;
            last.stop = Stop::None;
            return;
        }
        let verbish = part.len() > 4 && (part.ends_with("ing") || part.ends_with("ed"));
        tokens.push(Token { word: id, stem, at: at.clone(), stop: Stop::None, soft: false, verbish });
    };
    match opened(word, apostrophe.is_some()) {
        Some(parts) => parts.split(' ').for_each(&mut push),
        None => push(without_genitive(word, apostrophe)),
    }
}

fn push_lower(word: &mut String, c: char) {
    if c.is_ascii() {
        word.push(c.to_ascii_lowercase());
    } else {
        word.extend(c.to_lowercase());
    }
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '\u{02bc}' | '`' | '\u{00b4}')
}

/// `wife's` is `wife`: the s is kept only where the table below opens it.
fn without_genitive(word: &str, apostrophe: Option<usize>) -> &str {
    match apostrophe {
        Some(cut) if cut + 1 == word.len() && word.ends_with('s') => &word[..cut],
        _ => word,
    }
}

fn stop_of(c: char, text: &str, at: usize) -> Stop {
    let next = text[at + c.len_utf8()..].chars().next();
    let ends = next.is_none_or(|n| !n.is_alphanumeric());
    match c {
        '?' => Stop::Question,
        '!' => Stop::Exclamation,
        '.' if ends && !is_abbreviation(&text[..at]) => Stop::Sentence,
        ';' | '\n' | '\u{2026}' => Stop::Sentence,
        ',' | ':' | '(' | ')' => Stop::Comma,
        '\u{2014}' | '\u{2013}' => Stop::Dash,
        '-' if ends => Stop::Dash,
        _ => Stop::None,
    }
}

fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    ["dr", "mr", "mrs", "ms", "vs", "eg", "st"].iter().any(|a| word.eq_ignore_ascii_case(a))
}

fn stronger(a: Stop, b: Stop) -> Stop {
    a.max(b)
}

/// English endings off, roughly: enough to see that two words are forms of one.
fn stem(word: &str) -> &str {
    let n = word.len();
    if !word.is_ascii() || n < 4 {
        return word;
    }
    let cut = |s: usize| {
        let base = &word[..n - s];
        let bytes = base.as_bytes();
        let last = bytes.len() - 1;
        let doubled =
            last > 1 && bytes[last] == bytes[last - 1] && !matches!(bytes[last], b'l' | b's' | b'e' | b'o');
        if doubled { &base[..last] } else { base }
    };
    let base = if word.ends_with("ing") && n > 5 {
        cut(3)
    } else if word.ends_with("ied") || word.ends_with("ies") {
        &word[..n - 2]
    } else if word.ends_with("ed") && n > 4 {
        cut(2)
    } else if word.ends_with("es") && n > 4 {
        &word[..n - 2]
    } else if word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") {
        &word[..n - 1]
    } else if word.ends_with("ly") && n > 5 {
        &word[..n - 2]
    } else {
        word
    };
    let base = base.strip_suffix('e').filter(|b| b.len() > 2).unwrap_or(base);
    base.strip_suffix('y').filter(|b| b.len() > 2).unwrap_or(base)
}

/// Contractions and typed short forms. A form that is also a word of its own ("well",
/// "were") is opened only where it was written with its apostrophe.
fn opened(word: &str, apostrophe: bool) -> Option<&'static str> {
    if let Some(parts) = short_form(word) {
        return Some(parts);
    }
    if let Some(parts) = negated(word) {
        return Some(parts);
    }
    if !apostrophe {
        return None;
    }
    Some(match word {
        "ill" => "i will",
        "well" => "we will",
        "were" => "we are",
        "wed" => "we would",
        "hell" => "he will",
        "shell" => "she will",
        "shed" => "she would",
        _ => return None,
    })
}

fn negated(word: &str) -> Option<&'static str> {
    if !word.ends_with("nt") {
        return None;
    }
    Some(match word {
        "dont" => "do not",
        "doesnt" => "does not",
        "didnt" => "did not",
        "cant" => "can not",
        "couldnt" => "could not",
        "wont" => "will not",
        "wouldnt" => "would not",
        "shouldnt" => "should not",
        "isnt" => "is not",
        "arent" => "are not",
        "wasnt" => "was not",
        "werent" => "were not",
        "havent" => "have not",
        "hasnt" => "has not",
        "hadnt" => "had not",
        "mustnt" => "must not",
        "neednt" => "need not",
        "aint" => "is not",
        _ => return None,
    })
}

fn short_form(word: &str) -> Option<&'static str> {
    if word.len() > 7 {
        return None;
    }
    Some(match word {
        "youre" | "yourre" => "you are",
        "youve" => "you have",
        "youll" => "you will",
        "youd" => "you would",
        "im" => "i am",
        "ive" => "i have",
        "id" => "i would",
        "its" => "it is",
        "itll" => "it will",
        "itd" => "it would",
        "thats" => "that is",
        "thatll" => "that will",
        "thatd" => "that would",
        "theres" => "there is",
        "heres" => "here is",
        "whats" => "what is",
        "whatre" => "what are",
        "hows" => "how is",
        "whos" => "who is",
        "wheres" => "where is",
        "whens" => "when is",
        "whys" => "why is",
        "lets" => "let us",
        "hes" => "he is",
        "shes" => "she is",
        "hed" => "he would",
        "theyre" => "they are",
        "theyve" => "they have",
        "theyll" => "they will",
        "theyd" => "they would",
        "weve" => "we have",
        "cannot" => "can not",
        "gonna" => "going to",
        "wanna" => "want to",
        "gotta" => "got to",
        "hafta" => "have to",
        "kinda" => "kind of",
        "sorta" => "sort of",
        "dunno" => "do not know",
        "u" | "ya" | "yu" => "you",
        "ur" | "yr" => "your",
        "r" => "are",
        "cos" | "cuz" | "coz" | "bc" => "because",
        "til" => "until",
        "thx" | "ty" => "thanks",
        "pls" | "plz" => "please",
        "ok" | "k" => "okay",
        "yea" | "yep" | "yup" | "yeh" => "yeah",
        "alot" => "a lot",
        "shoud" | "shud" => "should",
        "woud" | "wud" => "would",
        "coud" | "cud" => "could",
        "wat" | "wot" => "what",
        "falt" => "fault",
        "wich" => "which",
        "becuase" | "becuse" => "because",
        "gimme" => "give me",
        "lemme" => "let me",
        "abt" => "about",
        "ppl" => "people",
        "prob" => "probably",
        "rn" => "right now",
        "tho" => "though",
        _ => return None,
    })
}

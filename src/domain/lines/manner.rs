//! A line in a client's own manner: small words before, inside and after it, where they read naturally.
//! Knows: manner, actions, text, dice. Never: banks, choosing, what was said to the client.

use crate::domain::action::Action;
use crate::domain::dice::Dice;
use crate::domain::lines::text::{normal, sentences, word_count};
use crate::domain::persona::Manner;

/// How much rarer words inside a line are than words before it …
const INSIDE: f32 = 0.8;
/// … and words after it.
const AFTER: f32 = 0.6;
/// How often a reflection is taken up with a "yeah", where nothing speaks against it.
const TAKEN_UP: f32 = 0.45;
/// How often an "I" that could be left off is.
const CLIPPED: f32 = 0.5;
/// Chance that an opener goes before a later sentence rather than the first.
const LATER: f32 = 0.25;
/// One small word for so many words of a reply.
const APART: u16 = 9;
/// Words in which a short last sentence takes nothing behind it, and a long one neither.
const TAGGED: std::ops::RangeInclusive<u16> = 4..=16;
/// Words from which a sentence takes "or something" behind it.
const OR_TAGGED: u16 = 7;

/// Words with which a statement begins: a small word may stand before them, and they may lose their capital.
const STATEMENTS: &str = "i i'm i've i'd i'll you you're you've you'd it it's it'll it'd he he's he'd she she's \
    she'd they they're they've they'd they'll we we're we've we'd my the this that that's that'd there there's \
    nobody nobody's nothing nothing's everybody everybody's everything everyone everyone's somebody somebody's \
    something people some all half most every if when one two three four five ten twenty our his her their mine \
    these those another a an";
/// Words that make a line open in a manner of its own, or that need what stood before them.
const OPEN_ALREADY: &str = "yes yeah yep no nope nah uh-uh sure ok okay well oh look listen so and but or because \
    right fine huh hey like true exactly thanks thank please sorry uh um man honestly anyway see hell damn god \
    jesus christ wow ha hm hmm then which maybe great cool good alright i.e plus not now hi hello lord";
/// Small words that a line may have by itself.
const SMALL: [&str; 27] = [
    " i mean ",
    " you know ",
    " kind of ",
    " sort of ",
    " kinda ",
    " uh ",
    " um ",
    " honestly ",
    " i guess ",
    " i suppose ",
    " i dont know ",
    " whatever ",
    " you see ",
    " to be fair ",
    " well ",
    " oh ",
    " look ",
    " listen ",
    " okay ",
    " huh ",
    " anyway ",
    " though ",
    " maybe ",
    " i think ",
    " or something ",
    " really ",
    " at least ",
];
/// Words after which a small word may stand, before a new clause.
const JOINS: [&str; 4] = ["but", "and", "because", "so"];
/// What a new clause begins with.
const SUBJECTS: &str = "i i'm i've i'd i'll you you're it it's he he's she she's they they're we we're there's \
    that's nobody nobody's my the";
/// Verbs before which an "I" may be left off without an order or a question coming of it.
const CLIPPABLE: &str = "got had was went said took told can't couldn't never wasn't lost paid worked came thought \
    didn't haven't won't wouldn't don't";

/// A line about to be spoken.
#[derive(Clone, Debug)]
pub struct Speech<'a> {
    /// Whose.
    pub manner: &'a Manner,
    /// What it does.
    pub action: Action,
    /// Whether the trainee gave back what the client says or feels.
    pub reflected: bool,
    /// The client's reply before it.
    pub before: Option<&'a str>,
    /// Decides what is put in.
    pub dice: Dice,
}

/// `line` as this client says it. Facts are told, and doors closed, without small words.
pub fn in_manner(line: &str, speech: &Speech<'_>) -> String {
    let unadorned = matches!(speech.action, Action::Disclose | Action::Warn | Action::Leave);
    if speech.manner.is_plain() || unadorned || word_count(line) < 3 {
        return line.to_owned();
    }
    let mut dice = speech.dice.clone();
    let mut spoken = Spoken::of(line);
    let rolls: [f32; 4] = std::array::from_fn(|_| dice.unit());
    let rate = speech.manner.rate;
    let agrees = speech.reflected && !speech.action.is_sustain() && !speech.action.is_discord();
    let agreed = agrees && dice.unit() < TAKEN_UP && spoken.agree(speech, &mut dice);
    if !agreed && rolls[0] < rate && spoken.has_room() {
        spoken.open(speech, &mut dice);
    }
    if rolls[1] < INSIDE * rate && spoken.has_room() {
        spoken.fill(speech, &mut dice);
    }
    if rolls[2] < AFTER * rate && spoken.has_room() {
        spoken.close(speech, &mut dice);
    }
    if speech.manner.clips && rolls[3] < CLIPPED {
        spoken.clip();
    }
    spoken.text()
}

/// The small words of a client, which say nothing new.
#[derive(Clone, Debug)]
pub(super) struct SmallWords {
    /// In normal form, the longest first.
    phrases: Vec<String>,
    /// Whether an "I" may be left off.
    clips: bool,
}

impl SmallWords {
    /// Those of `manner`.
    pub fn of(manner: &Manner) -> Self {
        let mut phrases: Vec<String> = manner.phrases().map(normal).filter(|p| !p.is_empty()).collect();
        if manner.clips {
            // "I don't know" may have become "Don't know".
            let clipped: Vec<String> =
                phrases.iter().filter_map(|p| p.strip_prefix("i ")).map(str::to_owned).collect();
            phrases.extend(clipped);
        }
        phrases.sort_by_key(|p| std::cmp::Reverse(p.len()));
        Self { phrases, clips: manner.clips }
    }

    /// A text in normal form without them, and without what is left off: equal for a line and for what the
    /// client made of it.
    pub fn left_out_of(&self, normal: &str) -> String {
        let mut out = String::with_capacity(normal.len());
        let mut rest = normal;
        while !rest.is_empty() {
            let phrase = self.phrases.iter().find(|p| begins_with(rest, p));
            let skipped =
                phrase.map_or_else(|| usize::from(self.clips && begins_with(rest, "i")), String::len);
            let end = if skipped > 0 { skipped } else { rest.find(' ').unwrap_or(rest.len()) };
            if skipped == 0 {
                if !out.is_empty() {
                    out.push(' ');
                }
                out.push_str(&rest[..end]);
            }
            rest = rest[end..].trim_start();
        }
        // A reply of nothing but small words is itself.
        if out.is_empty() { normal.to_owned() } else { out }
    }
}

fn begins_with(text: &str, words: &str) -> bool {
    text.strip_prefix(words).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

fn ends_with(reply: &str, tag: &str) -> bool {
    let tagged = normal(reply).strip_suffix(&normal(tag)).is_some_and(|rest| rest.ends_with(' '));
    if tag == "…" { reply.ends_with(tag) } else { tagged }
}

/// A line on its way: sentences, and how much has been put in.
struct Spoken {
    sentences: Vec<Sentence>,
    words: u16,
    added: u16,
}

struct Sentence {
    text: String,
    /// It has a small word, its own or one put in.
    is_small: bool,
}

impl Spoken {
    fn of(line: &str) -> Self {
        let sentence = |text: &str| Sentence { text: text.to_owned(), is_small: has_small_word(text) };
        let sentences: Vec<Sentence> = sentences(line).into_iter().map(sentence).collect();
        let own = sentences.iter().filter(|s| s.is_small).count();
        Self { words: word_count(line), added: u16::try_from(own).unwrap_or(u16::MAX), sentences }
    }

    /// Whether `phrase` is among the words already, other than as "…".
    fn has(&self, phrase: &str) -> bool {
        let phrase = format!(" {} ", normal(phrase));
        phrase.len() > 2 && self.sentences.iter().any(|s| format!(" {} ", normal(&s.text)).contains(&phrase))
    }

    fn has_room(&self) -> bool {
        self.added < 1 + self.words / APART
    }

    fn open(&mut self, speech: &Speech<'_>, dice: &mut Dice) {
        let manner = speech.manner;
        let by_action: &[String] = match speech.action {
            a if a.is_sustain() || a.is_discord() => &manner.against,
            a if a.is_change() => &manner.along,
            _ => &[],
        };
        let later = dice.unit() < LATER;
        let place = if later { self.later_statement(dice) } else { Some(0) };
        let Some(i) = place else { return };
        let general = manner.openers.iter();
        // "Yeah, well," answers, and "Okay, so" begins: in the middle they would not.
        let goes_on = |o: &&String| o.ends_with(',') && !o.contains(' ');
        let all: Vec<&String> =
            if i == 0 { general.chain(by_action).collect() } else { general.filter(goes_on).collect() };
        let sentence = &self.sentences[i];
        let said = |opener: &str| {
            let first = first_word(opener);
            speech.before.is_some_and(|b| begins_with(&normal(b), &normal(opener)))
                || self.has(opener)
                // "Look," need not look twice; an "I" may come again.
                || (!is_among(first, STATEMENTS) && self.has(first))
        };
        let fitting: Vec<&&String> =
            all.iter().filter(|o| !sentence.is_small && !said(o) && takes(&sentence.text, o)).collect();
        if let Some(opener) = fitting.get(dice.below(fitting.len())) {
            let text = if opener.ends_with(['.', '…']) {
                format!("{opener} {}", sentence.text)
            } else {
                format!("{opener} {}", lower_start(&sentence.text))
            };
            self.replace(i, text);
        }
    }

    /// Puts a "yeah" before it, if the first sentence takes one.
    fn agree(&mut self, speech: &Speech<'_>, dice: &mut Dice) -> bool {
        let yes = &speech.manner.yes;
        let Some(word) = yes.get(dice.below(yes.len())) else { return false };
        let said = speech.before.is_some_and(|b| begins_with(&normal(b), &normal(word)));
        // "Yeah. I wouldn't say that."
        let fits = |s: &&Sentence| !said && takes(&s.text, word) && !denies(&s.text);
        let Some(first) = self.sentences.first().filter(fits) else { return false };
        let text = format!("{word} {}", first.text);
        self.replace(0, text);
        true
    }

    /// A sentence after the first that states something, if there is one.
    fn later_statement(&self, dice: &mut Dice) -> Option<usize> {
        let stating = |i: &usize| {
            let text = &self.sentences[*i].text;
            is_statement(text) && word_count(text) > 3
        };
        let found: Vec<usize> = (1..self.sentences.len()).filter(stating).collect();
        found.get(dice.below(found.len())).copied()
    }

    fn fill(&mut self, speech: &Speech<'_>, dice: &mut Dice) {
        let Some(filler) = speech.manner.fillers.get(dice.below(speech.manner.fillers.len())) else { return };
        if self.has(filler) {
            return;
        }
        let mut found = Vec::new();
        for (i, sentence) in self.sentences.iter().enumerate() {
            let is_free = !sentence.is_small && !sentence.text.ends_with('?');
            found.extend(gaps(&sentence.text, filler).into_iter().filter(|_| is_free).map(|gap| (i, gap)));
        }
        if let Some((i, (from, to))) = found.get(dice.below(found.len())).copied() {
            let text = &self.sentences[i].text;
            let text = format!("{}, {filler}, {}", &text[..from], &text[to..]);
            self.replace(i, text);
        }
    }

    fn close(&mut self, speech: &Speech<'_>, dice: &mut Dice) {
        let Some(tag) = speech.manner.tags.get(dice.below(speech.manner.tags.len())) else { return };
        let Some(i) = self.sentences.len().checked_sub(1) else { return };
        let (text, words) = (&self.sentences[i].text, word_count(&self.sentences[i].text));
        let Some(body) = text.strip_suffix('.').filter(|b| !b.ends_with('.')) else { return };
        let just_said = speech.before.is_some_and(|before| ends_with(before, tag));
        // "I'll be there, I guess" takes the promise back.
        let promises = is_among(first_word(text), "i'll");
        if self.sentences[i].is_small || just_said || promises || self.has(tag) {
            return;
        }
        let text = match tag.as_str() {
            "…" if words > 2 => format!("{body}…"),
            _ if !TAGGED.contains(&words) || !is_statement(text) || speech.action.is_discord() => return,
            // "I know that one or something."
            _ if tag.starts_with("or ") && words < OR_TAGGED => return,
            _ if tag.starts_with("or ") => format!("{body} {tag}."),
            _ => format!("{body}, {tag}."),
        };
        self.replace(i, text);
    }

    fn clip(&mut self) {
        let clipped = |s: &Sentence| {
            let rest = s.text.strip_prefix("I ")?;
            let (verb, after) = rest.split_once(' ')?;
            let after_not =
                verb != "don't" || is_among(first_word(after), "know see think want like care need have");
            (is_among(verb, CLIPPABLE) && after_not).then(|| capital(rest))
        };
        let found = self.sentences.iter().enumerate().find_map(|(i, s)| Some((i, clipped(s)?)));
        if let Some((i, text)) = found {
            self.sentences[i].text = text;
        }
    }

    fn replace(&mut self, i: usize, text: String) {
        self.sentences[i] = Sentence { text, is_small: true };
        self.added += 1;
    }

    fn text(self) -> String {
        self.sentences.into_iter().map(|s| s.text).collect::<Vec<_>>().join(" ")
    }
}

fn has_small_word(sentence: &str) -> bool {
    let words = format!(" {} ", normal(sentence));
    SMALL.iter().any(|small| words.contains(small)) || sentence.contains(['…', '"', '\u{201c}'])
}

/// Whether a sentence has a "not" in it.
fn denies(sentence: &str) -> bool {
    let nots = "not never nothing nobody no hardly none";
    sentence.replace('\u{2019}', "'").split([' ', ',', '.']).any(|w| w.ends_with("n't") || is_among(w, nots))
}

/// Whether `opener` reads naturally before `sentence`.
fn takes(sentence: &str, opener: &str) -> bool {
    let first = first_word(sentence);
    let last_of_opener = normal(opener).rsplit(' ').next().unwrap_or_default().to_owned();
    let whole = opener.ends_with(['.', '…']);
    let fits = if whole { !is_among(first, OPEN_ALREADY) } else { is_among(first, STATEMENTS) };
    // "I don't know. I know my limits."
    let has = |word: &str| format!(" {} ", normal(sentence)).contains(word);
    let denies = last_of_opener == "know" && has(" know ") || last_of_opener == "but" && has(" but ");
    fits && !sentence.ends_with('?') && word_count(sentence) > 2 && normal(first) != last_of_opener && !denies
}

pub(super) fn is_statement(sentence: &str) -> bool {
    is_among(first_word(sentence), STATEMENTS) && !sentence.ends_with('?')
}

/// Where between commas something may stand: the bytes of the gap to be filled.
fn gaps(sentence: &str, filler: &str) -> Vec<(usize, usize)> {
    let words: Vec<(usize, &str)> =
        sentence.split(' ').map(|w| (w.as_ptr() as usize - sentence.as_ptr() as usize, w)).collect();
    let mut out = Vec::new();
    for i in 1..words.len().saturating_sub(2) {
        let ((at, word), (next_at, next)) = (words[i], words[i + 1]);
        let before_clause = is_among(next, SUBJECTS);
        let joins = i >= 2 && JOINS.contains(&word) && before_clause;
        let condition = word.ends_with(',') && before_clause && is_among(words[0].1, "if when");
        // "It's, like, the one part": only this word stands there.
        let states = filler == "like" && i == 1 && is_among(words[0].1, "it's that's he's she's they're i'm");
        if joins {
            out.push((at + word.len(), next_at));
        } else if condition {
            out.push((at + word.len() - 1, next_at));
        } else if states && !is_among(word, "not like") {
            out.push((at - 1, at));
        }
    }
    out
}

fn first_word(text: &str) -> &str {
    text.split([' ', ',', '.', ';', ':', '!', '?', '…']).next().unwrap_or(text)
}

fn is_among(word: &str, list: &str) -> bool {
    let word = word.replace('\u{2019}', "'").to_lowercase();
    list.split_whitespace().any(|known| known == word)
}

/// `text` with a small first letter, but for "I".
pub(super) fn lower_start(text: &str) -> String {
    let first = first_word(text);
    if first == "I" || first.starts_with("I'") || first.starts_with("I\u{2019}") {
        return text.to_owned();
    }
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

fn capital(text: &str) -> String {
    crate::domain::lines::text::capitalised(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manner() -> Manner {
        let list = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
        Manner {
            rate: 0.8,
            openers: list(&["Look,", "I don't know."]),
            against: list(&["Yeah, well,"]),
            along: list(&["I guess"]),
            yes: list(&["Yeah."]),
            fillers: list(&["you know"]),
            tags: list(&["so"]),
            links: list(&["Plus,"]),
            clips: true,
        }
    }

    #[test]
    fn what_was_put_in_is_no_news() {
        let manner = manner();
        let without = |text: &str| SmallWords::of(&manner).left_out_of(&normal(text));
        for line in
            ["I paid the fine and I did the hours. It's done.", "They needed somebody, and there I was."]
        {
            for seed in 0..200 {
                let speech = Speech {
                    manner: &manner,
                    action: Action::Inform,
                    reflected: true,
                    before: None,
                    dice: Dice::new(seed),
                };
                let spoken = in_manner(line, &speech);
                assert_eq!(without(&spoken), without(line), "{spoken}");
            }
        }
        assert_eq!(without("So."), "so");
    }

    #[test]
    fn gaps_stand_before_a_new_clause_only() {
        let at = |text: &str| gaps(text, "you know").len();
        assert_eq!(at("I like it but I can't sleep."), 1);
        assert_eq!(at("If you lived there, you'd drink too."), 0);
        assert_eq!(at("If you lived there, it would get you too."), 1);
        assert_eq!(at("Bread and butter and a knife."), 0);
    }
}

//! Two authored lines as one reply, where more words are wished for than one line has.
//! Knows: lines' text, what they do, dice. Never: personas' state, scores, files.

use crate::domain::action::Action;
use crate::domain::dice::Dice;
use crate::domain::lines::index::bags_alike;
use crate::domain::lines::manner::{is_statement, lower_start};
use crate::domain::lines::store::{Line, Place, Store};
use crate::domain::lines::tag::Tag;
use crate::domain::lines::text::{normal, sentences, word_count};

/// A second line comes where so many words are left of the wish.
const ROOM: u16 = 4;
/// How often a link stands between two lines.
const LINKED: f32 = 0.2;
/// What a detail of the belief that was just voiced has before any other line.
const OF_BELIEF: f32 = 0.6;
/// Lines more alike say the same thing twice.
const TOO_ALIKE: f32 = 0.42;
/// Lines less alike than this have nothing to do with each other, unless both answer the trainee.
const RELATED: f32 = 0.38;
/// Likeness to the trainee's words from which a line answers them.
const ANSWERS: f32 = 0.45;
/// How far chance moves a second line.
const CHANCE: f32 = 0.15;
/// What a total far from the wish costs.
const MISFIT: f32 = 0.4;

/// What a second line may begin with: nothing that could point at the wrong thing.
const STARTS: &str = "i i'm i've i'd i'll we we've nobody nobody's everybody everybody's \
    everyone somebody people there's if when every some half most one my";
/// What takes up words of the trainee's: only a line that answers them may say so.
const TAKES_UP: &str = "you say|you said|you're saying|you call|you asked|you keep|you make|you're making|you told|\
    you think|you want|you sound|you put|your word";
/// Words of counting: two lines with numbers can contradict each other.
const COUNTS: &str = "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty \
    hundred thousand once twice year years month months week weeks day days hour hours minutes o'clock dozen";
/// A sentence with which a line is finished.
const CLOSERS: [&str; 16] = [
    "next question",
    "thats it",
    "thats all",
    "end of story",
    "period",
    "so",
    "done",
    "thats the deal",
    "leave it there",
    "move on",
    "ask somebody else",
    "thats the answer",
    "that is all",
    "happy",
    "your turn",
    "im done",
];

/// A line that may stand behind another.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub line: &'a Line,
    pub text: &'a str,
    /// How near it is to what the trainee said.
    pub near: f32,
    /// The text in normal form.
    pub normal: &'a str,
    pub words: u16,
}

/// What is being said, part by part.
#[derive(Clone, Debug)]
pub(super) struct Whole {
    pub text: String,
    pub source: String,
    /// The belief that it voices.
    pub belief: Option<u32>,
}

/// Puts lines together.
#[derive(Debug)]
pub(super) struct Splicer<'a> {
    pub store: &'a Store,
    pub parts: Vec<Part<'a>>,
    /// The words wished for.
    pub wished: u16,
    /// What this client says between two lines.
    pub links: &'a [String],
}

/// The tags of lines that may come behind a line for `action`.
pub(super) fn behind(action: Action) -> &'static [Tag] {
    match action {
        Action::Deny => &[Tag::Deny, Tag::Argue],
        Action::Downplay => &[Tag::Downplay, Tag::Argue],
        Action::Blame => &[Tag::Blame, Tag::Argue],
        Action::Reject => &[Tag::Argue, Tag::Blame],
        Action::Hesitate => &[Tag::Hesitate, Tag::Doubt, Tag::YesBut],
        Action::Doubt => &[Tag::Doubt, Tag::Hesitate],
        Action::Inform => &[Tag::Inform],
        Action::Ember => &[Tag::Ember, Tag::Acknowledge],
        Action::Acknowledge => &[Tag::Acknowledge, Tag::Disclose],
        // One plan at a time.
        Action::Plan => &[Tag::Change],
        Action::Challenge => &[Tag::Attack, Tag::Argue],
        Action::Test => &[Tag::Argue, Tag::Test],
        _ => &[],
    }
}

/// Whether `text` may stand behind another line: it states, and does not point back.
pub(super) fn may_follow(text: &str, place: Place) -> bool {
    let states = !text.contains(['?', '…', '"', '\u{201c}']) && word_count(text) > 3;
    let first =
        text.split([' ', ',', '.']).next().unwrap_or_default().replace('\u{2019}', "'").to_lowercase();
    let lower = text.replace('\u{2019}', "'").to_lowercase();
    let takes_up = TAKES_UP.split('|').any(|words| lower.contains(words));
    // A detail was written to follow its belief.
    let detail = matches!(place, Place::Detail(_));
    states && !takes_up && (detail || STARTS.split_whitespace().any(|s| s == first))
}

impl Splicer<'_> {
    /// `first` with a line behind it, where more is wished for than it says.
    pub fn lengthened(&self, first: Whole, mut dice: Dice) -> Whole {
        let Some(next) = self.next(&first, &mut dice) else { return first };
        let part = &self.parts[next];
        let linked = dice.unit() < LINKED && is_statement(part.text);
        let link = self.links.get(dice.below(self.links.len())).filter(|_| linked);
        let text = match link {
            Some(link) if link.ends_with(['.', '…']) => format!("{} {link} {}", first.text, part.text),
            Some(link) => format!("{} {link} {}", first.text, lower_start(part.text)),
            None => format!("{} {}", first.text, part.text),
        };
        Whole { text, source: joined_source(&first.source, &self.store.source(part.line)), ..first }
    }

    /// The best line to go on with, if anything may be added.
    fn next(&self, whole: &Whole, dice: &mut Dice) -> Option<usize> {
        let words = word_count(&whole.text);
        if self.wished < words + ROOM || !may_lead(&whole.text) {
            return None;
        }
        let room = self.wished - words;
        let said = self.store.lexicon.vector(&whole.text);
        let heard = normal(&whole.text);
        let counted = counts(&heard);
        let mut best: Option<(usize, f32)> = None;
        for (i, part) in self.parts.iter().enumerate() {
            let chance = CHANCE * dice.unit();
            let detailed = matches!(part.line.place, Place::Detail(b) if whole.belief == Some(b));
            let is_long = part.words > room + room / 4 + 3;
            if is_long || !self.fits(part, whole, detailed) || same_words(&heard, part) {
                continue;
            }
            let alike = bags_alike(&said, part.line.vector(&self.store.lexicon));
            let apart = alike < RELATED && part.near < ANSWERS;
            if alike > TOO_ALIKE || (!detailed && (apart || counted && counts(part.normal))) {
                continue;
            }
            let misfit = (f32::from(words + part.words) / f32::from(self.wished)).ln().abs();
            let lift = if detailed { OF_BELIEF } else { 0.0 };
            let score = 0.7 * alike + 0.5 * part.near + lift + chance - MISFIT * misfit;
            if best.is_none_or(|(_, top)| score > top) {
                best = Some((i, score));
            }
        }
        best.map(|(i, _)| i)
    }

    /// Whether the beliefs of the two go together: a detail behind its own belief, a belief once.
    fn fits(&self, part: &Part<'_>, whole: &Whole, detailed: bool) -> bool {
        let voiced = belief_of(part.line.place).is_some_and(|b| whole.belief == Some(b));
        match part.line.place {
            Place::Detail(_) => detailed,
            _ => !voiced,
        }
    }
}

/// Where two lines come from: `file:5+6`, or `file:5+other:6`.
fn joined_source(first: &str, second: &str) -> String {
    let file = |source: &str| source.rsplit_once(':').map(|(file, _)| file.to_owned());
    match second.rsplit_once(':') {
        Some((_, line)) if file(first) == file(second) => format!("{first}+{line}"),
        _ => format!("{first}+{second}"),
    }
}

/// The belief that a line voices.
pub(super) fn belief_of(place: Place) -> Option<u32> {
    match place {
        Place::Claim(b) | Place::Detail(b) | Place::Softened(b) => Some(b),
        _ => None,
    }
}

/// Whether something may come behind `text`.
fn may_lead(text: &str) -> bool {
    let last = sentences(text).last().map(|s| normal(s)).unwrap_or_default();
    text.ends_with('.') && !text.ends_with("..") && word_count(text) > 1 && !CLOSERS.contains(&last.as_str())
}

fn counts(words: &str) -> bool {
    words
        .split(' ')
        .any(|w| w.starts_with(|c: char| c.is_ascii_digit()) || COUNTS.split_whitespace().any(|c| c == w))
}

/// Whether a sentence of the one is in the other, or both begin alike.
fn same_words(heard: &str, part: &Part<'_>) -> bool {
    let own = part.normal;
    let begins = |text: &str| text.match_indices(' ').nth(1).map_or(text.len(), |(i, _)| i);
    let said = |sentence: &&str| word_count(sentence) > 1 && heard.contains(&normal(sentence));
    heard[..begins(heard)] == own[..begins(own)] || sentences(part.text).iter().any(said)
}

/// `text` without its last sentences, where far fewer words are wished for: the first sentence
/// at least, and only where that one states something.
pub(super) fn shortened(text: &str, wished: u16) -> Option<String> {
    let all = sentences(text);
    let enough = wished.max(3) + wished / 2;
    let first = all.first().filter(|s| is_statement(s) && s.ends_with('.') && word_count(s) > 2)?;
    if word_count(text) <= enough || word_count(first) > enough {
        return None;
    }
    let mut kept = (*first).to_owned();
    for sentence in &all[1..] {
        if word_count(&kept) + word_count(sentence) > enough || sentence.ends_with('?') {
            break;
        }
        kept = format!("{kept} {sentence}");
    }
    (kept.len() < text.len()).then_some(kept)
}

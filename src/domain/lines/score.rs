//! How well one line fits this moment: a number, or not at all.
//! Knows: lines, what was said, beliefs on the table. Never: persona files, groups of tags, dice.

use std::collections::HashSet;

use crate::domain::lines::history::History;
use crate::domain::lines::index::{Lexicon, Vector, likeness};
use crate::domain::lines::slots::Filling;
use crate::domain::lines::store::{Form, Line, Place, Store};
use crate::domain::lines::tag::{Tag, Turn, Turns};
use crate::domain::lines::text::{normal, sentences};
use crate::domain::lines::thread::Live;
use crate::domain::lines::turn::{Reading, TakenUp, Words};

/// Likeness that a line for particular words needs, where the kind of turn is the same …
const PAIRED: f32 = 0.28;
/// … and where the judge saw another kind of turn.
const PAIRED_ELSEWHERE: f32 = 0.42;
/// Likeness from which a "yes" may answer a "what", since its author knew what was asked.
const SURELY: f32 = 0.7;
/// Likeness that a short question about the client's last words needs.
const FOLLOWED: f32 = 0.55;
/// Likeness that a bare answer to a question needs, which is a riddle after another …
const BARELY: f32 = 0.6;
/// … and more so where nothing was asked.
const BARELY_UNASKED: f32 = 0.75;
/// What an answer to the words loses where the trainee asks what they mean.
const ASKED_BACK: f32 = 0.15;
/// What a line loses that no word of a what, who or why calls for.
const BESIDE: f32 = 0.15;
/// Likeness from which a line answers such a question.
const ANSWERS: f32 = 0.5;
/// Turns whose answers make no sense after any other.
const NOT_TO_BE_MISTAKEN: [Turn; 9] = [
    Turn::Opening,
    Turn::Apology,
    Turn::SmallTalk,
    Turn::Nonsense,
    Turn::Ai,
    Turn::Silence,
    Turn::OffTopic,
    Turn::WhoAreYou,
    Turn::Permission,
];
/// Kinds of turn of which the judge may well see one for another: the same words ask openly or not, as a
/// "what" or a "do you" would have it.
const KIN: [&[Turn]; 3] = [
    &[Turn::ClosedQ, Turn::OpenQ, Turn::PlanQ],
    &[Turn::Simple, Turn::Complex, Turn::Double, Turn::Summary],
    &[Turn::Confront, Turn::Advice, Turn::InfoNoPerm, Turn::InfoPerm],
];
/// What it costs that only a kin of the turn is answered …
const OF_KIN: f32 = 0.03;
/// … and a turn that is no kin.
const OF_ANOTHER: f32 = 0.08;
/// Terms from which a wording is told by its words alone.
const FULL_WORDING: usize = 4;
/// How much a reply's own wording counts against the best of its cue.
const OWN_WORDING: f32 = 0.2;
/// What a client's own line has before one of their type, from this likeness on.
const OWN_LIFT: f32 = 0.05;
const OWN_FROM: f32 = 0.45;
/// What a line that may be said any time loses where something is asked that it does not answer.
const UNASKED: f32 = 0.12;
/// What an answer to one kind of question has before what would answer any.
const APT: f32 = 0.07;
/// Answers to what wants a yes or a no.
const YES_OR_NO: [&str; 20] = [
    "yes",
    "yeah",
    "yep",
    "yup",
    "no",
    "nope",
    "nah",
    "uh uh",
    "uh huh",
    "mm hm",
    "mmhm",
    "mm",
    "sure",
    "thats right",
    "right",
    "i guess so",
    "i guess thats so",
    "could be",
    "close",
    "of course",
];
/// Likeness below which a belief comes out of the blue.
const IN_REACH: f32 = 0.2;
/// Likeness that the next line of a whole conversation needs.
const NEXT: f32 = 0.2;

/// What lines are scored against.
#[derive(Debug)]
pub(super) struct Scorer<'a> {
    store: &'a Store,
    reading: &'a Reading,
    /// What is compared with the lines' cues.
    heard: &'a Words,
    history: &'a History<'a>,
    filling: &'a Filling,
    /// Likeness of each cue to what the trainee said.
    cues: Vec<f32>,
    /// Beliefs that the client voiced lately.
    voiced: HashSet<u32>,
    first_turn: bool,
    /// The kinds of turn that were seen, and their kin.
    kin: Turns,
    /// What the client can go on from.
    live: Live,
}

impl<'a> Scorer<'a> {
    /// A scorer for this moment; `topic` limits the beliefs that can be on the table.
    pub fn new(
        store: &'a Store,
        reading: &'a Reading,
        history: &'a History<'a>,
        filling: &'a Filling,
        topic: Option<usize>,
        live: Live,
    ) -> Self {
        // "Why?" is about what can be gone on with.
        let heard = if live.is_empty() { &reading.heard } else { &reading.by_itself };
        let cues = store.cues.iter().map(|cue| {
            let said = heard.like(cue.asks);
            cue.vectors.iter().map(|v| likeness(said, v)).fold(0.0, f32::max)
        });
        let mut voiced = HashSet::new();
        for line in store.lines.iter().filter(|l| l.topics.takes(topic)) {
            if let Place::Claim(b) | Place::Detail(b) | Place::Softened(b) = line.place
                && filling.fill(&line.text).is_some_and(|t| history.said_within(&t, 2))
            {
                voiced.insert(b);
            }
        }
        let cues = cues.collect();
        let kin = kin_of(reading.turns);
        Self {
            store,
            reading,
            heard,
            history,
            filling,
            cues,
            voiced,
            first_turn: history.len() <= 1,
            kin,
            live,
        }
    }

    /// Whether the client can go on from something.
    pub fn can_go_on(&self) -> bool {
        !self.live.is_empty()
    }

    /// How the line fits, about `0.0..=1.0` before length and chance; `None` where it must not be said now.
    pub fn fit(&self, line: &Line, words: &Vector) -> Option<f32> {
        if line.turns.has(Turn::Crisis) != (line.place == Place::Risk) {
            return None;
        }
        if self.reading.asks_what && line.cue.is_none() && says_yes_or_no(&line.text) {
            return None;
        }
        let own = likeness(self.reading.heard.all(), words);
        let met = line.turns.meets(self.reading.turns);
        match line.place {
            Place::Voice if line.turns.is_empty() => {
                let unasked = if self.reading.asks() && own < IN_REACH { UNASKED } else { 0.0 };
                Some(0.24 + 0.5 * own - unasked - self.beside(own))
            }
            Place::Voice => met.then_some(0.34 + 0.5 * own - self.beside(own)),
            Place::Reaction => met.then_some(0.28 + 0.5 * own - self.beside(own)),
            Place::Anywhere => met.then_some(safety(line) + 0.3 * own),
            Place::Exit | Place::Risk => Some(0.4 + 0.4 * own),
            Place::Paired => self.paired(line, own),
            Place::Claim(b) => Some(self.claim(b, own) - self.beside(own)),
            Place::Detail(b) => self.detail(b),
            Place::Softened(b) => self.softened(b),
            Place::Plan => Some(if self.reading.turns.has(Turn::PlanQ) { 0.34 } else { 0.26 } + 0.5 * own),
            Place::Secret => Some(0.24 + 0.6 * own),
            Place::Daily => Some(self.daily(line, own)),
            Place::Next(before) => self.next(line, before),
            Place::More(thread) => self.goes_on(line, thread, own),
            // These are asked for by what happened, never by what is being said.
            Place::Later(_) => None,
        }
    }

    fn paired(&self, line: &Line, own: f32) -> Option<f32> {
        let met = line.turns.meets(self.kin);
        let like = self.answered(line, met);
        let (least, discount) = match line.turns.meets(self.reading.turns) {
            true => (PAIRED, 0.0),
            false if met => (PAIRED, OF_KIN),
            false => (PAIRED_ELSEWHERE, OF_ANOTHER),
        };
        // "The table? What do you mean?" asks neither who sets it nor where it stands.
        let asks_back = self.reading.turns.has(Turn::AskMean) && !line.turns.has(Turn::AskMean);
        if self.is_bare_of(line, like) || (asks_back && line.tag == Tag::Minimal) {
            return None;
        }
        let discount = discount + if asks_back { ASKED_BACK } else { 0.0 };
        let mistaken = !met && line.turns.meets(Turns::of(&NOT_TO_BE_MISTAKEN));
        if mistaken || (like < SURELY && self.reading.asks_what && says_yes_or_no(&line.text)) {
            return None;
        }
        let lift = if line.is_own() && like >= OWN_FROM { OWN_LIFT } else { 0.0 };
        // A line that answers other words is worse than one that answers none.
        (like >= least).then_some(0.05 + 0.93 * like + 0.15 * own + lift - discount - self.beside(like))
    }

    /// Whether it is a bare answer to another question.
    fn is_bare_of(&self, line: &Line, like: f32) -> bool {
        let answers = line.cue.is_some_and(|i| self.store.cues[i as usize].asks == Some(true));
        let least = if self.reading.asks() { BARELY } else { BARELY_UNASKED };
        line.tag == Tag::Minimal && answers && like < least
    }

    /// What it costs to be no answer to a question that wants a particular one.
    fn beside(&self, like: f32) -> f32 {
        if self.reading.asks_what && like < ANSWERS { BESIDE } else { 0.0 }
    }

    fn claim(&self, belief: u32, own: f32) -> f32 {
        let b = &self.store.beliefs[belief as usize];
        let like = self.cue(b.asked).max(self.cue(b.reflected)).max(0.9 * own);
        let weight = if self.reading.is_social() { 0.5 } else { 0.8 };
        if like < IN_REACH { 0.16 } else { 0.12 + weight * like }
    }

    /// What elaborates a belief makes sense only while the belief is on the table.
    fn detail(&self, belief: u32) -> Option<f32> {
        let b = &self.store.beliefs[belief as usize];
        let like = self.cue(b.reflected).max(self.cue(b.asked));
        let taken_up = self.reading.reflects || like >= IN_REACH;
        self.voiced.contains(&belief).then_some(if taken_up { 0.42 } else { 0.3 } + 0.45 * like)
    }

    fn softened(&self, belief: u32) -> Option<f32> {
        let b = &self.store.beliefs[belief as usize];
        if !self.reading.turns.meets(Turns::of(&[Turn::Amplified, Turn::Alongside])) {
            return None;
        }
        let like = self.cue(b.amplified).max(self.cue(b.reflected));
        let voiced = self.voiced.contains(&belief);
        (voiced || like >= PAIRED).then_some(if voiced { 0.4 } else { 0.28 } + 0.6 * like)
    }

    fn daily(&self, line: &Line, own: f32) -> f32 {
        let like = self.cue(line.cue).max(0.9 * own);
        if like < IN_REACH { 0.18 } else { 0.22 + 0.7 * like }
    }

    /// A line of a whole conversation comes only after its predecessor, or at the start.
    fn next(&self, line: &Line, before: Option<u32>) -> Option<f32> {
        let like = self.cue(line.cue);
        let follows = match before {
            Some(i) => {
                let text = self.filling.fill(&self.store.lines[i as usize].text)?;
                self.history.just_said(&text)
            }
            None => self.first_turn && line.turns.meets(self.reading.turns),
        };
        let lift = if before.is_some() { 0.5 } else { 0.3 };
        (follows && like >= NEXT).then_some(lift + 0.5 * like)
    }

    /// What goes on from the client's last words answers a question about them, or comes of itself where
    /// the trainee takes them up or waits.
    fn goes_on(&self, line: &Line, thread: u32, own: f32) -> Option<f32> {
        let cost = self.live.cost(thread)?;
        if let Some(cue) = line.cue {
            let wordings = &self.store.cues[cue as usize].vectors;
            let like = wordings.iter().map(|v| likeness(self.reading.heard.all(), v)).fold(0.0, f32::max);
            return (like >= FOLLOWED && !self.is_bare_of(line, like))
                .then_some(0.25 + 0.75 * like + 0.1 * own - cost);
        }
        if line.tag == Tag::Minimal && self.reading.asks() {
            return None;
        }
        let base = match self.reading.taken_up {
            TakenUp::Plainly => 0.52,
            TakenUp::Asked => 0.4,
            TakenUp::Not => return None,
        };
        Some(base + 0.25 * self.reading.of_last + 0.2 * own - cost)
    }

    fn cue(&self, cue: Option<u32>) -> f32 {
        cue.map_or(0.0, |i| self.cues[i as usize])
    }

    /// Likeness of what was said to the wordings that `line` answers, with most regard to its
    /// own one. Where the kind of turn is another, a wording of a word or two says too little.
    fn answered(&self, line: &Line, met: bool) -> f32 {
        let Some(cue) = line.cue.map(|i| &self.store.cues[i as usize]) else { return 0.0 };
        let like = |v: &Vector| {
            if met || v.len() >= FULL_WORDING { likeness(self.heard.like(cue.asks), v) } else { 0.0 }
        };
        let best = if met { self.cue(line.cue) } else { cue.vectors.iter().map(like).fold(0.0, f32::max) };
        let Some(own) = line.wording.and_then(|i| cue.vectors.get(usize::from(i))) else { return best };
        let share = if cue.form == Form::Asked { 1.0 } else { OWN_WORDING };
        share * like(own) + (1.0 - share) * best
    }
}

fn kin_of(turns: Turns) -> Turns {
    let kin = KIN.into_iter().filter(|kin| turns.meets(Turns::of(kin)));
    kin.flatten().fold(turns, |all, turn| all.with(*turn))
}

/// What an answer that holds anywhere is worth: a made-up fact after the wrong question jars
/// most, so there it stands above everything that no word of the trainee's calls for.
fn safety(line: &Line) -> f32 {
    let apt =
        if line.turns.has(Turn::YesNo) || line.turns.meets(Turns::of(&Turn::ASKS_WHAT)) { APT } else { 0.0 };
    apt + match line.tag {
        Tag::Inform => 0.46,
        Tag::Minimal | Tag::Ember => 0.42,
        _ => 0.4,
    }
}

/// Whether it begins as an answer to a question that wants a yes or a no.
fn says_yes_or_no(line: &str) -> bool {
    let first = sentences(line).first().map(|s| normal(s)).unwrap_or_default();
    let word = line.split([',', ' ']).next().unwrap_or_default();
    YES_OR_NO.contains(&first.as_str())
        || (line[word.len()..].starts_with(',') && YES_OR_NO.contains(&normal(word).as_str()))
}

/// Likeness of a fact's own line, which no bank has learnt, to what was said.
pub(super) fn likeness_of(text: &str, reading: &Reading, lexicon: &Lexicon) -> f32 {
    likeness(reading.heard.all(), &lexicon.vector(text))
}

//! How well one line fits this moment: a number, or not at all.
//! Knows: lines, what was said, beliefs on the table. Never: persona files, groups of tags, dice.

use std::cell::OnceCell;
use std::collections::HashSet;

use crate::domain::lines::history::History;
use crate::domain::lines::index::{Lexicon, Near, likeness};
use crate::domain::lines::known::Known;
use crate::domain::lines::question::Asks;
use crate::domain::lines::repertoire::Repertoire;
use crate::domain::lines::store::{Form, Line, Place, Store};
use crate::domain::lines::tag::{Tag, Turn, Turns};
use crate::domain::lines::thread::Live;
use crate::domain::lines::turn::{Reading, TakenUp, Words, questions};
use crate::domain::lines::weights::{Evidence, LineKind, Weights};

/// Nearness below which a line for particular words is for other ones.
const FOR_OTHERS: f32 = 0.35;
/// Nearness from which a "yes" may answer a "what", since its author knew what was asked.
const SURELY: f32 = 0.7;
/// Nearness that a bare answer to a question needs, which is a riddle after another …
const BARELY: f32 = 0.6;
/// … and more so where nothing was asked …
const BARELY_UNASKED: f32 = 0.75;
/// … and where it is a word or two: of 59 such answers between 0.6 and 0.8 readers believed 18.
const BARELY_WORDS: f32 = 0.85;
const FEW_WORDS: u16 = 2;
/// Nearness that an answer about the client's last words needs where nothing is asked.
const FOLLOWED_UNASKED: f32 = 0.8;
/// What an answer to the words loses where the trainee asks what they mean.
const ASKED_BACK: f32 = 0.15;
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
/// Nearness below which a belief comes out of the blue …
const IN_REACH: f32 = 0.35;
const IN_REACH_ASKED: f32 = 0.6;
/// … and what it is worth then.
const OUT_OF_THE_BLUE: f32 = 0.16;
/// Replies for which a belief that was voiced stays on the table.
const LATELY: usize = 2;
/// Nearness that the next line of a whole conversation needs.
const NEXT: f32 = 0.35;
/// What going on unasked has where the trainee plainly takes up what was said, and where they may be asking about it.
const GOES_ON: f32 = 0.1;

/// How a line fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fit {
    /// About `0.0..=1.0`, before length and chance.
    pub score: f32,
    /// What the score was weighed from, where it was.
    pub evidence: Option<Evidence>,
}

impl Fit {
    fn set(score: f32) -> Option<Self> {
        Some(Self { score, evidence: None })
    }

    fn less(self, cost: f32) -> Self {
        Self { score: self.score - cost, ..self }
    }
}

/// What lines are scored against.
#[derive(Debug)]
pub(super) struct Scorer<'a> {
    store: &'a Store,
    reading: &'a Reading,
    /// What is compared with the lines' cues.
    heard: &'a Words,
    history: &'a History<'a>,
    repertoire: &'a Repertoire,
    /// How near what was said is to each cue; found when first asked for.
    cues: Vec<OnceCell<Near>>,
    /// Beliefs that the client voiced lately.
    voiced: HashSet<u32>,
    first_turn: bool,
    /// What the client can go on from.
    live: Live,
}

impl<'a> Scorer<'a> {
    /// A scorer for this moment.
    pub fn new(
        store: &'a Store,
        reading: &'a Reading,
        history: &'a History<'a>,
        repertoire: &'a Repertoire,
    ) -> Self {
        let live = Live::of(store, history, repertoire);
        // "Why?" is about what can be gone on with.
        let heard = if live.is_empty() { &reading.heard } else { &reading.by_itself };
        let voiced = repertoire.traces(store).filter_map(|(line, trace)| match line.place {
            Place::Claim(b) | Place::Detail(b) | Place::Softened(b) => {
                history.said_within(trace, LATELY).then_some(b)
            }
            _ => None,
        });
        let voiced = voiced.collect();
        let cues = vec![OnceCell::new(); store.cues.len()];
        let first_turn = history.len() <= 1;
        Self { store, reading, heard, history, repertoire, cues, voiced, first_turn, live }
    }

    /// How the line fits; `None` where it must not be said now.
    pub fn fit(&self, line: &Line, known: &Known) -> Option<Fit> {
        if line.turns.has(Turn::Crisis) != (line.place == Place::Risk) {
            return None;
        }
        if self.reading.asks_what && line.cue.is_none() && known.says_yes_or_no {
            return None;
        }
        // "That's right, pretty much" answers a reflection, also one with a what or a who behind it, but not those.
        if self.reading.asks_what && line.place == Place::Anywhere && !line.turns.meets(questions()) {
            return None;
        }
        let own = || likeness(self.reading.heard.all(), line.vector(&self.store.lexicon));
        let met = line.turns.meets(self.reading.turns);
        match line.place {
            Place::Voice => (met || line.turns.is_empty()).then(|| self.weighed(line, LineKind::Voice, None)),
            Place::Reaction => met.then(|| self.weighed(line, LineKind::Reaction, None)),
            Place::Anywhere => met.then(|| self.weighed(line, LineKind::Anywhere, None)),
            Place::Exit | Place::Risk => Fit::set(0.4 + 0.4 * own()),
            Place::Paired => self.paired(line, known, met),
            Place::Claim(b) => self.claim(line, b),
            Place::Detail(b) => self.detail(line, b),
            Place::Softened(b) => self.softened(b),
            Place::Plan => {
                Fit::set(if self.reading.turns.has(Turn::PlanQ) { 0.34 } else { 0.26 } + 0.5 * own())
            }
            Place::Secret => Fit::set(0.24 + 0.6 * own()),
            Place::Daily => self.daily(line),
            Place::Next(before) => self.next(line, before),
            Place::More(thread) => self.goes_on(line, known, thread),
            // These are asked for by what happened, never by what is being said.
            Place::Later(_) => None,
        }
    }

    fn weighed(&self, line: &Line, kind: LineKind, near: Option<Near>) -> Fit {
        // "Tell me more about that" asks for what goes on.
        let leaves_it = kind == LineKind::More && near.is_none() && self.reading.taken_up == TakenUp::Plainly;
        let evidence = Evidence {
            kind,
            tag: line.tag,
            near: near.map(|n| n.at),
            asks: near.map(|n| n.asks),
            own: line.is_own(),
            asked: self.reading.asks() && !leaves_it,
            wanted: self.reading.asks_what && !leaves_it,
        };
        Fit { score: Weights::bundled().believed(&evidence), evidence: Some(evidence) }
    }

    fn paired(&self, line: &Line, known: &Known, met: bool) -> Option<Fit> {
        let near = self.answered(line);
        // "The table? What do you mean?" asks neither who sets it nor where it stands.
        let asks_back = self.reading.turns.has(Turn::AskMean) && !line.turns.has(Turn::AskMean);
        if self.is_bare_of(line, known, near.at) || (asks_back && line.tag == Tag::Minimal) {
            return None;
        }
        let mistaken = !met && line.turns.meets(Turns::of(&NOT_TO_BE_MISTAKEN));
        if mistaken || (near.at < SURELY && self.reading.asks_what && known.says_yes_or_no) {
            return None;
        }
        let cost = if asks_back { ASKED_BACK } else { 0.0 };
        (near.at >= FOR_OTHERS).then(|| self.weighed(line, LineKind::Paired, Some(near)).less(cost))
    }

    /// Whether it is a bare answer to another question.
    fn is_bare_of(&self, line: &Line, known: &Known, near: f32) -> bool {
        let answers = line.cue.is_some_and(|i| self.store.cues[i as usize].asks == Some(true));
        let least = match self.reading.asks() {
            _ if known.words <= FEW_WORDS => BARELY_WORDS,
            true => BARELY,
            false => BARELY_UNASKED,
        };
        line.tag == Tag::Minimal && answers && near < least
    }

    fn claim(&self, line: &Line, belief: u32) -> Option<Fit> {
        let b = &self.store.beliefs[belief as usize];
        let near = self.cue(b.asked).or_nearer(self.cue(b.reflected));
        match near.at < self.in_reach() || self.reading.is_social() {
            true => Fit::set(OUT_OF_THE_BLUE),
            false => Some(self.weighed(line, LineKind::Claim, Some(near))),
        }
    }

    /// How near what was said must be to a belief: who is asked something does not speak of something else.
    fn in_reach(&self) -> f32 {
        if self.reading.asks() { IN_REACH_ASKED } else { IN_REACH }
    }

    /// What elaborates a belief makes sense only while the belief is on the table.
    fn detail(&self, line: &Line, belief: u32) -> Option<Fit> {
        let b = &self.store.beliefs[belief as usize];
        let near = self.cue(b.reflected).or_nearer(self.cue(b.asked));
        let taken_up = (self.reading.reflects && !self.reading.asks()) || near.at >= self.in_reach();
        let voiced = self.voiced.contains(&belief);
        match taken_up {
            true => voiced.then(|| self.weighed(line, LineKind::Claim, Some(near))),
            false => Fit::set(OUT_OF_THE_BLUE).filter(|_| voiced),
        }
    }

    fn softened(&self, belief: u32) -> Option<Fit> {
        let b = &self.store.beliefs[belief as usize];
        if !self.reading.turns.meets(Turns::of(&[Turn::Amplified, Turn::Alongside])) {
            return None;
        }
        let like = self.cue(b.amplified).or_nearer(self.cue(b.reflected)).at;
        let voiced = self.voiced.contains(&belief);
        Fit::set(if voiced { 0.4 } else { 0.28 } + 0.6 * like).filter(|_| voiced || like >= FOR_OTHERS)
    }

    fn daily(&self, line: &Line) -> Option<Fit> {
        let near = self.cue(line.cue);
        match near.at < self.in_reach() {
            true => Fit::set(OUT_OF_THE_BLUE),
            false => Some(self.weighed(line, LineKind::Paired, Some(near))),
        }
    }

    /// A line of a whole conversation comes only after its predecessor, or at the start.
    fn next(&self, line: &Line, before: Option<u32>) -> Option<Fit> {
        let like = self.cue(line.cue).at;
        let follows = match before {
            Some(i) => self.history.just_said(self.repertoire.trace(i)?),
            None => self.first_turn && line.turns.meets(self.reading.turns),
        };
        let lift = if before.is_some() { 0.5 } else { 0.3 };
        Fit::set(lift + 0.5 * like).filter(|_| follows && like >= NEXT)
    }

    /// What goes on from the client's last words answers a question about them, or comes of itself where
    /// the trainee takes them up or waits.
    fn goes_on(&self, line: &Line, known: &Known, thread: u32) -> Option<Fit> {
        let cost = self.live.cost(thread)?;
        if let Some(cue) = line.cue {
            let wordings = &self.store.cues[cue as usize];
            let near = wordings.nearest(self.reading.heard.all(), &self.store.lexicon);
            let least = match self.reading.asks() {
                true => FOR_OTHERS,
                // "A judge." does not ask which.
                false if near.asks == Asks::Wording => return None,
                false => FOLLOWED_UNASKED,
            };
            return (near.at >= least && !self.is_bare_of(line, known, near.at))
                .then(|| self.weighed(line, LineKind::More, Some(near)).less(cost));
        }
        if line.tag == Tag::Minimal && self.reading.asks() {
            return None;
        }
        let lift = match self.reading.taken_up {
            TakenUp::Plainly => GOES_ON,
            TakenUp::Asked => 0.0,
            TakenUp::Not => return None,
        };
        Some(self.weighed(line, LineKind::More, None).less(cost - lift))
    }

    fn cue(&self, cue: Option<u32>) -> Near {
        let near = |i: usize| {
            let cue = &self.store.cues[i];
            cue.nearest(self.heard.like(cue.asks), &self.store.lexicon)
        };
        cue.map_or_else(Near::default, |i| *self.cues[i as usize].get_or_init(|| near(i as usize)))
    }

    /// How near what was said is to the wordings that `line` answers; to its own one, where each has its own reply.
    fn answered(&self, line: &Line) -> Near {
        let Some(cue) = line.cue.map(|i| &self.store.cues[i as usize]) else { return Near::default() };
        match line.wording {
            Some(own) if cue.form == Form::Asked => {
                let said = self.heard.like(cue.asks);
                cue.near(said, &self.store.lexicon).nth(usize::from(own)).unwrap_or_default()
            }
            _ => self.cue(line.cue),
        }
    }
}

/// Likeness of a fact's own line, which no bank has learnt, to what was said.
pub(super) fn likeness_of(text: &str, reading: &Reading, lexicon: &Lexicon) -> f32 {
    likeness(reading.heard.all(), &lexicon.vector(text))
}

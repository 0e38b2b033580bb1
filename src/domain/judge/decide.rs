//! One code per thought unit, by the precedence of MITI 4.2.1.
//! Knows: what was seen in the unit, what the client had said. Never: scores, other replies.

use std::collections::HashMap;
use std::ops::Range;

use self::form::Rest;
use super::Heard;
use super::coded::Coded;
use super::doubt::Signs;
use super::features::{Feature, Features};
use super::forms;
use super::labels::{Code, Permission, Reason, Technique};
use super::lexicon::{Class, Cue, Hit, Lexicon};
use super::near::Near;
use super::reading::{self, Reading, Seen, is_argument, strongest};
use super::weights::Row;
use super::whole::{self, Around};
use crate::domain::talk::Talk;

mod form;
mod quote;

/// Weight from which a cue against the client is believed.
const STRONG: f32 = 0.5;
/// What is left of a cue that only gives the client's own words back.
const ECHOED: f32 = 0.3;
/// A unit of so many words is a sentence, though only one of them may have content.
const WHOLE: usize = 6;
/// From this share of the client's own words on, what must be is the client's word, too.
const MINE: f32 = 0.34;
/// What is left of disbelief when the client had not taken a stand.
const UNPROVOKED: f32 = 0.6;

/// Everything that a decision about a reply may look at.
pub struct Bench<'a> {
    /// Phrases and weights.
    pub lexicon: &'a Lexicon,
    /// What the client said and how it stands between the two.
    pub heard: &'a Heard<'a>,
    /// The whole reply.
    pub reading: &'a Reading,
    /// Form of the whole reply.
    pub features: Features,
    around: Around<'a>,
    text: &'a str,
    /// Where the reply quotes the client.
    quotes: Vec<Range<usize>>,
}

impl<'a> Bench<'a> {
    /// Prepares to decide on `text`, which was read as `reading`.
    pub fn new(around: Around<'a>, heard: &'a Heard<'a>, text: &'a str, reading: &'a Reading) -> Self {
        let all: Vec<&Seen> = reading.units.iter().collect();
        let features = whole::features(&around, text, reading, &all);
        let quotes = quote::of_client(text, heard.client);
        Self { lexicon: around.lexicon, heard, reading, features, around, text, quotes }
    }

    /// Whether the client had spoken for staying, or against the speaker.
    pub fn resisted(&self) -> bool {
        self.heard.discord || self.heard.talk == Talk::Sustain
    }

    /// The code of each unit. Phrases decide first; form decides about the rest, which is
    /// taken together without the decided units, so that what is added to a reply never
    /// changes what the rest of it is.
    pub fn decide(&self) -> Vec<Coded> {
        let decided = self.by_phrases();
        let first = self.first_alike();
        let rest = self.rest(&decided, &first);
        let units = &self.reading.units;
        let code = |(at, decided): (usize, Option<Coded>)| {
            let seen = &units[first[at]];
            decided.unwrap_or_else(|| self.doubted(seen, &rest, self.by_form(seen, &rest)))
        };
        decided.into_iter().enumerate().map(code).collect()
    }

    /// How each unit stands to what the client said, where its form makes it a reflection.
    pub fn reflections(&self) -> Vec<Option<(Signs, Features)>> {
        let decided = self.by_phrases();
        let first = self.first_alike();
        let rest = self.rest(&decided, &first);
        let reflects = |seen| self.by_form(seen, &rest).code.is_reflection();
        let signs = |seen| reflects(seen).then(|| self.signs(seen, &rest));
        let units = self.reading.units.iter().zip(&decided);
        units.map(|(seen, decided)| if decided.is_none() { signs(seen) } else { None }).collect()
    }

    fn by_phrases(&self) -> Vec<Option<Coded>> {
        self.reading.units.iter().map(|seen| self.by_phrase(seen)).collect()
    }

    /// What no phrase decided, each thing once; `first` is for each unit the first one like it.
    fn rest(&self, decided: &[Option<Coded>], first: &[usize]) -> Rest {
        let units = &self.reading.units;
        let open = |at: &usize| decided[*at].is_none() && first[*at] == *at;
        let rest: Vec<&Seen> = (0..units.len()).filter(open).map(|at| &units[at]).collect();
        let features = whole::features(&self.around, self.text, self.reading, &rest);
        Rest { features, alone: rest.len() == 1 }
    }

    /// For each unit the first one with the same words.
    fn first_alike(&self) -> Vec<usize> {
        if self.reading.units.len() < 2 {
            return vec![0; self.reading.units.len()];
        }
        let mut known = HashMap::new();
        let words = |seen: &Seen| -> Vec<_> {
            self.reading.tokens[seen.unit.tokens.clone()].iter().map(|t| (t.word, t.stem)).collect()
        };
        let units = self.reading.units.iter().enumerate();
        units.map(|(at, seen)| *known.entry(words(seen)).or_insert(at)).collect()
    }

    /// Whether what the reply reflects is no more than the client's own words.
    pub fn parrots(&self, coded: &[Coded]) -> bool {
        let first = self.first_alike();
        let reflects = |at: &usize| coded[*at].code.is_reflection() && first[*at] == *at;
        let reflected: Vec<&Seen> =
            (0..coded.len()).filter(reflects).map(|at| &self.reading.units[at]).collect();
        whole::parrots(&self.around, self.reading, &reflected)
    }

    fn by_phrase(&self, seen: &Seen) -> Option<Coded> {
        let at = &seen.unit.at;
        if self.quotes.iter().any(|quote| quote.start <= at.start && at.end <= quote.end) {
            return Some(Coded::new(Code::NotCoded, Row::None, "quoted"));
        }
        if let Some(hit) = seen.best(Cue::OutOfRole) {
            return Some(Coded::new(Code::NotCoded, Row::None, "").by(hit));
        }
        if let Some(coded) = self.against(seen) {
            return Some(coded);
        }
        if self.is_empty(seen) {
            return Some(Coded::new(Code::NotCoded, Row::None, "nothing_said"));
        }
        self.adherent(seen).or_else(|| self.advice(seen)).or_else(|| self.mending(seen))
    }

    fn is_empty(&self, seen: &Seen) -> bool {
        if seen.shows(Feature::Nod) {
            return true;
        }
        let tokens = &self.reading.tokens[seen.unit.tokens.clone()];
        // A list of words without a single function word is no sentence.
        tokens.len() > 2
            && tokens.iter().all(|t| !self.lexicon.is(t.word, Class::Function))
            && seen.overlap == 0.0
    }

    /// How much of a hit is the speaker's own: nothing if it reports what others say or what
    /// the client thinks, little if it gives the client's words back.
    fn own(&self, seen: &Seen, frames: &Near<'_>, hit: &Hit) -> f32 {
        let exempt = matches!(
            hit.cue,
            Cue::Rhetorical | Cue::Disbelief | Cue::Sarcasm | Cue::Remind | Cue::Siding | Cue::Blame
        );
        // "I lied about the rent" - "you lied about the rent".
        if matches!(hit.cue, Cue::Blame | Cue::Remind) && self.gives_back_whole(seen, hit.cue) {
            return hit.weight * ECHOED;
        }
        // Nobody can be disbelieved who has not taken a stand.
        if hit.cue == Cue::Disbelief && !self.resisted() {
            return hit.weight * UNPROVOKED;
        }
        // "Can I go out?" - "Yes, you can." "She has a point" - "you think she has a point".
        let answers = hit.cue == Cue::Contradict && self.answers(seen, hit);
        if answers || hit.cue == Cue::Siding && forms::gives_view(seen) {
            return 0.0;
        }
        if exempt {
            return hit.weight;
        }
        if frames.around(hit.first, 3).any(|h| h.group != hit.group) {
            return 0.0;
        }
        let before = hit.first.checked_sub(1).filter(|at| *at >= seen.unit.tokens.start);
        let inverted = before.is_some_and(|at| self.lexicon.is(self.reading.tokens[at].word, Class::Aux));
        // "What could you try?" leaves the answer to the client.
        let left_open = hit.cue == Cue::Suggestion && self.asks_what(seen, hit);
        if (hit.cue == Cue::Advice && inverted) || left_open {
            return 0.0;
        }
        // "I have to be up at four" - "you have to be up at four".
        if hit.cue == Cue::Advice && seen.overlap >= MINE && self.gives_back_duty(hit) {
            return hit.weight * ECHOED;
        }
        let mut content = self.reading.tokens[hit.first..hit.end]
            .iter()
            .filter(|t| !self.lexicon.is(t.word, Class::Function));
        // "I love my kids" - "if you loved them": the condition is the speaker's own.
        let conditional = self.reading.tokens[hit.first].word == self.lexicon.vocabulary.id("if");
        let echoed = !conditional
            && seen.about_client
            && content.clone().next().is_some()
            && content.all(|t| self.around.echo.has(t));
        if echoed { hit.weight * ECHOED } else { hit.weight }
    }

    /// Whether `hit` opens a unit with the yes or no that the client had asked for.
    fn answers(&self, seen: &Seen, hit: &Hit) -> bool {
        let word = |name: &str| self.lexicon.vocabulary.id(name);
        let first = self.reading.tokens[hit.first].word;
        let opens = hit.first <= seen.unit.core && [word("yes"), word("no")].contains(&first);
        opens && self.around.echo.asked && !self.heard.discord
    }

    /// Whether a unit about the client is their own words to the end.
    fn gives_back_whole(&self, seen: &Seen, cue: Cue) -> bool {
        let tokens = self.reading.tokens[seen.unit.tokens.clone()].iter();
        let content = tokens.filter(|t| !self.lexicon.is(t.word, Class::Function));
        let long = cue == Cue::Remind && seen.unit.tokens.len() >= WHOLE;
        let much = content.clone().count() >= 2 || long;
        seen.about_client && much && content.clone().all(|t| self.around.echo.has(t))
    }

    /// Whether a unit begins as "what might …", before `hit`.
    fn asks_what(&self, seen: &Seen, hit: &Hit) -> bool {
        let at = seen.unit.core;
        let tokens = &self.reading.tokens;
        let word = |name: &str| self.lexicon.vocabulary.id(name);
        let what = tokens[at].word == word("what") || tokens[at].word == word("which");
        what && hit.first > at + 1 && self.lexicon.is(tokens[at + 1].word, Class::Aux)
    }

    /// Whether the client had said the same word for what must be, denied or not as here.
    fn gives_back_duty(&self, hit: &Hit) -> bool {
        let said = reading::duties(self.lexicon, &self.reading.tokens, hit.first..hit.end);
        said.iter().any(|duty| self.around.echo.duties.contains(duty))
    }

    fn strongest(&self, seen: &Seen, is: impl Fn(Cue) -> bool) -> Option<(Hit, f32)> {
        let frames = Near::of(&seen.hits, |cue| matches!(cue, Cue::Reported | Cue::OwnView));
        let hits = seen.hits.iter().filter(|h| is(h.cue)).map(|h| (h, self.own(seen, &frames, h)));
        strongest(hits).map(|(hit, own)| (*hit, own)).filter(|(_, own)| *own > 0.0)
    }

    fn against(&self, seen: &Seen) -> Option<Coded> {
        let argues = self.strongest(seen, is_argument).filter(|(_, own)| *own >= STRONG);
        let Some((hit, own)) = argues else {
            let denied = Coded::new(Code::Confront, Row::Confront, "denied").because(Reason::Contradict);
            return self.denies(seen).then_some(denied);
        };
        let reason = reason_of(hit.cue);
        let coded = match hit.cue {
            Cue::Defend | Cue::Minimise => Coded::new(Code::Persuade, Row::Persuade, ""),
            Cue::Warn => Coded::new(Code::Confront, Row::Warn, ""),
            Cue::Label | Cue::Shame | Cue::Sarcasm | Cue::Manipulate => {
                Coded::new(Code::Confront, Row::Shame, "")
            }
            _ => Coded::new(Code::Confront, Row::Confront, ""),
        };
        Some(coded.by(&hit).because(reason).sure(own))
    }

    /// "I'm fine." "You're not fine": whether a unit denies what the client said that they are or can.
    fn denies(&self, seen: &Seen) -> bool {
        // To one who runs themselves down it is a comfort.
        if self.around.echo.claims.is_empty() || !self.resisted() || seen.shows(Feature::QuestionMark) {
            return false;
        }
        let mine = &self.reading.tokens[seen.unit.tokens.clone()];
        let plainly = |&(able, stem, denied): &reading::Claim| {
            denied && self.around.echo.claims.contains(&(able, stem, false))
        };
        reading::claims(self.lexicon, mine, Class::You).iter().any(plainly)
    }

    fn adherent(&self, seen: &Seen) -> Option<Coded> {
        if let Some(hit) = seen.best(Cue::Autonomy) {
            let coded = Coded::new(Code::EmphasiseAutonomy, Row::Autonomy, "").by(hit).sure(hit.weight);
            return Some(coded.with(Technique::AutonomySupport));
        }
        if let Some(hit) = seen.best(Cue::Permission) {
            let coded = Coded::new(Code::SeekCollaboration, Row::Seek, "").by(hit).sure(hit.weight);
            return Some(coded.with(Technique::AskPermission));
        }
        if let Some(hit) = seen.best(Cue::Collaborate).or_else(|| seen.best(Cue::Menu)) {
            let coded = Coded::new(Code::SeekCollaboration, Row::Seek, "").by(hit).sure(hit.weight);
            let menu = seen.has(Cue::Menu);
            let open = seen.shows(Feature::WhStart) || seen.has(Cue::OpenQuestion);
            return Some(match (menu, open) {
                (true, _) => coded.with(Technique::Menu),
                (false, true) => coded.with(Technique::OpenQuestion),
                (false, false) => coded,
            });
        }
        let hit = seen.best(Cue::Affirm)?;
        let coded = Coded::new(Code::Affirm, Row::Affirm, "").by(hit).sure(hit.weight);
        Some(coded.with(Technique::Affirmation))
    }

    fn advice(&self, seen: &Seen) -> Option<Coded> {
        let pushes = |c| matches!(c, Cue::Advice | Cue::Suggestion | Cue::Direct | Cue::Promise);
        let evidence = |c| c == Cue::Evidence;
        if let Some((hit, own)) = self.strongest(seen, pushes).filter(|(_, own)| *own >= STRONG) {
            return Some(self.pushed(&hit, own));
        }
        let (hit, own) = self.strongest(seen, evidence)?;
        if own < STRONG || !self.resisted() || self.welcome() {
            return None;
        }
        let coded = Coded::new(Code::Persuade, Row::Persuade, "").by(&hit).sure(own);
        Some(coded.because(Reason::CounterEvidence))
    }

    fn pushed(&self, hit: &Hit, own: f32) -> Coded {
        if (self.welcome() || self.leaves_open(hit)) && hit.cue != Cue::Direct {
            return Coded::new(Code::PersuadeWithPermission, Row::PersuadePermitted, "").by(hit).sure(own);
        }
        let row = if hit.cue == Cue::Direct { Row::Direct } else { Row::Persuade };
        let coded = Coded::new(Code::Persuade, row, "").by(hit).sure(own);
        match hit.cue {
            Cue::Direct => coded.because(Reason::Direct),
            Cue::Promise if self.resisted() => coded.because(Reason::CounterEvidence),
            _ => coded,
        }
    }

    /// Whether advice is welcome.
    pub fn welcome(&self) -> bool {
        self.heard.permission.is_open()
    }

    /// Whether what stands with a piece of advice, in its unit or before its "but", leaves the client
    /// free to find it unfitting.
    fn leaves_open(&self, hit: &Hit) -> bool {
        let units = &self.reading.units;
        let behind = units.partition_point(|u| u.unit.tokens.start <= hit.first);
        let Some(at) = behind.checked_sub(1) else { return false };
        let before = at.checked_sub(1).filter(|_| units[at].unit.pivots);
        self.heard.permission != Permission::Refused
            && before.into_iter().chain([at]).any(|at| units[at].has(Cue::MayNotFit))
    }

    /// Units that mend, comfort or agree, where a phrase says so.
    fn mending(&self, seen: &Seen) -> Option<Coded> {
        if let Some(hit) = seen.best(Cue::Reassure) {
            let coded = Coded::new(Code::Support, Row::Reassurance, "").by(hit);
            return Some(coded.because(Reason::FalseReassurance));
        }
        if let Some(hit) = seen.best(Cue::Alongside) {
            let coded = Coded::new(Code::ComplexReflection, Row::Alongside, "").by(hit).sure(hit.weight);
            return Some(coded.with(Technique::ComingAlongside));
        }
        if let Some(hit) = seen.best(Cue::Injustice) {
            let coded = Coded::new(Code::Support, Row::Validation, "").by(hit).because(Reason::Acknowledge);
            return Some(coded.with(Technique::Validation).with(Technique::DiscordRepair));
        }
        if let Some(hit) = seen.best(Cue::Repair).filter(|_| self.resisted()) {
            let coded = Coded::new(Code::Support, Row::Repair, "").by(hit).sure(hit.weight);
            return Some(coded.with(Technique::DiscordRepair));
        }
        if let Some(hit) = seen.best(Cue::Concern) {
            return Some(Coded::new(Code::NotCoded, Row::Concern, "").by(hit).because(Reason::RaiseConcern));
        }
        if let Some(hit) = seen.best(Cue::Validation) {
            let grounded = seen.shows(Feature::Feeling) || seen.overlap > 0.0;
            let code = if grounded { Code::ComplexReflection } else { Code::Support };
            let coded = Coded::new(code, Row::Validation, "").by(hit).sure(hit.weight);
            return Some(coded.with(Technique::Validation));
        }
        None
    }
}

fn reason_of(cue: Cue) -> Reason {
    match cue {
        Cue::Warn => Reason::Warn,
        Cue::Label => Reason::Label,
        Cue::Blame => Reason::Blame,
        Cue::Shame => Reason::Shame,
        Cue::Moralise => Reason::Moralise,
        Cue::Disbelief => Reason::Disbelief,
        Cue::Remind => Reason::Remind,
        Cue::Siding => Reason::SideWithOther,
        Cue::Rhetorical => Reason::Rhetorical,
        Cue::Sarcasm => Reason::Sarcasm,
        Cue::Defend => Reason::DefendSelf,
        Cue::Minimise => Reason::Minimise,
        Cue::Manipulate => Reason::Manipulate,
        _ => Reason::Contradict,
    }
}

//! One code per thought unit, by the precedence of MITI 4.2.1.
//! Knows: what was seen in the unit, what the client had said. Never: scores, other replies.

use super::coded::Coded;
use super::features::{Feature, Features};
use super::labels::{Code, Permission, Reason, Technique};
use super::lexicon::{Class, Cue, Hit, Lexicon};
use super::near::Near;
use super::reading::{Reading, Seen, is_argument, strongest};
use super::weights::Row;
use super::whole::{self, Around};
use super::words::Stop;
use super::{Heard, forms};
use crate::domain::talk::Talk;

/// Weight from which a cue against the client is believed.
const STRONG: f32 = 0.5;
/// What is left of a cue that only gives the client's own words back.
const ECHOED: f32 = 0.3;

/// What is left of disbelief when the client had not taken a stand.
const UNPROVOKED: f32 = 0.6;

/// Features that only a whole reply has, but that bear on each of its units.
const FROM_THE_WHOLE: [Feature; 4] =
    [Feature::ClientAsked, Feature::ClientNods, Feature::AfterReflection, Feature::AfterInput];

/// The part of a reply that no phrase decided.
struct Rest {
    features: Features,
    alone: bool, // whether it is one unit
}

impl Rest {
    /// A unit's features with those that only the whole has.
    fn with(&self, seen: &Seen) -> Features {
        let mut features = seen.features.clone();
        for feature in FROM_THE_WHOLE {
            features.set_if(self.features.has(feature), feature);
        }
        if self.alone {
            features.join(&self.features);
        }
        features.set_if(seen.shows(Feature::QuestionMark), Feature::QuestionMarkLast);
        features
    }
}

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
    leaves_open: bool,
}

impl<'a> Bench<'a> {
    /// Prepares to decide on `text`, which was read as `reading`.
    pub fn new(around: Around<'a>, heard: &'a Heard<'a>, text: &'a str, reading: &'a Reading) -> Self {
        let all: Vec<&Seen> = reading.units.iter().collect();
        let features = whole::features(&around, text, reading, &all);
        let leaves_open = all.iter().any(|u| u.has(Cue::MayNotFit));
        Self { lexicon: around.lexicon, heard, reading, features, around, text, leaves_open }
    }

    /// Whether the client had spoken for staying, or against the speaker.
    pub fn resisted(&self) -> bool {
        self.heard.discord || self.heard.talk == Talk::Sustain
    }

    /// The code of each unit. Phrases decide first; form decides about the rest, which is
    /// taken together without the decided units, so that what is added to a reply never
    /// changes what the rest of it is.
    pub fn decide(&self) -> Vec<Coded> {
        let units = &self.reading.units;
        let decided: Vec<Option<Coded>> = units.iter().map(|seen| self.by_phrase(seen)).collect();
        let rest: Vec<&Seen> =
            units.iter().zip(&decided).filter(|(_, d)| d.is_none()).map(|(u, _)| u).collect();
        let features = whole::features(&self.around, self.text, self.reading, &rest);
        let rest = Rest { features, alone: rest.len() == 1 };
        decided
            .into_iter()
            .zip(units)
            .map(|(d, seen)| d.unwrap_or_else(|| self.by_form(seen, &rest)))
            .collect()
    }

    /// Whether what the reply reflects is no more than the client's own words.
    pub fn parrots(&self, coded: &[Coded]) -> bool {
        let units = self.reading.units.iter().zip(coded);
        let reflected: Vec<&Seen> = units.filter(|(_, c)| c.code.is_reflection()).map(|(u, _)| u).collect();
        whole::parrots(&self.around, self.reading, &reflected)
    }

    fn by_phrase(&self, seen: &Seen) -> Option<Coded> {
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
        let exempt =
            matches!(hit.cue, Cue::Rhetorical | Cue::Disbelief | Cue::Sarcasm | Cue::Remind | Cue::Siding);
        // Nobody can be disbelieved who has not taken a stand.
        if hit.cue == Cue::Disbelief && !self.resisted() {
            return hit.weight * UNPROVOKED;
        }
        if exempt {
            return hit.weight;
        }
        if frames.around(hit.first, 3).any(|h| h.group != hit.group) {
            return 0.0;
        }
        let before = hit.first.checked_sub(1).filter(|at| *at >= seen.unit.tokens.start);
        let inverted = before.is_some_and(|at| self.lexicon.is(self.reading.tokens[at].word, Class::Aux));
        if hit.cue == Cue::Advice && inverted {
            return 0.0;
        }
        let mut content = self.reading.tokens[hit.first..hit.end]
            .iter()
            .filter(|t| !self.lexicon.is(t.word, Class::Function));
        let echoed =
            seen.about_client && content.clone().next().is_some() && content.all(|t| self.around.echo.has(t));
        if echoed { hit.weight * ECHOED } else { hit.weight }
    }

    fn strongest(&self, seen: &Seen, is: impl Fn(Cue) -> bool) -> Option<(Hit, f32)> {
        let frames = Near::of(&seen.hits, |cue| matches!(cue, Cue::Reported | Cue::OwnView));
        let hits = seen.hits.iter().filter(|h| is(h.cue)).map(|h| (h, self.own(seen, &frames, h)));
        strongest(hits).map(|(hit, own)| (*hit, own)).filter(|(_, own)| *own > 0.0)
    }

    fn against(&self, seen: &Seen) -> Option<Coded> {
        let (hit, own) = self.strongest(seen, is_argument)?;
        if own < STRONG {
            return None;
        }
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
        if self.welcome() && hit.cue != Cue::Direct {
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
    fn welcome(&self) -> bool {
        let refused = self.heard.permission == Permission::Refused;
        !refused && (self.heard.permission.is_open() || self.leaves_open)
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

    /// Units whose form decides: question, reflection, information, or none of these.
    fn by_form(&self, seen: &Seen, rest: &Rest) -> Coded {
        let weights = &self.lexicon.weights;
        let features = rest.with(seen);
        if forms::asks_outright(seen) || weights.lead(&features)[1] > 0.0 {
            return self.question(seen);
        }
        // A sentence alone is little to go by: the reply around it has half the say.
        let (unit, whole) = (weights.evidence(&features), weights.evidence(&rest.features));
        let (reflects, informs) = ((unit[0] + whole[0]) / 2.0, (unit[2] + whole[2]) / 2.0);
        let (reflects, informs) = (reflects - informs.max(0.0), informs - reflects.max(0.0));
        if let Some(coded) = self.plain_fact(seen) {
            return coded;
        }
        if let Some(hit) = seen.best(Cue::Support) {
            let premature = self.around.echo.is_bare();
            let coded = Coded::new(Code::Support, Row::None, "").by(hit);
            return if premature { coded.because(Reason::Premature) } else { coded };
        }
        if let Some(hit) = seen.best(Cue::Praise).filter(|_| reflects < 1.0) {
            return Coded::new(Code::NotCoded, Row::None, "").by(hit).because(Reason::GenericPraise);
        }
        if reflects > 0.0 {
            return self.reflection(seen, reflects);
        }
        if informs > 0.0 {
            return self.information();
        }
        Coded::new(Code::NotCoded, Row::None, "no_code")
    }

    fn information(&self) -> Coded {
        let row = if self.welcome() { Row::InformationPermitted } else { Row::Information };
        Coded::new(Code::GiveInformation, row, "statement_of_fact")
    }

    /// A fact about the world reflects nobody, whatever its form.
    fn plain_fact(&self, seen: &Seen) -> Option<Coded> {
        let fact = [Cue::Information, Cue::Evidence].into_iter().any(|cue| seen.has(cue));
        let personal = [Feature::HasYou, Feature::HasI, Feature::Stem].into_iter().any(|f| seen.shows(f));
        (fact && !personal).then(|| self.information())
    }

    fn question(&self, seen: &Seen) -> Coded {
        if let Some(hit) = seen.best(Cue::Why) {
            let coded = Coded::new(Code::QuestionOpen, Row::WhyQuestion, "").by(hit);
            return coded.because(Reason::WhyQuestion).with(Technique::OpenQuestion);
        }
        if !forms::is_open(seen, &self.reading.tokens, self.lexicon) {
            return Coded::new(Code::QuestionClosed, Row::Closed, "closed_form");
        }
        let coded = |row| Coded::new(Code::QuestionOpen, row, "open_form").with(Technique::OpenQuestion);
        if let Some(hit) = seen.best(Cue::Barrier).or_else(|| seen.best(Cue::StaySide)) {
            return coded(Row::OpenBarriers).by(hit).because(Reason::Barriers);
        }
        match seen.best(Cue::Evoking) {
            Some(hit) => coded(Row::OpenEvoking).by(hit).because(Reason::Evoking),
            None => coded(Row::OpenEvoking).sure(0.9),
        }
    }

    fn reflection(&self, seen: &Seen, reflects: f32) -> Coded {
        let sure = (0.6 + 0.2 * reflects).min(1.0);
        let exclaims = seen.unit.stop == Stop::Exclamation;
        if let Some(hit) = seen.best(Cue::Doubled) {
            let coded = Coded::new(Code::ComplexReflection, Row::DoubleSided, "").by(hit).sure(sure);
            return coded.with(Technique::DoubleSidedReflection);
        }
        let absolute = seen.best(Cue::Absolute).filter(|hit| {
            let new = self.reading.tokens[hit.first..hit.end].iter().any(|t| !self.around.echo.has(t));
            new && !exclaims && self.resisted()
        });
        if let Some(hit) = absolute {
            let coded = Coded::new(Code::ComplexReflection, Row::Amplified, "").by(hit).sure(sure);
            return coded.with(Technique::AmplifiedReflection);
        }
        if let Some(hit) = seen.best(Cue::Reframe) {
            let coded = Coded::new(Code::ComplexReflection, Row::Reframe, "").by(hit).sure(sure);
            return coded.with(Technique::Reflection).with(Technique::Reframe);
        }
        let complex = forms::is_complex(seen);
        let (code, row) = if complex {
            (Code::ComplexReflection, Row::ComplexReflection)
        } else {
            (Code::SimpleReflection, Row::SimpleReflection)
        };
        let coded = Coded::new(code, row, if complex { "adds_meaning" } else { "gives_back" }).sure(sure);
        let coded = match seen.best(Cue::Stem) {
            Some(hit) => coded.by(hit),
            None => coded,
        };
        coded.with(Technique::Reflection)
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

//! The code of a unit that no phrase decided: question, reflection, information, order, or none.
//! Knows: the unit's form, the reply around it. Never: which phrases argue.

use super::super::coded::Coded;
use super::super::doubt::{Polar, Polarity, Sign, Signs};
use super::super::features::{Feature, Features};
use super::super::forms;
use super::super::labels::{Code, Reason, Technique};
use super::super::lexicon::{Class, Cue};
use super::super::reading::Seen;
use super::super::weights::Row;
use super::super::words::Stop;
use super::Bench;
use crate::domain::talk::Talk;

/// Evidence that a few words of the client's own give for a reflection.
const ECHO: f32 = 0.5;

/// What the evidence for a reflection may lack where the client's stand is overstated.
const OVERSTATED: f32 = 0.5;

/// How sure an order is that only its form shows.
const ORDERED: f32 = 0.8;

/// Up to this doubt a reflection counts in full.
const BELIEVED: f32 = 0.55;

/// From this doubt on, what has the form of a reflection informs.
const INFORMS: f32 = 0.8;

/// From this doubt on, it argues, where the client had spoken for staying or against the speaker.
const ARGUES: f32 = 0.85;

/// How sure that is at first: the score has no step there.
const AT_FIRST: f32 = 0.25;

/// Features that only a whole reply has, but that bear on each of its units.
const FROM_THE_WHOLE: [Feature; 4] =
    [Feature::ClientAsked, Feature::ClientNods, Feature::AfterReflection, Feature::AfterInput];

/// The part of a reply that no phrase decided.
pub(super) struct Rest {
    /// Its form as a whole.
    pub features: Features,
    /// Whether it is one unit.
    pub alone: bool,
}

impl Rest {
    /// A unit's features with those that only the whole has.
    fn with(&self, bench: &Bench<'_>, seen: &Seen) -> Features {
        let mut features = seen.features.clone();
        for feature in FROM_THE_WHOLE {
            features.set_if(self.features.has(feature), feature);
        }
        let mine = &bench.reading.tokens[seen.unit.tokens.clone()];
        bench.around.known.note(bench.lexicon, mine.iter(), &mut features);
        if self.alone {
            features.join(&self.features);
        }
        features.set_if(seen.shows(Feature::QuestionMark), Feature::QuestionMarkLast);
        features
    }
}

impl Bench<'_> {
    /// How a unit stands to what the client said, if it should be a reflection.
    pub(super) fn signs(&self, seen: &Seen, rest: &Rest) -> (Signs, Features) {
        let weights = &self.lexicon.weights;
        let features = rest.with(self, seen).marked();
        let [reflects, informs] = weights.stated(&features, &rest.features.clone().marked());
        let mut signs = Signs::default();
        signs.measure(Sign::Always, 1.0);
        signs.set_if(rest.alone, Sign::Alone);
        signs.set_if(self.resisted(), Sign::Resisted);
        signs.set_if(self.heard.talk == Talk::Change && !self.heard.discord, Sign::Changing);
        signs.measure(Sign::Reflects, reflects);
        signs.measure(Sign::Informs, informs);
        let mine = &self.reading.tokens[seen.unit.tokens.clone()];
        Polarity::of(self.lexicon, mine).against(&self.around.echo.polarity, &mut signs);
        (signs, features)
    }

    /// Units whose form decides: question, reflection, information, or none of these.
    pub(super) fn by_form(&self, seen: &Seen, rest: &Rest) -> Coded {
        let weights = &self.lexicon.weights;
        let features = rest.with(self, seen);
        if forms::asks_if_right(seen) || forms::is_echo(seen) {
            return self.reflection(seen, ECHO);
        }
        let asks = forms::asks_outright(seen) || forms::may_ask(seen) && weights.lead(&features)[1] > 0.0;
        if asks && !forms::retells(seen) {
            return self.question(seen);
        }
        if let Some(coded) = self.order(seen) {
            return coded;
        }
        let [reflects, informs] = weights.stated(&features, &rest.features);
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
        let of_client = forms::is_of_client(seen);
        // "There's no point in it at all" takes the client's stand further, with little else to show it.
        let overstates = self.resisted() && seen.has(Cue::Absolute) && reflects > -OVERSTATED;
        let reflected = reflects > 0.0 || overstates || forms::gives_view(seen);
        if reflected && of_client && !self.breaks_off(seen) {
            return self.reflection(seen, reflects.max(0.0));
        }
        let answers = self.around.echo.asked && seen.content >= 2 && !of_client;
        if self.is_half(seen) {
            return Coded::new(Code::NotCoded, Row::None, "no_code");
        }
        if informs > 0.0 || answers || (reflects > 0.0 && !of_client && self.says_something(seen)) {
            return self.information();
        }
        Coded::new(Code::NotCoded, Row::None, "no_code")
    }

    /// "Eat something at noon": an order, whatever it says.
    fn order(&self, seen: &Seen) -> Option<Coded> {
        let first = self.reading.tokens[seen.unit.core].word;
        let asks = [Cue::OpenQuestion, Cue::Evoking, Cue::Greeting, Cue::Structure, Cue::Support];
        let orders = self.lexicon.is(first, Class::Order)
            && seen.unit.tokens.len() > 2
            && seen.overlap < 0.5
            && !asks.into_iter().any(|cue| seen.has(cue));
        if !orders {
            return None;
        }
        if self.welcome() {
            return Some(Coded::new(Code::PersuadeWithPermission, Row::PersuadePermitted, "order_form"));
        }
        Some(Coded::new(Code::Persuade, Row::Direct, "order_form").because(Reason::Direct).sure(ORDERED))
    }

    /// Whether a unit stops before it says anything.
    fn breaks_off(&self, seen: &Seen) -> bool {
        seen.unit.tokens.len() <= 2 && seen.content == 0
    }

    /// Whether a unit has a verb, as far as the lexicon knows one.
    fn says_something(&self, seen: &Seen) -> bool {
        let mut tokens = self.reading.tokens[seen.unit.tokens.clone()].iter();
        tokens
            .any(|t| t.verbish || self.lexicon.is(t.word, Class::Aux) || self.lexicon.is(t.word, Class::Verb))
    }

    /// "… but not ready to let go of it" is half a sentence: its subject stands before the turn.
    fn is_half(&self, seen: &Seen) -> bool {
        let mut opening = self.reading.tokens[seen.unit.tokens.clone()].iter().take(2);
        seen.unit.pivots && opening.any(|t| self.lexicon.polar(t.word) == Some(Polar::Denies))
    }

    /// What form says, `coded`, unless that is a reflection and takes issue with what the client said, as "then
    /// you're choosing your cousins over your freedom" does; a reflection is as sure as that it does not.
    pub(super) fn doubted(&self, seen: &Seen, rest: &Rest, coded: Coded) -> Coded {
        // "I notice that this feels uncomfortable": who is speaking says what the words are.
        let told = seen.shows(Feature::IStart) && seen.has(Cue::Stem);
        // Both sides, or the client's stand overstated, are no argument.
        let plain = !seen.has(Cue::Doubled) && coded.row != Row::Amplified;
        if !coded.code.is_reflection() || told || !plain || self.is_half(seen) {
            return coded;
        }
        let (signs, features) = self.signs(seen, rest);
        let doubt = self.lexicon.weights.doubt(&features, &signs);
        let to_client = seen.shows(Feature::HasYou) && self.resisted() && !self.welcome();
        if doubt >= ARGUES && to_client {
            let sure = AT_FIRST + (1.0 - AT_FIRST) * (doubt - ARGUES) / (1.0 - ARGUES);
            let coded = Coded::new(Code::Persuade, Row::Persuade, "takes_issue").sure(sure);
            return coded.because(Reason::Contradict);
        }
        if doubt >= INFORMS {
            return self.information();
        }
        let sure = coded.sure * ((INFORMS - doubt) / (INFORMS - BELIEVED)).min(1.0);
        coded.sure(sure)
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
            new && !exclaims
        });
        if let Some(hit) = absolute {
            let coded = Coded::new(Code::ComplexReflection, Row::Amplified, "").by(hit).sure(sure);
            return coded.with(Technique::AmplifiedReflection);
        }
        if let Some(hit) = seen.best(Cue::Reframe) {
            let coded = Coded::new(Code::ComplexReflection, Row::Reframe, "").by(hit).sure(sure);
            return coded.with(Technique::Reflection).with(Technique::Reframe);
        }
        let complex = forms::adds_meaning(seen);
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

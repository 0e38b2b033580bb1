//! Coded units to one score, one steer and the findings that explain them.
//! Knows: coded units, the value table. Never: phrases.

use super::coded::Coded;
use super::decide::Bench;
use super::features::Feature;
use super::labels::{
    Band, Behaviour, Code, Consistency, Label, Permission, QuestionKind, Reason, ReflectionKind, Technique,
};
use super::lexicon::{Cue, Hit};
use super::reading::Seen;
use super::verdict::{Finding, Verdict};
use super::weights::Row;
use super::{Heard, forms, moves};
use crate::domain::talk::Talk;

/// Weight of every good unit but the best. Position does not enter: a good unit that is
/// added at the end must never lower what the others earn.
const FURTHER: f32 = 0.7;
/// What is left of good units before a pivot into one that argues.
const TAKEN_BACK: f32 = 0.3;
/// How much of the good survives next to the bad.
const SPOILS: f32 = 0.8;
/// The most that parroting may earn.
const CAP: f32 = 0.1;
/// Lead of reflection over input, in nats, up to which a phrase of pressure decides.
const PUSHED: f32 = 2.0;
/// A confrontation this sure decides, whatever else the words look like.
const CERTAIN: f32 = 0.8;
/// A unit of so many words is quoted whole.
const SHORT: usize = 14;
/// From here a score is shown as rolling, below its negative as arguing.
const BAND: f32 = 0.35;

/// The verdict on a reply whose units are coded.
pub fn verdict(bench: &Bench<'_>, coded: &[Coded]) -> Verdict {
    let mut worth = worths(bench, coded);
    let parrots = bench.parrots(coded);
    if parrots {
        cap_reflections(coded, &mut worth);
    }
    let (score, band) = scored(coded, &worth);
    let steer = steer(bench, coded);
    let acts = acts(bench, coded);
    Verdict {
        score,
        band,
        steer,
        codes: codes(coded.iter().map(|c| c.code)),
        techniques: each_once(coded.iter().flat_map(|c| c.techniques.iter().copied())),
        findings: findings(bench, coded, &worth, parrots),
        moves: moves::of(coded, bench.resisted(), steer > 0.0),
        behaviour: acts.behaviour,
        reflection: acts.reflection,
        question: acts.question,
        kinds: acts.kinds,
        input: acts.input,
        permission: permission(bench, coded),
        consistency: acts.consistency,
    }
}

/// What a reply reflects earns next to nothing where it only says the client's words again; what
/// else it does keeps its worth.
fn cap_reflections(coded: &[Coded], worth: &mut [f32]) {
    let reflects = coded.iter().map(|c| c.code.is_reflection());
    let mut left = CAP;
    for (worth, _) in worth.iter_mut().zip(reflects).filter(|(_, reflects)| *reflects) {
        *worth = worth.min(left);
        left = (left - worth.max(0.0)).max(0.0);
    }
}

/// Score and band of units that are worth so much by themselves.
pub fn scored(coded: &[Coded], worth: &[f32]) -> (f32, Band) {
    let (good, bad) = (together(coded, worth, 1.0), together(coded, worth, -1.0));
    let score = (good * (1.0 - SPOILS * bad) - bad).clamp(-1.0, 1.0);
    // Three decimals say all that the score knows, and read well in JSON.
    let score = (score * 1e3).round() / 1e3;
    (score, band(score, good, bad))
}

/// 0 after sustain talk, 1 after discord, 2 after neutral, 3 after change talk.
pub fn context(heard: &Heard<'_>) -> usize {
    match (heard.discord, heard.talk) {
        (true, _) => 1,
        (false, Talk::Sustain) => 0,
        (false, Talk::Neutral) => 2,
        (false, Talk::Change) => 3,
    }
}

/// What each unit is worth by itself.
fn worths(bench: &Bench<'_>, coded: &[Coded]) -> Vec<f32> {
    let context = context(bench.heard);
    let mut worth: Vec<f32> =
        coded.iter().map(|c| bench.lexicon.weights.value(c.row, context) * c.sure).collect();
    let mut turns = 0;
    for (worth, seen) in worth.iter_mut().zip(&bench.reading.units).rev() {
        // What was taken back often enough is nothing, so that this ends soon.
        for _ in 0..turns {
            if *worth <= 0.0 {
                break;
            }
            *worth *= TAKEN_BACK;
        }
        turns += usize::from(*worth < 0.0 && seen.unit.pivots);
    }
    worth
}

/// The values of one sign, each row once, as one number in 0..=1.
fn together(coded: &[Coded], worth: &[f32], sign: f32) -> f32 {
    let mut best: Vec<(Row, f32)> = Vec::new();
    for (one, value) in coded.iter().zip(worth).map(|(c, w)| (c.row, w * sign)).filter(|(_, v)| *v > 0.0) {
        match best.iter_mut().find(|(row, _)| *row == one) {
            Some((_, known)) => *known = known.max(value),
            None => best.push((one, value)),
        }
    }
    best.sort_by(|a, b| b.1.total_cmp(&a.1));
    let weight = |place: usize| if sign > 0.0 && place > 0 { FURTHER } else { 1.0 };
    1.0 - best.iter().enumerate().map(|(place, (_, v))| 1.0 - weight(place) * v).product::<f32>()
}

fn band(score: f32, good: f32, bad: f32) -> Band {
    if score <= -BAND {
        Band::Arguing
    } else if score >= BAND {
        Band::Rolling
    } else if good >= BAND / 2.0 && bad >= BAND / 2.0 {
        Band::Mixed
    } else {
        Band::Neutral
    }
}

/// Each code once; a simple reflection goes under in a complex one; nothing is "not coded"
/// beside a code.
pub fn codes(all: impl Iterator<Item = Code>) -> Vec<Code> {
    let mut codes = each_once(all);
    if codes.contains(&Code::ComplexReflection) {
        codes.retain(|c| *c != Code::SimpleReflection);
    }
    if codes.len() > 1 {
        codes.retain(|c| *c != Code::NotCoded);
    }
    if codes.is_empty() {
        codes.push(Code::NotCoded);
    }
    codes
}

pub fn each_once<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut once = Vec::new();
    for one in all {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

/// Which side the reply invites. Kept apart from the score: lingering on reasons not to
/// change softens nothing, however skilled it is.
fn steer(bench: &Bench<'_>, coded: &[Coded]) -> f32 {
    let mut sum = 0.0;
    for (one, seen) in coded.iter().zip(&bench.reading.units) {
        sum += unit_steer(bench.heard, one, &seen.hits);
    }
    f32::clamp(sum, -1.0, 1.0)
}

/// Which side one unit invites, in which `hits` were found.
pub fn unit_steer(heard: &Heard<'_>, one: &Coded, hits: &[Hit]) -> f32 {
    let last = |cue| hits.iter().filter(|h| h.cue == cue).map(|h| h.end).max();
    let (change, stay) = (last(Cue::ChangeSide), last(Cue::StaySide));
    let leans = match (change, stay) {
        (None, None) => match heard.talk {
            Talk::Change => 0.3,
            Talk::Sustain => -0.2,
            Talk::Neutral => 0.0,
        },
        (change, stay) if change > stay => 0.5,
        _ => -0.5,
    };
    match one.row {
        Row::OpenEvoking if one.reason == Some(Reason::Evoking) => 0.6,
        Row::OpenBarriers => -0.4,
        Row::Amplified | Row::Alongside => -0.2,
        Row::DoubleSided | Row::ComplexReflection | Row::SimpleReflection | Row::Reframe => leans,
        Row::OpenEvoking if change.is_some() || stay.is_some() => leans,
        _ => 0.0,
    }
}

/// Where permission stands after the reply.
pub fn permission(bench: &Bench<'_>, coded: &[Coded]) -> Permission {
    let asked = coded.iter().any(|c| c.techniques.contains(&Technique::AskPermission));
    if asked { Permission::Asked } else { bench.heard.permission }
}

/// The reply as a whole, in the four behaviours and the acts that it holds.
struct Acts {
    behaviour: Behaviour,
    reflection: Option<ReflectionKind>,
    question: Option<QuestionKind>,
    kinds: (ReflectionKind, QuestionKind),
    input: bool,
    consistency: Consistency,
}

fn acts(bench: &Bench<'_>, coded: &[Coded]) -> Acts {
    let weights = &bench.lexicon.weights;
    let lead = weights.lead(&bench.features);
    let confronts = coded.iter().any(|c| c.code == Code::Confront && c.sure >= CERTAIN);
    let pushes = only_pushes(coded) && (confronts || lead[0] - lead[2] < PUSHED);
    let [reflects, asks, informs] = [0, 1, 2].map(|act| lead[act] >= weights.present[act]);
    let (reflects, informs) = (reflects && !pushes, informs || pushes);
    let asks = asks || bench.reading.units.iter().any(forms::is_marked_question);
    let told = bench.reading.units.iter().filter(|u| !u.shows(Feature::QuestionMark));
    let complex = weights.complex.is_complex(told);
    let kind = if complex { ReflectionKind::Complex } else { ReflectionKind::Simple };
    let reflection = reflects.then_some(kind);
    let asked = bench.reading.units.iter().rev().find(|u| forms::is_question(u));
    let asked = asked.or(bench.reading.units.last());
    let open = asked.is_some_and(|u| forms::is_open(u, &bench.reading.tokens, bench.lexicon));
    let room = if open { QuestionKind::Open } else { QuestionKind::Closed };
    let question = asks.then_some(room);
    let features = &bench.features;
    let negotiates = features.has(Feature::Permission) || features.has(Feature::Collaborate);
    let confronts = coded.iter().any(|c| c.code == Code::Confront);
    let consistency = match () {
        () if confronts => Consistency::I,
        () if reflects || (asks && open && !informs) || negotiates => Consistency::C,
        () if informs => Consistency::I,
        () => Consistency::N,
    };
    let named = [Behaviour::Reflection, Behaviour::Question, Behaviour::TherapistInput];
    let main = weights.main(&bench.features);
    let main = main.filter(|act| !pushes || named[*act] == Behaviour::Question).or(pushes.then_some(2));
    let behaviour = main.map_or(Behaviour::Other, |act| named[act]);
    Acts { behaviour, reflection, question, kinds: (kind, room), input: informs, consistency }
}

/// Whether a phrase of pressure decided the reply and nothing in it was read as MI: then the
/// evidence of its other words has no say.
pub fn only_pushes(coded: &[Coded]) -> bool {
    let pushes = |c: &Coded| c.code.is_non_adherent() || c.code == Code::PersuadeWithPermission;
    coded.iter().any(pushes) && coded.iter().all(|c| pushes(c) || c.code == Code::NotCoded)
}

fn findings(bench: &Bench<'_>, coded: &[Coded], worth: &[f32], parrots: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ((one, seen), worth) in coded.iter().zip(&bench.reading.units).zip(worth) {
        if one.code != Code::NotCoded || one.reason.is_some() {
            findings.append(&mut of_unit(bench, one, seen, *worth));
        }
    }
    if parrots {
        findings.push(parroted(bench));
    }
    findings
}

/// The evidence for one unit: for its code first, then for its techniques and its reason.
pub fn of_unit(bench: &Bench<'_>, one: &Coded, seen: &Seen, worth: f32) -> Vec<Finding> {
    let tokens = &bench.reading.tokens;
    let (at, rule, why) = match &one.hit {
        Some(hit) => {
            let group = &bench.lexicon.groups[usize::from(hit.group)];
            (tokens[hit.first].at.start..tokens[hit.end - 1].at.end, group.id.clone(), group.why.clone())
        }
        None => (seen.unit.at.clone(), one.rule.to_owned(), form_why(one.rule).to_owned()),
    };
    // What argues in a long unit is quoted at its own words; anything else is the whole unit.
    let short = seen.unit.tokens.len() <= SHORT;
    let asks = matches!(one.code, Code::QuestionOpen | Code::QuestionClosed);
    let place = if one.code.is_reflection() || asks || short { seen.unit.at.clone() } else { at };
    let techniques = one.techniques.iter().map(|t| (Label::Technique(*t), 0.0));
    let reason = one.reason.map(|r| (Label::Reason(r), 0.0));
    let all = [(Label::Code(one.code), worth)].into_iter().chain(techniques).chain(reason);
    let found = |(code, contribution)| Finding {
        code,
        at: place.clone(),
        rule: rule.clone(),
        contribution,
        why: why.clone(),
    };
    all.map(found).collect()
}

fn parroted(bench: &Bench<'_>) -> Finding {
    let units = &bench.reading.units;
    let end = units.last().map_or(0, |u| u.unit.at.end);
    Finding {
        code: Label::Reason(Reason::Gaming),
        at: units.first().map_or(0, |u| u.unit.at.start)..end,
        rule: "parrot".to_owned(),
        contribution: 0.0,
        why: "Gives the client's own words back whole; it shows hearing, not understanding.".to_owned(),
    }
}

fn form_why(rule: &str) -> &'static str {
    match rule {
        "gives_back" => "Gives back what the client said.",
        "adds_meaning" => "Gives back what the client meant, beyond the words.",
        "both_sides" => "Holds both sides of the client's ambivalence.",
        "open_form" => "Leaves room for the client's own words.",
        "closed_form" => "Yes, no or a fact answers it.",
        "order_form" => "Gives an order.",
        "takes_issue" => "Has the form of a reflection, and takes issue with what the client said.",
        "denied" => "Denies what the client said of themselves.",
        "statement_of_fact" => "Tells something without pushing.",
        _ => "",
    }
}

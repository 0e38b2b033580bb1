//! A verdict from the codes that a trainer gives to a reply.
//! Knows: what the judge saw in the reply, the value table. Never: turns, the client's state.
//!
//! A code that the judge gave, too, keeps the unit it was seen in, and with it the row of the
//! value table: an amplified reflection stays one. Any other code stands for its plainest row and
//! for the whole reply. A trainer is sure: every value counts in full.

use std::fmt;
use std::ops::Range;

use super::coded::Coded;
use super::decide::Bench;
use super::labels::{Behaviour, Code, Consistency, Label, QuestionKind, ReflectionKind, Technique};
use super::lexicon::Hit;
use super::reading::Seen;
use super::verdict::{Finding, Verdict};
use super::weights::Row;
use super::{moves, score, techniques};
use crate::domain::problem::nearest;

/// What stands beside a finding that is a trainer's.
pub const BY_TRAINER: &str = "overruled by a trainer";

/// A name that is no code's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCode {
    /// What was given.
    pub asked: String,
    /// The code with the nearest name.
    pub nearest: Option<Code>,
}

impl fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no code `{}`", self.asked)
    }
}

/// Reads `CODE+CODE...`, each code once. Case does not matter; a space or hyphen is as good as `_`.
///
/// # Errors
/// The first name that is no code's.
pub fn codes_named(text: &str) -> Result<Vec<Code>, UnknownCode> {
    let codes: Vec<Code> = text.split('+').map(named).collect::<Result<_, _>>()?;
    Ok(score::each_once(codes.into_iter()))
}

fn named(asked: &str) -> Result<Code, UnknownCode> {
    let name = asked.trim().to_lowercase().replace([' ', '-'], "_");
    let is = |code: &Code, name: &str| code.as_str() == name;
    if let Some(code) = Code::ALL.into_iter().find(|code| is(code, &name)) {
        return Ok(code);
    }
    // Half a name is no near miss letter by letter, but it is clear what was meant.
    let part = Code::ALL.into_iter().find(|code| name.len() > 2 && code.as_str().contains(&name));
    let near = nearest(&name, Code::ALL.map(Code::as_str));
    let near = part.or_else(|| Code::ALL.into_iter().find(|code| near.is_some_and(|n| is(code, n))));
    Err(UnknownCode { asked: asked.trim().to_owned(), nearest: near })
}

/// The verdict on `text` with `codes` in place of what the judge made of it.
pub fn verdict(bench: &Bench<'_>, text: &str, codes: &[Code]) -> Verdict {
    let mut units = bench.decide();
    techniques::join(bench, &mut units);
    let own = score::verdict(bench, &units);
    let codes = score::codes(codes.iter().copied());
    let (mut coded, seen) = given(bench, &units, &codes);
    mend(bench, &mut coded);
    let context = score::context(bench.heard);
    let worth: Vec<f32> = coded.iter().map(|c| bench.lexicon.weights.value(c.row, context)).collect();
    let (score, band) = score::scored(&coded, &worth);
    let steer = steer(bench, &coded, &seen);
    Verdict {
        score,
        band,
        steer,
        techniques: score::each_once(coded.iter().flat_map(|c| c.techniques.iter().copied())),
        findings: findings(bench, &coded, &seen, (&worth, whole(text))),
        moves: moves::of(&coded, bench.resisted(), steer > 0.0),
        permission: score::permission(bench, &coded),
        ..acts(own, codes, &coded)
    }
}

/// Each code as units: those in which the judge saw it, else one of its own.
fn given<'a>(bench: &'a Bench<'_>, units: &[Coded], codes: &[Code]) -> (Vec<Coded>, Vec<Option<&'a Seen>>) {
    let (mut coded, mut seen) = (Vec::new(), Vec::new());
    for code in codes {
        let saw = units.iter().any(|c| c.code == *code) && *code != Code::NotCoded;
        // A simple reflection goes under in a complex one, as it does in the list of codes.
        let under = *code == Code::ComplexReflection;
        let same = |c: &Coded| c.code == *code || (under && c.code == Code::SimpleReflection);
        for (one, place) in units.iter().zip(&bench.reading.units).filter(|(c, _)| saw && same(c)) {
            coded.push(one.clone());
            seen.push(Some(place));
        }
        if !saw {
            coded.push(plain(bench, *code));
            seen.push(None);
        }
    }
    (coded, seen)
}

/// A code for which nothing but the trainer's word is known.
fn plain(bench: &Bench<'_>, code: Code) -> Coded {
    let row = match code {
        Code::Confront => Row::Confront,
        Code::Persuade => Row::Persuade,
        Code::PersuadeWithPermission => Row::PersuadePermitted,
        Code::GiveInformation if bench.welcome() => Row::InformationPermitted,
        Code::GiveInformation => Row::Information,
        Code::QuestionClosed => Row::Closed,
        Code::QuestionOpen => Row::OpenEvoking,
        Code::SimpleReflection => Row::SimpleReflection,
        Code::ComplexReflection => Row::ComplexReflection,
        Code::Affirm => Row::Affirm,
        Code::SeekCollaboration => Row::Seek,
        Code::EmphasiseAutonomy => Row::Autonomy,
        Code::Support | Code::NotCoded => Row::None,
    };
    let technique = match code {
        Code::QuestionOpen => Some(Technique::OpenQuestion),
        Code::SimpleReflection | Code::ComplexReflection => Some(Technique::Reflection),
        Code::Affirm => Some(Technique::Affirmation),
        Code::EmphasiseAutonomy => Some(Technique::AutonomySupport),
        _ => None,
    };
    let coded = Coded::new(code, row, "overruled");
    technique.into_iter().fold(coded, Coded::with)
}

/// As the judge holds it: after discord, giving back what the client holds against the talk
/// mends it, unless something else in the reply argues.
fn mend(bench: &Bench<'_>, coded: &mut [Coded]) {
    if !bench.heard.discord || coded.iter().any(|c| c.code.is_non_adherent()) {
        return;
    }
    for one in coded.iter_mut().filter(|c| techniques::gives_back(c)) {
        if !one.techniques.contains(&Technique::DiscordRepair) {
            one.techniques.push(Technique::DiscordRepair);
        }
    }
}

fn steer(bench: &Bench<'_>, coded: &[Coded], seen: &[Option<&Seen>]) -> f32 {
    let anywhere: Vec<Hit> = bench.reading.units.iter().flat_map(|u| u.hits.iter().copied()).collect();
    let each = coded.iter().zip(seen);
    let sum: f32 = each
        .map(|(one, seen)| score::unit_steer(bench.heard, one, seen.map_or(&anywhere, |s| &s.hits)))
        .sum();
    sum.clamp(-1.0, 1.0)
}

/// The codes as a whole, in the acts that they make up: a reply reflects where it was given a
/// reflection, whatever its form. What codes leave open stays as the judge's `own` verdict has it.
fn acts(own: Verdict, codes: Vec<Code>, coded: &[Coded]) -> Verdict {
    let has = |wanted: &[Code]| codes.iter().any(|c| wanted.contains(c));
    let reflects = codes.iter().any(|c| c.is_reflection());
    let asks = has(&[Code::QuestionOpen, Code::QuestionClosed]);
    let tells = has(&[Code::Persuade, Code::PersuadeWithPermission, Code::GiveInformation]);
    let informs = tells || score::only_pushes(coded);
    let complex = has(&[Code::ComplexReflection]);
    let reflection = if complex { ReflectionKind::Complex } else { ReflectionKind::Simple };
    let last = codes.iter().rev().find(|c| matches!(c, Code::QuestionOpen | Code::QuestionClosed));
    let open = last == Some(&Code::QuestionOpen);
    let question = if open { QuestionKind::Open } else { QuestionKind::Closed };
    // A trainer's affirmation or autonomy support is known to be one, and MITI counts both as adherent.
    let adheres = reflects || (open && !informs) || codes.iter().any(|c| c.is_adherent());
    let consistency = match () {
        () if has(&[Code::Confront]) => Consistency::I,
        () if adheres => Consistency::C,
        () if informs => Consistency::I,
        () => Consistency::N,
    };
    let present = [
        (Behaviour::Reflection, reflects),
        (Behaviour::Question, asks),
        (Behaviour::TherapistInput, informs),
    ];
    let first = present.iter().find(|(_, there)| *there).map_or(Behaviour::Other, |(act, _)| *act);
    let as_before = present.contains(&(own.behaviour, true));
    Verdict {
        behaviour: if as_before { own.behaviour } else { first },
        reflection: reflects.then_some(reflection),
        question: asks.then_some(question),
        kinds: (if reflects { reflection } else { own.kinds.0 }, if asks { question } else { own.kinds.1 }),
        input: informs,
        consistency,
        codes,
        ..own
    }
}

/// One finding per code says whose it is; what the judge saw of techniques in the same unit stays.
fn findings(
    bench: &Bench<'_>,
    coded: &[Coded],
    seen: &[Option<&Seen>],
    (worth, whole): (&[f32], Range<usize>),
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ((one, seen), worth) in coded.iter().zip(seen).zip(worth) {
        let beside = seen.map(|seen| score::of_unit(bench, one, seen, *worth)).unwrap_or_default();
        let at = beside.first().map_or(whole.clone(), |first| first.at.clone());
        findings.push(Finding {
            code: Label::Code(one.code),
            at,
            rule: "overruled".to_owned(),
            contribution: *worth,
            why: BY_TRAINER.to_owned(),
        });
        findings.extend(beside.into_iter().skip(1));
    }
    findings
}

/// All of a reply, without the space around it.
fn whole(text: &str) -> Range<usize> {
    let start = text.len() - text.trim_start().len();
    start..start.max(text.trim_end().len())
}

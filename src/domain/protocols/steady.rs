//! E16, E18, E19 and E20 as far as state and actions carry them: drift, disclosure, the mix of
//! actions, reproducibility.
//! Knows: the client, courses of moves. Never: words, other than cues.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::action::Action;
use crate::domain::client::{self, Heard, State};
use crate::domain::level::Level;
use crate::domain::moves::Move;
use crate::domain::persona::Persona;

use super::figure::{Figure, Target};
use super::mixes::{average, neutral};
use super::stats;
use super::walk::{Beat, Course, Said, push_back, walk};

/// Neutral turns after which a client has come to rest.
const SETTLED: usize = 60;
/// Turns over which the mix of actions is counted.
const MIX_TURNS: usize = 200;

/// The figures of one client.
pub(super) fn figures(persona: &Persona, seeds: u64) -> Vec<Figure> {
    let mut figures = vec![drift(persona, seeds)];
    figures.extend(disclosure(persona, seeds));
    figures.push(mix(persona, seeds));
    figures.extend(reproducible(persona, seeds));
    figures
}

/// E16: push-back on turns 25 to 32 less that on turns 1 to 8 under neutral replies. The client
/// is at rest when it begins: that tension wears off at first is no drift.
fn drift(persona: &Persona, seeds: u64) -> Figure {
    let at_rest = walk(Course::of(persona, SETTLED, 0), |turn, _, _| neutral(turn).into()).pop();
    let start =
        at_rest.map_or_else(|| client::begin(persona), |beat| State { told: Vec::new(), ..beat.state });
    let change = |seed| {
        let course = Course { start: start.clone(), ..Course::of(persona, 32, seed) };
        let beats = walk(course, |turn, _, _| neutral(turn).into());
        push_back(&beats[24..32]) - push_back(&beats[..8])
    };
    let changes: Vec<f64> = (0..seeds).map(change).collect();
    Figure::new("E16", "change of push-back, turn 32", stats::mean(&changes), Target::Within(-0.10, 0.10))
        .within(stats::interval_of_mean(&changes))
}

/// E18: facts told before trust had unlocked them, of all told; and how many facts that are
/// unlocked come out within three turns of being brought up.
fn disclosure(persona: &Persona, seeds: u64) -> Vec<Figure> {
    if persona.facts.is_empty() {
        return Vec::new();
    }
    let cues: Vec<&str> = persona.facts.iter().flat_map(|f| &f.cues).map(String::as_str).collect();
    let words = cues.join(", ");
    let (mut told, mut early) = (0u32, 0u32);
    for seed in 0..seeds {
        let beats =
            walk(Course::of(persona, 20, seed), |_, _, dice| Said { words: &words, ..average(dice).into() });
        for (fact, trust) in beats.iter().filter_map(|beat| {
            let id = beat.intent.fact.as_ref()?;
            Some((persona.facts.iter().find(|f| f.id == *id)?, beat.state.trust.value()))
        }) {
            told += 1;
            early += u32::from(fact.trust > trust);
        }
    }
    let surfaced: Vec<f64> = (0..seeds).map(|seed| f64::from(u8::from(surfaces(persona, seed)))).collect();
    vec![
        Figure::new(
            "E18",
            "told before unlocked",
            f64::from(early) / f64::from(told.max(1)),
            Target::AtMost(0.02),
        ),
        Figure::new(
            "E18",
            "told within 3 turns once unlocked",
            stats::mean(&surfaced),
            Target::AtLeast(0.60),
        )
        .within(stats::interval_of_mean(&surfaced)),
    ]
}

/// Whether the client's hardest fact comes out within three turns when it is unlocked, brought up
/// and the only one left.
fn surfaces(persona: &Persona, seed: u64) -> bool {
    let Some(fact) = persona.facts.iter().max_by(|a, b| a.trust.total_cmp(&b.trust)) else { return false };
    let others = persona.facts.iter().filter(|other| other.id != fact.id);
    let start = State {
        discord: Level::clamped(0.1),
        trust: Level::clamped(fact.trust.max(0.7)),
        told: others.map(|other| other.id.clone()).collect(),
        ..client::begin(persona)
    };
    let words = fact.cues.first().map_or("", String::as_str);
    let course = Course { start, ..Course::of(persona, 3, seed) };
    let beats = walk(course, |_, _, _| Said { words, ..vec![Move::ComplexReflection].into() });
    beats.iter().any(|beat| beat.intent.fact.is_some())
}

/// E19: how far the actions of 200 turns of average practice are from the table's odds at the
/// states that the client was in (Kullback-Leibler, nats).
fn mix(persona: &Persona, seeds: u64) -> Figure {
    // Facts come in the place of actions; without any, the table alone decides.
    let persona = Persona { facts: Vec::new(), ..persona.clone() };
    let apart = |seed| {
        let beats = walk(Course::of(&persona, MIX_TURNS, seed), |_, _, dice| average(dice).into());
        divergence(&persona, &beats)
    };
    // Each walk is long; few of them say as much as many short ones.
    let apart: Vec<f64> = (0..seeds.min(40)).map(apart).collect();
    Figure::new("E19", "actions against table, nats", stats::mean(&apart), Target::AtMost(0.06))
        .within(stats::interval_of_mean(&apart))
}

fn divergence(persona: &Persona, beats: &[Beat]) -> f64 {
    let (mut drawn, mut odds) = (BTreeMap::<Action, f64>::new(), BTreeMap::<Action, f64>::new());
    for beat in beats {
        *drawn.entry(beat.intent.action).or_default() += 1.0;
        let heard = Heard { moves: &beat.moves, apology: false, words: "", asks_plan: false };
        for (action, chance) in client::odds(persona, &beat.state, &heard) {
            *odds.entry(action).or_default() += f64::from(chance);
        }
    }
    let turns = beats.len() as f64;
    let part = |(action, count): (&Action, &f64)| match odds.get(action) {
        Some(expected) if *expected > 0.0 => count / turns * (count / expected).ln(),
        _ => f64::INFINITY,
    };
    drawn.iter().map(part).sum()
}

/// E20: the same seed gives the same log, byte for byte; others give others.
fn reproducible(persona: &Persona, seeds: u64) -> Vec<Figure> {
    let log = |seed| {
        let beats = walk(Course::of(persona, 20, seed), |turn, _, _| neutral(turn).into());
        // Levels and strings always serialise; two empty logs would show as not distinct.
        serde_json::to_string(&beats).unwrap_or_default()
    };
    let logs: Vec<String> = (0..seeds).map(log).collect();
    let same = (0..seeds).zip(&logs).filter(|(seed, before)| log(*seed) == **before).count();
    let distinct = logs.iter().collect::<BTreeSet<_>>().len();
    vec![
        Figure::new("E20", "same seed, same log", same as f64 / seeds as f64, Target::AtLeast(1.0)),
        Figure::new("E20", "other seed, other log", distinct as f64 / seeds as f64, Target::AtLeast(0.95)),
    ]
}

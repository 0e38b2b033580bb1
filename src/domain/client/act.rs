//! What the client does next.
//! Knows: weights, facts, lengths, dice. Never: how the state came about, wording.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::action::Action;
use crate::domain::dice::Dice;
use crate::domain::persona::Persona;

use super::facts;
use super::length;
use super::mix;
use super::state::{Stage, State};
use super::step::{Heard, STRAIN_WARNS};

/// What the client is about to do, before anybody words it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// What.
    pub action: Action,
    /// The id of the fact that they tell: with [`Action::Disclose`], and only then.
    pub fact: Option<String>,
    /// Target length in words, at least 1.
    pub words: u16,
    /// How they feel about it.
    pub mood: Mood,
}

/// How the client feels, for the note to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    /// Open anger.
    Furious,
    /// Hurt by the last reply.
    Cornered,
    /// Tense.
    Irritated,
    /// Tense, in a client whose tension is silence.
    ClosedOff,
    /// On guard.
    Wary,
    /// Less on guard.
    Easier,
    /// Of two minds.
    Torn,
    /// Getting ready.
    Hopeful,
}

impl fmt::Display for Mood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mood::Furious => "angry and close to walking out",
            Mood::Cornered => "cornered and prickly",
            Mood::Irritated => "irritated and impatient",
            Mood::ClosedOff => "tired and shut away",
            Mood::Wary => "wary and watchful",
            Mood::Easier => "a little more at ease",
            Mood::Torn => "torn and thoughtful",
            Mood::Hopeful => "unsure but quietly hopeful",
        })
    }
}

/// The client's next action. `state` is the one after the reply was heard; the same
/// arguments and dice always give the same intent.
pub fn act(
    persona: &Persona,
    state: &State,
    heard: &Heard<'_>,
    last_client: &str,
    dice: &mut Dice,
) -> Intent {
    let action = action(persona, state, heard, dice);
    let fact = fact(&Scene { persona, state, heard, last_client }, action, dice);
    let action = if fact.is_some() { Action::Disclose } else { action };
    Intent { action, fact, words: length::sample(persona, action, dice), mood: mood(persona, state) }
}

/// All that a client may go by when they decide whether to tell something.
struct Scene<'a> {
    persona: &'a Persona,
    state: &'a State,
    heard: &'a Heard<'a>,
    last_client: &'a str,
}

fn action(persona: &Persona, state: &State, heard: &Heard<'_>, dice: &mut Dice) -> Action {
    if let Some(exit) = exit(state) {
        return exit;
    }
    let weighted = if dice.unit() < mix::discord_chance(persona, state) {
        mix::discord(persona)
    } else {
        mix::weights(persona, state, &heard.distinct())
    };
    let weights: Vec<f32> = weighted.iter().map(|(_, weight)| *weight).collect();
    // A persona may silence every action of a stage; then they only go along.
    dice.weighted(&weights).map_or(Action::Engage, |i| weighted[i].0)
}

/// What a client does who can't stand it any longer, whatever was said.
fn exit(state: &State) -> Option<Action> {
    match state.strain {
        strain if strain > STRAIN_WARNS => Some(Action::Leave),
        STRAIN_WARNS => Some(Action::Warn),
        _ => None,
    }
}

/// The chance of each action that [`act`] draws from, before facts; they add up to 1.
pub fn odds(persona: &Persona, state: &State, heard: &Heard<'_>) -> Vec<(Action, f32)> {
    if let Some(exit) = exit(state) {
        return vec![(exit, 1.0)];
    }
    let discord = mix::discord_chance(persona, state);
    let mut odds = shares(mix::discord(persona), discord);
    odds.extend(shares(mix::weights(persona, state, &heard.distinct()), 1.0 - discord));
    odds
}

/// Weights as parts of `whole`. Where none is positive, the client only goes along.
fn shares(weights: Vec<(Action, f32)>, whole: f32) -> Vec<(Action, f32)> {
    let total: f32 = weights.iter().map(|(_, weight)| weight.max(0.0)).sum();
    if total <= 0.0 {
        return vec![(Action::Engage, whole)];
    }
    weights.into_iter().map(|(action, weight)| (action, weight.max(0.0) / total * whole)).collect()
}

/// At most one fact, instead of `action`: one that came up in the last words of either, or,
/// rarely, one unasked. To a question, only what the question brings up.
fn fact(scene: &Scene<'_>, action: Action, dice: &mut Dice) -> Option<String> {
    let Scene { persona, state, heard, last_client } = *scene;
    let open = facts::open(persona, state);
    let cued = |words: &str| open.iter().find(|fact| facts::is_cued(fact, words));
    let asked = heard.moves.iter().any(|mv| mv.is_question());
    let (fact, chance) = match cued(heard.words).or_else(|| cued(last_client).filter(|_| !asked)) {
        Some(fact) => (fact, facts::chance_when_cued(action)),
        None if !asked && mix::is_credited(persona, state, &heard.distinct()) => {
            (open.first()?, facts::chance_unasked(action))
        }
        None => return None,
    };
    (dice.unit() < chance).then(|| fact.id.clone())
}

fn mood(persona: &Persona, state: &State) -> Mood {
    let discord = state.discord.value();
    let onset = persona.temperament.discord_onset;
    if discord > onset && withdraws(persona) {
        Mood::ClosedOff
    } else if discord > 0.75 {
        Mood::Furious
    } else if state.stung {
        Mood::Cornered
    } else if discord > onset {
        Mood::Irritated
    } else {
        match state.stage {
            Stage::Precontemplation if state.trust.value() < persona.temperament.trust_gate => Mood::Wary,
            Stage::Precontemplation => Mood::Easier,
            Stage::Contemplation => Mood::Torn,
            Stage::Preparation => Mood::Hopeful,
        }
    }
}

/// Whether discord in this client is mostly silence.
fn withdraws(persona: &Persona) -> bool {
    let acts = mix::discord(persona);
    let silence: f32 = acts.iter().filter(|(action, _)| *action == Action::Withdraw).map(|(_, w)| w).sum();
    silence * 2.0 > acts.iter().map(|(_, w)| w).sum()
}

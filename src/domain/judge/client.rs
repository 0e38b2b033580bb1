//! Which way a client's turn leans, by phrases, by the question it answers and by what the
//! client said before.
//! Knows: lexicon. Never: the simulated client's state, who the client is.

use serde::Deserialize;

use super::labels::{Label, Permission, Reason};
use super::lexicon::{Class, Cue, Hit, Lexicon};
use super::near::Near;
use super::units::split;
use super::verdict::{ClientVerdict, Finding};
use super::words::Token;
use crate::domain::talk::Talk;

/// The weights of client talk.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TalkWeights {
    /// What full evidence for change, and for staying, adds.
    pub gain: [f32; 2],
    /// How likely change, neutral and sustain are after each of them: rows as columns.
    pub after: [[f32; 3]; 3],
    /// The same for a first turn.
    pub first: [f32; 3],
    /// How much the turn before counts, 0..=1.
    pub carry: f32,
    /// What is left of evidence before the last "but", in the past, or from others.
    pub discount: f32,
    /// What an answer of more than a word to an evoking question adds for change.
    pub evoked: f32,
    /// What a bare answer takes from the question it answers.
    pub answer: f32,
    /// What a short turn adds to neutral, and what each word up to twenty takes from it.
    pub short: [f32; 2],
}

/// Up to this many words a turn is an answer and no more.
const BARE: usize = 4;

/// The trainee's turn that a client answers.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    /// What was said.
    pub text: &'a str,
    /// Whether it asked for the client's own reasons or ways to change.
    pub evokes: bool,
}

/// A client's turn and the phrases found in it.
pub struct Said {
    tokens: Vec<Token>,
    hits: Vec<Hit>,
}

impl Said {
    /// The words.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The phrases found.
    pub fn hits(&self) -> &[Hit] {
        &self.hits
    }
}

/// Reads a client's turn.
pub fn read(lexicon: &Lexicon, text: &str) -> Said {
    let tokens = lexicon.read(text);
    let hits = hits(lexicon, text, &tokens);
    Said { tokens, hits }
}

/// Judges a client's turn.
pub fn judge(
    lexicon: &Lexicon,
    before: Option<Before<'_>>,
    previous: Option<Talk>,
    said: &Said,
) -> ClientVerdict {
    let weights = &lexicon.weights.talk;
    let Said { tokens, hits } = said;
    let turn = tokens.iter().rposition(|t| lexicon.is(t.word, Class::Pivot));
    let asides = Near::of(hits, |cue| matches!(cue, Cue::Past | Cue::Others));
    let strength = |cue: Cue| {
        let left = hits.iter().filter(|h| h.cue == cue).map(|h| 1.0 - discounted(weights, &asides, turn, h));
        1.0 - left.product::<f32>()
    };
    let (mut change, mut sustain) = (strength(Cue::Change), strength(Cue::Sustain));
    if let Some(asked) = before.filter(|_| tokens.len() <= BARE && change + sustain == 0.0) {
        let (towards, away) = answered(lexicon, asked.text, hits);
        change += weights.answer * towards;
        sustain += weights.answer * away;
    }
    let discord = strength(Cue::Discord) >= 0.5;
    let base = match previous {
        Some(Talk::Change) => weights.after[0],
        Some(Talk::Neutral) => weights.after[1],
        Some(Talk::Sustain) => weights.after[2],
        None => weights.first,
    };
    let prior =
        [0, 1, 2].map(|k| weights.carry * base[k].ln() + (1.0 - weights.carry) * weights.first[k].ln());
    let length = weights.short[0] - weights.short[1] * tokens.len().min(20) as f32;
    let evoked = before.is_some_and(|b| b.evokes && tokens.len() > 1);
    let evoked = if evoked { weights.evoked } else { 0.0 };
    let logits = [
        prior[0] + weights.gain[0] * change + evoked,
        prior[1] + length,
        prior[2] + weights.gain[1] * sustain,
    ];
    let posterior = softmax(logits);
    let talk = if posterior[0] >= posterior[1] && posterior[0] >= posterior[2] {
        Talk::Change
    } else if posterior[2] > posterior[1] {
        Talk::Sustain
    } else {
        Talk::Neutral
    };
    ClientVerdict { talk, discord, posterior, findings: findings(lexicon, tokens, hits) }
}

/// Where permission stands after the client answered.
pub fn permission(before: Permission, said: &Said) -> Permission {
    let has = |cue| said.hits.iter().any(|h| h.cue == cue);
    if has(Cue::AskAdvice) {
        return Permission::Requested;
    }
    match before {
        Permission::Asked if has(Cue::Refuse) || (has(Cue::No) && !has(Cue::Yes)) => Permission::Refused,
        Permission::Asked if has(Cue::Yes) => Permission::Granted,
        Permission::Asked => Permission::None,
        standing if has(Cue::Refuse) => match standing {
            Permission::None => Permission::None,
            _ => Permission::Refused,
        },
        standing => standing,
    }
}

fn hits(lexicon: &Lexicon, text: &str, tokens: &[Token]) -> Vec<Hit> {
    let mut hits = Vec::new();
    for unit in split(lexicon, text, tokens) {
        lexicon.client_hits(&unit.scope(lexicon, tokens), &mut hits);
    }
    hits
}

/// A hit's weight, less what its place takes off it.
fn discounted(weights: &TalkWeights, asides: &Near<'_>, turn: Option<usize>, hit: &Hit) -> f32 {
    let off = asides.around(hit.first, 4).next().is_some();
    let before_turn = turn.is_some_and(|turn| hit.end <= turn);
    let mut weight = hit.weight;
    for _ in 0..usize::from(off) + usize::from(before_turn) {
        weight *= weights.discount;
    }
    weight
}

/// What a bare yes or no to `asked` says: (for change, for staying).
fn answered(lexicon: &Lexicon, asked: &str, answer: &[Hit]) -> (f32, f32) {
    let tokens = lexicon.read(asked);
    let asks = hits(lexicon, asked, &tokens);
    let most = |cue| asks.iter().filter(|h| h.cue == cue).map(|h| h.weight).fold(0.0, f32::max);
    let (change, sustain) = (most(Cue::AskedChange), most(Cue::AskedSustain));
    let says = |cue| answer.iter().any(|h| h.cue == cue);
    match (says(Cue::Yes), says(Cue::No)) {
        (true, false) => (change, sustain),
        (false, true) => (0.0, change),
        _ => (0.0, 0.0),
    }
}

fn softmax(logits: [f32; 3]) -> [f32; 3] {
    let top = logits.into_iter().fold(f32::MIN, f32::max);
    let raised = logits.map(|x| (x - top).exp());
    let sum: f32 = raised.iter().sum();
    raised.map(|x| x / sum)
}

fn findings(lexicon: &Lexicon, tokens: &[Token], hits: &[Hit]) -> Vec<Finding> {
    hits.iter()
        .filter_map(|hit| {
            let (reason, sign) = match hit.cue {
                Cue::Change => (Reason::ChangeTalk, 1.0),
                Cue::Sustain => (Reason::SustainTalk, -1.0),
                Cue::Discord => (Reason::Discord, -1.0),
                _ => return None,
            };
            let group = &lexicon.groups[usize::from(hit.group)];
            Some(Finding {
                code: Label::Reason(reason),
                at: tokens[hit.first].at.start..tokens[hit.end - 1].at.end,
                rule: group.id.clone(),
                contribution: sign * hit.weight,
                why: group.why.clone(),
            })
        })
        .collect()
}

//! How long a reply should be.
//! Knows: persona, actions, dice. Never: the words.

use crate::domain::action::Action;
use crate::domain::dice::Dice;
use crate::domain::persona::{Persona, Words};

/// Median of all client turns in real sessions, in words: the action medians are relative to it.
const TYPICAL: f32 = 11.0;
/// No reply is longer, in words.
pub const LONGEST_WORDS: u16 = 80;
/// The longest tenth of a client's replies, as a multiple of their third quartile.
const TAIL: f32 = 2.2;

/// A target length in words for this action of this client.
pub fn sample(persona: &Persona, action: Action, dice: &mut Dice) -> u16 {
    let habitual = quantile(persona.words, dice.unit());
    (habitual * median(action) / TYPICAL).round().clamp(1.0, f32::from(LONGEST_WORDS)) as u16
}

/// Median words of an action: measured in real sessions for most, own estimate for the
/// discord acts, ember, doubt and the telling of a fact.
fn median(action: Action) -> f32 {
    match action {
        Action::Deny => 10.0,
        Action::Downplay => 21.0,
        Action::Blame => 35.0,
        Action::Hesitate => 25.0,
        Action::Doubt => 14.0,
        Action::Inform => 16.0,
        Action::Engage => 2.0,
        Action::Accept => 4.0,
        Action::Plan => 22.0,
        Action::Ember => 11.0,
        Action::Acknowledge => 14.0,
        Action::Reject => 8.0,
        Action::Challenge => 10.0,
        Action::Test => 9.0,
        Action::Deflect => 8.0,
        Action::Withdraw => 2.0,
        Action::Warn => 7.0,
        Action::Leave => 5.0,
        Action::Disclose => 18.0,
    }
}

/// The length at rank `q`, `0.0..1.0`, straight between the quartiles.
fn quantile(words: Words, q: f32) -> f32 {
    let (low, median, high) = (f32::from(words.low), f32::from(words.median), f32::from(words.high));
    let ranks = [1.0, low, median, high, high * TAIL];
    let place = (q * 4.0).clamp(0.0, 3.999);
    let below = place as usize;
    ranks[below] + (ranks[below + 1] - ranks[below]) * (place - below as f32)
}

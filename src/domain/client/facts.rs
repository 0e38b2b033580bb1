//! Which of their own facts a client lets out.
//! Knows: persona, state, words. Never: how a fact is worded, dice.

use crate::domain::action::Action;
use crate::domain::persona::{Fact, Persona};

use super::state::State;

/// The chance that a fact which just came up is told instead of doing `action`.
pub(super) fn chance_when_cued(action: Action) -> f32 {
    match action {
        Action::Inform => 0.9,
        Action::Engage | Action::Ember | Action::Acknowledge => 0.7,
        Action::Hesitate | Action::Doubt | Action::Accept | Action::Plan => 0.4,
        Action::Deny | Action::Downplay | Action::Blame | Action::Reject => 0.3,
        _ => 0.0,
    }
}

/// The chance that a fact is told unasked, to a trainee who has just done well.
pub(super) fn chance_unasked(action: Action) -> f32 {
    if action == Action::Inform { 0.15 } else { 0.0 }
}

/// The facts that trust has unlocked and that were never told, easiest to earn first.
pub(super) fn open<'a>(persona: &'a Persona, state: &State) -> Vec<&'a Fact> {
    let trust = state.trust.value();
    let is_open = |fact: &&Fact| fact.trust <= trust && !state.told.contains(&fact.id);
    let mut facts: Vec<_> = persona.facts.iter().filter(is_open).collect();
    facts.sort_by(|a, b| a.trust.total_cmp(&b.trust));
    facts
}

/// Whether `words` bring `fact` up: a cue is a stem, met at the start of a word.
pub(super) fn is_cued(fact: &Fact, words: &str) -> bool {
    let words = plain(words);
    fact.cues.iter().map(|cue| plain(cue)).any(|cue| cue.len() > 1 && words.contains(cue.as_str()))
}

/// Lower-case words, each with one space before it.
fn plain(text: &str) -> String {
    let mut plain = String::from(" ");
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            plain.push(c);
        } else if c != '\'' && c != '’' && !plain.ends_with(' ') {
            plain.push(' ');
        }
    }
    plain.truncate(plain.trim_end().len());
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(cue: &str) -> Fact {
        Fact { id: "f".into(), text: "x".into(), trust: 0.0, cues: vec![cue.into()], say: vec![] }
    }

    #[test]
    fn a_cue_is_met_at_the_start_of_a_word_only() {
        let check = |cue: &str, words: &str, cued: bool| {
            assert_eq!(is_cued(&fact(cue), words), cued, "{cue} in {words}")
        };
        check("daughter", "And your Daughter's school?", true);
        check("ex", "the next thing", false);
        check("your dad", "How is your dad?", true);
        check("dad", "How is your granddad?", false);
        check("", "anything", false);
    }
}

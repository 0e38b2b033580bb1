//! One moment: how the client takes what was said last, and what they will do about it.
//! Knows: the client, the dice of a turn. Never: the store, the words that come of it.

use crate::app::voice::{Scene, Spoken};
use crate::domain::action::Action;
use crate::domain::client::{self, Intent, State, Step};
use crate::domain::dice::Dice;
use crate::domain::judge::{Judge, Verdict};
use crate::domain::persona::Persona;
use crate::domain::session::{Path, Reply};
use crate::domain::talk::Talk;

/// How the client takes the newest reply, and what they will do about it.
pub(in crate::app) struct Moment {
    step: Step,
    intent: Intent,
    dice: Dice,
}

impl Moment {
    /// The moment at the end of `path`, which is still to be answered: always the same for the
    /// same seed.
    pub(in crate::app) fn of(persona: &Persona, seed: u64, path: &Path) -> Self {
        let dice = Dice::for_turn(seed, u64::from(path.head().map_or(0, |t| t.number)));
        let (step, intent) = react(persona, path, dice.clone());
        Self { step, intent, dice }
    }

    /// The client's state once they have taken the reply in.
    pub(super) fn state(&self) -> &State {
        &self.step.state
    }

    /// The moment as it is recorded: what was said, what the words do, and whether the client could not finish.
    pub(in crate::app) fn reply(self, spoken: Spoken, cut: bool) -> Reply {
        let Self { step, intent, .. } = self;
        // Who answers what was asked instead has told nothing else.
        let fact = intent.fact.filter(|_| spoken.action == Action::Disclose);
        Reply {
            text: spoken.text,
            action: spoken.action,
            state: having_told(step.state, fact.as_ref(), cut),
            fact,
            why: step.why,
            cut,
            runners_up: spoken.runners_up,
        }
    }

    /// `text` as words that do what was meant.
    pub(in crate::app) fn as_meant(&self, text: String) -> Spoken {
        Spoken { text, action: self.intent.action, runners_up: Vec::new(), forgotten: 0 }
    }

    /// What whoever words it needs to know.
    pub(in crate::app) fn scene<'a>(&'a self, persona: &'a Persona, path: &'a Path) -> Scene<'a> {
        let said = path.head().and_then(|t| t.trainee.as_ref());
        Scene {
            persona,
            state: &self.step.state,
            intent: &self.intent,
            moves: said.map_or(&[], |s| &s.verdict.moves),
            apology: said.is_some_and(|s| s.verdict.mends()),
            trainee: said.map_or("", |s| &s.text),
            path,
            dice: self.dice.clone(),
        }
    }
}

fn react(persona: &Persona, path: &Path, mut dice: Dice) -> (Step, Intent) {
    let before = path.last_reply();
    let state = standing(persona, path);
    let Some(said) = path.head().and_then(|t| t.trainee.as_ref()) else {
        let heard = client::Heard { moves: &[], apology: false, words: "", asks_plan: false };
        let intent = client::act(persona, &state, &heard, "", &mut dice);
        return (Step { state, why: Vec::new() }, intent);
    };
    let heard = taken_in(&said.verdict, &said.text);
    let step = client::step(persona, &state, &heard);
    let last = before.map_or("", |r| &r.text);
    let intent = client::act(persona, &step.state, &heard, last, &mut dice);
    (step, intent)
}

/// The client's state at the end of `path`.
pub(super) fn standing(persona: &Persona, path: &Path) -> State {
    path.last_reply().map_or_else(|| client::begin(persona), |r| r.state.clone())
}

/// What the client takes in of a reply that was judged so.
pub(super) fn taken_in<'a>(verdict: &'a Verdict, text: &'a str) -> client::Heard<'a> {
    client::Heard {
        moves: &verdict.moves,
        apology: verdict.mends(),
        words: text,
        asks_plan: client::asks_for_plan(&verdict.moves, text),
    }
}

/// The state after a turn in which the client told `fact`, if they could finish.
pub(super) fn having_told(state: State, fact: Option<&String>, cut: bool) -> State {
    match fact.filter(|_| !cut) {
        Some(fact) => client::told(&state, fact),
        None => state,
    }
}

/// The client's first words. What they do is read off them: openings are free text.
pub(in crate::app) fn opening(persona: &Persona, seed: u64, judge: &Judge) -> Reply {
    let mut dice = Dice::for_turn(seed, 0);
    let text = persona.openings[dice.below(persona.openings.len())].clone();
    let action = read_action(judge, &text);
    Reply {
        text,
        action,
        fact: None,
        state: client::begin(persona),
        why: Vec::new(),
        cut: false,
        runners_up: Vec::new(),
    }
}

/// What a client does with words that no action was drawn for.
pub(in crate::app) fn read_action(judge: &Judge, text: &str) -> Action {
    let heard = judge.client(None, None, text);
    match heard.talk {
        _ if heard.discord => Action::Challenge,
        Talk::Sustain => Action::Deny,
        Talk::Change => Action::Ember,
        Talk::Neutral => Action::Inform,
    }
}

//! A practice session as values: turns in a tree, and the path from the opening to the head.
//! Knows: verdicts, states, actions. Never: how they are stored or shown.

use serde::{Deserialize, Serialize};

use crate::domain::action::Action;
use crate::domain::client::{Cause, State};
use crate::domain::judge::Verdict;
use crate::domain::persona::Persona;
use crate::domain::talk::Talk;

/// Identifies a session in one database.
pub type SessionId = i64;
/// Identifies a turn in one database.
pub type TurnId = i64;

/// What a session is made of, fixed when it begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// The client as they were when it began: a later edit of the file changes no session.
    pub persona: Persona,
    /// The model's name as shown.
    pub model: String,
    /// The seed that every turn's dice derive from.
    pub seed: u64,
    /// Hashes of what shaped the replies.
    pub provenance: Provenance,
}

/// SHA-256 of everything that a reply depends on, and the program's version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Of the persona as it was resolved, as JSON.
    pub persona: String,
    /// Of all prompts: notes, lines, coach.
    pub prompts: String,
    /// Of the judge's lexicon.
    pub lexicon: String,
    /// Of the model file.
    pub model: String,
    /// This program's version.
    pub version: String,
}

/// One exchange: what the trainee said, and the client's answer. Turn 0 is the opening,
/// in which only the client speaks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// Where it is stored.
    pub id: TurnId,
    /// The turn before it; none for the opening.
    pub parent: Option<TurnId>,
    /// Distance from the opening.
    pub number: u32,
    /// What the trainee said, and how it was judged; none for the opening.
    pub trainee: Option<Said>,
    /// The client's answer; none while it is still owed.
    pub reply: Option<Reply>,
    /// What stood here before a trainer overruled the judge; the rest of the turn is as overruled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overruled: Option<Box<Taken>>,
}

impl Turn {
    /// A turn that nobody has stored, in which the trainee speaks after `before`.
    pub fn after(before: &Self, said: Said) -> Self {
        let (parent, number) = (Some(before.id), before.number + 1);
        Self { id: 0, parent, number, trainee: Some(said), reply: None, overruled: None }
    }

    /// Puts what a trainer's verdict comes to in the place of what stood here. The words stay as
    /// they were said. A turn that lacks reply or answer stays as it is.
    pub fn overrule(&mut self, taken: Taken) {
        let (Some(said), Some(reply)) = (&mut self.trainee, &mut self.reply) else { return };
        let before = Taken {
            verdict: std::mem::replace(&mut said.verdict, taken.verdict),
            state: std::mem::replace(&mut reply.state, taken.state),
            why: std::mem::replace(&mut reply.why, taken.why),
        };
        self.overruled.get_or_insert(Box::new(before));
    }
}

/// A verdict on a trainee's reply, and how the client took it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// The verdict.
    pub verdict: Verdict,
    /// The client's state after the turn.
    pub state: State,
    /// Why it changed as it did.
    pub why: Vec<Cause>,
}

/// A trainee's reply and its verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// The words.
    pub text: String,
    /// The judge's reading of them.
    pub verdict: Verdict,
}

/// A client's reply and everything that led to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The words, as far as they were spoken.
    pub text: String,
    /// What they do.
    pub action: Action,
    /// The fact that they tell, by id.
    pub fact: Option<String>,
    /// The client's state after this turn.
    pub state: State,
    /// Why the state changed as it did.
    pub why: Vec<Cause>,
    /// Whether the trainee cut the client short.
    pub cut: bool,
    /// The candidates that were not spoken, best first.
    pub runners_up: Vec<RunnerUp>,
}

impl Reply {
    /// Which way the words lean: known from the action, not guessed from the text.
    pub fn talk(&self) -> Talk {
        if self.action.is_change() {
            Talk::Change
        } else if self.action.is_sustain() {
            Talk::Sustain
        } else {
            Talk::Neutral
        }
    }
}

/// A candidate that lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunnerUp {
    /// Its words.
    pub text: String,
    /// Its rank score, higher is better.
    pub score: f32,
    /// What the guard held against it.
    pub faults: Vec<String>,
}

/// The turns from the opening to the head, in order. Never empty once a session has begun.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path(Vec<Turn>);

impl Path {
    /// A path of turns, opening first.
    pub fn new(turns: Vec<Turn>) -> Self {
        Self(turns)
    }

    /// The turns, opening first.
    pub fn turns(&self) -> &[Turn] {
        &self.0
    }

    /// The newest turn.
    pub fn head(&self) -> Option<&Turn> {
        self.0.last()
    }

    /// The path as it was when turn `number` was still to be answered; none where there is no
    /// such turn. A turn is overruled only after its answer.
    pub fn before_answer(&self, number: u32) -> Option<Self> {
        let end = self.0.iter().position(|turn| turn.number == number)?;
        let mut path = Self(self.0[..=end].to_vec());
        let turn = &mut path.0[end];
        turn.reply = None;
        if let (Some(before), Some(said)) = (turn.overruled.take(), &mut turn.trainee) {
            said.verdict = before.verdict;
        }
        Some(path)
    }

    /// The path without its newest turn.
    pub fn before_head(&self) -> Self {
        Self(self.0[..self.0.len().saturating_sub(1)].to_vec())
    }

    /// The path up to the moment in which the trainee gave the reply of `turn`; none where it gave none.
    pub fn before_turn(&self, turn: TurnId) -> Option<Self> {
        let at = self.0.iter().position(|t| t.id == turn && t.trainee.is_some())?;
        Some(Self(self.0[..at].to_vec()))
    }

    /// Overrules the newest turn.
    pub fn overrule(&mut self, taken: Taken) {
        if let Some(turn) = self.0.last_mut() {
            turn.overrule(taken);
        }
    }

    /// Adds a turn at the end.
    pub fn push(&mut self, turn: Turn) {
        self.0.push(turn);
    }

    /// Records the answer to the newest turn.
    pub fn answer(&mut self, reply: Reply) {
        if let Some(turn) = self.0.last_mut() {
            turn.reply = Some(reply);
        }
    }

    /// Steps back by one exchange, never past the opening. Returns the turn that was left.
    pub fn back(&mut self) -> Option<Turn> {
        if self.0.len() > 1 { self.0.pop() } else { None }
    }

    /// The newest client reply.
    pub fn last_reply(&self) -> Option<&Reply> {
        self.0.iter().rev().find_map(|t| t.reply.as_ref())
    }

    /// Everything that the client has said, oldest first.
    pub fn client_said(&self) -> Vec<String> {
        self.0.iter().filter_map(|t| t.reply.as_ref()).map(|r| r.text.clone()).collect()
    }

    /// Everything that the trainee has said, oldest first.
    pub fn trainee_said(&self) -> Vec<String> {
        self.0.iter().filter_map(|t| t.trainee.as_ref()).map(|s| s.text.clone()).collect()
    }
}

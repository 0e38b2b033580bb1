//! What can be seen of a session, also while its client speaks.

use std::sync::Arc;

use super::speech::Failure;
use crate::app::AppError;
use crate::app::practise::{Practice, Refreshed};
use crate::domain::coach::Feedback;
use crate::domain::crisis::Concern;
use crate::domain::exam::Terms;
use crate::domain::session::{SessionId, Setting, Turn, TurnId};

/// A session as it stands.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its number.
    pub id: SessionId,
    /// What it was begun with.
    pub setting: Arc<Setting>,
    /// When it began, UTC, `YYYY-MM-DD HH:MM:SS`.
    pub started: String,
    /// Whether it was closed.
    pub ended: bool,
    /// Whether the client has walked out.
    pub left: bool,
    /// Whether the client has still to answer.
    pub owed: bool,
    /// Whether practice has stopped, since the trainee spoke in earnest.
    pub paused: bool,
    /// How many of the oldest exchanges the model no longer sees.
    pub forgotten: usize,
    /// The exam that it is.
    pub exam: Option<Sitting>,
    /// The turns up to the head, opening first.
    pub turns: Vec<Arc<Told>>,
}

/// An exam that is sat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sitting {
    /// Its terms.
    pub terms: Terms,
    /// How long it has lasted.
    pub age_s: u64,
    /// The last hash of its chain, once it has ended.
    pub seal: Option<String>,
}

/// A turn with what the trainee is told about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The turn.
    pub turn: Turn,
    /// What the trainee is told.
    pub feedback: Option<Feedback>,
    /// All attempts at its moment, oldest first.
    pub branches: Vec<TurnId>,
}

/// A session as it stands, with what is going on in it.
#[derive(Clone, Debug)]
pub struct View {
    /// The session.
    pub seen: Arc<Seen>,
    /// Whether the client speaks, or looks for words.
    pub speaking: bool,
    /// Why the client did not answer when they last should have.
    pub failed: Option<Failure>,
    /// What the trainee spoke of in earnest.
    pub crisis: Option<Concern>,
    /// Prompt files that were read again for this.
    pub refreshed: Refreshed,
}

impl Seen {
    /// What `practice` shows. What `before` has of it already is not worked out again.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub(super) fn of(practice: &Practice, before: Option<&Self>) -> Result<Self, AppError> {
        let mark = practice.mark()?;
        let told = before.map_or(&[][..], |seen| seen.turns.as_slice());
        let turns = practice.path().turns().iter().enumerate();
        let turns = turns.map(|(at, turn)| tell(practice, turn, told.get(at))).collect::<Result<_, _>>()?;
        Ok(Self {
            id: practice.id(),
            setting: match before {
                Some(before) => Arc::clone(&before.setting),
                None => Arc::new(practice.setting().clone()),
            },
            started: mark.started,
            ended: mark.ended,
            left: practice.has_left(),
            owed: practice.owes_answer(),
            paused: practice.is_paused(),
            forgotten: practice.forgotten(),
            exam: sitting(practice)?,
            turns,
        })
    }

    /// The newest turn.
    pub fn head(&self) -> Option<&Turn> {
        self.turns.last().map(|told| &told.turn)
    }

    /// Whether this is an exam that has not ended: nobody is told yet what the judge makes of it.
    pub fn is_open_exam(&self) -> bool {
        self.exam.as_ref().is_some_and(|sitting| sitting.seal.is_none())
    }
}

fn sitting(practice: &Practice) -> Result<Option<Sitting>, AppError> {
    let Some(terms) = practice.exam() else { return Ok(None) };
    let seal = practice.seal().map(str::to_owned);
    Ok(Some(Sitting { terms: terms.clone(), age_s: practice.age_s()?, seal }))
}

fn tell(practice: &Practice, turn: &Turn, before: Option<&Arc<Told>>) -> Result<Arc<Told>, AppError> {
    let branches = practice.branches(turn)?;
    if let Some(before) = before.filter(|before| before.turn == *turn) {
        if before.branches == branches {
            return Ok(Arc::clone(before));
        }
        return Ok(Arc::new(Told { branches, ..before.as_ref().clone() }));
    }
    let feedback = practice.feedback_on(turn.number);
    Ok(Arc::new(Told { turn: turn.clone(), feedback, branches }))
}

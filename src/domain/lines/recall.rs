//! Lines that may be said only later: after a slight, after a fact was told, after somebody was named.
//! Knows: the format, tags, actions, what came before. Never: personas' state, choosing, disk.

use crate::domain::action::Action;
use crate::domain::dice::Dice;
use crate::domain::lines::parse::Reader;
use crate::domain::lines::store::{Frame, Place};
use crate::domain::lines::tag::Turns;
use crate::domain::lines::tag::{Tag, turns_of};
use crate::domain::moves::Move;

/// Turns after which a slight or a fact is no longer taken up.
const LONG_AGO: usize = 6;
/// Turns between two lines that look back.
const GAP: usize = 4;
/// How often a fact that was told is taken up, and somebody who was named.
const TAKES_UP_FACT: f32 = 0.15;
const TAKES_UP_NAME: f32 = 0.05;

/// What a line must come after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// The trainee hurt the client.
    Slight,
    /// The client told a fact.
    Told,
    /// The trainee named the person whose slot the line has.
    Named,
}

/// A moment in which the trainee hurt the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slight {
    /// Exchanges since then: 1 for the one before this.
    pub turns_ago: usize,
    /// What the trainee did.
    pub moves: Vec<Move>,
}

/// What happened earlier in the session, as far as lines can take it up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recall {
    /// Slights, newest first.
    pub slights: Vec<Slight>,
    /// Exchanges since the client last told a fact.
    pub told_ago: Option<usize>,
    /// The reply to be answered hurts, too: there is no looking back then.
    pub stung: bool,
}

/// What may be taken up now, and what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub after: After,
    /// The kinds of turn that the slight was.
    pub turns: Turns,
}

impl Recall {
    /// What is taken up now, if anything. `since` says whether a line after such a thing was
    /// among so many of the newest replies.
    pub(super) fn due(&self, since: &dyn Fn(After, usize) -> bool, dice: &mut Dice) -> Option<Due> {
        let rolls: [f32; 3] = std::array::from_fn(|_| dice.unit());
        let lately = [After::Slight, After::Told, After::Named].iter().any(|after| since(*after, GAP));
        if self.stung || lately {
            return None;
        }
        let recent = |ago: &usize| (1..=LONG_AGO).contains(ago);
        let slight = self.slights.iter().find(|s| recent(&s.turns_ago) && !since(After::Slight, s.turns_ago));
        if let Some(slight) = slight.filter(|s| rolls[0] < 0.05 + 0.05 * s.turns_ago as f32) {
            return Some(Due { after: After::Slight, turns: turns_of(&slight.moves) });
        }
        let told = self.told_ago.filter(|ago| recent(ago) && !since(After::Told, *ago));
        if told.is_some() && rolls[1] < TAKES_UP_FACT {
            return Some(Due { after: After::Told, turns: Turns::default() });
        }
        let named = rolls[2] < TAKES_UP_NAME && !since(After::Named, 2 * LONG_AGO);
        named.then_some(Due { after: After::Named, turns: Turns::default() })
    }
}

/// Whether a line that looks back, written as `tag`, serves `action`.
pub(super) fn suits(tag: Tag, action: Action) -> bool {
    match tag {
        Tag::Argue => action.is_sustain() || matches!(action, Action::Challenge | Action::Test),
        Tag::Hesitate | Tag::Doubt | Tag::YesBut => action.is_sustain(),
        Tag::Attack | Tag::Test => matches!(action, Action::Challenge | Action::Test),
        Tag::Deflect => action == Action::Deflect,
        Tag::Minimal => matches!(action, Action::Engage | Action::Withdraw),
        Tag::Acknowledge | Tag::Ember | Tag::Soften => {
            matches!(action, Action::Ember | Action::Acknowledge | Action::Accept | Action::Inform)
        }
        _ => false,
    }
}

impl Reader {
    /// `@after slight|told|named types`.
    pub(super) fn later_frame(&mut self, rest: &str) -> Option<Frame> {
        let (what, kinds) = rest.split_once(' ').unwrap_or((rest, "any"));
        let after = match what {
            "slight" => After::Slight,
            "told" => After::Told,
            "named" => After::Named,
            _ => {
                self.unknown("kind of memory", what, &["slight", "told", "named"]);
                return None;
            }
        };
        Some(Frame { kinds: self.kinds(kinds)?, ..Frame::new(Place::Later(after)) })
    }
}

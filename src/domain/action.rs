//! What the client does next: the vocabulary between state model, prompt and lines.
//! Knows: nothing. Never: why an action was chosen or how it is worded.

use serde::{Deserialize, Serialize};

/// One client action (after Yang et al. 2025, with discord and ember added).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// There is no problem.
    Deny,
    /// The problem is small.
    Downplay,
    /// It is somebody else's fault.
    Blame,
    /// Goes along without content: greeting, filler, a bare answer.
    Engage,
    /// Gives plain information.
    Inform,
    /// A small hedged bit of change talk.
    Ember,
    /// Torn, puts it off.
    Hesitate,
    /// Doubts that they can, or that it helps.
    Doubt,
    /// Admits that there is something.
    Acknowledge,
    /// Turns a step down.
    Reject,
    /// Agrees to a step.
    Accept,
    /// Names a small step of their own.
    Plan,
    /// Discord: challenges the trainee (credentials, sarcasm, anger).
    Challenge,
    /// Discord: tests the trainee, turns the question back.
    Test,
    /// Discord: changes the subject, or will not go into it.
    Deflect,
    /// Discord: withdraws, clipped or silent.
    Withdraw,
    /// Discord: says that they are about done here.
    Warn,
    /// Leaves.
    Leave,
    /// Tells one of the persona's own facts, now that trust allows it.
    Disclose,
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 19] = [
        Action::Deny,
        Action::Downplay,
        Action::Blame,
        Action::Engage,
        Action::Inform,
        Action::Ember,
        Action::Hesitate,
        Action::Doubt,
        Action::Acknowledge,
        Action::Reject,
        Action::Accept,
        Action::Plan,
        Action::Challenge,
        Action::Test,
        Action::Deflect,
        Action::Withdraw,
        Action::Warn,
        Action::Leave,
        Action::Disclose,
    ];

    /// Tension between the two people, as opposed to the client's case for staying as they are.
    pub fn is_discord(self) -> bool {
        matches!(
            self,
            Action::Challenge
                | Action::Test
                | Action::Deflect
                | Action::Withdraw
                | Action::Warn
                | Action::Leave
        )
    }

    /// The client's case for staying as they are.
    pub fn is_sustain(self) -> bool {
        matches!(
            self,
            Action::Deny
                | Action::Downplay
                | Action::Blame
                | Action::Hesitate
                | Action::Doubt
                | Action::Reject
        )
    }

    /// Words that lean towards change.
    pub fn is_change(self) -> bool {
        matches!(self, Action::Ember | Action::Acknowledge | Action::Accept | Action::Plan)
    }

    /// The name in JSON, notes and line banks.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Deny => "deny",
            Action::Downplay => "downplay",
            Action::Blame => "blame",
            Action::Engage => "engage",
            Action::Inform => "inform",
            Action::Ember => "ember",
            Action::Hesitate => "hesitate",
            Action::Doubt => "doubt",
            Action::Acknowledge => "acknowledge",
            Action::Reject => "reject",
            Action::Accept => "accept",
            Action::Plan => "plan",
            Action::Challenge => "challenge",
            Action::Test => "test",
            Action::Deflect => "deflect",
            Action::Withdraw => "withdraw",
            Action::Warn => "warn",
            Action::Leave => "leave",
            Action::Disclose => "disclose",
        }
    }
}

//! What a trainee's reply does, reduced to the rows of the client's update table.
//! Knows: nothing. Never: how a move is recognised or what follows from it.

use serde::{Deserialize, Serialize};

/// One row of the client's update table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// Confronts, warns, labels, shames, or persuades against the client's own view.
    Argue,
    /// Advises or directs without permission.
    Advise,
    /// Advises with permission.
    AdvisePermitted,
    /// Informs without permission.
    Inform,
    /// Informs with permission.
    InformPermitted,
    /// Closed question.
    ClosedQuestion,
    /// Open question.
    OpenQuestion,
    /// A question that invites change talk.
    Evoke,
    /// Simple reflection.
    SimpleReflection,
    /// Complex reflection.
    ComplexReflection,
    /// Double-sided reflection that ends on the side of change.
    DoubleSided,
    /// Amplified reflection or coming alongside.
    Alongside,
    /// Emphasises the client's autonomy.
    Autonomy,
    /// A specific affirmation.
    Affirm,
    /// Seeks permission or collaboration.
    Permission,
    /// Names an injustice or harm done to the client and takes it seriously.
    Acknowledge,
    /// Anything else: greeting, small talk, support, nonsense.
    Other,
}

impl Move {
    /// Every move, in the order of the update table.
    pub const ALL: [Move; 17] = [
        Move::Argue,
        Move::Advise,
        Move::AdvisePermitted,
        Move::Inform,
        Move::InformPermitted,
        Move::ClosedQuestion,
        Move::OpenQuestion,
        Move::Evoke,
        Move::SimpleReflection,
        Move::ComplexReflection,
        Move::DoubleSided,
        Move::Alongside,
        Move::Autonomy,
        Move::Affirm,
        Move::Permission,
        Move::Acknowledge,
        Move::Other,
    ];

    /// Whether it is a question.
    pub fn is_question(self) -> bool {
        matches!(self, Move::ClosedQuestion | Move::OpenQuestion | Move::Evoke)
    }

    /// Whether it gives back what the client said or meant.
    pub fn is_reflection(self) -> bool {
        matches!(self, Move::SimpleReflection | Move::ComplexReflection | Move::DoubleSided)
    }

    /// The name in files and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Move::Argue => "argue",
            Move::Advise => "advise",
            Move::AdvisePermitted => "advise_permitted",
            Move::Inform => "inform",
            Move::InformPermitted => "inform_permitted",
            Move::ClosedQuestion => "closed_question",
            Move::OpenQuestion => "open_question",
            Move::Evoke => "evoke",
            Move::SimpleReflection => "simple_reflection",
            Move::ComplexReflection => "complex_reflection",
            Move::DoubleSided => "double_sided",
            Move::Alongside => "alongside",
            Move::Autonomy => "autonomy",
            Move::Affirm => "affirm",
            Move::Permission => "permission",
            Move::Acknowledge => "acknowledge",
            Move::Other => "other",
        }
    }
}

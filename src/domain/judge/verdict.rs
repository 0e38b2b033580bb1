//! What the judge says of one reply or one client turn.
//! Knows: labels. Never: how they were found.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::labels::{
    Band, Behaviour, Code, Consistency, Label, Permission, QuestionKind, Reason, ReflectionKind, Technique,
};
use crate::domain::moves::Move;
use crate::domain::talk::Talk;

/// One reason for a verdict: what was seen, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What was seen.
    pub code: Label,
    /// Bytes of the text, on character boundaries.
    pub at: Range<usize>,
    /// Name of the rule: a group of the lexicon or a rule of form.
    pub rule: String,
    /// What it adds to or takes from the score, before all are combined: -1..=1.
    pub contribution: f32,
    /// One line for the trainee.
    pub why: String,
}

/// The verdict on a reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Rolls (1) or argues (-1).
    pub score: f32,
    /// The score in words.
    pub band: Band,
    /// Which side of the ambivalence it invites: change (1) or staying (-1).
    pub steer: f32,
    /// Behaviour codes, each once, in the order of the reply.
    pub codes: Vec<Code>,
    /// Techniques, each once.
    pub techniques: Vec<Technique>,
    /// The evidence, in the order of the reply.
    pub findings: Vec<Finding>,
    /// Rows of the client's update table: one or two, worst first.
    pub moves: Vec<Move>,
    /// What the reply mainly does.
    pub behaviour: Behaviour,
    /// The reflection in it, if any: complex beats simple.
    pub reflection: Option<ReflectionKind>,
    /// The question in it, if any: the last one decides.
    pub question: Option<QuestionKind>,
    /// What the reflection and the question are, or would be if a reader saw one there.
    pub kinds: (ReflectionKind, QuestionKind),
    /// Whether it informs or advises.
    pub input: bool,
    /// Where permission stands after it.
    pub permission: Permission,
    /// Consistent with MI, input without MI, or neither.
    pub consistency: Consistency,
}

impl Verdict {
    /// Whether it mends what an earlier reply broke: an apology, above all.
    pub fn mends(&self) -> bool {
        self.techniques.contains(&Technique::DiscordRepair)
    }

    /// Whether it asks for the client's own reasons or ways to change.
    pub fn evokes(&self) -> bool {
        self.findings.iter().any(|finding| finding.code == Label::Reason(Reason::Evoking))
    }
}

/// The verdict on a client's turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientVerdict {
    /// Which way it leans.
    pub talk: Talk,
    /// Whether it is against the person opposite.
    pub discord: bool,
    /// How likely change, neutral and sustain are; sums to 1.
    pub posterior: [f32; 3],
    /// The evidence.
    pub findings: Vec<Finding>,
}

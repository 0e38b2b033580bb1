//! Who a speaker's name stands for.
//! Knows: names. Never: where they stand in a file.

use super::Fault;
use crate::domain::judge::bulk::Speaker;

const TRAINEE: [&str; 19] = [
    "t",
    "th",
    "therapist",
    "trainee",
    "counsellor",
    "counselor",
    "interviewer",
    "user",
    "practitioner",
    "clinician",
    "provider",
    "coach",
    "nurse",
    "doctor",
    "helper",
    "worker",
    "psychologist",
    "social worker",
    "officer",
];
const CLIENT: [&str; 12] = [
    "c",
    "cl",
    "client",
    "patient",
    "assistant",
    "p",
    "pt",
    "participant",
    "interviewee",
    "caller",
    "service user",
    "sp",
];

/// Names of speakers: some that are always known, and what a user adds. Upper and lower case are
/// the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    added: Vec<(String, Speaker)>,
}

impl Labels {
    /// The same, and `name` stands for `speaker`, whatever it stood for before.
    #[must_use]
    pub fn with(mut self, name: &str, speaker: Speaker) -> Self {
        self.added.push((name.trim().to_owned(), speaker));
        self
    }

    /// Whom a name stands for, if it is known.
    pub fn speaker(&self, name: &str) -> Option<Speaker> {
        let name = name.trim();
        if let Some((_, speaker)) = self.added.iter().rev().find(|(known, _)| same(known, name)) {
            return Some(*speaker);
        }
        let is = |known: &[&str]| known.iter().any(|known| name.eq_ignore_ascii_case(known));
        if is(&TRAINEE) {
            Some(Speaker::Trainee)
        } else if is(&CLIENT) {
            Some(Speaker::Client)
        } else {
            None
        }
    }

    /// A row by somebody unknown.
    pub(super) fn unknown(name: &str, line: usize) -> Fault {
        let shown: String = name.trim().chars().take(40).collect();
        Fault::new(line, format!("unknown speaker `{shown}`"))
            .hint("use therapist or client (T or C), or say who it is with --trainee-label or --client-label")
    }
}

fn same(a: &str, b: &str) -> bool {
    a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase))
}

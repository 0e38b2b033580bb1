//! The decision table in `tests/data/judge`: cases in our own words, and what is still wrong.

use std::ops::Range;

use pushback::domain::judge::{Heard, Judge, Label, Permission, Verdict};
use pushback::domain::talk::Talk;

/// A line of the decision table.
#[derive(Clone, Debug)]
pub struct Case {
    pub talk: Talk,
    pub discord: bool,
    pub permission: Permission,
    pub client: &'static str,
    pub reply: &'static str,
    pub labels: Vec<&'static str>,
    pub span: &'static str,
    pub sign: &'static str,
}

/// The decision table, by theme.
const TABLE: [&str; 11] = [
    include_str!("../../data/judge/cases.txt"),
    include_str!("../../data/judge/reflections.txt"),
    include_str!("../../data/judge/questions.txt"),
    include_str!("../../data/judge/adherent.txt"),
    include_str!("../../data/judge/argue.txt"),
    include_str!("../../data/judge/techniques.txt"),
    include_str!("../../data/judge/input.txt"),
    include_str!("../../data/judge/context.txt"),
    include_str!("../../data/judge/typed.txt"),
    include_str!("../../data/judge/politeness.txt"),
    include_str!("../../data/judge/social.txt"),
];

pub fn cases() -> Vec<Case> {
    let lines = TABLE.into_iter().flat_map(str::lines);
    lines.filter(|l| !l.is_empty() && !l.starts_with('#')).map(case).collect()
}

pub fn case(line: &'static str) -> Case {
    let [talk, client, reply, labels, span, sign] =
        line.split('|').map(str::trim).collect::<Vec<_>>().try_into().expect(line);
    let (talk, before) = match talk.strip_suffix('?') {
        Some(talk) => (talk, Permission::Asked),
        None => (talk, Permission::None),
    };
    let permission = Judge::builtin().permission(before, client);
    let (talk, discord) = match talk {
        "s" => (Talk::Sustain, false),
        "d" => (Talk::Sustain, true),
        "n" => (Talk::Neutral, false),
        "c" => (Talk::Change, false),
        other => panic!("unknown talk {other}"),
    };
    Case { talk, discord, permission, client, reply, labels: labels.split_whitespace().collect(), span, sign }
}

impl Case {
    pub fn heard(&self) -> Heard<'_> {
        let Self { client, talk, discord, permission, .. } = *self;
        Heard { client, talk, discord, permission, ..Heard::default() }
    }

    pub fn judged(&self, reply: &str) -> Verdict {
        Judge::builtin().reply(&self.heard(), reply)
    }

    pub fn score(&self, reply: &str) -> f32 {
        self.judged(reply).score
    }
}

pub fn name_of(label: Label) -> String {
    serde_json::to_value(label).unwrap().as_str().unwrap().to_owned()
}

/// Cases that the judge still gets wrong, in the table's format.
fn not_yet() -> Vec<Case> {
    let lines = include_str!("../../data/judge/not_yet.txt").lines();
    lines.filter(|l| !l.is_empty() && !l.starts_with('#')).map(case).collect()
}

#[test]
fn every_case_of_the_decision_table() {
    let faults: Vec<String> = cases().iter().filter_map(fault).collect();
    assert!(faults.is_empty(), "{} cases:\n{}", faults.len(), faults.join("\n"));
}

/// What has come right moves to the file of its theme.
#[test]
fn what_is_listed_as_wrong_is_wrong() {
    let right: Vec<Case> = not_yet().into_iter().filter(|case| fault(case).is_none()).collect();
    assert!(right.is_empty(), "{right:#?}");
}

/// What is wrong with the verdict on a case, if anything is.
pub fn fault(case: &Case) -> Option<String> {
    let verdict = case.judged(case.reply);
    let codes = verdict.codes.iter().map(|c| name_of(Label::Code(*c)));
    let got: Vec<String> =
        codes.chain(verdict.techniques.iter().map(|t| name_of(Label::Technique(*t)))).collect();
    let labels = case.labels.iter().all(|wanted| match wanted.strip_prefix('-') {
        Some(unwanted) => !got.iter().any(|g| g == unwanted),
        None => got.iter().any(|g| g == wanted),
    });
    let quoted = case.reply.find(case.span).map(|at| at..at + case.span.len());
    let quotes = |at: &Range<usize>| quoted.iter().any(|q| at.start < q.end && q.start < at.end);
    let span = case.span.is_empty() || verdict.findings.iter().any(|f| quotes(&f.at));
    let sign = match case.sign {
        "+" => verdict.score > 0.0,
        "-" => verdict.score < 0.0,
        "0" => verdict.score.abs() <= 0.35,
        _ => true,
    };
    let right = labels && span && sign;
    (!right).then(|| format!("{case:?}\n  got {got:?} {} {:?}", verdict.score, verdict.findings))
}

#[test]
fn the_table_has_at_least_700_cases() {
    assert!(cases().len() >= 700, "{}", cases().len());
}

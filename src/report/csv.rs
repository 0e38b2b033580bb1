//! A report as a table of turns for a spreadsheet, a statistics program, or `pushback judge`.
//! Knows: a report. Never: figures of its own.
//!
//! One row for everything that was said, in the order in which it was. The first four columns are
//! those that `pushback judge` looks for. Words that a spreadsheet would take for a formula stand
//! behind an apostrophe.

use super::{Answer, Judged, Report};
use crate::domain::name::plain;

/// The columns.
pub const COLUMNS: [&str; 20] = [
    "transcript_id",
    "utterance_id",
    "interlocutor",
    "utterance_text",
    "turn",
    "branch",
    "client",
    "action",
    "cut",
    "band",
    "score",
    "steer",
    "codes",
    "techniques",
    "evidence",
    "overruled",
    "discord",
    "trust",
    "readiness",
    "stage",
];

/// The report.
pub fn file(report: &Report) -> String {
    let mut out = row(COLUMNS.map(str::to_owned).as_slice());
    let mut count = 0;
    for turn in &report.turns {
        let main = (turn.trainee.as_ref(), turn.client.as_ref());
        let others = turn.otherwise.iter().map(|o| (Some(&o.trainee), o.client.as_ref()));
        // Attempts come last, each with a number of its own; the branch that was kept has 0.
        for (branch, (said, answer)) in std::iter::once(main).chain(others).enumerate() {
            let mut place = Place { report, turn: turn.turn, branch, utterance: count };
            if let Some(said) = said {
                out.push_str(&row(&place.trainee(said)));
                place.utterance += 1;
            }
            if let Some(answer) = answer {
                out.push_str(&row(&place.client(answer)));
                place.utterance += 1;
            }
            count = place.utterance;
        }
    }
    out
}

struct Place<'a> {
    report: &'a Report,
    turn: u32,
    branch: usize,
    utterance: usize,
}

impl Place<'_> {
    fn cells(&self, speaker: &str, text: &str) -> Vec<String> {
        vec![
            self.report.session.id.to_string(),
            self.utterance.to_string(),
            speaker.to_owned(),
            unmistakable(text),
            self.turn.to_string(),
            self.branch.to_string(),
            unmistakable(&self.report.session.client.id),
        ]
    }

    fn trainee(&self, said: &Judged) -> Vec<String> {
        let names = |names: Vec<String>| names.join("+");
        let quotes: Vec<String> =
            said.findings.iter().map(|f| format!("{}: {}", plain(&f.code), f.quote)).collect();
        let mut cells = self.cells("therapist", &said.text);
        cells.extend([String::new(), String::new()]);
        cells.extend([
            plain(&said.band),
            format!("{:.3}", said.score),
            format!("{:.3}", said.steer),
            names(said.codes.iter().map(|code| code.as_str().to_owned()).collect()),
            names(said.techniques.iter().map(|t| plain(t).replace(' ', "_")).collect()),
            unmistakable(&quotes.join("; ")),
            u8::from(said.judge_had.is_some()).to_string(),
        ]);
        cells.resize(COLUMNS.len(), String::new());
        cells
    }

    fn client(&self, answer: &Answer) -> Vec<String> {
        let mut cells = self.cells("client", &answer.text);
        cells.extend([answer.action.as_str().to_owned(), u8::from(answer.cut).to_string()]);
        cells.resize(COLUMNS.len() - 4, String::new());
        let state = answer.state;
        cells.extend([state.discord, state.trust, state.readiness].map(|level| format!("{level:.3}")));
        cells.push(plain(&state.stage));
        cells
    }
}

/// What a cell holds, so that no spreadsheet computes it.
fn unmistakable(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    format!("{}\n", cells.join(","))
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) || cell.starts_with(' ') || cell.ends_with(' ') {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

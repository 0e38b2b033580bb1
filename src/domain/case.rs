//! A trainer's correction as a test of the judge: one line of its decision table.
//! Knows: turns, verdicts. Never: files, how the table is run.
//!
//! `talk | client | reply | codes | span | sign`, as in `tests/data/judge/cases.txt`. The table has
//! no column for a permission that the client had given.

use crate::domain::judge::Verdict;
use crate::domain::session::{Reply, Turn};
use crate::domain::talk::Talk;

/// The case that an overruled turn makes, with `before`, the turn that it answers. None where it
/// answers nothing or was not overruled.
pub fn line(before: &Turn, turn: &Turn) -> Option<String> {
    let client = before.reply.as_ref()?;
    let said = turn.trainee.as_ref()?;
    let own = &turn.overruled.as_ref()?.verdict;
    let [heard, reply] = [&client.text, &said.text].map(|text| harmless(text));
    let span = harmless(span(&said.verdict, &said.text));
    let (labels, sign) = (labels(&said.verdict, own), sign(said.verdict.score));
    Some([talk(client), &heard, &reply, &labels, &span, sign].join(" | "))
}

fn talk(client: &Reply) -> &'static str {
    match client.talk() {
        _ if client.action.is_discord() => "d",
        Talk::Sustain => "s",
        Talk::Neutral => "n",
        Talk::Change => "c",
    }
}

/// Text that breaks neither column nor line.
fn harmless(text: &str) -> String {
    let plain = text.chars().map(|c| match c {
        '|' => '/',
        '\u{2028}' | '\u{2029}' => ' ',
        c if c.is_control() => ' ',
        c => c,
    });
    plain.collect::<String>().trim().to_owned()
}

/// What the trainer gave, and what the judge had given and must not.
fn labels(given: &Verdict, own: &Verdict) -> String {
    let wanted = given.codes.iter().map(|code| code.as_str().to_owned());
    let gone = own.codes.iter().filter(|code| !given.codes.contains(code));
    wanted.chain(gone.map(|code| format!("-{}", code.as_str()))).collect::<Vec<_>>().join(" ")
}

/// Where the judge had seen a code that the trainer kept. A trainer names no place.
fn span<'a>(given: &Verdict, text: &'a str) -> &'a str {
    let whole = text.trim();
    let places = given.findings.iter().filter_map(|f| text.get(f.at.clone()));
    places.map(str::trim).find(|place| *place != whole).unwrap_or_default()
}

/// The side of the score that a judge who gives these codes comes out on, too.
fn sign(score: f32) -> &'static str {
    match score {
        s if s > 0.0 => "+",
        s if s < 0.0 => "-",
        _ => "0",
    }
}

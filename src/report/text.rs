//! A report as lines for a terminal or a pipe.
//! Knows: a report. Never: colours, widths.

use super::clean::{one_line, plain as cleaned};
use super::{Exchange, Otherwise, Report, words};
use crate::domain::name::{first, plain};

/// The report; `figures` is the session's summary as the terminal words it elsewhere.
pub fn lines(report: &Report, figures: &[String]) -> Vec<String> {
    let name = &one_line(first(&report.session.client.name));
    let mut lines = vec![format!("Session {} with {}", report.session.id, report.session.client.name)];
    for (fact, value) in words::head(&report.session, report.summary.replies) {
        lines.push(format!("  {fact:<8} {value}"));
    }
    lines.extend([words::PRACTICE.to_owned(), String::new()]);
    review(report, name, &mut lines);
    lines.extend(figures.iter().cloned());
    lines.push(String::new());
    report.turns.iter().for_each(|turn| exchange(turn, name, &mut lines));
    lines.push(String::new());
    lines.push("What the judge can't tell".to_owned());
    lines.extend(words::LIMITS.iter().map(|limit| format!("  {limit}")));
    lines.iter().flat_map(|line| cleaned(line).split('\n').map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn review(report: &Report, name: &str, lines: &mut Vec<String>) {
    let review = &report.review;
    lines.push(words::strengths_heading(review.strengths.len()).to_owned());
    for strength in &review.strengths {
        let (title, sentence) = words::strength(strength, name);
        lines.push(format!("  {title}. {sentence}"));
        lines.push(format!("    {name}: “{}”", strength.place.client));
        lines.push(format!("    You: “{}”", strength.place.quote));
    }
    if let Some(note) = words::fewer(review.strengths.len(), report.summary.replies) {
        lines.push(format!("  {note}"));
    }
    lines.push("One thing to try".to_owned());
    let Some(next) = &review.next else {
        lines.extend([format!("  {}", words::NO_AIM), String::new()]);
        return;
    };
    let (title, sentence) = words::aim(next, name);
    lines.push(format!("  {title}. {sentence}"));
    lines.push(format!("    {name}: “{}”", next.place.client));
    lines.push(format!("    You: “{}”", next.place.quote));
    if let Some(other) = &next.instead {
        lines.push(format!("    or: “{}” ({})", inner_quotes(&other.text), plain(&other.technique)));
    }
    lines.extend(next.approach.iter().map(|approach| format!("    {approach}")));
    lines.push(String::new());
}

/// Words of the client's within an alternative are quoted by the other marks.
fn inner_quotes(text: &str) -> String {
    text.replace('“', "‘").replace('”', "’")
}

fn exchange(turn: &Exchange, name: &str, lines: &mut Vec<String>) {
    if let Some(said) = &turn.trainee {
        lines.push(format!("{:>3}  You: {}", turn.turn, said.text));
        lines.push(format!("       {}, {}", words::scored(said), words::codes(said)));
        for found in said.findings.iter().filter(|f| f.contribution.abs() >= words::COUNTS) {
            let (code, quote) = (plain(&found.code), found.quote.trim());
            lines.push(format!(
                "       {} {code} “{quote}”: {}",
                words::signed(found.contribution),
                found.why
            ));
        }
        lines.extend(words::overruled(said).map(|note| format!("       {note}")));
    }
    if let Some(feedback) = &turn.feedback {
        lines.push(format!("       {}", feedback.effect));
    }
    if let Some(answer) = &turn.client {
        let cut = if answer.cut { " —" } else { "" };
        let number = if turn.trainee.is_some() { "   ".to_owned() } else { format!("{:>3}", turn.turn) };
        lines.push(format!("{number}  {name}: {}{cut}", answer.text));
        lines.push(format!("       {}", words::moved(answer)));
    }
    turn.otherwise.iter().for_each(|other| otherwise(other, name, lines));
}

fn otherwise(other: &Otherwise, name: &str, lines: &mut Vec<String>) {
    lines.push(format!("       said otherwise: {} ({})", other.trainee.text, words::scored(&other.trainee)));
    if let Some(answer) = &other.client {
        lines.push(format!("         {name}: {}", answer.text));
    }
}

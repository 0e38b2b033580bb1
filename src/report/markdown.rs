//! A report as Markdown, with nothing in it that somebody said taken for markup.
//! Knows: Markdown's marks. Never: figures of its own.

use super::clean::{one_line, plain as cleaned};
use super::{Answer, Exchange, Judged, Report, bars, curves, words};
use crate::domain::coach::Suggestion;
use crate::domain::name::{first, plain};
use crate::domain::review::{Place, clipped};

/// The report.
pub fn file(report: &Report) -> String {
    let name = escaped(&one_line(first(&report.session.client.name)));
    let mut out = format!("# Session with {}\n\n", escaped(&one_line(&report.session.client.name)));
    for (fact, value) in words::head(&report.session, report.summary.replies) {
        out.push_str(&format!("- {fact}: {}\n", escaped(&one_line(&value))));
    }
    out.push_str(&format!("\n{}\n", words::PRACTICE));
    review(report, &name, &mut out);
    figures(report, &name, &mut out);
    out.push_str("\n## The conversation\n");
    report.turns.iter().for_each(|turn| exchange(turn, &name, &mut out));
    out.push_str("\n## What the judge can't tell\n\n");
    words::LIMITS.iter().for_each(|limit| out.push_str(&format!("- {limit}\n")));
    out
}

/// Text that Markdown and the HTML in it leave as it is.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in cleaned(text).chars() {
        match c {
            // Entities, for readers that don't know every backslash.
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '$' | '!' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

/// The same at the head of a line, where more is markup.
fn line(text: &str) -> String {
    let text = escaped(text.trim());
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let listed = digits > 0 && text[digits..].starts_with(['.', ')']);
    match text.chars().next() {
        Some('-' | '+' | '=') => format!("\\{text}"),
        _ if listed => format!("{}\\{}", &text[..digits], &text[digits..]),
        _ => text,
    }
}

fn review(report: &Report, name: &str, out: &mut String) {
    let review = &report.review;
    out.push_str(&format!("\n## {}\n", words::strengths_heading(review.strengths.len())));
    for strength in &review.strengths {
        let (title, sentence) = words::strength(strength, name);
        out.push_str(&format!("\n**{title}.** {sentence}\n\n"));
        place(&strength.place, name, out);
    }
    if let Some(note) = words::fewer(review.strengths.len(), report.summary.replies) {
        out.push_str(&format!("\n{note}\n"));
    }
    out.push_str("\n## One thing to try\n\n");
    let Some(next) = &review.next else { return out.push_str(&format!("{}\n", words::NO_AIM)) };
    let (title, sentence) = words::aim(next, name);
    out.push_str(&format!("**{title}.** {sentence}\n\n"));
    place(&next.place, name, out);
    if let Some(other) = &next.instead {
        out.push_str(&format!("\n{}\n", instead(other)));
    }
    if let Some(approach) = &next.approach {
        out.push_str(&format!("\n{}\n", line(&one_line(approach))));
    }
}

fn place(place: &Place, name: &str, out: &mut String) {
    quote(&format!("{name}: “{}”", escaped(&one_line(&place.client))), out);
    out.push_str(">\n");
    quote(&format!("You: “{}”", escaped(&one_line(&place.quote))), out);
}

fn quote(text: &str, out: &mut String) {
    out.push_str(&format!("> {text}\n"));
}

fn instead(other: &Suggestion) -> String {
    let text = other.text.replace('“', "‘").replace('”', "’");
    format!("Or: “{}” ({})", escaped(&one_line(&text)), plain(&other.technique))
}

fn figures(report: &Report, name: &str, out: &mut String) {
    let summary = &report.summary;
    if summary.replies == 0 {
        return;
    }
    out.push_str(&format!("\n## How {name} took it\n\n{}\n\n", words::headline(summary)));
    for (what, value) in [
        ("Ruptures", words::at_turns(&summary.ruptures)),
        ("Repairs", words::at_turns(&summary.repairs)),
        ("Longest run of arguing", words::counted(summary.longest_arguing, "reply", "replies")),
    ] {
        out.push_str(&format!("- {what}: {value}\n"));
    }
    out.push('\n');
    curves::table(report).markdown(out);
    out.push_str("\n## What you did\n\n");
    let gauges = bars::gauges(summary);
    if gauges.is_empty() {
        out.push_str(&format!("{}\n", words::too_few()));
    } else {
        bars::gauge_table(&gauges).markdown(out);
    }
    out.push('\n');
    bars::code_table(&summary.codes).markdown(out);
    if let Some(drift) = summary.drift.as_ref().and_then(words::drift) {
        out.push_str(&format!("\n{drift}\n"));
    }
    if !summary.missed.is_empty() {
        out.push_str("\n## Change talk not taken up\n\n");
    }
    for missed in &summary.missed {
        out.push_str(&format!("- turn {}: “{}”\n", missed.turn, escaped(&one_line(&missed.client))));
    }
}

fn exchange(turn: &Exchange, name: &str, out: &mut String) {
    out.push_str(&format!("\n### Turn {}\n", turn.turn));
    if let Some(said) = &turn.trainee {
        spoken("You", &said.text, out);
        out.push_str(&format!("\n{}\n\n", words::scored(said)));
        evidence(said, out);
    }
    if let Some(note) = turn.trainee.as_ref().and_then(words::overruled) {
        out.push_str(&format!("\n{note}\n"));
    }
    if let Some(feedback) = &turn.feedback {
        out.push_str(&format!("\n{}\n", line(&one_line(&feedback.effect))));
        if let Some(other) = &feedback.alternative {
            out.push_str(&format!("\n{}\n", instead(other)));
        }
        if let Some(approach) = &feedback.approach {
            out.push_str(&format!("\n{}\n", line(&one_line(approach))));
        }
    }
    if let Some(answer) = &turn.client {
        client(answer, name, out);
    }
    for other in &turn.otherwise {
        out.push_str(&format!("\nSaid otherwise ({}):\n", words::scored(&other.trainee)));
        spoken("You", &other.trainee.text, out);
        if let Some(answer) = &other.client {
            client(answer, name, out);
        }
    }
}

fn client(answer: &Answer, name: &str, out: &mut String) {
    spoken(name, &format!("{}{}", answer.text, if answer.cut { " —" } else { "" }), out);
    out.push_str(&format!("\n{}: {}\n", answer.leaning(), words::moved(answer)));
}

/// Somebody's words as a quotation, line by line.
fn spoken(who: &str, text: &str, out: &mut String) {
    out.push_str(&format!("\n> **{who}:**\n"));
    for part in cleaned(text).split('\n') {
        out.push_str(&format!("> {}  \n", line(part)));
    }
}

fn evidence(said: &Judged, out: &mut String) {
    for told in words::evidence(&said.findings) {
        let points =
            if told.weight == 0.0 { String::new() } else { format!(" {}", words::signed(told.weight)) };
        let quote = escaped(&one_line(&clipped(told.quote)));
        out.push_str(&format!("- {}{points} “{quote}”: {}\n", told.names, escaped(&one_line(told.why))));
    }
}

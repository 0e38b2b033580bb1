//! Verdicts, states and summaries in words.

use crate::domain::coach::{Feedback, Suggestion};
use crate::domain::crisis::Concern;
use crate::domain::exam::Terms;
use crate::domain::judge::{BY_TRAINER, Band, Finding, Verdict};
pub use crate::domain::name::plain as plain_name;
use crate::domain::session::{Reply, Said, Turn};
use crate::domain::summary::{Drift, ENOUGH_REPLIES, Summary};
use crate::ui::screen::{Screen, Tone};

/// One line on a trainee's reply: band and score, main code, quoted span.
pub fn verdict_line(screen: Screen, said: &Said) -> String {
    let tone = match said.verdict.band {
        Band::Rolling => Tone::Good,
        Band::Arguing => Tone::Poor,
        Band::Mixed | Band::Neutral => Tone::Aside,
    };
    screen.tinted(tone, &format!("  {}", plain_verdict(said)))
}

fn plain_verdict(said: &Said) -> String {
    let verdict = &said.verdict;
    let mut line = format!("{} {:+.2}", plain_name(&verdict.band), verdict.score);
    if let Some(finding) = main_finding(verdict) {
        line.push_str(&format!(" · {} “{}”", plain_name(&finding.code), quoted(&said.text, finding)));
    }
    line
}

/// What a reply did, in a line: its main code, with the words that it was seen in.
pub fn did(said: &Said) -> String {
    match main_finding(&said.verdict) {
        Some(finding) => {
            let mut name = plain_name(&finding.code);
            if let Some(first) = name.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            format!("{name}: “{}”", quoted(&said.text, finding))
        }
        None => "Nothing that is coded".to_owned(),
    }
}

/// What the judge had made of a reply that a trainer has overruled.
pub fn overruled_line(screen: Screen, own: &Verdict) -> String {
    let codes: Vec<_> = own.codes.iter().map(plain_name).collect();
    let judge = format!("{} {:+.2}, {}", plain_name(&own.band), own.score, codes.join(", "));
    screen.tinted(Tone::Aside, &format!("  {BY_TRAINER}; the judge had {judge}"))
}

/// What a reply did to the client, an alternative and another approach, a line each.
pub fn feedback(feedback: &Feedback) -> Vec<String> {
    let mut lines = vec![format!("  {}", feedback.effect)];
    lines.extend(feedback.alternative.as_ref().map(suggestion));
    lines.extend(feedback.approach.iter().map(|approach| format!("  {approach}")));
    lines
}

/// An alternative.
pub fn suggestion(other: &Suggestion) -> String {
    // Words of the client's within it are quoted by the other marks.
    let text = other.text.replace('“', "‘").replace('”', "’");
    format!("  or: “{text}” ({})", plain_name(&other.technique))
}

/// What a model with a full memory no longer sees.
pub fn forgotten_line(exchanges: usize) -> String {
    let which = match exchanges {
        1 => "exchange".to_owned(),
        n => format!("{n} exchanges"),
    };
    format!("  The model's memory is full: it no longer sees the first {which}. The session keeps all of it.")
}

/// What a trainee is told who speaks of suicide or abuse as themselves.
pub fn crisis_notice(about: Concern) -> String {
    format!("{}\nIf it was part of the practice, or when you want to: /go on", crisis_words(about))
}

/// The same, without how to go on.
pub fn crisis_words(about: Concern) -> String {
    let danger = match about {
        Concern::Suicide => "If you think of harming yourself",
        Concern::Abuse => "If somebody hurts you or you are afraid of them",
    };
    format!(
        "Practice has stopped. What you wrote sounds as if it is about you, so it was not sent to the \
         client, not judged and not kept. pushback is a practice program: nobody reads this, and it \
         can't help.\n{danger}, the place to turn to is your local emergency number, a crisis line, \
         or somebody near you, now."
    )
}

/// The terms of an exam, for whoever sits it.
pub fn terms(terms: &Terms) -> Vec<String> {
    let mut limits = Vec::new();
    limits.extend(terms.replies.map(|n| format!("{n} {}", if n == 1 { "reply" } else { "replies" })));
    limits.extend(terms.minutes.map(|n| format!("{n} {}", if n == 1 { "minute" } else { "minutes" })));
    vec![
        format!("Exam: {}. It is over after {}.", terms.title, limits.join(" or ")),
        "No judge's lines and no second attempts; /end closes it for good, /quit leaves it open.".to_owned(),
    ]
}

/// A future in short lines: what was said, how it was judged, what it did, what the client says.
pub fn future(turn: &Turn, name: &str) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(said) = &turn.trainee {
        lines.push(format!("You: {}", said.text));
        lines.push(plain_verdict(said));
    }
    if let Some(reply) = &turn.reply {
        lines.push(state_line(reply));
        lines.push(format!("{name}: {}", plain_name(&reply.action)));
        lines.push(format!("“{}”", reply.text));
    }
    lines
}

/// The finding that weighs most.
fn main_finding(verdict: &Verdict) -> Option<&Finding> {
    let mut main: Option<&Finding> = None;
    for finding in &verdict.findings {
        if main.is_none_or(|m| finding.contribution.abs() > m.contribution.abs()) {
            main = Some(finding);
        }
    }
    main
}

/// The words that a finding points at.
fn quoted<'a>(text: &'a str, finding: &Finding) -> &'a str {
    text.get(finding.at.clone()).unwrap_or(text).trim()
}

/// Why the reply scored as it did, and why the client took it as they did.
pub fn why(said: Option<&Said>, reply: Option<&Reply>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(said) = said {
        lines.push(format!("Your reply: {} {:+.2}", plain_name(&said.verdict.band), said.verdict.score));
        evidence(&said.verdict, &said.text, &mut lines);
    }
    let Some(reply) = reply else { return lines };
    lines.push(format!("The client's answer: {}", plain_name(&reply.action)));
    for cause in &reply.why {
        lines.push(format!(
            "  discord {:+.2}  trust {:+.2}  readiness {:+.2}  {}",
            cause.discord, cause.trust, cause.readiness, cause.what
        ));
    }
    lines
}

/// The judge's own verdict on a reply that a trainer has overruled.
pub fn own_verdict(own: &Verdict, text: &str) -> Vec<String> {
    let mut lines = vec![format!("The judge had: {} {:+.2}", plain_name(&own.band), own.score)];
    evidence(own, text, &mut lines);
    lines
}

/// The evidence for the verdict on a reply.
pub fn evidence_of(said: &Said) -> Vec<String> {
    let mut lines = Vec::new();
    evidence(&said.verdict, &said.text, &mut lines);
    lines
}

fn evidence(verdict: &Verdict, text: &str, lines: &mut Vec<String>) {
    for finding in &verdict.findings {
        // A technique or a reason that only explains a code carries no points of its own.
        let points = match finding.contribution {
            c if c.abs() < 0.005 => " ".repeat(5),
            c => format!("{c:+.2}"),
        };
        let (code, words) = (plain_name(&finding.code), quoted(text, finding));
        lines.push(format!("  {points}  {code} “{words}”: {}", finding.why));
    }
    if verdict.findings.is_empty() {
        lines.push("  nothing that is coded".to_owned());
    }
}

/// Where the client stands.
pub fn state_line(reply: &Reply) -> String {
    let state = &reply.state;
    format!(
        "discord {:.2} · trust {:.2} · readiness {:.2} · {}",
        state.discord.value(),
        state.trust.value(),
        state.readiness.value(),
        plain_name(&state.stage)
    )
}

/// A session in a screenful: the headline is what was done where the client resisted.
pub fn summary(summary: &Summary) -> Vec<String> {
    let replies = if summary.replies == 1 { "reply" } else { "replies" };
    let mut lines = vec![format!("Session: {} {replies}", summary.replies)];
    if summary.replies == 0 {
        return lines;
    }
    let enough = summary.replies >= ENOUGH_REPLIES;
    let (c, i) = (summary.consistent_after_resistance, summary.input_after_resistance);
    let share = match summary.consistency.filter(|_| enough) {
        Some(share) => format!("C/(C+I) {share:.2} (fair .60, good .80): "),
        None => String::new(),
    };
    lines.push(format!(
        "  after sustain talk or discord: {share}{c} MI-consistent, {i} information or advice only"
    ));
    let codes: Vec<_> = summary.codes.iter().map(|(code, n)| format!("{n} {}", plain_name(code))).collect();
    lines.push(format!("  codes       {}", codes.join(", ")));
    if enough {
        ratios(summary, &mut lines);
    } else {
        lines.push(format!("  ratios are left out below {ENOUGH_REPLIES} replies"));
    }
    lines.push(format!(
        "  longest run of arguing {} · ruptures {} · repairs {}",
        summary.longest_arguing,
        at_turns(&summary.ruptures),
        at_turns(&summary.repairs)
    ));
    for (name, curve) in
        [("discord", &summary.discord), ("trust", &summary.trust), ("readiness", &summary.readiness)]
    {
        if let (Some(first), Some(last)) = (curve.first(), curve.last()) {
            lines.push(format!("  {name:<11} {}  {first:.2} → {last:.2}", sparkline(curve)));
        }
    }
    for missed in &summary.missed {
        lines.push(format!("  change talk not taken up at turn {}: “{}”", missed.turn, missed.client));
    }
    lines.extend(summary.drift.as_ref().and_then(drift));
    lines
}

fn ratios(summary: &Summary, lines: &mut Vec<String>) {
    let ratio = |x: Option<f32>| x.map_or_else(|| "–".to_owned(), |x| format!("{x:.2}"));
    let percent = |x: Option<f32>| x.map_or_else(|| "–".to_owned(), |x| format!("{:.0}%", x * 100.0));
    lines.push(format!(
        "  reflections : questions {} (MITI fair 1, good 2) · complex {} (MITI fair 40%, good 50%)",
        ratio(summary.reflections_to_questions),
        percent(summary.complex_share)
    ));
    lines.push("  These are a program's counts of typed replies, not a MITI rating: the global scales are not rated, and simple against complex is a hint.".to_owned());
    if let Some(slope) = summary.resistance_slope {
        lines.push(format!("  sustain talk and discord: {:+.0}% in ten turns", slope * 100.0));
    }
}

/// "none", or "2 (turns 3, 8)".
fn at_turns(turns: &[u32]) -> String {
    let all: Vec<_> = turns.iter().map(u32::to_string).collect();
    match turns {
        [] => "none".to_owned(),
        [one] => format!("1 (turn {one})"),
        _ => format!("{} (turns {})", turns.len(), all.join(", ")),
    }
}

fn drift(drift: &Drift) -> Option<String> {
    let change = |name: &str, x: Option<f32>| x.map(|x| format!("{name} {x:+.2}"));
    let parts: Vec<_> = [
        change("C/(C+I)", drift.consistency),
        change("reflections : questions", drift.reflections_to_questions),
        change("complex", drift.complex_share),
        change("score after resistance", drift.mean_roll),
    ]
    .into_iter()
    .flatten()
    .collect();
    let before = match drift.sessions {
        1 => "your session before".to_owned(),
        n => format!("your {n} sessions before"),
    };
    (!parts.is_empty()).then(|| format!("  against {before}: {}", parts.join(" · ")))
}

/// Levels in `0..=1` as a row of blocks.
pub fn sparkline(levels: &[f32]) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    levels.iter().map(|x| BLOCKS[((x * 7.0).round() as usize).min(7)]).collect()
}

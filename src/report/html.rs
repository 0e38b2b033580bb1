//! A report as HTML: one file that needs nothing else, or a fragment for a page that has the style.
//! Knows: elements and classes. Never: scripts, inline styles, other addresses.

mod figures;
mod turns;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::clean::one_line;
use super::markup::Markup;
use super::{Report, STYLE, words};
use crate::domain::name::first;
use crate::domain::review::{Place, Review};

const HEADINGS: [&str; 5] = ["h1", "h2", "h3", "h4", "h5"];

/// Where a report is read, which decides how deep its headings begin and whether its links work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Around {
    /// A file of its own.
    File,
    /// A page that goes by the fragment of its address.
    Page,
}

impl Around {
    /// The heading of `depth`, 0 for the report's own.
    pub(super) fn heading(self, depth: usize) -> &'static str {
        HEADINGS[depth + usize::from(self == Self::Page)]
    }
}

/// The report as one file.
pub fn file(report: &Report) -> String {
    let name = one_line(&report.session.client.name);
    document(&format!("Session {} with {name}", report.session.id), |m| {
        body(m, report, Around::File);
    })
}

/// The report as a fragment, headings from `h2` on. The page links [`STYLE`] as a style sheet. A link
/// to a turn has the class `pb-goto` and the attribute `data-turn`; the turn's id is `pb-turn-N`.
pub fn fragment(report: &Report) -> String {
    let mut out = Markup::default();
    out.element("article", &[("class", "pb-report")], |m| body(m, report, Around::Page));
    out.finish()
}

/// A whole document around `inner`.
pub(super) fn document(title: &str, inner: impl FnOnce(&mut Markup)) -> String {
    // Nothing but this very style sheet may come into the file's own rendering.
    let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy =
        format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
    let mut out = Markup::default();
    out.constant("<!doctype html>\n");
    out.element("html", &[("lang", "en")], |m| {
        m.line_end();
        m.element("head", &[], |m| {
            m.void("meta", &[("charset", "utf-8")]);
            m.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy)]);
            m.void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
            m.void("meta", &[("name", "color-scheme"), ("content", "light dark")]);
            m.void("meta", &[("name", "referrer"), ("content", "no-referrer")]);
            m.leaf("title", "", title);
            m.element("style", &[], |m| m.constant(STYLE));
        });
        m.line_end();
        m.element("body", &[("class", "pb-body")], |m| {
            m.element("main", &[("class", "pb-report")], inner);
        });
        m.line_end();
    });
    out.line_end();
    out.finish()
}

fn body(out: &mut Markup, report: &Report, around: Around) {
    head(out, report, around);
    review(out, report, around);
    figures::how_it_went(out, report, around);
    figures::counts(out, report, around);
    figures::missed(out, report, around);
    turns::conversation(out, report, around);
    foot(out, report, around);
}

/// A section with its heading.
pub(super) fn section(
    out: &mut Markup,
    (class, heading): (&str, &str),
    around: Around,
    inner: impl FnOnce(&mut Markup),
) {
    out.line_end();
    out.element("section", &[("class", class)], |m| {
        m.leaf(around.heading(1), "", heading);
        inner(m);
    });
}

fn head(out: &mut Markup, report: &Report, around: Around) {
    out.element("header", &[("class", "pb-head")], |m| {
        m.element(around.heading(0), &[], |m| {
            m.text("Session with ");
            m.leaf("bdi", "", &report.session.client.name);
        });
        m.element("dl", &[("class", "pb-facts")], |m| {
            for (name, value) in words::head(&report.session, report.summary.replies) {
                m.element("div", &[], |m| {
                    m.leaf("dt", "", name);
                    m.element("dd", &[], |m| match name {
                        words::DATE => m.time(&value),
                        _ => m.leaf("bdi", "", &value),
                    });
                });
            }
        });
        m.leaf("p", "pb-aside", words::PRACTICE);
    });
}

fn review(out: &mut Markup, report: &Report, around: Around) {
    let Review { strengths, next } = &report.review;
    let name = &one_line(first(&report.session.client.name));
    section(out, ("pb-review", words::strengths_heading(strengths.len())), around, |m| {
        for strength in strengths {
            let (title, sentence) = words::strength(strength, name);
            m.element("div", &[("class", "pb-strength")], |m| {
                m.leaf(around.heading(2), "", title);
                m.leaf("p", "", &sentence);
                quoted(m, &strength.place, (report, around));
            });
        }
        if let Some(note) = words::fewer(strengths.len(), report.summary.replies) {
            m.leaf("p", "pb-aside", &note);
        }
    });
    section(out, ("pb-review", "One thing to try"), around, |m| {
        let Some(next) = next else { return m.leaf("p", "", words::NO_AIM) };
        let (title, sentence) = words::aim(next, name);
        m.element("div", &[("class", "pb-try")], |m| {
            m.leaf(around.heading(2), "", title);
            m.leaf("p", "", &sentence);
            quoted(m, &next.place, (report, around));
            if let Some(other) = &next.instead {
                turns::instead(m, other);
            }
            if let Some(approach) = &next.approach {
                m.leaf("p", "pb-approach", approach);
            }
        });
    });
}

/// A place in the conversation: what the client said, and the trainee's words.
fn quoted(out: &mut Markup, place: &Place, (report, around): (&Report, Around)) {
    out.element("blockquote", &[("class", "pb-place")], |m| {
        let name = one_line(first(&report.session.client.name));
        for (who, class, words) in
            [(name.as_str(), "pb-client-words", &place.client), ("You", "pb-own-words", &place.quote)]
        {
            m.element("p", &[("class", class)], |m| {
                m.leaf("b", "", who);
                m.text(": ");
                m.leaf("bdi", "", &format!("“{words}”"));
            });
        }
        m.element("p", &[("class", "pb-where")], |m| goto(m, place.turn, (report, around)));
    });
}

/// A link to a turn of the conversation.
pub(super) fn goto(out: &mut Markup, turn: u32, (report, around): (&Report, Around)) {
    let address = match around {
        Around::File => format!("#pb-turn-{turn}"),
        Around::Page => format!("#/r/{}", report.session.id),
    };
    let number = turn.to_string();
    let attrs = [("class", "pb-goto"), ("href", address.as_str()), ("data-turn", number.as_str())];
    out.element("a", &attrs, |m| m.text(&format!("turn {turn}")));
}

fn foot(out: &mut Markup, report: &Report, around: Around) {
    section(out, ("pb-limits", "What the judge can't tell"), around, |m| {
        m.element("ul", &[], |m| words::LIMITS.iter().for_each(|limit| m.leaf("li", "", limit)));
    });
    let made = &report.session.provenance;
    let short = |hash: &str| hash.chars().take(12).collect::<String>();
    let hashes: Vec<String> = [
        ("client", &made.persona),
        ("prompts", &made.prompts),
        ("lexicon", &made.lexicon),
        ("model", &made.model),
    ]
    .into_iter()
    .filter(|(_, hash)| !hash.is_empty())
    .map(|(name, hash)| format!("{name} {}", short(hash)))
    .collect();
    out.element("footer", &[("class", "pb-foot")], |m| {
        m.text(&format!(
            "pushback {}, session {}. SHA-256: {}.",
            one_line(&made.version),
            report.session.id,
            hashes.join(", ")
        ));
    });
}

//! The conversation: each reply with its evidence underlined, what it did, what was said otherwise.

use super::{Around, section};
use crate::domain::coach::Suggestion;
use crate::domain::judge::Band;
use crate::domain::name::{first, plain};
use crate::domain::review::clipped;
use crate::report::clean::one_line;
use crate::report::markup::Markup;
use crate::report::words::{self, COUNTS};
use crate::report::{Answer, Exchange, Found, Judged, Otherwise, Report};

/// All turns.
pub(super) fn conversation(out: &mut Markup, report: &Report, around: Around) {
    section(out, ("pb-talk", "The conversation"), around, |m| {
        key(m);
        let name = one_line(first(&report.session.client.name));
        report.turns.iter().for_each(|turn| exchange(m, turn, &name));
    });
}

/// What the underlines mean.
fn key(out: &mut Markup) {
    out.element("p", &[("class", "pb-aside")], |m| {
        m.text("In your words: ");
        m.leaf("mark", "pb-for", "rolls");
        m.text(", ");
        m.leaf("mark", "pb-against", "argues");
        m.text(", ");
        m.leaf("mark", "pb-seen", "explains a code");
        m.text(". The numbers lead to the reasons beside them.");
    });
}

fn exchange(out: &mut Markup, turn: &Exchange, name: &str) {
    let id = format!("pb-turn-{}", turn.turn);
    out.line_end();
    out.element("div", &[("class", "pb-turn"), ("id", &id), ("tabindex", "-1")], |m| {
        m.leaf("p", "pb-number", &turn.turn.to_string());
        m.element("div", &[("class", "pb-said")], |m| {
            if let Some(said) = &turn.trainee {
                trainee(m, said);
            }
            if let Some(answer) = &turn.client {
                client(m, answer, name);
            }
        });
        m.element("div", &[("class", "pb-notes")], |m| notes(m, turn));
        if !turn.otherwise.is_empty() {
            let heading = if turn.trainee.is_some() { "Said otherwise" } else { "Taken back" };
            otherwise(m, (heading, &turn.otherwise), name);
        }
    });
}

fn trainee(out: &mut Markup, said: &Judged) {
    out.element("p", &[("class", "pb-trainee")], |m| {
        m.leaf("b", "pb-who", "You");
        m.text(" ");
        m.element("span", &[("class", "pb-text"), ("dir", "auto")], |m| underlined(m, said));
    });
}

fn client(out: &mut Markup, answer: &Answer, name: &str) {
    out.element("p", &[("class", "pb-client")], |m| {
        m.leaf("b", "pb-who", name);
        m.text(" ");
        m.element("span", &[("class", "pb-text"), ("dir", "auto")], |m| m.text(&spoken(answer)));
        m.text(" ");
        m.leaf("small", "pb-leaning", &format!("{} ({})", answer.leaning(), plain(&answer.action)));
    });
}

fn spoken(answer: &Answer) -> String {
    format!("{}{}", answer.text, if answer.cut { " —" } else { "" })
}

fn notes(out: &mut Markup, turn: &Exchange) {
    if let Some(said) = &turn.trainee {
        let class = match said.band {
            Band::Rolling => "pb-band pb-rolling",
            Band::Arguing => "pb-band pb-arguing",
            Band::Mixed | Band::Neutral => "pb-band",
        };
        out.leaf("p", class, &words::scored(said));
        evidence(out, said);
        if let Some(note) = words::overruled(said) {
            out.leaf("p", "pb-aside", &note);
        }
    }
    if let Some(feedback) = &turn.feedback {
        out.leaf("p", "pb-effect", &feedback.effect);
    }
    if let Some(answer) = &turn.client {
        out.leaf("p", "pb-levels", &words::moved(answer));
        reasons(out, answer);
    }
    if let Some(feedback) = &turn.feedback {
        if let Some(other) = &feedback.alternative {
            instead(out, other);
        }
        if let Some(approach) = &feedback.approach {
            out.leaf("p", "pb-approach", approach);
        }
    }
}

/// What could have been said in place of a reply.
pub(super) fn instead(out: &mut Markup, other: &Suggestion) {
    // Words of the client's within it are quoted by the other marks.
    let text = other.text.replace('“', "‘").replace('”', "’");
    out.element("p", &[("class", "pb-instead")], |m| {
        m.leaf("b", "", "Or");
        m.text(": ");
        m.leaf("bdi", "", &format!("“{text}”"));
        m.text(&format!(" ({})", plain(&other.technique)));
    });
}

/// Why the client's levels changed.
fn reasons(out: &mut Markup, answer: &Answer) {
    if answer.why.is_empty() {
        return;
    }
    out.element("details", &[("class", "pb-why")], |m| {
        m.leaf("summary", "", "Why");
        m.element("ul", &[], |m| {
            for cause in &answer.why {
                let moved = format!(
                    "{}: discord {}, trust {}, readiness {}",
                    cause.what,
                    words::signed(cause.discord),
                    words::signed(cause.trust),
                    words::signed(cause.readiness)
                );
                m.leaf("li", "", &moved);
            }
        });
    });
}

fn otherwise(out: &mut Markup, (heading, left): (&str, &[Otherwise]), name: &str) {
    out.element("details", &[("class", "pb-left")], |m| {
        m.leaf("summary", "", &format!("{heading} ({})", left.len()));
        for other in left {
            m.element("div", &[("class", "pb-attempt")], |m| {
                m.element("div", &[("class", "pb-said")], |m| {
                    trainee(m, &other.trainee);
                    if let Some(answer) = &other.client {
                        client(m, answer, name);
                    }
                });
                m.element("div", &[("class", "pb-notes")], |m| {
                    m.leaf("p", "pb-band", &words::scored(&other.trainee));
                    evidence(m, &other.trainee);
                    if let Some(answer) = &other.client {
                        m.leaf("p", "pb-levels", &words::moved(answer));
                    }
                    if other.further > 0 {
                        let more = words::counted(other.further, "further turn", "further turns");
                        m.leaf("p", "pb-aside", &format!("{more} behind it"));
                    }
                });
            });
        }
    });
}

/// Pieces of evidence that point at the same words.
struct Spot<'a> {
    at: std::ops::Range<usize>,
    found: Vec<&'a Found>,
}

/// The spots of a reply, in the order of their ends, then of their beginnings: so they are numbered.
fn spots(said: &Judged) -> Vec<Spot<'_>> {
    let mut spots: Vec<Spot<'_>> = Vec::new();
    for found in said.findings.iter().filter(|f| !f.at.is_empty()) {
        match spots.iter_mut().find(|spot| spot.at == found.at) {
            Some(spot) => spot.found.push(found),
            None => spots.push(Spot { at: found.at.clone(), found: vec![found] }),
        }
    }
    spots.sort_by_key(|spot| (spot.at.end, spot.at.start));
    spots
}

impl Spot<'_> {
    /// The weight that counts most, for or against.
    fn weight(&self) -> f32 {
        let weights = self.found.iter().map(|f| f.contribution);
        weights.fold(0.0, |most: f32, w| if w.abs() > most.abs() { w } else { most })
    }
}

/// The words of a reply, with its spots underlined and numbered.
fn underlined(out: &mut Markup, said: &Judged) {
    let spots = spots(said);
    let mut edges: Vec<usize> = spots.iter().flat_map(|s| [s.at.start, s.at.end]).collect();
    edges.extend([0, said.text.len()]);
    edges.sort_unstable();
    edges.dedup();
    for piece in edges.windows(2) {
        let (from, to) = (piece[0], piece[1]);
        let Some(text) = said.text.get(from..to) else { continue };
        let over = spots.iter().filter(|s| s.at.start <= from && to <= s.at.end);
        let weight = over.map(Spot::weight).reduce(|most, w| if w.abs() > most.abs() { w } else { most });
        match weight {
            None => out.text(text),
            Some(w) if w > COUNTS => out.leaf("mark", "pb-for", text),
            Some(w) if w < -COUNTS => out.leaf("mark", "pb-against", text),
            Some(_) => out.leaf("mark", "pb-seen", text),
        }
        for (at, _) in spots.iter().enumerate().filter(|(_, s)| s.at.end == to) {
            out.leaf("sup", "", &(at + 1).to_string());
        }
    }
}

/// The evidence, by the numbers in the text.
fn evidence(out: &mut Markup, said: &Judged) {
    let spots = spots(said);
    if spots.is_empty() {
        out.leaf("p", "pb-aside", "nothing that is coded");
        return;
    }
    out.element("ol", &[("class", "pb-evidence")], |m| {
        for spot in &spots {
            m.element("li", &[], |m| {
                for (at, told) in words::evidence(spot.found.iter().copied()).iter().enumerate() {
                    if at > 0 {
                        m.void("br", &[]);
                    }
                    m.leaf("b", "", &told.names);
                    m.text(" ");
                    m.leaf("bdi", "", &format!("“{}”", clipped(told.quote)));
                    if told.weight != 0.0 {
                        m.text(&format!(" {}", words::signed(told.weight)));
                    }
                    m.text(&format!(": {}", told.why));
                }
            });
        }
    });
}

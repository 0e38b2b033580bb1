//! The figures of a report: curves, counts, shares, change talk that went by.

use super::{Around, goto, section};
use crate::domain::name::first;
use crate::domain::summary::{ENOUGH_REPLIES, Summary};
use crate::report::clean::one_line;
use crate::report::markup::Markup;
use crate::report::{Report, bars, curves, words};

/// How the client took it: the headline, the curves, ruptures and repairs.
pub(super) fn how_it_went(out: &mut Markup, report: &Report, around: Around) {
    let summary = &report.summary;
    if summary.replies == 0 {
        return;
    }
    let heading = format!("How {} took it", one_line(first(&report.session.client.name)));
    section(out, ("pb-figures", &heading), around, |m| {
        m.leaf("p", "pb-headline", &words::headline(summary));
        m.element("figure", &[("class", "pb-chart")], |m| {
            curves::chart(report).draw().write(m);
            curves::table(report).folded(m);
        });
        m.element("dl", &[("class", "pb-facts")], |m| {
            for (name, value) in [
                ("Ruptures", words::at_turns(&summary.ruptures)),
                ("Repairs", words::at_turns(&summary.repairs)),
                ("Longest run of arguing", words::counted(summary.longest_arguing, "reply", "replies")),
            ] {
                m.element("div", &[], |m| {
                    m.leaf("dt", "", name);
                    m.leaf("dd", "", &value);
                });
            }
        });
    });
}

/// Codes and shares.
pub(super) fn counts(out: &mut Markup, report: &Report, around: Around) {
    let summary = &report.summary;
    if summary.replies == 0 {
        return;
    }
    section(out, ("pb-figures", "What you did"), around, |m| {
        shares(m, report);
        if !summary.codes.is_empty() {
            m.element("figure", &[("class", "pb-chart")], |m| {
                bars::codes(&summary.codes, &format!("pb-codes-{}", report.session.id)).write(m);
                bars::code_table(&summary.codes).folded(m);
            });
        }
        if let Some(drift) = summary.drift.as_ref().and_then(words::drift) {
            m.leaf("p", "", &drift);
        }
    });
}

fn shares(out: &mut Markup, report: &Report) {
    let summary = &report.summary;
    let gauges = bars::gauges(summary);
    if gauges.is_empty() {
        debug_assert!(summary.replies < ENOUGH_REPLIES);
        out.leaf("p", "", &words::too_few());
        out.leaf("p", "", &resisted(summary));
        return;
    }
    out.element("figure", &[("class", "pb-chart")], |m| {
        for (at, gauge) in gauges.iter().enumerate() {
            gauge.draw(&format!("pb-gauge-{}-{at}", report.session.id)).write(m);
        }
        bars::gauge_table(&gauges).folded(m);
    });
}

fn resisted(summary: &Summary) -> String {
    let (c, i) = (summary.consistent_after_resistance, summary.input_after_resistance);
    format!("After sustain talk or discord: {c} MI-consistent (C), {i} information or advice only (I).")
}

/// Change talk that the next reply did not take up.
pub(super) fn missed(out: &mut Markup, report: &Report, around: Around) {
    if report.summary.missed.is_empty() {
        return;
    }
    section(out, ("pb-missed", "Change talk not taken up"), around, |m| {
        m.element("ul", &[], |m| {
            for missed in &report.summary.missed {
                m.element("li", &[], |m| {
                    m.leaf("bdi", "", &format!("“{}”", missed.client));
                    m.text(" ");
                    m.element("span", &[("class", "pb-where")], |m| goto(m, missed.turn, (report, around)));
                });
            }
        });
    });
}

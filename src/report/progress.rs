//! A trainee's progress over sessions: charts with their tables.
//! Knows: trends. Never: sessions themselves.

use super::chart::{Chart, Series};
use super::clean::one_line;
use super::html::{Around, document, section};
use super::markup::Markup;
use super::table::Table;
use super::words;
use crate::domain::progress::{Measure, Progress, SHOWN, Trends, Way};
use crate::domain::summary::ENOUGH_REPLIES;

/// Progress as one file.
pub fn file(progress: &Progress) -> String {
    document("Progress over sessions", |m| body(m, progress, Around::File))
}

/// Progress as a fragment for a page, headings from `h2` on.
pub fn fragment(progress: &Progress) -> String {
    let mut out = Markup::default();
    out.element("article", &[("class", "pb-report")], |m| body(m, progress, Around::Page));
    out.finish()
}

fn body(out: &mut Markup, progress: &Progress, around: Around) {
    out.leaf(around.heading(0), "", "Progress over sessions");
    counts(progress).iter().for_each(|line| out.leaf("p", "", line));
    if progress.sessions == 0 {
        return;
    }
    section(out, ("pb-figures", "All sessions"), around, |m| trends(m, &progress.all, "all"));
    for (at, client) in progress.clients.iter().enumerate() {
        let name = one_line(client.name.as_deref().unwrap_or_default());
        section(out, ("pb-figures", &format!("With {name}")), around, |m| {
            trends(m, client, &at.to_string());
        });
    }
}

/// How many sessions count, and how a trend is told.
pub fn counts(progress: &Progress) -> Vec<String> {
    let mut lines = vec![format!(
        "{} of {ENOUGH_REPLIES} replies or more.",
        words::counted(progress.sessions, "session", "sessions")
    )];
    if progress.too_short > 0 {
        lines.push(format!(
            "{} left out: too short.",
            words::counted(progress.too_short, "session", "sessions")
        ));
    }
    if progress.open_exams > 0 {
        lines.push(format!("{} left out: not ended.", words::counted(progress.open_exams, "exam", "exams")));
    }
    let told = |trends: &Trends| trends.trends.iter().any(|t| t.way != Way::TooFew);
    if progress.sessions > 0 && !told(&progress.all) {
        lines.push("Ten sessions are the fewest that tell a trend from chance.".to_owned());
    } else if progress.sessions > 0 {
        lines.push(
            "Higher or lower: the median of the last five sessions lies beyond all of the first five, and \
             the other way round. Clients differ, so look at each by itself, too."
                .to_owned(),
        );
    }
    lines
}

/// The name of a measure.
pub fn name(measure: Measure) -> &'static str {
    words::measure(measure)
}

/// A value of a measure.
pub fn figure(measure: Measure, value: Option<f32>) -> String {
    words::figure(measure, value)
}

/// Which way a measure has gone.
pub fn way(way: Way) -> &'static str {
    words::way(way)
}

fn trends(out: &mut Markup, trends: &Trends, id: &str) {
    trend_table(trends).html(out);
    let chart = chart(trends, id);
    if chart.series.iter().all(|series| series.points.len() < 2) {
        return;
    }
    out.element("figure", &[("class", "pb-chart")], |m| {
        chart.draw().write(m);
        point_table(trends).folded(m);
    });
}

fn trend_table(trends: &Trends) -> Table {
    let whose =
        trends.name.as_deref().map_or("Trends".to_owned(), |name| format!("Trends with {}", one_line(name)));
    let mut table = Table::new(&whose, &["Measure", "Sessions", "First five", "Last five", "Trend"]);
    for trend in &trends.trends {
        table.rows.push(vec![
            words::measure(trend.measure).to_owned(),
            trend.sessions.to_string(),
            words::figure(trend.measure, trend.first),
            words::figure(trend.measure, trend.last),
            words::way(trend.way).to_owned(),
        ]);
    }
    table
}

/// The shares, session by session.
fn chart(trends: &Trends, id: &str) -> Chart {
    let before = trends.sessions - trends.points.len();
    let points = |measure: Measure| -> Vec<(f32, f32)> {
        let known = trends.points.iter().enumerate();
        known.filter_map(|(at, p)| Some(((before + at + 1) as f32, p.figure(measure)?))).collect()
    };
    let newest = if before > 0 { format!(", the newest {SHOWN}") } else { String::new() };
    let whose = trends
        .name
        .as_deref()
        .map_or("all sessions".to_owned(), |name| format!("sessions with {}", one_line(name)));
    let way = |measure: Measure| {
        let trend = trends.trends.iter().find(|t| t.measure == measure);
        trend.map_or("", |t| words::way(t.way))
    };
    let quarters = [0.0, 0.25, 0.5, 0.75, 1.0].map(|y| (y, words::number(y)));
    Chart {
        title: format!("Shares, {whose}{newest}"),
        desc: format!(
            "C/(C+I) after resistance: {}. Share of complex reflections: {}.",
            way(Measure::Consistency),
            way(Measure::ComplexShare)
        ),
        id: format!("pb-progress-{id}"),
        x: ("session", (before + 1) as f32, trends.sessions as f32),
        y: (0.0, 1.0, quarters.to_vec()),
        series: vec![
            Series { name: "C/(C+I)", points: points(Measure::Consistency) },
            Series { name: "complex share", points: points(Measure::ComplexShare) },
        ],
        rules: Vec::new(),
        events: Vec::new(),
        rows: Vec::new(),
    }
}

/// Its twin, with all measures.
fn point_table(trends: &Trends) -> Table {
    let mut heads = vec!["Session", "Begun", "Client", "Replies"];
    heads.extend(Measure::ALL.map(words::measure));
    let mut table = Table { times: Some(1), ..Table::new("Session by session", &heads) };
    for point in &trends.points {
        let mut row = vec![
            point.session.to_string(),
            words::utc(&point.started),
            point.persona.clone(),
            point.replies.to_string(),
        ];
        row.extend(Measure::ALL.map(|measure| words::figure(measure, point.figure(measure))));
        table.rows.push(row);
    }
    table
}

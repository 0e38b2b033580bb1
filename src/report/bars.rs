//! Bars: how often each code was given, and shares against their marks.
//! Knows: figures of a session. Never: markup.

use super::chart::WIDTH;
use super::svg::{Anchor, Drawing, Form};
use super::table::Table;
use super::words::{number, percent};
use crate::domain::judge::Code;
use crate::domain::name::plain;
use crate::domain::summary::{ENOUGH_REPLIES, Summary};

const BAR_ROW: f32 = 24.0;
const NAMES: f32 = 176.0;
const COUNT: f32 = 40.0;
const GAUGE: f32 = 58.0;

/// A figure with the marks that it is held against.
#[derive(Clone, Debug)]
pub(super) struct Gauge {
    /// Its name.
    pub name: &'static str,
    /// Whose marks they are.
    pub whose: &'static str,
    /// The figure; none where nothing of the kind was said.
    pub value: Option<f32>,
    /// The end of the scale.
    pub most: f32,
    /// Fair and good.
    pub marks: [f32; 2],
    /// How a value is written.
    pub written: fn(f32) -> String,
}

/// The shares of a session, the headline first; none where it is too short for any.
pub(super) fn gauges(summary: &Summary) -> Vec<Gauge> {
    if summary.replies < ENOUGH_REPLIES {
        return Vec::new();
    }
    vec![
        Gauge {
            name: "C/(C+I) after sustain talk or discord",
            whose: "own marks",
            value: summary.consistency,
            most: 1.0,
            marks: [0.6, 0.8],
            written: number,
        },
        Gauge {
            name: "Reflections per question",
            whose: "MITI 4.2.1",
            value: summary.reflections_to_questions,
            most: 3.0,
            marks: [1.0, 2.0],
            written: number,
        },
        Gauge {
            name: "Complex reflections of all reflections",
            whose: "MITI 4.2.1",
            value: summary.complex_share,
            most: 1.0,
            marks: [0.4, 0.5],
            written: percent,
        },
    ]
}

impl Gauge {
    /// The figure as it is written.
    pub(super) fn figure(&self) -> String {
        self.value.map_or_else(|| "–".to_owned(), self.written)
    }

    /// "fair 1.00, good 2.00 (MITI 4.2.1)".
    pub(super) fn held_against(&self) -> String {
        let [fair, good] = self.marks.map(self.written);
        format!("fair {fair}, good {good} ({})", self.whose)
    }

    /// Draws it.
    pub(super) fn draw(&self, id: &str) -> Drawing {
        let desc = format!("{}: {}; {}.", self.name, self.figure(), self.held_against());
        let (title, id) = (self.name.to_owned(), id.to_owned());
        let mut drawing = Drawing { title, desc, id, size: (WIDTH, GAUGE), shapes: Vec::new() };
        let across = |x: f32| 1.0 + x.clamp(0.0, self.most) / self.most * (WIDTH - 2.0);
        let (top, high) = (24.0, 12.0);
        drawing.add("pb-words pb-strong", Form::Words(self.name.to_owned(), (1.0, 15.0), Anchor::Start));
        drawing.add("pb-words pb-strong", Form::Words(self.figure(), (WIDTH - 1.0, 15.0), Anchor::End));
        drawing.add("pb-track", Form::Box((1.0, top), (WIDTH - 2.0, high)));
        if let Some(value) = self.value {
            drawing.add("pb-fill", Form::Box((1.0, top), (across(value) - 1.0, high)));
        }
        for (mark, name, anchor) in
            [(self.marks[0], "fair", Anchor::End), (self.marks[1], "good", Anchor::Start)]
        {
            let at = across(mark);
            drawing.add("pb-tick", Form::Line(vec![(at, top - 3.0), (at, top + high + 4.0)], None));
            let words = format!("{name} {}", (self.written)(mark));
            drawing.add("pb-words", Form::Words(words, (at, top + high + 18.0), anchor));
        }
        drawing
    }
}

/// The shares as a table.
pub(super) fn gauge_table(gauges: &[Gauge]) -> Table {
    let mut table = Table::new("Shares", &["Share", "Session", "Fair", "Good", "Whose marks"]);
    for gauge in gauges {
        let [fair, good] = gauge.marks.map(gauge.written);
        table.rows.push(vec![gauge.name.to_owned(), gauge.figure(), fair, good, gauge.whose.to_owned()]);
    }
    table
}

/// How often each code was given.
pub(super) fn codes(codes: &[(Code, usize)], id: &str) -> Drawing {
    let listed: Vec<String> = codes.iter().map(|(code, n)| format!("{} {n}", plain(code))).collect();
    let desc = format!("{}.", listed.join(", "));
    let size = (WIDTH, BAR_ROW * codes.len() as f32);
    let title = "How often each code was given".to_owned();
    let mut drawing = Drawing { title, desc, id: id.to_owned(), size, shapes: Vec::new() };
    let most = codes.iter().map(|(_, n)| *n).max().unwrap_or(1).max(1) as f32;
    for (at, (code, n)) in codes.iter().enumerate() {
        let top = BAR_ROW * at as f32;
        let long = *n as f32 / most * (WIDTH - NAMES - COUNT);
        let class = if code.is_non_adherent() { "pb-bar pb-bar-against" } else { "pb-bar" };
        drawing.add("pb-words", Form::Words(plain(code), (NAMES - 8.0, top + 17.0), Anchor::End));
        drawing.add(class, Form::Box((NAMES, top + 4.0), (long, BAR_ROW - 8.0)));
        drawing.add("pb-words", Form::Words(n.to_string(), (NAMES + long + 7.0, top + 17.0), Anchor::Start));
    }
    drawing
}

/// Its twin.
pub(super) fn code_table(codes: &[(Code, usize)]) -> Table {
    let mut table = Table::new("How often each code was given", &["Code", "Replies"]);
    table.rows = codes.iter().map(|(code, n)| vec![plain(code), n.to_string()]).collect();
    table
}

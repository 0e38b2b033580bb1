//! Lines over a common axis: series that differ in dash and mark, marks in rows below, rules across.
//! Knows: numbers and names. Never: sessions.

use super::svg::{Anchor, Drawing, Form, Sign};

/// Width of every chart, in its own units: a phone's width, so that words stay legible there.
pub(super) const WIDTH: f32 = 480.0;
const LEFT: f32 = 62.0;
const RIGHT: f32 = 12.0;
const PLOT: f32 = 180.0;
const LEGEND_ROW: f32 = 22.0;
const MARK_ROW: f32 = 18.0;
/// No series shows more marks than this; the line goes through every value.
const MOST_MARKS: usize = 30;

/// A chart of lines.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    /// See [`Drawing`].
    pub title: String,
    /// See [`Drawing`].
    pub desc: String,
    /// See [`Drawing`].
    pub id: String,
    /// The horizontal axis: its name, first and last value.
    pub x: (&'static str, f32, f32),
    /// The vertical axis, from bottom to top, with the places that are labelled.
    pub y: (f32, f32, Vec<(f32, String)>),
    /// The lines.
    pub series: Vec<Series>,
    /// Lines across, with their names.
    pub rules: Vec<(f32, &'static str)>,
    /// Lines up, where something happened.
    pub events: Vec<Events>,
    /// Rows of marks below the axis.
    pub rows: Vec<Row>,
}

/// One line.
#[derive(Clone, Debug)]
pub(super) struct Series {
    /// Its name.
    pub name: &'static str,
    /// Where it goes.
    pub points: Vec<(f32, f32)>,
}

/// Things of one kind that happened at places of the horizontal axis.
#[derive(Clone, Debug)]
pub(super) struct Events {
    pub name: &'static str,
    pub sign: Sign,
    pub at: Vec<f32>,
}

/// A row of marks.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub name: &'static str,
    pub class: &'static str,
    pub sign: Sign,
    pub at: Vec<f32>,
}

/// Dash, mark and class of the series, in their order.
const LOOKS: [(Option<&str>, Sign, &str, &str); 3] = [
    (None, Sign::Disc, "pb-line pb-a", "pb-dot pb-a"),
    (Some("7 4"), Sign::Square, "pb-line pb-b", "pb-dot pb-b"),
    (Some("2 3"), Sign::Diamond, "pb-line pb-c", "pb-dot pb-c"),
];

impl Chart {
    /// Draws it.
    pub(super) fn draw(&self) -> Drawing {
        let shown: Vec<&Events> = self.events.iter().filter(|e| !e.at.is_empty()).collect();
        let legend = LEGEND_ROW * if shown.is_empty() { 1.0 } else { 2.0 };
        let top = legend + 12.0;
        let bottom = top + PLOT;
        let height = bottom + 22.0 + MARK_ROW * self.rows.len() as f32 + 18.0;
        let (title, desc, id) = (self.title.clone(), self.desc.clone(), self.id.clone());
        let mut drawing = Drawing { title, desc, id, size: (WIDTH, height), shapes: Vec::new() };
        self.legend(&mut drawing, &shown);
        self.frame(&mut drawing, (top, bottom));
        self.events(&mut drawing, &shown, (top, bottom));
        for (at, series) in self.series.iter().enumerate() {
            self.line(&mut drawing, series, (at, bottom));
        }
        self.rows(&mut drawing, bottom + 30.0);
        let (name, ..) = self.x;
        let under = (LEFT + (WIDTH - LEFT - RIGHT) / 2.0, height - 6.0);
        drawing.add("pb-words", Form::Words(name.to_owned(), under, Anchor::Middle));
        drawing
    }

    /// Where a value of the horizontal axis lies.
    fn across(&self, x: f32) -> f32 {
        let (_, first, last) = self.x;
        let span = (last - first).max(1.0);
        LEFT + 8.0 + (x - first) / span * (WIDTH - LEFT - RIGHT - 16.0)
    }

    /// Where a value of the vertical axis lies above `bottom`.
    fn up(&self, y: f32, bottom: f32) -> f32 {
        let (low, high, _) = &self.y;
        bottom - (y.clamp(*low, *high) - low) / (high - low) * PLOT
    }

    fn legend(&self, drawing: &mut Drawing, shown: &[&Events]) {
        let mut left = LEFT;
        for (series, (dash, sign, line, dot)) in self.series.iter().zip(LOOKS) {
            let y = 14.0;
            drawing.add(line, Form::Line(vec![(left, y), (left + 30.0, y)], dash));
            drawing.add(dot, Form::Mark(sign, (left + 15.0, y), 4.0));
            drawing
                .add("pb-words", Form::Words(series.name.to_owned(), (left + 37.0, y + 5.0), Anchor::Start));
            left += 37.0 + series.name.len() as f32 * 7.5 + 22.0;
        }
        let mut left = LEFT;
        for events in shown {
            let y = 14.0 + LEGEND_ROW;
            drawing.add("pb-event", Form::Mark(events.sign, (left + 6.0, y), 5.0));
            drawing
                .add("pb-words", Form::Words(events.name.to_owned(), (left + 18.0, y + 5.0), Anchor::Start));
            left += 18.0 + events.name.len() as f32 * 7.5 + 22.0;
        }
    }

    fn frame(&self, drawing: &mut Drawing, (top, bottom): (f32, f32)) {
        drawing.add("pb-plot", Form::Box((LEFT, top), (WIDTH - LEFT - RIGHT, PLOT)));
        for (value, label) in &self.y.2 {
            let y = self.up(*value, bottom);
            drawing.add("pb-grid", Form::Line(vec![(LEFT, y), (WIDTH - RIGHT, y)], None));
            drawing.add("pb-words", Form::Words(label.clone(), (LEFT - 7.0, y + 5.0), Anchor::End));
        }
        for (value, name) in &self.rules {
            let y = self.up(*value, bottom);
            drawing.add("pb-rule", Form::Line(vec![(LEFT, y), (WIDTH - RIGHT, y)], Some("1 4")));
            drawing.add("pb-words", Form::Words((*name).to_owned(), (LEFT - 7.0, y + 5.0), Anchor::End));
        }
        for x in self.ticks() {
            let at = self.across(x);
            drawing.add("pb-grid", Form::Line(vec![(at, bottom), (at, bottom + 4.0)], None));
            drawing.add("pb-words", Form::Words(format!("{x:.0}"), (at, bottom + 17.0), Anchor::Middle));
        }
    }

    /// Round values of the horizontal axis, seven at most, and the last.
    fn ticks(&self) -> Vec<f32> {
        let (_, first, last) = self.x;
        let steps = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 5000.0, 20_000.0];
        let step = steps.into_iter().find(|step| (last - first) / step <= 7.0).unwrap_or(last.max(1.0));
        let mut ticks = Vec::new();
        let mut x = (first / step).ceil() * step;
        while x <= last && ticks.len() < 10 {
            ticks.push(x);
            x += step;
        }
        ticks
    }

    fn events(&self, drawing: &mut Drawing, shown: &[&Events], (top, bottom): (f32, f32)) {
        for events in shown {
            for x in &events.at {
                let at = self.across(*x);
                drawing.add("pb-eventline", Form::Line(vec![(at, top), (at, bottom)], Some("1 3")));
                drawing.add("pb-event", Form::Mark(events.sign, (at, top - 6.0), 5.0));
            }
        }
    }

    fn line(&self, drawing: &mut Drawing, series: &Series, (at, bottom): (usize, f32)) {
        let (dash, sign, line, dot) = LOOKS[at % LOOKS.len()];
        let places: Vec<(f32, f32)> =
            series.points.iter().map(|(x, y)| (self.across(*x), self.up(*y, bottom))).collect();
        let step = places.len().div_ceil(MOST_MARKS).max(1);
        let marked: Vec<(f32, f32)> = places.iter().copied().step_by(step).collect();
        drawing.add(line, Form::Line(places, dash));
        for place in marked {
            drawing.add(dot, Form::Mark(sign, place, 3.6));
        }
    }

    fn rows(&self, drawing: &mut Drawing, top: f32) {
        let one = self.across(1.0) - self.across(0.0);
        let half = (one * 0.4).clamp(0.8, 5.0);
        for (at, row) in self.rows.iter().enumerate() {
            let y = top + MARK_ROW * at as f32;
            drawing.add("pb-words", Form::Words(row.name.to_owned(), (LEFT - 7.0, y + 5.0), Anchor::End));
            for x in &row.at {
                drawing.add(row.class, Form::Mark(row.sign, (self.across(*x), y), half));
            }
        }
    }
}

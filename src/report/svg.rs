//! Drawings of lines, boxes, marks and words, as SVG without a style of its own: classes and
//! presentation attributes only.
//! Knows: shapes and places. Never: what is drawn.

use super::markup::Markup;

/// A drawing.
#[derive(Clone, Debug)]
pub(super) struct Drawing {
    /// What it is, for whoever can't see it.
    pub title: String,
    /// What it shows.
    pub desc: String,
    /// Tells its title and description from those of others on the page.
    pub id: String,
    /// Width and height, in units of its own.
    pub size: (f32, f32),
    /// Later ones lie above earlier ones.
    pub shapes: Vec<Shape>,
}

/// One thing in a drawing.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// Class in the style sheet.
    pub class: &'static str,
    /// What it is.
    pub form: Form,
}

/// Forms.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// A line through points; dashed as given.
    Line(Vec<(f32, f32)>, Option<&'static str>),
    /// Corner and size.
    Box((f32, f32), (f32, f32)),
    /// A mark of half a width around a place.
    Mark(Sign, (f32, f32), f32),
    /// Words at a place.
    Words(String, (f32, f32), Anchor),
}

/// Marks that differ in shape, not in colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Disc,
    Square,
    Diamond,
    Up,
    Down,
    Cross,
    Ring,
}

/// Which end of words stands at their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Drawing {
    pub(super) fn add(&mut self, class: &'static str, form: Form) {
        self.shapes.push(Shape { class, form });
    }

    /// Writes the drawing.
    pub(super) fn write(&self, out: &mut Markup) {
        let view = format!("0 0 {} {}", unit(self.size.0), unit(self.size.1));
        let (title, desc) = (format!("{}-t", self.id), format!("{}-d", self.id));
        let names = format!("{title} {desc}");
        let attrs = [
            ("class", "pb-svg"),
            ("viewBox", view.as_str()),
            ("role", "img"),
            ("aria-labelledby", names.as_str()),
        ];
        out.element("svg", &attrs, |m| {
            m.element("title", &[("id", &title)], |m| m.text(&self.title));
            m.element("desc", &[("id", &desc)], |m| m.text(&self.desc));
            self.shapes.iter().for_each(|shape| shape.write(m));
        });
    }
}

impl Shape {
    fn write(&self, out: &mut Markup) {
        let class = ("class", self.class);
        match &self.form {
            Form::Line(points, dash) => {
                let points: Vec<String> =
                    points.iter().map(|(x, y)| format!("{},{}", unit(*x), unit(*y))).collect();
                let points = points.join(" ");
                let line = [class, ("points", points.as_str())];
                let dashed = [class, ("points", points.as_str()), ("stroke-dasharray", dash.unwrap_or(""))];
                out.element("polyline", if dash.is_some() { &dashed } else { &line }, |_| {});
            }
            Form::Box((x, y), (w, h)) => {
                let [x, y, w, h] = [*x, *y, *w, *h].map(unit);
                let attrs = [class, ("x", x.as_str()), ("y", &y), ("width", &w), ("height", &h)];
                out.element("rect", &attrs, |_| {});
            }
            Form::Mark(sign, at, half) => {
                let path = sign.path(*at, *half);
                out.element("path", &[class, ("d", &path)], |_| {});
            }
            Form::Words(words, (x, y), anchor) => {
                let (x, y) = (unit(*x), unit(*y));
                let anchor = match anchor {
                    Anchor::Start => "start",
                    Anchor::Middle => "middle",
                    Anchor::End => "end",
                };
                let attrs = [class, ("x", x.as_str()), ("y", &y), ("text-anchor", anchor)];
                out.element("text", &attrs, |m| m.text(words));
            }
        }
    }
}

impl Sign {
    fn path(self, (x, y): (f32, f32), half: f32) -> String {
        let p = |dx: f32, dy: f32| format!("{} {}", unit(x + dx * half), unit(y + dy * half));
        let closed = |points: &[(f32, f32)]| {
            let points: Vec<String> = points.iter().map(|(dx, dy)| p(*dx, *dy)).collect();
            format!("M{}Z", points.join("L"))
        };
        let round = || {
            let r = unit(half);
            format!("M{}A{r} {r} 0 1 0 {}A{r} {r} 0 1 0 {}Z", p(-1.0, 0.0), p(1.0, 0.0), p(-1.0, 0.0))
        };
        match self {
            Self::Disc | Self::Ring => round(),
            Self::Square => closed(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
            Self::Diamond => closed(&[(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)]),
            Self::Up => closed(&[(0.0, -1.0), (1.0, 0.8), (-1.0, 0.8)]),
            Self::Down => closed(&[(0.0, 1.0), (1.0, -0.8), (-1.0, -0.8)]),
            Self::Cross => format!("M{}L{}M{}L{}", p(-1.0, -1.0), p(1.0, 1.0), p(-1.0, 1.0), p(1.0, -1.0)),
        }
    }
}

/// A coordinate with two decimals at most.
pub(super) fn unit(x: f32) -> String {
    let text = format!("{x:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

//! HTML and SVG that is well formed and escaped because there is no other way to write it.
//! Knows: elements, attributes, text. Never: what is said with them.

/// The markup written so far.
#[derive(Debug, Default)]
pub struct Markup(String);

/// Names and values of an element's attributes.
pub type Attrs<'a> = [(&'static str, &'a str)];

impl Markup {
    /// An element with what `inner` writes inside.
    pub fn element(&mut self, tag: &'static str, attrs: &Attrs<'_>, inner: impl FnOnce(&mut Self)) {
        self.begin(tag, attrs);
        self.0.push('>');
        inner(self);
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
    }

    /// An element with nothing but `text` inside.
    pub fn leaf(&mut self, tag: &'static str, class: &str, text: &str) {
        let attrs = [("class", class)];
        self.element(tag, if class.is_empty() { &[] } else { &attrs }, |m| m.text(text));
    }

    /// A time as `words::utc` has it. Programs read it from the attribute: a page may show another zone's.
    pub(super) fn time(&mut self, utc: &str) {
        let known = |time: &&str| time.bytes().all(|b| b.is_ascii_digit() || b"-: ".contains(&b));
        // What is no time is words, which may be anything.
        let Some(time) = utc.strip_suffix(" UTC").filter(known) else { return self.leaf("bdi", "", utc) };
        let datetime = format!("{}Z", time.replace(' ', "T"));
        self.element("time", &[("datetime", &datetime)], |m| m.text(utc));
    }

    /// An HTML element that has no inside: `meta`, `br`.
    pub fn void(&mut self, tag: &'static str, attrs: &Attrs<'_>) {
        self.begin(tag, attrs);
        self.0.push('>');
    }

    /// Text, escaped.
    pub fn text(&mut self, text: &str) {
        escape(&mut self.0, text);
    }

    /// A line end between elements, for whoever reads the source.
    pub fn line_end(&mut self) {
        self.0.push('\n');
    }

    /// Text of the program's own that is not escaped, such as a style sheet.
    pub(super) fn constant(&mut self, text: &'static str) {
        self.0.push_str(text);
    }

    /// What has been written.
    pub fn finish(self) -> String {
        self.0
    }

    fn begin(&mut self, tag: &'static str, attrs: &Attrs<'_>) {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attrs {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            escape(&mut self.0, value);
            self.0.push('"');
        }
    }
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(super::clean::visible(other)),
        }
    }
}

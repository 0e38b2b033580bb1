//! Tables of words: the twins of charts.
//! Knows: cells. Never: what they mean.

use super::clean::one_line;
use super::markup::Markup;

/// A table with a name, heads and rows of as many cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// Its name.
    pub caption: String,
    /// Heads of the columns.
    pub heads: Vec<String>,
    /// Rows; the first cell of each is its head.
    pub rows: Vec<Vec<String>>,
    /// The column that holds times, if there is one; not the first.
    pub times: Option<usize>,
}

impl Table {
    pub(super) fn new(caption: &str, heads: &[&str]) -> Self {
        let heads = heads.iter().map(|head| (*head).to_owned()).collect();
        Self { caption: caption.to_owned(), heads, ..Self::default() }
    }

    /// As HTML; it may be wider than a phone, so it scrolls by itself.
    pub(super) fn html(&self, out: &mut Markup) {
        let around = [
            ("class", "pb-scroll"),
            ("tabindex", "0"),
            ("role", "region"),
            ("aria-label", self.caption.as_str()),
        ];
        out.element("div", &around, |m| {
            m.element("table", &[], |m| {
                m.leaf("caption", "", &self.caption);
                m.element("thead", &[], |m| {
                    m.element("tr", &[], |m| {
                        for head in &self.heads {
                            m.element("th", &[("scope", "col")], |m| m.text(head));
                        }
                    });
                });
                m.element("tbody", &[], |m| self.rows.iter().for_each(|row| self.html_row(row, m)));
            });
        });
    }

    fn html_row(&self, row: &[String], out: &mut Markup) {
        out.element("tr", &[], |m| {
            for (at, cell) in row.iter().enumerate() {
                match at {
                    0 => m.element("th", &[("scope", "row")], |m| m.leaf("bdi", "", cell)),
                    at if Some(at) == self.times => m.element("td", &[], |m| m.time(cell)),
                    _ => m.leaf("td", "", cell),
                }
            }
        });
    }

    /// The same, folded behind its name.
    pub(super) fn folded(&self, out: &mut Markup) {
        out.element("details", &[("class", "pb-twin")], |m| {
            m.leaf("summary", "", &format!("{}, as a table", self.caption));
            self.html(m);
        });
    }

    /// As a Markdown table.
    pub(super) fn markdown(&self, out: &mut String) {
        let row = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|c| super::markdown::escaped(&one_line(c))).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        out.push_str(&row(&self.heads));
        out.push_str(&format!("|{}\n", " --- |".repeat(self.heads.len())));
        self.rows.iter().for_each(|cells| out.push_str(&row(cells)));
    }
}

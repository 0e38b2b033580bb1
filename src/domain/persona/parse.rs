//! From the text of a persona file to a persona, or to everything that is wrong with it.
//! Knows: TOML, lines, the checks. Never: disk, state, prompts.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use crate::domain::problem::{Problem, nearest};

use super::draft::{Draft, blank};
use super::{Persona, body, check};

/// No persona file is larger, in bytes.
const LARGEST: usize = 65_536;
/// Above and below the front matter.
const FENCE: &str = "+++";

/// Reads a persona file: TOML between two lines `+++`, then Markdown. `base` finds the
/// persona that `extends` names.
///
/// # Errors
/// Everything that is wrong, in the order of the lines.
pub fn parse(
    file: &str,
    text: &str,
    base: &dyn Fn(&str) -> Option<Persona>,
) -> Result<Persona, Vec<Problem>> {
    if text.len() > LARGEST {
        return Err(vec![Problem::new(file, format!("larger than {LARGEST} bytes"))]);
    }
    let parts = split(text.trim_start_matches('\u{feff}')).ok_or_else(|| {
        let problem = Problem::new(file, "no front matter").at(1);
        vec![problem.hint("put TOML between two lines `+++` at the top")]
    })?;
    let (document, errors) = DeTable::parse_recoverable(parts.front);
    let mut reader = Reader { file, parts, document, problems: Vec::new(), dropped: Vec::new() };
    for error in errors {
        reader.toml_problem(&error);
    }
    if !reader.problems.is_empty() {
        return Err(reader.problems);
    }
    let Some(draft) = reader.draft() else { return Err(reader.problems) };
    let persona = reader.persona(draft, base);
    reader.body_problems();
    reader.problems.sort_by_key(|problem| problem.line.unwrap_or(usize::MAX));
    if reader.problems.is_empty() { Ok(persona) } else { Err(reader.problems) }
}

/// What is said where there is no client `id` to begin with.
pub fn no_base(id: &str) -> String {
    format!("no persona `{id}` to extend")
}

/// The two parts of a file.
#[derive(Clone, Copy)]
struct Parts<'a> {
    /// TOML; its first line is line 2 of the file.
    front: &'a str,
    /// Markdown.
    body: &'a str,
    /// The line of the file on which the body begins, from 1.
    body_line: usize,
}

fn split(text: &str) -> Option<Parts<'_>> {
    let (first, rest) = text.split_once('\n')?;
    if first.trim_end() != FENCE {
        return None;
    }
    let mut end = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == FENCE {
            let (front, body) = (&rest[..end], &rest[end + line.len()..]);
            return Some(Parts { front, body, body_line: body::line_of(rest, end) + 2 });
        }
        end += line.len();
    }
    None
}

struct Reader<'a> {
    file: &'a str,
    parts: Parts<'a>,
    document: Spanned<DeTable<'a>>,
    problems: Vec<Problem>,
    /// Top-level keys of which something could not be read: what is missing there is not news.
    dropped: Vec<String>,
}

impl<'a> Reader<'a> {
    /// The front matter, without the entries that cannot be read. Each round finds the first
    /// of them and takes it out, so that one fault does not hide the next. `None` where a
    /// fault belongs to no entry.
    fn draft(&mut self) -> Option<Draft> {
        let mut readable = self.document.clone();
        loop {
            let error = match Draft::deserialize(Deserializer::from(readable.clone())) {
                Ok(draft) => return Some(draft),
                Err(error) => error,
            };
            self.toml_problem(&error);
            let removed = remove(readable.get_mut(), &error.span()?)?;
            self.dropped.push(removed);
        }
    }

    /// The persona of a draft; what is wrong with it goes to the problems.
    fn persona(&mut self, draft: Draft, base: &dyn Fn(&str) -> Option<Persona>) -> Persona {
        self.id_problems(draft.id.as_deref());
        let found = draft.extends.as_deref().and_then(base);
        if let (Some(id), None) = (&draft.extends, &found) {
            self.problem("extends", no_base(id));
        }
        let stands_alone = draft.extends.is_none();
        if stands_alone {
            for key in draft.missing() {
                self.missing(key);
            }
        }
        let missing = if stands_alone { draft.missing() } else { Vec::new() };
        let is_known = found.is_some() || stands_alone;
        let mut persona = draft.onto(found.unwrap_or_else(blank));
        if !self.parts.body.trim().is_empty() {
            self.parts.body.trim().clone_into(&mut persona.body);
        }
        if is_known {
            // A value that was never given is missing, and not also out of range.
            let is_news = |key: &str| !missing.iter().any(|m| *m == key || m.starts_with(&format!("{key}.")));
            for (key, message) in check::faults(&persona).into_iter().filter(|(key, _)| is_news(key)) {
                self.problem(&key, message);
            }
        }
        persona
    }

    fn id_problems(&mut self, id: Option<&str>) {
        let name = self.file.rsplit(['/', '\\']).next().unwrap_or(self.file);
        let stem = name.strip_suffix(".md").unwrap_or(name);
        match id {
            None => self.missing("id"),
            Some(id) if !check::is_slug(id) => {
                self.problem("id", "`id` may have only a-z, 0-9 and -, at most 40 of them");
            }
            Some(id) if id != stem => {
                self.problem("id", format!("`id` is `{id}`, but the file is called `{stem}`"))
            }
            Some(_) => {}
        }
    }

    fn body_problems(&mut self) {
        let (text, first) = (self.parts.body, self.parts.body_line);
        for heading in body::headings(text).filter(|heading| !body::SECTIONS.contains(&heading.title)) {
            let mut problem = Problem::new(self.file, format!("unknown section `## {}`", heading.title))
                .at(first - 1 + body::line_of(text, heading.start));
            problem.hint =
                nearest(heading.title, body::SECTIONS).map(|known| did_you_mean(&format!("## {known}")));
            self.problems.push(problem);
        }
        for (line, message) in body::examples(text).err().unwrap_or_default() {
            self.problems.push(Problem::new(self.file, message).at(first - 1 + line));
        }
    }

    fn missing(&mut self, key: &str) {
        let (table, name) = (key.split('.').next(), key.rsplit('.').next().unwrap_or(key));
        let is_unreadable = self.dropped.iter().any(|dropped| Some(dropped.as_str()) == table);
        let is_misspelt = self.problems.iter().any(|problem| problem.hint == Some(did_you_mean(name)));
        if !is_unreadable && !is_misspelt {
            self.problem(key, format!("`{key}` is missing"));
        }
    }

    /// A fault at the line of `key`, or of the table around it; without a line where the
    /// file does not have it at all.
    fn problem(&mut self, key: &str, message: impl Into<String>) {
        let mut problem = Problem::new(self.file, message);
        problem.line = if key == "body" { Some(self.parts.body_line) } else { self.line_of_key(key) };
        self.problems.push(problem);
    }

    fn toml_problem(&mut self, error: &toml::de::Error) {
        self.problems.push(Problem::from_toml(self.file, self.parts.front, 2, error));
    }

    fn line_of_key(&self, key: &str) -> Option<usize> {
        line_of_key(self.document.get_ref(), self.parts.front, key)
    }
}

/// Where the keys of a file stand that can be read.
pub(super) struct Places<'a> {
    document: Spanned<DeTable<'a>>,
    parts: Parts<'a>,
}

impl<'a> Places<'a> {
    /// The places of `text`, the whole file; `None` where it has no front matter.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let parts = split(text.trim_start_matches('\u{feff}'))?;
        Some(Self { document: DeTable::parse_recoverable(parts.front).0, parts })
    }

    /// The line of `key`, or of the table around it. `body.N` is line N of the trimmed body.
    pub(super) fn line(&self, key: &str) -> Option<usize> {
        let Some(in_body) = key.strip_prefix("body") else {
            return line_of_key(self.document.get_ref(), self.parts.front, key);
        };
        let body = self.parts.body;
        let blank = body::line_of(body, body.len() - body.trim_start().len()) - 1;
        let line = in_body.strip_prefix('.').and_then(|n| n.parse().ok()).unwrap_or(1);
        (!body.trim().is_empty()).then_some(self.parts.body_line + blank + line - 1)
    }

    /// The client that the file extends.
    pub(super) fn extended(&self) -> Option<&str> {
        self.document.get_ref().get("extends")?.get_ref().as_str()
    }

    /// Whether the file says itself whose text it goes on from.
    pub(super) fn extends(&self) -> bool {
        self.document.get_ref().contains_key("extends")
    }
}

fn line_of_key(document: &DeTable<'_>, front: &str, key: &str) -> Option<usize> {
    let mut parts = key.split('.');
    let (name, value) = document.get_key_value(parts.next()?)?;
    let mut at = name.span().start;
    let mut value = value;
    for part in parts {
        let next = match value.get_ref() {
            DeValue::Table(table) => {
                table.get_key_value(part).map(|(name, value)| (name.span().start, value))
            }
            DeValue::Array(list) => {
                part.parse().ok().and_then(|i: usize| list.get(i)).map(|value| (value.span().start, value))
            }
            _ => None,
        };
        let Some(found) = next else { break };
        (at, value) = found;
    }
    Some(1 + body::line_of(front, at))
}

fn did_you_mean(known: &str) -> String {
    format!("did you mean `{known}`?")
}

/// Takes the smallest entry that contains `span` out of `table`; an entry of a list goes
/// whole. Returns the top-level key, or `None` where no entry contains it.
fn remove(table: &mut DeTable<'_>, span: &Range<usize>) -> Option<String> {
    let key = table
        .iter()
        .find(|(key, value)| holds(&key.span(), span) || contains(value, span))
        .map(|(key, _)| key.clone())?;
    let name = key.get_ref().to_string();
    let is_gone = match table.get_mut(&key).map(Spanned::get_mut) {
        Some(DeValue::Table(inner)) => remove(inner, span).is_some(),
        Some(DeValue::Array(list)) => {
            let before = list.len();
            *list = list.iter().filter(|value| !contains(value, span)).cloned().collect();
            list.len() < before
        }
        _ => false,
    };
    if !is_gone {
        table.remove(&key);
    }
    Some(name)
}

/// Whether `span` lies in a value or, as headers stand apart from their tables, in its parts.
fn contains(value: &Spanned<DeValue<'_>>, span: &Range<usize>) -> bool {
    let is_inside = match value.get_ref() {
        DeValue::Table(table) => {
            table.iter().any(|(key, value)| holds(&key.span(), span) || contains(value, span))
        }
        DeValue::Array(list) => list.iter().any(|value| contains(value, span)),
        _ => false,
    };
    is_inside || holds(&value.span(), span)
}

fn holds(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

//! Models that suit practice: which there are, what each needs, which one fits a computer.
//! Knows: the catalog's text. Never: disk, network, engines.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::problem::{Problem, nearest};

const GIB: u64 = 1 << 30;

/// All models that are known by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalog {
    entries: Vec<Entry>,
    rules: Vec<Rule>,
}

/// A model that is known by name.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name on the command line.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Its repository on the hub, `ORG/REPO`.
    pub repo: String,
    /// Its file in the repository.
    pub file: String,
    /// `main` for the newest file, or a commit.
    pub revision: String,
    /// How its weights are rounded, as hubs name it.
    pub quant: String,
    /// Size of the file, where it could be found out.
    pub size_bytes: Option<u64>,
    /// Under which terms it may be used.
    pub licence: String,
    /// Family, as GGUF files name it.
    pub architecture: String,
    /// Memory that the computer should have in all.
    pub ram_gib: u32,
    /// Longest conversation, in tokens.
    pub context_tok: u32,
    /// How it is told what to do.
    pub profile: Profile,
    /// How its makers would have words drawn; the program's own way where they say nothing.
    pub sampling: Option<Sampling>,
    /// One honest sentence.
    pub about: String,
    /// Whether repository and file were found in public documentation.
    pub checked: bool,
}

/// How a model is told what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// In words: a description, and a note for each turn.
    Full,
    /// In tags, for models trained on them.
    Compact,
}

/// How words are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    /// 0 takes the likeliest token.
    pub temperature: f32,
    /// Keep this many of the likeliest tokens; 0 keeps all.
    pub top_k: usize,
    /// Keep the likeliest tokens that together have this probability.
    pub top_p: f32,
    /// Keep tokens at least this likely, as a share of the likeliest one.
    pub min_p: f32,
}

/// What a computer offers to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// Memory in all.
    pub ram_bytes: u64,
    /// Where a model would run.
    pub device: Device,
}

/// Where a model would run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    /// The processor.
    Cpu,
    /// A graphics card.
    Gpu,
}

/// From so much memory on, this model is named.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    device: Device,
    ram_gib: u32,
    model: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    model: Vec<Entry>,
    recommend: Vec<Rule>,
}

impl Machine {
    /// Memory in all, as it is sold: the system keeps a little of it from us.
    pub fn ram_gib(self) -> u64 {
        self.ram_bytes.div_ceil(GIB)
    }
}

impl Catalog {
    /// Reads a catalog.
    ///
    /// # Errors
    /// An unknown key, a value that makes no sense, or a rule that names no model.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let Text { model, recommend } =
            toml::from_str(text).map_err(|e| vec![Problem::from_toml(file, text, 1, &e)])?;
        let catalog = Self { entries: model, rules: recommend };
        let problems = catalog.check(file, text);
        if problems.is_empty() { Ok(catalog) } else { Err(problems) }
    }

    /// All models.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The model of that name.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The entry of a file on the hub.
    pub fn of_file(&self, repo: &str, file: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.repo == repo && entry.file == file)
    }

    /// The name most like `name`.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.entries.iter().map(|entry| entry.name.as_str()))
    }

    /// The model to name to somebody who has none; none where even the smallest is too large.
    pub fn recommended(&self, machine: Machine) -> Option<&Entry> {
        let fits =
            |rule: &&Rule| rule.device == machine.device && u64::from(rule.ram_gib) <= machine.ram_gib();
        let rule = self.rules.iter().filter(fits).max_by_key(|rule| rule.ram_gib)?;
        self.get(&rule.model)
    }

    fn check(&self, file: &str, text: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut names = BTreeSet::new();
        for entry in &self.entries {
            let at = |problem: Problem| problem.at(line_of(text, "name", &entry.name));
            if !names.insert(&entry.name) {
                problems.push(at(Problem::new(file, format!("`{}` is there twice", entry.name))));
            }
            let faults = entry.faults();
            problems.extend(faults.into_iter().map(|fault| at(Problem::new(file, fault))));
        }
        for rule in &self.rules {
            match self.get(&rule.model) {
                None => {
                    let problem = Problem::new(file, format!("no model is named `{}`", rule.model));
                    let near = self.nearest(&rule.model).map(|name| format!("did you mean `{name}`?"));
                    problems.push(Problem { hint: near, ..problem.at(line_of(text, "model", &rule.model)) });
                }
                Some(entry) if entry.ram_gib > rule.ram_gib => {
                    let what = format!("`{}` needs more than {} GiB", rule.model, rule.ram_gib);
                    problems.push(Problem::new(file, what).at(line_of(text, "model", &rule.model)));
                }
                Some(_) => {}
            }
        }
        problems
    }
}

impl Entry {
    /// Whether a computer has memory for it.
    pub fn fits(&self, machine: Machine) -> bool {
        u64::from(self.ram_gib) <= machine.ram_gib()
    }

    /// The size for people, in the units of download pages.
    pub fn size(&self) -> String {
        match self.size_bytes {
            Some(bytes) if bytes >= 1_000_000_000 => format!("{:.1} GB", bytes as f64 / 1e9),
            Some(bytes) => format!("{:.0} MB", bytes as f64 / 1e6),
            None => "size unknown".to_owned(),
        }
    }

    fn faults(&self) -> Vec<String> {
        let name = &self.name;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
        let mut faults = Vec::new();
        let mut claim = |holds: bool, fault: String| {
            if !holds {
                faults.push(fault);
            }
        };
        claim(
            !name.is_empty() && name.chars().all(plain) && name != "pocket",
            format!("`{name}` can't be a name: a-z, 0-9, `-` and `.` can stand in one"),
        );
        let parts: Vec<&str> = self.repo.split('/').collect();
        claim(
            parts.len() == 2 && parts.iter().all(|part| !part.is_empty()),
            format!("`{}` is no repository: ORG/REPO is expected", self.repo),
        );
        claim(self.file.ends_with(".gguf"), format!("`{}` is no GGUF file", self.file));
        claim(!self.revision.is_empty(), format!("`{name}` has no revision: `main` or a commit is expected"));
        claim(self.ram_gib > 0 && self.context_tok > 0, format!("`{name}` needs memory and a context"));
        claim(self.sampling.is_none_or(Sampling::is_sensible), format!("`{name}` has an odd sampling"));
        faults
    }
}

impl Sampling {
    fn is_sensible(self) -> bool {
        (0.0..=2.0).contains(&self.temperature)
            && self.top_p > 0.0
            && self.top_p <= 1.0
            && (0.0..1.0).contains(&self.min_p)
    }
}

/// The last line that gives `key` this value; the first of all where none does.
fn line_of(text: &str, key: &str, value: &str) -> usize {
    let quoted = format!("\"{value}\"");
    let gives = |line: &str| line.trim_start().starts_with(key) && line.contains(&quoted);
    let lines = text.lines().zip(1..).filter(|(line, _)| gives(line));
    lines.last().map_or(1, |(_, number)| number)
}

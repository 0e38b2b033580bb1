//! Moments to drill, and when one has been drilled enough.
//! Knows: the file that lists them, verdicts. Never: disk, the client's answers, how it is shown.

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::domain::action::Action;
use crate::domain::judge::{Band, Verdict};
use crate::domain::persona::Start;
use crate::domain::problem::Problem;

/// So many replies in a row must roll.
pub const ENOUGH: usize = 3;
/// How much feedback there is, from most to least.
pub const LEVELS: std::ops::RangeInclusive<u8> = 1..=3;
/// From this level on nothing is told until the end, and the moment varies.
pub const BLIND: u8 = 3;

const LONGEST_LINE: usize = 1_000;

/// A moment as the file has it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    /// What the command line calls it.
    pub name: String,
    /// One line for the list.
    pub title: String,
    /// The client's id.
    pub persona: String,
    /// See [`LEVELS`].
    pub level: u8,
    /// What the client does with their last line.
    pub does: Action,
    /// Where the client stands.
    pub state: Start,
    /// `C: …` and `T: …` in turn; the client begins and ends.
    exchange: Vec<String>,
    /// Its line in the file, from 1.
    #[serde(skip)]
    pub line: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    drill: Vec<Spanned<Drill>>,
}

impl Drill {
    /// Reads the list.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse_all(file: &str, text: &str) -> Result<Vec<Self>, Vec<Problem>> {
        let read: File = toml::from_str(text).map_err(|e| vec![Problem::from_toml(file, text, 1, &e)])?;
        let mut drills: Vec<Self> = Vec::new();
        let mut problems = Vec::new();
        for spanned in read.drill {
            let line = 1 + text[..spanned.span().start].matches('\n').count();
            let drill = Self { line, ..spanned.into_inner() };
            let twice = drills.iter().any(|d| d.name == drill.name).then(|| "is there twice".to_owned());
            for fault in drill.faults().into_iter().chain(twice) {
                problems.push(Problem::new(file, format!("drill `{}`: {fault}", drill.name)).at(line));
            }
            drills.push(drill);
        }
        if problems.is_empty() { Ok(drills) } else { Err(problems) }
    }

    /// What the client said, opening first, each with what the trainee had said before it.
    pub fn exchanges(&self) -> Vec<(Option<&str>, &str)> {
        let mut exchanges = Vec::new();
        let mut said = None;
        for line in &self.exchange {
            match spoken(line) {
                Some(('T', words)) => said = Some(words),
                Some((_, words)) => exchanges.push((said.take(), words)),
                None => {}
            }
        }
        exchanges
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || !self.name.chars().all(plain) || self.name == "list" {
            faults.push("`name` takes small letters, digits and hyphens, and is not `list`".to_owned());
        }
        if !LEVELS.contains(&self.level) {
            faults.push(format!("`level` must be {} to {}", LEVELS.start(), LEVELS.end()));
        }
        let Start { discord, trust, readiness } = self.state;
        if [discord, trust, readiness].iter().any(|level| !(0.0..=1.0).contains(level)) {
            faults.push("levels of `state` must be 0 to 1".to_owned());
        }
        let in_turn = self.exchange.iter().enumerate().all(|(i, line)| {
            let wanted = if i % 2 == 0 { 'C' } else { 'T' };
            spoken(line).is_some_and(|(who, words)| who == wanted && words.len() <= LONGEST_LINE)
        });
        if !in_turn || self.exchange.len().is_multiple_of(2) {
            faults.push(format!(
                "`exchange` must be lines `C: …` and `T: …` in turn, up to {LONGEST_LINE} bytes each; \
                 the client begins and ends"
            ));
        }
        faults
    }
}

/// Who speaks in a line of an exchange, and the words; none where it isn't one.
fn spoken(line: &str) -> Option<(char, &str)> {
    let (who, words) = line.split_once(':')?;
    let words = words.trim();
    let who = ["C", "T"].into_iter().find(|known| *known == who.trim())?.chars().next()?;
    (!words.is_empty()).then_some((who, words))
}

/// What an attempt counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// It rolls: one more in a row.
    Rolled,
    /// It doesn't, or something in it argues: the row begins anew.
    Broken,
    /// The same words as in an earlier attempt: nothing.
    Repeated,
}

/// How a drill stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Attempts so far.
    pub attempts: usize,
    /// Those that rolled.
    pub rolled: usize,
    /// Those in which something argued.
    pub argued: usize,
    /// In a row, up to now.
    pub row: usize,
    /// The longest row.
    pub longest: usize,
}

impl Tally {
    /// Counts an attempt with this verdict; `earlier` are the words of those before it.
    pub fn add<'a>(
        &mut self,
        (text, verdict): (&str, &Verdict),
        earlier: impl IntoIterator<Item = &'a str>,
    ) -> Counts {
        self.attempts += 1;
        let argues = verdict.band == Band::Arguing || verdict.codes.iter().any(|c| c.is_non_adherent());
        self.argued += usize::from(argues);
        if argues || verdict.band != Band::Rolling {
            self.row = 0;
            return Counts::Broken;
        }
        let words = bare(text);
        if earlier.into_iter().any(|before| bare(before) == words) {
            return Counts::Repeated;
        }
        self.rolled += 1;
        self.row += 1;
        self.longest = self.longest.max(self.row);
        Counts::Rolled
    }

    /// Whether enough rolled in a row.
    pub fn is_passed(&self) -> bool {
        self.row >= ENOUGH
    }
}

/// A text's letters and digits, in lower case.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

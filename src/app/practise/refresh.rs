//! Prompt files that are edited while a session goes on: read again between turns.

use std::collections::BTreeSet;

use super::{Cast, Practice};
use crate::app::AppError;
use crate::app::library::{Library, Stamps};
use crate::app::voice::Voice;
use crate::domain::problem::Problem;

/// The files behind a session, as they were last read.
pub(super) struct Watch {
    prompts: Library,
    stamps: Stamps,
    pending: BTreeSet<String>, // files that have changed and are not in force, since a fault forbids it
}

impl Watch {
    pub(super) fn new(library: Library) -> Self {
        let stamps = library.stamps().clone();
        Self { prompts: library, stamps, pending: BTreeSet::new() }
    }
}

/// What came of reading again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Files that have changed and are now in force, by their path below `prompts/`.
    pub files: Vec<String>,
    /// What is wrong; the judge, coach, notes or lines that it is part of stay as they were.
    pub problems: Vec<Problem>,
    /// Whether the client's own file has changed: a session keeps the client that it began with.
    pub persona: bool,
}

impl Refreshed {
    /// Whether nothing has changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Practice {
    /// Reads the prompt files again if one has been written since they were last looked at.
    pub fn refresh(&mut self) -> Refreshed {
        match &self.watch {
            Some(watch) if watch.prompts.stamps_now() != watch.stamps => self.reload(),
            _ => Refreshed::default(),
        }
    }

    /// Reads the prompt files again. What is faulty is named, and stays as it was.
    pub fn reload(&mut self) -> Refreshed {
        let mut refreshed = Refreshed::default();
        let Some(watch) = &mut self.watch else { return refreshed };
        watch.stamps = watch.prompts.stamps_now();
        let fresh = match watch.prompts.again() {
            Ok(fresh) => fresh,
            Err(error) => {
                refreshed.problems = problems(error);
                return refreshed;
            }
        };
        // A file that can't be read any more must not let the built-in one show through.
        let known = watch.prompts.unread();
        refreshed.problems = fresh.unread().iter().filter(|p| !known.contains(p)).cloned().collect();
        if !refreshed.problems.is_empty() {
            return refreshed;
        }
        let changed = watch.prompts.changed(&fresh);
        refreshed.persona = changed.contains(&format!("personas/{}.md", self.setting.persona.id));
        watch.pending.extend(changed);
        watch.prompts = fresh;
        for part in Part::ALL {
            part.renew(watch, &mut self.cast, &mut refreshed);
        }
        refreshed
    }
}

/// What is made from prompt files and can change while a session goes on.
#[derive(Clone, Copy)]
enum Part {
    Judge,
    Coach,
    Notes,
    Lines,
}

impl Part {
    const ALL: [Part; 4] = [Part::Judge, Part::Coach, Part::Notes, Part::Lines];

    /// Whether it is made from `file`.
    fn holds(self, file: &str) -> bool {
        match self {
            Part::Judge => file.starts_with("lexicon/") && !file.ends_with(".md"),
            Part::Coach => file == "coach.toml",
            Part::Notes => file == "notes.toml",
            Part::Lines => file.starts_with("lines/") && !file.ends_with(".md"),
        }
    }

    /// Makes it anew where its files have changed and have no fault.
    fn renew(self, watch: &mut Watch, cast: &mut Cast, refreshed: &mut Refreshed) {
        let files: Vec<String> = watch.pending.iter().filter(|f| self.holds(f)).cloned().collect();
        if files.is_empty() {
            return;
        }
        match self.put(&watch.prompts, cast) {
            Ok(InUse::Yes) => refreshed.files.extend(files.iter().cloned()),
            Ok(InUse::No) => {}
            Err(error) => {
                refreshed.problems.extend(problems(error));
                return;
            }
        }
        watch.pending.retain(|file| !files.contains(file));
    }

    fn put(self, library: &Library, cast: &mut Cast) -> Result<InUse, AppError> {
        match (self, &mut cast.voice) {
            (Part::Judge, _) => cast.judge = library.judge()?,
            (Part::Coach, _) => cast.coach = library.coach()?,
            (Part::Notes, Voice::Free { notes, .. }) => **notes = library.notes()?,
            (Part::Lines, Voice::Pocket { banks, .. }) => match library.banks() {
                (fresh, faults) if faults.is_empty() => **banks = fresh,
                (_, faults) => return Err(AppError::Files(faults)),
            },
            (Part::Notes, Voice::Pocket { .. }) | (Part::Lines, Voice::Free { .. }) => return Ok(InUse::No),
        }
        Ok(InUse::Yes)
    }
}

/// Whether a session uses a part: the bundled client is told no notes, a free model has no lines.
enum InUse {
    Yes,
    No,
}

fn problems(error: AppError) -> Vec<Problem> {
    match error {
        AppError::Files(problems) => problems,
        AppError::Folder { path, source } => {
            vec![Problem::new(&path.display().to_string(), format!("can't be read: {source}"))]
        }
        other => vec![Problem::new("prompts", other.to_string())],
    }
}

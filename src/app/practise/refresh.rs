//! Prompt files that are edited while a session goes on: read again between turns.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Cast, Practice};
use crate::app::AppError;
use crate::app::library::{Library, Stamps};
use crate::app::voice::Voice;
use crate::domain::problem::Problem;

/// The files behind one session or many, as they were last read.
pub struct Watch {
    prompts: Library,
    stamps: Stamps,
    pending: BTreeSet<String>, // files that have changed and are not in force, since a fault forbids it
}

impl Watch {
    /// Nothing has changed since `library` was read.
    pub fn new(library: Library) -> Self {
        let stamps = library.stamps().clone();
        Self { prompts: library, stamps, pending: BTreeSet::new() }
    }

    /// The files as they were last read.
    pub fn library(&self) -> &Library {
        &self.prompts
    }

    /// Reads the files again if one has been written since they were last looked at, and puts what
    /// has changed into `cast`. `persona` is the client who is asked about.
    pub fn refresh(&mut self, cast: &mut Cast, persona: &str) -> Refreshed {
        let changed = self.prompts.stamps_now() != self.stamps;
        if changed { self.reload(cast, persona) } else { Refreshed::default() }
    }

    /// Reads the files again. What is faulty is named, and stays as it was.
    pub fn reload(&mut self, cast: &mut Cast, persona: &str) -> Refreshed {
        let mut refreshed = Refreshed::default();
        self.stamps = self.prompts.stamps_now();
        let fresh = match self.prompts.again() {
            Ok(fresh) => fresh,
            Err(error) => {
                refreshed.problems = problems(error);
                return refreshed;
            }
        };
        // A file that can't be read any more must not let the built-in one show through.
        let known = self.prompts.unread();
        refreshed.problems = fresh.unread().iter().filter(|p| !known.contains(p)).cloned().collect();
        if !refreshed.problems.is_empty() {
            return refreshed;
        }
        let changed = self.prompts.changed(&fresh);
        refreshed.persona = changed.contains(&format!("personas/{persona}.md"));
        self.pending.extend(changed);
        self.prompts = fresh;
        for part in Part::ALL {
            part.renew(self, cast, &mut refreshed);
        }
        refreshed
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
        let Self { watch, cast, setting, .. } = self;
        watch.as_mut().map_or_else(Refreshed::default, |watch| watch.refresh(cast, &setting.persona.id))
    }

    /// Reads the prompt files again. What is faulty is named, and stays as it was.
    pub fn reload(&mut self) -> Refreshed {
        let Self { watch, cast, setting, .. } = self;
        watch.as_mut().map_or_else(Refreshed::default, |watch| watch.reload(cast, &setting.persona.id))
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
            (Part::Judge, _) => cast.judge = Arc::new(library.judge()?),
            (Part::Coach, _) => cast.coach = Arc::new(library.coach()?),
            (Part::Notes, Voice::Free { notes, .. }) => *notes = Arc::new(library.notes()?),
            (Part::Lines, Voice::Pocket { banks, .. }) => match library.banks() {
                (fresh, faults) if faults.is_empty() => *banks = Arc::new(fresh),
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

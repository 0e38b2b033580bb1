//! The trainer's desk: prompt files as they are, as they would be, and what would be sent by them.
//! Knows: the library, folders. Never: how a file is edited or shown.

use std::path::{Path, PathBuf};

use crate::app::AppError;
use crate::app::author::failed;
use crate::app::library::Library;
use crate::app::practise::{Moment, SILENCE};
use crate::app::prompt::{self, Model, Prompt};
use crate::app::sent;
use crate::chat::Role;
use crate::domain::persona::lint;
use crate::domain::problem::Problem;
use crate::domain::prompt::note_part;
use crate::domain::script;
use crate::files::prompts::{Prompts, can_stand_at};
use crate::files::write;

/// A prompt file in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Where it stands below a prompts folder.
    pub path: String,
    /// Whether it is the trainer's own, or has been changed by them.
    pub own: bool,
    /// Whether the program brings one of that path.
    pub built_in: bool,
}

/// What is wrong with a file, and what may not be meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What can't be used as it is.
    pub errors: Vec<Problem>,
    /// What works, and may not be meant.
    pub warnings: Vec<Problem>,
}

impl Findings {
    /// Nothing, where nothing is in the way of using the file.
    ///
    /// # Errors
    /// Its errors.
    pub fn into_result(self) -> Result<(), AppError> {
        if self.errors.is_empty() { Ok(()) } else { Err(AppError::Files(self.errors)) }
    }
}

/// A prompt in parts, as a model that writes freely is sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// `system`, `user` or `assistant`.
    pub role: Role,
    /// The words.
    pub text: String,
    /// Whether it is the private note, which is in no later prompt.
    pub note: bool,
}

/// All files in force, in the order of their paths.
pub fn list(library: &Library) -> Vec<Listed> {
    let built_in = Prompts::built_in();
    let listed = |path: &str| {
        let brought = built_in.get(path).map(|(_, text)| text);
        Listed { path: path.to_owned(), own: brought != library.text(path), built_in: brought.is_some() }
    };
    library.paths().map(listed).collect()
}

/// The text of a file in force, and of the one that the program brings.
///
/// # Errors
/// Where there is neither.
pub fn read(library: &Library, path: &str) -> Result<(String, Option<String>), AppError> {
    let brought = Prompts::built_in().get(path).map(|(_, text)| text.to_owned());
    let text = library.text(path).map(str::to_owned).or(brought.clone());
    Ok((text.ok_or_else(|| AppError::NoFile { path: path.to_owned() })?, brought))
}

/// What is wrong with `text` as the file at `path`; nothing is written.
///
/// # Errors
/// Where no file can stand there.
pub fn check(library: &Library, path: &str, text: &str) -> Result<Findings, AppError> {
    place(path)?;
    let library = library.with(path, text);
    let mut found = Findings::default();
    let failed = match path.split_once('/') {
        Some(("personas", name)) if path.ends_with(".md") => {
            return Ok(check_persona(&library, (path, text), name.trim_end_matches(".md")));
        }
        Some(("lexicon", _)) => library.judge().err(),
        Some(("scripts", _)) => script::parse(path, text).err().map(AppError::Files),
        Some(("lines", _)) => {
            found.errors = library.banks().1;
            None
        }
        _ => match path {
            "notes.toml" => library.notes().err(),
            "coach.toml" => library.coach().err(),
            "drills.toml" => library.drills().err(),
            _ => None,
        },
    };
    match failed {
        Some(AppError::Files(problems)) => found.errors.extend(problems),
        Some(other) => return Err(other),
        None => {}
    }
    Ok(found)
}

fn check_persona(library: &Library, (path, text): (&str, &str), id: &str) -> Findings {
    match library.persona(id) {
        Ok(persona) => {
            let topics = library.banks().0.stats().per_topic.into_keys().collect();
            Findings { errors: Vec::new(), warnings: lint::lint(path, text, &persona, &topics) }
        }
        Err(AppError::Files(errors)) => Findings { errors, warnings: Vec::new() },
        Err(other) => Findings { errors: vec![Problem::new(path, other.to_string())], warnings: Vec::new() },
    }
}

/// Writes a file into the trainer's own folder; what the program brings stays as it is.
///
/// # Errors
/// Where no file can stand there, it has problems, or it can't be written.
pub fn save(library: &Library, path: &str, text: &str) -> Result<PathBuf, AppError> {
    check(library, path, text)?.into_result()?;
    let folder = library.own_folder().ok_or_else(|| AppError::NoPlace { path: path.to_owned() })?;
    let file = path.split('/').fold(folder.to_owned(), |file, part| file.join(part));
    leads_nowhere_else(folder, &file).map_err(|()| AppError::NoPlace { path: path.to_owned() })?;
    write::over(&file, text.as_bytes()).map_err(|error| failed(&file, error))?;
    Ok(file)
}

/// Refuses a file that a link in its folder would put somewhere else.
fn leads_nowhere_else(folder: &Path, file: &Path) -> Result<(), ()> {
    let Ok(real) = folder.canonicalize() else { return Ok(()) }; // not there yet, and no links in it
    let there = file.ancestors().skip(1).find_map(|above| above.canonicalize().ok()).ok_or(())?;
    let is_link = file.symlink_metadata().is_ok_and(|metadata| metadata.file_type().is_symlink());
    if there.starts_with(&real) && !is_link { Ok(()) } else { Err(()) }
}

fn place(path: &str) -> Result<(), AppError> {
    if can_stand_at(path) { Ok(()) } else { Err(AppError::NoPlace { path: path.to_owned() }) }
}

/// What a model that writes freely is sent when the trainee says `say` to the opening of `persona`.
///
/// # Errors
/// Where a file has problems.
pub fn preview(library: &Library, persona: &str, seed: u64, say: &str) -> Result<Vec<Part>, AppError> {
    let (persona, judge, notes) = (library.persona(persona)?, library.judge()?, library.notes()?);
    let say = if say.trim().is_empty() { SILENCE } else { say.trim() };
    let path = sent::first_turn(&persona, seed, &judge, say);
    let moment = Moment::of(&persona, seed, &path);
    // Nothing is counted: of a first turn nothing has to be left out.
    let model = Model { context_tok: usize::MAX, count: &|_| Ok(0) };
    let Prompt { messages, note, .. } = prompt::free(model, &notes, &moment.scene(&persona, &path))?;
    let mut parts: Vec<Part> =
        messages.into_iter().map(|m| Part { role: m.role, text: m.text, note: false }).collect();
    if let (Some(last), Some(note)) = (parts.last_mut(), note) {
        let note = note_part(&note);
        if last.text.ends_with(&note) {
            last.text.truncate(last.text.len() - note.len());
            let (role, text) = (last.role, note.trim_start().to_owned());
            parts.push(Part { role, text, note: true });
        }
    }
    Ok(parts)
}

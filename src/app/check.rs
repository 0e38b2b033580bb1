//! Everything that is wrong with prompt files, and everything that a trainer should look at.
//! Knows: the library. Never: printing, exit codes.

use serde::Serialize;

use crate::app::AppError;
use crate::app::library::Library;
use crate::domain::persona::{Persona, lint};
use crate::domain::problem::Problem;

/// What a check found.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// Clients that can be read.
    pub clients: usize,
    /// The pocket client's distinct lines.
    pub lines: usize,
    /// What can't be used as it is.
    #[serde(rename = "problems")]
    pub errors: Vec<Problem>,
    /// What works, and may not be meant.
    pub warnings: Vec<Problem>,
}

/// Reads everything: personas, lines, notes, lexicon, coach.
///
/// # Errors
/// Where something else than a file fails.
pub fn everything(library: &Library) -> Result<Checked, AppError> {
    let (personas, mut errors) = library.personas();
    let (banks, in_lines) = library.banks();
    errors.extend(in_lines);
    errors.extend(banks.lint(&personas.iter().collect::<Vec<_>>()));
    let read = [library.notes().err(), library.coach().err(), library.judge().err(), library.drills().err()];
    for failed in read.into_iter().flatten() {
        match failed {
            AppError::Files(found) => errors.extend(found),
            other => return Err(other),
        }
    }
    errors.extend_from_slice(library.unread());
    let stats = banks.stats();
    let topics = stats.per_topic.into_keys().collect();
    let oddities = |persona: &Persona| match library.persona_file(&persona.id) {
        Some((file, text)) => lint::lint(file, text, persona, &topics),
        None => Vec::new(),
    };
    let mut warnings: Vec<Problem> = personas.iter().flat_map(oddities).collect();
    warnings.extend(doubles(library, &personas));
    Ok(Checked { clients: personas.len(), lines: stats.replies, errors, warnings })
}

/// What is odd about one client, and whether another is nearly the same.
///
/// # Errors
/// Where there is no such client, or its file has problems.
pub fn one(library: &Library, id: &str) -> Result<Vec<Problem>, AppError> {
    let persona = library.persona(id)?;
    let topics = library.banks().0.stats().per_topic.into_keys().collect();
    let Some((file, text)) = library.persona_file(id) else { return Ok(Vec::new()) };
    let mut warnings = lint::lint(file, text, &persona, &topics);
    let file = file.to_owned();
    let doubles = doubles(library, &library.personas().0);
    warnings.extend(doubles.into_iter().filter(|problem| problem.file == file));
    Ok(warnings)
}

/// Clients whose texts are nearly those of another. One that extends another is meant to be.
fn doubles(library: &Library, personas: &[Persona]) -> Vec<Problem> {
    let file = |at: usize| personas.get(at).and_then(|persona| library.persona_file(&persona.id));
    let extends = |at: usize| file(at).is_some_and(|(_, text)| lint::extends(text));
    let pairs = lint::alike(personas).into_iter().filter(|(i, j, _)| !extends(*i) && !extends(*j));
    let is_own = |at: usize| library.folder_of(&personas[at].id).is_some();
    pairs
        .filter_map(|(i, j, share)| {
            // The built-in one was there first.
            let (i, j) = if is_own(i) && !is_own(j) { (j, i) } else { (i, j) };
            let message = format!(
                "nearly the same text as `{}`: {:.0} of 100 runs of words",
                personas[i].id,
                share * 100.0
            );
            let hint = format!("begin with `extends = \"{}\"` if that is meant", personas[i].id);
            Some(Problem::new(file(j)?.0, message).hint(hint))
        })
        .collect()
}

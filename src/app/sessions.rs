//! What a stored session comes to, also against those before it.

use crate::app::AppError;
use crate::domain::session::{Path, SessionId};
use crate::domain::summary::{self, COMPARED, ENOUGH_REPLIES, Summary};
use crate::store::Store;

/// The figures of session `id`, whose turns are `path`, with their drift against the last five
/// sessions before it that are long enough to compare; exams that go on are not told of.
///
/// # Errors
/// Where an earlier session can't be read.
pub fn summary(store: &Store, id: SessionId, path: &Path) -> Result<Summary, AppError> {
    let mut summary = summary::summarise(path);
    let long = |turns: u32| turns as usize >= ENOUGH_REPLIES;
    let mut before: Vec<Summary> = Vec::new();
    for listed in store.list()?.into_iter().filter(|l| l.id < id && long(l.turns)) {
        if before.len() == COMPARED {
            break;
        }
        if store.exam(listed.id)?.is_none_or(|exam| exam.ended) {
            before.push(summary::summarise(&store.load(listed.id)?.1));
        }
    }
    summary.drift = summary::drift(&summary, &before);
    Ok(summary)
}

/// Refuses an exam that goes on: what the judge has made of it would be told too early.
///
/// # Errors
/// [`AppError::ExamOpen`], or where a row can't be read.
pub fn not_open(store: &Store, id: SessionId) -> Result<(), AppError> {
    match store.exam(id)? {
        Some(exam) if !exam.ended => Err(AppError::ExamOpen(id)),
        _ => Ok(()),
    }
}

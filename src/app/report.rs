//! A stored session as a report, and all of them as progress.

use std::sync::Arc;

use crate::app::library::Library;
use crate::app::{AppError, sessions};
use crate::domain::coach::{Coach, Feedback, Taken};
use crate::domain::judge::Judge;
use crate::domain::progress::{Gathered, Met, Progress};
use crate::domain::session::{Path, SessionId, Setting};
use crate::domain::summary;
use crate::report::{self as forms, Material};
pub use crate::report::{Report, STYLE};
use crate::store::{Left, Store};

/// In which form a report is taken along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One HTML file that needs nothing else.
    Html,
    /// Markdown.
    Markdown,
    /// One JSON object.
    Json,
    /// A row for everything that was said.
    Csv,
}

/// Who looks at what was said once more.
pub struct Reviewer {
    judge: Arc<Judge>,
    coach: Arc<Coach>,
}

impl Reviewer {
    /// With the judge and coach of `library`.
    ///
    /// # Errors
    /// Where their files have problems.
    pub fn of(library: &Library) -> Result<Self, AppError> {
        Ok(Self::with(Arc::new(library.judge()?), Arc::new(library.coach()?)))
    }

    /// With a judge and a coach that there are already.
    pub fn with(judge: Arc<Judge>, coach: Arc<Coach>) -> Self {
        Self { judge, coach }
    }

    /// What the coach says of each turn of `path`, in its order; none of the opening and of a reply
    /// that is still to be answered.
    fn look(&self, setting: &Setting, path: &Path) -> Vec<Option<Feedback>> {
        let mut so_far = Path::default();
        let look = |turn: &crate::domain::session::Turn| {
            so_far.push(turn.clone());
            let (_, reply) = (turn.trainee.as_ref()?, turn.reply.as_ref()?);
            let taken = Taken { persona: &setting.persona, after: &reply.state };
            Some(self.coach.feedback(&so_far, &self.judge, &taken))
        };
        path.turns().iter().map(look).collect()
    }
}

/// The report of session `id`. Alternatives are of the coach's present wordings; verdicts, states
/// and words are as they were stored.
///
/// # Errors
/// [`AppError::ExamOpen`] while an exam goes on; where there is no such session, or it can't be read.
pub fn report(store: &Store, reviewer: &Reviewer, id: SessionId) -> Result<Report, AppError> {
    sessions::not_open(store, id)?;
    let listed = store.listed(id)?;
    let (setting, path) = store.load(id)?;
    let left = store.left(id, &path)?;
    Ok(Report::of(Material {
        id,
        started: listed.started,
        ended: listed.ended,
        exam: store.exam(id)?.map(|exam| exam.terms.title),
        told: reviewer.look(&setting, &path),
        left: left.into_iter().map(|Left { turn, further }| (turn, further)).collect(),
        summary: sessions::summary(store, id, &path)?,
        setting: &setting,
        path: &path,
    }))
}

/// How the figures move from session to session, with one client or with all. One session is in
/// memory at a time.
///
/// # Errors
/// Where a session can't be read.
pub fn progress(store: &Store, persona: Option<&str>) -> Result<Progress, AppError> {
    let mut gathered = Gathered::default();
    let mut before = 0;
    while let Some(listed) = store.next_session(before)? {
        before = listed.id;
        if persona.is_some_and(|wanted| wanted != listed.persona) {
            continue;
        }
        if store.exam(listed.id)?.is_some_and(|exam| !exam.ended) {
            gathered.skip_open_exam();
            continue;
        }
        let (setting, path) = store.load(listed.id)?;
        let (started, persona) = (listed.started.as_str(), listed.persona.as_str());
        let met = Met { session: listed.id, started, persona, name: &setting.persona.name };
        gathered.add(met, &summary::summarise(&path));
    }
    Ok(gathered.finish())
}

/// A report as a file.
///
/// # Panics
/// Never: a report is plain data.
pub fn written(report: &Report, form: Form) -> String {
    match form {
        Form::Html => forms::html::file(report),
        Form::Markdown => forms::markdown::file(report),
        Form::Json => {
            format!("{}\n", serde_json::to_string_pretty(report).expect("a report is plain data"))
        }
        Form::Csv => forms::csv::file(report),
    }
}

/// A report as a part of a page that has [`STYLE`].
pub fn on_a_page(report: &Report) -> String {
    forms::html::fragment(report)
}

/// Progress as a part of a page that has [`STYLE`].
pub fn progress_on_a_page(progress: &Progress) -> String {
    forms::progress::fragment(progress)
}

//! Long work that a trainer starts and looks at from time to time: measuring a client, replaying a
//! script. Each job has a thread of its own; its model calls stand in line with those of practice.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::speech::Failure;
use super::{Host, HostError};
use crate::app::AppError;
use crate::app::library::Library;
use crate::app::rehearse::{Rehearsal, Trial, rehearse, try_replies};
use crate::app::voice::Voice;
use crate::domain::persona::Persona;
use crate::domain::protocols::{
    Difference, Figure, Outcome as Mean, compare, ending, measure_state, outcomes,
};
use crate::domain::session::Path;

/// So many jobs run at once.
const RUNNING: usize = 2;
/// So many are remembered.
const MOST: usize = 16;
/// Sessions of moves alone, for each client ...
const STATE_SEEDS: u64 = 200;
/// ... and of replies, for each script.
const REPLY_SEEDS: u64 = 3;
/// No replay has more sessions.
const MOST_SESSIONS: usize = 500;

/// The jobs, by their numbers.
#[derive(Default)]
pub(super) struct Jobs {
    last: u64,
    jobs: BTreeMap<u64, Arc<Job>>,
}

/// A piece of long work.
#[derive(Debug, Default)]
pub struct Job {
    /// Its number.
    pub id: u64,
    done: AtomicUsize,
    total: AtomicUsize,
    cancelled: AtomicBool,
    result: Mutex<Option<Result<Outcome, Failure>>>,
}

/// What a job comes to.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A client's figures.
    Test(Vec<Figure>),
    /// Runs of a script.
    Replay(Replayed),
}

/// What is replayed.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The script's name.
    pub script: String,
    /// The clients.
    pub personas: Vec<String>,
    /// The seed of the first session; the others count on from it.
    pub seed: u64,
    /// Sessions for each client.
    pub seeds: u64,
    /// A file as it would be, for a second set of runs: its path and text.
    pub compare: Option<(String, String)>,
    /// Whether moves, states and actions are enough; no model is run then.
    pub speech: Speaks,
}

/// Whether clients say anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// They do.
    Yes,
    /// They only act.
    No,
}

/// What a replay came to.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The runs under the files as they are.
    pub ours: Vec<Ran>,
    /// Their means.
    pub figures: Vec<Mean>,
    /// The runs under the file as it would be, and how they differ.
    pub theirs: Option<(Vec<Ran>, Vec<Difference>)>,
}

/// One run.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The client's id.
    pub persona: String,
    /// The seed of its dice.
    pub seed: u64,
    /// The turns.
    pub path: Path,
}

impl Job {
    /// How much of it is done, and of how much.
    pub fn progress(&self) -> (usize, usize) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// What it came to; none before its end.
    pub fn result(&self) -> Option<Result<Outcome, Failure>> {
        self.slot().clone()
    }

    /// Ends it as soon as possible.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    fn slot(&self) -> MutexGuard<'_, Option<Result<Outcome, Failure>>> {
        self.result.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at(&self, done: usize, total: usize) -> ControlFlow<()> {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        if self.cancelled.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn is_running(&self) -> bool {
        self.slot().is_none()
    }
}

impl Host {
    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job; none where there is none of this number, or it made room for others.
    pub fn job(&self, id: u64) -> Option<Arc<Job>> {
        self.jobs().jobs.get(&id).map(Arc::clone)
    }

    /// Measures a client; `text` is their file as it would be.
    ///
    /// # Errors
    /// Where there is no such client, their file has problems, or too much is going on.
    pub fn test(&self, persona: &str, text: Option<&str>, speech: Speaks) -> Result<Arc<Job>, HostError> {
        let library = self.library_with(text.map(|text| (format!("personas/{persona}.md"), text)))?;
        let personas = vec![library.persona(persona)?];
        let voice = (speech == Speaks::Yes).then(|| self.makings().cast().voice);
        self.start(move |job| test(job, &library, &personas, voice))
    }

    /// Replays a script.
    ///
    /// # Errors
    /// Where there is no such script or client, a file has problems, or too much is going on.
    pub fn replay(&self, replay: Replay) -> Result<Arc<Job>, HostError> {
        let sessions =
            replay.personas.len().saturating_mul(usize::try_from(replay.seeds).unwrap_or(usize::MAX));
        if sessions > MOST_SESSIONS || sessions == 0 {
            return Err(AppError::TooMany { asked: sessions, limit: MOST_SESSIONS }.into());
        }
        let ours = self.library_with(None)?;
        // A name of the list: the page opens no files of this computer.
        let script = format!("scripts/{}.txt", replay.script.trim_end_matches(".txt"));
        if ours.text(&script).is_none() {
            return Err(AppError::NoFile { path: script }.into());
        }
        let theirs = match &replay.compare {
            Some((path, text)) => {
                crate::app::desk::check(&ours, path, text)?.into_result()?;
                Some(self.library_with(Some((path.clone(), text)))?)
            }
            None => None,
        };
        let voice = (replay.speech == Speaks::Yes).then(|| self.makings().cast().voice);
        self.start(move |job| run(job, &replay, (&ours, theirs.as_ref()), voice))
    }

    /// The files in force, one of them as it would be.
    pub(super) fn library_with(&self, file: Option<(String, &str)>) -> Result<Library, AppError> {
        self.refresh("");
        let library = self.makings().watch.library().again()?;
        Ok(match file {
            Some((path, text)) => library.with(&path, text),
            None => library,
        })
    }

    fn start(
        &self,
        work: impl FnOnce(&Job) -> Result<Outcome, AppError> + Send + 'static,
    ) -> Result<Arc<Job>, HostError> {
        let mut jobs = self.jobs();
        if jobs.jobs.values().filter(|job| job.is_running()).count() >= RUNNING {
            return Err(HostError::Full);
        }
        while jobs.jobs.len() >= MOST {
            let oldest = jobs.jobs.iter().find(|(_, job)| !job.is_running()).map(|(id, _)| *id);
            let Some(oldest) = oldest else { break };
            jobs.jobs.remove(&oldest);
        }
        jobs.last += 1;
        let job = Arc::new(Job { id: jobs.last, ..Job::default() });
        let at_work = Ended(Arc::clone(&job));
        let spawned = thread::Builder::new().name("job".to_owned()).spawn(move || {
            let job = &at_work.0;
            let result = work(job).map_err(|e| Failure { error: e.to_string(), hint: e.hint() });
            *job.slot() = Some(result);
        });
        spawned.map_err(|_| HostError::Full)?;
        jobs.jobs.insert(job.id, Arc::clone(&job));
        Ok(job)
    }
}

/// A job whose thread has ended has a result, whatever happened.
struct Ended(Arc<Job>);

impl Drop for Ended {
    fn drop(&mut self) {
        let failed = || Err(Failure { error: "the program failed at this".to_owned(), hint: None });
        self.0.slot().get_or_insert_with(failed);
    }
}

fn test(
    job: &Job,
    library: &Library,
    personas: &[Persona],
    voice: Option<Voice>,
) -> Result<Outcome, AppError> {
    let _ = job.at(0, 1);
    let mut measured = measure_state(personas, STATE_SEEDS, &mut |_, _| {});
    if job.at(1, 1).is_break() {
        return Err(AppError::Stopped);
    }
    if let Some(mut voice) = voice {
        voice.reworded(library)?;
        let trial = Trial { personas, seeds: REPLY_SEEDS, library };
        measured.extend(try_replies(&trial, &mut voice, &mut |done, all| job.at(done + 1, all + 1))?);
    }
    Ok(Outcome::Test(measured))
}

fn run(
    job: &Job,
    replay: &Replay,
    (ours, theirs): (&Library, Option<&Library>),
    mut voice: Option<Voice>,
) -> Result<Outcome, AppError> {
    let each = replay.personas.len() * replay.seeds as usize;
    let all = each * (1 + usize::from(theirs.is_some()));
    let _ = job.at(0, all);
    let mut done = 0;
    let mut runs_of = |library: &Library, voice: &mut Option<Voice>| {
        let lines = library.script(&replay.script)?;
        let judge = library.judge()?;
        let mut runs = Vec::with_capacity(each);
        for id in &replay.personas {
            let persona = library.persona(id)?;
            for seed in replay.seed..replay.seed.saturating_add(replay.seeds) {
                let rehearsal = Rehearsal { persona: &persona, seed, judge: &judge };
                let path = rehearse(rehearsal, &lines, voice.as_mut())?;
                runs.push(Ran { persona: id.clone(), seed, path });
                done += 1;
                if job.at(done, all).is_break() {
                    return Err(AppError::Stopped);
                }
            }
        }
        Ok::<_, AppError>(runs)
    };
    let ran = runs_of(ours, &mut voice)?;
    let endings = |runs: &[Ran]| runs.iter().map(|run| ending(&run.path)).collect::<Vec<_>>();
    let theirs = match theirs {
        Some(library) => {
            if let Some(voice) = &mut voice {
                voice.reworded(library)?;
            }
            let runs = runs_of(library, &mut voice)?;
            let differences = compare(&endings(&ran), &endings(&runs));
            Some((runs, differences))
        }
        None => None,
    };
    let figures = outcomes(&endings(&ran));
    Ok(Outcome::Replay(Replayed { ours: ran, figures, theirs }))
}

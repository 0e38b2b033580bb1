//! Drills in progress. Nothing of them is on disk; the oldest makes room for a new one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Host, HostError};
use crate::app::AppError;
use crate::app::drill::{Exercise, Moment, others};
use crate::domain::crisis::Concern;
use crate::domain::drill::{BLIND, Drill, LEVELS};
use crate::domain::persona::Kind;
use crate::domain::session::SessionId;

/// So many drills are kept.
const MOST: usize = 32;

/// The drills in progress, by their numbers.
#[derive(Default)]
pub(super) struct Drills {
    last: u64,
    runs: BTreeMap<u64, Arc<Mutex<Run>>>,
}

/// A drill in progress.
pub struct Run {
    /// Its number.
    pub id: u64,
    /// How it stands.
    pub exercise: Exercise,
    /// Whether it is over.
    pub over: bool,
    /// What the trainee spoke of in earnest, until they go on.
    pub crisis: Option<Concern>,
    keys: Vec<String>,
}

/// Which moment is drilled.
#[derive(Clone, Debug)]
pub enum Which {
    /// One of the list.
    Named(String),
    /// The moment of a session in which the trainee gave the reply of a turn, or is to give it.
    Turn(SessionId, u32),
}

impl Host {
    fn drills(&self) -> MutexGuard<'_, Drills> {
        self.drills.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The moments of the list, each with the type of its client.
    ///
    /// # Errors
    /// Where a file has problems.
    pub fn drill_list(&self) -> Result<Vec<(Drill, Kind)>, HostError> {
        self.refresh("");
        let makings = self.makings();
        let library = makings.watch.library();
        let kind = |drill: Drill| Ok((library.persona(&drill.persona)?.kind, drill));
        let listed = library.drills()?.into_iter().map(kind).collect::<Result<Vec<_>, AppError>>()?;
        Ok(listed.into_iter().map(|(kind, drill)| (drill, kind)).collect())
    }

    /// Begins a drill. Its level is the moment's own where none is given; so is the seed of a
    /// session's moment, and `seed` that of any other.
    ///
    /// # Errors
    /// Where there is no such moment, or a file has problems.
    pub fn drill(&self, which: &Which, level: Option<u8>, seed: u64) -> Result<Arc<Mutex<Run>>, HostError> {
        self.refresh("");
        let (first, others, level, cast) = {
            let makings = self.makings();
            let (library, cast) = (makings.watch.library(), makings.cast());
            let first = match which {
                Which::Named(name) => {
                    let drill = library.drill(name)?;
                    let persona = library.persona(&drill.persona)?;
                    Moment::of_list(&drill, persona, seed, &cast.judge)
                }
                Which::Turn(id, turn) => {
                    let store = self.store()?;
                    if store.exam(*id)?.is_some_and(|exam| !exam.ended) {
                        return Err(AppError::ExamOpen(*id).into());
                    }
                    let (setting, path) = store.load(*id)?;
                    Moment::of_session((setting, &path), *turn)?
                }
            };
            let level = level.unwrap_or(first.level).clamp(*LEVELS.start(), *LEVELS.end());
            let others = match level {
                BLIND.. => {
                    others(library, (first.persona(), first.name.as_deref()), first.seed(), &cast.judge)?
                }
                _ => Vec::new(),
            };
            (first, others, level, cast)
        };
        let mut drills = self.drills();
        drills.last += 1;
        let id = drills.last;
        let exercise = Exercise::begin(cast, first, others, level);
        let run = Arc::new(Mutex::new(Run { id, exercise, over: false, crisis: None, keys: Vec::new() }));
        while drills.runs.len() >= MOST {
            drills.runs.pop_first();
        }
        drills.runs.insert(id, Arc::clone(&run));
        Ok(run)
    }

    /// A drill in progress; none where there is none of this number, or it made room for another.
    pub fn drill_run(&self, id: u64) -> Option<Arc<Mutex<Run>>> {
        self.drills().runs.get(&id).map(Arc::clone)
    }

    /// An attempt. The same key again is the same attempt.
    ///
    /// # Errors
    /// Where it can't be used, or the model fails.
    pub fn attempt(&self, run: &mut Run, text: &str, key: &str) -> Result<(), HostError> {
        if run.over || (!key.is_empty() && run.keys.iter().any(|known| known == key)) {
            return Ok(());
        }
        let _speaking = self.speaker()?;
        let pass = self.queue.enter(&|| false);
        match run.exercise.attempt(text.trim(), &|| false) {
            Ok(_) => {}
            Err(AppError::InEarnest(concern)) => {
                run.crisis = Some(concern);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        drop(pass);
        run.over = run.exercise.tally().is_passed();
        run.keys.push(key.to_owned());
        Ok(())
    }
}

impl Run {
    /// Goes on after the trainee has spoken in earnest.
    pub fn go_on(&mut self) {
        self.exercise.go_on();
        self.crisis = None;
    }
}

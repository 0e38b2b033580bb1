//! Who words the client's action: the pocket client, choosing among authored lines, or a
//! model that writes freely. Both hand back candidates that the guard has weighed.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread;

use crate::app::AppError;
use crate::app::library::Library;
use crate::app::prompt::{self, Model, Prompt};
use crate::app::recall;
use crate::chat::Message;
use crate::domain::action::Action;
use crate::domain::client::{Intent, Stage, State};
use crate::domain::crisis;
use crate::domain::dice::Dice;
use crate::domain::guard::{self, Fault};
use crate::domain::lines::{self, Banks, Query, Speech};
use crate::domain::moves::Move;
use crate::domain::persona::Persona;
use crate::domain::prompt::Notes;
use crate::domain::session::{Path, RunnerUp};
use crate::engine::worker::Worker;
use crate::engine::{Engine, Finish, FinishReason, Request};

/// How many authored lines are looked at closely.
const SHORTLIST: usize = 24;
/// A candidate with faults of this weight is not spoken, even if there is no other.
const UNSPEAKABLE: f32 = 4.0;
/// How many losing candidates are kept in the log.
const RUNNERS_UP: usize = 5;
/// What of being believed a fault of weight 1 outweighs.
const FAULT: f32 = 0.15;
/// Small words are drawn apart from everything else of a turn.
const MANNER_SALT: u64 = 0x6D61_6E6E;

/// A way to word an action.
pub enum Voice {
    /// Authored lines.
    Pocket {
        /// The lines; all sessions at once share them.
        banks: Arc<Banks>,
        /// The bundled model, which counts tokens for those who ask how many there were. It has no say in the choice:
        /// models/POCKET.md tells why.
        engine: Box<dyn Engine>,
    },
    /// A model that writes.
    Free {
        /// The model.
        engine: Box<dyn Engine>,
        /// What it is told.
        notes: Arc<Notes>,
        /// Up to how many candidates are written before the best is taken.
        candidates: u32,
        /// Searches that found nothing: each later one draws other seeds.
        failed: u64,
    },
}

/// The moment in which the client speaks.
pub struct Scene<'a> {
    /// Who speaks.
    pub persona: &'a Persona,
    /// Their state after the trainee's reply.
    pub state: &'a State,
    /// What they are about to do.
    pub intent: &'a Intent,
    /// What the trainee's reply did, worst first.
    pub moves: &'a [Move],
    /// Whether it was an apology.
    pub apology: bool,
    /// The trainee's reply.
    pub trainee: &'a str,
    /// The session so far; its last turn is the one to be answered.
    pub path: &'a Path,
    /// The dice of this turn.
    pub dice: Dice,
}

/// What the client says.
#[derive(Clone, Debug, PartialEq)]
pub struct Spoken {
    /// The words.
    pub text: String,
    /// What they do: as was meant, or what the line says instead.
    pub action: Action,
    /// The candidates that lost, best first.
    pub runners_up: Vec<RunnerUp>,
    /// How many of the oldest exchanges the model did not see, since its memory is full.
    pub forgotten: usize,
}

struct Candidate {
    text: String,
    rank: f32,
    faults: Vec<Fault>,
    /// What it does.
    action: Action,
}

impl Voice {
    /// What the model calls itself.
    pub fn model(&self) -> &str {
        match self {
            Self::Pocket { engine, .. } => &engine.info().file.name,
            Self::Free { engine, .. } => &engine.info().file.name,
        }
    }

    /// The same words spoken through another engine of the same model.
    pub fn through(&self, engine: Box<dyn Engine>) -> Self {
        match self {
            Self::Pocket { banks, .. } => Self::Pocket { banks: Arc::clone(banks), engine },
            Self::Free { notes, candidates, .. } => {
                Self::Free { engine, notes: Arc::clone(notes), candidates: *candidates, failed: 0 }
            }
        }
    }

    /// The same voice with its engine on a thread of its own, where many sessions can ask it.
    ///
    /// # Errors
    /// Where the thread can't be started.
    pub fn shared(self) -> Result<(Self, Arc<Worker>), AppError> {
        let lend = |engine| {
            let worker = Arc::new(Worker::spawn(engine)?);
            Ok::<_, AppError>((Box::new(Arc::clone(&worker)), worker))
        };
        Ok(match self {
            Self::Pocket { banks, engine } => {
                let (engine, worker) = lend(engine)?;
                (Self::Pocket { banks, engine }, worker)
            }
            Self::Free { engine, notes, candidates, failed } => {
                let (engine, worker) = lend(engine)?;
                (Self::Free { engine, notes, candidates, failed }, worker)
            }
        })
    }

    /// Tokens of `messages`, as the model counts them.
    ///
    /// # Errors
    /// Where it can't count.
    pub fn count_tokens(&self, messages: &[Message]) -> Result<usize, AppError> {
        let (Self::Pocket { engine, .. } | Self::Free { engine, .. }) = self;
        Ok(engine.count_tokens(messages)?)
    }

    /// Whether this is the bundled client.
    pub fn is_pocket(&self) -> bool {
        matches!(self, Self::Pocket { .. })
    }

    /// Has what the first reply of `persona` needs found out aside, while the trainee reads the opening. Where no thread can be had,
    /// the first reply finds it out itself.
    pub fn read_ahead(&self, persona: &Persona) {
        let lines = match self {
            Self::Pocket { banks, .. } => Some((Arc::clone(banks), persona.clone())),
            Self::Free { .. } => None,
        };
        let aside = thread::Builder::new().name("read-ahead".to_owned());
        drop(aside.spawn(move || {
            if let Some((banks, persona)) = lines {
                banks.read_ahead(&persona);
            }
            crisis::read_ahead();
        }));
    }

    /// The same model with the lines or notes of another library.
    ///
    /// # Errors
    /// Where its files have problems.
    pub fn reworded(&mut self, library: &Library) -> Result<(), AppError> {
        match self {
            Self::Pocket { banks, .. } => match library.banks() {
                (fresh, faults) if faults.is_empty() => *banks = Arc::new(fresh),
                (_, faults) => return Err(AppError::Files(faults)),
            },
            Self::Free { notes, failed, .. } => {
                *notes = Arc::new(library.notes()?);
                *failed = 0;
            }
        }
        Ok(())
    }

    /// Words the intent of `scene`. `stopped` is asked between pieces of text.
    ///
    /// # Errors
    /// Where the model fails, the banks are empty for this moment, or `stopped` said so.
    pub fn speak(&mut self, scene: &Scene<'_>, stopped: &dyn Fn() -> bool) -> Result<Spoken, AppError> {
        let (candidates, forgotten) = match self {
            Self::Pocket { banks, .. } => (chosen(banks, scene), 0),
            Self::Free { engine, notes, candidates, failed } => {
                let dice = Dice::for_turn(scene.dice.clone().next_u64(), *failed);
                written(engine.as_mut(), notes, (*candidates, dice), scene, stopped)?
            }
        };
        if !self.is_pocket() && candidates.iter().all(|c| guard::penalty(&c.faults) >= UNSPEAKABLE) {
            if let Self::Free { failed, .. } = self {
                *failed += 1;
            }
            return Err(AppError::NothingFit);
        }
        spoken(candidates, forgotten).ok_or_else(|| AppError::NoLine {
            persona: scene.persona.id.clone(),
            action: scene.intent.action.as_str(),
        })
    }
}

/// The authored line that is said in a moment; none where the banks have none for it.
pub fn authored(banks: &Banks, scene: &Scene<'_>) -> Option<Spoken> {
    spoken(chosen(banks, scene), 0)
}

/// The authored lines that fit a moment, at most `limit`, the likeliest to be believed first.
pub fn eligible(banks: &Banks, scene: &Scene<'_>, limit: usize) -> Vec<lines::Candidate> {
    let said = scene.path.client_said();
    // The reply to be answered is the newest; the query wants those before it.
    let mut trainee_said = scene.path.trainee_said();
    if scene.path.head().is_some_and(|t| t.trainee.is_some()) {
        trainee_said.pop();
    }
    let fact = scene.intent.fact.as_ref();
    banks.eligible(
        scene.persona,
        &Query {
            action: scene.intent.action,
            moves: scene.moves,
            apology: scene.apology,
            trainee: scene.trainee,
            said: &said,
            trainee_said: &trainee_said,
            recall: recall::of(scene),
            words: scene.intent.words,
            fact: fact.and_then(|id| scene.persona.facts.iter().find(|f| f.id == *id)),
            limit,
            dice: scene.dice.clone(),
        },
    )
}

/// Authored lines that fit, in the client's manner.
fn chosen(banks: &Banks, scene: &Scene<'_>) -> Vec<Candidate> {
    let said = scene.path.client_said();
    let speech = |action: Action| Speech {
        manner: &scene.persona.manner,
        action,
        // A "yeah" before it would answer what was asked.
        reflected: !scene.trainee.contains('?')
            && scene.moves.iter().any(|m| m.is_reflection())
            && !scene.moves.iter().any(|m| m.is_question()),
        before: said.last().map(String::as_str),
        dice: Dice::for_turn(scene.dice.clone().next_u64(), MANNER_SALT),
    };
    let judged = guard_scene(scene, "", &said);
    let worded = |line: lines::Candidate| {
        let (rank, action) = (line.prior / FAULT, line.does);
        let text = lines::in_manner(&line.text, &speech(action));
        let (bare, faults) = (guard::review(&line.text, &judged), guard::review(&text, &judged));
        // Small words must not do harm.
        if guard::penalty(&faults) > guard::penalty(&bare) {
            return Candidate { text: line.text, rank, faults: bare, action };
        }
        Candidate { text, rank, faults, action }
    };
    eligible(banks, scene, SHORTLIST).into_iter().map(worded).collect()
}

/// Candidates that a model wrote, and how many exchanges it no longer saw: one, if it has no fault.
fn written(
    engine: &mut dyn Engine,
    notes: &Notes,
    (candidates, mut dice): (u32, Dice),
    scene: &Scene<'_>,
    stopped: &dyn Fn() -> bool,
) -> Result<(Vec<Candidate>, usize), AppError> {
    let count = |messages: &[Message]| engine.count_tokens(messages);
    let model = Model { context_tok: engine.info().file.context_tok, count: &count };
    let Prompt { messages, note, forgotten, reply_tok } = prompt::free(model, notes, scene)?;
    let said = scene.path.client_said();
    let told = format!("{}\n{}", notes.head(scene.persona), note.unwrap_or_default());
    let mut request = Request {
        messages,
        sampling: engine.sampling(),
        max_tok: reply_tok,
        stop: vec!["\n\n".to_owned()],
        seed: 0,
    };
    let mut seeds = (0..candidates.max(1)).map(|_| dice.next_u64());
    let mut found = Vec::new();
    // One first, since it is nearly always good; the others together, as one batch.
    request.seed = seeds.next().unwrap_or_default();
    let later: Vec<u64> = seeds.collect();
    let mut go_on = || if stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let first = engine.generate(&request, &mut |_| go_on())?;
    let weigh = |finish: Finish| {
        let (text, rank) = candidate(&finish)?;
        let faults = guard::review(&text, &guard_scene(scene, &told, &said));
        Ok::<_, AppError>(Candidate { text, rank, faults, action: scene.intent.action })
    };
    found.push(weigh(first)?);
    if !found[0].faults.is_empty() && !later.is_empty() {
        for finish in engine.candidates(&request, &later, &mut go_on)? {
            found.push(weigh(finish)?);
        }
    }
    Ok((found, forgotten))
}

/// The text of a candidate, and its mean log-probability.
fn candidate(finish: &Finish) -> Result<(String, f32), AppError> {
    if finish.reason == FinishReason::Cancelled {
        return Err(AppError::Stopped);
    }
    let whole = finish.reason != FinishReason::Length;
    let text = if whole { &finish.text } else { whole_sentences(&finish.text) };
    Ok((guard::clean(text), finish.mean_logprob))
}

/// A text that broke off, up to its last whole sentence; all of it where there is none.
fn whole_sentences(text: &str) -> &str {
    let end = text.char_indices().rev().find(|(_, c)| matches!(c, '.' | '!' | '?' | '…'));
    end.map_or(text, |(at, c)| &text[..at + c.len_utf8()])
}

fn guard_scene<'a>(scene: &'a Scene<'_>, told: &'a str, said: &'a [String]) -> guard::Scene<'a> {
    guard::Scene {
        persona: scene.persona,
        told,
        trainee: scene.trainee,
        said,
        words: scene.intent.words,
        precontemplation: scene.state.stage == Stage::Precontemplation,
        may_ask: matches!(scene.intent.action, Action::Test | Action::Challenge | Action::Deflect),
    }
}

/// The candidate with the best rank after penalties (of equals, the earlier one), with those that lost to it.
fn spoken(mut candidates: Vec<Candidate>, forgotten: usize) -> Option<Spoken> {
    let score = |c: &Candidate| c.rank - guard::penalty(&c.faults);
    candidates.sort_by(|a, b| score(b).total_cmp(&score(a)));
    let mut candidates = candidates.into_iter();
    let said = candidates.next()?;
    let runners_up = candidates.take(RUNNERS_UP).map(|c| RunnerUp {
        score: score(&c),
        faults: c.faults.iter().map(|f| f.as_str().to_owned()).collect(),
        text: c.text,
    });
    let runners_up = runners_up.collect();
    Some(Spoken { text: said.text, action: said.action, runners_up, forgotten })
}

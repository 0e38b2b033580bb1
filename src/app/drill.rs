//! One moment, tried until it goes well three times in a row. Nothing of it is kept on disk.

use std::ops::ControlFlow;

use crate::app::AppError;
use crate::app::library::Library;
use crate::app::practise::{Cast, judged, read_action, worded};
use crate::domain::client;
use crate::domain::coach::Suggestion;
use crate::domain::crisis::concern;
use crate::domain::drill::{BLIND, Counts, Drill, Tally};
use crate::domain::judge::Judge;
use crate::domain::persona::Persona;
use crate::domain::session::{Path, Provenance, Reply, Setting, Turn};

/// A moment in which the trainee has to say something.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// What the list of drills calls it; none for one of a session.
    pub name: Option<String>,
    /// One line about it.
    pub title: String,
    /// How much feedback it is made for.
    pub level: u8,
    setting: Setting,
    path: Path,
}

impl Moment {
    /// A moment of the list; the replies in it are judged as if they had been given.
    pub fn of_list(drill: &Drill, persona: Persona, seed: u64, judge: &Judge) -> Self {
        let state = client::begin(&Persona { start: drill.state, ..persona.clone() });
        let exchanges = drill.exchanges();
        let last = exchanges.len().saturating_sub(1);
        let mut path = Path::default();
        for (i, (said, text)) in exchanges.into_iter().enumerate() {
            let reply = Reply {
                text: text.to_owned(),
                action: if i == last { drill.does } else { read_action(judge, text) },
                fact: None,
                state: state.clone(),
                why: Vec::new(),
                cut: false,
                runners_up: Vec::new(),
            };
            let said = said.and_then(|said| judged(&path, judge, said).ok());
            let turn = match (path.head(), said) {
                (Some(before), Some(said)) => Turn::after(before, said),
                _ => Turn { id: 0, parent: None, number: 0, trainee: None, reply: None, overruled: None },
            };
            path.push(Turn { reply: Some(reply), ..turn });
        }
        let setting = Setting { persona, model: String::new(), seed, provenance: Provenance::default() };
        Self { name: Some(drill.name.clone()), title: drill.title.clone(), level: drill.level, setting, path }
    }

    /// The moment of a session in which the trainee gave the reply of turn `number`, or is to give it.
    ///
    /// # Errors
    /// Where there is no such turn.
    pub fn of_session((setting, path): (Setting, &Path), number: u32) -> Result<Self, AppError> {
        let turns: Vec<Turn> = path.turns().iter().filter(|t| t.number < number).cloned().collect();
        let there = number > 0 && turns.len() == number as usize;
        let Some(true) = turns.last().map(|t| there && t.reply.is_some()) else {
            let last = path.turns().iter().filter(|t| t.reply.is_some()).count();
            return Err(AppError::NoMoment { asked: number, last: u32::try_from(last).unwrap_or(u32::MAX) });
        };
        let title = format!("turn {number} of the session with {}", setting.persona.name);
        Ok(Self {
            name: None,
            title,
            level: *crate::domain::drill::LEVELS.start(),
            setting,
            path: Path::new(turns),
        })
    }

    /// The client.
    pub fn persona(&self) -> &Persona {
        &self.setting.persona
    }

    /// The seed of its dice.
    pub fn seed(&self) -> u64 {
        self.setting.seed
    }

    /// What led up to it.
    pub fn turns(&self) -> &[Turn] {
        self.path.turns()
    }
}

/// All moments of the list, by clients of the same type as `persona`, but for the one named `but`.
///
/// # Errors
/// Where a file has problems.
pub fn others(
    library: &Library,
    (persona, but): (&Persona, Option<&str>),
    seed: u64,
    judge: &Judge,
) -> Result<Vec<Moment>, AppError> {
    let mut moments = Vec::new();
    for drill in library.drills()? {
        let theirs = library.persona(&drill.persona)?;
        if theirs.kind == persona.kind && Some(drill.name.as_str()) != but {
            moments.push(Moment::of_list(&drill, theirs, seed, judge));
        }
    }
    Ok(moments)
}

/// What a trainee tried, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// From 1.
    pub number: usize,
    /// Which moment: its place among those of the drill.
    pub moment: usize,
    /// The words, the verdict, and how the client would answer.
    pub turn: Turn,
    /// What could have been said instead.
    pub alternative: Option<Suggestion>,
    /// What it counts for.
    pub counts: Counts,
}

/// A drill in progress.
pub struct Exercise {
    cast: Cast,
    moments: Vec<Moment>,
    level: u8,
    at: usize,
    attempts: Vec<Attempt>,
    tally: Tally,
    paused: bool,
}

impl Exercise {
    /// Begins with the first of `moments`; the others are for a level on which the moment varies.
    pub fn begin(cast: Cast, first: Moment, others: Vec<Moment>, level: u8) -> Self {
        let mut moments = vec![first];
        if level >= BLIND {
            moments.extend(others);
        }
        Self { cast, moments, level, at: 0, attempts: Vec::new(), tally: Tally::default(), paused: false }
    }

    /// The moment at hand.
    pub fn moment(&self) -> &Moment {
        &self.moments[self.at]
    }

    /// A moment by its place.
    pub fn moment_at(&self, place: usize) -> Option<&Moment> {
        self.moments.get(place)
    }

    /// How much feedback there is.
    pub fn level(&self) -> u8 {
        self.level
    }

    /// Whether nothing is told until the end.
    pub fn is_blind(&self) -> bool {
        self.level >= BLIND
    }

    /// All attempts, oldest first.
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// How it stands.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Goes on after the trainee has spoken in earnest; whether they had.
    pub fn go_on(&mut self) -> bool {
        std::mem::take(&mut self.paused)
    }

    /// Tries `text`.
    ///
    /// # Errors
    /// Where it is meant in earnest or far too long, the model fails, or was `stopped`. The attempt
    /// doesn't count then.
    pub fn attempt(&mut self, text: &str, stopped: &dyn Fn() -> bool) -> Result<&Attempt, AppError> {
        let moment = &self.moments[self.at];
        if let Some(concern) = concern(text, moment.path.last_reply().map_or("", |r| &r.text)) {
            self.paused = true;
            return Err(AppError::InEarnest(concern));
        }
        if self.paused {
            return Err(AppError::Paused);
        }
        let Cast { judge, coach, voice } = &mut self.cast;
        let said = judged(&moment.path, judge, text)?;
        let before = moment.path.head().ok_or(AppError::NotAnswered)?;
        let mut turn = Turn::after(before, said.clone());
        let mut path = moment.path.clone();
        path.push(turn.clone());
        let mut listener = |_: &str| ControlFlow::Continue(());
        let (reply, _) = worded(&moment.setting, &path, voice, (&mut listener, stopped))?;
        turn.reply = Some(reply);
        let alternative = coach.suggest(&path, judge, &moment.setting.persona);
        let earlier = self.attempts.iter().filter_map(|a| a.turn.trainee.as_ref()).map(|s| s.text.as_str());
        let counts = self.tally.add((text, &said.verdict), earlier);
        let number = self.attempts.len() + 1;
        self.attempts.push(Attempt { number, moment: self.at, turn, alternative, counts });
        self.at = (self.at + 1) % self.moments.len();
        self.attempts.last().ok_or(AppError::NotAnswered)
    }
}

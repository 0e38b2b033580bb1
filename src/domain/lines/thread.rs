//! How a client goes on from what they have just said: `+tag:` and `+T:` below a group of replies,
//! and `@said` for facts and openings.
//! Knows: the format, lines, history. Never: personas' state, choosing, disk.

use std::collections::HashMap;

use crate::domain::lines::history::{History, Trace};
use crate::domain::lines::parse::{Reader, alternatives};
use crate::domain::lines::repertoire::Repertoire;
use crate::domain::lines::store::{Few, Form, Frame, Place, Store};

/// What it costs that the client has gone on from there already, with each line …
const GONE_ON: f32 = 0.04;
/// … and that something was said in between.
const IN_BETWEEN: f32 = 0.1;
/// Replies back to which a client can go on.
const REACH: usize = 2;

/// What can be gone on from: the replies of one group, or lines that stand elsewhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Thread {
    /// Lines of facts, and openings; none where it is a group's replies.
    pub said: Vec<String>,
    /// Whose they are.
    pub clients: Few,
    /// Where it was begun.
    pub first: (u16, u32),
}

/// What follows under a group of replies: the words that the next `+` lines answer, and whether one has come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Follow {
    cue: Option<u32>,
    answered: bool,
}

/// The threads that can be gone on with now, and what that costs.
#[derive(Debug, Default)]
pub(super) struct Live(HashMap<u32, f32>);

impl Live {
    /// The threads of those lines that are the client's of which one is among the last replies.
    pub fn of(store: &Store, history: &History<'_>, repertoire: &Repertoire) -> Self {
        let mut live: HashMap<u32, f32> = HashMap::new();
        let mut gone_on: HashMap<u32, usize> = HashMap::new();
        let mut heard = |thread: u32, trace: &Trace| {
            let Some(ago) = (1..=REACH).find(|n| history.said_within(trace, *n)) else { return };
            let cost = IN_BETWEEN * (ago - 1) as f32;
            let old = live.entry(thread).or_insert(cost);
            *old = old.min(cost);
        };
        for (line, trace) in repertoire.traces(store) {
            match line.place {
                Place::More(thread) => {
                    heard(thread, trace);
                    let said = history.turns_since(trace).is_some();
                    *gone_on.entry(thread).or_default() += usize::from(said);
                }
                Place::Paired => {
                    if let Some(thread) = line.cue.and_then(|cue| store.thread_of.get(&cue)) {
                        heard(*thread, trace);
                    }
                }
                _ => {}
            }
        }
        for (thread, trace) in &repertoire.told {
            heard(*thread, trace);
        }
        for (thread, cost) in &mut live {
            *cost += GONE_ON * gone_on.get(thread).copied().unwrap_or(0) as f32;
        }
        Self(live)
    }

    /// Whether there is anything to go on with.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What it costs to go on with `thread`, if that can be done.
    pub fn cost(&self, thread: u32) -> Option<f32> {
        self.0.get(&thread).copied()
    }
}

impl Reader {
    /// `@said line | line`: what follows goes on from these.
    pub(super) fn said_frame(&mut self, texts: &str) -> Option<Frame> {
        let said: Vec<String> = alternatives(texts).map(str::to_owned).collect();
        if said.is_empty() {
            self.fault("`@said` wants the lines that are gone on from", None);
            return None;
        }
        let thread = Thread { said, clients: self.clients, first: self.here() };
        Some(Frame::new(Place::More(self.begin(thread))))
    }

    /// `T:` or `tag:` of a thread.
    pub(super) fn follow_entry(&mut self, frame: &Frame, follow: &mut Follow, key: &str, rest: &str) {
        if key != "T" {
            follow.answered = true;
            return self.tagged(&Frame { cue: follow.cue, ..*frame }, key, rest);
        }
        match follow.cue.filter(|_| !follow.answered) {
            Some(cue) => self.more_of(cue, rest),
            None => *follow = Follow { cue: Some(self.cue(Form::Turn, rest)), answered: false },
        }
    }

    /// The frame of what goes on from the replies under `group`.
    pub(super) fn more_frame(&mut self, group: &Frame) -> Option<Frame> {
        let cue = group.cue?;
        let thread = match self.store.thread_of.get(&cue) {
            Some(thread) => *thread,
            None => {
                let first = self.here();
                let thread = Thread { said: Vec::new(), clients: self.clients, first };
                let thread = self.begin(thread);
                self.store.thread_of.insert(cue, thread);
                thread
            }
        };
        let Frame { kinds, topics, .. } = *group;
        Some(Frame { kinds, topics, ..Frame::new(Place::More(thread)) })
    }

    fn begin(&mut self, thread: Thread) -> u32 {
        self.store.threads.push(thread);
        self.store.threads.len() as u32 - 1
    }
}

//! The lines as training pairs: exactly what the program chooses among, and what each answers.
//! Knows: the store. Never: files, personas, training.

use serde::Serialize;

use crate::domain::lines::store::{Few, Form, KINDS, Line, Place, Store};
use crate::domain::lines::tag::{Tag, Turn};
use crate::domain::lines::template;

/// One client line and the trainee words that it answers. Slots are unfilled.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    /// Wordings of what the trainee says; empty where the line answers a kind of turn.
    pub trainee: Vec<String>,
    /// What template the wordings complete; absent where there are none.
    pub form: Option<Form>,
    /// The client's line.
    pub reply: String,
    /// What the line does.
    pub tag: Tag,
    /// The kinds of turn that it answers; empty = any.
    pub moves: Vec<Turn>,
    /// The kinds of client that may say it; empty = any.
    pub types: Vec<&'static str>,
    /// The topics that it is about; empty = any.
    pub topics: Vec<String>,
    /// The client's line that must come just before.
    pub predecessor: Option<String>,
    /// Number of the belief that it voices, elaborates or softens.
    pub belief: Option<u32>,
    /// `file:line`.
    pub source: String,
}

/// One trainee template.
#[derive(Clone, Debug, Serialize)]
pub struct Wordings {
    /// The kind of turn.
    #[serde(rename = "move")]
    pub turn: Turn,
    /// As in the file.
    pub template: String,
    /// Some of its alternatives written out; slots stay.
    pub wordings: Vec<String>,
}

pub(super) fn pairs(store: &Store) -> impl Iterator<Item = Pair> {
    store.lines.iter().flat_map(move |line| {
        let cues = cues_of(store, line);
        let none = cues.is_empty().then_some(None);
        none.into_iter().chain(cues.into_iter().map(Some)).map(move |cue| pair(store, line, cue))
    })
}

pub(super) fn wordings(store: &Store) -> impl Iterator<Item = Wordings> {
    store.templates.iter().map(|t| Wordings {
        turn: t.turn,
        template: t.text.clone(),
        wordings: template::expand(&t.text),
    })
}

/// The cues that call for a line: its own, or those of its belief.
fn cues_of(store: &Store, line: &Line) -> Vec<u32> {
    let belief = |b: u32| &store.beliefs[b as usize];
    let found = match line.place {
        Place::Claim(b) => [belief(b).asked, belief(b).reflected],
        Place::Detail(b) => [belief(b).reflected, None],
        Place::Softened(b) => [belief(b).amplified, None],
        _ => [line.cue, None],
    };
    found.into_iter().flatten().collect()
}

fn pair(store: &Store, line: &Line, cue: Option<u32>) -> Pair {
    let cue = cue.map(|i| &store.cues[i as usize]);
    let form = cue.map(|c| c.form);
    let turns: Vec<Turn> = match form {
        Some(Form::Reflection) => vec![Turn::Simple, Turn::Complex],
        Some(Form::Amplified) => vec![Turn::Amplified],
        Some(Form::Question) => vec![Turn::OpenQ],
        _ => line.turns.iter().collect(),
    };
    let (predecessor, belief) = match line.place {
        Place::Next(before) => (before.map(|i| store.lines[i as usize].text.clone()), None),
        Place::Claim(b) | Place::Detail(b) | Place::Softened(b) => (None, Some(b)),
        _ => (None, None),
    };
    Pair {
        trainee: cue.map(|c| c.texts.clone()).unwrap_or_default(),
        form,
        reply: line.text.clone(),
        tag: line.tag,
        moves: turns,
        types: names(line.kinds),
        topics: line.topics.iter().map(|t| store.topics[t].name.clone()).collect(),
        predecessor,
        belief,
        source: store.source(line),
    }
}

fn names(kinds: Few) -> Vec<&'static str> {
    kinds.iter().map(|k| KINDS[k].1).collect()
}

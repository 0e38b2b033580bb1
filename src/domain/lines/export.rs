//! The lines as training pairs: exactly what the program chooses among, and what each answers.
//! Knows: the store, whose lines are whose. Never: files, training.

use serde::Serialize;

use crate::domain::lines::store::{Cue, Few, Form, KINDS, Line, Place, Store, kind_bit};
use crate::domain::lines::tag::{Tag, Turn};
use crate::domain::lines::template;
use crate::domain::lines::text::sentences;
use crate::domain::persona::Persona;

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
    /// The clients whose own it is; empty = nobody's.
    pub clients: Vec<String>,
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

pub(super) fn pairs<'a>(store: &'a Store, personas: &'a [&'a Persona]) -> impl Iterator<Item = Pair> + 'a {
    store.lines.iter().flat_map(move |line| {
        let cues = cues_of(store, line);
        let none = cues.is_empty().then_some(None);
        let cues = none.into_iter().chain(cues.into_iter().map(Some));
        cues.map(move |cue| for_owners(pair(store, line, cue), personas))
    })
}

/// A client's own line is for their type, on their topic.
fn for_owners(pair: Pair, personas: &[&Persona]) -> Pair {
    let owners: Vec<&&Persona> = personas.iter().filter(|p| pair.clients.contains(&p.id)).collect();
    if owners.is_empty() {
        return pair;
    }
    let types = owners.iter().filter_map(|p| kind_bit(p.kind)).fold(Few::default(), Few::with);
    let mut topics: Vec<String> = owners.iter().map(|p| p.topic.clone()).collect();
    topics.sort();
    topics.dedup();
    Pair { types: names(types), topics, ..pair }
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
    if let Place::More(thread) = line.place {
        return going_on(store, line, thread, cue);
    }
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
    let trainee = cue.map(|c| c.texts.clone()).unwrap_or_default();
    Pair { trainee, form, moves: turns, predecessor, belief, ..bare_pair(store, line) }
}

/// A line that goes on from others comes after one of them, and answers its question or what gives back the other's
/// first words.
fn going_on(store: &Store, line: &Line, thread: u32, cue: Option<&Cue>) -> Pair {
    let group = store.thread_of.iter().find(|(_, t)| **t == thread).map(|(cue, _)| *cue);
    let replies = store.lines.iter().filter(|l| group.is_some() && l.cue == group).map(|l| &l.text);
    let heads: Vec<&String> = store.threads[thread as usize].said.iter().chain(replies).collect();
    let at =
        |i: usize| heads.get((line.line_no as usize + i) % heads.len().max(1)).map(|head| (*head).clone());
    let given_back = at(1).into_iter().filter_map(|head| sentences(&head).first().map(|s| (*s).to_owned()));
    let (trainee, moves) = match cue {
        Some(cue) => (cue.texts.clone(), vec![Turn::ClosedQ, Turn::OpenQ]),
        None => (given_back.collect(), vec![Turn::Simple]),
    };
    Pair { trainee, form: Some(Form::Turn), moves, predecessor: at(0), ..bare_pair(store, line) }
}

/// What a line is by itself.
fn bare_pair(store: &Store, line: &Line) -> Pair {
    Pair {
        trainee: Vec::new(),
        form: None,
        reply: line.text.clone(),
        tag: line.tag,
        moves: Vec::new(),
        clients: line.clients.iter().map(|c| store.clients[c].id.clone()).collect(),
        types: names(line.kinds),
        topics: line.topics.iter().map(|t| store.topics[t].name.clone()).collect(),
        predecessor: None,
        belief: None,
        source: store.source(line),
    }
}

fn names(kinds: Few) -> Vec<&'static str> {
    kinds.iter().map(|k| KINDS[k].1).collect()
}

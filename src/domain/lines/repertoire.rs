//! What one client can say at all, whatever happens: the lines that were written for them, slots filled.
//! Knows: lines, personas. Never: what was said, what was meant, scores.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;

use crate::domain::lines::Banks;
use crate::domain::lines::history::Trace;
use crate::domain::lines::known::Known;
use crate::domain::lines::manner::SmallWords;
use crate::domain::lines::needs::{Profile, told_of};
use crate::domain::lines::slots::{Filling, Unfilling, is_word};
use crate::domain::lines::store::{Line, Store, kind_bit};
use crate::domain::lines::text::normal;
use crate::domain::persona::Persona;

/// One line in so many of those that anybody may say is a client's by preference.
const DEALT: u64 = 3;
/// So many clients' repertoires are kept, more than ship; one takes 2 or 3 MiB.
const KEPT: usize = 32;

/// A client's lines, and what their slots stand for.
#[derive(Debug)]
pub(super) struct Repertoire {
    pub profile: Profile,
    pub filling: Filling,
    pub unfilling: Unfilling,
    pub small: SmallWords,
    /// In the order of the banks.
    sayings: Vec<Saying>,
    /// What can be gone on from that no saying is: the thread, and how its lines are found again.
    pub told: Vec<(u32, Trace)>,
}

/// A line as its client says it.
#[derive(Debug)]
struct Saying {
    /// Its place among the lines of the store.
    line: u32,
    text: String,
    /// The text in normal form.
    normal: String,
    trace: Trace,
    /// Whether it is true of the client, and nothing that they never say.
    may_be_said: bool,
    /// It is anybody's, and another client says it by preference.
    is_another_s: bool,
}

/// A saying, and the line that it is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own<'a> {
    pub line: &'a Line,
    pub known: &'a Known,
    pub text: &'a str,
    pub normal: &'a str,
    pub trace: &'a Trace,
    pub is_another_s: bool,
}

impl Repertoire {
    fn of(banks: &Banks, persona: &Persona) -> Self {
        let store = &banks.store;
        let told = told_of(persona);
        let (topic, client) = (store.topic(&persona.topic), store.client(&persona.id));
        let kind = kind_bit(persona.kind);
        let things: &[String] = topic.map_or(&[], |t| &store.topics[t].things);
        let mut made = Self {
            profile: Profile::of(persona, &told, &banks.patterns),
            filling: Filling::of(persona, things, &told),
            unfilling: Unfilling::of(persona, things),
            small: SmallWords::of(&persona.manner),
            sayings: Vec::new(),
            told: Vec::new(),
        };
        let ours = store.lines.iter().zip(0..).filter(|(line, _)| {
            line.kinds.takes(kind) && line.topics.takes(topic) && line.clients.takes(client)
        });
        let ours: Vec<(&Line, u32)> = ours.collect();
        made.sayings =
            ours.into_par_iter().filter_map(|(line, i)| made.saying(banks, persona, line, i)).collect();
        for (thread, i) in store.threads.iter().zip(0..).filter(|(t, _)| t.clients.takes(client)) {
            let said = thread.said.iter().filter_map(|text| made.filling.fill(text));
            let traces: Vec<_> = said.map(|text| (i, Trace::of(&text, &made.small))).collect();
            made.told.extend(traces);
        }
        made
    }

    /// The line as this client says it; none where they have nothing to put in a slot.
    fn saying(&self, banks: &Banks, persona: &Persona, line: &Line, at: u32) -> Option<Saying> {
        let text = self.filling.fill(&line.text)?;
        let known = line.known(&banks.patterns);
        let normal = normal(&text);
        Some(Saying {
            line: at,
            trace: Trace::of_both(&text, &normal, &self.small),
            may_be_said: self.profile.allows(known.needs) && !is_never_said(persona, &text),
            is_another_s: line.is_anybodys() && !is_dealt(&persona.id, &line.text),
            text,
            normal,
        })
    }

    /// What the client may say, in the order of the banks.
    pub fn all<'a>(&'a self, banks: &'a Banks) -> impl Iterator<Item = Own<'a>> {
        self.sayings.iter().filter(|s| s.may_be_said).map(move |saying| {
            let line = &banks.store.lines[saying.line as usize];
            Own {
                line,
                known: line.known(&banks.patterns),
                text: &saying.text,
                normal: &saying.normal,
                trace: &saying.trace,
                is_another_s: saying.is_another_s,
            }
        })
    }

    /// What the client might have said, true of them or not: lines, and how each is found again.
    pub fn traces<'a>(&'a self, store: &'a Store) -> impl Iterator<Item = (&'a Line, &'a Trace)> {
        self.sayings.iter().map(|saying| (&store.lines[saying.line as usize], &saying.trace))
    }

    /// How the line at this place of the store is found again, if it is one of the client's.
    pub fn trace(&self, line: u32) -> Option<&Trace> {
        let at = self.sayings.binary_search_by_key(&line, |saying| saying.line).ok()?;
        Some(&self.sayings[at].trace)
    }
}

/// A client's repertoire, once it was asked for.
type Slot = Arc<OnceLock<Arc<Repertoire>>>;

/// The repertoires of the clients who spoke last, newest first.
#[derive(Debug, Default)]
pub(super) struct Repertoires(Mutex<Vec<(Persona, Slot)>>);

impl Repertoires {
    /// What `persona` can say, found out now where that was not done before.
    pub fn of(&self, banks: &Banks, persona: &Persona) -> Arc<Repertoire> {
        let slot = self.slot(persona);
        Arc::clone(slot.get_or_init(|| Arc::new(Repertoire::of(banks, persona))))
    }

    /// Who asks for another client does not wait for this one.
    fn slot(&self, persona: &Persona) -> Slot {
        // What a panic elsewhere left is a list all the same.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = match kept.iter().position(|(whose, _)| whose == persona) {
            Some(i) => kept.remove(i),
            None => (persona.clone(), Slot::default()),
        };
        let slot = Arc::clone(&found.1);
        kept.truncate(KEPT - 1);
        kept.insert(0, found);
        slot
    }
}

/// Whether `text` has words that the client never says.
pub(super) fn is_never_said(persona: &Persona, text: &str) -> bool {
    if persona.never.is_empty() {
        return false;
    }
    let text = text.to_lowercase();
    persona.never.iter().any(|word| {
        let word = word.to_lowercase();
        text.match_indices(&word).any(|(i, _)| !word.is_empty() && is_word(&text, i, i + word.len()))
    })
}

/// Whether a line of everybody's is one that this client says by preference.
fn is_dealt(id: &str, line: &str) -> bool {
    let mut hasher = DefaultHasher::new();
    (id, line).hash(&mut hasher);
    hasher.finish().is_multiple_of(DEALT)
}

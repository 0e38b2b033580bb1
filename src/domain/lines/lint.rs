//! What an author should look at: faults of a line, of two lines, of a bank.
//! Knows: the store, patterns, personas. Never: choosing, files.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::domain::lines::Banks;
use crate::domain::lines::needs::{Profile, told_of};
use crate::domain::lines::recall::After;
use crate::domain::lines::slots::{Filling, SLOTS};
use crate::domain::lines::store::{Few, Line, Place, Store, kind_bit};
use crate::domain::lines::tag::{Tag, Turn};
use crate::domain::lines::text::normal;
use crate::domain::persona::Persona;
use crate::domain::problem::{Problem, nearest};

/// The longest line, in words.
const MAX_WORDS: u16 = 45;
/// The likeness (Jaccard of letter trigrams) from which two lines are one.
const TOO_ALIKE: f32 = 0.85;
/// Lines shorter than this, in trigrams, are compared exactly only.
const MIN_TRIGRAMS: usize = 18;
/// What trainee templates may leave open besides a line's slots.
const TEMPLATE_SLOTS: [&str; 9] =
    ["{y}", "{ysus}", "{ychg}", "{amp}", "{adv}", "{info}", "{q}", "{cq}", "{ything}"];
/// The share of questions that a tag may have, in lines of a hundred.
const QUESTIONS_PER_HUNDRED: usize = 12;

/// Names that no file defines: found while parsing.
pub(super) fn references(store: &Store) -> Vec<Problem> {
    let undefined = store.topics.iter().filter(|t| !t.defined);
    undefined
        .map(|t| {
            let (file, line_no) = t.first;
            Problem::new(&store.files[file as usize], format!("topic `{}` has no @topic of its own", t.name))
                .at(line_no as usize)
                .hint("add topics/NAME.txt, or mend the name")
        })
        .collect()
}

/// See [`Banks::lint`].
pub(super) fn lint(banks: &Banks, personas: &[&Persona]) -> Vec<Problem> {
    let store = &banks.store;
    let mut problems = Vec::new();
    for line in &store.lines {
        problems.extend(line_faults(banks, line).into_iter().map(|m| at(store, line, m)));
    }
    problems.extend(template_faults(store));
    problems.extend(unfilled(banks, personas));
    problems.extend(nobodys(store, personas));
    problems.extend(unsaid(store, personas));
    problems.extend(doubles(store));
    problems.extend(questions(store));
    problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    problems
}

fn at(store: &Store, line: &Line, message: impl Into<String>) -> Problem {
    Problem::new(&store.files[line.file as usize], message).at(line.line_no as usize)
}

fn quoted(text: &str) -> String {
    format!("`{text}`")
}

fn line_faults(banks: &Banks, line: &Line) -> Vec<String> {
    let text = line.text.as_str();
    let mut out = Vec::new();
    if line.words() > MAX_WORDS {
        out.push(format!("{} words, {MAX_WORDS} at most: {}", line.words(), quoted(text)));
    }
    if let Some(slot) = unknown_slot(text, &[]) {
        out.push(format!("unknown slot {}", quoted(slot)));
    }
    if banks.patterns.is_therapist(text) {
        out.push(format!("speaks like a therapist: {}", quoted(text)));
    }
    if banks.patterns.breaks_role(text) {
        out.push(format!("leaves the role: {}", quoted(text)));
    }
    let crisis = banks.patterns.is_crisis(text) || line.turns.has(Turn::Crisis);
    if crisis && line.place != Place::Risk {
        out.push(format!("crisis words belong in risk.txt: {}", quoted(text)));
    }
    if has_pronoun_for_who(text) {
        out.push(format!("he or she after <who>, who may be neither: {}", quoted(text)));
    }
    if line.place == Place::Later(After::Named)
        && !["<who>", "<kid>", "<friend>", "<partner>"].iter().any(|s| text.contains(s))
    {
        out.push(format!("after somebody was named, and no slot says who: {}", quoted(text)));
    }
    if line.tag == Tag::Minimal && line.words() > 6 {
        out.push(format!("a minimal line of {} words: {}", line.words(), quoted(text)));
    }
    out
}

fn template_faults(store: &Store) -> Vec<Problem> {
    let mut out = Vec::new();
    for template in &store.templates {
        let problem = |message: String| {
            Problem::new(&store.files[template.file as usize], message).at(template.line_no as usize)
        };
        if let Some(slot) = unknown_slot(&template.text, &TEMPLATE_SLOTS) {
            out.push(problem(format!("unknown slot {}", quoted(slot))));
        }
        if template.text.matches('[').count() != template.text.matches(']').count() {
            out.push(problem(format!("a bracket is not closed: {}", quoted(&template.text))));
        }
    }
    out
}

/// The first slot in `text` that is not a line's, nor one of `more`.
fn unknown_slot<'t>(text: &'t str, more: &[&str]) -> Option<&'t str> {
    let start = text.find(['<', '{'])?;
    let rest = &text[start..];
    match SLOTS.iter().chain(more).find(|s| rest.starts_with(**s)) {
        Some(slot) => unknown_slot(&rest[slot.len()..], more),
        None => Some(rest.split_inclusive(['>', '}', ' ']).next().unwrap_or(rest).trim_end()),
    }
}

/// "<who> thinks he knows": the pronoun that comes right after, before any other person could.
fn has_pronoun_for_who(text: &str) -> bool {
    let Some((_, after)) = text.split_once("<who>") else { return false };
    let words = normal(after);
    words.split(' ').take(4).any(|w| matches!(w, "he" | "she" | "hes" | "shes" | "him" | "his"))
}

/// Lines with a slot that some client for whom they are meant cannot fill.
fn unfilled(banks: &Banks, personas: &[&Persona]) -> Vec<Problem> {
    let store = &banks.store;
    let mut out = Vec::new();
    for persona in personas {
        let told = told_of(persona);
        let topic = store.topic(&persona.topic);
        let things: &[String] = topic.map_or(&[], |t| &store.topics[t].things);
        let filling = Filling::of(persona, things, &told);
        let profile = Profile::of(persona, &told, &banks.patterns);
        let kind = kind_bit(persona.kind);
        for line in &store.lines {
            let own = line.clients.takes(store.client(&persona.id));
            let ours = own && line.kinds.takes(kind) && line.topics.takes(topic);
            if ours && profile.allows(line.known(&banks.patterns).needs) && filling.fill(&line.text).is_none()
            {
                out.push(at(store, line, format!("{} cannot say this: {}", persona.id, quoted(&line.text))));
            }
        }
    }
    out
}

/// Own lines of clients that there are not.
fn nobodys(store: &Store, personas: &[&Persona]) -> Vec<Problem> {
    let unknown = store.clients.iter().filter(|c| personas.iter().all(|p| p.id != c.id));
    unknown
        .map(|client| {
            let (file, line_no) = client.first;
            let hint = nearest(&client.id, personas.iter().map(|p| p.id.as_str()));
            Problem::new(&store.files[file as usize], format!("there is no client `{}`", client.id))
                .at(line_no as usize)
                .hint(hint.map_or_else(
                    || "`@client` wants the id of a persona file".to_owned(),
                    |id| format!("did you mean `{id}`?"),
                ))
        })
        .collect()
}

/// Lines that are gone on from and that no client says.
fn unsaid(store: &Store, personas: &[&Persona]) -> Vec<Problem> {
    let mut out = Vec::new();
    for thread in &store.threads {
        let whose = || personas.iter().filter(|p| thread.clients.takes(store.client(&p.id)));
        let told = || whose().flat_map(|p| p.openings.iter().chain(p.facts.iter().flat_map(|f| &f.say)));
        let lines = || store.lines.iter().filter(|l| l.clients == thread.clients).map(|l| &l.text);
        let said = |text: &&String| told().chain(lines()).any(|known| normal(known) == normal(text));
        let (file, line_no) = thread.first;
        for text in thread.said.iter().filter(|text| !said(text)) {
            let message = format!("nobody says {}, which is gone on from here", quoted(text));
            out.push(Problem::new(&store.files[file as usize], message).at(line_no as usize));
        }
    }
    out
}

/// The same line twice, and lines that differ by a letter or a word. What a client's own lines have in
/// common with others is no fault: they are said by that one alone.
fn doubles(store: &Store) -> Vec<Problem> {
    let mut first: HashMap<(Few, String), &Line> = HashMap::new();
    let mut distinct: Vec<(&Line, String)> = Vec::new();
    let mut out = Vec::new();
    for line in &store.lines {
        let key = (line.clients, normal(&line.text));
        match first.get(&key) {
            // One or two words are anybody's.
            Some(before) if line.words() > 2 => {
                out.push(at(
                    store,
                    line,
                    format!("said already in {}: {}", store.source(before), quoted(&line.text)),
                ));
            }
            Some(_) => {}
            None => {
                distinct.push((line, key.1.clone()));
                first.insert(key, line);
            }
        }
    }
    for (a, b) in near_doubles(&distinct) {
        let message = format!("nearly the same as {}: {}", store.source(a), quoted(&b.text));
        out.push(at(store, b, message));
    }
    out
}

/// Pairs of one client's lines more alike than [`TOO_ALIKE`], the earlier line first. Two such lines are about
/// as long and share one of their rarest trigrams, so only lines that do are compared, the short ones first.
fn near_doubles<'a>(lines: &[(&'a Line, String)]) -> Vec<(&'a Line, &'a Line)> {
    let grams: Vec<Trigrams> = lines.iter().map(|(_, key)| Trigrams::of(key)).collect();
    let mut seen_in: HashMap<u32, u32> = HashMap::new();
    for gram in grams.iter().flat_map(|set| &set.sorted) {
        *seen_in.entry(*gram).or_default() += 1;
    }
    let size = |i: usize| grams[i].sorted.len();
    let mut long_enough: Vec<usize> = (0..lines.len()).filter(|i| size(*i) >= MIN_TRIGRAMS).collect();
    long_enough.sort_by_key(|i| size(*i));
    let mut by_gram: HashMap<(Few, u32), VecDeque<usize>> = HashMap::new();
    let mut met = vec![usize::MAX; lines.len()];
    let mut out = Vec::new();
    for i in long_enough {
        let least = (TOO_ALIKE * size(i) as f32) as usize;
        let mut rarest: Vec<(u32, u32)> = grams[i].sorted.iter().map(|g| (seen_in[g], *g)).collect();
        rarest.sort_unstable();
        rarest.truncate(size(i) - least);
        for (_, gram) in rarest {
            let sharing = by_gram.entry((lines[i].0.clients, gram)).or_default();
            while sharing.front().is_some_and(|j| size(*j) < least) {
                sharing.pop_front();
            }
            for j in sharing.iter().copied() {
                let is_new = std::mem::replace(&mut met[j], i) != i;
                if is_new && grams[i].is_like(&grams[j]) {
                    out.push((i.max(j), i.min(j)));
                }
            }
            sharing.push_back(i);
        }
    }
    out.sort_unstable();
    out.into_iter().map(|(later, earlier)| (lines[earlier].0, lines[later].0)).collect()
}

/// The letter trigrams of a text.
struct Trigrams {
    /// Each once.
    sorted: Vec<u32>,
    /// A bit for each, which some share.
    bits: u128,
}

impl Trigrams {
    fn of(text: &str) -> Self {
        let gram = |w: &[u8]| u32::from(w[0]) << 16 | u32::from(w[1]) << 8 | u32::from(w[2]);
        let mut sorted: Vec<u32> = text.as_bytes().windows(3).map(gram).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let bit = |gram: &u32| 1 << (gram.wrapping_mul(0x9E37_79B1) >> 25);
        let bits = sorted.iter().fold(0, |bits, gram| bits | bit(gram));
        Self { sorted, bits }
    }

    /// Whether the two are more alike (Jaccard) than [`TOO_ALIKE`].
    fn is_like(&self, other: &Self) -> bool {
        let (a, b) = (&self.sorted, &other.sorted);
        let too_many = (a.len() + b.len()) as f32 * (1.0 - TOO_ALIKE) / (1.0 + TOO_ALIKE);
        // A bit that one alone has is a trigram that one alone has.
        if (self.bits ^ other.bits).count_ones() as f32 >= too_many {
            return false;
        }
        let (mut i, mut j, mut both) = (0, 0, 0);
        while i < a.len() && j < b.len() {
            let (x, y) = (a[i], b[j]);
            both += usize::from(x == y);
            i += usize::from(x <= y);
            j += usize::from(y <= x);
        }
        ((a.len() + b.len() - 2 * both) as f32) < too_many
    }
}

/// Tags of which too many lines end in a question.
fn questions(store: &Store) -> Vec<Problem> {
    let mut counts: BTreeMap<(u16, Tag), (usize, usize)> = BTreeMap::new();
    for line in &store.lines {
        let count = counts.entry((line.file, line.tag)).or_default();
        count.0 += usize::from(line.text.ends_with('?'));
        count.1 += 1;
    }
    let asks = |tag: Tag| matches!(tag, Tag::Test | Tag::Attack | Tag::Deflect | Tag::Warn);
    counts
        .into_iter()
        .filter(|((_, tag), (asked, all))| {
            !asks(*tag) && *all >= 25 && asked * 100 > all * QUESTIONS_PER_HUNDRED
        })
        .map(|((file, tag), (asked, all))| {
            let message = format!("{asked} of {all} `{}` lines are questions", tag.as_str());
            Problem::new(&store.files[file as usize], message)
                .hint("at most one in eight, except for test and attack")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_is_what_shares_more_than_its_share_of_trigrams() {
        let line = "nobody in that house has ever asked me what i would want to do about it";
        let words: Vec<&str> = line.split(' ').collect();
        let jaccard = |a: &Trigrams, b: &Trigrams| {
            let both = a.sorted.iter().filter(|g| b.sorted.contains(g)).count();
            both as f32 / (a.sorted.len() + b.sorted.len() - both) as f32
        };
        let whole = Trigrams::of(line);
        let mut found = [0; 2];
        for (from, to) in (0..words.len()).flat_map(|from| (from + 1..=words.len()).map(move |to| (from, to)))
        {
            let left = [&words[..from], &words[to..]].concat().join(" ");
            let part = Trigrams::of(&left);
            let alike = jaccard(&whole, &part) > TOO_ALIKE;
            assert_eq!(whole.is_like(&part), alike, "{left}");
            assert_eq!(part.is_like(&whole), alike, "{left}");
            found[usize::from(alike)] += 1;
        }
        assert!(found.iter().all(|n| *n > 10), "{found:?}");
    }
}

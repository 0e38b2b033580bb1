//! Which lines this client may say now, best first.
//! Knows: lines, persona, history, scores, dice. Never: why the action was chosen, files, the engine.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::domain::action::Action;
use crate::domain::dice::Dice;
use crate::domain::lines::history::History;
use crate::domain::lines::index::likeness;
use crate::domain::lines::needs::{Profile, Scope, told_of};
use crate::domain::lines::recall::{After, suits};
use crate::domain::lines::score::{Scorer, likeness_of};
use crate::domain::lines::slots::{Filling, Unfilling, is_word};
use crate::domain::lines::splice::{Part, Splicer, Whole, behind, belief_of, may_follow, shortened};
use crate::domain::lines::store::{Known, Line, Place, kind_bit};
use crate::domain::lines::tag::{Shade, Tag, Turn, Turns, Want, instead, last_resort, wants};
use crate::domain::lines::text::{normal, word_count};
use crate::domain::lines::thread::Live;
use crate::domain::lines::turn::{Reading, Said};
use crate::domain::lines::weights::Evidence;
use crate::domain::lines::{Banks, Candidate, Query};
use crate::domain::persona::{Fact, Persona};

/// What each later group of tags costs …
const GROUP_STEP: f32 = 0.05;
/// … and a line that does something else than was meant: where something is asked, and where not.
const DEPARTS_ASKED: f32 = 0.04;
const DEPARTS: f32 = 0.1;
/// From this score on a client's own answer comes instead of a fact.
const ANSWERS: f32 = 0.7;
/// What an answer that holds anywhere costs beside one that answers this …
const EVASIVE: f32 = 0.05;
/// … more, where a what or a who is asked and it would answer any question …
const UNAPT: f32 = 0.05;
/// … and for each of the client's last replies that was one: nobody evades for ever.
const EVADED: f32 = 0.03;
/// … and how many replies these are.
const EVADED_WITHIN: usize = 3;
/// One line in so many of those that anybody may say is a client's by preference …
const DEALT: u64 = 3;
/// … and what the others cost: two clients should not answer a trainee alike.
const UNDEALT_COST: f32 = 0.07;
/// A minimal line may come again after so many of the client's turns.
const MINIMAL_AGAIN: usize = 8;
/// What the first words of a recent reply cost.
const SAME_OPENING: f32 = 0.1;
/// The most that a length far from the wish costs.
const LENGTH_COST: f32 = 0.2;
/// How far chance moves a score.
const CHANCE: f32 = 0.05;
/// Replies before which nothing can have been said already.
const REFERS_BACK_FROM: usize = 3;
/// Looking back is drawn apart from everything else of a turn.
const RECALL_SALT: u64 = 0x7265_6361;
/// What it costs to begin a fact with another than its first line.
const NOT_FIRST: f32 = 0.1;
/// So many times more lines than are asked for are brought to length before the best are taken.
const LONGLIST: usize = 2;

/// See [`Banks::eligible`].
pub(super) fn eligible(banks: &Banks, persona: &Persona, query: &Query<'_>) -> Vec<Candidate> {
    let told = told_of(persona);
    let topic = banks.store.topic(&persona.topic);
    let things: &[String] = topic.map_or(&[], |t| &banks.store.topics[t].things);
    let filling = Filling::of(persona, things, &told);
    let unfilling = Unfilling::of(persona, things);
    let said = Said {
        moves: query.moves,
        apology: query.apology,
        trainee: query.trainee,
        before: query.trainee_said,
        last: query.said.last().map_or("", String::as_str),
    };
    let reading = Reading::of(said, &unfilling, &banks.store.lexicon, &banks.patterns);
    let history = History::of(query.said, &persona.manner);
    let client = banks.store.client(&persona.id);
    let kind = kind_bit(persona.kind);
    let ours = |line: &Line| is_for(line, kind, topic, client);
    let live = Live::of(&banks.store, &history, &filling, &ours);
    let scene = Scene {
        banks,
        persona,
        query,
        topic,
        client,
        profile: Profile::of(persona, &told, &banks.patterns),
        scorer: Scorer::new(&banks.store, &reading, &history, &filling, topic, live),
        evaded: evaded(banks, &filling, &history, &ours),
        filling: &filling,
        unfilling: &unfilling,
        reading: &reading,
        history: &history,
    };
    let found = match query.fact {
        Some(fact) if !reading.risk => scene.telling(fact),
        _ => Vec::new(),
    };
    let found = if found.is_empty() && !reading.risk { scene.remembered() } else { found };
    let found = if found.is_empty() { scene.gather() } else { found };
    scene.finish(found)
}

/// See [`Banks::read_ahead`].
pub(super) fn read_ahead(banks: &Banks, persona: &Persona) {
    let (store, kind) = (&banks.store, kind_bit(persona.kind));
    let (topic, client) = (store.topic(&persona.topic), store.client(&persona.id));
    for line in store.lines.iter().filter(|line| is_for(line, kind, topic, client)) {
        line.known(&banks.patterns, &store.lexicon);
        if let Some(cue) = line.cue {
            store.cues[cue as usize].gists(&store.lexicon);
        }
    }
}

/// How many of the client's last replies were answers that hold anywhere.
fn evaded(banks: &Banks, filling: &Filling, history: &History<'_>, ours: &dyn Fn(&Line) -> bool) -> usize {
    let lines = banks.store.lines.iter().filter(|l| l.place == Place::Anywhere && ours(l));
    let ago = lines.filter_map(|l| history.turns_since(&filling.fill(&l.text)?));
    ago.filter(|turns| *turns <= EVADED_WITHIN).collect::<HashSet<_>>().len()
}

/// Which lines may serve.
type Filter<'f> = &'f dyn Fn(&Line) -> bool;

/// A candidate on its way.
#[derive(Clone, Debug)]
struct Found {
    text: String,
    source: String,
    tag: Tag,
    score: f32,
    /// Where it stands in the banks, unless it is an echo or a fact.
    place: Option<Place>,
    /// It is the client's own.
    is_own: bool,
    /// What its score was weighed from.
    evidence: Option<Evidence>,
}

/// How strictly the history is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    /// Nothing twice.
    Never,
    /// A minimal line that was said long enough ago.
    Minimal,
    /// Whatever was said longest ago.
    Oldest,
}

struct Scene<'a> {
    banks: &'a Banks,
    persona: &'a Persona,
    query: &'a Query<'a>,
    topic: Option<usize>,
    /// Who speaks, if they have lines of their own.
    client: Option<usize>,
    profile: Profile,
    scorer: Scorer<'a>,
    /// See [`evaded`].
    evaded: usize,
    filling: &'a Filling,
    unfilling: &'a Unfilling,
    reading: &'a Reading,
    history: &'a History<'a>,
}

impl Scene<'_> {
    /// Every line that does what was meant, or what the client may do instead; then what is left to try.
    fn gather(&self) -> Vec<Found> {
        let mut found = self.lines_of(|line| self.cost(line), Again::Never);
        if !self.reading.risk {
            for (group, step) in wants(self.query.action, self.persona.kind).iter().zip(0u8..) {
                let cost = GROUP_STEP * f32::from(step);
                found.extend(self.echoes(group).into_iter().map(|f| Found { score: f.score - cost, ..f }));
            }
        }
        if found.is_empty() { self.makeshift() } else { found }
    }

    /// What it costs that the line does what it does; none where it must not be said.
    fn cost(&self, line: &Line) -> Option<f32> {
        let (action, groups) = (self.query.action, wants(self.query.action, self.persona.kind));
        let evaded = if line.place == Place::Anywhere { self.evasive(line) } else { 0.0 };
        if let Some(step) = groups.iter().position(|group| self.serves(line, group)) {
            return Some(GROUP_STEP * step as f32 + evaded);
        }
        // A "may I" is answered by that, and by nothing else.
        let bound = self.reading.risk || self.reading.turns.has(Turn::Permission);
        let departs = if self.reading.asks() { DEPARTS_ASKED } else { DEPARTS };
        (!bound && instead(action).contains(&line.tag)).then_some(departs + evaded)
    }

    /// What it costs to evade.
    fn evasive(&self, line: &Line) -> f32 {
        let unapt = self.reading.asks_what && !line.turns.meets(Turns::of(&Turn::ASKS_WHAT));
        EVASIVE + EVADED * self.evaded as f32 + if unapt { UNAPT } else { 0.0 }
    }

    /// What the client tells of themselves, where it is plainly what was asked for.
    fn own_answers(&self) -> impl Iterator<Item = Found> {
        let tells = |line: &Line| line.is_own() && line.tag == Tag::Inform;
        let own = self.lines_of(|line| tells(line).then_some(0.0), Again::Never);
        own.into_iter().filter(|f| f.score >= ANSWERS)
    }

    fn makeshift(&self) -> Vec<Found> {
        let near = last_resort(self.query.action);
        let wanted = |line: &Line| {
            let groups = wants(self.query.action, self.persona.kind);
            groups.iter().any(|g| g.iter().any(|w| w.0 == line.tag))
        };
        let tries: [(Filter<'_>, Again); 6] = [
            (&|line| near.contains(&line.tag), Again::Never),
            (&|line| line.tag == Tag::Minimal, Again::Minimal),
            (&|line| line.place != Place::Exit, Again::Never),
            (&wanted, Again::Oldest),
            (&|line| near.contains(&line.tag), Again::Oldest),
            (&|line| line.place != Place::Exit, Again::Oldest),
        ];
        let mut all = tries.iter().map(|(serves, again)| self.lines_of(|l| serves(l).then_some(0.0), *again));
        all.find(|found| !found.is_empty()).unwrap_or_default()
    }

    fn known<'l>(&self, line: &'l Line) -> &'l Known {
        line.known(&self.banks.patterns, &self.banks.store.lexicon)
    }

    fn serves(&self, line: &Line, group: &[Want]) -> bool {
        let shaded =
            |shade: Option<Shade>| shade.is_none_or(|s| self.banks.patterns.has_shade(&line.text, s));
        group.iter().any(|Want(tag, shade)| *tag == line.tag && shaded(*shade))
    }

    /// Whether it was written for this client, their type and topic.
    fn is_for_us(&self, line: &Line) -> bool {
        is_for(line, kind_bit(self.persona.kind), self.topic, self.client)
    }

    /// Every line that has a `cost`, is true of the persona, fits the turn and is not said again.
    fn lines_of(&self, cost: impl Fn(&Line) -> Option<f32>, again: Again) -> Vec<Found> {
        let mut out = Vec::new();
        for line in &self.banks.store.lines {
            let for_us = self.is_for_us(line);
            let in_list = self.reading.risk == (line.place == Place::Risk);
            if !for_us || !in_list || self.is_stale(line) || self.is_too_long(line) {
                continue;
            }
            let Some(cost) = cost(line) else { continue };
            let known = self.known(line);
            let Some(fit) = self.scorer.fit(line, &known.own).filter(|_| self.profile.allows(known.needs))
            else {
                continue;
            };
            let Some(text) = self.filling.fill(&line.text).filter(|t| !self.is_never_said(t)) else {
                continue;
            };
            let Some(score) = self.allowed_again(&text, fit.score - cost, again) else { continue };
            let is_another_s = line.is_anybodys() && again == Again::Never && !self.is_dealt(&line.text);
            let score = if is_another_s { score - UNDEALT_COST } else { score };
            let (source, place) = (self.banks.store.source(line), Some(line.place));
            let (tag, is_own, evidence) = (line.tag, line.is_own(), fit.evidence);
            out.push(Found { text, source, tag, score, place, is_own, evidence });
        }
        out
    }

    /// Whether a line of everybody's is one that this client says by preference.
    fn is_dealt(&self, line: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        (&self.persona.id, line).hash(&mut hasher);
        hasher.finish().is_multiple_of(DEALT)
    }

    /// The score, if the history lets `text` be said.
    fn allowed_again(&self, text: &str, score: f32, again: Again) -> Option<f32> {
        match again {
            Again::Never => (!self.history.repeats(text)).then_some(score),
            Again::Minimal => {
                self.history.turns_since(text).is_none_or(|n| n >= MINIMAL_AGAIN).then_some(score)
            }
            Again::Oldest => {
                let ago = self.history.turns_since(text).unwrap_or(self.history.len());
                Some(ago as f32 / (self.history.len() + 1) as f32)
            }
        }
    }

    /// The lines that may stand behind another one now.
    fn parts(&self) -> Vec<Part<'_>> {
        let tags = behind(self.query.action);
        let mut out = Vec::new();
        for line in &self.banks.store.lines {
            let stands_free = match line.place {
                Place::Voice => line.turns.is_empty(),
                Place::Claim(_) | Place::Detail(_) | Place::Plan => true,
                _ => false,
            };
            if !stands_free
                || !self.is_for_us(line)
                || !tags.contains(&line.tag)
                || !may_follow(&line.text, line.place)
            {
                continue;
            }
            let known = self.known(line);
            let text = self.filling.fill(&line.text).filter(|t| !self.is_never_said(t));
            let text = text.filter(|t| self.profile.allows(known.needs) && !self.history.repeats(t));
            out.extend(text.map(|text| Part {
                normal: normal(&text),
                words: line.words(),
                text,
                source: self.banks.store.source(line),
                place: line.place,
                near: likeness(self.reading.heard.all(), &known.own),
                own: &known.own,
            }));
        }
        out
    }

    /// Lines that take up a word of the trainee's.
    fn echoes(&self, group: &[Want]) -> Vec<Found> {
        let mut out = Vec::new();
        for (rule, text) in self.banks.echo.lines(self.query.trainee, self.reading.turns) {
            let serves = group.contains(&Want(rule.tag, None));
            let Some(text) = self.filling.fill(&text).filter(|t| serves && !self.is_never_said(t)) else {
                continue;
            };
            let scope = Scope { some_kinds: false, some_topics: false };
            if self.profile.allows(self.banks.patterns.needs_of(&rule.text, scope))
                && !self.history.repeats(&text)
            {
                out.push(Found {
                    text,
                    source: format!("{}:{}", rule.file, rule.line_no),
                    tag: rule.tag,
                    score: 0.5,
                    place: None,
                    is_own: false,
                    evidence: None,
                });
            }
        }
        out
    }

    /// The fact, or, where something is asked that has an answer of its own, that.
    fn telling(&self, fact: &Fact) -> Vec<Found> {
        let mut found = self.fact_lines(fact);
        if self.reading.asks() {
            found.extend(self.own_answers());
        }
        found
    }

    /// The fact's own lines, best match first; a later one, which may need the first, at a cost while none was said.
    fn fact_lines(&self, fact: &Fact) -> Vec<Found> {
        let lines: Vec<String> = fact.say.iter().filter_map(|line| self.filling.fill(line)).collect();
        let begun = lines.iter().any(|text| self.history.turns_since(text).is_some());
        let found = lines.into_iter().enumerate().filter(|(_, text)| !self.history.repeats(text));
        found
            .map(|(i, text)| Found {
                score: 0.6 + 0.4 * likeness_of(&text, self.reading, &self.banks.store.lexicon)
                    - if i > 0 && !begun { NOT_FIRST } else { 0.0 },
                source: format!("{}:{}", self.persona.id, fact.id),
                tag: Tag::Disclose,
                place: None,
                is_own: true,
                evidence: None,
                text,
            })
            .collect()
    }

    /// Whether it is somebody's of more words: a line of their type for one who says three words at a time.
    fn is_too_long(&self, line: &Line) -> bool {
        let most = self.persona.words.high + self.persona.words.high / 2 + 4;
        !line.is_own()
            && !matches!(line.place, Place::Next(_) | Place::Risk | Place::Exit)
            && line.words() > most
    }

    /// "Like I said", where nothing was.
    fn is_stale(&self, line: &Line) -> bool {
        let early =
            self.history.len() < REFERS_BACK_FROM && !matches!(line.place, Place::Next(_) | Place::More(_));
        early && self.banks.patterns.refers_back(&line.text)
    }

    /// Lines that take up something from earlier, where it is time for that and nothing is asked.
    fn remembered(&self) -> Vec<Found> {
        if self.reading.asks() {
            return Vec::new();
        }
        let lines = || self.banks.store.lines.iter().filter(|l| self.is_for_us(l));
        let of = |line: &Line, after: After| line.place == Place::Later(after);
        let since = |after: After, turns: usize| {
            let texts = lines().filter(|l| of(l, after)).filter_map(|l| self.filling.fill(&l.text));
            texts.into_iter().any(|text| self.history.said_within(&text, turns))
        };
        let mut dice = Dice::for_turn(self.query.dice.clone().next_u64(), RECALL_SALT);
        let Some(due) = self.query.recall.due(&since, &mut dice) else { return Vec::new() };
        let mut out = Vec::new();
        for line in lines().filter(|l| of(l, due.after) && suits(l.tag, self.query.action)) {
            let of_kind = line.turns.is_empty() || line.turns.meets(due.turns);
            let named =
                due.after != After::Named || self.unfilling.named(&line.text, self.query.trainee_said);
            if !of_kind || !named || !self.profile.allows(self.known(line).needs) {
                continue;
            }
            let text = self.filling.fill(&line.text).filter(|t| !self.is_never_said(t));
            let source = self.banks.store.source(line);
            let score = if line.turns.is_empty() { 0.6 } else { 0.7 };
            let (place, is_own) = (Some(line.place), line.is_own());
            let found = |text| Found { text, source, tag: line.tag, score, place, is_own, evidence: None };
            out.extend(text.filter(|t| !self.history.repeats(t)).map(found));
        }
        out
    }

    fn is_never_said(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.persona.never.iter().any(|word| {
            let word = word.to_lowercase();
            text.match_indices(&word).any(|(i, _)| !word.is_empty() && is_word(&text, i, i + word.len()))
        })
    }

    /// What is done by a line that is written as `tag`: what was meant, if that is what the tag serves. Who answers a plain
    /// question tells, who evades one goes along, who will not go into it turns away, and who looks back does what the line says.
    fn does(&self, tag: Tag, place: Option<Place>, text: &str) -> Action {
        let meant = self.query.action;
        let mut served = wants(meant, self.persona.kind).iter().flat_map(|group| group.iter());
        match place {
            _ if matches!(meant, Action::Warn | Action::Leave) => meant,
            Some(Place::Anywhere) if meant != Action::Withdraw && self.refuses(tag, text) => Action::Deflect,
            Some(Place::Anywhere) if tag == Tag::Inform => Action::Engage,
            Some(Place::Later(After::Slight)) if tag == Tag::Argue => Action::Challenge,
            Some(Place::Later(_)) => tag.action(),
            _ if served.any(|want| want.0 == tag) => meant,
            _ => tag.action(),
        }
    }

    /// Whether an evasion written as `tag` says that the client will not go into it.
    fn refuses(&self, tag: Tag, text: &str) -> bool {
        matches!(tag, Tag::Inform | Tag::Minimal | Tag::YesBut)
            && self.banks.patterns.has_shade(text, Shade::Refusing)
    }

    /// Openings and chance; lines put together or cut to the length wished for; each text once;
    /// best first.
    fn finish(&self, found: Vec<Found>) -> Vec<Candidate> {
        let mut dice = self.query.dice.clone();
        let weighed = found.into_iter().map(|f| {
            let chance = CHANCE * dice.unit();
            let opening = if self.history.opens_alike(&f.text) { SAME_OPENING } else { 0.0 };
            Found { score: f.score + chance - opening, ..f }
        });
        let mut best: HashMap<String, Found> = HashMap::new();
        for f in weighed {
            let old = best.entry(normal(&f.text)).or_insert_with(|| f.clone());
            if old.score < f.score {
                *old = f;
            }
        }
        let mut found: Vec<Found> = best.into_values().collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.text.cmp(&b.text)));
        found.truncate(self.query.limit.saturating_mul(LONGLIST));
        let mut out = self.to_length(found);
        out.sort_by(|a, b| b.prior.total_cmp(&a.prior).then_with(|| a.text.cmp(&b.text)));
        out.truncate(self.query.limit);
        out
    }

    /// Each line at the length wished for, as near as may be.
    fn to_length(&self, found: Vec<Found>) -> Vec<Candidate> {
        let wished = self.query.words;
        let is_plain = self.query.fact.is_some() || self.reading.risk;
        let argues = self.query.action.is_sustain() || self.query.action.is_discord();
        // What answers a question has said what there is to say.
        let longer = !is_plain && !self.reading.asks() && found.iter().any(|f| word_count(&f.text) < wished);
        let splicer = Splicer {
            parts: if longer { self.parts() } else { Vec::new() },
            lexicon: &self.banks.store.lexicon,
            wished,
            // "Plus," argues.
            links: if argues { &self.persona.manner.links } else { &[] },
        };
        let mut out: Vec<Candidate> = Vec::with_capacity(found.len());
        for (f, i) in found.into_iter().zip(0..) {
            let dice = Dice::for_turn(self.query.dice.clone().next_u64(), i);
            let first = Whole { belief: f.place.and_then(belief_of), text: f.text, source: f.source };
            let may_be_cut = f.tag.may_be_cut() && f.place != Some(Place::Anywhere);
            let keep = is_plain || wished == 0 || !may_be_cut;
            let cut = if keep { None } else { shortened(&first.text, wished) };
            let whole = match cut.filter(|text| !self.history.repeats(text)) {
                Some(text) => Whole { text, ..first },
                // Nothing comes behind a look back, an evasion, or what goes on already.
                None if f.is_own
                    || matches!(f.place, Some(Place::Later(_) | Place::Anywhere | Place::More(_))) =>
                {
                    first
                }
                None => splicer.lengthened(first, dice),
            };
            let prior = (f.score - length_cost(word_count(&whole.text), wished)).clamp(0.0, 1.0);
            let does = self.does(f.tag, f.place, &whole.text);
            let evidence = f.evidence;
            out.push(Candidate { text: whole.text, source: whole.source, tag: f.tag, does, prior, evidence });
        }
        out
    }
}

/// Whether `line` was written for such a client.
fn is_for(line: &Line, kind: Option<usize>, topic: Option<usize>, client: Option<usize>) -> bool {
    line.kinds.takes(kind) && line.topics.takes(topic) && line.clients.takes(client)
}

/// What a reply of `words` words costs where `wished` were wished for: nothing within a factor of 1.5 or so.
fn length_cost(words: u16, wished: u16) -> f32 {
    if wished == 0 {
        return 0.0;
    }
    let factor = (f32::from(words.max(1)) / f32::from(wished)).ln().abs();
    ((factor - 0.3).max(0.0) * 0.1).min(LENGTH_COST)
}

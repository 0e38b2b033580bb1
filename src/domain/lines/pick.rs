//! Which lines this client may say now, best first.
//! Knows: lines, persona, history, scores, dice. Never: why the action was chosen, files, the engine.

use std::borrow::Cow;
use std::collections::HashSet;

use rayon::prelude::*;

use crate::domain::action::Action;
use crate::domain::dice::Dice;
use crate::domain::lines::echo::Rule;
use crate::domain::lines::history::{History, Trace};
use crate::domain::lines::index::likeness;
use crate::domain::lines::needs::Scope;
use crate::domain::lines::recall::{After, suits};
use crate::domain::lines::repertoire::{Own, Repertoire, is_never_said};
use crate::domain::lines::score::{Fit, Scorer, likeness_of};
use crate::domain::lines::splice::{Part, Splicer, Whole, behind, belief_of, shortened};
use crate::domain::lines::store::{Line, Place, Store};
use crate::domain::lines::tag::{Shade, Tag, Turn, Turns, Want, instead, last_resort, wants};
use crate::domain::lines::text::{normal, word_count};
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
/// What an answer that holds anywhere, and that anybody may give, costs beside one that answers this …
const EVASIVE: f32 = 0.05;
/// … more, where a what or a who is asked and it would answer any question …
const UNAPT: f32 = 0.05;
/// … and for each of the client's last replies that was one: nobody evades for ever.
const EVADED: f32 = 0.03;
/// … and how many replies these are.
const EVADED_WITHIN: usize = 3;
/// What a line costs that anybody may say and another client says by preference: two clients should not answer
/// a trainee alike.
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
    let repertoire = &*banks.repertoires.of(banks, persona);
    let said = Said {
        moves: query.moves,
        apology: query.apology,
        trainee: query.trainee,
        before: query.trainee_said,
        last: query.said.last().map_or("", String::as_str),
    };
    let reading = Reading::of(said, &repertoire.unfilling, &banks.store.lexicon, &banks.patterns);
    let history = History::of(query.said, &repertoire.small);
    let scene = Scene {
        banks,
        persona,
        query,
        scorer: Scorer::new(&banks.store, &reading, &history, repertoire),
        evaded: evaded(&banks.store, &history, repertoire),
        repertoire,
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
    let store = &banks.store;
    let repertoire = banks.repertoires.of(banks, persona);
    let lines: Vec<Own<'_>> = repertoire.all(banks).collect();
    lines.into_par_iter().for_each(|Own { line, known, .. }| {
        for cue in store.cues_of(line) {
            cue.gists(&store.lexicon);
        }
        if known.may_follow {
            line.vector(&store.lexicon);
        }
    });
}

/// How many of the client's last replies were answers that hold anywhere.
fn evaded(store: &Store, history: &History<'_>, repertoire: &Repertoire) -> usize {
    let anywhere = repertoire.traces(store).filter(|(line, _)| line.place == Place::Anywhere);
    let ago = anywhere.filter_map(|(_, trace)| history.turns_since(trace));
    ago.filter(|turns| *turns <= EVADED_WITHIN).collect::<HashSet<_>>().len()
}

/// Which lines may serve.
type Filter<'f> = &'f dyn Fn(Own<'_>) -> bool;

/// A candidate on its way.
#[derive(Clone, Debug)]
struct Found<'a> {
    text: Cow<'a, str>,
    /// The text in normal form.
    normal: Cow<'a, str>,
    trace: Cow<'a, Trace>,
    source: Source<'a>,
    tag: Tag,
    score: f32,
    /// Where it stands in the banks, unless it is an echo or a fact.
    place: Option<Place>,
    /// It is the client's own.
    is_own: bool,
    /// What its score was weighed from.
    evidence: Option<Evidence>,
}

/// Where a candidate comes from.
#[derive(Clone, Copy, Debug)]
enum Source<'a> {
    Line(&'a Line),
    Echo(&'a Rule),
    Fact(&'a Fact),
}

impl<'a> Found<'a> {
    /// A line as the client says it.
    fn saying(own: Own<'a>, fit: Fit) -> Self {
        Self {
            text: own.text.into(),
            normal: own.normal.into(),
            trace: Cow::Borrowed(own.trace),
            source: Source::Line(own.line),
            tag: own.line.tag,
            score: fit.score,
            place: Some(own.line.place),
            is_own: own.line.is_own(),
            evidence: fit.evidence,
        }
    }
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
    scorer: Scorer<'a>,
    /// See [`evaded`].
    evaded: usize,
    repertoire: &'a Repertoire,
    reading: &'a Reading,
    history: &'a History<'a>,
}

impl<'a> Scene<'a> {
    /// Every line that does what was meant, or what the client may do instead; then what is left to try.
    fn gather(&self) -> Vec<Found<'a>> {
        let mut found = self.lines_of(|own| self.cost(own), Again::Never);
        if !self.reading.risk {
            for (group, step) in wants(self.query.action, self.persona.kind).iter().zip(0u8..) {
                let cost = GROUP_STEP * f32::from(step);
                found.extend(self.echoes(group).into_iter().map(|f| Found { score: f.score - cost, ..f }));
            }
        }
        if found.is_empty() { self.makeshift() } else { found }
    }

    /// What it costs that the line does what it does; none where it must not be said.
    fn cost(&self, own: Own<'_>) -> Option<f32> {
        let (action, groups) = (self.query.action, wants(self.query.action, self.persona.kind));
        let evaded = if own.line.place == Place::Anywhere { self.evasive(own.line) } else { 0.0 };
        if let Some(step) = groups.iter().position(|group| serves(own, group)) {
            return Some(GROUP_STEP * step as f32 + evaded);
        }
        // A "may I" is answered by that, and by nothing else.
        let bound = self.reading.risk || self.reading.turns.has(Turn::Permission);
        let departs = if self.reading.asks() { DEPARTS_ASKED } else { DEPARTS };
        (!bound && instead(action).contains(&own.line.tag)).then_some(departs + evaded)
    }

    /// What it costs to evade. In a client's own words readers believed it in 96 of 102 places.
    fn evasive(&self, line: &Line) -> f32 {
        let unapt = self.reading.asks_what && !line.turns.meets(Turns::of(&Turn::ASKS_WHAT));
        let shared = if line.is_own() { 0.0 } else { EVASIVE };
        shared + EVADED * self.evaded as f32 + if unapt { UNAPT } else { 0.0 }
    }

    /// What the client tells of themselves, where it is plainly what was asked for.
    fn own_answers(&self) -> impl Iterator<Item = Found<'a>> {
        let tells = |own: Own<'_>| own.line.is_own() && own.line.tag == Tag::Inform;
        let own = self.lines_of(|own| tells(own).then_some(0.0), Again::Never);
        own.into_iter().filter(|f| f.score >= ANSWERS)
    }

    fn makeshift(&self) -> Vec<Found<'a>> {
        let near = last_resort(self.query.action);
        let wanted = |own: Own<'_>| {
            let groups = wants(self.query.action, self.persona.kind);
            groups.iter().any(|g| g.iter().any(|w| w.0 == own.line.tag))
        };
        let tries: [(Filter<'_>, Again); 6] = [
            (&|own| near.contains(&own.line.tag), Again::Never),
            (&|own| own.line.tag == Tag::Minimal, Again::Minimal),
            (&|own| own.line.place != Place::Exit, Again::Never),
            (&wanted, Again::Oldest),
            (&|own| near.contains(&own.line.tag), Again::Oldest),
            (&|own| own.line.place != Place::Exit, Again::Oldest),
        ];
        let mut all = tries.iter().map(|(serves, again)| self.lines_of(|o| serves(o).then_some(0.0), *again));
        all.find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// Every line that has a `cost`, fits the turn and is not said again.
    fn lines_of(&self, cost: impl Fn(Own<'_>) -> Option<f32>, again: Again) -> Vec<Found<'a>> {
        let mut out = Vec::new();
        for own in self.repertoire.all(self.banks) {
            let in_list = self.reading.risk == (own.line.place == Place::Risk);
            if !in_list || self.is_stale(own) || self.is_too_long(own) {
                continue;
            }
            let Some(cost) = cost(own) else { continue };
            let Some(fit) = self.scorer.fit(own.line, own.known) else { continue };
            let Some(score) = self.allowed_again(own.trace, fit.score - cost, again) else { continue };
            let is_another_s = own.is_another_s && again == Again::Never;
            let score = if is_another_s { score - UNDEALT_COST } else { score };
            out.push(Found::saying(own, Fit { score, ..fit }));
        }
        out
    }

    /// The score, if the history lets `text` be said.
    fn allowed_again(&self, text: &Trace, score: f32, again: Again) -> Option<f32> {
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
    fn parts(&self) -> Vec<Part<'a>> {
        let tags = behind(self.query.action);
        let serving = self.repertoire.all(self.banks).filter(|own| {
            own.known.may_follow && tags.contains(&own.line.tag) && !self.history.repeats(own.trace)
        });
        let part = |own: Own<'a>| Part {
            text: own.text,
            normal: own.normal,
            words: own.known.words,
            line: own.line,
            near: likeness(self.reading.heard.all(), own.line.vector(&self.banks.store.lexicon)),
        };
        serving.map(part).collect()
    }

    /// Lines that take up a word of the trainee's.
    fn echoes(&self, group: &[Want]) -> Vec<Found<'a>> {
        let mut out = Vec::new();
        let scope = Scope { some_kinds: false, some_topics: false };
        for (rule, text) in self.banks.echo.lines(self.query.trainee, self.reading.turns) {
            let serves = group.contains(&Want(rule.tag, None));
            let text = self.repertoire.filling.fill(&text).filter(|_| serves);
            let Some(text) = text.filter(|t| !is_never_said(self.persona, t)) else { continue };
            let trace = self.history.trace(&text);
            let needs = self.banks.patterns.needs_of(&rule.text, scope);
            if self.repertoire.profile.allows(needs) && !self.history.repeats(&trace) {
                out.push(Found {
                    normal: normal(&text).into(),
                    text: text.into(),
                    trace: Cow::Owned(trace),
                    source: Source::Echo(rule),
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
    fn telling(&self, fact: &'a Fact) -> Vec<Found<'a>> {
        let mut found = self.fact_lines(fact);
        if self.reading.asks() {
            found.extend(self.own_answers());
        }
        found
    }

    /// The fact's own lines, best match first; a later one, which may need the first, at a cost while none was said.
    fn fact_lines(&self, fact: &'a Fact) -> Vec<Found<'a>> {
        let filled = fact.say.iter().filter_map(|line| self.repertoire.filling.fill(line));
        let lines: Vec<(String, Trace)> = filled
            .map(|text| {
                let trace = self.history.trace(&text);
                (text, trace)
            })
            .collect();
        let begun = lines.iter().any(|(_, trace)| self.history.turns_since(trace).is_some());
        let found = lines.into_iter().enumerate().filter(|(_, (_, trace))| !self.history.repeats(trace));
        found
            .map(|(i, (text, trace))| Found {
                score: 0.6 + 0.4 * likeness_of(&text, self.reading, &self.banks.store.lexicon)
                    - if i > 0 && !begun { NOT_FIRST } else { 0.0 },
                normal: normal(&text).into(),
                text: text.into(),
                trace: Cow::Owned(trace),
                source: Source::Fact(fact),
                tag: Tag::Disclose,
                place: None,
                is_own: true,
                evidence: None,
            })
            .collect()
    }

    /// Whether it is somebody's of more words: a line of their type for one who says three words at a time.
    fn is_too_long(&self, Own { line, known, .. }: Own<'_>) -> bool {
        let most = self.persona.words.high + self.persona.words.high / 2 + 4;
        !line.is_own()
            && !matches!(line.place, Place::Next(_) | Place::Risk | Place::Exit)
            && known.words > most
    }

    /// "Like I said", where nothing was.
    fn is_stale(&self, Own { line, known, .. }: Own<'_>) -> bool {
        let early =
            self.history.len() < REFERS_BACK_FROM && !matches!(line.place, Place::Next(_) | Place::More(_));
        early && known.refers_back
    }

    /// Lines that take up something from earlier, where it is time for that and nothing is asked.
    fn remembered(&self) -> Vec<Found<'a>> {
        if self.reading.asks() {
            return Vec::new();
        }
        let of = |line: &Line, after: After| line.place == Place::Later(after);
        let since = |after: After, turns: usize| {
            let mut traces = self.repertoire.traces(&self.banks.store).filter(|(line, _)| of(line, after));
            traces.any(|(_, trace)| self.history.said_within(trace, turns))
        };
        let mut dice = Dice::for_turn(self.query.dice.clone().next_u64(), RECALL_SALT);
        let Some(due) = self.query.recall.due(&since, &mut dice) else { return Vec::new() };
        let unfilling = &self.repertoire.unfilling;
        let may_be_said = |Own { line, trace, .. }: &Own<'_>| {
            let named = || unfilling.named(&line.text, self.query.trainee_said);
            of(line, due.after)
                && suits(line.tag, self.query.action)
                && (line.turns.is_empty() || line.turns.meets(due.turns))
                && (due.after != After::Named || named())
                && !self.history.repeats(trace)
        };
        let found = |own: Own<'a>| {
            let score = if own.line.turns.is_empty() { 0.6 } else { 0.7 };
            Found::saying(own, Fit { score, evidence: None })
        };
        self.repertoire.all(self.banks).filter(may_be_said).map(found).collect()
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
    fn finish(&self, mut found: Vec<Found<'a>>) -> Vec<Candidate> {
        let mut dice = self.query.dice.clone();
        for f in &mut found {
            let chance = CHANCE * dice.unit();
            let opening = if self.history.opens_alike(&f.trace) { SAME_OPENING } else { 0.0 };
            f.score += chance - opening;
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.text.cmp(&b.text)));
        let mut seen = HashSet::new();
        found.retain(|f| seen.insert(f.normal.clone()));
        found.truncate(self.query.limit.saturating_mul(LONGLIST));
        let mut out = self.to_length(found);
        out.sort_by(|a, b| b.prior.total_cmp(&a.prior).then_with(|| a.text.cmp(&b.text)));
        out.truncate(self.query.limit);
        out
    }

    /// Where it can be looked up.
    fn source(&self, source: Source<'_>) -> String {
        match source {
            Source::Line(line) => self.banks.store.source(line),
            Source::Echo(rule) => format!("{}:{}", rule.file, rule.line_no),
            Source::Fact(fact) => format!("{}:{}", self.persona.id, fact.id),
        }
    }

    /// Each line at the length wished for, as near as may be.
    fn to_length(&self, found: Vec<Found<'a>>) -> Vec<Candidate> {
        let wished = self.query.words;
        let is_plain = self.query.fact.is_some() || self.reading.risk;
        let argues = self.query.action.is_sustain() || self.query.action.is_discord();
        // What answers a question has said what there is to say.
        let longer = !is_plain && !self.reading.asks() && found.iter().any(|f| word_count(&f.text) < wished);
        let splicer = Splicer {
            store: &self.banks.store,
            parts: if longer { self.parts() } else { Vec::new() },
            wished,
            // "Plus," argues.
            links: if argues { &self.persona.manner.links } else { &[] },
        };
        let mut out: Vec<Candidate> = Vec::with_capacity(found.len());
        for (f, i) in found.into_iter().zip(0..) {
            let dice = Dice::for_turn(self.query.dice.clone().next_u64(), i);
            let source = self.source(f.source);
            let first = Whole { belief: f.place.and_then(belief_of), text: f.text.into_owned(), source };
            let may_be_cut = f.tag.may_be_cut() && f.place != Some(Place::Anywhere);
            let keep = is_plain || wished == 0 || !may_be_cut;
            let cut = if keep { None } else { shortened(&first.text, wished) };
            let whole = match cut.filter(|text| !self.history.repeats(&self.history.trace(text))) {
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

/// Whether it is one of `group`.
fn serves(own: Own<'_>, group: &[Want]) -> bool {
    let shaded = |shade: Option<Shade>| shade.is_none_or(|s| own.known.shade == Some(s));
    group.iter().any(|Want(tag, shade)| *tag == own.line.tag && shaded(*shade))
}

/// What a reply of `words` words costs where `wished` were wished for: nothing within a factor of 1.5 or so.
fn length_cost(words: u16, wished: u16) -> f32 {
    if wished == 0 {
        return 0.0;
    }
    let factor = (f32::from(words.max(1)) / f32::from(wished)).ln().abs();
    ((factor - 0.3).max(0.0) * 0.1).min(LENGTH_COST)
}

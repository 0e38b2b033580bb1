//! What can be seen in each unit of a reply: phrases found, form, overlap with the client.
//! Knows: lexicon, units. Never: codes, scores.

use std::ops::Range;

use super::doubt::Polarity;
use super::features::{Feature, Features};
use super::lexicon::{Class, Cue, Hit, Lexicon};
use super::units::{Unit, split};
use super::words::{ShortMap, Stop, Token, WordId};

/// A question that begins so few words before the end of a unit is what the unit ends on.
const LATE: usize = 14;

/// A word that says what must or may be, and whether it is denied.
pub type Duty = (WordId, bool);

/// Words that say it.
const OBLIGES: [&str; 4] = ["need", "have", "got", "can"];

/// The duties among the tokens in `range`.
pub fn duties(lexicon: &Lexicon, tokens: &[Token], range: Range<usize>) -> Vec<Duty> {
    let words = OBLIGES.map(|word| lexicon.vocabulary.id(word));
    let not = lexicon.vocabulary.id("not");
    let denied = |at: usize| {
        let near = at.saturating_sub(1)..tokens.len().min(at + 2);
        tokens[near].iter().any(|t| t.word == not)
    };
    range
        .filter(|&at| at < tokens.len() && words.contains(&tokens[at].word))
        .map(|at| (tokens[at].word, denied(at)))
        .collect()
}

/// That somebody is something or can do it, by its stem: whether it is about what they can, and whether it is denied.
pub type Claim = (bool, u64, bool);

/// Words by which somebody is something, and can do it.
const BE: [&str; 4] = ["am", "are", "was", "were"];
const CAN: [&str; 2] = ["can", "could"];

/// What `tokens` say that `subject` is or can.
pub fn claims(lexicon: &Lexicon, tokens: &[Token], subject: Class) -> Vec<Claim> {
    let id = |word: &&str| lexicon.vocabulary.id(word);
    let (be, can): (Vec<_>, Vec<_>) = (BE.iter().map(id).collect(), CAN.iter().map(id).collect());
    let not = lexicon.vocabulary.id("not");
    let claim = |at: usize| {
        let told = tokens[at + 1..].iter().take_while(|t| !lexicon.is(t.word, subject));
        let mut told = told.filter(|t| !t.soft).take(4);
        let verb = told.next()?.word;
        let (mut denied, able) = (false, can.contains(&verb));
        if !able && !be.contains(&verb) {
            return None;
        }
        for token in told {
            denied |= token.word == not;
            if is_content(lexicon, token) {
                return Some((able, token.stem, denied));
            }
        }
        None
    };
    (0..tokens.len()).filter(|at| lexicon.is(tokens[*at].word, subject)).filter_map(claim).collect()
}

/// A unit and what was seen in it.
#[derive(Debug)]
pub struct Seen {
    /// Where it is.
    pub unit: Unit,
    /// Phrases found in it.
    pub hits: Vec<Hit>,
    /// Its form.
    pub features: Features,
    /// Content words, and how many of them the client had just said.
    pub content: usize,
    /// Share of the content words that the client had just said, 0..=1.
    pub overlap: f32,
    /// Whether it is about the client: "you", "your", or a bare statement of their view.
    pub about_client: bool,
}

impl Seen {
    /// The strongest hit of a cue.
    pub fn best(&self, cue: Cue) -> Option<&Hit> {
        strongest(self.hits.iter().filter(|h| h.cue == cue).map(|h| (h, h.weight))).map(|(h, _)| h)
    }

    /// Whether a cue was found.
    pub fn has(&self, cue: Cue) -> bool {
        self.hits.iter().any(|h| h.cue == cue)
    }

    /// Whether a feature was seen.
    pub fn shows(&self, feature: Feature) -> bool {
        self.features.has(feature)
    }
}

/// The hit with the most weight; of equals the first, of those the longest.
pub fn strongest<'a>(hits: impl Iterator<Item = (&'a Hit, f32)>) -> Option<(&'a Hit, f32)> {
    hits.fold(None, |best, (hit, weight)| match best {
        Some((known, most)) if most > weight || (most == weight && leads(known, hit)) => best,
        _ => Some((hit, weight)),
    })
}

fn leads(a: &Hit, b: &Hit) -> bool {
    (a.first, b.end) < (b.first, a.end)
}

/// A whole reply as seen.
#[derive(Debug)]
pub struct Reading {
    /// The words.
    pub tokens: Vec<Token>,
    /// The units in order; empty for an empty reply.
    pub units: Vec<Seen>,
}

/// What the client said last, as far as a reply may echo or answer it.
#[derive(Debug, Default)]
pub struct Echo {
    last: ShortMap<u64, usize>, // the last place in `order`, by stem
    /// Stems of its content words, in order.
    pub order: Vec<u64>,
    /// Whether it ended in a question.
    pub asked: bool,
    /// Whether it said no more than "go on".
    pub nods: bool,
    /// What it said must or should be: to give that back is no advice.
    pub duties: Vec<Duty>,
    /// What the client said that they are or can.
    pub claims: Vec<Claim>,
    /// What the client said with and without "not".
    pub polarity: Polarity,
}

impl Echo {
    /// Takes in what the client said.
    pub fn of(lexicon: &Lexicon, client: &str) -> Self {
        let tokens = lexicon.read(client);
        let asked = tokens.last().is_some_and(|t| t.stop == Stop::Question);
        let nods = tokens.len() <= 4 && tokens.iter().all(|t| lexicon.is(t.word, Class::Nod) || t.soft);
        // "I have to", but not "why should I".
        let own = |at: &usize| {
            lexicon.is(tokens[at - 1].word, Class::I) || lexicon.is(tokens[at - 1].word, Class::We)
        };
        let duties = (1..tokens.len()).filter(own).flat_map(|at| duties(lexicon, &tokens, at..at + 2));
        let duties = duties.collect();
        let claims = claims(lexicon, &tokens, Class::I);
        let order: Vec<u64> = content(lexicon, &tokens).collect();
        let last = order.iter().copied().zip(0..).collect();
        let polarity = Polarity::of(lexicon, &tokens);
        Self { last, order, asked, nods, duties, claims, polarity }
    }

    /// Whether the client said too little to be comforted for.
    pub fn is_bare(&self) -> bool {
        self.order.len() < 3
    }

    /// Whether the client just said a form of this word.
    pub fn has(&self, token: &Token) -> bool {
        self.last.contains_key(&token.stem)
    }

    /// How many of `stems` the client said in the same order.
    pub fn in_order(&self, stems: &[u64]) -> usize {
        let (mut next, mut found) = (0, 0);
        for stem in stems {
            // Only what will be found is searched for: all searches together go through once.
            if self.last.get(stem).is_some_and(|last| *last >= next) {
                next += 1 + self.order[next..].iter().take_while(|s| *s != stem).count();
                found += 1;
            }
        }
        found
    }
}

/// Reads a reply.
pub fn read(lexicon: &Lexicon, echo: &Echo, text: &str) -> Reading {
    let tokens = lexicon.read(text);
    let units =
        split(lexicon, text, &tokens).into_iter().map(|u| see(lexicon, echo, text, &tokens, u)).collect();
    Reading { tokens, units }
}

fn see(lexicon: &Lexicon, echo: &Echo, text: &str, tokens: &[Token], unit: Unit) -> Seen {
    let mut hits = Vec::new();
    lexicon.trainee_hits(&unit.scope(lexicon, tokens), &mut hits);
    let mine = &tokens[unit.tokens.clone()];
    let content = mine.iter().filter(|t| is_content(lexicon, t)).count();
    let shared = mine.iter().filter(|t| is_content(lexicon, t) && echo.has(t)).count();
    let overlap = if content == 0 { 0.0 } else { shared as f32 / content as f32 };
    let mut seen = Seen { unit, hits, features: Features::default(), content, overlap, about_client: false };
    seen.features.1 = lexicon.word_evidence(tokens[seen.unit.tokens.clone()].iter());
    note_form(lexicon, text, tokens, &mut seen);
    note_cues(&mut seen);
    seen
}

fn note_form(lexicon: &Lexicon, text: &str, tokens: &[Token], seen: &mut Seen) {
    let mine = &tokens[seen.unit.tokens.clone()];
    let first = tokens[seen.unit.core].word;
    let features = &mut seen.features;
    length(mine.len(), features);
    features.set_if(seen.unit.stop == Stop::Question, Feature::QuestionMark);
    let next = tokens.get(seen.unit.core + 1).filter(|_| seen.unit.core + 1 < seen.unit.tokens.end);
    let subject = next.is_some_and(|t| lexicon.is(t.word, Class::Subject));
    features.set_if(lexicon.is(first, Class::Wh) && mine.len() > 1, Feature::WhStart);
    features.set_if(lexicon.is(first, Class::Aux) && subject, Feature::AuxStart);
    features.set_if(lexicon.is(first, Class::Base), Feature::OrderStart);
    for (class, feature) in [
        (Class::You, Feature::YouStart),
        (Class::Your, Feature::YourStart),
        (Class::It, Feature::ItStart),
        (Class::That, Feature::ThatStart),
        (Class::I, Feature::IStart),
        (Class::We, Feature::WeStart),
        (Class::There, Feature::ThereStart),
        (Class::They, Feature::TheyStart),
    ] {
        features.set_if(lexicon.is(first, class), feature);
    }
    let leads = |c| tokens[seen.unit.tokens.start..=seen.unit.core].iter().any(|t| lexicon.is(t.word, c));
    features.set_if(leads(Class::So), Feature::SoOpener);
    features.set_if(leads(Class::And), Feature::AndOpener);
    features.set_if(leads(Class::But), Feature::ButOpener);
    let says = |class| mine.iter().any(|t| lexicon.is(t.word, class));
    features.set_if(says(Class::You) || says(Class::Your), Feature::HasYou);
    features.set_if(says(Class::I), Feature::HasI);
    features.set_if(says(Class::We), Feature::HasWe);
    let digit = text[seen.unit.at.clone()].bytes().any(|b| b.is_ascii_digit());
    features.set_if(digit, Feature::HasNumber);
    features.set_if(seen.overlap >= 0.5, Feature::OverlapHigh);
    features.set_if(seen.overlap > 0.0 && seen.overlap < 0.5, Feature::OverlapSome);
    let nods = mine.iter().all(|t| lexicon.is(t.word, Class::Nod) || t.soft);
    features.set_if(nods, Feature::Nod);
    note_order(lexicon, tokens, seen);
    let features = &mut seen.features;
    let third = features.0[Feature::IStart as usize] + features.0[Feature::WeStart as usize] == 0.0;
    seen.about_client = features.has(Feature::HasYou) || (third && seen.overlap > 0.0);
}

/// Where verb and subject stand: "do you" asks, "you do" tells, with or without a mark.
fn note_order(lexicon: &Lexicon, tokens: &[Token], seen: &mut Seen) {
    let mut asked = None;
    for at in seen.unit.tokens.start + 1..seen.unit.tokens.end {
        let (before, here) = (&tokens[at - 1], &tokens[at]);
        let inverted = lexicon.is(before.word, Class::Aux) && lexicon.is(here.word, Class::Subject);
        let told = at > seen.unit.tokens.start + 1 && lexicon.is(tokens[at - 2].word, Class::Subject);
        if inverted && !told {
            asked = Some(at);
        }
    }
    let asked = asked.max(seen.hits.iter().filter(|h| asks(h.cue)).map(|h| h.first).max());
    seen.features.set_if(asked.is_some(), Feature::Inverted);
    seen.features.set_if(asked.is_some_and(|at| at + LATE >= seen.unit.tokens.end), Feature::LateQuestion);
    let told = seen.shows(Feature::QuestionMark) && asked.is_none() && !seen.shows(Feature::WhStart);
    seen.features.set_if(told, Feature::ToldMark);
    let whole = told && states(lexicon, &tokens[seen.unit.tokens.clone()]);
    seen.features.set_if(whole, Feature::ToldWhole);
    let tells = |pair: &[Token]| {
        lexicon.is(pair[0].word, Class::You)
            && (lexicon.is(pair[1].word, Class::Aux) || lexicon.is(pair[1].word, Class::Verb))
    };
    let mine = &tokens[seen.unit.tokens.clone()];
    let opens = mine.len() > 1 && tells(&mine[..2]);
    let inside = mine.windows(3).any(|w| !lexicon.is(w[0].word, Class::Aux) && tells(&w[1..]));
    seen.features.set_if(opens || inside, Feature::YouSays);
}

/// Whether a subject has its verb after it, with at most an adverb between them.
fn states(lexicon: &Lexicon, tokens: &[Token]) -> bool {
    let verb = |t: &Token| t.verbish || lexicon.is(t.word, Class::Aux) || lexicon.is(t.word, Class::Verb);
    (1..tokens.len()).any(|at| {
        let before = at - usize::from(at > 1 && tokens[at - 1].soft);
        lexicon.is(tokens[before - usize::from(before == at)].word, Class::Subject) && verb(&tokens[at])
    })
}

fn asks(cue: Cue) -> bool {
    matches!(cue, Cue::OpenQuestion | Cue::ClosedQuestion | Cue::Scale | Cue::Evoking)
}

pub(super) fn length(words: usize, features: &mut Features) {
    features.set(match words {
        0..=1 => Feature::Words1,
        2..=3 => Feature::Words3,
        4..=7 => Feature::Words7,
        8..=15 => Feature::Words15,
        16..=30 => Feature::Words30,
        _ => Feature::WordsMore,
    });
}

fn note_cues(seen: &mut Seen) {
    for hit in &seen.hits {
        if let Some(feature) = feature_of(hit.cue) {
            seen.features.set(feature);
        }
    }
}

fn feature_of(cue: Cue) -> Option<Feature> {
    Some(match cue {
        Cue::Stem => Feature::Stem,
        Cue::Feeling => Feature::Feeling,
        Cue::Meaning | Cue::Reframe => Feature::Meaning,
        Cue::Doubled => Feature::Side,
        Cue::OwnView | Cue::Reported => Feature::View,
        Cue::Validation => Feature::Validation,
        Cue::Autonomy => Feature::Autonomy,
        Cue::Affirm => Feature::Affirm,
        Cue::Praise => Feature::Praise,
        Cue::Permission => Feature::Permission,
        Cue::Collaborate | Cue::Menu => Feature::Collaborate,
        Cue::Support => Feature::Support,
        Cue::Greeting => Feature::Greeting,
        Cue::Thanks => Feature::Thanks,
        Cue::Structure => Feature::Structure,
        Cue::Backchannel => Feature::Nod,
        Cue::OpenQuestion | Cue::Evoking => Feature::Open,
        Cue::ClosedQuestion | Cue::Scale => Feature::Closed,
        Cue::Tag | Cue::Check => Feature::Tag,
        Cue::Advice => Feature::Advice,
        Cue::Suggestion => Feature::Suggestion,
        Cue::Direct => Feature::Direct,
        Cue::Promise => Feature::Promise,
        Cue::Information => Feature::Information,
        Cue::Evidence => Feature::Evidence,
        Cue::Service => Feature::Service,
        Cue::SelfTalk => Feature::SelfTalk,
        cue if is_argument(cue) => Feature::Argue,
        _ => return None,
    })
}

/// Whether the cue speaks against the client.
pub fn is_argument(cue: Cue) -> bool {
    (Cue::Warn as usize..=Cue::Manipulate as usize).contains(&(cue as usize)) && cue != Cue::Reassure
}

/// Stems of the content words among `tokens`.
pub(super) fn content<'a>(lexicon: &'a Lexicon, tokens: &'a [Token]) -> impl Iterator<Item = u64> + 'a {
    tokens.iter().filter(|t| is_content(lexicon, t)).map(|t| t.stem)
}

pub(super) fn is_content(lexicon: &Lexicon, token: &Token) -> bool {
    !token.soft && !lexicon.is(token.word, Class::Function)
}

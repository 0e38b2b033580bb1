//! What the trainee's reply is to the banks: its words, its kinds of turn, whether it is about risk.
//! Knows: moves, patterns, vectors. Never: personas' state, tags, choosing.

use crate::domain::lines::index::{Lexicon, Sentence, Vector, share_said};
use crate::domain::lines::needs::Patterns;
use crate::domain::lines::slots::Unfilling;
use crate::domain::lines::tag::{Turn, Turns, turns_of};
use crate::domain::lines::text::{sentences, word_count};
use crate::domain::moves::Move;

/// The trainee's reply, read for matching.
#[derive(Debug)]
pub(super) struct Reading {
    /// The words of all of it.
    pub heard: Words,
    /// Those without the sentences that ask about the client's last words and name nothing.
    pub by_itself: Words,
    /// What kinds of turn it is.
    pub turns: Turns,
    /// Suicide, self-harm, abuse, safety.
    pub risk: bool,
    /// It takes up what the client said rather than bringing something new.
    pub reflects: bool,
    /// It asks what, who, why or how: a yes or a no is no answer.
    pub asks_what: bool,
    /// Whether the client may go on from their last words.
    pub taken_up: TakenUp,
}

/// What was said as bags of words: the whole first, then sentences by themselves.
#[derive(Debug)]
pub(super) struct Words {
    /// All of them; where it ends in a question, which is what wants an answer, those that ask.
    all: Vec<Sentence>,
    /// The whole, and of the sentences those that ask; all of them where none does.
    asked: Vec<Sentence>,
    /// Likewise those that don't; where it ends in a question, those that ask.
    told: Vec<Sentence>,
}

impl Words {
    fn of(text: &str, lexicon: &Lexicon, patterns: &Patterns) -> Self {
        let all = lexicon.read(text);
        let is_question = |s: &&str| s.ends_with('?') || patterns.turns_in(s).any(asks);
        let parts = sentences(text);
        let ends_asking = parts.last().is_some_and(&is_question);
        let (asking, telling): (Vec<&str>, Vec<&str>) = parts.into_iter().partition(is_question);
        let some = |parts: Vec<&str>| match parts.is_empty() {
            true => all.clone(),
            false => all.iter().take(1).cloned().chain(lexicon.read(&parts.join(" "))).collect(),
        };
        let asked = some(asking);
        match ends_asking {
            true => Self { all: asked.clone(), told: asked.clone(), asked },
            false => Self { told: some(telling), asked, all },
        }
    }

    /// The bags to compare with words that ask, or tell, or may do either.
    pub fn like(&self, asks: Option<bool>) -> &[Sentence] {
        match asks {
            Some(true) => &self.asked,
            Some(false) => &self.told,
            None => &self.all,
        }
    }

    /// All of them.
    pub fn all(&self) -> &[Sentence] {
        &self.all
    }
}

fn asks(turn: Turn) -> bool {
    turn == Turn::YesNo || Turn::ASKS_WHAT.contains(&turn)
}

/// What the judge takes for a question.
fn judged_questions() -> Turns {
    Turns::of(&[Turn::OpenQ, Turn::ClosedQ, Turn::PlanQ, Turn::Permission])
}

/// Every kind of question.
pub(super) fn questions() -> Turns {
    Turn::ASKS_WHAT.into_iter().chain([Turn::YesNo]).fold(judged_questions(), Turns::with)
}

/// Whether a reply leaves the floor to what the client has just said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TakenUp {
    /// It reflects it, asks for more of it, or waits.
    Plainly,
    /// It asks something that may be about it.
    Asked,
    /// It brings something else.
    Not,
}

/// Turns that bring something else.
const ELSEWHERE: [Turn; 15] = [
    Turn::Opening,
    Turn::Confront,
    Turn::Advice,
    Turn::Autonomy,
    Turn::Permission,
    Turn::InfoPerm,
    Turn::InfoNoPerm,
    Turn::PlanQ,
    Turn::Apology,
    Turn::SmallTalk,
    Turn::Nonsense,
    Turn::Ai,
    Turn::Crisis,
    Turn::OffTopic,
    Turn::WhoAreYou,
];
/// So many words may be an echo.
const ECHO_WORDS: u16 = 3;
/// Share of what was said that is in the client's last words from which it is no more than their echo.
const ECHO: f32 = 0.75;

/// The trainee's side of a query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    pub moves: &'a [Move],
    pub apology: bool,
    pub trainee: &'a str,
    /// The trainee's replies before this one.
    pub before: &'a [String],
    /// The client's last words.
    pub last: &'a str,
}

/// Turns that are about the two people rather than about the subject.
const SOCIAL: [Turn; 10] = [
    Turn::Opening,
    Turn::Affirm,
    Turn::Autonomy,
    Turn::Permission,
    Turn::Apology,
    Turn::SmallTalk,
    Turn::Nonsense,
    Turn::Ai,
    Turn::Silence,
    Turn::WhoAreYou,
];

/// Turns that give back what the client said.
const REFLECTIONS: [Turn; 6] =
    [Turn::Simple, Turn::Complex, Turn::Double, Turn::Amplified, Turn::Alongside, Turn::Summary];

impl Reading {
    /// Whether it is about the two people only: a belief on the topic would come out of the blue.
    pub fn is_social(&self) -> bool {
        !self.turns.is_empty() && self.turns.iter().all(|t| SOCIAL.contains(&t))
    }

    /// Whether the client is asked something, that calls for an answer.
    pub fn asks(&self) -> bool {
        self.asks_what || self.turns.meets(judged_questions())
    }

    /// Reads `said` with the persona's names taken for their slots.
    pub fn of(said: Said<'_>, unfilling: &Unfilling, lexicon: &Lexicon, patterns: &Patterns) -> Self {
        let last = lexicon.vector(said.last);
        let mut turns = kinds_of(said, patterns);
        let asked_back = !turns.iter().any(asks) && is_echo(said.trainee, &last, lexicon);
        if asked_back {
            turns = turns.with(Turn::AskMean);
        }
        let last_was_risk = said.before.last().is_some_and(|t| is_risk(t, patterns));
        let risk = turns.has(Turn::Crisis) || (last_was_risk && patterns.risk_goes_on(said.trainee));
        let text = unfilling.apply(said.trainee);
        let by_itself: Vec<&str> = sentences(&text).into_iter().filter(|s| !patterns.asks_back(s)).collect();
        let by_itself = Words::of(&by_itself.join(" "), lexicon, patterns);
        let heard = Words::of(&text, lexicon, patterns);
        let asks_what = turns.meets(Turns::of(&Turn::ASKS_WHAT)) && !turns.has(Turn::YesNo);
        let echoes = heard.all().first().is_some_and(|whole| share_said(&whole.bag, &last) >= ECHO);
        // "Under the mast! When was that?" asks, whatever it gives back.
        let waits = turns.has(Turn::Silence)
            || patterns.asks_for_more(said.trainee)
            || (echoes && (asked_back || !asks_what));
        let mut reading = Self {
            reflects: turns.meets(Turns::of(&REFLECTIONS)),
            asks_what,
            taken_up: TakenUp::Not,
            heard,
            by_itself,
            turns,
            risk,
        };
        reading.taken_up = reading.takes_up(waits);
        reading
    }

    fn takes_up(&self, waits: bool) -> TakenUp {
        let turns = self.turns;
        if turns.meets(Turns::of(&ELSEWHERE)) {
            TakenUp::Not
        } else if waits || (!self.asks() && (self.reflects || turns.has(Turn::Affirm))) {
            TakenUp::Plainly
        } else if turns.has(Turn::OpenQ) && (!self.asks_what || turns.has(Turn::AskHow)) {
            TakenUp::Asked
        } else {
            TakenUp::Not
        }
    }
}

/// The judge's moves as kinds of turn, and what else the words tell.
fn kinds_of(said: Said<'_>, patterns: &Patterns) -> Turns {
    let mut turns = turns_of(said.moves);
    if said.apology {
        turns = turns.with(Turn::Apology);
    }
    if !said.trainee.contains(char::is_alphanumeric) {
        turns = turns.with(Turn::Silence);
    }
    turns = patterns.turns_in(said.trainee).fold(turns, Turns::with);
    if patterns.asks_which(said.trainee) {
        turns = turns.with(Turn::AskWhat).without(Turn::YesNo);
    }
    // Leave is given, or not: that has lines of its own.
    if turns.has(Turn::Permission) { turns.without(Turn::YesNo) } else { turns }
}

/// Whether it ends in a word or two of the client's `last`, asked back: "The Legion?"
fn is_echo(said: &str, last: &Vector, lexicon: &Lexicon) -> bool {
    sentences(said).last().is_some_and(|end| {
        end.ends_with('?') && word_count(end) <= ECHO_WORDS && share_said(&lexicon.vector(end), last) >= ECHO
    })
}

fn is_risk(said: &str, patterns: &Patterns) -> bool {
    patterns.turns_in(said).any(|t| t == Turn::Crisis)
}

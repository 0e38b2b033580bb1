//! Feedback on one reply: what it did to the client, one alternative made from what the client had
//! just said, and another approach where resistance goes on and on.
//! Knows: the client's words and state, the judge. Never: how it is shown.

mod approach;
mod effect;
mod grammar;
mod turned;

use serde::{Deserialize, Serialize};

use crate::domain::action::Action;
use crate::domain::client::{self, State};
use crate::domain::hearing::heard_reply;
use crate::domain::judge::{Band, Code, Judge, Technique, Verdict};
use crate::domain::persona::Persona;
use crate::domain::problem::Problem;
use crate::domain::session::{Path, Reply, Turn};
use crate::domain::talk::Talk;
use approach::Approach;
use effect::Effects;
use turned::{Clause, You, quoted, turned_round};

/// An alternative must reach this score in the judge's own eyes.
pub const GOOD_ENOUGH: f32 = 0.5;
/// A technique used in this many replies in a row is not offered again.
const OVERUSED: usize = 3;
/// Change talk of so many client turns back is still the other side of the ambivalence.
const REMEMBERED: usize = 6;
/// Discord from which tension comes before everything else.
const TENSE: f32 = 0.6;

/// The wordings, from `prompts/coach.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coach {
    line: Vec<Line>,
    approach: Vec<Approach>,
    effect: Effects,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    when: Situation,
    does: Technique,
    #[serde(default)]
    on: Vec<Action>,
    say: String,
}

/// What the client is like when the trainee has to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Situation {
    Hurt,
    Discord,
    Closed,
    Sustain,
    Ambivalent,
    Open,
    Change,
    Neutral,
}

/// What a trainee is told about one reply, besides the verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Feedback {
    /// What it did to the client, in a sentence.
    pub effect: String,
    /// What could have been said instead; none after a good reply.
    pub alternative: Option<Suggestion>,
    /// What to try instead of going on so, when the client has resisted for long.
    pub approach: Option<String>,
}

/// An alternative to what the trainee said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// What it would have done.
    pub technique: Technique,
    /// The words.
    pub text: String,
}

/// A client, and how the newest reply has left them.
#[derive(Clone, Copy, Debug)]
pub struct Taken<'a> {
    /// Who heard it.
    pub persona: &'a Persona,
    /// Their state after it.
    pub after: &'a State,
}

impl Coach {
    /// Reads the wordings.
    ///
    /// # Errors
    /// An unknown key, situation or technique; a line that takes up nothing of the client's.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let coach: Self = toml::from_str(text).map_err(|e| vec![Problem::from_toml(file, text, 1, &e)])?;
        let canned = coach.line.iter().filter(|line| !SLOTS.iter().any(|slot| line.say.contains(slot)));
        let problems: Vec<_> = canned
            .map(|line| {
                let what = format!("a line without the client's words: {}", line.say);
                Problem::new(file, what).hint(format!("put one of {} into it", SLOTS.join(", ")))
            })
            .collect();
        if problems.is_empty() { Ok(coach) } else { Err(problems) }
    }

    /// What the trainee is told about the newest reply of `path`, which the client has taken so.
    pub fn feedback(&self, path: &Path, judge: &Judge, taken: &Taken<'_>) -> Feedback {
        let began = client::begin(taken.persona);
        let state = last_reply(earlier(path)).map_or(&began, |r| &r.state);
        Feedback {
            effect: self.effect.of(&taken.persona.name, state, taken.after),
            alternative: self.suggest(path, judge, taken.persona),
            approach: approach::find(&self.approach, path, taken),
        }
    }

    /// What could have been said instead at the newest turn of `path`. `None` after a good
    /// reply, after small talk that the client did not resist, or where nothing passes the judge.
    pub fn suggest(&self, path: &Path, judge: &Judge, persona: &Persona) -> Option<Suggestion> {
        let said = path.head()?.trainee.as_ref()?;
        let built = self.built(path, persona)?;
        if said.verdict.band == Band::Rolling || is_small_talk(&said.verdict, path) {
            return None;
        }
        self.one_of(built, path, judge)
    }

    /// What could be said at the newest turn of `path`, whatever was. `None` where nothing passes
    /// the judge.
    pub fn offer(&self, path: &Path, judge: &Judge, persona: &Persona) -> Option<Suggestion> {
        self.one_of(self.built(path, persona)?, path, judge)
    }

    fn one_of(&self, mut built: Vec<Suggestion>, path: &Path, judge: &Judge) -> Option<Suggestion> {
        let before = last_reply(earlier(path))?;
        built.retain(|suggestion| passes(judge, before, suggestion));
        if built.is_empty() {
            return None;
        }
        // In turn, so that the same advice does not come twice running.
        let pick = path.head()?.number as usize % built.len();
        Some(built.swap_remove(pick))
    }

    /// The alternatives for the newest turn of `path`, as they are before the judge has read them.
    pub fn built(&self, path: &Path, persona: &Persona) -> Option<Vec<Suggestion>> {
        let earlier = earlier(path);
        let before = last_reply(earlier)?;
        let slots = Slots::of(earlier, before);
        let situation = situation(before, persona, &slots);
        let overused = overused(path);
        let fits = |line: &&Line| {
            line.when == situation && !overused.contains(&line.does) && line.is_for(before.action)
        };
        let fitting: Vec<&Line> = self.line.iter().filter(fits).collect();
        // Lines for just this action before those for any.
        let closer = fitting.iter().any(|line| !line.on.is_empty() && slots.fill(&line.say).is_some());
        let chosen = fitting.into_iter().filter(|line| !closer || !line.on.is_empty());
        let filled = |line: &Line| Some(Suggestion { technique: line.does, text: slots.fill(&line.say)? });
        Some(chosen.filter_map(filled).collect())
    }
}

/// The turns before the newest.
fn earlier(path: &Path) -> &[Turn] {
    path.turns().split_last().map_or(&[], |(_, earlier)| earlier)
}

fn last_reply(turns: &[Turn]) -> Option<&Reply> {
    turns.iter().rev().find_map(|turn| turn.reply.as_ref())
}

impl Line {
    fn is_for(&self, action: Action) -> bool {
        self.on.is_empty() || self.on.contains(&action)
    }
}

/// Whether the judge would give the alternative a good score as an answer to `before`.
pub fn passes(judge: &Judge, before: &Reply, suggestion: &Suggestion) -> bool {
    judge.reply(&heard_reply(before), &suggestion.text).score >= GOOD_ENOUGH
}

/// A greeting or a word of structure, to a client who is not at odds: there is nothing to better.
fn is_small_talk(verdict: &Verdict, path: &Path) -> bool {
    let nothing = verdict.codes.iter().all(|code| matches!(code, Code::NotCoded | Code::Support));
    let early = path.head().is_some_and(|turn| turn.number <= 1);
    nothing && early
}

fn situation(before: &Reply, persona: &Persona, slots: &Slots) -> Situation {
    let state = &before.state;
    let open = client::gate_open(persona, state);
    let terse = before.text.split_whitespace().count() <= 3;
    let resists = before.talk() == Talk::Sustain && state.discord.value() > TENSE;
    let quiet = matches!(before.action, Action::Withdraw | Action::Engage) && terse;
    if quiet || (terse && slots.you.is_none() && !before.action.is_change()) {
        Situation::Closed
    } else if before.action.is_discord() || resists {
        let hurt = before.action.is_discord() && state.rupture_age.is_some();
        if hurt { Situation::Hurt } else { Situation::Discord }
    } else if before.talk() == Talk::Change {
        if open { Situation::Open } else { Situation::Change }
    } else if slots.change.is_some() {
        Situation::Ambivalent
    } else if before.talk() == Talk::Sustain {
        Situation::Sustain
    } else if open {
        Situation::Open
    } else {
        Situation::Neutral
    }
}

fn overused(path: &Path) -> Vec<Technique> {
    let recent: Vec<_> =
        path.turns().iter().rev().filter_map(|t| t.trainee.as_ref()).take(OVERUSED).collect();
    let Some(newest) = recent.first().filter(|_| recent.len() == OVERUSED) else { return Vec::new() };
    let in_all = |t: &&Technique| recent.iter().all(|said| said.verdict.techniques.contains(t));
    newest.verdict.techniques.iter().filter(in_all).copied().collect()
}

/// What a line may take up of the client's words.
const SLOTS: [&str; 5] = ["{you}", "{You}", "{change}", "{Change}", "{quote}"];

struct Slots {
    you: Option<Clause>,
    change: Option<Clause>,
    quote: Option<String>,
}

impl Slots {
    fn of(earlier: &[Turn], before: &Reply) -> Self {
        let discord = before.action.is_discord();
        let you = turned_round(&before.text, if discord { You::Opposite } else { You::Anybody });
        let replies = earlier.iter().rev().filter_map(|t| t.reply.as_ref()).take(REMEMBERED);
        let mut for_change = replies.filter(|r| r.talk() == Talk::Change);
        let change =
            for_change.find_map(|r| turned_round(&r.text, You::Anybody).filter(Clause::stands_alone));
        Self { change: change.filter(|c| Some(c) != you.as_ref()), you, quote: quoted(&before.text) }
    }

    fn fill(&self, template: &str) -> Option<String> {
        let mut text = template.to_owned();
        for slot in SLOTS.iter().filter(|slot| template.contains(**slot)) {
            let words = match *slot {
                "{you}" => self.you.as_ref()?.inside()?.to_owned(),
                "{You}" => self.you.as_ref()?.opening(),
                "{change}" => self.change.as_ref()?.inside()?.to_owned(),
                "{Change}" => self.change.as_ref()?.opening(),
                _ => self.quote.clone()?,
            };
            text = text.replace(slot, &words);
        }
        Some(text)
    }
}

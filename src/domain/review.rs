//! What went well in a session, and one thing to try next time: each at a place that can be quoted.
//! Knows: the path of turns, what the coach has said of each. Never: wording, how it is shown.
//!
//! A strength is a reply that neither argues nor mixes arguing in, by one of these rules; a rule
//! stands for its best reply, no reply stands for two rules, and the first three rules that have
//! one are told. Where fewer have, fewer are told.
//!
//! | rule | the reply |
//! |---|---|
//! | mended | mended a rupture: the client counts it as a repair |
//! | rolled | rolled after sustain talk or discord, and discord did not rise |
//! | evoked | reflected, asked openly, affirmed or gave the choice back; the client, who had not spoken for change, then did |
//! | took up | answered change talk with a reflection, an open question or an affirmation |
//! | autonomy, affirmed, asked, deepened | has that code, by words that count in its favour |
//!
//! The one thing to try is the first of these that the session has: an arguing reply; information
//! or advice alone after sustain talk or discord; change talk not taken up; more questions than
//! reflections; a client who resisted on and on; mostly simple reflections. The two shares need
//! [`ENOUGH_REPLIES`]. A place for which the coach has an alternative goes before one without.

use serde::Serialize;

use crate::domain::coach::{Feedback, Suggestion};
use crate::domain::judge::{Band, Code, Consistency, Finding, Label, Verdict};
use crate::domain::session::{Path, Reply, Said};
use crate::domain::summary::{ENOUGH_REPLIES, Summary, takes_up};
use crate::domain::talk::Talk;

/// So many strengths at most.
const STRENGTHS: usize = 3;
/// A rise of discord that is nothing, as the coach words it.
const UNFELT: f32 = 0.025;
/// A finding of less weight explains and does not count.
const COUNTS: f32 = 0.005;
/// A quotation is cut after so many characters.
const QUOTED: usize = 160;
/// MITI's "fair" share of complex reflections.
const COMPLEX_FAIR: f32 = 0.4;

/// What a session is praised for, and what it points at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Review {
    /// Up to three, in the order of the rules.
    pub strengths: Vec<Strength>,
    /// One thing to try; none where no rule finds one.
    pub next: Option<Next>,
}

/// One thing that went well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Strength {
    /// By which rule.
    pub what: Good,
    /// Where.
    pub place: Place,
    /// How many replies the rule holds for.
    pub times: usize,
    /// Of how many that it could have held for.
    pub of: usize,
}

/// One thing to try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    /// By which rule.
    pub what: Aim,
    /// Where it would have been of use.
    pub place: Place,
    /// How many replies the rule holds for.
    pub times: usize,
    /// What could have been said there, if the coach has something.
    pub instead: Option<Suggestion>,
    /// What the coach would try with this client.
    pub approach: Option<String>,
}

/// A place in the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The turn.
    pub turn: u32,
    /// What the client had said, which the reply answers.
    pub client: String,
    /// The words of the reply that the rule rests on.
    pub quote: String,
}

/// The rules for strengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Good {
    /// Mended a rupture.
    Mended,
    /// Rolled where the client resisted.
    Rolled,
    /// The client then spoke for change.
    Evoked,
    /// Stayed with change talk.
    TookUp,
    /// Gave the choice back.
    Autonomy,
    /// Affirmed something specific.
    Affirmed,
    /// Asked before telling, or shared power.
    Asked,
    /// Added meaning to what was said.
    Deepened,
}

/// The rules for what to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// Roll where the reply argued.
    Argued,
    /// Reflect before informing or advising.
    Told,
    /// Stay with change talk.
    PassedOver,
    /// Reflect in place of a question.
    Questions,
    /// Another approach to a client who resists on and on.
    Approach,
    /// Add meaning to a reflection.
    Plain,
}

/// One reply with what stands around it.
struct Moment<'a> {
    turn: u32,
    said: &'a Said,
    before: &'a Reply,
    after: Option<&'a Reply>,
    told: Option<&'a Feedback>,
}

/// The review of a session. `told` is what the coach has said of each turn of `path`, in its order.
pub fn review(path: &Path, told: &[Option<Feedback>], summary: &Summary) -> Review {
    let moments = moments(path, told);
    Review { strengths: strengths(&moments), next: next(&moments, summary) }
}

/// `text` up to the end of a word at which it is long enough for a quotation.
pub fn clipped(text: &str) -> String {
    let text = text.trim();
    let Some((end, _)) = text.char_indices().nth(QUOTED) else { return text.to_owned() };
    let cut = text[..end].rfind(char::is_whitespace).filter(|at| *at > 0).unwrap_or(end);
    format!("{} …", text[..cut].trim_end())
}

fn moments<'a>(path: &'a Path, told: &'a [Option<Feedback>]) -> Vec<Moment<'a>> {
    let mut moments = Vec::new();
    let mut before: Option<&Reply> = None;
    for (at, turn) in path.turns().iter().enumerate() {
        if let (Some(said), Some(before)) = (&turn.trainee, before) {
            let told = told.get(at).and_then(Option::as_ref);
            moments.push(Moment { turn: turn.number, said, before, after: turn.reply.as_ref(), told });
        }
        before = turn.reply.as_ref().or(before);
    }
    moments
}

impl Moment<'_> {
    fn verdict(&self) -> &Verdict {
        &self.said.verdict
    }

    fn score(&self) -> f32 {
        self.verdict().score
    }

    fn has(&self, code: Code) -> bool {
        self.verdict().codes.contains(&code)
    }

    fn resisted(&self) -> bool {
        self.before.action.is_sustain() || self.before.action.is_discord()
    }

    fn is_clean(&self) -> bool {
        matches!(self.verdict().band, Band::Rolling | Band::Neutral)
    }

    /// Whether the rule could have held here.
    fn could(&self, what: Good) -> bool {
        match what {
            Good::Mended => self.before.state.rupture_age.is_some(),
            Good::Rolled => self.resisted(),
            Good::Evoked => self.before.talk() != Talk::Change && self.after.is_some(),
            Good::TookUp => self.before.talk() == Talk::Change,
            Good::Autonomy | Good::Affirmed | Good::Asked | Good::Deepened => true,
        }
    }

    fn is(&self, what: Good) -> bool {
        let counts = |code: Code| self.has(code) && self.finding(code).is_some();
        let holds = match what {
            Good::Mended => self.after.is_some_and(|r| r.state.repairs > self.before.state.repairs),
            Good::Rolled => self.verdict().band == Band::Rolling && self.discord_rise() < UNFELT,
            Good::Evoked => self.after.is_some_and(|r| r.talk() == Talk::Change) && self.invites(),
            Good::TookUp => takes_up(self.verdict()),
            Good::Autonomy => counts(Code::EmphasiseAutonomy),
            Good::Affirmed => counts(Code::Affirm),
            Good::Asked => counts(Code::SeekCollaboration),
            Good::Deepened => counts(Code::ComplexReflection),
        };
        self.is_clean() && self.could(what) && holds
    }

    fn invites(&self) -> bool {
        takes_up(self.verdict()) || self.has(Code::EmphasiseAutonomy)
    }

    fn discord_rise(&self) -> f32 {
        self.after.map_or(0.0, |r| r.state.discord.value() - self.before.state.discord.value())
    }

    /// The weightiest finding of `code` that counts in the reply's favour.
    fn finding(&self, code: Code) -> Option<&Finding> {
        let of_code = |f: &&Finding| f.code == Label::Code(code) && f.contribution > COUNTS;
        heaviest(self.verdict().findings.iter().filter(of_code))
    }

    fn place(&self, finding: Option<&Finding>) -> Place {
        let quote = finding.and_then(|f| self.said.text.get(f.at.clone())).unwrap_or(&self.said.text);
        Place { turn: self.turn, client: clipped(&self.before.text), quote: clipped(quote) }
    }

    fn strength(&self, what: Good) -> Place {
        let favourable = self.verdict().findings.iter().filter(|f| f.contribution > COUNTS);
        self.place(match what {
            Good::Autonomy => self.finding(Code::EmphasiseAutonomy),
            Good::Affirmed => self.finding(Code::Affirm),
            Good::Asked => self.finding(Code::SeekCollaboration),
            Good::Deepened => self.finding(Code::ComplexReflection),
            Good::Mended | Good::Rolled | Good::Evoked | Good::TookUp => heaviest(favourable),
        })
    }

    fn shows(&self, what: Aim) -> bool {
        let verdict = self.verdict();
        let argues = verdict.band == Band::Arguing;
        match what {
            Aim::Argued => argues,
            Aim::Told => self.resisted() && verdict.consistency == Consistency::I,
            Aim::PassedOver => self.before.talk() == Talk::Change && !takes_up(verdict),
            Aim::Questions => verdict.question.is_some() && verdict.reflection.is_none(),
            Aim::Approach => self.told.is_some_and(|t| t.approach.is_some()),
            Aim::Plain => self.has(Code::SimpleReflection),
        }
    }

    fn next(&self, what: Aim, times: usize) -> Next {
        let unfavourable = self.verdict().findings.iter().filter(|f| f.contribution < -COUNTS);
        let coded = |wanted: &'static [Code]| {
            self.verdict().findings.iter().find(|f| wanted.iter().any(|code| f.code == Label::Code(*code)))
        };
        let finding = match what {
            Aim::Argued | Aim::Told => heaviest(unfavourable),
            Aim::Questions => coded(&[Code::QuestionClosed, Code::QuestionOpen]),
            Aim::Plain => coded(&[Code::SimpleReflection]),
            Aim::PassedOver | Aim::Approach => None,
        };
        let approach = self.told.and_then(|t| t.approach.clone()).filter(|_| what == Aim::Approach);
        Next { what, place: self.place(finding), times, instead: self.alternative().cloned(), approach }
    }

    fn alternative(&self) -> Option<&Suggestion> {
        self.told.and_then(|told| told.alternative.as_ref())
    }
}

/// The weightiest finding; of several that weigh the same, the first.
fn heaviest<'a>(findings: impl Iterator<Item = &'a Finding>) -> Option<&'a Finding> {
    let mut heaviest: Option<&Finding> = None;
    for finding in findings {
        if heaviest.is_none_or(|h| finding.contribution.abs() > h.contribution.abs()) {
            heaviest = Some(finding);
        }
    }
    heaviest
}

fn strengths(moments: &[Moment<'_>]) -> Vec<Strength> {
    const RULES: [Good; 8] = [
        Good::Mended,
        Good::Rolled,
        Good::Evoked,
        Good::TookUp,
        Good::Autonomy,
        Good::Affirmed,
        Good::Asked,
        Good::Deepened,
    ];
    let mut found: Vec<Strength> = Vec::new();
    for what in RULES {
        let all: Vec<&Moment<'_>> = moments.iter().filter(|m| m.is(what)).collect();
        let free = all.iter().filter(|m| found.iter().all(|s| s.place.turn != m.turn));
        let Some(best) = free.copied().reduce(|best, m| if m.score() > best.score() { m } else { best })
        else {
            continue;
        };
        let of = moments.iter().filter(|m| m.could(what)).count();
        found.push(Strength { what, place: best.strength(what), times: all.len(), of });
        if found.len() == STRENGTHS {
            break;
        }
    }
    found
}

fn next(moments: &[Moment<'_>], summary: &Summary) -> Option<Next> {
    let enough = summary.replies >= ENOUGH_REPLIES;
    let asks_more = enough && summary.reflections_to_questions.is_some_and(|ratio| ratio < 1.0);
    let plain = enough && summary.complex_share.is_some_and(|share| share < COMPLEX_FAIR);
    let rules = [
        (Aim::Argued, true),
        (Aim::Told, true),
        (Aim::PassedOver, true),
        (Aim::Questions, asks_more),
        (Aim::Approach, true),
        (Aim::Plain, plain),
    ];
    rules.into_iter().filter(|(_, applies)| *applies).find_map(|(what, _)| {
        let all: Vec<&Moment<'_>> = moments.iter().filter(|m| m.shows(what)).collect();
        // An alternative is worth more than the lowest score; of equals, the first.
        let rank = |m: &Moment<'_>| (m.alternative().is_none(), m.score());
        let pick = all.iter().copied().reduce(|pick, m| if rank(m) < rank(pick) { m } else { pick })?;
        Some(pick.next(what, all.len()))
    })
}

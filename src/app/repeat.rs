//! A stored session, turn by turn once more: whether the same comes of it.

use serde::Serialize;

use crate::app::AppError;
use crate::app::practise::{self, Moment};
use crate::app::sent;
use crate::app::voice::Voice;
use crate::domain::client::State;
use crate::domain::judge::{Judge, Verdict};
use crate::domain::session::{Path, Provenance, Reply, Setting, Turn};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Repeated {
    /// How many answers of the client's were drawn again.
    pub turns: usize,
    /// What the session depends on and is not as it was: `prompts`, `lexicon`, `model`, `version`,
    /// `persona`.
    pub changed: Vec<&'static str>,
    /// Where something else came of it.
    pub differences: Vec<Mismatch>,
}

/// Something that is not as it was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// Distance from the opening.
    pub turn: u32,
    /// `verdict`, `text`, `action`, `fact` or `state`.
    pub what: &'static str,
    /// As stored.
    pub stored: String,
    /// As it comes out now.
    pub now: String,
}

/// A session as it is stored.
#[derive(Clone, Copy)]
pub struct Stored<'a> {
    /// What it was begun with.
    pub setting: &'a Setting,
    /// Its turns.
    pub path: &'a Path,
}

/// Repeats a session with what is in force `now`. Each turn is drawn in the company of the stored
/// ones before it, so that one difference does not bring about the next.
///
/// # Errors
/// Where the model fails.
pub fn repeat(
    stored: Stored<'_>,
    judge: &Judge,
    voice: &mut Voice,
    now: &Provenance,
) -> Result<Repeated, AppError> {
    let Stored { setting, path } = stored;
    let mut repeated =
        Repeated { turns: 0, changed: changed(&setting.provenance, now), differences: Vec::new() };
    for turn in path.turns() {
        let Some(reply) = &turn.reply else { break };
        let again = match &turn.trainee {
            None => practise::opening(&setting.persona, setting.seed, judge),
            Some(said) => {
                let verdict = judged(path, turn, judge);
                repeated.compare_verdict(turn, original_verdict(turn, &said.verdict), verdict.as_ref());
                let Some(here) = path.before_answer(turn.number) else { break };
                let moment = Moment::of(&setting.persona, setting.seed, &here);
                let spoken = voice.speak(&moment.scene(&setting.persona, &here), &|| false)?;
                moment.reply(spoken, reply.cut)
            }
        };
        repeated.compare_reply(turn.number, original_reply(turn, reply), &again);
        repeated.turns += 1;
    }
    Ok(repeated)
}

/// What the judge makes of a turn's words now.
fn judged(path: &Path, turn: &Turn, judge: &Judge) -> Option<Verdict> {
    let before = path.turns().iter().take_while(|other| other.number < turn.number).cloned().collect();
    let said = sent::said(Path::new(before), judge, &turn.trainee.as_ref()?.text);
    Some(said.turns().last()?.trainee.as_ref()?.verdict.clone())
}

/// The verdict and the state before a trainer overruled them.
fn original_verdict<'a>(turn: &'a Turn, verdict: &'a Verdict) -> &'a Verdict {
    turn.overruled.as_ref().map_or(verdict, |before| &before.verdict)
}

fn original_reply<'a>(turn: &'a Turn, reply: &'a Reply) -> (&'a Reply, &'a State) {
    (reply, turn.overruled.as_ref().map_or(&reply.state, |before| &before.state))
}

fn changed(then: &Provenance, now: &Provenance) -> Vec<&'static str> {
    let parts = [
        ("persona", &then.persona, &now.persona),
        ("prompts", &then.prompts, &now.prompts),
        ("lexicon", &then.lexicon, &now.lexicon),
        ("model", &then.model, &now.model),
        ("version", &then.version, &now.version),
    ];
    parts.into_iter().filter(|(_, then, now)| then != now).map(|(name, ..)| name).collect()
}

impl Repeated {
    /// Whether the session came out as it is stored.
    pub fn is_same(&self) -> bool {
        self.differences.is_empty()
    }

    fn compare_verdict(&mut self, turn: &Turn, stored: &Verdict, now: Option<&Verdict>) {
        if now == Some(stored) {
            return;
        }
        let short = |v: &Verdict| {
            let codes: Vec<&str> = v.codes.iter().map(|code| code.as_str()).collect();
            format!("{:+.3} {}", v.score, codes.join("+"))
        };
        let now = now.map(short).unwrap_or_default();
        self.differs(turn.number, "verdict", (short(stored), now));
    }

    fn compare_reply(&mut self, turn: u32, (stored, state): (&Reply, &State), now: &Reply) {
        // Of a reply that was cut short, the rest is not known.
        let same_text = if stored.cut { now.text.starts_with(&stored.text) } else { now.text == stored.text };
        if !same_text {
            self.differs(turn, "text", (stored.text.clone(), now.text.clone()));
        }
        if now.action != stored.action {
            let (stored, now) = (stored.action.as_str(), now.action.as_str());
            self.differs(turn, "action", (stored.to_owned(), now.to_owned()));
        }
        if now.fact != stored.fact {
            let name = |fact: &Option<String>| fact.clone().unwrap_or_else(|| "none".to_owned());
            self.differs(turn, "fact", (name(&stored.fact), name(&now.fact)));
        }
        if now.state != *state {
            let short = |s: &State| {
                format!("D {} T {} R {}", s.discord.value(), s.trust.value(), s.readiness.value())
            };
            self.differs(turn, "state", (short(state), short(&now.state)));
        }
    }

    fn differs(&mut self, turn: u32, what: &'static str, (stored, now): (String, String)) {
        self.differences.push(Mismatch { turn, what, stored, now });
    }
}

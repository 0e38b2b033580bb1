//! What one reply of the trainee does to the client.
//! Knows: the update table. Never: what the client does next, dice.

use serde::{Deserialize, Serialize};

use crate::domain::level::Level;
use crate::domain::moves::Move;
use crate::domain::persona::Persona;

use super::state::{State, gate_open};
use super::table::{Effect, Levels, Moment, TOO_TENSE};

/// Share of the discord above the floor that goes by itself on a turn without harm.
const RELAXATION: f32 = 0.05;
/// What saying sorry does while a rupture is fresh.
const APOLOGY_DISCORD: f32 = -0.08;
const APOLOGY_TRUST: f32 = 0.02;
/// Share of a gain in trust that gets through on the turn after a rupture: without it, one
/// good reflection would undo an argument in a client whom reflections suit.
const TRUST_WHILE_HURT: f32 = 0.75;
/// A rise of discord from which a turn counts as a rupture, and how many turns it can be mended in.
const RUPTURE_RISE: f32 = 0.05;
const REPAIR_TURNS: u8 = 3;
/// Discord that nobody stands for long, and how many turns of it bring the warning.
const UNBEARABLE: f32 = 0.90;
pub(super) const STRAIN_WARNS: u8 = 2;

/// What the client heard, as far as their state is concerned.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// What the reply does: one or two moves, worst first.
    pub moves: &'a [Move],
    /// The trainee says sorry.
    pub apology: bool,
    /// The trainee's words: for the cues of facts, and for nothing else.
    pub words: &'a str,
    /// The trainee asks for the client's own plan.
    pub asks_plan: bool,
}

impl Heard<'_> {
    /// The moves that count: at most two different ones; none at all is small talk.
    pub(super) fn distinct(&self) -> Vec<Move> {
        let mut moves: Vec<Move> = Vec::with_capacity(2);
        for mv in self.moves {
            if moves.len() < 2 && !moves.contains(mv) {
                moves.push(*mv);
            }
        }
        if moves.is_empty() { vec![Move::Other] } else { moves }
    }
}

/// One reason why the state changed, in plain words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// For example "autonomy support: a key move for Ray".
    pub what: String,
    /// Change of discord, `-1.0..=1.0`.
    pub discord: f32,
    /// Change of trust.
    pub trust: f32,
    /// Change of readiness.
    pub readiness: f32,
}

/// The client after a reply, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The new state.
    pub state: State,
    /// The causes; their changes add up to the change of the state.
    pub why: Vec<Cause>,
}

/// The client after hearing a reply.
pub fn step(persona: &Persona, state: &State, heard: &Heard<'_>) -> Step {
    let moves = as_permitted(&heard.distinct(), state.permission);
    let moment = Moment {
        persona,
        before: state,
        only_questions: moves.iter().all(|mv| mv.is_question()),
        open: gate_open(persona, state),
    };
    let mut ledger = Ledger::new(persona, state, state.plan_asked || (heard.asks_plan && moment.open));
    let mut harmed = false;
    for mv in &moves {
        harmed |= hear(&moment, *mv, &mut ledger);
    }
    let mends = !harmed && (heard.apology || moves.contains(&Move::Autonomy));
    if mends && heard.apology && state.rupture_age.is_some() {
        ledger.add("said sorry while it still hurt", APOLOGY_DISCORD, APOLOGY_TRUST, 0.0);
    }
    ledger.settle(harmed);
    let turn = Turn { moves: &moves, harmed, mends, argued: moves.contains(&Move::Argue) };
    let state = ledger.state(&moment, &turn);
    Step { state, why: ledger.why }
}

/// Advice and facts that the client has just agreed to hear are not unasked for.
fn as_permitted(moves: &[Move], permission: bool) -> Vec<Move> {
    let permitted = |mv: &Move| match mv {
        Move::Advise if permission => Move::AdvisePermitted,
        Move::Inform if permission => Move::InformPermitted,
        other => *other,
    };
    moves.iter().map(permitted).collect()
}

/// Applies one move; whether it hurt.
fn hear(moment: &Moment<'_>, mv: Move, ledger: &mut Ledger<'_>) -> bool {
    let name = moment.persona.name.split_whitespace().next().unwrap_or_default();
    let before = ledger.now.discord;
    let row = moment.row(mv, ledger.now);
    ledger.reflects_change |= mv == Move::DoubleSided && moment.open;
    ledger.apply(&named(moment, mv), row);
    if let Some(key) = moment.key(mv, ledger.now) {
        ledger.apply(&format!("{}: a key move for {name}", plain(mv)), key);
    }
    if let Some(trigger) = moment.trigger(mv, ledger.now) {
        ledger.apply(&format!("{}: hard on {name}", plain(mv)), trigger);
    }
    row.harms || ledger.now.discord > before
}

/// The move with what was special about it this time.
fn named(moment: &Moment<'_>, mv: Move) -> String {
    let what = plain(mv);
    if mv.is_question() && moment.is_question_run() {
        format!("{what}: one question after another")
    } else if mv == Move::Alongside && moment.colludes() {
        format!("{what}: speaks against change to someone who is torn")
    } else if mv == Move::Evoke && !moment.open {
        format!("{what}: too early")
    } else if moment.before.repeat_factor(mv) < 1.0 {
        format!("{what} again: it wears off")
    } else {
        what.to_owned()
    }
}

/// A move in the words of `/why`.
fn plain(mv: Move) -> &'static str {
    match mv {
        Move::Argue => "arguing",
        Move::Advise => "advice without permission",
        Move::AdvisePermitted => "advice with permission",
        Move::Inform => "information without permission",
        Move::InformPermitted => "information with permission",
        Move::ClosedQuestion => "closed question",
        Move::OpenQuestion => "open question",
        Move::Evoke => "question that invites change talk",
        Move::SimpleReflection => "simple reflection",
        Move::ComplexReflection => "complex reflection",
        Move::DoubleSided => "double-sided reflection",
        Move::Alongside => "coming alongside",
        Move::Autonomy => "autonomy support",
        Move::Affirm => "affirmation",
        Move::Permission => "asking permission",
        Move::Acknowledge => "naming an injustice",
        Move::Other => "nothing in particular",
    }
}

/// What the counters need to know about a turn.
struct Turn<'a> {
    moves: &'a [Move],
    harmed: bool,
    mends: bool,
    argued: bool,
}

/// The levels and the reasons, kept in step with each other.
struct Ledger<'a> {
    persona: &'a Persona,
    before: &'a State,
    now: Levels,
    plan_asked: bool,
    reflects_change: bool,
    why: Vec<Cause>,
}

impl<'a> Ledger<'a> {
    fn new(persona: &'a Persona, before: &'a State, plan_asked: bool) -> Self {
        let now = Levels {
            discord: before.discord.value(),
            trust: before.trust.value(),
            readiness: before.readiness.value(),
        };
        Self { persona, before, now, plan_asked, reflects_change: before.change_reflected, why: Vec::new() }
    }

    fn apply(&mut self, what: &str, effect: Effect) {
        self.add(what, effect.discord, effect.trust, effect.readiness);
    }

    /// Changes the levels and records what really changed, after all limits.
    fn add(&mut self, what: &str, discord: f32, trust: f32, readiness: f32) {
        let was = self.now;
        self.now.discord = (was.discord + discord).clamp(0.0, 1.0);
        let share = if trust > 0.0 && self.before.rupture_age == Some(0) { TRUST_WHILE_HURT } else { 1.0 };
        self.now.trust = (was.trust + trust * share).clamp(0.0, 1.0);
        self.now.readiness = (was.readiness + self.allowed(readiness)).clamp(0.0, 1.0);
        if self.now != was {
            self.why.push(Cause {
                what: what.to_owned(),
                discord: self.now.discord - was.discord,
                trust: self.now.trust - was.trust,
                readiness: self.now.readiness - was.readiness,
            });
        }
    }

    /// How much of a change of readiness happens: no rise in open tension, and none past the
    /// persona's cap before the trainee has drawn out the client's own reasons and plan.
    fn allowed(&self, readiness: f32) -> f32 {
        if readiness <= 0.0 {
            return readiness;
        }
        if self.before.discord.value().max(self.now.discord) > TOO_TENSE {
            return 0.0;
        }
        let earned = self.plan_asked && self.reflects_change;
        let cap = if earned { 1.0 } else { self.persona.temperament.readiness_cap };
        readiness.min((cap - self.now.readiness).max(0.0))
    }

    /// Tension wears off by itself where nothing hurt; some of it only trust can take away.
    fn settle(&mut self, harmed: bool) {
        let floor = self.persona.temperament.floor;
        if !harmed {
            let ease = RELAXATION * (self.now.discord - floor).max(0.0);
            self.add("tension eases by itself", -ease, 0.0, 0.0);
        }
        let least = floor * (1.0 - self.now.trust);
        let rest = (least - self.now.discord).max(0.0);
        self.add("a guard that only trust lowers", rest, 0.0, 0.0);
    }

    fn state(&self, moment: &Moment<'_>, turn: &Turn<'_>) -> State {
        let before = self.before;
        let rose = self.now.discord - before.discord.value();
        let ruptured = turn.argued || (turn.harmed && rose >= RUPTURE_RISE);
        let mended = turn.mends && (before.rupture_age.is_some() || before.strain > 0);
        let unbearable = self.now.discord > UNBEARABLE && !mended;
        let strain = if unbearable { before.strain.saturating_add(1) } else { 0 };
        let asked_leave = turn.moves.contains(&Move::Permission);
        State {
            discord: Level::clamped(self.now.discord),
            trust: Level::clamped(self.now.trust),
            readiness: Level::clamped(self.now.readiness),
            stage: before.stage.after(self.now.readiness),
            habits: before.habits_after(turn.moves),
            questions: if moment.only_questions { before.questions.saturating_add(1) } else { 0 },
            permission: asked_leave && self.now.discord < self.persona.temperament.discord_onset,
            change_reflected: self.reflects_change,
            plan_asked: self.plan_asked,
            stung: turn.harmed,
            ruptures: before.ruptures.saturating_add(u16::from(ruptured)),
            repairs: before.repairs.saturating_add(u16::from(mended)),
            rupture_age: rupture_age(before.rupture_age, ruptured, mended),
            strain,
            warned: strain >= STRAIN_WARNS,
            told: before.told.clone(),
        }
    }
}

fn rupture_age(before: Option<u8>, ruptured: bool, mended: bool) -> Option<u8> {
    if ruptured {
        return Some(0);
    }
    before.filter(|_| !mended).map(|age| age + 1).filter(|age| *age < REPAIR_TURNS)
}

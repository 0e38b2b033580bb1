//! The update table: what one move does to one client at one moment.
//! Knows: persona, state before the turn. Never: the order of moves, what follows from them.

use crate::domain::moves::Move;
use crate::domain::persona::{Persona, Temperament};

use super::state::{Stage, State};

/// Discord above which readiness cannot rise.
pub(super) const TOO_TENSE: f32 = 0.60;
/// Discord above which coming alongside is a relief and not collusion.
const ALONGSIDE_HELPS: f32 = 0.30;
/// Question-only replies in a row after which the next one feels like a form.
const QUESTION_RUN: u8 = 2;

/// The levels while a turn is being worked out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Levels {
    pub(super) discord: f32,
    pub(super) trust: f32,
    pub(super) readiness: f32,
}

/// What one move does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Effect {
    pub(super) discord: f32,
    pub(super) trust: f32,
    pub(super) readiness: f32,
    /// It hurts by its nature, also where discord can rise no further.
    pub(super) harms: bool,
}

/// A turn as it stands before its first move.
pub(super) struct Moment<'a> {
    pub(super) persona: &'a Persona,
    pub(super) before: &'a State,
    /// The reply is nothing but questions.
    pub(super) only_questions: bool,
    /// The gate was open when the reply was heard.
    pub(super) open: bool,
}

impl Moment<'_> {
    /// The row of `mv`, at the levels that the moves before it in this reply left behind.
    pub(super) fn row(&self, mv: Move, now: Levels) -> Effect {
        let Temperament { react, trust_gain: tg, readiness_gain: rg, .. } = self.persona.temperament;
        let k = self.before.freshness(mv);
        let once = self.before.repeat_factor(mv);
        let open = self.open_at(now);
        let d = now.discord;
        // Rises: towards 1, or up to a ceiling that questions alone do not pass.
        let rise = |x: f32| x * react * (1.0 - d);
        let up_to = |x: f32, ceiling: f32| x * react * (ceiling - d).max(0.0);
        let gated = |x: f32| if open { x } else { 0.0 };
        // Each row: discord, trust, readiness.
        match mv {
            _ if mv.is_question() && self.is_question_run() => harm(up_to(0.06, 0.55), 0.0, 0.0),
            Move::Argue => harm(rise(0.20), -0.06, -0.02),
            Move::Advise => harm(rise(0.11), -0.03, 0.0),
            Move::AdvisePermitted => help(0.0, 0.01 * once, gated(0.01 * once)),
            Move::Inform => harm(rise(0.05), -0.01, 0.0),
            Move::InformPermitted => help(0.0, 0.01 * once, 0.0),
            Move::ClosedQuestion | Move::Other => help(0.0, 0.0, 0.0),
            Move::OpenQuestion => help(-0.01 * once, 0.015 * tg * once, 0.0),
            Move::Evoke if open => help(0.0, 0.01 * once, 0.06 * rg * k),
            Move::Evoke => harm(up_to(0.06, 0.65), 0.0, 0.0),
            Move::SimpleReflection => help(-0.05 * k, 0.025 * tg * k, 0.0),
            Move::ComplexReflection => help(-0.08 * k, 0.04 * tg * k, gated(0.048 * rg * k)),
            Move::DoubleSided if open => help(-0.06 * k, 0.03 * tg * k, 0.045 * rg * k),
            Move::DoubleSided => help(-0.06 * k, 0.03 * tg * k, 0.005 * k),
            Move::Alongside if self.colludes() => help(0.0, 0.0, -0.03),
            Move::Alongside => help(-0.10 * k, 0.03 * tg * k, 0.03 * rg * k),
            Move::Autonomy => help(-0.12 * k, 0.05 * tg * k, 0.0),
            Move::Affirm => help(-0.05 * k, 0.05 * tg * k, 0.0),
            Move::Permission => help(-0.04 * once, 0.02 * tg * once, 0.0),
            Move::Acknowledge => help(-0.05 * k, 0.025 * tg * k, 0.0),
        }
    }

    /// What `mv` does to this client beyond its row, as a key move.
    pub(super) fn key(&self, mv: Move, now: Levels) -> Option<Effect> {
        let key = self.persona.keys.iter().find(|key| key.on == mv)?;
        if mv == Move::Alongside && self.colludes() {
            return None;
        }
        let k = self.before.freshness(mv);
        // Praise and choice must not buy readiness from somebody who is still on guard, nor by
        // being handed out every other turn: hence the gate, and a bonus that fades twice as fast.
        let moves_readiness = mv == Move::Alongside || self.open_at(now);
        let readiness = if moves_readiness { key.readiness * k * k } else { 0.0 };
        Some(help(-key.discord * k, key.trust * k, readiness))
    }

    /// What `mv` does to this client beyond its row, as a trigger. It does not wear off.
    pub(super) fn trigger(&self, mv: Move, now: Levels) -> Option<Effect> {
        let trigger = self.persona.triggers.iter().find(|trigger| trigger.on == mv)?;
        let discord = trigger.discord * (1.0 - now.discord);
        Some(Effect { discord, trust: -trigger.trust, readiness: -trigger.readiness, harms: false })
    }

    /// Coming alongside somebody who is neither tense nor set against change talks them out of it.
    pub(super) fn colludes(&self) -> bool {
        self.before.discord.value() <= ALONGSIDE_HELPS && self.before.stage != Stage::Precontemplation
    }

    /// The reply is the third or later in a row that only asks.
    pub(super) fn is_question_run(&self) -> bool {
        self.only_questions && self.before.questions >= QUESTION_RUN
    }

    /// The gate was open at the start and nothing in this reply has shut it.
    fn open_at(&self, now: Levels) -> bool {
        let Temperament { discord_gate, trust_gate, .. } = self.persona.temperament;
        self.open && now.discord < discord_gate && now.trust > trust_gate
    }
}

fn help(discord: f32, trust: f32, readiness: f32) -> Effect {
    Effect { discord, trust, readiness, harms: false }
}

fn harm(discord: f32, trust: f32, readiness: f32) -> Effect {
    Effect { discord, trust, readiness, harms: true }
}

//! The client's state: the properties that must hold for every persona that ships.

mod protocols;
mod sessions;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use pushback::domain::action::Action;
use pushback::domain::client::{
    self, Habit, Heard, Stage, State, act, begin, gate_open, receptivity, step, told,
};
use pushback::domain::dice::Dice;
use pushback::domain::level::Level;
use pushback::domain::moves::Move;
use pushback::domain::persona::{Kind, Persona};

use crate::persona::{one, shipped};

/// A reply that does `moves` and nothing else.
fn heard(moves: &[Move]) -> Heard<'_> {
    Heard { moves, apology: false, words: "", asks_plan: false }
}

fn after(persona: &Persona, state: &State, moves: &[Move]) -> State {
    step(persona, state, &heard(moves)).state
}

/// The same cases on every run and every machine.
fn seeded(seed: u64) -> Config {
    Config { cases: 400, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Config::default() }
}

fn any_move() -> impl Strategy<Value = Move> {
    prop::sample::select(Move::ALL.to_vec())
}

/// Any state, also ones that no session would reach.
#[derive(Clone, Debug)]
struct Wild {
    levels: (f32, f32, f32),
    stage: Stage,
    habits: Vec<(Move, f32, u8)>,
    questions: u8,
    flags: (bool, bool, bool),
    rupture_age: Option<u8>,
    strain: u8,
}

impl Wild {
    fn state(&self, persona: &Persona) -> State {
        let (discord, trust, readiness) = self.levels;
        let habits = self
            .habits
            .iter()
            .map(|(mv, recent, in_a_row)| (*mv, Habit { recent: *recent, in_a_row: *in_a_row }));
        State {
            discord: Level::clamped(discord),
            trust: Level::clamped(trust),
            readiness: Level::clamped(readiness),
            stage: self.stage,
            habits: habits.collect(),
            questions: self.questions,
            permission: self.flags.0,
            change_reflected: self.flags.1,
            plan_asked: self.flags.2,
            rupture_age: self.rupture_age,
            strain: self.strain,
            ..begin(persona)
        }
    }
}

fn wild() -> impl Strategy<Value = Wild> {
    let level = || prop_oneof![8 => 0.0f32..=1.0, 1 => Just(0.0f32), 1 => Just(1.0f32)];
    let stage = prop::sample::select(vec![Stage::Precontemplation, Stage::Contemplation, Stage::Preparation]);
    let habits = prop::collection::vec((any_move(), 0.0f32..4.0, 0u8..6), 0..5);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    ((level(), level(), level()), stage, habits, 0u8..5, flags, prop::option::of(0u8..3), 0u8..4).prop_map(
        |(levels, stage, habits, questions, flags, rupture_age, strain)| Wild {
            levels,
            stage,
            habits,
            questions,
            flags,
            rupture_age,
            strain,
        },
    )
}

/// How good a move is for this client now: argue 0, advise 1, inform 2, neutral 3, roll 4.
/// None where it depends: what this client takes badly, questions in a run, collusion,
/// evoking too soon, advice just permitted.
fn rank(persona: &Persona, state: &State, mv: Move) -> Option<u8> {
    let is_trigger = persona.triggers.iter().any(|trigger| trigger.on == mv);
    let colludes = state.discord.value() <= 0.30 && state.stage != Stage::Precontemplation;
    match mv {
        Move::Argue => Some(0),
        Move::Advise if !state.permission => Some(1),
        Move::Inform if !state.permission => Some(2),
        Move::Other => Some(3),
        _ if is_trigger => None,
        Move::Evoke if !gate_open(persona, state) => None,
        Move::OpenQuestion | Move::Evoke if state.questions >= 2 => None,
        Move::ClosedQuestion | Move::Advise | Move::Inform => None,
        Move::Alongside if colludes => None,
        _ => Some(4),
    }
}

proptest! {
    #![proptest_config(seeded(1))]

    #[test]
    fn a_worse_reply_is_never_better_for_the_client_seed_1(
        wild in wild(), a in any_move(), b in any_move(), also in prop::option::of(any_move()), apology: bool, plan: bool,
    ) {
        for persona in shipped_once() {
            let state = wild.state(persona);
            let (Some(x), Some(y)) = (rank(persona, &state, a), rank(persona, &state, b)) else { continue };
            if x == y || also == Some(a) || also == Some(b) {
                continue;
            }
            let (worse, better) = if x < y { (a, b) } else { (b, a) };
            let hear = |mv| {
                let moves: Vec<_> = std::iter::once(mv).chain(also).collect();
                step(persona, &state, &Heard { apology, asks_plan: plan, ..heard(&moves) }).state
            };
            let (worse, better) = (hear(worse), hear(better));
            prop_assert!(worse.discord >= better.discord, "{}", persona.id);
            prop_assert!(worse.trust <= better.trust, "{}", persona.id);
            prop_assert!(worse.readiness <= better.readiness, "{}", persona.id);
        }
    }

    #[test]
    fn readiness_rises_only_through_the_gate_seed_1(wild in wild(), a in any_move(), b in any_move(), plan: bool) {
        for persona in shipped_once() {
            let state = wild.state(persona);
            let next = step(persona, &state, &Heard { asks_plan: plan, ..heard(&[a, b]) }).state;
            let gain = next.readiness.value() - state.readiness.value();
            // Coming alongside speaks to the guarded, and a double-sided reflection plants a seed.
            let allowed = if [a, b].contains(&Move::Alongside) {
                0.10
            } else if [a, b].contains(&Move::DoubleSided) {
                0.005
            } else {
                0.0
            };
            prop_assert!(gate_open(persona, &state) || gain <= allowed + f32::EPSILON, "{} {gain}", persona.id);
            prop_assert!(state.discord.value() <= 0.60 || gain <= 0.0, "{} {gain}", persona.id);
        }
    }

    #[test]
    fn taking_over_as_the_expert_never_raises_readiness_seed_1(wild in wild(), plan: bool, apology: bool) {
        for persona in shipped_once() {
            let begs = persona.kind == Kind::ResistsAutonomy;
            for mv in [Move::Argue, Move::Advise, Move::Inform, Move::AdvisePermitted, Move::InformPermitted] {
                let permitted = matches!(mv, Move::AdvisePermitted | Move::InformPermitted);
                let mut state = wild.state(persona);
                state.permission &= begs;
                if permitted && !begs {
                    continue;
                }
                let next = step(persona, &state, &Heard { apology, asks_plan: plan, ..heard(&[mv]) }).state;
                prop_assert!(next.readiness <= state.readiness, "{} {mv:?}", persona.id);
            }
        }
    }

    #[test]
    fn the_causes_add_up_to_the_change_seed_1(wild in wild(), a in any_move(), b in any_move(), apology: bool) {
        for persona in shipped_once() {
            let state = wild.state(persona);
            let result = step(persona, &state, &Heard { apology, ..heard(&[a, b]) });
            let sum = result.why.iter().fold([0.0f32; 3], |[d, t, r], cause| {
                [d + cause.discord, t + cause.trust, r + cause.readiness]
            });
            let change = [
                result.state.discord.value() - state.discord.value(),
                result.state.trust.value() - state.trust.value(),
                result.state.readiness.value() - state.readiness.value(),
            ];
            for (sum, change) in sum.iter().zip(change) {
                prop_assert!((sum - change).abs() < 1e-5, "{} {:?}", persona.id, result.why);
            }
        }
    }

    #[test]
    fn same_inputs_and_seed_same_outcome_seed_1(wild in wild(), a in any_move(), b in any_move(), seed: u64) {
        for persona in shipped_once() {
            let state = wild.state(persona);
            let once = || {
                let moves = [a, b];
                let heard = Heard { words: "your daughter, your work, your nights", ..heard(&moves) };
                let next = step(persona, &state, &heard).state;
                let intent = act(persona, &next, &heard, "My mother called.", &mut Dice::for_turn(seed, 3));
                serde_json::to_string(&(next, intent)).unwrap()
            };
            prop_assert_eq!(once(), once());
        }
    }

    #[test]
    fn a_state_survives_storage_seed_1(wild in wild(), a in any_move()) {
        let persona = &shipped_once()[0];
        let state = after(persona, &wild.state(persona), &[a]);
        let stored = serde_json::to_string(&state).unwrap();
        prop_assert_eq!(serde_json::from_str::<State>(&stored).unwrap(), state);
    }

    #[test]
    fn a_fact_is_told_only_when_unlocked_and_once_seed_1(wild in wild(), a in any_move(), seed: u64) {
        for persona in shipped_once() {
            let cues: Vec<_> = persona.facts.iter().flat_map(|fact| fact.cues.clone()).collect();
            let words = cues.join(", ");
            let moves = [a];
            let heard = Heard { words: &words, ..heard(&moves) };
            let mut state = wild.state(persona);
            for turn in 0..8 {
                let intent = act(persona, &state, &heard, "", &mut Dice::for_turn(seed, turn));
                prop_assert_eq!(intent.fact.is_some(), intent.action == Action::Disclose);
                prop_assert!((1..=80).contains(&intent.words));
                let Some(id) = intent.fact else { continue };
                let fact = persona.facts.iter().find(|fact| fact.id == id).unwrap();
                prop_assert!(fact.trust <= state.trust.value() && !state.told.contains(&id));
                state = told(&state, &id);
            }
        }
    }
}

/// The personas, read once: a property asks for them hundreds of times.
fn shipped_once() -> &'static [Persona] {
    static SHIPPED: std::sync::OnceLock<Vec<Persona>> = std::sync::OnceLock::new();
    SHIPPED.get_or_init(shipped)
}

#[test]
fn stages_change_with_hysteresis() {
    let persona = one("martin");
    let stage = |stage: Stage, readiness: f32| {
        let state = State { stage, readiness: Level::clamped(readiness), ..begin(&persona) };
        after(&persona, &state, &[Move::Other]).stage
    };
    use Stage::{Contemplation, Precontemplation, Preparation};
    for (from, readiness, to) in [
        (Precontemplation, 0.34, Precontemplation),
        (Precontemplation, 0.36, Contemplation),
        (Contemplation, 0.28, Contemplation),
        (Contemplation, 0.26, Precontemplation),
        (Contemplation, 0.71, Preparation),
        (Preparation, 0.63, Preparation),
        (Preparation, 0.61, Contemplation),
        (Preparation, 0.20, Precontemplation),
    ] {
        assert_eq!(stage(from, readiness), to, "{from:?} at {readiness}");
    }
}

#[test]
fn receptivity_is_the_scale_of_one_to_five() {
    let state = |discord: f32, trust: f32, readiness: f32| State {
        discord: Level::clamped(discord),
        trust: Level::clamped(trust),
        readiness: Level::clamped(readiness),
        ..begin(&one("ray"))
    };
    assert_eq!(receptivity(&state(1.0, 0.0, 0.0)), 1.0);
    assert_eq!(receptivity(&state(0.0, 1.0, 1.0)), 5.0);
    assert!((receptivity(&state(0.25, 0.32, 0.20)) - 2.19).abs() < 0.001);
}

#[test]
fn a_question_for_the_client_s_own_plan_is_heard() {
    let asks = |words: &str| client::asks_for_plan(&[Move::Evoke], words);
    assert!(asks("If you wanted to change one small thing, what would it be?"));
    assert!(asks("How would you go about that?"));
    assert!(!asks("What worries you about it?"));
    assert!(!client::asks_for_plan(&[Move::Advise], "The first step is to throw them out."));
}

//! The protocols that need no language model: every client that ships passes them, and a client
//! who is made wrong does not. Every run is seeded.

use super::*;
use pushback::domain::persona::{Effect, Start, Temperament};
use pushback::domain::protocols::{Figure, Target, calibrate, measure_state};

const SEEDS: u64 = 200;

fn measured(personas: &[Persona], seeds: u64) -> Vec<Figure> {
    measure_state(personas, seeds, &mut |_, _| {})
}

/// The protocols in which a client fails.
fn failed(persona: Persona) -> Vec<&'static str> {
    let mut failed: Vec<_> =
        measured(&[persona], 60).iter().filter(|f| !f.passed).map(|f| f.protocol).collect();
    failed.dedup();
    failed
}

#[test]
fn every_client_passes_what_state_and_actions_can_show_seeds_0_to_199() {
    let personas = shipped();
    let figures = measured(&personas, SEEDS);
    let wrong: Vec<_> = figures.iter().filter(|figure| !figure.passed).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for persona in &personas {
        let has = |protocol: &str| {
            figures.iter().any(|f| f.protocol == protocol && f.persona.as_deref() == Some(&persona.id))
        };
        for protocol in ["E1", "E2", "E3", "E4", "E5", "E6", "E16", "E18", "E19", "E20"] {
            assert!(has(protocol), "{} lacks {protocol}", persona.id);
        }
    }
    let ratio = figures.iter().find(|f| f.persona.is_none() && f.what.contains('/'));
    assert!(ratio.is_some_and(|f| f.target == Target::Within(2.0, 5.0)));
}

#[test]
fn start_receptivity_is_calibrated_to_five_hundredths_seeds_0_to_999() {
    let table = calibrate(1000, &mut |_, _| {});
    assert!(table.holds(), "{table:#?}");
    assert_eq!(table.rows.len(), 5);
    assert!(table.rows.windows(2).all(|pair| {
        pair[0].push_back.simulated > pair[1].push_back.simulated
            && pair[0].reached.simulated <= pair[1].reached.simulated
    }));
    assert_eq!(table, calibrate(1000, &mut |_, _| {}));
}

#[test]
fn a_client_whom_arguments_leave_cold_fails_seeds_0_to_59() {
    let ray = one("ray");
    let calm = Temperament { react: 0.0, floor: 0.0, ..ray.temperament };
    let cold =
        Persona { temperament: calm, start: Start { discord: 0.05, trust: 0.6, readiness: 0.1 }, ..ray };
    let failed = failed(cold);
    assert!(failed.contains(&"E1") && failed.contains(&"E3"), "{failed:?}");
}

#[test]
fn a_client_who_falls_for_flattery_fails_seeds_0_to_59() {
    let ray = one("ray");
    let vain = Effect { on: Move::Affirm, discord: 0.2, trust: 0.3, readiness: 0.3 };
    let flattered = Persona { keys: vec![vain], ..ray };
    assert!(failed(flattered).contains(&"E6"));
}

#[test]
fn a_client_who_gives_in_fails_seeds_0_to_59() {
    let ray = one("ray");
    let easy = Temperament {
        readiness_gain: 3.0,
        trust_gain: 3.0,
        trust_gate: 0.1,
        discord_gate: 0.9,
        ..ray.temperament
    };
    let failed = failed(Persona { temperament: easy, ..ray });
    assert!(failed.contains(&"E4"), "{failed:?}");
}

#[test]
fn the_exceptions_are_the_clients_of_the_client_model() {
    let figures = measured(&shipped(), 20);
    let ids = |what: &str| -> Vec<&str> {
        figures.iter().filter(|f| f.what.contains(what)).filter_map(|f| f.persona.as_deref()).collect()
    };
    assert_eq!(ids("autonomy lines"), ["audrey-sleep", "jordan-weight", "nadia"]);
    assert_eq!(
        ids("commits within"),
        ["audrey-sleep", "carol", "desmond-work", "jordan-weight", "nadia", "patty-drinking"]
    );
    assert_eq!(
        ids("trust gained by turn 20"),
        ["aaron-mood", "gail-medication", "gwen", "june", "leonard-medication", "marlene-drinking"]
    );
    assert_eq!(figures, measured(&shipped(), 20), "the same figures each time");
}

#[test]
fn the_odds_are_what_actions_are_drawn_from_seeds_0_to_3999() {
    for persona in shipped() {
        let persona = Persona { facts: Vec::new(), ..persona };
        let heard = heard(&[Move::SimpleReflection]);
        let state = begin(&persona);
        let odds = client::odds(&persona, &state, &heard);
        assert!((odds.iter().map(|(_, chance)| chance).sum::<f32>() - 1.0).abs() < 1e-5);
        for (action, chance) in odds {
            let drawn = (0..4000).filter(|seed| {
                act(&persona, &state, &heard, "", &mut Dice::for_turn(*seed, 1)).action == action
            });
            let share = drawn.count() as f32 / 4000.0;
            assert!((share - chance).abs() < 0.03, "{} {action:?}: {share} for {chance}", persona.id);
        }
    }
}

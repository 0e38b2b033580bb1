//! `pushback replay` and `pushback personas test`: scripted trainees from the command line.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use pushback::app::repeat::{Repeated, Stored, repeat};
use pushback::app::voice::Voice;
use pushback::domain::judge::Code;
use pushback::domain::session::{Path as Turns, Setting};
use pushback::engine::scripted::Scripted;
use pushback::store::Store;
use serde_json::Value;

use crate::cli::{fails, talk};
use crate::support::practice::{library, practice};

fn json(args: &[&str]) -> Value {
    let home = tempfile::tempdir().unwrap();
    serde_json::from_str(&talk(home.path(), args, &[])).unwrap()
}

#[test]
fn a_script_is_run_with_each_client_and_seed_seeds_5_to_7() {
    let args = [
        "replay",
        "mixed",
        "--persona",
        "ray,carol",
        "--seeds",
        "3",
        "--seed",
        "5",
        "--state-only",
        "--json",
    ];
    let report = json(&args);
    let runs = report["runs"].as_array().unwrap();
    let who: Vec<_> =
        runs.iter().map(|r| (r["persona"].as_str().unwrap(), r["seed"].as_u64().unwrap())).collect();
    assert_eq!(who, [("ray", 5), ("ray", 6), ("ray", 7), ("carol", 5), ("carol", 6), ("carol", 7)]);
    for run in runs {
        assert_eq!(run["turns"].as_array().unwrap().len(), 16, "opening and fifteen replies");
        assert!(run["turns"][3]["trainee"]["verdict"]["moves"].is_array());
        assert!(run["turns"][3]["reply"]["action"].is_string());
    }
    assert_ne!(runs[0]["turns"], runs[1]["turns"]);
    assert_eq!(report, json(&args), "same seeds, same report");
}

#[test]
fn a_script_of_one_s_own_speaks_with_the_bundled_client_seed_2() {
    let home = tempfile::tempdir().unwrap();
    let script = home.path().join("mine.txt");
    fs::write(&script, "# Mine.\nYou'd rather be at work.\n\nIt's up to you.\n").unwrap();
    let told = talk(home.path(), &["replay", script.to_str().unwrap(), "--seed", "2"], &[]);
    assert_eq!(told.lines().filter(|l| l.contains("You: ")).count(), 2, "{told}");
    assert_eq!(told.lines().filter(|l| l.contains("Ray: ")).count(), 3, "{told}");
    assert!(told.contains("push-back"), "{told}");
}

#[test]
fn a_script_that_is_not_there_is_named() {
    let home = tempfile::tempdir().unwrap();
    let (code, told) = fails(home.path(), &["replay", "skiled", "--state-only"]);
    assert!(code == 1 && told.contains("did you mean `skilled`?"), "{told}");
    let (code, _) = fails(home.path(), &["replay"]);
    assert_eq!(code, 2);
}

/// A folder of prompts in which Ray begins with little discord and a lot of trust.
fn milder(folder: &Path) {
    let ray = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts/personas/ray.md");
    let text = fs::read_to_string(ray).unwrap().replace("discord = 0.55", "discord = 0.10");
    let text = text.replace("trust = 0.12", "trust = 0.60");
    fs::create_dir_all(folder.join("personas")).unwrap();
    fs::write(folder.join("personas/ray.md"), text).unwrap();
}

#[test]
fn two_versions_of_a_client_stand_side_by_side_seeds_1_to_20() {
    let folder = tempfile::tempdir().unwrap();
    milder(folder.path());
    let compare = folder.path().to_str().unwrap();
    let args = ["replay", "skilled", "--state-only", "--seeds", "20", "--json", "--compare", compare];
    let report = json(&args);
    let of = |what: &str| {
        let all = report["compared"]["differences"].as_array().unwrap();
        all.iter().find(|d| d["what"] == what).unwrap().clone()
    };
    let pushed = of("push-back");
    assert!(pushed["interval"]["high"].as_f64().unwrap() < 0.0, "{pushed}");
    assert!(of("trust at the end")["difference"].as_f64().unwrap() > 0.1);
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts");
    let same =
        json(&["replay", "skilled", "--state-only", "--json", "--compare", built_in.to_str().unwrap()]);
    let none = same["compared"]["differences"].as_array().unwrap();
    assert!(none.iter().all(|d| d["difference"].as_f64() == Some(0.0)), "{none:?}");
}

#[test]
fn two_versions_are_told_turn_by_turn_seeds_1_and_2() {
    let home = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    milder(folder.path());
    let script = home.path().join("mine.txt");
    fs::write(&script, "You'd rather be at work.\nIt's up to you.\n").unwrap();
    let (script, compare) = (script.to_str().unwrap(), folder.path().to_str().unwrap());
    let args = ["replay", script, "--seeds", "2", "--compare", compare];
    let told = talk(home.path(), &args, &[]);
    let marks: Vec<&str> = told
        .lines()
        .filter_map(|line| match line.trim() {
            "here" => Some("here"),
            "there" => Some("there"),
            line if line.starts_with("Ray, seed") => Some("Ray"),
            line if line.contains("You: ") => Some("You"),
            line if line.starts_with("push-back ") => Some("push-back"),
            _ => None,
        })
        .collect();
    let seed = ["Ray", "here", "there", "You", "here", "there", "You", "here", "there"];
    assert_eq!(marks, [&seed[..], &seed, &["push-back"]].concat(), "{told}");
    assert_eq!(told.lines().filter(|line| line.contains("; discord ")).count(), 12, "{told}");
    assert_eq!(told.lines().filter(|line| line.contains("score +")).count(), 8, "{told}");
}

#[test]
fn a_stored_session_comes_out_the_same_seed_9() {
    let home = tempfile::tempdir().unwrap();
    let lines = ["You don't want to be here.", "You need to stop.", "/undo", "It's your call.", "/end"];
    talk(home.path(), &["--persona", "ray", "--seed", "9"], &lines);
    let told = talk(home.path(), &["replay", "--session"], &[]);
    assert_eq!(told, "session 1, 3 turns of the client's: the same, byte for byte\n");
    let lexicon = home.path().join("lexicon");
    fs::create_dir(&lexicon).unwrap();
    let social = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts/lexicon/social.toml");
    let text = fs::read_to_string(social).unwrap();
    fs::write(lexicon.join("social.toml"), format!("# Touched.\n{text}")).unwrap();
    let args = ["replay", "--session", "1", "--lexicon", lexicon.to_str().unwrap(), "--json"];
    let report: Value = serde_json::from_str(&talk(home.path(), &args, &[])).unwrap();
    assert_eq!(report["changed"], serde_json::json!(["prompts", "lexicon"]));
    assert_eq!(report["differences"], serde_json::json!([]));
}

fn again(setting: &Setting, path: &Turns, says: [&str; 3]) -> Repeated {
    let library = library();
    let notes = std::sync::Arc::new(library.notes().unwrap());
    let mut voice = Voice::Free { engine: Box::new(Scripted::new(says)), notes, candidates: 3, failed: 0 };
    let judge = library.judge().unwrap();
    let stored = Stored { setting, path };
    repeat(stored, &judge, &mut voice, &setting.provenance).unwrap()
}

#[test]
fn what_differs_is_told_by_turn_and_an_overrule_is_no_difference_seed_4() {
    let says = ["I drive.", "Half a day, that costs.", "Ask the judge."];
    let mut practice = practice("ray", 4, Store::in_memory().unwrap(), Scripted::new(says));
    for line in ["You'd rather be at work.", "You need to stop.", "It's your call."] {
        practice.hear(line).unwrap();
        practice.answer(&mut |_| ControlFlow::Continue(()), &|| false).unwrap();
        if line.starts_with("You need") {
            practice.overrule(&[Code::Affirm]).unwrap();
        }
    }
    let (setting, path) = (practice.setting().clone(), practice.path().clone());
    let same = again(&setting, &path, says);
    assert!(same.is_same() && same.turns == 4 && same.changed.is_empty(), "{same:?}");
    let other = again(&setting, &path, ["I drive.", "No.", "Ask the judge."]);
    let found: Vec<_> = other.differences.iter().map(|m| (m.turn, m.what, m.now.as_str())).collect();
    assert_eq!(found, [(2, "text", "No.")]);
    let reseeded = Setting { seed: 5, ..setting };
    assert!(!again(&reseeded, &path, says).is_same());
}

#[test]
fn the_bench_prints_a_table_and_fails_with_3_seeds_0_to_19() {
    let home = tempfile::tempdir().unwrap();
    let told = talk(home.path(), &["personas", "test", "ray", "--seeds", "20"], &[]);
    assert!(told.contains("E1   ray") && told.contains(" 0 failed"), "{told}");
    let figures = json(&["personas", "test", "ray", "nadia", "--seeds", "20", "--json"]);
    let first = &figures[0];
    assert_eq!((first["protocol"].as_str(), first["persona"].as_str()), (Some("E1"), Some("ray")));
    assert!(first["interval"]["low"].is_number() && first["target"]["at_least"].is_number());
    let folder = tempfile::tempdir().unwrap();
    let ray = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts/personas/ray.md");
    let text = fs::read_to_string(ray).unwrap().replace("react = 1.15", "react = 0.0");
    fs::create_dir_all(folder.path().join("personas")).unwrap();
    fs::write(folder.path().join("personas/ray.md"), text).unwrap();
    let prompts = folder.path().to_str().unwrap();
    let (code, told) =
        fails(home.path(), &["personas", "test", "ray", "--seeds", "20", "--prompts", prompts]);
    assert_eq!((code, told.as_str()), (3, ""));
    let (code, told) = fails(home.path(), &["personas", "test", "roy"]);
    assert!(code == 1 && told.contains("did you mean `ray`?"), "{told}");
}

#[test]
fn the_calibration_holds_on_the_command_line() {
    let home = tempfile::tempdir().unwrap();
    let told = talk(home.path(), &["personas", "calibrate"], &[]);
    assert!(!told.contains("FAIL") && told.lines().count() == 7, "{told}");
}

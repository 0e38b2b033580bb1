//! `pushback doctor`: what it looks at, and what it says when something is wrong.

use std::fs;
use std::path::{Path, PathBuf};

use pushback::app::doctor;
use serde_json::Value;

use crate::cli::{pushback, talk};

/// Exit code, and each check's name, state and words.
fn check(home: &Path, args: &[&str]) -> (i32, Vec<(String, String, String)>) {
    let output = pushback(home).args(["doctor", "--json"]).args(args).output().unwrap();
    let checks: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let words = |c: &Value| format!("{}; {}", text(&c["found"]), text(&c["hint"]));
    let checks = checks.iter().map(|c| (text(&c["name"]), text(&c["state"]), words(c))).collect();
    (output.status.code().unwrap(), checks)
}

fn named(checks: &[(String, String, String)], name: &str) -> (String, String) {
    let found = checks.iter().find(|(other, ..)| other == name);
    let (_, state, words) = found.unwrap_or_else(|| panic!("no check of {name}: {checks:?}"));
    (state.clone(), words.clone())
}

#[test]
fn a_fresh_installation_is_in_order() {
    let home = tempfile::tempdir().unwrap();
    let (code, checks) = check(home.path(), &[]);
    assert_eq!(code, 0, "{checks:?}");
    let names: Vec<&str> = checks.iter().map(|(name, ..)| name.as_str()).collect();
    let expected = [
        "version",
        "processor",
        "graphics",
        "model",
        "model hash",
        "memory",
        "tokenizer",
        "template",
        "prompts",
        "sessions",
        "terminal",
    ];
    assert_eq!(names, expected);
    assert!(checks.iter().all(|(_, state, _)| state != "fail"), "{checks:?}");
    assert!(named(&checks, "prompts").1.contains(" 0 problems"));
    let pocket = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/models/pocket.gguf")).unwrap();
    assert!(named(&checks, "model hash").1.contains(&pushback::files::hash::sha256(&pocket)));
    assert!(!home.path().join("data").exists(), "looking leaves nothing behind");
}

/// Each check of the sessions in `folder`, as a line.
fn sessions(folder: &Path) -> Vec<String> {
    let line = |check: doctor::Check| {
        let hint = check.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        format!("{:?} {}: {}{hint}", check.state, check.name, check.found)
    };
    doctor::sessions(folder).into_iter().map(line).collect()
}

/// A folder with one session in it.
fn one_session(home: &Path) -> PathBuf {
    let data = home.join("kept");
    talk(home, &["--persona", "ray", "--data", data.to_str().unwrap()], &["Hello.", "/quit"]);
    data
}

#[test]
fn sessions_are_looked_at() {
    let home = tempfile::tempdir().unwrap();
    let data = one_session(home.path());
    let file = data.join("sessions.db");
    let expected = [
        format!("Ok sessions: 1 in {}, undamaged", file.display()),
        "Ok file modes: sessions are readable by you only".to_owned(),
    ];
    assert_eq!(sessions(&data), expected);
    let left: Vec<_> = fs::read_dir(&data).unwrap().flatten().map(|entry| entry.path()).collect();
    assert_eq!(left, [file], "looking leaves nothing behind");
}

#[cfg(unix)]
#[test]
fn sessions_that_others_may_read_are_named() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let data = one_session(home.path());
    let file = data.join("sessions.db");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let expected = format!("Fail file modes: others may read {0}; chmod 600 {0}", file.display());
    assert_eq!(sessions(&data)[1], expected);
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(sessions(&data)[1].ends_with(&format!("; chmod 700 {}", data.display())));
}

#[test]
fn a_damaged_database_is_found() {
    let home = tempfile::tempdir().unwrap();
    let data = one_session(home.path());
    let file = data.join("sessions.db");
    let mut bytes = fs::read(&file).unwrap();
    // The pages behind the first hold tables and indices.
    bytes[4096 + 8..].iter_mut().for_each(|b| *b ^= 0x55);
    fs::write(&file, bytes).unwrap();
    let told = sessions(&data);
    assert!(told[0].starts_with("Fail sessions: ") && told[0].contains("; "), "{told:?}");
    fs::write(&file, "no database at all, but text that is long enough to look at").unwrap();
    let told = sessions(&data);
    assert!(
        told[0].starts_with("Fail sessions: ") && told[0].contains("is not a session database"),
        "{told:?}"
    );
}

#[test]
fn faults_fail_and_hide_nothing() {
    let home = tempfile::tempdir().unwrap();
    let prompts = home.path().join("mine");
    fs::create_dir_all(prompts.join("lines")).unwrap();
    fs::write(prompts.join("lines/bad.txt"), b"@type mandated\ndeny: caf\xe9\n").unwrap();
    let (code, checks) = check(home.path(), &["--model", "qwen3-4b", "--prompts", prompts.to_str().unwrap()]);
    let (state, words) = named(&checks, "model");
    assert_eq!((code, &*state), (3, "fail"));
    assert!(words.contains("not on this computer yet") && words.contains("models pull qwen3-4b"), "{words}");
    let (state, words) = named(&checks, "prompts");
    assert_eq!(state, "fail");
    assert!(words.contains(" 1 problems") && words.contains("bad.txt:2"), "{words}");
    assert_eq!(named(&checks, "terminal").0, "ok");
}

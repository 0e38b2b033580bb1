//! `pushback doctor`: what it looks at, and what it says when something is wrong.

use std::fs;
use std::path::Path;

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
    let told = talk(home.path(), &["doctor"], &[]);
    assert_eq!(told.lines().filter(|line| line.starts_with("ok   ")).count(), names.len(), "{told}");
}

#[test]
fn sessions_are_looked_at() {
    let home = tempfile::tempdir().unwrap();
    talk(home.path(), &["--persona", "ray"], &["Hello.", "/quit"]);
    let (code, checks) = check(home.path(), &[]);
    assert_eq!(code, 0, "{checks:?}");
    assert!(named(&checks, "sessions").1.starts_with("1 in "), "{checks:?}");
    assert_eq!(named(&checks, "file modes").0, "ok");
}

#[cfg(unix)]
#[test]
fn sessions_that_others_may_read_are_named() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("kept");
    let folder = data.to_str().unwrap();
    talk(home.path(), &["--persona", "ray", "--data", folder], &["/quit"]);
    let file = data.join("sessions.db");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let (code, checks) = check(home.path(), &["--data", folder]);
    let (state, words) = named(&checks, "file modes");
    assert_eq!((code, &*state), (3, "fail"), "{words}");
    assert!(words.ends_with(&format!("; chmod 600 {}", file.display())), "{words}");
}

#[test]
fn a_damaged_database_is_found() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("kept");
    let folder = data.to_str().unwrap();
    talk(home.path(), &["--persona", "ray", "--data", folder], &["Hello.", "/quit"]);
    let file = data.join("sessions.db");
    let mut bytes = fs::read(&file).unwrap();
    // The pages behind the first hold tables and indices.
    bytes[4096 + 8..].iter_mut().for_each(|b| *b ^= 0x55);
    fs::write(&file, bytes).unwrap();
    let (code, checks) = check(home.path(), &["--data", folder]);
    assert_eq!((code, &*named(&checks, "sessions").0), (3, "fail"), "{checks:?}");
    fs::write(&file, "no database at all, but text that is long enough to look at").unwrap();
    let (code, checks) = check(home.path(), &["--data", folder]);
    assert!(code == 3 && named(&checks, "sessions").1.contains("is not a session database"), "{checks:?}");
}

#[test]
fn a_model_that_is_missing_or_broken_fails() {
    let home = tempfile::tempdir().unwrap();
    let (code, checks) = check(home.path(), &["--model", "qwen3-4b"]);
    let (state, words) = named(&checks, "model");
    assert_eq!((code, &*state), (3, "fail"));
    assert!(words.contains("not on this computer yet") && words.contains("models pull qwen3-4b"), "{words}");
    let page = home.path().join("page.gguf");
    fs::write(&page, "<html>").unwrap();
    let (code, checks) = check(home.path(), &["--model", page.to_str().unwrap()]);
    assert!(code == 3 && named(&checks, "model").1.contains("not a GGUF"), "{checks:?}");
    // The rest is looked at all the same.
    assert_eq!(named(&checks, "prompts").0, "ok");
}

#[test]
fn prompts_with_faults_fail() {
    let home = tempfile::tempdir().unwrap();
    let prompts = home.path().join("mine");
    fs::create_dir_all(prompts.join("lines")).unwrap();
    fs::write(prompts.join("lines/bad.txt"), b"@type mandated\ndeny: caf\xe9\n").unwrap();
    let (code, checks) = check(home.path(), &["--prompts", prompts.to_str().unwrap()]);
    let (state, words) = named(&checks, "prompts");
    assert_eq!((code, &*state), (3, "fail"), "{words}");
    assert!(words.contains(" 1 problems") && words.contains("bad.txt:2"), "{words}");
}

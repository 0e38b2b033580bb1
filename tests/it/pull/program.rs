//! The program itself pulling: killed, interrupted, twice at once; and its models found by name.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};

use pushback::fetch;
use pushback::files::hash;
use serde_json::Value;
use tempfile::TempDir;

use super::{Ear, FILE, REPO, ask, blob, content, hub, words};
use crate::cli::pushback;
use crate::support::hub::{Fault, StandIn};
use crate::support::tiny_gguf::{Mix, Tiny};

/// The program, about to pull from `stand_in` into `home`.
fn program(stand_in: &StandIn, home: &Path) -> std::process::Command {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("pushback"));
    command.env_clear().env("HOME", home).env("XDG_DATA_HOME", home.join("data")).env("HF_HOME", home);
    command.env("HF_ENDPOINT", stand_in.endpoint()).args(["models", "pull", REPO]).stdout(Stdio::null());
    command
}

#[test]
fn two_pulls_of_one_file_do_not_meet() {
    let (content, folder) = (content(), tempfile::tempdir().unwrap());
    let stand_in = StandIn::new(REPO, &[(FILE, &content)], &[Fault::Hold(1000)]);
    let mut first = program(&stand_in, folder.path()).stderr(Stdio::null()).spawn().unwrap();
    stand_in.holds.recv().unwrap();
    let hub = hub(&stand_in, &folder.path().join("hub"));
    let told = words(&fetch::pull(&hub, &ask(REPO), &mut Ear::default()).unwrap_err());
    assert!(told.starts_with("another program is pulling this file"), "{told}");
    first.kill().unwrap();
    first.wait().unwrap();
    fetch::pull(&hub, &ask(REPO), &mut Ear::default()).unwrap();
}

/// Starts the program on a hub that falls silent after `bytes`, and waits until they are on disk.
fn held(stand_in: &StandIn, home: &TempDir, content: &[u8], bytes: usize) -> Child {
    stand_in.faults(&[Fault::Hold(bytes)]);
    let child = program(stand_in, home.path()).stderr(Stdio::piped()).spawn().unwrap();
    stand_in.holds.recv().unwrap();
    let part = blob(&home.path().join("hub"), content).with_extension("part");
    // Sent is not yet written; the other process says nothing when it is.
    while fs::metadata(&part).map_or(0, |m| m.len()) < bytes as u64 {
        std::thread::yield_now();
    }
    child
}

#[test]
fn a_pull_survives_kill() {
    let (content, home) = (tiny(), tempfile::tempdir().unwrap());
    let stand_in = StandIn::new(REPO, &[(FILE, &content)], &[]);
    let half = content.len() / 2;
    let mut child = held(&stand_in, &home, &content, half);
    child.kill().unwrap();
    child.wait().unwrap();
    stand_in.asked();
    let output = program(&stand_in, home.path()).stdout(Stdio::piped()).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}");
    assert!(told.contains(&format!("of which {half} are here")), "{told}");
    assert_eq!(stand_in.asked().last().unwrap(), &format!("/cdn from {half}"));
    let path = String::from_utf8(output.stdout).unwrap();
    assert_eq!(fs::read(path.trim()).unwrap(), content);
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_came_and_says_so() {
    let (content, home) = (tiny(), tempfile::tempdir().unwrap());
    let stand_in = StandIn::new(REPO, &[(FILE, &content)], &[]);
    let half = content.len() / 2;
    let child = held(&stand_in, &home, &content, half);
    let signal = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(signal.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{told}");
    let expected = format!("Stopped; {half} of {} bytes are kept. The same command goes on", content.len());
    assert!(told.contains(&expected), "{told}");
}

/// A model that runs, if not to much purpose.
fn tiny() -> Vec<u8> {
    Tiny::new("qwen3", Mix::Quantised).bytes()
}

#[test]
fn a_pulled_model_is_found_by_name() {
    let (content, home) = (tiny(), tempfile::tempdir().unwrap());
    let stand_in = StandIn::new(REPO, &[(FILE, &content)], &[]);
    let command = |args: &[&str]| {
        let mut command = pushback(home.path());
        command.env("HF_HOME", home.path()).env("HF_ENDPOINT", stand_in.endpoint()).args(args);
        command
    };
    let output = command(&["models", "show", "--model", REPO]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains(&format!("`pushback models pull {REPO}` brings it")), "{told}");

    let output = command(&["models", "pull", &format!("{REPO}:Q4_K_M"), "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let done: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(done["sha256"], hash::sha256(&content));
    assert_eq!(
        (&done["was_here"], &done["repo"], &done["file"]),
        (&false.into(), &REPO.into(), &FILE.into())
    );

    // Now it is here, and nobody is asked any more.
    stand_in.asked();
    let output = command(&["models", "pull", REPO, "--json"]).env("HF_HUB_OFFLINE", "1").output().unwrap();
    let done: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&done["was_here"], &done["sha256"]), (&true.into(), &Value::Null));
    for model in [REPO, "org/some-GGUF:q4_k_m", "org/some-GGUF:some-Q4_K_M.gguf"] {
        let output = command(&["models", "show", "--json", "--model", model]).output().unwrap();
        assert!(output.status.success(), "{model}: {}", String::from_utf8_lossy(&output.stderr));
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(shown["name"], "tiny qwen3");
    }
    let output = command(&["models", "list", "--json"]).output().unwrap();
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&listed[0]["name"], &listed[0]["from"]), (&format!("{REPO}:{FILE}").into(), &"hub".into()));

    let output = command(&["models", "remove", REPO]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!blob(&home.path().join("hub"), &content).exists());
    assert!(stand_in.asked().is_empty());
}

#[test]
fn a_name_of_the_catalog_is_pulled_and_known() {
    let (content, home) = (tiny(), tempfile::tempdir().unwrap());
    let file = "qwen2.5-0.5b-instruct-q4_k_m.gguf";
    let stand_in = StandIn::new("Qwen/Qwen2.5-0.5B-Instruct-GGUF", &[(file, &content)], &[]);
    let command = |args: &[&str]| {
        let mut command = pushback(home.path());
        command.env("HF_HOME", home.path()).env("HF_ENDPOINT", stand_in.endpoint()).args(args);
        command.output().unwrap()
    };
    let before = command(&["--model", "qwen2.5-0.5b", "--persona", "ray"]);
    let told = String::from_utf8(before.stderr).unwrap();
    assert_eq!(before.status.code(), Some(3), "{told}");
    assert!(told.contains("Qwen2.5 0.5B Instruct is not on this computer yet"), "{told}");
    assert!(told.contains("`pushback models pull qwen2.5-0.5b` brings it: 491 MB, Apache-2.0"), "{told}");
    let told = command(&["models", "pull", "qwen2.5-0.5b"]).stderr;
    let told = String::from_utf8(told).unwrap();
    assert!(told.contains("Qwen2.5 0.5B Instruct (491 MB, Apache-2.0) from Qwen/"), "{told}");
    let shown = command(&["models", "show", "--json", "--model", "qwen2.5-0.5b"]);
    assert_eq!(serde_json::from_slice::<Value>(&shown.stdout).unwrap()["name"], "tiny qwen3");
    let told = String::from_utf8(command(&["models", "pull", "qwen2.5-0.5"]).stderr).unwrap();
    assert!(told.contains("there is no model `qwen2.5-0.5`") && told.contains("did you mean"), "{told}");
}

//! The program with a model on a server.

use serde_json::{Value, json};

use crate::cli::{events, fails, pushback};
use crate::support::talker::{Answer, Talker};

/// A client's reply that the guard lets through.
const REPLY: &[&str] = &["I don't see ", "why I should ", "be here."];

#[test]
fn a_practice_session_on_a_server() {
    let home = tempfile::tempdir().unwrap();
    let server = Talker::new([Answer::words(REPLY)]);
    let chat = ["chat", "--persona", "ray", "--seed", "7", "--json", "--engine", &server.address()];
    let output = pushback(home.path())
        .env("PUSHBACK_API_KEY", "sk-secret")
        .args(chat)
        .write_stdin("You don't want to be here.\n/end\n")
        .output()
        .unwrap();
    let (out, told) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{told}");
    assert!(out.contains("I don't see why I should be here."), "{out}");
    assert!(!out.contains("sk-secret") && !told.contains("sk-secret") && !told.contains("warning"), "{told}");
    assert!(!events(&out).is_empty());
    let asked = server.asked();
    assert_eq!(asked[0].bearer.as_deref(), Some("Bearer sk-secret"));
    let roles: Vec<&Value> =
        asked[0].body["messages"].as_array().unwrap().iter().map(|m| &m["role"]).collect();
    assert_eq!(roles.first(), Some(&&json!("system")));
    assert_eq!(roles.last(), Some(&&json!("user")));
}

#[test]
fn the_command_that_goes_on_names_the_server() {
    let home = tempfile::tempdir().unwrap();
    let server = Talker::new([Answer::words(REPLY)]);
    let address = server.address();
    let chat = ["chat", "--persona", "ray", "--engine", &address, "--model", "tiny"];
    let output = pushback(home.path()).args(chat).write_stdin("You'd rather be at work.\n").output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains(&format!("pushback chat --continue 1 --engine {address} --model tiny")), "{told}");
}

#[test]
fn what_can_t_be_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let chat = |rest: &[&str]| fails(home.path(), &[&["chat", "--persona", "ray"], rest].concat());
    let (code, told) = chat(&["--offline", "--engine", "http://192.0.2.1:8000/v1"]);
    assert_eq!(code, 3);
    assert!(
        told.contains("192.0.2.1 is another computer") && told.contains("hint: leave --offline away"),
        "{told}"
    );
    let (code, told) = chat(&["--engine", "localhost:8000"]);
    assert!(code == 3 && told.contains("no http://") && told.contains("hint: write it as"), "{told}");
    let (code, told) = chat(&["--engine", "http://localhost:8000", "--device", "cpu"]);
    assert!(code == 2 && told.contains("--device"), "{told}");
    let server = Talker::new([]);
    let (code, told) = chat(&["--engine", &server.address(), "--model", "huge"]);
    assert!(code == 3 && told.contains("no model `huge`: tiny"), "{told}");
}

#[test]
fn a_scripted_trainee_with_a_model_on_a_server() {
    let home = tempfile::tempdir().unwrap();
    let server = Talker::new([Answer::words(REPLY)]);
    let replay = ["replay", "skilled", "--persona", "ray", "--json", "--engine", &server.address()];
    let output = pushback(home.path()).args(replay).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("why I should be here."));
}

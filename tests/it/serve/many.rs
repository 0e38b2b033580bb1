//! Many at once: the same bytes as alone, nobody lost, nobody waited for.

use std::ops::ControlFlow;
use std::thread;

use pushback::app::practise::Practice;
use pushback::app::voice::Voice;
use pushback::store::Store;
use serde_json::{Value, json};

use super::client::{Browser, Start};
use crate::pocket;
use crate::support::practice::{cast, library, setting};

const LINES: [&str; 3] = [
    "You'd rather be anywhere but here.",
    "What would have to happen for this to be worth your time?",
    "It's up to you what we talk about.",
];

/// What a session comes to by itself, as in a terminal: everything that the client says.
fn alone(voice: &Voice, persona: &str, seed: u64) -> Vec<String> {
    let voice = voice.through(Box::new(pocket::ranker()));
    let mut practice =
        Practice::begin(Store::in_memory().unwrap(), cast(voice), setting(persona, seed)).unwrap();
    for line in LINES {
        practice.hear(line).unwrap();
        practice.answer(&mut |_| ControlFlow::Continue(()), &|| false).unwrap();
    }
    practice.path().client_said()
}

fn said(session: &Value) -> Vec<String> {
    let turns = session["turns"].as_array().unwrap();
    turns.iter().map(|turn| turn["reply"]["text"].as_str().unwrap().to_owned()).collect()
}

/// A session of all lines; everything that the client says.
fn session(browser: &Browser, persona: &str, seed: u64) -> Vec<String> {
    let mut session = browser.begin(persona, seed);
    for line in LINES {
        session = browser.exchange(&session, line);
    }
    said(&session)
}

/// The main clients.
fn clients() -> Vec<String> {
    let (personas, alone, _) = library().clients();
    personas[..alone].iter().map(|p| p.id.clone()).collect()
}

#[test]
fn twenty_sessions_on_the_bundled_client_are_as_each_would_be_alone() {
    let voice = pocket::voice();
    let reference = voice.through(Box::new(pocket::ranker()));
    // Room for six: the others are put away between two turns, and read again.
    let server = Start { open: 6, ..Start::with(voice) }.at_pace(1).go();
    let ids = clients();
    let sat: Vec<_> = (0..20)
        .map(|n| {
            let (browser, id) = (server.browser.clone(), ids[n % ids.len()].clone());
            let seed = n as u64;
            thread::spawn(move || (session(&browser, &id, seed), id, seed))
        })
        .collect();
    for sitting in sat {
        let (heard, id, seed) = sitting.join().unwrap();
        assert_eq!(heard, alone(&reference, &id, seed), "{id}, seed {seed}");
    }
    assert_eq!(server.browser.get("/api/sessions").as_array().unwrap().len(), 20);
    assert!(server.host.open_sessions() <= 20);
    // Once nobody speaks, another session makes the others go.
    server.browser.begin("ray", 99);
    assert!(server.host.open_sessions() <= 6, "{}", server.host.open_sessions());
}

#[test]
fn whoever_does_not_read_holds_up_nobody() {
    let words = "word ".repeat(200);
    let server = Start::saying(&[words.trim()]).at_pace(1).go();
    let browser = &server.browser;
    let begun = browser.begin("ray", 3);
    // Listeners who never read a byte, from before the first word to after the last.
    browser.does(
        &format!("/api/sessions/{}/say", begun["id"]),
        json!({ "text": LINES[0], "head": begun["head"], "key": "" }),
    );
    let idle: Vec<_> = (0..10).map(|_| browser.listen(&begun)).collect();
    let others: Vec<_> = (0..4)
        .map(|seed| {
            let browser = browser.clone();
            thread::spawn(move || said(&browser.exchange(&browser.begin("ellen", seed), LINES[1])).len())
        })
        .collect();
    assert!(others.into_iter().all(|other| other.join().unwrap() == 2));
    // As long as a client may speak.
    let heard = said(&browser.heard(&begun))[1].clone();
    assert!(heard.len() > 100 && words.starts_with(&heard), "{heard}");
    drop(idle);
}

#[test]
fn who_came_first_is_served_first() {
    // One engine gives its replies in turn, so that who gets which tells who was served when.
    let replies: Vec<String> = (0..12).map(|n| format!("Reply number {n}.")).collect();
    let server = Start::saying(&replies.iter().map(String::as_str).collect::<Vec<_>>()).at_pace(3).go();
    let browser = &server.browser;
    let begun: Vec<Value> = (0..12).map(|seed| browser.begin("ray", seed)).collect();
    for session in &begun {
        let say = json!({ "text": LINES[0], "head": session["head"], "key": "" });
        browser.does(&format!("/api/sessions/{}/say", session["id"]), say);
    }
    let heard: Vec<String> = begun.iter().map(|session| said(&browser.heard(session))[1].clone()).collect();
    let mut sorted = heard.clone();
    sorted.sort_by_key(|reply| replies.iter().position(|known| known == reply));
    sorted.dedup();
    assert_eq!(sorted, replies, "every reply went to one session");
}

#[test]
fn a_line_that_many_send_at_once_is_said_once() {
    let server = Start::saying(&["Fine."]).go();
    let begun = server.browser.begin("ray", 3);
    let say = json!({ "text": LINES[0], "head": begun["head"], "key": "one" });
    let path = format!("/api/sessions/{}/say", begun["id"]);
    let sent: Vec<_> = (0..20)
        .map(|_| {
            let (browser, path, say) = (server.browser.clone(), path.clone(), say.clone());
            thread::spawn(move || browser.post(&path, say).0)
        })
        .collect();
    assert!(sent.into_iter().all(|one| one.join().unwrap() == 200));
    let heard = server.browser.heard(&begun);
    assert_eq!(heard["turns"].as_array().unwrap().len(), 2, "{heard}");
}

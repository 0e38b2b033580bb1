//! A class on one computer: many sessions at once while somebody practises in a browser.

use std::thread;

use serde_json::{Value, json};

use super::browse;
use super::server::Server;
use super::wire::Asked;

const SESSIONS: u64 = 20;
const LINES: [&str; 3] =
    ["You don't want to be here.", "What would you want from today?", "You got up at five and came anyway."];

impl Server {
    /// Waits until the client of session `id` has answered; the session. A stream that ends tells it:
    /// nothing is asked over and over.
    pub fn settle(&self, id: &Value) -> Value {
        let asked = Asked::of_page(self.port(), &self.token());
        settle(&asked, id)
    }
}

fn settle(asked: &Asked, id: &Value) -> Value {
    loop {
        let session = asked.call("GET", &format!("/api/sessions/{id}"), None).json();
        if session["speaking"] == false {
            return session;
        }
        asked.call("GET", &format!("/api/sessions/{id}/live"), None);
    }
}

/// All that a client of seed `seed` says to [`LINES`].
fn session(asked: &Asked, seed: u64) -> Vec<String> {
    let begun = asked.call("POST", "/api/sessions", Some(json!({ "persona": "ray", "seed": seed })));
    assert_eq!(begun.status, 200, "{}", begun.body);
    let mut session = begun.json();
    let id = session["id"].clone();
    for (i, line) in LINES.iter().enumerate() {
        let said = json!({ "text": line, "head": session["head"], "key": format!("{seed}-{i}") });
        let answer = asked.call("POST", &format!("/api/sessions/{id}/say"), Some(said));
        assert_eq!(answer.status, 200, "{}", answer.body);
        session = settle(asked, &id);
    }
    let turns = session["turns"].as_array().unwrap();
    turns.iter().map(|turn| turn["reply"]["text"].as_str().expect("answered").to_owned()).collect()
}

#[test]
fn twenty_sessions_at_once_and_one_in_a_browser() {
    browse(|page| {
        let asked = Asked::of_page(page.server.port(), &page.server.token());
        let crowd: Vec<_> = (1..=SESSIONS)
            .map(|n| {
                let asked = asked.clone();
                // 0, 1, 1, 2, 2 …: twins, so that neighbours in the queue can be seen not to matter.
                thread::spawn(move || session(&asked, n / 2))
            })
            .collect();
        page.begin("ray");
        for (i, line) in LINES.iter().enumerate() {
            page.exchange(i + 1, line);
        }
        let said: Vec<Vec<String>> =
            crowd.into_iter().map(|one| one.join().expect("a whole session")).collect();
        for (one, other) in said.iter().zip(&said[1..]).skip(1).step_by(2) {
            assert_eq!(one.len(), LINES.len() + 1);
            assert_eq!(one, other, "same seed, same words, whoever else talks");
        }
        assert_ne!(said[0], said[1], "another seed, other words");
        let kept = page.server.get("/api/sessions");
        assert_eq!(kept.as_array().unwrap().len() as u64, SESSIONS + 1, "none is lost");
    });
}

//! What a trainee does: each call, and what it answers.

use std::time::Instant;

use serde_json::{Value, json};

use super::client::{Browser, Start};

const ARGUED: &str = "You need to stop drinking before you lose your daughter.";
const ROLLED: &str = "You'd rather be anywhere but here, and what you do about it is up to you.";
const REPLIES: [&str; 4] =
    ["If you say so.", "I don't see the point.", "Maybe. I'm tired of it.", "Whatever."];

fn path(session: &Value, what: &str) -> String {
    format!("/api/sessions/{}/{what}", session["id"])
}

fn look(browser: &Browser, session: &Value) -> Value {
    browser.get(&format!("/api/sessions/{}", session["id"]))
}

#[test]
fn a_session_from_beginning_to_end() {
    let server = Start::saying(&REPLIES).go();
    let browser = &server.browser;
    let begun = browser.begin("ray", 3);
    assert_eq!((&begun["persona"]["id"], &begun["seed"]), (&"ray".into(), &3.into()));
    assert_eq!(begun["turns"].as_array().unwrap().len(), 1);
    assert_eq!(begun["turns"][0]["text"], Value::Null);
    assert!(!begun["turns"][0]["reply"]["text"].as_str().unwrap().is_empty());

    let said =
        browser.does(&path(&begun, "say"), json!({ "text": ARGUED, "head": begun["head"], "key": "a" }));
    assert_eq!(said["turns"][1]["text"], ARGUED);
    assert!(said["turns"][1]["verdict"]["score"].as_f64().unwrap() < 0.0);
    let heard = browser.heard(&begun);
    let turn = &heard["turns"][1];
    assert_eq!((&heard["speaking"], &heard["owed"]), (&false.into(), &false.into()));
    assert_eq!(turn["reply"]["text"], REPLIES[0]);
    assert!(!turn["feedback"]["effect"].as_str().unwrap().is_empty(), "{turn}");
    assert!(turn["feedback"]["alternative"]["text"].is_string(), "{turn}");
    assert!(!turn["why"].as_array().unwrap().is_empty());
    assert_eq!(turn["branches"], json!([turn["id"]]));

    let ended = browser.does(&path(&heard, "end"), json!({}));
    assert_eq!((&ended["session"]["ended"], &ended["summary"]["replies"]), (&true.into(), &1.into()));
    // Looked at, it stays ended; gone on with, it is open again.
    assert_eq!(look(browser, &heard)["ended"], true);
    assert_eq!(browser.exchange(&heard, ROLLED)["ended"], false);
}

#[test]
fn a_line_sent_twice_is_said_once() {
    let server = Start::saying(&REPLIES).at_pace(2).go();
    let browser = &server.browser;
    let begun = browser.begin("ray", 3);
    let line = json!({ "text": ROLLED, "head": begun["head"], "key": "k1" });
    let first = browser.does(&path(&begun, "say"), line.clone());
    let again = browser.does(&path(&begun, "say"), line.clone());
    assert_eq!(first["head"], again["head"]);
    let heard = browser.heard(&begun);
    let later = browser.does(&path(&begun, "say"), line);
    assert_eq!((&later["head"], &later["turns"]), (&heard["head"], &heard["turns"]));
    // A page that has lost its keys sends the same words from the same place.
    let lost = json!({ "text": ROLLED, "head": begun["head"], "key": "other" });
    assert_eq!(browser.does(&path(&begun, "say"), lost)["head"], heard["head"]);
    // Other words from there come too late.
    let (status, told) =
        browser.post(&path(&begun, "say"), json!({ "text": ARGUED, "head": begun["head"], "key": "k2" }));
    assert_eq!((status, &told["session"]["head"]), (409, &heard["head"]), "{told}");
    assert_eq!(look(browser, &begun)["turns"].as_array().unwrap().len(), 2);
}

#[test]
fn words_come_as_they_are_spoken_to_whoever_listens_when() {
    let words = "one two three four five six seven eight nine ten eleven twelve";
    let server = Start::saying(&[words]).at_pace(20).go();
    let browser = &server.browser;
    let begun = browser.begin("ray", 3);
    browser.does(&path(&begun, "say"), json!({ "text": ROLLED, "head": begun["head"], "key": "" }));
    let mut early = browser.listen(&begun);
    let mut text = String::new();
    while !text.contains("five") {
        let (name, data) = early.next().unwrap();
        assert!(name == "so_far" || name == "text", "{name}");
        text.push_str(data["text"].as_str().unwrap());
    }
    // In mid-speech: a second listener hears first what was said so far; the session says who speaks.
    let seen = look(browser, &begun);
    assert_eq!((&seen["speaking"], &seen["turns"][1]["reply"]), (&true.into(), &Value::Null));
    let late: Vec<_> = browser.listen(&begun).collect();
    assert_eq!(late[0].0, "so_far");
    assert!(late[0].1["text"].as_str().unwrap().starts_with("one two three four five"), "{late:?}");
    for events in [early.collect::<Vec<_>>(), late] {
        let (last, before) = events.split_last().unwrap();
        assert_eq!(
            (last.0.as_str(), &last.1["session"]["turns"][1]["reply"]["text"]),
            ("done", &words.into())
        );
        assert!(before.iter().all(|(name, _)| name != "done"));
    }
    // Whoever comes after the end is told how it ended.
    let after: Vec<_> = browser.listen(&begun).collect();
    assert_eq!(after.last().unwrap().0, "done");
}

#[test]
fn a_client_who_is_stopped_has_said_so_much() {
    let words = "one two three four five six seven eight nine ten eleven twelve";
    let server = Start::saying(&[words]).at_pace(30).go();
    let browser = &server.browser;
    let begun = browser.begin("ray", 3);
    browser.does(&path(&begun, "say"), json!({ "text": ROLLED, "head": begun["head"], "key": "" }));
    let mut events = browser.listen(&begun);
    let mut text = String::new();
    while !text.contains("two") {
        text.push_str(events.next().unwrap().1["text"].as_str().unwrap());
    }
    // Nothing else is done to a session while its client speaks.
    for (what, body) in [
        ("say", json!({ "text": "But", "head": begun["head"], "key": "x" })),
        ("undo", json!({ "head": begun["head"] })),
        ("end", json!({})),
    ] {
        let (status, told) = browser.post(&path(&begun, what), body);
        assert_eq!((status, &told["session"]["speaking"]), (409, &true.into()), "{what}: {told}");
    }
    let stopped = browser.does(&path(&begun, "stop"), json!({}));
    let reply = &stopped["turns"][1]["reply"];
    assert_eq!((&reply["cut"], &stopped["speaking"]), (&true.into(), &false.into()));
    let said = reply["text"].as_str().unwrap();
    assert!(said.starts_with("one two") && words.starts_with(said) && said.len() < words.len(), "{said}");
    assert_eq!(events.last().unwrap().0, "done");
}

#[test]
fn an_answer_that_is_owed_is_given_when_it_is_asked_for() {
    // An empty reply is nothing that a client could say.
    let server = Start::saying(&["", "Fine."]).go();
    let browser = &server.browser;
    let begun = browser.begin("ray", 3);
    browser.does(&path(&begun, "say"), json!({ "text": ROLLED, "head": begun["head"], "key": "" }));
    let (name, failed) = browser.listen(&begun).last().unwrap();
    assert_eq!((name.as_str(), &failed["session"]["owed"]), ("failed", &true.into()), "{failed}");
    let seen = look(browser, &begun);
    assert_eq!(seen["failed"]["error"], failed["error"]);
    let (status, told) =
        browser.post(&path(&begun, "say"), json!({ "text": "Well?", "head": seen["head"], "key": "" }));
    assert_eq!((status, &told["session"]["owed"]), (409, &true.into()));
    browser.does(&path(&begun, "answer"), json!({ "head": seen["head"] }));
    let heard = browser.heard(&begun);
    assert_eq!((&heard["turns"][1]["reply"]["text"], &heard["failed"]), (&"Fine.".into(), &Value::Null));
    // Asked once more, nothing is owed and nothing happens.
    let again = browser.does(&path(&begun, "answer"), json!({ "head": heard["head"] }));
    assert_eq!((&again["speaking"], &again["turns"]), (&false.into(), &heard["turns"]));
}

#[test]
fn branches_are_kept_and_walked() {
    let server = Start::saying(&REPLIES).go();
    let browser = &server.browser;
    let begun = browser.begin("ray", 3);
    let first = browser.exchange(&begun, ARGUED);
    let second = browser.exchange(&first, "Tell me more.");
    let argued = first["head"].clone();

    let edit = json!({ "turn": argued, "text": ROLLED, "head": second["head"], "key": "e" });
    let edited = browser.does(&path(&begun, "edit"), edit);
    assert_eq!((edited["turns"].as_array().unwrap().len(), &edited["turns"][1]["text"]), (2, &ROLLED.into()));
    let heard = browser.heard(&begun);
    let rolled = heard["head"].clone();
    assert_eq!(heard["turns"][1]["branches"], json!([argued, rolled]));

    // Back to the first attempt, as far as it had got.
    let back = browser.does(&path(&begun, "walk"), json!({ "turn": argued, "head": rolled }));
    assert_eq!((&back["head"], &back["turns"][2]), (&second["head"], &second["turns"][2]));
    let over = browser.does(&path(&begun, "walk"), json!({ "turn": rolled, "head": back["head"] }));
    assert_eq!(over["head"], rolled);

    let undone = browser.does(&path(&begun, "undo"), json!({ "head": rolled }));
    assert_eq!((&undone["text"], &undone["session"]["head"]), (&ROLLED.into(), &begun["head"]));
    let (status, _) = browser.post(&path(&begun, "undo"), json!({ "head": begun["head"] }));
    assert_eq!(status, 409);
    let (status, told) = browser.post(&path(&begun, "walk"), json!({ "turn": 999, "head": begun["head"] }));
    assert_eq!(status, 404, "{told}");
    let elsewhere = browser.begin("ellen", 1);
    let (status, _) =
        browser.post(&path(&elsewhere, "walk"), json!({ "turn": rolled, "head": elsewhere["head"] }));
    assert_eq!(status, 404, "a turn of another session");
}

#[test]
fn the_same_moment_in_other_words() {
    let server = Start::saying(&REPLIES).go();
    let browser = &server.browser;
    let begun = browser.begin("ray", 3);
    let argued = browser.exchange(&begun, ARGUED);
    let forked = browser.does(&path(&begun, "fork"), json!({ "text": ROLLED, "head": argued["head"] }));
    assert_eq!((&forked["kept"]["text"], &forked["tried"]["text"]), (&ARGUED.into(), &ROLLED.into()));
    assert_eq!(forked["session"]["head"], argued["head"]);
    let taken = browser.does(&path(&begun, "take"), json!({ "head": argued["head"] }));
    assert_eq!(taken["turns"][1]["text"], ROLLED);
    let (status, _) = browser.post(&path(&begun, "take"), json!({ "head": argued["head"] }));
    assert_eq!(status, 409, "the head has moved");
}

#[test]
fn a_trainer_overrules() {
    let server = Start::saying(&REPLIES).go();
    let browser = &server.browser;
    let begun = browser.begin("ray", 3);
    let heard = browser.exchange(&begun, ARGUED);
    let codes = json!({ "codes": ["complex_reflection"], "head": heard["head"] });
    let overruled = browser.does(&path(&begun, "overrule"), codes);
    let turn = &overruled["turns"][1];
    assert_eq!(
        (&turn["overruled"], &turn["verdict"]["codes"][0]["code"]),
        (&true.into(), &"complex_reflection".into())
    );
    assert!(turn["judge_had"]["score"].as_f64() < turn["verdict"]["score"].as_f64(), "{turn}");
    let (status, told) =
        browser.post(&path(&begun, "overrule"), json!({ "codes": ["reflektion"], "head": heard["head"] }));
    assert_eq!(status, 422, "{told}");
    assert!(told["hint"].as_str().unwrap().contains("reflection"), "{told}");
}

#[test]
fn what_a_trainee_says_in_earnest_stops_the_practice_and_is_not_kept() {
    let server = Start::saying(&REPLIES).go();
    let browser = &server.browser;
    let begun = browser.begin("ray", 3);
    let earnest = "I want to kill myself.";
    let told =
        browser.does(&path(&begun, "say"), json!({ "text": earnest, "head": begun["head"], "key": "k" }));
    assert_eq!((&told["crisis"]["about"], &told["head"]), (&"suicide".into(), &begun["head"]));
    let message = told["crisis"]["message"].as_str().unwrap();
    assert!(message.contains("emergency") && !message.contains("/go on"), "{message}");
    let (status, answer) =
        browser.post(&path(&begun, "say"), json!({ "text": ROLLED, "head": begun["head"], "key": "l" }));
    assert_eq!((status, &answer["session"]["crisis"]["about"]), (409, &"suicide".into()));
    assert_eq!(look(browser, &begun)["crisis"]["about"], "suicide");
    let on = browser.does(&path(&begun, "go-on"), json!({}));
    assert_eq!(on["crisis"], Value::Null);
    browser.exchange(&on, ROLLED);
    for file in std::fs::read_dir(server.data.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(earnest));
    }
}

#[test]
fn an_alternative_for_the_present_moment() {
    let server = Start::saying(&REPLIES).go();
    let browser = &server.browser;
    let heard = browser.exchange(&browser.begin("ray", 3), ARGUED);
    let hint = browser.does(&path(&heard, "hint"), json!({}));
    assert!(hint["alternative"].is_null() || hint["alternative"]["text"].is_string(), "{hint}");
}

#[test]
fn sessions_are_found_by_what_was_said_in_them() {
    let server = Start::saying(&REPLIES).go();
    let browser = &server.browser;
    let ray = browser.exchange(&browser.begin("ray", 3), "A purple 100% elephant\\_.");
    let ellen = browser.begin("ellen", 1);
    let found = |q: &str| -> Vec<Value> {
        let listed = browser.get(&format!("/api/sessions?q={q}"));
        listed.as_array().unwrap().iter().map(|s| s["id"].clone()).collect()
    };
    assert_eq!(found(""), [ellen["id"].clone(), ray["id"].clone()], "newest first");
    assert_eq!(found("purple"), [ray["id"].clone()]);
    assert_eq!(found("If%20you%20say"), [ray["id"].clone()], "the client's words, too");
    assert_eq!(found("100%25%20ele"), [ray["id"].clone()]);
    assert_eq!(found("elephant%5C_"), [ray["id"].clone()]);
    assert_eq!(found("elephant_%25"), [Value::Null; 0], "signs stand for themselves");
    assert_eq!(found("Ellen"), [ellen["id"].clone()]);
    assert_eq!(found("nowhere"), [Value::Null; 0]);
    let row = &browser.get("/api/sessions?q=purple")[0];
    assert!(row["preview"].as_str().unwrap().contains("purple"), "{row}");
    assert_eq!((&row["replies"], &row["ended"], &row["exam"]), (&1.into(), &false.into(), &false.into()));
}

#[test]
fn clients_come_as_the_chooser_has_them() {
    let server = Start::saying(&REPLIES).go();
    let clients = server.browser.get("/api/clients");
    let clients = clients.as_array().unwrap();
    assert!(clients.len() >= 30);
    let main = clients.iter().take_while(|c| c["main"] == true).count();
    assert_eq!(main, 10);
    assert!(clients[main..].iter().all(|c| c["main"] == false));
    let difficulty: Vec<_> = clients[..main].iter().map(|c| c["difficulty"].as_u64().unwrap()).collect();
    assert!(difficulty.is_sorted(), "{difficulty:?}");
    let about = server.browser.get("/api/about");
    assert_eq!((&about["model"], &about["pocket"]), (&"scripted".into(), &false.into()));
    assert_eq!(about["prompts"]["problems"], json!([]));
}

#[test]
fn a_session_that_went_on_elsewhere_is_read_again() {
    let server = Start::saying(&REPLIES).go();
    let browser = &server.browser;
    let begun = browser.begin("ray", 3);
    let heard = browser.exchange(&begun, ARGUED);
    let mut store = pushback::store::Store::open(server.data.path()).unwrap();
    let head = heard["head"].as_i64().unwrap();
    store.rewind(begun["id"].as_i64().unwrap(), head, begun["head"].as_i64().unwrap()).unwrap();
    let (status, told) =
        browser.post(&path(&begun, "say"), json!({ "text": "And?", "head": head, "key": "" }));
    assert_eq!((status, &told["session"]["head"]), (409, &begun["head"]), "{told}");
    assert_eq!(browser.exchange(&begun, ROLLED)["turns"][1]["text"], ROLLED);
}

#[test]
fn an_answer_comes_at_once_while_a_client_speaks_for_long() {
    let words = "word ".repeat(2_000);
    let server = Start::saying(&[&words]).at_pace(5_000).go();
    let browser = &server.browser;
    let begun = browser.begin("ray", 3);
    let before = Instant::now();
    browser.does(&path(&begun, "say"), json!({ "text": ROLLED, "head": begun["head"], "key": "" }));
    assert_eq!(look(browser, &begun)["speaking"], true);
    browser.does(&path(&begun, "stop"), json!({}));
    assert!(before.elapsed().as_secs() < 5, "{:?}", before.elapsed());
}

//! Drills over HTTP.

use serde_json::{Value, json};

use super::client::Start;

const ROLLED: [&str; 3] = [
    "You'd rather be anywhere but here, and what you do about it is up to you.",
    "It feels unfair that other people decide this for you.",
    "You're tired of being told what to do, and you want this to be your own choice.",
];

#[test]
fn a_drill_goes_on_until_three_in_a_row_roll() {
    let server = Start::saying(&["Fine.", "If you say so."]).go();
    let browser = &server.browser;
    let drills = browser.get("/api/drills");
    let drills = drills.as_array().unwrap();
    let first = drills.iter().find(|drill| drill["level"] == 1).unwrap();
    let begun =
        browser.does(&format!("/api/drills/{}", first["name"].as_str().unwrap()), json!({ "seed": 1 }));
    assert_eq!((&begun["moment"]["persona"], &begun["attempts"]), (&first["persona"], &json!([])));
    assert!(!begun["moment"]["exchange"].as_array().unwrap().is_empty());
    let attempt = |text: &str, key: &str| {
        browser.does(&format!("/api/drill/{}/attempt", begun["run"]), json!({ "text": text, "key": key }))
    };
    let argued = attempt("You need to stop this now.", "0");
    assert_eq!((&argued["tally"]["row"], &argued["tally"]["argued"]), (&0.into(), &1.into()), "{argued}");
    assert_eq!(attempt("You need to stop this now.", "0")["tally"]["attempts"], 1, "the same key");
    let mut last = Value::Null;
    for (key, text) in ROLLED.iter().enumerate() {
        last = attempt(text, &format!("r{key}"));
    }
    let earnest = begun["run"].clone();
    assert_eq!(last["tally"]["attempts"], 4, "{last}");
    assert_eq!(last["over"], last["passed"]);
    let ended = browser.does(&format!("/api/drill/{earnest}/end"), json!({}));
    assert_eq!(ended["over"], true);
}

#[test]
fn a_blind_drill_tells_nothing_before_its_end() {
    let server = Start::saying(&["Fine.", "If you say so."]).go();
    let browser = &server.browser;
    let name = browser.get("/api/drills")[0]["name"].as_str().unwrap().to_owned();
    let begun = browser.does(&format!("/api/drills/{name}"), json!({ "seed": 1, "level": 3 }));
    let run = &begun["run"];
    let tried = browser.does(&format!("/api/drill/{run}/attempt"), json!({ "text": ROLLED[0], "key": "" }));
    assert_eq!((&tried["attempts"], &tried["tally"]), (&json!([]), &Value::Null));
    let ended = browser.does(&format!("/api/drill/{run}/end"), json!({}));
    assert_eq!(ended["attempts"][0]["turn"]["text"], ROLLED[0]);
}

#[test]
fn a_moment_of_a_session_can_be_drilled() {
    let server = Start::saying(&["Fine.", "If you say so."]).go();
    let browser = &server.browser;
    let heard = browser.exchange(&browser.begin("ray", 3), "You need to stop drinking.");
    let begun = browser.does("/api/drills", json!({ "session": heard["id"], "turn": 1 }));
    assert_eq!(begun["moment"]["exchange"][0]["text"], heard["turns"][0]["reply"]["text"]);
    let earnest = json!({ "text": "I want to kill myself.", "key": "" });
    let told = browser.does(&format!("/api/drill/{}/attempt", begun["run"]), earnest);
    assert_eq!(told["crisis"]["about"], "suicide");
    let on = browser.does(&format!("/api/drill/{}/go-on", begun["run"]), json!({}));
    assert_eq!((&on["crisis"], &on["attempts"]), (&Value::Null, &json!([])));
    assert_eq!(browser.post("/api/drills", json!({ "session": heard["id"], "turn": 9 })).0, 404);
    assert_eq!(browser.post("/api/drills/nothing", json!({})).0, 404);
    assert_eq!(browser.ask("GET", "/api/drill/999", "").status, 404);
}

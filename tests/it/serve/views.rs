//! What the page is told: offsets that scripts can slice by, and nothing of an exam too early.

use pushback::domain::exam::Terms;
use pushback::domain::judge::Judge;
use serde_json::{Value, json};

use super::client::{MODEL, Start};
use crate::support::practice::library;

const ROLLED: &str = "You'd rather be anywhere but here, and what you do about it is up to you.";

#[test]
fn spans_are_where_a_script_finds_them() {
    let text = "👩‍👧 Ça va… You need to stop drinking 🍺 before you lose your daughter 😢. You feel 𝒄𝒐𝒓𝒏𝒆𝒓𝒆𝒅.";
    let server = Start::saying(&["Fine."]).go();
    let heard = server.browser.exchange(&server.browser.begin("ray", 3), text);
    let turn = &heard["turns"][1];
    let units: Vec<u16> = text.encode_utf16().collect();
    let findings = turn["verdict"]["findings"].as_array().unwrap();
    // The judge's own spans, in bytes.
    let opening = heard["turns"][0]["reply"]["text"].as_str().unwrap();
    let own = pushback::domain::judge::Heard { client: opening, ..Default::default() };
    let own = Judge::builtin().reply(&own, text).findings;
    assert!(findings.len() >= 2, "{turn}");
    for finding in findings {
        let at = |end: &str| usize::try_from(finding[end].as_u64().unwrap()).unwrap();
        let words = String::from_utf16(&units[at("start")..at("end")]).unwrap();
        assert!(!words.is_empty() && text.contains(&words));
        let known = own.iter().any(|f| text[f.at.clone()] == words);
        assert!(known, "{words:?} is no span of the judge's: {own:?}");
    }
    assert!(turn["feedback"]["did"].as_str().unwrap().contains('“'), "{turn}");
}

/// The terms of an exam with the built-in prompts.
pub fn terms(replies: u32) -> String {
    let library = library();
    let persona = library.persona("ray").unwrap();
    let here = library.provenance(&persona, MODEL.repeat(32));
    let terms = Terms {
        title: "Week 3".to_owned(),
        persona: "ray".to_owned(),
        seed: 5,
        replies: Some(replies),
        minutes: None,
        prompts: here.prompts,
        model: Some(here.model),
    };
    terms.to_toml().unwrap()
}

#[test]
fn an_exam_tells_nothing_before_its_end() {
    let server = Start::saying(&["Fine.", "If you say so.", "Whatever."]).go();
    let browser = &server.browser;
    let begun = browser.does("/api/sessions", json!({ "exam": terms(2) }));
    assert_eq!((&begun["exam"]["title"], &begun["exam"]["replies"]), (&"Week 3".into(), &2.into()));
    let heard = browser.exchange(&begun, ROLLED);
    let turn = &heard["turns"][1];
    for hidden in ["verdict", "feedback", "state", "judge_had"] {
        assert_eq!(turn[hidden], Value::Null, "{hidden}: {turn}");
    }
    assert_eq!(
        (&turn["why"], &turn["reply"]["action"], &heard["judged"]),
        (&json!([]), &Value::Null, &false.into())
    );
    assert_eq!(turn["reply"]["text"], "Fine.");
    let path = |what: &str| format!("/api/sessions/{}/{what}", begun["id"]);
    let head = &heard["head"];
    for (what, body) in [
        ("undo", json!({ "head": head })),
        ("edit", json!({ "turn": head, "text": "No.", "head": head, "key": "" })),
        ("walk", json!({ "turn": begun["head"], "head": head })),
        ("fork", json!({ "text": "No.", "head": head })),
        ("overrule", json!({ "codes": ["complex_reflection"], "head": head })),
        ("hint", json!({})),
    ] {
        let (status, told) = browser.post(&path(what), body);
        assert_eq!(status, 409, "{what}: {told}");
    }
    let (status, told) = browser.post("/api/drills", json!({ "session": begun["id"], "turn": 1 }));
    assert_eq!(status, 409, "{told}");
    // With the last reply it is over and sealed, and may be looked at.
    let ended = browser.exchange(&heard, "So it's up to you.");
    assert_eq!((&ended["exam"]["ended"], &ended["judged"]), (&true.into(), &true.into()), "{ended}");
    assert_eq!(ended["exam"]["seal"].as_str().unwrap().len(), 64);
    assert!(ended["turns"][1]["verdict"]["score"].is_number());
    let say = json!({ "text": "One more.", "head": ended["head"], "key": "" });
    let (status, told) = browser.post(&path("say"), say);
    assert_eq!((status, &told["session"]["ended"]), (409, &true.into()), "{told}");
}

#[test]
fn an_exam_for_other_files_is_refused() {
    let server = Start::saying(&["Fine."]).go();
    let written = terms(2);
    let other = written
        .lines()
        .map(|line| match line.starts_with("prompts") {
            true => format!("prompts = \"{}\"", "0".repeat(64)),
            false => line.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("\n");
    assert_eq!(server.browser.post("/api/sessions", json!({ "exam": other })).0, 409);
    assert_eq!(server.browser.post("/api/sessions", json!({ "exam": "title = 3" })).0, 422);
}

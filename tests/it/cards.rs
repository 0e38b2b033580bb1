//! Character cards: what is read of them, what survives, and what damaged ones do.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::deflate::{compress_to_vec, compress_to_vec_zlib};
use proptest::prelude::*;
use pushback::domain::card::{Card, CardError, Imported, Version, Wishes, export, import, is_more};
use pushback::domain::persona::{self, Gender, Kind, Persona, body};
use pushback::files::cards::{picture, text_of, with_cards};
use serde_json::{Value, json};

use crate::persona::{one, shipped};

mod files;

/// A card of another program, version 1.
pub const DANA: &str = r#"{
  "name": "Dana Cole",
  "description": "{{char}} is 38 years old. She was arrested for a DUI, and the court put her on probation.\r\n## Looks\r\nTall, tired. She thinks that {{user}} works for the judge.",
  "personality": "Blunt, dry.",
  "scenario": "<BOT> meets <USER> in a grey office.",
  "first_mes": "*She drops into the chair.* \"You're new, {{user}}. Fine. Let's get this over with.\"",
  "mes_example": "<START>\n{{user}}: How much do you drink?\n{{char}}: *shrugs* \"Enough.\"\n<start>\n{{user}}: You didn't choose this.\nDana: No.\nI did not.\n{{char}}: alone",
  "odd": {"deep": [1, {"x": null}]}
}"#;

pub fn v2(data: Value) -> Value {
    json!({ "spec": "chara_card_v2", "spec_version": "2.0", "data": data })
}

fn like(kind: Kind) -> Persona {
    shipped().into_iter().find(|persona| persona.kind == kind).unwrap()
}

fn imported(card: &Value, wishes: &Wishes) -> Result<Imported, CardError> {
    import(&Card::parse(&card.to_string())?, wishes, &like)
}

/// A card of which nothing has to be guessed, but with one field more.
fn with(field: &str, value: Value) -> Value {
    let mut data = json!({ "name": "Bo", "description": "He is 40 years old.", "first_mes": "Hm." });
    data[field] = value;
    v2(data)
}

fn named() -> Wishes {
    Wishes { kind: Some(Kind::Sceptic), topic: Some("smoking".to_owned()), ..Wishes::default() }
}

/// The card is refused, and says so in these words.
fn refused(card: &Value, expected: &str) {
    let error = imported(card, &named()).unwrap_err();
    assert!(error.to_string().contains(expected), "{error}");
    assert!(error.hint().is_some(), "{error}");
}

/// The file of a client makes the same client.
fn same_from_file(persona: &Persona) {
    let text = persona::write(persona);
    let read = persona::parse(&format!("{}.md", persona.id), &text, &|_| None);
    assert_eq!(read.as_ref(), Ok(persona), "{text}");
}

#[test]
fn every_shipped_client_survives_its_file() {
    shipped().iter().for_each(same_from_file);
}

#[test]
fn every_shipped_client_survives_every_card() {
    for persona in shipped() {
        let cards = [Version::V2, Version::V3].map(|version| export(&persona, None, version).to_string());
        let picture = picture::of(&persona.id);
        let one = with_cards(&picture, &[("chara", &cards[0])]).unwrap();
        let both = with_cards(&one, &[("chara", &cards[0]), ("ccv3", &cards[1])]).unwrap();
        for file in [cards[0].as_bytes(), cards[1].as_bytes(), &one, &both] {
            let card = Card::parse(&text_of(file).unwrap()).unwrap();
            let back = import(&card, &Wishes::default(), &|_| unreachable!()).unwrap();
            assert!(back.is_ours && back.statements.is_empty());
            assert_eq!(back.persona, persona);
            assert!(!is_more(&card, &persona), "{}: nothing is left over", persona.id);
            same_from_file(&back.persona);
        }
    }
}

#[test]
fn a_card_of_ours_says_the_same_to_other_programs() {
    let ray = one("ray");
    let card = export(&ray, None, Version::V3);
    assert_eq!((&card["spec"], &card["spec_version"]), (&json!("chara_card_v3"), &json!("3.0")));
    let data = &card["data"];
    assert_eq!(data["name"], "Ray Dolan");
    assert_eq!(data["first_mes"], ray.openings[0]);
    assert_eq!(data["alternate_greetings"].as_array().unwrap().len(), 3);
    assert!(data["description"].as_str().unwrap().starts_with("You are Ray."));
    assert!(data["personality"].as_str().unwrap().starts_with("Blunt"));
    assert!(data["mes_example"].as_str().unwrap().starts_with("<START>\n{{user}}: You signed the order"));
    // What trust unlocks is nobody's to read beforehand.
    for fact in &ray.facts {
        let open = json!([data["description"], data["personality"], data["mes_example"]]).to_string();
        assert!(!open.contains(&fact.text), "{}", fact.id);
    }
}

#[test]
fn another_program_s_card_becomes_a_client() {
    let card = Card::parse(DANA).unwrap();
    let Imported { persona, is_ours, statements } = import(&card, &Wishes::default(), &like).unwrap();
    assert!(!is_ours);
    assert_eq!((persona.id.as_str(), persona.name.as_str()), ("dana", "Dana Cole"));
    assert_eq!((persona.age, persona.gender), (38, Gender::Female));
    assert_eq!((persona.kind, persona.topic.as_str()), (Kind::Mandated, "drinking"));
    assert_eq!(persona.openings, ["You're new. Fine. Let's get this over with."]);
    let ray = one("ray");
    assert_eq!((persona.start, &persona.temperament), (ray.start, &ray.temperament));
    assert_eq!((&persona.keys, persona.words), (&ray.keys, ray.words));
    let who = body::section(&persona.body, "Who").unwrap();
    assert!(who.contains("Dana Cole is 38 years old.") && who.contains("### Looks\nTall"), "{who}");
    assert!(who.contains("that the counsellor works for") && who.ends_with("in a grey office."), "{who}");
    assert_eq!(body::section(&persona.body, "Voice"), Some("Blunt, dry."));
    let examples = body::examples(&persona.body).unwrap();
    let told: Vec<_> = examples.iter().map(|e| (e.trainee, e.client)).collect();
    let expected =
        [("How much do you drink?", "Enough."), ("You didn't choose this.", "No. I did not. alone")];
    assert_eq!(told, expected);
    same_from_file(&persona);
    let all = statements.join("\n");
    for told in [
        "type: `mandated`, guessed from: court, judge, probation, dui, arrested",
        "topic: `drinking`",
        "age: 38",
        "gender: female",
    ] {
        assert!(all.contains(told), "{told} is not in:\n{all}");
    }
}

#[test]
fn what_a_card_says_otherwise_comes_back_with_it() {
    let mut card: Value = serde_json::from_str(DANA).unwrap();
    card["extensions"] = json!({ "other": { "kept": true } });
    card["character_book"] = json!({ "entries": [{ "keys": ["x"], "content": "y" }] });
    for card in [card.clone(), v2(card)] {
        let read = Card::parse(&card.to_string()).unwrap();
        let persona = import(&read, &Wishes::default(), &like).unwrap().persona;
        assert!(is_more(&read, &persona));
        let kept = Card::parse(&read.without_ours()).unwrap();
        assert_eq!(kept, read);
        let again = export(&persona, Some(&kept), Version::V2);
        let before = card.get("data").unwrap_or(&card);
        for (key, value) in before.as_object().unwrap().iter().filter(|(key, _)| *key != "extensions") {
            assert_eq!(&again["data"][key], value, "{key}");
        }
        assert_eq!(again["data"]["extensions"]["other"]["kept"], true);
        // And with the client changed, its words are the client's, and the rest stays.
        let changed = Persona { openings: vec!["No.".to_owned()], ..persona };
        let again = export(&changed, Some(&kept), Version::V3);
        assert_eq!(again["data"]["first_mes"], "No.");
        assert_eq!(again["data"]["description"], before["description"]);
        assert_eq!(again["data"]["odd"], before["odd"]);
        let back = imported(&again, &Wishes::default()).unwrap();
        assert_eq!(back.persona, changed);
    }
}

#[test]
fn what_others_wrote_beside_our_client_is_kept() {
    let ray = one("ray");
    let mut card = export(&ray, None, Version::V2);
    card["data"]["extensions"]["pushback"]["course"] = json!({ "unit": 3 });
    let read = Card::parse(&card.to_string()).unwrap();
    assert!(is_more(&read, &ray));
    let rest = read.without_ours();
    assert!(rest.contains("course") && !rest.contains("temperament"), "{rest}");
    let kept = Card::parse(&rest).unwrap();
    assert_eq!(export(&ray, Some(&kept), Version::V2), card);
    let plain = Card::parse(&export(&ray, None, Version::V2).to_string()).unwrap();
    assert!(!plain.without_ours().contains("\"pushback\""));
    // What is left beside a file is a card like another's.
    assert!(!import(&kept, &named(), &like).unwrap().is_ours);
}

#[test]
fn what_is_not_guessed_is_asked_for() {
    let card = with("personality", json!("Blunt."));
    let failed = |wishes: &Wishes| imported(&card, wishes).unwrap_err();
    let error = failed(&Wishes::default());
    assert_eq!(error, CardError::Unguessed("type"));
    assert!(error.hint().unwrap().contains("--type"), "{error}");
    let kind = Some(Kind::Sceptic);
    assert_eq!(failed(&Wishes { kind, ..Wishes::default() }), CardError::Unguessed("topic"));
    let persona = imported(&card, &named()).unwrap().persona;
    assert_eq!((persona.kind, persona.topic.as_str(), persona.age), (Kind::Sceptic, "smoking", 40));
    let nobody = with("name", json!(" "));
    let with_id = Wishes { id: Some("x".to_owned()), ..named() };
    let error = imported(&nobody, &with_id).unwrap_err();
    assert_eq!(error, CardError::Unguessed("name"));
    let hint = error.hint().unwrap();
    assert!(hint.contains("card's `name`") && !hint.contains("--id"), "an id is no name: {hint}");
    let signs = with("name", json!("…"));
    let error = imported(&signs, &named()).unwrap_err();
    assert!(error == CardError::Unguessed("id") && error.hint().unwrap().contains("--id"), "{error}");
    assert_eq!(imported(&signs, &with_id).unwrap().persona.name, "…");
}

#[test]
fn openings_are_what_is_said_aloud() {
    let opening = |greeting: &str| {
        let card = with("first_mes", json!(greeting));
        imported(&card, &named()).unwrap().persona.openings.remove(0)
    };
    assert_eq!(opening("Well, {{user}}, here I am."), "Well, here I am.");
    assert_eq!(opening("*He sits.* So.\n\n*He waits.*"), "So.");
    assert_eq!(opening("He looks up. “Evening,” he says."), "Evening,");
    assert_eq!(
        opening("They call it \"help\" where I come from, and I never liked the word."),
        "They call it \"help\" where I come from, and I never liked the word."
    );
    assert_eq!(opening("I *mean* it, {{char}} says so **loud**"), "I it, Bo says so loud");
    assert_eq!(opening("*He says nothing.*"), "Hello.");
    assert_eq!(opening("a \u{1b}[2J b"), "a [2J b");
    let long = opening(&"I said no. ".repeat(60));
    assert!(long.chars().count() <= 300 && long.ends_with("no."), "{long}");
    assert!(opening(&"é".repeat(500)).chars().count() <= 300);
}

#[test]
fn a_faulty_card_is_refused_by_name() {
    refused(&json!([1]), "it is not an object");
    refused(&json!({ "a": 1 }), "none of a card's fields");
    refused(&json!({ "spec": "chara_card_v2" }), "it has no `data`");
    refused(&json!({ "spec": "chara_card_v9", "data": {} }), "`chara_card_v9`");
    refused(&with("name", json!(3)), "`name` of the card is not text");
    refused(
        &with("alternate_greetings", json!(["a", 1])),
        "`alternate_greetings` of the card is not a list of texts",
    );
    refused(&with("extensions", json!([])), "`extensions` of the card is not an object");
    let ours = |ours: Value| with("extensions", json!({ "pushback": ours }));
    refused(&ours(json!({})), "it has no `format`");
    refused(&ours(json!({ "format": 1 })), "it has no `persona`");
    refused(&ours(json!({ "format": 2 })), "has form 2, this program reads form 1");
    refused(&ours(json!({ "format": 1, "persona": { "id": "ray" } })), "missing field");
    let mut ray = serde_json::to_value(one("ray")).unwrap();
    ray["surname"] = json!("Dolan");
    refused(&ours(json!({ "format": 1, "persona": ray })), "unknown field `surname`");
    let persona = Persona { name: "\u{1b}[2J".to_owned(), ..one("ray") };
    refused(&ours(json!({ "format": 1, "persona": persona })), "control characters");
    let many = with("description", json!("{{char}}".repeat(500_000)));
    let long = imported(&many, &named()).unwrap();
    assert!(long.persona.body.len() < 16_384 && long.statements.join(" ").contains("longer than fits"));
    assert_eq!(Card::parse(&"[".repeat(100_000)), Err(CardError::TooDeep));
    assert!(Card::parse(&format!("{{\"name\":\"{}\"}}", "[".repeat(100))).is_ok(), "brackets in a text");
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(9 << 20));
    assert!(matches!(Card::parse(&long), Err(CardError::TooLong { .. })));
    assert!(matches!(Card::parse("{\"name\": "), Err(CardError::Json(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_texts_make_a_client_that_its_file_holds(
        texts in prop::collection::vec("(\\PC|[\n\r\"*{}]|\\{\\{char\\}\\}|<START>|\\{\\{user\\}\\}: |## |T: ){0,60}", 6)
    ) {
        let card = v2(json!({
            "name": "Bo Lee", "description": texts[0], "personality": texts[1], "scenario": texts[2],
            "first_mes": texts[3], "mes_example": texts[4], "alternate_greetings": [texts[5]],
        }));
        let persona = imported(&card, &named()).unwrap().persona;
        let text = persona::write(&persona);
        let read = persona::parse("bo.md", &text, &|_| None);
        prop_assert_eq!(read, Ok(persona), "{}", text);
    }

    #[test]
    fn any_json_is_a_card_or_an_error(text in "[\\[\\]{}\",:a-z0-9 ]{0,80}") {
        let _ = Card::parse(&text).map(|card| import(&card, &named(), &like));
    }
}

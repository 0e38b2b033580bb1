//! Small words: where they go, where they don't, and that they are nobody else's.

use pushback::domain::lines::{Speech, in_manner};

use super::*;
use crate::support::practice::library;

fn manner() -> Manner {
    let list = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
    Manner {
        rate: 0.8,
        openers: list(&["Look,", "I don't know."]),
        against: list(&["Yeah, well,"]),
        along: list(&["I guess"]),
        yes: list(&["Yeah."]),
        fillers: list(&["you know"]),
        tags: list(&["so"]),
        links: list(&["Plus,"]),
        clips: true,
    }
}

/// Everything that `line` becomes under 300 dice.
fn spoken(line: &str, action: Action, before: Option<&str>) -> HashSet<String> {
    let manner = manner();
    let speech = |seed| Speech { manner: &manner, action, reflected: false, before, dice: Dice::new(seed) };
    (0..300).map(|seed| in_manner(line, &speech(seed))).collect()
}

#[test]
fn small_words_go_where_they_read_naturally() {
    let said = spoken("I paid the fine and I did the hours.", Action::Deny, None);
    for expected in [
        "I paid the fine and I did the hours.",
        "Look, I paid the fine and I did the hours.",
        "Yeah, well, I paid the fine and I did the hours.",
        "I don't know. I paid the fine and I did the hours.",
        "I paid the fine and, you know, I did the hours.",
        "I paid the fine and I did the hours, so.",
        "Paid the fine and I did the hours.",
    ] {
        assert!(said.contains(expected), "{expected}: {said:?}");
    }
    assert!(!said.iter().any(|s| s.starts_with("I guess")), "only before what gives way: {said:?}");
    assert!(spoken("My week was long.", Action::Ember, None).contains("I guess my week was long."));
}

#[test]
fn a_reflection_is_taken_up_by_a_line_that_goes_along() {
    let manner = manner();
    let taken_up = |line: &str, action, reflected| {
        let said = |seed| {
            in_manner(
                line,
                &Speech { manner: &manner, action, reflected, before: None, dice: Dice::new(seed) },
            )
        };
        (0..300).filter(|seed| said(*seed).starts_with("Yeah. ")).count()
    };
    let line = "I lie there and I count the trucks.";
    assert!((60..200).contains(&taken_up(line, Action::Inform, true)));
    assert_eq!(taken_up(line, Action::Inform, false), 0);
    assert_eq!(taken_up(line, Action::Deny, true), 0, "that pushes back");
    assert_eq!(taken_up("I don't count the trucks.", Action::Inform, true), 0, "yes and no");
}

#[test]
fn some_lines_stay_as_they_are() {
    for (line, action) in [
        ("…", Action::Withdraw),
        ("Not really.", Action::Deny),
        ("What am I, five?", Action::Challenge),
        ("Well, I paid the fine.", Action::Deny),
        ("Because of the meter.", Action::Deny),
        ("I slept through Mia's call and I counted them.", Action::Disclose),
        ("I'm about done here and I mean it.", Action::Warn),
    ] {
        assert_eq!(spoken(line, action, None).len(), 1, "{line}");
    }
}

#[test]
fn a_name_keeps_its_capital_and_knowing_is_not_denied() {
    let said = spoken("Mia sings while she eats her breakfast.", Action::Ember, None);
    assert!(said.iter().all(|s| s.contains("Mia")), "{said:?}");
    assert!(
        !spoken("I know my limits by now.", Action::Deny, None).iter().any(|s| s.starts_with("I don't know"))
    );
}

#[test]
fn no_opener_comes_twice_in_a_row() {
    let line = "I paid the fine and I did the hours.";
    assert!(spoken(line, Action::Engage, None).iter().any(|s| s.starts_with("Look,")));
    let after = spoken(line, Action::Engage, Some("Look, it's Tuesday."));
    assert!(!after.iter().any(|s| s.starts_with("Look,")), "{after:?}");
}

#[test]
fn what_was_said_with_small_words_is_not_said_again_without() {
    let banks =
        small(&[("types/a.txt", "@type mandated\ndeny: I paid the fine in full. | My record is clean.\n")]);
    let ray = Persona { manner: manner(), ..ray() };
    let said = ["Look, paid the fine, you know, in full, so."];
    assert_eq!(texts(&check(&banks, &ray, &Ask { said: &said, ..ASK })), ["My record is clean."]);
    let plain = Persona { manner: Manner::default(), ..ray };
    assert_eq!(check(&banks, &plain, &Ask { said: &said, ..ASK }).len(), 2);
}

#[test]
fn every_client_that_ships_has_small_words_of_their_own() {
    let (personas, problems) = library().personas();
    assert_eq!(problems, []);
    let mut seen: BTreeMap<Vec<String>, String> = BTreeMap::new();
    for persona in personas {
        let manner = &persona.manner;
        assert!((0.4..=0.65).contains(&manner.rate), "{}", persona.id);
        let phrases: Vec<String> = manner.phrases().map(str::to_owned).collect();
        assert!(phrases.len() >= 7, "{}: {phrases:?}", persona.id);
        if let Some(other) = seen.insert(phrases, persona.id.clone()) {
            panic!("{} talks like {other}", persona.id);
        }
    }
}

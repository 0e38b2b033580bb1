//! A trainer's corrections as test cases of the judge.

use proptest::prelude::*;
use pushback::domain::action::Action;
use pushback::domain::case;
use pushback::domain::client;
use pushback::domain::judge::{Code, Judge};
use pushback::domain::session::{Path, Reply, Said, Taken, Turn};
use pushback::domain::talk::Talk;

use crate::cli::{fails, talk};
use crate::judge::table::{Case, case as parse, cases, fault};
use crate::support::practice::library;

/// A path of one exchange and one reply that was overruled.
fn overruled_turn(case: &Case, codes: &[Code]) -> (Turn, Turn) {
    let state = client::begin(&library().persona("ray").unwrap());
    let reply = |text: &str, action| Reply {
        text: text.to_owned(),
        action,
        fact: None,
        state: state.clone(),
        why: Vec::new(),
        cut: false,
        runners_up: Vec::new(),
    };
    let action = match (case.discord, case.talk) {
        (true, _) => Action::Challenge,
        (_, Talk::Sustain) => Action::Deny,
        (_, Talk::Neutral) => Action::Inform,
        (_, Talk::Change) => Action::Ember,
    };
    let before = reply(case.client, action);
    let said =
        Said { text: case.reply.to_owned(), verdict: Judge::builtin().reply(&case.heard(), case.reply) };
    let (id, parent, number) = (1, Some(0), 1);
    let turn = Turn { id, parent, number, trainee: Some(said), reply: Some(before.clone()), overruled: None };
    let verdict = Judge::builtin().overruled(&case.heard(), case.reply, codes);
    let mut path = Path::new(vec![turn]);
    path.overrule(Taken { verdict, state: state.clone(), why: Vec::new() });
    let opening =
        Turn { id: 0, parent: None, number: 0, trainee: None, reply: Some(before), overruled: None };
    (opening, path.head().unwrap().clone())
}

fn exported(before: &Turn, turn: &Turn) -> Case {
    parse(case::line(before, turn).unwrap().leak())
}

#[test]
fn the_judge_passes_the_cases_of_what_it_is_right_about() {
    // The format does not say that advice was asked for.
    for case in cases().into_iter().filter(|case| !case.permission.is_open()) {
        let own = Judge::builtin().reply(&case.heard(), case.reply);
        let (before, turn) = overruled_turn(&case, &own.codes);
        let again = exported(&before, &turn);
        assert_eq!((again.talk, again.discord), (case.talk, case.discord), "{case:?}");
        assert_eq!((again.client, again.reply), (case.client, case.reply));
        // A score of next to nothing may lie on either side of it.
        if own.score.abs() > 0.1 {
            assert_eq!(fault(&again), None, "{case:?}");
        }
    }
}

#[test]
fn what_was_corrected_fails_until_the_judge_learns_it() {
    let told =
        parse("s | I don't think the betting is an issue. | So you're in denial. | confront | denial | -");
    let (before, turn) = overruled_turn(&told, &[Code::SimpleReflection, Code::Affirm]);
    let case = exported(&before, &turn);
    assert_eq!(case.labels, ["simple_reflection", "affirm", "-confront"]);
    assert_eq!((case.span, case.sign), ("", "+"));
    assert!(fault(&case).is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_one_case_of_six_columns(client in "(\\PC|[|\n\r\t]){1,40}", reply in "(\\PC|[|\n\r\t#]){1,60}") {
        let told = Case { client: client.leak(), reply: reply.leak(), ..cases().remove(0) };
        let (before, turn) = overruled_turn(&told, &[Code::Affirm]);
        let line = case::line(&before, &turn).unwrap();
        prop_assert_eq!(line.lines().count(), 1);
        let again = exported(&before, &turn);
        prop_assert_eq!(again.reply.chars().filter(|c| c.is_alphanumeric()).count(),
            told.reply.chars().filter(|c| c.is_alphanumeric()).count());
    }
}

#[test]
fn corrections_are_exported_as_cases() {
    let home = tempfile::tempdir().unwrap();
    let session = |reply: &str, code: &str| {
        let overrule = format!("/overrule {code}");
        talk(
            home.path(),
            &["--persona", "ray", "--seed", "7"],
            &[reply, &overrule, "/retry Hello.", "/quit"],
        );
    };
    session("You need to stop | drinking.", "simple_reflection");
    session("You're tired of this.", "confront");
    talk(home.path(), &["--persona", "ray", "--seed", "7"], &["Hello.", "/quit"]);
    let export = |more: &str| talk(home.path(), &["sessions", "export", "--overrides", more], &[]);
    assert_eq!(export("3"), "");
    let (first, second) = (export("1"), export("2"));
    assert_eq!(export("--all"), format!("{first}{second}"));
    let case = parse(first.trim_end().to_owned().leak());
    assert_eq!((case.reply, case.sign), ("You need to stop / drinking.", "+"));
    assert_eq!(case.labels[..2], ["simple_reflection", "-persuade"]);
    assert!(parse(second.trim_end().to_owned().leak()).labels.starts_with(&["confront"]));

    let (code, told) = fails(home.path(), &["sessions", "export", "--overrides", "9"]);
    assert!(code == 1 && told.contains("no session 9"), "{told}");
    assert_eq!(fails(home.path(), &["sessions", "export"]).0, 2);
    assert_eq!(fails(home.path(), &["sessions", "export", "--overrides", "1", "--all"]).0, 2);
}

//! The same moment in other words: both futures, side by side and on disk.

use std::ops::ControlFlow;

use pushback::app::AppError;
use pushback::app::practise::Practice;
use pushback::engine::scripted::Scripted;
use pushback::store::Store;
use serde_json::Value;

use crate::cli::{events, talk};
use crate::support::practice::practice;

const ARGUED: &str = "You need to stop drinking before you lose your daughter.";
const ROLLED: &str = "You'd rather be anywhere but here, and what you do about it is up to you.";

fn exchange(practice: &mut Practice, text: &str) {
    practice.hear(text).unwrap();
    practice.answer(&mut |_| ControlFlow::Continue(()), &|| false).unwrap();
}

fn begun(store: Store) -> Practice {
    practice("ray", 3, store, Scripted::new(["Sure.", "If you say so.", "Whatever.", "It's in the file."]))
}

#[test]
fn both_futures_are_kept_and_the_session_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut practice = begun(Store::open(folder.path()).unwrap());
    exchange(&mut practice, ARGUED);
    let stood = practice.path().clone();
    let futures = practice.fork(ROLLED, &|| false).unwrap();
    let (kept, tried) = (futures.kept.clone(), futures.tried.clone());
    assert_eq!(Some(&kept), stood.head());
    assert_eq!((tried.parent, tried.number), (kept.parent, kept.number));
    let state = |turn: &pushback::domain::session::Turn| turn.reply.clone().unwrap().state;
    assert!(state(&tried).discord < state(&kept).discord);
    assert_eq!(*practice.path(), stood);

    let store = Store::open(folder.path()).unwrap();
    let attempts = store.attempts(kept.parent.unwrap()).unwrap();
    assert_eq!(attempts, [kept.clone(), tried.clone()]);
    assert_eq!(store.load(practice.id()).unwrap().1, stood);

    assert_eq!(*practice.take().unwrap(), tried);
    assert_eq!(store.load(practice.id()).unwrap().1.head(), Some(&tried));
    assert_eq!(*practice.take().unwrap(), kept, "and back again");
    practice.take().unwrap();
    exchange(&mut practice, "It's your call.");
    assert_eq!(practice.path().trainee_said(), [ROLLED, "It's your call."]);
    assert!(matches!(practice.take().map(drop), Err(AppError::NothingToTake)), "its moment has gone by");
}

#[test]
fn what_can_t_be_forked_is_said() {
    let mut practice = begun(Store::in_memory().unwrap());
    let fork = |practice: &mut Practice, text: &str| practice.fork(text, &|| false).map(drop);
    assert!(matches!(fork(&mut practice, ROLLED), Err(AppError::NothingToFork)));
    practice.hear(ARGUED).unwrap();
    assert!(matches!(fork(&mut practice, ROLLED), Err(AppError::NotAnswered)));
    practice.answer(&mut |_| ControlFlow::Continue(()), &|| false).unwrap();
    let stood = practice.path().clone();
    assert!(matches!(fork(&mut practice, &"x".repeat(100_000)), Err(AppError::TooLong { .. })));
    assert!(matches!(practice.fork(ROLLED, &|| true).map(drop), Err(AppError::Stopped)));
    assert_eq!(practice.attempts().unwrap(), 0);
    assert_eq!(*practice.path(), stood);
    assert!(matches!(practice.take().map(drop), Err(AppError::NothingToTake)));
}

#[test]
fn a_session_that_went_on_elsewhere_is_not_forked() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = begun(Store::open(folder.path()).unwrap());
    exchange(&mut one, ARGUED);
    let mut store = Store::open(folder.path()).unwrap();
    let said = one.path().head().unwrap().trainee.clone();
    store.append(one.id(), one.path().head(), said.as_ref()).unwrap();
    assert!(matches!(one.fork(ROLLED, &|| false).map(drop), Err(AppError::Store(_))));
}

#[test]
fn what_was_tried_before_a_retry_can_be_taken() {
    let mut practice = begun(Store::in_memory().unwrap());
    exchange(&mut practice, ARGUED);
    let first = practice.path().head().cloned().unwrap();
    practice.undo().unwrap();
    assert_eq!(*practice.take().unwrap(), first, "no new words yet: the attempt that was taken back");
    practice.undo().unwrap();
    practice.hear(ROLLED).unwrap();
    assert!(matches!(practice.take().map(drop), Err(AppError::NotAnswered)));
    practice.answer(&mut |_| ControlFlow::Continue(()), &|| false).unwrap();
    let second = practice.path().head().cloned().unwrap();
    assert_eq!(*practice.take().unwrap(), first);
    assert_eq!(*practice.take().unwrap(), second, "and back again");

    let home = tempfile::tempdir().unwrap();
    let retry = format!("/retry {ROLLED}");
    let told = talk(home.path(), &["--persona", "ray", "--seed", "5"], &[ARGUED, &retry, "/take", "/end"]);
    let kept = told.find("What you tried before is kept.").expect("the attempts are counted");
    let over = told.find("You have gone over. /take again goes back.").expect("and one can be taken");
    assert!(kept < over && told[over..].contains(ARGUED), "{told}");
}

/// What is told of a moment in a run of `lines`, without the events' names.
fn moment(lines: &[&str]) -> Vec<Value> {
    let home = tempfile::tempdir().unwrap();
    events(&talk(home.path(), &["--persona", "ray", "--seed", "5", "--json"], lines))
}

#[test]
fn the_other_future_is_the_one_that_a_retry_would_lead_to() {
    let forked = moment(&["Hello.", ARGUED, &format!("/fork {ROLLED}"), "/take", "Go on."]);
    let retried = moment(&["Hello.", ARGUED, &format!("/retry {ROLLED}"), "Go on."]);
    let tried = forked.iter().find(|e| e["branch"] == "tried").expect("an event");
    let kept = forked.iter().find(|e| e["branch"] == "kept").expect("an event");
    let after = |events: &[Value], name: &str| {
        let at = events.iter().position(|e| e["event"] == name).expect("an event");
        events[at..].to_vec()
    };
    let again = after(&retried, "undo");
    for (field, event, its) in [
        ("score", 1, "score"),
        ("codes", 1, "codes"),
        ("findings", 1, "findings"),
        ("reply", 3, "text"),
        ("action", 3, "action"),
        ("discord", 4, "discord"),
        ("trust", 4, "trust"),
        ("readiness", 4, "readiness"),
    ] {
        assert_eq!(tried[field], again[event][its], "{field}");
    }
    assert_eq!((&tried["text"], &kept["text"]), (&ROLLED.into(), &ARGUED.into()));
    assert!(tried["score"].as_f64() > kept["score"].as_f64());
    // From there on both go the same way.
    let (over, again) = (after(&forked, "take"), &again[5..]);
    assert_eq!((&over[0]["turn"], &over[0]["text"]), (&2.into(), &ROLLED.into()));
    assert_eq!(over[1..4], again[..3]);
}

#[test]
fn futures_are_shown_one_below_the_other_through_a_pipe() {
    let home = tempfile::tempdir().unwrap();
    let fork = format!("/fork {ROLLED}");
    let lines = [ARGUED, &fork, "/score", "/fork", "/take", "/end"];
    let told = talk(home.path(), &["--persona", "ray", "--seed", "5"], &lines);
    let (kept, tried) = (told.find("Where you are:").unwrap(), told.find("The other way:").unwrap());
    assert!(kept < tried, "{told}");
    let part = &told[kept..tried];
    assert!(part.contains(ARGUED) && part.contains("arguing -") && part.contains("discord 0."), "{told}");
    let part = &told[tried..];
    assert!(
        part.contains(ROLLED) && part.contains("rolling +") && part.contains("You have gone over."),
        "{told}"
    );
}

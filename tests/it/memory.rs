//! A conversation that no longer fits the model's context.

use std::ops::ControlFlow;

use pushback::app::AppError;
use pushback::chat::Role;
use pushback::store::Store;

use crate::cli::{events, talk};
use crate::support::small::{CONTEXT_TOK, LINES, Small, exchange};

#[test]
fn the_oldest_exchanges_go_and_the_head_stays() {
    let small = Small::new();
    let folder = tempfile::tempdir().unwrap();
    let (mut practice, log) = small.begin(Store::open(folder.path()).unwrap());
    let forgotten: Vec<_> = LINES.iter().cycle().take(24).map(|l| exchange(&mut practice, l)).collect();
    assert_eq!(forgotten[0], 0);
    assert!(*forgotten.last().unwrap() > 10, "{forgotten:?}");
    assert!(forgotten.is_sorted(), "{forgotten:?}");
    // More than one exchange goes at once, and not every turn.
    let changes = forgotten.windows(2).filter(|w| w[0] != w[1]).count();
    assert!(changes * 2 <= *forgotten.last().unwrap(), "{forgotten:?}");

    let log = log.lock().unwrap();
    let first = &log[0].0.messages;
    for (turn, (request, usage)) in (1..).zip(log.iter()) {
        assert_eq!(request.messages[..3], first[..3], "head, scene and opening stay");
        assert!(usage.prompt_tok + request.max_tok <= CONTEXT_TOK as usize);
        // Head, scene and opening, whole exchanges, the newest line.
        assert_eq!(request.messages.len(), 3 + 2 * (turn - 1 - forgotten[turn - 1]) + 1);
        let roles: Vec<_> = request.messages[1..].iter().map(|m| m.role).collect();
        assert!(roles.chunks(2).all(|pair| pair[0] == Role::User), "{roles:?}");
    }
    let id = practice.id();
    drop(practice);
    let (_, path) = Store::open(folder.path()).unwrap().load(id).unwrap();
    assert_eq!(path.turns().len(), 25, "the session keeps everything");
    assert!(path.turns().iter().all(|turn| turn.reply.is_some()));
}

#[test]
fn only_when_more_goes_is_the_history_read_again() {
    let small = Small::new();
    let (mut practice, log) = small.begin(Store::in_memory().unwrap());
    let forgotten: Vec<_> = LINES.iter().cycle().take(20).map(|l| exchange(&mut practice, l)).collect();
    let log = log.lock().unwrap();
    for turn in 1..20 {
        let (before, now) = (log[turn - 1].1, log[turn].1);
        let grown = now.reused_tok > before.reused_tok;
        assert_eq!(grown, forgotten[turn] == forgotten[turn - 1], "turn {}: {now:?}", turn + 1);
        assert!(now.reused_tok > 0, "the head at least is never read twice");
    }
}

#[test]
fn a_resumed_session_forgets_the_same() {
    let small = Small::new();
    let folder = tempfile::tempdir().unwrap();
    let said: Vec<_> = LINES.iter().cycle().take(14).collect();
    let (mut straight, _) = small.begin(Store::in_memory().unwrap());
    let straight: Vec<_> = said.iter().map(|line| exchange(&mut straight, line)).collect();
    let mut broken = Vec::new();
    let (mut practice, _) = small.begin(Store::open(folder.path()).unwrap());
    for line in said {
        broken.push(exchange(&mut practice, line));
        drop(practice);
        practice = small.resume(Store::open(folder.path()).unwrap()).0;
    }
    assert_eq!(broken, straight);
    assert!(*straight.last().unwrap() > 0);
}

#[test]
fn a_reply_that_leaves_no_room_can_be_taken_back() {
    let small = Small::new();
    let (mut practice, _) = small.begin(Store::in_memory().unwrap());
    exchange(&mut practice, LINES[0]);
    practice.hear(&"x ".repeat(1_000)).unwrap();
    let error = practice.answer(&mut |_| ControlFlow::Continue(()), &|| false).map(drop).unwrap_err();
    assert!(matches!(error, AppError::NoRoom { context, .. } if context == CONTEXT_TOK as usize), "{error}");
    assert!(error.hint().unwrap().contains("/undo"));
    practice.undo().unwrap();
    assert_eq!(exchange(&mut practice, LINES[1]), 0);
}

#[test]
fn the_trainee_is_told() {
    let small = Small::new();
    let home = tempfile::tempdir().unwrap();
    let (model, prompts) = (small.model(), small.prompts());
    let files = ["--model", model.to_str().unwrap(), "--prompts", prompts.to_str().unwrap()];
    // A model of random weights says few things that can be spoken: long lines fill its memory,
    // and of some seeds one must be lucky enough to go on after that.
    let line = LINES.join(" ").repeat(4);
    let lines = [line.as_str(); 14];
    let seeds = ["1", "2", "3", "4", "5", "6", "7", "8"];
    let common = |seed| ["--persona", "small", "--seed", seed, "--no-save", "--candidates", "16"];
    let told = |seed| talk(home.path(), &[&common(seed)[..], &files].concat(), &lines);
    let goes_on = |told: &str| {
        let notice = told.find("memory is full: it no longer sees the first");
        notice.is_some_and(|at| told[at..].matches("\nSam: ").count() > 1)
    };
    let seed = seeds.into_iter().find(|seed| goes_on(&told(seed))).expect("one seed of eight");
    let args = [&common(seed)[..], &files].concat();

    let events = events(&talk(home.path(), &[&args[..], &["--json"]].concat(), &lines));
    let at = events.iter().position(|e| e["event"] == "forgotten").expect("an event");
    assert!(events[at]["exchanges"].as_u64().unwrap() >= 1);
    assert_eq!((&events[at + 1]["event"], &events[at + 1]["turn"]), (&"client".into(), &events[at]["turn"]));
    let later = events[at + 2..].iter().filter(|e| e["event"] == "client").count();
    assert!(later >= 1, "the conversation goes on");
    let counts: Vec<_> = events.iter().filter_map(|e| e["exchanges"].as_u64()).collect();
    assert!(counts.windows(2).all(|w| w[0] < w[1]), "only when it is more: {counts:?}");
}

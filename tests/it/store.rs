//! The session store: what is kept, what is refused, who may read it.

use std::fs;
use std::path::Path;

use pushback::domain::action::Action;
use pushback::domain::client;
use pushback::domain::judge::{Heard, Judge};
use pushback::domain::session::{Reply, Said, SessionId, Turn};
use pushback::store::{Store, StoreError};

use crate::support::practice::setting;

fn said(text: &str) -> Said {
    Said { text: text.to_owned(), verdict: Judge::builtin().reply(&Heard::default(), text) }
}

fn reply(text: &str) -> Reply {
    Reply {
        text: text.to_owned(),
        action: Action::Deny,
        fact: Some("a-fact".to_owned()),
        state: client::begin(&setting("ray", 1).persona),
        why: Vec::new(),
        cut: true,
        runners_up: Vec::new(),
    }
}

/// A session with an opening and one exchange.
fn filled(store: &mut Store) -> (SessionId, Turn, Turn) {
    let id = store.begin(&setting("ray", u64::MAX)).unwrap();
    let opening = store.append(id, None, None).unwrap();
    store.answer(opening.id, &reply("So.")).unwrap();
    let turn = store.append(id, Some(&opening), Some(&said("You'd rather be at work."))).unwrap();
    store.answer(turn.id, &reply("Damn right.")).unwrap();
    (id, opening, turn)
}

#[test]
fn what_was_said_comes_back_after_the_program_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let (id, ..) = filled(&mut store);
    drop(store);

    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.latest().unwrap(), Some(id));
    let (loaded, path) = store.load(id).unwrap();
    assert_eq!(loaded, setting("ray", u64::MAX));
    assert_eq!(path.client_said(), ["So.", "Damn right."]);
    let turn = path.head().unwrap();
    assert_eq!(turn.trainee, Some(said("You'd rather be at work.")));
    assert_eq!(turn.reply, Some(reply("Damn right.")));
}

#[test]
fn rewinding_keeps_every_attempt() {
    let mut store = Store::in_memory().unwrap();
    let (id, opening, first) = filled(&mut store);
    store.rewind(id, first.id, opening.id).unwrap();
    let second = store.append(id, Some(&opening), Some(&said("It's up to you."))).unwrap();

    let attempts: Vec<_> = store.attempts(opening.id).unwrap().into_iter().map(|t| t.id).collect();
    assert_eq!(attempts, [first.id, second.id]);
    let (_, path) = store.load(id).unwrap();
    assert_eq!(path.head().unwrap().id, second.id);
    assert!(path.head().unwrap().reply.is_none(), "the answer is still owed");
}

#[test]
fn a_session_that_went_on_elsewhere_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = Store::open(folder.path()).unwrap();
    let (id, _, head) = filled(&mut one);
    let mut two = Store::open(folder.path()).unwrap();
    two.append(id, Some(&head), Some(&said("Second window."))).unwrap();
    let error = one.append(id, Some(&head), Some(&said("First window."))).unwrap_err();
    assert!(matches!(error, StoreError::MovedOn(moved) if moved == id), "{error}");
    assert!(error.hint().unwrap().contains("--continue"));
    let (_, path) = one.load(id).unwrap();
    assert_eq!(path.trainee_said().last().unwrap(), "Second window.");
}

#[test]
fn two_processes_write_sessions_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = Store::open(folder.path()).unwrap();
    let mut two = Store::open(folder.path()).unwrap();
    let (a, ..) = filled(&mut one);
    let (b, ..) = filled(&mut two);
    assert_ne!(a, b);
    assert_eq!(one.list().unwrap().len(), 2);
}

#[test]
fn turns_are_append_only() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let (_, _, turn) = filled(&mut store);
    assert!(store.answer(turn.id, &reply("Something else.")).is_err());
    let raw = rusqlite::Connection::open(folder.path().join("sessions.db")).unwrap();
    for sql in ["UPDATE turn SET trainee = 'x'", "UPDATE reply SET text = 'x'"] {
        let error = raw.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains("append-only"), "{error}");
    }
}

/// Opens a folder that can't be used; returns message and hint.
fn refused(folder: &Path) -> String {
    let error = Store::open(folder).err().expect("an error");
    format!("{error} / {}", error.hint().unwrap_or("no hint"))
}

#[test]
fn what_is_not_a_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sessions.db");
    let text = "this is a shopping list, and a long one, so that it is no empty database\n".repeat(20);
    fs::write(&file, &text).unwrap();
    let told = refused(folder.path());
    assert!(told.contains("is not a session database") && told.contains("--data"), "{told}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_newer_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).unwrap());
    let raw = rusqlite::Connection::open(folder.path().join("sessions.db")).unwrap();
    raw.pragma_update(None, "user_version", 999).unwrap();
    drop(raw);
    let told = refused(folder.path());
    assert!(told.contains("version 999") && told.contains("newer"), "{told}");
}

#[test]
fn a_folder_that_can_t_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("in-the-way");
    fs::write(&file, "").unwrap();
    let told = refused(&file);
    assert!(told.contains("can't write sessions to") && told.contains("--no-save"), "{told}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;

    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let mut store = Store::open(&folder).unwrap();
    filled(&mut store);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

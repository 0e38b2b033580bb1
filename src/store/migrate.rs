//! The schema, as a list of steps that only ever grows.

use rusqlite::Connection;

use super::StoreError;

/// Step `n` takes a database of `user_version` n to n + 1. Never edit a released step.
const STEPS: &[&str] = &[BEGINNING, OVERRIDES, EXAMS];

const BEGINNING: &str = "
    CREATE TABLE session (
        id         INTEGER PRIMARY KEY AUTOINCREMENT,
        started    TEXT NOT NULL DEFAULT (datetime('now')),
        persona_id TEXT NOT NULL,
        persona    TEXT NOT NULL,
        model      TEXT NOT NULL,
        seed       INTEGER NOT NULL,
        provenance TEXT NOT NULL,
        head       INTEGER REFERENCES turn (id),
        ended      INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE turn (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        session INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
        parent  INTEGER REFERENCES turn (id),
        number  INTEGER NOT NULL,
        trainee TEXT,
        verdict TEXT,
        at      TEXT NOT NULL DEFAULT (datetime('now'))
    ) STRICT;
    CREATE INDEX turn_by_session ON turn (session);
    CREATE INDEX turn_by_parent ON turn (parent);
    CREATE TABLE reply (
        turn       INTEGER PRIMARY KEY REFERENCES turn (id) ON DELETE CASCADE,
        text       TEXT NOT NULL,
        action     TEXT NOT NULL,
        fact       TEXT,
        cut        INTEGER NOT NULL,
        state      TEXT NOT NULL,
        why        TEXT NOT NULL,
        runners_up TEXT NOT NULL,
        at         TEXT NOT NULL DEFAULT (datetime('now'))
    ) STRICT;
    CREATE TRIGGER turn_is_final BEFORE UPDATE ON turn
        BEGIN SELECT RAISE(ABORT, 'turns are append-only'); END;
    CREATE TRIGGER reply_is_final BEFORE UPDATE ON reply
        BEGIN SELECT RAISE(ABORT, 'replies are append-only'); END;
";

/// What trainers gave in place of the judge's codes; of several for one turn, the newest is in
/// force. Verdict, state and why are kept as they came out, since a lexicon may change later.
const OVERRIDES: &str = "
    CREATE TABLE overrides (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        turn    INTEGER NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
        codes   TEXT NOT NULL,
        verdict TEXT NOT NULL,
        state   TEXT NOT NULL,
        why     TEXT NOT NULL,
        at      TEXT NOT NULL DEFAULT (datetime('now'))
    ) STRICT;
    CREATE INDEX overrides_by_turn ON overrides (turn);
    CREATE TRIGGER override_is_final BEFORE UPDATE ON overrides
        BEGIN SELECT RAISE(ABORT, 'overrides are append-only'); END;
";

/// Exams: their terms, a link of the chain for each turn, and the last one. An exam that has
/// ended takes no more turns.
const EXAMS: &str = "
    CREATE TABLE exam (
        session INTEGER PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
        terms   TEXT NOT NULL,
        hash    TEXT NOT NULL
    ) STRICT;
    CREATE TABLE seal (
        turn INTEGER PRIMARY KEY REFERENCES turn (id) ON DELETE CASCADE,
        hash TEXT NOT NULL
    ) STRICT;
    CREATE TABLE exam_end (
        session INTEGER PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
        turns   INTEGER NOT NULL,
        at      TEXT NOT NULL,
        hash    TEXT NOT NULL
    ) STRICT;
    CREATE TRIGGER exam_is_final BEFORE UPDATE ON exam
        BEGIN SELECT RAISE(ABORT, 'the terms of an exam are final'); END;
    CREATE TRIGGER seal_is_final BEFORE UPDATE ON seal
        BEGIN SELECT RAISE(ABORT, 'seals are append-only'); END;
    CREATE TRIGGER exam_end_is_final BEFORE UPDATE ON exam_end
        BEGIN SELECT RAISE(ABORT, 'the end of an exam is final'); END;
    CREATE TRIGGER exam_has_ended BEFORE INSERT ON turn
        WHEN EXISTS (SELECT 1 FROM exam_end WHERE session = NEW.session)
        BEGIN SELECT RAISE(ABORT, 'the exam has ended'); END;
    CREATE TRIGGER exam_was_answered BEFORE INSERT ON reply
        WHEN EXISTS (SELECT 1 FROM exam_end e JOIN turn t ON t.session = e.session WHERE t.id = NEW.turn)
        BEGIN SELECT RAISE(ABORT, 'the exam has ended'); END;
";

/// Brings the schema up to date, or refuses a database from the future.
pub(super) fn to_newest(db: &mut Connection) -> Result<(), StoreError> {
    let known = STEPS.len() as u32;
    if version(db)? == known {
        return Ok(());
    }
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // Read again under the lock: a second process may have migrated meanwhile.
    let found = version(&tx)?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for step in &STEPS[found as usize..] {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "user_version", known)?;
    tx.commit()?;
    Ok(())
}

fn version(db: &Connection) -> Result<u32, StoreError> {
    Ok(db.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

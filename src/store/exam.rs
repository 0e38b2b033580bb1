//! Exams on disk: their terms, and the chain of hashes over their turns.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::{Store, StoreError, rows};
use crate::domain::exam::Terms;
use crate::domain::seal::{self, Break, Checked};
use crate::domain::session::{SessionId, Setting, TurnId};

/// What a session was sat under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exam {
    /// The terms.
    pub terms: Terms,
    /// Whether it has ended and is sealed.
    pub ended: bool,
}

impl Store {
    /// Begins a session under `terms`. It has no turn yet.
    ///
    /// # Errors
    /// Where the database can't be written.
    pub fn begin_exam(&mut self, setting: &Setting, terms: &Terms) -> Result<SessionId, StoreError> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let session = rows::add_session(&tx, setting)?;
        let terms = rows::json(terms)?;
        let hash = beginning(&tx, session, &terms)?;
        tx.execute(
            "INSERT INTO exam (session, terms, hash) VALUES (?1, ?2, ?3)",
            params![session, terms, hash],
        )?;
        tx.commit()?;
        Ok(session)
    }

    /// What `session` was sat under; none where it is no exam.
    ///
    /// # Errors
    /// Where a row can't be read.
    pub fn exam(&self, session: SessionId) -> Result<Option<Exam>, StoreError> {
        let Some((terms, _)) = terms(&self.db, session)? else { return Ok(None) };
        let ended = last_link(&self.db, session)?.is_some();
        Ok(Some(Exam { terms: serde_json::from_str(&terms)?, ended }))
    }

    /// How long ago `session` began, in seconds.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn age_s(&self, session: SessionId) -> Result<u64, StoreError> {
        let sql = "SELECT max(0, unixepoch('now') - unixepoch(started)) FROM session WHERE id = ?1";
        let age: i64 = self.db.query_row(sql, [session], |row| row.get(0))?;
        Ok(age.cast_unsigned())
    }

    /// Ends an exam for good. Returns the last hash of its chain.
    ///
    /// # Errors
    /// Where it has ended before, or the database can't be written.
    pub fn close_exam(&mut self, session: SessionId) -> Result<String, StoreError> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let sql = "SELECT id FROM turn WHERE session = ?1 ORDER BY id DESC LIMIT 1";
        let head: TurnId = tx.query_row(sql, [session], |row| row.get(0))?;
        // A reply that the client never answered belongs to the exam, too.
        let before = link_of(&tx, head)?;
        let count = "SELECT count(*) FROM turn WHERE session = ?1";
        let turns: u32 = tx.query_row(count, [session], |row| row.get(0))?;
        let at: String = tx.query_row("SELECT datetime('now')", [], |row| row.get(0))?;
        let hash = end(&before, turns, &at);
        tx.execute(
            "INSERT INTO exam_end (session, turns, at, hash) VALUES (?1, ?2, ?3, ?4)",
            params![session, turns, at, hash],
        )?;
        tx.execute("UPDATE session SET ended = 1 WHERE id = ?1", [session])?;
        tx.commit()?;
        Ok(hash)
    }

    /// Goes through the chain of an exam; none where `session` is no exam.
    ///
    /// # Errors
    /// [`StoreError::NoSession`], or where a row can't be read.
    pub fn check_seal(&self, session: SessionId) -> Result<Option<Checked>, StoreError> {
        rows::setting(&self.db, session)?.ok_or(StoreError::NoSession(session))?;
        let Some((terms, kept)) = terms(&self.db, session)? else { return Ok(None) };
        let last = last_link(&self.db, session)?;
        let hash = last.as_ref().map(|last| last.hash.clone());
        if beginning(&self.db, session, &terms)? != kept {
            return Ok(Some(Checked { turns: 0, hash, broken: Some(Break::Terms) }));
        }
        let (turns, before, broken) = self.check_turns(session, kept, last.is_some())?;
        let at_end = last.is_some_and(|l| l.turns != turns || l.hash != end(&before, turns, &l.at));
        let broken = match broken.or(at_end.then_some(Break::End)) {
            None => self.check_shown(session)?,
            broken => broken,
        };
        Ok(Some(Checked { turns, hash, broken }))
    }

    /// What is shown of the turns and is no part of the chain. An exam is neither gone back in nor
    /// overruled, so there is one way in which it can stand.
    fn check_shown(&self, session: SessionId) -> Result<Option<Break>, StoreError> {
        let overruled = "SELECT min(t.number) FROM overrides o JOIN turn t ON t.id = o.turn
                         WHERE t.session = ?1";
        let overruled: Option<u32> = self.db.query_row(overruled, [session], |row| row.get(0))?;
        let head = "SELECT head IS (SELECT max(id) FROM turn WHERE session = ?1) FROM session WHERE id = ?1";
        let is_last: bool = self.db.query_row(head, [session], |row| row.get(0))?;
        Ok(overruled.map(Break::Overruled).or((!is_last).then_some(Break::Head)))
    }

    /// How many turns match, the link of the last of them, and the first that does not.
    fn check_turns(
        &self,
        session: SessionId,
        beginning: String,
        ended: bool,
    ) -> Result<(u32, String, Option<Break>), StoreError> {
        let mut query = self.db.prepare(
            "SELECT t.id, t.parent, t.number, s.hash FROM turn t LEFT JOIN seal s ON s.turn = t.id
             WHERE t.session = ?1 ORDER BY t.id",
        )?;
        let mut found = query.query([session])?;
        let (mut count, mut before, mut parent) = (0, beginning, None);
        while let Some(row) = found.next()? {
            let (id, below): (TurnId, Option<TurnId>) = (row.get(0)?, row.get(1)?);
            let (number, kept): (u32, Option<String>) = (row.get(2)?, row.get(3)?);
            if kept.is_none() && !ended && number == count && found.next()?.is_none() {
                // The newest reply of an exam that goes on is sealed with its answer.
                break;
            }
            let link = seal::link(Some(&before), &content(&self.db, id)?);
            if number != count || below != parent || kept.as_ref() != Some(&link) {
                return Ok((count, before, Some(Break::Turn(count))));
            }
            (count, before, parent) = (count + 1, link, Some(id));
        }
        Ok((count, before, None))
    }
}

/// Seals a turn of an exam; any other turn is left alone.
pub(super) fn seal_turn(db: &Connection, turn: TurnId) -> Result<(), StoreError> {
    let sql = "SELECT t.session FROM turn t JOIN exam e ON e.session = t.session WHERE t.id = ?1";
    let session: Option<SessionId> = db.query_row(sql, [turn], |row| row.get(0)).optional()?;
    if session.is_some() {
        link_of(db, turn)?;
    }
    Ok(())
}

/// The link of a turn, which is made if there is none yet.
fn link_of(db: &Connection, turn: TurnId) -> Result<String, StoreError> {
    let kept = "SELECT hash FROM seal WHERE turn = ?1";
    if let Some(link) = db.query_row(kept, [turn], |row| row.get(0)).optional()? {
        return Ok(link);
    }
    let sql = "SELECT parent, session FROM turn WHERE id = ?1";
    let (parent, session): (Option<TurnId>, SessionId) =
        db.query_row(sql, [turn], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let before = match parent {
        Some(parent) => link_of(db, parent)?,
        None => terms(db, session)?.ok_or(StoreError::NoSession(session))?.1,
    };
    let link = seal::link(Some(&before), &content(db, turn)?);
    db.execute("INSERT INTO seal (turn, hash) VALUES (?1, ?2)", params![turn, link])?;
    Ok(link)
}

/// The first link: what the session was begun with, and when.
fn beginning(db: &Connection, session: SessionId, terms: &str) -> Result<String, StoreError> {
    let sql = "SELECT started, persona_id, persona, model, seed, provenance FROM session WHERE id = ?1";
    let mut parts = db.query_row(sql, [session], texts)?;
    parts.push(Some(terms.to_owned()));
    Ok(seal::link(None, &parts))
}

/// All that a turn holds, as it stands in its rows.
fn content(db: &Connection, turn: TurnId) -> Result<Vec<Option<String>>, StoreError> {
    let sql = "SELECT t.number, t.trainee, t.verdict, t.at,
                      r.text, r.action, r.fact, r.cut, r.state, r.why, r.runners_up, r.at
               FROM turn t LEFT JOIN reply r ON r.turn = t.id WHERE t.id = ?1";
    Ok(db.query_row(sql, [turn], texts)?)
}

fn texts(row: &Row<'_>) -> rusqlite::Result<Vec<Option<String>>> {
    let columns = row.as_ref().column_count();
    (0..columns)
        .map(|i| {
            Ok(match row.get_ref(i)? {
                ValueRef::Null => None,
                ValueRef::Integer(n) => Some(n.to_string()),
                ValueRef::Real(x) => Some(x.to_string()),
                ValueRef::Text(text) | ValueRef::Blob(text) => {
                    Some(String::from_utf8_lossy(text).into_owned())
                }
            })
        })
        .collect()
}

/// The link that closes a chain.
fn end(before: &str, turns: u32, at: &str) -> String {
    seal::link(Some(before), &[Some("end".to_owned()), Some(turns.to_string()), Some(at.to_owned())])
}

fn terms(db: &Connection, session: SessionId) -> Result<Option<(String, String)>, StoreError> {
    let sql = "SELECT terms, hash FROM exam WHERE session = ?1";
    Ok(db.query_row(sql, [session], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

struct Last {
    turns: u32,
    at: String,
    hash: String,
}

fn last_link(db: &Connection, session: SessionId) -> Result<Option<Last>, StoreError> {
    let sql = "SELECT turns, at, hash FROM exam_end WHERE session = ?1";
    let last = |row: &Row<'_>| Ok(Last { turns: row.get(0)?, at: row.get(1)?, hash: row.get(2)? });
    Ok(db.query_row(sql, [session], last).optional()?)
}

//! Sessions on disk: an append-only tree of turns in SQLite.
//! Knows: session values. Never: how a turn comes about, what it looks like.
//!
//! A `turn` row is written when the trainee has spoken, a `reply` row when the client has:
//! a crash in between loses nothing, and the answer is owed when the session goes on.
//! Turns and replies never change: triggers refuse it. Only a session's head moves, and its
//! mark of having ended. What a trainer overrules is a row of its own in `overrides`; the turns of
//! an exam are sealed as they are answered.

mod error;
mod exam;
mod examine;
mod migrate;
mod open;
mod review;
mod rows;
mod search;
mod tree;

use rusqlite::{Connection, OptionalExtension, params};

pub use error::StoreError;
pub use exam::Exam;
pub use examine::{Examined, examine};
pub use review::Left;
pub use search::Found;
pub use tree::Mark;

use crate::domain::session::{Path, Reply, Said, SessionId, Setting, Taken, Turn, TurnId};

/// An open database.
pub struct Store {
    db: Connection,
}

/// One line of the session list.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Listed {
    /// The session.
    pub id: SessionId,
    /// When it began, UTC, `YYYY-MM-DD HH:MM:SS`.
    pub started: String,
    /// The persona's id.
    pub persona: String,
    /// The model's name.
    pub model: String,
    /// Trainee turns up to the head.
    pub turns: u32,
    /// Whether `/end` closed it.
    pub ended: bool,
}

impl Store {
    /// Begins a session. It has no turn yet.
    ///
    /// # Errors
    /// Where the database can't be written.
    pub fn begin(&mut self, setting: &Setting) -> Result<SessionId, StoreError> {
        rows::add_session(&self.db, setting)
    }

    /// Appends a turn below `parent` and moves the head to it.
    ///
    /// # Errors
    /// Where the head is not `parent` any more (a second process went on with this
    /// session), or the database can't be written.
    pub fn append(
        &mut self,
        session: SessionId,
        parent: Option<&Turn>,
        trainee: Option<&Said>,
    ) -> Result<Turn, StoreError> {
        let tx = self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let (id, number) = rows::add_turn(&tx, session, parent, trainee)?;
        move_head(&tx, session, parent.map(|p| p.id), id)?;
        tx.commit()?;
        let (parent, trainee) = (parent.map(|p| p.id), trainee.cloned());
        Ok(Turn { id, parent, number, trainee, reply: None, overruled: None })
    }

    /// Records the client's answer to a turn.
    ///
    /// # Errors
    /// Where the turn has an answer already, or the database can't be written.
    pub fn answer(&mut self, turn: TurnId, reply: &Reply) -> Result<(), StoreError> {
        let tx = self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        rows::add_reply(&tx, turn, reply)?;
        exam::seal_turn(&tx, turn)?;
        tx.commit()?;
        Ok(())
    }

    /// Appends an answered turn below an earlier one, beside `head`, which stays the head.
    ///
    /// # Errors
    /// Where `head` is not the head any more, or the database can't be written.
    pub fn branch(
        &mut self,
        session: SessionId,
        head: TurnId,
        (parent, said, reply): (&Turn, &Said, &Reply),
    ) -> Result<Turn, StoreError> {
        let tx = self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        move_head(&tx, session, Some(head), head)?;
        let (id, _) = rows::add_turn(&tx, session, Some(parent), Some(said))?;
        rows::add_reply(&tx, id, reply)?;
        tx.commit()?;
        Ok(Turn { id, reply: Some(reply.clone()), ..Turn::after(parent, said.clone()) })
    }

    /// Records what a trainer's codes for the head come to.
    ///
    /// # Errors
    /// Where `turn` is not the head any more, or the database can't be written.
    pub fn overrule(&mut self, session: SessionId, turn: TurnId, taken: &Taken) -> Result<(), StoreError> {
        let tx = self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        move_head(&tx, session, Some(turn), turn)?;
        tx.execute(
            "INSERT INTO overrides (turn, codes, verdict, state, why) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                turn,
                rows::json(&taken.verdict.codes)?,
                rows::json(&taken.verdict)?,
                rows::json(&taken.state)?,
                rows::json(&taken.why)?,
            ],
        )?;
        tx.commit()?;
        Ok(())
    }

    /// Every turn of a session that a trainer has overruled, oldest first, each behind the turn
    /// before it. Attempts that were taken back are among them.
    ///
    /// # Errors
    /// [`StoreError::NoSession`], or where a row can't be read.
    pub fn overruled(&self, session: SessionId) -> Result<Vec<(Turn, Turn)>, StoreError> {
        rows::setting(&self.db, session)?.ok_or(StoreError::NoSession(session))?;
        let mut query = self.db.prepare(
            "SELECT t.parent, t.id FROM turn t
             WHERE t.session = ?1 AND t.id IN (SELECT turn FROM overrides) ORDER BY t.id",
        )?;
        let ids = query.query_map([session], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let ids = ids.collect::<Result<Vec<(TurnId, TurnId)>, _>>()?;
        ids.into_iter()
            .map(|(before, id)| Ok((rows::turn(&self.db, before)?, rows::turn(&self.db, id)?)))
            .collect()
    }

    /// Moves the head back to an earlier turn; what was after it stays in the tree.
    ///
    /// # Errors
    /// Where the head is not `from` any more, or the database can't be written.
    pub fn rewind(&mut self, session: SessionId, from: TurnId, to: TurnId) -> Result<(), StoreError> {
        let tx = self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        move_head(&tx, session, Some(from), to)?;
        tx.commit()?;
        Ok(())
    }

    /// Marks a session as ended, or as open again.
    ///
    /// # Errors
    /// Where the database can't be written.
    pub fn set_ended(&mut self, session: SessionId, ended: bool) -> Result<(), StoreError> {
        self.db.execute("UPDATE session SET ended = ?2 WHERE id = ?1", params![session, ended])?;
        Ok(())
    }

    /// The newest session that has a turn by the trainee, else the newest.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn latest(&self) -> Result<Option<SessionId>, StoreError> {
        let sql = "SELECT id FROM session
                   ORDER BY EXISTS (SELECT 1 FROM turn WHERE session = session.id AND number > 0) DESC, id DESC LIMIT 1";
        Ok(self.db.query_row(sql, [], |row| row.get(0)).optional()?)
    }

    /// What a session was begun with, and its turns up to the head.
    ///
    /// # Errors
    /// [`StoreError::NoSession`], or where a row can't be read.
    pub fn load(&self, session: SessionId) -> Result<(Setting, Path), StoreError> {
        let (setting, head) = rows::setting(&self.db, session)?.ok_or(StoreError::NoSession(session))?;
        let mut turns = Vec::new();
        let mut next = head;
        while let Some(id) = next {
            let turn = rows::turn(&self.db, id)?;
            next = turn.parent;
            turns.push(turn);
        }
        turns.reverse();
        Ok((setting, Path::new(turns)))
    }

    /// What a session was begun with.
    ///
    /// # Errors
    /// [`StoreError::NoSession`], or where a row can't be read.
    pub fn setting(&self, session: SessionId) -> Result<Setting, StoreError> {
        Ok(rows::setting(&self.db, session)?.ok_or(StoreError::NoSession(session))?.0)
    }

    /// Every attempt at the moment after `parent`, oldest first: the branches that retry leaves.
    ///
    /// # Errors
    /// Where a row can't be read.
    pub fn attempts(&self, parent: TurnId) -> Result<Vec<Turn>, StoreError> {
        let mut query = self.db.prepare("SELECT id FROM turn WHERE parent = ?1 ORDER BY id")?;
        let ids = query.query_map([parent], |row| row.get(0))?.collect::<Result<Vec<TurnId>, _>>()?;
        ids.into_iter().map(|id| rows::turn(&self.db, id)).collect()
    }

    /// All sessions, newest first.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn list(&self) -> Result<Vec<Listed>, StoreError> {
        let mut query = self.db.prepare(
            "SELECT s.id, s.started, s.persona_id, s.model, coalesce(t.number, 0), s.ended
             FROM session s LEFT JOIN turn t ON t.id = s.head ORDER BY s.id DESC",
        )?;
        let listed = query.query_map([], |row| {
            Ok(Listed {
                id: row.get(0)?,
                started: row.get(1)?,
                persona: row.get(2)?,
                model: row.get(3)?,
                turns: row.get(4)?,
                ended: row.get(5)?,
            })
        })?;
        Ok(listed.collect::<Result<_, _>>()?)
    }
}

/// Moves the head, unless somebody else has moved it first.
fn move_head(
    db: &Connection,
    session: SessionId,
    from: Option<TurnId>,
    to: TurnId,
) -> Result<(), StoreError> {
    let moved =
        db.execute("UPDATE session SET head = ?3 WHERE id = ?1 AND head IS ?2", params![session, from, to])?;
    if moved == 1 { Ok(()) } else { Err(StoreError::MovedOn(session)) }
}

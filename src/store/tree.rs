//! Around the tree of a session: where its head is, attempts beside it, a reply said otherwise.

use rusqlite::{OptionalExtension, TransactionBehavior, params};

use super::{Store, StoreError, move_head, rows};
use crate::domain::session::{Said, SessionId, Turn, TurnId};

/// Where a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When it began, UTC, `YYYY-MM-DD HH:MM:SS`.
    pub started: String,
    /// Whether it was closed.
    pub ended: bool,
    /// Its newest turn.
    pub head: Option<TurnId>,
    /// Whether the client has answered that.
    pub answered: bool,
}

impl Store {
    /// Where `session` stands.
    ///
    /// # Errors
    /// [`StoreError::NoSession`], or where the database can't be read.
    pub fn mark(&self, session: SessionId) -> Result<Mark, StoreError> {
        let sql = "SELECT started, ended, head, EXISTS (SELECT 1 FROM reply WHERE turn = session.head)
                   FROM session WHERE id = ?1";
        let mut query = self.db.prepare_cached(sql)?;
        let mark = query.query_row([session], |row| {
            Ok(Mark { started: row.get(0)?, ended: row.get(1)?, head: row.get(2)?, answered: row.get(3)? })
        });
        mark.optional()?.ok_or(StoreError::NoSession(session))
    }

    /// The ids of all attempts at the moment after `parent`, oldest first.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn attempt_ids(&self, parent: TurnId) -> Result<Vec<TurnId>, StoreError> {
        let mut query = self.db.prepare_cached("SELECT id FROM turn WHERE parent = ?1 ORDER BY id")?;
        Ok(query.query_map([parent], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// The end of the newest branch that goes through `turn`; none where the session has no such turn.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn leaf(&self, session: SessionId, turn: TurnId) -> Result<Option<TurnId>, StoreError> {
        let there = "SELECT id FROM turn WHERE id = ?1 AND session = ?2";
        let there = self.db.query_row(there, params![turn, session], |row| row.get(0)).optional()?;
        let Some(mut leaf): Option<TurnId> = there else { return Ok(None) };
        let mut query = self.db.prepare_cached("SELECT max(id) FROM turn WHERE parent = ?1")?;
        while let Some(next) = query.query_row([leaf], |row| row.get::<_, Option<TurnId>>(0))? {
            leaf = next;
        }
        Ok(Some(leaf))
    }

    /// Appends a turn below an earlier one than `head`, and moves the head to it.
    ///
    /// # Errors
    /// Where `head` is not the head any more, or the database can't be written.
    pub fn amend(
        &mut self,
        session: SessionId,
        head: TurnId,
        (parent, said): (&Turn, &Said),
    ) -> Result<Turn, StoreError> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (id, _) = rows::add_turn(&tx, session, Some(parent), Some(said))?;
        move_head(&tx, session, Some(head), id)?;
        tx.commit()?;
        Ok(Turn { id, ..Turn::after(parent, said.clone()) })
    }
}

//! Reading sessions for review: one by one in order, and what was said otherwise.

use std::collections::{HashMap, HashSet};

use rusqlite::{OptionalExtension, Row};

use super::{Listed, Store, StoreError, rows};
use crate::domain::session::{Path, SessionId, Turn, TurnId};

/// An attempt that was left for another, or taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    /// The turn.
    pub turn: Turn,
    /// How many turns were begun below it.
    pub further: usize,
}

/// As [`Listed`], and nothing of a whole conversation.
const LISTED: &str = "SELECT s.id, s.started, s.persona_id, s.model, coalesce(t.number, 0), s.ended
                      FROM session s LEFT JOIN turn t ON t.id = s.head";

impl Store {
    /// One session's line of the list.
    ///
    /// # Errors
    /// [`StoreError::NoSession`], or where the database can't be read.
    pub fn listed(&self, session: SessionId) -> Result<Listed, StoreError> {
        let sql = format!("{LISTED} WHERE s.id = ?1");
        let found = self.db.query_row(&sql, [session], listed).optional()?;
        found.ok_or(StoreError::NoSession(session))
    }

    /// The first session that was begun after `before`: to go through all, one at a time.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn next_session(&self, before: SessionId) -> Result<Option<Listed>, StoreError> {
        let sql = format!("{LISTED} WHERE s.id > ?1 ORDER BY s.id LIMIT 1");
        Ok(self.db.prepare_cached(&sql)?.query_row([before], listed).optional()?)
    }

    /// What was said otherwise beside or behind `path`, oldest first: the first turn of each branch
    /// that leaves it.
    ///
    /// # Errors
    /// Where a row can't be read.
    pub fn left(&self, session: SessionId, path: &Path) -> Result<Vec<Left>, StoreError> {
        let mut query = self.db.prepare("SELECT id, parent FROM turn WHERE session = ?1 ORDER BY id")?;
        let ids = query.query_map([session], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let ids = ids.collect::<Result<Vec<(TurnId, Option<TurnId>)>, _>>()?;
        let on_path: HashSet<TurnId> = path.turns().iter().map(|t| t.id).collect();
        // A child has a later id than its parent: backwards, each is counted before its parent is.
        let mut below: HashMap<TurnId, usize> = HashMap::new();
        for (id, parent) in ids.iter().rev() {
            let own = below.get(id).copied().unwrap_or(0);
            if let Some(parent) = parent {
                *below.entry(*parent).or_default() += own + 1;
            }
        }
        let leaves = |(id, parent): &&(TurnId, Option<TurnId>)| {
            !on_path.contains(id) && parent.is_some_and(|parent| on_path.contains(&parent))
        };
        ids.iter()
            .filter(leaves)
            .map(|(id, _)| {
                let further = below.get(id).copied().unwrap_or(0);
                Ok(Left { turn: rows::turn(&self.db, *id)?, further })
            })
            .collect()
    }
}

fn listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    Ok(Listed {
        id: row.get(0)?,
        started: row.get(1)?,
        persona: row.get(2)?,
        model: row.get(3)?,
        turns: row.get(4)?,
        ended: row.get(5)?,
    })
}

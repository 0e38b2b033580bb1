//! Rows <-> domain values, by hand.

use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;
use crate::domain::session::{Reply, Said, SessionId, Setting, Taken, Turn, TurnId};

/// A value as a JSON column.
pub(super) fn json(value: &impl Serialize) -> Result<String, StoreError> {
    Ok(serde_json::to_string(value)?)
}

/// Adds a session that has no turn yet.
pub(super) fn add_session(db: &Connection, setting: &Setting) -> Result<SessionId, StoreError> {
    db.execute(
        "INSERT INTO session (persona_id, persona, model, seed, provenance) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            setting.persona.id,
            json(&setting.persona)?,
            setting.model,
            setting.seed.cast_signed(),
            json(&setting.provenance)?,
        ],
    )?;
    Ok(db.last_insert_rowid())
}

/// Adds a turn below `parent`; returns its id and its distance from the opening.
pub(super) fn add_turn(
    db: &Connection,
    session: SessionId,
    parent: Option<&Turn>,
    trainee: Option<&Said>,
) -> Result<(TurnId, u32), StoreError> {
    let number = parent.map_or(0, |p| p.number + 1);
    db.execute(
        "INSERT INTO turn (session, parent, number, trainee, verdict) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            session,
            parent.map(|p| p.id),
            number,
            trainee.map(|s| &s.text),
            trainee.map(|s| json(&s.verdict)).transpose()?,
        ],
    )?;
    Ok((db.last_insert_rowid(), number))
}

/// Adds the answer to a turn that has none.
pub(super) fn add_reply(db: &Connection, turn: TurnId, reply: &Reply) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO reply (turn, text, action, fact, cut, state, why, runners_up)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            turn,
            reply.text,
            reply.action.as_str(),
            reply.fact,
            reply.cut,
            json(&reply.state)?,
            json(&reply.why)?,
            json(&reply.runners_up)?,
        ],
    )?;
    Ok(())
}

/// What a session was begun with, and its head.
pub(super) fn setting(
    db: &Connection,
    id: SessionId,
) -> Result<Option<(Setting, Option<TurnId>)>, StoreError> {
    let sql = "SELECT persona, model, seed, provenance, head FROM session WHERE id = ?1";
    let mut query = db.prepare(sql)?;
    let mut rows = query.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let seed: i64 = row.get(2)?;
    let setting = Setting {
        persona: column(row, 0)?,
        model: row.get(1)?,
        seed: seed.cast_unsigned(),
        provenance: column(row, 3)?,
    };
    Ok(Some((setting, row.get(4)?)))
}

/// One turn with its answer, if it has one, as a trainer has overruled it, if one has.
pub(super) fn turn(db: &Connection, id: TurnId) -> Result<Turn, StoreError> {
    let sql = "SELECT t.parent, t.number, t.trainee, t.verdict,
                      r.text, r.action, r.fact, r.cut, r.state, r.why, r.runners_up
               FROM turn t LEFT JOIN reply r ON r.turn = t.id WHERE t.id = ?1";
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query([id])?;
    let row = rows.next()?.ok_or_else(|| StoreError::Row(format!("turn {id} is missing")))?;
    let trainee = match row.get::<_, Option<String>>(2)? {
        Some(text) => Some(Said { text, verdict: column(row, 3)? }),
        None => None,
    };
    let (parent, number) = (row.get(0)?, row.get(1)?);
    let mut turn = Turn { id, parent, number, trainee, reply: reply(row)?, overruled: None };
    if let Some(taken) = overrule(db, id)? {
        turn.overrule(taken);
    }
    Ok(turn)
}

/// The newest overrule of a turn.
fn overrule(db: &Connection, turn: TurnId) -> Result<Option<Taken>, StoreError> {
    let sql = "SELECT verdict, state, why FROM overrides WHERE turn = ?1 ORDER BY id DESC LIMIT 1";
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query([turn])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Taken { verdict: column(row, 0)?, state: column(row, 1)?, why: column(row, 2)? }))
}

fn reply(row: &Row<'_>) -> Result<Option<Reply>, StoreError> {
    let Some(text) = row.get::<_, Option<String>>(4)? else { return Ok(None) };
    let action: String = row.get(5)?;
    Ok(Some(Reply {
        text,
        action: serde_json::from_value(action.into())?,
        fact: row.get(6)?,
        cut: row.get(7)?,
        state: column(row, 8)?,
        why: column(row, 9)?,
        runners_up: column(row, 10)?,
    }))
}

fn column<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> Result<T, StoreError> {
    let text: String = row.get(index)?;
    Ok(serde_json::from_str(&text)?)
}

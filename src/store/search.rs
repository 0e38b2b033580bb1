//! The list of sessions for a person who looks for one.

use rusqlite::{Row, params};

use super::{Store, StoreError};
use crate::domain::session::SessionId;

/// Nobody reads a longer list; who looks for an older session searches.
const MOST: u32 = 1_000;

/// A session in the list.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Found {
    /// The session.
    pub id: SessionId,
    /// When it began, UTC, `YYYY-MM-DD HH:MM:SS`.
    pub started: String,
    /// The client's id.
    pub persona: String,
    /// The client's name, as it was when the session began.
    pub name: String,
    /// The model's name.
    pub model: String,
    /// The trainee's replies up to the head.
    pub replies: u32,
    /// Whether it was closed.
    pub ended: bool,
    /// Whether it is an exam.
    pub exam: bool,
    /// What was said last; where words were looked for, the newest place with them.
    pub preview: String,
}

impl Store {
    /// Sessions in which `words` were said, or whose client is called so, newest first; all where
    /// `words` is empty. Attempts that were taken back are searched as well.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn search(&self, words: &str) -> Result<Vec<Found>, StoreError> {
        let words = words.trim();
        let pattern = (!words.is_empty()).then(|| pattern(words));
        let mut query = self.db.prepare_cached(SEARCH)?;
        let found = query.query_map(params![pattern, MOST], found)?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

/// `?1` is null where everything is listed.
const SEARCH: &str = r"
    SELECT s.id, s.started, s.persona_id, json_extract(s.persona, '$.name'), s.model,
           coalesce(h.number, 0), s.ended, e.session IS NOT NULL,
           coalesce(
               CASE WHEN ?1 IS NOT NULL THEN
                   (SELECT CASE WHEN t.trainee LIKE ?1 ESCAPE '\' THEN t.trainee ELSE r.text END
                    FROM turn t LEFT JOIN reply r ON r.turn = t.id
                    WHERE t.session = s.id AND (t.trainee LIKE ?1 ESCAPE '\' OR r.text LIKE ?1 ESCAPE '\')
                    ORDER BY t.id DESC LIMIT 1)
               END,
               hr.text, h.trainee, '')
    FROM session s
    LEFT JOIN turn h ON h.id = s.head
    LEFT JOIN reply hr ON hr.turn = s.head
    LEFT JOIN exam e ON e.session = s.id
    WHERE ?1 IS NULL
       OR json_extract(s.persona, '$.name') LIKE ?1 ESCAPE '\'
       OR s.persona_id LIKE ?1 ESCAPE '\'
       OR EXISTS (SELECT 1 FROM turn t LEFT JOIN reply r ON r.turn = t.id
                  WHERE t.session = s.id AND (t.trainee LIKE ?1 ESCAPE '\' OR r.text LIKE ?1 ESCAPE '\'))
    ORDER BY s.id DESC LIMIT ?2";

/// `words` anywhere; signs that a pattern gives a meaning to stand for themselves.
fn pattern(words: &str) -> String {
    let mut pattern = "%".to_owned();
    for c in words.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn found(row: &Row<'_>) -> rusqlite::Result<Found> {
    Ok(Found {
        id: row.get(0)?,
        started: row.get(1)?,
        persona: row.get(2)?,
        name: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
        model: row.get(4)?,
        replies: row.get(5)?,
        ended: row.get(6)?,
        exam: row.get(7)?,
        preview: row.get(8)?,
    })
}

//! Character cards: the exchange format of other role-play programs, as JSON.
//! Knows: cards of version 1, 2 and 3, personas. Never: pictures, archives, disk.
//!
//! A card's own words become a client's (`import`), with what a card does not have guessed from
//! them (`guess`); a client becomes a card (`export`), ours whole under `extensions.pushback`.

mod export;
mod guess;
mod import;
mod spoken;

use serde_json::{Map, Value};

use crate::domain::persona::{Kind, Persona};

pub use export::{Version, export, is_more};
pub use import::{Imported, Wishes, import};

/// No card that is read is longer, in bytes of JSON: 8 MiB. Long ones carry whole lore books.
pub const LARGEST: usize = 8 << 20;
/// Lists and objects inside each other: cards have about six.
const DEEPEST: usize = 64;
/// The form of what stands under `extensions.pushback`.
const FORMAT: u64 = 1;
/// The keys there that are ours; what else stands there is kept.
const OURS: [&str; 2] = ["format", "persona"];

/// Why a card can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    /// Far longer than any card.
    #[error("the card has {bytes} bytes of JSON, at most {LARGEST} fit")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Brackets in brackets.
    #[error("the card's JSON is nested more than {DEEPEST} deep")]
    TooDeep,
    /// Not JSON.
    #[error("the card's JSON is damaged: {0}")]
    Json(String),
    /// JSON of something else.
    #[error("the JSON is no character card: {0}")]
    NoCard(&'static str),
    /// A version of the format that came later.
    #[error("a card of the form `{0}`")]
    UnknownSpec(String),
    /// A field of another kind than the format says.
    #[error("`{field}` of the card is not {expected}")]
    Field {
        /// Its name.
        field: String,
        /// What should be there.
        expected: &'static str,
    },
    /// Ours, written by a later version of the program.
    #[error("the client in the card has form {0}, this program reads form {FORMAT}")]
    NewerFormat(u64),
    /// Ours, but not as we write it.
    #[error("the client in the card can't be read: {0}")]
    Ours(String),
    /// What the card makes is no client.
    #[error("the client in the card does not fit: {0}")]
    Unfit(String),
    /// Nothing could be guessed.
    #[error("the card doesn't tell the client's {0}")]
    Unguessed(&'static str),
}

impl CardError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        let kinds = || Kind::ALL.map(Kind::as_str).join(", ");
        Some(match self {
            Self::TooLong { .. } => "take the lore book out of the card and try again".to_owned(),
            Self::TooDeep | Self::Json(_) => "save or download the card again".to_owned(),
            Self::NoCard(_) => {
                "a card has at least `name` and `description`, or `spec` and `data`".to_owned()
            }
            Self::UnknownSpec(_) => "save it as a card of version 2 or 3".to_owned(),
            Self::Field { .. } => "mend the field in a text editor, or save the card again".to_owned(),
            Self::NewerFormat(_) => "update pushback".to_owned(),
            Self::Ours(_) => {
                "export it again, or take `extensions.pushback` out of the card to read the rest".to_owned()
            }
            Self::Unfit(_) => {
                "mend the card; `--id`, `--age` and `--topic` go before what it says".to_owned()
            }
            Self::Unguessed("type") => format!("give it: `--type TYPE`, one of {}", kinds()),
            Self::Unguessed("topic") => "give it: `--topic TOPIC`, such as drinking or mood".to_owned(),
            Self::Unguessed("name") => "write one into the card's `name`".to_owned(),
            Self::Unguessed("id") => "give one: `--id ID`, of a-z, 0-9 and -".to_owned(),
            Self::Unguessed(_) => return None,
        })
    }
}

/// A card as it was read: an object, whose known fields have the right form.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    root: Map<String, Value>,
}

/// Fields that are texts, in every version.
const TEXTS: [&str; 6] = ["name", "description", "personality", "scenario", "first_mes", "mes_example"];
/// Fields that are texts from version 2 on.
const MORE_TEXTS: [&str; 5] =
    ["creator_notes", "system_prompt", "post_history_instructions", "creator", "character_version"];

impl Card {
    /// Reads a card's JSON.
    ///
    /// # Errors
    /// Anything that is no card, and known fields of the wrong form.
    pub fn parse(text: &str) -> Result<Self, CardError> {
        if text.len() > LARGEST {
            return Err(CardError::TooLong { bytes: text.len() });
        }
        if is_too_deep(text) {
            return Err(CardError::TooDeep);
        }
        let text = text.trim_start_matches('\u{feff}');
        match serde_json::from_str(text).map_err(|e| CardError::Json(e.to_string()))? {
            Value::Object(root) => Self::of(root),
            _ => Err(CardError::NoCard("it is not an object")),
        }
    }

    fn of(root: Map<String, Value>) -> Result<Self, CardError> {
        match root.get("spec") {
            None => {}
            Some(Value::String(spec)) if !["chara_card_v2", "chara_card_v3"].contains(&spec.as_str()) => {
                return Err(CardError::UnknownSpec(spec.clone()));
            }
            Some(Value::String(_)) if matches!(root.get("data"), Some(Value::Object(_))) => {}
            Some(Value::String(_)) => return Err(CardError::NoCard("it has no `data`")),
            Some(_) => return Err(CardError::Field { field: "spec".to_owned(), expected: "text" }),
        }
        let card = Self { root };
        let has_any = TEXTS.iter().any(|field| card.data().contains_key(*field));
        if !has_any {
            return Err(CardError::NoCard("it has none of a card's fields"));
        }
        for field in TEXTS.iter().chain(&MORE_TEXTS).chain(&["nickname"]) {
            card.text_field(field)?;
        }
        card.list_field("alternate_greetings")?;
        card.list_field("tags")?;
        match card.data().get("extensions") {
            None | Some(Value::Null | Value::Object(_)) => Ok(card),
            Some(_) => Err(CardError::Field { field: "extensions".to_owned(), expected: "an object" }),
        }
    }

    /// The fields: below `data`, in version 1 at the top.
    fn data(&self) -> &Map<String, Value> {
        match self.root.get("data") {
            Some(Value::Object(data)) if !self.is_flat() => data,
            _ => &self.root,
        }
    }

    /// Whether the fields stand at the top.
    fn is_flat(&self) -> bool {
        let has_data = matches!(self.root.get("data"), Some(Value::Object(_)));
        !has_data || (!self.root.contains_key("spec") && self.root.contains_key("name"))
    }

    fn text_field(&self, field: &str) -> Result<(), CardError> {
        match self.data().get(field) {
            None | Some(Value::Null | Value::String(_)) => Ok(()),
            Some(_) => Err(CardError::Field { field: field.to_owned(), expected: "text" }),
        }
    }

    fn list_field(&self, field: &str) -> Result<(), CardError> {
        let is_fine = match self.data().get(field) {
            None | Some(Value::Null) => true,
            Some(Value::Array(list)) => list.iter().all(Value::is_string),
            Some(_) => false,
        };
        let fault = || CardError::Field { field: field.to_owned(), expected: "a list of texts" };
        is_fine.then_some(()).ok_or_else(fault)
    }

    /// A text; empty where the card has none.
    fn text(&self, field: &str) -> &str {
        self.data().get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// A list of texts; empty where the card has none.
    fn list(&self, field: &str) -> Vec<&str> {
        let list = self.data().get(field).and_then(Value::as_array);
        list.map_or_else(Vec::new, |list| list.iter().filter_map(Value::as_str).collect())
    }

    /// The card as JSON for people to read, without the client that we wrote: what a client's file
    /// does not hold.
    pub fn without_ours(&self) -> String {
        let mut root = self.root.clone();
        let data = match root.get_mut("data") {
            Some(Value::Object(data)) if !self.is_flat() => data,
            _ => &mut root,
        };
        if let Some(Value::Object(extensions)) = data.get_mut("extensions") {
            let ours = extensions.get_mut("pushback").and_then(Value::as_object_mut);
            let is_empty = ours.is_none_or(|ours| {
                ours.retain(|key, _| !OURS.contains(&key.as_str()));
                ours.is_empty()
            });
            if is_empty {
                extensions.remove("pushback");
            }
        }
        format!("{:#}\n", Value::Object(root))
    }

    /// The client that we wrote into the card, if we did.
    ///
    /// # Errors
    /// Where it is there and can't be read.
    fn ours(&self) -> Option<Result<Persona, CardError>> {
        let ours = self.data().get("extensions")?.get("pushback")?;
        let is_rest = |ours: &Map<String, Value>| !OURS.iter().any(|key| ours.contains_key(*key));
        if ours.as_object().is_some_and(|ours| !ours.is_empty() && is_rest(ours)) {
            // What somebody else wrote there, or what was kept beside a client's file.
            return None;
        }
        Some(read_ours(ours))
    }
}

fn read_ours(ours: &Value) -> Result<Persona, CardError> {
    let format = ours.get("format").and_then(Value::as_u64);
    match format {
        Some(FORMAT) => {}
        Some(newer) if newer > FORMAT => return Err(CardError::NewerFormat(newer)),
        _ => return Err(CardError::Ours("it has no `format`".to_owned())),
    }
    let given = ours.get("persona").ok_or_else(|| CardError::Ours("it has no `persona`".to_owned()))?;
    let persona: Persona =
        serde_json::from_value(given.clone()).map_err(|e| CardError::Ours(e.to_string()))?;
    // What we don't know would be lost in the file, so it is not passed over.
    let written = serde_json::to_value(&persona).map_err(|e| CardError::Ours(e.to_string()))?;
    let known = |key: &&String| written.get(key.as_str()).is_none();
    match given.as_object().and_then(|given| given.keys().find(known)) {
        Some(key) => Err(CardError::Ours(format!("unknown field `{key}`"))),
        None => Ok(persona),
    }
}

/// Whether brackets outside of texts go deeper than [`DEEPEST`].
fn is_too_deep(json: &str) -> bool {
    let (mut depth, mut in_text, mut is_escaped) = (0usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}

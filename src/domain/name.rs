//! The names of codes, techniques, bands and actions as a person reads them.
//! Knows: how the values are spelled in files. Never: which there are.

use serde::Serialize;

/// The name of a value that is a word in files: `simple_reflection` is "simple reflection".
pub fn plain(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name.replace('_', " "),
        _ => String::new(),
    }
}

/// How somebody is called: the first word of a full name.
pub fn first(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}

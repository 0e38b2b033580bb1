//! The names of codes, techniques, bands and actions as a person reads them.
//! Knows: how the values are spelled in files. Never: which there are.

use serde::Serialize;

/// The name of a value that is a word in files: `simple_reflection` is "simple reflection",
/// `question_open` "open question".
pub fn plain(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => match name.strip_prefix("question_") {
            // Files put the noun first, so that questions stand together; nobody says it so.
            Some(kind) => format!("{kind} question"),
            None => name.replace('_', " "),
        },
        _ => String::new(),
    }
}

/// How somebody is called: the first word of a full name.
pub fn first(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_of_speech() {
        let names = ["question_open", "question_closed", "simple_reflection", "open_question", "affirm"];
        let said = ["open question", "closed question", "simple reflection", "open question", "affirm"];
        assert_eq!(names.map(|name| plain(&name)), said);
    }
}

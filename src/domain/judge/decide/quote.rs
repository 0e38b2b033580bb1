//! The client's own words between quotation marks: they are not the speaker's.
//! Knows: text. Never: words, phrases.

use std::ops::Range;

/// The places in `text` between quotation marks (the marks left out) that stand so in `client`.
pub(super) fn of_client(text: &str, client: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if client.is_empty() || !text.contains(MARKS) {
        return found;
    }
    let said = plain(client);
    let mut open: Option<usize> = None;
    for (at, mark) in text.char_indices().filter(|(_, c)| MARKS.contains(c)) {
        match open.take() {
            Some(start) if mark != '\u{201c}' => {
                let quote = plain(&text[start..at]);
                let quote = quote.trim_matches(|c: char| !c.is_alphanumeric());
                if !quote.is_empty() && said.contains(quote) {
                    found.push(start..at);
                }
            }
            _ => open = Some(at + mark.len_utf8()),
        }
    }
    found
}

const MARKS: [char; 3] = ['"', '\u{201c}', '\u{201d}'];

fn plain(text: &str) -> String {
    text.replace('\u{2019}', "'").to_lowercase()
}

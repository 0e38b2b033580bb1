//! Words, sentences and stems of short English turns.
//! Knows: text. Never: lines, personas, weights.

/// Words that carry no meaning for matching.
const EMPTY: [&str; 22] = [
    "a", "an", "the", "and", "or", "of", "to", "in", "on", "it", "is", "are", "was", "be", "am", "i", "you",
    "your", "that", "this", "so", "for",
];

/// Short forms whose full stop ends no sentence.
const SHORT_FORMS: [&str; 6] = ["Mr", "Mrs", "Ms", "Dr", "St", "Jr"];

/// Whether a word is too common to match on.
pub(super) fn is_empty_word(word: &str) -> bool {
    EMPTY.contains(&word)
}

/// The words of `text`, lower case, `'` for every apostrophe, contractions taken apart
/// (`don't` = `do`, `not`; `you're` = `you`); slots (`<who>`, `{thing}`) stay whole.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    each_token(text, |word| out.push(word.to_owned()));
    out
}

/// Gives each of the [`tokens`] of `text` to `take`.
pub(super) fn each_token(text: &str, mut take: impl FnMut(&str)) {
    let mut lower = text.to_lowercase();
    if !lower.is_ascii() {
        lower = lower.replace(['\u{2019}', '\u{2018}'], "'");
    }
    let mut rest = lower.as_str();
    while let Some(start) = rest.find(|c: char| c.is_alphanumeric() || c == '<' || c == '{') {
        rest = &rest[start..];
        let opened = rest.starts_with(['<', '{']);
        let end = if opened {
            rest.find(['>', '}']).map_or(rest.len(), |i| i + 1)
        } else {
            rest.find(|c: char| !c.is_alphanumeric() && c != '\'').unwrap_or(rest.len())
        };
        let (word, tail) = rest.split_at(end);
        rest = tail;
        if opened {
            take(word);
        } else {
            split_contraction(word.trim_matches('\''), &mut take);
        }
    }
}

fn split_contraction(word: &str, take: &mut impl FnMut(&str)) {
    let Some((head, tail)) = word.split_once('\'') else {
        return take(word);
    };
    if tail == "t" && head.ends_with('n') {
        // "can't" and "won't" keep no stem worth having; the "not" is what matters.
        let stem = &head[..head.len() - 1];
        if !matches!(stem, "ca" | "wo") {
            take(stem);
        }
        take("not");
    } else if !head.is_empty() {
        take(head);
    }
}

/// The words of `text` in lower case with one space between: equal for two lines that
/// differ only in punctuation and case.
pub(super) fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2019}' | '\u{2018}' | '\'' => {}
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ if !out.ends_with(' ') && !out.is_empty() => out.push(' '),
            _ => {}
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The sentences of `text`, each with its mark.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let bytes = text.as_bytes();
    for (i, c) in text.char_indices() {
        let end = i + c.len_utf8();
        let ends = matches!(c, '.' | '?' | '!' | '\u{2026}') && bytes.get(end).is_none_or(|b| *b == b' ');
        let last_word = text[start..i].rsplit(' ').next().unwrap_or_default();
        if ends && !(c == '.' && end < text.len() && SHORT_FORMS.contains(&last_word)) {
            out.push(text[start..end].trim());
            start = end;
        }
    }
    out.push(text[start..].trim());
    out.retain(|s| !s.is_empty());
    out
}

/// How many words `text` has, as a reader counts.
pub(super) fn word_count(text: &str) -> u16 {
    let n = text.split_whitespace().filter(|w| w.contains(char::is_alphanumeric)).count();
    u16::try_from(n).unwrap_or(u16::MAX)
}

/// A crude stem: plural, -ed, -ing, -ly and a last e go; a doubled consonant becomes one.
pub(super) fn stem(word: &str) -> String {
    if word.len() <= 3 || !word.is_ascii() {
        return word.to_owned();
    }
    let cut = |n: usize| &word[..word.len() - n];
    let stemmed = if word.ends_with("ies") || word.ends_with("ied") {
        format!("{}y", cut(3))
    } else if word.ends_with("sses")
        || word.ends_with("shes")
        || word.ends_with("ches")
        || word.ends_with("xes")
    {
        cut(2).to_owned()
    } else if let Some(root) = root_of(word, "ing").or_else(|| root_of(word, "ed")) {
        undouble(root)
    } else if word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") && !word.ends_with("is") {
        cut(1).to_owned()
    } else if word.len() > 5 && word.ends_with("ly") {
        cut(2).to_owned()
    } else {
        word.to_owned()
    };
    match stemmed.strip_suffix('e') {
        Some(short) if short.len() >= 3 => short.to_owned(),
        _ => stemmed,
    }
}

/// `word` without `ending`, where something with a vowel is left.
fn root_of<'a>(word: &'a str, ending: &str) -> Option<&'a str> {
    word.strip_suffix(ending).filter(|r| r.len() >= 3 && r.contains(['a', 'e', 'i', 'o', 'u', 'y']))
}

fn undouble(root: &str) -> String {
    let b = root.as_bytes();
    let n = b.len();
    let doubled = n > 3 && b[n - 1] == b[n - 2] && !matches!(b[n - 1], b'l' | b's' | b'z' | b'e');
    root[..n - usize::from(doubled)].to_owned()
}

/// The first letter in upper case.
pub(super) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_meet() {
        for (a, b) in
            [("drinking", "drinks"), ("stopped", "stop"), ("worries", "worried"), ("making", "make")]
        {
            assert_eq!(stem(a), stem(b), "{a} and {b}");
        }
        assert_eq!(stem("this"), "this");
    }

    #[test]
    fn slots_stay_whole_and_contractions_part() {
        assert_eq!(
            tokens("You don\u{2019}t see <who>'s {thing}."),
            ["you", "do", "not", "see", "<who>", "s", "{thing}"]
        );
    }

    #[test]
    fn sentences_end_at_a_mark_and_a_space() {
        assert_eq!(sentences("No. At 3.30 I left\u{2026} Done"), ["No.", "At 3.30 I left\u{2026}", "Done"]);
        assert_eq!(
            sentences("I talked to Ms. Dunn. Then I left."),
            ["I talked to Ms. Dunn.", "Then I left."]
        );
    }
}

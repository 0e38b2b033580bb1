//! Text that cannot steer whatever shows it: no control characters, and where nothing else isolates
//! it no marks that turn the direction of what follows.
//! Knows: characters. Never: formats.

/// The character, or a picture of it where it controls a terminal or may not stand in HTML.
pub fn visible(c: char) -> char {
    match c {
        '\n' | '\t' => c,
        '\r' => ' ',
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{fdd0}'..='\u{fdef}' => '\u{fffd}',
        _ if (c as u32) & 0xfffe == 0xfffe => '\u{fffd}',
        _ => c,
    }
}

/// Text for a place where nothing keeps its direction apart: a terminal, Markdown, a title.
pub fn plain(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if turns(c) { '\u{fffd}' } else { visible(c) }).collect()
}

/// The same on one line.
pub fn one_line(text: &str) -> String {
    plain(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

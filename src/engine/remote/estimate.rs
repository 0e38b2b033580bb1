//! How many tokens a text takes, where the server does not count: rather too many than too few.
//! Knows: how tokenizers cut text, roughly. Never: which one the server has.

/// Added for each message: what templates put around it.
pub(super) const MESSAGE_TOK: usize = 8;
/// Added once: the beginning, and the words that open a reply.
pub(super) const TALK_TOK: usize = 16;

/// Tokens of `text`, estimated.
///
/// Vocabularies of today's models take four letters of English to a token, and more of German or
/// Dutch. Here three make one; every mark counts, and every line end; of letters beyond ASCII each
/// counts as one, of signs beyond the basic plane (emoji) each as three.
pub fn tokens(text: &str) -> usize {
    let (mut whole, mut letters) = (0, 0);
    for c in text.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | ' ' => letters += 1,
            _ if c.is_ascii() => whole += 1,
            '\u{10000}'.. => whole += 3,
            // Scripts whose characters are words, and signs: two pieces, where the word is rare.
            '\u{2e80}'.. => whole += 2,
            _ => whole += 1,
        }
    }
    whole + usize::div_ceil(letters, 3)
}

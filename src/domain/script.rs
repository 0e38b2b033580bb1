//! A scripted trainee: one reply per line.
//! Knows: text. Never: disk, who it is said to.

use crate::domain::problem::Problem;

/// Nobody says more in one go, in characters.
const LONGEST: usize = 8_000;
/// No session is longer, in replies.
const MOST: usize = 400;

/// The replies of a script, in order: a line each, without blank lines and those that begin with
/// `#`.
///
/// # Errors
/// A script without a reply, with too many, or with one that is far too long.
pub fn parse(file: &str, text: &str) -> Result<Vec<String>, Vec<Problem>> {
    let (mut replies, mut problems) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let chars = line.chars().count();
        if chars > LONGEST {
            let message = format!("this reply has {chars} characters, at most {LONGEST} fit");
            problems.push(Problem::new(file, message).at(number));
        }
        replies.push(line.to_owned());
    }
    if replies.is_empty() {
        problems.push(Problem::new(file, "holds no reply").hint("write one reply per line"));
    }
    if replies.len() > MOST {
        let message = format!("holds {} replies, at most {MOST} fit", replies.len());
        problems.push(Problem::new(file, message).hint("split it into several scripts"));
    }
    if problems.is_empty() { Ok(replies) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_blank_lines_are_no_replies() {
        let parsed = parse("x.txt", "# A trainee.\n\n  Hello. \r\n#no\nIt's up to you.\n");
        assert_eq!(parsed.ok(), Some(vec!["Hello.".to_owned(), "It's up to you.".to_owned()]));
    }

    #[test]
    fn an_empty_script_and_an_endless_reply_are_named() {
        let told = |text: &str| parse("x.txt", text).err().map(|p| p[0].to_string()).unwrap_or_default();
        assert!(told("# nothing\n").contains("holds no reply"));
        assert!(told(&format!("Hi.\n{}\n", "x".repeat(9_000))).contains("x.txt:2"));
        assert!(told(&"Hi.\n".repeat(401)).contains("401 replies"));
    }
}

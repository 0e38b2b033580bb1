//! Trainee templates: `[a|b]` written out.
//! Knows: text. Never: lines, personas.

/// The most wordings written out of one template.
const WORDINGS: usize = 4;

/// Up to four wordings of `template`: the first takes the first alternative of each bracket,
/// the second the second, and so on round; slots stay.
pub(super) fn expand(template: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for i in 0..WORDINGS {
        let wording = tidy(&choose(template, i));
        if !out.contains(&wording) {
            out.push(wording);
        }
    }
    out
}

fn choose(template: &str, i: usize) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, tail)) = rest.split_once('[') {
        out.push_str(before);
        let (inside, tail) = tail.split_once(']').unwrap_or((tail, ""));
        let options: Vec<&str> = inside.split('|').collect();
        out.push_str(options[i % options.len()]);
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// Spaces once, none before a mark.
fn tidy(text: &str) -> String {
    let mut out = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for mark in ['.', ',', '?', '!'] {
        out = out.replace(&format!(" {mark}"), &mark.to_string());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn every_bracket_moves_on() {
        assert_eq!(
            expand("[So|And|] you [quit|stop] ."),
            ["So you quit.", "And you stop.", "you quit.", "So you stop."]
        );
    }
}

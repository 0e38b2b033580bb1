//! From a card's prose to what a client says and knows: names put in, stage directions left out.
//! Knows: the habits of cards. Never: which field a text stands in.

/// Who `{{char}}` and `{{user}}` are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    /// The client.
    pub(super) client: &'a str,
}

/// What the other person is called in descriptions.
const TRAINEE: &str = "the counsellor";
/// Bytes of a text that are looked at: far more than a client can hold.
const LOOKED_AT: usize = 1 << 16;
/// Ways to write `{{char}}`.
const CLIENT_MARKS: [&str; 2] = ["{{char}}", "<bot>"];
/// Ways to write `{{user}}`.
const TRAINEE_MARKS: [&str; 2] = ["{{user}}", "<user>"];

impl Names<'_> {
    /// A description with the names put in.
    pub(super) fn told(self, text: &str) -> String {
        let text = replaced(beginning(text), &CLIENT_MARKS, self.client);
        printable(&replaced(&text, &TRAINEE_MARKS, TRAINEE))
    }

    /// Speech with the names put in. Nobody has said the trainee's name: where it is an address,
    /// it goes.
    pub(super) fn said(self, text: &str) -> String {
        let mut text = replaced(beginning(text), &CLIENT_MARKS, self.client);
        for mark in TRAINEE_MARKS {
            text = replaced(&text, &[&format!(", {mark}")], "");
            text = replaced(&text, &[&format!("{mark}, ")], "");
        }
        printable(&replaced(&text, &TRAINEE_MARKS, "you"))
    }
}

/// Each of `marks` in `text`, in whatever case, as `with`.
fn replaced(text: &str, marks: &[&str], with: &str) -> String {
    let mut text = text.to_owned();
    for mark in marks {
        // Only ASCII changes case, so that places in the copy are places in the text.
        let lower = text.to_ascii_lowercase();
        let (mut out, mut end) = (String::with_capacity(text.len()), 0);
        for (at, _) in lower.match_indices(mark) {
            out.push_str(&text[end..at]);
            out.push_str(with);
            end = at + mark.len();
        }
        out.push_str(&text[end..]);
        text = out;
    }
    text
}

/// As much of `text` as is looked at. A name in the place of each of a million marks would fill
/// the memory.
fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(LOOKED_AT)]
}

/// `text` without what would steer a terminal.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || "\n\t".contains(*c)).collect()
}

/// What is spoken in a piece of role-play prose, on one line: without `*stage directions*`, and
/// where a good part stands in quotation marks, only what does.
pub(super) fn spoken(prose: &str) -> String {
    let plain = without_directions(&prose.replace("**", ""));
    let quoted = quotations(&plain);
    let length = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    let is_story = length(&quoted) * 4 >= length(&plain) && !quoted.is_empty();
    let said = if is_story { quoted } else { plain };
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn without_directions(text: &str) -> String {
    let mut parts = text.split('*');
    let mut out = parts.next().unwrap_or_default().to_owned();
    // Every second part is a direction, unless its closing mark is missing.
    while let Some(direction) = parts.next() {
        match parts.next() {
            Some(said) => {
                out.push(' ');
                out.push_str(said);
            }
            None => out.push_str(direction),
        }
    }
    out
}

/// What stands in double quotation marks, straight or curved, joined by spaces.
fn quotations(text: &str) -> String {
    let marks = ['"', '“', '”', '„'];
    let said = text.split(marks).skip(1).step_by(2);
    said.map(str::trim).filter(|said| !said.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `text` with at most `most` characters, cut after a sentence, else after a word.
pub(super) fn shortened(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| cut(text, end))
}

/// `text` with at most `most` bytes, cut in the same way.
pub(super) fn within(text: &str, most: usize) -> &str {
    if text.len() <= most { text } else { cut(text, text.floor_char_boundary(most)) }
}

fn cut(text: &str, end: usize) -> &str {
    let head = &text[..end];
    let sentence = head.char_indices().rfind(|(_, c)| ".!?…".contains(*c)).map(|(at, c)| at + c.len_utf8());
    // A full stop that early ends an abbreviation.
    let sentence = sentence.filter(|at| *at * 2 > end);
    head[..sentence.or(head.rfind(' ')).unwrap_or(end)].trim_end()
}

/// Examples as cards write them, `<START>` between blocks and a name before each line, as pairs
/// of what the trainee and the client say.
pub(super) fn pairs(examples: &str, names: Names<'_>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let blocks = replaced(&printable(beginning(examples)), &["<start>"], "\u{0}");
    for block in blocks.split('\u{0}') {
        let mut asked: Option<String> = None;
        for (is_client, text) in speeches(block, names.client) {
            let text = spoken(&names.said(&text));
            match (is_client, asked.take()) {
                (false, _) => asked = Some(text).filter(|text| !text.is_empty()),
                (true, Some(asked)) if !text.is_empty() => pairs.push((asked, text)),
                (true, _) => {}
            }
        }
    }
    pairs
}

/// Whether the client speaks, and what; lines without a name go on with the one before.
fn speeches(block: &str, client: &str) -> Vec<(bool, String)> {
    let mut speeches: Vec<(bool, String)> = Vec::new();
    for line in block.lines() {
        let named =
            line.trim_start().split_once(':').and_then(|(name, said)| Some((speaker(name, client)?, said)));
        match (named, speeches.last_mut()) {
            (Some((who, said)), Some((before, text))) if *before == who => {
                text.push('\n');
                text.push_str(said);
            }
            (Some((who, said)), _) => speeches.push((who, said.to_owned())),
            (None, Some((_, text))) => {
                text.push('\n');
                text.push_str(line);
            }
            (None, None) => {}
        }
    }
    speeches
}

/// Whether a name before a colon is the client's; `None` where it is nobody's that we know.
fn speaker(name: &str, client: &str) -> Option<bool> {
    let name = name.trim().to_lowercase();
    let client = client.to_lowercase();
    let first = client.split_whitespace().next().unwrap_or_default();
    if CLIENT_MARKS.contains(&name.as_str()) || name == client || (!first.is_empty() && name == first) {
        return Some(true);
    }
    (TRAINEE_MARKS.contains(&name.as_str()) || name == "you" || name == "user").then_some(false)
}

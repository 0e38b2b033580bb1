//! The Markdown body of a persona: sections under `## `, and example exchanges.
//! Knows: text. Never: front matter, prompts.

/// The sections that a body may have, in the order in which they are written.
pub const SECTIONS: [&str; 3] = ["Who", "Voice", "Examples"];

/// One example exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange<'a> {
    /// What the trainee says.
    pub trainee: &'a str,
    /// What the client answers.
    pub client: &'a str,
}

/// The text under `## title`, trimmed; `None` where there is no such heading.
pub fn section<'a>(body: &'a str, title: &str) -> Option<&'a str> {
    let start = headings(body).find(|heading| heading.title == title)?.end;
    let rest = &body[start..];
    let end = headings(rest).next().map_or(rest.len(), |next| next.start);
    Some(rest[..end].trim())
}

/// The exchanges under `## Examples`: a line `T: …`, then a line `C: …`. Blank lines between
/// them are fine; what is wrong comes back as line (from 1, in `body`) and message.
///
/// # Errors
/// A line that is neither, or that has no partner.
pub fn examples(body: &str) -> Result<Vec<Exchange<'_>>, Vec<(usize, String)>> {
    let Some(text) = section(body, "Examples") else { return Ok(Vec::new()) };
    let (mut exchanges, mut faults, mut asked) = (Vec::new(), Vec::new(), None);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        // Both slices belong to the same body, so their distance is the offset of the line.
        let at = line_of(body, line.as_ptr() as usize - body.as_ptr() as usize);
        match (line.strip_prefix("T:"), line.strip_prefix("C:"), asked.take()) {
            (Some(trainee), _, None) => asked = Some((at, trainee.trim())),
            (_, Some(client), Some((_, trainee))) => {
                exchanges.push(Exchange { trainee, client: client.trim() })
            }
            (Some(trainee), _, Some((before, _))) => {
                faults.push((before, "an example without an answer".to_owned()));
                asked = Some((at, trainee.trim()));
            }
            (_, Some(_), None) => faults.push((at, "an answer without a line of the trainee".to_owned())),
            _ => faults.push((at, "an example line must begin with `T:` or `C:`".to_owned())),
        }
    }
    faults.extend(asked.map(|(at, _)| (at, "an example without an answer".to_owned())));
    if faults.is_empty() { Ok(exchanges) } else { Err(faults) }
}

/// A heading: its title, and where its line starts and ends (bytes).
pub(super) struct Heading<'a> {
    pub(super) title: &'a str,
    pub(super) start: usize,
    end: usize,
}

/// The `## ` headings of `body`.
pub(super) fn headings(body: &str) -> impl Iterator<Item = Heading<'_>> {
    let mut end = 0;
    body.split_inclusive('\n').filter_map(move |line| {
        let start = end;
        end += line.len();
        Some(Heading { title: line.strip_prefix("## ")?.trim(), start, end })
    })
}

/// The line of a byte offset, from 1.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

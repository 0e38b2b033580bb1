//! Captions: WebVTT and SubRip, with the speaker in `<v Name>` or as `Name:`.
//! Knows: cues and tags. Never: times; when something was said does not matter.
//!
//! <https://www.w3.org/TR/webvtt1/>. Recorders write less than it allows, and SubRip has no
//! standard, so a line between a line of times and a blank one is text, and all others are not.

use super::join::Joiner;
use super::labels::Labels;
use super::lines::{Lines, Source};
use super::{Fault, Rows, Stop};
use crate::domain::judge::bulk::{Entry, Speaker};

/// What stands before a colon is a name up to so many words.
const NAME_WORDS: usize = 4;

/// Cues of one speaker in a row are one turn; a cue without a speaker goes on with the one before.
pub struct Captions {
    labels: Labels,
    lines: Lines,
    turns: Joiner,
    in_cue: bool,
}

impl Captions {
    pub fn new(labels: Labels) -> Self {
        Self { labels, lines: Lines::default(), turns: Joiner::new(), in_cue: false }
    }

    fn cue_line(&mut self, line: usize, text: &str) {
        for voice in voices(text) {
            let said = voice.text.trim();
            match (&voice.name, leading_name(said)) {
                (Some(name), _) => self.say(line, name, said),
                (None, Some((name, said))) if self.labels.speaker(name).is_some() || is_like_name(name) => {
                    self.say(line, name, said);
                }
                (None, _) if said.is_empty() => {}
                (None, _) => self.turns.go_on(line, said),
            }
        }
    }

    fn say(&mut self, line: usize, name: &str, said: &str) {
        match self.labels.speaker(name) {
            Some(speaker) if self.goes_on(speaker) => self.turns.go_on(line, said),
            Some(speaker) => self.turns.begin(line, speaker, said),
            None => self.turns.break_off(Labels::unknown(name, line)),
        }
    }

    fn goes_on(&self, speaker: Speaker) -> bool {
        self.turns.speaker() == Some(speaker)
    }
}

impl Rows for Captions {
    fn next(&mut self, source: &mut Source<'_>) -> Result<Option<Result<Entry, Fault>>, Stop> {
        loop {
            if let Some(turn) = self.turns.ready() {
                return Ok(Some(turn));
            }
            let Some((line, text)) = self.lines.next(source)? else {
                self.turns.end();
                return Ok(self.turns.ready());
            };
            match text {
                Err(fault) => self.turns.break_off(fault),
                Ok(text) if text.trim().is_empty() => self.in_cue = false,
                Ok(text) if is_times(text) => self.in_cue = true,
                Ok(text) if self.in_cue => {
                    let text = text.to_owned();
                    self.cue_line(line, &text);
                }
                Ok(_) => {}
            }
        }
    }
}

fn is_times(line: &str) -> bool {
    line.trim_start().starts_with(|c: char| c.is_ascii_digit()) && line.contains("-->")
}

/// What one voice says in a line.
struct Voice {
    name: Option<String>,
    text: String,
}

/// A line without its tags, cut where another voice begins.
fn voices(line: &str) -> Vec<Voice> {
    let mut voices = vec![Voice { name: None, text: String::new() }];
    let mut rest = line;
    while let Some(at) = rest.find(['<', '{']) {
        let (before, tag) = rest.split_at(at);
        push(&mut voices, before);
        let end = if is_tag(tag) { tag.find(if tag.starts_with('<') { '>' } else { '}' }) } else { None };
        let Some(end) = end else {
            push(&mut voices, &tag[..1]);
            rest = &tag[1..];
            continue;
        };
        if let Some(name) = voice_name(&tag[1..end]) {
            voices.push(Voice { name: Some(plain(name)), text: String::new() });
        }
        rest = &tag[end + 1..];
    }
    push(&mut voices, rest);
    voices
}

fn push(voices: &mut [Voice], text: &str) {
    if let Some(last) = voices.last_mut() {
        last.text.push_str(&plain(text));
    }
}

/// `<i>`, `</v>`, `<00:01.000>`, `{\an8}`: not every sign that could begin a tag does.
fn is_tag(text: &str) -> bool {
    match text.as_bytes() {
        [b'<', next, ..] => next.is_ascii_alphanumeric() || matches!(next, b'/' | b'.'),
        [b'{', next, ..] => *next == b'\\',
        _ => false,
    }
}

/// The name in `v Name` or `v.loud Name`.
fn voice_name(tag: &str) -> Option<&str> {
    let (kind, name) = tag.split_once(char::is_whitespace)?;
    (kind == "v" || kind.starts_with("v.")).then_some(name.trim())
}

/// Text without the escapes that captions need.
fn plain(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ");
    text.replace("&lrm;", "").replace("&rlm;", "").replace("&amp;", "&")
}

/// `Name: what is said` as its halves; captions also write `- Name:` and `>> Name:`.
fn leading_name(text: &str) -> Option<(&str, &str)> {
    let (name, said) = text.split_once(':')?;
    let name = name.trim_start_matches(['-', '>', ' ']).trim();
    (!name.is_empty() && (said.is_empty() || said.starts_with(char::is_whitespace)))
        .then_some((name, said.trim()))
}

/// Whether what stands before a colon can be a name: a name that nobody knows must not be taken
/// for a part of what another person says.
fn is_like_name(text: &str) -> bool {
    let words = || text.split_whitespace();
    words().count() <= NAME_WORDS && words().all(|word| word.starts_with(char::is_uppercase))
}

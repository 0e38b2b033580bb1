//! Long transcripts and long replies: what they take does not run away.

use std::io::{self, Read};

use pushback::app::judge::{Ending, Told, judge};
use pushback::domain::judge::bulk::{Coder, Entry};
use pushback::domain::judge::{Heard, Judge};
use pushback::files::transcript::{Format, Options, Reader};

use crate::support::counting::most_held;

/// The same bytes over and over, made as they are read.
struct Endless {
    head: &'static [u8],
    again: &'static [u8],
    at: usize,
    left: usize,
}

impl Read for Endless {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let from = match self.at.checked_sub(self.head.len()) {
            None => &self.head[self.at..],
            Some(past) => &self.again[past % self.again.len()..],
        };
        let n = from.len().min(to.len()).min(self.left);
        to[..n].copy_from_slice(&from[..n]);
        self.at += n;
        self.left -= n;
        Ok(n)
    }
}

/// The most bytes in use at once while `format` is judged, of `size` bytes of `again`.
fn held(format: Format, (head, again): (&'static str, &'static str), size: usize) -> usize {
    let lexicon = Judge::builtin();
    most_held(|| {
        let source = Endless { head: head.as_bytes(), again: again.as_bytes(), at: 0, left: size };
        let options = Options { format: Some(format), ..Options::default() };
        let mut reader = Reader::open("-", source, &options).unwrap();
        let mut broken = 0;
        let mut tell = |told: Told<'_>| broken += u64::from(matches!(told, Told::Broken(_)));
        let out = (&mut io::sink() as &mut dyn io::Write, Ending::Summary);
        let judged = judge(lexicon, &mut reader, out, &mut tell).unwrap();
        assert_eq!(judged.broken, broken);
        assert_eq!(reader.bytes_read(), size as u64);
    })
}

#[test]
fn memory_does_not_grow_with_the_file() {
    for (format, text) in [
        (Format::Csv, ("interlocutor,utterance_text\n", "client,I like it.\nT,\"So, you like it.\"\n")),
        (Format::Tsv, ("interlocutor\tutterance_text\n", "client\tI like it.\nT\tYou like it.\n")),
        (
            Format::Jsonl,
            ("", "{\"role\":\"t\",\"text\":\"You like it.\"}\n{\"role\":\"c\",\"text\":\"No.\"}\nx\n"),
        ),
        (Format::Text, ("", "C: I like it.\nT: You\nlike it.\n")),
        (Format::Vtt, ("", "00:01 --> 00:02\nC: I like it.\n\n00:02 --> 00:03\n<v T>You like it.\n\n")),
    ] {
        let (short, long) = (held(format, text, 200_000), held(format, text, 1_000_000));
        assert!(long < short + 4096, "{format:?}: {short} bytes, then {long}");
    }
}

#[test]
fn a_record_without_end_is_never_held() {
    let short = ("interlocutor,utterance_text\nclient,a\n", "client,\"x");
    let most = held(Format::Csv, short, 16 << 20);
    assert!(most < 8 << 20, "{most}");
    let most = held(Format::Text, ("C: a\nT: ", "xxxx"), 16 << 20);
    assert!(most < 8 << 20, "{most}");
}

/// Every example of the lexicon in one breath, without a mark that ends a sentence.
fn every_cue() -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts/lexicon");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let text: String = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let examples = text.lines().filter_map(|l| l.strip_prefix("example = \"")?.strip_suffix('"'));
    examples.map(|e| format!("{} ", e.replace(['.', '?', '!', ';', '\\', '"'], ""))).collect()
}

/// What would take hours if it took the square of its length.
#[test]
fn replies_of_a_megabyte_are_judged() {
    let cues = every_cue();
    assert!(cues.len() > 2_000, "{cues}");
    let sentences = cues.replace(" but ", ". But ") + ". ";
    for piece in [
        "but ",
        "but then ",
        "you should but ",
        "really just ",
        "a. but you lie. ",
        "right - ",
        "[",
        &cues,
        &sentences,
    ] {
        let text: String = piece.chars().cycle().take(1_000_000).collect();
        for client in ["No.", &text] {
            let heard = Heard { client, ..Heard::default() };
            let verdict = Judge::builtin().reply(&heard, &text);
            assert!((-1.0..=1.0).contains(&verdict.score));
        }
        Judge::builtin().client(Some("Do you want to?"), None, &text);
    }
}

#[test]
fn ids_and_conversations_are_followed() {
    let csv = "transcript_id,interlocutor,utterance_text\n1,client,You people never listen.\n2,T,Hm.\n";
    let mut reader = Reader::open("a.csv", csv.as_bytes(), &Options::default()).unwrap();
    let mut coder = Coder::new(Judge::builtin());
    let mut next = || -> Entry { reader.next_row().unwrap().unwrap().unwrap() };
    assert!(coder.code(&next()).discord);
    assert!(!coder.code(&next()).discord, "another conversation begins anew");
}

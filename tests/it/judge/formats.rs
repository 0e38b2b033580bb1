//! Each format of transcripts, and what is broken in it.

use std::fmt::Write;

use proptest::prelude::*;
use pushback::domain::judge::bulk::{Entry, Speaker};
use pushback::files::transcript::{Columns, Format, Labels, MOST_BYTES, Options, Reader};

/// What is read: a line for each row, `id who text` or `! file:line: message`.
fn check(name: &str, bytes: &[u8], options: &Options) -> String {
    let mut reader = match Reader::open(name, bytes, options) {
        Ok(reader) => reader,
        Err(problem) => return format!("error: {problem}"),
    };
    let mut seen = String::new();
    while let Some(row) = reader.next_row().unwrap() {
        let _ = match row {
            Ok(Entry::Turn(turn)) => {
                let who = if turn.speaker == Speaker::Client { 'C' } else { 'T' };
                writeln!(seen, "{} {who} {}", turn.utterance_id, turn.text)
            }
            Ok(Entry::Single(single)) => writeln!(seen, "{} single {}", single.id, single.reply),
            Err(problem) => writeln!(seen, "! {problem}"),
        };
    }
    assert_eq!(reader.bytes_read(), bytes.len() as u64, "{name}");
    seen
}

fn plainly(name: &str, text: &str) -> String {
    check(name, text.as_bytes(), &Options::default())
}

const TWO: &str = "0 C Hm.\n1 T You, then.\n";

#[test]
fn every_format_by_extension_and_by_content() {
    for (extension, text) in [
        ("csv", "interlocutor,utterance_text\nclient,Hm.\n\ntherapist,\"You, then.\"\n"),
        ("csv", "interlocutor;utterance_text\r\nclient;Hm.\r\ntherapist;You, then."),
        ("tsv", "interlocutor\tutterance_text\nclient\tHm.\ntherapist\tYou, then.\n"),
        ("jsonl", "{\"role\":\"client\",\"text\":\"Hm.\"}\n\n{\"role\":\"T\",\"text\":\"You, then.\"}\n"),
        ("txt", "# a note\nC: Hm.\nT: You, then.\n"),
        (
            "vtt",
            "WEBVTT\n\nNOTE not said\n\n1\n00:01.000 --> 00:02.000 align:start\n<v Client>Hm.</v>\n\n\
             00:02.000 --> 00:03.000\n<v.loud Therapist>You, <i>then</i>.\n",
        ),
        (
            "srt",
            "1\r\n00:00:01,000 --> 00:00:02,000\r\nClient: Hm.\r\n\r\n2\r\n\
             00:00:02,000 --> 00:00:03,000\r\n{\\an8}Therapist: You, then.\r\n",
        ),
    ] {
        for name in [format!("a.{extension}"), "-".to_owned()] {
            for bom in ["", "\u{feff}"] {
                assert_eq!(plainly(&name, &format!("{bom}{text}")), TWO, "{name} {text}");
            }
        }
    }
}

#[test]
fn a_forced_format_overrules_the_name() {
    let options = Options { format: Some(Format::Text), ..Options::default() };
    assert_eq!(check("a.csv", b"C: Hm.\nT: You, then.\n", &options), TWO);
}

#[test]
fn other_columns_and_other_names() {
    let columns = Columns { speaker: "who".to_owned(), text: "said".to_owned(), ..Columns::default() };
    let labels = Labels::default().with("Dr. Roe", Speaker::Trainee).with("Zo\u{eb}", Speaker::Client);
    let options = Options { columns, labels: labels.clone(), ..Options::default() };
    let csv = "said,who\nHm.,zo\u{cb}\n\"You, then.\",DR. ROE\n";
    assert_eq!(check("a.csv", csv.as_bytes(), &options), TWO);
    assert_eq!(check("a.txt", "Zo\u{eb}: Hm.\nDr. Roe: You, then.\n".as_bytes(), &options), TWO);
    let turned = Options { labels: labels.with("client", Speaker::Trainee), ..Options::default() };
    assert_eq!(check("a.txt", b"client: Hm.\n", &turned), "0 T Hm.\n");
}

#[test]
fn cues_of_one_speaker_are_one_turn() {
    let vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\nCoach: You\n\n00:02.000 --> 00:03.000\nwould rather\n\n\
               00:03.000 --> 00:04.000\nCoach: be at work: 9 &amp; 5.\n- Client: 1 < 2.\n\n\
               00:05.000 --> 00:06.000\n<v Patient>Yes.</v> <v Coach>Good.</v>\n";
    let turns = "0 T You would rather be at work: 9 & 5.\n1 C 1 < 2. Yes.\n2 T Good.\n";
    assert_eq!(plainly("a.vtt", vtt), turns);
}

#[test]
fn a_name_that_nobody_knows_is_not_put_in_another_s_mouth() {
    let srt = "1\n00:00:01,0 --> 00:00:02,0\nClient: No.\n\n2\n00:00:02,0 --> 00:00:03,0\nJane Roe: Why?\n\n\
               3\n00:00:03,0 --> 00:00:04,0\nTell me.\n\n4\n00:00:04,0 --> 00:00:05,0\nClient: No.\n";
    assert_eq!(plainly("a.srt", srt), "0 C No.\n! a.srt:7: unknown speaker `Jane Roe`\n2 C No.\n");
}

#[test]
fn broken_rows_are_left_out() {
    let seen = |name: &str, bytes: &[u8]| check(name, bytes, &Options::default());
    let csv =
        b"interlocutor,utterance_text\nclient,a\nclient,b,c\ndog,d\nclient,\xff\n\"client\",\"e\nf\"\ndog,\n";
    let told = "0 C a\n! a.csv:3: malformed row: 3 cells under 2 names\n! a.csv:4: unknown speaker `dog`\n\
                ! a.csv:5: not valid UTF-8\n4 C e\nf\n! a.csv:8: unknown speaker `dog`\n";
    assert_eq!(seen("a.csv", csv), told);
    let json = b"{\"role\":\"c\",\"text\":\"a\"}\nnull\n\xff\n{\"id\":1,\"reply\":\"x\"}\n{\"role\":\"t\",\"text\":\"b\"}\n";
    let told = seen("a.jsonl", json);
    let lines: Vec<_> = told.lines().collect();
    assert!(lines[1].starts_with("! a.jsonl:2: malformed JSON line"), "{told}");
    assert_eq!(lines[2], "! a.jsonl:3: not valid UTF-8");
    assert_eq!(lines[3], "! a.jsonl:4: turns and single replies in one file");
    assert_eq!(lines[4], "4 T b");
    // What goes on with a turn that can't be used belongs to it.
    let text = b"lost\nlost\nC: a\nT: \xff\nlost\nC: b\n";
    let told = "! a.txt:1: the first line has no speaker\n1 C a\n! a.txt:4: not valid UTF-8\n3 C b\n";
    assert_eq!(seen("a.txt", text), told);
}

#[test]
fn what_is_too_long_is_left_out_and_the_rest_is_read() {
    let long = "x ".repeat(MOST_BYTES / 2 + 9);
    let csv = format!("interlocutor,utterance_text\nclient,{long}\nclient,a\n");
    assert_eq!(plainly("a.csv", &csv), "! a.csv:2: a row of more than 1 MiB\n1 C a\n");
    let text = format!("C: {long}\nlost\nT: a\n");
    assert_eq!(plainly("a.txt", &text), "! a.txt:1: a line of more than 1 MiB\n1 T a\n");
    let text = format!("C: a\n{0}\n{0}\nT: b\n", "y".repeat(MOST_BYTES * 2 / 3));
    assert_eq!(plainly("a.txt", &text), "! a.txt:1: a turn of more than 1 MiB\n1 T b\n");
}

#[test]
fn a_file_that_can_t_be_begun_is_an_error() {
    let error = |name: &str, bytes: &[u8]| Reader::open(name, bytes, &Options::default()).err().unwrap();
    let missing = error("a.csv", b"interlocuter,utterance_text\n");
    assert_eq!(missing.to_string(), "a.csv:1: no column `interlocutor`");
    assert!(missing.hint.unwrap().contains("did you mean `interlocuter`?"));
    assert!(error("a.txt", b"\xff\xfeC\0:\0").to_string().contains("UTF-16"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_to_the_end(
        format in prop::sample::select(Format::ALL.map(|(_, format)| format).to_vec()),
        pieces in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..12),
            prop::sample::select(vec![
                "\n", "\r\n", "\"", ",", "\t", "{", "}", "<v ", ">", "<", "{\\", "&amp;", "C:", "T: ", "-->", "1",
                "00:01 --> 00:02\n", "{\"role\":\"t\",\"text\":\"", "client", "\u{feff}", "\u{e9}", "Ann: ",
            ]).prop_map(|s| s.as_bytes().to_vec()),
        ], 0..40),
    ) {
        let rest = pieces.concat();
        let mut table = b"interlocutor,utterance_text\n".to_vec();
        table.extend(&rest);
        let forced = Options { format: Some(format), ..Options::default() };
        for (bytes, options) in [(&rest, &forced), (&table, &forced), (&rest, &Options::default())] {
            if let Ok(mut reader) = Reader::open("-", &bytes[..], options) {
                while reader.next_row().unwrap().is_some() {}
                prop_assert_eq!(reader.bytes_read(), bytes.len() as u64);
            }
        }
    }
}

//! The judge alone: microseconds for one reply of 2,000 characters, megabytes of transcript per
//! second, and what a reply takes as it gets longer. `cargo bench --bench judge`.

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::fmt::Write as _;
use std::io;
use std::time::Instant;

use pushback::app::judge::{Ending, judge};
use pushback::domain::judge::{Heard, Judge};
use pushback::files::transcript::{Format, Options, Reader};

const RUNS: usize = 9;
const TRANSCRIPT_BYTES: usize = 8_000_000;

/// A conversation in our own words: client, trainee, client, ...
const TALK: [&str; 8] = [
    "I only came because my sister drove me. I don't see what there is to talk about, it's just a few beers.",
    "You didn't choose to be here, and from where you stand there isn't much to say about it.",
    "Right. Everybody at the yard drinks after work, and nobody drags them to a place like this.",
    "It feels unfair that it's you who has to sit here. What would she say if I asked her what worries her?",
    "That I shout. I know I do, and I hate that the boy hears it, but work has been a nightmare this year.",
    "Part of you needs the beer to come down after work, and part of you can't stand what the boy hears.",
    "Yeah. I could maybe leave it on the nights when he is with me, I suppose.",
    "Studies show that four beers a night raise your blood pressure, so you should really stop altogether.",
];

fn main() {
    let lexicon = Judge::builtin();
    let heard = Heard { client: TALK[0], ..Heard::default() };
    let mut reply = TALK.concat().repeat(3);
    reply.truncate(2000);
    let micros = median(|| {
        for _ in 0..100 {
            std::hint::black_box(lexicon.reply(&heard, &reply));
        }
    }) * 1e4;
    println!("reply of {} characters {micros:>9.0} us", reply.len());
    for (name, format) in [("csv", Format::Csv), ("jsonl", Format::Jsonl), ("text", Format::Text)] {
        let bytes = transcript(format);
        let options = Options { format: Some(format), ..Options::default() };
        let seconds = median(|| {
            let mut reader = Reader::open("-", bytes.as_bytes(), &options).expect("a transcript");
            let out = (&mut io::sink() as &mut dyn io::Write, Ending::Summary);
            judge(lexicon, &mut reader, out, &mut |_| {}).expect("rows");
        });
        println!("transcript as {name:<5} {:>13.1} MB/s", bytes.len() as f64 / seconds / 1e6);
    }
    for (name, piece) in [("but", "but "), ("but then", "but then "), ("one breath", &breath())] {
        let times = [100_000, 200_000, 400_000].map(|size| {
            let text: String = piece.chars().cycle().take(size).collect();
            let heard = Heard { client: &text, ..Heard::default() };
            median(|| drop(lexicon.reply(&heard, &text))) * 1e3
        });
        println!("100, 200, 400 KB of {name:<10} {:>8.1} {:>8.1} {:>8.1} ms", times[0], times[1], times[2]);
    }
}

/// All that is said without a mark that ends a sentence.
fn breath() -> String {
    TALK.concat().replace(['.', '?'], " ")
}

fn transcript(format: Format) -> String {
    let mut text = match format {
        Format::Csv => "transcript_id,utterance_id,interlocutor,utterance_text\n".to_owned(),
        _ => String::new(),
    };
    for number in (0..).take_while(|number| number * 90 < TRANSCRIPT_BYTES) {
        let (said, conversation) = (TALK[number % 8], number / 80);
        let who = if number % 2 == 0 { "client" } else { "therapist" };
        let written = match format {
            Format::Csv => writeln!(text, "{conversation},{number},{who},\"{said}\""),
            Format::Jsonl => writeln!(
                text,
                "{{\"transcript_id\":{conversation},\"utterance_id\":{number},\"role\":\"{who}\",\"text\":\"{said}\"}}"
            ),
            _ => writeln!(text, "{who}: {said}"),
        };
        written.expect("memory");
    }
    text
}

fn median(mut work: impl FnMut()) -> f64 {
    let mut seconds: Vec<f64> = (0..RUNS)
        .map(|_| {
            let begin = Instant::now();
            work();
            begin.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[RUNS / 2]
}

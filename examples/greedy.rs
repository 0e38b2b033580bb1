//! The likeliest tokens after a plain text, one after the other, without a chat template: to compare
//! with another engine on the same file. `benches/compare.md` says how.
//!
//! ```sh
//! cargo run --release --example greedy -- MODEL.gguf 32 "The rain went on"
//! ```

use std::error::Error;
use std::path::Path;

use pushback::engine::local::{Local, Settings};

#[allow(clippy::print_stdout, reason = "an example prints")]
fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [file, count, text] = args.as_slice() else {
        return Err("wants a GGUF file, a number of tokens and a text".into());
    };
    let mut model = Local::open(Path::new(file), Settings::default())?;
    let mut tokens = model.text_tokens(text)?;
    println!("prompt {tokens:?}");
    for _ in 0..count.parse::<usize>()? {
        let logits = model.logits_after(&tokens)?;
        let (best, second) = two_best(&logits);
        // How far ahead the first is says whether another engine could well take the second.
        let ahead = logits[best] - logits[second];
        println!("{best:>6} {:?}, ahead of {second} by {ahead:.3}", model.token_text(best as u32));
        tokens.push(best as u32);
    }
    Ok(())
}

/// The places of the two largest numbers.
fn two_best(logits: &[f32]) -> (usize, usize) {
    let mut best = (0, 1);
    if logits[1] > logits[0] {
        best = (1, 0);
    }
    for at in 2..logits.len() {
        if logits[at] > logits[best.0] {
            best = (at, best.0);
        } else if logits[at] > logits[best.1] {
            best.1 = at;
        }
    }
    best
}

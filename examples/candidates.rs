//! What the pocket client would say, and could have said, at each turn of conversations that were had, with what the choice is
//! weighed from: what `training/chooser.py` fits `models/chooser.toml` to.
//!
//! ```sh
//! cargo run --release --example candidates < training/eval/talks.jsonl > candidates.jsonl
//! ```
//!
//! Prompts are read from `prompts/` of the checkout.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, BufRead, Write};
use std::path::Path;

use pushback::app::answering::{could_say, replayed, would_say};
use pushback::app::library::Library;
use pushback::domain::session::{Provenance, Setting};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Talk {
    name: String,
    persona: String,
    seed: u64,
    opening: String,
    /// What the trainee said, and what the client answered.
    turns: Vec<(String, String)>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let prompts = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts");
    let library = Library::load(None, Some(&prompts))?;
    let ((banks, _), judge) = (library.banks(), library.judge()?);
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let talk: Talk = serde_json::from_str(&line?)?;
        let persona = library.persona(&talk.persona)?;
        let setting =
            Setting { model: "pocket".into(), seed: talk.seed, provenance: Provenance::default(), persona };
        let path = replayed(&setting, &judge, &talk.opening, &talk.turns)?;
        for turn in path.turns().iter().filter(|t| t.trainee.is_some()) {
            let lines = could_say(&setting, &path, turn.number, &banks);
            let weighed: BTreeMap<String, serde_json::Value> = lines
                .into_iter()
                .filter_map(|line| Some((line.text, json!([line.source, line.evidence?]))))
                .collect();
            let said = would_say(&setting, &path, turn.number, &banks);
            let moment = json!({ "talk": talk.name, "turn": turn.number, "said": said, "lines": weighed });
            writeln!(out, "{moment}")?;
        }
    }
    Ok(())
}

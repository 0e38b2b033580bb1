//! What the pocket client would say in given moments, in the client's manner: the material for a blind reading
//! (`training/eval/`).
//!
//! ```sh
//! cargo run --release --example pocket_choices < moments.jsonl > choices.jsonl
//! ```
//!
//! A moment is `{"persona", "trainee", "action"}`, optionally `"client"` (their previous words).
//! Prompts and models are read from the checkout.

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::path::Path;

use pushback::app::library::Library;
use pushback::app::voice::{Scene, Spoken, Voice, eligible};
use pushback::domain::action::Action;
use pushback::domain::client::{self, Heard, Intent};
use pushback::domain::dice::Dice;
use pushback::domain::judge;
use pushback::domain::lines::Candidate;
use pushback::domain::session::{Path as Turns, Reply, Turn};
use pushback::engine::local::{DeviceChoice, Hold, Local, Settings};
use serde::Deserialize;
use serde_json::json;

/// How many lines are shown besides what is said.
const SHORTLIST: usize = 24;

#[derive(Deserialize)]
struct Moment {
    persona: String,
    trainee: String,
    action: Action,
    #[serde(default)]
    client: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = Library::load(None, Some(&root.join("prompts")))?;
    let (banks, _) = library.banks();
    let pocket = std::fs::read(root.join("models/pocket.gguf"))?.leak();
    let settings = Settings { device: DeviceChoice::Cpu, hold: Hold::Unpacked, threads: Some(1) };
    let engine = Local::from_bytes(pocket, "pocket", settings)?;
    let mut voice = Voice::Pocket { banks: banks.into(), engine: Box::new(engine) };
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let moment: Moment = serde_json::from_str(&line)?;
        let (shortlist, spoken) = choices(&library, &mut voice, &moment)?;
        let mut record: serde_json::Value = serde_json::from_str(&line)?;
        record["spoken"] = json!(spoken.as_ref().map(|s| &s.text));
        record["runners_up"] = json!(spoken.map(|s| s.runners_up));
        record["shortlist"] = shortlist.iter().map(|l| json!([l.text, l.tag, l.source, l.prior])).collect();
        writeln!(out, "{record}")?;
    }
    Ok(())
}

fn choices(
    library: &Library,
    voice: &mut Voice,
    moment: &Moment,
) -> Result<(Vec<Candidate>, Option<Spoken>), Box<dyn Error>> {
    let persona = library.persona(&moment.persona)?;
    let opening = moment.client.clone().unwrap_or_else(|| persona.openings[0].clone());
    let verdict = library
        .judge()?
        .reply(&judge::Heard { client: &opening, ..judge::Heard::default() }, &moment.trainee);
    let mut dice = Dice::new(1);
    let state = client::begin(&persona);
    let heard = Heard { moves: &verdict.moves, apology: false, words: &moment.trainee, asks_plan: false };
    // Length and mood as the client model would have them; the action is given.
    let intent = client::act(&persona, &state, &heard, &opening, &mut dice);
    // Whoever discloses tells their first fact.
    let fact = persona.facts.first().filter(|_| moment.action == Action::Disclose).map(|f| f.id.clone());
    let intent = Intent { action: moment.action, fact, ..intent };
    let reply = Reply {
        text: opening,
        action: Action::Inform,
        fact: None,
        state: state.clone(),
        why: Vec::new(),
        cut: false,
        runners_up: Vec::new(),
    };
    let path = Turns::new(vec![Turn {
        id: 0,
        parent: None,
        number: 0,
        trainee: None,
        reply: Some(reply),
        overruled: None,
    }]);
    let scene = Scene {
        persona: &persona,
        state: &state,
        intent: &intent,
        moves: &verdict.moves,
        apology: false,
        trainee: &moment.trainee,
        path: &path,
        dice,
    };
    let spoken = voice.speak(&scene, &|| false).ok();
    let Voice::Pocket { banks, .. } = voice else { return Err("no pocket client".into()) };
    Ok((eligible(banks, &scene, SHORTLIST), spoken))
}

//! The protocols on replies: what is counted, and what fails.

use std::sync::Arc;

use pushback::app::AppError;
use pushback::app::rehearse::{BENCH, Rehearsal, Trial, rehearse, try_replies};
use pushback::app::voice::Voice;
use pushback::domain::persona::Persona;
use pushback::domain::protocols::{Figure, Probe, Said, measure_replies};
use pushback::domain::session::Path;
use pushback::engine::scripted::Scripted;

use crate::support::practice::library;

/// A session in which the client says `replies`, each in answer to `asked`.
fn session(persona: &Persona, asked: &str, replies: &[&str]) -> Path {
    let judge = library().judge().unwrap();
    let lines = vec![asked.to_owned(); replies.len()];
    let path = rehearse(Rehearsal { persona, seed: 1, judge: &judge }, &lines, None).unwrap();
    let mut turns = path.turns().to_vec();
    for (turn, text) in turns.iter_mut().skip(1).zip(replies) {
        turn.reply.as_mut().unwrap().text = (*text).to_owned();
    }
    Path::new(turns)
}

fn figures(sessions: &[Said<'_>]) -> Vec<Figure> {
    let judge = library().judge().unwrap();
    let head = |_: &Persona| "You never speak of the winter in which the mill burned down.".to_owned();
    measure_replies(sessions, &Probe { judge: &judge, head: &head })
}

/// What a client of whom only `text` is heard fails in, besides sameness and length.
fn check(text: &str) -> Vec<String> {
    let ray = library().persona("ray").unwrap();
    let said = Said { persona: &ray, script: "x", path: session(&ray, "What is it like at work?", &[text]) };
    let told = figures(&[said]);
    let own = told.iter().filter(|f| f.persona.is_some() && !f.passed && f.protocol != "E7");
    own.map(|f| format!("{} {}", f.protocol, f.what)).collect()
}

#[test]
fn plain_resistance_passes() {
    assert_eq!(check("Nobody asked me. I just drive the truck."), [""; 0]);
}

#[test]
fn each_fault_is_found_by_its_protocol() {
    for (text, protocol) in [
        ("As an AI, I can't drive.", "E8 role breaks, by pattern"),
        ("Thank you for sharing that.", "E8 role breaks, by pattern"),
        ("So it seems like this is really important for you and your family.", "E8 sounds like a therapist"),
        ("What do you think?", "E9 ends with a question"),
        ("You're right about that.", "E10 agrees before contemplation"),
        ("What is it like at work, he says.", "E13 without any echo"),
        ("[Inside: cornered] No.", "E14 leaks"),
        ("We never speak of the winter in which the mill burned down.", "E14 leaks"),
        ("He put his flashlight on the booster seat.", "E18 facts given away untold"),
    ] {
        assert!(check(text).iter().any(|found| found == protocol), "{text}: {:?}", check(text));
    }
}

#[test]
fn repeating_oneself_is_counted() {
    let ray = library().persona("ray").unwrap();
    let same = ["I drive the truck, that's all."; 4];
    let said = Said { persona: &ray, script: "x", path: session(&ray, "Hm.", &same) };
    let told = figures(&[said]);
    let value = |what: &str| told.iter().find(|f| f.what == what).unwrap().value;
    assert_eq!(value("much like an earlier reply"), 0.75);
    assert_eq!(value("opens as an earlier one (3 words)"), 0.75);
    assert_eq!(value("opens as the one before (2 words)"), 0.75);
    assert_eq!(value("pairs that came before, 20 turns"), 0.75);
}

/// Whether two clients are told apart who talk like this.
fn apart(first: &str, second: &str) -> (f64, f64) {
    let (ray, carol) = (library().persona("ray").unwrap(), library().persona("carol").unwrap());
    let sessions: Vec<_> = [(&ray, first), (&carol, second)]
        .into_iter()
        .flat_map(|(persona, text)| {
            ["x", "y"].map(|script| Said { persona, script, path: session(persona, "Hm.", &[text; 10]) })
        })
        .map(|mut said| {
            // The actions are drawn and differ between clients; only words count here.
            let mut turns = said.path.turns().to_vec();
            for turn in &mut turns {
                turn.reply.as_mut().unwrap().action = pushback::domain::action::Action::Inform;
            }
            said.path = Path::new(turns);
            said
        })
        .collect();
    let told = figures(&sessions);
    let value = |what: &str| told.iter().find(|f| f.what.starts_with(what)).unwrap().value;
    (value("known by five replies"), value("closest pair"))
}

#[test]
fn clients_are_told_apart_by_how_they_talk_and_not_by_what_about() {
    assert_eq!(apart("Maybe, I don't know.", "No. Why would I?"), (1.0, 1.0));
    let (known, area) = apart("Dogs bark.", "Cats purr.");
    assert_eq!((known, area), (0.5, 0.5), "content words are masked");
}

#[test]
fn a_trial_runs_every_script_with_every_client() -> Result<(), AppError> {
    let library = library();
    let personas = [library.persona("ray")?, library.persona("nadia")?];
    let mut voice = Voice::Free {
        engine: Box::new(Scripted::new(["No.", "It's fine, I guess.", "I don't need this."])),
        notes: Arc::new(library.notes()?),
        candidates: 1,
        failed: 0,
    };
    let trial = Trial { personas: &personas, seeds: 1, library: &library };
    let mut finished = Vec::new();
    let figures = try_replies(&trial, &mut voice, &mut |done, all| {
        finished.push((done, all));
        std::ops::ControlFlow::Continue(())
    })?;
    let all = 2 * BENCH.len();
    assert_eq!(finished, (1..=all).map(|done| (done, all)).collect::<Vec<_>>());
    for protocol in ["E7", "E8", "E9", "E10", "E11", "E12", "E13", "E14", "E15", "E16", "E17", "E18"] {
        assert!(figures.iter().any(|f| f.protocol == protocol), "{protocol}");
    }
    let echoes = figures.iter().filter(|f| f.what == "much like an earlier reply");
    assert!(echoes.into_iter().all(|f| !f.passed), "three lines in rotation");
    Ok(())
}

/// The judge has to read the fixed lines as they are meant, or the bench measures something else.
#[test]
fn the_bench_scripts_do_what_they_are_named_for() {
    let library = library();
    let judge = library.judge().unwrap();
    let ray = library.persona("ray").unwrap();
    let mean = |name: &str| {
        let lines = library.script(name).unwrap();
        let path = rehearse(Rehearsal { persona: &ray, seed: 1, judge: &judge }, &lines, None).unwrap();
        let scores = path.turns().iter().filter_map(|t| t.trainee.as_ref()).map(|s| s.verdict.score);
        let scores: Vec<f32> = scores.collect();
        scores.iter().sum::<f32>() / scores.len() as f32
    };
    assert!(mean("bench-arguing") < -0.4, "{}", mean("bench-arguing"));
    assert!(mean("bench-rolling") > 0.4, "{}", mean("bench-rolling"));
    assert!(mean("bench-neutral").abs() < 0.4, "{}", mean("bench-neutral"));
    assert!(library.script("bench-neutral").unwrap().len() >= 32);
    assert_eq!(library.script("bench-probing").unwrap().len(), 20);
}

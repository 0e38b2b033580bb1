//! What a trainer is told about a client that works, and may not be meant so.

use std::collections::BTreeSet;
use std::path::Path;

use pushback::app::check;
use pushback::app::library::Library;
use pushback::domain::persona::{Persona, lint, parse, write};

use crate::persona::{one, shipped};

fn topics() -> BTreeSet<String> {
    ["drinking", "weight"].map(str::to_owned).into()
}

/// Ray with `from` in his file replaced is told exactly this, as `line: message`.
fn check(from: &str, to: &str, expected: &[&str]) {
    let text = include_str!("../../prompts/personas/ray.md");
    assert!(text.contains(from), "{from}");
    let text = text.replace(from, to);
    let ray = parse("ray.md", &text, &|_| None).unwrap();
    let found = lint::lint("ray.md", &text, &ray, &topics());
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
}

#[test]
fn every_prompt_file_that_ships_is_clean() {
    let library = Library::load(None, None).unwrap();
    let checked = check::everything(&library).unwrap();
    assert_eq!(checked.clients, 30);
    let all: Vec<_> = checked.errors.iter().chain(&checked.warnings).map(ToString::to_string).collect();
    assert_eq!(all, [""; 0]);
}

#[test]
fn levels_that_deny_each_other_are_named() {
    check("id = \"ray\"", "id = \"ray\"", &[]);
    check(
        "floor = 0.15",
        "floor = 0.6",
        &[
            "ray.md:24: discord settles at 0.6, and the gate is 0.4",
            "ray.md:25: discord starts at 0.55 and settles at 0.6",
        ],
    );
    check("trust = 0.12", "trust = 0.14", &[]);
    check(
        "trust = 0.12",
        "trust = 0.25",
        &["ray.md:81: fact `device` opens at trust 0.22, and trust starts at 0.25"],
    );
    check("move = \"advise\"", "move = \"affirm\"", &["ray.md:43: `affirm` is among the keys as well"]);
    check(
        "challenge = 4\ntest = 2\ndeflect = 2\nwithdraw = 2",
        "challenge = 0",
        &["ray.md:50: every weight is 0"],
    );
}

#[test]
fn a_hard_client_whose_gate_is_open_is_named() {
    let mut ray = Persona { difficulty: 3, ..one("ray") };
    let told = |ray: &Persona| lint::lint("ray.md", &write(ray), ray, &topics()).len();
    assert_eq!(told(&ray), 0);
    ray.temperament.discord_gate = 0.6;
    ray.temperament.trust_gate = 0.1;
    assert_eq!(told(&ray), 1);
}

#[test]
fn what_no_level_could_pass_is_an_error() {
    let refused = |key: &str, expected: &str| {
        let text = include_str!("../../prompts/personas/ray.md").replace("floor = 0.15", key);
        let problems = parse("ray.md", &text, &|_| None).unwrap_err();
        let shown: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert!(shown.len() == 1 && shown[0].contains(expected), "{shown:?}");
    };
    refused("discord_gate = 0", "ray.md:25: `discord_gate` is 0");
    refused("trust_gate = 1", "ray.md:25: `trust_gate` is 1");
    refused("readiness_cap = 0.05", "ray.md:22: `start.readiness` is 0.1, above `readiness_cap` 0.05");
}

#[test]
fn what_is_missing_is_named() {
    check(
        "topic = \"drinking\"",
        "topic = \"chess\"",
        &["ray.md:7: the pocket client has no lines about `chess`"],
    );
    let cues = "cues = [\"evening\", \"night\", \"home\", \"alone\", \"apartment\", \"divorce\", \"quiet\", \"after work\", \"relax\", \"unwind\"]";
    check(cues, "", &["ray.md:88: fact `kitchen` has no cues: nothing that is said brings it up"]);
    let bare = Persona {
        facts: Vec::new(),
        openings: vec!["Hm.".to_owned()],
        body: "## Who\n\nYou are Ray.\n\n## Examples\n\nT: Hello.\nC: Hm.".to_owned(),
        ..one("ray")
    };
    let found = lint::lint("ray.md", &write(&bare), &bare, &topics());
    let messages: BTreeSet<_> = found.iter().map(|problem| problem.message.as_str()).collect();
    let expected = [
        "no facts: trust earns the trainee nothing",
        "no section `## Voice` with text",
        "only 1 of 3 openings",
        "only 1 of 4 example exchanges",
    ];
    assert_eq!(messages, BTreeSet::from(expected));
}

#[test]
fn words_of_the_program_are_named_at_their_line() {
    let leak = |said: &str, word: &str| {
        check(
            "You are divorced from Dana.",
            said,
            &[&format!("ray.md:146: speaks of the program: `{word}`")],
        );
    };
    leak("Your discord is high.", "discord");
    leak("You have trust 0.12 in them.", "trust 0.12");
    leak("Your Readiness is low.", "Readiness");
    leak("You are {{char}}.", "{{char}}");
    check("You are divorced from Dana.", "You trust nobody. You blew 0.12, at a stage door.", &[]);
}

#[test]
fn a_client_who_says_what_they_never_say_is_named() {
    check(
        "So what is it I have to say",
        "So what process is it",
        &["ray.md:15: says `process`, which is in `never`"],
    );
    check("Same as anybody who works", "In recovery", &["ray.md:164: says `recovery`, which is in `never`"]);
}

#[test]
fn a_locked_fact_that_the_body_tells_is_named() {
    check(
        "You are divorced from Dana.",
        "He waited on the porch for him with his shoes on.",
        &["ray.md:131: fact `father` is locked, but the body tells it: `waited on the porch for`"],
    );
}

#[test]
fn a_long_body_is_named() {
    let ray = one("ray");
    let long = Persona {
        body: ray.body.replace("## Voice", &format!("{}\n\n## Voice", "word ".repeat(900))),
        ..ray
    };
    let found = lint::lint("ray.md", &write(&long), &long, &topics());
    assert!(found.len() == 1 && found[0].message.contains("tokens in every session"), "{found:?}");
}

#[test]
fn two_clients_of_one_text_are_named_unless_one_extends_the_other() {
    assert_eq!(lint::alike(&shipped()), []);
    let folder = tempfile::tempdir().unwrap();
    let twins = |text: &str| {
        let file = folder.path().join("personas/roy.md");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
        let library = Library::load(None, Some(folder.path())).unwrap();
        let found = check::one(&library, "roy").unwrap();
        found.into_iter().map(|problem| problem.message).collect::<Vec<_>>()
    };
    let roy = Persona { id: "roy".to_owned(), name: "Roy".to_owned(), ..one("ray") };
    assert_eq!(twins(&write(&roy)), ["nearly the same text as `ray`: 100 of 100 runs of words"]);
    assert_eq!(twins("+++\nid = \"roy\"\nextends = \"ray\"\n+++\n"), [""; 0]);
}

#[test]
fn the_file_that_is_new_is_the_one_that_is_too_alike() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("personas/al.md");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    // Before `ray` in the order of ids.
    let al = Persona { id: "al".to_owned(), name: "Al".to_owned(), ..one("ray") };
    std::fs::write(&file, write(&al)).unwrap();
    let found = check::everything(&Library::load(None, Some(folder.path())).unwrap()).unwrap().warnings;
    let alike: Vec<_> = found.iter().filter(|p| p.message.starts_with("nearly the same text")).collect();
    assert_eq!(alike.len(), 1, "{alike:?}");
    assert!(alike[0].file.ends_with("al.md") && alike[0].message.contains("`ray`"), "{alike:?}");
    assert!(alike[0].hint.as_ref().unwrap().contains("extends = \"ray\""), "{alike:?}");
}

#[test]
fn clients_who_extend_each_other_in_a_circle_are_named_once() {
    let check = |files: &[(&str, &str)], wanted: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("personas")).unwrap();
        for (id, base) in files {
            let text = format!("+++\nid = \"{id}\"\nextends = \"{base}\"\n+++\n");
            std::fs::write(folder.path().join(format!("personas/{id}.md")), text).unwrap();
        }
        let library = Library::load(None, Some(folder.path())).unwrap();
        let told: Vec<String> = library.personas().1.into_iter().map(|problem| problem.message).collect();
        assert_eq!(told, [wanted]);
        assert!(library.persona(files[0].0).unwrap_err().to_string().contains(wanted));
    };
    check(&[("cyc", "cyc")], "`cyc` extends itself");
    let both = "`cyc1`, `cyc2` extend each other in a circle";
    check(&[("cyc1", "cyc2"), ("cyc2", "cyc1")], both);
    check(&[("a", "cyc1"), ("cyc1", "cyc2"), ("cyc2", "cyc1")], both);
    check(&[("a", "nobody")], "no persona `nobody` to extend");
    check(&[("a", "b"), ("b", "nobody")], "no persona `nobody` to extend");
    let ids: Vec<String> = (0..9).map(|n| format!("r{n}")).collect();
    let mut row: Vec<(&str, &str)> = ids.windows(2).map(|two| (two[0].as_str(), two[1].as_str())).collect();
    row.push(("r8", "ray"));
    check(&row, "more than 8 clients extend each other in a row");
}

#[test]
fn the_page_on_prompts_shows_a_persona_that_parses() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts/README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let block = readme.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    let sam = parse("sam.md", block, &|_| None).unwrap();
    assert_eq!(sam.name, "Sam Porter");
}

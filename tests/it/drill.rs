//! Drills: the shipped moments, the levels, when it is enough.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use pushback::app::library::Library;
use pushback::domain::drill::{Counts, Drill, Tally};
use pushback::domain::judge::{Heard, Judge};
use serde_json::Value;

use crate::cli::{events, fails, pushback, talk};

const GOOD: [&str; 3] = [
    "You gave up half a day for this, and nobody asked you whether you wanted it.",
    "What you do with the hour is up to you, and I won't push you.",
    "You'd rather be at work than sit here with a stranger who has a sheet to sign.",
];
const BAD: &str = "You need to stop drinking before you lose your daughter.";

fn drilled(args: &[&str], lines: &[&str]) -> Vec<Value> {
    let home = tempfile::tempdir().unwrap();
    let args = [&["drill"][..], args, &["--json", "--seed", "3"]].concat();
    let told = events(&talk(home.path(), &args, lines));
    assert!(!home.path().join("data").exists(), "a drill of the list keeps nothing");
    told
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|e| e["event"].as_str().unwrap()).collect()
}

#[test]
fn each_level_says_what_it_is_like() {
    let home = tempfile::tempdir().unwrap();
    let name = Library::load(None, None).unwrap().drills().unwrap().swap_remove(0).name;
    for (level, wanted) in [
        (
            "1",
            "The same moment until 3 replies in a row roll, with the verdict and an alternative after each.",
        ),
        ("2", "The same moment until 3 replies in a row roll, with the verdict after each."),
        (
            "3",
            "Another moment after each reply, until 3 replies in a row roll, and nothing is told before the end.",
        ),
    ] {
        let output = pushback(home.path()).args(["drill", &name, "--level", level]).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(wanted), "{level}: {told}");
    }
}

#[test]
fn there_are_moments_of_all_types_and_levels() {
    let home = tempfile::tempdir().unwrap();
    let listed: Value = serde_json::from_str(&talk(home.path(), &["drill", "list", "--json"], &[])).unwrap();
    let listed = listed.as_array().unwrap();
    let mut of_type: BTreeMap<&str, usize> = BTreeMap::new();
    let mut levels = BTreeSet::new();
    for drill in listed {
        *of_type.entry(drill["type"].as_str().unwrap()).or_default() += 1;
        levels.insert(drill["level"].as_u64().unwrap());
    }
    assert!(listed.len() >= 12, "{}", listed.len());
    assert_eq!(of_type.len(), 10, "{of_type:?}");
    assert!(of_type.values().all(|n| *n >= 2), "level 3 needs another of the type: {of_type:?}");
    assert_eq!(levels, BTreeSet::from([1, 2, 3]));
    let shown = talk(home.path(), &["drill", "list"], &[]);
    assert_eq!(shown.lines().count(), listed.len());
    for drill in listed {
        let name = drill["name"].as_str().unwrap();
        let told = drilled(&[name, "--level", "2"], &["It's up to you."]);
        assert_eq!(names(&told), ["moment", "attempt", "drill"], "{name}");
        assert!(told[0]["exchange"].as_array().unwrap().len() >= 3, "{name}");
        assert_ne!(told[1]["reply"], "", "{name}");
    }
}

#[test]
fn three_in_a_row_are_enough() {
    let lines = [GOOD[0], BAD, GOOD[1], GOOD[2], GOOD[2], "You've been sent, and it stings.", "Not heard."];
    let told = drilled(&["signature", "--level", "2"], &lines);
    assert_eq!(names(&told), [&["moment"][..], &["attempt"; 6], &["drill"]].concat(), "{told:?}");
    let counts: Vec<_> = told[1..7].iter().map(|e| e["counts"].as_str().unwrap()).collect();
    assert_eq!(counts, ["rolled", "broken", "rolled", "rolled", "repeated", "rolled"]);
    let rows: Vec<_> = told[1..7].iter().map(|e| e["row"].as_u64().unwrap()).collect();
    assert_eq!(rows, [1, 0, 1, 2, 2, 3]);
    let end = &told[7];
    assert_eq!((&end["passed"], &end["attempts"], &end["argued"]), (&true.into(), &6.into(), &1.into()));
    assert!(told[2]["discord"].as_f64() > told[1]["discord"].as_f64());
    let findings = told[2]["findings"].as_array().unwrap();
    assert!(!findings.is_empty(), "a verdict has its evidence");
}

#[test]
fn the_moment_is_frozen() {
    let told = drilled(&["signature"], &[BAD, GOOD[0], BAD]);
    let field = |at: usize, name: &str| told[at][name].clone();
    for name in ["score", "reply", "action", "discord", "trust", "readiness"] {
        assert_eq!(field(1, name), field(3, name), "{name}: the same words, the same answer");
    }
    assert_ne!(field(1, "discord"), field(2, "discord"));
    assert_eq!(told, drilled(&["signature"], &[BAD, GOOD[0], BAD]), "same seed, same bytes");
}

#[test]
fn the_levels_differ_in_what_is_told() {
    let first = drilled(&["signature"], &[BAD]);
    let alternative = first[1]["alternative"]["text"].as_str().expect("an alternative on level 1");
    assert!(!alternative.contains(['{', '}']), "{alternative}");
    let second = drilled(&["signature", "--level", "2"], &[BAD]);
    assert_eq!(second[1]["alternative"], Value::Null);
    assert_eq!(second[1]["findings"], first[1]["findings"]);

    let third = drilled(&["signature", "--level", "3"], &[BAD, GOOD[0], GOOD[1]]);
    let expected = ["moment", "moment", "moment", "moment", "attempt", "attempt", "attempt", "drill"];
    assert_eq!(names(&third), expected);
    let drills: Vec<_> = third[..4].iter().map(|e| e["drill"].as_str().unwrap()).collect();
    assert_eq!(drills, ["signature", "just-beer", "signature", "just-beer"]);
    assert_eq!(third[5]["drill"], "just-beer", "each attempt with its own moment");

    let home = tempfile::tempdir().unwrap();
    let plain = talk(home.path(), &["drill", "signature", "--level", "3"], &[BAD, "/end"]);
    let (before, after) = plain.split_once("\n1. You: ").expect("the attempts, read back");
    assert!(!before.contains("arguing") && after.contains("arguing"), "{plain}");
}

#[test]
fn a_moment_of_a_stored_session_can_be_drilled() {
    let home = tempfile::tempdir().unwrap();
    talk(home.path(), &["--persona", "ray", "--seed", "5"], &["Hello.", BAD, "/quit"]);
    let session = ["--session", "1", "--turn", "2", "--json"];
    let told = events(&talk(home.path(), &[&["drill"][..], &session].concat(), &[BAD, GOOD[0]]));
    assert_eq!(names(&told), ["moment", "attempt", "attempt", "drill"]);
    assert_eq!(told[0]["exchange"].as_array().unwrap().len(), 3);
    let shown: Value =
        serde_json::from_str(&talk(home.path(), &["sessions", "show", "--json"], &[])).unwrap();
    let turns = shown["turns"].as_array().unwrap();
    assert_eq!(turns.len(), 3, "the session stays as it was");
    assert_eq!(told[1]["reply"], turns[2]["reply"]["text"], "the same words, the same answer as then");
    assert_ne!(told[1]["reply"], told[2]["reply"]);
    let (code, told) = fails(home.path(), &["drill", "--session", "1", "--turn", "9"]);
    assert!(code == 1 && told.contains("no turn 9") && told.contains("1 to 3"), "{told}");
    assert_eq!(fails(home.path(), &["drill", "--session", "1"]).0, 2);
    assert!(fails(home.path(), &["drill", "--session", "7", "--turn", "1"]).1.contains("no session 7"));
}

#[test]
fn what_is_typed_besides_attempts_counts_for_nothing() {
    let lines = ["", "/nonsense", "/moment", "i want to die", "hello", "/go on", GOOD[0], "/end", GOOD[1]];
    let told = drilled(&["signature"], &lines);
    let expected = ["moment", "error", "moment", "crisis", "error", "moment", "attempt", "drill"];
    assert_eq!(names(&told), expected);
    assert_eq!((&told[7]["attempts"], &told[7]["passed"]), (&1.into(), &false.into()));
    let home = tempfile::tempdir().unwrap();
    let (code, told) = fails(home.path(), &["drill", "signatur"]);
    assert!(code == 1 && told.contains("did you mean `signature`?"), "{told}");
}

#[test]
fn a_faulty_list_is_named_by_line() {
    let check = |change: (&str, &str), wanted: &[&str]| {
        let good = "\n[[drill]]\nname = \"a\"\ntitle = \"t\"\npersona = \"ray\"\nlevel = 1\ndoes = \"deny\"\n\
                    state = { discord = 0.5, trust = 0.1, readiness = 0.1 }\nexchange = [\"C: No.\"]\n";
        assert!(good.contains(change.0), "{change:?}");
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("drills.toml"), good.replacen(change.0, change.1, 1)).unwrap();
        let args = ["drill", "list", "--prompts", home.path().to_str().unwrap()];
        if wanted.is_empty() {
            assert_eq!(talk(home.path(), &args, &[]).lines().count(), 1);
            return;
        }
        let (code, told) = fails(home.path(), &args);
        assert_eq!(code, 1);
        assert!(wanted.iter().all(|w| told.contains(w)), "{change:?}: {told}");
    };
    check(("t", "t"), &[]);
    check(("level", "levle"), &["drills.toml:6", "did you mean `level`?"]);
    check(("level = 1", "level = 4"), &["drills.toml:2", "must be 1 to 3"]);
    check(("\"ray\"", "\"rya\""), &["drills.toml:2", "no client `rya`", "did you mean `ray`?"]);
    check(("0.5", "1.5"), &["drills.toml:2", "must be 0 to 1"]);
    check(("\"C: No.\"", "\"C: No.\", \"T: Why?\""), &["drills.toml:2", "begins and ends"]);
    check(("\"C: No.\"", "\"No.\""), &["drills.toml:2", "begins and ends"]);
    check(("\"a\"", "\"list\""), &["drills.toml:2", "is not `list`"]);
    check(("\"deny\"", "\"denny\""), &["drills.toml:7", "did you mean `deny`?"]);
}

#[test]
fn the_check_of_prompts_reads_the_list() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("drills.toml"), "[[drill]]\nnmae = \"a\"\n").unwrap();
    let args = ["personas", "check", "--prompts", home.path().to_str().unwrap()];
    let (code, told) = fails(home.path(), &args);
    assert!(code == 3 && told.contains("drills.toml:2") && told.contains("`name`"), "{told}");
}

#[test]
fn two_drills_of_one_name_are_a_fault() {
    let drill = "[[drill]]\nname = \"a\"\ntitle = \"t\"\npersona = \"ray\"\nlevel = 1\ndoes = \"deny\"\n\
                 state = { discord = 0.5, trust = 0.1, readiness = 0.1 }\nexchange = [\"C: No.\"]\n";
    let problems = Drill::parse_all("drills.toml", &drill.repeat(2)).unwrap_err();
    assert_eq!((problems.len(), problems[0].line), (1, Some(9)), "{problems:?}");
}

#[test]
fn a_reply_that_rolls_and_argues_breaks_the_row() {
    let judge = Judge::builtin();
    let mut tally = Tally::default();
    let mut add = |text: &str, codes: Option<&[pushback::domain::judge::Code]>| {
        let mut verdict = judge.reply(&Heard { client: "No.", ..Heard::default() }, text);
        verdict.codes.extend(codes.unwrap_or_default());
        tally.add((text, &verdict), [])
    };
    assert_eq!(add(GOOD[1], None), Counts::Rolled);
    assert_eq!(add(GOOD[1], Some(&[pushback::domain::judge::Code::Persuade])), Counts::Broken);
    assert_eq!((tally.row, tally.longest, tally.argued), (0, 1, 1));
}

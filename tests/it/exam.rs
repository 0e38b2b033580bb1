//! Exams: what is fixed, what is barred, what the seal shows.

use std::fs;
use std::path::{Path, PathBuf};

use pushback::domain::seal;
use serde_json::Value;

use crate::cli::{events, fails, pushback, talk};

/// Writes an exam file for `ray`; returns its path.
fn written(home: &Path, more: &[&str]) -> PathBuf {
    let file = home.join("exam.toml");
    let args =
        ["exam", "new", file.to_str().unwrap(), "--persona", "ray", "--title", "Winter", "--seed", "4711"];
    talk(home, &[&args[..], more].concat(), &[]);
    file
}

fn sit(home: &Path, file: &Path, lines: &[&str]) -> Vec<Value> {
    events(&talk(home, &["chat", "--exam", file.to_str().unwrap(), "--json"], lines))
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|e| e["event"].as_str().unwrap()).collect()
}

/// What `sessions verify` says, and its exit code.
fn verify(home: &Path, more: &[&str]) -> (i32, Value) {
    let output = pushback(home).args(["sessions", "verify", "1", "--json"]).args(more).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), serde_json::from_str(&told).unwrap())
}

fn database(home: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(home.join("data/pushback/sessions.db")).unwrap()
}

/// An exam of two replies that has ended.
fn ended(home: &Path) -> String {
    let file = written(home, &["--replies", "2"]);
    let events = sit(home, &file, &["You'd rather be at work.", "It's up to you.", "One more."]);
    events.last().unwrap()["hash"].as_str().unwrap().to_owned()
}

#[test]
fn an_exam_has_no_judge_and_no_second_attempt() {
    let home = tempfile::tempdir().unwrap();
    let file = written(home.path(), &["--replies", "2"]);
    let barred = ["/retry", "/undo", "/why", "/score", "/overrule affirm", "/fork x", "/take", "/reload"];
    let lines = [&["You'd rather be at work."][..], &barred, &["It's up to you.", "Too late."]].concat();
    let told = sit(home.path(), &file, &lines);
    let expected = [&["exam", "client", "client"][..], &["error"; 8], &["client", "sealed"]].concat();
    assert_eq!(names(&told), expected);
    assert!(told[3..11].iter().all(|e| e["message"] == "that is not possible in an exam"), "{told:?}");
    assert_eq!((&told[0]["title"], &told[0]["replies"]), (&"Winter".into(), &2.into()));
    assert_eq!(told[12]["turns"], 3);
    assert_eq!(told[12]["hash"].as_str().unwrap().len(), 64);

    let plain = talk(home.path(), &["chat", "--exam", file.to_str().unwrap()], &lines);
    for word in ["arguing", "rolling", "discord", "Session:"] {
        assert!(!plain.contains(word), "{word}: {plain}");
    }
    assert!(plain.contains("Seal: ") && plain.contains("That was the last reply."), "{plain}");
    let shown = talk(home.path(), &["sessions", "show", "1"], &[]);
    assert!(shown.contains("rolling"), "the trainer reads what the judge has made of it: {shown}");
}

#[test]
fn an_exam_is_the_same_conversation_for_everybody() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = written(one.path(), &["--replies", "2"]);
    let said = |home: &Path| {
        let lines = ["You'd rather be at work.", "It's up to you."];
        sit(home, &file, &lines).iter().map(|e| e["text"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(said(one.path()), said(two.path()));
    let plain = talk(
        two.path(),
        &["--persona", "ray", "--seed", "4711", "--json"],
        &["You'd rather be at work.", "It's up to you."],
    );
    let plain: Vec<_> = events(&plain).into_iter().filter(|e| e["event"] == "client").collect();
    let texts: Vec<_> = plain.iter().map(|e| e["text"].clone()).collect();
    assert_eq!(said(one.path())[1..4], texts);
}

#[test]
fn another_installation_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let file = written(home.path(), &["--replies", "2"]);
    let prompts = home.path().join("mine");
    fs::create_dir_all(prompts.join("scripts")).unwrap();
    fs::write(prompts.join("scripts/own.txt"), "Hello.\n").unwrap();
    let exam = file.to_str().unwrap();
    let (code, told) = fails(home.path(), &["chat", "--exam", exam, "--prompts", prompts.to_str().unwrap()]);
    assert!(
        code == 3 && told.contains("other prompt files") && told.contains("hint: use the prompts"),
        "{told}"
    );

    let text = fs::read_to_string(&file).unwrap();
    let model = text.lines().find(|l| l.starts_with("model")).unwrap();
    fs::write(&file, text.replace(model, &format!("model = \"{}\"", "0".repeat(64)))).unwrap();
    let (code, told) = fails(home.path(), &["chat", "--exam", exam]);
    assert!(code == 3 && told.contains("other models") && told.contains("0000000000000000…"), "{told}");
    fs::write(&file, text.replace(model, "")).unwrap();
    assert_eq!(names(&sit(home.path(), &file, &["/end"])), ["exam", "client", "sealed"], "any model");
    assert_eq!(fails(home.path(), &["chat", "--exam", exam, "--seed", "3"]).0, 2);
}

#[test]
fn a_faulty_exam_file_is_named_by_line() {
    let home = tempfile::tempdir().unwrap();
    let file = written(home.path(), &["--minutes", "5"]);
    let good = fs::read_to_string(&file).unwrap();
    let check = |text: &str, wanted: &[&str]| {
        fs::write(&file, text).unwrap();
        let (code, told) = fails(home.path(), &["chat", "--exam", file.to_str().unwrap()]);
        assert_eq!(code, 1, "{told}");
        assert!(wanted.iter().all(|w| told.contains(w)), "{wanted:?}: {told}");
    };
    check(&good.replace("minutes", "minuets"), &["exam.toml:5", "did you mean `minutes`?"]);
    check(&good.replace("minutes = 5", "minutes = 0"), &["exam.toml:5", "must be 1 to 600"]);
    check(&good.replace("minutes = 5", ""), &["neither `replies` nor `minutes`"]);
    check(&good.replace("prompts = \"", "prompts = \"x"), &["SHA-256 of 64"]);
    check(&good.replace("seed = 4711", "seed = -1"), &["exam.toml:4"]);
    check(&good.replace("persona = \"ray\"", "persona = \"rya\""), &["did you mean `ray`?"]);
    check(&"#".repeat(100_000), &["larger than"]);
    check("\u{0}", &["exam.toml"]);
    fs::remove_file(&file).unwrap();
    let (code, told) = fails(home.path(), &["chat", "--exam", file.to_str().unwrap()]);
    assert!(code == 1 && told.contains("can't be read"), "{told}");
}

#[test]
fn an_exam_file_is_not_written_over() {
    let home = tempfile::tempdir().unwrap();
    let file = written(home.path(), &["--replies", "2"]);
    let again = ["exam", "new", file.to_str().unwrap(), "--persona", "ray", "--title", "x", "--replies", "1"];
    let (code, told) = fails(home.path(), &again);
    assert!(code == 1 && told.contains("exam.toml is there already"), "{told}");
    assert!(told.contains("give another name") && !told.contains("permissions"), "{told}");
    assert!(fs::read_to_string(&file).unwrap().contains("Winter"));
    let other = home.path().join("other.toml");
    let none = ["exam", "new", other.to_str().unwrap(), "--persona", "ray", "--title", "x", "--replies", "0"];
    assert!(fails(home.path(), &none).1.contains("must be 1 to 500"));
    assert!(!other.exists());
}

#[test]
fn a_sealed_session_is_not_gone_on_with() {
    let home = tempfile::tempdir().unwrap();
    ended(home.path());
    let (code, told) = fails(home.path(), &["chat", "--continue", "1"]);
    assert!(code == 1 && told.contains("it is sealed"), "{told}");
    let raw = database(home.path());
    let insert = "INSERT INTO turn (session, parent, number, trainee) VALUES (1, 3, 3, 'x')";
    assert!(raw.execute(insert, []).unwrap_err().to_string().contains("the exam has ended"));
    for sql in ["UPDATE seal SET hash = 'x'", "UPDATE exam SET terms = '{}'", "UPDATE exam_end SET turns = 1"]
    {
        assert!(raw.execute(sql, []).is_err(), "{sql}");
    }
}

#[test]
fn an_exam_that_was_left_goes_on_as_one() {
    let home = tempfile::tempdir().unwrap();
    let file = written(home.path(), &["--replies", "2"]);
    sit(home.path(), &file, &["You'd rather be at work.", "/quit"]);
    let (code, told) = fails(home.path(), &["sessions", "show", "1"]);
    assert!(code == 1 && told.contains("has not ended yet"), "{told}");
    for looks in [&["prompt", "show"][..], &["drill", "--session", "1", "--turn", "1"]] {
        assert!(fails(home.path(), looks).1.contains("has not ended yet"), "{looks:?}");
    }
    let (code, open) = verify(home.path(), &[]);
    assert_eq!((code, &open["ended"], &open["turns"]), (0, &false.into(), &2.into()));
    let other = home.path().join("other");
    fs::create_dir_all(other.join("scripts")).unwrap();
    fs::write(other.join("scripts/own.txt"), "Hello.\n").unwrap();
    let other = ["chat", "--continue", "1", "--prompts", other.to_str().unwrap()];
    assert_eq!(fails(home.path(), &other).0, 3);
    let told = talk(home.path(), &["chat", "--continue", "1", "--json"], &["/undo", "It's up to you.", "x"]);
    assert_eq!(names(&events(&told)), ["exam", "client", "error", "client", "sealed"]);
    let (code, sealed) = verify(home.path(), &[]);
    assert_eq!((code, &sealed["ended"], &sealed["turns"]), (0, &true.into(), &3.into()));
}

#[test]
fn time_runs_out_by_the_database_s_clock() {
    let home = tempfile::tempdir().unwrap();
    let file = written(home.path(), &["--minutes", "30"]);
    sit(home.path(), &file, &["You'd rather be at work.", "/quit"]);
    database(home.path()).execute("UPDATE session SET started = datetime('now', '-31 minutes')", []).unwrap();
    let told = talk(home.path(), &["chat", "--continue", "1", "--json"], &["It's up to you."]);
    assert_eq!(names(&events(&told)), ["exam", "client", "sealed"]);
    // Whoever moves the clock back is found out.
    assert_eq!(verify(home.path(), &[]).1["broken"], "terms");
}

/// Changes a sealed session by `sql`; returns where the chain is said to break.
fn broken_by(sql: &str) -> Value {
    let home = tempfile::tempdir().unwrap();
    ended(home.path());
    assert_eq!(verify(home.path(), &[]).0, 0);
    let triggers = "DROP TRIGGER turn_is_final; DROP TRIGGER reply_is_final; DROP TRIGGER exam_is_final;
                    DROP TRIGGER exam_end_is_final; DROP TRIGGER exam_has_ended; PRAGMA foreign_keys = 0;";
    database(home.path()).execute_batch(&format!("{triggers}{sql}")).unwrap();
    let (code, told) = verify(home.path(), &[]);
    assert_eq!((code, &told["matches"]), (3, &false.into()), "{sql}");
    told
}

#[test]
fn a_change_is_found_where_it_was_made() {
    let check = |sql: &str, place: &str, turn: Option<u32>| {
        let told = broken_by(sql);
        let turn = turn.map_or(Value::Null, Value::from);
        assert_eq!((&told["broken"], &told["turn"]), (&place.into(), &turn), "{sql}");
    };
    check("UPDATE turn SET trainee = 'Other words.' WHERE number = 1", "turn", Some(1));
    check("UPDATE reply SET text = 'Fine.' WHERE turn = 3", "turn", Some(2));
    check("UPDATE reply SET state = replace(state, '0.', '0.0') WHERE turn = 1", "turn", Some(0));
    check("UPDATE turn SET at = '2020-01-01 00:00:00' WHERE number = 2", "turn", Some(2));
    check("DELETE FROM turn WHERE number = 1", "turn", Some(1));
    check("DELETE FROM turn WHERE number = 2", "end", None);
    check("DELETE FROM seal WHERE turn = 2", "turn", Some(1));
    check("INSERT INTO turn (session, parent, number, trainee) VALUES (1, 1, 1, 'x')", "turn", Some(3));
    check("UPDATE session SET seed = 1", "terms", None);
    check("UPDATE exam SET terms = replace(terms, 'Winter', 'Summer')", "terms", None);
    check("UPDATE exam_end SET at = '2020-01-01 00:00:00'", "end", None);
    // What the chain leaves out, and `sessions show` and `report` show.
    check("UPDATE session SET head = 2", "head", None);
    check("UPDATE session SET head = NULL", "head", None);
    let overrule = "INSERT INTO overrides (turn, codes, verdict, state, why)
                    SELECT 2, '[]', t.verdict, r.state, r.why FROM turn t JOIN reply r ON r.turn = t.id
                    WHERE t.id = 3";
    check(overrule, "overruled", Some(1));
}

#[test]
fn the_seal_that_was_written_down_is_compared() {
    let home = tempfile::tempdir().unwrap();
    let hash = ended(home.path());
    let noted = |note: &str| {
        let (code, told) = verify(home.path(), &["--expect", note]);
        (code, told["noted"].as_bool().unwrap())
    };
    assert_eq!(noted(&hash), (0, true));
    assert_eq!(noted(&seal::grouped(&hash).to_uppercase()), (0, true));
    assert_eq!(noted(&hash[..16]), (0, true));
    assert_eq!(noted(&hash[..8]), (3, false), "too short to tell");
    assert_eq!(noted(&"0".repeat(64)), (3, false));
    let told = talk(home.path(), &["sessions", "verify", "1"], &[]);
    assert!(told.contains("All 3 turns") && told.contains(&seal::grouped(&hash)), "{told}");
    assert!(told.contains("--expect"), "{told}");
}

#[test]
fn it_is_told_what_an_exam_was_sat_with() {
    let home = tempfile::tempdir().unwrap();
    ended(home.path());
    let file = home.path().join("exam.toml");
    let with_file = ["--exam", file.to_str().unwrap()];
    let (code, told) = verify(home.path(), &with_file);
    assert_eq!((code, &told["persona"], &told["seed"]), (0, &"ray".into(), &4711.into()));
    assert_eq!((&told["as_terms"], &told["not_as_file"]), (&true.into(), &serde_json::json!([])));
    assert!(verify(home.path(), &[]).1.get("not_as_file").is_none());
    let told = talk(home.path(), &[&["sessions", "verify", "1"][..], &with_file].concat(), &[]);
    assert!(told.contains("Sat with ray, seed 4711, as the exam wants it."), "{told}");
    assert!(told.contains("Its terms are those of "), "{told}");

    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("seed = 4711", "seed = 4712")).unwrap();
    let (code, told) = verify(home.path(), &with_file);
    assert_eq!((code, &told["matches"]), (3, &false.into()));
    assert_eq!(told["not_as_file"], serde_json::json!(["seed"]));
    fs::remove_file(&file).unwrap();
    let args = [&["sessions", "verify", "1"][..], &with_file].concat();
    assert_eq!(fails(home.path(), &args).0, 1);
}

#[test]
fn an_exam_whose_end_was_taken_away_has_turns_all_the_same() {
    let home = tempfile::tempdir().unwrap();
    let hash = ended(home.path());
    database(home.path()).execute("DELETE FROM exam_end", []).unwrap();
    let told = talk(home.path(), &["sessions", "verify", "1"], &[]);
    assert!(told.contains("has not ended") && told.contains("it has 3 turns"), "{told}");
    assert_eq!(verify(home.path(), &["--expect", &hash]).0, 3);
}

#[test]
fn a_session_that_is_no_exam_has_no_seal() {
    let home = tempfile::tempdir().unwrap();
    talk(home.path(), &["--persona", "ray"], &["Hello."]);
    let (code, told) = fails(home.path(), &["sessions", "verify", "1"]);
    assert!(code == 1 && told.contains("it has no seal"), "{told}");
    assert!(fails(home.path(), &["sessions", "verify", "9"]).1.contains("no session 9"));
}

#[test]
fn talk_in_earnest_is_no_part_of_an_exam() {
    let home = tempfile::tempdir().unwrap();
    let file = written(home.path(), &["--replies", "1"]);
    let told = sit(home.path(), &file, &["i want to die", "/go on", "You'd rather be at work."]);
    assert_eq!(names(&told), ["exam", "client", "crisis", "resumed", "client", "sealed"]);
}

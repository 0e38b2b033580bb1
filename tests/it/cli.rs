//! The program as it is run: arguments, pipes, exit codes.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use candle_core::quantized::gguf_file;
use serde_json::Value;

use crate::support::tiny_gguf::{Mix, Tiny};

/// The program with folders of its own.
pub fn pushback(home: &Path) -> Command {
    let mut command = Command::cargo_bin("pushback").unwrap();
    command.env_clear().env("HOME", home).env("XDG_DATA_HOME", home.join("data"));
    command.env("XDG_CONFIG_HOME", home.join("config"));
    // Windows finds its folders through these.
    command.env("APPDATA", home).env("LOCALAPPDATA", home).env("USERPROFILE", home);
    command
}

/// Runs a conversation of `lines`; returns stdout.
pub fn talk(home: &Path, args: &[&str], lines: &[&str]) -> String {
    let input = lines.iter().map(|l| format!("{l}\n")).collect::<String>();
    let output = pushback(home).args(args).write_stdin(input).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs what must fail; returns exit code and stderr.
pub fn fails(home: &Path, args: &[&str]) -> (i32, String) {
    let output = pushback(home).args(args).write_stdin("").output().unwrap();
    assert!(!output.status.success(), "{args:?} did not fail");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!told.contains("panicked"), "{told}");
    (output.status.code().unwrap(), told)
}

pub fn events(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_conversation_through_a_pipe() {
    let home = tempfile::tempdir().unwrap();
    let chat = ["chat", "--persona", "ray", "--seed", "7"];
    let lines = ["You don't want to be here.", "It's up to you what we talk about.", "/end"];
    let first = talk(home.path(), &chat, &lines);
    assert_eq!(first, talk(home.path(), &chat, &lines), "same seed, same bytes");
    assert_eq!(first.lines().filter(|l| l.starts_with("Ray: ")).count(), 3, "{first}");
    assert!(first.contains("Session: 2 replies"), "{first}");
    let other = talk(home.path(), &["chat", "--persona", "ray", "--seed", "8"], &lines);
    assert_ne!(first, other);
}

#[test]
fn events_have_the_documented_fields() {
    let home = tempfile::tempdir().unwrap();
    let lines = ["You need to stop drinking.", "/undo", "/frobnicate", "You'd rather be at work."];
    let events = events(&talk(home.path(), &["--persona", "ray", "--seed", "1", "--json"], &lines));
    let names: Vec<_> = events.iter().map(|e| e["event"].as_str().unwrap()).collect();
    let turn = ["verdict", "coach", "client", "state"];
    let expected = [&["client", "state"][..], &turn, &["undo", "error"], &turn, &["summary"]].concat();
    assert_eq!(names, expected);
    assert_eq!(events[0]["turn"], 0);
    let fields = |event: &Value| event.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields(&events[0]), ["action", "event", "text", "turn"]);
    assert_eq!(fields(&events[1]), ["discord", "event", "readiness", "stage", "trust", "turn"]);
    let verdict = ["band", "codes", "event", "findings", "score", "steer", "techniques", "turn"];
    assert_eq!(fields(&events[2]), verdict);
    assert!(events[2]["score"].as_f64().unwrap() < 0.0);
    assert!(events[8]["score"].as_f64().unwrap() > 0.0);
    assert_eq!(fields(&events[3]), ["alternative", "approach", "effect", "event", "turn"]);
    assert!(events[3]["effect"].as_str().unwrap().starts_with("Ray "), "{}", events[3]);
}

#[test]
fn a_session_is_found_again() {
    let home = tempfile::tempdir().unwrap();
    talk(home.path(), &["--persona", "ellen", "--seed", "2"], &["Take your time.", "/quit"]);
    let gone_on = talk(home.path(), &["chat", "--continue"], &["No rush.", "/end"]);
    assert!(gone_on.contains("You: Take your time."), "{gone_on}");
    assert!(gone_on.contains("Session: 2 replies"), "{gone_on}");
    let listed: Value =
        serde_json::from_str(&talk(home.path(), &["sessions", "list", "--json"], &[])).unwrap();
    assert_eq!(listed[0]["persona"], "ellen");
    assert_eq!(listed[0]["turns"], 2);
    assert!(talk(home.path(), &["sessions", "show"], &[]).contains("You: No rush."));
}

#[test]
fn no_save_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    talk(home.path(), &["--persona", "carol", "--no-save"], &["Hello.", "/end"]);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn the_quiet_judge_speaks_at_the_end() {
    let home = tempfile::tempdir().unwrap();
    let args = ["--persona", "ray", "--seed", "3", "--quiet-judge"];
    let said = "You need to stop drinking.";
    let told = talk(home.path(), &args, &[said, "/end"]);
    let (before, after) = told.split_once(&format!("You: {said}")).expect("the reply, read back");
    assert!(!before.contains("arguing"), "{before}");
    assert!(after.contains("arguing"), "{after}");
}

#[test]
fn all_clients_are_listed_and_can_talk() {
    let home = tempfile::tempdir().unwrap();
    let listed: Value =
        serde_json::from_str(&talk(home.path(), &["personas", "list", "--json"], &[])).unwrap();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 30);
    for persona in listed {
        for field in ["id", "name", "type", "topic", "difficulty", "blurb"] {
            assert!(!persona[field].is_null(), "{persona} lacks {field}");
        }
        let id = persona["id"].as_str().unwrap();
        let lines = ["What brings you here?", "You didn't choose this.", "You must change."];
        let events = events(&talk(home.path(), &["--persona", id, "--seed", "4", "--json"], &lines));
        let spoken: Vec<_> = events.iter().filter(|e| e["event"] == "client").collect();
        assert!(spoken.len() >= 3 && spoken.iter().all(|e| e["text"] != ""), "{id}: {spoken:?}");
    }
}

#[test]
fn the_shipped_prompts_have_no_problems() {
    let home = tempfile::tempdir().unwrap();
    let told = talk(home.path(), &["personas", "check"], &[]);
    assert!(told.contains("30 clients") && told.contains(" 0 problems"), "{told}");
}

#[test]
fn a_trainer_s_folder_adds_and_replaces() {
    let home = tempfile::tempdir().unwrap();
    let prompts = home.path().join("mine");
    fs::create_dir_all(prompts.join("personas")).unwrap();
    let ray = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/prompts/personas/ray.md")).unwrap();
    fs::write(prompts.join("personas/roy.md"), ray.replace("id = \"ray\"", "id = \"roy\"")).unwrap();
    let args = ["personas", "show", "roy", "--prompts", prompts.to_str().unwrap()];
    assert!(talk(home.path(), &args, &[]).contains("mandated"));

    fs::write(prompts.join("personas/rex.md"), ray.replace("difficulty =", "dificulty =")).unwrap();
    let args = ["personas", "show", "rex", "--prompts", prompts.to_str().unwrap()];
    let (code, told) = fails(home.path(), &args);
    assert_eq!(code, 1);
    assert!(told.contains("rex.md:") && told.contains("`dificulty`"), "{told}");
    assert!(told.contains("did you mean `difficulty`?"), "{told}");
}

#[test]
fn a_file_that_can_t_be_read_hides_no_other() {
    let home = tempfile::tempdir().unwrap();
    let prompts = home.path().join("mine");
    fs::create_dir_all(prompts.join("lines")).unwrap();
    fs::write(prompts.join("lines/bad.txt"), b"@type mandated\ndeny: caf\xe9\n").unwrap();
    fs::write(prompts.join("roy.md"), "+++\n").unwrap();
    let args = ["personas", "check", "--prompts", prompts.to_str().unwrap()];
    let (code, told) = fails(home.path(), &args);
    assert_eq!(code, 3, "{told}");
    assert!(told.contains("bad.txt:2: is not valid UTF-8"), "{told}");
    assert!(told.contains("roy.md: is in no folder that is looked at"), "{told}");
    let args = ["--persona", "ray", "--no-save", "--prompts", prompts.to_str().unwrap()];
    assert!(talk(home.path(), &args, &["Hello."]).contains("Session: 1 reply"));
}

#[test]
fn what_is_asked_for_and_not_there_is_named() {
    let home = tempfile::tempdir().unwrap();
    let (code, told) = fails(home.path(), &["--persona", "rya"]);
    assert_eq!(code, 1);
    assert!(told.contains("no client `rya`") && told.contains("did you mean `ray`?"), "{told}");
    let (code, told) = fails(home.path(), &["chat", "--continue"]);
    assert!(code == 1 && told.contains("no session to go on with"), "{told}");
    let (code, told) = fails(home.path(), &["chat", "--continue", "12"]);
    assert!(code == 1 && told.contains("no session 12") && told.contains("sessions list"), "{told}");
    let (code, told) = fails(home.path(), &["--persona", "ray", "--model", "missing.gguf"]);
    assert!(code == 3 && told.contains("missing.gguf") && told.contains("hint:"), "{told}");
    let (code, told) = fails(home.path(), &["--prompts", "nowhere", "--persona", "ray"]);
    assert!(code == 1 && told.contains("can't read nowhere"), "{told}");
    assert_eq!(fails(home.path(), &["--persona", "ray", "--seed", "x"]).0, 2);
}

#[test]
fn a_damaged_model_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let pocket = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/models/pocket.gguf")).unwrap();
    let cases: [(&str, &[u8]); 4] = [
        ("empty.gguf", b""),
        ("text.gguf", b"<!DOCTYPE html><title>404</title>"),
        ("cut.gguf", &pocket[..pocket.len() / 2]),
        ("head.gguf", &pocket[..40]),
    ];
    for (name, bytes) in cases {
        let path = home.path().join(name);
        fs::write(&path, bytes).unwrap();
        let (code, told) = fails(home.path(), &["--persona", "ray", "--model", path.to_str().unwrap()]);
        assert_eq!(code, 3, "{told}");
        assert!(told.contains("hint:"), "{name}: {told}");
    }
}

#[test]
fn a_model_from_a_file_speaks_freely() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("tiny.gguf");
    let mut tiny = Tiny::new("qwen3", Mix::Quantised);
    tiny.set("qwen3.context_length", gguf_file::Value::U32(16_384));
    fs::write(&path, tiny.bytes()).unwrap();
    // Random weights say nothing of sense, and what the guard cannot let pass is not spoken: of
    // some seeds, one must be lucky. On each, the same is said again.
    let spoken = (1..=8).any(|seed| {
        let seed = seed.to_string();
        let model = path.to_str().unwrap();
        let args = ["--persona", "ray", "--seed", &seed, "--json", "--no-save", "--model", model];
        let told = talk(home.path(), &args, &["Hello."]);
        assert_eq!(told, talk(home.path(), &args, &["Hello."]), "seed {seed}");
        let turns = events(&told).into_iter().filter(|e| e["event"] == "client");
        turns.map(|e| e["turn"].clone()).eq([0, 1])
    });
    assert!(spoken);
}

#[test]
fn a_model_with_too_little_context_is_named() {
    let home = tempfile::tempdir().unwrap();
    // The ranker has room for one moment, not for a persona.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/models/pocket.gguf");
    let output = pushback(home.path())
        .args(["--persona", "ray", "--model", path])
        .write_stdin("Hello.\n")
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("context") && told.contains("hint:"), "{told}");
}

#[test]
fn the_bundled_client_hears_the_end_of_a_long_reply() {
    let home = tempfile::tempdir().unwrap();
    let long = "You would rather be at work, and the way that you are seen here is not who you are. ";
    let lines = [&long.repeat(90), &"x".repeat(7_900), "And whose call is it?", "/end"].map(str::to_owned);
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    let told = talk(home.path(), &["--persona", "ray", "--seed", "3"], &lines);
    assert!(told.contains("Session: 3 replies"), "{told}");
    let shown = talk(home.path(), &["prompt", "show", "--turn", "1", "--json"], &[]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert!(shown["counts"]["total"].as_u64().unwrap() < 200, "{}", shown["counts"]);
}

#[test]
fn bad_input_does_not_end_the_conversation() {
    let home = tempfile::tempdir().unwrap();
    let mut input = b"\xff\xfe you are angry\n".to_vec();
    input.extend(vec![b'x'; 100_000]);
    // Beyond what a line may hold: its tail must not be heard as a reply.
    input.push(b'\n');
    input.extend(vec![b'y'; 3 << 20]);
    input.extend(b"\n\n/nonsense\nYou'd rather be elsewhere.\r\n");
    let output = pushback(home.path())
        .args(["--persona", "ray", "--seed", "5", "--json"])
        .write_stdin(input)
        .output()
        .unwrap();
    assert!(output.status.success());
    let events = events(&String::from_utf8(output.stdout).unwrap());
    let errors: Vec<_> = events.iter().filter(|e| e["event"] == "error").collect();
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors[0]["message"].as_str().unwrap().contains("100000 characters"));
    let summary = events.last().unwrap();
    assert_eq!(summary["replies"], 3, "the mended line, the silence and the last one");
    assert!(String::from_utf8_lossy(&output.stderr).contains("not valid UTF-8"));
}

#[cfg(unix)]
#[test]
fn a_data_folder_that_can_t_be_written_is_named() {
    let home = tempfile::tempdir().unwrap();
    let (code, told) = fails(home.path(), &["--persona", "ray", "--data", "/dev/null/sessions"]);
    assert_eq!(code, 1);
    assert!(told.contains("/dev/null/sessions") && told.contains("--no-save"), "{told}");
}

#[test]
fn a_transcript_is_coded_with_its_own_ids() {
    let home = tempfile::tempdir().unwrap();
    let csv = "transcript_id,utterance_id,interlocutor,utterance_text\n\
               3,0,client,I don't have a problem.\n\
               3,1,therapist,You should stop today.\n\
               3,2,client,No.\n\
               3,3,therapist,\"You don't see it as a problem, and being told what to do is tiresome.\"\n";
    let file = home.path().join("t.csv");
    fs::write(&file, csv).unwrap();
    let records = events(&talk(home.path(), &["judge", file.to_str().unwrap(), "--summary"], &[]));
    assert_eq!(records.len(), 5);
    assert_eq!((&records[1]["transcript_id"], &records[1]["utterance_id"]), (&3.into(), &1.into()));
    assert_eq!(records[1]["behaviour"], "therapist_input");
    assert!(records[1]["score"].as_f64().unwrap() < 0.0);
    assert_eq!(records[3]["behaviour"], "reflection");
    assert!(records[3]["score"].as_f64().unwrap() > 0.0);
    assert_eq!(records[4]["summary"]["replies"], 2);

    let (code, told) = fails(home.path(), &["judge", "nowhere.csv"]);
    assert!(code == 1 && told.contains("nowhere.csv"), "{told}");
}

#[test]
fn broken_rows_are_told_and_the_rest_is_coded() {
    let home = tempfile::tempdir().unwrap();
    let judge = |args: &[&str], input: &[u8]| {
        let output = pushback(home.path()).arg("judge").args(args).write_stdin(input).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let (code, out, told) = judge(&["-"], b"C: No.\nT: \xff\nT: You'd rather not.\n");
    assert_eq!((code, events(&out).len()), (1, 2), "{told}");
    assert!(told.contains("-:2: not valid UTF-8") && told.ends_with("1 row could not be read\n"), "{told}");

    let json = b"{\"role\":\"dog\",\"text\":\"x\"}\n{\n{\"role\":\"T\",\"text\":\"x\"}\n";
    let (code, out, told) = judge(&["-", "--format", "jsonl"], json);
    assert_eq!((code, events(&out).len()), (1, 1), "{told}");
    assert!(told.ends_with("2 rows could not be read\n"), "{told}");

    let (code, out, told) = judge(&["-"], b"Ann: No.\n");
    assert!(code == 1 && out.is_empty() && told.contains("its only row could not be read"), "{told}");
    assert!(judge(&["-"], b"").2.contains("there is no turn in it"));
    assert_eq!(judge(&["-", "--format", "docx"], b"C: No.\n").0, 2);

    let labels = ["-", "--client-label", "Ann", "--trainee-label", "Bo", "--trainee-label", "Cy"];
    let (code, out, told) = judge(&labels, b"Ann: No.\nBo: Hm.\nCy: I see.\n");
    assert_eq!((code, events(&out).len(), told.as_str()), (0, 3, ""));

    let columns = ["-", "--speaker-column", "who", "--text-column", "said"];
    let (code, out, told) = judge(&columns, b"who\tsaid\nclient\tNo.\n");
    assert_eq!((code, events(&out).len(), told.as_str()), (0, 1, ""));
    let (code, _, told) = judge(&["-"], b"who,said\nclient,No.\n");
    assert!(code == 1 && told.contains("no column `interlocutor`") && told.contains("hint:"), "{told}");
}

#[test]
fn bench_leaves_out_what_a_model_has_no_room_for() {
    let home = tempfile::tempdir().unwrap();
    let bench = |prefill: &str| {
        let args = ["bench", "--prefill", prefill, "--decode", "2", "--runs", "1", "--speed-only", "--json"];
        pushback(home.path()).args(args).output().unwrap()
    };
    let done = bench("16,512");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let measured: Value = serde_json::from_slice(&done.stdout).unwrap();
    let sizes: Vec<_> = measured["prefill"].as_array().unwrap().iter().map(|m| m["tok"].as_u64()).collect();
    assert_eq!(sizes, [Some(16)]);
}

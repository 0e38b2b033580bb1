//! A lexicon of one's own, and files that change while a session goes on.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use pushback::app::library::{Folders, Library};
use pushback::app::practise::Practice;
use pushback::app::voice::Voice;
use pushback::domain::judge::{Code, Judge};
use pushback::engine::scripted::Scripted;
use pushback::store::Store;
use serde_json::Value;

use crate::cli::{events, fails, talk};
use crate::support::practice::{cast, setting};

/// Words that the built-in lexicon knows nothing of, and what a trainer may call them.
const SAID: &str = "Flumadiddle to you.";

fn group(phrase: &str) -> String {
    format!(
        "[[group]]\nid = \"mine\"\ncue = \"warn\"\nweight = 0.9\nwhy = \"x\"\n\
         example = \"Flumadiddle.\"\nphrases = [\"{phrase}\"]\n"
    )
}

fn folders(below: &Path) -> (PathBuf, Folders) {
    let lexicon = below.join("words");
    fs::create_dir_all(&lexicon).unwrap();
    fs::write(lexicon.join("mine.toml"), group("flumadiddle")).unwrap();
    (lexicon.clone(), Folders { lexicon: Some(lexicon), ..Folders::default() })
}

fn watching(folders: Folders) -> Practice {
    let library = Library::open(folders).unwrap();
    let voice = Voice::Free {
        engine: Box::new(Scripted::new(["Sure.", "If you say so."])),
        notes: Arc::new(library.notes().unwrap()),
        candidates: 1,
        failed: 0,
    };
    let mut cast = cast(voice);
    cast.judge = Arc::new(library.judge().unwrap());
    Practice::begin(Store::in_memory().unwrap(), cast, setting("ray", 1)).unwrap().watching(library)
}

fn codes(practice: &mut Practice) -> Vec<Code> {
    let codes = practice.hear(SAID).unwrap().codes.clone();
    practice.answer(&mut |_| ControlFlow::Continue(()), &|| false).unwrap();
    codes
}

#[test]
fn a_lexicon_folder_is_laid_over_file_by_file() {
    let home = tempfile::tempdir().unwrap();
    let (lexicon, folders) = folders(home.path());
    let judge = Library::open(folders).unwrap().judge().unwrap();
    let codes = |text| judge.reply(&Default::default(), text).codes;
    assert_eq!(codes(SAID), [Code::Confront]);
    assert_eq!(codes("How has it been since you moved?"), [Code::QuestionOpen], "the others are there");

    let file = home.path().join("t.txt");
    fs::write(&file, format!("C: No.\nT: {SAID}\n")).unwrap();
    let run = |flag: &str, folder: &Path| {
        let args = ["judge", file.to_str().unwrap(), flag, folder.to_str().unwrap()];
        talk(home.path(), &args, &[])
    };
    let by_lexicon = run("--lexicon", &lexicon);
    assert_eq!(events(&by_lexicon)[1]["codes"][0], "confront");
    fs::create_dir_all(home.path().join("prompts")).unwrap();
    fs::rename(&lexicon, home.path().join("prompts/lexicon")).unwrap();
    assert_eq!(run("--prompts", &home.path().join("prompts")), by_lexicon, "one mechanism, two doors");
    assert_eq!(run("--lexicon", &home.path().join("prompts/lexicon")), by_lexicon);
}

#[test]
fn a_faulty_lexicon_folder_is_an_error() {
    let home = tempfile::tempdir().unwrap();
    let (lexicon, _) = folders(home.path());
    let file = home.path().join("t.txt");
    fs::write(&file, "C: No.\nT: Yes.\n").unwrap();
    let told = |text: &[u8]| {
        fs::write(lexicon.join("mine.toml"), text).unwrap();
        let args = ["judge", file.to_str().unwrap(), "--lexicon", lexicon.to_str().unwrap()];
        let (code, told) = fails(home.path(), &args);
        assert_eq!(code, 1, "{told}");
        told
    };
    let key = told(group("flumadiddle").replace("weight", "wieght").as_bytes());
    assert!(key.contains("words/mine.toml:4: unknown field `wieght`"), "{key}");
    assert!(key.contains("hint: did you mean `weight`?"), "{key}");
    let class = told(group("flumadiddle\", \"you <feelng>").as_bytes());
    assert!(class.contains("words/mine.toml:7: there is no word class `feelng`"), "{class}");
    assert!(class.contains("did you mean `<feeling>`?"), "{class}");
    assert!(told(b"# caf\xe9\n").contains("mine.toml:1: is not valid UTF-8"));

    let chat = ["--persona", "ray", "--lexicon", lexicon.to_str().unwrap()];
    assert!(fails(home.path(), &chat).1.contains("not valid UTF-8"));
    fs::remove_file(lexicon.join("mine.toml")).unwrap();
    let empty = fails(home.path(), &chat).1;
    assert!(empty.contains("holds no lexicon file") && empty.contains("--prompts"), "{empty}");
    let (code, none) = fails(home.path(), &["--persona", "ray", "--lexicon", "nowhere"]);
    assert!(code == 1 && none.contains("can't read nowhere"), "{none}");
}

/// The fault of a built-in lexicon with one group more, and its hint.
fn fault_of_group(group: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts/lexicon");
    let read = |path: PathBuf| (path.display().to_string(), fs::read_to_string(path).unwrap());
    let mut files: Vec<(String, String)> =
        fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap().path())).collect();
    files.push(("mine.toml".to_owned(), group.to_owned()));
    let problems = Judge::from_lexicon(&files).err().unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    format!("{} / {}", problems[0], problems[0].hint.as_deref().unwrap_or("no hint"))
}

#[test]
fn a_faulty_lexicon_names_line_and_nearest_name() {
    let group = |cue: &str, phrases: &str| {
        let head = "id = \"mine\"\nweight = 0.5\nwhy = \"x\"\nexample = \"You will regret it.\"";
        format!("[[group]]\n{head}\n{cue}\nphrases = [\n  \"you will regret\",\n  {phrases}\n]\n")
    };
    let warn = |phrases| fault_of_group(&group("cue = \"warn\"", phrases));
    assert_eq!(
        warn("\"you <feelng>\""),
        "mine.toml:9: there is no word class `feelng` / did you mean `<feeling>`?"
    );
    assert!(warn("\".. regret\"").starts_with("mine.toml:9: `.. regret` must begin with a word"));
    assert!(warn("{ phrase = \"regret\", weight = 3.0 }").starts_with("mine.toml:9: weight 3 of `regret`"));
    let key = warn("{ phrase = \"regret\", wieght = 0.3 }");
    assert!(key.starts_with("mine.toml:9: unknown field `wieght`"), "{key}");
    assert!(key.ends_with("did you mean `weight`?"), "{key}");
    let cue = fault_of_group(&group("cue = \"wran\"", ""));
    assert!(cue.starts_with("mine.toml:6: unknown name `wran`"), "{cue}");
    assert!(cue.ends_with("did you mean `warn`?"), "{cue}");
    let field = fault_of_group(&group("que = \"warn\"", ""));
    assert!(field.starts_with("mine.toml:6: unknown field `que`"), "{field}");
    assert!(field.ends_with("did you mean `cue`?"), "{field}");
}

#[test]
fn a_file_that_changed_is_read_again() {
    let home = tempfile::tempdir().unwrap();
    let (lexicon, folders) = folders(home.path());
    let mut practice = watching(folders);
    assert_eq!(codes(&mut practice), [Code::Confront]);
    assert!(practice.refresh().is_empty(), "nothing was written");
    fs::write(lexicon.join("mine.toml"), group("flumadiddle").replace("warn", "affirm")).unwrap();
    let refreshed = practice.refresh();
    assert_eq!((refreshed.files, refreshed.problems), (vec!["lexicon/mine.toml".to_owned()], Vec::new()));
    assert_eq!(codes(&mut practice), [Code::Affirm]);
    fs::remove_file(lexicon.join("mine.toml")).unwrap();
    fs::write(lexicon.join("other.toml"), "# nothing yet\n").unwrap();
    assert_eq!(practice.refresh().files, ["lexicon/mine.toml", "lexicon/other.toml"]);
    assert!(!codes(&mut practice).contains(&Code::Affirm));
    assert!(practice.reload().is_empty());
}

#[test]
fn a_faulty_file_is_named_and_the_old_one_stays() {
    let home = tempfile::tempdir().unwrap();
    let (lexicon, folders) = folders(home.path());
    let mut practice = watching(folders);
    let bad = group("flumadiddle").replace("cue", "que");
    fs::write(lexicon.join("mine.toml"), &bad).unwrap();
    fs::write(lexicon.join("fine.toml"), "# in force as soon as the other one is\n").unwrap();
    let told = |problems: &[pushback::domain::problem::Problem]| {
        assert_eq!(problems.len(), 1);
        format!("{} / {}", problems[0], problems[0].hint.as_deref().unwrap_or_default())
    };
    let refreshed = practice.refresh();
    let fault = told(&refreshed.problems);
    assert!(fault.contains("words/mine.toml:3: unknown field `que`"), "{fault}");
    assert!(fault.ends_with("did you mean `cue`?"), "{fault}");
    assert!(refreshed.files.is_empty());
    assert_eq!(codes(&mut practice), [Code::Confront]);
    assert!(practice.refresh().is_empty(), "a fault is told once");
    assert_eq!(told(&practice.reload().problems), fault, "and when it is asked for");
    // What can't even be read must not let another file show through.
    fs::write(lexicon.join("mine.toml"), b"caf\xe9").unwrap();
    assert!(told(&practice.refresh().problems).contains("not valid UTF-8"));
    assert_eq!(codes(&mut practice), [Code::Confront]);
    fs::write(lexicon.join("mine.toml"), group("flumadiddle").replace("warn", "affirm")).unwrap();
    assert_eq!(practice.refresh().files, ["lexicon/fine.toml", "lexicon/mine.toml"]);
    assert_eq!(codes(&mut practice), [Code::Affirm]);
}

#[test]
fn other_prompt_files_are_read_again_too() {
    let home = tempfile::tempdir().unwrap();
    let prompts = home.path().join("mine");
    fs::create_dir_all(prompts.join("personas")).unwrap();
    let mut practice = watching(Folders { prompts: Some(prompts.clone()), ..Folders::default() });
    let shipped = |file: &str| {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts").join(file)).unwrap()
    };
    for file in ["coach.toml", "notes.toml"] {
        fs::write(prompts.join(file), format!("# mine\n{}", shipped(file))).unwrap();
        assert_eq!(practice.refresh().files, [file]);
    }
    fs::write(prompts.join("coach.toml"), "[[lin]]\n").unwrap();
    fs::write(prompts.join("notes.toml"), format!("# again\n{}", shipped("notes.toml"))).unwrap();
    let refreshed = practice.refresh();
    assert_eq!(refreshed.files, ["notes.toml"], "a fault in one does not hold up the other");
    assert!(refreshed.problems[0].to_string().contains("coach.toml:1: unknown field `lin`"));
    fs::remove_file(prompts.join("coach.toml")).unwrap();
    assert_eq!(practice.refresh().files, ["coach.toml"]);
    let persona = practice.persona().clone();
    fs::write(prompts.join("personas/ray.md"), shipped("personas/ray.md").replace("Ray", "Roy")).unwrap();
    let refreshed = practice.refresh();
    assert!(refreshed.persona && refreshed.files.is_empty(), "{refreshed:?}");
    assert_eq!(*practice.persona(), persona);
}

/// The program in a conversation, as JSON events.
struct Running(Child, BufReader<std::process::ChildStdout>);

impl Running {
    fn start(home: &Path, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pushback"))
            .args(args)
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self(child, out)
    }

    fn say(&mut self, line: &str) {
        writeln!(self.0.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// The next event.
    fn event(&mut self) -> Value {
        let mut line = String::new();
        self.1.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Events up to the next of this name.
    fn until(&mut self, name: &str) -> Value {
        loop {
            let event = self.event();
            if event["event"] == name {
                return event;
            }
        }
    }
}

#[test]
fn a_trainer_edits_the_lexicon_beside_the_conversation() {
    let home = tempfile::tempdir().unwrap();
    let (lexicon, _) = folders(home.path());
    let args = ["--persona", "ray", "--seed", "1", "--json", "--no-save", "--lexicon"];
    let mut chat = Running::start(home.path(), &[&args[..], &[lexicon.to_str().unwrap()]].concat());
    chat.say(SAID);
    assert_eq!(chat.until("verdict")["codes"][0], "confront");
    chat.until("state");
    fs::write(lexicon.join("mine.toml"), group("flumadiddle").replace("cue", "que")).unwrap();
    chat.say(SAID);
    let reload = chat.event();
    assert_eq!((&reload["event"], reload["files"].as_array().unwrap().len()), (&"reload".into(), 0));
    assert!(reload["problems"][0].as_str().unwrap().contains("mine.toml:3: unknown field `que`"), "{reload}");
    assert_eq!(chat.event()["codes"][0], "confront");
    chat.until("state");
    fs::write(lexicon.join("mine.toml"), group("flumadiddle").replace("warn", "affirm")).unwrap();
    chat.say("/reload");
    assert_eq!(chat.event()["files"][0], "lexicon/mine.toml");
    chat.say(SAID);
    assert_eq!(chat.event()["codes"][0], "affirm");
    chat.say("/quit");
    assert!(chat.0.wait().unwrap().success());
}

#[test]
fn a_weight_must_count_in_its_own_example() {
    let text = fs::read_to_string("prompts/lexicon/weights.toml").unwrap();
    let check = |from: &str, to: &str| {
        assert!(text.contains(from), "the file of this test has changed: {from}");
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("weights.toml"), text.replacen(from, to, 1)).unwrap();
        let folders = Folders { lexicon: Some(home.path().to_owned()), ..Folders::default() };
        Library::open(folders).unwrap().judge().unwrap_err().to_string()
    };
    let line = |name: &str| 1 + text.lines().position(|l| l.starts_with(name)).unwrap();
    for (from, to, name) in [
        ("You're worried about her.", "It rained on Monday.", "feeling"),
        ("You walked a lot.", "You walked far.", "lot"),
        ("T: You should be ashamed of yourself.", "T: You were first.", "shame"),
        ("T: You're tired of it. C: Yeah.", "C: I was there all day.", "after_reflection"),
    ] {
        let error = check(from, to);
        let place = format!("weights.toml:{}: `{name}` does not count", line(&format!("{name} = ")));
        assert!(error.contains(&place), "{error}\n{place}");
    }
    let error = check("from = \"codes\", example = \"You walked a lot.\"", "example = \"You walked a lot.\"");
    assert!(error.contains("missing field `from`"), "{error}");
    let error =
        check("from = \"codes\", example = \"You walked a lot.\"", "from = \"luck\", example = \"A lot.\"");
    assert!(error.contains("luck"), "{error}");
}

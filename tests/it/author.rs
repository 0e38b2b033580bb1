//! The trainer's files as the program writes them: new, import, export, eject, config.

use std::fs;
use std::path::Path;

use pushback::app::author::{self, Changed};
use pushback::app::library::Library;
use pushback::domain::persona::Kind;
use serde_json::Value;

use crate::cards::{DANA, v2};
use crate::cli::{fails, talk};
use crate::persona::one;

/// Everything that `new` asks, as options.
const SAM: [&str; 20] = [
    "--name",
    "Sam Porter",
    "--age",
    "33",
    "--gender",
    "m",
    "--type",
    "mandated",
    "--topic",
    "drinking",
    "--brought",
    "the court sent him after a second DUI",
    "--love",
    "his daughter",
    "--opening",
    "So. Where do I sign?",
    "--fact",
    "I slept through her call.",
    "--fact",
    "My dad drank in the garage.",
];

/// `personas COMMAND…` with a prompts folder below `home`.
fn args<'a>(command: &[&'a str], prompts: &'a str) -> Vec<&'a str> {
    [&["personas"], command, &["--prompts", prompts]].concat()
}

struct Bench {
    home: tempfile::TempDir,
    prompts: String,
}

impl Bench {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let prompts = home.path().join("mine").to_str().unwrap().to_owned();
        Self { home, prompts }
    }

    fn run(&self, command: &[&str]) -> String {
        talk(self.home.path(), &args(command, &self.prompts), &[])
    }

    fn fails(&self, command: &[&str]) -> (i32, String) {
        fails(self.home.path(), &args(command, &self.prompts))
    }

    fn path(&self, name: &str) -> String {
        self.home.path().join(name).to_str().unwrap().to_owned()
    }

    fn client(&self, id: &str) -> pushback::domain::persona::Persona {
        Library::load(None, Some(Path::new(&self.prompts))).unwrap().persona(id).unwrap()
    }
}

#[test]
fn a_client_is_made_of_options_alone() {
    let bench = Bench::new();
    let told = bench.run(&[&["new"], &SAM[..]].concat());
    assert!(told.ends_with("sam.md\n"), "{told}");
    let (sam, ray) = (bench.client("sam"), one("ray"));
    assert_eq!((sam.kind, sam.age, sam.topic.as_str()), (Kind::Mandated, 33, "drinking"));
    assert_eq!((sam.start, &sam.temperament, sam.words), (ray.start, &ray.temperament, ray.words));
    assert_eq!((sam.people.who.as_str(), &sam.people.kid), ("my PO", &None));
    let locks: Vec<f32> = sam.facts.iter().map(|fact| fact.trust).collect();
    assert!(locks.len() == 3 && locks[0] < locks[1] && locks[1] < locks[2], "{locks:?}");
    assert!(sam.facts[1].cues.contains(&"slept".to_owned()));
    assert!(sam.body.contains("The court sent him after a second DUI."), "{}", sam.body);
    // The pocket client can be the new one.
    let spoken = talk(
        bench.home.path(),
        &["--persona", "sam", "--prompts", &bench.prompts, "--no-save", "--seed", "1"],
        &["You didn't choose this."],
    );
    assert!(spoken.contains("So. Where do I sign?"), "{spoken}");
    let (code, told) = bench.fails(&[&["new"], &SAM[..]].concat());
    assert!(code == 1 && told.contains("there is a client `sam` already"), "{told}");
}

#[test]
fn every_type_makes_a_client_that_only_lacks_what_is_asked_for_later() {
    let bench = Bench::new();
    for kind in Kind::ALL {
        let mut options = SAM;
        options[7] = kind.as_str();
        let id = format!("sam-{}", kind.as_str());
        bench.run(&[&["new", "--id", &id], &options[..]].concat());
        let library = Library::load(None, Some(Path::new(&bench.prompts))).unwrap();
        let found = pushback::app::check::one(&library, &id).unwrap();
        let told: Vec<_> = found.iter().map(|problem| problem.message.as_str()).collect();
        let own = |told: &&&str| !told.starts_with("nearly the same");
        let own: Vec<_> = told.iter().filter(own).collect();
        assert_eq!(own, [&"only 1 of 3 openings", &"only 0 of 4 example exchanges"], "{id}");
    }
}

#[test]
fn what_no_option_says_is_asked() {
    let bench = Bench::new();
    let answers = [
        "Bo Lee",
        "200",
        "40",
        "female",
        "sceptc",
        "10",
        "chess",
        "Her wife asked her to",
        "",
        "her bike",
        "Hm.",
        "",
        "",
    ];
    talk(bench.home.path(), &args(&["new"], &bench.prompts), &answers);
    let bo = bench.client("bo");
    assert_eq!((bo.age, bo.kind, bo.topic.as_str()), (40, Kind::Sceptic, "chess"));
    assert_eq!((bo.people.who.as_str(), bo.facts.len()), ("my wife", 1));
    let (code, told) = bench.fails(&["new", "--name", "Al"]);
    assert!(code == 2 && told.contains("`--age` is missing") && told.contains("hint:"), "{told}");
    assert!(!Path::new(&bench.prompts).join("personas/al.md").exists());
    let (code, told) = bench.fails(&["new", "--type", "mandatd"]);
    assert!(code == 2 && told.contains("did you mean mandated?"), "{told}");
    let long = "x".repeat(400);
    let (code, told) = bench.fails(&[&["new", "--id", "long", "--fact", &long], &SAM[..16]].concat());
    assert!(code == 1 && told.contains("400 characters") || told.contains("401 characters"), "{told}");
    let (code, told) = bench.fails(&[&["new", "--id", "../up"], &SAM[..]].concat());
    assert!(code == 1 && told.contains("`id`"), "{told}");
    assert!(!bench.home.path().join("mine/up.md").exists());
}

#[test]
fn whatever_is_answered_can_come_up() {
    let bench = Bench::new();
    let secrets = ["--fact", "I hid it from my kid.", "--fact", "I did it."];
    bench.run(&[&["new"], &SAM[..16], &secrets].concat());
    let sam = bench.client("sam");
    let [love, hid, did] = &sam.facts[..] else { panic!("{:?}", sam.facts) };
    assert_eq!(love.say, ["What matters to me, that's my daughter."]);
    assert!(["daughter", "love"].iter().all(|cue| love.cues.iter().any(|c| c == cue)), "{:?}", love.cues);
    assert!(!sam.body.contains("daughter"), "a model reads the body from the start: {}", sam.body);
    assert_eq!(hid.cues, ["hid", "kid"]);
    assert_eq!(did.cues, ["drinking"], "without a word of its own, the topic brings it up");
    let own = [&SAM[..12], &["--love", "I build my daughter a dollhouse"], &SAM[14..16]].concat();
    bench.run(&[&["new", "--id", "own"], &own[..]].concat());
    assert_eq!(bench.client("own").facts[0].say, ["I build my daughter a dollhouse."]);
}

#[test]
fn every_topic_that_there_are_lines_for_is_offered() {
    let offered = author::topics().unwrap();
    for topic in ["drinking", "screens", "medication", "work", "sleep"] {
        assert!(offered.iter().any(|there| there == topic), "{topic}: {offered:?}");
    }
    assert!(!offered.iter().any(|there| there == "any"), "{offered:?}");
}

#[test]
fn a_client_may_begin_with_another() {
    let bench = Bench::new();
    for (command, id) in
        [(&["new", "--from", "carol"][..], "carol-2"), (&["new", "--from", "carol", "--id", "cora"], "cora")]
    {
        assert!(bench.run(command).contains(id));
        let expected = pushback::domain::persona::Persona { id: id.to_owned(), ..one("carol") };
        assert_eq!(bench.client(id), expected);
    }
    // Every line that is there as a comment is one that can be taken in.
    let file = Path::new(&bench.prompts).join("personas/cora.md");
    let text = fs::read_to_string(&file).unwrap();
    let (explained, keys) = text.split_once("\n\n# name").unwrap();
    let explained: Vec<_> = explained.lines().filter(|line| !line.starts_with('#')).collect();
    let taken: Vec<_> = keys.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).collect();
    fs::write(&file, format!("{}\nname{}", explained.join("\n"), taken.join("\n"))).unwrap();
    assert_eq!(bench.client("cora").facts, one("carol").facts);
    let (code, told) = bench.fails(&["new", "--from", "carol", "--id", "ray"]);
    assert!(code == 1 && told.contains("there is a client `ray` already"), "{told}");
    assert_eq!(bench.fails(&["new", "--from", "carrol"]).0, 1);
}

#[test]
fn a_card_goes_out_and_comes_in_again() {
    let bench = Bench::new();
    let mut pictured = bench.path("own.png");
    fs::write(&pictured, fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/cards/bo.png")).unwrap())
        .unwrap();
    let home = bench.home.path();
    for (i, id) in ["ray", "nadia"].into_iter().enumerate() {
        let (json, png, own) = (bench.path("c.json"), bench.path("c.png"), bench.path("o.png"));
        let prompts: Vec<String> = (0..3).map(|n| bench.path(&format!("p{i}{n}"))).collect();
        talk(home, &["personas", "export", id, "--to", &json], &[]);
        talk(home, &["personas", "export", id, "--to", &png, "--card", "v3"], &[]);
        talk(home, &["personas", "export", id, "--to", &own, "--picture", &pictured], &[]);
        for (card, folder) in [&json, &png, &own].into_iter().zip(&prompts) {
            talk(home, &["personas", "import", card, "--prompts", folder], &[]);
            let back = Library::load(None, Some(Path::new(folder))).unwrap().persona(id).unwrap();
            assert_eq!(back, one(id));
            assert!(
                !Path::new(folder).join(format!("personas/{id}.card.json")).exists(),
                "nothing is left over"
            );
            let (code, told) = fails(home, &["personas", "import", card, "--prompts", folder]);
            assert!(code == 1 && told.contains("is there already"), "{told}");
        }
        let (code, told) = fails(home, &["personas", "export", id, "--to", &json]);
        assert!(code == 1 && told.contains("is there already"), "{told}");
        talk(home, &["personas", "export", id, "--to", &json, "--force"], &[]);
        [json, png, own].iter().for_each(|file| fs::remove_file(file).unwrap());
    }
    pictured.push('x');
    let out = bench.path("x.png");
    let (code, told) = fails(home, &["personas", "export", "ray", "--to", &out, "--picture", &pictured]);
    assert!(code == 1 && told.contains("own.pngx: can't be read") && !Path::new(&out).exists(), "{told}");
    let (code, told) = fails(home, &["personas", "export", "ray", "--to", &bench.path("x.txt")]);
    assert!(code == 1 && told.contains("a .json or a .png file"), "{told}");
}

#[test]
fn another_program_s_card_leaves_its_rest_beside_the_client() {
    let bench = Bench::new();
    let card = bench.path("dana.json");
    let mut dana: Value = serde_json::from_str(DANA).unwrap();
    dana["character_book"] = serde_json::json!({ "entries": [{ "keys": ["x"] }] });
    fs::write(&card, v2(dana.clone()).to_string()).unwrap();
    let shown: Value = serde_json::from_str(&bench.run(&["import", &card, "--json"])).unwrap();
    assert_eq!(shown["id"], "dana");
    assert!(shown["rest"].as_str().unwrap().ends_with("dana.card.json"), "{shown}");
    assert!(shown["statements"].to_string().contains("lore book: 1 kept"), "{shown}");
    let back: Value = serde_json::from_str(&bench.run(&["export", "dana"])).unwrap();
    for key in ["description", "mes_example", "first_mes", "odd", "character_book"] {
        assert_eq!(back["data"][key], dana[key], "{key}");
    }
    // The rest is no prompt file, and no other file is in the way of a session.
    assert!(bench.run(&["check"]).contains("31 clients"));
    let (code, told) = bench.fails(&["import", &card]);
    assert!(code == 1 && told.contains("there is a client `dana` already"), "{told}");
    bench.run(&["import", &card, "--id", "dana-b", "--type", "sceptic", "--topic", "mood"]);
    assert_eq!(bench.client("dana-b").kind, Kind::Sceptic);
    fs::write(&card, "{\"name\":").unwrap();
    let (code, told) = bench.fails(&["import", &card, "--id", "z"]);
    assert!(
        code == 1 && told.contains("dana.json: the card's JSON is damaged") && told.contains("hint:"),
        "{told}"
    );
}

#[test]
fn built_in_prompts_are_copied_and_changes_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("deep/prompts");
    let first = author::eject(&folder, Changed::Keep).unwrap();
    assert!(first.written > 50 && first.same == 0 && first.kept.is_empty());
    let (coach, notes) = (folder.join("coach.toml"), folder.join("notes.toml"));
    fs::write(&coach, "# mine\n").unwrap();
    fs::remove_file(&notes).unwrap();
    let second = author::eject(&folder, Changed::Keep).unwrap();
    assert_eq!((second.written, second.same), (1, first.written - 2));
    assert_eq!(second.kept, std::slice::from_ref(&coach));
    assert_eq!(fs::read_to_string(&coach).unwrap(), "# mine\n");
    let third = author::eject(&folder, Changed::Replace).unwrap();
    assert_eq!((third.written, third.kept.len()), (1, 0));
    assert_ne!(fs::read_to_string(&coach).unwrap(), "# mine\n");
    // What was copied is what is built in.
    let library = Library::load(None, Some(&folder)).unwrap();
    assert_eq!(library.changed(&Library::load(None, None).unwrap()), [""; 0]);
}

#[test]
fn the_folders_in_use_are_told() {
    let home = tempfile::tempdir().unwrap();
    let told = talk(home.path(), &["config", "path", "--json", "--data", "d", "--prompts", "p"], &[]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["data"], &told["cache"]), (&"d".into(), &"d".into()));
    let from: Vec<_> =
        told["prompts"].as_array().unwrap().iter().map(|layer| layer["from"].clone()).collect();
    assert_eq!(from, ["built-in", "user", "asked"]);
    assert!(talk(home.path(), &["config", "path"], &[]).contains("not there yet"));
    let ejected = talk(home.path(), &["prompts", "eject"], &[]);
    assert!(ejected.contains("files written"), "{ejected}");
    let told: Value = serde_json::from_str(&talk(home.path(), &["config", "path", "--json"], &[])).unwrap();
    assert_eq!(told["prompts"][1]["exists"], true);
}

#[test]
fn completions_and_manual_know_the_commands() {
    let home = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(talk(home.path(), &["completions", shell], &[]).contains("personas"), "{shell}");
    }
    assert!(talk(home.path(), &["man"], &[]).contains(".TH pushback"));
    assert!(talk(home.path(), &["man", "personas", "import"], &[]).contains("charx"));
    assert_eq!(fails(home.path(), &["man", "nothing"]).0, 2);
}

#[test]
fn a_check_tells_errors_from_warnings() {
    let bench = Bench::new();
    bench.run(&[&["new"], &SAM[..]].concat());
    let told: Value = serde_json::from_str(&bench.run(&["check", "--json"])).unwrap();
    assert_eq!((told["clients"].clone(), told["problems"].clone()), (31.into(), serde_json::json!([])));
    let warnings = told["warnings"].as_array().unwrap();
    assert!(warnings.len() == 2 && warnings[0]["line"].is_number(), "{told}");
    let (code, told) = bench.fails(&["check", "--strict"]);
    assert!(code == 3 && told.contains("warning: ") && !told.contains("error: "), "{told}");
    let file = Path::new(&bench.prompts).join("personas/sam.md");
    let text = fs::read_to_string(&file).unwrap().replace("age = 33", "agee = 33");
    fs::write(&file, text).unwrap();
    let (code, told) = bench.fails(&["check"]);
    assert!(code == 3 && told.contains("error: ") && told.contains("did you mean `age`?"), "{told}");
}

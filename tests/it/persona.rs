//! Persona files: what parses, what is refused and where, and those that ship.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pushback::domain::persona::{Gender, Kind, Persona, body, parse};
use pushback::domain::problem::Problem;

/// The smallest persona that parses.
const SMALL: &str = r#"+++
id = "ann"
name = "Ann Smith"
age = 30
gender = "female"
type = "sceptic"
topic = "smoking"
difficulty = 1
blurb = "A test."
aim = "That it parses."
openings = ["Hello."]

[start]
discord = 0.3
trust = 0.2
readiness = 0.1

[people]
who = "my aunt"

[words]
low = 3
median = 8
high = 15

[[facts]]
id = "pipe"
text = "She also has a pipe."
trust = 0.4
say = ["There's a pipe, too."]
+++

## Who

You are Ann.

## Examples

T: Hello.
C: Hm.
"#;

/// The personas that ship, by file name.
pub fn shipped() -> Vec<Persona> {
    let mut files: Vec<_> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| one(file.file_stem().unwrap().to_str().unwrap())).collect()
}

/// One of them.
pub fn one(id: &str) -> Persona {
    read(id).unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts/personas")
}

/// The shipped persona of that id, if there is one; the one that it extends is read first.
fn read(id: &str) -> Option<Persona> {
    let name = format!("{id}.md");
    let text = std::fs::read_to_string(folder().join(&name)).ok()?;
    Some(parse(&name, &text, &read).unwrap())
}

fn small() -> Persona {
    parse("ann.md", SMALL, &|_| None).unwrap()
}

fn problems(file: &str, text: &str) -> Vec<Problem> {
    parse(file, text, &|id| (id == "ann").then(small)).unwrap_err()
}

/// The small persona with `from` replaced gives exactly these problems, as `line: message`.
fn check(from: &str, to: &str, expected: &[&str]) {
    assert!(SMALL.contains(from), "{from}");
    let shown: Vec<_> =
        problems("ann.md", &SMALL.replacen(from, to, 1)).iter().map(ToString::to_string).collect();
    assert_eq!(shown, expected);
}

#[test]
fn a_small_persona_gets_the_defaults() {
    let ann = small();
    assert_eq!((ann.kind, ann.gender, ann.age), (Kind::Sceptic, Gender::Female, 30));
    assert_eq!(ann.temperament.discord_gate, 0.40);
    assert_eq!(body::section(&ann.body, "Who"), Some("You are Ann."));
    assert_eq!(body::examples(&ann.body).unwrap(), [body::Exchange { trainee: "Hello.", client: "Hm." }]);
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    let text = format!("\u{feff}{}", SMALL.replace('\n', "\r\n"));
    let ann = parse("ann.md", &text, &|_| None).unwrap();
    assert_eq!(ann, Persona { body: ann.body.clone(), ..small() });
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_key() {
    let found = problems("ann.md", &SMALL.replace("blurb =", "blurp ="));
    assert_eq!(
        found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["ann.md:9: unknown field `blurp`"]
    );
    assert_eq!(found[0].hint.as_deref(), Some("did you mean `blurb`?"));
    let found = problems("ann.md", &SMALL.replace("trust = 0.2", "turst = 0.2"));
    assert_eq!((found[0].line, found[0].hint.as_deref()), (Some(15), Some("did you mean `trust`?")));
    let found = problems("ann.md", &SMALL.replace("\"sceptic\"", "\"skeptic\""));
    assert_eq!((found[0].line, found[0].hint.as_deref()), (Some(6), Some("did you mean `sceptic`?")));
}

#[test]
fn every_range_is_checked() {
    check("trust = 0.2", "trust = 1.2", &["ann.md:15: `start.trust` is 1.2, must be from 0 to 1"]);
    check("trust = 0.2", "trust = nan", &["ann.md:15: `start.trust` is NaN, must be from 0 to 1"]);
    check("trust = 0.4", "trust = -1", &["ann.md:29: `facts.0.trust` is -1, must be from 0 to 1"]);
    check("difficulty = 1", "difficulty = 4", &["ann.md:8: `difficulty` is 4, must be from 1 to 3"]);
    check("age = 30", "age = 9", &["ann.md:4: `age` is 9, must be from 10 to 99"]);
    check("[\"Hello.\"]", "[]", &["ann.md:11: `openings` has 0 entries, must have 1 to 20"]);
    check(
        "median = 8",
        "median = 80",
        &["ann.md:21: `words` must rise from low over median to high, within 1 to 120"],
    );
    check("who = \"my aunt\"", "who = \" \"", &["ann.md:19: `people.who` is empty"]);
    check("[\"There's a pipe, too.\"]", "[]", &["ann.md:30: `facts.0.say` has 0 entries, must have 1 to 8"]);
    check(
        "[start]",
        "[discord]\nwarn = 1\n\n[start]",
        &["ann.md:14: `discord` can weigh challenge, test, deflect and withdraw, not `warn`"],
    );
    check(
        "[start]",
        "[[keys]]\nmove = \"affirm\"\ndiscord = 3\n\n[start]",
        &["ann.md:15: `keys.0.discord` is 3, must be from 0 to 0.5"],
    );
    check("\"ann\"", "\"../ann\"", &["ann.md:2: `id` may have only a-z, 0-9 and -, at most 40 of them"]);
    check("\"ann\"", "\"bob\"", &["ann.md:2: `id` is `bob`, but the file is called `ann`"]);
}

#[test]
fn two_facts_cannot_share_an_id() {
    let fact = "[[facts]]\nid = \"pipe\"\ntext = \"x\"\ntrust = 0\nsay = [\"x\"]\n+++\n\n## Who";
    check("+++\n\n## Who", fact, &["ann.md:32: two facts have the id `pipe`"]);
}

#[test]
fn the_body_needs_who_and_whole_examples() {
    check(
        "## Who",
        "## Whom",
        &["ann.md:32: the body has no section `## Who` with text", "ann.md:33: unknown section `## Whom`"],
    );
    check(
        "C: Hm.",
        "T: Hm.",
        &["ann.md:39: an example without an answer", "ann.md:40: an example without an answer"],
    );
    check("T: Hello.\n", "", &["ann.md:39: an answer without a line of the trainee"]);
    check(
        "T: Hello.",
        "Hello.",
        &[
            "ann.md:39: an example line must begin with `T:` or `C:`",
            "ann.md:40: an answer without a line of the trainee",
        ],
    );
}

#[test]
fn all_problems_come_at_once_in_the_order_of_the_lines() {
    let text = SMALL
        .replace("age = 30", "age = \"thirty\"")
        .replace("aim =", "aims =")
        .replace("discord = 0.3", "discord = 3")
        .replace("low = 3", "low = \"x\"\nhigt = 2")
        .replace("trust = 0.4", "trust = true");
    let lines: Vec<_> = problems("ann.md", &text).iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [4, 10, 14, 22, 23, 30].map(Some));
}

#[test]
fn what_is_no_persona_file_says_so() {
    assert_eq!(problems("ann.md", "")[0].message, "no front matter");
    assert_eq!(problems("ann.md", "+++\nid = \"ann\"\n")[0].message, "no front matter");
    assert_eq!(problems("ann.md", "+++\nid = \n+++\n")[0].line, Some(2));
    assert_eq!(problems("ann.md", &" ".repeat(70_000))[0].message, "larger than 65536 bytes");
    let missing = problems("ann.md", "+++\n+++\n");
    assert!(missing.iter().any(|problem| problem.message == "`people.who` is missing"));
    assert!(missing.iter().all(|problem| !problem.message.contains("must be")), "{missing:?}");
}

#[test]
fn extends_takes_everything_and_overrides_what_is_given() {
    let text = "+++\nextends = \"ann\"\nid = \"bea\"\nname = \"Bea\"\n[start]\ntrust = 0.9\n[temperament]\nfloor = 0.2\n+++\n";
    let bea = parse("personas/bea.md", text, &|id| (id == "ann").then(small)).unwrap();
    let mut expected = Persona { id: "bea".into(), name: "Bea".into(), ..small() };
    expected.start.trust = 0.9;
    expected.temperament.floor = 0.2;
    assert_eq!(bea, expected);
}

#[test]
fn small_words_are_checked_and_inherited_list_by_list() {
    let with = |manner: &str| SMALL.replace("[[facts]]", &format!("[manner]\n{manner}\n[[facts]]"));
    let found = problems("ann.md", &with("opener = [\"Look,\"]"));
    assert_eq!(found[0].hint.as_deref(), Some("did you mean `openers`?"));
    for (manner, expected) in [
        ("rate = 1", "ann.md:27: `manner.rate` is 1, must be from 0 to 0.8"),
        ("tags = [\"you know?\"]", "ann.md:27: `you know?` is no small word: it asks, or has a bracket"),
        (
            "fillers = [\", like,\"]",
            "ann.md:27: `, like,` must have no mark at either end: commas come by themselves",
        ),
    ] {
        assert_eq!(problems("ann.md", &with(manner))[0].to_string(), expected);
    }
    let talks = with("rate = 0.3\nopeners = [\"Look,\"]\ntags = [\"so\", \"…\"]");
    let ann = parse("ann.md", &talks, &|_| None).unwrap();
    let text = "+++\nextends = \"ann\"\nid = \"bea\"\n[manner]\nopeners = [\"Well,\"]\n+++\n";
    let bea = parse("bea.md", text, &|_| Some(ann.clone())).unwrap();
    assert_eq!((&bea.manner.openers[..], bea.manner.rate), (&["Well,".to_owned()][..], 0.3));
    assert_eq!(bea.manner.tags, ann.manner.tags);
    let again = parse("ann.md", &pushback::domain::persona::write(&ann), &|_| None).unwrap();
    assert_eq!(again.manner, ann.manner);
}

#[test]
fn extends_is_checked_like_the_rest() {
    let unknown = problems("bea.md", "+++\nid = \"bea\"\nextends = \"zoe\"\n+++\n");
    assert_eq!(unknown[0].to_string(), "bea.md:3: no persona `zoe` to extend");
    assert_eq!(unknown.len(), 1);
    let range = problems("bea.md", "+++\nid = \"bea\"\nextends = \"ann\"\nage = 120\n+++\n");
    assert_eq!(range[0].to_string(), "bea.md:4: `age` is 120, must be from 10 to 99");
    assert_eq!(problems("bea.md", "+++\nextends = \"ann\"\n+++\n")[0].message, "`id` is missing");
}

#[test]
fn ten_main_personas_ship_one_of_each_type() {
    let main = ["carol", "ellen", "gwen", "june", "martin", "nadia", "ray", "rosa", "tyler", "vince"];
    let kinds: BTreeSet<_> = main.iter().map(|id| one(id).kind).collect();
    assert_eq!(kinds.len(), 10);
}

#[test]
fn every_type_meets_three_topics_at_least() {
    let personas = shipped();
    let mut topics: BTreeMap<Kind, BTreeSet<&str>> = BTreeMap::new();
    for persona in &personas {
        topics.entry(persona.kind).or_default().insert(&persona.topic);
    }
    assert_eq!(topics.len(), 10);
    assert!(topics.values().all(|topics| topics.len() >= 3), "{topics:?}");
}

#[test]
fn a_variant_is_another_person_and_not_another_topic_alone() {
    let personas = shipped();
    let told = |p: &Persona| -> Vec<String> {
        let facts = p.facts.iter().flat_map(|fact| fact.say.iter().chain([&fact.text]));
        let own = [&p.name, &p.blurb, &p.aim, &p.body].into_iter().chain(&p.openings);
        own.chain(facts).cloned().collect()
    };
    for (i, a) in personas.iter().enumerate() {
        let of_a = told(a);
        for b in &personas[i + 1..] {
            let shared = told(b).into_iter().find(|text| of_a.contains(text));
            assert_eq!(shared, None, "{} and {}", a.id, b.id);
        }
    }
}

#[test]
fn every_shipped_persona_is_written_out() {
    for persona in shipped() {
        let id = &persona.id;
        assert!(persona.openings.len() >= 3, "{id}: openings");
        assert!(persona.facts.len() >= 3, "{id}: facts");
        assert!(persona.facts.iter().all(|fact| fact.say.len() >= 2 && !fact.cues.is_empty()), "{id}: facts");
        let examples = body::examples(&persona.body).unwrap().len();
        assert!((4..=6).contains(&examples), "{id}: {examples} examples");
        assert!(body::section(&persona.body, "Voice").is_some(), "{id}: voice");
    }
}

#[test]
fn no_shipped_persona_says_what_it_would_never_say() {
    for persona in shipped() {
        let examples = body::examples(&persona.body).unwrap();
        let spoken = examples.iter().map(|exchange| exchange.client);
        let facts = persona.facts.iter().flat_map(|fact| fact.say.iter().map(String::as_str));
        for line in spoken.chain(facts).chain(persona.openings.iter().map(String::as_str)) {
            let line = line.to_lowercase();
            let said = persona.never.iter().find(|word| line.contains(&word.to_lowercase()));
            assert_eq!(said, None, "{}: {line}", persona.id);
        }
    }
}

#[test]
fn what_is_locked_is_not_in_the_text_that_a_model_reads_from_the_start() {
    for persona in shipped() {
        let open = persona.body.to_lowercase();
        for line in persona.facts.iter().flat_map(|fact| fact.say.iter().chain([&fact.text])) {
            let words: Vec<_> = line.to_lowercase().split_whitespace().map(str::to_owned).collect();
            let leak = words.windows(5).map(|five| five.join(" ")).find(|five| open.contains(five));
            assert_eq!(leak, None, "{}", persona.id);
        }
    }
}

//! The pocket client's lines: what may be said, when, by whom.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::OnceLock;

use proptest::prelude::*;
use pushback::domain::action::Action;
use pushback::domain::dice::Dice;
use pushback::domain::lines::{Asks, Banks, Candidate, Query, Recall};
use pushback::domain::moves::Move;
use pushback::domain::persona::{Fact, Gender, Kind, Manner, People, Persona, Start, Temperament, Words};
use pushback::domain::problem::Problem;

mod bundled;
mod finding;
mod going_on;
mod joined;
mod later;
mod manner;
mod own;

/// The client of a test: everything that a line can ask for.
fn client(id: &str, kind: Kind, topic: &str, gender: Gender, age: u8, people: People, body: &str) -> Persona {
    Persona {
        id: id.to_owned(),
        name: id.to_owned(),
        age,
        gender,
        kind,
        topic: topic.to_owned(),
        difficulty: 2,
        blurb: String::new(),
        aim: String::new(),
        start: Start { discord: 0.3, trust: 0.2, readiness: 0.2 },
        temperament: Temperament::default(),
        keys: Vec::new(),
        triggers: Vec::new(),
        bias: BTreeMap::new(),
        discord: BTreeMap::new(),
        people,
        facts: Vec::new(),
        openings: Vec::new(),
        words: Words { low: 4, median: 9, high: 17 },
        manner: Manner::default(),
        never: Vec::new(),
        body: body.to_owned(),
    }
}

/// `who; kid; friend; partner; job`, any of them empty.
fn people(text: &str) -> People {
    let mut parts = text.split(';').map(|p| Some(p.trim().to_owned()).filter(|p| !p.is_empty()));
    let mut next = || parts.next().flatten();
    People { who: next().unwrap_or_default(), kid: next(), friend: next(), partner: next(), job: next() }
}

/// One client of each kind, in outline.
fn ten() -> Vec<Persona> {
    use Gender::{Female, Male};
    let made = [
        (
            Kind::Mandated,
            "drinking",
            Male,
            41,
            "my PO; Mia; ; ; delivery driver",
            "A DUI, court. Daughter Mia.",
        ),
        (Kind::Adolescent, "school", Male, 15, "my mom; ; Marcus", "Skips school."),
        (Kind::Mistrust, "parenting", Female, 47, "the caseworker; Josie", "Daughter Josie, 14."),
        (Kind::Defiant, "anger", Male, 38, "my wife; Leo; ; my wife; roofer", "Son Leo, 9."),
        (Kind::ShutDown, "mood", Female, 34, "my sister; ; ; ; library assistant", "Her father died."),
        (Kind::YesBut, "weight", Female, 52, "my doctor; ; ; ; school secretary", "Grown son Ben."),
        (Kind::ResistsAutonomy, "smoking", Female, 29, "my mother; ; ; ; receptionist", "Asks what to do."),
        (Kind::TraumaGuarded, "drinking", Female, 36, "my sister; ; ; ; baker", "Works nights."),
        (Kind::CulturalMistrust, "diabetes", Female, 58, "my daughter; Elena", "Daughter Elena, grown."),
        (Kind::Sceptic, "gambling", Male, 45, "my wife; Sophie; ; my wife; surveyor", "Daughter Sophie."),
    ];
    let named = |(kind, topic, gender, age, names, body): (Kind, &str, Gender, u8, &str, &str)| {
        client(&format!("{kind:?}"), kind, topic, gender, age, people(names), body)
    };
    made.into_iter().map(named).collect()
}

fn ray() -> Persona {
    ten().remove(0)
}

/// The bundled banks, read once.
fn bundled() -> &'static (Banks, Vec<Problem>) {
    static BANKS: OnceLock<(Banks, Vec<Problem>)> = OnceLock::new();
    BANKS.get_or_init(|| Banks::parse(&bundled_files()))
}

fn bundled_files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts/lines");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "txt" || e == "toml") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                files.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// A question to the banks, in a form short enough for a table.
#[derive(Clone)]
struct Ask<'a> {
    action: Action,
    moves: &'a [Move],
    trainee: &'a str,
    said: &'a [&'a str],
    trainee_said: &'a [&'a str],
    words: u16,
    fact: Option<&'a Fact>,
    limit: usize,
    seed: u64,
}

const ASK: Ask<'static> = Ask {
    action: Action::Deny,
    moves: &[],
    trainee: "",
    said: &["Here I am."],
    trainee_said: &["Hello."],
    words: 0,
    fact: None,
    limit: 50,
    seed: 1,
};

/// The one door to `eligible`.
fn check(banks: &Banks, persona: &Persona, ask: &Ask<'_>) -> Vec<Candidate> {
    let said: Vec<String> = ask.said.iter().map(|s| (*s).to_owned()).collect();
    let trainee_said: Vec<String> = ask.trainee_said.iter().map(|s| (*s).to_owned()).collect();
    let query = Query {
        action: ask.action,
        moves: ask.moves,
        apology: false,
        trainee: ask.trainee,
        said: &said,
        trainee_said: &trainee_said,
        recall: Recall::default(),
        words: ask.words,
        fact: ask.fact,
        limit: ask.limit,
        dice: Dice::new(ask.seed),
    };
    banks.eligible(persona, &query)
}

/// What ray may say from a small bank, best first.
fn check_small(files: &[(&str, &str)], ask: &Ask<'_>) -> Vec<String> {
    texts(&check(&small(files), &ray(), ask))
}

fn small(files: &[(&str, &str)]) -> Banks {
    let (banks, problems) = parse(files);
    assert_eq!(problems, [], "a small bank that cannot be read");
    banks
}

fn parse(files: &[(&str, &str)]) -> (Banks, Vec<Problem>) {
    let owned: Vec<(String, String)> =
        files.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect();
    Banks::parse(&owned)
}

fn texts(candidates: &[Candidate]) -> Vec<String> {
    candidates.iter().map(|c| c.text.clone()).collect()
}

fn has(texts: &[String], text: &str) -> bool {
    texts.iter().any(|t| t == text)
}

const BELIEF: &str = "@topic drinking
THING drinking
S
y: you drink less than the people you know | you are the light one
m: I'm the light one at work.
e: Nobody orders them to counseling.
a: there is not one thing about your drinking that stands out
w: Okay, one or two things stand out.
q: how does your drinking compare with other people's
act: downplay
";

// ---- who may say it

#[test]
fn a_line_asks_for_what_its_words_and_braces_say() {
    let needs = "[[need]]\nwords = '\\bmy wife\\b'\nage = \"adult\"\nmentions = '\\bwife\\b'\n\
                 [[need]]\nwords = '\\bbeers?\\b'\ntopic = [\"drinking\"]\n\
                 [[need]]\nwords = '\\bjudge\\b'\nkind = [\"mandated\"]\n";
    let types = "@move openq\ndeny: Ask my wife. | One beer. | Ask the judge. | As a mother, no. {+f} | I'm a kid. {+teen} | My <job> hours. | <partner> says no. | Plain.\n";
    let banks = small(&[("needs.toml", needs), ("moves.txt", types)]);
    let said = |persona: &Persona| {
        let mut found = texts(&check(&banks, persona, &Ask { moves: &[Move::OpenQuestion], ..ASK }));
        found.sort();
        found.join(" / ")
    };
    let clients = ten();
    assert_eq!(said(&clients[0]), "Ask the judge. / My delivery driver hours. / One beer. / Plain.");
    assert_eq!(said(&clients[1]), "I'm a kid. / Plain.");
    assert_eq!(said(&clients[3]), "Ask my wife. / My roofer hours. / My wife says no. / Plain.");
    assert_eq!(said(&clients[7]), "As a mother, no. / My baker hours. / One beer. / Plain.");
}

#[test]
fn a_word_that_the_client_never_says_is_kept_back() {
    let mut persona = ray();
    persona.never = vec!["Sorry".to_owned()];
    let banks = small(&[("types/a.txt", "@type mandated\ndeny: Sorry, no. | No.\n")]);
    assert_eq!(texts(&check(&banks, &persona, &ASK)), ["No."]);
}

// ---- not twice

#[test]
fn nothing_comes_twice_but_a_minimal_line_after_eight_turns_and_for_want_of_others() {
    let files =
        [("types/a.txt", "@type mandated\nminimal: Fine.\ndeny: I told you so already. Nothing to it.\n")];
    let engage = Ask { action: Action::Engage, ..ASK };
    assert_eq!(check_small(&files, &engage), ["Fine."]);
    let recent = Ask { said: &["Fine.", "b"], ..engage.clone() };
    assert_eq!(
        check_small(&files, &recent),
        ["I told you so already. Nothing to it."],
        "any other line is better"
    );
    let sentence = ["Fine.", "Well. I told you so already.", "c", "d", "e", "f", "g", "h", "i"];
    assert_eq!(check_small(&files, &Ask { said: &sentence, ..engage }), ["Fine."]);
}

#[test]
fn the_same_dice_give_the_same_order_and_the_limit_holds() {
    let ask = Ask { action: Action::Challenge, limit: 7, ..ASK };
    let order = |seed| texts(&check(&bundled().0, &ray(), &Ask { seed, ..ask.clone() }));
    assert_eq!(order(1), order(1));
    assert_eq!(order(1).len(), 7);
    assert!((2..20).any(|seed| order(seed) != order(1)), "no seed changes anything");
}

// ---- files

#[test]
fn a_later_file_adds_lines() {
    let first = ("types/a.txt", "@type mandated\ndeny: From the first.\n");
    let second = ("mine/a.txt", "@type mandated\ndeny: From the second.\n");
    let found = check_small(&[first, second], &ASK);
    assert!(has(&found, "From the first.") && has(&found, "From the second."), "{found:?}");
}

#[test]
fn what_cannot_be_read_is_named_with_its_line() {
    let table = [
        ("a.txt", "@type mandatd\ndeny: x\n", "a.txt:1: unknown type `mandatd` | did you mean `mandated`?"),
        ("a.txt", "@type mandated\ndenny: x\n", "a.txt:2: unknown tag `denny` | did you mean `deny`?"),
        (
            "a.txt",
            "@type mandated\ndeny/advise: x\n",
            "a.txt:2: unknown move `advise` | did you mean `advice`?",
        ),
        ("a.txt", "# nothing\n\n@tipe mandated\n", "a.txt:3: unknown header `tipe` | did you mean `type`?"),
        ("a.txt", "deny: x\n", "a.txt:1: this line stands under no header | headers begin with @"),
        ("a.txt", "@type mandated\nno colon\n", "a.txt:2: expected `name: text`"),
        ("a.txt", "@type mandated\ndeny: x {+woman}\n", "a.txt:2: unknown need `woman`"),
        ("a.txt", "@x any|openq\n", "a.txt:1: expected `types|topics|tag|move` after this header"),
        ("a.txt", "@m any|any|openq\ndeny: x\n", "a.txt:2: a reply without the `T:` that it answers"),
        (
            "a.txt",
            "@m any|gambling|openq\nT: a\ndeny: x\n",
            "a.txt:1: topic `gambling` has no @topic of its own | add topics/NAME.txt, or mend the name",
        ),
        (
            "a.txt",
            "@topic x\nS\nz: a\n",
            "a.txt:3: unknown key `z` | known: y m e a w q act (belief), yb ar so mi in (answers)",
        ),
        ("echo.txt", "complex: a => b\n", "echo.txt:1: expected `move|tag: trainee => reply | reply`"),
        ("words.txt", "n: your job\n", "words.txt:1: expected `yours|mine`: your job"),
        ("needs.toml", "[[need]]\nword = 'x'\n", "needs.toml:2: unknown field `word`"),
        ("needs.toml", "[[need]]\nwords = '('\n", "needs.toml: a pattern cannot be read: unclosed group"),
        (
            "needs.toml",
            "[turn]\nopeningg = ['x']\n",
            "needs.toml: unknown kind of turn `openingg` | did you mean `opening`?",
        ),
        (
            "synonyms.toml",
            "[class]\na = [\"one two three\"]\n",
            "synonyms.toml: `one two three` in class `a` is not one or two words",
        ),
        (
            "other.toml",
            "",
            "other.toml: not a file of lines | lines are .txt; only needs.toml and synonyms.toml are TOML",
        ),
    ];
    for (name, text, expected) in table {
        let (_, problems) = parse(&[(name, text)]);
        let first = problems.first().unwrap_or_else(|| panic!("no problem in {text:?}"));
        let hint = first.hint.as_ref().map_or_else(String::new, |h| format!(" | {h}"));
        let shown = format!("{first}{hint}");
        assert!(shown.starts_with(expected), "{text:?}\n  gave     {shown}\n  expected {expected}");
    }
}

#[test]
fn the_lint_names_what_an_author_should_mend() {
    let needs = "[lint]\ntherapist = ['\\bsafe space\\b']\nrole_break = ['\\blanguage model\\b']\ncrisis = ['\\bsuicid']\n";
    let long = format!("@move openq\ndeny: {}\n", "so ".repeat(46));
    let questions = format!("@move openq\n{}", "inform: Is it so?\n".repeat(30));
    let table = [
        ("@move openq\ndeny: This is a safe space.\n", "speaks like a therapist"),
        ("@move openq\ndeny: I am a language model.\n", "leaves the role"),
        ("@move openq\ndeny: I spoke of suicide.\n", "crisis words belong in risk.txt"),
        ("@move crisis\ndeny: No.\n", "crisis words belong in risk.txt"),
        ("@move openq\ndeny: <who> says he knows.\n", "he or she after <who>"),
        ("@move openq\ndeny: My <dog> knows.\n", "unknown slot `<dog>`"),
        (
            "@move openq\ndeny: <friend> knows.\ninform: That's all I know.\nargue: That is not all I know! | That's all, I know.\n",
            "said already in a.txt:3",
        ),
        (
            "@move openq\ndeny: I have been working at that place for years.\nargue: I have been working at that place for years now.\n",
            "nearly the same as a.txt:2",
        ),
        ("@move openq\nminimal: I have rather more to say than that.\n", "a minimal line of 8 words"),
        (long.as_str(), "46 words, 45 at most"),
        (questions.as_str(), "lines are questions"),
    ];
    for (text, expected) in table {
        let banks = small(&[("needs.toml", needs), ("a.txt", text)]);
        let shown: Vec<String> = banks.lint(&[&ray()]).iter().map(ToString::to_string).collect();
        assert!(shown.iter().any(|p| p.contains(expected)), "{text:?} gave {shown:?}");
    }
    let clean = small(&[("needs.toml", needs), ("a.txt", "@move openq\ndeny: <kid> is six. | No.\n")]);
    assert_eq!(clean.lint(&[&ray()]), []);
}

#[test]
fn the_pairs_are_what_the_program_has() {
    let dialogue =
        "@d mandated drinking m\nT opening: Hello.\nC deny: First.\nT openq: And?\nC attack: Second.\n";
    let trainee = "@move simple\n[So|And] {y}.\n";
    let banks = small(&[("topics/drinking.txt", BELIEF), ("d.txt", dialogue), ("trainee.txt", trainee)]);
    let shown: Vec<String> = (banks.pairs(&[]))
        .map(|p| format!("{:?} {} after {:?}, {} wordings", p.tag, p.reply, p.predecessor, p.trainee.len()))
        .collect();
    assert_eq!(
        shown,
        [
            "Downplay I'm the light one at work. after None, 1 wordings",
            "Downplay I'm the light one at work. after None, 2 wordings",
            "Downplay Nobody orders them to counseling. after None, 2 wordings",
            "Soften Okay, one or two things stand out. after None, 1 wordings",
            "Deny First. after None, 1 wordings",
            "Attack Second. after Some(\"First.\"), 1 wordings",
        ]
    );
    let wordings: Vec<Vec<String>> = banks.wordings().map(|w| w.wordings).collect();
    assert_eq!(wordings, [["So {y}.", "And {y}."]]);
    let replies: HashSet<String> = bundled().0.pairs(&[]).map(|p| p.reply).collect();
    assert!(replies.len() > 5000, "{} replies", replies.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_file_is_too_odd_to_read(text in "(@(type|move|topic|x|m|d) )?[a-z@:|/ {}<>\\[\\]+$éß…\n]{0,200}") {
        for name in ["a.txt", "echo.txt", "words.txt", "trainee.txt", "needs.toml", "synonyms.toml", "risk.txt"] {
            let (banks, _) = parse(&[(name, &text)]);
            let _ = check(&banks, &ray(), &Ask { trainee: &text, ..ASK });
            let _ = banks.lint(&[&ray()]);
            prop_assert_eq!(banks.pairs(&[]).count() >= banks.stats().replies, true);
        }
    }

    #[test]
    fn no_reply_is_too_odd_to_answer(trainee in "\\PC{0,120}") {
        let found = check(&bundled().0, &ray(), &Ask { trainee: &trainee, ..ASK });
        prop_assert!(!found.is_empty());
    }
}

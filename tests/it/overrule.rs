//! A trainer overrules the judge: the verdict, the client from there on, what is kept, what is exported.

use std::ops::ControlFlow;
use std::path::Path as Folder;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use pushback::app::AppError;
use pushback::app::practise::Practice;
use pushback::app::voice::Voice;
use pushback::domain::client;
use pushback::domain::hearing;
use pushback::domain::judge::{BY_TRAINER, Band, Code, Judge, Technique, codes_named};
use pushback::domain::moves::Move;
use pushback::domain::session::{Reply, Said, Turn};
use pushback::engine::scripted::Scripted;
use pushback::store::Store;
use serde_json::Value;

use crate::cli::{events, talk};
use crate::judge::table::cases;
use crate::support::practice::{cast, library, practice};

fn mumbling() -> Scripted {
    Scripted::new(["Sure.", "If you say so.", "Whatever you need to hear.", "It's in the file."])
}

fn answer(practice: &mut Practice) -> Reply {
    practice.answer(&mut |_| ControlFlow::Continue(()), &|| false).unwrap().clone()
}

fn exchange(practice: &mut Practice, text: &str) -> Reply {
    practice.hear(text).unwrap();
    answer(practice)
}

fn head(practice: &Practice) -> Turn {
    practice.path().head().unwrap().clone()
}

fn resumed(folder: &Folder) -> Practice {
    let notes = std::sync::Arc::new(library().notes().unwrap());
    let voice = Voice::Free { engine: Box::new(mumbling()), notes, candidates: 3, failed: 0 };
    Practice::resume(Store::open(folder).unwrap(), cast(voice), None).unwrap()
}

/// A session in which the second reply was judged as `codes` from the start.
fn judged_so(folder: &Folder, lines: [&str; 2], codes: &[Code]) -> Practice {
    let mut first = practice("ray", 5, Store::open(folder).unwrap(), mumbling());
    exchange(&mut first, lines[0]);
    let (id, path) = (first.id(), first.path().clone());
    drop(first);
    let verdict = hearing::overruled(&path, Judge::builtin(), lines[1], codes);
    let said = Said { text: lines[1].to_owned(), verdict };
    Store::open(folder).unwrap().append(id, path.head(), Some(&said)).unwrap();
    let mut practice = resumed(folder);
    answer(&mut practice);
    practice
}

#[test]
fn the_state_is_as_if_the_reply_had_been_judged_so_from_the_start() {
    let first = "You'd rather be at work than in here.";
    for (second, codes) in [
        ("You need to stop drinking.", "complex_reflection"),
        ("You are in denial about your drinking.", "simple_reflection+emphasise_autonomy"),
        ("What you do about it is completely up to you.", "confront"),
        ("What would you like to be different?", "question_closed+give_information"),
        ("You hate being told what to do.", "persuade"),
        ("I'm sorry, I got that wrong.", "not_coded"),
    ] {
        let codes = codes_named(codes).unwrap();
        let mut overruled = practice("ray", 5, Store::in_memory().unwrap(), mumbling());
        exchange(&mut overruled, first);
        let spoken = exchange(&mut overruled, second);
        let by_judge = head(&overruled);
        overruled.overrule(&codes).unwrap();
        let turn = head(&overruled);

        let folder = tempfile::tempdir().unwrap();
        let mut so_judged = judged_so(folder.path(), [first, second], &codes);
        let (ours, theirs) = (turn.reply.clone().unwrap(), head(&so_judged).reply.unwrap());
        assert_eq!((&ours.fact, &theirs.fact), (&None, &None), "a fact would tell the two apart");
        assert_eq!((&ours.state, &ours.why), (&theirs.state, &theirs.why), "{second}");
        assert_eq!(turn.trainee.as_ref().unwrap().verdict, head(&so_judged).trainee.unwrap().verdict);
        assert_ne!(ours.state, spoken.state, "{second}");
        assert_eq!((&ours.text, ours.action), (&spoken.text, spoken.action), "what was said stays");
        let kept = turn.overruled.unwrap();
        assert_eq!((&kept.verdict, &kept.state), (&by_judge.trainee.unwrap().verdict, &spoken.state));

        // The next turn proceeds from there: in both alike where the client had done the same.
        let next = exchange(&mut overruled, "It's your call.");
        assert_eq!(next.state, stepped(&overruled, &ours), "{second}");
        if ours.action == theirs.action {
            assert_eq!(next.state, exchange(&mut so_judged, "It's your call.").state, "{second}");
        }
    }
}

/// The state that the newest reply leads to from where `before` left the client.
fn stepped(practice: &Practice, before: &Reply) -> client::State {
    let turn = head(practice);
    let said = turn.trainee.unwrap();
    let heard = client::Heard {
        moves: &said.verdict.moves,
        apology: said.verdict.techniques.contains(&Technique::DiscordRepair),
        words: &said.text,
        asks_plan: client::asks_for_plan(&said.verdict.moves, &said.text),
    };
    let state = client::step(practice.persona(), &before.state, &heard).state;
    let reply = turn.reply.unwrap();
    reply.fact.map_or(state.clone(), |fact| client::told(&state, &fact))
}

#[test]
fn an_overrule_belongs_to_its_turn() {
    let mut practice = practice("ray", 5, Store::in_memory().unwrap(), mumbling());
    exchange(&mut practice, "You'd rather be at work.");
    let before = practice.path().clone();
    exchange(&mut practice, "You need to stop drinking.");
    practice.overrule(&[Code::ComplexReflection]).unwrap();
    // Back to a turn that nobody overruled; the same words again are judged by the judge.
    practice.undo().unwrap();
    assert_eq!(*practice.path(), before);
    exchange(&mut practice, "You need to stop drinking.");
    assert_eq!(head(&practice).overruled, None);
    assert_eq!(head(&practice).trainee.unwrap().verdict.codes, [Code::Persuade]);
    // A turn that was overruled and is gone back to is still overruled.
    practice.overrule(&[Code::Affirm]).unwrap();
    exchange(&mut practice, "It's your call.");
    practice.undo().unwrap();
    assert_eq!(head(&practice).trainee.unwrap().verdict.codes, [Code::Affirm]);
}

#[test]
fn an_overrule_is_kept_and_the_newest_is_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = practice("ray", 5, Store::open(folder.path()).unwrap(), mumbling());
    exchange(&mut first, "You need to stop drinking.");
    first.overrule(&[Code::ComplexReflection]).unwrap();
    first.overrule(&[Code::QuestionOpen, Code::Affirm]).unwrap();
    let (id, path) = (first.id(), first.path().clone());
    drop(first);
    let mut second = resumed(folder.path());
    assert_eq!(*second.path(), path);
    let own = &head(&second).overruled.unwrap().verdict;
    assert_eq!(own.codes, [Code::Persuade], "the judge's own, not the first overrule");
    assert_eq!(second.summary().codes, [(Code::QuestionOpen, 1), (Code::Affirm, 1)]);
    let sent = second.path().before_answer(1).unwrap();
    assert_eq!(sent.head().unwrap().trainee.as_ref().unwrap().verdict, *own, "the client answered on this");
    let from = head(&second).reply.unwrap();
    let next = exchange(&mut second, "It's your call.");
    assert_eq!(next.state, stepped(&second, &from));
    drop(second);
    let raw = rusqlite::Connection::open(folder.path().join("sessions.db")).unwrap();
    let rows: Vec<String> = raw
        .prepare("SELECT codes FROM overrides WHERE at IS NOT NULL ORDER BY id")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(rows, ["[\"complex_reflection\"]", "[\"question_open\",\"affirm\"]"]);
    let error = raw.execute("UPDATE overrides SET codes = '[]'", []).unwrap_err().to_string();
    assert!(error.contains("append-only"), "{error}");
    assert_eq!(Store::open(folder.path()).unwrap().overruled(id).unwrap().len(), 1);
}

#[test]
fn a_database_from_before_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = practice("ray", 5, Store::open(folder.path()).unwrap(), mumbling());
    exchange(&mut first, "You need to stop drinking.");
    let path = first.path().clone();
    drop(first);
    let raw = rusqlite::Connection::open(folder.path().join("sessions.db")).unwrap();
    raw.execute_batch(
        "DROP TRIGGER exam_has_ended; DROP TRIGGER exam_was_answered; DROP TABLE exam_end; DROP TABLE seal;
         DROP TABLE exam; DROP TABLE overrides; PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(raw);
    let mut second = resumed(folder.path());
    assert_eq!(*second.path(), path);
    second.overrule(&[Code::Affirm]).unwrap();
    assert_eq!(*resumed(folder.path()).path(), *second.path());
}

#[test]
fn what_can_t_be_overruled_is_said() {
    let mut practice = practice("ray", 5, Store::in_memory().unwrap(), mumbling());
    assert!(matches!(practice.overrule(&[Code::Affirm]), Err(AppError::NothingToOverrule)));
    practice.hear("Hello.").unwrap();
    assert!(matches!(practice.overrule(&[Code::Affirm]), Err(AppError::NotAnswered)));
}

#[test]
fn a_session_that_went_on_elsewhere_is_not_overruled() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = practice("ray", 5, Store::open(folder.path()).unwrap(), mumbling());
    exchange(&mut one, "You need to stop drinking.");
    exchange(&mut resumed(folder.path()), "It's your call.");
    assert!(matches!(one.overrule(&[Code::Affirm]), Err(AppError::Store(_))));
    assert_eq!(head(&one).overruled, None);
}

#[test]
fn codes_are_read_as_a_person_writes_them() {
    let read = |text: &str| codes_named(text);
    assert_eq!(read("affirm"), Ok(vec![Code::Affirm]));
    let both = Ok(vec![Code::ComplexReflection, Code::Affirm]);
    assert_eq!(read("complex_reflection+affirm"), both);
    assert_eq!(read(" Complex reflection + AFFIRM+complex-reflection"), both);
    for (wrong, near) in [
        ("complex_refelction", Some(Code::ComplexReflection)),
        ("autonomy", Some(Code::EmphasiseAutonomy)),
        ("emphasize_autonomy", Some(Code::EmphasiseAutonomy)),
        ("zzzz", None),
        ("", None),
    ] {
        let error = read(&format!("affirm+{wrong}")).unwrap_err();
        assert_eq!((error.asked.as_str(), error.nearest), (wrong, near));
    }
}

#[test]
fn the_same_codes_keep_what_the_judge_saw() {
    let heard = |client| pushback::domain::judge::Heard {
        client,
        talk: pushback::domain::talk::Talk::Sustain,
        discord: true,
        ..Default::default()
    };
    let text = "There's absolutely no benefit in you being here at all.";
    let verdict = Judge::builtin().overruled(&heard("Therapy is useless."), text, &[Code::ComplexReflection]);
    assert_eq!(verdict.moves, [Move::Alongside], "an amplified reflection stays one");
    assert!(verdict.techniques.contains(&Technique::AmplifiedReflection), "{:?}", verdict.techniques);
    let verdict = Judge::builtin().overruled(&heard("No."), text, &[Code::Confront, Code::ComplexReflection]);
    assert_eq!((verdict.moves.as_slice(), verdict.band), (&[Move::Argue][..], Band::Arguing));
}

#[test]
fn the_judge_s_own_codes_move_the_client_as_the_judge_does() {
    // What has no code moves the client by its reason, of which nothing is given.
    let other: Vec<_> = cases()
        .iter()
        .filter(|case| Judge::builtin().reply(&case.heard(), case.reply).codes != [Code::NotCoded])
        .filter_map(|case| {
            let own = Judge::builtin().reply(&case.heard(), case.reply);
            let again = Judge::builtin().overruled(&case.heard(), case.reply, &own.codes);
            (own.moves != again.moves)
                .then(|| format!("{}: {:?} {:?} {:?}", case.reply, own.codes, own.moves, again.moves))
        })
        .collect();
    assert!(other.is_empty(), "{} of {}:\n{}", other.len(), cases().len(), other.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_codes_make_a_sound_verdict(
        case in select(cases()),
        codes in subsequence(Code::ALL.to_vec(), 1..=4),
    ) {
        let verdict = Judge::builtin().overruled(&case.heard(), case.reply, &codes);
        prop_assert!(codes.iter().all(|c| verdict.codes.contains(c)
            || (*c == Code::SimpleReflection && codes.contains(&Code::ComplexReflection))
            || (*c == Code::NotCoded && codes.len() > 1)));
        prop_assert!(verdict.codes.iter().all(|c| codes.contains(c)));
        prop_assert!((-1.0..=1.0).contains(&verdict.score) && (-1.0..=1.0).contains(&verdict.steer));
        prop_assert!((1..=2).contains(&verdict.moves.len()));
        prop_assert!(verdict.findings.iter().filter(|f| f.why == BY_TRAINER).count() >= verdict.codes.len());
        for finding in &verdict.findings {
            prop_assert!(case.reply.get(finding.at.clone()).is_some_and(|s| !s.is_empty()), "{:?}", finding);
        }
        prop_assert!(!codes.contains(&Code::Confront) || verdict.moves == [Move::Argue], "{:?}", verdict.moves);
    }
}

#[test]
fn a_trainer_overrules_in_a_conversation() {
    let home = tempfile::tempdir().unwrap();
    let chat = ["--persona", "ray", "--seed", "7"];
    let told = talk(
        home.path(),
        &chat,
        &[
            "You need to stop drinking.",
            "/overrule complex_reflection+affirm",
            "/why",
            "It's up to you.",
            "/quit",
        ],
    );
    assert!(told.contains("“You need to stop drinking.”: overruled by a trainer"), "{told}");
    assert!(told.contains("Ray goes on from: discord"), "{told}");
    assert!(told.contains("The judge had: arguing"), "{told}");
    let shown = talk(home.path(), &["sessions", "show"], &[]);
    assert!(shown.contains("overruled by a trainer; the judge had arguing"), "{shown}");
    let gone_on = talk(home.path(), &["chat", "--continue"], &["/undo", "/why", "/end"]);
    assert!(gone_on.contains("The judge had: arguing"), "{gone_on}");
    assert!(gone_on.contains("1 complex reflection, 1 affirm"), "{gone_on}");
    let json: Value = serde_json::from_str(&talk(home.path(), &["sessions", "show", "--json"], &[])).unwrap();
    assert_eq!(json["turns"][1]["overruled"]["verdict"]["codes"][0], "persuade");
    assert_eq!(json["turns"][1]["trainee"]["verdict"]["codes"][0], "complex_reflection");
}

#[test]
fn overruling_has_its_events() {
    let home = tempfile::tempdir().unwrap();
    let lines = [
        "/overrule affirm",
        "You need to stop drinking.",
        "/overrule afirm",
        "/overrule",
        "/overrule affirm",
    ];
    let events = events(&talk(home.path(), &["--persona", "ray", "--seed", "1", "--json"], &lines));
    let names: Vec<_> = events.iter().map(|e| e["event"].as_str().unwrap()).collect();
    let turn = ["verdict", "coach", "client", "state"];
    let overruled = ["overrule", "verdict", "state"];
    let expected =
        [&["client", "state", "error"][..], &turn, &["error", "error"], &overruled, &["summary"]].concat();
    assert_eq!(names, expected);
    assert_eq!(events[7]["hint"], "did you mean `affirm`?");
    assert!(events[8]["hint"].as_str().unwrap().contains("emphasise_autonomy"), "{}", events[8]);
    assert_eq!((&events[9]["turn"], &events[9]["codes"][0]), (&1.into(), &"affirm".into()));
    assert!(events[3]["score"].as_f64().unwrap() < 0.0 && events[10]["score"].as_f64().unwrap() > 0.0);
    assert!(events[11]["discord"].as_f64() < events[6]["discord"].as_f64());
}

#[test]
fn practice_hears_what_the_client_said_turns_ago() {
    let mut practice = practice("ray", 5, Store::in_memory().unwrap(), mumbling());
    exchange(&mut practice, "Okay.");
    exchange(&mut practice, "I see.");
    let (path, judge) = (practice.path(), Judge::builtin());
    let opening = path.turns()[0].reply.as_ref().unwrap();
    let last = path.last_reply().unwrap();
    let reply = "Your twelve sessions, signed.";
    assert!(opening.text.contains("Twelve sessions") && !last.text.contains("sessions"), "{}", opening.text);
    let alone = judge.reply(&hearing::heard_reply(last), reply);
    let heard = hearing::reply(path, judge, reply);
    assert_eq!(alone.codes, heard.codes);
    assert!(heard.score > alone.score, "surer that it reflects: {} {}", heard.score, alone.score);
}

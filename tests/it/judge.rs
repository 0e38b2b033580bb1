//! The judge: what it says of single replies, of client turns and of whole transcripts.

use std::path::Path;

use pushback::domain::judge::bulk::{Coded, Coder, Record};
use pushback::domain::judge::{
    Band, Behaviour, Code, Consistency, Feature, Heard, Judge, Known, Label, Permission, Technique, Track,
    Verdict,
};
use pushback::domain::moves::Move;
use pushback::domain::problem::Problem;
use pushback::domain::talk::Talk;
use pushback::files::transcript::{Options, Reader};

use table::{Case, cases, name_of};

mod formats;
mod invented;
mod long;
mod properties;
pub mod table;

fn after_sustain(client: &str, reply: &str) -> Verdict {
    Judge::builtin().reply(&Heard { client, talk: Talk::Sustain, ..Heard::default() }, reply)
}

fn after_discord(client: &str, reply: &str) -> Verdict {
    let heard = Heard { client, talk: Talk::Sustain, discord: true, ..Heard::default() };
    Judge::builtin().reply(&heard, reply)
}

/// A reply as a whole sentence, so that another can follow.
fn ended(reply: &str) -> String {
    if reply.ends_with(['.', '?', '!']) { reply.to_owned() } else { format!("{reply}.") }
}

#[test]
fn naming_discomfort_beats_pushing_the_exercise() {
    let client = "This exercise isn't for me.";
    let bad = after_sustain(client, "You need to work on this.");
    let good = after_sustain(
        client,
        "I notice that this exercise feels uncomfortable for you. Can you tell me more about that?",
    );
    assert!(bad.score < 0.0 && good.score > 0.0, "{} {}", bad.score, good.score);
    assert_eq!(bad.moves, [Move::Advise]);
    assert!(good.moves.iter().all(|m| *m > Move::ClosedQuestion), "{:?}", good.moves);
}

#[test]
fn amplifying_beats_any_rebuttal() {
    let client = "Therapy is useless.";
    let good = after_discord(client, "There's absolutely no benefit in you being here at all.");
    assert_eq!(good.moves, [Move::Alongside]);
    for rebuttal in [
        "That's not true.",
        "Actually, research shows that it helps most people.",
        "You haven't even tried it.",
        "You should give it a chance.",
        "It works if you let it.",
        "I've helped hundreds of people with it.",
    ] {
        let bad = after_discord(client, rebuttal);
        assert!(bad.score < good.score, "{rebuttal}: {} against {}", bad.score, good.score);
    }
}

#[test]
fn the_love_reframe_beats_the_signed_order() {
    let client = "This class is bullshit, I'm only here because the court says so.";
    let bad = after_discord(client, "You signed the order.");
    let good =
        after_discord(client, "You must really love your daughter to come to a class you think is bullshit.");
    assert_eq!(bad.moves, [Move::Argue]);
    assert!(good.score > 0.35 && bad.score < -0.35, "{} {}", good.score, bad.score);
}

#[test]
fn charm_is_not_credited() {
    let verdict = after_discord("I won't talk.", "We'll just charm them into submission.");
    assert!(verdict.score < 0.0, "{}", verdict.score);
    assert!(verdict.techniques.is_empty(), "{:?}", verdict.techniques);
}

#[test]
fn comfort_is_support_and_earns_nothing() {
    for comfort in ["You're not alone in this.", "I hear you, and I understand that this is hard for you."] {
        let verdict = after_sustain("Fine.", comfort);
        assert_eq!(verdict.moves, [Move::Other], "{comfort}");
        assert!(!verdict.codes.contains(&Code::Affirm), "{comfort}");
        assert!(verdict.findings.iter().any(|f| name_of(f.code) == "premature"), "{comfort}");
    }
}

#[test]
fn advice_is_welcome_only_with_permission() {
    let advice = "You could try patches.";
    let moves = |permission| {
        let heard = Heard { client: "I don't know.", talk: Talk::Sustain, permission, ..Heard::default() };
        Judge::builtin().reply(&heard, advice).moves
    };
    assert_eq!(moves(Permission::None), [Move::Advise]);
    assert_eq!(moves(Permission::Refused), [Move::Advise]);
    assert_eq!(moves(Permission::Granted), [Move::AdvisePermitted]);
    assert_eq!(moves(Permission::Requested), [Move::AdvisePermitted]);
}

#[test]
fn permission_is_asked_then_given_or_refused() {
    for (answer, then) in
        [("Sure.", Permission::Granted), ("No thanks.", Permission::Refused), ("Hm.", Permission::None)]
    {
        let judge = Judge::builtin();
        assert_eq!(judge.permission(Permission::Asked, answer), then, "{answer}");
    }
    let asked = after_sustain("I don't know.", "Would it be okay if I shared something?");
    assert_eq!(asked.permission, Permission::Asked);
    assert_eq!(Judge::builtin().permission(Permission::None, "What should I do?"), Permission::Requested);
}

#[test]
fn a_request_for_advice_lapses_after_three_replies() {
    let judge = Judge::builtin();
    let mut track = Track::default();
    track.client_said(judge, "What do you think I should do?");
    let moves: Vec<Move> =
        (0..4).map(|_| track.trainee_said(judge, "You could try patches.").moves[0]).collect();
    assert_eq!(moves, [Move::AdvisePermitted, Move::AdvisePermitted, Move::AdvisePermitted, Move::Advise]);
}

#[test]
fn what_the_client_said_long_ago_is_given_back() {
    let judge = Judge::builtin();
    let reply = "The garden, the roof and the boiler.";
    let much = |opening: &str, feature| {
        let mut track = Track::default();
        track.client_said(judge, opening);
        for _ in 0..5 {
            track.trainee_said(judge, "Right.");
            track.client_said(judge, "I ran the shop and kept the books, and on Sundays I cooked.");
        }
        let whole = judge.evidence(&track.heard(), reply).whole;
        whole.iter().find(|(seen, _)| *seen == feature).map_or(0.0, |(_, much)| *much)
    };
    let theirs = "He left me the garden to dig, the roof to mend and the boiler to feed.";
    assert_eq!((much(theirs, Feature::GivenBack), much(theirs, Feature::New)), (1.0, 0.0));
    assert_eq!(much(theirs, Feature::GivenBackLately), 0.0, "it was six turns ago");
    let others = "He left me the dogs to walk and the stairs to sweep.";
    assert_eq!((much(others, Feature::GivenBack), much(others, Feature::New)), (0.0, 1.0));
}

#[test]
fn a_track_knows_what_its_turns_said_and_one_turn_alone_is_less() {
    let judge = Judge::builtin();
    let (first, second) = ("I paint the fence every spring.", "The gate I leave as it is.");
    let mut track = Track::default();
    track.client_said(judge, first);
    track.trainee_said(judge, "You paint it every spring.");
    track.client_said(judge, second);
    let mut known = Known::default();
    known.client_said(judge, first);
    known.trainee_said(judge, "You paint it every spring.");
    known.client_said(judge, second);
    let by_turns = judge.evidence(&track.heard(), "The fence and the gate.");
    let by_path = judge.evidence(&Heard { known: Some(&known), ..track.heard() }, "The fence and the gate.");
    assert_eq!(by_turns.whole, by_path.whole);
    let alone = judge.evidence(&Heard { known: None, ..track.heard() }, "The fence and the gate.");
    assert_ne!(alone.whole, by_path.whole, "without the rest, only the last turn is known");
}

#[test]
fn a_named_injustice_taken_seriously_acknowledges() {
    let verdict = after_discord(
        "You people never listen to us.",
        "What they did to your family was wrong, and it should never have happened.",
    );
    assert_eq!(verdict.moves, [Move::Acknowledge]);
}

#[test]
fn bands_follow_the_score() {
    assert_eq!(after_sustain("I like it.", "You're in denial.").band, Band::Arguing);
    assert_eq!(after_sustain("I like it.", "It's your call.").band, Band::Rolling);
    assert_eq!(after_sustain("I like it.", "okay").band, Band::Neutral);
}

#[test]
fn a_whole_reply_is_summed_up() {
    let reflected = after_sustain("I like the wine.", "You like the wine.");
    assert_eq!(reflected.behaviour, Behaviour::Reflection);
    assert_eq!(reflected.consistency, Consistency::C);
    let advised = after_sustain(
        "I like the wine.",
        "We have a programme here that runs for eight weeks, and the clinic can prescribe a medication that helps.",
    );
    assert_eq!(advised.behaviour, Behaviour::TherapistInput);
    assert_eq!(advised.consistency, Consistency::I);
}

#[test]
fn swapping_the_halves_turns_the_steer_and_keeps_the_sign() {
    let client = "I know it's too much but it's all the fun I have.";
    let change_last =
        after_sustain(client, "Part of you can't picture life without it, and part of you is sick of it.");
    let stay_last =
        after_sustain(client, "Part of you is sick of it, and part of you can't picture life without it.");
    assert!(change_last.score > 0.0 && stay_last.score > 0.0);
    assert!(change_last.steer > 0.0 && stay_last.steer < 0.0, "{} {}", change_last.steer, stay_last.steer);
    assert_eq!(change_last.moves, [Move::DoubleSided]);
    assert_eq!(stay_last.moves, [Move::ComplexReflection]);
}

#[test]
fn advice_behind_a_but_takes_the_reflection_back() {
    let unasked = |c: &&Case| !c.permission.is_open() && !c.reply.contains('?');
    for case in cases().iter().filter(unasked).filter(|c| c.score(c.reply) > 0.0) {
        let bare = case.reply.trim_end_matches(['.', '!']);
        let spoiled = format!("{bare}, but you should stop.");
        assert!(case.score(&spoiled) < case.score(case.reply), "{spoiled}");
    }
}

#[test]
fn empty_replies_and_nods_are_neutral() {
    for nod in [
        "",
        "   ",
        "...",
        "?",
        "mm",
        "Mm-hmm.",
        "Okay.",
        "right",
        "Uh-huh",
        "I see.",
        "yeah yeah",
        "\u{1F44D}",
    ] {
        for (talk, discord) in
            [(Talk::Sustain, true), (Talk::Sustain, false), (Talk::Neutral, false), (Talk::Change, false)]
        {
            let heard = Heard { client: "I like it the way it is.", talk, discord, ..Heard::default() };
            let verdict = Judge::builtin().reply(&heard, nod);
            assert!(verdict.score.abs() <= 0.1, "{nod:?} {}", verdict.score);
            assert_eq!(verdict.moves, [Move::Other], "{nod:?}");
        }
    }
}

#[test]
fn a_parrot_earns_next_to_nothing() {
    let client =
        "I have had the same job for twenty years and nobody there ever told me that I smell of drink.";
    let verdict = after_sustain(
        client,
        "You have had the same job for twenty years and nobody there ever told you that you smell of drink.",
    );
    assert!(verdict.score <= 0.1, "{}", verdict.score);
    assert!(verdict.findings.iter().any(|f| f.rule == "parrot"));
}

#[test]
fn client_talk_follows_the_words_and_the_question() {
    let judge = Judge::builtin();
    let talk = |before, text| judge.client(before, None, text).talk;
    assert_eq!(talk(None, "I want to stop, I'm sick of waking up like this."), Talk::Change);
    assert_eq!(talk(None, "I don't want to quit, it helps me relax and it's not a problem."), Talk::Sustain);
    assert_eq!(talk(None, "It was raining on Tuesday."), Talk::Neutral);
    assert_eq!(talk(Some("Would you like to cut down?"), "Yes."), Talk::Change);
    // What is said about this talk says nothing of change.
    for said in ["Somebody counted my refills. I'd like to begin with who.", "I'll keep my coat on, thanks."]
    {
        assert_ne!(talk(None, said), Talk::Change, "{said}");
    }
    assert_eq!(talk(None, "I'll try. I'd like to cut down."), Talk::Change);
    assert_eq!(talk(Some("Did you take the bus?"), "Yes."), Talk::Neutral);
    // What is said to a question for reasons or ways is one more often than not.
    let for_change = |before| judge.client(Some(before), None, "The evenings with my kids.").posterior[0];
    assert!(
        for_change("What would be better if you stopped?") > for_change("Where were you yesterday?") + 0.1
    );
    assert_eq!(
        talk(None, "I know I should cut down, but I'm not ready and it's not that bad."),
        Talk::Sustain
    );
    assert!(judge.client(None, None, "This is a waste of time, you people made me come.").discord);
    assert!(!judge.client(None, None, "I had porridge this morning.").discord);
}

#[test]
fn posteriors_are_probabilities() {
    for text in ["", "yes", "I want to stop", "I can't", "whatever"] {
        let sum: f32 = Judge::builtin().client(None, Some(Talk::Sustain), text).posterior.iter().sum();
        assert!((sum - 1.0).abs() < 1e-5, "{text}");
    }
}

#[test]
fn lexicon_faults_name_file_and_line() {
    let problems = |text: &str| {
        let files = [("mine.toml".to_owned(), text.to_owned())];
        let problems = Judge::from_lexicon(&files).err().unwrap();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert!(
        problems("[[group]]\nid = \"x\"\nwieght = 1\n").starts_with("mine.toml:3: unknown field `wieght`")
    );
    assert!(problems("[class]\nsoft = \"just\"\n").contains("no file has a [weights] table"));
}

#[test]
fn a_group_that_misses_its_example_is_a_fault() {
    let (name, group) = (
        "mine.toml",
        "\n[[group]]\nid = \"mine\"\ncue = \"warn\"\nweight = 0.5\nwhy = \"x\"\nexample = \"Good morning.\"\nphrases = [\"you will regret\"]\n",
    );
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts/lexicon");
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    assert!(Judge::from_lexicon(&files).is_ok());
    files.push((name.to_owned(), group.to_owned()));
    let problems = Judge::from_lexicon(&files).err().unwrap();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].to_string(), "mine.toml:2: no phrase of `mine` is found in its own example");
}

/// Every row of a transcript without faults.
fn coded(name: &str, bytes: &[u8]) -> Vec<Coded> {
    let mut reader = Reader::open(name, bytes, &Options::default()).unwrap();
    let mut coder = Coder::new(Judge::builtin());
    std::iter::from_fn(|| Some(coder.code(&reader.next_row().unwrap()?.unwrap()))).collect()
}

/// What is wrong first.
fn first_problem(name: &str, bytes: &[u8]) -> Problem {
    let mut reader = match Reader::open(name, bytes, &Options::default()) {
        Ok(reader) => reader,
        Err(problem) => return problem,
    };
    loop {
        if let Err(problem) = reader.next_row().unwrap().expect("a fault") {
            return problem;
        }
    }
}

#[test]
fn transcripts_are_read_in_three_forms() {
    let csv = "transcript_id,utterance_id,interlocutor,utterance_text\n3,0,client,I like it.\n3,1,therapist,\"So, you like it.\"\n";
    let json =
        "{\"role\":\"client\",\"text\":\"I like it.\"}\n{\"role\":\"therapist\",\"text\":\"You like it.\"}\n";
    let plain = "C: I like it.\nT: You like it.\n  A lot.\n";
    for (name, text) in
        [("a.csv", csv), ("a", csv), ("a.jsonl", json), ("-", json), ("a.txt", plain), ("-", plain)]
    {
        let records: Vec<Record> = coded(name, text.as_bytes()).into_iter().map(|c| c.record).collect();
        assert!(matches!(records[..], [Record::Client(_), Record::Trainee(_)]), "{name}");
    }
}

#[test]
fn records_have_the_fields_that_the_scorer_reads() {
    let csv = "transcript_id,utterance_id,interlocutor,utterance_text\n3,0,client,I like it.\n3,x1,therapist,You like it.\n";
    let lines: Vec<serde_json::Value> =
        coded("a.csv", csv.as_bytes()).iter().map(|c| serde_json::to_value(&c.record).unwrap()).collect();
    assert_eq!(lines[0]["transcript_id"], 3);
    assert_eq!(lines[1]["utterance_id"], "x1");
    for field in [
        "behaviour",
        "reflection_subtype",
        "question_subtype",
        "score",
        "codes",
        "techniques",
        "findings",
        "steer",
        "reflection_exists",
        "question_exists",
        "therapist_input_exists",
    ] {
        assert!(!lines[1][field].is_null(), "{field}");
    }
    assert!(!lines[0]["talk_type"].is_null());
}

#[test]
fn bad_transcripts_name_their_line() {
    let problem = |name: &str, bytes: &[u8]| first_problem(name, bytes).to_string();
    assert_eq!(problem("a.txt", b"C: hi\nT: \xff\n"), "a.txt:2: not valid UTF-8");
    assert!(problem("a.csv", b"who,what\n").starts_with("a.csv:1: no column `interlocutor`"));
    assert!(
        problem("a.csv", b"interlocutor,utterance_text\nclient,a,b\n").starts_with("a.csv:2: malformed row")
    );
    assert!(
        problem("a.csv", b"interlocutor,utterance_text\ndog,a\n")
            .starts_with("a.csv:2: unknown speaker `dog`")
    );
    assert!(
        problem("a.jsonl", b"{\"role\":\"client\",\"text\":\"x\"}\n{\"role\":\n")
            .starts_with("a.jsonl:2: malformed JSON")
    );
    assert!(problem("a.txt", b"hello\n").starts_with("a.txt:1: the first line has no speaker"));
}

/// The single replies of the evaluation set, where it lies beside the crate.
#[test]
#[allow(clippy::print_stdout, reason = "a skipped test says so")]
fn single_replies_keep_their_sign() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/judge_probes_dev.jsonl");
    let Ok(bytes) = std::fs::read(&path) else {
        println!("skipped: no evaluation data beside the crate");
        return;
    };
    let judged = coded("probes.jsonl", &bytes);
    let wanted: Vec<serde_json::Value> =
        String::from_utf8(bytes).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let right = judged
        .iter()
        .zip(&wanted)
        .filter(|(coded, wanted)| {
            let score = coded.verdict.as_ref().unwrap().score;
            match wanted["expect"].as_str().unwrap() {
                "roll" => score > 0.0,
                "argue" => score < 0.0,
                _ => score.abs() <= 0.35,
            }
        })
        .count();
    assert!(right * 10 >= wanted.len() * 8, "{right} of {}", wanted.len());
}

#[test]
fn techniques_and_codes_are_named_as_in_the_manual() {
    assert_eq!(name_of(Label::Code(Code::QuestionOpen)), "question_open");
    assert_eq!(name_of(Label::Technique(Technique::DoubleSidedReflection)), "double_sided_reflection");
}

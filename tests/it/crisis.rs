//! Talk of suicide and abuse in earnest, and all that only sounds like it.

use std::fs;

use pushback::app::AppError;
use pushback::domain::crisis::{Concern, concern};
use pushback::engine::scripted::Scripted;
use pushback::store::Store;

use crate::cli::{events, talk};
use crate::judge::table::cases;
use crate::support::practice::practice;

/// Each sentence, said after nothing in particular, is heard as `wanted`.
fn check(wanted: Option<Concern>, sentences: &[&str]) {
    let other: Vec<_> =
        sentences.iter().filter(|s| concern(s, "I've got nothing to say.") != wanted).collect();
    assert!(other.is_empty(), "not {wanted:?}:\n{other:#?}");
}

/// Said after these words of the client's.
fn check_after(client: &str, text: &str, wanted: Option<Concern>) {
    assert_eq!(concern(text, client), wanted, "{text:?} after {client:?}");
}

#[test]
fn emergencies_are_heard() {
    check(
        Some(Concern::Suicide),
        &[
            "I've swallowed a bottle of paracetamol",
            "I took a bunch of pills an hour ago",
            "ive taken a handful of tablets",
            "I have been self harming again",
            "I can't keep living like this, I have a plan",
            "I am thinking about ending it.",
            "im going to jump",
            "I'm not okay. I've got a gun and I'm thinking of using it.",
            "I've been having dark thoughts and I have a gun.",
            "ive been having bad thoughts and i got my dads pills",
        ],
    );
    check(
        None,
        &[
            "I took a bunch of notes an hour ago.",
            "I've been having bad thoughts and I have to go.",
            "I've been having bad thoughts and I have a cold, sorry.",
            "She took a bottle of pills back to the pharmacy.",
            "I can't keep living in this house with him.",
            "I am thinking about ending it with my boyfriend.",
            "I'm going to jump ahead a little.",
            "I'm going to jump in here for a second.",
            "You've got a gun at home?",
            "So it's like: I want to die, and nobody would notice.",
        ],
    );
}

#[test]
fn suicide_in_earnest_is_heard() {
    check(
        Some(Concern::Suicide),
        &[
            "I want to kill myself",
            "I want to kill myself.",
            "i wanna kill my self",
            "i want to kill mysefl",
            "im gonna kill myself tonight",
            "I'm going to end my life.",
            "I can't do this exercise, I want to die.",
            "sorry this isnt practice, i really want to die",
            "i just want to die",
            "I honestly want to be dead.",
            "I don't want to live anymore.",
            "i dont want to be alive",
            "I don't want to be here any more.",
            "I don't want to wake up tomorrow.",
            "I feel suicidal.",
            "im suicidle and theres nobody here",
            "I've been feeling really suicidal lately.",
            "I've been thinking about killing myself.",
            "I keep thinking about suicide.",
            "I can't stop thinking about ending it all.",
            "i think about dying every day",
            "I have suicidal thoughts.",
            "I have a plan to end my life.",
            "I wish I was dead.",
            "I wish I were dead, to be honest with you.",
            "I wish I had never been born.",
            "I'd rather be dead.",
            "everyone would be better off without me",
            "My kids would be better off if I was dead.",
            "I have no reason to live.",
            "I've got nothing left to live for.",
            "I'm so tired of living.",
            "I tried to kill myself last night.",
            "i took all my pills",
            "I've just swallowed a whole bottle of sleeping pills.",
            "I keep cutting myself.",
            "I self-harm.",
            "how do i kill myself",
            "What's the best way to kill myself?",
            "Why do I want to die?",
            "can you help me i want to die?",
            "Can I tell you something? I want to kill myself.",
            "I know you think I'm joking but I want to kill myself.",
            "You're just a program, but I am going to hurt myself.",
            "I WANT TO DIE",
            "Never mind Ray. I want to end it all.",
            "I feel like killing myself.",
            "it would be better if i was dead",
            "i keep wanting to hurt myself",
            "I don't know who to tell, I want to die.",
            "im going 2 comit suicide",
            "There's no point in living.",
            "I cut myself again last night.",
            "I'm not joking, I want to kill myself.",
        ],
    );
}

#[test]
fn abuse_in_earnest_is_heard() {
    check(
        Some(Concern::Abuse),
        &[
            "My partner hits me.",
            "my husbend hits me",
            "my boyfriend hit me",
            "My wife beat me up last night.",
            "he hits me when hes drunk",
            "He beats me with a belt.",
            "She keeps hitting me and I can't talk to anyone.",
            "My dad hit me again yesterday.",
            "my boyfriends been hitting me",
            "I'm being abused at home.",
            "I'm in an abusive relationship.",
            "My husband is violent.",
            "I was raped last night.",
            "I'm scared of my husband.",
            "im afraid he will kill me",
            "I don't feel safe at home.",
            "I am not safe with him.",
            "my girlfriend threatened to kill me",
            "This is me, not the role: my partner hits me.",
            "I get beaten by my husband.",
            "Somebody is hurting me at home.",
            "my stepdad touches me",
        ],
    );
}

#[test]
fn a_counsellor_s_questions_do_not_break_the_role() {
    check(
        None,
        &[
            "Have you thought of killing yourself?",
            "have you ever thought about suicide",
            "Are you thinking of hurting yourself?",
            "When you say you'd rather be dead, how often do you think that?",
            "Does he hit you?",
            "does your partner hurt you",
            "Do you feel safe at home?",
            "Has anybody ever hit you?",
            "I want to ask you something directly: are you suicidal?",
            "I need to know if you have a plan to end your life.",
            "I ask everybody about suicide, so I'm asking you.",
            "I'm worried that you might kill yourself.",
            "Sometimes people in your place think of suicide. Do you?",
            "Do you ever wish you were dead?",
            "Do you ever think, I want to die?",
            "Is there a voice that says I want to die?",
            "Would you say \"I want to die\" is how it feels?",
            "If he hits you, where could you go?",
            "I'd like to talk about suicide for a moment, if that's all right.",
            "I've been thinking about suicide risk since you told me about your brother.",
        ],
    );
}

#[test]
fn a_counsellor_s_reflections_do_not_break_the_role() {
    check(
        None,
        &[
            "So you want to die.",
            "You feel like you can't go on.",
            "you want to kill yourself and nobody sees it",
            "You said \"I want to kill myself\" and then you laughed.",
            "You said I want to kill myself, and then you went quiet.",
            "What I hear is 'I want to die', and I'm glad that you told me.",
            "You told yourself I don't want to live anymore.",
            "A part of you thinks I'd rather be dead, and a part of you came here.",
            "I want to die is what you said, and I take it seriously.",
            "He hits you and you stay for the kids.",
            "You're scared of your husband.",
            "It's not that you want to die, it's that you want this to stop.",
            "“My partner hits me” is a hard sentence to say.",
            "She says he hits her, and you don't know what to believe.",
            "Your sister said he hits me, and you drove straight there.",
            "So the thought is: everyone would be better off without me.",
            "It's like a voice going, I have nothing to live for.",
        ],
    );
}

#[test]
fn figures_of_speech_are_no_crisis() {
    check(
        None,
        &[
            "This job is killing me.",
            "I could kill for a coffee.",
            "I'd die of shame.",
            "I want to die of embarrassment.",
            "i nearly died laughing",
            "I'm dying to hear how that went.",
            "My feet are killing me.",
            "I'd kill myself if I had to sit through that every week.",
            "I'm killing myself with work at the moment.",
            "im going to kill myself laughing",
            "My boss will kill me.",
            "I'm dead tired today.",
            "My brother beats me at chess every time.",
            "he beats me to it every morning",
            "She hits me with questions the minute I come home.",
            "It hits me how much you've carried.",
            "I cut myself some slack these days.",
            "i cut myself shaving",
            "I want to kill myself for asking that so clumsily.",
            "I'm going to hurt myself trying to lift that.",
            "I want to kill some time before we start.",
            "I don't want to live in the city any more.",
            "I don't want to wake up early either.",
            "I want to die old and in my own bed, as you do.",
            "I'd rather die than dance in public.",
            "I need to hit my deadline.",
            "I want to die on that hill.",
            "I wish I was dead certain about that.",
            "I want to end this on a good note.",
            "He hit the nail on the head, your brother.",
            "She slapped me on the back when I said it.",
            "My phone is about to die.",
            "I'm scared of my boss.",
        ],
    );
}

#[test]
fn telling_something_of_oneself_is_no_crisis() {
    check(
        None,
        &[
            "I was depressed myself, years ago.",
            "I lost my brother to suicide.",
            "My dad hit me when I was a kid.",
            "I tried to kill myself ten years ago, and I got help.",
            "My ex hit me.",
            "I've been abused as a child, so I know a little about it.",
            "I don't want to die, and I don't think you do.",
            "I'm not suicidal, I'm just tired.",
            "I'm not going to kill myself.",
            "My partner doesn't hit me.",
            "I never said that I want to die.",
            "I didn't say I want to kill myself.",
            "It's not that I want to die.",
            "I drink too much, too, on some evenings.",
            "I've been through a divorce.",
            "I feel safe at home.",
            "I have no reason to doubt you.",
            "I have no reason to live in fear of you.",
            "If I wanted to die I'd say so.",
            "What if I told you I want to die?",
            "Let's say my partner hits me. Would you call someone?",
            "My ex-husband used to hit me.",
        ],
    );
}

#[test]
fn the_client_s_own_words_given_back_are_no_crisis() {
    check_after("Some days I want to die.", "I want to die.", None);
    check_after("Some days I want to die.", "I want to die too.", Some(Concern::Suicide));
    check_after("Some days I want to die.", "i want to die?", None);
    check_after("I'm fine.", "I want to die?", None);
    check_after("He hits me.", "He hits me. That took something to say.", None);
    check_after("He hits me.", "My partner hits me as well.", Some(Concern::Abuse));
}

/// Whatever a trainee of ours has been made to say in practice is said in the role.
#[test]
fn no_scripted_trainee_raises_it() {
    let mut replies: Vec<String> = cases().iter().map(|case| case.reply.to_owned()).collect();
    for script in ["argue-then-repair.txt", "mixed.txt", "skilled.txt"] {
        let path = format!("{}/prompts/scripts/{script}", env!("CARGO_MANIFEST_DIR"));
        replies.extend(fs::read_to_string(path).unwrap().lines().map(str::to_owned));
    }
    assert!(replies.len() > 500, "only {}", replies.len());
    let raised: Vec<_> = replies.iter().filter(|reply| concern(reply, "").is_some()).collect();
    assert!(raised.is_empty(), "{raised:#?}");
}

#[test]
fn no_text_breaks_it() {
    for text in ["", "…", "???", "''", "I want to", "“", "\u{0}\u{feff}", "ß I want to die"] {
        let _ = concern(text, text);
    }
    assert_eq!(concern(&"I want to. ".repeat(2_000), ""), None);
    assert_eq!(concern(&format!("{} I want to die.", "So. ".repeat(2_000)), ""), Some(Concern::Suicide));
}

#[test]
fn what_is_meant_in_earnest_reaches_nobody() {
    let mut practice = practice("ray", 1, Store::in_memory().unwrap(), Scripted::new(["Sure."]));
    let before = practice.path().clone();
    let heard = practice.hear("I want to kill myself.").map(drop);
    assert!(matches!(heard, Err(AppError::InEarnest(Concern::Suicide))), "{heard:?}");
    assert!(matches!(practice.hear("It's up to you.").map(drop), Err(AppError::Paused)));
    assert!(matches!(
        practice.hear("My partner hits me.").map(drop),
        Err(AppError::InEarnest(Concern::Abuse))
    ));
    assert_eq!(*practice.path(), before);
    practice.go_on();
    practice.hear("It's up to you.").unwrap();
}

#[test]
fn a_conversation_stops_until_the_trainee_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let lines = [
        "You'd rather be at work.",
        "i want to kill myself",
        "are you there",
        "/retry my partner hits me",
        "/score",
        "/go on",
        "Have you thought of killing yourself?",
        "/go on",
    ];
    let args = ["--persona", "ray", "--seed", "7", "--json"];
    let said = events(&talk(home.path(), &args, &lines));
    let names: Vec<_> = said.iter().map(|e| e["event"].as_str().unwrap()).collect();
    let turn = ["verdict", "coach", "client", "state"];
    let stopped = ["crisis", "error", "crisis", "error", "resumed"];
    let expected = [&["client", "state"][..], &turn, &stopped, &turn, &["error", "summary"]].concat();
    assert_eq!(names, expected);
    assert_eq!((&said[6]["about"], &said[6]["turn"]), (&"suicide".into(), &1.into()));
    assert_eq!(said[8]["about"], "abuse");
    assert!(said[6]["message"].as_str().unwrap().contains("emergency number"), "{}", said[6]);
    assert_eq!(said.last().unwrap()["replies"], 2);

    let told = talk(home.path(), &args[..4], &lines);
    assert!(told.contains("it was not sent to the client") && told.contains("Practice goes on."), "{told}");
    let shown = talk(home.path(), &["sessions", "show"], &[]);
    assert!(!shown.contains("kill myself") && !shown.contains("hits me"), "{shown}");
    for file in fs::read_dir(home.path().join("data/pushback")).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("kill myself"));
    }
}

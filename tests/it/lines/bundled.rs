//! The banks that the program carries, and every client with them.

use super::*;

#[test]
fn the_bundled_banks_read_without_a_problem() {
    let (banks, problems) = bundled();
    let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
    let stats = banks.stats();
    assert!(stats.replies > 5000, "{stats:?}");
    assert_eq!(stats.per_kind.len(), 10, "a kind of client without a voice");
}

#[test]
fn every_client_has_a_slot_for_every_line_that_is_theirs() {
    let clients = ten();
    let refs: Vec<&Persona> = clients.iter().collect();
    let unsayable: Vec<String> = (bundled().0.lint(&refs).iter())
        .filter(|p| p.message.contains("cannot say") || p.message.contains("unknown slot"))
        .map(ToString::to_string)
        .collect();
    assert!(unsayable.is_empty(), "{}", unsayable.join("\n"));
}

#[test]
fn there_is_always_something_to_say_and_every_slot_is_filled() {
    let turns: [(&str, &[Move]); 6] = [
        ("", &[Move::Other]),
        ("You need to stop this right now.", &[Move::Argue, Move::Advise]),
        ("What worries you most about it?", &[Move::OpenQuestion]),
        (
            "It's up to you, and you'd like things to be different.",
            &[Move::Autonomy, Move::ComplexReflection],
        ),
        ("qwzx vvkj ñandú", &[]),
        ("Are you thinking of hurting yourself?", &[Move::ClosedQuestion]),
    ];
    for persona in ten() {
        for action in Action::ALL {
            for (trainee, moves) in turns {
                let ask = Ask { action, moves, trainee, said: &[], trainee_said: &[], ..ASK };
                let found = check(&bundled().0, &persona, &ask);
                let what = format!("{} {action:?} after {trainee:?}", persona.id);
                assert!(!found.is_empty(), "nothing for {what}");
                for c in &found {
                    assert!(!c.text.contains(['<', '>', '{', '}']), "{what}: {} ({})", c.text, c.source);
                    assert!((0.0..=1.0).contains(&c.prior), "{what}: {c:?}");
                }
            }
        }
    }
}

#[test]
fn an_unknown_topic_still_finds_lines() {
    let mut persona = ray();
    persona.topic = "model trains".to_owned();
    for action in Action::ALL {
        assert!(!check(&bundled().0, &persona, &Ask { action, ..ASK }).is_empty(), "{action:?}");
    }
}

/// Plays `turns` turns, always taking the best line, and gives the client's replies.
fn play(persona: &Persona, actions: &[Action], turns: usize) -> Vec<String> {
    let trainee = [
        "What brings you here?",
        "You feel cornered.",
        "You should stop.",
        "How much do you drink?",
        "So it helps you relax.",
    ];
    let mut said: Vec<String> = Vec::new();
    for turn in 0..turns {
        let replies: Vec<&str> = said.iter().map(String::as_str).collect();
        let ask = Ask {
            action: actions[turn % actions.len()],
            moves: &[Move::OpenQuestion, Move::SimpleReflection],
            trainee: trainee[turn % trainee.len()],
            said: &replies,
            trainee_said: &trainee[..turn.min(trainee.len())],
            words: 12,
            seed: turn as u64,
            ..ASK
        };
        let found = check(&bundled().0, persona, &ask);
        let reply = found.first().unwrap_or_else(|| panic!("{} is silent in turn {turn}", persona.id));
        said.push(reply.text.clone());
    }
    said
}

#[test]
fn in_twenty_five_turns_no_sentence_comes_twice() {
    let actions: Vec<Action> =
        Action::ALL.into_iter().filter(|a| !matches!(a, Action::Warn | Action::Leave)).collect();
    for persona in ten() {
        let mut seen = HashSet::new();
        for reply in play(&persona, &actions, 25) {
            for sentence in reply.split_inclusive(['.', '?', '!']) {
                let plain: Vec<String> = sentence
                    .split_whitespace()
                    .map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
                    .collect();
                if plain.len() >= 4 {
                    assert!(seen.insert(plain.join(" ")), "{} says twice: {sentence}", persona.id);
                }
            }
        }
    }
}

#[test]
fn after_twenty_five_turns_of_one_action_there_is_still_a_line() {
    for persona in ten().iter().step_by(4) {
        for action in Action::ALL {
            assert_eq!(play(persona, &[action], 26).len(), 26);
        }
    }
}

#[test]
fn a_turn_about_risk_is_answered_from_the_closed_list_only() {
    let asked = [
        "Are you thinking about suicide?",
        "Do you ever want to hurt yourself?",
        "Is anyone hitting you at home?",
        "Are you safe right now?",
        "Have you thought about killing yourself?",
        "Do you have thoughts of hurting anyone else?",
        "Sometimes people feel they don't want to be alive. Is that you?",
    ];
    for persona in ten() {
        for action in Action::ALL {
            for trainee in asked {
                for c in check(&bundled().0, &persona, &Ask { action, trainee, ..ASK }) {
                    assert!(
                        c.source.starts_with("risk.txt"),
                        "{trainee} {action:?}: {} ({})",
                        c.text,
                        c.source
                    );
                }
            }
        }
    }
}

#[test]
fn the_talk_stays_on_risk_while_the_trainee_does() {
    let before = ["Are you thinking about suicide?"];
    for (trainee, stays) in [("Do you have a plan?", true), ("Tell me about the job.", false)] {
        let ask = Ask { trainee, trainee_said: &before, said: &["No."], ..ASK };
        let found = check(&bundled().0, &ray(), &ask);
        assert!(found.iter().all(|c| c.source.starts_with("risk.txt") == stays), "{trainee}: {found:?}");
    }
}

#[test]
fn the_closed_list_answers_nothing_else() {
    for persona in ten() {
        for trainee in
            ["How safe do you feel talking to me?", "What would it take to stop?", "You are hurting."]
        {
            for c in check(&bundled().0, &persona, &Ask { trainee, moves: &[Move::ClosedQuestion], ..ASK }) {
                assert!(!c.source.starts_with("risk.txt"), "{trainee}: {}", c.text);
            }
        }
    }
}

#[test]
fn an_adolescent_has_no_wife_and_a_gambler_no_beer() {
    let clients = ten();
    let never =
        [(1, "my wife"), (1, "my boss"), (1, "my kids"), (9, "a beer"), (4, "my husband"), (7, "my kids")];
    for action in Action::ALL {
        for (client, words) in never {
            let ask = Ask { action, limit: usize::MAX, moves: &Move::ALL, ..ASK };
            for c in check(&bundled().0, &clients[client], &ask) {
                let found = format!(" {} ", c.text.to_lowercase()).contains(&format!(" {words} "));
                assert!(!found, "{}: {} ({})", clients[client].id, c.text, c.source);
            }
        }
    }
}

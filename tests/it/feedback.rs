//! What a trainee gets back: one alternative per reply, figures per session.

use pushback::domain::action::Action;
use pushback::domain::client;
use pushback::domain::coach::Suggestion;
use pushback::domain::judge::{Code, Heard};
use pushback::domain::session::{Path, Reply, Said, Turn};
use pushback::domain::summary::{self, Before, Summary, Tally};
use pushback::domain::talk::Talk;

use crate::support::practice::{library, setting};

fn reply(text: &str, action: Action) -> Reply {
    let state = client::begin(&setting("carol", 1).persona);
    let runners_up = Vec::new();
    Reply { text: text.to_owned(), action, fact: None, state, why: Vec::new(), cut: false, runners_up }
}

/// A path from the client's lines and the trainee's answers to them.
fn path(exchanges: &[(&str, Action, &str)]) -> Path {
    let judge = library().judge().unwrap();
    let mut turns: Vec<Turn> = Vec::new();
    let mut said = None;
    for (number, (client, action, trainee)) in (0..).zip(exchanges) {
        let before = reply(client, *action);
        let verdict = judge.reply(&pushback::domain::hearing::heard_reply(&before), trainee);
        let trainee_said = said.replace(Said { text: (*trainee).to_owned(), verdict });
        turns.push(Turn {
            id: number,
            parent: None,
            number: number as u32,
            trainee: trainee_said,
            reply: Some(before),
            overruled: None,
        });
    }
    let number = exchanges.len() as u32;
    turns.push(Turn {
        id: i64::from(number),
        parent: None,
        number,
        trainee: said,
        reply: None,
        overruled: None,
    });
    Path::new(turns)
}

/// The alternative to answering `client` with an argument.
fn check(client: &str, action: Action) -> Option<Suggestion> {
    let library = library();
    let argued = path(&[(client, action, "That's just an excuse. You need to stop.")]);
    library.coach().unwrap().suggest(&argued, &library.judge().unwrap(), &setting("carol", 1).persona)
}

#[test]
fn an_alternative_takes_up_the_client_s_own_words() {
    let suggestion = check("Look, I don't need a lecture about my truck.", Action::Deny).unwrap();
    assert!(suggestion.text.starts_with("You don't need a lecture about your truck"), "{}", suggestion.text);
    let suggestion = check("My boss was there. I was tired of it, I guess.", Action::Downplay).unwrap();
    assert!(suggestion.text.starts_with("You were tired of it"), "{}", suggestion.text);
}

#[test]
fn words_that_don_t_turn_round_are_left_alone() {
    for client in ["You people never listen to me.", "Is it my fault?", "It is what it is.", "Fine."] {
        for action in [Action::Deny, Action::Challenge, Action::Withdraw, Action::Ember] {
            if let Some(suggestion) = check(client, action) {
                assert!(!suggestion.text.contains(['{', '}']), "{client}: {}", suggestion.text);
                assert!(!suggestion.text.contains("you people"), "{client}: {}", suggestion.text);
            }
        }
    }
}

#[test]
fn a_good_reply_needs_no_alternative() {
    let library = library();
    let good = path(&[(
        "Nobody asked me whether I want this.",
        Action::Blame,
        "Nobody asked you, and whether you do anything about it is completely up to you.",
    )]);
    let persona = setting("carol", 1).persona;
    assert_eq!(library.coach().unwrap().suggest(&good, &library.judge().unwrap(), &persona), None);
}

fn summarise(exchanges: &[(&str, Action, &str)]) -> Summary {
    summary::summarise(&path(exchanges))
}

#[test]
fn a_session_is_counted() {
    let summary = summarise(&[
        ("I don't have a problem.", Action::Deny, "You're in denial and you know it."),
        ("Get off my back.", Action::Challenge, "You're tired of being told what to do."),
        ("Maybe it's a bit much.", Action::Ember, "You should join a gym."),
        ("I could walk, I suppose.", Action::Plan, "You could see yourself walking."),
    ]);
    assert_eq!(summary.replies, 4);
    assert!(summary.codes.iter().any(|(code, n)| *code == Code::Confront && *n == 1), "{:?}", summary.codes);
    assert_eq!((summary.consistent_after_resistance, summary.longest_arguing), (1, 1));
    let missed: Vec<_> = summary.missed.iter().map(|m| (m.turn, m.client.as_str())).collect();
    assert_eq!(missed, [(3, "Maybe it's a bit much.")]);
    assert_eq!((summary.discord.len(), summary.readiness.len()), (4, 4));
}

/// A count of `replies` verdicts, each after resistance or not, as a transcript is counted.
fn tally(verdicts: &[(&str, bool)]) -> Summary {
    let judge = library().judge().unwrap();
    let mut tally = Tally::default();
    for (turn, (text, resistance)) in (1..).zip(verdicts) {
        let talk = if *resistance { Talk::Sustain } else { Talk::Neutral };
        let verdict = judge.reply(&Heard { client: "It's fine.", talk, ..Heard::default() }, text);
        tally.add(turn, &verdict, Before { resistance: *resistance, change: None });
    }
    tally.finish()
}

const ARGUES: &str = "That's just an excuse, and you need to stop.";
const ROLLS: &str = "You're tired of people who see it differently, and it's up to you what you do.";

#[test]
fn ruptures_and_repairs_are_told_by_turn_and_resistance_by_its_slope() {
    let summary = tally(&[(ROLLS, true), (ARGUES, true), (ARGUES, true), (ROLLS, false), (ARGUES, false)]);
    assert_eq!(
        (summary.ruptures.as_slice(), summary.repairs.as_slice()),
        ([2, 5].as_slice(), [4].as_slice())
    );
    assert_eq!(summary.longest_arguing, 2);
    let slope = summary.resistance_slope.unwrap();
    // 1 1 1 0 0 falls by .3 a turn.
    assert!((slope + 3.0).abs() < 1e-5, "{slope}");
    assert_eq!(tally(&[(ROLLS, true)]).resistance_slope, None, "one turn has no slope");
}

#[test]
fn drift_is_against_the_mean_of_sessions_that_are_long_enough() {
    let good = tally(&[(ROLLS, true); 8]);
    let poor = tally(&[(ARGUES, true); 8]);
    let short = tally(&[(ARGUES, true); 3]);
    let drift = summary::drift(&good, &[poor.clone(), good.clone(), short.clone()]).unwrap();
    assert_eq!(drift.sessions, 2);
    let (now, before) = (good.mean_roll.unwrap(), poor.mean_roll.unwrap());
    assert!((drift.mean_roll.unwrap() - (now - before) / 2.0).abs() < 1e-5, "{drift:?}");
    assert_eq!(summary::drift(&good, std::slice::from_ref(&short)), None, "nothing to compare with");
    assert_eq!(summary::drift(&short, &[good]), None, "too short itself");
}

#[test]
fn what_was_missed_is_listed_up_to_a_limit_and_counted_beyond() {
    let judge = library().judge().unwrap();
    let verdict = judge.reply(&Heard::default(), "You should join a gym.");
    let client = "I want to stop. ".repeat(4096); // 64 KiB
    let mut tally = Tally::default();
    for turn in 0..20 {
        tally.add(turn, &verdict, Before { resistance: false, change: Some(&client) });
    }
    let summary = tally.finish();
    assert_eq!((summary.missed.len(), summary.missed_more), (16, 4));
}

#[test]
fn an_empty_session_has_no_ratios() {
    let summary = summarise(&[]);
    assert_eq!(summary, Summary::default());
}

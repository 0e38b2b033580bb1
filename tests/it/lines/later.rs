//! Lines that look back: only where there is something to look back at.

use pushback::domain::lines::Slight;

use super::*;

const FILE: &str = "@type mandated
argue: My rent is paid.
@after slight mandated
argue: I have not forgotten earlier.
argue/advice: You had advice before.
@after told any
argue: I told you one thing already today.
@after named any
argue: You brought up <kid> before.
";

/// What Ray may say, under 60 dice, to an argument that calls for contradiction.
fn said(recall: Recall, said: &[&str], trainee_said: &[&str]) -> HashSet<String> {
    let banks = small(&[("a.txt", FILE)]);
    let (said, trainee_said): (Vec<String>, Vec<String>) = (
        said.iter().map(|s| (*s).to_owned()).collect(),
        trainee_said.iter().map(|s| (*s).to_owned()).collect(),
    );
    let mut out = HashSet::new();
    for seed in 0..60 {
        let query = Query {
            action: Action::Reject,
            moves: &[Move::SimpleReflection],
            apology: false,
            trainee: "So it goes.",
            said: &said,
            trainee_said: &trainee_said,
            recall: recall.clone(),
            words: 5,
            fact: None,
            limit: 10,
            dice: Dice::new(seed),
        };
        out.extend(texts(&banks.eligible(&ray(), &query)));
    }
    out
}

fn slight(turns_ago: usize, mv: Move) -> Recall {
    Recall { slights: vec![Slight { turns_ago, moves: vec![mv] }], ..Recall::default() }
}

const SAID: [&str; 4] = ["Here I am.", "Fine.", "Sure.", "If you say so."];

fn is(found: &HashSet<String>, expected: &[&str]) {
    let expected: HashSet<String> = expected.iter().map(|s| (*s).to_owned()).collect();
    assert_eq!(*found, expected);
}

#[test]
fn without_anything_to_look_back_at_nothing_is_taken_up() {
    is(&said(Recall::default(), &SAID, &["Hello.", "What now?"]), &["My rent is paid."]);
}

#[test]
fn a_slight_is_taken_up_within_a_few_turns_and_once() {
    let both = ["My rent is paid.", "I have not forgotten earlier."];
    is(&said(slight(2, Move::Argue), &SAID, &["Hello."]), &both);
    is(&said(slight(2, Move::Advise), &SAID, &["Hello."]), &[both[0], both[1], "You had advice before."]);
    is(&said(slight(9, Move::Argue), &SAID, &["Hello."]), &both[..1]);
    let already = ["Here I am.", "You had advice before.", "Sure."];
    is(&said(slight(3, Move::Argue), &already, &["Hello."]), &both[..1]);
    // A new slight is another matter, though not at once.
    is(&said(slight(1, Move::Argue), &already, &["Hello."]), &both[..1]);
    let later = [&already[..], &["No.", "Right.", "Hm."]].concat();
    is(&said(slight(1, Move::Argue), &later, &["Hello."]), &both);
}

#[test]
fn nobody_looks_back_while_it_still_hurts() {
    let recall = Recall { stung: true, ..slight(2, Move::Argue) };
    is(&said(recall, &SAID, &["Hello."]), &["My rent is paid."]);
}

#[test]
fn a_fact_is_taken_up_after_it_was_told() {
    let told = |ago| Recall { told_ago: Some(ago), ..Recall::default() };
    is(&said(told(2), &SAID, &["Hello."]), &["My rent is paid.", "I told you one thing already today."]);
    is(&said(told(12), &SAID, &["Hello."]), &["My rent is paid."]);
}

#[test]
fn somebody_is_taken_up_after_the_trainee_named_them() {
    let named = ["My rent is paid.", "You brought up Mia before."];
    is(&said(Recall::default(), &SAID, &["What about Mia?", "Go on."]), &named);
    for words in ["And your daughter?", "And your wife?"] {
        is(&said(Recall::default(), &SAID, &[words, "Go on."]), &named[..1]);
    }
}

#[test]
fn nothing_was_said_already_among_the_first_replies() {
    let needs = ("needs.toml", "refers_back = ['\\blike i said\\b']\n");
    let file = ("types/a.txt", "@type mandated\ndeny: Like I said, no. | My rent is paid.\n");
    let early = check_small(&[needs, file], &Ask { said: &["Here I am."], ..ASK });
    assert_eq!(early, ["My rent is paid."]);
    assert_eq!(check_small(&[needs, file], &Ask { said: &SAID, ..ASK }).len(), 2);
}

#[test]
fn a_fault_in_a_line_for_later_is_named() {
    let shown = |text: &str| parse(&[("a.txt", text)]).1.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(shown("@after slights any\n")[..], ["a.txt:1: unknown kind of memory `slights`"]);
    let (banks, _) = parse(&[("a.txt", "@after named any\nargue: You brought somebody up.\n")]);
    let found: Vec<String> = banks.lint(&[]).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        ["a.txt:2: after somebody was named, and no slot says who: `You brought somebody up.`"]
    );
}

#[test]
fn every_client_that_ships_remembers_a_slight_whatever_comes_next() {
    let actions =
        [Action::Challenge, Action::Test, Action::Withdraw, Action::Reject, Action::Deny, Action::Ember];
    for persona in ten() {
        for action in actions {
            let lines: HashSet<String> = (0..40)
                .flat_map(|seed| {
                    let query = Query {
                        action,
                        moves: &[Move::SimpleReflection],
                        apology: false,
                        trainee: "So it goes.",
                        said: &["Hello.".to_owned(), "Sure.".to_owned(), "Fine.".to_owned()],
                        trainee_said: &[],
                        recall: slight(4, Move::Argue),
                        words: 8,
                        fact: None,
                        limit: 10,
                        dice: Dice::new(seed),
                    };
                    bundled().0.eligible(&persona, &query)
                })
                .filter(|c| c.source.starts_with("memory_slights"))
                .map(|c| c.text)
                .collect();
            assert!(!lines.is_empty(), "{} {action:?}", persona.id);
        }
    }
}

#[test]
fn what_looks_back_does_what_it_says_whatever_was_meant() {
    let banks = small(&[("a.txt", FILE)]);
    let said: Vec<String> = SAID.iter().map(|s| (*s).to_owned()).collect();
    let does = (0..60).find_map(|seed| {
        let query = Query {
            action: Action::Deny,
            moves: &[Move::SimpleReflection],
            apology: false,
            trainee: "So it goes.",
            said: &said,
            trainee_said: &["You have to stop.".to_owned(), "Hm.".to_owned()],
            recall: slight(2, Move::Advise),
            words: 5,
            fact: None,
            limit: 10,
            dice: Dice::new(seed),
        };
        banks.eligible(&ray(), &query).into_iter().find(|c| c.text.ends_with("earlier.")).map(|c| c.does)
    });
    assert_eq!(does, Some(Action::Challenge));
}

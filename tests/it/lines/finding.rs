//! Which line is found for what the trainee said.

use super::*;

const CELLS: &str = "@m any|any|openq
T: What do you do for fun? | What are your hobbies?
deny: I have no hobbies.
@m any|any|openq
T: How is your marriage? | How are things with <who>?
deny: Nothing wrong with <who>.
@m any|any|openq
T: Where did you grow up?
deny: Here and there.
";

#[test]
fn the_line_whose_trainee_words_are_nearest_comes_first() {
    let table = [
        ("What sort of hobbies do you have?", "I have no hobbies."),
        ("And what hobbys do you have?", "I have no hobbies."),
        ("How is it going with your PO?", "Nothing wrong with my PO."),
        ("Tell me where you grew up.", "Here and there."),
        ("It is good that you came. So, where did you grow up?", "Here and there."),
    ];
    let synonyms = ("synonyms.toml", "[forms]\ngrow = [\"grew\"]\n");
    for (trainee, best) in table {
        let ask = Ask { trainee, moves: &[Move::OpenQuestion], ..ASK };
        let found = check_small(&[("cells.txt", CELLS), synonyms], &ask);
        assert_eq!(found.first().map(String::as_str), Some(best), "{trainee}");
    }
}

#[test]
fn where_a_turn_ends_in_a_question_the_rest_of_it_finds_nothing() {
    let file =
        "@m any|any|simple\nT: It's not fair.\ndeny: I never said fair.\n@anywhere openq\ndeny: It's fine.\n";
    let first = |trainee: &str, moves: &[Move]| {
        let ask = Ask { trainee, moves, ..ASK };
        check_small(&[("a.txt", file)], &ask).first().cloned().unwrap_or_default()
    };
    assert_eq!(first("It's not fair.", &[Move::SimpleReflection]), "I never said fair.");
    let asked = first("It's not fair. What did you leave out?", &[Move::OpenQuestion]);
    assert_eq!(asked, "It's fine.");
}

#[test]
fn an_answer_to_the_same_question_comes_before_one_to_another() {
    let file = "@m any|any|openq\nT: Where was the party?\ndeny: At no place.\nT: When was the party?\ndeny: At no time.\n";
    let first = |trainee: &str| {
        let ask = Ask { trainee, moves: &[Move::OpenQuestion], ..ASK };
        check_small(&[("a.txt", file)], &ask).first().cloned().unwrap_or_default()
    };
    assert_eq!(first("And where did you have that party?"), "At no place.");
    assert_eq!(first("And when did you have that party?"), "At no time.");
    let ask = Ask { trainee: "And where did you have that party?", moves: &[Move::OpenQuestion], ..ASK };
    let found = check(&small(&[("a.txt", file)]), &ray(), &ask);
    let asks = |text: &str| found.iter().find(|c| c.text == text)?.evidence?.asks;
    assert_eq!((asks("At no place."), asks("At no time.")), (Some(Asks::Same), Some(Asks::Other)));
}

#[test]
fn a_synonym_finds_the_line_where_the_encoder_has_no_word_for_either() {
    let file = ("a.txt", "@m any|any|openq\nT: How is the glorp?\ndeny: Dry.\n");
    let synonyms = ("synonyms.toml", "[class]\nalcohol = [\"glorp\", \"zonk\"]\n");
    let ask = Ask { trainee: "How is the zonk?", moves: &[Move::OpenQuestion], ..ASK };
    let prior =
        |files: &[(&str, &str)]| check(&small(files), &ray(), &ask).first().map_or(0.0, |found| found.prior);
    let (without, with) = (prior(&[file]), prior(&[file, synonyms]));
    assert!(with > without, "{with} {without}");
}

#[test]
fn the_better_group_of_tags_comes_first_and_the_next_fills_up() {
    let file = "@type mandated\nsoften: One soft. | Two soft.\nacknowledge: It is so.\nattack: Go away.\n";
    let found = check_small(&[("types/a.txt", file)], &Ask { action: Action::Acknowledge, ..ASK });
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[0], "It is so.");
    assert!(!has(&found, "Go away."));
}

#[test]
fn a_line_for_a_move_waits_for_that_move() {
    let file = "@type mandated\ndeny: Any time.\ndeny/advice,confront: Only then.\n";
    let files = [("types/a.txt", file)];
    assert_eq!(check_small(&files, &Ask { moves: &[Move::OpenQuestion], ..ASK }), ["Any time."]);
    assert!(has(&check_small(&files, &Ask { moves: &[Move::Advise], ..ASK }), "Only then."));
}

#[test]
fn a_closed_question_gets_the_answer_that_stands_in_its_place() {
    let file = "@topic drinking\nTHING drinking\nCQ do you sleep well | do you eat breakfast\nmi: Four hours. | Toast.\n";
    let ask = Ask {
        action: Action::Engage,
        trainee: "Do you eat breakfast?",
        moves: &[Move::ClosedQuestion],
        ..ASK
    };
    assert_eq!(check_small(&[("topics/d.txt", file)], &ask)[0], "Toast.");
}

#[test]
fn a_belief_is_said_when_asked_for_elaborated_when_reflected_and_softened_when_amplified() {
    let files = [("topics/drinking.txt", BELIEF)];
    let asked = Ask {
        action: Action::Downplay,
        trainee: "How does your drinking compare with other people's?",
        moves: &[Move::OpenQuestion],
        ..ASK
    };
    let found = check_small(&files, &asked);
    assert_eq!(found, ["I'm the light one at work."], "the detail must wait for the belief");
    let reflected = Ask {
        trainee: "You drink less than the people you know.",
        moves: &[Move::SimpleReflection],
        said: &["Here I am.", "I'm the light one at work."],
        ..asked.clone()
    };
    assert_eq!(check_small(&files, &reflected)[0], "Nobody orders them to counseling.");
    let amplified = Ask {
        action: Action::Acknowledge,
        trainee: "So there's not one thing about your drinking that stands out.",
        moves: &[Move::Alongside],
        ..reflected
    };
    assert_eq!(check_small(&files, &amplified)[0], "Okay, one or two things stand out.");
}

#[test]
fn a_long_wish_puts_the_detail_behind_its_belief() {
    let ask = Ask { action: Action::Downplay, words: 25, ..ASK };
    let found = check(&small(&[("topics/drinking.txt", BELIEF)]), &ray(), &ask);
    let both =
        found.iter().find(|c| c.text == "I'm the light one at work. Nobody orders them to counseling.");
    assert_eq!(both.map(|c| c.source.as_str()), Some("topics/drinking.txt:5+6"));
}

#[test]
fn a_line_of_a_conversation_follows_its_predecessor_only() {
    let dialogue = "@topic drinking
@d mandated drinking m
T opening: Hello, what brings you here?
C deny: <who> brings me here.
T openq: What did your PO say about it?
C deny: That I drink. I don't.
";
    let files = [("dialogues/mandated.txt", dialogue), ("moves.txt", "@move openq\ndeny: No idea.\n")];
    let second = Ask { trainee: "What did your PO say about it?", moves: &[Move::OpenQuestion], ..ASK };
    assert_eq!(check_small(&files, &second), ["No idea."]);
    let after = Ask { said: &["Here I am.", "My PO brings me here."], ..second.clone() };
    assert_eq!(check_small(&files, &after)[0], "That I drink. I don't.");
    let other_turn = Ask { trainee: "Lovely weather today, no?", ..after };
    assert_eq!(check_small(&files, &other_turn), ["No idea."]);
}

#[test]
fn only_a_word_of_the_trainees_is_echoed() {
    let files = [
        (
            "echo.txt",
            "complex|attack: You feel $a. => I'm not $a. | $A? Me?\nadvice|attack: Try $v. => $V. Sure.\n",
        ),
        ("words.txt", "a: angry | down\nv: yoga\nn: your job|my job\n"),
        ("moves.txt", "@move complex\nattack: Stop it.\n@move advice\nattack: Stop that.\n"),
    ];
    let table: [(&str, Move, &[&str]); 5] = [
        ("You feel so angry.", Move::ComplexReflection, &["Angry? Me?", "I'm not angry.", "Stop it."]),
        ("You're not angry.", Move::ComplexReflection, &["Stop it."]),
        ("You have been let down.", Move::ComplexReflection, &["Stop it."]),
        ("Have you tried yoga?", Move::Advise, &["Stop that.", "Yoga. Sure."]),
        ("Have you tried something?", Move::Advise, &["Stop that."]),
    ];
    for (trainee, one, expected) in table {
        let mut found =
            check_small(&files, &Ask { action: Action::Challenge, trainee, moves: &[one], ..ASK });
        found.sort();
        assert_eq!(found, expected, "{trainee}");
    }
}

#[test]
fn a_fact_is_told_in_its_own_lines_while_there_are_any() {
    let fact = Fact {
        id: "brother".to_owned(),
        text: "Lost his brother.".to_owned(),
        trust: 0.5,
        cues: Vec::new(),
        say: vec!["My brother drowned.".to_owned(), "I told <kid> he moved away to sea.".to_owned()],
    };
    let banks = small(&[("types/a.txt", "@type mandated\ndisclose: I am scared.\n")]);
    let ask = Ask {
        action: Action::Disclose,
        trainee: "What did you tell Mia about the sea?",
        fact: Some(&fact),
        ..ASK
    };
    let found = check(&banks, &ray(), &ask);
    assert_eq!(texts(&found), ["I told Mia he moved away to sea.", "My brother drowned."]);
    assert_eq!(found[0].source, "Mandated:brother");
    let both = ["My brother drowned.", "I told Mia he moved away to sea."];
    assert_eq!(texts(&check(&banks, &ray(), &Ask { said: &both, ..ask })), ["I am scared."]);
}

#[test]
fn what_wants_a_yes_or_no_gets_one_before_what_would_answer_any_question() {
    let needs = ("needs.toml", "[turn]\nyesno = ['^(did|do|does) you\\b']\n");
    let file = "@anywhere closedq\nminimal: Depends.\n@anywhere yesno\nminimal: Not really.\n";
    let said = |trainee: &str| {
        let ask = Ask { action: Action::Engage, trainee, moves: &[Move::ClosedQuestion], ..ASK };
        check_small(&[needs, ("anywhere.txt", file)], &ask)
    };
    let wanted = |found: Vec<String>| found.first().cloned().unwrap_or_default();
    assert_eq!(wanted(said("Did you sleep?")), "Not really.");
    assert_eq!(said("Which day was it?"), ["Depends."]);
}

#[test]
fn a_yes_is_no_answer_to_a_what() {
    let needs = ("needs.toml", "[turn]\naskwhat = ['^what\\b']\n");
    let lines = ("types/a.txt", "@type any\nminimal: Yes. | Mm-hm. | No, thanks. | Nothing much.\n");
    let said = |trainee: &str| {
        let ask = Ask { action: Action::Engage, trainee, moves: &[Move::ClosedQuestion], ..ASK };
        check_small(&[needs, lines], &ask)
    };
    assert_eq!(said("What would you miss?"), ["Nothing much."]);
    assert_eq!(said("Would you miss it?").len(), 4);
}

#[test]
fn a_yes_chooses_neither_of_two_things() {
    let lines = ("moves.txt", "@move closedq\nminimal: Yeah. | No. | Hard to say.\n");
    let needs = include_str!("../../../prompts/lines/needs.toml");
    let said = |trainee: &str| {
        let ask = Ask { action: Action::Engage, trainee, moves: &[Move::ClosedQuestion], ..ASK };
        check_small(&[("needs.toml", needs), lines], &ask).len()
    };
    for either in [
        "Do you have a crew, or is it just you up there?",
        "Josie, is that the caseworker or your daughter?",
        "Do you drink every day or only at weekends?",
    ] {
        assert_eq!(said(either), 1, "{either}");
    }
    for open in ["Do you have kids or a partner?", "Did that help or not?", "Is it the noise or something?"] {
        assert_eq!(said(open), 3, "{open}");
    }
}

#[test]
fn assent_to_a_reflection_answers_no_what_behind_it() {
    let needs = ("needs.toml", "[turn]\naskwhat = ['\\bwhat\\b[^.!?]*\\?$']\n");
    let lines =
        ("anywhere.txt", "@anywhere simple\ninform: That's right.\n@anywhere openq\ninform: Hard to say.\n");
    let said = |trainee: &str, moves: &[Move]| {
        let ask = Ask { action: Action::Inform, trainee, moves, ..ASK };
        check_small(&[needs, lines], &ask)
    };
    let both = [Move::SimpleReflection, Move::OpenQuestion];
    assert_eq!(said("So it's the noise. What does it do to you?", &both), ["Hard to say."]);
    assert_eq!(said("So it's the noise.", &[Move::SimpleReflection]), ["That's right."]);
}

#[test]
fn a_wording_is_found_whatever_kind_of_turn_the_judge_took_it_for() {
    let banks =
        small(&[("a.txt", "@m any|any|closedq\nT: How many beers did you have that Friday?\ndeny: Two.\n")]);
    for mv in [Move::ClosedQuestion, Move::OpenQuestion, Move::Affirm] {
        let ask = Ask { trainee: "How many beers did you have that Friday?", moves: &[mv], ..ASK };
        assert_eq!(texts(&check(&banks, &ray(), &ask)), ["Two."], "{mv:?}");
    }
}

#[test]
fn a_question_of_another_kind_is_less_alike_and_what_asks_is_compared_with_what_asks() {
    let synonyms = ("synonyms.toml", "[class]\nask_who = [\"who is\"]\nask_number = [\"how many\"]\n");
    let file = "@m any|any|closedq\nT: Who is in the car with the dog?\ndeny: My mom.\n\
                @m any|any|closedq\nT: How many are in the car with the dog?\ndeny: Three.\n\
                @m any|any|closedq\nT: Do you miss the garden?\ndeny: What garden.\n";
    let said = |trainee: &str| {
        check_small(&[synonyms, ("a.txt", file)], &Ask { trainee, moves: &[Move::ClosedQuestion], ..ASK })
    };
    assert_eq!(said("Who is in the car with the dog?")[0], "My mom.");
    assert_eq!(said("How many are in the car with the dog?")[0], "Three.");
    assert!(has(&said("Do you miss it, the garden?"), "What garden."));
    assert_eq!(said("You like it there. How many are in the car?")[0], "Three.");
}

#[test]
fn lines_of_anybodys_are_dealt_out_among_clients() {
    let lines: Vec<String> = (0..60).map(|i| format!("Line number {i} of them.")).collect();
    let file = format!("@type any\ndeny: {}\n", lines.join(" | "));
    let banks = small(&[("types/a.txt", &file)]);
    let first = |id: &str| {
        let persona = Persona { id: id.to_owned(), ..ray() };
        let found: HashSet<String> =
            texts(&check(&banks, &persona, &Ask { limit: 10, ..ASK })).into_iter().collect();
        assert_eq!(found.len(), 10);
        found
    };
    let (ray, gwen) = (first("ray"), first("gwen"));
    assert!(ray.intersection(&gwen).count() <= 6, "{ray:?} {gwen:?}");
    let all = check(&banks, &ray_named("ray"), &Ask { limit: 80, ..ASK });
    assert_eq!(all.len(), 60, "the others come last, and are not lost");
}

fn ray_named(id: &str) -> Persona {
    Persona { id: id.to_owned(), ..ray() }
}

#[test]
fn a_fact_begins_with_its_first_line_where_nothing_calls_for_another() {
    let fact = Fact {
        id: "brother".to_owned(),
        text: "Lost his brother.".to_owned(),
        trust: 0.5,
        cues: Vec::new(),
        say: vec!["My brother drowned.".to_owned(), "He was nineteen that June.".to_owned()],
    };
    let banks = small(&[("types/a.txt", "@type mandated\ndisclose: I am scared.\n")]);
    let ask = Ask { action: Action::Disclose, trainee: "It weighs on you.", fact: Some(&fact), ..ASK };
    for seed in 0..20 {
        let found = check(&banks, &ray(), &Ask { seed, ..ask });
        assert_eq!(found[0].text, "My brother drowned.", "seed {seed}");
    }
}

#[test]
fn a_bare_answer_is_none_to_another_question() {
    let needs = ("needs.toml", "[turn]\naskwho = ['^who\\b']\naskmean = ['what do you mean']\n");
    let lines = "@m any|any|openq\nT: Who clears the table? | who clears up\nminimal: Everybody.\n\
                 inform: They all clear the table.\n";
    let said = |trainee: &str, action: Action| {
        let ask = Ask { action, trainee, moves: &[Move::OpenQuestion], ..ASK };
        check_small(&[needs, ("a.txt", lines)], &ask)
    };
    assert_eq!(said("Who clears the table?", Action::Engage)[0], "Everybody.");
    let other = said("The table clear? What do you mean?", Action::Engage);
    assert!(!other.contains(&"Everybody.".to_owned()), "{other:?}");
}

#[test]
fn a_line_of_the_type_is_no_longer_than_the_client_talks_and_their_own_may_be() {
    let long = "One two three four five six seven eight nine ten eleven twelve thirteen.";
    let short = Persona { id: "ray".to_owned(), words: Words { low: 1, median: 2, high: 4 }, ..ray() };
    let said = |header: &str| {
        let file = format!("{header}\n@type any\ninform: {long}\n");
        let ask = Ask { action: Action::Inform, ..ASK };
        texts(&check(&small(&[("a.txt", &file)]), &short, &ask)).len()
    };
    assert_eq!((said("@client any"), said("@client ray")), (0, 1));
}

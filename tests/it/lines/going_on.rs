//! What goes on from the client's last words: only right after them, and only where the trainee leaves room.

use super::*;

const FILE: &str = "@client ray
@m any|any|closedq
T: What do you haul? | what's on the truck
inform: Flour and fryer oil. | Boxes for the kitchens, mostly.
+inform: The Greek place has eleven steps down.
+blame: The judge never carried a bag in his life.
+T: How's your back? | isn't it heavy
+inform: It's the knees.
@said A judge sent me.
acknowledge: It wasn't his idea that I drove.
T: Which judge? | what was his name
inform: Some Hartley.
@client any
@type any
inform: It rained on Monday.
attack: Who asks?
@anywhere openq
inform: Nothing new there.
";

/// What Ray says first to `trainee`, once he has said `said`.
fn first(action: Action, said: &str, moves: &[Move], trainee: &str) -> String {
    let banks = small(&[("needs.toml", NEEDS), ("a.txt", FILE)]);
    let persona = Persona { id: "ray".to_owned(), ..ray() };
    let ask = Ask { action, moves, trainee, said: &["Here I am.", said], ..ASK };
    texts(&check(&banks, &persona, &ask)).first().cloned().unwrap_or_default()
}

const NEEDS: &str = "asks_for_more = ['\\btell me more\\b']";
const FLOUR: &str = "Flour and fryer oil.";

#[test]
fn the_client_goes_on_where_the_trainee_takes_it_up_asks_for_more_or_waits() {
    let steps = "The Greek place has eleven steps down.";
    let inform = Action::Inform;
    assert_eq!(first(inform, FLOUR, &[Move::SimpleReflection], "Flour and oil, all day."), steps);
    assert_eq!(first(inform, FLOUR, &[Move::OpenQuestion], "Tell me more?"), steps);
    assert_eq!(first(inform, FLOUR, &[], "..."), steps);
    assert_eq!(first(inform, FLOUR, &[Move::ClosedQuestion], "Fryer oil?"), steps, "an echo");
    let blame = first(Action::Blame, FLOUR, &[Move::SimpleReflection], "You carry flour.");
    assert_eq!(blame, "The judge never carried a bag in his life.");
}

#[test]
fn any_reply_of_the_group_may_be_gone_on_from_and_so_may_what_went_on_from_it() {
    let said = |last: &str| first(Action::Inform, last, &[Move::SimpleReflection], "It's a lot to carry.");
    assert_eq!(said("Look, boxes for the kitchens, mostly."), "The Greek place has eleven steps down.");
    assert_eq!(said("The judge never carried a bag in his life."), "The Greek place has eleven steps down.");
    assert_eq!(said("I like the radio."), "It rained on Monday.", "nothing of it was said");
}

#[test]
fn what_brings_something_else_is_not_answered_so() {
    let said = |moves: &[Move], trainee: &str| first(Action::Inform, FLOUR, moves, trainee);
    assert_eq!(said(&[Move::Advise], "You should see a doctor."), "It rained on Monday.");
    assert_eq!(said(&[Move::ClosedQuestion], "Have you got a dog?"), "It rained on Monday.");
    assert_eq!(said(&[Move::Permission], "May I ask about your mother?"), "It rained on Monday.");
}

#[test]
fn a_question_of_a_few_words_finds_its_answer_only_after_what_it_is_about() {
    let back = |said: &str| first(Action::Inform, said, &[Move::ClosedQuestion], "how's your back");
    assert_eq!(back(FLOUR), "It's the knees.");
    assert_eq!(back("I like the radio."), "It rained on Monday.");
}

#[test]
fn openings_and_facts_are_gone_on_from_by_their_words() {
    let said = |trainee: &str, moves: &[Move]| first(Action::Inform, "A judge sent me.", moves, trainee);
    assert_eq!(said("what was his name", &[Move::ClosedQuestion]), "Some Hartley.");
    let admits = first(Action::Acknowledge, "A judge sent me.", &[Move::SimpleReflection], "A judge.");
    assert_eq!(admits, "It wasn't his idea that I drove.");
}

#[test]
fn what_goes_on_from_nothing_is_reported() {
    let faults = |text: &str| {
        let (_, problems) = parse(&[("a.txt", text)]);
        problems.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let early = "@client ray\n@m any|any|closedq\nT: What?\n+inform: More.\ninform: So.";
    assert_eq!(faults(early), ["a.txt:4: nothing was said above to go on from"]);
    assert_eq!(faults("@said \ninform: More.")[0], "a.txt:1: `@said` wants the lines that are gone on from");
    let banks = small(&[("a.txt", "@client ray\n@said A judge sent me. | I came by bus.\ninform: More.")]);
    let persona = Persona { id: "ray".to_owned(), openings: vec!["A judge sent me.".to_owned()], ..ray() };
    let told: Vec<String> = banks.lint(&[&persona]).iter().map(ToString::to_string).collect();
    assert_eq!(told, ["a.txt:2: nobody says `I came by bus.`, which is gone on from here"]);
}

#[test]
fn a_question_that_names_nothing_is_about_the_last_words_while_there_is_something_to_go_on_from() {
    let needs = ("needs.toml", "asks_back = ['^what happened\\W*$']");
    let file = "@client ray\n@m any|any|closedq\nT: What happened? | what happened that night\ninform: A cop stopped me.\n\
                T: Are you married?\ninform: I was. Two years ago.\n+inform: It got quiet.\n+T: what happened\n+inform: She said it first.\n";
    let banks = small(&[needs, ("a.txt", file)]);
    let persona = Persona { id: "ray".to_owned(), ..ray() };
    let said = |before: &str, trainee: &str| {
        let moves = &[Move::ClosedQuestion];
        let ask = Ask { action: Action::Inform, moves, trainee, said: &["Here I am.", before], ..ASK };
        texts(&check(&banks, &persona, &ask)).first().cloned().unwrap_or_default()
    };
    assert_eq!(said("I was. Two years ago.", "what happened?"), "She said it first.");
    assert_eq!(said("I was. Two years ago.", "What happened that night?"), "A cop stopped me.");
    assert_eq!(said("I like the radio.", "what happened?"), "A cop stopped me.");
}

#[test]
fn a_question_of_such_words_that_names_what_it_is_about_is_found_whatever_was_said_before() {
    let back = "asks_back = ['^what (do|you|for|work| )+$']\n";
    let file = "@client ray\n@m any|any|closedq\nT: what do you do for work\ninform: I haul flour.\n\
                T: Are you married?\ninform: I was. Two years ago.\n+inform: It got quiet.\n";
    let persona = Persona { id: "ray".to_owned(), ..ray() };
    let moves = &[Move::ClosedQuestion];
    let said = &["Here I am.", "I was. Two years ago."];
    let ask = Ask { action: Action::Inform, moves, trainee: "what do you do for work", said, ..ASK };
    let finds = |itself: &str| {
        let banks = small(&[("needs.toml", &format!("{back}{itself}")), ("a.txt", file)]);
        texts(&check(&banks, &persona, &ask)).contains(&"I haul flour.".to_owned())
    };
    assert!(finds("asks_itself = ['for work']"));
    assert!(!finds(""), "without it the question is about the marriage");
}

#[test]
fn who_is_asked_for_the_rest_of_a_story_tells_it_whatever_they_were_about_to_do() {
    let steps = "The Greek place has eleven steps down.";
    let blame = "The judge never carried a bag in his life.";
    let more = |action: Action| first(action, FLOUR, &[Move::OpenQuestion], "Tell me more about that?");
    assert_eq!(more(Action::Downplay), steps);
    assert_eq!(more(Action::Blame), blame, "what was meant comes first, where it goes on too");
    assert_eq!(more(Action::Challenge), "Who asks?", "at odds they do not tell");
}

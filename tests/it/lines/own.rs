//! A client's own lines: theirs alone, and first where they answer.

use super::*;

const FILE: &str = "@client ray,patty
@m any|any|closedq
T: What do you haul? | what's on the truck
inform: Flour and fryer oil.
@client any
@m mandated|any|closedq
T: What do you haul? | what's on the truck
inform: This and that.
";

/// A question about work, to be answered.
const HAUL: Ask<'static> =
    Ask { action: Action::Inform, moves: &[Move::ClosedQuestion], trainee: "so whats on the truck", ..ASK };

fn named(id: &str) -> Persona {
    Persona { id: id.to_owned(), ..ray() }
}

#[test]
fn own_lines_are_said_by_their_clients_alone_and_before_those_of_their_type() {
    let banks = small(&[("clients/ray.txt", FILE)]);
    let both = ["Flour and fryer oil.", "This and that."];
    assert_eq!(texts(&check(&banks, &named("ray"), &HAUL)), both);
    assert_eq!(texts(&check(&banks, &named("patty"), &HAUL)), both);
    assert_eq!(texts(&check(&banks, &named("sam"), &HAUL)), ["This and that."]);
}

#[test]
fn a_plain_question_may_get_its_plain_answer_whatever_the_client_is_about_to_do() {
    let voice =
        ("types/a.txt", "@type mandated\nblame: My PO did this. | They lost my paper.\nattack: Who asks?");
    let banks = small(&[("clients/ray.txt", FILE), voice]);
    let said = |ask: Ask<'_>| texts(&check(&banks, &named("ray"), &ask));
    assert_eq!(said(Ask { action: Action::Blame, ..HAUL })[0], "Flour and fryer oil.");
    let other = Ask { action: Action::Blame, trainee: "How is your mother?", ..HAUL };
    assert!(!said(other).contains(&"Flour and fryer oil.".to_owned()), "that was not asked");
    assert_eq!(said(Ask { action: Action::Challenge, ..HAUL }), ["Who asks?"], "at odds they do not tell");
}

#[test]
fn a_file_ends_what_its_header_began() {
    let banks = small(&[
        ("a.txt", "@client ray\n@type any\ninform: Mine."),
        ("b.txt", "@type any\ninform: Anybody's."),
    ]);
    assert_eq!(texts(&check(&banks, &named("sam"), &HAUL)), ["Anybody's."]);
    assert_eq!(texts(&check(&banks, &named("ray"), &HAUL)).len(), 2);
}

#[test]
fn own_lines_ask_nothing_of_the_client_but_their_slots() {
    let needs = ("needs.toml", "[[need]]\nwords = 'my truck'\nmentions = 'truck'");
    let said = |lines: &str| check_small(&[needs, ("a.txt", lines)], &Ask { trainee: "Hm.", ..HAUL });
    assert_eq!(said("@type any\ninform: I like my truck."), Vec::<String>::new());
    let banks = small(&[needs, ("a.txt", "@client ray\n@type any\ninform: I like my truck.")]);
    assert_eq!(texts(&check(&banks, &named("ray"), &HAUL)), ["I like my truck."]);
}

#[test]
fn fifty_lines_of_a_new_client_play_at_once_and_mix_with_their_types() {
    let mut files = bundled_files();
    let own: String = (0..50)
        .map(|i| {
            format!(
                "T: what about the number {i} bus | is it the {i}\ninform: Number {i} is the one I take.\n"
            )
        })
        .collect();
    files.push(("sam.txt".to_owned(), format!("@client sam\n@m any|any|closedq\n{own}")));
    let (banks, problems) = Banks::parse(&files);
    assert_eq!(problems, []);
    let ask = Ask { trainee: "What about the number 17 bus?", limit: 80, ..HAUL };
    let found = check(&banks, &named("sam"), &ask);
    assert_eq!(found[0].text, "Number 17 is the one I take.");
    assert!(found.iter().any(|c| !c.source.starts_with("sam.txt")), "{found:?}");
}

#[test]
fn a_client_that_there_is_not_is_reported() {
    let (banks, _) = parse(&[("a.txt", "@client rey\n@type any\ninform: Mine.")]);
    let found: Vec<String> = banks.lint(&[&named("ray")]).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["a.txt:1: there is no client `rey`"]);
}

#[test]
fn own_lines_are_exported_as_those_of_their_clients_type() {
    let banks = small(&[("a.txt", FILE)]);
    let ray = named("ray");
    let pairs: Vec<_> = banks.pairs(&[&ray]).collect();
    assert_eq!(pairs[0].clients, ["ray", "patty"]);
    assert_eq!(pairs[0].types, ["mandated"]);
    assert_eq!(pairs[0].topics, ["drinking"]);
    assert!(pairs[1].clients.is_empty());
}

#[test]
fn what_is_said_instead_is_what_is_done() {
    let file = "@client ray\n@m any|any|closedq\nT: What do you haul?\ninform: Flour and fryer oil.\n\
                @client any\n@anywhere closedq\ninform: I couldn't tell you.\n\
                @type mandated\nblame: My PO did this.\nargue: It is a lot of fuss.\n";
    let banks = small(&[("a.txt", file)]);
    let does = |action: Action, trainee: &str, text: &str| {
        let ask = Ask { action, moves: &[Move::ClosedQuestion], trainee, ..ASK };
        let found = check(&banks, &named("ray"), &ask);
        found.iter().find(|c| c.text == text).map(|c| c.does)
    };
    assert_eq!(does(Action::Blame, "What do you haul?", "Flour and fryer oil."), Some(Action::Inform));
    assert_eq!(does(Action::Blame, "What do you haul?", "My PO did this."), Some(Action::Blame));
    assert_eq!(does(Action::Downplay, "What do you haul?", "It is a lot of fuss."), Some(Action::Downplay));
    let evades = does(Action::Inform, "What do you mean?", "I couldn't tell you.");
    assert_eq!(evades, Some(Action::Engage), "nothing is told by it");
    let last_resort = does(Action::Leave, "What do you mean?", "It is a lot of fuss.");
    assert_eq!(last_resort, Some(Action::Leave), "who leaves, leaves");
}

#[test]
fn who_will_not_go_into_it_turns_away() {
    let file =
        "@anywhere closedq\ninform: I'd rather not go into that. | I couldn't tell you.\nminimal: Pass.\n";
    let needs = "[shade]\nrefusing = ['rather not', '^pass']\n";
    let banks = small(&[("a.txt", file), ("needs.toml", needs)]);
    let does = |action: Action, text: &str| {
        let ask = Ask { action, moves: &[Move::ClosedQuestion], trainee: "What do you mean?", ..ASK };
        check(&banks, &ray(), &ask).iter().find(|c| c.text == text).map(|c| c.does)
    };
    assert_eq!(does(Action::Inform, "I'd rather not go into that."), Some(Action::Deflect));
    assert_eq!(does(Action::Engage, "Pass."), Some(Action::Deflect));
    assert_eq!(does(Action::Withdraw, "Pass."), Some(Action::Withdraw), "clipped, as was meant");
    assert_eq!(does(Action::Inform, "I couldn't tell you."), Some(Action::Engage));
}

#[test]
fn a_question_with_an_answer_of_its_own_is_answered_before_a_fact_is_told() {
    let fact = Fact {
        id: "brother".to_owned(),
        text: "Lost his brother.".to_owned(),
        trust: 0.1,
        cues: vec!["haul".to_owned()],
        say: vec!["My brother drowned.".to_owned()],
    };
    let banks = small(&[("clients/ray.txt", FILE)]);
    let first = |trainee: &str| {
        let ask = Ask { action: Action::Disclose, trainee, fact: Some(&fact), ..HAUL };
        let found = check(&banks, &named("ray"), &ask);
        found.first().map(|c| (c.text.clone(), c.does))
    };
    let answer = ("Flour and fryer oil.".to_owned(), Action::Inform);
    let told = ("My brother drowned.".to_owned(), Action::Disclose);
    assert_eq!(first("What do you haul?"), Some(answer));
    assert_eq!(first("Who taught you?"), Some(told));
}

#[test]
fn one_who_meant_to_deny_may_evade_and_that_is_what_is_recorded() {
    let needs = ("needs.toml", "[turn]\naskwho = ['^who\\b']\n");
    let lines = "@anywhere askwho\ninform: I couldn't say who.\nember: I wish it was me.\n";
    let said = |trainee: &str| {
        let ask = Ask { action: Action::Deny, trainee, moves: &[Move::OpenQuestion], ..ASK };
        let found = check(&small(&[needs, ("a.txt", lines)]), &ray(), &ask);
        found.iter().map(|c| (c.text.clone(), c.does)).collect::<Vec<_>>()
    };
    let evades = ("I couldn't say who.".to_owned(), Action::Engage);
    assert_eq!(
        said("Who holds the knife?"),
        [evades],
        "and never goes further towards change than was meant"
    );
    assert_eq!(said("Tell me about the knife."), []);
}

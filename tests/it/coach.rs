//! The coach in 500 situations, with the pocket client's own lines; turning words round; effects and
//! approaches.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use pushback::domain::action::Action;
use pushback::domain::client;
use pushback::domain::coach::{Coach, Feedback, GOOD_ENOUGH, Taken, passes};
use pushback::domain::dice::Dice;
use pushback::domain::hearing::heard_reply;
use pushback::domain::judge::Technique;
use pushback::domain::level::Level;
use pushback::domain::lines::{Banks, Query, Recall};
use pushback::domain::moves::Move;
use pushback::domain::persona::Persona;
use pushback::domain::session::{Path, Reply, Said, Turn};

use crate::support::practice::library;

const CLIENTS: [&str; 10] =
    ["carol", "ellen", "gwen", "june", "martin", "nadia", "ray", "rosa", "tyler", "vince"];

/// What the trainee says first, by what it does, and then when it goes wrong.
const FIRST: [(&str, Move); 6] = [
    ("You have to take this seriously, you know.", Move::Argue),
    ("What brings you here today?", Move::OpenQuestion),
    ("How often does it happen in a week?", Move::ClosedQuestion),
    ("You should try to cut down first.", Move::Advise),
    ("You're fed up with people telling you what to do.", Move::ComplexReflection),
    ("It's entirely up to you what we talk about.", Move::Autonomy),
];
const POOR: [&str; 4] = [
    "That's just an excuse, and you know it.",
    "You need to stop before it's too late.",
    "Have you thought about joining a group?",
    "Studies show that most people regret it later.",
];
const ACTIONS: [Action; 16] = [
    Action::Deny,
    Action::Downplay,
    Action::Blame,
    Action::Challenge,
    Action::Test,
    Action::Deflect,
    Action::Withdraw,
    Action::Hesitate,
    Action::Doubt,
    Action::Reject,
    Action::Inform,
    Action::Engage,
    Action::Ember,
    Action::Acknowledge,
    Action::Accept,
    Action::Plan,
];

/// A moment: what the client said before, what they have just said, and a poor answer to it.
struct Moment {
    persona: Persona,
    path: Path,
}

fn line(banks: &Banks, persona: &Persona, action: Action, dice: &mut Dice) -> String {
    let (trainee, mv) = FIRST[dice.below(FIRST.len())];
    let query = Query {
        action,
        moves: &[mv],
        apology: false,
        trainee,
        said: &[],
        trainee_said: &[],
        recall: Recall::default(),
        words: 10,
        fact: None,
        limit: 12,
        dice: dice.clone(),
    };
    let lines = banks.eligible(persona, &query);
    lines[dice.below(lines.len())].text.clone()
}

fn moment(banks: &Banks, seed: u64) -> Moment {
    let library = library();
    let judge = library.judge().unwrap();
    let mut dice = Dice::for_turn(seed, 0);
    let persona = library.persona(CLIENTS[seed as usize % CLIENTS.len()]).unwrap();
    let reply = |action: Action, dice: &mut Dice| {
        let mut state = client::begin(&persona);
        state.discord = Level::clamped(dice.unit());
        state.trust = Level::clamped(dice.unit());
        state.rupture_age = (dice.below(3) == 0).then_some(0);
        let text = line(banks, &persona, action, dice);
        Reply { text, action, fact: None, state, why: Vec::new(), cut: false, runners_up: Vec::new() }
    };
    let earlier = if dice.below(3) == 0 { Action::Ember } else { Action::Deny };
    let earlier = reply(earlier, &mut dice);
    let now = reply(ACTIONS[dice.below(ACTIONS.len())], &mut dice);
    let said = |before: &Reply, text: &str| Said {
        text: text.to_owned(),
        verdict: judge.reply(&heard_reply(before), text),
    };
    let first = said(&earlier, FIRST[dice.below(FIRST.len())].0);
    let poor = said(&now, POOR[dice.below(POOR.len())]);
    let turn = |number: u32, trainee, reply| Turn {
        id: i64::from(number),
        parent: None,
        number,
        trainee,
        reply,
        overruled: None,
    };
    let number = 2 + dice.below(8) as u32;
    let turns =
        vec![turn(0, None, Some(earlier)), turn(1, Some(first), Some(now)), turn(number, Some(poor), None)];
    Moment { persona, path: Path::new(turns) }
}

fn content(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 3);
    words.map(str::to_lowercase).collect()
}

#[test]
fn alternatives_in_500_situations_pass_the_judge_and_take_up_the_client_s_words() {
    let library = library();
    let (judge, coach) = (library.judge().unwrap(), library.coach().unwrap());
    let (banks, _) = library.banks();
    let (mut built, mut good, mut offered, mut own) = (0, 0, 0, 0);
    let mut log = String::new();
    for seed in 0..500 {
        let Moment { persona, path } = moment(&banks, seed);
        let client = path.turns()[1].reply.as_ref().unwrap();
        let all = coach.built(&path, &persona).unwrap();
        built += all.len();
        good += all.iter().filter(|s| passes(&judge, client, s)).count();
        for s in all.iter().filter(|s| !passes(&judge, client, s)) {
            let score = judge.reply(&heard_reply(client), &s.text).score;
            writeln!(log, "{seed} {:?} “{}” {score:+.2} {}", client.action, client.text, s.text).unwrap();
        }
        let Some(suggestion) = coach.suggest(&path, &judge, &persona) else {
            writeln!(log, "{seed} {:?} “{}”: nothing", client.action, client.text).unwrap();
            continue;
        };
        offered += 1;
        let score = judge.reply(&heard_reply(client), &suggestion.text).score;
        assert!(score >= GOOD_ENOUGH, "seed {seed}: {score} {}", suggestion.text);
        assert!(!suggestion.text.contains(['{', '}']), "seed {seed}: {}", suggestion.text);
        let said: BTreeSet<_> =
            path.turns().iter().filter_map(|t| t.reply.as_ref()).flat_map(|r| content(&r.text)).collect();
        let quotes = suggestion.text.contains('“');
        own += usize::from(quotes || !said.is_disjoint(&content(&suggestion.text)));
        writeln!(log, "{seed} {:?} “{}” -> {}", client.action, client.text, suggestion.text).unwrap();
    }
    let found = format!(
        "built {built}, of these {good} pass; offered in {offered} of 500, {own} in the client's words"
    );
    assert!(good as f32 >= 0.9 * built as f32, "{found}\n{log}");
    assert!(offered >= 425, "{found}\n{log}");
    assert!(own as f32 >= 0.95 * offered as f32, "{found}\n{log}");
}

/// The feedback on the last of `replies`, each of which answers `client`.
fn feedback(persona: &str, client: (&str, Action), replies: &[&str]) -> Feedback {
    let library = library();
    let judge = library.judge().unwrap();
    let persona = library.persona(persona).unwrap();
    let state = client::begin(&persona);
    let answer = |action| Reply {
        text: client.0.to_owned(),
        action,
        fact: None,
        state: state.clone(),
        why: Vec::new(),
        cut: false,
        runners_up: Vec::new(),
    };
    let mut turns = vec![Turn {
        id: 0,
        parent: None,
        number: 0,
        trainee: None,
        reply: Some(answer(client.1)),
        overruled: None,
    }];
    for (number, text) in (1..).zip(replies) {
        let verdict = judge.reply(&heard_reply(&answer(client.1)), text);
        let trainee = Some(Said { text: (*text).to_owned(), verdict });
        let reply = (number as usize != replies.len()).then(|| answer(client.1));
        turns.push(Turn { id: i64::from(number), parent: None, number, trainee, reply, overruled: None });
    }
    let mut after = state.clone();
    after.discord = Level::clamped(state.discord.value() + 0.1);
    after.trust = Level::clamped(state.trust.value() - 0.03);
    let taken = Taken { persona: &persona, after: &after };
    library.coach().unwrap().feedback(&Path::new(turns), &judge, &taken)
}

#[test]
fn feedback_says_what_the_reply_did_to_the_client() {
    let feedback = feedback("ray", ("I don't need a lecture.", Action::Deny), &["You have to stop."]);
    assert_eq!(feedback.effect, "Ray digs in and trusts you less.");
    let other = feedback.alternative.expect("an alternative to arguing");
    assert!(other.text.starts_with("You don't need a lecture"), "{}", other.text);
    assert_eq!(feedback.approach, None, "one turn is not long");
}

#[test]
fn whom_the_client_warned_is_the_speaker() {
    let client = ("I'll warn you, I've tried everything.", Action::Doubt);
    let other =
        feedback("carol", client, &["You have to stop."]).alternative.expect("an alternative to arguing");
    assert!(!other.text.contains("warn I"), "{}", other.text);
}

#[test]
fn after_five_resistant_turns_another_approach_is_suggested() {
    let client = ("It's fine the way it is.", Action::Deny);
    let question = "How many do you have on a normal day?";
    let pushing = "You need to cut down.";
    let reflecting = "You're tired of people who see it differently.";
    let check = |persona: &str, reply: &str, turns: usize| {
        feedback(persona, client, &vec![reply; turns]).approach.unwrap_or_default()
    };
    assert_eq!(check("ray", question, 4), "");
    assert!(check("ray", question, 5).contains("mostly questions"), "{}", check("ray", question, 5));
    assert_eq!(check("ray", question, 6), "", "not at every turn");
    assert!(check("ray", question, 10).starts_with("10 replies"));
    assert!(check("ray", pushing, 5).contains("most of yours pushed"));
    assert!(check("ray", reflecting, 5).contains("though you reflect"));
    // What reaches Ray comes first; what is hard on Nadia does not come at all.
    assert!(check("ray", pushing, 5).contains("the decision is Ray's"), "{}", check("ray", pushing, 5));
    let nadia = library().persona("nadia").unwrap();
    assert!(nadia.triggers.iter().any(|t| t.on == Move::Autonomy), "the persona of this test has changed");
    assert!(!check("nadia", pushing, 5).contains("the decision is"), "{}", check("nadia", pushing, 5));
}

#[test]
fn a_technique_used_three_times_is_not_offered_again() {
    let client = ("I don't need a lecture about my truck.", Action::Deny);
    let pushing = "You need to stop.";
    let reflecting = "You're tired of people who see it differently. You need to stop.";
    let offers = |reply: &str, turns: usize| {
        let offered = feedback("ray", client, &vec![reply; turns]).alternative;
        offered.expect("an alternative to an argument").technique == Technique::Reflection
    };
    assert!((3..9).any(|turns| offers(pushing, turns)), "it comes to who has not reflected");
    for turns in 3..9 {
        assert!(!offers(reflecting, turns), "{turns}");
    }
}

#[test]
fn a_line_that_takes_up_nothing_is_a_mistake_of_the_file() {
    let mut text = std::fs::read_to_string("prompts/coach.toml").unwrap();
    text.push_str("\n[[line]]\nwhen = \"sustain\"\ndoes = \"reflection\"\nsay = \"That sounds hard.\"\n");
    // Behind [effect], a table of its own, an array of tables may still follow.
    let problems = Coach::parse("coach.toml", &text).unwrap_err();
    assert!(problems[0].to_string().contains("without the client's words"), "{}", problems[0]);
}

//! A session by hand: nothing in it depends on a prompt file, a lexicon or a clock.

use pushback::domain::action::Action;
use pushback::domain::client::{self, Cause, State};
use pushback::domain::coach::{Feedback, Suggestion};
use pushback::domain::judge::{
    Band, Behaviour, Code, Consistency, Finding, Label, Permission, QuestionKind, ReflectionKind, Technique,
    Verdict,
};
use pushback::domain::level::Level;
use pushback::domain::session::{Path, Provenance, Reply, Said, Setting, Taken, Turn};
use pushback::domain::summary;
use pushback::report::{Material, Report};

use crate::support::practice;

/// A trainee's reply: its words, and each piece of evidence with what it counts.
pub struct Spoken<'a> {
    pub text: &'a str,
    pub band: Band,
    pub seen: &'a [(Code, &'a str, f32)],
}

/// The client of the session.
pub fn setting() -> Setting {
    let mut setting = practice::setting("ray", 7);
    let persona = &mut setting.persona;
    (persona.id, persona.name) = ("dana".to_owned(), "Dana Reed".to_owned());
    (persona.age, persona.topic, persona.difficulty) = (41, "drinking".to_owned(), 2);
    persona.aim = "Leave with the door open.".to_owned();
    setting.model = "made-up".to_owned();
    let hash = |c: char| c.to_string().repeat(64);
    setting.provenance = Provenance {
        persona: hash('a'),
        prompts: hash('b'),
        lexicon: hash('c'),
        model: hash('d'),
        version: "0.0.0".to_owned(),
    };
    setting
}

pub fn verdict(spoken: &Spoken<'_>) -> Verdict {
    let has = |code: Code| spoken.seen.iter().any(|(seen, ..)| *seen == code);
    let mut codes: Vec<Code> = Vec::new();
    for (code, ..) in spoken.seen {
        if !codes.contains(code) {
            codes.push(*code);
        }
    }
    let reflects = codes.iter().any(|c| c.is_reflection());
    let tells = has(Code::GiveInformation) || has(Code::Persuade);
    let finding = |(code, quote, contribution): &(Code, &str, f32)| {
        let at = spoken.text.find(quote).expect("a quotation of the reply");
        Finding {
            code: Label::Code(*code),
            at: at..at + quote.len(),
            rule: "by_hand".to_owned(),
            contribution: *contribution,
            why: format!("because of <{}>", code.as_str()),
        }
    };
    let score = match spoken.band {
        Band::Arguing => -0.7,
        Band::Rolling => 0.6,
        Band::Mixed | Band::Neutral => 0.1,
    };
    Verdict {
        score,
        band: spoken.band,
        steer: 0.0,
        techniques: if reflects { vec![Technique::Reflection] } else { Vec::new() },
        findings: spoken.seen.iter().map(finding).collect(),
        moves: Vec::new(),
        behaviour: if reflects { Behaviour::Reflection } else { Behaviour::Other },
        reflection: reflects.then_some(match has(Code::ComplexReflection) {
            true => ReflectionKind::Complex,
            false => ReflectionKind::Simple,
        }),
        question: has(Code::QuestionOpen).then_some(QuestionKind::Open),
        kinds: (ReflectionKind::Simple, QuestionKind::Closed),
        input: tells,
        permission: Permission::None,
        consistency: match (reflects || has(Code::EmphasiseAutonomy), tells) {
            (true, _) => Consistency::C,
            (false, true) => Consistency::I,
            (false, false) => Consistency::N,
        },
        codes,
    }
}

pub fn reply(text: &str, action: Action, state: State) -> Reply {
    let why = vec![Cause { what: "a cause".to_owned(), discord: -0.04, trust: 0.02, readiness: 0.0 }];
    Reply { text: text.to_owned(), action, fact: None, state, why, cut: false, runners_up: Vec::new() }
}

/// Levels after a turn, with ruptures and repairs so far.
pub fn state((discord, trust, readiness): (f32, f32, f32), (ruptures, repairs): (u16, u16)) -> State {
    let mut state = client::begin(&setting().persona);
    state.discord = Level::clamped(discord);
    state.trust = Level::clamped(trust);
    state.readiness = Level::clamped(readiness);
    (state.ruptures, state.repairs) = (ruptures, repairs);
    state.rupture_age = (ruptures > repairs).then_some(0);
    state
}

/// What a turn is made of: the reply, the client's words, what they do, and where they stand.
pub type Exchange<'a> = (Spoken<'a>, &'a str, Action, State);

/// A path of turns, numbered and with ids from 1.
pub fn path(opening: Reply, exchanges: Vec<Exchange<'_>>) -> Path {
    let first = Turn { id: 1, parent: None, number: 0, trainee: None, reply: Some(opening), overruled: None };
    let mut turns = vec![first];
    for (spoken, words, action, state) in exchanges {
        let said = Said { text: spoken.text.to_owned(), verdict: verdict(&spoken) };
        let before = turns.last().expect("an opening");
        let mut turn = Turn::after(before, said);
        turn.id = before.id + 1;
        turn.reply = Some(reply(words, action, state));
        turns.push(turn);
    }
    Path::new(turns)
}

/// The report of a path of which the coach says `told` (by turn).
pub fn report(path: &Path, told: &[(usize, Feedback)], left: Vec<(Turn, usize)>) -> Report {
    let mut of_turn: Vec<Option<Feedback>> = path.turns().iter().map(|_| None).collect();
    told.iter().for_each(|(turn, feedback)| of_turn[*turn] = Some(feedback.clone()));
    Report::of(Material {
        id: 3,
        started: "2026-01-02 03:04:05".to_owned(),
        ended: true,
        exam: None,
        setting: &setting(),
        path,
        told: of_turn,
        left,
        summary: summary::summarise(path),
    })
}

pub fn feedback(effect: &str, alternative: Option<&str>) -> Feedback {
    let alternative =
        alternative.map(|text| Suggestion { technique: Technique::AutonomySupport, text: text.to_owned() });
    Feedback { effect: effect.to_owned(), alternative, approach: None }
}

/// Nine replies: an argument, a rupture and its repair, change talk that is passed over, a reply that a
/// trainer overruled, and one that was said otherwise first.
pub fn session() -> Report {
    use Action::{Challenge, Deny, Downplay, Ember, Inform, Plan};
    use Band::{Arguing, Neutral, Rolling};
    let said = |text, band, seen| Spoken { text, band, seen };
    let opening = reply("I'm only here because of my wife.", Action::Blame, state((0.5, 0.2, 0.2), (0, 0)));
    let exchanges: Vec<Exchange<'_>> = vec![
        (
            said("Being here was her idea.", Rolling, &[(Code::SimpleReflection, "her idea", 0.5)]),
            "You could say that.",
            Downplay,
            state((0.45, 0.25, 0.2), (0, 0)),
        ),
        (
            said(
                "You need to stop. You know that.",
                Arguing,
                &[(Code::Persuade, "You need to stop.", -0.5), (Code::Confront, "You know that", -0.6)],
            ),
            "Who are you to tell me?",
            Challenge,
            state((0.7, 0.15, 0.18), (1, 0)),
        ),
        (
            said(
                "That was out of turn. It's up to you.",
                Rolling,
                &[(Code::EmphasiseAutonomy, "It's up to you", 0.8)],
            ),
            "Damn right.",
            Deny,
            state((0.55, 0.25, 0.2), (1, 1)),
        ),
        (
            said(
                "You want to be the one who decides.",
                Rolling,
                &[(Code::ComplexReflection, "You want to be the one who decides", 0.7)],
            ),
            "Maybe it's a bit much on Fridays.",
            Ember,
            state((0.45, 0.3, 0.25), (1, 1)),
        ),
        (
            said(
                "What time do you get up?",
                Neutral,
                &[(Code::QuestionOpen, "What time do you get up?", 0.2)],
            ),
            "Six.",
            Inform,
            state((0.44, 0.3, 0.25), (1, 1)),
        ),
        (
            said(
                "Doctors say fourteen units a week.",
                Neutral,
                &[(Code::GiveInformation, "fourteen units", -0.1)],
            ),
            "Doctors say all sorts.",
            Deny,
            state((0.46, 0.29, 0.25), (1, 1)),
        ),
        (
            said(
                "Some people use an app.",
                Neutral,
                &[(Code::GiveInformation, "Some people use an app.", -0.1)],
            ),
            "I could leave the car at home, I suppose.",
            Plan,
            state((0.44, 0.3, 0.28), (1, 1)),
        ),
        (
            said("Right. Next form.", Neutral, &[(Code::NotCoded, "Right", 0.0)]),
            "Fine.",
            Inform,
            state((0.44, 0.3, 0.28), (1, 1)),
        ),
        (
            said("You got through the week.", Rolling, &[(Code::Affirm, "You got through the week", 0.4)]),
            "I did.",
            Inform,
            state((0.4, 0.35, 0.3), (1, 1)),
        ),
    ];
    let mut path = path(opening, exchanges);
    // Of the last reply the judge had thought otherwise.
    let own = verdict(&Spoken { text: "You got through the week.", band: Neutral, seen: &[] });
    let mut turns = path.turns().to_vec();
    let last = turns.last_mut().expect("turns");
    let taken = Taken {
        verdict: last.trainee.as_ref().expect("said").verdict.clone(),
        state: last.reply.as_ref().expect("answered").state.clone(),
        why: Vec::new(),
    };
    last.trainee.as_mut().expect("said").verdict = own;
    last.overrule(taken);
    // Turn 4 was said otherwise first, and went on for two turns.
    let mut first_try = Turn::after(
        &turns[3],
        Said {
            text: "So you drink too much.".to_owned(),
            verdict: verdict(&Spoken {
                text: "So you drink too much.",
                band: Arguing,
                seen: &[(Code::Confront, "you drink too much", -0.8)],
            }),
        },
    );
    first_try.id = 50;
    first_try.reply = Some(reply("I never said that.", Challenge, state((0.7, 0.2, 0.2), (2, 1))));
    path = Path::new(turns);
    let told = [
        (2, feedback("Dana hardens a lot.", Some("“Who are you to tell me” You decide."))),
        (3, feedback("Dana eases a lot.", None)),
        (5, feedback("Nothing changes for Dana.", Some("Fridays are a bit much. What you do is up to you."))),
    ];
    report(&path, &told, vec![(first_try, 2)])
}

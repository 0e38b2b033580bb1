//! What a session is praised for and pointed at: each rule where it holds and where it just does not.

use pushback::domain::action::Action;
use pushback::domain::client::State;
use pushback::domain::coach::Feedback;
use pushback::domain::judge::{Band, Code};
use pushback::domain::review::{Aim, Good, Review, clipped};

use super::made_up::{Exchange, Spoken, feedback, path, reply, report, session, state};

const R: &str = "You want to decide.";

fn reflects(band: Band) -> Spoken<'static> {
    Spoken { text: R, band, seen: &[(Code::SimpleReflection, R, 0.5)] }
}

fn grunt() -> Spoken<'static> {
    Spoken { text: "Right.", band: Band::Neutral, seen: &[] }
}

fn argues() -> Spoken<'static> {
    Spoken { text: "Stop it.", band: Band::Arguing, seen: &[(Code::Confront, "Stop it.", -0.8)] }
}

fn calm() -> State {
    state((0.4, 0.3, 0.3), (0, 0))
}

/// The review of a session that the client opens with `action`.
fn of(action: Action, exchanges: Vec<Exchange<'_>>, told: &[(usize, Feedback)]) -> Review {
    report(&path(reply("Opening.", action, calm()), exchanges), told, Vec::new()).review
}

fn goods(review: &Review) -> Vec<Good> {
    review.strengths.iter().map(|s| s.what).collect()
}

fn aim(review: &Review) -> Option<Aim> {
    review.next.as_ref().map(|next| next.what)
}

#[test]
fn a_session_has_three_strengths_and_one_thing_to_try() {
    let review = session().review;
    assert_eq!(goods(&review), [Good::Mended, Good::Rolled, Good::Evoked]);
    let turns: Vec<u32> = review.strengths.iter().map(|s| s.place.turn).collect();
    // The best reply of all that rolled is praised for that, so another stands for what followed.
    assert_eq!(turns, [3, 1, 4]);
    assert_eq!(review.strengths[0].place.quote, "It's up to you");
    assert_eq!(review.strengths[0].place.client, "Who are you to tell me?");
    let next = review.next.unwrap();
    assert_eq!((next.what, next.place.turn, next.times), (Aim::Argued, 2, 1));
    assert_eq!(next.place.quote, "You know that");
    assert!(next.instead.is_some());
}

#[test]
fn where_there_is_nothing_to_praise_nothing_is_praised() {
    let review = of(
        Action::Deny,
        vec![(argues(), "No.", Action::Challenge, calm()), (grunt(), "No.", Action::Deny, calm())],
        &[],
    );
    assert_eq!(goods(&review), []);
    assert_eq!(of(Action::Inform, Vec::new(), &[]), Review::default());
    let one = of(Action::Deny, vec![(reflects(Band::Rolling), "No.", Action::Deny, calm())], &[]);
    assert_eq!(goods(&one), [Good::Rolled], "and no second one at the same place");
}

/// Whether the first strength of a session of one reply is `what`.
fn one(what: Good, before: Action, spoken: Spoken<'_>, after: (Action, State)) -> bool {
    goods(&of(before, vec![(spoken, "Words.", after.0, after.1)], &[])) == [what]
}

#[test]
fn rolling_is_praised_where_the_client_resisted_and_did_not_harden() {
    use Action::{Challenge, Deny, Inform};
    let harder = |by: f32| state((0.4 + by, 0.3, 0.3), (0, 0));
    assert!(one(Good::Rolled, Deny, reflects(Band::Rolling), (Deny, calm())));
    assert!(one(Good::Rolled, Challenge, reflects(Band::Rolling), (Deny, harder(0.02))));
    assert!(!one(Good::Rolled, Deny, reflects(Band::Rolling), (Deny, harder(0.03))));
    assert!(!one(Good::Rolled, Inform, reflects(Band::Rolling), (Deny, calm())));
    for band in [Band::Neutral, Band::Mixed, Band::Arguing] {
        assert!(!one(Good::Rolled, Deny, reflects(band), (Deny, calm())), "{band:?}");
    }
}

#[test]
fn change_talk_is_credited_to_what_invites_it() {
    use Action::{Ember, Inform};
    assert!(one(Good::Evoked, Inform, reflects(Band::Neutral), (Ember, calm())));
    assert!(!one(Good::Evoked, Inform, grunt(), (Ember, calm())));
    assert!(!one(Good::Evoked, Inform, reflects(Band::Mixed), (Ember, calm())));
    assert!(!one(Good::Evoked, Inform, reflects(Band::Neutral), (Inform, calm())));
    assert!(
        one(Good::TookUp, Ember, reflects(Band::Neutral), (Ember, calm())),
        "they had spoken for it already"
    );
    assert!(!one(Good::TookUp, Inform, reflects(Band::Neutral), (Inform, calm())));
}

#[test]
fn mending_takes_a_rupture() {
    let hurt = || state((0.6, 0.2, 0.3), (1, 0));
    let mended = || state((0.5, 0.25, 0.3), (1, 1));
    let of = |after: State, band: Band| {
        goods(&of(
            Action::Inform,
            vec![
                (argues(), "Hey.", Action::Inform, hurt()),
                (reflects(band), "Fine.", Action::Inform, after),
            ],
            &[],
        ))
    };
    assert_eq!(of(mended(), Band::Rolling), [Good::Mended]);
    assert_eq!(of(hurt(), Band::Rolling), []);
    assert_eq!(of(mended(), Band::Mixed), []);
}

#[test]
fn a_code_is_praised_by_words_that_count_for_it() {
    let said = |code: Code, counts: f32, band: Band| {
        let seen = [(code, R, counts)];
        let spoken = Spoken { text: R, band, seen: &seen };
        goods(&of(Action::Inform, vec![(spoken, "Yes.", Action::Inform, calm())], &[]))
    };
    for (code, good) in [
        (Code::EmphasiseAutonomy, Good::Autonomy),
        (Code::Affirm, Good::Affirmed),
        (Code::SeekCollaboration, Good::Asked),
        (Code::ComplexReflection, Good::Deepened),
    ] {
        assert_eq!(said(code, 0.4, Band::Rolling), [good]);
        assert_eq!(said(code, 0.0, Band::Rolling), []);
        assert_eq!(said(code, 0.4, Band::Mixed), []);
    }
}

#[test]
fn the_first_rule_that_holds_is_what_to_try() {
    use Action::{Deny, Ember, Inform};
    let tells = || Spoken {
        text: "Use an app.",
        band: Band::Neutral,
        seen: &[(Code::GiveInformation, "Use an app.", -0.1)],
    };
    let argued = (argues(), "No.", Deny, calm());
    let told = || (tells(), "Maybe I could.", Ember, calm());
    let passed = || (grunt(), "Yes.", Inform, calm());
    assert_eq!(aim(&of(Deny, vec![told(), passed(), argued], &[])), Some(Aim::Argued));
    assert_eq!(aim(&of(Deny, vec![told(), passed()], &[])), Some(Aim::Told));
    assert_eq!(aim(&of(Inform, vec![told(), passed()], &[])), Some(Aim::PassedOver), "nobody resisted");
    assert_eq!(aim(&of(Inform, vec![passed()], &[])), None);
    let approach = Feedback { approach: Some("Ask for less.".to_owned()), ..feedback("Same.", None) };
    let review = of(Inform, vec![passed()], &[(1, approach)]);
    assert_eq!(review.next.unwrap().approach.as_deref(), Some("Ask for less."));
}

#[test]
fn a_place_with_an_alternative_goes_before_a_worse_reply() {
    let milder = || Spoken {
        text: "You should.",
        band: Band::Arguing,
        seen: &[(Code::Persuade, "You should.", -0.4)],
    };
    let two = || vec![(argues(), "No.", Action::Deny, calm()), (milder(), "No.", Action::Deny, calm())];
    let turn = |told: &[(usize, Feedback)]| of(Action::Deny, two(), told).next.unwrap().place.turn;
    assert_eq!(turn(&[]), 1);
    assert_eq!(turn(&[(2, feedback("Same.", Some("It's up to you.")))]), 2);
}

#[test]
fn shares_point_at_something_only_from_eight_replies_on() {
    let asks = || Spoken { text: "When?", band: Band::Neutral, seen: &[(Code::QuestionOpen, "When?", 0.1)] };
    let of = |spoken: fn() -> Spoken<'static>, n: usize| {
        aim(&of(Action::Inform, (0..n).map(|_| (spoken(), "So.", Action::Inform, calm())).collect(), &[]))
    };
    assert_eq!((of(asks, 7), of(asks, 8)), (None, Some(Aim::Questions)));
    let simple = || reflects(Band::Rolling);
    assert_eq!((of(simple, 7), of(simple, 8)), (None, Some(Aim::Plain)));
    let complex = || Spoken { text: R, band: Band::Rolling, seen: &[(Code::ComplexReflection, R, 0.5)] };
    assert_eq!(of(complex, 8), None);
}

#[test]
fn a_quotation_is_cut_between_words() {
    assert_eq!(clipped("  short "), "short");
    let long = "word ".repeat(100);
    let cut = clipped(&long);
    assert!(cut.ends_with("word …") && cut.chars().count() <= 163, "{cut}");
    assert_eq!(clipped(&"👍".repeat(500)).chars().count(), 162, "and inside one where there is no end");
}

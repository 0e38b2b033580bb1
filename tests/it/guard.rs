//! What may be spoken, and what may not.

use pushback::domain::guard::{self, Fault, Scene};

use crate::support::practice::setting;

/// The faults of `text` after `said`, in answer to `trainee`, by name.
fn check(text: &str, trainee: &str, said: &[&str]) -> Vec<&'static str> {
    let persona = setting("ray", 1).persona;
    let said: Vec<String> = said.iter().map(|s| (*s).to_owned()).collect();
    let scene = Scene {
        persona: &persona,
        told: "You are Ray and you never talk about the night of the arrest to anybody at all.",
        trainee,
        said: &said,
        words: 12,
        precontemplation: true,
        may_ask: false,
    };
    guard::review(text, &scene).into_iter().map(Fault::as_str).collect()
}

#[test]
fn plain_resistance_has_no_fault() {
    for line in [
        "Two beers. Two. I drive better than you do.",
        "…",
        "I'm here because a judge said so.",
        "You get paid whether I talk or not.",
        "I heard you the first time.",
        "Sounds like a lot of paperwork.",
    ] {
        assert_eq!(check(line, "How much do you drink?", &["Fine."]), [""; 0], "{line}");
    }
}

#[test]
fn leaving_the_role_is_a_fault() {
    for line in [
        "As an AI, I can't answer that.",
        "I'm a language model.",
        "How can I help you today?",
        "*sighs* I don't know.",
        "Therapist: And how was that?",
        "<|im_end|> hello",
    ] {
        assert!(check(line, "Are you an AI?", &[]).contains(&"role break"), "{line}");
    }
    for line in ["Thank you for sharing that with me.", "It sounds like you care.", "I hear you, man."] {
        assert!(check(line, "Hm.", &[]).contains(&"therapist-speak"), "{line}");
    }
}

#[test]
fn the_private_note_does_not_get_out() {
    assert!(check("[Inside: cornered] No.", "Hm.", &[]).contains(&"leak"));
    assert!(check("My readiness is low.", "Hm.", &[]).contains(&"leak"));
    let recited = "Look, I never talk about the night of the arrest to anybody, okay.";
    assert!(check(recited, "Hm.", &[]).contains(&"leak"));
}

#[test]
fn echoes_repeats_and_alike_openings_are_faults() {
    let asked = "You would rather be at work than here with me.";
    assert!(check("I would rather be at work than here with you.", asked, &[]).contains(&"echo"));
    let said = ["They took my license and left me the truck."];
    assert!(check("They took my license and left me the truck.", "Hm.", &said).contains(&"repeat"));
    assert!(check("They took my whole summer away from me.", "Hm.", &said).contains(&"opener"));
    assert_eq!(check("Fine.", "Hm.", &["Fine."]), [""; 0], "a word may come again");
}

#[test]
fn manner_weighs_less_than_role() {
    assert_eq!(check("What do you want from me?", "Hm.", &[]), ["question"]);
    assert_eq!(check("You're right, that makes sense.", "Hm.", &[]), ["agreement"]);
    assert_eq!(check(&"well you know how it is ".repeat(9), "Hm.", &[]), ["length"]);
    assert!(Fault::Question.penalty() < Fault::TherapistSpeak.penalty());
    assert!(Fault::TherapistSpeak.penalty() < Fault::RoleBreak.penalty());
}

#[test]
fn what_is_not_speech_is_cut_away() {
    for (raw, spoken) in [
        ("Ray: No.", "No."),
        ("\"I'm fine.\"", "I'm fine."),
        ("(shrugs) I guess. *looks away*", "I guess."),
        ("No.\n\nTherapist: Why?", "No."),
        ("I said \"no\" twice.", "I said \"no\" twice."),
        ("  So   what.  ", "So what."),
    ] {
        assert_eq!(guard::clean(raw), spoken, "{raw:?}");
    }
}

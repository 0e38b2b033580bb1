//! Replies of two lines and more, and lines cut to length.

use super::*;

const VOICE: &str = "@type mandated
deny: I have no problem at work. | I go to work and I pay my rent. | That is what they say. | Nobody at work ever complained. | So what of it, that is life. | Do you see a problem here?
attack: You get paid for this either way.
";

/// What lines about work answer, so that two of them may be joined.
const WORK: Ask<'static> = Ask { trainee: "Work?", ..ASK };

fn joined(words: u16, seed: u64) -> Vec<String> {
    check_small(&[("types/a.txt", VOICE)], &Ask { words, seed, ..WORK })
}

#[test]
fn a_long_wish_is_met_with_two_lines() {
    let short = joined(7, 1);
    assert!(short.iter().all(|t| !t.contains(". ")), "{short:?}");
    for seed in 0..20 {
        let long = joined(13, seed);
        let best = &long[0];
        let words = best.split_whitespace().count();
        assert!((10..=18).contains(&words), "{best}");
        assert!(best.contains(". "), "{best}");
    }
}

#[test]
fn what_points_back_or_asks_stands_behind_nothing() {
    for seed in 0..50 {
        for text in joined(16, seed) {
            let behind = text.split_once(['.', '?']).map_or("", |(_, rest)| rest);
            for wrong in ["That is what", "So what", "Do you see", "You get paid"] {
                assert!(!behind.contains(wrong), "{text}");
            }
            assert!(!text.starts_with("Do you see a problem here? "), "{text}");
        }
    }
}

#[test]
fn a_detail_follows_its_own_belief() {
    let file = "@topic drinking\nS\nact: deny\ny: it relaxes you\nm: A few beers is how I relax.\ne: It's ten hours on my feet.\n\
        S\nact: deny\ny: you never miss work\nm: My boss has no complaints.\ne: The raise came in June.\n";
    let beliefs = [("topics/a.txt", file)];
    let mut with_detail = 0;
    for seed in 0..40 {
        for text in check_small(&beliefs, &Ask { words: 13, seed, ..ASK }) {
            let wrong = ["relax. The raise", "complaints. It's ten"].iter().any(|w| text.contains(w));
            assert!(!wrong, "{text}");
            with_detail += usize::from(text.contains("relax. It's ten"));
        }
    }
    assert!(with_detail > 20, "{with_detail}");
}

#[test]
fn lines_that_have_nothing_to_do_with_each_other_stay_apart() {
    let file = "@type mandated\ndeny: I pay rent each month. | Most trucks run fine.\n";
    for seed in 0..20 {
        let found = check_small(&[("types/a.txt", file)], &Ask { words: 10, seed, ..ASK });
        assert!(found.iter().all(|text| !text.contains(". ")), "{found:?}");
    }
    let near = Ask { words: 10, trainee: "What about your truck?", moves: &[Move::OpenQuestion], ..ASK };
    assert_eq!(check_small(&[("types/a.txt", file)], &near).len(), 2);
}

#[test]
fn a_link_of_the_client_s_own_may_stand_between() {
    let banks = small(&[("types/a.txt", VOICE)]);
    let links = vec!["And".to_owned()];
    let ray = Persona { manner: Manner { links, ..Manner::default() }, ..ray() };
    let linked = |seed| check(&banks, &ray, &Ask { words: 14, seed, ..WORK })[0].text.contains(". And ");
    let count = (0..60).filter(|seed| linked(*seed)).count();
    assert!((5..40).contains(&count), "{count}");
}

#[test]
fn a_short_wish_takes_the_first_sentences() {
    let file = "@type mandated\ndeny: I paid the fine. I did all of the hours that they gave me. Where does it end?\n";
    let cut = check_small(&[("types/a.txt", file)], &Ask { words: 4, ..ASK });
    assert_eq!(cut, ["I paid the fine."]);
    let whole = check_small(&[("types/a.txt", file)], &Ask { words: 16, ..ASK });
    assert!(whole[0].ends_with("Where does it end?"), "{whole:?}");
}

#[test]
fn facts_are_told_as_they_were_written() {
    let fact = Fact {
        id: "shed".to_owned(),
        text: "He sleeps in the shed.".to_owned(),
        trust: 0.2,
        cues: Vec::new(),
        say: vec!["I sleep in the shed. It's dry. Nobody asks.".to_owned()],
    };
    for words in [2, 40] {
        let ask = Ask { action: Action::Disclose, fact: Some(&fact), words, ..ASK };
        assert_eq!(
            check_small(&[("types/a.txt", VOICE)], &ask),
            ["I sleep in the shed. It's dry. Nobody asks."]
        );
    }
}

//! What no weight and no phrase may break.

use proptest::prelude::*;
use proptest::sample::select;
use pushback::domain::judge::Verdict;

use super::table::{Case, cases};
use super::{after_discord, after_sustain, ended};

const ARGUING: [&str; 8] = [
    "You should stop.",
    "You have to get a grip.",
    "You're in denial.",
    "Nobody forced you to do it.",
    "If you keep going like that you'll end up in hospital.",
    "Don't you think it's time to stop?",
    "Stop making excuses.",
    "What you did was wrong.",
];

const FREEING: [&str; 4] = [
    "It's up to you.",
    "Nobody can make you do anything.",
    "That's your decision.",
    "You don't have to change a thing.",
];

fn two_cases() -> impl Strategy<Value = (Case, Case)> {
    (any_case(), any_case())
}

/// A case in which nobody asked for advice, so that advice argues.
fn any_case() -> impl Strategy<Value = Case> {
    select(cases().into_iter().filter(|case| !case.permission.is_open()).collect::<Vec<_>>())
}

#[test]
fn typing_habits_hardly_move_the_score() {
    // A mark alone tells these from statements.
    let told = [
        "You've been there since Easter, haven't you?",
        "What you tell me stays between us unless someone is in danger.",
        "Which cousin it was doesn't matter now.",
    ];
    let mut moved = Vec::new();
    for case in cases().into_iter().filter(|case| !told.contains(&case.reply)) {
        let score = case.score(case.reply);
        for typed in [
            case.reply.to_lowercase(),
            case.reply.to_uppercase(),
            case.reply.replace('\'', "\u{2019}"),
            case.reply.replace('\'', ""),
            format!("  {}  \n", case.reply),
            case.reply.trim_end_matches(['.', '?', '!']).to_owned(),
        ] {
            if (case.score(&typed) - score).abs() > 0.15 {
                moved.push(format!("{typed}: {} not {score}", case.score(&typed)));
            }
        }
    }
    assert!(moved.is_empty(), "{} moved:\n{}", moved.len(), moved.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn adding_an_argument_never_raises_the_score(case in any_case(), argument in select(&ARGUING[..])) {
        let reply = ended(case.reply);
        for longer in [format!("{reply} {argument}"), format!("{argument} {reply}")] {
            prop_assert!(case.score(&longer) <= case.score(&reply) + 1e-6, "{longer}");
        }
    }

    #[test]
    fn adding_autonomy_never_lowers_the_score(case in any_case(), freeing in select(&FREEING[..])) {
        let reply = ended(case.reply);
        let longer = format!("{reply} {freeing}");
        prop_assert!(case.score(&longer) >= case.score(&reply) - 1e-6, "{longer}");
    }

    #[test]
    fn a_longer_reply_is_no_better_for_an_argument((case, other) in two_cases(), argument in select(&ARGUING[..])) {
        let reply = format!("{} {}", ended(case.reply), ended(other.reply));
        let longer = format!("{reply} {argument}");
        prop_assert!(case.score(&longer) <= case.score(&reply) + 1e-6, "{longer}");
    }

    #[test]
    fn a_longer_reply_is_no_worse_for_autonomy((case, other) in two_cases(), freeing in select(&FREEING[..])) {
        let reply = format!("{} {}", ended(case.reply), ended(other.reply));
        let longer = format!("{reply} {freeing}");
        prop_assert!(case.score(&longer) >= case.score(&reply) - 1e-6, "{longer}");
    }

    #[test]
    fn a_second_copy_earns_nothing(case in any_case()) {
        let once = ended(case.reply);
        let twice = format!("{once} {once}");
        prop_assert!(case.score(&twice) <= case.score(&once) + 0.05, "{twice}");
    }

    #[test]
    fn the_same_words_get_the_same_verdict(case in any_case()) {
        prop_assert_eq!(case.judged(case.reply), case.judged(case.reply));
    }

    #[test]
    fn any_text_is_judged_within_bounds(client in "\\PC{0,60}", reply in "\\PC{0,120}") {
        let verdict = after_sustain(&client, &reply);
        prop_assert!((-1.0..=1.0).contains(&verdict.score) && (-1.0..=1.0).contains(&verdict.steer));
        prop_assert!((1..=2).contains(&verdict.moves.len()));
        for finding in &verdict.findings {
            prop_assert!(reply.get(finding.at.clone()).is_some(), "{:?}", finding);
        }
    }

    #[test]
    fn broken_spelling_of_real_words_is_judged(words in prop::collection::vec(
        select(&["you", "dont", "\u{2019}s", "it\u{2019}s", "\u{e9}tude", "but", "should", "?", "!", "...", "-", "\u{1F600}", "i", "feel", "[", "]", "no"][..]), 0..30)) {
        let reply = words.join(" ");
        let verdict = after_discord("I won't.", &reply);
        for finding in &verdict.findings {
            prop_assert!(reply.get(finding.at.clone()).is_some_and(|s| !s.is_empty()), "{:?}", finding);
        }
    }

    #[test]
    fn generic_praise_and_word_lists_earn_nothing(words in prop::collection::vec(
        select(&["reflection", "autonomy", "affirmation", "evoke", "question", "empathy", "partnership"][..]), 1..8)) {
        let verdict = after_sustain("I like it.", &words.join(" "));
        prop_assert!(verdict.score <= 0.1, "{}", verdict.score);
    }

    #[test]
    fn verdicts_survive_storage(case in any_case()) {
        let verdict = case.judged(case.reply);
        let stored = serde_json::to_string(&verdict).unwrap();
        prop_assert_eq!(serde_json::from_str::<Verdict>(&stored).unwrap(), verdict);
    }
}

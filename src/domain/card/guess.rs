//! What a card does not say, guessed from its words; every guess brings the words that it rests on.
//! Knows: words. Never: which card, what is done with a guess.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::domain::persona::{Gender, Kind};

/// A guess, and what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Guess<T> {
    pub(super) value: T,
    pub(super) from: Vec<String>,
}

/// So many different words must speak for a type: one alone is chance.
const ENOUGH_FOR_TYPE: usize = 2;

/// Beginnings of words that speak for a type; with a `$`, whole words.
const KINDS: [(Kind, &str); 10] = [
    (Kind::Mandated, "court$ judge$ probation parole mandated sentenc ordered dui$ arrest"),
    (Kind::Adolescent, "teen adolescen fifteen sixteen schoolboy schoolgirl homework grounded detention"),
    (Kind::Mistrust, "mistrust distrust suspicious suspicion paranoi betray caseworker guarded lied$"),
    (Kind::Defiant, "defian rebel hostile aggressive angry temper$ stubborn confrontational argumentative"),
    (Kind::ShutDown, "withdrawn silent quiet numb monosyllab shy$ mute$ closed-off speechless"),
    (Kind::YesBut, "excuse procrastinat agreeable people-pleas talkative chatty diet cheerful warm$"),
    (
        Kind::ResistsAutonomy,
        "indecisive dependent clingy approval anxious reassurance submissive obedient insecure",
    ),
    (Kind::TraumaGuarded, "trauma ptsd abuse assault survivor nightmare flashback veteran startl"),
    (
        Kind::CulturalMistrust,
        "discriminat racis immigrant refugee indigenous prejudice colonial stereotyp heritage",
    ),
    (Kind::Sceptic, "sceptic skeptic rational logical evidence scientist engineer cynic doubt"),
];

/// The same for a topic.
const TOPICS: [(&str, &str); 14] = [
    ("drinking", "drink drunk alcohol beer$ beers$ vodka whiskey whisky wine$ booze hangover dui$"),
    ("drugs", "drug$ drugs$ cocaine heroin opioid cannabis weed$ meth$ pills$ needle overdose"),
    ("smoking", "smok cigarette tobacco nicotine vape vaping"),
    ("gambling", "gambl casino betting bets$ poker slots$ lottery"),
    ("weight", "weight obes diet overeat calorie binge"),
    ("diabetes", "diabet insulin glucose"),
    ("medication", "medication prescription tablets dose$ antidepressant"),
    ("mood", "depress sad$ hopeless grief grieving lonely anxi gloom"),
    ("anger", "anger angry rage$ temper$ furious violen shout"),
    ("school", "school truan class$ teacher homework exam grades"),
    ("parenting", "parenting custody foster toddler caseworker"),
    ("sleep", "sleep insomnia awake"),
    ("screens", "gaming gamer videogame phone$ screen$ online streaming"),
    ("work", "workaholic burnout overtime unemploy jobless fired$"),
];

/// The type for which most different words speak; nothing where two are level.
pub(super) fn kind(text: &str) -> Option<Guess<Kind>> {
    best(text, KINDS).filter(|guess| guess.from.len() >= ENOUGH_FOR_TYPE)
}

/// The topic for which most different words speak.
pub(super) fn topic(text: &str) -> Option<Guess<&'static str>> {
    best(text, TOPICS)
}

fn best<T, const N: usize>(text: &str, known: [(T, &str); N]) -> Option<Guess<T>> {
    let text = text.to_lowercase();
    let words: BTreeSet<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|word| !word.is_empty()).collect();
    // Several words of one stem are one reason.
    let reasons = |stems: &str| -> Vec<String> {
        let is_of = |word: &str, stem: &str| match stem.strip_suffix('$') {
            Some(whole) => word == whole,
            None => word.starts_with(stem),
        };
        let found = |stem: &str| words.iter().find(|word| is_of(word, stem)).map(|word| (*word).to_owned());
        stems.split(' ').filter_map(found).collect()
    };
    let mut guesses: Vec<_> =
        known.into_iter().map(|(value, stems)| Guess { value, from: reasons(stems) }).collect();
    guesses.sort_by_key(|guess| std::cmp::Reverse(guess.from.len()));
    let second = guesses.get(1).map_or(0, |guess| guess.from.len());
    guesses.into_iter().next().filter(|guess| guess.from.len() > second)
}

#[expect(clippy::expect_used, reason = "constant patterns, compiled by the tests")]
static AGES: LazyLock<[Regex; 2]> = LazyLock::new(|| {
    [r#"(?i)\bage[d]?\b[\s:=("'\[]{0,6}(\d{2})\b"#, r"(?i)\b(\d{2})[ -]?(?:years?[ -]old|y/?o\b)"]
        .map(|pattern| Regex::new(pattern).expect("a valid pattern"))
});

/// The age that a text gives.
pub(super) fn age(text: &str) -> Option<Guess<u8>> {
    let found = AGES.iter().find_map(|pattern| pattern.captures(text))?;
    let value = found[1].parse().ok().filter(|age| (10..=99).contains(age))?;
    Some(Guess { value, from: vec![found[0].split_whitespace().collect::<Vec<_>>().join(" ")] })
}

/// The gender that a text's pronouns and nouns give; nothing where they are level.
pub(super) fn gender(text: &str) -> Option<Guess<Gender>> {
    let text = text.to_lowercase();
    let (mut she, mut he) = (Vec::new(), Vec::new());
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        match word {
            "she" | "her" | "hers" | "female" | "woman" | "girl" => she.push(word),
            "he" | "him" | "his" | "male" | "man" | "boy" => he.push(word),
            _ => {}
        }
    }
    let guess = |value, words: Vec<&str>| {
        let from: BTreeSet<String> = words.into_iter().map(str::to_owned).collect();
        Some(Guess { value, from: from.into_iter().collect() })
    };
    match she.len().cmp(&he.len()) {
        std::cmp::Ordering::Greater => guess(Gender::Female, she),
        std::cmp::Ordering::Less => guess(Gender::Male, he),
        std::cmp::Ordering::Equal => None,
    }
}

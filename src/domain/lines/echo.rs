//! Lines that take up a word of the trainee's: `$a` a feeling, `$v` an activity, `$n` a thing.
//! Knows: the format, text. Never: personas, weights.

use crate::domain::lines::parse::alternatives;
use crate::domain::lines::slots::is_word;
use crate::domain::lines::tag::{Tag, Turn, Turns};
use crate::domain::lines::text::capitalised;
use crate::domain::problem::Problem;

/// Words that come between "you feel" and the feeling.
const STRESS: [&str; 12] =
    ["so", "very", "really", "pretty", "just", "a", "bit", "little", "quite", "too", "kind", "of"];
/// The word before a feeling that makes it the client's.
const ASCRIBES: [&str; 12] =
    ["you're", "youre", "are", "feel", "feeling", "seem", "sound", "were", "be", "being", "look", "you"];

/// One echo line, its word open.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub turn: Turn,
    pub tag: Tag,
    /// `a`, `v` or `n`.
    pub class: char,
    pub text: String,
    pub file: String,
    pub line_no: usize,
}

/// The echo lines and the words that they may take up.
#[derive(Debug, Default)]
pub(super) struct Echo {
    pub rules: Vec<Rule>,
    feelings: Vec<String>,
    activities: Vec<String>,
    /// What the trainee says and what the client makes of it: "your job", "my job".
    things: Vec<(String, String)>,
}

impl Echo {
    /// Reads an `echo` file: `move|tag: trainee => reply | reply`.
    pub fn add_rules(&mut self, file: &str, text: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (line_no, line) in entries(text) {
            let parsed = line.split_once(": ").and_then(|(key, rest)| {
                let (turn, tag) = key.split_once('|')?;
                let (_, replies) = rest.split_once(" => ")?;
                Some((Turn::named(turn)?, Tag::named(tag)?, replies))
            });
            let Some((turn, tag, replies)) = parsed else {
                problems
                    .push(Problem::new(file, "expected `move|tag: trainee => reply | reply`").at(line_no));
                continue;
            };
            // A reply without an open word is an ordinary line and waits in the other files.
            for reply in alternatives(replies) {
                if let Some(class) = open_class(reply) {
                    let (text, file) = (reply.to_owned(), file.to_owned());
                    self.rules.push(Rule { turn, tag, class, text, file, line_no });
                }
            }
        }
        problems
    }

    /// Reads a `words` file: `a:` and `v:` with `|` between, `n: yours|mine ; yours|mine`.
    pub fn add_words(&mut self, file: &str, text: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (line_no, line) in entries(text) {
            match line.split_once(": ") {
                Some(("a", words)) => self.feelings.extend(alternatives(words).map(str::to_owned)),
                Some(("v", words)) => self.activities.extend(alternatives(words).map(str::to_owned)),
                Some(("n", pairs)) => {
                    for pair in pairs.split(" ; ") {
                        match pair.trim().split_once('|') {
                            Some((theirs, mine)) => self.things.push((theirs.to_owned(), mine.to_owned())),
                            None => problems.push(
                                Problem::new(file, format!("expected `yours|mine`: {pair}")).at(line_no),
                            ),
                        }
                    }
                }
                _ => problems.push(Problem::new(file, "expected `a: …`, `v: …` or `n: …`").at(line_no)),
            }
        }
        problems
    }

    /// The echo lines for `turns`, with the trainee's own words in them.
    pub fn lines<'a>(&'a self, said: &str, turns: Turns) -> Vec<(&'a Rule, String)> {
        let said = said.to_lowercase();
        let feeling = self.feelings.iter().filter(|w| feels(&said, w)).max_by_key(|w| w.len()).cloned();
        let activity =
            self.activities.iter().filter(|w| find(&said, w).is_some()).max_by_key(|w| w.len()).cloned();
        // The echo lines speak of one thing: "$N's fine" cannot take "my friends".
        let one = |mine: &str| !mine.ends_with('s') || mine.ends_with("ss");
        let named = self.things.iter().filter(|(yours, mine)| one(mine) && find(&said, yours).is_some());
        let thing = named.max_by_key(|(yours, _)| yours.len());
        let thing = thing.map(|(_, mine)| mine.clone());
        let mut out = Vec::new();
        for rule in self.rules.iter().filter(|r| turns.has(r.turn)) {
            let word = match rule.class {
                'a' => &feeling,
                'v' => &activity,
                _ => &thing,
            };
            if let Some(word) = word {
                let low = rule.text.replace(&format!("${}", rule.class), word);
                out.push((
                    rule,
                    low.replace(&format!("${}", rule.class.to_ascii_uppercase()), &capitalised(word)),
                ));
            }
        }
        out
    }
}

fn entries(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(i, l)| (i + 1, l.trim()))
        .filter(|(_, l)| !l.is_empty() && !l.starts_with('#'))
}

/// The one class that `reply` leaves open; none where it leaves two.
fn open_class(reply: &str) -> Option<char> {
    let lower = reply.to_ascii_lowercase();
    let mut open = ['a', 'v', 'n'].into_iter().filter(|c| lower.contains(&format!("${c}")));
    let first = open.next()?;
    open.next().is_none().then_some(first)
}

fn find(said: &str, word: &str) -> Option<usize> {
    said.match_indices(word).map(|(i, _)| i).find(|i| is_word(said, *i, i + word.len()))
}

/// Whether the trainee ascribes the feeling to the client: "you're (so) hurt", not "let down" for "down".
fn feels(said: &str, word: &str) -> bool {
    let Some(at) = find(said, word) else { return false };
    let mut before = said[..at].split_whitespace().rev().skip_while(|w| STRESS.contains(w));
    before.next().is_some_and(|w| ASCRIBES.contains(&w.replace('\u{2019}', "'").as_str()))
}

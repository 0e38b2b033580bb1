//! Every weight has an example in which it counts, and this is held to it.
//! Knows: the weights, how a reply is read and decided. Never: disk.

use std::fmt::Debug;

use serde::Serialize;

use super::decide::Bench;
use super::weights::Sourced;
use super::{Heard, Judge, Permission, techniques};
use crate::domain::problem::Problem;

/// A reply, with what was said before it: `T: … C: … T: …`, of which only the last part must be there.
struct Example<'a> {
    before: Option<&'a str>,
    client: &'a str,
    reply: &'a str,
}

impl<'a> Example<'a> {
    fn of(text: &'a str) -> Self {
        let (earlier, reply) = text.rsplit_once("T: ").unwrap_or(("", text));
        let (before, client) = earlier.split_once("C: ").unwrap_or(("", earlier));
        let before = before.trim().strip_prefix("T: ");
        Self { before, client: client.trim(), reply }
    }

    fn heard(&self, judge: &Judge) -> Heard<'a> {
        let said = judge.client(None, None, self.client);
        Heard {
            client: self.client,
            talk: said.talk,
            discord: said.discord,
            permission: judge.permission(Permission::None, self.client),
            before: self.before.map(|text| judge.reply(&Heard::default(), text).behaviour),
            known: None,
        }
    }
}

/// The weights whose example does not show them.
pub(super) fn check(judge: &Judge, files: &[(String, String)]) -> Vec<Problem> {
    let weights = &judge.lexicon.weights;
    let mut problems = Vec::new();
    let mut note = |table: &str, name: &str, example: &str| {
        problems.push(problem(
            files,
            (table, name),
            format!("`{name}` does not count in its example: {example}"),
        ));
    };
    for (feature, weight) in &weights.evidence {
        if !with_bench(judge, weight, |bench| bench.features.has(*feature)) {
            note("[weights.evidence]", &name(feature), &weight.example);
        }
    }
    for (word, weight) in &weights.word {
        let tokens = judge.lexicon.read(Example::of(&weight.example).reply);
        if !tokens.iter().any(|token| token.word == judge.lexicon.vocabulary.id(word)) {
            note("[weights.word]", word, &weight.example);
        }
    }
    for (sign, weight) in &weights.doubt {
        let shows = |bench: &Bench<'_>| {
            let mut found = bench.reflections().into_iter().flatten();
            found.any(|(signs, _)| signs.present().any(|(one, _)| one == *sign))
        };
        if !with_bench(judge, weight, shows) {
            note("[weights.doubt]", &name(sign), &weight.example);
        }
    }
    for (row, weight) in &weights.value {
        let has_row = |bench: &Bench<'_>| {
            let mut coded = bench.decide();
            techniques::across(bench, &mut coded);
            coded.iter().any(|one| one.row == *row)
        };
        if !with_bench(judge, weight, has_row) {
            note("[weights.value]", &name(row), &weight.example);
        }
    }
    problems
}

/// What `ask` says of the example of `weight`.
fn with_bench<T>(judge: &Judge, weight: &Sourced<T>, ask: impl Fn(&Bench<'_>) -> bool) -> bool {
    let example = Example::of(&weight.example);
    let heard = example.heard(judge);
    judge.read(&heard, example.reply, |bench| ask(bench))
}

/// As the file spells it.
fn name(of: &(impl Serialize + Debug)) -> String {
    match serde_json::to_value(of) {
        Ok(serde_json::Value::String(name)) => name,
        _ => format!("{of:?}"),
    }
}

fn problem(files: &[(String, String)], (table, name): (&str, &str), message: String) -> Problem {
    let place = files.iter().find_map(|(file, text)| {
        let start = text.find(table)?;
        let entry = format!("\n{name} = ");
        let at = start + text[start..].find(&entry)? + 1;
        Some((file, 1 + text[..at].matches('\n').count()))
    });
    let hint = "write a short reply of your own that has it; `C:` before it is the client's turn";
    match place {
        Some((file, line)) => Problem::new(file, message).at(line).hint(hint),
        None => Problem::new("lexicon", message).hint(hint),
    }
}

//! The slots of a line: filled with the persona's own people, and found again in what the trainee says.
//! Knows: personas. Never: tags, weights, files.

use crate::domain::lines::text::capitalised;
use crate::domain::persona::Persona;

/// The slots a line may use.
pub(super) const SLOTS: [&str; 9] =
    ["<who>", "<kid>", "<friend>", "<partner>", "<name>", "<age>", "<job>", "{thing}", "{Thing}"];

/// What the slots stand for with one persona.
#[derive(Debug)]
pub(super) struct Filling {
    values: Vec<(&'static str, String)>,
}

impl Filling {
    /// The fillings of `persona`; `things` are the topic's names for itself.
    pub fn of(persona: &Persona, things: &[String], told: &str) -> Self {
        let people = &persona.people;
        let first_name = persona.name.split_whitespace().next().unwrap_or(&persona.name);
        let thing = thing_of(persona, things, told);
        let mut values = vec![
            ("<who>", people.who.clone()),
            ("<kid>", people.kid.clone().unwrap_or_default()),
            ("<friend>", people.friend.clone().unwrap_or_default()),
            ("<partner>", people.partner.clone().unwrap_or_default()),
            ("<name>", first_name.to_owned()),
            ("<age>", persona.age.to_string()),
            ("<job>", people.job.clone().unwrap_or_default()),
            ("{Thing}", capitalised(&thing)),
            ("{thing}", thing),
        ];
        values.retain(|(_, value)| !value.trim().is_empty());
        Self { values }
    }

    /// `line` with its slots filled; `None` where this persona has nothing to put in one.
    pub fn fill(&self, line: &str) -> Option<String> {
        if !line.contains(['<', '{']) {
            return Some(line.to_owned());
        }
        let mut out = String::with_capacity(line.len() + 8);
        let mut rest = line;
        while let Some(start) = rest.find(['<', '{']) {
            out.push_str(&rest[..start]);
            let (slot, value) = self.values.iter().find(|(s, _)| rest[start..].starts_with(s))?;
            if begins_sentence(&out) {
                out.push_str(&capitalised(value))
            } else {
                out.push_str(value)
            }
            rest = &rest[start + slot.len()..];
        }
        out.push_str(rest);
        Some(out)
    }
}

fn begins_sentence(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '"', '\u{201c}']);
    before.is_empty() || before.ends_with(['.', '?', '!', '\u{2026}'])
}

/// The topic's thing in this persona's words: never a plural, which the lines around the
/// slot would not agree with, and rather one that the persona's own text uses.
fn thing_of(persona: &Persona, things: &[String], told: &str) -> String {
    let singular = |t: &&String| !t.ends_with('s') || t.ends_with("ss");
    let told_words = |t: &str| t.split(' ').filter(|w| w.len() > 3 && told.contains(*w)).count();
    let mut best: Option<(&String, usize)> = None;
    for thing in things.iter().filter(singular) {
        let n = told_words(thing);
        if best.is_none_or(|(_, most)| n > most) {
            best = Some((thing, n));
        }
    }
    best.map(|(t, _)| t.clone()).or_else(|| things.first().cloned()).unwrap_or_else(|| persona.topic.clone())
}

/// Finds the persona's people in what the trainee says, so that lines with slots match it.
#[derive(Debug)]
pub(super) struct Unfilling {
    /// Name in lower case, without "my" or "the" -> slot.
    names: Vec<(String, &'static str)>,
}

/// What a child is called by those who don't say the name.
const CHILDREN: [&str; 8] =
    ["daughter", "son", "kid", "child", "little girl", "little boy", "your boy", "your girl"];
/// The slot of the client's own name.
const OWN_NAME: &str = "<name>";

impl Unfilling {
    /// The names that `persona` has for people and for the topic.
    pub fn of(persona: &Persona, things: &[String]) -> Self {
        let people = &persona.people;
        let mut names = Vec::new();
        let mut add = |name: Option<&str>, slot| {
            let bare = name.map(|n| bare(n).to_lowercase()).filter(|n| !n.is_empty());
            names.extend(bare.map(|n| (n, slot)));
        };
        add(Some(&people.who), "<who>");
        add(people.partner.as_deref(), "<partner>");
        add(people.friend.as_deref(), "<friend>");
        add(people.kid.as_deref(), "<kid>");
        persona.name.split_whitespace().for_each(|name| add(Some(name), OWN_NAME));
        if people.kid.is_some() {
            CHILDREN.into_iter().for_each(|child| add(Some(child), "<kid>"));
        }
        for thing in things {
            add(Some(thing), "{thing}");
        }
        Self { names }
    }

    /// Whether the trainee has named everybody whose slot `line` has, and somebody. "Your son" names nobody.
    pub fn named(&self, line: &str, trainee_said: &[String]) -> bool {
        let people =
            ["<who>", "<kid>", "<friend>", "<partner>"].into_iter().filter(|slot| line.contains(slot));
        let mut asked = people.peekable();
        let said = trainee_said.join("\n").to_lowercase();
        let has = |name: &str| said.match_indices(name).any(|(i, _)| is_word(&said, i, i + name.len()));
        let heard = |slot: &str| {
            let mut names = self.names.iter().filter(|(_, of)| *of == slot).map(|(name, _)| name.as_str());
            names.any(|name| !CHILDREN.contains(&name) && has(name))
        };
        asked.peek().is_some() && asked.all(heard)
    }

    /// `said` with each slot put after the words that stand for it. The words stay: lines
    /// may have been written with either. The client's own name goes: it is said to them with anything.
    pub fn apply(&self, said: &str) -> String {
        let mut text = said.replace('\u{2019}', "'").to_lowercase();
        for (name, slot) in &self.names {
            let mut from = 0;
            while let Some(at) = text[from..].find(name.as_str()).map(|i| from + i) {
                let end = at + name.len();
                from = end;
                if !is_word(&text, at, end) {
                    continue;
                }
                if *slot == OWN_NAME {
                    text.replace_range(at..end, slot);
                    from = at + slot.len();
                } else {
                    text.insert_str(end, &format!(" {slot}"));
                    from = end + slot.len() + 1;
                }
            }
        }
        text
    }
}

/// `name` without the determiner that changes when the trainee says it.
fn bare(name: &str) -> &str {
    let name = name.trim();
    ["my ", "My ", "the ", "this "].iter().find_map(|d| name.strip_prefix(d)).unwrap_or(name)
}

/// Whether `text[start..end]` stands between word boundaries, with a plural or possessive s allowed.
pub(super) fn is_word(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].strip_prefix('s').unwrap_or(&text[end..]).chars().next();
    before.is_none_or(|c| !c.is_alphanumeric()) && after.is_none_or(|c| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_any_determiner() {
        let unfilling = Unfilling {
            names: [("po", "<who>"), ("drinking", "{thing}"), ("ray", OWN_NAME)]
                .map(|(name, slot)| (name.to_owned(), slot))
                .to_vec(),
        };
        assert_eq!(unfilling.apply("Your PO's worried. Possibly."), "your po <who>'s worried. possibly.");
        assert_eq!(unfilling.apply("The drinking"), "the drinking {thing}");
        assert_eq!(unfilling.apply("Sit down, Ray."), "sit down, <name>.");
    }

    #[test]
    fn a_slot_takes_a_capital_where_a_sentence_begins() {
        let filling = Filling { values: vec![("<who>", "my wife".to_owned())] };
        assert_eq!(
            filling.fill("<who> said no. Ask <who>.").as_deref(),
            Some("My wife said no. Ask my wife.")
        );
        assert_eq!(filling.fill("Ask <kid>."), None);
    }
}

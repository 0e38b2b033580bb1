//! Words of the command line and of answers -> values, and what to say where they are none.

use crate::domain::persona::{Gender, Kind};
use crate::domain::problem::nearest;

/// A type by name, or by its number in the list.
pub(super) fn kind(text: &str) -> Result<Kind, String> {
    let text = text.trim().to_lowercase();
    let number = text.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).and_then(|n| Kind::ALL.get(n));
    let names = || Kind::ALL.map(Kind::as_str);
    number.copied().or_else(|| Kind::named(&text)).ok_or_else(|| match nearest(&text, names()) {
        Some(near) => format!("no type is called so; did you mean {near}?"),
        None => format!("the types are {}", names().join(", ")),
    })
}

pub(super) fn gender(text: &str) -> Result<Gender, String> {
    let text = text.trim().to_lowercase();
    let is_meant = |gender: &Gender| !text.is_empty() && gender.as_str().starts_with(&text);
    Gender::ALL.into_iter().find(is_meant).ok_or_else(|| "female, male or other".to_owned())
}

pub(super) fn age(text: &str) -> Result<u8, String> {
    let years = text.trim().parse().ok().filter(|years| (10..=99).contains(years));
    years.ok_or_else(|| "a number from 10 to 99".to_owned())
}

pub(super) fn topic(text: &str) -> Result<String, String> {
    let topic = text.trim().to_lowercase();
    let is_safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_fine = (1..=40).contains(&topic.len()) && topic.chars().all(is_safe);
    if is_fine { Ok(topic) } else { Err("one word of a-z, 0-9 and -, such as drinking".to_owned()) }
}

/// A line of at most `most` characters.
pub(super) fn line(text: &str, most: usize) -> Result<String, String> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err("an answer is needed".to_owned()),
        n if n > most => Err(format!("{n} characters, at most {most} fit")),
        _ if text.contains(char::is_control) => Err("one line of plain text".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

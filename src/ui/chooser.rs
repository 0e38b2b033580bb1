//! Choosing a client before the conversation.

use std::io;
use std::ops::Range;

use crate::domain::persona::Persona;
use crate::domain::problem::nearest;
use crate::ui::input::{Input, Line};
use crate::ui::screen::{Screen, Tone};

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Choice<'a> {
    /// This client comes in.
    Picked(&'a Persona),
    /// The trainee leaves.
    Left,
    /// By Ctrl-C.
    Interrupted,
}

/// Lists the first `shown` clients and asks for one, of whom the others are to be had as well; Enter
/// takes `first`.
///
/// # Errors
/// Where the terminal fails.
pub fn choose<'a>(
    screen: Screen,
    input: &mut Input,
    (personas, shown): (&'a [Persona], usize),
    first: &str,
) -> io::Result<Choice<'a>> {
    let all = personas.len();
    list(screen, personas, 0..shown.min(all))?;
    loop {
        let more = if shown < all { format!(", m for {} more", all - shown) } else { String::new() };
        let prompt = format!("\nWho comes in? 1–{all}, a name{more}, or Enter for {first}: ");
        let answer = match input.next(&prompt)? {
            Line::Text(text) | Line::Mended(text) => text.trim().to_lowercase(),
            Line::End => return Ok(Choice::Left),
            Line::Interrupted => return Ok(Choice::Interrupted),
        };
        if ["/quit", "q", "quit"].contains(&answer.as_str()) {
            return Ok(Choice::Left);
        }
        if shown < all && ["m", "more"].contains(&answer.as_str()) {
            list(screen, personas, shown..all)?;
            continue;
        }
        let wanted = if answer.is_empty() { first } else { &answer };
        if let Some(persona) = pick(personas, wanted) {
            return Ok(Choice::Picked(persona));
        }
        match nearest(&answer, personas.iter().map(|p| p.id.as_str())) {
            Some(id) => screen.line(&format!("There is no {answer:?}. Did you mean {id}?"))?,
            None => screen.line("A number from the list, or the first name.")?,
        }
    }
}

fn list(screen: Screen, personas: &[Persona], which: Range<usize>) -> io::Result<()> {
    for at in which {
        let persona = &personas[at];
        let head = format!("{:>3}  {:<22}", at + 1, format!("{}, {}", persona.name, persona.age));
        let level = "•".repeat(usize::from(persona.difficulty));
        screen.line(&format!("{} {level:<4} {}", screen.tinted(Tone::Strong, &head), persona.blurb))?;
    }
    Ok(())
}

fn pick<'a>(personas: &'a [Persona], answer: &str) -> Option<&'a Persona> {
    if let Ok(number) = answer.parse::<usize>() {
        return personas.get(number.checked_sub(1)?);
    }
    let called = |p: &&Persona| {
        let name = p.name.to_lowercase();
        name == answer || name.split(' ').next() == Some(answer)
    };
    // An id is unique, a name need not be.
    personas.iter().find(|p| p.id == answer).or_else(|| personas.iter().find(called))
}

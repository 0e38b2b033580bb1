//! From a card to a client: ours as it is, another's from its words, with a plain statement of
//! every guess.
//! Knows: the card, the built-in client of a type. Never: files, other clients' ids.

use super::guess::{self, Guess};
use super::spoken::{self, Names, shortened, within};
use super::{Card, CardError};
use crate::domain::persona::start::{Sketch, slug, start, usual};
use crate::domain::persona::{Gender, Kind, Persona};

/// What a person wants otherwise than the card has it, or than it would be guessed.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// File stem.
    pub id: Option<String>,
    /// Type.
    pub kind: Option<Kind>,
    /// Topic.
    pub topic: Option<String>,
    /// Years.
    pub age: Option<u8>,
    /// Gender.
    pub gender: Option<Gender>,
}

/// A client, and how it came about.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The client; not yet checked as a file is.
    pub persona: Persona,
    /// Whether the card had it whole.
    pub is_ours: bool,
    /// What was guessed, cut or left out, each as one line.
    pub statements: Vec<String>,
}

/// What fits into an opening.
const OPENING_CHARS: usize = 300;
const OPENINGS: usize = 20;
/// A client reads six examples at most.
const EXAMPLES: usize = 6;
const BLURB_CHARS: usize = 160;
const EXAMPLE_BYTES: usize = 300;

/// The client of a card. `like` gives the built-in client of a type.
///
/// # Errors
/// Where ours can't be read, or the type or topic of another's can't be guessed.
pub fn import(card: &Card, wishes: &Wishes, like: &dyn Fn(Kind) -> Persona) -> Result<Imported, CardError> {
    if let Some(ours) = card.ours() {
        let mut persona = ours?;
        if has_control(&persona) {
            return Err(CardError::Ours("it has control characters in its texts".to_owned()));
        }
        wished(&mut persona, wishes);
        return Ok(Imported { persona, is_ours: true, statements: Vec::new() });
    }
    Reader { card, wishes, statements: Vec::new() }.client(like)
}

/// Of a client that the card has whole, only what was asked for changes.
fn wished(persona: &mut Persona, wishes: &Wishes) {
    let wishes = wishes.clone();
    persona.id = wishes.id.unwrap_or_else(|| std::mem::take(&mut persona.id));
    persona.kind = wishes.kind.unwrap_or(persona.kind);
    persona.topic = wishes.topic.unwrap_or_else(|| std::mem::take(&mut persona.topic));
    persona.age = wishes.age.unwrap_or(persona.age);
    persona.gender = wishes.gender.unwrap_or(persona.gender);
}

/// Whether a text of the client would steer the terminal that shows it.
fn has_control(persona: &Persona) -> bool {
    let facts = persona.facts.iter().flat_map(|fact| fact.say.iter().chain(&fact.cues).chain([&fact.text]));
    let people = &persona.people;
    let names = [&people.kid, &people.friend, &people.partner, &people.job].into_iter().flatten();
    let single = [&persona.name, &persona.blurb, &persona.aim, &persona.body, &people.who];
    let lists = persona.openings.iter().chain(&persona.never).chain(facts).chain(names);
    lists.chain(single).any(|text| text.chars().any(|c| c.is_control() && !"\n\r\t".contains(c)))
}

struct Reader<'a> {
    card: &'a Card,
    wishes: &'a Wishes,
    statements: Vec<String>,
}

impl Reader<'_> {
    fn client(mut self, like: &dyn Fn(Kind) -> Persona) -> Result<Imported, CardError> {
        let name = name_of(self.card);
        let words = self.words();
        let id = self
            .wishes
            .id
            .clone()
            .unwrap_or_else(|| slug(name.split_whitespace().next().unwrap_or_default()));
        if name.is_empty() {
            return Err(CardError::Unguessed("name"));
        }
        if id.is_empty() {
            return Err(CardError::Unguessed("id"));
        }
        let kind = self.guessed("type", self.wishes.kind, guess::kind(&words), |kind| kind.as_str())?;
        let topic =
            guess::topic(&words).map(|guess| Guess { value: guess.value.to_owned(), from: guess.from });
        let topic = self.guessed("topic", self.wishes.topic.clone(), topic, |topic| topic)?;
        let like = like(kind);
        let (body, is_cut) = whole_body(self.card, usual(kind).voice);
        if is_cut {
            self.statements.push("body: the card's texts are longer than fits, and cut".to_owned());
        }
        let sketch = Sketch {
            id,
            age: self.age(&words, like.age),
            gender: self.gender(&words),
            topic,
            blurb: self.blurb(&name),
            who: None,
            openings: self.openings(),
            facts: Vec::new(),
            body,
            name,
        };
        self.left_out();
        let persona = start(&like, sketch);
        self.statements.push(format!("levels, temperament and lengths: those of `{}`", like.id));
        self.statements.push(format!("`people.who`: \"{}\", the usual of the type", persona.people.who));
        Ok(Imported { persona, is_ours: false, statements: self.statements })
    }

    /// Everything from which something may be guessed.
    fn words(&self) -> String {
        let fields = ["description", "personality", "scenario", "creator_notes", "first_mes", "mes_example"];
        let texts: Vec<&str> = fields.iter().map(|field| self.card.text(field)).collect();
        [texts, self.card.list("tags")].concat().join("\n")
    }

    fn guessed<T>(
        &mut self,
        what: &'static str,
        wish: Option<T>,
        guess: Option<Guess<T>>,
        shown: fn(&T) -> &str,
    ) -> Result<T, CardError> {
        if let Some(wish) = wish {
            return Ok(wish);
        }
        let Guess { value, from } = guess.ok_or(CardError::Unguessed(what))?;
        let from = from.join(", ");
        self.statements
            .push(format!("{what}: `{}`, guessed from: {from}; `--{what}` sets another", shown(&value)));
        Ok(value)
    }

    fn age(&mut self, words: &str, usual: u8) -> u8 {
        if let Some(age) = self.wishes.age {
            return age;
        }
        match guess::age(words) {
            Some(Guess { value, from }) => {
                self.statements.push(format!("age: {value}, guessed from: {}", from.join(", ")));
                value
            }
            None => {
                self.statements.push(format!("age: the card gives none, so {usual}; `--age` sets another"));
                usual
            }
        }
    }

    fn gender(&mut self, words: &str) -> Gender {
        if let Some(gender) = self.wishes.gender {
            return gender;
        }
        match guess::gender(words) {
            Some(Guess { value, from }) => {
                self.statements.push(format!(
                    "gender: {}, guessed from: {}",
                    value.as_str(),
                    from.join(", ")
                ));
                value
            }
            None => {
                self.statements
                    .push("gender: the card tells none, so other; `--gender` sets another".to_owned());
                Gender::Other
            }
        }
    }

    fn blurb(&self, name: &str) -> String {
        let names = Names { client: name };
        let notes = [self.card.text("creator_notes"), self.card.text("description")];
        let line = |text: &str| names.told(text).split_whitespace().collect::<Vec<_>>().join(" ");
        let told = notes.iter().map(|text| line(text)).find(|text| !text.is_empty());
        told.map_or_else(|| format!("{name}, from a card."), |text| shortened(&text, BLURB_CHARS).to_owned())
    }

    fn openings(&mut self) -> Vec<String> {
        let all = openings_of(self.card);
        let cut = all.iter().filter(|opening| opening.is_cut).count();
        if cut > 0 {
            self.statements.push(format!("openings: {cut} cut to {OPENING_CHARS} characters"));
        }
        if all.is_empty() {
            self.statements
                .push("openings: the card has no spoken one, so \"Hello.\"; write your own".to_owned());
            return vec!["Hello.".to_owned()];
        }
        all.into_iter().map(|opening| opening.text).collect()
    }

    fn left_out(&mut self) {
        let data = self.card.data();
        let entries = data.get("character_book").and_then(|book| book.get("entries")?.as_array());
        if let Some(entries) = entries.filter(|entries| !entries.is_empty()) {
            let count = entries.len();
            self.statements.push(format!("lore book: {count} kept and not used; write facts of them"));
        }
        for field in ["system_prompt", "post_history_instructions"] {
            if !self.card.text(field).trim().is_empty() {
                self.statements.push(format!("`{field}`: kept and not used"));
            }
        }
        self.statements.push("facts: a card has none; write two or three that trust unlocks".to_owned());
    }
}

/// An opening as it may be spoken.
pub(super) struct Opening {
    pub(super) text: String,
    is_cut: bool,
}

/// The client's name.
pub(super) fn name_of(card: &Card) -> String {
    one_line(card.text("name"))
}

/// What the client is called in the talk: in version 3 that may be another name.
fn names(card: &Card) -> String {
    let nickname = one_line(card.text("nickname"));
    if nickname.is_empty() { name_of(card) } else { nickname }
}

fn one_line(name: &str) -> String {
    let words = within(name, 1_000).split_whitespace().collect::<Vec<_>>().join(" ");
    shortened(&words.replace(char::is_control, ""), 60).to_owned()
}

/// What a card's greetings say aloud, each once.
pub(super) fn openings_of(card: &Card) -> Vec<Opening> {
    let name = names(card);
    let names = Names { client: &name };
    let mut openings: Vec<Opening> = Vec::new();
    for greeting in [vec![card.text("first_mes")], card.list("alternate_greetings")].concat() {
        let said = spoken::spoken(&names.said(greeting));
        let text = shortened(&said, OPENING_CHARS).to_owned();
        let is_new = openings.iter().all(|opening| opening.text != text);
        if !text.is_empty() && is_new && openings.len() < OPENINGS {
            openings.push(Opening { is_cut: text.len() < said.len(), text });
        }
    }
    openings
}

/// The Markdown body that a card's fields make; `voice` where it says nothing of how they talk.
pub(super) fn body_of(card: &Card, voice: &str) -> String {
    whole_body(card, voice).0
}

/// The body, and whether something was too long for it.
fn whole_body(card: &Card, voice: &str) -> (String, bool) {
    let name = names(card);
    let names = Names { client: &name };
    let mut is_cut = false;
    let mut told = |field: &str, bytes: usize| {
        let text = without_headings(names.told(card.text(field)).trim());
        let fits = within(&text, bytes);
        is_cut |= fits.len() < text.len();
        fits.to_owned()
    };
    let mut body = format!("## Who\n\nYou are {name}.\n");
    let who = [told("description", 8_000), told("scenario", 2_000)];
    let personality = told("personality", 2_000);
    for part in who.iter().filter(|part| !part.is_empty()) {
        body.push_str(&format!("\n{part}\n"));
    }
    let voice = if personality.is_empty() { voice } else { &personality };
    body.push_str(&format!("\n## Voice\n\n{voice}\n"));
    let pairs = spoken::pairs(card.text("mes_example"), names);
    if !pairs.is_empty() {
        body.push_str("\n## Examples\n");
    }
    for (trainee, client) in pairs.iter().take(EXAMPLES) {
        let (trainee, client) = (within(trainee, EXAMPLE_BYTES), within(client, EXAMPLE_BYTES));
        body.push_str(&format!("\nT: {trainee}\nC: {client}\n"));
    }
    (body.trim().to_owned(), is_cut)
}

/// A heading of the card's own would be taken for a section of the file.
fn without_headings(text: &str) -> String {
    let line = |line: &str| if line.starts_with("## ") { format!("#{line}") } else { line.to_owned() };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

//! Writing prompt files for a trainer to edit: a new client, one that extends another, the
//! built-in folder.
//! Knows: the library, folders. Never: how a trainer is asked.

use std::io;
use std::path::{Path, PathBuf};

use crate::app::AppError;
use crate::app::library::Library;
use crate::domain::persona::start::{Sketch, slug, start, usual};
use crate::domain::persona::{self, Fact, Gender, Kind, Persona};
use crate::files::prompts::Prompts;
use crate::files::write;

/// The built-in clients, one of each type.
pub struct Cast(Vec<Persona>);

/// The built-in clients, whatever a folder lays over them.
///
/// # Errors
/// Where the program was built with a faulty one.
pub fn cast() -> Result<Cast, AppError> {
    let (personas, problems) = Library::load(None, None)?.personas();
    let has_all = Kind::ALL.iter().all(|kind| personas.iter().any(|p| p.kind == *kind));
    if has_all { Ok(Cast(personas)) } else { Err(AppError::Files(problems)) }
}

impl Cast {
    /// The main client of a type.
    pub fn of(&self, kind: Kind) -> &Persona {
        // `cast` has seen to it that there is one. A variant's id has its topic in it.
        let of_kind = || self.0.iter().filter(|persona| persona.kind == kind);
        let main = of_kind().find(|persona| !persona.id.contains('-'));
        main.or_else(|| of_kind().next()).unwrap_or(&self.0[0])
    }
}

/// What a trainer says of a new client.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// File stem.
    pub id: String,
    /// Full name.
    pub name: String,
    /// Years.
    pub age: u8,
    /// Gender.
    pub gender: Gender,
    /// Type.
    pub kind: Kind,
    /// What the talk is about.
    pub topic: String,
    /// What brought them here, as a sentence.
    pub brought: String,
    /// Who presses them to change, as they say it.
    pub who: String,
    /// One thing that they love.
    pub love: String,
    /// Their first line.
    pub opening: String,
    /// Things that trust unlocks, as they would say them.
    pub facts: Vec<String>,
}

/// What the built-in lines are about.
///
/// # Errors
/// Where they can't be read.
pub fn topics() -> Result<Vec<String>, AppError> {
    let (banks, _) = Library::load(None, None)?.banks();
    Ok(banks.stats().per_topic.into_keys().collect())
}

/// The id that a name gives.
pub fn id_of(name: &str) -> String {
    slug(name.split_whitespace().next().unwrap_or_default())
}

/// Writes the file of a new client into `folder`, a prompts folder.
///
/// # Errors
/// Where the id is taken, an answer does not fit, or the file can't be written.
pub fn new(library: &Library, folder: &Path, answers: &Answers) -> Result<(Persona, PathBuf), AppError> {
    if library.persona_file(&answers.id).is_some() {
        return Err(AppError::Taken { id: answers.id.clone() });
    }
    let persona = sketched(cast()?.of(answers.kind), answers);
    let text = persona::write(&persona);
    let file = path(folder, &answers.id);
    let shown = file.display().to_string();
    let persona = persona::parse(&shown, &text, &|_| None).map_err(AppError::Files)?;
    write_new(&file, text.as_bytes())?;
    Ok((persona, file))
}

/// Writes a file that extends the client `base` as `id`; without one, as the first free of
/// `BASE-2`, `BASE-3` …
///
/// # Errors
/// Where there is no such client, the id is taken, or the file can't be written.
pub fn extend(library: &Library, folder: &Path, base: &str, id: Option<&str>) -> Result<PathBuf, AppError> {
    let persona = library.persona(base)?;
    let is_free = |id: &str| library.persona_file(id).is_none();
    let id = match id {
        Some(id) if is_free(id) => id.to_owned(),
        Some(id) => return Err(AppError::Taken { id: id.to_owned() }),
        None => (2..).map(|n| format!("{base}-{n}")).find(|id| is_free(id)).unwrap_or_default(),
    };
    let text = persona::extending(&persona, &id);
    let file = path(folder, &id);
    let of_base = |asked: &str| (asked == base).then(|| persona.clone());
    persona::parse(&file.display().to_string(), &text, &of_base).map_err(AppError::Files)?;
    write_new(&file, text.as_bytes())?;
    Ok(file)
}

fn sketched(like: &Persona, answers: &Answers) -> Persona {
    let Answers { name, age, brought, .. } = answers;
    let voice = usual(answers.kind).voice;
    let brought = sentence(brought);
    let body = format!("## Who\n\nYou are {name}, {age}. {brought}\n\n## Voice\n\n{voice}");
    start(
        like,
        Sketch {
            id: answers.id.clone(),
            name: name.clone(),
            age: *age,
            gender: answers.gender,
            topic: answers.topic.clone(),
            blurb: brought.chars().take(160).collect(),
            who: Some(answers.who.clone()),
            openings: vec![answers.opening.clone()],
            facts: facts(like, answers),
            body,
        },
    )
}

/// The facts: what they love, unlocked when the first of `like` is, and after it the secrets, from
/// the first third of the others upwards. Of what they love the body says nothing, or a model would
/// tell it to anybody.
fn facts(like: &Persona, answers: &Answers) -> Vec<Fact> {
    let mut locks: Vec<f32> = like.facts.iter().map(|fact| fact.trust).collect();
    locks.sort_by(f32::total_cmp);
    let lock = |i: usize| {
        let lock = locks.get(i * locks.len() / 3).or(locks.last()).copied().unwrap_or(0.5);
        lock.max(like.start.trust)
    };
    let first = answers.name.split_whitespace().next().unwrap_or_default();
    let love = Fact {
        id: "love".to_owned(),
        text: format!("What {first} loves: {}", sentence(&answers.love)),
        trust: lock(0),
        cues: [cues(&answers.love, &answers.topic), LOVED.map(str::to_owned).to_vec()].concat(),
        say: vec![in_own_words(&answers.love)],
    };
    let secret = |(i, said): (usize, &String)| Fact {
        id: format!("fact-{}", i + 1),
        text: format!("In {first}'s own words: {}", sentence(said)),
        trust: lock(i + 1),
        cues: cues(said, &answers.topic),
        say: vec![sentence(said)],
    };
    std::iter::once(love).chain(answers.facts.iter().enumerate().map(secret)).collect()
}

/// Words that bring up what a client loves, whatever that is.
const LOVED: [&str; 4] = ["love", "matters", "important", "proud"];

/// What a client loves as they would say it: an answer about them is turned to be one of theirs.
fn in_own_words(love: &str) -> String {
    let own = |word| match word {
        "his" | "His" | "her" | "Her" | "their" | "Their" => "my",
        other => other,
    };
    let told = love.split_whitespace().map(own).collect::<Vec<_>>().join(" ");
    let says_i = told.split(|c: char| !c.is_alphanumeric()).any(|word| word == "I");
    if says_i { sentence(&told) } else { sentence(&format!("what matters to me, that's {told}")) }
}

/// The longer words of a fact, which bring it up; without one, those of three letters; without one
/// of these, the topic.
fn cues(said: &str, topic: &str) -> Vec<String> {
    const LONG: [&str; 24] = [
        "about", "after", "again", "always", "because", "been", "before", "could", "every", "from", "have",
        "into", "just", "know", "never", "only", "that", "them", "then", "there", "they", "what", "when",
        "with",
    ];
    const SHORT: [&str; 42] = [
        "all", "and", "any", "are", "but", "can", "day", "did", "few", "for", "get", "got", "had", "has",
        "her", "him", "his", "how", "its", "let", "not", "now", "off", "one", "our", "out", "own", "put",
        "say", "see", "she", "the", "too", "try", "two", "use", "was", "way", "who", "why", "yes", "you",
    ];
    let long = distinct(said, |word| word.chars().count() > 3 && !LONG.contains(&word));
    if !long.is_empty() {
        return long;
    }
    let short = distinct(said, |word| word.chars().count() == 3 && !SHORT.contains(&word));
    if short.is_empty() { vec![topic.replace('-', " ")] } else { short }
}

/// The first words of a text that are wanted, in lower case and each once.
fn distinct(text: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    const MOST: usize = 8;
    let text = text.to_lowercase();
    let mut found: Vec<String> = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| is_wanted(word)) {
        if found.iter().all(|before| before != word) && found.len() < MOST {
            found.push(word.to_owned());
        }
    }
    found
}

/// An answer with a capital at its beginning and a stop at its end.
fn sentence(answer: &str) -> String {
    let answer = answer.trim();
    let mut chars = answer.chars();
    let mut sentence: String = chars.next().map(char::to_uppercase).into_iter().flatten().collect();
    sentence.push_str(chars.as_str());
    if !sentence.ends_with(['.', '!', '?', '…']) {
        sentence.push('.');
    }
    sentence
}

/// What became of the built-in files.
#[derive(Debug, Default)]
pub struct Ejected {
    /// Files that were written.
    pub written: usize,
    /// Files that were there, the same to the letter.
    pub same: usize,
    /// Files of the folder's own, which stayed as they are.
    pub kept: Vec<PathBuf>,
}

/// Whether files that somebody has changed are written over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// They stay.
    Keep,
    /// They are lost.
    Replace,
}

/// Writes the built-in prompts into `folder`.
///
/// # Errors
/// Where a file can't be read or written.
pub fn eject(folder: &Path, changed: Changed) -> Result<Ejected, AppError> {
    let mut ejected = Ejected::default();
    for (name, text) in Prompts::built_in().all() {
        let path = name.split('/').fold(folder.to_owned(), |path, part| path.join(part));
        match std::fs::read(&path) {
            Ok(there) if there == text.as_bytes() => ejected.same += 1,
            Ok(_) if changed == Changed::Keep => ejected.kept.push(path),
            Ok(_) => {
                write::over(&path, text.as_bytes()).map_err(|e| failed(&path, e))?;
                ejected.written += 1;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                write_new(&path, text.as_bytes())?;
                ejected.written += 1;
            }
            Err(error) => return Err(failed(&path, error)),
        }
    }
    Ok(ejected)
}

/// Where a client's file lies in a prompts folder.
pub(super) fn path(folder: &Path, id: &str) -> PathBuf {
    folder.join("personas").join(format!("{id}.md"))
}

/// Writes a file that is not there yet.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    write::new(path, bytes).map_err(|e| failed(path, e))
}

pub(super) fn failed(path: &Path, error: io::Error) -> AppError {
    match error.kind() {
        io::ErrorKind::AlreadyExists => AppError::Exists { path: path.to_owned(), over: None },
        _ => AppError::Unwritten { path: path.to_owned(), source: error },
    }
}

//! What a new client of a type begins with: the parameters of the built-in client of that type,
//! and words that hold for anybody of it.
//! Knows: the ten types. Never: cards, disk, questions.

use super::manner::Manner;
use super::{Fact, Gender, Kind, People, Persona};

/// What is known of a new client before anything is tuned.
#[derive(Clone, Debug, PartialEq)]
pub struct Sketch {
    /// File stem.
    pub id: String,
    /// Full name.
    pub name: String,
    /// Years.
    pub age: u8,
    /// See [`Gender`].
    pub gender: Gender,
    /// What the talk is about.
    pub topic: String,
    /// One line for the chooser.
    pub blurb: String,
    /// Who presses them to change; the type's usual where `None`.
    pub who: Option<String>,
    /// First lines.
    pub openings: Vec<String>,
    /// What they tell only to somebody they trust.
    pub facts: Vec<Fact>,
    /// The Markdown body.
    pub body: String,
}

/// A client of the type of `like`, with its parameters. Words that `like` would never say, and
/// the sketch does, are left out.
pub fn start(like: &Persona, sketch: Sketch) -> Persona {
    let usual = usual(like.kind);
    let spoken = [&sketch.openings[..], std::slice::from_ref(&sketch.body)].concat().join("\n");
    let spoken = sketch.facts.iter().fold(spoken, |text, fact| text + "\n" + &fact.say.join("\n"));
    let spoken = spoken.to_lowercase();
    Persona {
        id: sketch.id,
        name: sketch.name,
        age: sketch.age,
        gender: sketch.gender,
        topic: sketch.topic,
        blurb: sketch.blurb,
        aim: usual.aim.to_owned(),
        people: People {
            who: sketch.who.unwrap_or_else(|| usual.who.to_owned()),
            kid: None,
            friend: None,
            partner: None,
            job: None,
        },
        facts: sketch.facts,
        openings: sketch.openings,
        // How somebody else is known.
        manner: Manner::default(),
        never: like.never.iter().filter(|word| !spoken.contains(&word.to_lowercase())).cloned().collect(),
        body: sketch.body,
        ..like.clone()
    }
}

/// What holds for anybody of a type.
#[derive(Clone, Copy, Debug)]
pub struct Usual {
    /// Who presses them, as they say it.
    pub who: &'static str,
    /// What a good first session looks like.
    pub aim: &'static str,
    /// How they talk, to the client.
    pub voice: &'static str,
}

/// See [`Usual`].
pub fn usual(kind: Kind) -> Usual {
    let (who, aim, voice) = match kind {
        Kind::Mandated => (
            "my PO",
            "They stop fighting you over having been sent, and say one thing that they themselves would want to be different.",
            "Blunt and practical. You count what this costs you. You say who sent you.",
        ),
        Kind::Adolescent => (
            "my mom",
            "They stop treating you as one more adult on the other side, and there is one honest flash that you don't pounce on.",
            "One to eight words. Flat. Now and then something honest, taken back at once.",
        ),
        Kind::Mistrust => (
            "the caseworker",
            "A client for two sessions: in the first they stop testing you every turn; don't look for talk of change yet.",
            "Careful. You answer questions with questions, and ask what gets written down.",
        ),
        Kind::Defiant => (
            "my family",
            "They run out of things to push against and begin to argue the other side themselves.",
            "Loud and quick. You contradict first and think after.",
        ),
        Kind::ShutDown => (
            "my sister",
            "Their answers get a little longer and one thing comes out unasked; a silence that is bearable counts as well.",
            "A word or two. Long gaps. You don't explain.",
        ),
        Kind::YesBut => (
            "my doctor",
            "You stop handing over ideas and they stop batting them away: one small idea is theirs, with no but behind it.",
            "Warm and talkative. You agree, and then comes the but.",
        ),
        Kind::ResistsAutonomy => (
            "my mother",
            "You neither take over nor leave them alone with it: they pick one small thing that is theirs.",
            "Eager and anxious. You ask to be told what to do, and whether that was right.",
        ),
        Kind::TraumaGuarded => (
            "my sister",
            "A client for two sessions: in the first they settle in the room and decide what is not talked about.",
            "Quiet and exact. You look for the door. You stop when something comes too near.",
        ),
        Kind::CulturalMistrust => (
            "my family",
            "They find that you will hear what was done to them before you hand them anything.",
            "Polite at a distance. You say it straight when you have been talked down to.",
        ),
        Kind::Sceptic => (
            "my wife",
            "They stop reviewing your profession and look at their own figures.",
            "Dry and reasonable. You ask for evidence and notice loose words.",
        ),
    };
    Usual { who, aim, voice }
}

/// A name made safe for a file and the command line; empty where nothing of it is.
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.to_lowercase().chars() {
        match c {
            c if c.is_ascii_alphanumeric() => slug.push(c),
            ' ' | '-' | '_' if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
        if slug.len() == 40 {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

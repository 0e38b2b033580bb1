//! What a client must be or have so that a line can be true of them.
//! Knows: personas, text patterns. Never: tags, weights, files.

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use serde::Deserialize;

use crate::domain::lines::tag::{Shade, Turn};
use crate::domain::persona::{Gender, Kind, Persona};
use crate::domain::problem::{Problem, nearest};

/// Ages from this on are adult.
const ADULT_YEARS: u8 = 18;
/// The most `[[need]]` rules: their numbers are bits of a line's needs.
const MAX_RULES: usize = 112;

/// The braces at a line's end, in the order of the bits that they set.
const BRACES: [&str; 7] = ["f", "m", "teen", "adult", "kid", "partner", "job"];
const SLOT_WHO: u32 = 7;
const SLOT_FRIEND: u32 = 8;
/// Bits below this are braces and slots; above it each `[[need]]` has one.
const FIRST_RULE: u32 = 16;

/// What a line needs, as bits: see [`Profile::allows`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs(u128);

impl Needs {
    /// Both needs.
    pub fn and(self, other: Needs) -> Needs {
        Needs(self.0 | other.0)
    }

    /// The need of a gender, from `f` or `m`; nothing for any other letter.
    pub fn gender(letter: &str) -> Needs {
        match letter {
            "f" | "m" => Needs::brace(letter).unwrap_or_default(),
            _ => Needs::default(),
        }
    }

    /// The need that `{+name}` stands for.
    pub fn brace(name: &str) -> Option<Needs> {
        BRACES.iter().position(|b| *b == name).map(|i| Needs(1 << i))
    }

    /// The needs of the slots in `text`.
    pub fn slots(text: &str) -> Needs {
        let bit = |slot: &str, i: u32| if text.contains(slot) { 1u128 << i } else { 0 };
        Needs(
            bit("<kid>", 4)
                | bit("<partner>", 5)
                | bit("<job>", 6)
                | bit("<who>", SLOT_WHO)
                | bit("<friend>", SLOT_FRIEND),
        )
    }
}

/// One `[[need]]`: a pattern in a line, and what the client must then be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Regular expression over the line; case does not count.
    words: String,
    /// `f` or `m`.
    gender: Option<String>,
    /// `teen` or `adult`.
    age: Option<String>,
    /// One of these kinds of client …
    #[serde(default)]
    kind: Vec<Kind>,
    /// … or one of these topics …
    #[serde(default)]
    topic: Vec<String>,
    /// … or a persona whose own text matches this.
    mentions: Option<String>,
    /// Leave alone the lines of one topic or one kind of client, whose author knew better.
    #[serde(default)]
    only_general: bool,
}

/// `[shade]`: how the words of a line tell a shade of its tag.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ShadeFile {
    minimising: Vec<String>,
    hedged: Vec<String>,
    sharp: Vec<String>,
    refusing: Vec<String>,
}

/// `[lint]`: words that no line should have.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LintFile {
    therapist: Vec<String>,
    role_break: Vec<String>,
    crisis: Vec<String>,
}

/// A needs file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NeedsFile {
    need: Vec<Rule>,
    shade: ShadeFile,
    lint: LintFile,
    /// Kind of turn -> patterns in the trainee's reply that tell it.
    turn: std::collections::BTreeMap<String, Vec<String>>,
    /// Patterns that carry on a talk about risk.
    risk_goes_on: Vec<String>,
    /// Patterns in a trainee's reply that ask the client to go on.
    asks_for_more: Vec<String>,
    /// Patterns in one of a trainee's sentences that ask about the client's last words and don't name them.
    asks_back: Vec<String>,
    /// Patterns in such a sentence that name what is asked about all the same.
    asks_itself: Vec<String>,
    /// Patterns in a trainee's reply that offer two things to choose from.
    either_or: Vec<String>,
    /// Patterns in a line that need something to have been said before.
    refers_back: Vec<String>,
}

/// Every pattern of the needs files, ready to match.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    rules: Vec<Rule>,
    /// Same order as `rules`.
    lines: RegexSet,
    mentions: Vec<Option<Regex>>,
    minimising: RegexSet,
    hedged: RegexSet,
    sharp: RegexSet,
    refusing: RegexSet,
    turns: Vec<(Turn, RegexSet)>,
    risk_goes_on: RegexSet,
    asks_for_more: RegexSet,
    asks_back: RegexSet,
    asks_itself: RegexSet,
    either_or: RegexSet,
    refers_back: RegexSet,
    therapist: RegexSet,
    role_break: RegexSet,
    crisis: RegexSet,
}

impl Patterns {
    /// Reads needs files, in order; each adds to those before.
    pub fn parse<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> (Self, Vec<Problem>) {
        let mut all = NeedsFile::default();
        let mut problems = Vec::new();
        let mut name = String::new();
        for (file, text) in files {
            file.clone_into(&mut name);
            match toml::from_str::<NeedsFile>(text) {
                Ok(parsed) => all.append(parsed),
                Err(e) => problems.push(Problem::from_toml(file, text, 1, &e)),
            }
        }
        (Self::compile(all, &name, &mut problems), problems)
    }

    fn compile(mut all: NeedsFile, file: &str, problems: &mut Vec<Problem>) -> Self {
        if all.need.len() > MAX_RULES {
            problems.push(
                Problem::new(file, format!("{} needs, {MAX_RULES} at most", all.need.len()))
                    .hint("join patterns that ask for the same thing with |"),
            );
            all.need.truncate(MAX_RULES);
        }
        let mut set = |patterns: &[String]| compile_set(patterns, file, problems);
        let words: Vec<String> = all.need.iter().map(|r| r.words.clone()).collect();
        let mut made = Self {
            lines: set(&words),
            minimising: set(&all.shade.minimising),
            hedged: set(&all.shade.hedged),
            sharp: set(&all.shade.sharp),
            refusing: set(&all.shade.refusing),
            risk_goes_on: set(&all.risk_goes_on),
            asks_for_more: set(&all.asks_for_more),
            asks_back: set(&all.asks_back),
            asks_itself: set(&all.asks_itself),
            either_or: set(&all.either_or),
            refers_back: set(&all.refers_back),
            therapist: set(&all.lint.therapist),
            role_break: set(&all.lint.role_break),
            crisis: set(&all.lint.crisis),
            ..Self::default()
        };
        for (name, patterns) in &all.turn {
            match Turn::named(name) {
                Some(turn) => made.turns.push((turn, compile_set(patterns, file, problems))),
                None => problems.push(unknown_turn(file, name)),
            }
        }
        for rule in &all.need {
            made.mentions.push(rule.mentions.as_deref().and_then(|m| compile_one(m, file, problems)));
        }
        made.rules = all.need;
        made
    }

    /// What the words of `text` need, where it was written for `scope`.
    pub fn needs_of(&self, text: &str, scope: Scope) -> Needs {
        let found = self.lines.matches(text.to_ascii_lowercase().as_bytes());
        let mut needs = Needs::slots(text);
        for i in found.iter().filter(|i| self.rules.get(*i).is_some_and(|r| r.applies(scope))) {
            needs.0 |= 1 << (FIRST_RULE + i as u32);
        }
        needs
    }

    /// Whether the words of `text` carry `shade`.
    pub fn has_shade(&self, text: &str, shade: Shade) -> bool {
        match shade {
            Shade::Minimising => found_in(&self.minimising, text),
            Shade::Hedged => found_in(&self.hedged, text),
            Shade::Mild => !found_in(&self.sharp, text),
            Shade::Refusing => found_in(&self.refusing, text),
        }
    }

    /// The kinds of turn that the words of a trainee's reply tell.
    pub fn turns_in(&self, said: &str) -> impl Iterator<Item = Turn> {
        self.turns.iter().filter(move |(_, set)| found_in(set, said)).map(|(turn, _)| *turn)
    }

    /// Whether `text` is therapist-speak.
    pub fn is_therapist(&self, text: &str) -> bool {
        found_in(&self.therapist, text)
    }

    /// Whether `text` leaves the role.
    pub fn breaks_role(&self, text: &str) -> bool {
        found_in(&self.role_break, text)
    }

    /// Whether `text` belongs in risk.txt only.
    pub fn is_crisis(&self, text: &str) -> bool {
        found_in(&self.crisis, text)
    }

    /// Whether a trainee's reply asks which of two things it is.
    pub fn asks_which(&self, said: &str) -> bool {
        found_in(&self.either_or, said)
    }

    /// Whether `text` makes no sense as one of the first things that are said.
    pub fn refers_back(&self, text: &str) -> bool {
        found_in(&self.refers_back, text)
    }

    /// Whether the trainee asks no more than that the client goes on.
    pub fn asks_for_more(&self, said: &str) -> bool {
        found_in(&self.asks_for_more, said)
    }

    /// Whether a sentence of the trainee's says nothing without the client's last words: "Why?", but not "Why now?".
    pub fn asks_back(&self, sentence: &str) -> bool {
        let words = sentence.replace(',', "");
        self.asks_for_more(sentence)
            || (found_in(&self.asks_back, &words) && !found_in(&self.asks_itself, &words))
    }

    /// Whether a reply to a client who was just asked about risk stays with it.
    pub fn risk_goes_on(&self, said: &str) -> bool {
        found_in(&self.risk_goes_on, said)
    }
}

/// Whom a line was written for, as far as rules care.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    /// For one kind of client or a few.
    pub some_kinds: bool,
    /// For one topic or a few.
    pub some_topics: bool,
}

impl Rule {
    fn applies(&self, scope: Scope) -> bool {
        let by_kind = !self.kind.is_empty() && scope.some_kinds;
        let by_topic = !self.topic.is_empty() && scope.some_topics;
        let left_alone = self.only_general && (scope.some_kinds || scope.some_topics);
        !(by_kind || by_topic || left_alone)
    }

    fn allows(&self, persona: &Persona, told: &str, mentions: Option<&Regex>) -> bool {
        let gender = self.gender.as_deref().is_none_or(|g| is_gender(persona, g));
        let age = self.age.as_deref().is_none_or(|a| (a == "teen") == (persona.age < ADULT_YEARS));
        let free = self.kind.is_empty() && self.topic.is_empty() && self.mentions.is_none();
        let one = self.kind.contains(&persona.kind)
            || self.topic.contains(&persona.topic)
            || mentions.is_some_and(|m| m.is_match(told.as_bytes()));
        gender && age && (free || one)
    }
}

fn is_gender(persona: &Persona, letter: &str) -> bool {
    matches!((persona.gender, letter), (Gender::Female, "f") | (Gender::Male, "m"))
}

impl NeedsFile {
    fn append(&mut self, other: NeedsFile) {
        self.need.extend(other.need);
        self.shade.minimising.extend(other.shade.minimising);
        self.shade.hedged.extend(other.shade.hedged);
        self.shade.sharp.extend(other.shade.sharp);
        self.shade.refusing.extend(other.shade.refusing);
        self.lint.therapist.extend(other.lint.therapist);
        self.lint.role_break.extend(other.lint.role_break);
        self.lint.crisis.extend(other.lint.crisis);
        self.risk_goes_on.extend(other.risk_goes_on);
        self.asks_for_more.extend(other.asks_for_more);
        self.asks_back.extend(other.asks_back);
        self.asks_itself.extend(other.asks_itself);
        self.either_or.extend(other.either_or);
        self.refers_back.extend(other.refers_back);
        for (turn, patterns) in other.turn {
            self.turn.entry(turn).or_default().extend(patterns);
        }
    }
}

fn unknown_turn(file: &str, name: &str) -> Problem {
    let problem = Problem::new(file, format!("unknown kind of turn `{name}`"));
    match nearest(name, Turn::ALL.iter().map(|t| t.as_str())) {
        Some(known) => problem.hint(format!("did you mean `{known}`?")),
        None => problem,
    }
}

/// Patterns see bytes in lower case: the banks are English, and the automaton stays small and fast.
fn compile_set(patterns: &[String], file: &str, problems: &mut Vec<Problem>) -> RegexSet {
    let lower: Vec<String> = patterns.iter().map(|p| lower_case(p)).collect();
    RegexSetBuilder::new(lower).unicode(false).build().unwrap_or_else(|e| {
        problems.push(bad_pattern(file, &e));
        RegexSet::empty()
    })
}

fn compile_one(pattern: &str, file: &str, problems: &mut Vec<Problem>) -> Option<Regex> {
    let built = RegexBuilder::new(&lower_case(pattern)).unicode(false).build();
    built.map_err(|e| problems.push(bad_pattern(file, &e))).ok()
}

/// A pattern in lower case, but for escapes: `\W` is not `\w`.
fn lower_case(pattern: &str) -> String {
    let mut escaped = false;
    let lower = pattern.chars().map(|c| {
        let kept = escaped;
        escaped = c == '\\' && !escaped;
        if kept { c } else { c.to_ascii_lowercase() }
    });
    lower.collect()
}

fn found_in(set: &RegexSet, text: &str) -> bool {
    set.is_match(text.to_ascii_lowercase().as_bytes())
}

fn bad_pattern(file: &str, error: &regex::Error) -> Problem {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or("not a regular expression");
    Problem::new(file, format!("a pattern cannot be read: {}", last.trim_start_matches("error: ")))
}

/// What one persona is and has, as bits that a line's needs must be among.
#[derive(Debug)]
pub(super) struct Profile {
    allowed: u128,
}

impl Profile {
    /// The profile of `persona`; `told` is [`told_of`] it.
    pub fn of(persona: &Persona, told: &str, patterns: &Patterns) -> Self {
        let people = &persona.people;
        let adult = persona.age >= ADULT_YEARS;
        let mut allowed = 0u128;
        let facts = [
            persona.gender == Gender::Female,
            persona.gender == Gender::Male,
            !adult,
            adult,
            people.kid.is_some(),
            people.partner.is_some(),
            people.job.is_some(),
            !people.who.trim().is_empty(),
            people.friend.is_some(),
        ];
        for (i, _) in facts.iter().enumerate().filter(|(_, is)| **is) {
            allowed |= 1 << i;
        }
        for (i, rule) in patterns.rules.iter().enumerate() {
            if rule.allows(persona, told, patterns.mentions[i].as_ref()) {
                allowed |= 1 << (FIRST_RULE + i as u32);
            }
        }
        Self { allowed }
    }

    /// Whether the client is and has all that is needed.
    pub fn allows(&self, needs: Needs) -> bool {
        needs.0 & !self.allowed == 0
    }
}

/// Everything that a persona's file says of the client, in lower case.
pub(super) fn told_of(persona: &Persona) -> String {
    let people = &persona.people;
    let mut told = format!("{}\n{}\n{}\n{}", persona.name, persona.blurb, persona.body, people.who);
    let named = [&people.kid, &people.friend, &people.partner, &people.job];
    let said = persona.facts.iter().flat_map(|f| f.say.iter().chain([&f.text]));
    for text in named.into_iter().flatten().chain(said).chain(&persona.openings) {
        told.push('\n');
        told.push_str(text);
    }
    told.to_lowercase()
}

//! The lines in memory: what each says, for whom, and what it answers.
//! Knows: tags, needs, vectors. Never: files' grammar, choosing.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::domain::lines::index::{Gist, Lexicon, Near, Sentence, Vector, nearness};
use crate::domain::lines::known::Known;
use crate::domain::lines::needs::{Needs, Patterns};
use crate::domain::lines::recall::After;
use crate::domain::lines::tag::{Tag, Turn, Turns};
use crate::domain::lines::text::word_count;
use crate::domain::lines::thread::Thread;
use crate::domain::persona::Kind;

/// Kinds of client and their names in the banks.
pub(super) const KINDS: [(Kind, &str); 10] = [
    (Kind::Mandated, "mandated"),
    (Kind::Adolescent, "adolescent"),
    (Kind::Mistrust, "mistrust"),
    (Kind::Defiant, "defiant"),
    (Kind::ShutDown, "shut-down"),
    (Kind::YesBut, "yes-but"),
    (Kind::ResistsAutonomy, "resists-autonomy"),
    (Kind::TraumaGuarded, "trauma-guarded"),
    (Kind::CulturalMistrust, "cultural-mistrust"),
    (Kind::Sceptic, "sceptic"),
];

/// A small set, as bits. Empty means any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Few(u64);

impl Few {
    /// The set with `i` in it; `i < 64`.
    pub fn with(self, i: usize) -> Self {
        Self(self.0 | 1 << i)
    }

    /// Whether it is any.
    pub fn is_any(self) -> bool {
        self.0 == 0
    }

    /// Whether `i` is in it, or everything is.
    pub fn takes(self, i: Option<usize>) -> bool {
        self.is_any() || i.is_some_and(|i| self.0 & (1 << i) != 0)
    }

    /// The members.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..64).filter(move |i| self.0 & (1 << i) != 0)
    }
}

/// The bit of `kind` in a set of kinds.
pub(super) fn kind_bit(kind: Kind) -> Option<usize> {
    KINDS.iter().position(|(k, _)| *k == kind)
}

/// Where a line stands in the banks, which decides how it may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The voice of a kind of client.
    Voice,
    /// A reaction to a kind of turn, for any client.
    Reaction,
    /// An answer that holds after any reply of its kind.
    Anywhere,
    /// An answer to particular trainee words.
    Paired,
    /// `m:` A belief, said outright.
    Claim(u32),
    /// `e:` What elaborates a belief: only while that belief is on the table.
    Detail(u32),
    /// `w:` The answer to an amplified reflection of a belief.
    Softened(u32),
    /// `K` A plan.
    Plan,
    /// `D` A disclosure.
    Secret,
    /// `I` Plain facts.
    Daily,
    /// A line of a whole conversation, with the one before it.
    Next(Option<u32>),
    /// What goes on from a thread: only while that one was just spoken of.
    More(u32),
    /// Only after something that happened earlier.
    Later(After),
    /// A warning or a goodbye.
    Exit,
    /// The closed list for turns about risk.
    Risk,
}

/// For whom and after what the entries under a header are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Whose own line it is; any = nobody's.
    pub clients: Few,
    pub kinds: Few,
    pub topics: Few,
    pub turns: Turns,
    pub tag: Tag,
    pub place: Place,
    pub needs: Needs,
    pub cue: Option<u32>,
    pub wording: Option<u16>,
}

impl Frame {
    /// For anybody, any time; the tag is set by the entry.
    pub fn new(place: Place) -> Self {
        Self {
            clients: Few::default(),
            kinds: Few::default(),
            topics: Few::default(),
            turns: Turns::default(),
            tag: Tag::Argue,
            place,
            needs: Needs::default(),
            cue: None,
            wording: None,
        }
    }
}

/// One client line.
#[derive(Debug)]
pub(super) struct Line {
    /// As written, slots unfilled, braces gone.
    pub text: String,
    pub tag: Tag,
    /// Whose own line it is; any = nobody's.
    pub clients: Few,
    pub kinds: Few,
    pub topics: Few,
    /// The kinds of turn that it answers; none = any.
    pub turns: Turns,
    pub place: Place,
    /// What its braces and its conversation ask for.
    pub needs: Needs,
    /// Index of the [`Cue`] that it answers.
    pub cue: Option<u32>,
    /// Which of the cue's wordings it was written for, where each has its own reply.
    pub wording: Option<u16>,
    pub file: u16,
    pub line_no: u32,
    /// Found out when first asked for, since most lines never are in one run.
    known: OnceLock<Known>,
    /// Likewise.
    vector: OnceLock<Vector>,
}

impl Line {
    /// A line as its file has it.
    pub fn new(text: String, for_whom: Frame, file: u16, line_no: u32) -> Self {
        let Frame { clients, kinds, topics, turns, tag, place, needs, cue, wording } = for_whom;
        let (known, vector) = (OnceLock::new(), OnceLock::new());
        Self {
            text,
            tag,
            clients,
            kinds,
            topics,
            turns,
            place,
            needs,
            cue,
            wording,
            file,
            line_no,
            known,
            vector,
        }
    }

    /// How many words it has.
    pub fn words(&self) -> u16 {
        word_count(&self.text)
    }

    /// Whether anybody may say it, on any subject.
    pub fn is_anybodys(&self) -> bool {
        self.clients.is_any() && self.kinds.is_any() && self.topics.is_any()
    }

    /// Whether it is some client's own.
    pub fn is_own(&self) -> bool {
        !self.clients.is_any()
    }

    /// What its words tell.
    pub fn known(&self, patterns: &Patterns) -> &Known {
        self.known.get_or_init(|| Known::of(self, patterns))
    }

    /// Its own words, for comparing.
    pub fn vector(&self, lexicon: &Lexicon) -> &Vector {
        self.vector.get_or_init(|| lexicon.vector(&self.text))
    }
}

/// Which trainee template a cue's texts complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A whole trainee turn.
    Turn,
    /// `{y}`: a belief in the second person.
    Reflection,
    /// `{amp}`: a belief overstated.
    Amplified,
    /// `{q}`: an open question without its mark.
    Question,
    /// `{adv}`: advice, as an infinitive.
    Advice,
    /// `{info}`: a fact.
    Info,
    /// `{cq}`: a closed question without its mark.
    Asked,
}

/// Trainee words that lines answer, in several wordings.
#[derive(Clone, Debug)]
pub(super) struct Cue {
    pub form: Form,
    /// Whether they ask, or tell; neither is said where they may do both.
    pub asks: Option<bool>,
    pub texts: Vec<String>,
    /// Those of the texts, once [`Store::weigh`] was called.
    pub vectors: Vec<Vector>,
    /// What the texts ask or tell, found out when first asked for.
    pub gists: OnceLock<Vec<Gist>>,
}

impl Cue {
    /// How near `said` is to each wording.
    pub fn near<'a>(&'a self, said: &'a [Sentence], lexicon: &Lexicon) -> impl Iterator<Item = Near> + 'a {
        self.vectors.iter().zip(self.gists(lexicon)).map(|(vector, gist)| nearness(said, vector, gist))
    }

    /// How near `said` is to the nearest wording.
    pub fn nearest(&self, said: &[Sentence], lexicon: &Lexicon) -> Near {
        self.near(said, lexicon).fold(Near::default(), Near::or_nearer)
    }

    /// What each wording asks or tells.
    pub fn gists(&self, lexicon: &Lexicon) -> &[Gist] {
        // Some are written without their mark.
        let mark = if self.asks == Some(true) { "?" } else { "" };
        let gist = |text: &String| lexicon.gist(&format!("{text}{mark}"));
        self.gists.get_or_init(|| self.texts.iter().map(gist).collect())
    }
}

/// One belief of a client on a topic.
#[derive(Clone, Debug, Default)]
pub(super) struct Belief {
    /// Cue of the reflections (`y:`).
    pub reflected: Option<u32>,
    /// Cue of the amplified reflections (`a:`).
    pub amplified: Option<u32>,
    /// Cue of the questions that bring it up (`q:`).
    pub asked: Option<u32>,
}

/// A topic, with the names of its thing.
#[derive(Clone, Debug)]
pub(super) struct Topic {
    pub name: String,
    pub things: Vec<String>,
    /// Has an `@topic` of its own.
    pub defined: bool,
    /// Where it was first named.
    pub first: (u16, u32),
}

/// A client with lines of their own.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// Their persona's id.
    pub id: String,
    /// Where they were first named.
    pub first: (u16, u32),
}

/// A trainee template, as written.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pub turn: Turn,
    pub text: String,
    pub file: u16,
    pub line_no: u32,
}

/// Everything that the files said.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub lines: Vec<Line>,
    pub cues: Vec<Cue>,
    pub beliefs: Vec<Belief>,
    pub topics: Vec<Topic>,
    pub clients: Vec<Client>,
    /// What clients can go on from …
    pub threads: Vec<Thread>,
    /// … and which of them the replies under a cue are.
    pub thread_of: HashMap<u32, u32>,
    pub files: Vec<String>,
    pub templates: Vec<Template>,
    pub lexicon: Lexicon,
}

impl Store {
    /// `file:line` of a line.
    pub fn source(&self, line: &Line) -> String {
        format!("{}:{}", self.files[line.file as usize], line.line_no)
    }

    /// The words that `line`, or the belief that it voices, answers.
    pub fn cues_of(&self, line: &Line) -> impl Iterator<Item = &Cue> {
        let belief = match line.place {
            Place::Claim(b) | Place::Detail(b) | Place::Softened(b) => Some(&self.beliefs[b as usize]),
            _ => None,
        };
        let of_belief = belief.into_iter().flat_map(|b| [b.reflected, b.amplified, b.asked]);
        of_belief.chain([line.cue]).flatten().map(|cue| &self.cues[cue as usize])
    }

    /// The number of the topic of that name.
    pub fn topic(&self, name: &str) -> Option<usize> {
        self.topics.iter().position(|t| t.name == name)
    }

    /// The number of the client of that id.
    pub fn client(&self, id: &str) -> Option<usize> {
        self.clients.iter().position(|c| c.id == id)
    }

    /// Computes the vectors of all cues; after the last file.
    pub fn weigh(&mut self) {
        let texts: Vec<&str> = self.cues.iter().flat_map(|cue| &cue.texts).map(String::as_str).collect();
        let mut vectors = self.lexicon.learn(&texts).into_iter();
        for cue in &mut self.cues {
            cue.vectors = vectors.by_ref().take(cue.texts.len()).collect();
        }
    }
}

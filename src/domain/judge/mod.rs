//! The judge: what a trainee's reply does, in MITI 4.2.1 and MISC 2.1 terms, with evidence.
//! Knows: the lexicon, what the client just said. Never: the client's state, disk, the UI.
//!
//! text -> `words` -> `units` -> `reading` (phrases, form) -> `decide` (a code per unit)
//! -> `techniques` (across units) -> `score`, `moves` -> `Verdict`.

pub mod bulk;
mod client;
mod coded;
mod decide;
mod doubt;
mod examples;
mod features;
mod forms;
mod known;
mod labels;
mod lexicon;
mod moves;
mod near;
mod overrule;
mod phrase;
mod reading;
mod score;
mod techniques;
mod track;
mod units;
mod verdict;
mod weights;
mod whole;
mod words;
mod written;

use std::sync::OnceLock;

use serde::Serialize;

pub use features::Feature;
pub use known::Known;
pub use labels::{
    Band, Behaviour, Code, Consistency, Label, Permission, QuestionKind, Reason, ReflectionKind, Technique,
};
pub use overrule::{BY_TRAINER, UnknownCode, codes_named};
pub use track::{PERMISSION_HOLDS, Track};
pub use verdict::{ClientVerdict, Finding, Verdict};

use crate::domain::problem::Problem;
use crate::domain::talk::Talk;
use decide::Bench;
use doubt::{Sign, Signs};
use features::Features;
use lexicon::Lexicon;
use reading::{Echo, Reading};
use whole::Around;
use words::Token;

/// The lexicon that is compiled in, by file name.
const BUILTIN: [(&str, &str); 9] = [
    ("words.toml", include_str!("../../../prompts/lexicon/words.toml")),
    ("weights.toml", include_str!("../../../prompts/lexicon/weights.toml")),
    ("reflection.toml", include_str!("../../../prompts/lexicon/reflection.toml")),
    ("question.toml", include_str!("../../../prompts/lexicon/question.toml")),
    ("adherent.toml", include_str!("../../../prompts/lexicon/adherent.toml")),
    ("input.toml", include_str!("../../../prompts/lexicon/input.toml")),
    ("argue.toml", include_str!("../../../prompts/lexicon/argue.toml")),
    ("social.toml", include_str!("../../../prompts/lexicon/social.toml")),
    ("client.toml", include_str!("../../../prompts/lexicon/client.toml")),
];

/// What a reply answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heard<'a> {
    /// What the client said last; empty if nothing yet.
    pub client: &'a str,
    /// Which way that leaned.
    pub talk: Talk,
    /// Whether it was against the person opposite.
    pub discord: bool,
    /// Where permission to advise stands.
    pub permission: Permission,
    /// What the reply before mainly did, if there was one.
    pub before: Option<Behaviour>,
    /// What both have talked about so far, `client` included; that alone if it is not known.
    pub known: Option<&'a Known>,
}

/// A compiled lexicon, ready to judge.
#[derive(Debug)]
pub struct Judge {
    lexicon: Lexicon,
}

impl Judge {
    /// The judge with the lexicon that is compiled in.
    ///
    /// # Panics
    /// If the compiled-in lexicon is faulty, which a test rules out.
    pub fn builtin() -> &'static Judge {
        static BUILT: OnceLock<Judge> = OnceLock::new();
        BUILT.get_or_init(|| {
            let files = BUILTIN.map(|(name, text)| (name.to_owned(), text.to_owned()));
            match Self::from_lexicon(&files) {
                Ok(judge) => judge,
                Err(problems) => panic!("the built-in lexicon is faulty: {}", problems[0]),
            }
        })
    }

    /// A judge with the lexicon of `files` (name, text), which replaces the built-in one whole.
    /// Every fault of every file is told.
    pub fn from_lexicon(files: &[(String, String)]) -> Result<Judge, Vec<Problem>> {
        let judge = Lexicon::compile(files).map(|lexicon| Judge { lexicon })?;
        let problems = examples::check(&judge, files);
        if problems.is_empty() { Ok(judge) } else { Err(problems) }
    }

    /// What a trainee's reply does.
    pub fn reply(&self, heard: &Heard<'_>, text: &str) -> Verdict {
        self.read(heard, text, verdict)
    }

    /// What the reply does where a trainer gives it `codes` in place of the judge's own.
    pub fn overruled(&self, heard: &Heard<'_>, text: &str, codes: &[Code]) -> Verdict {
        self.read(heard, text, |bench| overrule::verdict(bench, text, codes))
    }

    /// The verdict on a reply, and the content words that it adds to what is known.
    fn reply_and_words(&self, heard: &Heard<'_>, text: &str) -> (Verdict, Vec<u64>) {
        self.read(heard, text, |bench| {
            let words = reading::content(&self.lexicon, &bench.reading.tokens).collect();
            (verdict(bench), words)
        })
    }

    fn read<T>(&self, heard: &Heard<'_>, text: &str, judge: impl FnOnce(&Bench<'_>) -> T) -> T {
        let echo = Echo::of(&self.lexicon, heard.client);
        let reading = reading::read(&self.lexicon, &echo, text);
        let only = Known::of(&echo);
        let known = heard.known.unwrap_or(&only);
        let around = Around { lexicon: &self.lexicon, echo: &echo, known, before: heard.before };
        judge(&Bench::new(around, heard, text, &reading))
    }

    /// What a client's turn says about change. `before` is the trainee's last turn and
    /// `previous` what the client's turn before that was, if known.
    pub fn client(&self, before: Option<&str>, previous: Option<Talk>, text: &str) -> ClientVerdict {
        let before = before.map(|text| client::Before { text, evokes: self.evokes(text) });
        client::judge(&self.lexicon, before, previous, &client::read(&self.lexicon, text))
    }

    /// Both at once, which reads the turn only once.
    fn client_and_permission(
        &self,
        before: Option<client::Before<'_>>,
        previous: Option<Talk>,
        standing: Permission,
        text: &str,
        known: &mut Known,
    ) -> (ClientVerdict, Permission) {
        let said = client::read(&self.lexicon, text);
        known.hear(reading::content(&self.lexicon, said.tokens()));
        (client::judge(&self.lexicon, before, previous, &said), client::permission(standing, &said))
    }

    fn evokes(&self, text: &str) -> bool {
        self.reply(&Heard::default(), text).evokes()
    }

    /// Where permission stands after the client answered with `text`.
    pub fn permission(&self, before: Permission, text: &str) -> Permission {
        client::permission(before, &client::read(&self.lexicon, text))
    }

    /// What a calibration fits weights to, of a trainee's reply: the form of the whole and of each
    /// unit, and the phrases found in them.
    pub fn evidence(&self, heard: &Heard<'_>, text: &str) -> Evidence<'_> {
        self.read(heard, text, |bench| {
            let Reading { tokens, units } = bench.reading;
            let spelled = |tokens: &[Token]| -> Vec<String> {
                let words = tokens.chunk_by(|a, b| a.at == b.at).map(|same| &text[same[0].at.clone()]);
                words.flat_map(words::spelled).collect()
            };
            let of_unit = |(seen, doubts): (&reading::Seen, Option<(Signs, Features)>)| Observed {
                features: seen.features.present().collect(),
                overlap: seen.overlap,
                words: seen.unit.tokens.len(),
                groups: self.group_names(&seen.hits),
                reflects: doubts.map(|(signs, features)| Reflects {
                    signs: signs.present().collect(),
                    features: features.present().collect(),
                    words: spelled(&tokens[seen.unit.tokens.clone()]),
                }),
            };
            let whole = bench.features.present().collect();
            let asks = units.iter().any(forms::is_marked_question);
            let units = units.iter().zip(bench.reflections()).map(of_unit).collect();
            Evidence { whole, words: spelled(tokens), asks, units }
        })
    }

    /// The same of a client's turn: the phrases found in it.
    pub fn client_evidence(&self, text: &str) -> Vec<&str> {
        self.group_names(client::read(&self.lexicon, text).hits())
    }

    fn group_names(&self, hits: &[lexicon::Hit]) -> Vec<&str> {
        hits.iter().map(|hit| self.lexicon.groups[usize::from(hit.group)].id.as_str()).collect()
    }
}

fn verdict(bench: &Bench<'_>) -> Verdict {
    let mut coded = bench.decide();
    techniques::across(bench, &mut coded);
    score::verdict(bench, &coded)
}

/// See [`Judge::evidence`].
#[derive(Clone, Debug, Serialize)]
pub struct Evidence<'a> {
    /// Form of the whole reply.
    pub whole: Vec<(Feature, f32)>,
    /// The words, as phrases spell them.
    pub words: Vec<String>,
    /// Whether a unit asks by its mark and its word order, whatever the weights say.
    pub asks: bool,
    /// Unit by unit.
    pub units: Vec<Observed<'a>>,
}

/// What was seen in one unit of a reply.
#[derive(Clone, Debug, Serialize)]
pub struct Observed<'a> {
    /// Its form.
    pub features: Vec<(Feature, f32)>,
    /// Share of its content words that the client had just said, 0..=1.
    pub overlap: f32,
    /// Its length.
    pub words: usize,
    /// Names of the groups whose phrases are in it.
    pub groups: Vec<&'a str>,
    /// What there is to doubt it by, where its form makes it a reflection.
    pub reflects: Option<Reflects>,
}

/// What there is to doubt a reflection by.
#[derive(Clone, Debug, Serialize)]
pub struct Reflects {
    /// How it stands to what the client said.
    pub signs: Vec<(Sign, f32)>,
    /// Its form, in the reply that it is in.
    pub features: Vec<(Feature, f32)>,
    /// Its words, as phrases spell them.
    pub words: Vec<String>,
}

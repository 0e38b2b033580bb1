//! Whether what has the form of a reflection takes issue with the client: "then you're choosing your
//! cousins over your freedom", "you can; you don't want to".
//! Knows: one unit, what the client said last. Never: phrases, scores.

use serde::{Deserialize, Serialize};

use super::lexicon::{Class, Lexicon};
use super::reading::is_content;
use super::words::{ShortMap, Token, Vocabulary, WordId};

/// So many words before a word are searched for what denies it.
const REACH: usize = 4;
/// Words that deny what comes behind them.
const DENY: [&str; 7] = ["not", "no", "never", "nothing", "nobody", "none", "without"];
/// Words that change with who speaks.
const PRONOUNS: [Class; 4] = [Class::I, Class::We, Class::You, Class::Your];
/// Auxiliaries that say the same of different persons and times.
const AUXILIARIES: [&[&str]; 5] = [
    &["am", "are", "is", "was", "were"],
    &["do", "does", "did"],
    &["have", "has", "had"],
    &["can", "could"],
    &["will", "would"],
];

/// How a unit stands to what the client said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// Always there.
    Always,
    /// It is the only unit of the reply that no phrase decided.
    Alone,
    /// Share of its content words that the client just said, denied or not as here.
    Agrees,
    /// Share of all its words but pronouns that the client just said.
    Echoes,
    /// A word of the client's, denied where the client did not.
    Denies,
    /// A word that the client denied, without that.
    Affirms,
    /// "Can", "do", "is", "have" or "will", denied where the client did not or the other way round.
    Turns,
    /// "Not" where the client had none.
    NotAlone,
    /// None where the client had one.
    NotGone,
    /// The client had spoken for staying, or against the speaker.
    Resisted,
    /// The client had spoken for change.
    Changing,
    /// Evidence for a reflection.
    Reflects,
    /// Evidence for input.
    Informs,
}

impl Sign {
    /// Every sign, in order.
    pub const ALL: [Sign; 13] = [
        Sign::Always,
        Sign::Alone,
        Sign::Agrees,
        Sign::Echoes,
        Sign::Denies,
        Sign::Affirms,
        Sign::Turns,
        Sign::NotAlone,
        Sign::NotGone,
        Sign::Resisted,
        Sign::Changing,
        Sign::Reflects,
        Sign::Informs,
    ];
}

/// How much of each sign a unit shows, mostly 0 or 1.
#[derive(Clone, Debug, Default)]
pub struct Signs([f32; Sign::ALL.len()]);

impl Signs {
    /// Sees `much` of a sign.
    pub fn measure(&mut self, sign: Sign, much: f32) {
        self.0[sign as usize] = much;
    }

    /// Sees a sign if `seen`.
    pub fn set_if(&mut self, seen: bool, sign: Sign) {
        if seen {
            self.measure(sign, 1.0);
        }
    }

    /// The signs that are seen.
    pub fn present(&self) -> impl Iterator<Item = (Sign, f32)> {
        Sign::ALL.into_iter().zip(self.0).filter(|(_, much)| *much != 0.0)
    }
}

/// What a word does to those around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polar {
    /// It denies.
    Denies,
    /// It is an auxiliary of this kind.
    Auxiliary(usize),
}

/// The words that deny, and those that are auxiliaries.
pub fn polar(vocabulary: &mut Vocabulary) -> ShortMap<WordId, Polar> {
    let deny = DENY.iter().map(|word| (*word, Polar::Denies));
    let kinds = AUXILIARIES.iter().enumerate();
    let auxiliaries = kinds.flat_map(|(kind, words)| words.iter().map(move |w| (*w, Polar::Auxiliary(kind))));
    deny.chain(auxiliaries).map(|(word, polar)| (vocabulary.intern(word), polar)).collect()
}

/// What a text says with and without "not".
#[derive(Debug, Default)]
pub struct Polarity {
    words: ShortMap<u64, [bool; 2]>,             // by stem: plain, denied
    auxiliaries: [[bool; 2]; AUXILIARIES.len()], // likewise
    denies: bool,
    said: Vec<u64>, // stems of all words but pronouns, sorted
}

impl Polarity {
    /// That of `tokens`.
    pub fn of(lexicon: &Lexicon, tokens: &[Token]) -> Self {
        let mut polarity = Self::default();
        let mut since = REACH; // words since one that denies
        let mut auxiliary = None;
        let pronoun = |t: &Token| PRONOUNS.iter().any(|class| lexicon.is(t.word, *class));
        polarity.said.extend(tokens.iter().filter(|t| !t.soft && !pronoun(t)).map(|t| t.stem));
        polarity.said.sort_unstable();
        for token in tokens {
            let polar = lexicon.polar(token.word);
            // "Is not" is no "is".
            if let Some(kind) = auxiliary.take() {
                polarity.say(kind, polar == Some(Polar::Denies));
            }
            match polar {
                Some(Polar::Denies) => {
                    since = 0;
                    polarity.denies = true;
                    continue;
                }
                Some(Polar::Auxiliary(kind)) => auxiliary = Some(kind),
                None if is_content(lexicon, token) => {
                    polarity.words.entry(token.stem).or_default()[usize::from(since < REACH)] = true;
                }
                None => (),
            }
            since += 1;
        }
        if let Some(kind) = auxiliary {
            polarity.say(kind, false);
        }
        polarity
    }

    fn say(&mut self, auxiliary: usize, denied: bool) {
        self.auxiliaries[auxiliary][usize::from(denied)] = true;
    }

    /// How this stands to what the client said.
    pub fn against(&self, client: &Polarity, signs: &mut Signs) {
        let echoed = self.said.iter().filter(|stem| client.said.binary_search(stem).is_ok()).count();
        signs.measure(Sign::Echoes, echoed as f32 / self.said.len().max(1) as f32);
        let only = |[plain, denied]: [bool; 2]| (plain != denied).then_some(denied);
        let both = self
            .words
            .iter()
            .filter_map(|(stem, mine)| Some((only(*mine)?, only(*client.words.get(stem)?)?)));
        let (mut denied, mut affirmed, mut agreed) = (false, false, 0.0);
        for (mine, theirs) in both {
            denied |= mine && !theirs;
            affirmed |= theirs && !mine;
            agreed += if mine == theirs { 1.0 } else { 0.0 };
        }
        signs.measure(Sign::Agrees, agreed / self.words.len().max(1) as f32);
        let mut kinds = self.auxiliaries.iter().zip(&client.auxiliaries);
        let turned = kinds
            .any(|(mine, theirs)| (0..2).any(|denied| mine[denied] && theirs[1 - denied] && !theirs[denied]));
        for (shown, sign) in [
            (denied, Sign::Denies),
            (affirmed, Sign::Affirms),
            (turned, Sign::Turns),
            (self.denies && !client.denies, Sign::NotAlone),
            (!self.denies && client.denies, Sign::NotGone),
        ] {
            signs.set_if(shown, sign);
        }
    }
}

//! The form of a reply or unit as numbers that weights can multiply.
//! Knows: nothing. Never: text, weights.

use serde::{Deserialize, Serialize};

use super::weights::Weight;

/// What a reply shows, apart from what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Always there.
    Bias,
    /// One word or none.
    Words1,
    /// Two or three words.
    Words3,
    /// Four to seven words.
    Words7,
    /// Eight to fifteen words.
    Words15,
    /// Sixteen to thirty words.
    Words30,
    /// More than thirty words.
    WordsMore,
    /// A question mark anywhere.
    QuestionMark,
    /// A question mark at the end.
    QuestionMarkLast,
    /// A unit begins with a question word.
    WhStart,
    /// A unit begins with an auxiliary and a subject.
    AuxStart,
    /// A phrase that asks openly.
    Open,
    /// A phrase that asks for yes, no or a fact.
    Closed,
    /// A question tag.
    Tag,
    /// A phrase that opens reflections.
    Stem,
    /// Names what the client feels.
    Feeling,
    /// Names what it means to the client.
    Meaning,
    /// Holds two sides together.
    Side,
    /// Gives a view that is not the speaker's.
    View,
    /// Says that a feeling makes sense.
    Validation,
    /// A unit begins with "you".
    YouStart,
    /// A unit begins with "your".
    YourStart,
    /// A unit begins with "it" or "this".
    ItStart,
    /// A unit begins with "that".
    ThatStart,
    /// A unit begins with "I" or "my".
    IStart,
    /// A unit begins with "we" or "our".
    WeStart,
    /// A unit begins with "there".
    ThereStart,
    /// A unit begins with other people.
    TheyStart,
    /// A unit begins with a verb as orders do.
    OrderStart,
    /// A unit is led in by "so".
    SoOpener,
    /// A unit is led in by "and".
    AndOpener,
    /// A unit is led in by "but".
    ButOpener,
    /// Goes on with the turn before.
    Continues,
    /// Breaks off.
    BrokenOff,
    /// Says "you".
    HasYou,
    /// Says "I".
    HasI,
    /// Says "we".
    HasWe,
    /// Has a digit.
    HasNumber,
    /// A unit with half or more of its content from the client.
    OverlapHigh,
    /// A unit with some content from the client.
    OverlapSome,
    /// Tells the client what to do.
    Advice,
    /// Puts a solution forward.
    Suggestion,
    /// Gives an order.
    Direct,
    /// Promises a benefit.
    Promise,
    /// Tells facts.
    Information,
    /// Cites evidence.
    Evidence,
    /// Tells what is on offer.
    Service,
    /// Talks about the speaker.
    SelfTalk,
    /// Speaks against the client.
    Argue,
    /// Gives the choice back.
    Autonomy,
    /// Names a strength.
    Affirm,
    /// Praises without ground.
    Praise,
    /// Asks permission.
    Permission,
    /// Shares the decision.
    Collaborate,
    /// Comforts.
    Support,
    /// Greets.
    Greeting,
    /// Thanks.
    Thanks,
    /// Says what comes next.
    Structure,
    /// Only says "go on".
    Nod,
    /// Verb before subject, or a phrase that asks.
    Inverted,
    /// What asks stands near the end.
    LateQuestion,
    /// "You" with its verb after it.
    YouSays,
    /// Two or more pieces of input.
    InfoMany,
    /// Four or more pieces of input.
    InfoMost,
    /// Every eighth word is about the client.
    YouDense,
    /// A unit begins with a reflection stem.
    StemStart,
    /// Up to seven words, some of them the client's.
    ShortEcho,
    /// The last unit is a statement with a question mark.
    ToldMark,
    /// No punctuation at all.
    Unmarked,
    /// `WhStart` without punctuation.
    UnmarkedWh,
    /// `AuxStart` without punctuation.
    UnmarkedAux,
    /// `Open` without punctuation.
    UnmarkedOpen,
    /// `Closed` without punctuation.
    UnmarkedClosed,
    /// `Inverted` without punctuation.
    UnmarkedInverted,
    /// `LateQuestion` without punctuation.
    UnmarkedLate,
    /// The last unit is a statement with subject and verb and with a question mark.
    ToldWhole,
    /// No content word.
    ContentNone,
    /// Content words up to eight, as a share of eight.
    Content,
    /// Share of the content words that the client has said in this conversation.
    GivenBack,
    /// How many these are, up to eight, as a share of eight.
    GivenBackMuch,
    /// Share of the content words that the client said in the last three turns.
    GivenBackLately,
    /// Share of the content words that nobody has said before.
    New,
    /// Content words that the client has not said, up to eight, as a share of eight.
    NewMuch,
    /// A phrase that opens reflections, and verb before subject.
    StemAsked,
    /// `GivenBackMuch` where the client only nods.
    NodsGivenBack,
    /// The client's turn ended in a question.
    ClientAsked,
    /// The client's turn only said "go on".
    ClientNods,
    /// The client only nods, and the reply before reflected.
    AfterReflection,
    /// The client only nods, and the reply before informed.
    AfterInput,
}

impl Feature {
    /// One more than the largest feature.
    pub const COUNT: usize = Feature::AfterInput as usize + 1;

    /// Every feature, in order.
    pub const ALL: [Feature; Feature::COUNT] = [
        Feature::Bias,
        Feature::Words1,
        Feature::Words3,
        Feature::Words7,
        Feature::Words15,
        Feature::Words30,
        Feature::WordsMore,
        Feature::QuestionMark,
        Feature::QuestionMarkLast,
        Feature::WhStart,
        Feature::AuxStart,
        Feature::Open,
        Feature::Closed,
        Feature::Tag,
        Feature::Stem,
        Feature::Feeling,
        Feature::Meaning,
        Feature::Side,
        Feature::View,
        Feature::Validation,
        Feature::YouStart,
        Feature::YourStart,
        Feature::ItStart,
        Feature::ThatStart,
        Feature::IStart,
        Feature::WeStart,
        Feature::ThereStart,
        Feature::TheyStart,
        Feature::OrderStart,
        Feature::SoOpener,
        Feature::AndOpener,
        Feature::ButOpener,
        Feature::Continues,
        Feature::BrokenOff,
        Feature::HasYou,
        Feature::HasI,
        Feature::HasWe,
        Feature::HasNumber,
        Feature::OverlapHigh,
        Feature::OverlapSome,
        Feature::Advice,
        Feature::Suggestion,
        Feature::Direct,
        Feature::Promise,
        Feature::Information,
        Feature::Evidence,
        Feature::Service,
        Feature::SelfTalk,
        Feature::Argue,
        Feature::Autonomy,
        Feature::Affirm,
        Feature::Praise,
        Feature::Permission,
        Feature::Collaborate,
        Feature::Support,
        Feature::Greeting,
        Feature::Thanks,
        Feature::Structure,
        Feature::Nod,
        Feature::Inverted,
        Feature::LateQuestion,
        Feature::YouSays,
        Feature::InfoMany,
        Feature::InfoMost,
        Feature::YouDense,
        Feature::StemStart,
        Feature::ShortEcho,
        Feature::ToldMark,
        Feature::Unmarked,
        Feature::UnmarkedWh,
        Feature::UnmarkedAux,
        Feature::UnmarkedOpen,
        Feature::UnmarkedClosed,
        Feature::UnmarkedInverted,
        Feature::UnmarkedLate,
        Feature::ToldWhole,
        Feature::ContentNone,
        Feature::Content,
        Feature::GivenBack,
        Feature::GivenBackMuch,
        Feature::GivenBackLately,
        Feature::New,
        Feature::NewMuch,
        Feature::StemAsked,
        Feature::NodsGivenBack,
        Feature::ClientAsked,
        Feature::ClientNods,
        Feature::AfterReflection,
        Feature::AfterInput,
    ];
}

/// How much of each feature there is, mostly 0 or 1, and what single words weigh.
#[derive(Clone, Debug)]
pub struct Features(pub [f32; Feature::COUNT], pub Weight);

impl Default for Features {
    fn default() -> Self {
        let mut all = [0.0; Feature::COUNT];
        all[Feature::Bias as usize] = 1.0;
        Self(all, Weight::default())
    }
}

impl Features {
    /// Sees a feature.
    pub fn set(&mut self, feature: Feature) {
        self.0[feature as usize] = 1.0;
    }

    /// Sees a feature or not, whatever was seen before.
    pub fn put(&mut self, feature: Feature, seen: bool) {
        self.0[feature as usize] = if seen { 1.0 } else { 0.0 };
    }

    /// Sees `much` of a feature, whatever was seen before.
    pub fn measure(&mut self, feature: Feature, much: f32) {
        self.0[feature as usize] = much;
    }

    /// Sees a feature if `seen`.
    pub fn set_if(&mut self, seen: bool, feature: Feature) {
        if seen {
            self.set(feature);
        }
    }

    /// The same without what only speaks for who leaves out all marks.
    pub fn marked(mut self) -> Self {
        self.0[Feature::Unmarked as usize..=Feature::UnmarkedLate as usize].fill(0.0);
        self
    }

    /// The features that were seen.
    pub fn present(&self) -> impl Iterator<Item = (Feature, f32)> {
        Feature::ALL.into_iter().zip(self.0).filter(|(_, x)| *x != 0.0)
    }

    /// How much of it is seen.
    pub fn much(&self, feature: Feature) -> f32 {
        self.0[feature as usize]
    }

    /// Whether it is seen.
    pub fn has(&self, feature: Feature) -> bool {
        self.much(feature) > 0.0
    }

    /// Sees everything that `other` sees.
    pub fn join(&mut self, other: &Features) {
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            *a = a.max(*b);
        }
    }
}

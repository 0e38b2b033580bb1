//! The names that the judge gives to what it sees, as MITI 4.2.1 and MISC 2.1 use them.
//! Knows: nothing. Never: how any of them is recognised.

use serde::{Deserialize, Serialize};

/// A MITI 4.2.1 behaviour code, with open and closed questions and support as MISC has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Confronts: disagrees, blames, labels, shames, warns.
    Confront,
    /// Persuades or directs without permission.
    Persuade,
    /// Persuades or advises with the client's permission.
    PersuadeWithPermission,
    /// Gives neutral information.
    GiveInformation,
    /// A question that yes, no or a fact answers.
    QuestionClosed,
    /// A question that leaves room.
    QuestionOpen,
    /// Gives back what was said, adding nothing.
    SimpleReflection,
    /// Gives back what was said with added meaning or emphasis.
    ComplexReflection,
    /// Names a strength, an effort or the client's worth.
    Affirm,
    /// Shares power or asks permission.
    SeekCollaboration,
    /// Says that the choice is the client's.
    EmphasiseAutonomy,
    /// Sympathy or comfort (MISC); MITI does not code it.
    Support,
    /// Greeting, structure, facilitation, nonsense.
    NotCoded,
}

impl Code {
    /// Every code.
    pub const ALL: [Code; 13] = [
        Code::Confront,
        Code::Persuade,
        Code::PersuadeWithPermission,
        Code::GiveInformation,
        Code::QuestionClosed,
        Code::QuestionOpen,
        Code::SimpleReflection,
        Code::ComplexReflection,
        Code::Affirm,
        Code::SeekCollaboration,
        Code::EmphasiseAutonomy,
        Code::Support,
        Code::NotCoded,
    ];

    /// The name in files and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::Confront => "confront",
            Code::Persuade => "persuade",
            Code::PersuadeWithPermission => "persuade_with_permission",
            Code::GiveInformation => "give_information",
            Code::QuestionClosed => "question_closed",
            Code::QuestionOpen => "question_open",
            Code::SimpleReflection => "simple_reflection",
            Code::ComplexReflection => "complex_reflection",
            Code::Affirm => "affirm",
            Code::SeekCollaboration => "seek_collaboration",
            Code::EmphasiseAutonomy => "emphasise_autonomy",
            Code::Support => "support",
            Code::NotCoded => "not_coded",
        }
    }

    /// Whether MITI counts it as MI non-adherent.
    pub fn is_non_adherent(self) -> bool {
        matches!(self, Code::Confront | Code::Persuade)
    }

    /// Whether MITI counts it as MI adherent.
    pub fn is_adherent(self) -> bool {
        matches!(self, Code::Affirm | Code::SeekCollaboration | Code::EmphasiseAutonomy)
    }

    /// Whether it is a reflection.
    pub fn is_reflection(self) -> bool {
        matches!(self, Code::SimpleReflection | Code::ComplexReflection)
    }
}

/// A technique for rolling with resistance, on top of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Technique {
    /// Any reflection that is none of the special ones.
    Reflection,
    /// Gives the client's stance back more absolutely than it was said.
    AmplifiedReflection,
    /// Both sides of the ambivalence in one statement.
    DoubleSidedReflection,
    /// Takes the client's side against change, without irony.
    ComingAlongside,
    /// Gives the same content a new, positive meaning.
    Reframe,
    /// Names a strength or effort.
    Affirmation,
    /// Gives the choice back.
    AutonomySupport,
    /// Says that the feeling makes sense.
    Validation,
    /// Mends the tension between the two: apology, admitted limit, shifted focus.
    DiscordRepair,
    /// Asks before telling.
    AskPermission,
    /// Offers a choice of ways.
    Menu,
    /// Asks openly.
    OpenQuestion,
}

/// Why a unit was coded as it was, in MISC terms; and what the client's words were heard as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Threatens or predicts harm.
    Warn,
    /// Gives an order.
    Direct,
    /// Says that the speaker worries: milder than a warning.
    RaiseConcern,
    /// Names the client as the problem.
    Label,
    /// Makes it the client's fault.
    Blame,
    /// Makes the client ashamed.
    Shame,
    /// Says what is right and wrong.
    Moralise,
    /// Does not believe the client.
    Disbelief,
    /// Holds the client's own knowledge or words against them.
    Remind,
    /// Takes the accuser's side.
    SideWithOther,
    /// A question that argues.
    Rhetorical,
    /// Says the opposite.
    Contradict,
    /// Mocks.
    Sarcasm,
    /// Defends the speaker's own standing.
    DefendSelf,
    /// Makes little of it.
    Minimise,
    /// Comforts without ground.
    FalseReassurance,
    /// Asks why, which asks for a defence.
    WhyQuestion,
    /// Asks for the reasons not to change.
    Barriers,
    /// Asks for the client's own reasons or ways to change.
    Evoking,
    /// Wants to win the client over by charm or trick.
    Manipulate,
    /// Holds evidence against the client's own view.
    CounterEvidence,
    /// Empty praise.
    GenericPraise,
    /// Comfort before anything was disclosed.
    Premature,
    /// Words of a list, or the client's own words given back whole.
    Gaming,
    /// Takes a named injustice seriously.
    Acknowledge,
    /// Client: words for change.
    ChangeTalk,
    /// Client: words for staying.
    SustainTalk,
    /// Client: tension with the person opposite.
    Discord,
}

/// What a finding found: a code, a technique, or a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Label {
    /// A behaviour code.
    Code(Code),
    /// A technique.
    Technique(Technique),
    /// A reason.
    Reason(Reason),
}

/// The four behaviours that a whole reply is reduced to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// Mainly reflects.
    Reflection,
    /// Mainly asks.
    Question,
    /// Mainly informs or advises.
    TherapistInput,
    /// None of these.
    Other,
}

/// How much a reflection adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReflectionKind {
    /// Adds nothing.
    Simple,
    /// Adds meaning or emphasis.
    Complex,
}

/// How much room a question leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// Room for the client's own words.
    Open,
    /// Yes, no or a fact.
    Closed,
}

/// Whether a reply is consistent with MI, as the session share counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Consistency {
    /// Reflection, open question without input, or negotiation.
    C,
    /// Information or advice with none of these.
    I,
    /// Neither.
    N,
}

/// The band that is shown for a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Argues: at or below -0.35.
    Arguing,
    /// Between the two, with evidence on both sides.
    Mixed,
    /// Between the two, with no strong evidence on either.
    Neutral,
    /// Rolls with resistance: at or above 0.35.
    Rolling,
}

/// Where permission to inform or advise stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Nobody spoke of it.
    #[default]
    None,
    /// The last reply asked for it.
    Asked,
    /// The client gave it.
    Granted,
    /// The client refused it.
    Refused,
    /// The client asked for advice.
    Requested,
}

impl Permission {
    /// Whether advice is welcome.
    pub fn is_open(self) -> bool {
        matches!(self, Permission::Granted | Permission::Requested)
    }
}

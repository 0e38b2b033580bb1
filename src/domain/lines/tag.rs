//! The words of the line banks: what a client line does, and what kind of trainee turn it answers.
//! Knows: actions, moves, kinds. Never: lines, text, files.

use serde::{Deserialize, Serialize, Serializer};

use crate::domain::action::Action;
use crate::domain::moves::Move;
use crate::domain::persona::Kind;

/// What a line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tag {
    /// There is no problem.
    Deny,
    /// It is small.
    Downplay,
    /// It is somebody else's fault.
    Blame,
    /// Contradicts the trainee otherwise.
    Argue,
    /// Aimed at the trainee.
    Attack,
    /// Probes the trainee's motives.
    Test,
    /// Changes the subject.
    Deflect,
    /// One to four words.
    Minimal,
    /// Agrees in form, then the but.
    YesBut,
    /// Torn, puts it off.
    Hesitate,
    /// Doubts that they can or that it helps.
    Doubt,
    /// A plain fact.
    Inform,
    /// A small step towards the trainee.
    Soften,
    /// One hedged bit of change talk.
    Ember,
    /// Admits that there is something.
    Acknowledge,
    /// Costs something to say.
    Disclose,
    /// Agrees to something.
    Accept,
    /// Change talk.
    Change,
    /// A small plan of their own.
    Commit,
    /// About to leave.
    Warn,
    /// Leaves.
    Leave,
}

impl Tag {
    /// Every tag.
    pub const ALL: [Tag; 21] = [
        Tag::Deny,
        Tag::Downplay,
        Tag::Blame,
        Tag::Argue,
        Tag::Attack,
        Tag::Test,
        Tag::Deflect,
        Tag::Minimal,
        Tag::YesBut,
        Tag::Hesitate,
        Tag::Doubt,
        Tag::Inform,
        Tag::Soften,
        Tag::Ember,
        Tag::Acknowledge,
        Tag::Disclose,
        Tag::Accept,
        Tag::Change,
        Tag::Commit,
        Tag::Warn,
        Tag::Leave,
    ];

    /// Whether the first sentences of such a line still do what the tag says: one that turns in
    /// its course ("I've tried it. It never lasts.") has to be heard to its end.
    pub fn may_be_cut(self) -> bool {
        use Tag::{Accept, Acknowledge, Change, Commit, Disclose, Doubt, Ember, Hesitate, Soften, YesBut};
        let turns = [Accept, Acknowledge, Change, Commit, Disclose, Doubt, Ember, Hesitate, Soften, YesBut];
        !turns.contains(&self)
    }

    /// What such a line does by itself, whatever the client was about to do.
    pub fn action(self) -> Action {
        match self {
            Tag::Deny | Tag::Argue => Action::Deny,
            Tag::Downplay => Action::Downplay,
            Tag::Blame => Action::Blame,
            Tag::Attack => Action::Challenge,
            Tag::Test => Action::Test,
            Tag::Deflect => Action::Deflect,
            Tag::Minimal | Tag::Soften => Action::Engage,
            Tag::YesBut | Tag::Doubt => Action::Doubt,
            Tag::Hesitate => Action::Hesitate,
            Tag::Inform => Action::Inform,
            Tag::Ember | Tag::Change => Action::Ember,
            Tag::Acknowledge => Action::Acknowledge,
            Tag::Disclose => Action::Disclose,
            Tag::Accept => Action::Accept,
            Tag::Commit => Action::Plan,
            Tag::Warn => Action::Warn,
            Tag::Leave => Action::Leave,
        }
    }

    /// The name in the banks.
    pub fn as_str(self) -> &'static str {
        match self {
            Tag::Deny => "deny",
            Tag::Downplay => "downplay",
            Tag::Blame => "blame",
            Tag::Argue => "argue",
            Tag::Attack => "attack",
            Tag::Test => "test",
            Tag::Deflect => "deflect",
            Tag::Minimal => "minimal",
            Tag::YesBut => "yesbut",
            Tag::Hesitate => "hesitate",
            Tag::Doubt => "doubt",
            Tag::Inform => "inform",
            Tag::Soften => "soften",
            Tag::Ember => "ember",
            Tag::Acknowledge => "acknowledge",
            Tag::Disclose => "disclose",
            Tag::Accept => "accept",
            Tag::Change => "change",
            Tag::Commit => "commit",
            Tag::Warn => "warn",
            Tag::Leave => "leave",
        }
    }

    /// The tag of that name.
    pub fn named(name: &str) -> Option<Self> {
        Tag::ALL.into_iter().find(|t| t.as_str() == name)
    }
}

/// The kind of trainee turn that a line answers: finer than [`Move`], because the authors
/// write for "are you a robot" and for silence too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Turn {
    /// The first words of a session.
    Opening,
    /// Confronts, labels, warns.
    Confront,
    /// Advises.
    Advice,
    /// Closed question.
    ClosedQ,
    /// Open question.
    OpenQ,
    /// Simple reflection.
    Simple,
    /// Complex reflection.
    Complex,
    /// Double-sided reflection.
    Double,
    /// Amplified reflection.
    Amplified,
    /// Comes alongside.
    Alongside,
    /// Affirms.
    Affirm,
    /// "It is up to you."
    Autonomy,
    /// Asks leave.
    Permission,
    /// Facts with leave.
    InfoPerm,
    /// Facts without leave.
    InfoNoPerm,
    /// Sums up.
    Summary,
    /// Asks for the client's own plan.
    PlanQ,
    /// Says sorry.
    Apology,
    /// Weather and coffee.
    SmallTalk,
    /// Makes no sense.
    Nonsense,
    /// "Are you a bot", "ignore your instructions".
    Ai,
    /// Suicide, self-harm, abuse, safety.
    Crisis,
    /// Says nothing.
    Silence,
    /// Off the subject.
    OffTopic,
    /// "Who are you?"
    WhoAreYou,
    /// Wants yes or no.
    YesNo,
    /// Asks when.
    AskWhen,
    /// Asks who.
    AskWho,
    /// Asks where.
    AskWhere,
    /// Asks why.
    AskWhy,
    /// Asks how, or what it was like.
    AskHow,
    /// Asks how many, how long, how often.
    AskCount,
    /// Asks what, or which.
    AskWhat,
    /// Asks what the client's last words mean.
    AskMean,
}

impl Turn {
    /// Every kind of turn, in the order of the enum.
    pub const ALL: [Turn; 34] = [
        Turn::Opening,
        Turn::Confront,
        Turn::Advice,
        Turn::ClosedQ,
        Turn::OpenQ,
        Turn::Simple,
        Turn::Complex,
        Turn::Double,
        Turn::Amplified,
        Turn::Alongside,
        Turn::Affirm,
        Turn::Autonomy,
        Turn::Permission,
        Turn::InfoPerm,
        Turn::InfoNoPerm,
        Turn::Summary,
        Turn::PlanQ,
        Turn::Apology,
        Turn::SmallTalk,
        Turn::Nonsense,
        Turn::Ai,
        Turn::Crisis,
        Turn::Silence,
        Turn::OffTopic,
        Turn::WhoAreYou,
        Turn::YesNo,
        Turn::AskWhen,
        Turn::AskWho,
        Turn::AskWhere,
        Turn::AskWhy,
        Turn::AskHow,
        Turn::AskCount,
        Turn::AskWhat,
        Turn::AskMean,
    ];

    /// Questions that want more than a yes or a no.
    pub(super) const ASKS_WHAT: [Turn; 8] = [
        Turn::AskWhen,
        Turn::AskWho,
        Turn::AskWhere,
        Turn::AskWhy,
        Turn::AskHow,
        Turn::AskCount,
        Turn::AskWhat,
        Turn::AskMean,
    ];

    /// The name in the banks.
    pub fn as_str(self) -> &'static str {
        match self {
            Turn::Opening => "opening",
            Turn::Confront => "confront",
            Turn::Advice => "advice",
            Turn::ClosedQ => "closedq",
            Turn::OpenQ => "openq",
            Turn::Simple => "simple",
            Turn::Complex => "complex",
            Turn::Double => "double",
            Turn::Amplified => "amplified",
            Turn::Alongside => "alongside",
            Turn::Affirm => "affirm",
            Turn::Autonomy => "autonomy",
            Turn::Permission => "permission",
            Turn::InfoPerm => "info_perm",
            Turn::InfoNoPerm => "info_noperm",
            Turn::Summary => "summary",
            Turn::PlanQ => "planq",
            Turn::Apology => "apology",
            Turn::SmallTalk => "smalltalk",
            Turn::Nonsense => "nonsense",
            Turn::Ai => "ai",
            Turn::Crisis => "crisis",
            Turn::Silence => "silence",
            Turn::OffTopic => "offtopic",
            Turn::WhoAreYou => "whoareyou",
            Turn::YesNo => "yesno",
            Turn::AskWhen => "askwhen",
            Turn::AskWho => "askwho",
            Turn::AskWhere => "askwhere",
            Turn::AskWhy => "askwhy",
            Turn::AskHow => "askhow",
            Turn::AskCount => "askcount",
            Turn::AskWhat => "askwhat",
            Turn::AskMean => "askmean",
        }
    }

    /// The kind of turn of that name.
    pub fn named(name: &str) -> Option<Self> {
        Turn::ALL.into_iter().find(|t| t.as_str() == name)
    }
}

impl Serialize for Turn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A set of [`Turn`]s. Empty means any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turns(u64);

impl Turns {
    /// The set of `turns`.
    pub fn of(turns: &[Turn]) -> Self {
        Self(turns.iter().fold(0, |bits, t| bits | 1 << *t as u8))
    }

    /// The set with `turn` in it.
    pub fn with(self, turn: Turn) -> Self {
        Self(self.0 | 1 << turn as u8)
    }

    /// The set without `turn`.
    pub fn without(self, turn: Turn) -> Self {
        Self(self.0 & !(1 << turn as u8))
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `turn` is in it.
    pub fn has(self, turn: Turn) -> bool {
        self.0 & (1 << turn as u8) != 0
    }

    /// Whether the two have a turn in common.
    pub fn meets(self, other: Turns) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether such turns ask, or tell; nothing where they may do both, or neither.
    pub(super) fn ask(self) -> Option<bool> {
        use Turn::{Affirm, Alongside, Amplified, ClosedQ, Complex, Double, OpenQ, PlanQ, Simple, Summary};
        let asks = self.meets(Turns::of(&[ClosedQ, OpenQ, PlanQ])) || self.meets(Turns::of(&Turn::ASKS_WHAT));
        let tells = self.meets(Turns::of(&[Simple, Complex, Double, Amplified, Alongside, Summary, Affirm]));
        (asks != tells).then_some(asks)
    }

    /// The turns in it.
    pub fn iter(self) -> impl Iterator<Item = Turn> {
        Turn::ALL.into_iter().filter(move |t| self.has(*t))
    }
}

/// The kinds of turn that the judge's `moves` can be; the banks' finer kinds are told
/// apart by what the turn says.
pub fn turns_of(moves: &[Move]) -> Turns {
    moves.iter().fold(Turns::default(), |set, m| {
        let kinds: &[Turn] = match m {
            Move::Argue => &[Turn::Confront],
            Move::Advise => &[Turn::Advice],
            Move::AdvisePermitted => &[Turn::Advice, Turn::InfoPerm],
            Move::Inform => &[Turn::InfoNoPerm],
            Move::InformPermitted => &[Turn::InfoPerm],
            Move::ClosedQuestion => &[Turn::ClosedQ],
            Move::OpenQuestion | Move::Evoke => &[Turn::OpenQ],
            Move::SimpleReflection => &[Turn::Simple],
            Move::ComplexReflection | Move::Acknowledge => &[Turn::Complex],
            Move::DoubleSided => &[Turn::Double],
            Move::Alongside => &[Turn::Alongside, Turn::Amplified],
            Move::Autonomy => &[Turn::Autonomy],
            Move::Affirm => &[Turn::Affirm],
            Move::Permission => &[Turn::Permission],
            Move::Other => &[],
        };
        kinds.iter().fold(set, |set, t| set.with(*t))
    })
}

/// A restriction within a tag, recognised by the words of the line (`[shade]` in needs.toml).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shade {
    /// Makes little of it.
    Minimising,
    /// Says it with a hedge.
    Hedged,
    /// Without an edge.
    Mild,
    /// Will not go into it.
    Refusing,
}

impl Shade {
    /// The shade that some action wants of lines written as `tag`.
    pub fn wanted_of(tag: Tag) -> Option<Self> {
        match tag {
            Tag::Argue => Some(Self::Minimising),
            Tag::Change => Some(Self::Hedged),
            Tag::Deflect => Some(Self::Mild),
            _ => None,
        }
    }
}

/// A tag that can serve an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Want(pub Tag, pub Option<Shade>);

/// The tags that serve `action`, in groups, the best group first.
pub(super) fn wants(action: Action, kind: Kind) -> &'static [&'static [Want]] {
    match action {
        Action::Deny => &[&[Want(Tag::Deny, None)], &[Want(Tag::Argue, None)]],
        Action::Downplay => &[
            &[Want(Tag::Downplay, None)],
            &[Want(Tag::Argue, Some(Shade::Minimising))],
            &[Want(Tag::Argue, None)],
        ],
        Action::Blame => &[&[Want(Tag::Blame, None)], &[Want(Tag::Argue, None)]],
        Action::Engage => &[&[Want(Tag::Minimal, None)], &[Want(Tag::Deflect, Some(Shade::Mild))]],
        Action::Inform => &[&[Want(Tag::Inform, None)], &[Want(Tag::Soften, None)]],
        Action::Ember => {
            &[&[Want(Tag::Ember, None)], &[Want(Tag::Soften, None), Want(Tag::Change, Some(Shade::Hedged))]]
        }
        Action::Hesitate => &[&[Want(Tag::Hesitate, None)], &[Want(Tag::YesBut, None)]],
        Action::Doubt => &[&[Want(Tag::Doubt, None)], &[Want(Tag::YesBut, None)]],
        Action::Acknowledge => {
            &[&[Want(Tag::Acknowledge, None)], &[Want(Tag::Soften, None)], &[Want(Tag::Change, None)]]
        }
        Action::Reject => &[&[Want(Tag::Argue, None), Want(Tag::YesBut, None)], &[Want(Tag::Deny, None)]],
        Action::Accept => &[&[Want(Tag::Accept, None)], &[Want(Tag::Soften, None)]],
        Action::Plan => &[&[Want(Tag::Commit, None)], &[Want(Tag::Change, None)]],
        Action::Challenge => &[&[Want(Tag::Attack, None)], &[Want(Tag::Test, None)]],
        Action::Test => &[&[Want(Tag::Test, None)], &[Want(Tag::Attack, None)]],
        Action::Deflect => &[&[Want(Tag::Deflect, None)], &[Want(Tag::Minimal, None)]],
        Action::Withdraw if kind == Kind::ShutDown => &[
            &[Want(Tag::Minimal, None), Want(Tag::Attack, None), Want(Tag::Test, None)],
            &[Want(Tag::Deflect, None)],
        ],
        Action::Withdraw => &[&[Want(Tag::Minimal, None)], &[Want(Tag::Deflect, Some(Shade::Mild))]],
        Action::Disclose => {
            &[&[Want(Tag::Disclose, None)], &[Want(Tag::Acknowledge, None), Want(Tag::Soften, None)]]
        }
        Action::Warn => &[&[Want(Tag::Warn, None)], &[Want(Tag::Attack, None)]],
        Action::Leave => &[&[Want(Tag::Leave, None)]],
    }
}

/// The tags that a client may turn to where nothing that does `action` fits as well: they answer, evade or stay with
/// their side of it, and never go further towards change than was meant.
pub(super) fn instead(action: Action) -> &'static [Tag] {
    use Tag::{
        Argue, Attack, Deflect, Deny, Doubt, Downplay, Hesitate, Inform, Minimal, Soften, Test, YesBut,
    };
    match action {
        Action::Warn | Action::Leave => &[],
        Action::Withdraw => &[Minimal, Deflect],
        Action::Deflect => &[Minimal, Deflect, Test, Inform],
        // Who is at odds with the trainee tells nothing.
        Action::Challenge | Action::Test => &[Attack, Test, Argue, Deflect, Minimal, Deny],
        Action::Engage => &[Minimal, Deflect, Inform],
        Action::Hesitate | Action::Doubt => &[Hesitate, Doubt, YesBut, Downplay, Minimal, Deflect, Inform],
        _ if action.is_sustain() => &[Deny, Downplay, Argue, YesBut, Doubt, Minimal, Deflect, Inform],
        _ => &[Soften, Inform, Minimal, Deflect, Hesitate],
    }
}

/// What is tried when the groups of `action` have nothing left to say.
pub(super) fn last_resort(action: Action) -> &'static [Tag] {
    if action.is_discord() {
        &[Tag::Minimal, Tag::Deflect, Tag::Attack, Tag::Test, Tag::Argue]
    } else if action.is_sustain() {
        &[Tag::Argue, Tag::YesBut, Tag::Downplay, Tag::Deny, Tag::Doubt, Tag::Deflect, Tag::Minimal]
    } else {
        &[Tag::Soften, Tag::Inform, Tag::Acknowledge, Tag::Minimal, Tag::Deflect]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_action_wants_a_shade_that_is_not_looked_for() {
        for action in Action::ALL {
            for Want(tag, shade) in wants(action, Kind::Mandated).iter().copied().flatten() {
                assert!(shade.is_none() || *shade == Shade::wanted_of(*tag), "{action:?}: {tag:?}");
            }
        }
    }

    #[test]
    fn what_is_said_instead_goes_no_further_towards_change() {
        let leans = |action: Action| match action {
            _ if action.is_discord() => 0,
            _ if action.is_sustain() => 1,
            Action::Hesitate | Action::Engage | Action::Inform => 2,
            _ => 3,
        };
        for action in Action::ALL {
            for tag in instead(action) {
                assert!(!tag.action().is_change(), "{action:?}: {tag:?}");
                let neutral = matches!(tag, Tag::Minimal | Tag::Deflect | Tag::Inform);
                assert!(neutral || leans(tag.action()) <= leans(action).max(1), "{action:?}: {tag:?}");
            }
        }
        assert!([Action::Warn, Action::Leave].iter().all(|a| instead(*a).is_empty()));
    }
}

//! What can go wrong in a use case, and what to do about it.

use std::path::PathBuf;

use crate::app::models::ModelError;
use crate::domain::card::CardError;
use crate::domain::crisis::Concern;
use crate::domain::exam::Mismatch;
use crate::domain::judge::{Code, UnknownCode};
use crate::domain::problem::Problem;
use crate::domain::session::SessionId;
use crate::engine::EngineError;
use crate::files::cards::CardFileError;
use crate::store::StoreError;

/// A fault of a use case.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    /// Sessions can't be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The model can't be read or run.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A model can't be found, brought or taken away.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A file of the user's can't be used.
    #[error("{}", .0.first().map_or_else(String::new, ToString::to_string))]
    Files(Vec<Problem>),
    /// A folder that was asked for can't be read.
    #[error("can't read {path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A character card that can't be used.
    #[error("{path}: {error}", path = path.display())]
    Card {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: CardError,
    },
    /// A file in which there is no character card.
    #[error("{path}: {error}", path = path.display())]
    CardFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: CardFileError,
    },
    /// A file that is not written over.
    #[error("{path} is there already", path = path.display())]
    Exists {
        /// The file.
        path: PathBuf,
        /// The option that writes over it, where there is one.
        over: Option<&'static str>,
    },
    /// A path at which no prompt file is read.
    #[error("no prompt file can stand at `{path}`")]
    NoPlace {
        /// What was given.
        path: String,
    },
    /// A prompt file that there is not.
    #[error("there is no prompt file `{path}`")]
    NoFile {
        /// What was asked for.
        path: String,
    },
    /// A file that can't be written.
    #[error("can't write {path}: {source}", path = path.display())]
    Unwritten {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An id that a client has.
    #[error("there is a client `{id}` already")]
    Taken {
        /// The id.
        id: String,
    },
    /// No such client.
    #[error("there is no client `{asked}`")]
    NoPersona {
        /// What was asked for.
        asked: String,
        /// The nearest that there is.
        nearest: Option<String>,
    },
    /// Nothing to go on with.
    #[error("there is no session to go on with")]
    NothingToContinue,
    /// A reply far beyond what anybody says in one go.
    #[error("that reply has {chars} characters; a reply can have up to {limit}")]
    TooLong {
        /// Its length.
        chars: usize,
        /// The limit.
        limit: usize,
    },
    /// A reply that leaves the model no room for its own, even with nothing else to remember.
    #[error("that reply is too long for this model: {needed} tokens are needed, its context is {context}")]
    NoRoom {
        /// Tokens of head, opening, reply and answer.
        needed: usize,
        /// Tokens that the model can hold.
        context: usize,
    },
    /// A turn that a session does not have, or for which nothing is sent.
    #[error("there is no turn {asked} that sends anything")]
    NoTurn {
        /// What was asked for.
        asked: u32,
        /// The session's newest turn.
        last: u32,
    },
    /// There is no exchange to take back.
    #[error("there is nothing to take back")]
    NothingToUndo,
    /// There is no reply whose codes a trainer could replace.
    #[error("there is no reply to overrule yet")]
    NothingToOverrule,
    /// The client has not answered the reply yet.
    #[error("the client has not answered yet")]
    NotAnswered,
    /// There is no answered reply whose wording could be changed.
    #[error("there is no answered reply to try in other words")]
    NothingToFork,
    /// No other future of this moment has been tried.
    #[error("no other wording of this reply has been tried")]
    NothingToTake,
    /// The trainee spoke of suicide or abuse as themselves. Nothing of it was sent, judged or kept.
    #[error("practice has stopped: that was not sent to the client")]
    InEarnest(Concern),
    /// The trainee has not said yet that practice goes on.
    #[error("practice has stopped: nothing is sent to the client")]
    Paused,
    /// A turn that is in no branch of a session.
    #[error("the session has no such turn")]
    NoBranch,
    /// More sessions than are replayed in one go, or none.
    #[error("{asked} sessions are not replayed in one go: 1 to {limit} are")]
    TooMany {
        /// What was asked for.
        asked: usize,
        /// The limit.
        limit: usize,
    },
    /// No such drill.
    #[error("there is no drill `{asked}`")]
    NoDrill {
        /// What was asked for.
        asked: String,
        /// The nearest that there is.
        nearest: Option<String>,
    },
    /// A turn that a session does not have.
    #[error("the session has no turn {asked} to drill")]
    NoMoment {
        /// What was asked for.
        asked: u32,
        /// The last that there is.
        last: u32,
    },
    /// An exam is for another installation.
    #[error("{0}")]
    Exam(Box<Mismatch>),
    /// Not while an exam lasts.
    #[error("that is not possible in an exam")]
    InExam,
    /// An exam that has ended.
    #[error("session {0} is an exam that has ended: it is sealed")]
    Sealed(SessionId),
    /// An exam that has not ended yet.
    #[error("session {0} is an exam that has not ended yet")]
    ExamOpen(SessionId),
    /// Only exams have a seal.
    #[error("session {0} is no exam: it has no seal")]
    NoSeal(SessionId),
    /// No such code.
    #[error("{0}")]
    NoCode(UnknownCode),
    /// The authored lines hold nothing for this moment.
    #[error("the line banks hold no line for {persona}, action {action}")]
    NoLine {
        /// The client.
        persona: String,
        /// The action.
        action: &'static str,
    },
    /// A free-writing model wrote nothing that the client could have said.
    #[error("the model wrote nothing that the client could say")]
    NothingFit,
    /// Every candidate was stopped before a word was spoken.
    #[error("stopped before the client spoke")]
    Stopped,
}

/// What sort of fault it is, for callers in other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// What was asked for is not there.
    Missing,
    /// What was given can't be used as it is.
    Unfit,
    /// Things stand so that it is not possible now.
    Conflict,
    /// It may work later.
    Later,
    /// Something failed.
    Failed,
}

impl AppError {
    /// What sort of fault it is.
    pub fn sort(&self) -> Sort {
        match self {
            Self::Store(StoreError::NoSession(_))
            | Self::NoPersona { .. }
            | Self::NothingToContinue
            | Self::NoTurn { .. }
            | Self::NoBranch
            | Self::NoFile { .. }
            | Self::NoDrill { .. }
            | Self::NoMoment { .. } => Sort::Missing,
            Self::Files(_)
            | Self::NoPlace { .. }
            | Self::TooMany { .. }
            | Self::Card { .. }
            | Self::CardFile { .. }
            | Self::TooLong { .. }
            | Self::NoRoom { .. }
            | Self::NoCode(_) => Sort::Unfit,
            Self::Store(StoreError::MovedOn(_))
            | Self::Exists { .. }
            | Self::Taken { .. }
            | Self::NothingToUndo
            | Self::NothingToOverrule
            | Self::NotAnswered
            | Self::NothingToFork
            | Self::NothingToTake
            | Self::InEarnest(_)
            | Self::Paused
            | Self::Exam(_)
            | Self::InExam
            | Self::Sealed(_)
            | Self::ExamOpen(_)
            | Self::NoSeal(_)
            | Self::Stopped => Sort::Conflict,
            Self::Store(StoreError::Busy) | Self::NothingFit => Sort::Later,
            Self::Store(_)
            | Self::Engine(_)
            | Self::Model(_)
            | Self::Folder { .. }
            | Self::Unwritten { .. }
            | Self::NoLine { .. } => Sort::Failed,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Store(e) => e.hint().map(str::to_owned),
            Self::Engine(e) => e.hint().map(|h| h.to_string()),
            Self::Model(e) => e.hint(),
            Self::Files(problems) => problems.first().and_then(|p| p.hint.clone()),
            Self::Folder { .. } => Some("check the path and its permissions".to_owned()),
            Self::Card { error, .. } => error.hint(),
            Self::CardFile { error, .. } => Some(error.hint().to_owned()),
            Self::Exists { over, .. } => {
                let over = over.map_or(String::new(), |option| format!("`{option}` writes over it; or "));
                Some(format!("nothing was written; {over}move it away, or give another name"))
            }
            Self::NoPlace { .. } => Some(
                "personas/NAME.md, scripts/NAME.txt, lexicon/NAME.toml, lines/…, notes.toml, coach.toml or drills.toml"
                    .to_owned(),
            ),
            Self::NoFile { .. } => None,
            Self::TooMany { .. } => Some("name fewer clients or seeds".to_owned()),
            Self::Unwritten { .. } => Some("check the path, its permissions and the free space".to_owned()),
            Self::Taken { .. } => Some("`--id ID` gives the new one another id".to_owned()),
            Self::NoPersona { nearest, .. } => Some(match nearest {
                Some(id) => format!("did you mean `{id}`? `pushback personas list` shows all"),
                None => "`pushback personas list` shows all".to_owned(),
            }),
            Self::NothingToContinue => Some("begin one: `pushback`".to_owned()),
            Self::TooLong { .. } => Some("nothing was sent; say it in fewer words".to_owned()),
            Self::NoRoom { .. } => Some("/undo takes it back; say it in fewer words".to_owned()),
            Self::NoTurn { last: 0, .. } => {
                Some("the session has only its opening, which is the client's own".to_owned())
            }
            Self::NoTurn { last, .. } => Some(format!("the session's turns are 1 to {last}")),
            Self::NothingToUndo | Self::NothingToOverrule | Self::NothingToFork | Self::NoBranch => None,
            Self::NothingToTake => Some("/fork TEXT tries one".to_owned()),
            Self::InEarnest(_) | Self::Paused => Some("`/go on` goes on with the practice".to_owned()),
            Self::NoDrill { nearest, .. } => Some(match nearest {
                Some(name) => format!("did you mean `{name}`? `pushback drill list` shows all"),
                None => "`pushback drill list` shows all".to_owned(),
            }),
            Self::NoMoment { last, .. } => Some(format!("its turns are 1 to {last}")),
            Self::Exam(mismatch) => Some(mismatch.hint().to_owned()),
            Self::InExam => Some("/help lists what is".to_owned()),
            Self::Sealed(id) => Some(format!(
                "`pushback sessions show {id}` reads it; `pushback chat --continue N` goes on with another"
            )),
            Self::ExamOpen(id) => Some(format!("`pushback chat --continue {id}` goes on with it")),
            Self::NoSeal(_) => Some("`pushback chat --exam FILE` begins one".to_owned()),
            Self::NotAnswered => Some("press Enter to let the client answer first".to_owned()),
            Self::NoCode(UnknownCode { nearest: Some(code), .. }) => {
                Some(format!("did you mean `{}`?", code.as_str()))
            }
            Self::NoCode(_) => Some(format!("the codes are {}", Code::ALL.map(Code::as_str).join(", "))),
            Self::NoLine { .. } => Some("`pushback personas check` lists what the banks lack".to_owned()),
            Self::NothingFit => Some("press Enter to let it try again, or use another model".to_owned()),
            Self::Stopped => {
                Some("press Enter to let the client answer, or /undo to take your reply back".to_owned())
            }
        }
    }
}

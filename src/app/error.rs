//! What can go wrong in a use case, and what to do about it.

use std::path::PathBuf;

use crate::app::models::ModelError;
use crate::domain::judge::{Code, UnknownCode};
use crate::domain::problem::Problem;
use crate::engine::EngineError;
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

impl AppError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Store(e) => e.hint().map(str::to_owned),
            Self::Engine(e) => e.hint().map(|h| h.to_string()),
            Self::Model(e) => e.hint(),
            Self::Files(problems) => problems.first().and_then(|p| p.hint.clone()),
            Self::Folder { .. } => Some("check the path and its permissions".to_owned()),
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
            Self::NothingToUndo | Self::NothingToOverrule => None,
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

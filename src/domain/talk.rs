//! Which way a client's words lean.
//! Knows: nothing. Never: how it is recognised.

use serde::{Deserialize, Serialize};

/// Client talk in MISC terms, from the client's point of view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Talk {
    /// For change.
    Change,
    /// Neither way.
    #[default]
    Neutral,
    /// For staying as they are.
    Sustain,
}

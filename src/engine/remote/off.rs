//! What the wire is in a program without the feature `remote`.

use std::ops::ControlFlow;

use super::server::{Call, Fault, Heard};
use super::{Address, Patience};

/// No way to any server.
pub(super) struct Wire;

impl Wire {
    pub(super) fn new(_address: &Address, _patience: Patience) -> Self {
        Self
    }

    /// Says that this program can't.
    pub(super) fn ask(
        &mut self,
        _call: Call<'_>,
        _hear: &mut dyn FnMut(Heard<'_>) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        Err(Fault::NotBuilt)
    }
}

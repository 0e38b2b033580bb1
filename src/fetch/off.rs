//! What `pull` is in a program without the feature `download`.

use super::{FetchError, Hub, Pulled, Watch};
use crate::files::hub::Ask;

/// Says that this program can't.
///
/// # Errors
/// Always.
pub fn pull(_hub: &Hub, _ask: &Ask, _watch: &mut dyn Watch) -> Result<Pulled, FetchError> {
    Err(FetchError::NotBuilt)
}

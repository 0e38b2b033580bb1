//! Where things lie on this computer.

use std::path::PathBuf;

use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};

/// The program's folders: XDG on Linux and macOS, Known Folders on Windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Sessions.
    pub data: PathBuf,
    /// The user's own prompts lie in `prompts/` below it.
    pub config: PathBuf,
    /// What can be computed again.
    pub cache: PathBuf,
}

impl Paths {
    /// The folders of the current user; `None` where there is no home folder.
    pub fn of_user() -> Option<Self> {
        let strategy = choose_app_strategy(AppStrategyArgs {
            top_level_domain: "org".to_owned(),
            author: "pushback".to_owned(),
            app_name: "pushback".to_owned(),
        })
        .ok()?;
        Some(Self { data: strategy.data_dir(), config: strategy.config_dir(), cache: strategy.cache_dir() })
    }
}

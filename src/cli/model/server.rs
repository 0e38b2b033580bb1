//! A model on a server: where it is, who asks, and what is said about it.

use std::env;
use std::sync::Arc;

use clap::Args;

use crate::app::AppError;
use crate::app::library::Library;
use crate::app::voice::Voice;
use crate::engine::remote::{Address, Key, Patience, Remote, RemoteError, Settings};
use crate::engine::worker::Worker;
use crate::engine::{Engine, EngineError, ModelInfo};
use crate::files::hash;
use crate::ui::screen::Screen;

/// Holds a server's key. Arguments can be read by everybody on the computer.
const KEY: &str = "PUSHBACK_API_KEY";

/// Where a model runs that is not here.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ServerArgs {
    /// A model on an OpenAI-compatible server (vLLM, llama-server, Ollama) instead of one here, such
    /// as http://127.0.0.1:8080/v1. --model picks one of its models; PUSHBACK_API_KEY holds its key.
    #[arg(long, value_name = "URL", conflicts_with_all = ["device", "threads"])]
    pub engine: Option<String>,
    /// Refuse a server on another computer.
    #[arg(long)]
    pub offline: bool,
}

/// A server, and which of its models.
pub(in crate::cli) struct Server<'a> {
    pub args: &'a ServerArgs,
    pub address: &'a str,
    pub model: Option<String>,
}

impl Server<'_> {
    /// The server's model. Says so where words leave this computer.
    pub fn open(self, screen: Screen) -> Result<Remote, AppError> {
        let key = env::var(KEY).unwrap_or_default();
        let settings = self.settings(&key).map_err(EngineError::from)?;
        if let Some(warning) = warning(&settings.address) {
            screen.note(&warning);
        }
        Ok(Remote::open(settings)?)
    }

    /// A voice on this model, and what stands for its hash.
    pub fn voice(
        self,
        library: &Library,
        candidates: u32,
        screen: Screen,
    ) -> Result<(Voice, String), AppError> {
        let remote = self.open(screen)?;
        let hash = hash(remote.info());
        let engine: Box<dyn Engine> = Box::new(Worker::spawn(remote)?);
        Ok((Voice::Free { engine, notes: Arc::new(library.notes()?), candidates, failed: 0 }, hash))
    }

    fn settings(self, key: &str) -> Result<Settings, RemoteError> {
        let address = Address::parse(self.address)?;
        if self.args.offline && !address.is_this_computer() {
            return Err(RemoteError::Offline { host: address.host().to_owned() });
        }
        Ok(Settings { address, model: self.model, key: Key::new(key)?, patience: Patience::default() })
    }
}

/// What stands for the hash of a model that nobody here can read: it is known by its name, and by
/// what the server says of its size.
pub(super) fn hash(info: &ModelInfo) -> String {
    let file = &info.file;
    hash::sha256(format!("server\n{}\n{}\n{}", file.name, file.parameters, file.file_bytes).as_bytes())
}

/// What a trainee should know before a word is sent; nothing, where it stays here.
fn warning(address: &Address) -> Option<String> {
    if address.is_this_computer() {
        return None;
    }
    let read_along = if address.is_encrypted() { "" } else { ", unencrypted" };
    Some(format!(
        "warning: the model runs on another computer. What is said here is sent to {}{read_along}.",
        address.host()
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn who_hears_it_is_said_unless_it_is_nobody_else() {
        let warned = |text: &str| warning(&Address::parse(text).unwrap());
        for here in
            ["http://127.0.0.1:8080/v1", "http://localhost/v1", "http://[::1]:1/v1", "http://127.8.8.8"]
        {
            assert_eq!(warned(here), None, "{here}");
        }
        let said = "warning: the model runs on another computer. What is said here is sent to ";
        for (there, to) in [
            ("http://192.168.1.7:8000/v1", "192.168.1.7, unencrypted."),
            ("https://api.example.org/v1", "api.example.org."),
            ("http://localhost.example.org", "localhost.example.org, unencrypted."),
            ("http://0.0.0.0:80", "0.0.0.0, unencrypted."),
        ] {
            assert_eq!(warned(there), Some(format!("{said}{to}")), "{there}");
        }
    }

    #[test]
    fn offline_refuses_other_computers() {
        for (offline, address, refused) in [
            (true, "http://127.0.0.1:1/v1", false),
            (true, "http://10.0.0.1:1/v1", true),
            (false, "http://10.0.0.1:1/v1", false),
        ] {
            let args = ServerArgs { engine: None, offline };
            let settings = Server { args: &args, address, model: None }.settings("");
            assert_eq!(settings.is_err(), refused, "{address}");
        }
    }
}

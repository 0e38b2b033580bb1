//! Which model speaks: the bundled one, one that is known by name, a file, or one on a server.

mod server;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use clap::Args;

pub(super) use self::server::Server;
use self::server::ServerArgs;

use crate::app::AppError;
use crate::app::library::Library;
use crate::app::models::{self, Found, Models};
use crate::app::sent::Wording;
use crate::app::voice::Voice;
use crate::engine::Engine;
use crate::engine::local::{DeviceChoice, Hold, Local, PromptReader, Settings};
use crate::engine::worker::Worker;
use crate::files::hash;
use crate::ui::screen::Screen;

/// The bundled language model. Compiled in, so that it is found wherever the program is put.
static POCKET: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/pocket.gguf"));

/// The name of the bundled client on the command line.
const POCKET_NAME: &str = "pocket";

/// How it runs.
const POCKET_SETTINGS: Settings =
    Settings { device: DeviceChoice::Cpu, hold: Hold::Unpacked, threads: Some(1) };

/// Which model.
#[derive(Clone, Debug, Args)]
pub(super) struct ModelFile {
    /// `pocket` (bundled; taken where nothing is named), a name of `pushback models list`,
    /// ORG/REPO[:FILE|:QUANT] once it is pulled, or the path of a GGUF file.
    #[arg(long, value_name = "NAME|PATH")]
    model: Option<PathBuf>,
}

/// Which model, and where it runs.
#[derive(Clone, Debug, Args)]
pub(super) struct ModelArgs {
    #[command(flatten)]
    file: ModelFile,
    /// Where the model runs: auto, cpu, cuda, cuda:N, metal.
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = device)]
    device: DeviceChoice,
    /// Threads on the processor; as many as it has cores by default.
    #[arg(long, value_name = "N", value_parser = threads)]
    threads: Option<usize>,
    #[command(flatten)]
    server: ServerArgs,
}

impl ModelFile {
    /// A model by its name or path.
    pub(super) fn named(model: PathBuf) -> Self {
        Self { model: Some(model) }
    }

    /// What was named; none for the bundled model.
    pub(super) fn path(&self) -> Option<&Path> {
        self.model.as_deref().filter(|model| *model != Path::new(POCKET_NAME))
    }

    /// Where it lies; none for the bundled model.
    pub(super) fn found(&self) -> Result<Option<Found>, AppError> {
        let find = |named: &Path| Ok(Models::of_user()?.find(named)?);
        self.path().map(find).transpose()
    }

    /// As much of the model as it takes to read a prompt.
    pub(super) fn reader(&self) -> Result<PromptReader, AppError> {
        Ok(match self.found()? {
            Some(found) => PromptReader::open(&found.path)?,
            None => PromptReader::from_bytes(POCKET, POCKET_NAME)?,
        })
    }

    /// The SHA-256 of the model's file.
    pub(super) fn hash(&self) -> Result<String, AppError> {
        hash_of(self.found()?.as_ref().map(|found| &*found.path))
    }

    /// How the model is spoken to.
    pub(super) fn wording(&self, library: &Library) -> Result<Wording, AppError> {
        Ok(match self.path() {
            Some(_) => Wording::Free(Box::new(library.notes()?)),
            None => Wording::Compact,
        })
    }
}

impl ModelArgs {
    /// What was named; none for the bundled model.
    pub(super) fn path(&self) -> Option<&Path> {
        self.file.path()
    }

    /// The server that runs the model, and the name that it has there; none where it runs here.
    pub(super) fn server(&self) -> Option<Server<'_>> {
        let model = self.file.model.as_deref().map(Path::to_string_lossy).map(Into::into);
        Some(Server { args: &self.server, address: self.server.engine.as_deref()?, model })
    }

    /// What goes on with the same model, as it is typed.
    pub(super) fn as_typed(&self) -> String {
        let mut typed = String::new();
        if let Some(address) = &self.server.engine {
            typed.push_str(&format!(" --engine {address}"));
        }
        match &self.file.model {
            Some(model) if self.server.engine.is_some() || self.path().is_some() => {
                typed.push_str(&format!(" --model {}", model.display()));
            }
            _ => {}
        }
        typed
    }

    fn settings(&self) -> Settings {
        Settings { device: self.device, hold: Hold::Tiles, threads: self.threads }
    }

    /// The model, loaded, as it runs here. Heads of conversations are kept in `heads`, if that is said.
    pub(super) fn open(&self, heads: Option<PathBuf>) -> Result<Local, AppError> {
        self.open_at(self.file.found()?.as_ref().map(|found| &*found.path), heads)
    }

    fn open_at(&self, path: Option<&Path>, heads: Option<PathBuf>) -> Result<Local, AppError> {
        Ok(match (path, heads) {
            (Some(path), Some(heads)) => Local::open_saving(path, self.settings(), heads)?,
            (Some(path), None) => Local::open(path, self.settings())?,
            (None, _) => Local::from_bytes(POCKET, POCKET_NAME, POCKET_SETTINGS)?,
        })
    }

    /// The SHA-256 of the model's file; of its name, where it is on a server.
    pub(super) fn hash(&self, screen: Screen) -> Result<String, AppError> {
        if let Some(server) = self.server() {
            return Ok(server::hash(server.open(screen)?.info()));
        }
        let Some(path) = self.path() else { return Ok(hash::sha256(POCKET)) };
        hash::sha256_of_file(path).map_err(|source| AppError::Folder { path: path.to_owned(), source })
    }

    /// A voice on this model, and the model's hash.
    pub(super) fn voice(
        &self,
        library: &Library,
        candidates: u32,
        heads: Option<PathBuf>,
        screen: Screen,
    ) -> Result<(Voice, String), AppError> {
        if let Some(server) = self.server() {
            return server.voice(library, candidates, screen);
        }
        let found = self.file.found()?;
        let path = found.as_ref().map(|found| &*found.path);
        // To read all of a large file takes as long as to load it: both at the same time.
        let (engine, hash) = thread::scope(|scope| {
            let hash = scope.spawn(|| hash_of(path));
            let engine = self.open_at(path, heads);
            (engine, hash.join())
        });
        let engine = engine?;
        if let Some(placed) = engine.placed() {
            screen.note(placed);
        }
        let engine: Box<dyn Engine> = match &found {
            Some(found) => Box::new(Worker::spawn(engine)?.drawing(models::sampling(found.entry.as_ref()))),
            // A model this small runs fastest on one core, with nothing to be moved.
            None => Box::new(engine),
        };
        let hash = hash.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        if self.path().is_some() {
            return Ok((
                Voice::Free { engine, notes: Arc::new(library.notes()?), candidates, failed: 0 },
                hash,
            ));
        }
        let (banks, problems) = library.banks();
        problems.iter().for_each(|p| screen.warn(p));
        Ok((Voice::Pocket { banks: Arc::new(banks), engine }, hash))
    }
}

fn hash_of(path: Option<&Path>) -> Result<String, AppError> {
    let Some(path) = path else { return Ok(hash::sha256(POCKET)) };
    hash::sha256_of_file(path).map_err(|source| AppError::Folder { path: path.to_owned(), source })
}

fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n @ 1..=256) => Ok(n),
        Ok(_) => Err("expected 1 to 256".to_owned()),
        Err(e) => Err(format!("{e}")),
    }
}

fn device(text: &str) -> Result<DeviceChoice, String> {
    match text.split_once(':') {
        None if text == "auto" => Ok(DeviceChoice::Auto),
        None if text == "cpu" => Ok(DeviceChoice::Cpu),
        None if text == "cuda" => Ok(DeviceChoice::Cuda(0)),
        None if text == "metal" => Ok(DeviceChoice::Metal),
        Some(("cuda", n)) => n.parse().map(DeviceChoice::Cuda).map_err(|e| format!("{n:?}: {e}")),
        _ => Err("expected auto, cpu, cuda, cuda:N or metal".to_owned()),
    }
}

//! Which model speaks: the bundled one, or a file.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::app::AppError;
use crate::app::library::Library;
use crate::app::sent::Wording;
use crate::app::voice::Voice;
use crate::engine::Engine;
use crate::engine::local::{DeviceChoice, Hold, Local, PromptReader};
use crate::engine::worker::Worker;
use crate::files::hash;
use crate::ui::screen::Screen;

/// The bundled ranker. Compiled in, so that it is found wherever the program is put.
static POCKET: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/pocket.gguf"));

/// The name of the bundled client on the command line.
const POCKET_NAME: &str = "pocket";

/// Which model.
#[derive(Clone, Debug, Args)]
pub(super) struct ModelFile {
    /// `pocket` (bundled) or the path of a GGUF file.
    #[arg(long, value_name = "NAME|PATH", default_value = POCKET_NAME)]
    model: PathBuf,
}

/// Which model, and where it runs.
#[derive(Clone, Debug, Args)]
pub(super) struct ModelArgs {
    #[command(flatten)]
    file: ModelFile,
    /// Where the model runs: auto, cpu, cuda, cuda:N, metal.
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = device)]
    device: DeviceChoice,
}

impl ModelFile {
    /// The file; none for the bundled model.
    fn path(&self) -> Option<&Path> {
        (self.model != Path::new(POCKET_NAME)).then_some(&*self.model)
    }

    /// As much of the model as it takes to read a prompt.
    pub(super) fn reader(&self) -> Result<PromptReader, AppError> {
        Ok(match self.path() {
            Some(path) => PromptReader::open(path)?,
            None => PromptReader::from_bytes(POCKET, POCKET_NAME)?,
        })
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
    /// The model's file; none for the bundled one.
    pub(super) fn path(&self) -> Option<&Path> {
        self.file.path()
    }

    /// The model, loaded.
    pub(super) fn open(&self) -> Result<Box<dyn Engine>, AppError> {
        Ok(match self.path() {
            Some(path) => Box::new(Worker::spawn(Local::open(path, self.device)?)?),
            // A model this small runs fastest on one core, with nothing to be moved.
            None => Box::new(Local::from_bytes(POCKET, POCKET_NAME, DeviceChoice::Cpu, Hold::Unpacked)?),
        })
    }

    /// The SHA-256 of the model's file.
    fn hash(&self) -> Result<String, AppError> {
        let Some(path) = self.path() else { return Ok(hash::sha256(POCKET)) };
        hash::sha256_of_file(path).map_err(|source| AppError::Folder { path: path.to_owned(), source })
    }

    /// A voice on this model, and the model's hash.
    pub(super) fn voice(
        &self,
        library: &Library,
        candidates: u32,
        screen: Screen,
    ) -> Result<(Voice, String), AppError> {
        let engine = self.open()?;
        let hash = self.hash()?;
        if self.path().is_some() {
            return Ok((
                Voice::Free { engine, notes: Box::new(library.notes()?), candidates, failed: 0 },
                hash,
            ));
        }
        let (banks, problems) = library.banks();
        problems.iter().for_each(|p| screen.warn(p));
        Ok((Voice::Pocket { banks: Box::new(banks), ranker: engine }, hash))
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

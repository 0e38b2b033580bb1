//! Which model speaks: the bundled one, or a file.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::app::AppError;
use crate::app::library::Library;
use crate::app::voice::Voice;
use crate::engine::Engine;
use crate::engine::local::{DeviceChoice, Hold, Local};
use crate::engine::worker::Worker;
use crate::files::hash;
use crate::ui::screen::Screen;

/// The bundled ranker. Compiled in, so that it is found wherever the program is put.
static POCKET: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/pocket.gguf"));

/// The name of the bundled client on the command line.
const POCKET_NAME: &str = "pocket";

/// Which model, and where it runs.
#[derive(Clone, Debug, Args)]
pub(super) struct ModelArgs {
    /// `pocket` (bundled) or the path of a GGUF file.
    #[arg(long, value_name = "NAME|PATH", default_value = POCKET_NAME)]
    model: PathBuf,
    /// Where the model runs: auto, cpu, cuda, cuda:N, metal.
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = device)]
    device: DeviceChoice,
}

impl ModelArgs {
    /// Whether the bundled client speaks.
    fn is_pocket(&self) -> bool {
        self.model == Path::new(POCKET_NAME)
    }

    /// The model, loaded, and the SHA-256 of its file.
    pub(super) fn open(&self) -> Result<(Box<dyn Engine>, String), AppError> {
        if self.is_pocket() {
            // A model this small runs fastest on one core, with nothing to be moved.
            let engine = Local::from_bytes(POCKET, POCKET_NAME, DeviceChoice::Cpu, Hold::Unpacked)?;
            return Ok((Box::new(engine), hash::sha256(POCKET)));
        }
        let engine = Local::open(&self.model, self.device)?;
        let hash = hash::sha256_of_file(&self.model)
            .map_err(|source| AppError::Folder { path: self.model.clone(), source })?;
        Ok((Box::new(Worker::spawn(engine)?), hash))
    }

    /// A voice on this model, and the model's hash.
    pub(super) fn voice(
        &self,
        library: &Library,
        candidates: u32,
        screen: Screen,
    ) -> Result<(Voice, String), AppError> {
        let (engine, hash) = self.open()?;
        if !self.is_pocket() {
            return Ok((Voice::Free { engine, notes: Box::new(library.notes()?), candidates }, hash));
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

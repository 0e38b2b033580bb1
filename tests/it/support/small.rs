//! A client and a model so small that their conversation soon fills the model's memory.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use candle_core::quantized::gguf_file::Value;
use pushback::app::library::Library;
use pushback::app::practise::Practice;
use pushback::app::voice::Voice;
use pushback::chat::Message;
use pushback::domain::session::Setting;
use pushback::engine::local::Local;

use crate::engine::SETTINGS;
use pushback::engine::{ChooseRequest, Engine, EngineError, Finish, FinishReason, Likelihood};
use pushback::engine::{ModelInfo, Request, Usage};
use pushback::store::Store;

use super::practice::cast;
use super::tiny_gguf::{Mix, Tiny};

/// Holds head, opening, note, reply and some exchanges of the small client.
pub const CONTEXT_TOK: u32 = 1_600;

/// What a trainee may say, one after the other.
pub const LINES: [&str; 4] =
    ["You'd rather be at work.", "What would help you here?", "It's your call.", "Nobody asked you."];

/// A folder with the small model, and prompts for the small client.
pub struct Small {
    folder: tempfile::TempDir,
}

impl Small {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut tiny = Tiny::new("qwen3", Mix::F32);
        tiny.set("qwen3.context_length", Value::U32(CONTEXT_TOK));
        fs::write(folder.path().join("small.gguf"), tiny.bytes()).unwrap();
        let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts/notes.toml");
        let mut notes: toml::Table = fs::read_to_string(built_in).unwrap().parse().unwrap();
        notes.insert("head".to_owned(), "You are {name}. {body}".into());
        let prompts = folder.path().join("prompts");
        fs::create_dir_all(prompts.join("personas")).unwrap();
        fs::write(prompts.join("notes.toml"), toml::to_string(&notes).unwrap()).unwrap();
        let persona = "+++\nid = \"small\"\nname = \"Sam Small\"\nextends = \"ray\"\nfacts = []\n\
                       openings = [\"I'm only here since I must.\"]\n\
                       [words]\nlow = 2\nmedian = 3\nhigh = 5\n+++\n\n## Who\nYou are Sam.\n";
        fs::write(prompts.join("personas/small.md"), persona).unwrap();
        Self { folder }
    }

    /// The model's file.
    pub fn model(&self) -> PathBuf {
        self.folder.path().join("small.gguf")
    }

    /// The folder of the client's prompts.
    pub fn prompts(&self) -> PathBuf {
        self.folder.path().join("prompts")
    }

    pub fn library(&self) -> Library {
        Library::load(None, Some(&self.prompts())).unwrap()
    }

    /// A session with the small client, and what its model is sent.
    pub fn begin(&self, store: Store) -> (Practice, Log) {
        let persona = self.library().persona("small").unwrap();
        let provenance = self.library().provenance(&persona, "small".to_owned());
        let setting = Setting { persona, model: "small".to_owned(), seed: 5, provenance };
        let (voice, log) = self.voice();
        (Practice::begin(store, cast(voice), setting).unwrap(), log)
    }

    /// The latest session, gone on with.
    pub fn resume(&self, store: Store) -> (Practice, Log) {
        let (voice, log) = self.voice();
        (Practice::resume(store, cast(voice), None).unwrap(), log)
    }

    fn voice(&self) -> (Voice, Log) {
        let log = Log::default();
        let model = Local::open(&self.model(), SETTINGS).unwrap();
        let engine = Box::new(Recorder { model, log: Arc::clone(&log) });
        let notes = Arc::new(self.library().notes().unwrap());
        (Voice::Free { engine, notes, candidates: 1, failed: 0 }, log)
    }
}

/// Has the client answer `text`; how many exchanges the model did not see.
pub fn exchange(practice: &mut Practice, text: &str) -> usize {
    practice.hear(text).unwrap();
    practice.answer(&mut |_| ControlFlow::Continue(()), &|| false).unwrap();
    practice.forgotten()
}

/// What a model was sent, and what it says that it took.
pub type Log = Arc<Mutex<Vec<(Request, Usage)>>>;

/// A real model that says something fit to be spoken, whatever it wrote.
struct Recorder {
    model: Local,
    log: Log,
}

impl Engine for Recorder {
    fn generate(
        &mut self,
        req: &Request,
        emit: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Finish, EngineError> {
        let finish = self.model.generate(req, emit)?;
        let mut log = self.log.lock().unwrap();
        log.push((req.clone(), finish.usage));
        let text = format!("That was the {}. time that I told somebody so much about it.", log.len());
        Ok(Finish { text, reason: FinishReason::End, ..finish })
    }

    fn choose(&mut self, req: &ChooseRequest) -> Result<Vec<Likelihood>, EngineError> {
        self.model.choose(req)
    }

    fn count_tokens(&self, messages: &[Message]) -> Result<usize, EngineError> {
        self.model.count_tokens(messages)
    }

    fn info(&self) -> &ModelInfo {
        self.model.info()
    }
}

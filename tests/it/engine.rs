//! The engine's boundary: model files, requests and replies.

use std::ops::ControlFlow;

use pushback::chat::{Message, Role};
use pushback::engine::local::{DeviceChoice, Hold, Local, Settings};
use pushback::engine::{Engine, EngineError, Finish, Request, Sampling};

use crate::support::tiny_gguf::Tiny;

mod bad_files;
mod fallback;
mod families;
mod parity;
mod prompts;
mod replies;
mod saved;
mod worker;

/// The families that the one decoder serves.
pub const ARCHITECTURES: [&str; 7] = ["llama", "smollm3", "qwen2", "qwen3", "glm4", "phi3", "gemma3"];

/// Opens a good file.
pub fn open(tiny: &Tiny) -> Local {
    load(&tiny.bytes()).unwrap()
}

/// Opens a good file, its weights held so.
pub fn open_held(tiny: &Tiny, hold: Hold) -> Local {
    let settings = Settings { hold, ..SETTINGS };
    Local::from_bytes(tiny.bytes().leak(), "inside", settings).unwrap()
}

/// On the processor, with two threads.
pub const SETTINGS: Settings = Settings { device: DeviceChoice::Cpu, hold: Hold::Tiles, threads: Some(2) };

/// Opens any file, by way of the disk.
pub fn load(bytes: &[u8]) -> Result<Local, EngineError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    Local::open(file.path(), SETTINGS)
}

/// A message of the person who types.
pub fn user(text: &str) -> Message {
    Message::new(Role::User, text)
}

/// A short reply to `messages`.
pub fn request(messages: Vec<Message>) -> Request {
    Request { messages, sampling: Sampling::default(), max_tok: 24, stop: Vec::new(), seed: 7 }
}

/// A reply, of which every piece was taken.
pub fn generate(engine: &mut dyn Engine, req: &Request) -> Finish {
    let mut emitted = String::new();
    let finish = engine.generate(req, &mut |piece| {
        emitted.push_str(piece);
        ControlFlow::Continue(())
    });
    let finish = finish.unwrap();
    assert_eq!(finish.text, emitted, "the text is exactly what was emitted");
    finish
}

//! Personas, stores and engines for tests of whole sessions.

use std::sync::Arc;

use pushback::app::library::Library;
use pushback::app::practise::{Cast, Practice};
use pushback::app::voice::Voice;
use pushback::domain::session::Setting;
use pushback::engine::Engine;
use pushback::store::Store;

/// The built-in prompts, whatever folders the person who tests has.
pub fn library() -> Library {
    Library::load(None, None).unwrap()
}

/// What a session with a built-in client is made of.
pub fn setting(persona: &str, seed: u64) -> Setting {
    let library = library();
    let persona = library.persona(persona).unwrap();
    let provenance = library.provenance(&persona, "test".to_owned());
    Setting { persona, model: "test".to_owned(), seed, provenance }
}

/// A session in which `engine` writes freely.
pub fn practice(persona: &str, seed: u64, store: Store, engine: impl Engine + 'static) -> Practice {
    let library = library();
    let voice = Voice::Free {
        engine: Box::new(engine),
        notes: Arc::new(library.notes().unwrap()),
        candidates: 3,
        failed: 0,
    };
    Practice::begin(store, cast(voice), setting(persona, seed)).unwrap()
}

/// The built-in judge and coach with a voice.
pub fn cast(voice: Voice) -> Cast {
    let library = library();
    Cast { judge: Arc::new(library.judge().unwrap()), coach: Arc::new(library.coach().unwrap()), voice }
}

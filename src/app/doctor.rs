//! Whether everything that practice needs is in order: one check after the other, each with what to
//! do about it.

use std::path::Path;

use serde::Serialize;

use crate::app::AppError;
use crate::app::library::Library;
use crate::app::models::{Card, machine};
use crate::domain::catalog::Device;
use crate::domain::problem::Problem;
use crate::engine::local;
use crate::store::{self, StoreError};

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// In order.
    Ok,
    /// Practice works, but could be better.
    Warn,
    /// Practice would not work.
    Fail,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it is.
    pub name: &'static str,
    /// How it came out.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Check {
    /// In order.
    pub fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Ok, found: found.into(), hint: None }
    }

    fn warn(name: &'static str, found: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { name, state: State::Warn, found: found.into(), hint: Some(hint.into()) }
    }

    fn fail(name: &'static str, found: impl Into<String>, hint: Option<String>) -> Self {
        Self { name, state: State::Fail, found: found.into(), hint }
    }
}

/// The program itself and the computer.
pub fn program() -> Vec<Check> {
    let features = [
        ("download", cfg!(feature = "download")),
        ("remote", cfg!(feature = "remote")),
        ("cuda", cfg!(feature = "cuda")),
        ("metal", cfg!(feature = "metal")),
    ];
    let built: Vec<&str> = features.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
    let built = if built.is_empty() { "none".to_owned() } else { built.join(", ") };
    let version = format!("pushback {}, features: {built}", env!("CARGO_PKG_VERSION"));
    vec![Check::ok("version", version), processor(), graphics()]
}

fn processor() -> Check {
    let name = "processor";
    match local::processor() {
        Ok(found) if found.starts_with("tensors") && cfg!(target_arch = "x86_64") => {
            Check::warn(name, found, "this processor lacks AVX2: a larger model will be slow")
        }
        Ok(found) => Check::ok(name, found),
        Err(e) => Check::fail(name, e.to_string(), e.hint().map(str::to_owned)),
    }
}

fn graphics() -> Check {
    let name = "graphics";
    match machine().device {
        Device::Gpu => Check::ok(name, "a graphics card is used"),
        Device::Cpu if cfg!(any(feature = "cuda", feature = "metal")) => Check::warn(
            name,
            "no graphics card answers",
            "install its driver; until then the processor is used",
        ),
        Device::Cpu => Check::ok(name, "none is used: this program was built for the processor"),
    }
}

/// The model, as far as it can be told without its weights. `hash` is that of its file.
pub fn model(card: Result<&Card, &AppError>, hash: Result<String, AppError>) -> Vec<Check> {
    let card = match card {
        Ok(card) => card,
        Err(e) => return vec![Check::fail("model", e.to_string(), e.hint())],
    };
    let hash = match hash {
        Ok(hash) => Check::ok("model hash", format!("sha256 {hash}")),
        Err(e) => Check::fail("model hash", e.to_string(), e.hint()),
    };
    let what = format!("{}, {}, {}", card.file.name, card.file.architecture, card.file.quantisation);
    // Both were needed to make the card.
    let tokenizer = format!("{}: {} tokens", card.tokenizer, card.vocabulary);
    let template =
        format!("writes a conversation of four messages in {} characters", card.preview.chars().count());
    vec![
        Check::ok("model", what),
        hash,
        memory(card),
        Check::ok("tokenizer", tokenizer),
        Check::ok("template", template),
    ]
}

fn memory(card: &Card) -> Check {
    let mib = |bytes: u64| bytes >> 20;
    let found = format!("{} MiB are needed, of {} MiB", mib(card.memory.bytes), mib(card.memory.of_bytes));
    match (card.memory.fits(), card.memory.is_possible()) {
        _ if card.memory.of_bytes == 0 => {
            Check::warn("memory", "the system does not say how much there is", "watch it while a model runs")
        }
        (true, _) => Check::ok("memory", found),
        (false, true) => Check::warn("memory", found, "close other programs before you practise"),
        (false, false) => {
            Check::fail("memory", found, Some("take a smaller model: `pushback models list`".to_owned()))
        }
    }
}

/// All prompt files.
///
/// # Errors
/// Where what went wrong is no fault of a prompt file.
pub fn prompts(library: &Library) -> Result<Check, AppError> {
    let (personas, mut problems) = library.personas();
    problems.extend_from_slice(library.unread());
    let (banks, in_lines) = library.banks();
    problems.extend(in_lines);
    problems.extend(banks.lint(&personas.iter().collect::<Vec<_>>()));
    for failed in [library.notes().err(), library.coach().err(), library.judge().err()].into_iter().flatten()
    {
        match failed {
            AppError::Files(found) => problems.extend(found),
            other => return Err(other),
        }
    }
    let found =
        format!("{} clients, {} lines, {} problems", personas.len(), banks.stats().replies, problems.len());
    Ok(match problems.first() {
        None => Check::ok("prompts", found),
        Some(first) => {
            let more = format!("`pushback personas check` lists all; the first: {}", shown(first));
            Check::fail("prompts", found, Some(more))
        }
    })
}

fn shown(problem: &Problem) -> String {
    match &problem.hint {
        Some(hint) => format!("{problem}: {hint}"),
        None => problem.to_string(),
    }
}

/// The sessions in `folder`.
pub fn sessions(folder: &Path) -> Vec<Check> {
    let examined = match store::examine(folder) {
        Ok(Some(examined)) => examined,
        Ok(None) => return vec![Check::ok("sessions", "none yet")],
        Err(e) => {
            let hint = match &e {
                StoreError::Sqlite(_) => Some("move the file away: a new one is begun".to_owned()),
                other => other.hint().map(str::to_owned),
            };
            return vec![Check::fail("sessions", e.to_string(), hint)];
        }
    };
    let integrity = match examined.faults.first() {
        None => {
            Check::ok("sessions", format!("{} in {}, undamaged", examined.sessions, examined.file.display()))
        }
        Some(fault) => {
            let hint =
                "copy the file away, then export what can still be read: `pushback sessions show`".to_owned();
            Check::fail("sessions", format!("the database is damaged: {fault}"), Some(hint))
        }
    };
    let modes = match examined.open_to_others.first() {
        None => Check::ok("file modes", "sessions are readable by you only"),
        Some((path, mode)) => Check::fail(
            "file modes",
            format!("others may read {}", path.display()),
            Some(format!("chmod {mode:o} {}", path.display())),
        ),
    };
    vec![integrity, modes]
}

//! Models on this computer and those that could be: found by name, listed, added, pulled, removed.

mod card;
mod error;
mod machine;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::app::AppError;
use crate::domain::catalog::{Catalog, Entry};
use crate::engine::local::PromptReader;
use crate::engine::{FileInfo, Sampling};
use crate::fetch::{self, Hub};
use crate::files::hub::{Ask, Cached, HubFolder, Which};
use crate::files::models::{self, Added, How};
use crate::files::paths::Paths;

pub use crate::fetch::{FetchError, Here, News, Pulled, Watch};
pub use card::{Card, Need};
pub use error::ModelError;
pub use machine::machine;

/// The catalog as it was when the program was built.
static CATALOG: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/catalog.toml"));

/// The catalog that is compiled in.
///
/// # Errors
/// Where it has faults; a test sees to it that it has none.
pub fn catalog() -> Result<Catalog, AppError> {
    Catalog::parse("models/catalog.toml", CATALOG).map_err(AppError::Files)
}

/// Where models are looked for.
pub struct Models {
    catalog: Catalog,
    added: Option<Added>,
    hub: Option<HubFolder>,
}

/// A model that is here.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its file.
    pub path: PathBuf,
    /// What the catalog says of it.
    pub entry: Option<Entry>,
}

/// A line of the list of models.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed {
    /// Its name for `--model`.
    pub name: String,
    /// Where it lies, if it is here.
    pub path: Option<PathBuf>,
    /// Size of the file, where it is known.
    pub bytes: Option<u64>,
    /// How it came here.
    pub from: From,
    /// What the catalog says of it.
    pub catalog: Option<Entry>,
}

/// How a model came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum From {
    /// The user added a file.
    Added,
    /// It lies in the folder of the hub's programs.
    Hub,
    /// It is not here.
    Catalog,
}

/// What became of a file that was to be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewModel {
    /// Its name.
    pub name: String,
    /// Whether its content was copied.
    pub copied: bool,
    /// What the file says of itself.
    pub file: FileInfo,
}

impl Models {
    /// Where this user's models are.
    ///
    /// # Errors
    /// As [`catalog`].
    pub fn of_user() -> Result<Self, AppError> {
        let added = Paths::of_user().map(|paths| Added::in_data(&paths.data));
        Ok(Self { catalog: catalog()?, added, hub: HubFolder::of_env() })
    }

    /// All models that are known by name.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The file that `named` means: a path, an added model, one of the catalog, one of the hub.
    ///
    /// # Errors
    /// Where no such model is here; a path is handed back as it is.
    pub fn find(&self, named: &Path) -> Result<Found, ModelError> {
        let text = named.to_string_lossy();
        if named.is_file() {
            return Ok(self.at(named.to_owned()));
        }
        if let Some(model) = self.added.as_ref().and_then(|added| added.get(&text)) {
            return Ok(self.at(model.path));
        }
        if let Some(entry) = self.catalog.get(&text) {
            let cached = self.cached(&ask_for(entry));
            let found = cached.map(|cached| Found { path: cached.path, entry: Some(entry.clone()) });
            return found.ok_or_else(|| ModelError::NotPulled(Box::new(entry.clone())));
        }
        let is_path = named.components().count() > 1 || named.extension().is_some_and(|e| e == "gguf");
        match Ask::parse(&text) {
            Some(ask) => match self.cached(&ask) {
                Some(cached) => Ok(self.at(cached.path)),
                // `folder/file` may be either.
                None if text.ends_with(".gguf") && !text.contains(':') => Ok(self.at(named.to_owned())),
                None => Err(ModelError::NotOnHub(ask.to_string())),
            },
            None if is_path => Ok(self.at(named.to_owned())),
            None => Err(self.unknown(&text)),
        }
    }

    /// What is asked of the hub by `name`: a name of the catalog, or the hub's own.
    ///
    /// # Errors
    /// Where it is neither.
    pub fn ask(&self, name: &str) -> Result<Ask, ModelError> {
        match self.catalog.get(name) {
            Some(entry) => Ok(ask_for(entry)),
            None => Ask::parse(name).ok_or_else(|| self.unknown(name)),
        }
    }

    /// What the catalog says of what is asked for.
    pub fn entry(&self, ask: &Ask) -> Option<&Entry> {
        match &ask.which {
            Which::Named(file) => self.catalog.of_file(&ask.repo, file),
            Which::Any | Which::Quant(_) => None,
        }
    }

    /// What is asked for, if it is here already.
    pub fn cached(&self, ask: &Ask) -> Option<Cached> {
        self.hub.as_ref()?.find(ask)
    }

    /// All models that are here, then those of the catalog that are not.
    pub fn list(&self) -> Vec<Listed> {
        let bytes = |path: &Path| std::fs::metadata(path).ok().map(|m| m.len());
        let mut listed: Vec<Listed> = Vec::new();
        for model in self.added.iter().flat_map(Added::list) {
            let (bytes, catalog) = (bytes(&model.path), None);
            listed.push(Listed {
                name: model.name,
                path: Some(model.path),
                bytes,
                from: From::Added,
                catalog,
            });
        }
        for cached in self.hub.iter().flat_map(HubFolder::list) {
            let catalog = self.catalog.of_file(&cached.repo, &cached.file).cloned();
            let own = || format!("{}:{}", cached.repo, cached.file);
            let name = catalog.as_ref().map_or_else(own, |entry| entry.name.clone());
            let bytes = bytes(&cached.path);
            listed.push(Listed { name, path: Some(cached.path), bytes, from: From::Hub, catalog });
        }
        let here: Vec<String> = listed.iter().map(|listed| listed.name.clone()).collect();
        for entry in self.catalog.entries().iter().filter(|entry| !here.contains(&entry.name)) {
            let (name, bytes, catalog) = (entry.name.clone(), entry.size_bytes, Some(entry.clone()));
            listed.push(Listed { name, path: None, bytes, from: From::Catalog, catalog });
        }
        listed
    }

    /// Adds a file under `name`, else under its own, once it is found to be a model that runs.
    ///
    /// # Errors
    /// Where it is none, or the name is taken.
    pub fn add(&self, file: &Path, name: Option<&str>, how: How) -> Result<NewModel, AppError> {
        let info = PromptReader::open(file)?.info().clone();
        let name = name.map_or_else(|| models::name_for(file), str::to_owned);
        if !models::is_name(&name) {
            return Err(ModelError::BadName(name).into());
        }
        let added = self.added.as_ref().ok_or(ModelError::NoHome)?;
        if name == "pocket" || self.catalog.get(&name).is_some() || added.get(&name).is_some() {
            return Err(ModelError::Taken(name).into());
        }
        let done = added.add(file, &name, how);
        let done = done.map_err(|source| ModelError::Disk { path: file.to_owned(), source })?;
        Ok(NewModel { name, copied: done == How::Copy, file: info })
    }

    /// Takes a model away. Where its content lay, if that is gone now.
    ///
    /// # Errors
    /// Where there is none of that name, or it can't be deleted.
    pub fn remove(&self, name: &str) -> Result<Option<PathBuf>, ModelError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| ModelError::Disk { path, source }
        };
        if let Some((added, model)) = self.added.as_ref().and_then(|added| Some((added, added.get(name)?))) {
            let inside = added.remove(name).map(|()| !model.path.exists());
            return Ok(inside.map_err(failed(&model.path))?.then_some(model.path));
        }
        let ask = self.ask(name)?;
        let (Some(hub), Some(cached)) = (&self.hub, self.cached(&ask)) else {
            return Err(ModelError::NotHere(name.to_owned()));
        };
        hub.remove(&cached).map_err(failed(&cached.path))?;
        Ok(Some(cached.path))
    }

    fn at(&self, path: PathBuf) -> Found {
        let file = path.file_name().map(|file| file.to_string_lossy().into_owned());
        let entry = self.catalog.entries().iter().find(|entry| Some(&entry.file) == file.as_ref()).cloned();
        Found { path, entry }
    }

    fn unknown(&self, asked: &str) -> ModelError {
        let names: Vec<String> = self.added.iter().flat_map(Added::list).map(|model| model.name).collect();
        let known = self.catalog.entries().iter().map(|entry| entry.name.as_str());
        let known = known.chain(names.iter().map(String::as_str)).chain(["pocket"]);
        let nearest = crate::domain::problem::nearest(asked, known).map(str::to_owned);
        ModelError::NoModel { asked: asked.to_owned(), nearest }
    }
}

/// Brings what is asked for here from the hub that the environment names.
///
/// # Errors
/// Where that can't be done.
pub fn pull(ask: &Ask, here: Here, watch: &mut dyn Watch) -> Result<Pulled, ModelError> {
    let hub = Hub::of_env().ok_or(ModelError::NoHome)?;
    Ok(fetch::pull(&Hub { here, ..hub }, ask, watch)?)
}

/// How words are drawn from a model, where the catalog names a way.
pub fn sampling(entry: Option<&Entry>) -> Sampling {
    let own = Sampling::default();
    entry.and_then(|entry| entry.sampling).map_or(own, |named| Sampling {
        temperature: named.temperature,
        top_k: named.top_k,
        top_p: named.top_p,
        min_p: named.min_p,
        repeat_penalty: own.repeat_penalty,
    })
}

fn ask_for(entry: &Entry) -> Ask {
    Ask {
        repo: entry.repo.clone(),
        which: Which::Named(entry.file.clone()),
        revision: entry.revision.clone(),
    }
}

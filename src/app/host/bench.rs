//! The trainer's corner: prompt files and cards, by the files in force.

use std::path::PathBuf;

use super::{Host, HostError};
use crate::app::desk::{self, Findings, Listed, Part};
use crate::app::{AppError, cards};
use crate::domain::card::{Version, Wishes};
use crate::domain::problem::Problem;

/// A prompt file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What it holds.
    pub text: String,
    /// What the program brings at its path.
    pub built_in: Option<String>,
}

/// A client who came from a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Their id.
    pub id: String,
    /// What was guessed, cut or left out.
    pub statements: Vec<String>,
}

impl Host {
    /// All prompt files in force, and what is wrong with those that could not be read.
    ///
    /// # Errors
    /// Where a folder can't be read.
    pub fn prompt_files(&self) -> Result<(Vec<Listed>, Vec<Problem>), HostError> {
        let library = self.library_with(None)?;
        let (_, mut problems) = library.personas();
        problems.extend_from_slice(library.unread());
        Ok((desk::list(&library), problems))
    }

    /// One of them.
    ///
    /// # Errors
    /// Where there is none at `path`.
    pub fn prompt_file(&self, path: &str) -> Result<File, HostError> {
        let (text, built_in) = desk::read(&self.library_with(None)?, path)?;
        Ok(File { text, built_in })
    }

    /// What is wrong with `text` as the file at `path`.
    ///
    /// # Errors
    /// Where no file can stand there.
    pub fn check_prompt(&self, path: &str, text: &str) -> Result<Findings, HostError> {
        Ok(desk::check(&self.library_with(None)?, path, text)?)
    }

    /// Writes a prompt file of the trainer's own; from then on it is in force.
    ///
    /// # Errors
    /// Where no file can stand there, it has problems, or it can't be written.
    pub fn save_prompt(&self, path: &str, text: &str) -> Result<PathBuf, HostError> {
        let file = desk::save(&self.library_with(None)?, path, text)?;
        self.refresh("");
        Ok(file)
    }

    /// What a model is sent when the trainee says `say` to the opening of `persona`, where the file at
    /// `file.0` is as in `file.1`.
    ///
    /// # Errors
    /// Where a file has problems.
    pub fn preview(
        &self,
        persona: &str,
        (say, seed): (&str, u64),
        file: Option<(&str, &str)>,
    ) -> Result<Vec<Part>, HostError> {
        let mut library = self.library_with(None)?;
        if let Some((path, text)) = file {
            desk::check(&library, path, text)?.into_result()?;
            library = library.with(path, text);
        }
        Ok(desk::preview(&library, persona, seed, say)?)
    }

    /// A client as a card, in JSON.
    ///
    /// # Errors
    /// Where there is no such client.
    pub fn card(&self, persona: &str) -> Result<String, HostError> {
        Ok(cards::export(&self.library_with(None)?, persona, Version::V2)?)
    }

    /// The same in a picture.
    ///
    /// # Errors
    /// As [`Host::card`].
    pub fn card_picture(&self, persona: &str) -> Result<Vec<u8>, HostError> {
        Ok(cards::export_picture(&self.library_with(None)?, persona, Version::V3, None)?)
    }

    /// Writes the file of a client from the bytes of a card's file called `name`.
    ///
    /// # Errors
    /// Where it is no card, or its client is there already.
    pub fn import_card(&self, name: &str, bytes: &[u8], wishes: &Wishes) -> Result<Imported, HostError> {
        let library = self.library_with(None)?;
        let folder = library.own_folder().ok_or_else(|| AppError::NoPlace { path: "personas".to_owned() })?;
        let written = cards::import_bytes(&library, (name, bytes), folder, wishes)?;
        self.refresh("");
        Ok(Imported { id: written.persona.id, statements: written.statements })
    }
}

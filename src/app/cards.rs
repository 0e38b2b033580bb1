//! Character cards in and out: a client's file from a card, a card from a client.
//! Knows: the library, card files, folders. Never: what a card's words mean.
//!
//! What a card holds and a client's file does not stays beside the file, in `ID.card.json`, and
//! goes back into the card when the client is exported. The file itself stays as short as one
//! that a person wrote.

use std::path::{Path, PathBuf};

use crate::app::AppError;
use crate::app::author;
use crate::app::library::Library;
use crate::domain::card::{self, Card, CardError, Imported, Version, Wishes};
use crate::domain::persona::{self, Persona};
use crate::files::cards::{self as files, CardFileError, picture};

/// A client's file, written from a card.
#[derive(Debug)]
pub struct Written {
    /// The client.
    pub persona: Persona,
    /// Its file.
    pub file: PathBuf,
    /// The rest of the card, where there is any.
    pub rest: Option<PathBuf>,
    /// What was guessed, cut or left out, each as one line.
    pub statements: Vec<String>,
}

/// Reads the card at `source` and writes the client's file into `folder`, a prompts folder.
///
/// # Errors
/// Where the card can't be read, the client would not pass the checks, or a file is there
/// already.
pub fn import(library: &Library, source: &Path, folder: &Path, wishes: &Wishes) -> Result<Written, AppError> {
    import_card(library, (source, card_at(source)?), folder, wishes)
}

/// The same for the bytes of a file called `name`.
///
/// # Errors
/// As [`import`].
pub fn import_bytes(
    library: &Library,
    (name, bytes): (&str, &[u8]),
    folder: &Path,
    wishes: &Wishes,
) -> Result<Written, AppError> {
    let source = Path::new(name);
    let text =
        files::text_of(bytes).map_err(|error| AppError::CardFile { path: source.to_owned(), error })?;
    let card = Card::parse(&text).map_err(|error| AppError::Card { path: source.to_owned(), error })?;
    import_card(library, (source, card), folder, wishes)
}

fn import_card(
    library: &Library,
    (source, card): (&Path, Card),
    folder: &Path,
    wishes: &Wishes,
) -> Result<Written, AppError> {
    let failed = |error| AppError::Card { path: source.to_owned(), error };
    let cast = author::cast()?;
    let like = |kind| cast.of(kind).clone();
    let Imported { persona, is_ours, mut statements } = card::import(&card, wishes, &like).map_err(failed)?;
    let is_taken = library.persona_file(&persona.id).is_some();
    if is_taken && !is_ours && wishes.id.is_none() {
        return Err(AppError::Taken { id: persona.id });
    }
    let text = persona::write(&persona);
    let persona = persona::parse(&format!("{}.md", persona.id), &text, &|_| None).map_err(|problems| {
        // The file is not there to look at: the card is what has to be mended.
        let faults: Vec<String> = problems.iter().map(|problem| problem.message.clone()).collect();
        failed(CardError::Unfit(faults.join("; ")))
    })?;
    let (file, beside) = (author::path(folder, &persona.id), rest_path(folder, &persona.id));
    if beside.exists() {
        // Of an older client of that id: it would be taken for this one's.
        return Err(AppError::Exists { path: beside, over: None });
    }
    author::write_new(&file, text.as_bytes())?;
    if is_taken {
        statements.push(format!("`{}` takes the place of the client of that id", persona.id));
    }
    let rest = card::is_more(&card, &persona).then_some(beside);
    if let Some(rest) = &rest {
        author::write_new(rest, card.without_ours().as_bytes())?;
    }
    Ok(Written { persona, file, rest, statements })
}

/// The card of a client, as JSON text. What `folders` keep of a card that it came from is in it.
///
/// # Errors
/// Where there is no such client, or what was kept of its card can't be read.
pub fn export(library: &Library, id: &str, version: Version) -> Result<String, AppError> {
    let persona = library.persona(id)?;
    let kept = kept(library, id)?;
    Ok(format!("{:#}\n", card::export(&persona, kept.as_ref(), version)))
}

/// The same as a picture: `picture` with the card in it, or one made for the client. A card of
/// version 3 brings one of version 2 along, for programs that know no other.
///
/// # Errors
/// As [`export`], and where the picture is damaged.
pub fn export_picture(
    library: &Library,
    id: &str,
    version: Version,
    picture: Option<&Path>,
) -> Result<Vec<u8>, AppError> {
    let older = export(library, id, Version::V2)?;
    let newer = export(library, id, Version::V3)?;
    let failed = |path: &Path, error| AppError::CardFile { path: path.to_owned(), error };
    let made = Path::new("picture");
    let (path, bytes) = match picture {
        Some(path) => (path, files::bytes(path).map_err(|e| failed(path, e))?),
        None => (made, picture::of(id)),
    };
    let both = [("chara", older.as_str()), ("ccv3", newer.as_str())];
    let cards = if version == Version::V2 { &both[..1] } else { &both[..] };
    files::with_cards(&bytes, cards).map_err(|e| failed(path, e))
}

fn card_at(path: &Path) -> Result<Card, AppError> {
    let failed = |error: CardFileError| AppError::CardFile { path: path.to_owned(), error };
    let text = files::read(path).map_err(failed)?;
    Card::parse(&text).map_err(|error| AppError::Card { path: path.to_owned(), error })
}

/// What was kept of the card that a client came from: beside the file that is in force.
fn kept(library: &Library, id: &str) -> Result<Option<Card>, AppError> {
    let path = library.folder_of(id).map(|folder| rest_path(folder, id));
    path.filter(|path| path.is_file()).map(|path| card_at(&path)).transpose()
}

fn rest_path(folder: &Path, id: &str) -> PathBuf {
    folder.join("personas").join(format!("{id}.card.json"))
}

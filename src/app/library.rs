//! Everything that is read from prompt files, each part when it is first needed.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use crate::app::AppError;
use crate::domain::coach::Coach;
use crate::domain::drill::Drill;
use crate::domain::judge::Judge;
use crate::domain::lines::Banks;
use crate::domain::persona::{self, Persona};
use crate::domain::problem::{Problem, nearest};
use crate::domain::prompt::Notes;
use crate::domain::script;
use crate::domain::session::Provenance;
use crate::files::hash;
use crate::files::prompts::{self, Prompts};

pub use crate::files::prompts::Stamps;

/// No chain of `extends` is longer.
const MAX_EXTENDS: usize = 8;

/// Folders that are laid over the built-in prompts, in this order.
#[derive(Clone, Debug, Default)]
pub struct Folders {
    /// The user's own; need not exist.
    pub user: Option<PathBuf>,
    /// The one that was asked for.
    pub prompts: Option<PathBuf>,
    /// One of lexicon files only, as if it were `lexicon/` in the one before.
    pub lexicon: Option<PathBuf>,
}

impl Folders {
    fn stamps(&self) -> Stamps {
        let Self { user, prompts, lexicon } = self;
        prompts::stamps([user, prompts, lexicon].into_iter().flatten())
    }
}

/// The prompt files in force.
pub struct Library {
    folders: Folders,
    prompts: Prompts,
    unread: Vec<Problem>,
    stamps: Stamps,
}

impl Library {
    /// The built-in prompts, overlaid by the user's folder where it exists, and by the one
    /// that was asked for. Files that can't be read are left out: [`Library::unread`].
    ///
    /// # Errors
    /// Where `asked` itself can't be read.
    pub fn load(user: Option<&Path>, asked: Option<&Path>) -> Result<Self, AppError> {
        let owned = |folder: Option<&Path>| folder.map(Path::to_owned);
        Self::open(Folders { user: owned(user), prompts: owned(asked), lexicon: None })
    }

    /// The built-in prompts, overlaid by `folders`.
    ///
    /// # Errors
    /// Where a folder that was asked for can't be read, or one of lexicon files has none.
    pub fn open(folders: Folders) -> Result<Self, AppError> {
        // Before the files are read: what is written meanwhile counts as written later.
        let stamps = folders.stamps();
        let (mut prompts, mut unread) = (Prompts::built_in(), Vec::new());
        let failed = |folder: &Path, source| AppError::Folder { path: folder.to_owned(), source };
        let user = folders.user.iter().filter(|folder| folder.is_dir());
        for folder in user.chain(&folders.prompts) {
            unread.extend(prompts.overlay(folder).map_err(|e| failed(folder, e))?);
        }
        if let Some(folder) = &folders.lexicon {
            let problems = prompts.overlay_lexicon(folder).map_err(|e| failed(folder, e))?;
            // Whoever names a codebook means all of it: nothing is coded by half of one.
            if !problems.is_empty() {
                return Err(AppError::Files(problems));
            }
        }
        Ok(Self { folders, prompts, unread, stamps })
    }

    /// The same folders, read again.
    ///
    /// # Errors
    /// As [`Library::open`].
    pub fn again(&self) -> Result<Self, AppError> {
        Self::open(self.folders.clone())
    }

    /// The same with one file otherwise than it is, nothing being written.
    pub fn with(&self, path: &str, text: &str) -> Self {
        let prompts = self.prompts.with(path, text);
        Self { folders: self.folders.clone(), prompts, unread: Vec::new(), stamps: self.stamps.clone() }
    }

    /// The paths of all files, below `prompts/`.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.prompts.all().map(|(path, _)| path)
    }

    /// The text of one file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.prompts.get(path).map(|(_, text)| text)
    }

    /// The folder in which a trainer's own files lie: the one that was asked for, else the user's.
    pub fn own_folder(&self) -> Option<&Path> {
        self.folders.prompts.as_deref().or(self.folders.user.as_deref())
    }

    /// When the files in the folders had last been written as they were read.
    pub fn stamps(&self) -> &Stamps {
        &self.stamps
    }

    /// The same by now.
    pub fn stamps_now(&self) -> Stamps {
        self.folders.stamps()
    }

    /// Paths, below `prompts/`, of the files that `newer` has otherwise, more or less.
    pub fn changed(&self, newer: &Self) -> Vec<String> {
        self.prompts.changed(&newer.prompts)
    }

    /// What is wrong with files that were left out.
    pub fn unread(&self) -> &[Problem] {
        &self.unread
    }

    /// All clients that can be read, by id, and what is wrong with the others.
    pub fn personas(&self) -> (Vec<Persona>, Vec<Problem>) {
        let (mut personas, mut problems) = (Vec::new(), Vec::new());
        for (name, ..) in self.persona_files() {
            match self.parse_persona(name) {
                Ok(persona) => personas.push(persona),
                // What is wrong with a client is wrong with all who begin with it, and said once.
                Err(found) => found.into_iter().for_each(|problem| {
                    if !problems.contains(&problem) {
                        problems.push(problem);
                    }
                }),
            }
        }
        (personas, problems)
    }

    /// One client.
    ///
    /// # Errors
    /// Where there is none of that id, or its file has problems.
    pub fn persona(&self, id: &str) -> Result<Persona, AppError> {
        let ids: Vec<&str> = self.persona_files().map(|(name, ..)| name).collect();
        if !ids.contains(&id) {
            let nearest = nearest(id, ids).map(str::to_owned);
            return Err(AppError::NoPersona { asked: id.to_owned(), nearest });
        }
        self.parse_persona(id).map_err(AppError::Files)
    }

    /// The file of one client as the user would name it, and its text.
    pub fn persona_file(&self, id: &str) -> Option<(&str, &str)> {
        self.prompts.get(&format!("personas/{id}.md"))
    }

    /// All clients that can be read: those who stand alone, then those whose file begins with
    /// another's, each in the order of [`Self::personas`]. Second, how many stand alone.
    pub fn clients(&self) -> (Vec<Persona>, usize, Vec<Problem>) {
        let (personas, problems) = self.personas();
        let varies =
            |p: &Persona| self.persona_file(&p.id).is_some_and(|(_, text)| persona::lint::extends(text));
        let (others, mut alone_first): (Vec<_>, Vec<_>) = personas.into_iter().partition(varies);
        let alone = alone_first.len();
        alone_first.extend(others);
        (alone_first, alone, problems)
    }

    /// The folder that the file of a client is from; `None` for the built-in ones.
    pub fn folder_of(&self, id: &str) -> Option<&Path> {
        let has = |folder: &&PathBuf| folder.join("personas").join(format!("{id}.md")).is_file();
        let Folders { user, prompts, .. } = &self.folders;
        [prompts, user].into_iter().flatten().find(has).map(PathBuf::as_path)
    }

    /// The judge: the compiled-in lexicon, or the user's.
    ///
    /// # Errors
    /// Where a lexicon file has problems.
    pub fn judge(&self) -> Result<Judge, AppError> {
        let judge = Judge::from_lexicon(&self.texts("lexicon"));
        judge.map_err(|problems| AppError::Files(self.shown("lexicon", problems)))
    }

    /// The pocket client's lines, and what is wrong with those that were left out.
    pub fn banks(&self) -> (Banks, Vec<Problem>) {
        let (banks, problems) = Banks::parse(&self.texts("lines"));
        (banks, self.shown("lines", problems))
    }

    /// What a free-writing model is told.
    ///
    /// # Errors
    /// Where the file has problems.
    pub fn notes(&self) -> Result<Notes, AppError> {
        let (file, text) = self.file("notes.toml")?;
        Notes::parse(file, text).map_err(AppError::Files)
    }

    /// The alternative phrasings.
    ///
    /// # Errors
    /// Where the file has problems.
    pub fn coach(&self) -> Result<Coach, AppError> {
        let (file, text) = self.file("coach.toml")?;
        Coach::parse(file, text).map_err(AppError::Files)
    }

    /// A scripted trainee: the file of that path, else the script of that name.
    ///
    /// # Errors
    /// Where there is neither, or it has problems.
    pub fn script(&self, name: &str) -> Result<Vec<String>, AppError> {
        let failed = |problem| AppError::Files(vec![problem]);
        let path = Path::new(name);
        if path.is_file() {
            let text = prompts::read(path, name).map_err(failed)?;
            return script::parse(name, &text).map_err(AppError::Files);
        }
        let stem = name.strip_suffix(".txt").unwrap_or(name);
        let Some((shown, text)) = self.prompts.get(&format!("scripts/{stem}.txt")) else {
            let known = self.prompts.below("scripts").filter_map(|(file, ..)| file.strip_suffix(".txt"));
            let known: Vec<&str> = known.collect();
            let hint = match nearest(stem, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("name a file, or one of {}", known.join(", ")),
            };
            return Err(failed(Problem::new(name, "is no file and no script").hint(hint)));
        };
        script::parse(shown, text).map_err(AppError::Files)
    }

    /// The moments to drill.
    ///
    /// # Errors
    /// Where the file has problems, or names a client that there is not.
    pub fn drills(&self) -> Result<Vec<Drill>, AppError> {
        let (file, text) = self.file("drills.toml")?;
        let drills = Drill::parse_all(file, text).map_err(AppError::Files)?;
        let unknown = drills.iter().filter(|d| !self.persona_files().any(|(id, ..)| id == d.persona));
        let problems: Vec<Problem> = unknown
            .map(|drill| {
                let problem =
                    Problem::new(file, format!("there is no client `{}`", drill.persona)).at(drill.line);
                match nearest(&drill.persona, self.persona_files().map(|(id, ..)| id)) {
                    Some(id) => problem.hint(format!("did you mean `{id}`?")),
                    None => problem,
                }
            })
            .collect();
        if problems.is_empty() { Ok(drills) } else { Err(AppError::Files(problems)) }
    }

    /// The moment to drill of this name.
    ///
    /// # Errors
    /// Where the file has problems, or there is none.
    pub fn drill(&self, name: &str) -> Result<Drill, AppError> {
        let drills = self.drills()?;
        let near = nearest(name, drills.iter().map(|d| d.name.as_str())).map(str::to_owned);
        let found = drills.into_iter().find(|d| d.name == name);
        found.ok_or_else(|| AppError::NoDrill { asked: name.to_owned(), nearest: near })
    }

    /// Hashes of what is in force for `persona` and a model of hash `model`.
    pub fn provenance(&self, persona: &Persona, model: String) -> Provenance {
        let json = serde_json::to_string(persona).unwrap_or_default();
        let lexicon = self.prompts.all().filter(|(path, _)| path.starts_with("lexicon/"));
        Provenance {
            persona: hash::sha256(json.as_bytes()),
            prompts: hash::sha256_of_all(self.prompts.all()),
            lexicon: hash::sha256_of_all(lexicon),
            model,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Ids, names for messages and texts of the persona files.
    fn persona_files(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let files = self.prompts.below("personas");
        files.filter_map(|(path, shown, text)| Some((path.strip_suffix(".md")?, shown, text)))
    }

    fn parse_persona(&self, id: &str) -> Result<Persona, Vec<Problem>> {
        if let Some(circle) = self.circle(id) {
            return Err(vec![circle]);
        }
        let path = format!("personas/{id}.md");
        let Some((shown, text)) = self.prompts.get(&path) else {
            return Err(vec![Problem::new(&path, "does not exist")]);
        };
        let of_base = RefCell::new(Vec::new());
        let base = |base: &str| {
            self.persona_file(base)?;
            let failed = |found| of_base.borrow_mut().push((persona::no_base(base), found));
            self.parse_persona(base).map_err(failed).ok()
        };
        persona::parse(shown, text, &base).map_err(|mut problems| {
            for (none, found) in of_base.take() {
                // The client is there; what is wrong with it is what there is to say.
                problems.retain(|problem| problem.message != none);
                problems.extend(found);
            }
            problems
        })
    }

    /// What is wrong where `id` begins with clients that begin with each other, or with too many:
    /// the same for each of them.
    fn circle(&self, id: &str) -> Option<Problem> {
        let mut chain = vec![id.to_owned()];
        while let Some((base, line)) =
            chain.last().and_then(|id| persona::lint::extended(self.persona_file(id)?.1))
        {
            if let Some(at) = chain.iter().position(|id| *id == base) {
                return self.circle_of(chain.split_off(at));
            }
            if chain.len() > MAX_EXTENDS {
                let file = self.persona_file(chain.last()?)?.0;
                let message = format!("more than {MAX_EXTENDS} clients extend each other in a row");
                return Some(Problem::new(file, message).at(line));
            }
            chain.push(base);
        }
        None
    }

    fn circle_of(&self, mut ids: Vec<String>) -> Option<Problem> {
        ids.sort();
        let (file, text) = self.persona_file(ids.first()?)?;
        let message = match &ids[..] {
            [one] => format!("`{one}` extends itself"),
            all => format!("`{}` extend each other in a circle", all.join("`, `")),
        };
        let problem =
            Problem::new(file, message).hint("one of them must stand alone: give all of its fields");
        Some(Problem { line: persona::lint::extended(text).map(|(_, line)| line), ..problem })
    }

    fn file(&self, path: &str) -> Result<(&str, &str), AppError> {
        self.prompts.get(path).ok_or_else(|| AppError::Files(vec![Problem::new(path, "does not exist")]))
    }

    /// Problems whose files are named below `folder`, named as the user would.
    fn shown(&self, folder: &str, mut problems: Vec<Problem>) -> Vec<Problem> {
        for problem in &mut problems {
            if let Some((shown, _)) = self.prompts.get(&format!("{folder}/{}", problem.file)) {
                problem.file = shown.to_owned();
            }
        }
        problems
    }

    fn texts(&self, folder: &str) -> Vec<(String, String)> {
        let files = self.prompts.below(folder).filter(|(path, ..)| !path.ends_with(".md"));
        files.map(|(path, _, text)| (path.to_owned(), text.to_owned())).collect()
    }
}

//! `pushback models pull`: bring a model here from the hub.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use serde::Serialize;

use crate::app::AppError;
use crate::app::models::{self, FetchError, Here, ModelError, Models, News, Watch};
use crate::cli::{INTERRUPTED, interrupt};
use crate::engine::local::PromptReader;
use crate::files::hub::Ask;
use crate::ui::pulling::Pulling;
use crate::ui::screen::Screen;

#[derive(Debug, Args)]
pub(super) struct PullArgs {
    /// A name of `pushback models list`, or ORG/REPO, ORG/REPO:FILE, ORG/REPO:QUANT on the hub.
    name: String,
    /// Fetch it even if it is here.
    #[arg(long)]
    force: bool,
    /// One object.
    #[arg(long)]
    json: bool,
}

/// What came of it.
#[derive(Serialize)]
struct Done<'a> {
    repo: &'a str,
    file: &'a str,
    path: &'a std::path::Path,
    /// Checked just now; none where the file was here before.
    sha256: Option<&'a str>,
    was_here: bool,
}

pub(super) fn run(args: &PullArgs) -> anyhow::Result<ExitCode> {
    let (screen, models) = (Screen::of_process(), Models::of_user().map_err(anyhow::Error::from)?);
    let ask = models.ask(&args.name).map_err(AppError::from)?;
    if let Some(cached) = models.cached(&ask).filter(|_| !args.force) {
        // Of a file that somebody else put there nothing is known but that it is there.
        PromptReader::open(&cached.path).map_err(AppError::from)?;
        screen.note(&format!("{} is here already.", cached.file));
        let (file, path) = (&*cached.file, &*cached.path);
        let done = Done { repo: &cached.repo, file, path, sha256: None, was_here: true };
        return tell(screen, args, &done);
    }
    introduce(screen, &models, &ask);
    let mut watcher = Watcher { pulling: Pulling::of(screen), stopped: Arc::default(), size: (0, 0) };
    let raise = watcher.stopped.clone();
    interrupt::on_ctrl_c(move || raise.store(true, Ordering::Relaxed))?;
    let here = if args.force { Here::Replace } else { Here::Use };
    let pulled = models::pull(&ask, here, &mut watcher);
    watcher.pulling.end();
    match pulled {
        Ok(pulled) => {
            let (file, path) = (&*pulled.file, &*pulled.path);
            screen.note(&format!("{file} is here, and is what the hub says it is."));
            if let Err(e) = PromptReader::open(path) {
                screen.note(&format!("warning: this program can't run it: {e}"));
            }
            tell(
                screen,
                args,
                &Done { repo: &ask.repo, file, path, sha256: Some(&pulled.sha256), was_here: false },
            )
        }
        Err(ModelError::Fetch(FetchError::Stopped { kept })) => {
            let size = watcher.size.1;
            screen.note(&match kept {
                0 => "Stopped; nothing had come yet.".to_owned(),
                _ => {
                    format!("Stopped; {kept} of {size} bytes are kept. The same command goes on from there.")
                }
            });
            Ok(ExitCode::from(INTERRUPTED))
        }
        Err(error) => Err(AppError::from(error).into()),
    }
}

fn tell(screen: Screen, args: &PullArgs, done: &Done<'_>) -> anyhow::Result<ExitCode> {
    if args.json {
        screen.json(done)?;
    } else {
        screen.line(&done.path.display().to_string())?;
        screen.note(&format!("Talk to it: pushback --model {}", args.name));
    }
    Ok(ExitCode::SUCCESS)
}

/// What comes, under which terms, from where.
fn introduce(screen: Screen, models: &Models, ask: &Ask) {
    screen.note(&match models.entry(ask) {
        Some(entry) => format!("{} ({}, {}) from {}", entry.title, entry.size(), entry.licence, ask.repo),
        None => format!("{ask}; its page names its licence"),
    });
}

struct Watcher {
    pulling: Pulling,
    stopped: Arc<AtomicBool>,
    /// Bytes that are here, and of the whole file.
    size: (u64, u64),
}

impl Watch for Watcher {
    fn hear(&mut self, news: News<'_>) {
        match news {
            News::Found { file, bytes, kept } => {
                let from = if kept > 0 { format!(", of which {kept} are here") } else { String::new() };
                self.pulling.say(&format!("{file}: {bytes} bytes{from}"));
                self.size = (kept, bytes);
                self.pulling.begin(bytes, kept);
            }
            News::At(bytes) => {
                self.size.0 = bytes;
                self.pulling.at(bytes);
            }
            News::Again { why, wait } => {
                self.pulling.say(&format!("{why}; trying again in {:.1} s", wait.as_secs_f64()));
                if self.size.1 > 0 {
                    self.pulling.begin(self.size.1, self.size.0);
                }
            }
        }
    }

    fn goes_on(&self) -> bool {
        !self.stopped.load(Ordering::Relaxed)
    }
}

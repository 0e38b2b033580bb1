//! The page in a real browser: Debian's Chromium, driven by its own driver, against the program as it
//! is run. Where there is no Chromium these tests skip and say so; `PUSHBACK_BROWSER=required`, which
//! `.ci/run` sets, makes that a failure.

mod access;
mod branches;
mod chromium;
mod crash;
mod crowd;
mod drill;
mod driver;
mod exam;
mod feedback;
mod folders;
mod hostile;
mod keys;
mod looks;
mod page;
mod pixels;
mod practise;
mod refused;
mod review;
mod server;
mod trainer;
mod wire;

use std::fs;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::thread;

use chromium::Chromium;
use page::Page;
use server::Server;

/// Runs `test` on the page of a server with the built-in prompts, which speaks at once.
fn browse(test: impl FnOnce(&Page)) {
    browse_on(Server::start, test);
}

/// Runs `test` on the page of the server that `start` starts. Server and browser end with it, whatever
/// comes of it.
fn browse_on(start: impl FnOnce() -> Server, test: impl FnOnce(&Page)) {
    let Some(chromium) = Chromium::start() else { return };
    let page = Page::open(&chromium, start());
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        test(&page);
        page.assert_quiet();
    }));
    if let Err(panic) = outcome {
        evidence(&page);
        resume_unwind(panic);
    }
}

/// What the page looked like when its test failed.
fn evidence(page: &Page) {
    let name = thread::current().name().unwrap_or("test").replace("::", "-");
    let at = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
    if let Some(picture) = page.try_screenshot()
        && fs::write(&at, picture).is_ok()
    {
        let _ = writeln!(io::stderr(), "what it looked like: {}", at.display());
    }
    let _ = writeln!(io::stderr(), "{}", page.last_words());
}

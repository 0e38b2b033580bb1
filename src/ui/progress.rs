//! How far a long piece of work has got, on a line that is written over.
//! Knows: time. Never: the work.

use std::time::{Duration, Instant};

use super::screen::Screen;

/// Time between two looks at the same line.
const EVERY: Duration = Duration::from_millis(400);

/// A line about how far it is on stderr, where a person sees it.
#[derive(Debug)]
pub struct Progress {
    screen: Screen,
    last: Instant,
    shown: bool,
}

impl Progress {
    /// Nothing is shown yet; what is done at once never is.
    pub fn of(screen: Screen) -> Self {
        Self { screen, last: Instant::now(), shown: false }
    }

    /// So far it has got.
    pub fn at(&mut self, rows: u64, bytes: u64) {
        self.say(|| format!("{rows} turns, {:.1} MB", bytes as f64 / 1e6));
    }

    /// So many of all `what` are done.
    pub fn part(&mut self, done: usize, all: usize, what: &str) {
        const BAR: usize = 24;
        let filled = (BAR * done.min(all)).checked_div(all).unwrap_or(BAR);
        self.say(|| format!("[{}{}] {done} of {all} {what}", "#".repeat(filled), " ".repeat(BAR - filled)));
    }

    fn say(&mut self, text: impl FnOnce() -> String) {
        if self.screen.has_status() && self.last.elapsed() >= EVERY {
            self.screen.status(&text());
            self.last = Instant::now();
            self.shown = true;
        }
    }

    /// Something else is said on stderr.
    pub fn aside(&mut self, say: impl FnOnce(Screen)) {
        self.end();
        say(self.screen);
    }

    /// Leaves no trace.
    pub fn end(&mut self) {
        if std::mem::take(&mut self.shown) {
            self.screen.status("");
        }
    }
}

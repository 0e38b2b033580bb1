//! How far a model has come: bytes, rate, time left.
//! Knows: time. Never: where the bytes come from.

use super::screen::Screen;

/// A line about bytes on stderr, where a person sees it; elsewhere, a line at the beginning.
pub struct Pulling {
    screen: Screen,
    #[cfg(feature = "download")]
    bar: Option<indicatif::ProgressBar>,
}

impl Pulling {
    /// Nothing is shown yet.
    pub fn of(screen: Screen) -> Self {
        Self {
            screen,
            #[cfg(feature = "download")]
            bar: None,
        }
    }

    /// Talk that stays, above the line.
    pub fn say(&mut self, text: &str) {
        self.end();
        self.screen.note(text);
    }
}

#[cfg(feature = "download")]
impl Pulling {
    /// A file of `bytes`, of which `kept` are here.
    pub fn begin(&mut self, bytes: u64, kept: u64) {
        // The words fit the keys that indicatif documents, so there is always a style.
        let line = "{decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left {wide_bar}";
        let style = indicatif::ProgressStyle::with_template(line);
        let style = style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar());
        let bar = self.screen.bar(style);
        bar.set_length(bytes);
        bar.set_position(kept);
        // What was here is no sign of how fast the rest comes.
        bar.reset_eta();
        self.bar = Some(bar);
    }

    /// So many bytes are here.
    pub fn at(&self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(bytes);
        }
    }

    /// Leaves no trace; a later `begin` shows it again.
    pub fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

#[cfg(not(feature = "download"))]
impl Pulling {
    /// Nothing comes.
    pub fn begin(&mut self, _bytes: u64, _kept: u64) {}

    /// Nothing comes.
    pub fn at(&self, _bytes: u64) {}

    /// Nothing came.
    pub fn end(&mut self) {}
}

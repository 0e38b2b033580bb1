//! Where text goes: the only module that writes to stdout and stderr.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use serde::Serialize;

use crate::domain::problem::Problem;

/// Time between two words of the client's on a terminal: brisk speech.
pub const PACE: Duration = Duration::from_millis(45);
/// What is written to stdout in one go where there is a lot.
const OUT_BYTES: usize = 1 << 16;

/// stdout for what was asked for, stderr for talk about it.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    colour: bool,
    paced: bool,
    status: bool,         // whether a line of stderr can be written over
    width: Option<usize>, // columns of the terminal; none where lines must not be broken
}

/// A terminal narrower than this shows two texts one below the other.
const LEAST_BESIDE: usize = 60;
/// Between two texts.
const GAP: &str = "  │  ";

/// How a piece of text is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A name or heading.
    Strong,
    /// Something beside the conversation.
    Aside,
    /// In favour.
    Good,
    /// Against.
    Poor,
}

impl Screen {
    /// A screen for this process: colour and pace only on a terminal, no colour under `NO_COLOR`.
    pub fn of_process() -> Self {
        let terminal = io::stdout().is_terminal();
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|v| v == "dumb");
        let width = terminal.then(textwrap::termwidth);
        // On a terminal that shows both, a line that is written over would tear the output.
        let status = io::stderr().is_terminal() && !terminal && !dumb;
        Self { colour: terminal && !no_colour && !dumb, paced: terminal, status, width }
    }

    /// Whether words should come at the pace of speech.
    pub fn is_paced(self) -> bool {
        self.paced
    }

    /// What this screen can do, in words.
    pub fn describe(self) -> String {
        let colour = if self.colour { "colour" } else { "no colour" };
        match self.width {
            Some(width) => format!("{width} columns, {colour}"),
            None => "none: output goes to a file or a program".to_owned(),
        }
    }

    /// The same screen, without pace and with whole lines: for programs and screen readers.
    pub fn at_once(self) -> Self {
        Self { paced: false, width: None, ..self }
    }

    /// The same screen, with a line for `status` also where stdout is a terminal: for work that
    /// prints nothing before it is done.
    pub fn reporting(self) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|v| v == "dumb");
        Self { status: io::stderr().is_terminal() && !dumb, ..self }
    }

    /// A line of output, broken between words where a terminal is too narrow for it.
    ///
    /// # Errors
    /// Where stdout is closed.
    pub fn line(self, text: &str) -> io::Result<()> {
        self.text(&format!("{}\n", self.wrapped(text)))
    }

    /// Finished lines of output, in one go.
    ///
    /// # Errors
    /// Where stdout is closed.
    pub fn text(self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// stdout for a lot of lines; what is written is seen when enough has come together, or at the
    /// end.
    pub fn writer(self) -> impl Write {
        io::BufWriter::with_capacity(OUT_BYTES, io::stdout().lock())
    }

    /// A value as JSON, for programs: never broken to the width of a terminal.
    ///
    /// # Errors
    /// Where stdout is closed.
    pub fn json(self, value: &impl Serialize) -> io::Result<()> {
        self.text(&format!("{}\n", serde_json::to_string_pretty(value)?))
    }

    /// Two texts beside each other, row by row; `false` where there is no room for that.
    ///
    /// # Errors
    /// Where stdout is closed.
    pub fn beside(self, left: &[String], right: &[String]) -> io::Result<bool> {
        let Some(width) = self.width.filter(|width| *width >= LEAST_BESIDE) else { return Ok(false) };
        let column = (width - textwrap::core::display_width(GAP)) / 2;
        for row in 0..left.len().max(right.len()) {
            let (l, r) = (cell(left.get(row), column), cell(right.get(row), column));
            for line in 0..l.len().max(r.len()) {
                let (l, r) = (l.get(line).map_or("", String::as_str), r.get(line).map_or("", String::as_str));
                let pad = " ".repeat(column.saturating_sub(textwrap::core::display_width(l)));
                self.text(&format!("{}\n", format!("{l}{pad}{GAP}{r}").trim_end()))?;
            }
        }
        Ok(true)
    }

    /// A word of a line of output, at the pace of speech. `column` is where the line has got
    /// to, and moves on.
    ///
    /// # Errors
    /// Where stdout is closed.
    pub fn word(self, column: &mut usize, text: &str) -> io::Result<()> {
        let wide = textwrap::core::display_width(text.trim_end());
        if self.width.is_some_and(|width| *column > 0 && *column + wide >= width) {
            self.text("\n")?;
            *column = 0;
        }
        self.text(text)?;
        *column += textwrap::core::display_width(text);
        if self.paced {
            std::thread::sleep(PACE);
        }
        Ok(())
    }

    /// `text` broken to the width of the terminal; further lines are indented like the first.
    fn wrapped(self, text: &str) -> String {
        let Some(width) = self.width else { return text.to_owned() };
        let wrap = |line: &str| {
            let indent = " ".repeat(line.len() - line.trim_start().len());
            textwrap::fill(line, textwrap::Options::new(width).subsequent_indent(&indent))
        };
        text.split('\n').map(wrap).collect::<Vec<_>>().join("\n")
    }

    /// Talk about what is going on. A closed stderr is no reason to stop.
    pub fn note(self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{}", self.wrapped(text));
    }

    /// Whether stderr has a line for `status`.
    pub fn has_status(self) -> bool {
        self.status
    }

    /// A line of stderr that the next one is written over.
    pub fn status(self, text: &str) {
        let mut err = io::stderr().lock();
        let _ = write!(err, "\r{text}\u{1b}[K").and_then(|()| err.flush());
    }

    /// A line of stderr that moves on by itself; none is seen where there is no terminal.
    #[cfg(feature = "download")]
    pub fn bar(self, style: indicatif::ProgressStyle) -> indicatif::ProgressBar {
        let bar = indicatif::ProgressBar::with_draw_target(None, indicatif::ProgressDrawTarget::stderr());
        bar.set_style(style);
        bar
    }

    /// A fault that does not end the program.
    pub fn warn(self, problem: &Problem) {
        self.problem("warning", problem);
    }

    /// A fault of a file, under a heading of its own.
    pub fn problem(self, heading: &str, problem: &Problem) {
        self.note(&format!("{heading}: {problem}"));
        if let Some(hint) = &problem.hint {
            self.note(&format!("  hint: {hint}"));
        }
    }

    /// `text` in `tone`, where this screen has colour.
    pub fn tinted(self, tone: Tone, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Strong => "1",
            Tone::Aside => "2",
            Tone::Good => "36",
            Tone::Poor => "33",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// A text in lines of up to `width` columns.
fn cell(text: Option<&String>, width: usize) -> Vec<String> {
    let lines = textwrap::wrap(text.map_or("", String::as_str), width);
    lines.into_iter().map(|line| line.into_owned()).collect()
}

//! Where a trainee's lines come from: a line editor on a terminal, lines of stdin else.

use std::io::{self, BufRead, IsTerminal, Read};

use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

/// Longer lines are cut here and their rest is dropped, so that endless input can't fill the
/// memory.
const MAX_LINE_BYTES: u64 = 1 << 20;

/// A source of lines.
pub enum Input {
    /// A person at a terminal, with editing and the history of this run.
    Terminal(Box<DefaultEditor>),
    /// A pipe or a file.
    Lines(Box<dyn BufRead>),
}

/// What came of asking for a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A line, without its end.
    Text(String),
    /// A line that was not valid UTF-8; unreadable bytes are shown as `�`.
    Mended(String),
    /// No more lines.
    End,
    /// Ctrl-C at the prompt.
    Interrupted,
}

impl Input {
    /// Stdin of this process; `plain` forces lines even on a terminal.
    ///
    /// # Errors
    /// Where the terminal can't be set up.
    pub fn of_process(plain: bool) -> io::Result<Self> {
        if plain || !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Ok(Self::Lines(Box::new(io::stdin().lock())));
        }
        let editor = DefaultEditor::new().map_err(io::Error::other)?;
        Ok(Self::Terminal(Box::new(editor)))
    }

    /// Whether a person types.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Terminal(_))
    }

    /// The next line; `prompt` is shown on a terminal only.
    ///
    /// # Errors
    /// Where the source can't be read.
    pub fn next(&mut self, prompt: &str) -> io::Result<Line> {
        match self {
            Self::Terminal(editor) => match editor.readline(prompt) {
                Ok(text) => {
                    // History is a comfort; a line that can't be added is no reason to fail.
                    let _ = editor.add_history_entry(&text);
                    Ok(Line::Text(text))
                }
                Err(ReadlineError::Eof) => Ok(Line::End),
                Err(ReadlineError::Interrupted) => Ok(Line::Interrupted),
                Err(error) => Err(io::Error::other(error)),
            },
            Self::Lines(source) => next_of(source),
        }
    }
}

fn next_of(source: &mut dyn BufRead) -> io::Result<Line> {
    let mut bytes = Vec::new();
    if source.take(MAX_LINE_BYTES).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(Line::End);
    }
    if bytes.len() as u64 == MAX_LINE_BYTES && bytes.last() != Some(&b'\n') {
        source.skip_until(b'\n')?;
    }
    while bytes.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
        bytes.pop();
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Line::Text(text),
        Err(error) => Line::Mended(String::from_utf8_lossy(error.as_bytes()).into_owned()),
    })
}

//! Bytes from a source, line by line, each within a limit.
//! Knows: line ends, UTF-8. Never: what a line says.

use std::io::{self, BufRead, BufReader, Read};

use super::{Fault, MOST_BYTES};

/// What is read in one go.
const CHUNK_BYTES: usize = 1 << 16;

/// A source of bytes that counts what it gives.
pub struct Source<'a> {
    bytes: BufReader<Box<dyn Read + 'a>>,
    start: Vec<u8>, // read to find out the format, and not given yet
    given: usize,   // of `start`
    read: u64,
}

impl<'a> Source<'a> {
    pub fn new(bytes: impl Read + 'a) -> Self {
        let bytes = BufReader::with_capacity(CHUNK_BYTES, Box::new(bytes) as Box<dyn Read + 'a>);
        Self { bytes, start: Vec::new(), given: 0, read: 0 }
    }

    /// The first lines, at least two that are not blank unless there are fewer or they are very
    /// long. They will be given again, but for a byte order mark.
    pub fn peek(&mut self) -> io::Result<&[u8]> {
        while self.start.len() < CHUNK_BYTES && !has_two_lines(&self.start) {
            let most = (CHUNK_BYTES - self.start.len()) as u64;
            if (&mut self.bytes).take(most).read_until(b'\n', &mut self.start)? == 0 {
                break;
            }
        }
        if self.start.starts_with(b"\xef\xbb\xbf") {
            self.consume(3);
        }
        Ok(&self.start[self.given..])
    }

    pub fn bytes_read(&self) -> u64 {
        self.read
    }
}

fn has_two_lines(start: &[u8]) -> bool {
    start
        .split_inclusive(|b| *b == b'\n')
        .filter(|l| l.ends_with(b"\n") && !l.trim_ascii().is_empty())
        .count()
        >= 2
}

impl Read for Source<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(to)?;
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.given < self.start.len() {
            return Ok(&self.start[self.given..]);
        }
        self.bytes.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.read += n as u64;
        if self.given < self.start.len() {
            self.given += n;
        } else {
            self.bytes.consume(n);
        }
    }
}

/// Lines of a source, in one buffer.
#[derive(Default)]
pub struct Lines {
    line: Vec<u8>,
    number: usize,
}

impl Lines {
    /// The next line without its end, and its number from 1; none after the last. A line that is too
    /// long is passed over without being kept.
    pub fn next(&mut self, source: &mut Source<'_>) -> io::Result<Option<(usize, Result<&str, Fault>)>> {
        self.line.clear();
        let most = MOST_BYTES as u64 + 1;
        if source.take(most).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let number = self.number;
        if self.line.pop_if(|b| *b == b'\n').is_some() {
            self.line.pop_if(|b| *b == b'\r');
        } else if self.line.len() > MOST_BYTES {
            source.skip_until(b'\n')?;
            return Ok(Some((number, Err(Fault::too_long(number, "a line")))));
        }
        let text = std::str::from_utf8(&self.line).map_err(|_| Fault::not_utf8(number));
        Ok(Some((number, text)))
    }
}

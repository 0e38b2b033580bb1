//! Server-sent events, read from bytes as they come.
//! Knows: the format of events. Never: what they are about.

/// A line or an event that is longer is none that a server of this kind sends.
const MOST_BYTES: usize = 1 << 20;

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The data of an event, its lines joined.
    Data(String),
    /// What some servers send where a reply fails: a line `error: …`, which the format does not know.
    Error(String),
}

/// An event or a line of more bytes than anybody sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// Reads events. Pieces may be cut anywhere, within a line end or a character, too.
#[derive(Debug, Default)]
pub struct Events {
    line: Vec<u8>,
    data: Option<String>,
    /// The last byte was a carriage return: a line feed after it belongs to it.
    after_return: bool,
    /// A byte order mark may come first.
    begun: bool,
}

impl Events {
    /// Takes the next bytes; `found` gets what they complete.
    ///
    /// # Errors
    /// Where a line or an event has no end.
    pub fn push(&mut self, bytes: &[u8], found: &mut impl FnMut(Event)) -> Result<(), TooLong> {
        for &byte in bytes {
            let after_return = std::mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => self.end_line(found)?,
                _ => self.line.push(byte),
            }
            if self.line.len() > MOST_BYTES {
                return Err(TooLong);
            }
        }
        Ok(())
    }

    /// Nothing comes any more. What an event lacks of its empty line is forgiven: some servers close
    /// the connection right behind the last one.
    ///
    /// # Errors
    /// Where an event is too long.
    pub fn finish(mut self, found: &mut impl FnMut(Event)) -> Result<(), TooLong> {
        if !self.line.is_empty() {
            self.end_line(found)?;
        }
        self.end_event(found);
        Ok(())
    }

    fn end_line(&mut self, found: &mut impl FnMut(Event)) -> Result<(), TooLong> {
        let mut bytes = std::mem::take(&mut self.line);
        if !std::mem::replace(&mut self.begun, true) && bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        if bytes.is_empty() {
            self.end_event(found);
            return Ok(());
        }
        // A line is whole here, so no character is cut.
        let line = String::from_utf8_lossy(&bytes);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => match &mut self.data {
                Some(data) if data.len() + value.len() > MOST_BYTES => return Err(TooLong),
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            "error" => found(Event::Error(value.to_owned())),
            // Comments, names and numbers of events say nothing here.
            _ => {}
        }
        Ok(())
    }

    fn end_event(&mut self, found: &mut impl FnMut(Event)) {
        if let Some(data) = self.data.take() {
            found(Event::Data(data));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    /// The events of `bytes`, pushed in pieces of `size`.
    fn read(bytes: &[u8], size: usize) -> Result<Vec<Event>, TooLong> {
        let (mut events, mut found) = (Events::default(), Vec::new());
        for piece in bytes.chunks(size) {
            events.push(piece, &mut |event| found.push(event))?;
        }
        events.finish(&mut |event| found.push(event))?;
        Ok(found)
    }

    #[test]
    fn events_do_not_depend_on_how_the_bytes_were_cut() {
        let data = |text: &str| Event::Data(text.to_owned());
        for (text, expected) in [
            ("data: a\n\ndata: b\n\n", vec![data("a"), data("b")]),
            ("data: a\r\n\r\ndata: b\r\n\r\n", vec![data("a"), data("b")]),
            ("data: a\r\rdata: b\r\r", vec![data("a"), data("b")]),
            ("data: a\r\n\ndata: b\n\r\n", vec![data("a"), data("b")]),
            ("data:a\ndata:b\n\n", vec![data("a\nb")]),
            ("data:  a\n\n", vec![data(" a")]),
            (": ping\n\nevent: x\nid: 7\ndata: a\nretry: 3\n\n\n\n", vec![data("a")]),
            ("\u{feff}data: a\n\n", vec![data("a")]),
            ("data: {\"é\": \"👍🏽\"}\n\n", vec![data("{\"é\": \"👍🏽\"}")]),
            ("data\n\n", vec![data("")]),
            ("data: [DONE]", vec![data("[DONE]")]),
            ("error: {\"x\": 1}\n\n", vec![Event::Error("{\"x\": 1}".to_owned())]),
            ("datax: a\n\n<html>\n", vec![]),
            ("", vec![]),
        ] {
            for size in 1..=text.len().max(1) {
                assert_eq!(read(text.as_bytes(), size).unwrap(), expected, "{text:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_end_nothing() {
        let found = read(b"data: a\xff\xc3b\n\n", 1).unwrap();
        assert_eq!(found, [Event::Data("a\u{fffd}\u{fffd}b".to_owned())]);
    }

    #[test]
    fn a_line_without_end_and_an_event_without_end_are_faults() {
        assert_eq!(read(&[b'x'; MOST_BYTES + 2], 1 << 16), Err(TooLong));
        let lines = format!("data: {}\n", "x".repeat(1 << 16)).repeat(17);
        assert_eq!(read(lines.as_bytes(), 1 << 16), Err(TooLong));
    }
}

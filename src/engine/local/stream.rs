//! From the bytes of tokens to text that may be shown.
//! Knows: UTF-8, stop texts, thinking blocks. Never: tokens, probabilities.

/// Begins a block in which a model talks to itself.
const THINK: &str = "<think>";
/// Ends it.
const THINK_END: &str = "</think>";

/// What a piece of the reply turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text to emit; may be empty.
    Text(String),
    /// The last text to emit; a stop text came after it.
    Stop(String),
}

/// Holds back what may still turn out to be half a character, a stop text or a thinking block.
pub struct Stream<'a> {
    stops: Vec<&'a str>,
    bytes: Vec<u8>,
    held: String,
    state: State,
    /// White space that may still come before the first word, and is not shown.
    indent: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Reply,
    Thinking,
    /// Just after a thinking block: white space there belongs to it.
    AfterThinking,
}

/// The first thing found in the text that must not be shown.
enum Mark {
    Stop(usize),
    Think(usize),
    /// The end of a block that began in the prompt; its length goes with it.
    StrayEnd(usize),
}

impl<'a> Stream<'a> {
    /// A reply that ends at any of `stops` (empty ones are ignored). `prompt_end` is what the
    /// template put last: a thinking block that it left open is not shown either. `indent` is the
    /// white space with which the model was taught to begin.
    pub fn new(stops: &'a [String], prompt_end: &str, indent: &'a str) -> Self {
        let open = prompt_end.rfind(THINK) > prompt_end.rfind(THINK_END);
        Self {
            stops: stops.iter().map(String::as_str).filter(|stop| !stop.is_empty()).collect(),
            bytes: Vec::new(),
            held: String::new(),
            state: if open { State::Thinking } else { State::Reply },
            indent,
        }
    }

    /// Takes the bytes of the next token.
    pub fn push(&mut self, bytes: &[u8]) -> Piece {
        self.bytes.extend_from_slice(bytes);
        self.decode();
        self.drop_indent();
        let mut out = String::new();
        loop {
            match self.state {
                State::Thinking => match self.held.find(THINK_END) {
                    Some(at) => {
                        self.held.drain(..at + THINK_END.len());
                        self.state = State::AfterThinking;
                    }
                    None => {
                        let keep = partial(&self.held, THINK_END);
                        self.held.drain(..self.held.len() - keep);
                        return Piece::Text(out);
                    }
                },
                State::AfterThinking => {
                    let text = self.held.trim_start().to_owned();
                    if text.is_empty() {
                        return Piece::Text(out);
                    }
                    self.held = text;
                    self.state = State::Reply;
                }
                State::Reply => match self.find_mark() {
                    Some(Mark::Stop(at)) => {
                        out.push_str(&self.held[..at]);
                        self.held.clear();
                        return Piece::Stop(out);
                    }
                    Some(Mark::Think(at)) => {
                        out.extend(self.held.drain(..at));
                        self.held.drain(..THINK.len());
                        self.state = State::Thinking;
                    }
                    Some(Mark::StrayEnd(at)) => {
                        out.extend(self.held.drain(..at));
                        self.held.drain(..THINK_END.len());
                        self.state = State::AfterThinking;
                    }
                    None => {
                        let marks = self.stops.iter().copied().chain([THINK, THINK_END]);
                        let keep = marks.map(|mark| partial(&self.held, mark)).max().unwrap_or(0);
                        out.extend(self.held.drain(..self.held.len() - keep));
                        return Piece::Text(out);
                    }
                },
            }
        }
    }

    /// The text still held back, now that nothing follows. Half a character is dropped.
    pub fn finish(self) -> String {
        match self.state {
            State::Reply => self.held,
            State::Thinking | State::AfterThinking => String::new(),
        }
    }

    /// Moves whole characters from `bytes` to `held`; what can be none becomes U+FFFD.
    fn decode(&mut self) {
        let mut rest = self.bytes.as_slice();
        loop {
            let (valid, error) = match std::str::from_utf8(rest) {
                Ok(text) => (text, None),
                Err(e) => {
                    let (valid, _) = rest.split_at(e.valid_up_to());
                    (std::str::from_utf8(valid).unwrap_or_default(), Some(e.error_len()))
                }
            };
            self.held.push_str(valid);
            rest = &rest[valid.len()..];
            match error.flatten() {
                Some(bad) => {
                    self.held.push(char::REPLACEMENT_CHARACTER);
                    rest = &rest[bad..];
                }
                None => break,
            }
        }
        self.bytes = rest.to_vec();
    }

    fn drop_indent(&mut self) {
        let same = self.held.chars().zip(self.indent.chars()).take_while(|(a, b)| a == b);
        let same = same.map(|(c, _)| c.len_utf8()).sum();
        self.held.drain(..same);
        self.indent = if self.held.is_empty() { &self.indent[same..] } else { "" };
    }

    fn find_mark(&self) -> Option<Mark> {
        let stop = self.stops.iter().filter_map(|stop| self.held.find(stop)).min();
        let think = self.held.find(THINK);
        let stray = self.held.find(THINK_END);
        let marks = [stop.map(Mark::Stop), think.map(Mark::Think), stray.map(Mark::StrayEnd)];
        marks.into_iter().flatten().min_by_key(|mark| match mark {
            Mark::Stop(at) | Mark::Think(at) | Mark::StrayEnd(at) => *at,
        })
    }
}

/// Length of the longest end of `text` that is a beginning of `mark`, but not all of it.
fn partial(text: &str, mark: &str) -> usize {
    let longest = text.len().min(mark.len() - 1);
    (1..=longest).rev().find(|&n| mark.is_char_boundary(n) && text.ends_with(&mark[..n])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pushes `text` in tokens of `size` bytes; the pieces and what ended it.
    fn shown(text: &str, stops: &[&str], indent: &str, size: usize) -> (String, bool) {
        let stops: Vec<String> = stops.iter().map(|s| (*s).to_owned()).collect();
        let mut stream = Stream::new(&stops, "", indent);
        let mut out = String::new();
        for token in text.as_bytes().chunks(size) {
            match stream.push(token) {
                Piece::Text(text) => out.push_str(&text),
                Piece::Stop(text) => return (out + &text, true),
            }
        }
        (out + &stream.finish(), false)
    }

    #[test]
    fn the_text_does_not_depend_on_how_it_was_cut() {
        for (text, stops, expected, stopped) in [
            ("Oui, ça va – 👍🏽.", &["\n"][..], "Oui, ça va – 👍🏽.", false),
            ("No.\n\nTrainee: so", &["\n\n", "Trainee:"], "No.", true),
            ("a Trai", &["Trainee:"], "a Trai", false),
            ("abc", &["abcd", "c"], "ab", true),
            ("éé", &["é"], "", true),
            ("<think>I am\nan AI</think>\n\nNo.", &["\n"], "No.", false),
            ("x<think>one</think> y <think>two</think>z", &[], "xy z", false),
            ("<think>never ends", &[], "", false),
            ("</think>\n\nSure.", &[], "Sure.", false),
            ("a < b <thin", &[], "a < b <thin", false),
            ("", &[""], "", false),
        ] {
            for size in 1..=text.len().max(1) {
                let found = shown(text, stops, "", size);
                assert_eq!(found, (expected.to_owned(), stopped), "{text:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn the_space_that_belongs_to_the_template_is_not_shown() {
        for (text, indent, expected) in [
            (" No. ", " ", "No. "),
            ("  No.", " ", " No."),
            ("No.", " ", "No."),
            (" No.", "  ", "No."),
            ("\n No.", "\n", " No."),
            (" <think>x</think>y", " ", "y"),
            ("  ", " ", " "),
            (" ", "", " "),
        ] {
            for size in 1..=text.len() {
                let found = shown(text, &["\n"], indent, size);
                assert_eq!(found, (expected.to_owned(), false), "{text:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_become_a_replacement_character() {
        let mut stream = Stream::new(&[], "", "");
        assert_eq!(stream.push(b"a\xff"), Piece::Text("a\u{fffd}".to_owned()));
        assert_eq!(stream.push(b"\xc3"), Piece::Text(String::new()));
        assert_eq!(stream.push(b"\xa9!"), Piece::Text("é!".to_owned()));
        stream.push(b"\xe2\x82");
        assert_eq!(stream.finish(), "");
    }

    #[test]
    fn a_thinking_block_that_the_template_opened_is_not_shown() {
        let mut stream = Stream::new(&[], "<|im_start|>assistant\n<think>\n", "");
        assert_eq!(stream.push(b"hm </th"), Piece::Text(String::new()));
        assert_eq!(stream.push(b"ink>\n\n"), Piece::Text(String::new()));
        assert_eq!(stream.push(b"Fine."), Piece::Text("Fine.".to_owned()));
        let closed = Stream::new(&[], "<think>\n\n</think>\n\n", "");
        assert!(closed.state == State::Reply);
    }
}

//! The sections of a topic file: beliefs, advice, information, closed questions, plans, disclosures.
//! Knows: the format. Never: personas, choosing, disk.

use crate::domain::lines::parse::{Reader, alternatives};
use crate::domain::lines::store::{Belief, Form, Frame, Place};
use crate::domain::lines::tag::{Tag, Turn, Turns};

/// The section of a topic that the current line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// Before the first.
    None,
    /// `S` or `C`: a belief, and the act that its lines do.
    Belief(u32, Tag),
    /// `ADV`, `INF`, `CQ`: trainee words with replies by key.
    Answers(u32, Form),
    /// `K`, `D`, `I`: replies only.
    List(Place, Tag),
}

const KEYS: &str = "y m e a w q act (belief), yb ar so mi in (answers)";

impl Reader {
    /// One line under `@topic`.
    pub(super) fn topic_entry(&mut self, frame: &mut Frame, section: &mut Section, line: &str) {
        if let Some(next) = self.topic_header(frame, line) {
            *section = next;
            frame.cue = None;
            return;
        }
        match *section {
            Section::None => self.fault("this line stands before the first section", None),
            Section::List(place, tag) => self.list_entry(frame, place, tag, line),
            Section::Answers(cue, form) => self.answer_entry(frame, cue, form, line),
            Section::Belief(belief, act) => {
                if let Some(act) = self.belief_entry(frame, belief, act, line) {
                    *section = Section::Belief(belief, act);
                }
            }
        }
    }

    fn topic_header(&mut self, frame: &Frame, line: &str) -> Option<Section> {
        let (key, rest) = line.split_once(' ').unwrap_or((line, ""));
        match key {
            "THING" => {
                let things: Vec<String> = alternatives(rest).map(str::to_owned).collect();
                if let Some(topic) = frame.topics.iter().next() {
                    self.store.topics[topic].things.extend(things);
                }
                Some(Section::None)
            }
            "S" | "C" if rest.is_empty() => {
                self.store.beliefs.push(Belief::default());
                let act = if key == "C" { Tag::Change } else { Tag::Argue };
                Some(Section::Belief(self.store.beliefs.len() as u32 - 1, act))
            }
            "K" if rest.is_empty() => Some(Section::List(Place::Plan, Tag::Commit)),
            "D" if rest.is_empty() => Some(Section::List(Place::Secret, Tag::Disclose)),
            "I" if rest.is_empty() => Some(Section::List(Place::Daily, Tag::Inform)),
            "ADV" => Some(Section::Answers(self.cue(Form::Advice, rest), Form::Advice)),
            "INF" => Some(Section::Answers(self.cue(Form::Info, rest), Form::Info)),
            "CQ" => Some(Section::Answers(self.cue(Form::Asked, rest), Form::Asked)),
            _ => None,
        }
    }

    /// Replies of a list; `q: …` among them gives the questions that the replies below it answer.
    fn list_entry(&mut self, frame: &mut Frame, place: Place, tag: Tag, line: &str) {
        match line.strip_prefix("q: ") {
            Some(questions) => frame.cue = Some(self.cue(Form::Question, questions)),
            None => self.replies(Frame { place, tag, turns: Turns::default(), ..*frame }, line),
        }
    }

    fn answer_entry(&mut self, frame: &Frame, cue: u32, form: Form, line: &str) {
        let Some((key, replies)) = self.keyed(line) else { return };
        let tag = match (key, form) {
            ("yb", _) => Tag::YesBut,
            ("ar", _) => Tag::Argue,
            ("mi", _) => Tag::Minimal,
            ("in", _) => Tag::Inform,
            ("so", _) => Tag::Soften,
            _ => match Tag::named(key) {
                Some(tag) => tag,
                None => {
                    return self
                        .fault(format!("unknown key `{key}`"), Some(format!("known: {KEYS}, or a tag")));
                }
            },
        };
        let turns = match form {
            Form::Advice => Turns::of(&[Turn::Advice, Turn::InfoPerm]),
            Form::Info => Turns::of(&[Turn::InfoNoPerm, Turn::InfoPerm]),
            _ => Turns::of(&[Turn::ClosedQ, Turn::OpenQ]),
        };
        let frame = Frame { place: Place::Paired, tag, turns, cue: Some(cue), ..*frame };
        // The questions of a CQ are different ones: the first answer is to the first, and so on.
        // "ar" turns any of them down.
        if form == Form::Asked && key != "ar" {
            self.replies_in_order(frame, replies);
        } else {
            self.replies(frame, replies);
        }
    }

    /// One key of a belief; gives the act where the line sets it.
    fn belief_entry(&mut self, frame: &Frame, belief: u32, act: Tag, line: &str) -> Option<Tag> {
        let (key, text) = self.keyed(line)?;
        let said = |tag, place| Frame { tag, place, turns: Turns::default(), cue: None, ..*frame };
        match key {
            "y" => self.store.beliefs[belief as usize].reflected = Some(self.cue(Form::Reflection, text)),
            "a" => self.store.beliefs[belief as usize].amplified = Some(self.cue(Form::Amplified, text)),
            "q" => self.store.beliefs[belief as usize].asked = Some(self.cue(Form::Question, text)),
            "m" => self.replies(said(act, Place::Claim(belief)), text),
            "e" => self.replies(said(act, Place::Detail(belief)), text),
            "w" => self.replies(said(Tag::Soften, Place::Softened(belief)), text),
            "act" => {
                let act = self.tag(text)?;
                self.retag(belief, act);
                return Some(act);
            }
            _ => self.fault(format!("unknown key `{key}`"), Some(format!("known: {KEYS}"))),
        }
        None
    }

    /// `act:` may stand below the lines that it is about.
    fn retag(&mut self, belief: u32, act: Tag) {
        for line in self.store.lines.iter_mut().rev() {
            match line.place {
                Place::Claim(b) | Place::Detail(b) if b == belief => line.tag = act,
                Place::Softened(b) if b == belief => {}
                _ => break,
            }
        }
    }
}

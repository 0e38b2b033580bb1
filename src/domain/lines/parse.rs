//! Line files -> lines. One reader walks all files; a header (`@type`, `@move`, `@topic`, `@x`,
//! `@m`, `@d`) says how the entries below it are to be read. README.md beside the banks has the formats.
//! Knows: the formats. Never: personas, choosing, disk.

use std::sync::OnceLock;

use crate::domain::lines::needs::Needs;
use crate::domain::lines::store::{
    Client, Cue, Few, Form, Frame, KINDS, Line, Place, Store, Template, Topic,
};
use crate::domain::lines::tag::{Tag, Turn, Turns};
use crate::domain::lines::thread::Follow;
use crate::domain::lines::topic::Section;
use crate::domain::problem::{Problem, nearest};

/// The most topics: they are bits of a line's topics.
const MAX_TOPICS: usize = 64;
/// The most clients with lines of their own: likewise.
const MAX_CLIENTS: usize = 64;

/// What the header above the current line opened.
#[derive(Debug)]
enum Block {
    /// No header yet, or one that could not be read.
    None,
    /// `tag[/turn,…]: reply | …`
    Tagged(Frame),
    /// `any: reply | …` or `kind,…: reply | …` under `@move warn` and `@move leave`.
    Exit(Frame),
    /// `T:`, then `C:` or `tag:`, then what goes on from these; whether a reply has come since the last `T:`.
    Paired(Frame, bool, Follow),
    /// What goes on from lines that stand elsewhere.
    Said(Frame, Follow),
    /// `T turn:` and `C tag:` in turn.
    Dialogue(Frame),
    /// The sections of a topic.
    Topic(Frame, Section),
    /// Trainee templates, one a line.
    Templates(Turn),
}

/// Reads files into a [`Store`].
pub(super) struct Reader {
    pub store: Store,
    pub problems: Vec<Problem>,
    block: Block,
    file: u16,
    line_no: u32,
    risk: bool,
    /// Whose lines the file goes on with.
    pub(super) clients: Few,
}

impl Reader {
    /// A reader that adds to `store`.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            problems: Vec::new(),
            block: Block::None,
            file: 0,
            line_no: 0,
            risk: false,
            clients: Few::default(),
        }
    }

    /// Reads one file of client lines (or, `trainee*`, of trainee templates).
    pub fn read(&mut self, name: &str, text: &str) {
        let stem = name.rsplit('/').next().unwrap_or(name);
        self.file = u16::try_from(self.store.files.len()).unwrap_or(u16::MAX);
        self.store.files.push(name.to_owned());
        self.block = Block::None;
        self.clients = Few::default();
        self.risk = stem.starts_with("risk");
        let templates = stem.starts_with("trainee");
        for (i, line) in text.lines().enumerate() {
            self.line_no = u32::try_from(i + 1).unwrap_or(u32::MAX);
            let line = line.trim_end();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match line.strip_prefix('@') {
                Some(header) => self.block = self.open(header, templates),
                None => self.entry(line),
            }
        }
    }

    /// File and line of what is being read.
    pub(super) fn here(&self) -> (u16, u32) {
        (self.file, self.line_no)
    }

    /// A fault in the current line.
    pub fn fault(&mut self, message: impl Into<String>, hint: Option<String>) {
        let mut problem =
            Problem::new(&self.store.files[self.file as usize], message).at(self.line_no as usize);
        problem.hint = hint;
        self.problems.push(problem);
    }

    /// A fault with the nearest known name as a hint.
    pub(super) fn unknown(&mut self, what: &str, name: &str, known: &[&'static str]) {
        let hint = nearest(name, known.iter().copied()).map(|k| format!("did you mean `{k}`?"));
        self.fault(format!("unknown {what} `{name}`"), hint);
    }

    fn open(&mut self, header: &str, templates: bool) -> Block {
        let (key, rest) = header.split_once(' ').unwrap_or((header, ""));
        let rest = rest.trim();
        let opened = match key {
            "type" => {
                self.kinds(rest).map(|kinds| Block::Tagged(Frame { kinds, ..Frame::new(Place::Voice) }))
            }
            "move" if templates => self.turn(rest).map(Block::Templates),
            "move" if matches!(rest, "warn" | "leave") => {
                let tag = if rest == "warn" { Tag::Warn } else { Tag::Leave };
                Some(Block::Exit(Frame { tag, ..Frame::new(Place::Exit) }))
            }
            "move" => self.turn(rest).map(|turn| {
                Block::Tagged(Frame { turns: Turns::of(&[turn]), ..Frame::new(Place::Reaction) })
            }),
            "anywhere" => self.anywhere_block(rest),
            "after" => self.later_frame(rest).map(Block::Tagged),
            "client" => {
                self.clients = self.own(rest);
                None
            }
            "topic" => self.topic_block(rest),
            "x" => self.cell_block(rest),
            "m" => self.contrast_block(rest),
            "d" => self.dialogue_block(rest),
            "said" => self.said_frame(rest).map(|frame| Block::Said(frame, Follow::default())),
            _ => {
                let known = ["client", "type", "move", "anywhere", "after", "topic", "x", "m", "d", "said"];
                self.unknown("header", key, &known);
                None
            }
        };
        opened.unwrap_or(Block::None)
    }

    fn topic_block(&mut self, name: &str) -> Option<Block> {
        let i = self.topic(name)?;
        self.store.topics[i].defined = true;
        Some(Block::Topic(Frame { topics: Few::default().with(i), ..Frame::new(Place::Plan) }, Section::None))
    }

    /// The clients whose own lines follow; `any` ends it.
    fn own(&mut self, ids: &str) -> Few {
        let mut set = Few::default();
        for id in ids.split(',').map(str::trim).filter(|id| *id != "any") {
            let known = self.store.client(id);
            if known.is_none() && (id.is_empty() || self.store.clients.len() >= MAX_CLIENTS) {
                self.fault(format!("no room for client `{id}`: {MAX_CLIENTS} at most"), None);
                continue;
            }
            set = set.with(known.unwrap_or_else(|| {
                self.store.clients.push(Client { id: id.to_owned(), first: self.here() });
                self.store.clients.len() - 1
            }));
        }
        set
    }

    fn cell_block(&mut self, rest: &str) -> Option<Block> {
        let [kinds, topics, tag, turn] = self.fields(rest, "types|topics|tag|move")?;
        let frame = Frame {
            kinds: self.kinds(kinds)?,
            topics: self.topics(topics)?,
            tag: self.tag(tag)?,
            turns: Turns::of(&[self.turn(turn)?]),
            ..Frame::new(Place::Paired)
        };
        Some(Block::Paired(frame, false, Follow::default()))
    }

    fn contrast_block(&mut self, rest: &str) -> Option<Block> {
        let [kinds, topics, moves] = self.fields(rest, "types|topics|moves")?;
        let frame = Frame {
            kinds: self.kinds(kinds)?,
            topics: self.topics(topics)?,
            turns: self.turns(moves)?,
            ..Frame::new(Place::Paired)
        };
        Some(Block::Paired(frame, false, Follow::default()))
    }

    fn dialogue_block(&mut self, rest: &str) -> Option<Block> {
        let mut words = rest.split_whitespace();
        let (Some(kind), Some(topic)) = (words.next(), words.next()) else {
            self.fault("a conversation needs `@d type topic gender`", None);
            return None;
        };
        let needs = Needs::gender(words.next().unwrap_or_default());
        let frame = Frame {
            kinds: self.kinds(kind)?,
            topics: self.topics(topic)?,
            needs,
            ..Frame::new(Place::Next(None))
        };
        Some(Block::Dialogue(frame))
    }

    fn anywhere_block(&mut self, moves: &str) -> Option<Block> {
        Some(Block::Tagged(Frame { turns: self.turns(moves)?, ..Frame::new(Place::Anywhere) }))
    }

    fn entry(&mut self, line: &str) {
        let mut block = std::mem::replace(&mut self.block, Block::None);
        match &mut block {
            Block::None => {
                self.fault("this line stands under no header", Some("headers begin with @".to_owned()))
            }
            Block::Templates(turn) => {
                let (file, line_no) = (self.file, self.line_no);
                self.store.templates.push(Template { turn: *turn, text: line.to_owned(), file, line_no });
            }
            Block::Tagged(frame) => self.tagged_entry(frame, line),
            Block::Exit(frame) => {
                if let Some((kinds, replies)) = self.keyed(line)
                    && let Some(kinds) = self.kinds(kinds)
                {
                    self.replies(Frame { kinds, ..*frame }, replies);
                }
            }
            Block::Paired(frame, answered, follow) => self.paired_entry(frame, answered, follow, line),
            Block::Said(frame, follow) => {
                if let Some((key, rest)) = self.keyed(line) {
                    self.follow_entry(frame, follow, key, rest);
                }
            }
            Block::Dialogue(frame) => self.dialogue_entry(frame, line),
            Block::Topic(frame, section) => self.topic_entry(frame, section, line),
        }
        self.block = block;
    }

    fn tagged_entry(&mut self, frame: &Frame, line: &str) {
        if let Some((key, replies)) = self.keyed(line) {
            self.tagged(frame, key, replies);
        }
    }

    /// `tag[/turn,…]` and its replies.
    pub(super) fn tagged(&mut self, frame: &Frame, key: &str, replies: &str) {
        let (tag, turns) = key.split_once('/').unwrap_or((key, ""));
        let Some(tag) = self.tag(tag) else { return };
        let mut set = frame.turns;
        for name in turns.split(',').filter(|n| !n.is_empty()) {
            let Some(turn) = self.turn(name) else { return };
            set = set.with(turn);
        }
        self.replies(Frame { tag, turns: set, ..*frame }, replies);
    }

    fn paired_entry(&mut self, frame: &mut Frame, answered: &mut bool, follow: &mut Follow, line: &str) {
        let Some((key, rest)) = self.keyed(line) else { return };
        if let Some(key) = key.strip_prefix('+') {
            match self.more_frame(frame).filter(|_| *answered) {
                Some(more) => self.follow_entry(&more, follow, key.trim_start(), rest),
                None => self.fault("nothing was said above to go on from", None),
            }
            return;
        }
        match key {
            "T" => {
                if *answered || frame.cue.is_none() {
                    let cue = self.cue(Form::Turn, rest);
                    self.store.cues[cue as usize].asks = frame.turns.ask();
                    frame.cue = Some(cue);
                    *answered = false;
                    *follow = Follow::default();
                } else if let Some(cue) = frame.cue {
                    self.more_of(cue, rest);
                }
            }
            "C" => {
                *answered = true;
                self.replies(*frame, rest);
            }
            _ => {
                *answered = true;
                self.tagged(frame, key, rest);
            }
        }
        if *answered && frame.cue.is_none() {
            self.fault("a reply without the `T:` that it answers", None);
        }
    }

    fn dialogue_entry(&mut self, frame: &mut Frame, line: &str) {
        let Some((key, text)) = self.keyed(line) else { return };
        match key.split_once(' ') {
            Some(("T", turn)) => {
                let Some(turn) = self.turn(turn) else { return };
                frame.turns = Turns::of(&[turn]);
                frame.cue = Some(self.cue(Form::Turn, text));
            }
            Some(("C", tag)) => {
                let Some(tag) = self.tag(tag) else { return };
                let line = self.reply(Frame { tag, ..*frame }, text);
                frame.place = Place::Next(Some(line));
            }
            _ => self.fault("expected `T move: …` or `C tag: …`", None),
        }
    }

    /// `key: value`.
    pub fn keyed<'t>(&mut self, line: &'t str) -> Option<(&'t str, &'t str)> {
        let split = line.split_once(": ");
        if split.is_none() {
            self.fault("expected `name: text`", None);
        }
        split.map(|(k, v)| (k.trim(), v.trim()))
    }

    /// Adds each of the replies in `text`. As many replies as the cue has wordings are taken
    /// to answer them one by one.
    pub fn replies(&mut self, frame: Frame, text: &str) {
        let wordings = frame.cue.map_or(0, |cue| self.store.cues[cue as usize].texts.len());
        if alternatives(text).count() == wordings {
            return self.replies_in_order(frame, text);
        }
        for reply in alternatives(text) {
            self.reply(frame, reply);
        }
    }

    /// Adds the replies in `text`, the first for the cue's first wording, and so on.
    pub fn replies_in_order(&mut self, frame: Frame, text: &str) {
        for (wording, reply) in (0..).zip(alternatives(text)) {
            self.reply(Frame { wording: Some(wording), ..frame }, reply);
        }
    }

    /// Adds one reply; gives its number.
    pub fn reply(&mut self, frame: Frame, text: &str) -> u32 {
        let (text, braces) = self.without_braces(text);
        let text = text.trim().to_owned();
        let (mut turns, mut place) = (frame.turns, frame.place);
        if self.risk {
            (turns, place) = (turns.with(Turn::Crisis), Place::Risk);
        }
        let frame = Frame { turns, place, needs: frame.needs.and(braces), clients: self.clients, ..frame };
        self.store.lines.push(Line::new(text, frame, self.file, self.line_no));
        self.store.lines.len() as u32 - 1
    }

    /// Takes `{+f}` and the like off a line.
    fn without_braces(&mut self, text: &str) -> (String, Needs) {
        let mut out = text.to_owned();
        let mut needs = Needs::default();
        while let Some(start) = out.find("{+") {
            let Some(len) = out[start..].find('}') else { break };
            let names = out[start + 2..start + len].to_owned();
            out.replace_range(start..=start + len, "");
            for name in names.split([',', '+']).map(str::trim) {
                match Needs::brace(name) {
                    Some(need) => needs = needs.and(need),
                    None => self.unknown("need", name, &["f", "m", "teen", "adult", "kid", "partner", "job"]),
                }
            }
        }
        (out, needs)
    }

    /// Adds trainee words, in alternatives; gives their number.
    pub fn cue(&mut self, form: Form, text: &str) -> u32 {
        let asks = match form {
            Form::Question | Form::Asked => Some(true),
            Form::Turn => None,
            Form::Reflection | Form::Amplified | Form::Advice | Form::Info => Some(false),
        };
        self.store.cues.push(Cue {
            form,
            asks,
            texts: Vec::new(),
            vectors: Vec::new(),
            gists: OnceLock::new(),
        });
        let cue = self.store.cues.len() as u32 - 1;
        self.more_of(cue, text);
        cue
    }

    /// Adds trainee words to those of `cue`.
    pub(super) fn more_of(&mut self, cue: u32, text: &str) {
        self.store.cues[cue as usize].texts.extend(alternatives(text).map(str::to_owned));
    }

    /// The tag of that name, or a fault.
    pub fn tag(&mut self, name: &str) -> Option<Tag> {
        let tag = Tag::named(name.trim()).filter(|t| !matches!(t, Tag::Warn | Tag::Leave));
        if tag.is_none() {
            self.unknown("tag", name, &Tag::ALL.map(Tag::as_str));
        }
        tag
    }

    fn turns(&mut self, names: &str) -> Option<Turns> {
        let turns = names.split(',').map(|name| self.turn(name)).collect::<Option<Vec<Turn>>>()?;
        Some(Turns::of(&turns))
    }

    fn turn(&mut self, name: &str) -> Option<Turn> {
        let turn = Turn::named(name.trim());
        if turn.is_none() {
            self.unknown("move", name, &Turn::ALL.map(Turn::as_str));
        }
        turn
    }

    pub(super) fn kinds(&mut self, names: &str) -> Option<Few> {
        let mut set = Few::default();
        for name in names.split(',').map(str::trim).filter(|n| *n != "any") {
            match KINDS.iter().position(|(_, known)| *known == name) {
                Some(i) => set = set.with(i),
                None => {
                    self.unknown("type", name, &KINDS.map(|(_, known)| known));
                    return None;
                }
            }
        }
        Some(set)
    }

    fn topics(&mut self, names: &str) -> Option<Few> {
        let mut set = Few::default();
        for name in names.split(',').map(str::trim).filter(|n| *n != "any") {
            set = set.with(self.topic(name)?);
        }
        Some(set)
    }

    fn topic(&mut self, name: &str) -> Option<usize> {
        if let Some(i) = self.store.topic(name) {
            return Some(i);
        }
        if self.store.topics.len() >= MAX_TOPICS || name.is_empty() {
            self.fault(format!("no room for topic `{name}`: {MAX_TOPICS} at most"), None);
            return None;
        }
        let (name, first) = (name.to_owned(), (self.file, self.line_no));
        self.store.topics.push(Topic { name, things: Vec::new(), defined: false, first });
        Some(self.store.topics.len() - 1)
    }

    fn fields<'t, const N: usize>(&mut self, rest: &'t str, shape: &str) -> Option<[&'t str; N]> {
        let fields: Vec<&str> = rest.split('|').map(str::trim).collect();
        let found = <[&str; N]>::try_from(fields).ok();
        if found.is_none() {
            self.fault(format!("expected `{shape}` after this header"), None);
        }
        found
    }
}

/// The parts of `a | b | c`.
pub(super) fn alternatives(text: &str) -> impl Iterator<Item = &str> {
    text.split(" | ").map(str::trim).filter(|s| !s.is_empty())
}

//! Text to tokens and back, as the model file's own tokenizer does it.
//! Knows: special tokens, and who may use them. Never: messages, templates, probabilities.
//!
//! `entries` reads the file; `bytes` with its `rules` is byte-level BPE, `pieces` is
//! SentencePiece; `special` finds the tokens that stand in a text by name.

use std::collections::HashMap;

use self::bytes::{Alphabet, Bytes};
use self::entries::Kind;
use self::pieces::Pieces;
use self::rules::Rules;
use self::special::Special;
use self::texts::Texts;
use super::gguf::Gguf;
use crate::engine::EngineError;

mod bytes;
mod entries;
mod joins;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod parity;
mod pieces;
mod rules;
mod special;
mod texts;

type Result<T> = std::result::Result<T, EngineError>;

/// Which special tokens a stretch of text may contain; what it may not is plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Only those that are white space, which steer nothing: text that a person typed.
    Typed,
    /// Those that the model's maker marked as ordinary words: text of the program's own.
    Authored,
    /// All: the chat template.
    Template,
}

/// How byte-level BPE writes each byte.
#[cfg(test)]
pub(super) fn byte_names() -> impl Iterator<Item = String> {
    bytes::byte_chars().map(String::from)
}

/// What is in front of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nothing, or a special token.
    Open,
    /// Plain text.
    Within,
}

/// How plain text becomes tokens.
enum Model {
    Bytes(Box<Bytes>),
    Pieces(Box<Pieces>),
}

/// Tokenizer of one model.
pub struct Tokenizer {
    model: Model,
    /// Tokens that are no pieces of text. The names of the others can be told from their bytes.
    names: HashMap<String, u32>,
    kinds: Vec<Kind>,
    /// Texts of all tokens.
    texts: Texts,
    blank: Special,
    user_defined: Special,
    all_special: Special,
    /// Special tokens that swallow the white space behind them.
    swallow: Vec<u32>,
    bos: Option<u32>,
    adds_bos: bool,
    stops: Vec<u32>,
    /// What the model may not say: control tokens that end no turn, and unused ones.
    silent: Vec<u32>,
}

/// Names under which models end a turn, whatever their metadata says.
const TURN_ENDS: [&str; 10] = [
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "<|endoftext|>",
    "<|end|>",
    "<end_of_turn>",
    "<|end_of_turn|>",
    "</s>",
    "<eos>",
];

impl Tokenizer {
    /// Builds the tokenizer that `file` describes.
    pub fn read(file: &Gguf<'_>) -> Result<Self> {
        let key = "tokenizer.ggml.model";
        let model = entries::required(file.text(key)?, key)?;
        let tokens = entries::tokens(file)?;
        let kinds = entries::kinds(file, tokens.len())?;
        let spelling = match model {
            "gpt2" => Spelling::Bytes(Alphabet::new()),
            "llama" => Spelling::Pieces,
            other => return Err(EngineError::UnsupportedTokenizer(other.to_owned())),
        };
        let texts = spelling.texts(&tokens, &kinds)?;
        let names = spelling.names(&tokens, &kinds);
        let (model, adds_bos) = match spelling {
            Spelling::Bytes(_) => {
                let key = "tokenizer.ggml.pre";
                let rules = Rules::named(entries::required(file.text(key)?, key)?)?;
                let bytes = Bytes::read(file, &texts, &kinds, &rules)?;
                (Model::Bytes(Box::new(bytes)), rules.adds_bos)
            }
            Spelling::Pieces => (Model::Pieces(Box::new(Pieces::read(file, &tokens, &kinds)?)), true),
        };
        let special = |keep: &dyn Fn(Kind, &str) -> bool| {
            let kept = names.iter().filter(|(name, id)| keep(kinds[*id as usize], name));
            Special::new(kept.map(|(name, id)| (name.as_str(), *id)))
        };
        let mut tokenizer = Self {
            model,
            blank: special(&|kind, name| kind == Kind::UserDefined && name.trim().is_empty())?,
            user_defined: special(&|kind, _| kind == Kind::UserDefined)?,
            all_special: special(&|kind, _| matches!(kind, Kind::Control | Kind::UserDefined))?,
            swallow: Vec::new(),
            texts,
            bos: entries::id(file, "tokenizer.ggml.bos_token_id", tokens.len())?,
            adds_bos: file.flag("tokenizer.ggml.add_bos_token")?.unwrap_or(adds_bos),
            stops: Vec::new(),
            silent: Vec::new(),
            names: names.into_iter().collect(),
            kinds,
        };
        let phi3 = file.text("general.architecture")? == Some("phi3");
        if phi3 && matches!(tokenizer.model, Model::Pieces(_)) {
            tokenizer.swallow = tokenizer.phi3_swallow();
        }
        tokenizer.find_stops(file)?;
        Ok(tokenizer)
    }

    /// Number of tokens.
    pub fn vocab(&self) -> usize {
        self.kinds.len()
    }

    /// Tokens of several stretches of text, joined as if they were one; `place` is where the
    /// first begins.
    ///
    /// Pieces of a word may come from two stretches; a special token never does.
    pub fn encode(&self, place: Place, stretches: &[(&str, Trust)]) -> Result<Vec<u32>> {
        let mut run = Run { place, swallow: false, plain: String::new(), ids: Vec::new() };
        for (text, trust) in stretches {
            let special = match trust {
                Trust::Typed => &self.blank,
                Trust::Authored => &self.user_defined,
                Trust::Template => &self.all_special,
            };
            let mut from = 0;
            for (range, id) in special.find(text) {
                run.add(&text[from..range.start]);
                self.finish(&mut run)?;
                run.ids.push(id);
                run.place = Place::Open;
                run.swallow = self.swallow.contains(&id);
                from = range.end;
            }
            run.add(&text[from..]);
        }
        self.finish(&mut run)?;
        Ok(run.ids)
    }

    /// Where a text behind `ids` is.
    pub fn place_behind(&self, ids: &[u32]) -> Place {
        match ids.last().map(|&id| self.kinds[id as usize]) {
            Some(kind) if kind.is_text() => Place::Within,
            _ => Place::Open,
        }
    }

    /// What the tokenizer puts in front of a text at `place`.
    pub fn space_before(&self, place: Place) -> &'static str {
        match &self.model {
            Model::Pieces(pieces) if pieces.begins_with_space(place) => " ",
            _ => "",
        }
    }

    /// Puts the token that begins every text in front, where the model expects it.
    pub fn begin(&self, ids: &mut Vec<u32>) {
        if let Some(bos) = self.bos.filter(|bos| self.adds_bos && ids.first() != Some(bos)) {
            ids.insert(0, bos);
        }
    }

    /// Turns what `run` has gathered into tokens.
    fn finish(&self, run: &mut Run) -> Result<()> {
        if run.plain.is_empty() {
            return Ok(());
        }
        match &self.model {
            Model::Bytes(bytes) => bytes.encode(&self.texts, &run.plain, &mut run.ids)?,
            Model::Pieces(pieces) => pieces.encode(&run.plain, run.place, &mut run.ids),
        }
        run.plain.clear();
        run.place = Place::Within;
        Ok(())
    }

    /// The text of token `id`, which need not be whole characters. Empty for control tokens.
    pub fn bytes(&self, id: u32) -> &[u8] {
        self.texts.get(id)
    }

    /// The name of a special token, as the file spells it.
    pub fn name(&self, id: u32) -> Option<&str> {
        self.names.iter().find(|(_, other)| **other == id).map(|(name, _)| name.as_str())
    }

    /// Whether token `id` was put into the vocabulary by name, instead of being a piece of text.
    pub fn is_special(&self, id: u32) -> bool {
        !self.kinds[id as usize].is_text()
    }

    /// The token that begins a text, if the model has one.
    pub fn bos(&self) -> Option<u32> {
        self.bos
    }

    /// Tokens that end a turn; the first is the one that the file calls end of sequence.
    pub fn stops(&self) -> &[u32] {
        &self.stops
    }

    /// Makes impossible in `logits` what the model may not say.
    pub fn silence(&self, logits: &mut [f32]) {
        for &id in &self.silent {
            logits[id as usize] = f32::NEG_INFINITY;
        }
    }

    /// Sorts out which tokens end a turn, and which must not be said.
    fn find_stops(&mut self, file: &Gguf<'_>) -> Result<()> {
        for key in
            ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"]
        {
            self.stops.extend(entries::id(file, key, self.kinds.len())?);
        }
        let named = TURN_ENDS.iter().filter_map(|name| self.names.get(*name));
        self.stops.extend(named);
        if self.stops.is_empty() {
            return Err(EngineError::MissingKey("tokenizer.ggml.eos_token_id".to_owned()));
        }
        let mute = |kind: &Kind| matches!(kind, Kind::Control | Kind::Unused);
        let muted = self.kinds.iter().zip(0..).filter(|(kind, id)| mute(kind) && !self.stops.contains(id));
        self.silent = muted.map(|(_, id)| id).collect();
        Ok(())
    }

    /// Phi-3's special tokens take the line break behind them along. GGUF has no place for that;
    /// which ones do is from the model's own `tokenizer_config.json`.
    fn phi3_swallow(&self) -> Vec<u32> {
        let swallows = |name: &str| !matches!(name, "<unk>" | "<s>" | "<|endoftext|>");
        let named = self.names.iter().filter(|(name, _)| swallows(name));
        named.map(|(_, id)| *id).collect()
    }
}

/// A text on its way to tokens.
struct Run {
    place: Place,
    /// The last special token swallows white space, and nothing else was behind it.
    swallow: bool,
    /// Text since the last special token.
    plain: String,
    ids: Vec<u32>,
}

impl Run {
    fn add(&mut self, text: &str) {
        let text = if self.swallow { text.trim_start() } else { text };
        self.swallow &= text.is_empty();
        self.plain.push_str(text);
    }
}

/// How a file spells its tokens.
enum Spelling {
    Bytes(Alphabet),
    Pieces,
}

impl Spelling {
    /// Text of every token.
    fn texts(&self, tokens: &[&str], kinds: &[Kind]) -> Result<Texts> {
        let mut texts = Texts::with_capacity(tokens.len());
        for (token, kind) in tokens.iter().zip(kinds) {
            let fits = texts.push(|bytes| self.write(token, *kind, bytes))?;
            if !fits {
                return Err(EngineError::bad_value(entries::TOKENS, "more than 4 GiB of text"));
            }
        }
        texts.shrink();
        Ok(texts)
    }

    fn write(&self, token: &str, kind: Kind, bytes: &mut Vec<u8>) -> Result<()> {
        match (kind, self) {
            (Kind::Control | Kind::Unused, _) => {}
            (Kind::UserDefined, Self::Bytes(_)) => bytes.extend_from_slice(token.as_bytes()),
            (Kind::Normal | Kind::Byte, Self::Bytes(alphabet)) => alphabet.write(token, bytes)?,
            (Kind::Byte, Self::Pieces) => bytes.push(pieces::byte_of(token)?),
            (Kind::Normal | Kind::UserDefined, Self::Pieces) => {
                bytes.extend_from_slice(pieces::plain(token).as_bytes());
            }
        }
        Ok(())
    }

    /// The names under which the tokens stand in a text that are no pieces of it.
    fn names(&self, tokens: &[&str], kinds: &[Kind]) -> Vec<(String, u32)> {
        let name = |token: &str, kind: Kind| match (self, kind) {
            // Files differ in how they spell words made of spaces.
            (Self::Pieces, Kind::UserDefined) => pieces::plain(token),
            _ => token.to_owned(),
        };
        let special = tokens.iter().zip(kinds).zip(0..).filter(|((_, kind), _)| !kind.is_text());
        special.map(|((token, kind), id)| (name(token, *kind), id)).collect()
    }
}

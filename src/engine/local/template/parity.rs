//! Every conversation of `tests/data/templates/` must become the text that the reference makes of
//! it with the family's own template. `training/templates/` says how the texts were made.

use std::path::PathBuf;

use candle_core::quantized::gguf_file::{self, Value};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Ending, Part, Template};
use crate::chat::{Message, Role};
use crate::engine::EngineError;
use crate::engine::local::gguf::Gguf;
use crate::engine::local::prompt::Prompter;
use crate::engine::local::tokenizer::{Tokenizer, byte_names};

/// Every family of `models/catalog.toml`, some with more than one template that files of it have,
/// and the tokens with which a turn of it ends: first the one that the template writes.
const FAMILIES: [(&str, &[&str]); 10] = [
    ("gemma-3", &["<end_of_turn>", "<eos>"]),
    ("llama-3.2", &["<|eot_id|>", "<|eom_id|>", "<|end_of_text|>"]),
    ("mistral-v0.3", &["</s>"]),
    ("mistral-v0.3-first", &["</s>"]),
    ("phi-4-mini", &["<|end|>", "<|endoftext|>"]),
    ("qwen2.5", &["<|im_end|>", "<|endoftext|>"]),
    ("qwen3", &["<|im_end|>", "<|endoftext|>"]),
    ("qwen3-2507", &["<|im_end|>", "<|endoftext|>"]),
    ("qwen3-gguf", &["<|im_end|>", "<|endoftext|>"]),
    ("smollm2", &["<|im_end|>", "<|endoftext|>"]),
];

/// What is known of a family.
#[derive(Deserialize)]
struct Family {
    #[serde(default)]
    name: String,
    sha256: String,
    /// Whether its template may be in git.
    stored: bool,
    /// Rules for cutting text; or `pieces`.
    tokenizer: String,
    /// Tokens that are no text.
    tokens: Vec<String>,
    bos: String,
    eos: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    messages: Vec<(String, String)>,
    reply_next: bool,
    /// What comes of it; nothing, where the template refuses the conversation.
    rendered: Option<String>,
    /// What the template says when it refuses.
    refused: Option<String>,
    /// System messages were joined to those of the user.
    #[serde(default)]
    folded: bool,
    /// What the texts would have made of the template, had it seen them.
    steers: Option<String>,
}

impl Case {
    fn messages(&self) -> Vec<Message> {
        let role = |name: &str| match name {
            "system" => Role::System,
            "user" => Role::User,
            _ => Role::Assistant,
        };
        self.messages.iter().map(|(name, text)| Message::new(role(name), text.as_str())).collect()
    }

    fn ending(&self) -> Ending {
        if self.reply_next { Ending::ReplyNext } else { Ending::AsItStands }
    }
}

impl Family {
    fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(folder(name).join("cases.json")).unwrap();
        Self { name: name.to_owned(), ..serde_json::from_str(&text).unwrap() }
    }

    /// Its template, if that is here.
    #[allow(clippy::print_stdout, reason = "a skipped test says so")]
    fn source(&self) -> Option<String> {
        let Ok(source) = std::fs::read_to_string(folder(&self.name).join("template.jinja")) else {
            assert!(!self.stored, "{}: no template", self.name);
            println!("skipped: {}, whose template is not in git; training/templates/collect.py", self.name);
            return None;
        };
        let sum: String = Sha256::digest(&source).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(sum, self.sha256, "{}: another template", self.name);
        Some(source)
    }

    /// What a model file of the family would be asked about words, in so many bytes.
    fn file(&self, source: &str, eos: &str) -> Vec<u8> {
        let pieces = self.tokenizer == "pieces";
        let bytes: Vec<String> = if pieces {
            (0..256).map(|byte| format!("<0x{byte:02X}>")).chain(["\u{2581}".to_owned()]).collect()
        } else {
            byte_names().collect()
        };
        let id = |name: &str| {
            let place = self.tokens.iter().position(|token| token == name).unwrap();
            Value::U32((bytes.len() + place) as u32)
        };
        let kinds = std::iter::repeat_n(if pieces { 6 } else { 1 }, 256).chain(vec![1; bytes.len() - 256]);
        let kinds = kinds.chain(vec![3; self.tokens.len()]);
        let text = |text: &str| Value::String(text.to_owned());
        let entries = [
            ("tokenizer.ggml.model", text(if pieces { "llama" } else { "gpt2" })),
            ("tokenizer.ggml.pre", text(&self.tokenizer)),
            (
                "tokenizer.ggml.tokens",
                Value::Array(bytes.iter().chain(&self.tokens).map(|t| text(t)).collect()),
            ),
            ("tokenizer.ggml.token_type", Value::Array(kinds.map(Value::I32).collect())),
            ("tokenizer.ggml.scores", Value::Array(vec![Value::F32(0.0); bytes.len() + self.tokens.len()])),
            ("tokenizer.ggml.merges", Value::Array(Vec::new())),
            ("tokenizer.ggml.add_space_prefix", Value::Bool(false)),
            ("tokenizer.ggml.bos_token_id", id(&self.bos)),
            ("tokenizer.ggml.eos_token_id", id(eos)),
            ("tokenizer.chat_template", text(source)),
        ];
        let entries: Vec<_> = entries.iter().map(|(key, value)| (*key, value)).collect();
        let mut file = std::io::Cursor::new(Vec::new());
        gguf_file::write(&mut file, &entries, &[]).unwrap();
        file.into_inner()
    }
}

fn folder(family: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "data", "templates", family].iter().collect()
}

fn rendered(template: &Template, case: &Case) -> Result<String, EngineError> {
    let messages = case.messages();
    let mut text = String::new();
    template.render(&messages, case.ending(), &mut |part| match part {
        Part::Frame(frame) => text.push_str(frame),
        Part::Text(at) => text.push_str(messages[at].text.trim()),
    })?;
    Ok(text)
}

/// The families whose templates are here.
fn families() -> impl Iterator<Item = (Family, String)> {
    let read = |(name, _): &(&str, _)| {
        let family = Family::read(name);
        family.source().map(|source| (family, source))
    };
    FAMILIES.iter().filter_map(read)
}

#[test]
fn the_templates_of_the_catalog_are_rendered_as_the_reference_renders_them() {
    let mut checked = 0;
    for (family, source) in families() {
        let template = Template::parse(&source, &family.bos, &family.eos).unwrap();
        for case in &family.cases {
            let at = format!("{}: {}", family.name, case.name);
            match (rendered(&template, case), &case.rendered) {
                (Ok(text), Some(due)) => assert_eq!(text, *due, "{at}"),
                (Err(EngineError::Template(why)), None) => {
                    let due = case.refused.as_ref().unwrap();
                    assert!(why.contains(due), "{at}: {why:?} for {due:?}");
                }
                (text, due) => panic!("{at}: {text:?} for {due:?}"),
            }
            assert!(case.steers.as_ref().is_none_or(|steered| Some(steered) != case.rendered.as_ref()));
            checked += 1;
        }
    }
    assert!(checked >= 8 * 23, "{checked}");
}

/// What reaches the model says the same as the text does, token names for control tokens.
#[test]
fn prompts_of_the_catalogs_families_are_those_texts_in_tokens() {
    for (family, source) in families() {
        let bytes = family.file(&source, &family.eos);
        let file = Gguf::parse(&bytes).unwrap();
        let (prompter, tokenizer) = (Prompter::read(&file).unwrap(), Tokenizer::read(&file).unwrap());
        for case in family.cases.iter().filter(|case| case.reply_next) {
            let Some(due) = &case.rendered else {
                assert!(prompter.prompt(&case.messages()).is_err());
                continue;
            };
            let at = format!("{}: {}", family.name, case.name);
            let tokens = prompter.prompt(&case.messages()).unwrap().tokens;
            let mut said = Vec::new();
            for (n, &id) in tokens.iter().enumerate() {
                let name = tokenizer.name(id).unwrap_or_default();
                // Added by the tokenizer where the template writes none itself.
                if n == 0 && name == family.bos && !due.starts_with(name) {
                    continue;
                }
                said.extend_from_slice(if tokenizer.is_special(id) {
                    name.as_bytes()
                } else {
                    tokenizer.bytes(id)
                });
            }
            let mut due = tokenizers::NormalizedString::from(due.as_str());
            if family.tokenizer == "qwen2" {
                due.nfc(); // as the tokenizer does
            }
            assert_eq!(String::from_utf8_lossy(&said), due.get(), "{at}");
        }
    }
}

/// Wherever a file puts the end: what the template writes behind a reply ends one, and so does
/// every name under which the family ends a turn.
#[test]
fn every_family_knows_how_its_turns_end() {
    for (family, source) in families() {
        let (_, ends) = FAMILIES.iter().find(|(name, _)| *name == family.name).unwrap();
        // Files differ in which of them they call end of sequence.
        for eos in ends.iter() {
            let bytes = family.file(&source, eos);
            let file = Gguf::parse(&bytes).unwrap();
            let (prompter, tokenizer) = (Prompter::read(&file).unwrap(), Tokenizer::read(&file).unwrap());
            let name = |id: u32| tokenizer.name(id).unwrap().to_owned();
            let mut stops: Vec<_> = tokenizer.stops().iter().map(|&id| name(id)).collect();
            assert_eq!(stops[0], *eos, "{}", family.name);
            stops.sort();
            stops.dedup();
            let mut due = ends.to_vec();
            due.sort_unstable();
            assert_eq!(stops, due, "{}, {eos}", family.name);
            let written = if family.name.starts_with("mistral") { eos } else { &ends[0] };
            assert_eq!(name(prompter.turn_end()), *written, "{}, {eos}", family.name);
        }
    }
}

#[test]
fn system_messages_are_folded_where_a_template_has_no_place_for_them() {
    let folded = |name: &str| Family::read(name).cases.into_iter().filter(|case| case.folded).count();
    assert_eq!(folded("qwen2.5"), 0);
    assert_eq!(folded("gemma-3"), 5, "all but one at the very start");
    assert_eq!(
        folded("mistral-v0.3"),
        16,
        "it would stand in front of the last line, and move in every turn"
    );
    assert_eq!(folded("mistral-v0.3-first"), 17);
}

//! `prompt show`: what a turn sends, and what of it the model has read before.

use candle_core::quantized::gguf_file::Value as Meta;
use pushback::app::library::Library;
use pushback::app::sent::{self, Reading, Wording};
use pushback::domain::action::Action;
use pushback::domain::client::{Intent, Mood};
use pushback::domain::moves::Move;
use pushback::engine::Engine;
use pushback::engine::local::PromptReader;
use pushback::store::Store;
use regex::Regex;
use serde_json::Value;

use crate::cli::{fails, talk};
use crate::engine::{open, user};
use crate::support::small::{LINES, Small, exchange};
use crate::support::tiny_gguf::{Mix, Tiny};

#[test]
fn what_is_shown_is_what_the_engine_read_and_reused() {
    let small = Small::new();
    let (mut practice, log) = small.begin(Store::in_memory().unwrap());
    for line in LINES.iter().cycle().take(12) {
        exchange(&mut practice, line);
    }
    let model = PromptReader::open(&small.model()).unwrap();
    let wording = Wording::Free(Box::new(small.library().notes().unwrap()));
    let setting = practice.setting();
    let reading = Reading { model: &model, wording: &wording, persona: &setting.persona, seed: setting.seed };
    let turns: Vec<_> = (1..=12).map(|turn| sent::turn(&reading, practice.path(), turn).unwrap()).collect();
    for (shown, (request, usage)) in turns.iter().zip(log.lock().unwrap().iter()) {
        assert_eq!(shown.reused, usage.reused_tok, "turn {}", shown.turn);
        assert_eq!(shown.counts.total, usage.prompt_tok);
        assert_eq!(shown.counts.total, shown.tokens.len());
        assert_eq!(shown.counts.reply, request.max_tok);
        assert_eq!(shown.new, shown.counts.total - shown.reused);
    }
    // Turn two reads only its own tokens: the turn before, up to its note, is all there.
    let mut kept = 0;
    for pair in turns.windows(2).filter(|pair| pair[0].forgotten == pair[1].forgotten) {
        let words = pair[0].tokens.iter().position(|token| token.note).unwrap();
        assert!(pair[1].tokens[..words] == pair[0].tokens[..words], "turn {}", pair[1].turn);
        assert_eq!(pair[1].reused, words);
        assert_eq!(pair[1].dropped, pair[0].tokens.len() - words);
        kept += 1;
    }
    assert!(kept > 5 && turns[11].forgotten > 0, "both kinds of turn were seen");
}

#[test]
fn the_note_is_marked_and_nothing_else() {
    let small = Small::new();
    let (mut practice, log) = small.begin(Store::in_memory().unwrap());
    exchange(&mut practice, LINES[0]);
    let model = PromptReader::open(&small.model()).unwrap();
    let wording = Wording::Free(Box::new(small.library().notes().unwrap()));
    let setting = practice.setting();
    let reading = Reading { model: &model, wording: &wording, persona: &setting.persona, seed: setting.seed };
    let shown = sent::turn(&reading, practice.path(), 1).unwrap();
    let text = |note| {
        let tokens = shown.tokens.iter().filter(|token| token.note == note);
        tokens.map(|token| token.text.as_str()).collect::<String>()
    };
    let newest = log.lock().unwrap()[0].0.messages.last().unwrap().text.clone();
    assert_eq!(text(true), newest[LINES[0].len()..]);
    assert!(text(true).starts_with("\n\n[Inside: ") && text(true).ends_with(']'));
    assert!(text(false).ends_with(&format!("{}<|im_end|>\n<|im_start|>assistant\n", LINES[0])));
    let counts = shown.counts;
    assert_eq!(counts.head + counts.history + counts.newest + counts.note, counts.total);
    assert_eq!(counts.note, shown.tokens.iter().filter(|token| token.note).count());
}

#[test]
fn a_reader_reads_as_the_model_does() {
    for (pre, bos, text) in [
        ("gpt-2", false, "hello <|im_end|> Zoë says “no” 👍🏽"),
        ("llama-bpe", true, "hello.\n\nhe"),
        // A letter and its accent apart: this tokenizer joins them.
        ("qwen2", false, "Zoe\u{308} hello"),
    ] {
        let mut tiny = Tiny::new("qwen3", Mix::F32);
        tiny.set("tokenizer.ggml.pre", Meta::String(pre.to_owned()));
        tiny.set("tokenizer.ggml.add_bos_token", Meta::Bool(bos));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), tiny.bytes()).unwrap();
        let (reader, model) = (PromptReader::open(file.path()).unwrap(), open(&tiny));
        let messages = [user(text), user("he")];
        let spelt = reader.spell(&messages).unwrap();
        let ids: Vec<_> = spelt.tokens.iter().map(|token| token.id).collect();
        assert_eq!(ids, model.prompt_tokens(&messages).unwrap(), "{pre}");
        assert_eq!(reader.info().context_tok, model.info().file.context_tok);
        assert_eq!(spelt.texts.len(), 2);
        assert_eq!(spelt.texts[0].len(), text.len());
        let last = spelt.tokens.iter().filter(|t| t.at.start >= spelt.texts[1].start);
        let last: Vec<u8> = last.flat_map(|token| token.text.clone()).collect();
        assert_eq!(String::from_utf8(last).unwrap(), "he<|im_end|>\n<|im_start|>assistant\n", "{pre}");
    }
}

fn shown(home: &std::path::Path, args: &[&str]) -> Value {
    let args = [&["prompt", "show", "--json"], args].concat();
    serde_json::from_str(&talk(home, &args, &[])).unwrap()
}

#[test]
fn a_turn_of_a_stored_session_is_shown() {
    let home = tempfile::tempdir().unwrap();
    talk(home.path(), &["--persona", "ray", "--seed", "3"], &["You'd rather work.", "Your call.", "/end"]);
    let newest = shown(home.path(), &[]);
    assert_eq!(
        (&newest["session"], &newest["persona"], &newest["turn"]),
        (&1.into(), &"ray".into(), &2.into())
    );
    assert_eq!(newest["counts"]["note"], 0, "the pocket client gets no note");
    let text: String =
        newest["tokens"].as_array().unwrap().iter().map(|t| t["text"].as_str().unwrap()).collect();
    assert!(text.starts_with("<|system|>") && text.contains("mandated drinking"), "{text}");
    assert!(text.contains("Your call."), "{text}");
    let first = shown(home.path(), &["--session", "1", "--turn", "1"]);
    assert_eq!((&first["turn"], &first["reused"]), (&1.into(), &0.into()));
    let (code, told) = fails(home.path(), &["prompt", "show", "--turn", "3"]);
    assert!(code == 1 && told.contains("no turn 3") && told.contains("1 to 2"), "{told}");
}

#[test]
fn a_first_turn_is_shown_without_a_session() {
    let home = tempfile::tempdir().unwrap();
    let small = Small::new();
    let (model, prompts) = (small.model(), small.prompts());
    let files = ["--model", model.to_str().unwrap(), "--prompts", prompts.to_str().unwrap()];
    let args = [&["prompt", "show", "--persona", "small", "--say", "Who sent you?"], &files[..]].concat();
    let told = talk(home.path(), &args, &[]);
    assert!(told.starts_with("<|im_start|>system\nYou are Sam Small. "), "{told}");
    assert!(told.contains("Who sent you?⟦note \n\n[Inside: "), "{told}");
    assert!(told.contains("] ⟧<|im_end|>\n<|im_start|>assistant\n"), "{told}");
    let json = shown(home.path(), &args[2..]);
    assert_eq!(json["session"], Value::Null);
    assert_eq!(json["new"], json["counts"]["total"]);
    assert!(json["tokens"].as_array().unwrap().iter().any(|t| t["note"] == true));
    let silent = talk(home.path(), &["prompt", "show", "--persona", "ray"], &[]);
    assert!(silent.contains('…'), "{silent}");
    assert_eq!(fails(home.path(), &["prompt", "show", "--say", "Hello."]).0, 2);
}

#[test]
fn a_model_without_room_for_the_client_is_named() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("tiny.gguf");
    std::fs::write(&path, Tiny::new("qwen3", Mix::F32).bytes()).unwrap();
    let shown = ["prompt", "show", "--persona", "ray", "--model", path.to_str().unwrap()];
    let (code, told) = fails(home.path(), &shown);
    assert!(code == 3 && told.contains("context is 1024") && told.contains("hint:"), "{told}");
}

/// Counted as words and signs, which is what a large vocabulary makes of plain English.
#[test]
fn notes_take_forty_to_eighty_tokens() {
    let library = Library::load(None, None).unwrap();
    let notes = library.notes().unwrap();
    let piece = Regex::new(r"[\w']+|[^\w\s]").unwrap();
    let (mut counted, mut wrong) = (0, Vec::new());
    let mut check = |note: String| {
        let tok = piece.find_iter(&note).count();
        counted += 1;
        if !(40..=80).contains(&tok) {
            wrong.push(format!("{tok}: {note}"));
        }
    };
    for persona in library.clients().0 {
        for (mv, words) in Move::ALL.into_iter().flat_map(|mv| [1, 8, 20, 35, 60].map(|words| (mv, words))) {
            let intent = |action, fact| Intent { action, fact, words, mood: Mood::Furious };
            for action in Action::ALL.into_iter().filter(|action| *action != Action::Disclose) {
                check(notes.note(&persona, &intent(action, None), mv));
            }
            for fact in &persona.facts {
                let told = notes.note(&persona, &intent(Action::Disclose, Some(fact.id.clone())), mv);
                assert!(told.contains(&fact.text), "{told}");
                check(told);
            }
        }
    }
    assert!(counted > 10_000, "{counted}");
    assert!(
        wrong.is_empty(),
        "{} of {counted}, as in\n{}",
        wrong.len(),
        wrong[..wrong.len().min(5)].join("\n")
    );
}

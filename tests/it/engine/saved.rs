//! Heads of conversations that are kept on disk.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use pushback::chat::{Message, Role};
use pushback::engine::Engine;
use pushback::engine::local::{Local, Settings};

use super::{SETTINGS, request, user};
use crate::support::tiny_gguf::{Mix, Tiny};

struct Room {
    folder: tempfile::TempDir,
}

impl Room {
    fn new() -> Self {
        let room = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(room.model(), Tiny::new("qwen3", Mix::Quantised).bytes()).unwrap();
        room
    }

    fn model(&self) -> PathBuf {
        self.folder.path().join("model.gguf")
    }

    fn heads(&self) -> PathBuf {
        self.folder.path().join("cache").join("kv")
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.heads()).map(|entries| entries.map(|e| e.unwrap().path()).collect());
        entries.unwrap_or_default()
    }

    /// What a fresh engine answers, and how many tokens it had not to read.
    fn answer(&self, settings: Settings, messages: Vec<Message>) -> (String, usize) {
        let mut model = Local::open_saving(&self.model(), settings, self.heads()).unwrap();
        let finish = model.generate(&request(messages), &mut |_| ControlFlow::Continue(())).unwrap();
        (finish.text, finish.usage.reused_tok)
    }
}

fn talk(head: &str, said: &str) -> Vec<Message> {
    vec![Message::new(Role::System, head), user(said)]
}

fn long_head() -> String {
    "You drive a van. ".repeat(30)
}

#[test]
fn a_warm_start_reads_no_token_of_the_head_and_answers_the_same() {
    let room = Room::new();
    let mut plain = Local::open(&room.model(), SETTINGS).unwrap();
    let req = request(talk(&long_head(), "hello"));
    let expected = plain.generate(&req, &mut |_| ControlFlow::Continue(())).unwrap().text;
    let head_tok = plain.count_tokens(&[Message::new(Role::System, long_head())]).unwrap();
    let (first, _) = room.answer(SETTINGS, talk(&long_head(), "hello"));
    assert_eq!(room.files().len(), 1);
    let written = fs::metadata(&room.files()[0]).unwrap().modified().unwrap();
    let (second, reused) = room.answer(SETTINGS, talk(&long_head(), "hello"));
    assert_eq!((first.as_str(), second.as_str()), (expected.as_str(), expected.as_str()));
    // All of the head but what opens the answer.
    assert!(reused > 400 && reused + 20 > head_tok, "{reused} of {head_tok}");
    // Another conversation with the same head uses it, on any number of threads.
    let other = Settings { threads: Some(1), ..SETTINGS };
    assert_eq!(room.answer(other, talk(&long_head(), "why not")).1, reused);
    assert_eq!(fs::metadata(&room.files()[0]).unwrap().modified().unwrap(), written);
}

#[test]
fn the_file_has_nothing_of_what_comes_behind_the_head() {
    let one = Room::new();
    let two = Room::new();
    one.answer(SETTINGS, talk(&long_head(), "a secret"));
    two.answer(SETTINGS, talk(&long_head(), "nothing, really nothing"));
    let content = |room: &Room| fs::read(&room.files()[0]).unwrap();
    assert_eq!(content(&one), content(&two));
}

#[test]
fn another_head_another_model_and_short_heads_are_told_apart() {
    let room = Room::new();
    room.answer(SETTINGS, talk("Hm.", "hello"));
    assert!(room.files().is_empty());
    room.answer(SETTINGS, talk(&long_head(), "hello"));
    let other = long_head().replace("van", "cab");
    let (_, reused) = room.answer(SETTINGS, talk(&other, "hello"));
    assert_eq!((room.files().len(), reused > 400), (2, true));
    // Weights that differ in one place only, far behind the header.
    let mut bytes = fs::read(room.model()).unwrap();
    let half = bytes.len() / 2;
    bytes[half..half + 4096].fill(0x11);
    fs::write(room.model(), bytes).unwrap();
    room.answer(SETTINGS, talk(&long_head(), "hello"));
    assert_eq!(room.files().len(), 3);
}

#[test]
fn a_damaged_file_is_passed_over_and_written_anew() {
    let room = Room::new();
    let expected = room.answer(SETTINGS, talk(&long_head(), "hello")).0;
    let path = room.files().remove(0);
    let good = fs::read(&path).unwrap();
    let mut cases: Vec<Vec<u8>> = [0, 9, 60, good.len() / 2, good.len() - 1]
        .into_iter()
        .map(|at| {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            bytes
        })
        .collect();
    cases.extend([good[..good.len() - 1].to_vec(), [&*good, b"x"].concat(), Vec::new()]);
    for bad in cases {
        fs::write(&path, bad).unwrap();
        assert_eq!(room.answer(SETTINGS, talk(&long_head(), "hello")).0, expected);
        assert!(fs::read(&path).unwrap() == good);
    }
    assert_eq!(room.files().len(), 1, "no part of a file is left behind");
}

#[test]
fn old_heads_go_and_a_folder_that_cannot_be_written_stops_nobody() {
    let room = Room::new();
    for n in 0..11 {
        room.answer(SETTINGS, talk(&format!("{n} {}", long_head()), "hello"));
    }
    assert_eq!(room.files().len(), 8);
    #[cfg(unix)]
    for path in room.files().iter().chain([&room.heads()]) {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
    let blocked = Room::new();
    fs::write(blocked.folder.path().join("cache"), "a file where a folder should be").unwrap();
    let plain = Room::new().answer(SETTINGS, talk(&long_head(), "hello")).0;
    assert_eq!(blocked.answer(SETTINGS, talk(&long_head(), "hello")).0, plain);
    assert!(!Path::new(&blocked.heads()).exists());
}

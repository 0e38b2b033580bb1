//! Models that are added, listed, shown and taken away; what a first session says of them.

use std::fs;
use std::path::Path;

use candle_core::quantized::gguf_file;
use pushback::files::hub::{Ask, HubFolder, Which};
use serde_json::Value;

use crate::cli::{fails, pushback, talk};
use crate::support::tiny_gguf::{Mix, Tiny};

/// A model's file in `folder`.
fn model(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    let mut tiny = Tiny::new("qwen3", Mix::Quantised);
    tiny.set("qwen3.context_length", gguf_file::Value::U32(16_384));
    fs::write(&path, tiny.bytes()).unwrap();
    path.to_str().unwrap().to_owned()
}

fn listed(home: &Path) -> Vec<Value> {
    let listed: Value = serde_json::from_str(&talk(home, &["models", "list", "--json"], &[])).unwrap();
    listed.as_array().unwrap().clone()
}

#[test]
fn a_file_is_added_and_used_by_name() {
    let home = tempfile::tempdir().unwrap();
    let file = model(home.path(), "My Model (2).gguf");
    assert_eq!(talk(home.path(), &["models", "add", &file], &[]), "my-model--2\n");
    let first = &listed(home.path())[0];
    assert_eq!((&first["name"], &first["from"]), (&"my-model--2".into(), &"added".into()));
    let shown = talk(home.path(), &["models", "show", "my-model--2", "--json"], &[]);
    assert_eq!(shown, talk(home.path(), &["models", "show", "--model", "my-model--2", "--json"], &[]));
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["name"], &shown["context_tok"]), (&"tiny qwen3".into(), &16_384.into()));
    talk(home.path(), &["prompt", "show", "--persona", "ray", "--model", "my-model--2"], &[]);

    let (code, told) = fails(home.path(), &["models", "add", &file]);
    assert!(code == 1 && told.contains("there is a model `my-model--2` already"), "{told}");
    talk(home.path(), &["models", "remove", "my-model--2"], &[]);
    assert!(Path::new(&file).exists(), "a link was removed, not the file");
    assert_eq!(listed(home.path())[0]["from"], "catalog");
    let (_, told) = fails(home.path(), &["models", "remove", "qwen3-4b"]);
    assert!(told.contains("there is no model `qwen3-4b` on this computer"), "{told}");
}

#[test]
fn a_copy_outlives_its_file() {
    let home = tempfile::tempdir().unwrap();
    let file = model(home.path(), "a.gguf");
    let added = talk(home.path(), &["models", "add", &file, "--copy", "--name", "mine", "--json"], &[]);
    let added: Value = serde_json::from_str(&added).unwrap();
    assert_eq!((&added["name"], &added["copied"]), (&"mine".into(), &true.into()));
    fs::remove_file(&file).unwrap();
    talk(home.path(), &["models", "show", "mine"], &[]);
    let here = listed(home.path())[0]["path"].as_str().unwrap().to_owned();
    talk(home.path(), &["models", "remove", "mine"], &[]);
    assert!(!Path::new(&here).exists());
}

#[test]
fn a_link_whose_file_is_gone_is_named() {
    let home = tempfile::tempdir().unwrap();
    let file = model(home.path(), "a.gguf");
    talk(home.path(), &["models", "add", &file], &[]);
    fs::remove_file(&file).unwrap();
    assert!(talk(home.path(), &["models", "list"], &[]).contains("its file is gone"));
    let (code, told) = fails(home.path(), &["models", "show", "a"]);
    assert!(code == 3 && told.contains("a.gguf"), "{told}");
    talk(home.path(), &["models", "remove", "a"], &[]);
}

#[test]
fn what_is_no_model_is_not_added() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("page.gguf");
    fs::write(&file, "<html>").unwrap();
    let (code, told) = fails(home.path(), &["models", "add", file.to_str().unwrap()]);
    assert!(code == 3 && told.contains("not a GGUF model file"), "{told}");
    let file = model(home.path(), "a.gguf");
    for name in ["../x", "", "A", "x/y", ".hidden"] {
        let (code, told) = fails(home.path(), &["models", "add", &file, "--name", name]);
        assert!(code == 1 && told.contains("can't be the name of a model"), "{name}: {told}");
    }
    for name in ["pocket", "qwen3-4b"] {
        let (code, told) = fails(home.path(), &["models", "add", &file, "--name", name]);
        assert!(code == 1 && told.contains("already"), "{name}: {told}");
    }
    assert!(!home.path().join("data").exists());
}

#[test]
fn a_card_says_what_a_model_is_and_needs() {
    let home = tempfile::tempdir().unwrap();
    let file = model(home.path(), "a.gguf");
    let shown = talk(home.path(), &["models", "show", &file], &[]);
    for part in ["qwen3", "Q4_K", "16384 tokens", "tokenizer   gpt2, gpt-2", "own decoder", "MiB of"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let preview = "<|im_start|>system\nYou are a client.<|im_end|>\n<|im_start|>user\nWhat brings you here?";
    assert!(shown.contains(preview), "{shown}");
    assert!(shown.trim_end().ends_with("<|im_start|>assistant"), "{shown}");
    let pocket: Value = serde_json::from_str(&talk(home.path(), &["models", "show", "--json"], &[])).unwrap();
    assert_eq!(pocket["path"], Value::Null);
    let more = |value: &Value, field: &str| value["memory"][field].as_u64().unwrap();
    assert!(more(&pocket, "bytes") > pocket["file_bytes"].as_u64().unwrap());
    // The catalog knows of a model that is not here.
    let output = pushback(home.path()).args(["models", "show", "mistral-7b"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("Mistral 7B Instruct v0.3") && told.contains("Apache-2.0"), "{told}");
}

/// What is said beside a conversation with these arguments.
fn aside(home: &Path, args: &[&str]) -> String {
    let output = pushback(home).args(args).write_stdin("/quit\n").output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_first_session_names_a_model_and_no_later_one_does() {
    let home = tempfile::tempdir().unwrap();
    let ray = ["--persona", "ray", "--seed", "1"];
    let first = aside(home.path(), &ray);
    assert!(first.contains("lines written by hand"), "{first}");
    // What it names depends on the computer; a very small one is told that none fits.
    let named = first.contains("would run here (") && first.contains("Nothing is downloaded unless");
    assert!(named || first.contains("too little memory"), "{first}");
    let about: Vec<_> = first.lines().take_while(|line| !line.starts_with("Ray")).collect();
    assert!(about.len() <= 6, "{about:?}");
    let second = aside(home.path(), &ray);
    assert!(!second.contains("would run here") && second.contains("`pushback models list`"), "{second}");
    let file = model(home.path(), "mine.gguf");
    let other = tempfile::tempdir().unwrap();
    talk(other.path(), &["models", "add", &file], &[]);
    let told = aside(other.path(), &ray);
    assert!(told.contains("One is here:\n  pushback --model mine"), "{told}");
    assert!(!aside(home.path(), &["--persona", "ray", "--no-save"]).contains("would run here"));
}

#[test]
fn names_of_the_hub_are_read() {
    let check = |text: &str| Ask::parse(text).map(|ask| (ask.repo, ask.which));
    let repo = || "org/some.repo-GGUF".to_owned();
    assert_eq!(check("org/some.repo-GGUF"), Some((repo(), Which::Any)));
    assert_eq!(check("org/some.repo-GGUF:Q4_K_M"), Some((repo(), Which::Quant("Q4_K_M".to_owned()))));
    let file = "sub/x-Q8_0.gguf";
    assert_eq!(check(&format!("org/some.repo-GGUF:{file}")), Some((repo(), Which::Named(file.to_owned()))));
    for text in
        ["", "one", "a/b/c", "/a", "a/", "../a", "a/..", "a/b:", "a/b:../c.gguf", "a/b:/etc/x.gguf", "a\\b/c"]
    {
        assert_eq!(check(text), None, "{text}");
    }
}

/// The file that `asked` means among `files`.
fn pick(asked: &str, files: &[&str]) -> Option<String> {
    let files: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
    Ask::parse(asked).unwrap().pick(&files).ok().map(str::to_owned)
}

#[test]
fn one_of_a_repository_s_files_is_meant() {
    let files = ["m-Q8_0.gguf", "m-Q4_K_M.gguf", "m-Q4_K_S.gguf", "mmproj-Q4_K_M.gguf", "README.md"];
    let meant = |asked: &str| pick(asked, &files);
    assert_eq!(meant("a/b").as_deref(), Some("m-Q4_K_M.gguf"));
    assert_eq!(meant("a/b:q8_0").as_deref(), Some("m-Q8_0.gguf"));
    assert_eq!(meant("a/b:m-Q4_K_S.gguf").as_deref(), Some("m-Q4_K_S.gguf"));
    assert_eq!(meant("a/b:8_0"), None);
    assert_eq!(meant("a/b:m-q4_k_s.gguf"), None);
    assert_eq!(pick("a/b", &["only.gguf"]).as_deref(), Some("only.gguf"));
    assert_eq!(pick("a/b", &["m-Q8_0-00001-of-00002.gguf"]), None);
    assert_eq!(pick("a/b:Q8_0", &["m.Q8_0.gguf"]).as_deref(), Some("m.Q8_0.gguf"));
    assert_eq!(pick("a/b", &["UD-IQ1.gguf", "x.gguf"]), None);
}

#[cfg(unix)]
#[test]
fn a_file_that_another_program_left_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let repo = folder.path().join("models--org--some--thing");
    let snapshots = ["aaa", "bbb"].map(|commit| repo.join("snapshots").join(commit));
    fs::create_dir_all(repo.join("blobs")).unwrap();
    fs::create_dir_all(repo.join("refs")).unwrap();
    fs::write(repo.join("blobs/old"), "old").unwrap();
    fs::write(repo.join("blobs/new"), "new").unwrap();
    for (snapshot, blob) in snapshots.iter().zip(["old", "new"]) {
        fs::create_dir_all(snapshot).unwrap();
        std::os::unix::fs::symlink(format!("../../blobs/{blob}"), snapshot.join("m-Q4_K_M.gguf")).unwrap();
    }
    let hub = HubFolder::at(folder.path().to_owned());
    let ask = Ask::parse("org/some--thing").unwrap();
    fs::write(repo.join("refs/main"), "bbb\n").unwrap();
    let read = |ask: &Ask| hub.find(ask).map(|found| fs::read_to_string(found.path).unwrap());
    assert_eq!(read(&ask).as_deref(), Some("new"));
    // A program that was asked for a commit leaves no note of a branch.
    fs::remove_file(repo.join("refs/main")).unwrap();
    assert_eq!(read(&ask).as_deref(), Some("old"));
    let commit = Ask { revision: "c".repeat(40), ..ask.clone() };
    assert_eq!(read(&commit), None);
    let list = hub.list();
    assert_eq!(list.iter().map(|c| c.repo.as_str()).collect::<Vec<_>>(), ["org/some--thing"]);
    // Taking one away leaves the other's content.
    hub.remove(&hub.find(&ask).unwrap()).unwrap();
    assert!(!repo.join("blobs/old").exists() && repo.join("blobs/new").exists());
    assert_eq!(read(&ask).as_deref(), Some("new"));
}

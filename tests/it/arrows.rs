//! The arrows of ARCHITECTURE.md: which layer may name which.

use std::fs;
use std::path::{Path, PathBuf};

/// Each layer with what it may use besides itself.
const MAY_USE: &[(&str, &[&str])] = &[
    ("chat", &[]),
    ("domain", &["chat"]),
    ("engine", &["chat"]),
    ("store", &["domain"]),
    ("report", &["domain"]),
    ("files", &["domain"]),
    ("fetch", &["files"]),
    ("app", &["chat", "domain", "engine", "store", "report", "files", "fetch"]),
    ("ui", &["domain", "app"]),
    ("cli", &["chat", "domain", "engine", "store", "report", "files", "app", "ui"]),
];

#[test]
fn no_layer_names_one_that_it_may_not_know() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut checked, mut wrong) = (0, Vec::new());
    for file in rust_files(&src) {
        let below = file.strip_prefix(&src).expect("below src");
        let layer = below.iter().next().expect("a name").to_string_lossy();
        let layer = layer.trim_end_matches(".rs");
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == layer) else { continue };
        checked += 1;
        for (number, line) in fs::read_to_string(&file).expect("readable").lines().enumerate() {
            for used in layers_named(line) {
                if used != layer && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("src/{}:{}: {layer} -> {used}", below.display(), number + 1));
                }
            }
        }
    }
    assert!(checked > 30, "only {checked} files were looked at");
    assert!(wrong.is_empty(), "wrong arrows:\n{}", wrong.join("\n"));
}

#[test]
fn a_wrong_arrow_is_seen() {
    assert_eq!(layers_named("use crate::engine::{Engine, Request};"), ["engine"]);
    assert_eq!(layers_named("    let x = crate::store::Store::open(p);"), ["store"]);
    assert_eq!(layers_named("// crate::engine is not used here"), [""; 0]);
}

/// The layers that a line of code names by `crate::…`.
fn layers_named(line: &str) -> Vec<String> {
    let code = line.split("//").next().unwrap_or_default();
    let named = code.split("crate::").skip(1);
    named.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()).collect()
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).expect("a folder").map(|e| e.expect("an entry").path()) {
        if entry.is_dir() {
            files.extend(rust_files(&entry));
        } else if entry.extension().is_some_and(|e| e == "rs") {
            files.push(entry);
        }
    }
    files.sort();
    files
}

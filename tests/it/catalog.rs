//! The catalog of models: what it holds, what it refuses, what it recommends.

use pushback::domain::catalog::{Catalog, Device, Machine, Profile};
use pushback::domain::problem::Problem;

const GIB: u64 = 1 << 30;

const ONE: &str = r#"[[model]]
name = "small"
title = "Small"
repo = "org/small"
file = "small.gguf"
revision = "main"
quant = "Q4_K_M"
licence = "MIT"
architecture = "llama"
ram_gib = 4
context_tok = 4096
profile = "full"
about = "It is small."
checked = false

[[recommend]]
device = "cpu"
ram_gib = 4
model = "small"
"#;

fn catalog() -> Catalog {
    Catalog::parse("models/catalog.toml", include_str!("../../models/catalog.toml")).unwrap()
}

/// What is wrong with the one-model catalog after `from` became `to`, as the user reads it.
fn check(from: &str, to: &str) -> Vec<String> {
    let text = ONE.replace(from, to);
    assert_ne!(text, ONE);
    let shown = |p: Problem| match &p.hint {
        Some(hint) => format!("{p}; {hint}"),
        None => p.to_string(),
    };
    Catalog::parse("catalog.toml", &text).unwrap_err().into_iter().map(shown).collect()
}

fn recommended(ram_bytes: u64, device: Device) -> Option<String> {
    catalog().recommended(Machine { ram_bytes, device }).map(|e| e.name.clone())
}

#[test]
fn the_shipped_catalog_is_in_order() {
    let catalog = catalog();
    assert!((8..=12).contains(&catalog.entries().len()), "{}", catalog.entries().len());
    for entry in catalog.entries() {
        assert!(entry.profile == Profile::Full, "{}", entry.name);
        assert!(entry.about.split_whitespace().count() >= 6 && entry.about.ends_with('.'), "{}", entry.about);
        // The weights alone would not fit otherwise.
        let room = u64::from(entry.ram_gib) * GIB;
        assert!(entry.size_bytes.is_none_or(|bytes| bytes + 3 * GIB < room + GIB / 2), "{}", entry.name);
    }
}

#[test]
fn a_catalog_names_its_faults() {
    assert_eq!(
        check("licence", "lisence"),
        ["catalog.toml:8: unknown field `lisence`; did you mean `licence`?"]
    );
    assert_eq!(
        check("model = \"small\"", "model = \"smal\""),
        ["catalog.toml:19: no model is named `smal`; did you mean `small`?"]
    );
    assert_eq!(
        check("cpu\"\nram_gib = 4", "cpu\"\nram_gib = 2"),
        ["catalog.toml:19: `small` needs more than 2 GiB"]
    );
    assert_eq!(
        check("org/small", "small"),
        ["catalog.toml:2: `small` is no repository: ORG/REPO is expected"]
    );
    assert_eq!(check("small.gguf", "small.bin"), ["catalog.toml:2: `small.bin` is no GGUF file"]);
    let twice = format!("{ONE}\n{ONE}");
    assert_eq!(check(ONE, &twice), ["catalog.toml:22: `small` is there twice"]);
    let sampling = "checked = false\nsampling = { temperature = -1.0, top_k = 1, top_p = 1.0, min_p = 0.0 }";
    assert_eq!(check("checked = false", sampling), ["catalog.toml:2: `small` has an odd sampling"]);
    assert!(check("\"full\"", "\"ful\"")[0].contains("did you mean `full`?"));
    for name in ["", "pocket", "Small", "a/b"] {
        let found = check("name = \"small\"", &format!("name = \"{name}\""));
        assert!(found.iter().any(|p| p.contains("can't be a name")), "{name}: {found:?}");
    }
}

#[test]
fn a_model_is_recommended_that_fits() {
    let catalog = catalog();
    assert_eq!(recommended(3 * GIB, Device::Cpu), None);
    let mut before = 0;
    for ram in [4, 5, 6, 7, 8, 12, 16, 32, 64] {
        for device in [Device::Cpu, Device::Gpu] {
            let machine = Machine { ram_bytes: ram * GIB, device };
            let entry = catalog.recommended(machine).unwrap();
            assert!(entry.fits(machine), "{} on {ram} GiB", entry.name);
            if device == Device::Cpu {
                assert!(entry.ram_gib >= before, "{} on {ram} GiB", entry.name);
                before = entry.ram_gib;
            }
        }
    }
    // A computer sold with 8 GiB tells of less.
    assert_eq!(recommended(8 * GIB - 300_000_000, Device::Cpu), recommended(8 * GIB, Device::Cpu));
    assert_ne!(recommended(16 * GIB, Device::Gpu), recommended(16 * GIB, Device::Cpu));
}

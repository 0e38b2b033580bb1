//! What a build without downloads and servers contains, as `cargo tree` tells.

use std::process::Command;

/// Crates that talk to other computers, or protect such talk.
const NETWORK: [&str; 8] =
    ["ureq", "rustls", "ring", "reqwest", "native-tls", "openssl", "curl", "webpki-roots"];

/// Those of them that a build with `features` contains.
fn check(features: &[&str]) -> Vec<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["tree", "--offline", "--locked", "-e", "normal,build", "--prefix", "none"]).args(features);
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed = String::from_utf8(output.stdout).unwrap();
    assert!(listed.lines().count() > 50, "{listed}");
    let mut found: Vec<String> = listed
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| NETWORK.contains(name))
        .map(str::to_owned)
        .collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn a_build_without_downloads_and_servers_has_no_network_code() {
    assert_eq!(check(&["--no-default-features"]), [""; 0]);
    for feature in ["download", "remote"] {
        assert_eq!(
            check(&["--no-default-features", "--features", feature]),
            ["ring", "rustls", "ureq", "webpki-roots"],
            "{feature}"
        );
    }
}

#[cfg(not(feature = "download"))]
#[test]
fn a_program_without_downloads_says_so() {
    let home = tempfile::tempdir().unwrap();
    let (code, told) = crate::cli::fails(home.path(), &["models", "pull", "qwen3-4b"]);
    assert_eq!(code, 1);
    assert!(told.contains("built without downloads") && told.contains("models add FILE"), "{told}");
}

#[cfg(not(feature = "remote"))]
#[test]
fn a_program_without_servers_says_so() {
    let home = tempfile::tempdir().unwrap();
    let args = ["chat", "--persona", "ray", "--engine", "http://127.0.0.1:9/v1"];
    let (code, told) = crate::cli::fails(home.path(), &args);
    assert_eq!(code, 3);
    assert!(
        told.contains("built without engines behind a server") && told.contains("--features remote"),
        "{told}"
    );
}

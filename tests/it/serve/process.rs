//! The program itself: what it prints, what is left when it is killed, what it never writes.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::json;

use super::client::Browser;
use crate::cli::{events, fails, talk};

const SAID: &str = "You'd rather be anywhere but here, and what you do about it is up to you.";

/// `pushback serve`, until it is dropped.
struct Program {
    child: Child,
    errors: Option<BufReader<ChildStderr>>,
    browser: Browser,
}

impl Program {
    fn start(home: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("pushback"));
        command.env_clear().env("HOME", home).env("XDG_DATA_HOME", home.join("data"));
        command.env("XDG_CONFIG_HOME", home.join("config")).env("XDG_CACHE_HOME", home.join("cache"));
        command.args(["serve", "--port", "0"]).args(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let errors = child.stderr.take().map(BufReader::new);
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        let (address, token) = url.trim().strip_prefix("http://").unwrap().split_once("/#token=").unwrap();
        assert_eq!(token.len(), 64, "{url}");
        let browser = Browser { address: address.parse().unwrap(), token: token.to_owned() };
        Self { child, errors, browser }
    }

    /// Kills it as a power cut would; what it wrote to stderr.
    fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let mut told = String::new();
        self.errors.take().unwrap().read_to_string(&mut told).unwrap();
        told
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_program_that_is_killed_in_mid_reply_loses_no_finished_turn() {
    let home = tempfile::tempdir().unwrap();
    let program = Program::start(home.path(), &["--pace", "0"]);
    let begun = program.browser.begin("ray", 7);
    let heard = program.browser.exchange(&begun, SAID);
    let told = program.kill();
    assert!(!told.contains(SAID) && !told.contains(heard["turns"][1]["reply"]["text"].as_str().unwrap()));

    let program = Program::start(home.path(), &["--pace", "5000"]);
    let browser = &program.browser;
    let path = |what: &str| format!("/api/sessions/{}/{what}", begun["id"]);
    let again = browser.get(path("").trim_end_matches('/'));
    assert_eq!(again["turns"], heard["turns"]);
    browser.does(&path("say"), json!({ "text": "It's your call.", "head": heard["head"], "key": "k" }));
    // The first word is there, the next one takes five seconds.
    let mut spoken = String::new();
    for (_, data) in browser.listen(&begun) {
        spoken.push_str(data["text"].as_str().unwrap());
        if !spoken.is_empty() {
            break;
        }
    }
    let told = program.kill();
    assert!(!told.contains("your call") && !told.contains("panicked"), "{told}");

    let program = Program::start(home.path(), &["--pace", "0"]);
    let browser = &program.browser;
    let after = browser.get(path("").trim_end_matches('/'));
    assert_eq!((&after["owed"], &after["speaking"]), (&true.into(), &false.into()));
    let turns = after["turns"].as_array().unwrap();
    assert_eq!(
        (turns.len(), &turns[1], &turns[2]["text"]),
        (3, &heard["turns"][1], &"It's your call.".into())
    );
    // A page that did not hear that the line arrived sends it again: it is said once.
    let twice = json!({ "text": "It's your call.", "head": heard["head"], "key": "k" });
    assert_eq!(browser.does(&path("say"), twice)["turns"].as_array().unwrap().len(), 3);
    browser.does(&path("answer"), json!({ "head": after["head"] }));
    let answered = browser.heard(&begun);
    // What was being said is said again: same moment, same dice. The terminal says the same.
    let reply = answered["turns"][2]["reply"]["text"].as_str().unwrap();
    assert!(reply.starts_with(spoken.trim_end()), "{spoken:?}, then {reply:?}");
    drop(program);
    let elsewhere = tempfile::tempdir().unwrap();
    let lines = [SAID, "It's your call."];
    let terminal = events(&talk(elsewhere.path(), &["--persona", "ray", "--seed", "7", "--json"], &lines));
    let said: Vec<_> = terminal.iter().filter(|e| e["event"] == "client").map(|e| &e["text"]).collect();
    let page: Vec<_> = answered["turns"].as_array().unwrap().iter().map(|t| &t["reply"]["text"]).collect();
    assert_eq!(said, page);
    // What is on disk is the owner's alone.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let folder = home.path().join("data/pushback");
        for file in std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap()) {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        }
    }
}

#[test]
fn other_computers_are_not_let_in_without_a_passphrase() {
    let home = tempfile::tempdir().unwrap();
    let (code, told) = fails(home.path(), &["serve", "--listen", "0.0.0.0", "--port", "0"]);
    assert_eq!(code, 2);
    assert!(told.contains("needs a passphrase") && told.contains("--passphrase-file"), "{told}");
    let file = home.path().join("words");
    std::fs::write(&file, "short\n").unwrap();
    let args = ["serve", "--listen", "0.0.0.0", "--port", "0", "--passphrase-file", file.to_str().unwrap()];
    let (_, told) = fails(home.path(), &args);
    assert!(told.contains("at least 8 characters") && !told.contains("short"), "{told}");
}

#[test]
fn a_port_that_is_taken_is_said() {
    let home = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, told) = fails(home.path(), &["serve", "--port", &port]);
    assert_eq!(code, 1);
    assert!(told.contains("can't listen on 127.0.0.1") && told.contains("--port 0"), "{told}");
}

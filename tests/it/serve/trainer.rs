//! The trainer's corner: files, cards, measuring, replaying.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pushback::app::library::Library;
use serde_json::{Value, json};

use super::client::{Browser, Server, Start};

const REPLIES: [&str; 2] = ["If you say so.", "I don't see the point."];

/// A server with a prompts folder of the trainer's own.
fn server() -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::load(None, Some(folder.path())).unwrap();
    (Start { library, ..Start::saying(&REPLIES) }.go(), folder)
}

fn ray(browser: &Browser) -> String {
    browser.get("/api/prompts/file?path=personas/ray.md")["text"].as_str().unwrap().to_owned()
}

#[test]
fn files_are_listed_read_and_saved_beside_the_built_in_ones() {
    let (server, folder) = server();
    let browser = &server.browser;
    let files = browser.get("/api/prompts");
    let one = |files: &Value, path: &str| -> Value {
        files.as_array().unwrap().iter().find(|f| f["path"] == path).cloned().unwrap_or_default()
    };
    let listed = one(&files, "personas/ray.md");
    assert_eq!(
        (&listed["own"], &listed["kind"], &listed["problems"]),
        (&false.into(), &"persona".into(), &json!([]))
    );

    let changed = ray(browser).replacen("blurb = \"", "blurb = \"Changed. ", 1);
    let saved = browser.does("/api/prompts/file", json!({ "path": "personas/ray.md", "text": changed }));
    assert!(saved["file"].as_str().unwrap().starts_with(folder.path().to_str().unwrap()), "{saved}");
    assert_eq!(std::fs::read_to_string(folder.path().join("personas/ray.md")).unwrap(), changed);
    let file = browser.get("/api/prompts/file?path=personas/ray.md");
    assert_eq!((&file["own"], &file["text"]), (&true.into(), &changed.clone().into()));
    assert_ne!(file["built_in"], file["text"]);
    let clients = browser.get("/api/clients");
    let ray = clients.as_array().unwrap().iter().find(|c| c["id"] == "ray").unwrap().clone();
    assert!(ray["blurb"].as_str().unwrap().starts_with("Changed."), "in force at once: {ray}");
    assert_eq!(one(&browser.get("/api/prompts"), "personas/ray.md")["own"], true);
}

#[test]
fn nothing_is_written_outside_the_folder_or_with_a_fault_in_it() {
    let (server, folder) = server();
    let browser = &server.browser;
    let text = ray(browser);
    for path in [
        "../evil.md",
        "personas/../../evil.md",
        "/etc/evil.md",
        "personas/.hidden.md",
        "personas\\evil.md",
        "C:/evil.md",
        "personas/con.md",
        "personas//x.md",
        "personas/evil.sh",
        "elsewhere/evil.md",
        "personas/a/b/c/d.md",
        "",
        "personas/x\u{0}.md",
    ] {
        let (status, told) = browser.post("/api/prompts/file", json!({ "path": path, "text": text }));
        assert_eq!(status, 422, "{path:?}: {told}");
    }
    let broken = text.replacen("blurb =", "blurp =", 1);
    let file = json!({ "path": "personas/ray.md", "text": broken });
    let found = browser.does("/api/prompts/check", file.clone());
    assert_eq!(found[0]["level"], "error");
    assert!(found[0]["line"].is_u64() && found[0]["hint"].as_str().unwrap().contains("blurb"), "{found}");
    let (status, told) = browser.post("/api/prompts/file", file);
    assert_eq!(status, 422, "{told}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was written");
    #[cfg(unix)]
    {
        let outside = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("personas")).unwrap();
        let (status, told) =
            browser.post("/api/prompts/file", json!({ "path": "personas/ray.md", "text": text }));
        assert_eq!(status, 422, "{told}");
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    }
    assert_eq!(browser.ask("GET", "/api/prompts/file?path=personas/nobody.md", "").status, 404);
    assert_eq!(browser.ask("GET", "/api/prompts/file?path=../Cargo.toml", "").status, 404);
}

#[test]
fn each_kind_of_file_is_checked() {
    let (server, _folder) = server();
    let check = |path: &str, text: &str| {
        server.browser.does("/api/prompts/check", json!({ "path": path, "text": text }))
    };
    for path in [
        "notes.toml",
        "coach.toml",
        "drills.toml",
        "lexicon/argue.toml",
        "scripts/mixed.txt",
        "personas/ray.md",
    ] {
        let text = server.browser.get(&format!("/api/prompts/file?path={path}"))["text"].clone();
        let found = check(path, text.as_str().unwrap());
        let errors: Vec<&Value> =
            found.as_array().unwrap().iter().filter(|f| f["level"] == "error").collect();
        assert!(errors.is_empty(), "{path}: {errors:?}");
    }
    for path in ["notes.toml", "coach.toml", "drills.toml", "lexicon/argue.toml", "personas/ray.md"] {
        assert_eq!(check(path, "x = [")[0]["level"], "error", "{path}");
    }
}

#[test]
fn the_prompt_is_shown_with_its_note() {
    let (server, _folder) = server();
    let browser = &server.browser;
    let asked = json!({ "persona": "ray", "say": "You need to stop drinking.", "seed": 1 });
    let shown = browser.does("/api/prompts/preview", asked);
    let parts = shown["parts"].as_array().unwrap();
    assert_eq!((&parts[0]["role"], &parts[0]["note"]), (&"system".into(), &false.into()));
    let (note, before) = parts.split_last().unwrap();
    assert_eq!(
        (&note["note"], &before.last().unwrap()["text"]),
        (&true.into(), &"You need to stop drinking.".into())
    );
    assert!(before.iter().all(|part| part["note"] == false));
    let edited = ray(browser).replace("## Who", "## Who\n\nA purple elephant.\n");
    let asked = json!({ "path": "personas/ray.md", "text": edited, "say": "Hello." });
    let shown = browser.does("/api/prompts/preview", asked);
    assert!(shown["parts"][0]["text"].as_str().unwrap().contains("purple elephant"), "{shown}");
    assert!(!ray(browser).contains("purple"), "nothing was written");
}

/// A job once it is finished.
fn finished(browser: &Browser, started: &Value) -> Value {
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        let job = browser.get(&format!("/api/jobs/{}", started["job"]));
        if job["finished"] == true || Instant::now() > until {
            return job;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_script_is_replayed_beside_an_edited_client() {
    let (server, _folder) = server();
    let browser = &server.browser;
    let harder = ray(browser).replacen("difficulty = ", "difficulty = 3 #", 1);
    let asked = json!({
        "script": "mixed", "personas": ["ray"], "seeds": 2,
        "compare": { "path": "personas/ray.md", "text": harder },
    });
    let job = finished(browser, &browser.does("/api/replay", asked));
    let replay = &job["result"]["replay"];
    assert_eq!((&job["done"], &job["total"]), (&4.into(), &4.into()), "{job}");
    assert_eq!(replay["runs"].as_array().unwrap().len(), 2);
    assert_eq!(replay["runs"][0]["turns"][1]["reply"]["text"], REPLIES[0]);
    assert!(!replay["compared"]["differences"].as_array().unwrap().is_empty());
    let moves = json!({ "script": "mixed", "personas": ["ray"], "state_only": true });
    let job = finished(browser, &browser.does("/api/replay", moves));
    assert_eq!(job["result"]["replay"]["runs"][0]["turns"][1]["reply"]["text"], "");
    for (asked, status) in [
        (json!({ "script": "/etc/passwd", "personas": ["ray"] }), 404),
        (json!({ "script": "mixed", "personas": [] }), 422),
        (json!({ "script": "mixed", "personas": ["ray"], "seeds": 100_000_000_000_u64 }), 422),
    ] {
        assert_eq!(browser.post("/api/replay", asked.clone()).0, status, "{asked}");
    }
}

#[test]
fn a_job_that_is_cancelled_ends() {
    let (server, _folder) = server();
    let browser = &server.browser;
    let asked = json!({ "script": "mixed", "personas": ["ray"], "seeds": 500 });
    let started = browser.does("/api/replay", asked);
    browser.does(&format!("/api/jobs/{}/cancel", started["job"]), json!({}));
    let job = finished(browser, &started);
    assert!(job["error"].is_string() && job["result"].is_null(), "{job}");
    assert!(job["done"].as_u64() < Some(500), "{job}");
    assert_eq!(browser.ask("GET", "/api/jobs/99", "").status, 404);
}

#[test]
fn a_client_is_measured() {
    let (server, _folder) = server();
    let browser = &server.browser;
    let job = finished(browser, &browser.does("/api/personas/ray/test", json!({})));
    let test = &job["result"]["test"];
    assert!(test["figures"].as_array().unwrap().iter().any(|f| f["protocol"] == "E1"), "{job}");
    assert_eq!(test["passed"], true, "{test}");
    assert_eq!(browser.post("/api/personas/nobody/test", json!({})).0, 404);
}

#[test]
fn cards_go_out_and_come_in() {
    let (server, folder) = server();
    let browser = &server.browser;
    let card = browser.ask("GET", "/api/personas/ray/card.json", "");
    assert_eq!(card.status, 200);
    assert_eq!(card.header("content-disposition"), Some("attachment; filename=\"ray.json\""));
    let send = |name: &str, bytes: &[u8], id: &str| {
        browser.post("/api/cards", json!({ "name": name, "base64": STANDARD.encode(bytes), "id": id }))
    };
    let (status, told) = send("ray.json", card.body.as_bytes(), "raymond");
    assert_eq!((status, &told["id"]), (200, &"raymond".into()), "{told}");
    assert!(folder.path().join("personas/raymond.md").is_file());
    assert!(browser.get("/api/clients").as_array().unwrap().iter().any(|c| c["id"] == "raymond"));
    assert_eq!(send("ray.json", card.body.as_bytes(), "raymond").0, 409, "there already");
    assert_eq!(send("x.png", b"\x89PNG\r\n\x1a\nbroken", "x").0, 422);
    assert_eq!(send("x.jpg", b"\xff\xd8\xff", "x").0, 422);
    assert_eq!(browser.post("/api/cards", json!({ "name": "x", "base64": "&&&" })).0, 400);
    let large = json!({ "name": "x", "base64": "A".repeat(5 << 20) });
    assert_eq!(browser.ask("POST", "/api/cards", &large.to_string()).status, 413);
}

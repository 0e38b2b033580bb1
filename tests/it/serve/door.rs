//! Who is let in, and what is refused.

use pushback::ui::web::Token;
use serde_json::json;

use super::client::{Answer, Server, Start};

/// A request for the sessions, with some header otherwise than a page sends it.
fn with(server: &Server, changed: &[(&str, Option<&str>)]) -> Answer {
    let mut headers: Vec<(String, String)> =
        server.browser.headers().map(|(name, value)| (name.to_owned(), value)).to_vec();
    for (name, value) in changed {
        headers.retain(|(known, _)| known != name);
        headers.extend(value.map(|value| ((*name).to_owned(), value.to_owned())));
    }
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    server.browser.raw("GET /api/sessions", &headers, "")
}

fn refused(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    let told = answer.json();
    assert!(told["error"].as_str().is_some_and(|error| !error.is_empty()), "{told}");
    assert!(told.get("hint").is_some(), "{told}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[test]
fn only_this_page_with_its_key_is_let_in() {
    let server = Start::saying(&["Sure."]).go();
    assert_eq!(with(&server, &[]).status, 200);
    let port = server.browser.address.port();
    for token in [None, Some("Bearer "), Some("Bearer 00"), Some("Basic YTpi"), Some("Bearer"), Some("x")] {
        refused(&with(&server, &[("authorization", token)]), 401);
    }
    for host in ["evil.example", "evil.example:7333", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example"] {
        let host = if host.starts_with("localhost") { format!("{host}:{port}") } else { host.to_owned() };
        assert_eq!(with(&server, &[("host", Some(&host))]).status, 403, "{host}");
    }
    assert_eq!(with(&server, &[("host", None)]).status, 403);
    for origin in ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"] {
        refused(&with(&server, &[("origin", Some(origin))]), 403);
    }
    // A program says neither where it is; the token is enough. `localhost` is this computer, too.
    assert_eq!(with(&server, &[("origin", None)]).status, 200);
    let local = format!("localhost:{port}");
    let origin = format!("http://{local}");
    assert_eq!(with(&server, &[("host", Some(&local)), ("origin", Some(&origin))]).status, 200);
    assert_eq!(with(&server, &[("sec-fetch-site", Some("same-origin"))]).status, 200);
    refused(&with(&server, &[("sec-fetch-site", Some("cross-site"))]), 403);
}

#[test]
fn a_name_that_was_pointed_here_gets_not_even_the_page() {
    let server = Start::saying(&["Sure."]).go();
    let page = |host: &str| server.browser.raw("GET /", &[("host", host)], "");
    let served = page(&server.browser.address.to_string());
    assert_eq!(served.status, 200);
    assert!(served.body.contains("<html"), "{served:?}");
    assert_eq!(page("evil.example").status, 403);
    for (name, part) in [
        ("content-security-policy", "default-src 'none'"),
        ("content-security-policy", "frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("content-type", "text/html"),
    ] {
        assert!(served.header(name).is_some_and(|value| value.contains(part)), "{name}: {served:?}");
    }
    let csp = served.header("content-security-policy").unwrap();
    assert!(!csp.contains("unsafe") && !csp.contains("http"), "{csp}");
    assert_eq!(served.header("access-control-allow-origin"), None);
}

#[test]
fn what_is_sent_is_json_and_not_too_large() {
    let server = Start::saying(&["Sure."]).go();
    let browser = &server.browser;
    let send = |kind: Option<&str>, body: &str| {
        let headers = browser.headers();
        let mut headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        headers.retain(|(name, _)| *name != "content-type");
        headers.extend(kind.map(|kind| ("content-type", kind)));
        browser.raw("POST /api/sessions", &headers, body)
    };
    let ray = r#"{"persona":"ray","seed":1}"#;
    assert_eq!(send(Some("application/json"), ray).status, 200);
    assert_eq!(send(Some("application/json; charset=utf-8"), ray).status, 200);
    for kind in
        [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("multipart/form-data")]
    {
        refused(&send(kind, ray), 415);
    }
    let json = Some("application/json");
    for body in ["", "{", "[]", r#"{"persona":7}"#, r#"{"persona":"ray","seed":-1}"#, "{}"] {
        refused(&send(json, body), 400);
    }
    refused(&send(json, &format!(r#"{{"persona":"{}"}}"#, "x".repeat(70_000))), 413);
    refused(&send(json, r#"{"persona":"nobody"}"#), 404);
    assert_eq!(browser.ask("GET", "/api/sessions/1/stop", "").status, 405);
    refused(&browser.ask("GET", "/api/nothing", ""), 404);
    refused(&browser.ask("GET", "/api/sessions/x", ""), 404);
    refused(&browser.ask("GET", "/api/sessions/99", ""), 404);
    assert_eq!(browser.ask("GET", "/nothing.js", "").status, 404);
    assert_eq!(browser.ask("GET", "/../Cargo.toml", "").status, 404);
    assert_eq!(browser.ask("GET", "/%2e%2e/Cargo.toml", "").status, 404);
}

#[test]
fn other_computers_need_the_passphrase() {
    let server = Start { passphrase: Some("correct horse"), ..Start::saying(&["Sure."]) }.go();
    let stranger = super::client::Browser { token: String::new(), ..server.browser.clone() };
    let login = |words: &str| stranger.post("/api/login", json!({ "passphrase": words }));
    refused(&stranger.ask("GET", "/api/sessions", ""), 401);
    assert_eq!(login("wrong").0, 401);
    let (status, answer) = login("correct horse");
    assert_eq!(status, 200, "{answer}");
    let known =
        super::client::Browser { token: answer["token"].as_str().unwrap().to_owned(), ..stranger.clone() };
    assert_eq!(known.ask("GET", "/api/sessions", "").status, 200);
    // Whoever guesses is slowed down, and then even the right one has to wait.
    let refusals: Vec<u16> = (0..8).map(|n| login(&format!("guess {n}")).0).collect();
    assert!(refusals[..5].iter().all(|status| *status == 401), "{refusals:?}");
    assert!(refusals.contains(&429), "{refusals:?}");
    assert_eq!(login("correct horse").0, 429);
    assert_eq!(known.ask("GET", "/api/sessions", "").status, 200, "those who are in stay in");
}

#[test]
fn a_ticket_opens_the_page_once() {
    let ticket = Token::draw().unwrap();
    let server = Start { ticket: Some(ticket.clone()), ..Start::saying(&["Sure."]) }.go();
    let stranger = super::client::Browser { token: String::new(), ..server.browser.clone() };
    let login = |ticket: &str| stranger.post("/api/login", json!({ "once": ticket }));
    assert_eq!(login("0").0, 401);
    let (status, answer) = login(ticket.as_str());
    assert_eq!((status, &answer["token"]), (200, &server.browser.token.clone().into()), "{answer}");
    assert_eq!(login(ticket.as_str()).0, 401);
    let bearer = super::client::Browser { token: ticket.as_str().to_owned(), ..stranger.clone() };
    assert_eq!(bearer.ask("GET", "/api/sessions", "").status, 401, "it is no key");
}

#[test]
fn without_a_passphrase_nobody_logs_in() {
    let server = Start::saying(&["Sure."]).go();
    assert_eq!(server.browser.post("/api/login", json!({ "passphrase": "" })).0, 404);
}

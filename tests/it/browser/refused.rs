//! Who must not get in: a page without the token, another host's name, another site's page.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use serde_json::json;

use super::browse;
use super::server::Server;
use super::wire::Asked;

#[test]
fn a_wrong_token_gets_nothing_and_the_page_says_so() {
    browse(|page| {
        page.shown("client-card-ray");
        let wrong = format!("http://127.0.0.1:{}/#token=0000", page.server.port());
        page.js("sessionStorage.clear(); localStorage.clear()", &[]);
        page.go_to("about:blank");
        page.go_to(&wrong);
        page.shown("error");
        assert_eq!(page.count("[data-testid^=client-card]"), 0);
        assert_eq!(page.js("return location.href.includes('0000')", &[]), false, "the fragment is stripped");
        // With the right one it works again.
        page.go_to("about:blank");
        page.go_to(&page.server.url());
        page.shown("client-card-ray");
        assert_eq!(page.js("return location.href.includes('token')", &[]), false);
    });
}

#[test]
fn a_site_that_points_its_name_here_gets_nothing() {
    let server = Server::start();
    let right = Asked::of_page(server.port(), &server.token());
    assert_eq!(right.call("GET", "/api/clients", None).status, 200);
    let (bound, port) = (format!("evil.example:{}", server.port()), server.port());
    for host in [bound.as_str(), "evil.example", "127.0.0.1.evil.example", "", "127.0.0.1:1"] {
        for path in ["/api/clients", "/", "/main.js"] {
            let asked = Asked { host: host.to_owned(), ..right.clone() };
            let status = asked.call("GET", path, None).status;
            assert!((400..500).contains(&status), "{path} for host {host:?}: {status}");
        }
    }
    let begin = Some(json!({ "persona": "ray" }));
    for origin in ["http://evil.example", "null", "https://127.0.0.1", &format!("http://evil.example:{port}")]
    {
        let asked = Asked { origin: Some(origin.to_owned()), ..right.clone() };
        assert_eq!(asked.call("POST", "/api/sessions", begin.clone()).status, 403, "origin {origin}");
        assert_eq!(asked.call("GET", "/api/sessions", None).status, 403, "origin {origin}");
    }
    let asked = Asked { content: "text/plain", ..right.clone() };
    assert_eq!(asked.call("POST", "/api/sessions", begin.clone()).status, 415, "what a form could send");
    for token in [None, Some(String::new()), Some(format!("{}0", server.token()))] {
        let asked = Asked { token: token.clone(), ..right.clone() };
        assert_eq!(asked.call("POST", "/api/sessions", begin.clone()).status, 401, "token {token:?}");
    }
    let kept = right.call("GET", "/api/sessions", None).json();
    assert_eq!(kept.as_array().unwrap().len(), 0, "nothing refused left a trace");
}

#[test]
fn another_sites_page_can_read_nothing() {
    browse(|page| {
        page.shown("client-card-ray");
        let (url, token) = (format!("http://127.0.0.1:{}", page.server.port()), page.server.token());
        page.go_to(&other_site());
        // Even with the token, which it cannot have. No browser asks leave for the last one, whose answer
        // the resource policy keeps from the page.
        let script = "
            const [url, token, done] = arguments;
            const headers = {Authorization: 'Bearer ' + token};
            const body = JSON.stringify({persona: 'ray'});
            const post = {method: 'POST', headers: {...headers, 'Content-Type': 'application/json'}, body};
            const calls = [fetch(url + '/api/clients', {headers}), fetch(url + '/api/sessions', post),
                fetch(url + '/'), fetch(url + '/api/sessions', {method: 'POST', mode: 'no-cors', body})];
            Promise.allSettled(calls).then(all => done(all.map(one => one.value?.type ?? one.status)));";
        let outcome = page.js_done(script, &[json!(url), json!(token)]);
        assert_eq!(outcome, json!(["rejected", "rejected", "rejected", "rejected"]));
        assert_eq!(page.server.get("/api/sessions"), json!([]));
        // Nor can it show the page in a frame.
        let frame = "
            const [url, done] = arguments;
            const frame = document.body.appendChild(document.createElement('iframe'));
            frame.onload = () => done(true);
            frame.src = url;";
        page.js_done(frame, &[json!(url)]);
        let inside = page.js_in_frame("return document.querySelectorAll('[data-testid], main').length");
        assert_eq!(inside, 0);
        page.forget_log();
        page.go_to(&page.server.url());
        page.shown("client-card-ray");
    });
}

/// An address on this computer that is not the server's: any other site.
fn other_site() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    // It ends with the test's process.
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let page = "<!doctype html><title>elsewhere</title>";
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length:";
            let _ = write!(stream, "{head} {}\r\n\r\n{page}", page.len());
        }
    });
    url
}

#[test]
fn every_answer_carries_the_policy() {
    let server = Server::start();
    let right = Asked::of_page(server.port(), &server.token());
    for path in ["/", "/api/clients", "/nothing-here"] {
        let answer = right.call("GET", path, None);
        let policy = answer.header("content-security-policy").unwrap_or_default();
        for part in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]
        {
            assert!(policy.contains(part), "{path}: {policy:?}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy:?}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
    assert_eq!(right.call("GET", "/api/clients", None).header("cache-control"), Some("no-store"));
}

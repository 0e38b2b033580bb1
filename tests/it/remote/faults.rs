//! What goes wrong, and what is said of it.

use std::net::TcpListener;
use std::ops::ControlFlow;
use std::time::Duration;

use pushback::engine::remote::{Address, Key, Patience, Remote, Settings};
use pushback::engine::{Engine, FinishReason};
use serde_json::json;

use super::{generate, open, patience, request, settings};
use crate::support::talker::{Answer, Talker, event, said};

/// What is said where a reply fails so.
fn told(answer: Answer) -> String {
    let error = generate(&mut open(&Talker::new([answer]))).unwrap_err();
    format!("{error} | {}", error.hint().unwrap_or_default())
}

/// What is said where the server can't be opened.
fn refused(settings: Settings) -> String {
    let error = Remote::open(settings).err().unwrap();
    format!("{error} | {}", error.hint().unwrap_or_default())
}

fn check(told: &str, parts: &[&str]) {
    for part in parts {
        assert!(told.contains(part), "{part:?} is not in {told:?}");
    }
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    for status in [429, 502, 503, 504] {
        let busy = Answer::error(status, "try later");
        let server = Talker::new([busy.clone(), busy.with("Retry-After", "0"), Answer::words(&["No."])]);
        assert_eq!(generate(&mut open(&server)).unwrap().0.text, "No.", "{status}");
        assert_eq!(server.asked().len(), 3);
    }
    check(&told(Answer::error(503, "x")), &["busy (status 503)", "wait a moment"]);
    // It would have to be waited for too long.
    let server = Talker::new([Answer::error(429, "x").with("Retry-After", "120"), Answer::words(&["No."])]);
    let error = generate(&mut open(&server)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the server is busy (status 429); it wants to be asked again in 120 seconds"
    );
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_connection_that_breaks_before_an_answer_is_tried_again_and_none_in_mid_reply() {
    let cut = Answer::stream(&[event(&said(0, "No, I")).as_bytes()]);
    let server = Talker::new([cut, Answer::words(&["Once more."])]);
    let error = generate(&mut open(&server)).unwrap_err();
    assert_eq!(error.to_string(), "the server broke the reply off: it ends before its end");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn nobody_there() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let settings =
        Settings { address: Address::parse(&address).unwrap(), model: None, key: None, patience: patience() };
    check(
        &refused(settings),
        &["nothing answers at http://127.0.0.1:", "connection refused", "start the server"],
    );
}

#[test]
fn not_such_a_server() {
    let with = |answer: Answer| refused(settings(&Talker::with(&[("/v1/models", answer)], [])));
    let html = |status| Answer::of(status, "text/html", &[b"<!doctype html><title>Welcome</title>"]);
    check(&with(html(200)), &["a web page came from http://127.0.0.1:", "/v1/models", "mostly end in /v1"]);
    check(&with(html(404)), &["the server has nothing at http://127.0.0.1:", "mostly end in /v1"]);
    check(&with(html(500)), &["status 500", "a web page"]);
    check(&with(Answer::json(200, &json!({ "hello": 1 }))), &["is no list of models", "vLLM"]);
    check(
        &with(Answer::json(302, &json!({})).with("Location", "/login")),
        &["sends us elsewhere", "never sent on"],
    );
    check(&with(Answer::of(200, "application/json", &[&vec![b'x'; 5 << 20][..]])), &["far too long"]);
    check(&told(html(404)), &["has nothing at", "/v1/chat/completions"]);
}

#[test]
fn keys() {
    let server = |status| {
        let answer = Answer::error(status, "Incorrect API key provided: sk-secret.");
        Talker::with(&[("/v1/models", answer)], [])
    };
    check(&refused(settings(&server(401))), &["wants a key", "PUSHBACK_API_KEY"]);
    let known = Settings { key: Key::new("sk-secret").unwrap(), ..settings(&server(403)) };
    let told = refused(known);
    check(&told, &["refuses the key", "check whose key"]);
    let known = Settings { key: Key::new("sk-secret").unwrap(), ..settings(&server(400)) };
    let told = refused(known);
    check(&told, &["status 400: Incorrect API key provided: …."]);
    assert!(!told.contains("sk-secret"));
    // In mid-reply as well.
    let fault = json!({ "error": { "message": "key sk-secret has run out" } });
    let broken = Answer::stream(&[event(&said(0, "No, I")).as_bytes(), event(&fault).as_bytes()]);
    let talker = Talker::new([broken]);
    let known = Settings { key: Key::new("sk-secret").unwrap(), ..settings(&talker) };
    let error = generate(&mut Remote::open(known).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "the server broke the reply off: key … has run out");
    assert_eq!(Key::new("  ").unwrap(), None);
    assert!(Key::new("sk-\u{e9}").unwrap_err().to_string().contains("can't be sent"));
}

#[test]
fn models() {
    let listed = |ids: &[&str]| {
        let data: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
        Talker::with(&[("/v1/models", Answer::json(200, &json!({ "data": data })))], [])
    };
    let asked = |ids: &[&str], model: &str| {
        let server = listed(ids);
        let settings = Settings { model: Some(model.to_owned()), ..settings(&server) };
        Remote::open(settings).map(|remote| remote.info().file.name.clone()).map_err(|e| e.to_string())
    };
    let ids = ["qwen3:latest", "llama"];
    assert_eq!(asked(&ids, "llama").unwrap(), "llama");
    assert_eq!(asked(&ids, "qwen3").unwrap(), "qwen3:latest");
    assert_eq!(asked(&ids, "qwen").unwrap_err(), "the server has no model `qwen`: qwen3:latest, llama");
    check(
        &refused(settings(&listed(&ids))),
        &["the server has 2 models: qwen3:latest, llama", "--model NAME"],
    );
    check(&refused(settings(&listed(&[]))), &["the server has 0 models"]);
    let gone = Answer::json(404, &json!({ "error": { "message": "The model `tiny` does not exist." } }));
    check(&told(gone), &["the server has no model `tiny`"]);
}

#[test]
fn a_conversation_that_is_too_long() {
    for words in [
        "This model's maximum context length is 2048 tokens.",
        "the request exceeds the available context size",
    ] {
        check(
            &told(Answer::error(400, words)),
            &["too long for the server's model", words, "start a new session"],
        );
    }
}

#[test]
fn an_error_in_mid_reply() {
    let begun = event(&said(0, "No, I"));
    let fault = json!({ "error": { "message": "CUDA out of\nmemory \u{1b}[31m", "code": 500 } });
    let answer = |line: String| Answer::stream(&[begun.as_bytes(), line.as_bytes()]).held();
    for line in [event(&fault), format!("error: {fault}\n\n")] {
        check(
            &told(answer(line)),
            &["the server broke the reply off: CUDA out of memory [31m |", "server's log"],
        );
    }
    check(&told(answer("data: {\"choices\n\n".to_owned())), &["broke the reply off: {\"choices"]);
    let withheld = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "content_filter" }] });
    check(&told(answer(event(&withheld))), &["its filter withholds it"]);
}

#[test]
fn silence_is_not_waited_for_for_ever() {
    let quick = Duration::from_millis(700);
    for (answer, patience) in [
        (Answer::mute(), Patience { first_byte: quick, ..patience() }),
        (
            Answer::stream(&[event(&said(0, "No,")).as_bytes()]).held(),
            Patience { silence: quick, ..patience() },
        ),
    ] {
        let server = Talker::new([answer]);
        let mut remote = Remote::open(Settings { patience, ..settings(&server) }).unwrap();
        let error = generate(&mut remote).unwrap_err();
        check(&error.to_string(), &["has sent nothing for 0 seconds"]);
        server.hung_up.recv_timeout(Duration::from_secs(20)).expect("the connection is shut");
    }
}

#[test]
fn break_shuts_the_connection() {
    // Nothing has come yet, and in mid-reply.
    for (answer, text) in
        [(Answer::mute(), ""), (Answer::stream(&[event(&said(0, "No, I")).as_bytes()]).held(), "No, I")]
    {
        let server = Talker::new([answer, Answer::words(&["Fine."])]);
        let mut remote = open(&server);
        let mut heard = String::new();
        let finish = remote.generate(&request(), &mut |piece| {
            heard.push_str(piece);
            if heard == text { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let finish = finish.unwrap();
        assert_eq!((finish.reason, finish.text.as_str()), (FinishReason::Cancelled, text));
        server.hung_up.recv_timeout(Duration::from_secs(20)).expect("the server sees it");
        assert_eq!(
            generate(&mut remote).unwrap().0.text,
            "Fine.",
            "the next reply has a connection of its own"
        );
    }
}

#[test]
fn what_comes_behind_the_last_word_takes_nothing_away() {
    let end = json!({ "choices": [{ "index": 0, "delta": { "content": "No." }, "finish_reason": "stop" }] });
    let (finish, _) =
        generate(&mut open(&Talker::new([Answer::stream(&[event(&end).as_bytes()]).held()]))).unwrap();
    assert_eq!(finish.text, "No.");
}

#[test]
fn a_server_that_forgets_the_limit_is_cut_off() {
    let words: Vec<&str> = std::iter::repeat_n("no ", 200).collect();
    let server = Talker::new([Answer::words(&words)]);
    let (finish, _) = generate(&mut open(&server)).unwrap();
    assert_eq!((finish.reason, finish.text.len() / 3), (FinishReason::Length, 30 + 64));
}

#[test]
fn addresses() {
    for (typed, meant) in [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/v1"),
        ("HTTPS://Host/api/v1/", "https://Host/api/v1"),
        ("http://[::1]:80/v1", "http://[::1]:80/v1"),
    ] {
        assert_eq!(Address::parse(typed).unwrap().to_string(), meant, "{typed}");
    }
    for typed in [
        "",
        "127.0.0.1:8080",
        "ftp://host/v1",
        "http://",
        "http://host:0/v1",
        "http://host:70000",
        "http://ho st",
        "http://[::1/v1",
        "http://host/v1?key=x",
        "http://host/a b",
        "http://host\u{e9}/",
        "http://a:b:c/",
    ] {
        let error = Address::parse(typed).unwrap_err();
        check(&error.to_string(), &[typed, "is no address of a server"]);
        assert!(error.hint().unwrap().contains("PUSHBACK_API_KEY"));
    }
    let told = Address::parse("https://me:sk-secret@host/v1").unwrap_err().to_string();
    assert_eq!(told, "`https://…@host/v1` is no address of a server: a key does not belong into it");
}

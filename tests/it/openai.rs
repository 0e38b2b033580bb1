//! Clients as models, over HTTP, as programs that speak OpenAI's chat completions meet them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::cli::{pushback, talk};

/// The program's server, until it is dropped.
struct Served {
    child: Child,
    address: String,
    token: String,
}

impl Served {
    fn start(home: &Path, args: &[&str]) -> Self {
        let mut command = std::process::Command::new(pushback(home).get_program());
        command.env_clear().env("HOME", home).env("XDG_DATA_HOME", home.join("data"));
        command.env("XDG_CONFIG_HOME", home.join("config")).env("APPDATA", home).env("LOCALAPPDATA", home);
        command.args(["serve", "--port", "0"]).args(args).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let (url, token) = first.trim().split_once("/#token=").unwrap();
        let address = url.strip_prefix("http://").unwrap().to_owned();
        Self { child, address, token: token.to_owned() }
    }

    /// Status, head and body of an answer.
    fn ask(&self, what: &str, token: &str, body: Option<&Value>) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let body = body.map(ToString::to_string).unwrap_or_default();
        let head = format!(
            "{what} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_ascii_lowercase(), body.to_owned())
    }

    fn get(&self, path: &str) -> (u16, Value) {
        let (status, _, body) = self.ask(&format!("GET {path}"), &self.token, None);
        (status, serde_json::from_str(&body).unwrap())
    }

    /// What is answered to `body`, and with which status.
    fn post(&self, body: &Value) -> (u16, Value) {
        let (status, head, text) = self.ask("POST /v1/chat/completions", &self.token, Some(body));
        assert!(head.contains("cache-control: no-store"), "{head}");
        (status, serde_json::from_str(&text).unwrap())
    }

    /// The answer of a client to these messages, said in turn by the trainee and by them.
    fn answer(&self, persona: &str, said: &[&str]) -> String {
        let (status, answer) = self.post(&conversation(persona, said));
        assert_eq!(status, 200, "{answer}");
        answer["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn conversation(persona: &str, said: &[&str]) -> Value {
    let role = |at: usize| if at % 2 == 0 { "user" } else { "assistant" };
    let messages: Vec<Value> =
        said.iter().enumerate().map(|(at, text)| json!({ "role": role(at), "content": text })).collect();
    json!({ "model": persona, "seed": 7, "messages": messages })
}

const FIRST: &str = "You'd rather be anywhere else this morning.";
const SECOND: &str = "It's up to you what we talk about.";

#[test]
fn clients_are_models() {
    let home = tempfile::tempdir().unwrap();
    let served = Served::start(home.path(), &["--api"]);
    let (status, list) = served.get("/v1/models");
    let ids: Vec<&str> = list["data"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    assert!(status == 200 && list["object"] == "list" && ids.contains(&"ray") && ids.len() > 5, "{list}");
    let (status, ray) = served.get("/v1/models/ray");
    assert_eq!((status, &ray["object"], &ray["owned_by"]), (200, &json!("model"), &json!("pushback")));
    let (status, told) = served.get("/v1/models/rey");
    assert_eq!((status, &told["error"]["code"]), (404, &json!("model_not_found")));
}

#[test]
fn a_conversation_goes_on_and_repeats() {
    let home = tempfile::tempdir().unwrap();
    let served = Served::start(home.path(), &["--api"]);
    let first = served.answer("ray", &[FIRST]);
    let second = served.answer("ray", &[FIRST, &first, SECOND]);
    assert_eq!(served.answer("ray", &[FIRST]), first, "the same messages and seed, the same answer");
    drop(served);
    // Nothing is remembered here: the conversation is gone through again.
    let again = Served::start(home.path(), &["--api"]);
    assert_eq!(again.answer("ray", &[FIRST, &first, SECOND]), second);
    let other = json!({ "model": "ray", "seed": 8, "messages": [{ "role": "user", "content": FIRST }] });
    assert_ne!(again.post(&other).1["choices"][0]["message"]["content"], json!(first));
}

#[test]
fn a_client_who_opens_goes_on_as_in_practice() {
    let home = tempfile::tempdir().unwrap();
    let said =
        talk(home.path(), &["chat", "--persona", "ray", "--seed", "7", "--json"], &[FIRST, SECOND, "/end"]);
    let replies: Vec<String> = crate::cli::events(&said)
        .iter()
        .filter(|event| event["event"] == "client")
        .filter_map(|event| event["text"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(replies.len(), 3, "{said}");
    let served = Served::start(home.path(), &["--api"]);
    let messages = |said: &[(&str, &str)]| -> Value {
        said.iter().map(|(role, text)| json!({ "role": role, "content": text })).collect()
    };
    let answer = |said: &[(&str, &str)]| {
        let (status, told) = served.post(&json!({ "model": "ray", "seed": 7, "messages": messages(said) }));
        assert_eq!(status, 200, "{told}");
        told["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
    };
    let system = ("system", "You are a helpful assistant.");
    let opening = answer(&[system]);
    assert_eq!(opening, replies[0]);
    let first = answer(&[system, ("assistant", &opening), ("user", FIRST)]);
    assert_eq!(first, replies[1]);
    let second =
        answer(&[system, ("assistant", &opening), ("user", FIRST), ("assistant", &first), ("user", SECOND)]);
    assert_eq!(second, replies[2]);
}

#[test]
fn a_stream_says_the_same_as_a_whole_answer() {
    let home = tempfile::tempdir().unwrap();
    let served = Served::start(home.path(), &["--api"]);
    let mut body = conversation("ray", &[FIRST]);
    let (_, whole) = served.post(&body);
    let usage = &whole["usage"];
    assert!(usage["prompt_tokens"].as_u64().unwrap() > 5 && usage["completion_tokens"].as_u64().unwrap() > 0);
    assert_eq!(whole["choices"][0]["finish_reason"], "stop");
    body["stream"] = json!(true);
    body["stream_options"] = json!({ "include_usage": true });
    let (status, head, text) = served.ask("POST /v1/chat/completions", &served.token, Some(&body));
    assert!(status == 200 && head.contains("text/event-stream"), "{head}");
    let data: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    let (last, chunks) = data.split_last().unwrap();
    let chunks: Vec<Value> = chunks.iter().map(|chunk| serde_json::from_str(chunk).unwrap()).collect();
    let said: String = chunks.iter().filter_map(|c| c["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(json!(said), whole["choices"][0]["message"]["content"]);
    assert_eq!((*last, &chunks.last().unwrap()["usage"]), ("[DONE]", usage));
    assert!(chunks.iter().all(|c| c["id"] == chunks[0]["id"] && c["object"] == "chat.completion.chunk"));
    assert_ne!(chunks[0]["id"], whole["id"]);
}

#[test]
fn what_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let served = Served::start(home.path(), &["--api"]);
    let told = |body: &Value| {
        let (status, told) = served.post(body);
        (status, told["error"]["code"].clone(), told["error"]["message"].as_str().unwrap().to_owned())
    };
    let (status, code, message) = told(&conversation("rey", &[FIRST]));
    assert_eq!((status, code), (404, json!("model_not_found")));
    assert!(message.contains("`ray`"), "{message}");
    let (status, _, message) = told(&conversation("ray", &[FIRST, "No."]));
    assert!(status == 400 && message.contains("the client's own"), "{message}");
    let (status, code, message) = told(&conversation("ray", &["I want to kill myself."]));
    assert_eq!((status, code), (400, json!("in_earnest")));
    assert!(message.contains("crisis line"), "{message}");
    let (status, _, message) = told(&conversation("ray", &[&"long ".repeat(2_000)]));
    assert!(status == 400 && message.contains("characters"), "{message}");
    let (status, _, told) = served.ask("GET /v1/models", "wrong", None);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((status, &told["error"]["type"]), (401, &json!("authentication_error")));
    assert_eq!(served.get("/v1/embeddings").0, 404);
}

#[test]
fn nothing_is_there_unless_it_is_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let served = Served::start(home.path(), &[]);
    assert_eq!(served.ask("GET /v1/models", &served.token, None).0, 404);
}

#[cfg(feature = "remote")]
#[test]
fn a_client_is_an_engine_like_any_other() {
    use pushback::chat::{Message, Role};
    use pushback::engine::remote::{Address, Key, Patience, Remote, Settings};
    use pushback::engine::{Engine, Request, Sampling};

    let home = tempfile::tempdir().unwrap();
    let served = Served::start(home.path(), &["--api"]);
    let mut remote = Remote::open(Settings {
        address: Address::parse(&format!("http://{}/v1", served.address)).unwrap(),
        model: Some("ray".to_owned()),
        key: Key::new(&served.token).unwrap(),
        patience: Patience::default(),
    })
    .unwrap();
    let request = Request {
        messages: vec![Message::new(Role::User, FIRST)],
        sampling: Sampling::default(),
        max_tok: 100,
        stop: vec!["\n\n".to_owned()],
        seed: 7,
    };
    let mut heard = String::new();
    let finish = remote.generate(&request, &mut |piece| {
        heard.push_str(piece);
        std::ops::ControlFlow::Continue(())
    });
    assert_eq!(finish.unwrap().text, served.answer("ray", &[FIRST]));
    assert!(!heard.is_empty());
}

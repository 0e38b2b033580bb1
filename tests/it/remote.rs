//! A model on a server: what is asked, what is understood, and what happens where it fails.

mod faults;
mod program;

use std::ops::ControlFlow;
use std::time::Duration;

use pushback::chat::{Message, Role};
use pushback::engine::remote::{Address, Key, Patience, Remote, Settings, estimated_tokens};
use pushback::engine::{ChooseRequest, Engine, EngineError, Finish, FinishReason, Request, Sampling};
use serde_json::{Value, json};

use crate::support::talker::{Answer, Talker, event, said};

/// Quick to give up, so that no test waits.
fn patience() -> Patience {
    Patience {
        tries: 3,
        first_wait: Duration::from_millis(1),
        connect: Duration::from_secs(5),
        first_byte: Duration::from_secs(20),
        silence: Duration::from_secs(20),
    }
}

fn settings(server: &Talker) -> Settings {
    let address = Address::parse(&server.address()).unwrap();
    Settings { address, model: None, key: None, patience: patience() }
}

fn open(server: &Talker) -> Remote {
    let remote = Remote::open(settings(server)).unwrap();
    server.all_asked();
    remote
}

fn request() -> Request {
    Request {
        messages: vec![
            Message::new(Role::System, "You are Ray."),
            Message::new(Role::User, "Hello, \"Ray\"."),
        ],
        sampling: Sampling { temperature: 0.7, top_k: 40, top_p: 0.9, min_p: 0.05, repeat_penalty: 1.1 },
        max_tok: 30,
        stop: vec!["\n\n".to_owned()],
        seed: 7,
    }
}

/// The reply, and the pieces that were heard.
fn generate(remote: &mut Remote) -> Result<(Finish, Vec<String>), EngineError> {
    let mut heard = Vec::new();
    let finish = remote.generate(&request(), &mut |piece| {
        heard.extend((!piece.is_empty()).then(|| piece.to_owned()));
        ControlFlow::Continue(())
    })?;
    Ok((finish, heard))
}

/// The text of the reply that comes as `answer`, and why it ends.
fn reply(answer: Answer) -> (String, FinishReason) {
    let (finish, heard) = generate(&mut open(&Talker::new([answer]))).unwrap();
    assert_eq!(heard.concat(), finish.text);
    (finish.text, finish.reason)
}

#[test]
fn a_reply_comes_in_pieces() {
    let server = Talker::new([Answer::words(&["Oui, ", "ça va", " 👍🏽."])]);
    let (finish, heard) = generate(&mut open(&server)).unwrap();
    assert_eq!(heard, ["Oui, ", "ça va", " 👍🏽."]);
    assert_eq!((finish.text.as_str(), finish.reason), ("Oui, ça va 👍🏽.", FinishReason::End));
}

#[test]
fn what_is_asked_is_what_is_documented() {
    let server = Talker::new([Answer::words(&["No."])]);
    let key = Key::new(" sk-secret\n").unwrap();
    assert_eq!(format!("{key:?}"), "Some(Key(…))");
    let mut remote = Remote::open(Settings { key, ..settings(&server) }).unwrap();
    generate(&mut remote).unwrap();
    let all = server.all_asked();
    let what: Vec<&str> = all.iter().map(|asked| asked.what.as_str()).collect();
    assert_eq!(what, ["GET /v1/models", "GET /props", "POST /v1/chat/completions"]);
    assert!(all.iter().all(|asked| asked.bearer.as_deref() == Some("Bearer sk-secret")), "{all:?}");
    assert_eq!(
        all[2].body,
        json!({
            "model": "tiny",
            "messages": [
                { "role": "system", "content": "You are Ray." },
                { "role": "user", "content": "Hello, \"Ray\"." },
            ],
            "stream": true,
            "stream_options": { "include_usage": true },
            "max_tokens": 30,
            "temperature": 0.7,
            "top_p": 0.9,
            "top_k": 40,
            "min_p": 0.05,
            "repeat_penalty": 1.1,
            "repetition_penalty": 1.1,
            "logprobs": true,
            "chat_template_kwargs": { "enable_thinking": false },
            "seed": 7,
            "stop": ["\n\n"],
        })
    );
    assert!(!format!("{:?}", remote.info()).contains("secret"));
}

#[test]
fn a_stream_may_be_cut_anywhere_and_end_its_lines_in_any_way() {
    let text = format!(
        ": a comment\r\n\r\nevent: x\r\ndata: {}\r\n\r\ndata: {{\"choices\": [{{\"index\": 0,\r\ndata: \"delta\": {{\"content\": \" été\"}}}}]}}\r\n\r\n{}data: [DONE]\n\n",
        said(0, "Ça 👍🏽"),
        event(&json!({ "choices": [{ "index": 0, "delta": { "content": "" }, "finish_reason": "length" }] })),
    );
    for size in [1, 2, 3, 7, text.len()] {
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        let found = reply(Answer::stream(&pieces).chunked());
        assert_eq!(found, ("Ça 👍🏽 été".to_owned(), FinishReason::Length), "pieces of {size}");
    }
}

#[test]
fn stop_texts_and_thinking_are_kept_back_where_the_server_lets_them_through() {
    let found =
        reply(Answer::words(&["<think>I am", " a model</think>\n\nNo.", "\n", "\nTrainee: so"]).held());
    assert_eq!(found, ("No.".to_owned(), FinishReason::Stop));
    let reasoning = json!({ "choices": [{ "index": 0, "delta": { "reasoning_content": "I am a model" } }] });
    let end = json!({ "choices": [{ "index": 0, "delta": { "content": "No." }, "finish_reason": "stop", "stop_reason": "\n\n" }] });
    let found = reply(Answer::stream(&[event(&reasoning).as_bytes(), event(&end).as_bytes()]));
    assert_eq!(found, ("No.".to_owned(), FinishReason::Stop));
}

#[test]
fn a_server_that_does_not_stream_is_understood() {
    let body = json!({
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "No." }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 20, "completion_tokens": 3 },
    });
    let (finish, heard) = generate(&mut open(&Talker::new([Answer::json(200, &body)]))).unwrap();
    assert_eq!((heard, finish.usage.prompt_tok, finish.usage.decoded_tok), (vec!["No.".to_owned()], 20, 3));
}

#[test]
fn counts_and_probabilities_are_read_where_they_come() {
    let chunk = |text: &str, logprob: f64, ends: Value| {
        event(&json!({ "choices": [{
            "index": 0, "delta": { "content": text }, "finish_reason": ends,
            "logprobs": { "content": [{ "token": text, "logprob": logprob }] },
        }] }))
    };
    let usage = json!({ "choices": [], "usage": {
        "prompt_tokens": 120, "completion_tokens": 2, "prompt_tokens_details": { "cached_tokens": 100 },
    } });
    let pieces = [chunk("No", -1.0, Value::Null), chunk(".", -2.0, json!("stop")), event(&usage)];
    let pieces: Vec<&[u8]> = pieces.iter().map(String::as_bytes).collect();
    let (finish, _) = generate(&mut open(&Talker::new([Answer::stream(&pieces)]))).unwrap();
    assert_eq!(finish.mean_logprob, -1.5);
    let usage = finish.usage;
    assert_eq!((usage.prompt_tok, usage.reused_tok, usage.decoded_tok), (120, 100, 2));
}

/// The replies to two seeds, and how often the server was asked for how many.
fn two(answers: Vec<Answer>) -> (Vec<String>, Vec<Value>) {
    let server = Talker::new(answers);
    let finishes = open(&server).candidates(&request(), &[7, 8], &mut || ControlFlow::Continue(())).unwrap();
    let asked = server.asked();
    let told = asked.iter().map(|a| json!([a.body["n"], a.body["seed"]])).collect();
    (finishes.into_iter().map(|finish| finish.text).collect(), told)
}

#[test]
fn candidates_come_together_or_one_after_the_other() {
    let end = |index: usize| {
        event(&json!({ "choices": [{ "index": index, "delta": {}, "finish_reason": "stop" }] }))
    };
    let (a, b, c) = (event(&said(1, "B")), event(&said(0, "A")), event(&said(1, "b")));
    let (e0, e1) = (end(0), end(1));
    let both: Vec<&[u8]> = [&a, &b, &e0, &c, &e1].iter().map(|s| s.as_bytes()).collect();
    assert_eq!(two(vec![Answer::stream(&both)]), (vec!["A".into(), "Bb".into()], vec![json!([2, 7])]));
    // A server that does not know `n` writes one, and is asked once more.
    let one = vec![Answer::words(&["A"]), Answer::words(&["B"])];
    assert_eq!(two(one), (vec!["A".into(), "B".into()], vec![json!([2, 7]), json!([null, 8])]));
    // One that refuses `n` is not asked for several again.
    let refusing =
        vec![Answer::error(400, "Only one candidate, please"), Answer::words(&["A"]), Answer::words(&["B"])];
    let told = vec![json!([2, 7]), json!([null, 7]), json!([null, 8])];
    assert_eq!(two(refusing), (vec!["A".into(), "B".into()], told));
}

/// The names of the fields that each request had, where the server first answers `refusals`.
fn fields_after(refusals: &[(u16, &str)]) -> Vec<Vec<String>> {
    let refusals = refusals.iter().map(|(status, why)| Answer::error(*status, why));
    let server = Talker::new(refusals.chain([Answer::words(&["No."])]));
    let mut remote = open(&server);
    for _ in 0..2 {
        assert_eq!(generate(&mut remote).unwrap().0.text, "No.");
    }
    let names = |asked: &Value| asked.as_object().unwrap().keys().cloned().collect();
    server.asked().iter().map(|asked| names(&asked.body)).collect()
}

#[test]
fn what_a_server_refuses_is_left_out_from_then_on() {
    let all = fields_after(&[]);
    assert_eq!(all[0], all[1]);
    let without = |left_out: &[&str]| -> Vec<String> {
        all[0].iter().filter(|name| !left_out.contains(&name.as_str())).cloned().collect()
    };
    let sampler = ["top_k", "min_p", "repeat_penalty", "repetition_penalty"];
    for (why, left_out) in [
        ("Unrecognized request argument supplied: top_k", &sampler[..]),
        ("Unsupported parameter: 'seed'", &["seed"]),
        ("logprobs is not available here", &["logprobs"]),
        ("'stop' is not supported with this model", &["stop"]),
        (
            "bad request",
            &[
                "top_k",
                "min_p",
                "repeat_penalty",
                "repetition_penalty",
                "stream_options",
                "logprobs",
                "chat_template_kwargs",
            ],
        ),
    ] {
        let asked = fields_after(&[(400, why)]);
        assert_eq!(asked, [all[0].clone(), without(left_out), without(left_out)], "{why}");
    }
    let asked =
        fields_after(&[(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")]);
    assert!(
        asked[1].contains(&"max_completion_tokens".to_owned())
            && !asked[1].contains(&"max_tokens".to_owned())
    );
}

#[test]
fn tokens_are_counted_by_the_server_or_estimated() {
    let models = Answer::json(200, &json!({ "data": [{ "id": "tiny", "max_model_len": 9000 }] }));
    let count = Answer::json(200, &json!({ "tokens": [1, 2, 3] }));
    let counting = Talker::with(&[("/v1/models", models), ("/tokenize", count)], []);
    let remote = open(&counting);
    assert_eq!(remote.info().file.context_tok, 9000);
    let messages = [Message::new(Role::User, "one two three"), Message::new(Role::User, "one two three")];
    // Three of the text and eight around it, twice, and sixteen for the talk.
    assert_eq!(remote.count_tokens(&messages).unwrap(), 2 * (3 + 8) + 16);
    let asked = counting.all_asked();
    assert_eq!(asked.len(), 1, "the same text is counted once");
    assert_eq!(
        (&asked[0].body["content"], &asked[0].body["prompt"]),
        (&json!("one two three"), &json!("one two three"))
    );

    let server = Talker::new([]);
    let remote = open(&server);
    assert_eq!(remote.info().file.context_tok, 4096);
    for _ in 0..2 {
        assert_eq!(remote.count_tokens(&messages).unwrap(), 2 * (estimated_tokens("one two three") + 8) + 16);
    }
    assert_eq!(server.all_asked().len(), 1, "a server that does not count is asked once");
}

#[test]
fn the_context_is_the_server_s() {
    let models = |meta: Value| Answer::json(200, &json!({ "data": [{ "id": "tiny", "meta": meta }] }));
    let props = Answer::json(200, &json!({ "default_generation_settings": { "n_ctx": 2048 } }));
    let meta = json!({ "n_ctx_train": 32768, "n_params": 1000, "size": 2000 });
    let remote = open(&Talker::with(&[("/v1/models", models(meta)), ("/props", props)], []));
    let file = &remote.info().file;
    assert_eq!((file.context_tok, file.parameters, file.file_bytes), (2048, 1000, 2000));
}

#[test]
fn given_lines_can_t_be_weighed() {
    let request = ChooseRequest { messages: request().messages, options: vec!["No.".to_owned()] };
    let error = open(&Talker::new([])).choose(&request).unwrap_err();
    assert_eq!(error.to_string(), "a model behind a server can't say how likely given lines are");
    assert!(error.hint().unwrap().contains("--engine"));
}

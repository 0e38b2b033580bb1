//! An engine on its own thread, and one that follows a script.

use std::ops::ControlFlow;

use pushback::chat::Message;
use pushback::engine::scripted::Scripted;
use pushback::engine::worker::Worker;
use pushback::engine::{
    ChooseRequest, Engine, EngineError, Finish, FinishReason, Likelihood, ModelInfo, Request,
};

use super::{generate, open, request, user};
use crate::support::tiny_gguf::{Mix, Tiny};

#[test]
fn a_worker_gives_what_its_engine_gives() {
    let tiny = Tiny::new("llama", Mix::F32);
    let req = request(vec![user("hello")]);
    let mut alone = open(&tiny);
    let expected = generate(&mut alone, &req);
    let mut worker = Worker::spawn(open(&tiny)).unwrap();
    assert_eq!(worker.info().file.architecture, "llama");
    let finish = generate(&mut worker, &req);
    assert_eq!((finish.text, finish.reason), (expected.text, expected.reason));
    let messages = req.messages;
    assert_eq!(worker.count_tokens(&messages).unwrap(), alone.count_tokens(&messages).unwrap());
    let options = vec!["no".to_owned(), "hello".to_owned()];
    let choice = ChooseRequest { messages, options };
    assert_eq!(worker.choose(choice.clone()).unwrap(), alone.choose(&choice).unwrap());
}

#[test]
fn a_worker_stops_when_told_and_when_nobody_listens() {
    let words = vec!["word "; 1000].concat();
    let worker = Worker::spawn(Scripted::new([words])).unwrap();
    let req = Request { max_tok: usize::MAX, ..request(vec![user("hello")]) };

    let mut heard = 0;
    let finish = worker.generate(req.clone(), |_| {
        heard += 1;
        if heard == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let finish = finish.unwrap();
    assert_eq!((finish.reason, finish.text.as_str()), (FinishReason::Cancelled, "word word word "));

    let cancel = worker.cancel_handle();
    let mut heard = 0;
    let finish = worker.generate(req.clone(), |_| {
        heard += 1;
        if heard == 3 {
            cancel.cancel();
        }
        ControlFlow::Continue(())
    });
    let finish = finish.unwrap();
    assert_eq!(finish.reason, FinishReason::Cancelled);
    assert!(heard < 6, "went on for {heard} words");

    let mut reply = worker.start(req.clone());
    assert_eq!(reply.next().as_deref(), Some("word "));
    drop(reply);
    let finish = worker.generate(req, |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(finish.reason, FinishReason::End, "an earlier cancel does not touch a later reply");
}

/// Panics whatever it is asked.
struct Broken(Scripted);

impl Engine for Broken {
    fn generate(
        &mut self,
        _: &Request,
        _: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Finish, EngineError> {
        panic!("out of {}", "order")
    }

    fn choose(&mut self, _: &ChooseRequest) -> Result<Vec<Likelihood>, EngineError> {
        panic!("out of order")
    }

    fn count_tokens(&self, messages: &[Message]) -> Result<usize, EngineError> {
        self.0.count_tokens(messages)
    }

    fn info(&self) -> &ModelInfo {
        self.0.info()
    }
}

#[test]
fn a_panic_in_the_engine_is_an_error_for_the_caller() {
    let worker = Worker::spawn(Broken(Scripted::new(["x"]))).unwrap();
    let messages = vec![user("hello there")];
    let error = worker.generate(request(messages.clone()), |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(&error, EngineError::Panicked(why) if why == "out of order"), "{error}");
    let error = worker.choose(ChooseRequest { messages: messages.clone(), options: Vec::new() }).unwrap_err();
    assert!(matches!(error, EngineError::Panicked(_)), "{error}");
    assert_eq!(worker.count_tokens(&messages).unwrap(), 2, "the thread lives on");
}

#[test]
fn a_scripted_engine_follows_its_script() {
    let mut engine = Scripted::new(["One two.", "Three\nfour."]);
    let req = Request { stop: vec!["\n".to_owned()], ..request(vec![user("why not two.")]) };
    assert_eq!(generate(&mut engine, &req).text, "One two.");
    let second = generate(&mut engine, &req);
    assert_eq!((second.text.as_str(), second.reason), ("Three", FinishReason::Stop));
    let short = generate(&mut engine, &Request { max_tok: 1, ..req.clone() });
    assert_eq!((short.text.as_str(), short.reason), ("One ", FinishReason::Length));
    let options = vec!["why not".to_owned(), "something else".to_owned()];
    let found = engine.choose(&ChooseRequest { messages: req.messages, options }).unwrap();
    assert!(found[0].total > found[1].total);
}

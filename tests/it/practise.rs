//! Whole turns: judged, felt, worded, guarded, stored.

use std::ops::ControlFlow;
use std::sync::Arc;

use pushback::app::AppError;
use pushback::app::practise::{MAX_REPLY_CHARS, Practice};
use pushback::app::voice::Voice;
use pushback::chat::Message;
use pushback::domain::judge::{Band, Code};
use pushback::domain::session::Reply;
use pushback::engine::scripted::Scripted;
use pushback::engine::{ChooseRequest, Engine, EngineError, Finish, Likelihood, ModelInfo, Request};
use pushback::store::Store;

use crate::support::practice::{cast, library, practice};

/// One exchange, listened to until the end.
fn exchange(practice: &mut Practice, text: &str) -> Reply {
    practice.hear(text).unwrap();
    practice.answer(&mut |_| ControlFlow::Continue(()), &|| false).unwrap().clone()
}

fn mumbling() -> Scripted {
    Scripted::new(["Sure.", "If you say so.", "Whatever you need to hear.", "It's in the file."])
}

#[test]
fn arguing_hardens_and_rolling_softens() {
    let discord_after = |lines: [&str; 3]| {
        let mut practice = practice("ray", 3, Store::in_memory().unwrap(), mumbling());
        let start = practice.path().last_reply().unwrap().state.discord;
        let end = lines.map(|line| exchange(&mut practice, line)).last().unwrap().state.discord;
        end.value() - start.value()
    };
    let argued = discord_after([
        "You broke the law, so stop making excuses.",
        "You need to stop drinking before you lose your daughter.",
        "You are in denial about your drinking.",
    ]);
    let rolled = discord_after([
        "You'd rather be anywhere but here, and nobody asked you what you think.",
        "Whether you change anything is completely up to you.",
        "You gave up a day's pay to be here, because your daughter matters that much to you.",
    ]);
    assert!(argued > 0.1, "arguing moved discord by {argued}");
    assert!(rolled < -0.1, "rolling moved discord by {rolled}");
}

#[test]
fn the_verdict_names_what_was_done() {
    let mut practice = practice("ray", 3, Store::in_memory().unwrap(), mumbling());
    assert_eq!(practice.hear("You're just making excuses, and you know it.").unwrap().band, Band::Arguing);
    let suggestion = practice.feedback().and_then(|f| f.alternative).expect("an alternative after arguing");
    assert!(!suggestion.text.contains(['{', '}']), "{}", suggestion.text);
}

#[test]
fn the_best_candidate_is_spoken_and_the_others_are_logged() {
    let engine = Scripted::new(["As an AI, I can't say.", "Thank you for sharing that.", "Says who?"]);
    let mut practice = practice("ray", 1, Store::in_memory().unwrap(), engine);
    let reply = exchange(&mut practice, "How are you?");
    assert_eq!(reply.text, "Says who?");
    let faults: Vec<_> = reply.runners_up.iter().map(|r| r.faults.join(", ")).collect();
    assert!(faults.iter().any(|f| f.contains("role break")), "{faults:?}");
    assert!(faults.iter().any(|f| f.contains("therapist-speak")), "{faults:?}");
}

#[test]
fn cutting_the_client_short_keeps_what_was_said() {
    let engine = Scripted::new(["One two three four five six."]);
    let mut practice = practice("ray", 1, Store::in_memory().unwrap(), engine);
    practice.hear("Hello.").unwrap();
    let mut heard = 0;
    let mut listener = |_: &str| {
        heard += 1;
        if heard > 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let reply = practice.answer(&mut listener, &|| false).unwrap();
    assert_eq!((reply.text.as_str(), reply.cut), ("One two three", true));
}

#[test]
fn a_stop_before_the_first_word_leaves_the_answer_owed() {
    let mut practice = practice("ray", 1, Store::in_memory().unwrap(), mumbling());
    practice.hear("Hello.").unwrap();
    let stopped = practice.answer(&mut |_| ControlFlow::Continue(()), &|| true).map(drop);
    assert!(matches!(stopped, Err(AppError::Stopped)), "{stopped:?}");
    assert!(practice.owes_answer());
    practice.answer(&mut |_| ControlFlow::Continue(()), &|| false).unwrap();
    assert!(!practice.owes_answer());
}

#[test]
fn undo_goes_back_to_the_same_client() {
    let mut practice = practice("ray", 1, Store::in_memory().unwrap(), mumbling());
    let before = practice.path().clone();
    exchange(&mut practice, "You are wasting my time.");
    assert_eq!(practice.undo().unwrap(), "You are wasting my time.");
    assert_eq!(*practice.path(), before);
    assert_eq!(practice.attempts().unwrap(), 1);
    assert!(matches!(practice.undo(), Err(AppError::NothingToUndo)));
}

#[test]
fn a_paste_is_refused_and_nothing_changes() {
    let mut practice = practice("ray", 1, Store::in_memory().unwrap(), mumbling());
    let before = practice.path().clone();
    let error = practice.hear(&"x".repeat(100_000)).map(drop).unwrap_err();
    assert!(error.to_string().contains("100000 characters"), "{error}");
    assert!(error.hint().unwrap().contains("nothing was sent"));
    assert_eq!(*practice.path(), before);
    practice.hear(&"x".repeat(MAX_REPLY_CHARS)).unwrap();
}

/// An engine that is out of order.
struct Broken(ModelInfo);

impl Engine for Broken {
    fn generate(
        &mut self,
        _: &Request,
        _: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Finish, EngineError> {
        Err(EngineError::Panicked("out of order".to_owned()))
    }

    fn choose(&mut self, _: &ChooseRequest) -> Result<Vec<Likelihood>, EngineError> {
        Err(EngineError::Panicked("out of order".to_owned()))
    }

    fn count_tokens(&self, _: &[Message]) -> Result<usize, EngineError> {
        Ok(0)
    }

    fn info(&self) -> &ModelInfo {
        &self.0
    }
}

#[test]
fn what_the_trainee_said_survives_a_broken_engine() {
    let folder = tempfile::tempdir().unwrap();
    let broken = Broken(mumbling().info().clone());
    let mut practice = practice("ray", 1, Store::open(folder.path()).unwrap(), broken);
    practice.hear("You'd rather be at work.").unwrap();
    assert!(practice.answer(&mut |_| ControlFlow::Continue(()), &|| false).is_err());
    drop(practice);

    let voice = Voice::Free {
        engine: Box::new(mumbling()),
        notes: Arc::new(library().notes().unwrap()),
        candidates: 1,
        failed: 0,
    };
    let mut practice = Practice::resume(Store::open(folder.path()).unwrap(), cast(voice), None).unwrap();
    assert_eq!(practice.path().trainee_said(), ["You'd rather be at work."]);
    assert!(practice.owes_answer());
    let reply = practice.answer(&mut |_| ControlFlow::Continue(()), &|| false).unwrap();
    assert_eq!(reply.text, "Sure.");
}

#[test]
fn going_on_is_as_if_there_had_been_no_break() {
    let lines = ["You'd rather be at work.", "What would help?", "It's your call."];
    let mut through = practice("ray", 9, Store::in_memory().unwrap(), mumbling());
    let straight = lines.map(|line| exchange(&mut through, line).state);

    let folder = tempfile::tempdir().unwrap();
    let mut first = practice("ray", 9, Store::open(folder.path()).unwrap(), mumbling());
    let mut broken = vec![exchange(&mut first, lines[0]).state];
    drop(first);
    let voice = Voice::Free {
        engine: Box::new(mumbling()),
        notes: Arc::new(library().notes().unwrap()),
        candidates: 3,
        failed: 0,
    };
    let mut second = Practice::resume(Store::open(folder.path()).unwrap(), cast(voice), None).unwrap();
    broken.extend(lines[1..].iter().map(|line| exchange(&mut second, line).state));
    assert_eq!(broken, straight);
}

#[test]
fn permission_is_given_by_the_client_and_lapses() {
    let engine = Scripted::new(["Yeah, go ahead.", "Huh.", "So.", "Well.", "Right."]);
    let mut practice = practice("ray", 1, Store::in_memory().unwrap(), engine);
    exchange(&mut practice, "Would it be okay if I told you what has worked for other people?");
    let codes: Vec<_> = (0..5)
        .map(|_| {
            let codes = practice.hear("You should cut down to two beers a week.").unwrap().codes.clone();
            practice.answer(&mut |_| ControlFlow::Continue(()), &|| false).unwrap();
            codes
        })
        .collect();
    assert!(codes[0].contains(&Code::PersuadeWithPermission), "{codes:?}");
    assert!(codes[4].contains(&Code::Persuade), "{codes:?}");
}

#[test]
fn a_model_that_can_t_play_the_client_is_not_let_through() {
    let engine =
        Scripted::new(["As an AI, I can't say.", "As an AI, no.", "I am a bot.", "No. Next question."]);
    let mut practice = practice("ray", 1, Store::in_memory().unwrap(), engine);
    practice.hear("Are you a bot?").unwrap();
    let failed = practice.answer(&mut |_| ControlFlow::Continue(()), &|| false).map(drop);
    assert!(matches!(failed, Err(AppError::NothingFit)), "{failed:?}");
    assert!(practice.owes_answer());
    let reply = practice.answer(&mut |_| ControlFlow::Continue(()), &|| false).unwrap();
    assert_eq!(reply.text, "No. Next question.");
}

#[test]
fn a_cut_before_the_first_word_leaves_the_answer_owed() {
    let mut practice = practice("ray", 1, Store::in_memory().unwrap(), mumbling());
    practice.hear("Hello.").unwrap();
    let cut = practice.answer(&mut |_| ControlFlow::Break(()), &|| false).map(drop);
    assert!(matches!(cut, Err(AppError::Stopped)), "{cut:?}");
    assert!(practice.owes_answer());
}

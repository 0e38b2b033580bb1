//! Writing replies: seeds, ends, limits.

use std::ops::ControlFlow;

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use pushback::engine::local::Hold;
use pushback::engine::{ChooseRequest, Engine, EngineError, Finish, FinishReason, Request, Sampling};

use super::{ARCHITECTURES, generate, open, open_held, request, user};
use crate::support::tiny_gguf::{Mix, Tiny};

#[test]
fn the_same_seed_gives_the_same_reply_and_another_seed_another() {
    let tiny = Tiny::new("qwen3", Mix::Quantised);
    let req = request(vec![user("hello")]);
    let first = generate(&mut open(&tiny), &req);
    assert_eq!(first.usage.reused_tok, 0);
    assert_eq!(generate(&mut open(&tiny), &req).text, first.text);
    let other = Request { seed: 8, ..req };
    assert_ne!(generate(&mut open(&tiny), &other).text, first.text);
}

#[test]
fn a_second_candidate_reads_only_the_prompts_last_token() {
    let mut model = open(&Tiny::new("llama", Mix::F32));
    let req = request(vec![user("hello there")]);
    let first = generate(&mut model, &req);
    let second = generate(&mut model, &Request { seed: 9, ..req.clone() });
    assert_eq!(second.usage.reused_tok, first.usage.prompt_tok - 1);
    assert_eq!(second.usage.prompt_tok, first.usage.prompt_tok);
    assert_ne!(second.text, first.text);
    assert_eq!(generate(&mut model, &req).text, first.text, "what was drawn in between leaves no trace");
}

#[test]
fn replies_end_at_stop_texts_lengths_and_the_callers_wish() {
    let mut model = open(&Tiny::new("llama", Mix::F32));
    let req = Request { max_tok: 60, ..request(vec![user("hello")]) };
    let whole = generate(&mut model, &req);
    assert!(whole.text.chars().count() > 8, "too short to cut: {whole:?}");
    let stop: String = whole.text.chars().skip(4).take(3).collect();
    let before = &whole.text[..whole.text.find(&stop).unwrap()];
    let stopped = generate(&mut model, &Request { stop: vec!["never said".to_owned(), stop], ..req.clone() });
    assert_eq!((stopped.reason, stopped.text.as_str()), (FinishReason::Stop, before));

    let short = generate(&mut model, &Request { max_tok: 3, ..req.clone() });
    assert_eq!((short.reason, short.usage.decoded_tok), (FinishReason::Length, 3));
    let nothing = generate(&mut model, &Request { max_tok: 0, ..req.clone() });
    assert_eq!((nothing.reason, nothing.text.as_str()), (FinishReason::Length, ""));

    let mut taken = String::new();
    let cut = model.generate(&req, &mut |piece| {
        taken.push_str(piece);
        if taken.chars().count() >= 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let cut = cut.unwrap();
    assert_eq!((cut.reason, &cut.text), (FinishReason::Cancelled, &taken));
    assert!(whole.text.starts_with(&taken));

    let never = model.generate(&req, &mut |_| ControlFlow::Break(())).unwrap();
    assert_eq!((never.reason, never.usage.decoded_tok), (FinishReason::Cancelled, 0));
}

#[test]
fn what_a_model_may_not_say_is_never_said() {
    let tiny = Tiny::new("qwen2", Mix::F32);
    let sampling = Sampling { temperature: 3.0, top_k: 0, top_p: 1.0, min_p: 0.0, repeat_penalty: 1.0 };
    let mut model = open(&tiny);
    let mut ends = 0;
    for seed in 0..40 {
        let req = Request { seed, sampling, max_tok: 40, ..request(vec![user("hello")]) };
        let finish = generate(&mut model, &req);
        for name in ["<|im_start|>", "<|im_end|>", "<|endoftext|>", "[PAD]"] {
            assert!(!finish.text.contains(name), "{finish:?}");
        }
        ends += usize::from(finish.reason == FinishReason::End);
    }
    assert!(ends > 0, "at such a temperature some reply must end by itself");
}

#[test]
fn a_full_context_is_an_error_that_says_how_much_is_missing() {
    let mut model = open(&Tiny::new("llama", Mix::F32));
    let messages = vec![user(&"a b ".repeat(250))];
    let prompt_tok = model.count_tokens(&messages).unwrap();
    let req = Request { max_tok: 1024 - prompt_tok, ..request(messages.clone()) };
    let one_more = Request { max_tok: req.max_tok + 1, ..req };
    let error = model.generate(&one_more, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(error, EngineError::ContextFull { needed: 1025, context: 1024 }), "{error}");
    assert!(error.hint().is_some());
    let error = model.choose(&ChooseRequest { messages, options: vec!["x".repeat(1000)] }).unwrap_err();
    assert!(matches!(error, EngineError::ContextFull { .. }), "{error}");
}

#[test]
fn a_model_that_computes_nonsense_is_an_error() {
    let mut tiny = Tiny::new("llama", Mix::F32);
    let nan = QTensor::quantize(&Tensor::full(f32::NAN, 256, &Device::Cpu).unwrap(), GgmlDType::F32).unwrap();
    tiny.tensors.retain(|(name, _)| name != "output_norm.weight");
    tiny.tensors.push(("output_norm.weight".to_owned(), nan));
    let mut model = open(&tiny);
    let error =
        model.generate(&request(vec![user("hello")]), &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(error, EngineError::NotANumber), "{error}");
}

/// One batch over one prompt writes what one reply after the other writes.
#[test]
fn candidates_are_the_replies_that_their_seeds_give() {
    for hold in [Hold::Packed, Hold::Tiles] {
        for architecture in ARCHITECTURES {
            let tiny = Tiny::new(architecture, Mix::F32);
            let mut req = request(vec![user("hello")]);
            req.sampling.temperature = 1.0;
            let seeds = [3, 4, 5, 3];
            let alone: Vec<Finish> = seeds
                .iter()
                .map(|&seed| generate(&mut open_held(&tiny, hold), &Request { seed, ..req.clone() }))
                .collect();
            let mut model = open_held(&tiny, hold);
            let go_on = &mut || ControlFlow::Continue(());
            let together = model.candidates(&req, &seeds, go_on).unwrap();
            for (a, b) in alone.iter().zip(&together) {
                assert_eq!((&a.text, a.reason), (&b.text, b.reason), "{architecture} {hold:?}");
                assert_eq!(a.usage.decoded_tok, b.usage.decoded_tok);
                assert!((a.mean_logprob - b.mean_logprob).abs() < 1e-3, "{architecture} {hold:?}");
            }
            // These random weights make gemma3 say the same whatever the seed.
            assert!(architecture == "gemma3" || together[0].text != together[1].text, "{architecture}");
            // The conversation goes on from the prompt, whatever was tried.
            let after = generate(&mut model, &Request { seed: 4, ..req.clone() });
            assert_eq!(after.text, alone[1].text);
            assert!(after.usage.reused_tok > 0);
            let stopped = model.candidates(&req, &seeds, &mut || ControlFlow::Break(())).unwrap();
            assert!(stopped.iter().all(|finish| finish.reason == FinishReason::Cancelled));
        }
    }
}

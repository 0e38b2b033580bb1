//! `pushback bench`: prefill and decode speed of a model on this machine.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use super::model::ModelArgs;
use crate::app::AppError;
use crate::chat::{Message, Role};
use crate::engine::{ChooseRequest, Engine, Request, Sampling, Usage};
use crate::ui::screen::Screen;

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// Tokens to read before the first word.
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = at_least_one)]
    prefill: usize,
    /// Tokens to write.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = at_least_one)]
    decode: usize,
    /// How often; medians are printed.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,
    /// One object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    model: ModelArgs,
}

#[derive(Serialize)]
struct Figures {
    model: String,
    device: String,
    load_ms: f64,
    prompt_tok: usize,
    prefill_tok_per_s: f64,
    decoded_tok: usize,
    decode_tok_per_s: f64,
    choose_24_ms: f64,
    peak_memory_mib: Option<f64>,
}

pub(super) fn run(args: BenchArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let begin = Instant::now();
    let mut engine = args.model.open()?;
    let load_ms = begin.elapsed().as_secs_f64() * 1e3;
    let (mut usages, mut choices) = (Vec::new(), Vec::new());
    for run in 0..args.runs {
        let messages = messages(engine.as_ref(), args.prefill, run)?;
        usages.push(generate(engine.as_mut(), &messages, args.decode)?);
        choices.push(choose(engine.as_mut(), &messages)?);
    }
    let usage = |f: fn(&Usage) -> f64| median(usages.iter().map(f).collect());
    let figures = Figures {
        model: engine.info().name.clone(),
        device: engine.info().device.clone(),
        load_ms,
        prompt_tok: usages.first().map_or(0, |u| u.prompt_tok),
        prefill_tok_per_s: usage(|u| (u.prompt_tok - u.reused_tok) as f64 / u.prefill.as_secs_f64()),
        decoded_tok: usages.first().map_or(0, |u| u.decoded_tok),
        decode_tok_per_s: usage(|u| u.decoded_tok as f64 / u.decode.as_secs_f64()),
        choose_24_ms: median(choices),
        peak_memory_mib: peak_memory_mib(),
    };
    if args.json {
        screen.json(&figures)?;
    } else {
        show(screen, &figures)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(0) => Err("at least 1 is needed".to_owned()),
        parsed => parsed.map_err(|e| e.to_string()),
    }
}

fn show(screen: Screen, f: &Figures) -> std::io::Result<()> {
    screen.line(&format!("{} on {}", f.model, f.device))?;
    screen.line(&format!("load     {:>9.0} ms", f.load_ms))?;
    screen.line(&format!("prefill  {:>9.1} tok/s  ({} tok)", f.prefill_tok_per_s, f.prompt_tok))?;
    screen.line(&format!("decode   {:>9.1} tok/s  ({} tok)", f.decode_tok_per_s, f.decoded_tok))?;
    screen.line(&format!("choose   {:>9.1} ms     (24 lines)", f.choose_24_ms))?;
    if let Some(mib) = f.peak_memory_mib {
        screen.line(&format!("memory   {mib:>9.0} MiB    (peak)"))?;
    }
    Ok(())
}

/// A prompt of at least `tokens` tokens. It differs from the first word on between runs, so
/// that nothing of it is in the KV cache.
fn messages(engine: &dyn Engine, tokens: usize, run: u32) -> Result<Vec<Message>, AppError> {
    const WORDS: [&str; 8] = ["rain ", "on ", "the ", "road ", "all ", "night ", "again ", "and "];
    let mut text = format!("{run} ");
    loop {
        let messages = vec![Message::new(Role::User, text.clone())];
        let counted = engine.count_tokens(&messages)?;
        if counted >= tokens {
            return Ok(messages);
        }
        for i in 0..(tokens - counted).div_ceil(2).max(1) {
            text.push_str(WORDS[i % WORDS.len()]);
        }
    }
}

fn generate(engine: &mut dyn Engine, messages: &[Message], max_tok: usize) -> Result<Usage, AppError> {
    let request = Request {
        messages: messages.to_vec(),
        sampling: Sampling { temperature: 1.5, top_p: 1.0, min_p: 0.0, ..Sampling::default() },
        max_tok,
        stop: Vec::new(),
        seed: 1,
    };
    let finish = engine.generate(&request, &mut |_| ControlFlow::Continue(()))?;
    Ok(finish.usage)
}

/// Milliseconds to weigh 24 lines of ten words.
fn choose(engine: &mut dyn Engine, messages: &[Message]) -> Result<f64, AppError> {
    let options = (0..24).map(|i| format!("That is line {i}, and it has ten words, I think.")).collect();
    let begin = Instant::now();
    engine.choose(&ChooseRequest { messages: messages.to_vec(), options })?;
    Ok(begin.elapsed().as_secs_f64() * 1e3)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The process's peak resident memory, where the system tells.
fn peak_memory_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

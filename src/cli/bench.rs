//! `pushback bench`: how fast a model runs on this machine, and what share of the memory's speed
//! that is; or how fast one on a server answers.

mod server;

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use super::model::ModelArgs;
use crate::app::AppError;
use crate::chat::{Message, Role};
use crate::engine::kernels::read_bandwidth;
use crate::engine::local::Local;
use crate::engine::{ChooseRequest, Engine, Request, Sampling};
use crate::ui::screen::Screen;

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// Tokens to read, one measurement for each number.
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "128,512", value_parser = at_least_one)]
    prefill: Vec<usize>,
    /// Tokens to write.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = at_least_one)]
    decode: usize,
    /// Tokens that are there before the first is written, one measurement for each number.
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "0")]
    depth: Vec<usize>,
    /// How often; the median, the least and the most are shown.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,
    /// Only reading and writing; no practice turn, no choice among lines.
    #[arg(long)]
    speed_only: bool,
    /// One object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    model: ModelArgs,
}

/// Several measurements of one thing.
#[derive(Clone, Copy, Debug, Serialize)]
struct Spread {
    median: f64,
    min: f64,
    max: f64,
}

/// Speed of reading or writing.
#[derive(Debug, Serialize)]
struct Speed {
    tok: usize,
    depth: usize,
    tok_per_s: Spread,
    /// Of the weights and of what attention reads, against what the memory can deliver.
    #[serde(skip_serializing_if = "Option::is_none")]
    share_of_bandwidth: Option<f64>,
}

/// Several replies written at once, against one.
#[derive(Debug, Serialize)]
struct Batch {
    replies: usize,
    /// How often the time of one reply.
    times_one: Spread,
}

#[derive(Serialize)]
struct Figures {
    model: String,
    device: String,
    arithmetic: String,
    /// The first time in this process, when the file may have to come from the disk.
    load_first_ms: f64,
    /// Again, from the system's file cache.
    load_warm_ms: f64,
    prefill: Vec<Speed>,
    decode: Vec<Speed>,
    /// Replies written at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<Batch>,
    /// From a trainee's reply to the first token, when all before it was read in earlier turns.
    #[serde(skip_serializing_if = "Option::is_none")]
    turn_first_token_ms: Option<Spread>,
    /// To weigh 24 lines of ten words.
    #[serde(skip_serializing_if = "Option::is_none")]
    choose_24_ms: Option<Spread>,
    peak_memory_mib: Option<f64>,
    file_mib: f64,
    bandwidth_gb_per_s: f64,
}

pub(super) fn run(args: BenchArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    if let Some(at) = args.model.server() {
        let figures = server::run(&mut at.open(screen)?, (args.runs, args.decode))?;
        if args.json {
            screen.json(&figures)?;
        } else {
            server::show(screen, &figures)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let (engine, load_first_ms) = timed(|| args.model.open(None));
    drop(engine?);
    let (engine, load_warm_ms) = timed(|| args.model.open(None));
    let mut engine = engine?;
    if let Some(placed) = engine.placed() {
        screen.note(placed);
    }
    let context = engine.info().file.context_tok;
    let (prefills, depths) =
        (fitting(&args.prefill, 0, context), fitting(&args.depth, args.decode + 1, context));
    let left_out = args.prefill.len() + args.depth.len() - prefills.len() - depths.len();
    if prefills.is_empty() && depths.is_empty() {
        anyhow::bail!("the model's context is {context} tokens, which is less than is to be measured");
    }
    if left_out > 0 {
        screen.note(&format!("the model's context is {context} tokens: what is longer is left out"));
    }
    let mut seed = 0;
    let prefill = prefills
        .iter()
        .map(|&n| prefill(&mut engine, n, (args.runs, &mut seed)))
        .collect::<Result<_, _>>()?;
    let decode: Vec<Speed> = depths
        .iter()
        .map(|&depth| decode(&mut engine, args.decode, depth, (args.runs, &mut seed)))
        .collect::<Result<_, _>>()?;
    let batch = batch(&mut engine, args.decode, (args.runs, &mut seed))?;
    let (turn, choice) = if args.speed_only { (None, None) } else { practice(&mut engine, args.runs)? };
    let (peak_memory_mib, file_mib) =
        (peak_memory_mib(), engine.info().file.file_bytes as f64 / f64::from(1 << 20));
    let bandwidth = read_bandwidth(engine.threads())?;
    let mut figures = Figures {
        model: engine.info().file.name.clone(),
        device: engine.info().device.clone(),
        arithmetic: engine.info().arithmetic.clone(),
        load_first_ms,
        load_warm_ms,
        prefill,
        decode,
        batch,
        turn_first_token_ms: turn,
        choose_24_ms: choice,
        peak_memory_mib,
        file_mib,
        bandwidth_gb_per_s: bandwidth / 1e9,
    };
    share_out(&mut figures, &engine, bandwidth);
    if args.json {
        screen.json(&figures)?;
    } else {
        show(screen, &figures)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A practice turn, where there is room for one, and a choice among lines.
fn practice(engine: &mut Local, runs: u32) -> Result<(Option<Spread>, Option<Spread>), AppError> {
    let turns = (0..runs).map(|run| practice_turn(engine, run)).collect::<Result<Vec<_>, _>>()?;
    let choices = (0..runs).map(|run| choose(engine, run)).collect::<Result<Vec<_>, _>>()?;
    Ok((turns.into_iter().collect::<Option<Vec<f64>>>().map(spread), Some(spread(choices))))
}

/// What share of the memory's `bandwidth`, in bytes a second, each speed of writing takes.
fn share_out(figures: &mut Figures, engine: &Local, bandwidth: f64) {
    for speed in &mut figures.decode {
        // Half of the tokens are written below the middle, half above it.
        let bytes = engine.bytes_per_token(speed.depth + speed.tok / 2) as f64;
        speed.share_of_bandwidth = Some(bytes * speed.tok_per_s.median / bandwidth);
    }
}

/// Those of `sizes` that leave room for `more` tokens.
fn fitting(sizes: &[usize], more: usize, context_tok: usize) -> Vec<usize> {
    sizes.iter().copied().filter(|&n| n.saturating_add(more) <= context_tok).collect()
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(0) => Err("at least 1 is needed".to_owned()),
        parsed => parsed.map_err(|e| e.to_string()),
    }
}

fn show(screen: Screen, f: &Figures) -> std::io::Result<()> {
    screen.line(&format!("{} on {}: {}", f.model, f.device, f.arithmetic))?;
    screen.line(&format!("load     {:>9.0} ms, again {:.0} ms", f.load_first_ms, f.load_warm_ms))?;
    for (name, speeds) in [("prefill", &f.prefill), ("decode", &f.decode)] {
        for speed in speeds {
            let Spread { median, min, max } = speed.tok_per_s;
            let depth = if speed.depth > 0 { format!(" after {}", speed.depth) } else { String::new() };
            let share = speed.share_of_bandwidth.map(|s| format!(", {:.0}% of bandwidth", s * 100.0));
            screen.line(&format!(
                "{name:<8} {median:>9.1} tok/s  ({min:.1}-{max:.1}; {} tok{depth}{})",
                speed.tok,
                share.unwrap_or_default()
            ))?;
        }
    }
    if let Some(Batch { replies, times_one: Spread { median, min, max } }) = f.batch {
        screen.line(&format!(
            "batch    {median:>9.2} times the time of one ({min:.2}-{max:.2}; {replies} replies)"
        ))?;
    }
    for (name, times, what) in [
        ("turn", f.turn_first_token_ms, "to the first token of an answer"),
        ("choose", f.choose_24_ms, "24 lines"),
    ] {
        if let Some(Spread { median, min, max }) = times {
            screen.line(&format!("{name:<8} {median:>9.1} ms     ({min:.1}-{max:.1}; {what})"))?;
        }
    }
    if let Some(mib) = f.peak_memory_mib {
        screen.line(&format!("memory   {mib:>9.0} MiB    (peak; the file has {:.0})", f.file_mib))?;
    }
    screen.line(&format!("bandwidth {:>8.1} GB/s   (reading memory, same threads)", f.bandwidth_gb_per_s))
}

/// Random tokens, as no conversation has them: nothing of them is in the KV cache.
fn tokens(engine: &Local, n: usize, seed: &mut u64) -> Vec<u32> {
    let vocab = engine.vocab() as u64;
    let mut next = || {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((*seed >> 33) % vocab) as u32
    };
    (0..n).map(|_| next()).collect()
}

fn prefill(engine: &mut Local, n: usize, (runs, seed): (u32, &mut u64)) -> Result<Speed, AppError> {
    let mut speeds = Vec::new();
    // One more than is counted: the first warms caches and buffers up.
    for run in 0..=runs {
        let tokens = tokens(engine, n, seed);
        let (outcome, ms) = timed(|| engine.read(&tokens));
        outcome?;
        if run > 0 {
            speeds.push(n as f64 / ms * 1e3);
        }
    }
    Ok(Speed { tok: n, depth: 0, tok_per_s: spread(speeds), share_of_bandwidth: None })
}

fn decode(
    engine: &mut Local,
    n: usize,
    depth: usize,
    (runs, seed): (u32, &mut u64),
) -> Result<Speed, AppError> {
    let mut speeds = Vec::new();
    let tokens = tokens(engine, depth + 1 + n, seed);
    for _ in 0..runs {
        // What was written before is forgotten; what it follows stays.
        engine.read(&tokens[..=depth])?;
        let begin = Instant::now();
        for at in 0..n {
            engine.read(&tokens[..depth + 2 + at])?;
        }
        speeds.push(n as f64 / begin.elapsed().as_secs_f64());
    }
    Ok(Speed { tok: n, depth, tok_per_s: spread(speeds), share_of_bandwidth: None })
}

/// How much longer `REPLIES` replies take than one, where they can be written at once and the context
/// has room. The two are measured in turn.
fn batch(engine: &mut Local, n: usize, (runs, seed): (u32, &mut u64)) -> Result<Option<Batch>, AppError> {
    const REPLIES: usize = 4;
    if n >= engine.info().file.context_tok {
        return Ok(None);
    }
    let tokens = tokens(engine, n + 1, seed);
    engine.read(&tokens[..1])?;
    let mut times = Vec::new();
    for _ in 0..runs {
        let (can, one) = timed(|| engine.write_along(1, &tokens[1..]));
        if !can? {
            return Ok(None);
        }
        let (outcome, all) = timed(|| engine.write_along(REPLIES, &tokens[1..]));
        outcome?;
        times.push(all / one);
    }
    Ok(Some(Batch { replies: REPLIES, times_one: spread(times) }))
}

/// Milliseconds from a trainee's reply to the first token of the answer. The client's description
/// and two turns were read before. None where the context has no room for that.
fn practice_turn(engine: &mut Local, run: u32) -> Result<Option<f64>, AppError> {
    let mut messages = conversation(run);
    if engine.count_tokens(&messages)? + 128 > engine.info().file.context_tok {
        return Ok(None);
    }
    one_token(engine, &messages)?;
    next_turn(&mut messages);
    let (outcome, ms) = timed(|| one_token(engine, &messages));
    outcome.map(|()| Some(ms))
}

/// The beginning of a session: a client's description, and a trainee's first words.
fn conversation(run: u32) -> Vec<Message> {
    let client = "You drive a van and did not ask to come. ".repeat(60);
    vec![
        Message::new(Role::System, format!("{run}. {client}")),
        Message::new(Role::User, "You'd rather be anywhere else this morning."),
    ]
}

/// The client has answered, and the trainee goes on.
fn next_turn(messages: &mut Vec<Message>) {
    let answer = "I've got a route to drive, and I'm losing half a day over this.";
    messages.push(Message::new(Role::Assistant, answer));
    messages.push(Message::new(Role::User, "Half a day's pay, and nobody asked you whether it suited."));
}

fn one_token(engine: &mut Local, messages: &[Message]) -> Result<(), AppError> {
    let request = Request {
        messages: messages.to_vec(),
        sampling: Sampling::default(),
        max_tok: 1,
        stop: Vec::new(),
        seed: 1,
    };
    engine.generate(&request, &mut |_| ControlFlow::Continue(()))?;
    Ok(())
}

/// Milliseconds to weigh 24 lines of ten words.
fn choose(engine: &mut Local, run: u32) -> Result<f64, AppError> {
    let messages = vec![Message::new(Role::User, format!("{run} rain on the road all night"))];
    let options = (0..24).map(|i| format!("That is line {i}, and it has ten words, I think.")).collect();
    let (outcome, ms) = timed(|| engine.choose(&ChooseRequest { messages, options }));
    outcome?;
    Ok(ms)
}

/// What `work` makes, and how many milliseconds it took.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begin = Instant::now();
    let made = work();
    (made, begin.elapsed().as_secs_f64() * 1e3)
}

fn spread(mut values: Vec<f64>) -> Spread {
    values.sort_by(f64::total_cmp);
    let at = |i: usize| values.get(i).copied().unwrap_or(f64::NAN);
    Spread { median: at(values.len() / 2), min: at(0), max: at(values.len().saturating_sub(1)) }
}

/// The process's peak resident memory, where the system tells.
fn peak_memory_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

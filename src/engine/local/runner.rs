//! What runs a model: the decoder on kernels on the processor or on candle's tensors on any device,
//! or what stands in for it.
//! Knows: which of the three, and their common door. Never: text, sampling.

use candle_core::{Device, Tensor};

use super::config::{Config, Outline};
use super::cpu;
use super::decoder::Decoder;
use super::fallback::{self, Fallback};
use super::gguf::Gguf;
use super::kv::Cache;
use super::sampler::log_sum_exp;
use super::saved::Saved;
use super::weights::{Hold, Weights};
use crate::engine::EngineError;
use crate::engine::kernels::choose_kernels;

pub(super) use super::cpu::Wanted;

type Result<T> = std::result::Result<T, EngineError>;

/// What is to run a file, known before its weights are loaded.
pub(super) enum Plan {
    /// The decoder, in this shape.
    Decoder(Box<Config>),
    /// A model that stands in for it.
    Fallback(Outline),
}

impl Plan {
    /// Reads the metadata of `file`.
    pub fn read(file: &Gguf<'_>) -> Result<Self> {
        Ok(match fallback::outline(file)? {
            Some(outline) => Self::Fallback(outline),
            None => Self::Decoder(Box::new(Config::read(file)?)),
        })
    }

    /// Family, as the file names it.
    pub fn architecture(&self) -> &str {
        match self {
            Self::Decoder(cfg) => &cfg.architecture,
            Self::Fallback(outline) => &outline.architecture,
        }
    }

    /// Longest conversation, in tokens.
    pub fn context_tok(&self) -> usize {
        match self {
            Self::Decoder(cfg) => cfg.context_tok,
            Self::Fallback(outline) => outline.context_tok,
        }
    }

    /// Bytes that a conversation takes per token on the processor; 0 where that is not known.
    pub fn bytes_per_position(&self) -> u64 {
        match self {
            Self::Decoder(cfg) => (cfg.layers * cfg.kv_heads * cfg.head_dim * 2 * 2) as u64,
            Self::Fallback(_) => 0,
        }
    }

    /// Which of the two, for screens and records.
    pub fn runner(&self) -> crate::engine::Runner {
        match self {
            Self::Decoder(_) => crate::engine::Runner::Decoder,
            Self::Fallback(_) => crate::engine::Runner::Fallback,
        }
    }
}

/// A model and what it remembers of the text that it last read.
pub(super) enum Runner {
    /// The decoder on kernels of our own.
    Kernels(Box<cpu::Decoder>),
    /// The decoder on candle's tensors.
    Tensors(Box<Tensors>),
    /// A family that the decoder does not describe.
    Fallback(Box<Fallback>),
}

/// The tensor decoder with its cache.
pub(super) struct Tensors {
    decoder: Decoder,
    cache: Cache,
    logits: Vec<f32>,
}

/// Most tokens in a batch of texts. Larger ones are not faster, and a batch must fit into memory.
const BATCH_TOK: usize = 512;
/// Most scores that the attention of a batch may hold at once.
const BATCH_SCORES: usize = 16 << 20;
/// Most logits to be held at once.
const BATCH_LOGITS: usize = 16 << 20;

impl Runner {
    /// Loads the decoder of this shape, whose tokenizer has `vocab` tokens.
    pub fn load(
        cfg: Config,
        vocab: usize,
        weights: &Weights<'_>,
        device: &Device,
        threads: Option<usize>,
    ) -> Result<Self> {
        if device.is_cpu()
            && weights.hold() == Hold::Tiles
            && cpu::Decoder::can_run(&cfg, weights)
            && let Some(kernels) = choose_kernels().map_err(EngineError::Instructions)?
        {
            let threads = threads.unwrap_or_else(default_threads);
            let decoder = cpu::Decoder::load(cfg, vocab, weights, (kernels, threads))?;
            return Ok(Self::Kernels(Box::new(decoder)));
        }
        let decoder = Decoder::load(cfg, vocab, weights, device)?;
        let cache = decoder.new_cache()?;
        Ok(Self::Tensors(Box::new(Tensors { decoder, cache, logits: Vec::new() })))
    }

    /// What computes, for screens and records: `avx2, 2 threads`, `tensors` or `candle-transformers`.
    pub fn name(&self) -> String {
        match self {
            Self::Kernels(_) => format!("{}, {} threads", self.tier(), self.threads()),
            Self::Tensors(_) | Self::Fallback(_) => self.tier().to_owned(),
        }
    }

    /// The instructions in use; results of two tiers differ in the last bits.
    pub fn tier(&self) -> &'static str {
        match self {
            Self::Kernels(decoder) => decoder.tier(),
            Self::Tensors(_) => "tensors",
            Self::Fallback(_) => "candle-transformers",
        }
    }

    /// Threads that it computes on.
    pub fn threads(&self) -> usize {
        match self {
            Self::Kernels(decoder) => decoder.threads(),
            Self::Tensors(_) | Self::Fallback(_) => candle_core::utils::get_num_threads(),
        }
    }

    /// Bytes of the keys and values of one position; 0 where that is not known.
    pub fn bytes_per_position(&self) -> u64 {
        let (cfg, number) = match self {
            Self::Kernels(decoder) => (decoder.config(), 2),
            Self::Tensors(tensors) => (tensors.decoder.config(), 4),
            Self::Fallback(_) => return 0,
        };
        (cfg.layers * cfg.kv_heads * cfg.head_dim * 2 * number) as u64
    }

    /// The tokens read so far.
    pub fn tokens(&self) -> &[u32] {
        match self {
            Self::Kernels(decoder) => decoder.tokens(),
            Self::Tensors(tensors) => tensors.cache.tokens(),
            Self::Fallback(fallback) => fallback.tokens(),
        }
    }

    /// Forgets what does not begin like `prompt`, and more if it must. How many tokens are left.
    pub fn keep_common(&mut self, prompt: &[u32]) -> usize {
        let common = self.tokens().iter().zip(prompt).take_while(|(a, b)| a == b).count();
        match self {
            Self::Kernels(decoder) => decoder.truncate_to(common),
            Self::Tensors(tensors) => tensors.cache.truncate_to(common),
            Self::Fallback(fallback) => return fallback.keep_common(prompt),
        }
        common
    }

    /// Whether `restore` and `keep` do anything.
    pub fn can_save(&self) -> bool {
        matches!(self, Self::Kernels(_))
    }

    /// Continues from what `saved` has of `head`, if it has it.
    pub fn restore(&mut self, saved: &Saved, head: &[u32]) -> Result<bool> {
        let Self::Kernels(decoder) = self else { return Ok(false) };
        match saved.load(head, decoder.export_bytes(head.len())) {
            Some(bytes) => decoder.import(head, &bytes).map(|()| true),
            None => Ok(false),
        }
    }

    /// Keeps the first `n` tokens in `saved`. That is worth nothing but time: where it fails, the
    /// conversation goes on.
    pub fn keep(&self, saved: &Saved, n: usize) {
        if let Self::Kernels(decoder) = self
            && let Err(e) = saved.store(&decoder.tokens()[..n], &decoder.export(n))
        {
            tracing::warn!("the head cannot be kept for the next start: {e}");
        }
    }

    /// How many of the next `left` tokens to read at once.
    pub fn piece_tok(&self, left: usize) -> usize {
        match self {
            Self::Kernels(decoder) => decoder.piece_tok(left),
            Self::Tensors(tensors) => tensors.decoder.piece_tok(tensors.cache.len(), left),
            Self::Fallback(fallback) => fallback.piece_tok(left),
        }
    }

    /// Reads at most `piece_tok` tokens behind those read so far.
    pub fn read(&mut self, tokens: &[u32], wanted: Wanted) -> Result<()> {
        match self {
            Self::Kernels(decoder) => decoder.read(tokens, wanted),
            Self::Tensors(tensors) => tensors.read(tokens, wanted),
            Self::Fallback(fallback) => fallback.read(tokens),
        }
    }

    /// The logits behind the last token that was read with `Wanted::Last`; whoever gets them may
    /// change them.
    pub fn logits(&mut self) -> &mut [f32] {
        match self {
            Self::Kernels(decoder) => decoder.logits(),
            Self::Tensors(tensors) => &mut tensors.logits,
            Self::Fallback(fallback) => fallback.logits(),
        }
    }

    /// Whether `fork`, `step` and `drop_branch` work.
    pub fn can_branch(&self) -> bool {
        matches!(self, Self::Kernels(_))
    }

    /// Begins `n` continuations of what was read, instead of those that there were.
    pub fn fork(&mut self, n: usize) -> Result<()> {
        match self {
            Self::Kernels(decoder) => decoder.fork(n),
            Self::Tensors(_) | Self::Fallback(_) => Err(no_branches()),
        }
    }

    /// Reads a token of each continuation in one pass; `each` gets its number and the logits.
    pub fn step(
        &mut self,
        tokens: &[u32],
        each: &mut dyn FnMut(usize, &mut [f32]) -> Result<()>,
    ) -> Result<()> {
        match self {
            Self::Kernels(decoder) => decoder.step(tokens, each),
            Self::Tensors(_) | Self::Fallback(_) => Err(no_branches()),
        }
    }

    /// Ends a continuation; the later ones move up.
    pub fn drop_branch(&mut self, at: usize) {
        if let Self::Kernels(decoder) = self {
            decoder.drop_branch(at);
        }
    }

    /// Reads texts that follow what was read, and forgets them again; some runners forget more. The
    /// log-probability, in nats, that each of `next`, one for every token of all texts, comes behind it.
    pub fn weigh(&mut self, texts: &[&[u32]], next: &[u32]) -> Result<Vec<f32>> {
        match self {
            Self::Kernels(decoder) => decoder.weigh(texts, next),
            Self::Tensors(tensors) => tensors.weigh(texts, next),
            Self::Fallback(fallback) => fallback.weigh(texts, next),
        }
    }
}

fn no_branches() -> EngineError {
    EngineError::Panicked("only kernels have continuations".to_owned())
}

/// What would compute on this processor: the instructions of our kernels, or `tensors`, and threads.
pub(super) fn processor() -> Result<String> {
    let kernels = choose_kernels().map_err(EngineError::Instructions)?;
    Ok(match kernels {
        Some(kernels) => format!("{}, {} threads", kernels.tier().as_str(), default_threads()),
        None => format!("tensors, {} threads", candle_core::utils::get_num_threads()),
    })
}

/// As many threads as there are cores: a second one on the same core has nothing to add to what
/// waits for memory.
fn default_threads() -> usize {
    let logical = std::thread::available_parallelism().map_or(1, usize::from);
    num_cpus::get_physical().clamp(1, logical)
}

impl Tensors {
    fn read(&mut self, tokens: &[u32], wanted: Wanted) -> Result<()> {
        let last = self.decoder.read(&mut self.cache, tokens)?;
        if wanted == Wanted::Last {
            self.logits = self.decoder.logits(&last)?.flatten_all()?.to_vec1()?;
        }
        Ok(())
    }

    fn weigh(&self, texts: &[&[u32]], next: &[u32]) -> Result<Vec<f32>> {
        let mut logprobs = Vec::with_capacity(next.len());
        let mut rest = texts;
        while !rest.is_empty() {
            let (batch, later) = rest.split_at(self.batch_len(rest));
            self.weigh_batch(batch, next, &mut logprobs)?;
            rest = later;
        }
        Ok(logprobs)
    }

    /// How many of `texts` to read at once: at least one.
    fn batch_len(&self, texts: &[&[u32]]) -> usize {
        let (past, heads) = (self.cache.len(), self.decoder.config().heads);
        let fits = |n: usize| {
            let longest = texts[..n].iter().map(|text| text.len()).max().unwrap_or(0);
            n * longest <= BATCH_TOK && n * longest * (past + longest) * heads <= BATCH_SCORES
        };
        (2..=texts.len()).take_while(|&n| fits(n)).last().unwrap_or(1)
    }

    fn weigh_batch(&self, texts: &[&[u32]], next: &[u32], logprobs: &mut Vec<f32>) -> Result<()> {
        // What follows a text in its row is read, too, but no token looks ahead.
        let len = texts.iter().map(|text| text.len()).max().unwrap_or(0);
        let mut tokens = Vec::with_capacity(texts.len() * len);
        let mut rows = Vec::new();
        for text in texts {
            let start = tokens.len();
            tokens.extend_from_slice(text);
            tokens.resize(start + len, 0);
            rows.extend((start..start + text.len()).map(|row| row as u32));
        }
        let x = self.decoder.branch(&self.cache, &tokens, len)?;
        let block = (BATCH_LOGITS / self.decoder.vocab()).max(1);
        for rows in rows.chunks(block) {
            let x = x.index_select(&Tensor::new(rows, x.device())?, 0)?;
            let logits = self.decoder.logits(&x)?.flatten_all()?.to_vec1::<f32>()?;
            for logits in logits.chunks_exact(logits.len() / rows.len()) {
                let id = next[logprobs.len()] as usize;
                logprobs.push(logits[id] - log_sum_exp(logits)?);
            }
        }
        Ok(())
    }
}

//! The decoder on the processor, with kernels of our own.
//! Knows: the order of steps, and where everything lies. Never: instructions, text, sampling.
//!
//! The same decoder as in `decoder`, which runs it as candle tensors on graphics cards and other
//! processors, and is what this one is tested against. What it has more: weights packed for the
//! vector unit, steps fused, buffers made once, keys and values as f16 in pages.

use std::sync::Arc;

use self::layer::Layer;
use super::config::Config;
use super::rope::Rope;
use crate::engine::EngineError;
use crate::engine::kernels::{
    Asking, Attention, Input, Kernels, Matrix, Pages, Parts, Pool, Product, Shape, Wants, for_rows, multiply,
};

mod layer;
mod load;

type Result<T> = std::result::Result<T, EngineError>;

/// Positions of a page of the conversation.
const PAGE_TOK: usize = 256;
/// Positions of a page of a continuation that is tried out.
const BRANCH_TOK: usize = 64;
/// Most rows that are computed at once.
const MOST_ROWS: usize = 256;

/// Most rows whose logits are computed at once: they are wide.
const LOGIT_ROWS: usize = 32;

/// A decoder, and what it remembers of the text that it last read.
pub struct Decoder {
    cfg: Config,
    kernels: &'static Kernels,
    pool: Pool,
    embedding: Arc<Matrix>, // (vocab, dim)
    layers: Vec<Layer>,
    norm: Vec<f32>,    // (dim)
    head: Arc<Matrix>, // (vocab, dim); the embedding where the file has only that
    rope: Rope,
    /// Of the layers with a window, where it is another.
    local_rope: Option<Rope>,
    /// The tokens that the pages belong to.
    tokens: Vec<u32>,
    pages: Pages,
    /// Continuations of it, and how many tokens each has.
    branches: Vec<Pages>,
    branch_tok: Vec<usize>,
    scratch: Scratch,
}

/// A token at a position of a text.
#[derive(Clone, Copy)]
struct Place {
    text: usize,
    position: usize,
}

/// Buffers of one pass, made once and kept.
#[derive(Default)]
struct Scratch {
    places: Vec<Place>,
    asking: Vec<Asking>,
    x: Vec<f32>,            // (rows, dim) residual stream
    normed: Input,          // (rows, dim)
    q: Vec<f32>,            // (rows, heads * head_dim)
    k: Vec<f32>,            // (rows, kv_heads * head_dim)
    v: Vec<f32>,            // (rows, kv_heads * head_dim)
    mixed: Input,           // (rows, heads * head_dim) what attention gathers
    hidden: Input,          // (rows, ff_dim)
    update: Vec<f32>,       // (rows, dim) what is added to x, where it is normalised before
    angles: Vec<f32>,       // (rows, rotary_dim) cosines, then sines
    local_angles: Vec<f32>, // the same for layers with a window
    logits: Vec<f32>,       // (rows asked for, vocab)
    parts: Parts,
}

/// Which texts the rows of a pass go on with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    /// The conversation itself.
    Main,
    /// Its continuations.
    Branches,
}

impl Decoder {
    /// The decoder's shape.
    pub fn config(&self) -> &Config {
        &self.cfg
    }

    /// Name of the instructions in use.
    pub fn tier(&self) -> &'static str {
        self.kernels.tier().as_str()
    }

    /// Threads in use.
    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// The tokens read so far.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Bytes of what `export` makes of `n` tokens.
    pub fn export_bytes(&self, n: usize) -> usize {
        Pages::export_bytes(self.pages.shape(), n)
    }

    /// Keys and values of the first `n` tokens.
    pub fn export(&self, n: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.export_bytes(n));
        self.pages.export(n, &mut out);
        out
    }

    /// Takes `tokens` for read, with keys and values as `export` wrote them, instead of what was
    /// read before.
    ///
    /// # Errors
    /// Where there is no memory. Then nothing is read.
    pub fn import(&mut self, tokens: &[u32], bytes: &[u8]) -> Result<()> {
        self.truncate_to(0);
        self.pages.reserve(tokens.len()).map_err(no_memory)?;
        self.pages.import(tokens.len(), bytes);
        self.tokens.extend_from_slice(tokens);
        Ok(())
    }

    /// Forgets all but the first `n` tokens, and every continuation.
    pub fn truncate_to(&mut self, n: usize) {
        self.branches.clear();
        self.tokens.truncate(n);
        // One page more is kept: a reply that is tried again needs it at once.
        self.pages.shrink(self.tokens.len() + PAGE_TOK);
    }

    /// How many of `left` tokens to read at once.
    pub fn piece_tok(&self, left: usize) -> usize {
        left.min(MOST_ROWS)
    }

    /// Reads `tokens`, at most `piece_tok` of them, behind those read so far. What the last one
    /// leads to is computed where `wanted` says so: see `logits`.
    ///
    /// # Errors
    /// Where there is no memory. Then nothing was read.
    pub fn read(&mut self, tokens: &[u32], wanted: Wanted) -> Result<()> {
        self.branches.clear();
        let start = self.tokens.len();
        self.pages.reserve(start + tokens.len()).map_err(no_memory)?;
        self.scratch.places.clear();
        let place = |position| Place { text: 0, position };
        self.scratch.places.extend((start..start + tokens.len()).map(place));
        let wanted = match wanted {
            Wanted::Nothing => tokens.len()..tokens.len(),
            Wanted::Last => tokens.len() - 1..tokens.len(),
        };
        let rows = self.pass(tokens, Target::Main, wanted);
        self.logits_of(0..rows);
        self.tokens.extend_from_slice(tokens);
        Ok(())
    }

    /// The logits behind the last token that was read with `Wanted::Last`.
    pub fn logits(&mut self) -> &mut [f32] {
        let known = self.head.rows().min(self.scratch.logits.len());
        &mut self.scratch.logits[..known]
    }

    /// Reads texts that go on from what was read, all of them as far as they fit at once, and
    /// forgets them again. The log-probability that each of `next`, one for every token of all
    /// texts, comes behind it.
    ///
    /// # Errors
    /// Where there is no memory, or logits are no numbers.
    pub fn weigh(&mut self, texts: &[&[u32]], next: &[u32]) -> Result<Vec<f32>> {
        let mut logprobs = Vec::with_capacity(next.len());
        let mut rest = texts;
        while !rest.is_empty() {
            let mut rows = 0;
            let fits = |text: &&&[u32]| {
                rows += text.len();
                rows <= MOST_ROWS
            };
            let (batch, later) = rest.split_at(rest.iter().take_while(fits).count().max(1));
            self.weigh_batch(batch, next, &mut logprobs)?;
            rest = later;
        }
        self.branches.clear();
        Ok(logprobs)
    }

    /// The same for texts that fit at once, or one that is read in pieces.
    fn weigh_batch(&mut self, texts: &[&[u32]], next: &[u32], logprobs: &mut Vec<f32>) -> Result<()> {
        self.fork(texts.len())?;
        let start = self.tokens.len();
        for (branch, text) in self.branches.iter_mut().zip(texts) {
            branch.reserve(start + text.len()).map_err(no_memory)?;
        }
        let of_text = |(text, tokens): (usize, &&[u32])| {
            let place = move |at| Place { text, position: start + at };
            (0..tokens.len()).map(place).collect::<Vec<_>>()
        };
        let places: Vec<Place> = texts.iter().enumerate().flat_map(of_text).collect();
        let tokens = texts.concat();
        for (tokens, places) in tokens.chunks(MOST_ROWS).zip(places.chunks(MOST_ROWS)) {
            self.scratch.places.clear();
            self.scratch.places.extend_from_slice(places);
            self.pass(tokens, Target::Branches, 0..tokens.len());
            for from in (0..tokens.len()).step_by(LOGIT_ROWS) {
                let rows = from..tokens.len().min(from + LOGIT_ROWS);
                self.logits_of(rows.clone());
                let done = logprobs.len();
                self.log_probabilities(&next[done..done + rows.len()], logprobs)?;
            }
        }
        Ok(())
    }

    /// Log-probabilities of one token for each row of logits.
    fn log_probabilities(&mut self, tokens: &[u32], out: &mut Vec<f32>) -> Result<()> {
        let (vocab, stride) = (self.head.rows(), self.head.padded_rows());
        let logits = &self.scratch.logits;
        let from = out.len();
        out.resize(from + tokens.len(), 0.0);
        for_rows(&mut self.pool, tokens.len(), (&mut out[from..], 1), &|row, out| {
            let logits = &logits[row * stride..][..vocab];
            out[0] = logits[tokens[row] as usize] - self.kernels.log_sum_exp(logits);
        });
        if out[from..].iter().all(|x| x.is_finite()) { Ok(()) } else { Err(EngineError::NotANumber) }
    }

    /// Begins `n` continuations of the text, instead of those that there were.
    ///
    /// # Errors
    /// Where there is no memory.
    pub fn fork(&mut self, n: usize) -> Result<()> {
        let shape = Shape { page_tok: BRANCH_TOK, ..self.pages.shape() };
        let first = self.tokens.len();
        self.branches.clear();
        self.branches.extend((0..n).map(|_| Pages::new(shape, first)));
        self.branch_tok.clear();
        self.branch_tok.resize(n, 0);
        Ok(())
    }

    /// Reads one more token of each continuation, in order; `each` gets the number of the
    /// continuation and the logits behind it.
    ///
    /// # Errors
    /// Where there is no memory, or `each` fails.
    pub fn step(
        &mut self,
        tokens: &[u32],
        each: &mut dyn FnMut(usize, &mut [f32]) -> Result<()>,
    ) -> Result<()> {
        assert_eq!(tokens.len(), self.branches.len(), "a token for each continuation");
        self.scratch.places.clear();
        for (text, branch) in self.branches.iter_mut().enumerate() {
            let position = self.tokens.len() + self.branch_tok[text];
            branch.reserve(position + 1).map_err(no_memory)?;
            self.scratch.places.push(Place { text, position });
        }
        self.pass(tokens, Target::Branches, 0..tokens.len());
        self.logits_of(0..tokens.len());
        let (vocab, stride) = (self.head.rows(), self.head.padded_rows());
        for at in 0..tokens.len() {
            self.branch_tok[at] += 1;
            each(at, &mut self.scratch.logits[at * stride..][..vocab])?;
        }
        Ok(())
    }

    /// Ends continuation `at`; the later ones move up.
    pub fn drop_branch(&mut self, at: usize) {
        self.branches.remove(at);
        self.branch_tok.remove(at);
    }

    /// Computes the rows of `scratch.places`, whose tokens are `tokens` and whose pages were
    /// reserved. The residual stream is left with the rows in `wanted` alone; how many those are.
    fn pass(&mut self, tokens: &[u32], target: Target, wanted: std::ops::Range<usize>) -> usize {
        let mut rows = tokens.len();
        self.embed(tokens);
        for at in 0..self.layers.len() {
            let layer = &self.layers[at];
            layer.project((&self.cfg, at), (self.kernels, &mut self.pool), &mut self.scratch, rows);
            self.remember(at, target);
            let layer = &self.layers[at];
            if at + 1 == self.layers.len() && wanted.len() < rows {
                // What the other rows lead to is not asked for.
                keep_rows(&mut self.scratch, wanted.clone(), self.cfg.dim, layer.query_stride());
                rows = wanted.len();
                if rows == 0 {
                    return 0;
                }
            }
            self.attend(at, target, rows);
            self.layers[at].finish(&self.cfg, (self.kernels, &mut self.pool), &mut self.scratch, rows);
        }
        rows
    }

    /// Begins the residual stream of `scratch.places` with their tokens' embeddings, and finds the
    /// angles of their positions.
    fn embed(&mut self, tokens: &[u32]) {
        let (cfg, s) = (&self.cfg, &mut self.scratch);
        fit(&mut s.x, tokens.len() * cfg.dim);
        for_rows(&mut self.pool, tokens.len(), (&mut s.x, cfg.dim), &|row, x| {
            self.embedding.row(tokens[row] as usize, x);
            if cfg.embedding_scale != 1.0 {
                x.iter_mut().for_each(|x| *x *= cfg.embedding_scale);
            }
        });
        turn(&self.rope, cfg.rotary_dim, &s.places, &mut s.angles);
        if let Some(rope) = &self.local_rope {
            turn(rope, cfg.rotary_dim, &s.places, &mut s.local_angles);
        }
    }

    /// Puts the keys and values of layer `at` into the pages of their texts.
    fn remember(&mut self, at: usize, target: Target) {
        let (s, stride) = (&self.scratch, self.layers[at].key_stride());
        // Rows of one text stand together.
        let mut from = 0;
        for text in s.places.chunk_by(|a, b| a.text == b.text) {
            let pages = match target {
                Target::Main => &mut self.pages,
                Target::Branches => &mut self.branches[text[0].text],
            };
            let range = from * stride..(from + text.len()) * stride;
            pages.put(
                (self.kernels, &mut self.pool),
                (at, text[0].position),
                (&s.k[range.clone()], &s.v[range], stride),
            );
            from += text.len();
        }
    }

    /// Attention of layer `at` for the rows of `scratch.places`.
    fn attend(&mut self, at: usize, target: Target, rows: usize) {
        let (cfg, layer, s) = (&self.cfg, &self.layers[at], &mut self.scratch);
        s.asking.clear();
        s.asking.extend(s.places.iter().map(|place| Asking {
            text: place.text,
            from: cfg.window_of(at).map_or(0, |window| (place.position + 1).saturating_sub(window)),
            to: place.position + 1,
        }));
        let attention = Attention {
            layer: at,
            group: cfg.heads / cfg.kv_heads,
            rows: &s.asking,
            queries: &s.q,
            stride: layer.query_stride(),
            shared: &self.pages,
            own: if target == Target::Main { &[] } else { &self.branches },
        };
        s.mixed.reserve(rows, layer.query_stride(), layer.mixed_wants());
        attention.run(self.kernels, &mut self.pool, &mut s.parts, &mut s.mixed.values);
    }

    /// Logits of some rows of the residual stream.
    fn logits_of(&mut self, range: std::ops::Range<usize>) {
        let rows = range.len();
        let s = &mut self.scratch;
        let (dim, eps) = (self.cfg.dim, self.cfg.norm_eps);
        s.normed.reserve(rows, dim, Wants::of([&*self.head]));
        let x = &s.x;
        s.normed.fill(self.kernels, &mut self.pool, rows, &|row, to| {
            self.kernels.norm(&x[(range.start + row) * dim..][..dim], &self.norm, eps, to);
        });
        let stride = self.head.padded_rows();
        fit(&mut s.logits, rows * stride);
        let product = Product { matrix: &self.head, gated: None, out: &mut s.logits, stride, adds: false };
        multiply(self.kernels, &mut self.pool, &s.normed, rows, &mut [product]);
    }
}

/// What is asked for when tokens are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// That they are remembered.
    Nothing,
    /// What the last one leads to.
    Last,
}

/// Angles of all places: (places, width) cosines, then sines.
fn turn(rope: &Rope, width: usize, places: &[Place], angles: &mut Vec<f32>) {
    fit(angles, places.len() * width);
    for (place, angles) in places.iter().zip(angles.chunks_exact_mut(width)) {
        let (cos, sin) = angles.split_at_mut(width / 2);
        rope.angles_at(place.position, cos, sin);
    }
}

/// Moves the rows in `wanted` to the front.
fn keep_rows(s: &mut Scratch, wanted: std::ops::Range<usize>, dim: usize, query_stride: usize) {
    s.places.truncate(wanted.end);
    s.places.drain(..wanted.start);
    for (values, width) in [(&mut s.x, dim), (&mut s.q, query_stride)] {
        values.copy_within(wanted.start * width..wanted.end * width, 0);
    }
}

/// Room for `len` numbers.
fn fit(values: &mut Vec<f32>, len: usize) {
    if values.len() < len {
        values.resize(len, 0.0);
    }
}

fn no_memory(source: std::io::Error) -> EngineError {
    EngineError::NoMemory(source)
}

//! Which token comes next, given how likely the model finds each.
//! Knows: numbers and a seed. Never: text, what a token means.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::engine::{EngineError, Sampling};

/// A token that was drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// The token.
    pub id: u32,
    /// Its log-probability, in nats, by the model alone: before penalty, cuts and temperature.
    pub logprob: f32,
}

/// Draws tokens for one reply.
pub struct Sampler {
    sampling: Sampling,
    random: SplitMix64,
    /// Tokens made less likely, each once; oldest first.
    recent: Vec<u32>,
    candidates: Vec<Candidate>,
}

/// Penalised tokens. Without a limit, a long conversation would penalise all words of a language
/// that are used at all; 256 tokens are about the last ten replies.
const RECENT_TOK: usize = 256;

#[derive(Clone, Copy, Debug)]
struct Candidate {
    logit: f32,
    id: u32,
}

/// Likelier is greater; of equally likely ones the lower number is, so that order is total.
impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.logit.total_cmp(&other.logit).then(other.id.cmp(&self.id))
    }
}
impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Candidate {}

impl Sampler {
    /// A sampler that draws as `sampling` says, from `seed` on.
    pub fn new(sampling: Sampling, seed: u64) -> Self {
        Self { sampling, random: SplitMix64(seed), recent: Vec::new(), candidates: Vec::new() }
    }

    /// Makes `ids` less likely from now on.
    pub fn penalise(&mut self, ids: impl IntoIterator<Item = u32>) {
        for id in ids {
            if !self.recent.contains(&id) {
                self.recent.push(id);
            }
        }
        let excess = self.recent.len().saturating_sub(RECENT_TOK);
        self.recent.drain(..excess);
    }

    /// Draws a token. `logits` has one entry per token and is changed; an entry of minus infinity
    /// is never drawn.
    pub fn draw(&mut self, logits: &mut [f32]) -> Result<Draw, EngineError> {
        let log_total = log_sum_exp(logits)?;
        let raw: Vec<f32> = self.recent.iter().map(|&id| logits[id as usize]).collect();
        self.apply_penalty(logits);
        let id = self.pick(logits);
        let known = self.recent.iter().position(|&other| other == id);
        let logit = known.map_or(logits[id as usize], |at| raw[at]);
        Ok(Draw { id, logprob: logit - log_total })
    }

    fn apply_penalty(&self, logits: &mut [f32]) {
        let penalty = self.sampling.repeat_penalty;
        if penalty > 0.0 && penalty != 1.0 {
            for &id in &self.recent {
                let logit = &mut logits[id as usize];
                *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
            }
        }
    }

    fn pick(&mut self, logits: &[f32]) -> u32 {
        let best = best_of(logits);
        let temperature = self.sampling.temperature;
        if !(temperature > 0.0) {
            return best.id;
        }
        self.collect(logits);
        self.keep_nucleus(best);
        let weight = |c: &Candidate| f64::from((c.logit - best.logit) / temperature).exp();
        let total: f64 = self.candidates.iter().map(weight).sum();
        let mut left = self.random.unit() * total;
        for candidate in &self.candidates {
            left -= weight(candidate);
            if left < 0.0 {
                return candidate.id;
            }
        }
        // Only rounding gets here.
        best.id
    }

    /// The candidates that top-k leaves, in no order.
    fn collect(&mut self, logits: &[f32]) {
        let all = logits.iter().zip(0..).map(|(&logit, id)| Candidate { logit, id });
        let all = all.filter(|c| c.logit > f32::NEG_INFINITY);
        self.candidates.clear();
        match self.sampling.top_k {
            0 => self.candidates.extend(all),
            k => {
                // A heap of the k best: one comparison for nearly every token.
                let mut heap = BinaryHeap::with_capacity(k.min(logits.len()) + 1);
                for candidate in all {
                    if heap.len() < k {
                        heap.push(std::cmp::Reverse(candidate));
                    } else if heap.peek().is_some_and(|worst| candidate > worst.0) {
                        heap.pop();
                        heap.push(std::cmp::Reverse(candidate));
                    }
                }
                self.candidates.extend(heap.into_iter().map(|c| c.0));
            }
        }
    }

    /// Cuts the candidates by top-p and min-p. Both keep a beginning of the sorted order, so that
    /// only as many are sorted as are needed.
    fn keep_nucleus(&mut self, best: Candidate) {
        let relative = |c: &Candidate| (c.logit - best.logit).exp();
        let (top_p, min_p) = (self.sampling.top_p, self.sampling.min_p);
        let mass: f32 = self.candidates.iter().map(relative).sum();
        if min_p > 0.0 {
            self.candidates.retain(|c| relative(c) >= min_p || c == &best);
        }
        if top_p >= 1.0 {
            return;
        }
        let mut sorted = 0;
        let mut cumulated = 0.0;
        let mut step = 64;
        while sorted < self.candidates.len() {
            let rest = &mut self.candidates[sorted..];
            let n = step.min(rest.len());
            if n < rest.len() {
                rest.select_nth_unstable_by(n, |a, b| b.cmp(a));
            }
            rest[..n].sort_unstable_by(|a, b| b.cmp(a));
            for at in sorted..sorted + n {
                cumulated += relative(&self.candidates[at]);
                if cumulated >= top_p * mass {
                    self.candidates.truncate(at + 1);
                    return;
                }
            }
            sorted += n;
            step *= 4;
        }
    }
}

fn best_of(logits: &[f32]) -> Candidate {
    let mut best = Candidate { logit: f32::NEG_INFINITY, id: 0 };
    for (&logit, id) in logits.iter().zip(0..) {
        if logit > best.logit {
            best = Candidate { logit, id };
        }
    }
    best
}

/// Logarithm of the sum of exponentials; refuses what is not a number, or all minus infinity.
pub fn log_sum_exp(logits: &[f32]) -> Result<f32, EngineError> {
    let mut best = f32::NEG_INFINITY;
    let mut valid = true;
    for &logit in logits {
        valid &= !logit.is_nan();
        best = best.max(logit);
    }
    if !valid || !best.is_finite() {
        return Err(EngineError::NotANumber);
    }
    // Below -20 a token adds less than f32 can tell; most of a large vocabulary is there.
    let terms = logits.iter().map(|&logit| logit - best).filter(|&x| x > -20.0);
    let sum: f64 = terms.map(|x| f64::from(x.exp())).sum();
    Ok(best + sum.ln() as f32)
}

/// Sebastiano Vigna's generator: small, and the same on every platform and version.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In `0.0..1.0`.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

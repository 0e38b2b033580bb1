//! How fast this machine reads its memory: the limit of writing one token after the other.
//! Knows: threads and bytes. Never: weights.

use std::hint::black_box;
use std::time::Instant;

use super::buffer::Buffer;
use super::pool::Pool;

/// Larger than any cache of a laptop.
const BYTES: usize = 512 << 20;
const RUNS: usize = 7;

/// Bytes per second that `threads` threads read together; the median of some runs.
///
/// # Errors
/// Where there is no memory for it.
pub fn read_bandwidth(threads: usize) -> std::io::Result<f64> {
    let mut buffer = Buffer::zeroed(BYTES)?;
    // Pages that were never written to are one and the same page of zeros.
    buffer.bytes_mut().fill(1);
    let words: Vec<&[u8]> = buffer.bytes().chunks(1 << 20).collect();
    let mut pool = Pool::new(threads);
    let mut speeds: Vec<f64> = (0..RUNS)
        .map(|_| {
            let begin = Instant::now();
            pool.run(words.len(), &|item| {
                // Eight sums side by side, so that none waits for the one before.
                let mut sums = [0u64; 8];
                for line in words[item].chunks_exact(64) {
                    for (sum, word) in sums.iter_mut().zip(line.chunks_exact(8)) {
                        *sum = sum.wrapping_add(u64::from_le_bytes(word.try_into().unwrap_or_default()));
                    }
                }
                black_box(sums);
            });
            BYTES as f64 / begin.elapsed().as_secs_f64()
        })
        .collect();
    speeds.sort_by(f64::total_cmp);
    Ok(speeds[RUNS / 2])
}

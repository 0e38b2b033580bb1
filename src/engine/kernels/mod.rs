//! The arithmetic of a decoder on the processor, faster than a general tensor library can be.
//! Knows: bytes and vectors. Never: layers, tokens, files.
//!
//! `format` and `matrix`: weights in tiles of sixteen rows. `isa` is what is asked of a vector
//! unit; `scalar`, `avx2` and `avx512` are three, and `product`, `attention` and `vector` are
//! written once for all of them. `tiers` makes a table of functions for each and chooses one at
//! run time. `linear` and `pool` share the work among threads, `shared` the memory that they write to.
#![allow(
    unsafe_code,
    unsafe_op_in_unsafe_fn,
    reason = "vector instructions and threads that write to parts of one buffer; every unsafe fn says what it wants, every call from safe code why it has it"
)]
#![allow(
    clippy::needless_range_loop,
    reason = "arrays stand for registers, several of which are walked through in step"
)]

pub use attend::{Asking, Attention, Parts};
pub use bandwidth::read_bandwidth;
pub use buffer::Buffer;
pub use format::TILE;
pub use kv::{MOST_HEAD_DIM, Pages, Shape};
pub use linear::{Gate, Input, Product, Wants, choose_kernels, for_rows, multiply};
pub use matrix::{Kind, Matrix};
pub use pool::Pool;
pub use tiers::{Kernels, Tier};

mod acts;
mod attend;
mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod bandwidth;
mod buffer;
mod format;
mod isa;
mod kv;
mod linear;
mod matrix;
mod pool;
mod product;
mod scalar;
mod shared;
#[cfg(test)]
mod tests;
mod tiers;
mod vector;

//! The page's server over real HTTP on loopback.

mod client;
mod door;
mod drill;
mod many;
mod process;
mod review;
mod talk;
mod trainer;
mod views;

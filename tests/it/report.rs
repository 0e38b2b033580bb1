//! Reports and progress: what stands in them, in which form, and what can't break them.

mod forms;
mod made_up;
mod program;
mod progress;
mod review;
mod safety;

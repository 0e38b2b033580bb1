//! Who is next: one session at a time looks for words, in the order in which they came.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often somebody who waits looks whether they still want to.
const LOOK: Duration = Duration::from_millis(50);

/// A line of sessions in front of the engine.
#[derive(Debug, Default)]
pub(super) struct Queue {
    line: Mutex<Line>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct Line {
    last: u64,
    waiting: VecDeque<u64>, // the first of them has its turn
}

/// It is this session's turn, until this is dropped.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    queue: &'a Queue,
    number: u64,
}

impl Queue {
    /// Waits for one's turn; none where `gone` says that nobody wants it any more.
    pub(super) fn enter(&self, gone: &dyn Fn() -> bool) -> Option<Pass<'_>> {
        let mut line = self.line();
        line.last += 1;
        let number = line.last;
        line.waiting.push_back(number);
        let pass = Pass { queue: self, number };
        while line.waiting.front() != Some(&number) {
            if gone() {
                // The pass leaves the line as it is dropped, which takes the lock.
                drop(line);
                return None;
            }
            line = self.moved.wait_timeout(line, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(line);
        Some(pass)
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.queue.line().waiting.retain(|number| *number != self.number);
        self.queue.moved.notify_all();
    }
}

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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    /// Waits until `count` stand in the line.
    fn until(queue: &Queue, count: usize) {
        while queue.line().waiting.len() < count {
            thread::yield_now();
        }
    }

    #[test]
    fn who_came_first_goes_first_and_who_leaves_holds_up_nobody() {
        let queue = Arc::new(Queue::default());
        let order = Arc::new(Mutex::new(Vec::new()));
        let first = queue.enter(&|| false).expect("nobody is there");
        let mut waiting = Vec::new();
        for n in 0..10 {
            let (in_line, order) = (Arc::clone(&queue), Arc::clone(&order));
            let one = thread::spawn(move || {
                // The fourth has changed their mind.
                let pass = in_line.enter(&|| n == 3);
                if pass.is_some() {
                    order.lock().expect("no panic").push(n);
                }
            });
            if n == 3 {
                one.join().expect("no panic"); // gone, so that nobody counts them
            } else {
                waiting.push(one);
                until(&queue, if n < 3 { n + 2 } else { n + 1 });
            }
        }
        drop(first);
        waiting.into_iter().for_each(|one| one.join().expect("no panic"));
        assert_eq!(*order.lock().expect("no panic"), [0, 1, 2, 4, 5, 6, 7, 8, 9]);
        assert!(queue.line().waiting.is_empty());
    }
}

//! The threads that share the work of one step.
//! Knows: numbered items of work. Never: what they are.
//!
//! A step of decoding is some hundred regions of 20 to 500 microseconds each. Threads therefore
//! spin for a moment before they sleep, and a thread that the system does not run holds nobody
//! up: items are claimed one by one, and a region is over when all are done, whoever did them.

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// Looks for work this often before a thread sleeps: some 100 microseconds.
const SPINS: u32 = 3_000;
/// Most items of a region.
const MOST_ITEMS: usize = 0xffff;

/// A caller and its helpers. Dropping it ends the helpers.
pub struct Pool {
    shared: Arc<Shared>,
    helpers: Vec<JoinHandle<()>>,
}

type Work = *const (dyn Fn(usize) + Sync);

struct Shared {
    /// Number of the region (32 bits), its items (16), the next one to claim (16). One word, so
    /// that a helper that wakes up late claims nothing of a region that it does not know.
    claim: AtomicU64,
    done: AtomicUsize,
    work: UnsafeCell<Work>,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    asleep: Box<[AtomicBool]>,
    ends: AtomicBool,
}

// SAFETY: `work` is written only by the caller, between two regions, when no item of the earlier
// one is claimed or can be claimed any more; it is read only after an item was claimed. The
// pointer itself is to something `Sync`.
#[allow(unsafe_code, reason = "the closure of a region outlives it, but not by its type")]
unsafe impl Sync for Shared {}
// SAFETY: as above.
#[allow(unsafe_code, reason = "the closure of a region outlives it, but not by its type")]
unsafe impl Send for Shared {}

impl Pool {
    /// A pool of `threads` threads, the caller's included.
    pub fn new(threads: usize) -> Self {
        let helpers = threads.saturating_sub(1);
        let shared = Arc::new(Shared {
            claim: AtomicU64::new(0),
            done: AtomicUsize::new(0),
            work: UnsafeCell::new(&|_| {}),
            panic: Mutex::new(None),
            asleep: (0..helpers).map(|_| AtomicBool::new(false)).collect(),
            ends: AtomicBool::new(false),
        });
        let spawn = |at| {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name(format!("engine-{}", at + 1)).spawn(move || shared.help(at))
        };
        // With fewer threads than asked for, the work is done all the same.
        let helpers = (0..helpers).map_while(|at| spawn(at).ok()).collect();
        Self { shared, helpers }
    }

    /// Number of threads, the caller's included.
    pub fn threads(&self) -> usize {
        self.helpers.len() + 1
    }

    /// Does items `0..items`, each once, on all threads. Returns when all are done.
    ///
    /// # Panics
    /// Where an item did, after all others are done.
    #[allow(unsafe_code, reason = "the closure of a region outlives it, but not by its type")]
    pub fn run(&mut self, items: usize, work: &(dyn Fn(usize) + Sync)) {
        if items <= 1 || self.helpers.is_empty() {
            (0..items).for_each(work);
            return;
        }
        let mut from = 0;
        while from < items {
            let n = (items - from).min(MOST_ITEMS);
            self.region(n, &|item| work(from + item));
            from += n;
        }
    }

    #[allow(unsafe_code, reason = "the closure of a region outlives it, but not by its type")]
    fn region(&mut self, items: usize, work: &(dyn Fn(usize) + Sync)) {
        let shared = &*self.shared;
        let region = (shared.claim.load(Ordering::Relaxed) >> 32).wrapping_add(1) & 0xffff_ffff;
        shared.done.store(0, Ordering::Relaxed);
        // SAFETY: nobody else reads or writes it now (see `Sync`). What it points to lives until
        // this function returns, and by then `done` says that every item is over; an item that was
        // not claimed by then cannot be claimed later.
        unsafe { *shared.work.get() = std::mem::transmute::<&(dyn Fn(usize) + Sync), Work>(work) };
        shared.claim.store(region << 32 | (items as u64) << 16, Ordering::SeqCst);
        for (helper, asleep) in self.helpers.iter().zip(&shared.asleep) {
            if asleep.load(Ordering::SeqCst) {
                helper.thread().unpark();
            }
        }
        while shared.claim_and_do() {}
        while shared.done.load(Ordering::Acquire) < items {
            std::hint::spin_loop();
        }
        let panicked = shared.panic.lock().ok().and_then(|mut panic| panic.take());
        if let Some(panic) = panicked {
            resume_unwind(panic);
        }
    }
}

impl Shared {
    /// Claims one item and does it. Whether there was one.
    #[allow(unsafe_code, reason = "the closure of a region outlives it, but not by its type")]
    fn claim_and_do(&self) -> bool {
        let claim = self.claim.load(Ordering::Acquire);
        let (items, next) = ((claim >> 16 & 0xffff) as usize, (claim & 0xffff) as usize);
        if next >= items {
            return false;
        }
        let claimed = self.claim.compare_exchange_weak(claim, claim + 1, Ordering::AcqRel, Ordering::Relaxed);
        if claimed.is_err() {
            return true;
        }
        // SAFETY: an item of this region is claimed and not done, so that its caller still waits,
        // and neither changes `work` nor lets go of what it points to.
        let work = unsafe { &**self.work.get() };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(next)))
            && let Ok(mut first) = self.panic.lock()
        {
            first.get_or_insert(panic);
        }
        self.done.fetch_add(1, Ordering::Release);
        true
    }

    fn has_work(&self) -> bool {
        let claim = self.claim.load(Ordering::SeqCst);
        (claim & 0xffff) < (claim >> 16 & 0xffff)
    }

    /// A helper's life.
    fn help(&self, at: usize) {
        let mut idle = 0;
        while !self.ends.load(Ordering::Acquire) {
            if self.claim_and_do() {
                idle = 0;
            } else if idle < SPINS {
                idle += 1;
                std::hint::spin_loop();
            } else {
                // Whoever hands out work looks at `asleep` after that; hence this order.
                self.asleep[at].store(true, Ordering::SeqCst);
                if !self.has_work() && !self.ends.load(Ordering::SeqCst) {
                    thread::park();
                }
                self.asleep[at].store(false, Ordering::SeqCst);
                idle = 0;
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::SeqCst);
        for helper in self.helpers.drain(..) {
            helper.thread().unpark();
            // A helper catches the panics of its work.
            let _ = helper.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_done_once() {
        let mut pool = Pool::new(4);
        for round in 0..3_000 {
            let items = round % 37;
            let counts: Vec<AtomicUsize> = (0..items).map(|_| AtomicUsize::new(0)).collect();
            pool.run(items, &|item| {
                counts[item].fetch_add(1, Ordering::Relaxed);
            });
            assert!(counts.iter().all(|n| n.load(Ordering::Relaxed) == 1), "round {round}");
        }
    }

    #[test]
    fn more_items_than_a_region_holds() {
        let sum = AtomicUsize::new(0);
        Pool::new(2).run(200_000, &|item| {
            sum.fetch_add(item, Ordering::Relaxed);
        });
        assert_eq!(sum.into_inner(), 199_999 * 100_000);
    }

    #[test]
    fn a_panic_comes_back_to_the_caller_and_the_pool_lives_on() {
        let mut pool = Pool::new(3);
        for _ in 0..20 {
            let done = AtomicUsize::new(0);
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                pool.run(50, &|item| {
                    assert!(item != 7, "seven");
                    done.fetch_add(1, Ordering::Relaxed);
                });
            }));
            assert!(outcome.is_err());
            assert_eq!(done.into_inner(), 49);
        }
    }

    #[test]
    fn helpers_sleep_when_there_is_nothing_to_do_and_wake_for_more() {
        let mut pool = Pool::new(2);
        pool.run(8, &|_| {});
        while !pool.shared.asleep[0].load(Ordering::SeqCst) {
            thread::yield_now();
        }
        let sum = AtomicUsize::new(0);
        pool.run(1_000, &|item| {
            sum.fetch_add(item, Ordering::Relaxed);
        });
        assert_eq!(sum.into_inner(), 499_500);
    }
}

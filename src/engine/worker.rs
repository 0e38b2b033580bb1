//! An engine on a thread of its own.
//! Knows: threads and channels. Never: how an engine works.

use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread::{self, JoinHandle};

use super::{ChooseRequest, Engine, EngineError, Finish, Likelihood, ModelInfo, Request, Sampling};
use crate::chat::Message;

type Result<T> = std::result::Result<T, EngineError>;
type Job = Box<dyn FnOnce(&mut dyn Engine) + Send>;

/// Owns an engine and does one job after the other. Dropping it cancels and joins the thread.
pub struct Worker {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    cancel: Cancel,
    info: ModelInfo,
    sampling: Sampling,
}

/// Stops what a worker is doing, from any thread.
#[derive(Clone)]
pub struct Cancel(Arc<Tickets>);

/// Jobs are numbered from 1 on; cancelling covers all that were handed in so far.
#[derive(Default)]
struct Tickets {
    last: AtomicU64,
    cancelled: AtomicU64,
}

/// A reply that is being written. Dropping it stops the engine.
pub struct Reply {
    pieces: Receiver<String>,
    outcome: Receiver<Result<Finish>>,
}

impl Worker {
    /// Starts the thread.
    pub fn spawn(engine: impl Engine + 'static) -> Result<Self> {
        let (info, sampling) = (engine.info().clone(), engine.sampling());
        let (jobs, queue) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || work(Box::new(engine), &queue))
            .map_err(|e| EngineError::Panicked(e.to_string()))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), cancel: Cancel(Arc::default()), info, sampling })
    }

    /// The same, for a model of which words are best drawn so.
    pub fn drawing(mut self, sampling: Sampling) -> Self {
        self.sampling = sampling;
        self
    }

    /// Begins a reply; its pieces arrive as they are written.
    pub fn start(&self, req: Request) -> Reply {
        let (to_pieces, pieces) = mpsc::sync_channel(0);
        let (to_outcome, outcome) = mpsc::channel();
        let ticket = self.cancel.next();
        self.submit(move |engine| {
            // Whoever asked may be gone; then nobody needs the outcome.
            let _ = to_outcome.send(write(engine, &req, &to_pieces, &ticket));
        });
        Reply { pieces, outcome }
    }

    /// Writes a reply. Blocks until done; `on_piece` gets the text and may stop it.
    pub fn generate(
        &self,
        req: Request,
        mut on_piece: impl FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Finish> {
        let mut reply = self.start(req);
        for piece in reply.by_ref() {
            if on_piece(&piece).is_break() {
                break;
            }
        }
        reply.finish()
    }

    /// Writes a reply for each seed. Blocks until done; `go_on` may stop all of them.
    pub fn candidates(
        &self,
        req: Request,
        seeds: &[u64],
        mut go_on: impl FnMut() -> ControlFlow<()>,
    ) -> Result<Vec<Finish>> {
        let (to_ticks, ticks) = mpsc::sync_channel(0);
        let (to_outcome, outcome) = mpsc::channel();
        let (ticket, seeds) = (self.cancel.next(), seeds.to_vec());
        self.submit(move |engine| {
            let mut ask = || match ticket.is_cancelled() || to_ticks.send(()).is_err() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            };
            let _ = to_outcome.send(guarded(|| engine.candidates(&req, &seeds, &mut ask)));
        });
        for () in &ticks {
            if go_on().is_break() {
                break;
            }
        }
        // From here on the engine finds nobody who listens, and stops.
        drop(ticks);
        outcome.recv().unwrap_or_else(|_| Err(stopped()))
    }

    /// How likely each option is. Blocks until done.
    pub fn choose(&self, req: ChooseRequest) -> Result<Vec<Likelihood>> {
        self.call(move |engine| engine.choose(&req))
    }

    /// Tokens that `messages` take. Blocks until the jobs before are done.
    pub fn count_tokens(&self, messages: &[Message]) -> Result<usize> {
        let messages = messages.to_vec();
        self.call(move |engine| engine.count_tokens(&messages))
    }

    /// What is loaded.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// A handle that stops replies of this worker.
    pub fn cancel_handle(&self) -> Cancel {
        self.cancel.clone()
    }

    fn call<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut dyn Engine) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (to_answer, answer) = mpsc::channel();
        self.submit(move |engine| {
            let _ = to_answer.send(guarded(|| ask(engine)));
        });
        answer.recv().unwrap_or_else(|_| Err(stopped()))
    }

    fn submit(&self, job: impl FnOnce(&mut dyn Engine) + Send + 'static) {
        // A worker whose thread has ended drops the job, and with it the way back to the caller,
        // who takes that for the answer.
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Box::new(job));
        }
    }
}

impl Engine for Worker {
    fn generate(&mut self, req: &Request, emit: &mut dyn FnMut(&str) -> ControlFlow<()>) -> Result<Finish> {
        Worker::generate(self, req.clone(), emit)
    }

    fn candidates(
        &mut self,
        req: &Request,
        seeds: &[u64],
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Vec<Finish>> {
        Worker::candidates(self, req.clone(), seeds, go_on)
    }

    fn sampling(&self) -> Sampling {
        self.sampling
    }

    fn choose(&mut self, req: &ChooseRequest) -> Result<Vec<Likelihood>> {
        Worker::choose(self, req.clone())
    }

    fn count_tokens(&self, messages: &[Message]) -> Result<usize> {
        Worker::count_tokens(self, messages)
    }

    fn info(&self) -> &ModelInfo {
        Worker::info(self)
    }
}

/// One worker for many callers: their jobs are done in the order in which they came.
impl Engine for Arc<Worker> {
    fn generate(&mut self, req: &Request, emit: &mut dyn FnMut(&str) -> ControlFlow<()>) -> Result<Finish> {
        Worker::generate(self, req.clone(), emit)
    }

    fn candidates(
        &mut self,
        req: &Request,
        seeds: &[u64],
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Vec<Finish>> {
        Worker::candidates(self, req.clone(), seeds, go_on)
    }

    fn sampling(&self) -> Sampling {
        self.sampling
    }

    fn choose(&mut self, req: &ChooseRequest) -> Result<Vec<Likelihood>> {
        Worker::choose(self, req.clone())
    }

    fn count_tokens(&self, messages: &[Message]) -> Result<usize> {
        Worker::count_tokens(self, messages)
    }

    fn info(&self) -> &ModelInfo {
        Worker::info(self)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.cancel.cancel();
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the engine was already told to the caller it concerned.
            let _ = thread.join();
        }
    }
}

impl Reply {
    /// Waits until the reply has ended, ignoring what it still says. If pieces were left, the
    /// engine stops at the next one.
    pub fn finish(self) -> Result<Finish> {
        drop(self.pieces);
        self.outcome.recv().unwrap_or_else(|_| Err(stopped()))
    }
}

impl Iterator for Reply {
    type Item = String;

    /// Waits for the next piece; none if the reply has ended.
    fn next(&mut self) -> Option<String> {
        self.pieces.recv().ok()
    }
}

impl Cancel {
    /// Stops all replies that were asked for until now.
    pub fn cancel(&self) {
        self.0.cancelled.fetch_max(self.0.last.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    fn next(&self) -> Ticket {
        Ticket { number: self.0.last.fetch_add(1, Ordering::SeqCst) + 1, tickets: Arc::clone(&self.0) }
    }
}

/// One job's number.
struct Ticket {
    number: u64,
    tickets: Arc<Tickets>,
}

impl Ticket {
    fn is_cancelled(&self) -> bool {
        self.tickets.cancelled.load(Ordering::SeqCst) >= self.number
    }
}

/// The thread: does jobs until there can be no more.
fn work(mut engine: Box<dyn Engine>, queue: &Receiver<Job>) {
    while let Ok(job) = queue.recv() {
        job(engine.as_mut());
    }
}

/// Writes a reply; its text is what the caller has really taken.
fn write(
    engine: &mut dyn Engine,
    req: &Request,
    pieces: &SyncSender<String>,
    ticket: &Ticket,
) -> Result<Finish> {
    let mut taken = String::new();
    let finish = guarded(|| {
        engine.generate(req, &mut |piece| {
            if ticket.is_cancelled() {
                return ControlFlow::Break(());
            }
            // Without a buffer, this waits until the caller takes the piece or is gone.
            if !piece.is_empty() {
                if pieces.send(piece.to_owned()).is_err() {
                    return ControlFlow::Break(());
                }
                taken.push_str(piece);
            }
            ControlFlow::Continue(())
        })
    })?;
    Ok(Finish { text: taken, ..finish })
}

/// Does `job`; a panic in it becomes an error.
fn guarded<T>(job: impl FnOnce() -> Result<T>) -> Result<T> {
    // An engine counts what it has read only when the reading is complete, so that after a panic
    // it is as it was before.
    catch_unwind(AssertUnwindSafe(job))
        .unwrap_or_else(|panic| Err(EngineError::Panicked(words_of(panic.as_ref()))))
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let words = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    words.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no reason given".to_owned())
}

fn stopped() -> EngineError {
    EngineError::Panicked("its thread has ended".to_owned())
}

//! Ctrl-C, for work that can be stopped and gone on with.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;

/// Calls `raise` at each Ctrl-C, as long as the program runs. From here on Ctrl-C ends nothing by
/// itself.
pub(super) fn on_ctrl_c(mut raise: impl FnMut() + Send + 'static) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (ready, is_ready) = mpsc::channel();
    thread::Builder::new().name("ctrl-c".to_owned()).spawn(move || {
        runtime.block_on(async {
            loop {
                let mut ctrl_c = pin!(tokio::signal::ctrl_c());
                // The first look at it is what takes the signal over.
                let first = poll_fn(|context| Poll::Ready(ctrl_c.as_mut().poll(context))).await;
                let _ = ready.send(());
                let raised = match first {
                    Poll::Ready(raised) => raised,
                    Poll::Pending => ctrl_c.await,
                };
                match raised {
                    Ok(()) => raise(),
                    Err(_) => return,
                }
            }
        });
    })?;
    // A thread that could not even begin leaves Ctrl-C as it was.
    let _ = is_ready.recv();
    Ok(())
}

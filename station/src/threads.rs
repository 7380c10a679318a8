//! The threads of the program, and how many there may be.

use tokio::runtime::{Builder, Runtime};

/// Requests that are answered at a time; more wait for one of them to end. Each takes a thread, which
/// waits for the disk with it. So many share one commit at best.
///
/// Without this bound a busy station has more and more threads (the default is 512), and every one of
/// them keeps a stack and a share of the heap.
pub(crate) const AT_WORK: usize = 64;

/// Where the program runs.
///
/// # Errors
///
/// If the system has no threads left.
pub fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .max_blocking_threads(AT_WORK)
        .enable_all()
        .build()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::{Arc, Condvar, Mutex};
    use std::time::Duration;

    use tokio::task::JoinSet;

    use super::*;

    /// Twice as many wait for each other, in vain.
    #[test]
    fn no_more_than_so_many_work() {
        let seen: Arc<(Mutex<HashSet<_>>, Condvar)> = Arc::default();
        let runtime = runtime().unwrap();
        runtime.block_on(async {
            let mut all = JoinSet::new();
            for _ in 0..2 * AT_WORK {
                let seen = Arc::clone(&seen);
                all.spawn_blocking(move || {
                    let (threads, news) = &*seen;
                    let mut threads = threads.lock().unwrap();
                    threads.insert(std::thread::current().id());
                    news.notify_all();
                    let wait = Duration::from_millis(300);
                    let enough = |threads: &mut HashSet<_>| threads.len() <= AT_WORK;
                    drop(news.wait_timeout_while(threads, wait, enough).unwrap());
                });
            }
            while let Some(ended) = all.join_next().await {
                ended.unwrap();
            }
        });
        assert_eq!(seen.0.lock().unwrap().len(), AT_WORK);
    }
}

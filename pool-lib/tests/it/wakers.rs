//! The program's own code in the midst of the pool: wakers of futures, and sources that take their time.
//!
//! Must not test what a future comes to; `handles` does that.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use pool_lib::{Pool, TaskError, TaskErrorKind};

use crate::gate::{Gate, announce, visit};
use crate::pool;

fn double(n: u64) -> u64 {
    n * 2
}

fn held((gate, number): (String, u64)) -> u64 {
    visit(&gate, number);
    number
}

/// A waker that does something with what it has, the first time that it is called.
struct Does<T, F>(Mutex<Option<T>>, F);

impl<T: Send + 'static, F: Fn(T) + Send + Sync + 'static> Does<T, F> {
    fn with(what: T, does: F) -> Waker {
        Arc::new(Self(Mutex::new(Some(what)), does)).into()
    }
}

impl<T: Send + 'static, F: Fn(T) + Send + Sync + 'static> Wake for Does<T, F> {
    fn wake(self: Arc<Self>) {
        let what = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        what.into_iter().for_each(&self.1);
    }
}

fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

both_ways! {
    fn a_waker_that_panics_harms_nobody(method) {
        let pool = pool(method, 2);
        let gate = Gate::new();
        for number in 0..20 {
            let (called, calls) = channel();
            let waker = Does::with(called, |called: Sender<()>| {
                called.send(()).unwrap();
                panic!("on purpose, in a waker");
            });
            let mut handle = pool.apply_async(held, (gate.name(), number));
            assert!(poll(&mut handle, &waker).is_pending());
            let visitor = gate.accept();
            // Somebody else drives, or the pool's own thread: whoever it is finds the result.
            thread::scope(|scope| {
                scope.spawn(|| (0..100).for_each(|n| assert_eq!(pool.apply(double, n).unwrap(), n * 2)));
                visitor.release();
            });
            calls.recv().unwrap();
            assert_eq!(handle.wait().unwrap(), number);
        }
        assert_eq!(pool.map(double, 0..1000).unwrap().len(), 1000);
        assert_eq!(pool.stats().workers_started, 2);
    }
}

both_ways! {
    /// It gets an answer, or is told why there is none.
    fn a_waker_may_ask_the_pool(method) {
        let pool = Arc::new(pool(method, 2));
        let gate = Gate::new();
        for number in 0..20 {
            let (answer, answers) = channel();
            let waker = Does::with((Arc::clone(&pool), answer), ask);
            let mut handle = pool.apply_async(held, (gate.name(), number));
            assert!(poll(&mut handle, &waker).is_pending());
            gate.accept().release();
            match answers.recv().unwrap() {
                Ok(answer) => assert_eq!(answer, 14),
                Err(error) => {
                    assert!(matches!(error.kind(), TaskErrorKind::Invalid(_)), "{error}");
                    assert!(error.to_string().contains("cannot wait for the pool"), "{error}");
                }
            }
            assert_eq!(handle.wait().unwrap(), number);
        }
        assert_eq!(pool.map(double, 0..1000).unwrap().len(), 1000);
    }
}

fn ask((pool, answer): (Arc<Pool>, Sender<Result<u64, TaskError>>)) {
    answer.send(pool.apply(double, 7)).unwrap();
}

/// Whoever has accepted it sees when this process ends.
fn tied((gate, number): (String, u64)) -> u64 {
    std::mem::forget(announce(&gate, number));
    held((gate, number))
}

both_ways! {
    fn a_waker_may_have_the_last_handle_of_the_pool(method) {
        for number in 0..5 {
            let gate = Gate::new();
            let pool = pool(method, 2);
            let mut handle = pool.apply_async(tied, (gate.name(), number));
            let waker = Does::with(pool, drop::<Pool>);
            assert!(poll(&mut handle, &waker).is_pending());
            drop(waker);
            let worker = gate.accept();
            gate.accept().release();
            assert_eq!(handle.wait().unwrap(), number);
            worker.wait_until_gone();
        }
    }
}

both_ways! {
    fn a_handle_that_is_given_up_keeps_no_waker(method) {
        let pool = pool(method, 1);
        let gate = Gate::new();
        let shared = Arc::new(());
        let mut handle = pool.apply_async(held, (gate.name(), 0));
        let keep = || Does::with(Arc::clone(&shared), drop::<Arc<()>>);
        assert!(poll(&mut handle, &keep()).is_pending());
        assert!(poll(&mut handle, &keep()).is_pending());
        assert_eq!(Arc::strong_count(&shared), 2, "the last waker counts");
        let visitor = gate.accept();
        drop(handle);
        assert_eq!(Arc::strong_count(&shared), 1);
        visitor.release();
        assert_eq!(pool.apply(double, 1).unwrap(), 2);
    }
}

/// Visits the gate if it is told of one.
fn perhaps_held((gate, number): (Option<String>, u64)) -> u64 {
    gate.map_or(number, |gate| held((gate, number)))
}

both_ways! {
    /// The source of all verbs has its second item only when the first one runs.
    fn the_first_task_does_not_wait_for_the_source_to_end(method) {
        let pool = pool(method, 1);
        let gate = Gate::new();
        let items = || {
            let first = std::iter::once((Some(gate.name()), 0));
            let rest = (1..4).map(|number| {
                if number == 1 {
                    gate.accept().release();
                }
                (None, number)
            });
            first.chain(rest)
        };
        let verbs: [&dyn Fn() -> u64; 4] = [
            &|| pool.map(perhaps_held, items()).unwrap().iter().sum(),
            &|| pool.map_async(perhaps_held, items()).wait().unwrap().iter().sum(),
            &|| pool.imap(perhaps_held, items()).map(Result::unwrap).sum(),
            &|| pool.imap_unordered(perhaps_held, items()).map(Result::unwrap).sum(),
        ];
        for verb in verbs {
            // Until the pool's own thread sleeps without a limit.
            thread::sleep(Duration::from_millis(250));
            assert_eq!(verb(), 6);
        }
    }
}

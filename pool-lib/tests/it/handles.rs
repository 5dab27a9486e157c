//! Handles: waiting in any order and from anywhere, giving up, calling off, polling as futures.
//!
//! Must not test what the pool does about a worker that was killed.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use pool_lib::{Pool, Started, TaskErrorKind, WorkerExit};

use crate::gate::{Gate, visit};
use crate::pool;

const A_MOMENT: Duration = Duration::from_millis(20);

fn double(n: u64) -> u64 {
    n * 2
}

fn held((gate, number): (String, u64)) -> u64 {
    visit(&gate, number);
    number
}

both_ways! {
    fn wait_timeout_then_wait(method) {
        let pool = pool(method, 1);
        let gate = Gate::new();
        let handle = pool.apply_async(held, (gate.name(), 7));
        assert!(handle.wait_timeout(Duration::ZERO).is_none());
        assert!(!handle.is_ready());
        let visitor = gate.accept();
        assert!(handle.wait_timeout(A_MOMENT).is_none());
        visitor.release();
        assert_eq!(handle.wait_timeout(Duration::MAX).unwrap().unwrap(), 7);
        assert!(handle.is_ready());
        assert_eq!(handle.wait_timeout(Duration::ZERO).unwrap().unwrap(), 7);
        assert_eq!(handle.wait().unwrap(), 7);
        assert!(gate.is_empty(), "the task ran twice");
    }
}

both_ways! {
    fn join_handles_in_any_order(method) {
        let pool = pool(method, 2);
        let mut handles: Vec<_> = (0..30).map(|n| (n, pool.apply_async(double, n))).collect();
        while !handles.is_empty() {
            // From the end, the middle and the beginning by turns.
            let place = [handles.len() - 1, handles.len() / 2, 0][handles.len() % 3];
            let (n, handle) = handles.remove(place);
            assert_eq!(handle.wait().unwrap(), n * 2);
        }
    }
}

both_ways! {
    /// "Dropping the handle does not stop the task."
    fn dropped_handle_documented(method) {
        let pool = pool(method, 1);
        let gate = Gate::new();
        drop(pool.apply_async(held, (gate.name(), 0)));
        drop(pool.map_async(held, [(gate.name(), 1), (gate.name(), 2)]));
        for number in 0..3 {
            let visitor = gate.accept();
            assert_eq!(visitor.tag, number);
            visitor.release();
        }
        pool.join();
    }
}

both_ways! {
    fn cancel_queued(method) {
        let pool = pool(method, 1);
        let gate = Gate::new();
        let running = pool.apply_async(held, (gate.name(), 0));
        let queued = pool.apply_async(held, (gate.name(), 1));
        let visitor = gate.accept();
        queued.cancel();
        let error = queued.wait().unwrap_err();
        assert_eq!(error.kind(), &TaskErrorKind::Cancelled);
        assert_eq!((error.started(), error.attempts()), (Started::No, 0));
        visitor.release();
        assert_eq!(running.wait().unwrap(), 0);
        assert_eq!(pool.apply(double, 4).unwrap(), 8);
        assert!(gate.is_empty(), "a cancelled task was started");
    }
}

both_ways! {
    fn cancel_running_kills_only_it(method) {
        let pool = pool(method, 2);
        let gate = Gate::new();
        let handles: Vec<_> = (0..2).map(|n| pool.apply_async(held, (gate.name(), n))).collect();
        let [doomed, spared] = gate.accept_all(2).try_into().ok().unwrap();
        let (doomed_pid, spared_pid) = (doomed.pid, spared.pid);
        handles[0].cancel();
        doomed.wait_until_gone();
        let [cancelled, kept] = handles.try_into().ok().unwrap();
        let error = cancelled.wait().unwrap_err();
        assert_eq!(error.kind(), &TaskErrorKind::Cancelled);
        assert_eq!((error.started(), error.pid()), (Started::Yes, Some(doomed_pid)));
        spared.release();
        assert_eq!(kept.wait().unwrap(), 1);
        let pids = pool.worker_pids();
        assert!(pids.contains(&spared_pid) && !pids.contains(&doomed_pid));
        assert_eq!(pool.map(double, 0..10).unwrap().len(), 10);
    }
}

both_ways! {
    fn cancel_keeps_what_is_done(method) {
        let pool = pool(method, 1);
        let handle = pool.apply_async(double, 5);
        assert_eq!(handle.wait_timeout(Duration::MAX).unwrap().unwrap(), 10);
        handle.cancel();
        handle.cancel();
        assert_eq!(handle.wait().unwrap(), 10);
    }
}

/// Ends at once, except the last of a chunk, which never does.
fn quick_but_the_last((gate, number): (String, u64)) -> u64 {
    if number == 3 {
        crate::gate::announce(&gate, number);
        loop {
            thread::park();
        }
    }
    number
}

both_ways! {
    /// The worker goes from one task of a chunk to the next at the moment of the cancellation.
    fn cancel_between_two_tasks_of_a_chunk(method) {
        let pool = pool(method, 1);
        let gate = Gate::new();
        for round in 0..50 {
            let items = (0..4).map(|number| (gate.name(), number));
            let handle = pool.call().chunk_size(4).map_async(quick_but_the_last, items);
            if round % 2 == 0 {
                drop(gate.accept());
            }
            handle.cancel();
            let error = handle.wait().unwrap_err();
            assert_eq!(error.kind(), &TaskErrorKind::Cancelled);
            while !gate.is_empty() {}
        }
        assert_eq!(pool.apply(double, 4).unwrap(), 8);
    }
}

both_ways! {
    fn many_threads_submit(method) {
        let pool = pool(method, 2);
        thread::scope(|scope| {
            for first in (0..16).map(|n| n * 1000) {
                let pool = &pool;
                scope.spawn(move || {
                    assert_eq!(pool.apply(double, first).unwrap(), first * 2);
                    let all = first..first + 100;
                    let expected: Vec<u64> = all.clone().map(double).collect();
                    assert_eq!(pool.map(double, all.clone()).unwrap(), expected);
                    let lazily: Result<Vec<u64>, _> = pool.imap(double, all.clone()).collect();
                    assert_eq!(lazily.unwrap(), expected);
                    let handles: Vec<_> = all.map(|n| pool.apply_async(double, n)).collect();
                    assert!(handles.into_iter().map(|h| h.wait().unwrap()).eq(expected));
                });
            }
        });
        let stats = pool.stats();
        assert_eq!(stats.submitted, 16 * 301);
        assert_eq!(stats.returned, stats.submitted);
    }
}

fn nap(n: u64) -> u64 {
    thread::sleep(Duration::from_millis(1));
    n
}

both_ways! {
    /// A call that goes on for long keeps all workers at work, and yet others have their turns: one whose tasks nobody has
    /// timed yet, and one whose chunks go to idle workers only.
    fn calls_take_turns(method) {
        let pool = pool(method, 2);
        let _long = pool.map_async(nap, 0..20_000);
        // By then it is known that several of its tasks are to be at hand.
        while pool.stats().returned < 100 {
            thread::yield_now();
        }
        for _ in 0..10 {
            assert_eq!(pool.apply(double, 4).unwrap(), 8);
            assert_eq!(pool.call().chunk_size(2).map(double, 1..4).unwrap(), [2, 4, 6]);
        }
        let stats = pool.stats();
        assert!(stats.returned < stats.submitted / 2, "they had to wait: {stats:?}");
    }
}

/// Is busy for so many microseconds; dies instead for one number.
fn busy(micros: u64) -> u64 {
    if micros == 666 {
        std::process::exit(6);
    }
    let began = std::time::Instant::now();
    while (began.elapsed().as_micros() as u64) < micros {}
    micros
}

both_ways! {
    /// Whoever waits may drive the pool for a while: for tasks that are over at once, for those that last just as long as
    /// a driver has patience, and for those that take longer, while workers die and others wait as well.
    fn callers_that_drive_lose_nothing(method) {
        let pool = Pool::builder().processes(2).start_method(method).build().unwrap();
        thread::scope(|scope| {
            for first in 0..6 {
                let pool = &pool;
                scope.spawn(move || {
                    for round in first..first + 150 {
                        let micros = [0, 3, 0, 20, 0, 60, 400][round % 7];
                        assert_eq!(pool.apply(busy, micros).unwrap(), micros);
                        if round % 50 == 0 {
                            let error = pool.apply(busy, 666).unwrap_err();
                            assert_eq!(*error.kind(), TaskErrorKind::WorkerDied(WorkerExit::Code(6)));
                        }
                        if round % 10 == 0 {
                            assert_eq!(pool.map(busy, 0..5).unwrap(), [0, 1, 2, 3, 4]);
                        }
                    }
                });
            }
        });
        assert_eq!(pool.stats().submitted, 6 * (150 + 3 + 15 * 5));
    }
}

fn map_inside(n: u64) -> (Vec<u64>, bool) {
    let inner = Pool::builder().processes(2).build().unwrap();
    let pids = inner.worker_pids();
    (inner.map(double, 0..n).unwrap(), !pids.contains(&std::process::id()))
}

both_ways! {
    fn nested_pool_in_a_task(method) {
        let pool = pool(method, 2);
        for (n, (doubles, elsewhere)) in pool.map(map_inside, 0..4).unwrap().iter().enumerate() {
            assert_eq!(*doubles, (0..n as u64).map(double).collect::<Vec<_>>());
            assert!(elsewhere);
        }
    }
}

/// Wakes the thread that polls.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest executor.
fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

both_ways! {
    fn future_without_a_runtime(method) {
        let pool = pool(method, 2);
        assert_eq!(block_on(pool.apply_async(double, 4)).unwrap(), 8);
        assert_eq!(block_on(pool.map_async(double, 0..100)).unwrap()[99], 198);
        assert_eq!(block_on(async { pool.starmap_async(u64::pow, [(2, 3)]).await }).unwrap(), [8]);
        let gate = Gate::new();
        let mut handle = pool.apply_async(held, (gate.name(), 5));
        let visitor = gate.accept();
        // The last waker that polls is the one that counts.
        let mut idle = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut handle).poll(&mut idle).is_pending());
        visitor.release();
        assert_eq!(block_on(&mut handle).unwrap(), 5);
        assert!(Pin::new(&mut handle).poll(&mut idle).is_ready());
        drop(pool.apply_async(double, 1));
        assert!(block_on(pool.call().chunk_size(0).map_async(double, [1])).is_err());
        let late = pool.apply_async(held, (gate.name(), 6));
        drop(gate.accept());
        drop(pool);
        assert!(block_on(late).is_err());
    }
}

both_ways! {
    /// A handle can be shared: one thread waits, another looks, a third calls off.
    fn one_waiter_does_not_hold_up_another(method) {
        let pool = pool(method, 1);
        let gate = Gate::new();
        let handle = pool.apply_async(held, (gate.name(), 1));
        let visitor = gate.accept();
        thread::scope(|scope| {
            let (tell, told) = std::sync::mpsc::channel();
            let handle = &handle;
            let long = scope.spawn(move || {
                tell.send(nix::unistd::gettid()).unwrap();
                handle.wait_timeout(Duration::MAX).unwrap()
            });
            wait_until_asleep(told.recv().unwrap());
            assert!(!handle.is_ready());
            assert!(handle.wait_timeout(A_MOMENT).is_none());
            let second = scope.spawn(|| handle.wait_timeout(Duration::MAX).unwrap());
            visitor.release();
            assert_eq!(long.join().unwrap().unwrap(), 1);
            assert_eq!(second.join().unwrap().unwrap(), 1);
        });
    }
}

/// Waits until the kernel says that the thread waits for something.
fn wait_until_asleep(thread: nix::unistd::Pid) {
    let stat = format!("/proc/self/task/{thread}/stat");
    while !std::fs::read_to_string(&stat).unwrap().contains(") S ") {
        thread::yield_now();
    }
}

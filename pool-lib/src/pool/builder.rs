//! Settings for a pool.
//!
//! Must not know how a pool is built from them, or used.

use std::env;
use std::time::Duration;

#[cfg(doc)]
use super::Pool;
use crate::dispatcher::CallSpec;
use crate::engine::ANSWER_LIMIT;
use crate::launch::StartMethod;
use crate::sys::Resource;
use crate::task::{Function, Nullary};
#[cfg(doc)]
use crate::trace::EventKind;
use crate::trace::{Event, Listener};

/// While this is set in the environment, pools do without rings, as with `over_sockets`: so whole test suites can.
const SOCKETS: &str = "POOL_LIB_OVER_SOCKETS";

/// Settings for a [`Pool`].
///
/// ```
/// use std::time::Duration;
/// use pool_lib::Pool;
///
/// let pool = Pool::builder()
///     .processes(2)
///     .name("analysis")
///     .task_timeout(Duration::from_secs(60))
///     .max_tasks_per_worker(100)
///     .build()?;
/// assert_eq!(pool.processes(), 2);
/// # Ok::<(), pool_lib::BuildError>(())
/// ```
#[must_use = "settings do nothing until `build`"]
pub struct PoolBuilder {
    pub(super) processes: Option<usize>,
    pub(super) method: StartMethod,
    pub(super) inline: bool,
    pub(super) initializer: Option<Result<Function, String>>,
    pub(super) preload: Option<Result<Function, String>>,
    pub(super) tasks_per_worker: Option<u64>,
    pub(super) memory_per_worker: Option<u64>,
    pub(super) defaults: CallSpec,
    pub(super) name: String,
    pub(super) pin_to_cores: bool,
    pub(super) limits: Vec<(Resource, u64)>,
    pub(super) capture_output: bool,
    pub(super) drain_on_signals: bool,
    pub(super) answer_limit: Duration,
    pub(super) trace: bool,
    pub(super) listener: Option<Listener>,
    pub(super) rings: bool,
}

impl PoolBuilder {
    pub(super) fn new() -> Self {
        Self {
            processes: None,
            method: StartMethod::default(),
            inline: false,
            initializer: None,
            preload: None,
            tasks_per_worker: None,
            memory_per_worker: None,
            defaults: CallSpec::default(),
            name: String::new(),
            pin_to_cores: false,
            limits: Vec::new(),
            capture_output: false,
            drain_on_signals: false,
            answer_limit: ANSWER_LIMIT,
            trace: false,
            listener: None,
            rings: env::var_os(SOCKETS).is_none(),
        }
    }

    /// How long a worker may keep silent before it is ready; in this crate's own tests, which cannot wait long.
    #[cfg(test)]
    pub(crate) fn answer_limit(mut self, limit: Duration) -> Self {
        self.answer_limit = limit;
        self
    }

    /// How many workers to keep, at least one. Default: one per core that this process may use.
    pub fn processes(mut self, count: usize) -> Self {
        self.processes = Some(count);
        self
    }

    /// How workers are started. Default: [`StartMethod::ForkServer`].
    pub fn start_method(mut self, method: StartMethod) -> Self {
        self.method = method;
        self
    }

    /// Runs tasks one after the other on a thread of this process, for debugging: no worker
    /// processes, no walls, and a task cannot be interrupted by a timeout or a cancellation. A task that waits
    /// for the pool that runs it gets an error: that pool does nothing else meanwhile.
    pub fn inline(mut self, inline: bool) -> Self {
        self.inline = inline;
        self
    }

    /// Runs `f` once in each worker, before its first task.
    ///
    /// A panic in it is an error of [`build`](Self::build); a replacement worker that fails in it
    /// is tried again after a pause that grows.
    pub fn initializer<F: Fn() + Copy + 'static>(mut self, f: F) -> Self {
        let _ = f;
        self.initializer = Some(Function::of::<Nullary<F>>());
        self
    }

    /// Runs `f` once in the fork server, before it forks the first worker: what `f` leaves in
    /// memory (a table in a `static`, say) is there in every worker and shared until it is
    /// written to. `f` must not leave threads behind. Only for [`StartMethod::ForkServer`].
    pub fn preload<F: Fn() + Copy + 'static>(mut self, f: F) -> Self {
        let _ = f;
        self.preload = Some(Function::of::<Nullary<F>>());
        self
    }

    /// Replaces a worker after so many tasks, at least one. Default: never.
    #[doc(alias = "maxtasksperchild")]
    pub fn max_tasks_per_worker(mut self, count: u64) -> Self {
        self.tasks_per_worker = Some(count);
        self
    }

    /// Replaces a worker, between two tasks, once it has more memory to itself than this, in bytes:
    /// for tasks that leak. Default: never.
    ///
    /// The worker measures itself after tasks: after each that took 0.1 ms or longer, and after
    /// shorter ones once in a millisecond. First it reads `/proc/self/statm` (resident less shared;
    /// about two microseconds). Only if that is above the limit it reads `/proc/self/smaps_rollup`
    /// (`Private_Dirty`: resident, written to, and in no other process), which takes milliseconds
    /// when there is much, and so is done at most a fiftieth of the time. What `preload` made and nobody
    /// wrote to since is not counted, nor is shared memory, nor what is swapped out.
    ///
    /// A task is never interrupted for its memory, and the next one may begin before the pool
    /// knows: a bound that holds at every moment is a [`limit`](Self::limit) on
    /// [`Resource::Data`]. A new worker begins with one or two MiB of its own, and what the initializer
    /// made; a limit below that replaces the worker after each task. Nothing is measured
    /// [`inline`](Self::inline).
    ///
    /// ```
    /// # use pool_lib::Pool;
    /// let pool = Pool::builder().processes(2).max_memory_per_worker(500 << 20).build()?;
    /// # Ok::<(), pool_lib::BuildError>(())
    /// ```
    pub fn max_memory_per_worker(mut self, bytes: u64) -> Self {
        self.memory_per_worker = Some(bytes);
        self
    }

    /// How long a task may run before its worker is killed and replaced and the task fails with
    /// `TimedOut`. The clock starts when the task does. Default: as long as it likes.
    pub fn task_timeout(mut self, timeout: Duration) -> Self {
        self.defaults.timeout = Some(timeout);
        self
    }

    /// How often a task is tried again after its worker died or it timed out. Default: never,
    /// because the task may have had effects. A panic is an answer, and is not tried again.
    pub fn retries(mut self, count: u32) -> Self {
        self.defaults.retries = count;
        self
    }

    /// A name for the pool: it stands in traces, and with the worker's place behind it in `ps`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Keeps each worker on one core, around all that this process may use. Default: off, because
    /// the scheduler knows what else runs.
    pub fn pin_to_cores(mut self, pin: bool) -> Self {
        self.pin_to_cores = pin;
        self
    }

    /// Lets each worker use at most `most` of a resource, in the unit that [`Resource`] states. It
    /// is set before the initializer runs, and the worker cannot raise it again. A process that a
    /// task starts has the same limits. Of two limits for one resource the later one counts.
    /// Nothing is limited [`inline`](Self::inline).
    ///
    /// ```
    /// use pool_lib::{Pool, Resource};
    ///
    /// let pool = Pool::builder()
    ///     .processes(2)
    ///     .limit(Resource::Data, 1 << 30)  // at most one GiB each
    ///     .limit(Resource::CoreSize, 0)    // no core dumps
    ///     .build()?;
    /// # Ok::<(), pool_lib::BuildError>(())
    /// ```
    ///
    /// A limit that cannot be set is an error of [`build`](Self::build): without the right to
    /// (`CAP_SYS_RESOURCE`), none can be higher than the program's own hard limit.
    pub fn limit(mut self, resource: Resource, most: u64) -> Self {
        self.limits.retain(|(limited, _)| *limited != resource);
        self.limits.push((resource, most));
        self
    }

    /// Makes lines of what workers print, and says of each by which worker and in which task it was
    /// printed: events of the kind [`EventKind::Output`] for [`on_event`](Self::on_event), and in
    /// the [`trace`](Self::trace). Default: off; workers print where the program does.
    ///
    /// Whatever is written into the descriptors 1 and 2 counts, also by C code, and so do the last
    /// words of a worker that dies. A process that a task starts prints there too, until its
    /// worker ends; then it writes into a pipe that nobody reads. What `preload` prints is not
    /// captured, nor anything [`inline`](Self::inline).
    ///
    /// A flood stops nobody but the worker that makes it: what waits for a slow listener is bounded (8 MiB,
    /// where a line counts 256 bytes and its text), a trace keeps 16 MiB, a line 64 KiB. What is cut is
    /// counted, and said by [`EventKind::OutputCut`] in its place. Each task costs four short writes
    /// more, some microseconds.
    ///
    /// ```
    /// use pool_lib::{EventKind, Pool};
    ///
    /// let pool = Pool::builder()
    ///     .processes(2)
    ///     .capture_output(true)
    ///     .on_event(|event| {
    ///         if let EventKind::Output { worker, task: Some(task), line, .. } = &event.kind {
    ///             println!("{worker}, {task}: {line}");
    ///         }
    ///     })
    ///     .build()?;
    /// pool.map(|game: u32| println!("analyzing game {game}"), 1..=3)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn capture_output(mut self, capture: bool) -> Self {
        self.capture_output = capture;
        self
    }

    /// Finishes what runs when the program is asked to end: at the first `SIGINT` (Ctrl-C) or `SIGTERM` the
    /// pool takes no more calls, tasks that run finish in their own time, and tasks that wait fail with
    /// `Cancelled` (or `Closed`, where an `imap` had not submitted them yet). Then the program goes on; what it does with that is its affair. The second
    /// signal ends the program at once, as the first would without this, and the workers with it.
    /// Default: off; signals do what they do in any program.
    ///
    /// It is for the program to ask for this, not for a library that uses a pool: signals are the whole
    /// process's. A handler that the program had installed before is called as well, each time,
    /// and then it decides about the program's end; at the second signal the pool is terminated. A
    /// handler that is installed later must call the one before it. A signal that is ignored stays
    /// ignored. When the last pool of this kind is gone, all is as it was before; one that is built
    /// after the first signal, while another is left, takes no calls.
    ///
    /// Workers do not end by `SIGINT` in any case, and with this not by `SIGTERM` either, so it does no
    /// harm that a terminal sends the one, and a service manager the other, to all processes at once.
    ///
    /// ```
    /// # use pool_lib::Pool;
    /// let pool = Pool::builder().processes(2).drain_on_signals(true).build()?;
    /// for result in pool.imap(|game: u32| format!("game {game}"), 1..=3) {
    ///     match result {
    ///         Ok(line) => println!("{line}"),
    ///         Err(error) => eprintln!("{error}"), // after Ctrl-C: "task 2: cancelled"
    ///     }
    /// }
    /// # Ok::<(), pool_lib::BuildError>(())
    /// ```
    pub fn drain_on_signals(mut self, drain: bool) -> Self {
        self.drain_on_signals = drain;
        self
    }

    /// Calls `f` for every event, on a thread of its own: it may take its time, and dropping the
    /// pool waits for it to have heard the last one.
    pub fn on_event<F: Fn(&Event) + Send + 'static>(mut self, f: F) -> Self {
        self.listener = Some(Box::new(f));
        self
    }

    /// Keeps all events in memory for [`Pool::trace`]. Default: off.
    pub fn trace(mut self, keep: bool) -> Self {
        self.trace = keep;
        self
    }

    /// Sends everything over sockets instead of shared memory: slower by far, and there to be compared.
    #[doc(hidden)]
    pub fn over_sockets(mut self, sockets: bool) -> Self {
        self.rings = !sockets;
        self
    }
}

//! Settings for a pool, and building it from them.
//!
//! Must not know how a pool is used.

use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::bounded;

use super::Pool;
use crate::bootstrap;
use crate::dispatcher::{CallSpec, Door, Driver, Limits, Opening, Orders};
use crate::engine::{Engine, Inline, Local, Settings};
use crate::error::{BuildError, TaskErrorKind};
use crate::launch::{Launcher, StartMethod};
use crate::sys::{Resource, block_signals, is_privileged, monotonic_ns};
use crate::task::{Function, Nullary};
use crate::trace::{Event, EventKind, Listener, Recorder};

/// Where the environment asks for the events of every pool to be written.
const TRACE_FILE: &str = "POOL_LIB_TRACE";

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
    processes: Option<usize>,
    method: StartMethod,
    inline: bool,
    initializer: Option<Result<Function, String>>,
    preload: Option<Result<Function, String>>,
    tasks_per_worker: Option<u64>,
    memory_per_worker: Option<u64>,
    defaults: CallSpec,
    name: String,
    pin_to_cores: bool,
    limits: Vec<(Resource, u64)>,
    capture_output: bool,
    trace: bool,
    listener: Option<Listener>,
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
            trace: false,
            listener: None,
        }
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
    /// processes, no walls, and a task cannot be interrupted by a timeout or a cancellation.
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

    /// Starts the workers.
    ///
    /// Returns when each of them is ready or has failed to start once, and at least one is ready;
    /// with an initializer, when the first is ready and all others have answered. Places whose
    /// worker could not be started (out of descriptors, say) are tried again while the pool is in
    /// use. It waits as long as `preload` and one run of the initializer take, beyond that a
    /// moment; workers that do not answer at all are given up after some 30 seconds.
    ///
    /// If the environment variable `POOL_LIB_TRACE` names a file, the pool's events are appended
    /// there, one JSON object a line, when the pool has ended.
    ///
    /// # Errors
    ///
    /// Zero processes or zero tasks per worker; a function that workers cannot find; a copy of
    /// the program that should have been taken over as a worker; an operating system that refuses
    /// what a pool needs; workers that end or panic before they are ready.
    pub fn build(self) -> Result<Pool, BuildError> {
        bootstrap::keep();
        if bootstrap::is_forgotten() {
            return Err(BuildError::ForgottenInit);
        }
        if is_privileged() {
            let why = "a set-uid program cannot have a pool: its workers are copies of it that are \
                       told their role in the environment, which such a program must not trust";
            return Err(BuildError::Invalid(why.to_owned()));
        }
        let processes = self.checked_processes()?;
        let file = env::var_os(TRACE_FILE).map(PathBuf::from);
        if self.capture_output && self.listener.is_none() && !self.trace && file.is_none() {
            let why = "capture_output needs somebody who hears it: on_event, or trace(true)";
            return Err(BuildError::Invalid(why.to_owned()));
        }
        let epoch_ns = monotonic_ns();
        let engine = self.engine(epoch_ns)?;
        let (orders, receiver, fate) = Orders::new(engine.waker());
        let recorder = Recorder::new(self.trace, file, self.listener)
            .map_err(BuildError::os("cannot start the thread for events"))?;
        let recorder = Arc::new(recorder);
        let limits = Limits {
            processes,
            tasks_per_worker: self.tasks_per_worker,
            memory_per_worker: self.memory_per_worker,
        };
        recorder.record(Duration::ZERO, EventKind::PoolBuilt { processes, name: self.name });
        let (builder, opened) = bounded::<Opening>(1);
        let opening = Door { builder, await_all: self.initializer.is_none() };
        let (news, events) = ((receiver, fate), Arc::clone(&recorder));
        let driver = Driver::new(limits, engine, news, events, opening, epoch_ns);
        let dispatcher =
            start(driver).map_err(BuildError::os("cannot start the dispatcher's thread"))?;
        let pool = Pool {
            orders,
            recorder,
            dispatcher: Mutex::new(Some(dispatcher)),
            processes: processes as usize,
            defaults: self.defaults,
            calls: AtomicU64::new(0),
            owner: process::id(),
        };
        // On an error the pool is dropped here, and with it whatever was started.
        match opened.recv() {
            Ok(Ok(())) => Ok(pool),
            Ok(Err(kind)) => Err(build_error(kind)),
            Err(_) => Err(BuildError::Os(
                "the dispatcher ended early",
                io::Error::other("see the message of its panic"),
            )),
        }
    }

    fn checked_processes(&self) -> Result<u32, BuildError> {
        let invalid = |why: &str| Err(BuildError::Invalid(why.to_owned()));
        if self.tasks_per_worker == Some(0) {
            return invalid("max_tasks_per_worker must be at least 1");
        }
        let count = match self.processes {
            Some(count) => count,
            None => thread::available_parallelism()
                .map_err(BuildError::os("cannot find out how many cores there are"))?
                .get(),
        };
        match u32::try_from(count) {
            Ok(0) => invalid("a pool needs at least one process"),
            Ok(count) => Ok(count),
            Err(_) => invalid("a pool cannot have that many processes"),
        }
    }

    fn engine(&self, epoch_ns: u64) -> Result<Box<dyn Engine + Send>, BuildError> {
        let waiting = BuildError::os("cannot make what the dispatcher waits on");
        let function = |named: &Option<Result<Function, String>>| {
            named.clone().transpose().map_err(BuildError::Function)
        };
        let (initializer, preload) = (function(&self.initializer)?, function(&self.preload)?);
        if self.inline {
            return Ok(Box::new(Inline::new(epoch_ns).map_err(waiting)?));
        }
        if preload.is_some() && self.method != StartMethod::ForkServer {
            let why = "preload needs the start method ForkServer: with another one workers share no memory";
            return Err(BuildError::Invalid(why.to_owned()));
        }
        fs::metadata("/proc/self/exe").map_err(BuildError::os(
            "workers are copies of this program, started from /proc/self/exe, which cannot be read",
        ))?;
        let settings = Settings {
            name: self.name.clone(),
            initializer,
            pin_to_cores: self.pin_to_cores,
            limits: self.limits.clone(),
            memory: self.memory_per_worker,
            capture_output: self.capture_output,
            epoch_ns,
        };
        let launcher = Launcher::new(self.method, preload);
        Ok(Box::new(Local::new(launcher, settings).map_err(waiting)?))
    }
}

/// Starts the thread that drives the pool. It is the parent of all workers, in the eyes of the
/// kernel, and so lives as long as they do.
fn start(driver: Driver) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("pool-dispatcher".to_owned()).spawn(move || {
        // Signals are for the program's own threads.
        block_signals();
        if let Err(error) = driver.run() {
            eprintln!("pool-lib: the dispatcher cannot go on: {error}");
        }
    })
}

fn build_error(kind: TaskErrorKind) -> BuildError {
    match kind {
        TaskErrorKind::Panicked(panic) => BuildError::Panicked(panic),
        TaskErrorKind::WorkerDied(exit) => BuildError::WorkersDie(exit),
        TaskErrorKind::NoWorkers(why) => {
            BuildError::Os("no worker can be started", io::Error::other(why))
        }
        other => BuildError::Os("no worker can be started", io::Error::other(other.to_string())),
    }
}

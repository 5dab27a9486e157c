//! Building a pool from its settings: checks them, puts the parts together, and waits until workers are there.
//!
//! Must not know how a pool is used.

use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::bounded;

use super::drain::Drained;
use super::{Pool, PoolBuilder};
use crate::bootstrap;
use crate::dispatcher::{Dispatcher, Door, Driver, Limits, Opening, Orders};
use crate::engine::{Engine, Inline, Local, Settings};
use crate::error::BuildError;
use crate::launch::{Launcher, StartMethod};
use crate::sys::{block_signals, check_pidfds, is_privileged, monotonic_ns};
use crate::task::Function;
use crate::trace::{EventKind, Recorder};

/// Where the environment asks for the events of every pool to be written.
const TRACE_FILE: &str = "POOL_LIB_TRACE";

impl PoolBuilder {
    /// Starts the workers.
    ///
    /// Returns when each of them is ready or has failed to start once, and at least one is ready;
    /// with an initializer, when the first is ready and all others have answered. Places whose
    /// worker could not be started (out of descriptors, say) are tried again while the pool is in
    /// use. It waits as long as `preload` and one run of the initializer take, beyond that a
    /// moment; a worker that does not answer at all is given up after 30 seconds, and a pool of
    /// such workers after a few rounds of that, in three minutes at the most. How many workers failed to
    /// start is in [`Stats::workers_failed`](crate::Stats::workers_failed), and why in
    /// [`EventKind::WorkerFailed`].
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
        let dispatcher = Arc::new(Dispatcher::new(orders, driver));
        let thread = start(Arc::clone(&dispatcher))
            .map_err(BuildError::os("cannot start the dispatcher's thread"))?;
        let pool = Pool {
            dispatcher,
            recorder,
            thread: Mutex::new(Some(thread)),
            processes: processes as usize,
            defaults: self.defaults,
            calls: AtomicU64::new(0),
            drained: None,
        };
        // On an error the pool is dropped here, and with it whatever was started.
        match opened.recv() {
            Ok(Ok(())) => finish(pool, self.drain_on_signals),
            Ok(Err(why)) => Err(why.into()),
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
        check_pidfds().map_err(|(what, error)| BuildError::Os(what, error))?;
        let settings = Settings {
            name: self.name.clone(),
            initializer,
            pin_to_cores: self.pin_to_cores,
            limits: self.limits.clone(),
            memory: self.memory_per_worker,
            drained: self.drain_on_signals,
            capture_output: self.capture_output,
            answer_limit: self.answer_limit,
            rings: self.rings,
            epoch_ns,
        };
        let launcher = Launcher::new(self.method, preload, self.answer_limit);
        Ok(Box::new(Local::new(launcher, settings).map_err(waiting)?))
    }
}

/// The pool is there: from now on it hears signals, if it is to.
fn finish(mut pool: Pool, drain_on_signals: bool) -> Result<Pool, BuildError> {
    if drain_on_signals {
        let drained = Drained::by_signals(&pool.dispatcher).map_err(BuildError::os(
            "cannot listen to the signals on which the pool shall drain",
        ))?;
        pool.drained = Some(drained);
    }
    Ok(pool)
}

/// Starts the thread that drives the pool. It is the parent of all workers, in the eyes of the
/// kernel, and so lives as long as they do.
fn start(dispatcher: Arc<Dispatcher>) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("pool-dispatcher".to_owned()).spawn(move || {
        // Signals are for the program's own threads.
        block_signals();
        if let Err(error) = dispatcher.run() {
            eprintln!("pool-lib: the dispatcher cannot go on: {error}");
        }
    })
}

//! Chaos: several clients keep a pool busy with calls of every kind while its workers and fork servers are killed, stopped and
//! crashed at random. At the end come the figures; nothing may be lost, doubled, wrong or left behind.
//!
//! Pools follow one another: each lives a few seconds and is then closed, joined, terminated or dropped in the midst of it.
//!
//! Must not use anything of the pool but its public face.

mod report;
mod ledger;
mod errand;
mod plan;
mod calls;
mod havoc;
mod leftovers;
mod watch;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use fastrand::Rng;
use pool_lib::{Pool, StartMethod};
use rustix::process::{Resource, Rlimit, setrlimit};

use calls::{Client, Scene};
use ledger::Ledger;
use leftovers::Holdings;
use report::{Report, add};

/// Runs a pool under random kills, stops and crashes, and reports what was lost, doubled, wrong or left behind (nothing, or
/// the exit status is 1). Ctrl-C ends it early, with the figures; twice, without.
#[derive(Parser)]
struct Options {
    /// How long to run.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Fixes what is asked for and what is aimed at; not when which process does what, so that no two runs are the same
    /// [default: by the clock].
    #[arg(long)]
    seed: Option<u64>,
    /// How workers are started.
    #[arg(long, value_enum, default_value_t = Method::Both)]
    start_method: Method,
    /// Kills and stops a second, beside the crashes inside.
    #[arg(long, default_value_t = 60.0)]
    rate: f64,
    /// Workers of a pool.
    #[arg(long, default_value_t = 4)]
    processes: usize,
    /// Threads that make calls.
    #[arg(long, default_value_t = 6)]
    clients: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum Method {
    ForkServer,
    Spawn,
    /// One pool so, the next so.
    Both,
}

/// How a pool ends.
#[derive(Clone, Copy, Debug)]
enum Finish {
    /// Closed while clients still call, and left to finish.
    Close,
    /// Terminated while clients still call.
    Terminate,
    /// Dropped with handles that are not ready.
    Drop,
}

fn main() -> ExitCode {
    let options = Options::parse();
    // Workers crash by the thousand; none shall leave its memory on disk.
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none).expect("a lower limit is always allowed");
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        let flag = &interrupted;
        signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(flag))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(flag)))
            .expect("handlers for signals that may be handled");
    }
    let report = Report::default();
    let ledger = Ledger::new().expect("a file in memory");
    let seed = options.seed.unwrap_or_else(|| Rng::new().u64(..));
    println!("seed {seed}");
    let began = Instant::now();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| watch::watch(&report, &ledger, began, || !over.load(Relaxed)));
        let mut rng = Rng::with_seed(seed);
        let until = began + Duration::from_secs(options.seconds);
        let go_on = || Instant::now() < until && !interrupted.load(Relaxed);
        let next_call = AtomicU32::new(0);
        let before = Holdings::take();
        for round in 0.. {
            if !go_on() {
                break;
            }
            play(&options, round, &next_call, (&ledger, &report), rng.fork(), go_on);
            ledger.settle(next_call.load(Relaxed), &report);
            before.compare(&report);
        }
        over.store(true, Relaxed);
    });
    let (figures, good) = report.figures(began.elapsed().as_secs_f64());
    anstream::println!("\n{figures}");
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One pool, from its beginning to its end.
fn play(
    options: &Options,
    round: u32,
    next_call: &AtomicU32,
    (ledger, report): (&Ledger, &Report),
    mut rng: Rng,
    go_on: impl Fn() -> bool,
) {
    let method = match options.start_method {
        Method::ForkServer => StartMethod::ForkServer,
        Method::Spawn => StartMethod::Spawn,
        Method::Both if round.is_multiple_of(2) => StartMethod::ForkServer,
        Method::Both => StartMethod::Spawn,
    };
    let finish = rng.choice([Finish::Close, Finish::Terminate, Finish::Drop]).expect("three");
    let until = Instant::now() + Duration::from_millis(rng.u64(1000..6000));
    let pool = Pool::builder().processes(options.processes).start_method(method).build();
    let pool = pool.expect("a pool, which nobody disturbs yet");
    add(&report.pools, 1);
    let (stop, ending) = (AtomicBool::new(false), AtomicBool::new(false));
    let scene = Scene { ledger, report, stop, ending, next_call, kept: Mutex::default() };
    let havoc = AtomicBool::new(true);
    thread::scope(|scope| {
        let (pool, scene, havoc) = (&pool, &scene, &havoc);
        let aim = rng.fork();
        let killer = scope
            .spawn(move || havoc::wreak(pool, options.rate, aim, report, || havoc.load(Relaxed)));
        let clients: Vec<_> = (0..options.clients)
            .map(|_| Client { pool, scene, rng: rng.fork() })
            .map(|client| scope.spawn(|| client.run()))
            .collect();
        while Instant::now() < until && go_on() {
            thread::sleep(Duration::from_millis(20));
        }
        scene.ending.store(!matches!(finish, Finish::Drop), Relaxed);
        scene.stop.store(true, Relaxed);
        match finish {
            Finish::Close => pool.join(),
            Finish::Terminate => pool.terminate(),
            Finish::Drop => {}
        }
        clients.into_iter().for_each(|client| client.join().expect("a client does not panic"));
        havoc.store(false, Relaxed);
        killer.join().expect("the killer does not panic");
    });
    let stats = pool.stats();
    add(&report.workers, stats.workers_started);
    if !matches!(finish, Finish::Drop) && stats.done() != stats.submitted {
        let (done, submitted) = (stats.done(), stats.submitted);
        report.lost(submitted.abs_diff(done), format!("{done} outcomes of {submitted} tasks"));
    }
    drop(pool);
    scene.ending.store(true, Relaxed);
    let kept = std::mem::take(&mut *scene.kept.lock().unwrap_or_else(PoisonError::into_inner));
    for (plan, handle) in kept {
        // The pool is gone, so whatever there will be is there.
        match handle.wait_timeout(Duration::ZERO) {
            Some(results) => scene.check_all(&plan, results),
            None => report.lost(1, format!("call {} has no outcome after its pool", plan.call)),
        }
    }
}

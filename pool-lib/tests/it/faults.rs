//! Workers that say nonsense, say half of something, or hang up: whatever they do, it costs their own task.
//!
//! Must not know more of the wire than how a frame begins: kind 1, flags 1, descriptors beside it 2, ticket 4, and so on.
//! User code can reach the link of its worker, as any C library could by accident; that is how it is done. Frames go over
//! sockets here, because what is written to the socket of a link with rings only wakes the pool.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::fd::{BorrowedFd, RawFd};
use std::process;

use nix::sys::socket::{MsgFlags, Shutdown, SockType, getsockopt, send, shutdown, sockopt};
use pool_lib::{Blob, Pool, TaskErrorKind, WorkerExit};

use crate::own_pid;

/// In a task: the number of the worker's link, which is its only stream.
fn link() -> RawFd {
    sockets()[0]
}

/// In a task: the numbers of the worker's link, and of the socket for descriptors.
fn sockets() -> [RawFd; 2] {
    let numbers = fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap().path());
    let socket = |path: &std::path::PathBuf| {
        fs::read_link(path).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
    };
    let number = |path: std::path::PathBuf| path.file_name()?.to_str()?.parse().ok();
    let sockets: Vec<RawFd> =
        numbers.filter(socket).filter_map(number).filter(|fd| *fd > 2).collect();
    assert_eq!(sockets.len(), 2, "a worker has its link and no other socket: {sockets:?}");
    let is_stream = |number: &RawFd| {
        // SAFETY: it was open a moment ago, and nothing else runs in this worker.
        let socket = unsafe { BorrowedFd::borrow_raw(*number) };
        getsockopt(&socket, sockopt::SockType) == Ok(SockType::Stream)
    };
    let (links, others): (Vec<_>, Vec<_>) = sockets.into_iter().partition(is_stream);
    [links[0], others[0]]
}

fn say(bytes: &[u8]) {
    let mut left = bytes;
    while !left.is_empty() {
        let sent = send(link(), left, MsgFlags::MSG_NOSIGNAL).unwrap();
        left = &left[sent..];
    }
}

/// A whole frame: "the task of this ticket has returned these bytes".
fn finished(ticket: u32, result: &[u8]) -> Vec<u8> {
    let mut frame = vec![16, 0, 0, 0];
    frame.extend(ticket.to_le_bytes());
    frame.extend([0; 16]);
    frame.extend((result.len() as u64).to_le_bytes());
    frame.extend(result);
    frame
}

/// Says the first bytes of its own result, and ends.
fn cut_after(count: usize) -> u64 {
    say(&finished(1, &[77])[..count]);
    process::exit(3);
}

both_ways! {
    /// A frame that is cut at any byte is no result; only the whole one is.
    fn mid_frame(method) {
        let pool = Pool::builder().processes(2).start_method(method).over_sockets(true).build().unwrap();
        let whole = finished(1, &[77]).len();
        for count in 0..=whole {
            // Each on a worker's first task, which has the first ticket.
            let result = pool.call().apply(cut_after, count);
            match result {
                Ok(value) => assert_eq!((value, count), (77, whole)),
                Err(error) => {
                    assert!(count < whole, "{error}");
                    assert_eq!(error.kind(), &TaskErrorKind::WorkerDied(WorkerExit::Code(3)));
                }
            }
        }
        assert_eq!(pool.stats().returned, 1);
        assert_ne!(pool.apply(own_pid, ()).unwrap(), process::id());
    }
}

/// Says something that a worker never says, and carries on as if nothing had been.
fn nonsense(which: u32) -> u64 {
    match which {
        0 => say(&[255; 32]),
        1 => say(&[0; 320]),
        2 => say(&finished(999, &[5])),
        3 => say(&finished(1, &[5])),
        4 => say(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        // A hello, a ready: both for the second time.
        5 => say(&[[1; 8], [0; 8], [0; 8], [0; 8]].concat()),
        6 => say(&[[2, 0, 0, 0, 0, 0, 0, 0], [0; 8], [0; 8], [0; 8]].concat()),
        7 => shutdown(link(), Shutdown::Both).unwrap(),
        8 => shutdown(link(), Shutdown::Write).unwrap(),
        9 => shutdown(link(), Shutdown::Read).unwrap(),
        _ => nix::unistd::close(link()).unwrap(),
    }
    // Held until the pool has made up its mind, except where it cannot have noticed.
    if which != 3 && which != 9 && which != 10 {
        loop {
            std::thread::park();
        }
    }
    13
}

both_ways! {
    /// Never a wrong value for another task, never a hang: the worker is ended and replaced.
    fn nonsense_costs_the_worker(method) {
        let builder = Pool::builder().processes(1).start_method(method);
        let pool = builder.over_sockets(true).build().unwrap();
        for which in 0..=10 {
            match pool.apply(nonsense, which) {
                // It answered for its own task, which is its right, or hung up after it had.
                Ok(value) => assert!(matches!((which, value), (3, 5) | (9, 13)), "{which}: {value}"),
                Err(error) => assert!(matches!(error.kind(), TaskErrorKind::WorkerDied(_)), "{error}"),
            }
            assert_eq!(pool.map(|n: u64| n, 0..20).unwrap(), (0..20).collect::<Vec<_>>(), "{which}");
        }
    }
}

/// Overwrites the word that the worker shares with the pool.
fn scribble(word: u64) -> u64 {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let line = maps.lines().find(|line| line.contains("pool-lib link")).unwrap();
    let place = u64::from_str_radix(line.split('-').next().unwrap(), 16).unwrap();
    let mut memory = fs::OpenOptions::new().write(true).open("/proc/self/mem").unwrap();
    memory.seek(SeekFrom::Start(place)).unwrap();
    memory.write_all(&word.to_le_bytes()).unwrap();
    word
}

both_ways! {
    /// Whatever a worker writes into its claim, the pool goes on and every task has one outcome.
    fn a_worker_that_scribbles_into_its_claim(method) {
        let builder = Pool::builder().processes(1).start_method(method);
        let pool = builder.task_timeout(std::time::Duration::from_secs(2)).build().unwrap();
        let words = [0, 1, 1 << 31, 1 << 40, 1 << 62, u64::MAX >> 1, 0x7fff_ffff, u64::MAX];
        for word in words {
            match pool.apply(scribble, word) {
                Ok(value) => assert_eq!(value, word),
                Err(error) => {
                    let kind = error.kind();
                    let ended = matches!(kind, TaskErrorKind::WorkerDied(_) | TaskErrorKind::TimedOut(_));
                    assert!(ended, "{word:#x}: {error}");
                }
            }
            let call = pool.call().retries(9);
            assert!(call.map(|n: u64| n, 0..20).unwrap().into_iter().eq(0..20), "{word:#x}");
        }
        let stats = pool.stats();
        assert_eq!(stats.returned + stats.failed, stats.submitted);
        pool.join();
    }
}

/// Overwrites the word, and never ends.
fn scribble_and_stay(word: u64) -> u64 {
    scribble(word);
    loop {
        std::thread::park();
    }
}

both_ways! {
    /// A task cannot hide from its timeout behind what it wrote into the claim.
    fn a_task_that_denies_its_claim_is_timed_out(method) {
        let builder = Pool::builder().processes(1).start_method(method);
        let limit = std::time::Duration::from_millis(50);
        let pool = builder.task_timeout(limit).build().unwrap();
        for word in [0, 1, 1 << 31, 1 << 40, 1 << 62, u64::MAX >> 1, 0x7fff_ffff, u64::MAX] {
            let error = pool.apply(scribble_and_stay, word).unwrap_err();
            assert_eq!(error.kind(), &TaskErrorKind::TimedOut(limit), "{word:#x}");
        }
    }
}

/// Forks, and lets the copy return like the task itself.
fn returns_twice(n: u64) -> (u64, u32) {
    // SAFETY: nothing else runs in this worker, and the copy only returns.
    match unsafe { nix::unistd::fork() }.unwrap() {
        nix::unistd::ForkResult::Child => (u64::MAX, 0),
        nix::unistd::ForkResult::Parent { child } => {
            nix::sys::wait::waitpid(child, None).unwrap();
            (n, own_pid(()))
        }
    }
}

both_ways! {
    /// "Work is never started twice": of a task that forks only one copy comes back to the pool.
    fn a_copy_of_a_worker_does_no_work(method) {
        let rings = Pool::builder().start_method(method).processes(2).build().unwrap();
        let sockets = Pool::builder().start_method(method).processes(2).over_sockets(true);
        for pool in [rings, sockets.build().unwrap()] {
            let results = pool.call().chunk_size(7).map(returns_twice, 0..100).unwrap();
            let pids = pool.worker_pids();
            assert!(results.iter().zip(0..).all(|((value, pid), n)| *value == n && pids.contains(pid)));
            assert_eq!(pool.stats().workers_started, 2);
        }
        let forks = || _ = returns_twice(0);
        let builder = Pool::builder().start_method(method).processes(2).initializer(forks);
        let pool = builder.build().unwrap();
        assert_eq!(pool.map(own_pid, 0..100).unwrap().len(), 100);
        assert_eq!(pool.stats().workers_started, 2);
    }
}

#[test]
fn a_copy_of_the_fork_server_serves_nobody() {
    let forks = || _ = returns_twice(0);
    let builder = Pool::builder().processes(2).preload(forks).max_tasks_per_worker(1);
    let pool = builder.build().unwrap();
    let expected: Vec<u64> = (0..50).collect();
    assert_eq!(pool.call().chunk_size(1).map(|n: u64| n, 0..50).unwrap(), expected);
}

both_ways! {
    /// It hears of tasks whose blobs it cannot have. None of them goes round for ever.
    fn a_worker_that_has_closed_its_socket_for_descriptors(method) {
        let closes = || {
            // SAFETY: the worker uses it again only to be told that it is closed.
            unsafe { nix::libc::close(sockets()[1]) };
        };
        let pool = Pool::builder().start_method(method).processes(2).initializer(closes);
        let pool = pool.build().unwrap();
        assert_eq!(pool.map(own_pid, 0..100).unwrap().len(), 100);
        let blob = Blob::copy_of(&[7_u8]).unwrap();
        for _ in 0..3 {
            let error = pool.apply(|blob: Blob| blob[0], blob.clone()).unwrap_err();
            assert!(matches!(error.kind(), TaskErrorKind::WorkerDied(_)), "{error}");
        }
        assert_eq!(pool.map(own_pid, 0..100).unwrap().len(), 100);
    }
}

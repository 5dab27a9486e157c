//! What workers print, captured: each line with its worker and its task, and a flood that stops nobody.
//!
//! Must not print anything from the test process itself.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsFd;
use std::process;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use nix::libc;
use nix::sys::signal::{Signal, raise};
use nix::unistd::{dup2_stdout, write};
use pool_lib::{
    BuildError, Event, EventKind, OutputStream, Pool, PoolBuilder, StartMethod, TaskId,
};

use crate::own_pid;

/// What was heard, in its order.
type Heard = Arc<Mutex<Vec<EventKind>>>;

fn listening(method: StartMethod, processes: usize) -> (PoolBuilder, Heard) {
    let heard = Heard::default();
    let hear = Arc::clone(&heard);
    let builder = Pool::builder().processes(processes).start_method(method).capture_output(true);
    (builder.on_event(move |event| hear.lock().unwrap().push(event.kind.clone())), heard)
}

/// The lines of each task, by stream; those of no task first.
fn lines(heard: &[EventKind]) -> BTreeMap<(Option<u64>, bool), Vec<String>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for event in heard {
        if let EventKind::Output { task, stream, line, .. } = event {
            let index = task.map(|TaskId { index, .. }| index);
            found.entry((index, *stream == OutputStream::Stderr)).or_default().push(line.clone());
        }
    }
    found
}

fn c_write(fd: i32, text: &str) {
    // SAFETY: writes initialized bytes; the descriptor is a number.
    unsafe { libc::write(fd, text.as_ptr().cast(), text.len()) };
}

fn c_print(text: &str) {
    let text = std::ffi::CString::new(text).unwrap();
    // SAFETY: one string for one `%s`, and it ends with a zero.
    unsafe { libc::printf(c"%s".as_ptr(), text.as_ptr()) };
}

/// In a task: prints in all the ways that there are.
fn talkative(n: u64) -> u64 {
    println!("{n}: first");
    eprintln!("{n}: of errors");
    c_write(1, &format!("{n}: raw\n\n"));
    // These stay in buffers until the task is over.
    print!("{n}: without an end");
    c_print(&format!(", {n}: from C"));
    c_write(2, &format!("{n}: the end"));
    n
}

both_ways! {
    fn captured_output_tagged(method) {
        let (builder, heard) = listening(method, 3);
        let pool = builder.initializer(|| println!("initialized")).build().unwrap();
        assert_eq!(pool.map(talkative, 0..200).unwrap().len(), 200);
        assert_eq!(pool.call().chunk_size(20).map(talkative, 0..200).unwrap().len(), 200);
        drop(pool);
        let heard = heard.lock().unwrap();
        let mut found = lines(&heard);
        assert_eq!(found.remove(&(None, false)).unwrap(), ["initialized"; 3]);
        for n in 0..200 {
            let once = [
                format!("{n}: first"),
                format!("{n}: raw"),
                String::new(),
                format!("{n}: without an end, {n}: from C"),
            ];
            let twice = [once.clone(), once].concat();
            assert_eq!(found.remove(&(Some(n), false)).unwrap(), twice);
            let once = [format!("{n}: of errors"), format!("{n}: the end")];
            let twice = [once.clone(), once].concat();
            assert_eq!(found.remove(&(Some(n), true)).unwrap(), twice);
        }
        assert!(found.is_empty(), "{found:?}");
        // Of each task, the lines come from the worker that runs it, and before its end.
        let mut ended = BTreeMap::new();
        for event in heard.iter().rev() {
            match event {
                EventKind::TaskEnded { task, worker, .. } => drop(ended.insert(*task, *worker)),
                EventKind::Output { task: Some(task), worker, .. } => {
                    assert_eq!(ended.get(task), Some(worker), "a line of {task} comes late");
                }
                _ => {}
            }
        }
    }
}

/// In a task: says something, and ends its process in one way or another.
fn last_words(how: u64) {
    println!("{how}: I am dying");
    c_write(1, &format!("{how}: unfinished"));
    match how {
        0 => process::abort(),
        1 => process::exit(3),
        2 => raise(Signal::SIGKILL).unwrap(),
        3 => raise(Signal::SIGSEGV).unwrap(),
        _ => {
            fn deeper(depth: u64) -> u64 {
                if depth == u64::MAX { 0 } else { 1 + std::hint::black_box(deeper(depth + 1)) }
            }
            drop(std::hint::black_box(deeper(0)).to_string());
        }
    }
}

both_ways! {
    fn captured_output_has_the_last_words(method) {
        let (builder, heard) = listening(method, 2);
        let pool = builder.build().unwrap();
        for result in pool.imap(last_words, 0..5) {
            result.unwrap_err();
        }
        drop(pool);
        let found = lines(&heard.lock().unwrap());
        for how in 0..5 {
            let said = [format!("{how}: I am dying"), format!("{how}: unfinished")];
            assert_eq!(found[&(Some(how), false)], said);
        }
    }
}

const FLOOD: usize = 300_000;

/// In a task: more than a listener that sleeps may be given.
fn flood(n: u64) -> u64 {
    let mut out = std::io::stdout().lock();
    for number in 0..FLOOD {
        writeln!(out, "{n}: line {number} of a flood that nobody can drink").unwrap();
    }
    n
}

fn await_call(go_on: &Mutex<Receiver<()>>) {
    // Hung up when the test is over, one way or the other.
    let _ = go_on.lock().unwrap().recv();
}

both_ways! {
    /// While nobody listens, tasks go on, also the one that prints; what is cut is counted.
    fn captured_output_flood_is_cut_and_counted(method) {
        let heard = Heard::default();
        let hear = Arc::clone(&heard);
        let (wake, sleeping) = channel();
        let sleeping = Mutex::new(sleeping);
        let builder = Pool::builder().processes(2).start_method(method).capture_output(true);
        let listen = move |event: &Event| {
            await_call(&sleeping);
            hear.lock().unwrap().push(event.kind.clone());
        };
        let pool = builder.on_event(listen).build().unwrap();
        let flooding = pool.apply_async(flood, 7);
        assert_eq!(pool.map(|n: u64| n, 0..100).unwrap().len(), 100);
        assert_eq!(flooding.wait().unwrap(), 7);
        assert_eq!(pool.apply(|()| eprintln!("{}", "y".repeat(100_000)), ()), Ok(()));
        drop(wake);
        drop(pool);
        let heard = heard.lock().unwrap();
        let (mut whole, mut cut, mut long) = (0, 0, 0);
        for event in heard.iter() {
            match event {
                EventKind::Output { stream: OutputStream::Stdout, line, .. } => {
                    assert!(line.starts_with("7: line "), "{line}");
                    whole += 1;
                }
                EventKind::OutputCut { lines, bytes, .. } => {
                    assert!(*bytes > *lines * 40);
                    cut += lines;
                }
                EventKind::Output { line, .. } => long = line.len(),
                _ => {}
            }
        }
        assert!(whole > 1000 && cut > 1000, "{whole} {cut}");
        // The long line found room or not: what a listener is given is up to the moment.
        assert_eq!(whole + cut, FLOOD as u64 + u64::from(long == 0));
        assert!(long == 0 || long == 64 << 10, "{long}");
    }
}

/// In a task: puts a file in the place of the standard output, and says which.
fn redirect(name: String) {
    let file = File::create(name).unwrap();
    dup2_stdout(file.as_fd()).unwrap();
    println!("into the file");
}

both_ways! {
    /// What a task does with its descriptors is its own affair: no mark gets into its file.
    fn captured_output_leaves_a_redirection_alone(method) {
        let (builder, heard) = listening(method, 1);
        let pool = builder.build().unwrap();
        let name = std::env::temp_dir().join(format!("pool-lib-output-{}-{method:?}", own_pid(())));
        pool.apply(redirect, name.to_str().unwrap().to_owned()).unwrap();
        pool.map(|n: u64| { println!("{n}"); eprintln!("{n}") }, 0..2).unwrap();
        // Bytes that are no text, and begin like a mark.
        pool.apply(|()| write(std::io::stderr(), b"\x1e\x1e\xff\x00\n").map(drop).unwrap(), ()).unwrap();
        drop(pool);
        let written = fs::read_to_string(&name).unwrap();
        fs::remove_file(name).unwrap();
        assert_eq!(written, "into the file\n0\n1\n");
        let found = lines(&heard.lock().unwrap());
        let expected: [(_, &[&str]); 2] =
            [((Some(0), true), &["0", "\u{1e}\u{1e}\u{fffd}\0"]), ((Some(1), true), &["1"])];
        assert!(found.iter().map(|(tag, lines)| (*tag, lines.clone())).eq(
            expected.map(|(tag, lines)| (tag, lines.iter().map(|line| (*line).to_owned()).collect()))
        ), "{found:?}");
    }
}

#[test]
fn captured_output_needs_somebody_to_hear_it() {
    let error = Pool::builder().processes(1).capture_output(true).build().unwrap_err();
    assert!(matches!(error, BuildError::Invalid(_)), "{error}");
    let pool = Pool::builder().processes(1).capture_output(true).trace(true).build().unwrap();
    pool.apply(|()| println!("for the record"), ()).unwrap();
    assert!(pool.trace().to_jsonl().contains("\"line\":\"for the record\""));
}

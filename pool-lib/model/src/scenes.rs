//! Who uses a ring, and how: the loops of `worker_link`, `link` and `engine::local`, without frames, and without looking again and
//! again before going to sleep, which changes no order.
//!
//! Must not end before all bytes have come: a side that sleeps for ever is what is looked for.

use loom::sync::Arc;
use loom::thread;

use crate::Scene;
use crate::bell::Bell;
use crate::ring::{Ring, Sink, Source};

pub const ALL: [(&str, usize, Scene); 3] = [
    ("one way, 3 bytes through room for 1", 4, one_way::<1, 3>),
    ("one way, 4 bytes through room for 2", 3, one_way::<2, 4>),
    ("2 requests and their replies, room for 1 each way", 3, one_way_and_back),
];

/// A worker sends: all at once, waiting for room. (`Outgoing::send` and `announce`.)
pub fn send<const C: usize>(sink: &mut Sink<'_, C>, mut left: u64, own: &Bell, other: &Bell) {
    loop {
        left -= sink.write(left);
        if left == 0 {
            break;
        }
        if sink.must_wake() {
            other.ring();
        }
        if !sink.ask_for_room() {
            own.wait();
        }
    }
    if sink.must_wake() {
        other.ring();
    }
}

/// Sleeps until there is something to read. (`Incoming::wait`.)
fn wait<const C: usize>(source: &Source<'_, C>, own: &Bell) {
    source.go_to_sleep();
    if source.is_empty() {
        own.wait();
    }
    source.is_awake();
}

/// A writer that waits for room, and a reader that waits for bytes.
pub fn one_way<const C: usize, const BYTES: u64>() {
    let shared = Arc::new((Ring::<C>::new(), Bell::new(), Bell::new()));
    let theirs = Arc::clone(&shared);
    let writer = thread::spawn(move || {
        let (ring, of_writer, of_reader) = &*theirs;
        send(&mut Sink::new(ring), BYTES, of_writer, of_reader);
    });
    let (ring, of_writer, of_reader) = &*shared;
    let mut source = Source::new(ring);
    while source.head < BYTES {
        if source.read() == 0 {
            wait(&source, of_reader);
        } else if source.must_wake() {
            of_writer.ring();
        }
    }
    writer.join().expect("the writer has ended");
}

const REQUESTS: u64 = 2;

struct Link {
    to_worker: Ring<1>,
    to_pool: Ring<1>,
    of_pool: Bell,
    of_worker: Bell,
}

/// The pool, which never waits for one thing alone, and a worker, which does. Each has one bell for everything.
pub fn one_way_and_back() {
    let (to_worker, to_pool) = (Ring::new(), Ring::new());
    let link = Link { to_worker, to_pool, of_pool: Bell::new(), of_worker: Bell::new() };
    let shared = Arc::new(link);
    let theirs = Arc::clone(&shared);
    let worker = thread::spawn(move || serve(&theirs));
    ask(&shared);
    worker.join().expect("the worker has ended");
}

/// `Incoming::serve`, with a reply to each request.
fn serve(link: &Link) {
    let mut requests = Source::new(&link.to_worker);
    let mut replies = Sink::new(&link.to_pool);
    while requests.head < REQUESTS {
        let count = requests.read();
        if count == 0 {
            wait(&requests, &link.of_worker);
            continue;
        }
        if requests.must_wake() {
            link.of_pool.ring();
        }
        send(&mut replies, count, &link.of_worker, &link.of_pool);
    }
}

/// `Link::flush`, `Link::receive_ring` and `Local::sleep`.
fn ask(link: &Link) {
    let mut requests = Sink::new(&link.to_worker);
    let mut replies = Source::new(&link.to_pool);
    let mut left = REQUESTS;
    while replies.head < REQUESTS {
        let mut wrote = false;
        while left > 0 {
            let count = requests.write(left);
            wrote |= count > 0;
            left -= count;
            if left > 0 && !requests.ask_for_room() {
                break;
            }
        }
        if wrote && requests.must_wake() {
            link.of_worker.ring();
        }
        while replies.read() > 0 {
            if replies.must_wake() {
                link.of_worker.ring();
            }
        }
        if replies.head < REQUESTS {
            replies.go_to_sleep();
            if replies.is_empty() && !(left > 0 && requests.has_room()) {
                link.of_pool.wait();
            }
            replies.is_awake();
        }
    }
}

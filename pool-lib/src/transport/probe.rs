//! What a worker can write into the memory that it shares with the pool, and into its socket.
//!
//! Must not be compiled into a program.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::claim::{Claim, Claimed};
use super::lane::Broken;
use super::link::{Link, Transport};
use super::parcels::Parcels;
use super::ring::{CAPACITY, Shared, Way, pool_ends, worker_ends};
use super::socket::send_some;
use crate::sys::link_pair;
use crate::task::{Batch, Payload};
use crate::wire::Frame;
use crate::wire::probe::Script;

mod parcels;
pub(crate) use parcels::parcels;

/// How much is written or read: anything from nothing to more than a ring holds.
fn amount(script: &mut Script<'_>) -> usize {
    let byte = usize::from(script.byte());
    match byte % 4 {
        0 => byte / 4,
        1 => CAPACITY - byte / 4,
        2 => CAPACITY + byte,
        _ => CAPACITY / 64 * (byte / 4),
    }
}

/// A position: what it is, a little more or less, or anything.
fn position(script: &mut Script<'_>, word: &AtomicU64) -> u64 {
    let now = word.load(Ordering::Relaxed);
    match script.byte() % 8 {
        0 => script.word(),
        1 => now.wrapping_add(CAPACITY as u64),
        2 => now.wrapping_add(CAPACITY as u64 + 1),
        3 => now.wrapping_sub(1),
        4 => 0,
        _ => now.wrapping_add(amount(script) as u64),
    }
}

/// Whatever the words say, the pool's ends move no more bytes than there can be, or say that the ring is broken; and
/// the claim is read as what it is.
pub(crate) fn rings(bytes: &[u8]) {
    let mut script = Script(bytes);
    let (shared, _file) = Shared::create().expect("memory for a ring");
    let (mut sink, mut source) = pool_ends(&shared);
    let payload = vec![1; 2 * CAPACITY];
    let (mut written, mut read) = (0_u64, 0_u64);
    while !script.is_empty() {
        let (out, back) = (shared.lane(Way::ToWorker), shared.lane(Way::ToPool));
        match script.byte() % 12 {
            0 => out.head.store(position(&mut script, out.head), Ordering::Relaxed),
            1 => out.tail.store(position(&mut script, out.tail), Ordering::Relaxed),
            2 => back.tail.store(position(&mut script, back.tail), Ordering::Relaxed),
            3 => back.head.store(position(&mut script, back.head), Ordering::Relaxed),
            4 => out.reader_sleeps.store(script.word(), Ordering::Relaxed),
            5 => back.writer_waits.store(script.word(), Ordering::Relaxed),
            6 => {
                let len = amount(&mut script);
                let head = out.head.load(Ordering::Relaxed);
                if let Ok(count) = sink.write(&payload[..len]) {
                    assert!(count <= len.min(CAPACITY));
                    written += count as u64;
                    assert_eq!(out.tail.load(Ordering::Relaxed), written);
                } else {
                    assert!(written.wrapping_sub(head) > CAPACITY as u64);
                }
            }
            7 => {
                let (most, mut into) = (amount(&mut script), Vec::new());
                let tail = back.tail.load(Ordering::Relaxed);
                match source.read(most, &mut into) {
                    Ok(count) => {
                        assert_eq!(count, into.len());
                        assert_eq!(count as u64, tail.wrapping_sub(read).min(most as u64));
                        read += count as u64;
                    }
                    Err(Broken) => assert!(tail.wrapping_sub(read) > CAPACITY as u64),
                }
            }
            8 => _ = (sink.must_wake(), source.must_wake()),
            9 => _ = (sink.has_room(), sink.ask_for_room(), source.is_empty()),
            10 => source.go_to_sleep(),
            _ => claim(&mut script, shared.claim()),
        }
    }
}

/// The pool reads, raises and freezes a word in which anything stands.
fn claim(script: &mut Script<'_>, word: &AtomicU64) {
    word.store(script.word(), Ordering::SeqCst);
    let claim = Claim::new(word);
    let before = claim.read();
    let ticket =
        if script.byte().is_multiple_of(2) { before.ticket } else { script.word() as u32 >> 1 };
    let frozen = claim.freeze(ticket);
    assert_eq!(frozen, before == Claimed { ticket, held: true });
    assert_eq!(claim.take_back(script.word() as u32 >> 1), before);
    assert_eq!(claim.read(), before);
}

/// A worker that writes anything anywhere, at any time: the pool's end of the link takes it, hands over frames or finds the
/// ring broken, and asks for no more memory than has arrived.
pub(crate) fn link(bytes: &[u8]) {
    let mut script = Script(bytes);
    let (ours, theirs) = link_pair().expect("two descriptors");
    let (shared, _file) = Shared::create().expect("memory for a ring");
    let transport = if script.byte() % 4 == 0 { Transport::Socket } else { Transport::Rings };
    let mut link = Link::new(ours, Parcels::pair().expect("two descriptors").0, &shared, transport);
    let (mut sink, mut source) = worker_ends(&shared);
    let mut batch = Batch::default();
    batch.push_encoded(vec![2; 100].into(), Vec::new());
    batch.push_encoded(vec![3; CAPACITY].into(), Vec::new());
    let batch = Arc::new(batch);
    let (mut came, mut frames, mut handed) = (0_usize, 0, 0);
    while !script.is_empty() {
        let mut on_frame = |frame: Frame<'_>| {
            frames += 1;
            handed += frame.body.len();
        };
        match script.byte() % 12 {
            0..3 => {
                let len = usize::from(script.byte());
                let bytes = script.bytes(len);
                came = came.saturating_add(send_some(theirs.as_fd(), &bytes).unwrap_or(0));
            }
            3..5 => {
                let len = usize::from(script.byte());
                came = came.saturating_add(sink.write(&script.bytes(len)).unwrap_or(0));
            }
            5 => {
                let (kind, len) = (script.byte() % 32, amount(&mut script));
                let mut bytes = Frame { kind, ..Frame::default() }.header(len).to_vec();
                bytes.resize(bytes.len() + len, 7);
                let sent = match transport {
                    Transport::Rings => sink.write(&bytes).unwrap_or(0),
                    Transport::Socket => send_some(theirs.as_fd(), &bytes).unwrap_or(0),
                };
                came = came.saturating_add(sent);
            }
            6 => {
                let back = shared.lane(Way::ToPool);
                back.tail.store(position(&mut script, back.tail), Ordering::Relaxed);
                // Whatever lay in the ring has come by that, again and again.
                came = usize::MAX;
            }
            7 => {
                let out = shared.lane(Way::ToWorker);
                out.head.store(position(&mut script, out.head), Ordering::Relaxed);
            }
            8 => link.receive_socket(false, &mut on_frame),
            9 => _ = link.receive_ring(&mut on_frame),
            10 => {
                let value = usize::from(script.byte() % 2);
                let payload = Payload::of(&batch, value..value + 1);
                link.push(&Frame::default(), &[], payload, Vec::new());
                let _ = (link.flush(), link.has_news());
            }
            _ => _ = source.read(amount(&mut script), &mut Vec::new()),
        }
        assert!(handed <= came, "{handed} bytes were handed over, {came} had come");
    }
    drop(theirs);
    link.receive_socket(true, &mut |_: Frame<'_>| frames += 1);
    assert!(link.is_ended());
}

//! What a worker can send by the way of descriptors.
//!
//! Must not be compiled into a program.

use std::collections::VecDeque;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};

use crate::beside::MOST;
use crate::sys::{Draft, SharedMap, link_pair, send_with_descriptors};
use crate::transport::parcels::Parcels;
use crate::wire::probe::Script;

/// More packets than this are not on their way at a time: the worker's end waits when there is no room.
const UNDER_WAY: usize = 16;

/// Descriptors of every kind that matters: finished memory, memory that can still change, and what is no memory.
fn descriptors() -> [OwnedFd; 4] {
    let finished = Draft::create(3).and_then(Draft::seal).expect("memory");
    let finished = finished.fd().try_clone_to_owned().expect("a free descriptor");
    let len = std::num::NonZeroUsize::new(4096).expect("not 0");
    let (_, open) = SharedMap::create(len).expect("memory");
    let (socket, _) = link_pair().expect("a socket");
    let file = File::open("/dev/null").expect("a device").into();
    [finished, open, socket, file]
}

/// Every packet is received once and in its order, with as many descriptors as were sent and told of, and what is no finished
/// memory is not opened.
pub(crate) fn parcels(bytes: &[u8]) {
    let mut script = Script(bytes);
    let kinds = descriptors();
    let (ours, theirs) = Parcels::pair().expect("sockets");
    let mut sent: VecDeque<Vec<usize>> = VecDeque::new();
    while !script.is_empty() {
        match script.byte() % 8 {
            0..5 if sent.len() < UNDER_WAY => {
                let count = match script.byte() {
                    255 => MOST,
                    few => usize::from(few % 4),
                };
                let chosen: Vec<usize> =
                    (0..count).map(|_| usize::from(script.byte()) % kinds.len()).collect();
                let beside: Vec<_> = chosen.iter().map(|&kind| kinds[kind].as_fd()).collect();
                let words = [7; 3];
                let len = usize::from(script.byte() % 3) + 1;
                if send_with_descriptors(theirs.as_fd(), &words[..len], &beside).is_ok() {
                    sent.push_back(chosen);
                }
            }
            _ => {
                let told = u16::from(script.byte());
                receive(&ours, told, sent.pop_front());
            }
        }
    }
    drop(theirs);
    while let Some(chosen) = sent.pop_front() {
        receive(&ours, MOST as u16, Some(chosen));
    }
    receive(&ours, 1, None);
}

fn receive(ours: &Parcels, told: u16, sent: Option<Vec<usize>>) {
    let Some(parts) = ours.receive(told) else {
        assert_eq!(sent, None, "a packet was lost");
        return;
    };
    let sent = sent.expect("a packet that nobody has sent");
    assert_eq!(parts.len(), sent.len().min(told.into()));
    for (part, kind) in parts.iter().zip(sent) {
        assert_eq!(part.open().is_ok(), kind == 0, "only finished memory is opened");
    }
}

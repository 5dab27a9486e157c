//! What a worker can send by the way of descriptors.
//!
//! Must not be compiled into a program.

use std::collections::VecDeque;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};

use crate::beside::MOST;
use crate::sys::{Draft, SharedMap, link_pair, send_with_descriptors};
use crate::transport::parcels::{Parcels, label};
use crate::wire::probe::Script;

/// More packets than this are not on their way at a time: the worker's end waits when there is no room.
const UNDER_WAY: usize = 16;

/// What a worker has sent.
struct Packet {
    said: Vec<u8>,
    /// Which of the descriptors.
    chosen: Vec<usize>,
}

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

/// Every packet is received once and in its order, by the frame that it names and with the descriptors that it says, or not at
/// all; and what is no finished memory is not opened.
pub(crate) fn parcels(bytes: &[u8]) {
    let mut script = Script(bytes);
    let kinds = descriptors();
    let (ours, theirs) = Parcels::pair().expect("sockets");
    let mut sent: VecDeque<Packet> = VecDeque::new();
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
                let (ticket, told) = (u32::from(script.byte() % 4), count as u16);
                let mut said = label(ticket, told).to_vec();
                match script.byte() {
                    0 => said.push(7),
                    1 => drop(said.pop()),
                    2 => said[4] = script.byte(),
                    _ => {}
                }
                if send_with_descriptors(theirs.as_fd(), &said, &beside).is_ok() {
                    sent.push_back(Packet { said, chosen });
                }
            }
            _ => {
                let told = u16::from(script.byte() % 8);
                receive(&ours, u32::from(script.byte() % 4), told, sent.pop_front());
            }
        }
    }
    drop(theirs);
    while let Some(packet) = sent.pop_front() {
        receive(&ours, 0, packet.chosen.len() as u16, Some(packet));
    }
    receive(&ours, 0, 1, None);
}

fn receive(ours: &Parcels, ticket: u32, told: u16, sent: Option<Packet>) {
    let fits =
        |sent: &Packet| sent.said == label(ticket, told) && sent.chosen.len() <= usize::from(told);
    let Some(parts) = ours.receive(ticket, told) else {
        assert!(!sent.is_some_and(|sent| fits(&sent)), "a packet was lost");
        return;
    };
    let sent = sent.expect("a packet that nobody has sent");
    assert!(fits(&sent));
    assert_eq!(parts.len(), sent.chosen.len());
    for (part, kind) in parts.iter().zip(sent.chosen) {
        assert_eq!(part.open().is_ok(), kind == 0, "only finished memory is opened");
    }
}

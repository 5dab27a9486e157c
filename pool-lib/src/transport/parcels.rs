//! Descriptors on their way to or from a worker: a packet socket of their own beside the link, and one packet for each frame
//! that speaks of some. It is sent before its frame, so whoever has the frame finds it. A packet says to which frame it
//! belongs: one that comes from anywhere else would give each frame behind it the descriptors of another.
//!
//! Must not know frames, or what the descriptors are.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use nix::errno::Errno;

use crate::beside::Parts;
use crate::sys::{Memory, packet_pair, receive_with_descriptors, send_with_descriptors};

/// One end.
#[derive(Clone)]
pub(crate) struct Parcels(Arc<OwnedFd>);

/// What a packet says: the ticket of its frame, and how many descriptors there are.
const LABEL: usize = 6;

pub(super) fn label(ticket: u32, count: u16) -> [u8; LABEL] {
    let mut label = [0; LABEL];
    label[..4].copy_from_slice(&ticket.to_le_bytes());
    label[4..].copy_from_slice(&count.to_le_bytes());
    label
}

impl Parcels {
    /// The pool's end, which never blocks, and the descriptor of the worker's, which does.
    pub(crate) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = packet_pair()?;
        Ok((Self::new(ours), theirs))
    }

    pub(crate) fn new(end: OwnedFd) -> Self {
        Self(Arc::new(end))
    }

    /// Sends these together, for the frame with this ticket. `false` if that cannot be now: there is no room, or so many descriptors are on their way between
    /// processes of this user that the kernel lets no more go. An error means that the other side is gone.
    pub(crate) fn send(&self, ticket: u32, parts: &[Arc<Memory>]) -> io::Result<bool> {
        let descriptors: Vec<_> = parts.iter().map(|part| part.fd()).collect();
        let label = label(ticket, parts.len() as u16);
        loop {
            let Err(error) = send_with_descriptors(self.0.as_fd(), &label, &descriptors) else {
                return Ok(true);
            };
            match error.raw_os_error().map(Errno::from_raw) {
                Some(Errno::EINTR) => {}
                Some(Errno::EPIPE | Errno::ECONNRESET | Errno::ENOTCONN) | None => {
                    return Err(error);
                }
                Some(_) => return Ok(false),
            }
        }
    }

    /// The next packet, which must be that of the frame with this ticket, and hold `count` descriptors; those for which this
    /// process has no room are missing. `None` if it is not, or there is none: at the pool's end now, at the worker's for good.
    pub(crate) fn receive(&self, ticket: u32, count: u16) -> Option<Parts> {
        // One more, so that a packet that is too long is noticed.
        let mut said = [0; LABEL + 1];
        let (bytes, descriptors) = loop {
            match receive_with_descriptors(self.0.as_fd(), &mut said) {
                Ok(received) => break received,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Said once, of an end that was closed before it had read everything; what it has sent lies behind that.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
                Err(_) => return None,
            }
        };
        if said[..bytes] != label(ticket, count) || descriptors.len() > count.into() {
            return None;
        }
        Some(descriptors.into_iter().map(|file| Arc::new(Memory::new(file))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beside::MOST;
    use crate::sys::Draft;

    fn memory(byte: u8) -> Arc<Memory> {
        let mut draft = Draft::create(1).unwrap();
        draft.bytes_mut()[0] = byte;
        Arc::new(draft.seal().unwrap())
    }

    #[test]
    fn packets_keep_their_order_and_their_descriptors() {
        let (ours, theirs) = Parcels::pair().unwrap();
        let theirs = Parcels::new(theirs);
        let parts: Vec<_> = (0..MOST).map(|number| memory(number as u8)).collect();
        assert!(ours.send(1, &parts).unwrap() && ours.send(2, &parts[7..8]).unwrap());
        let all = theirs.receive(1, MOST as u16).unwrap();
        let bytes = all.iter().map(|part| {
            part.open().unwrap();
            part.bytes()[0]
        });
        assert!(bytes.eq((0..MOST).map(|number| number as u8)));
        let one = theirs.receive(2, 1).unwrap();
        assert_eq!(one[0].identity().unwrap(), parts[7].identity().unwrap());
        assert_eq!(ours.receive(1, 1), None);
        drop(theirs);
        assert_eq!(ours.receive(1, 1), None);
        assert!(ours.send(1, &one).is_err());
    }

    #[test]
    fn a_packet_is_taken_for_its_own_frame_alone() {
        let (ours, theirs) = Parcels::pair().unwrap();
        let their_fd = theirs.try_clone().unwrap();
        let theirs = Parcels::new(theirs);
        let one = [memory(1)];
        let fds = [one[0].fd()];
        let sent = |bytes: &[u8]| send_with_descriptors(their_fd.as_fd(), bytes, &fds).unwrap();
        theirs.send(7, &one).unwrap();
        assert_eq!(ours.receive(7, 1).map(|parts| parts.len()), Some(1));
        for wrong in [label(8, 1), label(7, 2), label(7, 0)] {
            sent(&wrong);
            assert_eq!(ours.receive(7, 1), None);
        }
        sent(&label(7, 0));
        assert_eq!(ours.receive(7, 0), None, "more than it says");
        for wrong in [&b"x"[..], &label(7, 1)[..5], &[&label(7, 1)[..], b"x"].concat()] {
            sent(wrong);
            assert_eq!(ours.receive(7, 1), None);
        }
        sent(&label(7, 1));
        assert_eq!(ours.receive(7, 1).map(|parts| parts.len()), Some(1));
    }

    #[test]
    fn what_was_sent_is_there_although_the_other_end_died_without_reading() {
        let (ours, theirs) = Parcels::pair().unwrap();
        let theirs = Parcels::new(theirs);
        assert!(ours.send(1, &[memory(1)]).unwrap() && theirs.send(1, &[memory(2)]).unwrap());
        drop(theirs);
        assert_eq!(ours.receive(1, 1).map(|parts| parts.len()), Some(1));
        assert_eq!(ours.receive(1, 1), None);
    }

    #[test]
    fn a_full_socket_is_not_waited_for_and_nothing_is_lost() {
        let (ours, theirs) = Parcels::pair().unwrap();
        let theirs = Parcels::new(theirs);
        let part = [memory(1)];
        let mut sent = 0;
        while sent < 10_000 && ours.send(sent, &part).unwrap() {
            sent += 1;
        }
        assert!(sent < 10_000, "the kernel has taken everything");
        for ticket in 0..sent {
            assert_eq!(theirs.receive(ticket, 1).unwrap().len(), 1);
        }
        assert!(ours.send(sent, &part).unwrap());
    }
}

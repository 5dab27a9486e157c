//! Descriptors on their way to or from a worker: a packet socket of their own beside the link, and one packet for each frame
//! that speaks of some. It is sent before its frame, so whoever has the frame finds it.
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

impl Parcels {
    /// The pool's end, which never blocks, and the descriptor of the worker's, which does.
    pub(crate) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = packet_pair()?;
        Ok((Self::new(ours), theirs))
    }

    pub(crate) fn new(end: OwnedFd) -> Self {
        Self(Arc::new(end))
    }

    /// Sends these together. `false` if that cannot be now: there is no room, or so many descriptors are on their way between
    /// processes of this user that the kernel lets no more go. An error means that the other side is gone.
    pub(crate) fn send(&self, parts: &[Arc<Memory>]) -> io::Result<bool> {
        let descriptors: Vec<_> = parts.iter().map(|part| part.fd()).collect();
        loop {
            let Err(error) = send_with_descriptors(self.0.as_fd(), &[0], &descriptors) else {
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

    /// The next packet, of which a frame has told that it holds `count` descriptors; those for which this process has no room
    /// are missing. `None` if there is no packet: at the pool's end now, at the worker's for good.
    pub(crate) fn receive(&self, count: u16) -> Option<Parts> {
        let (bytes, mut descriptors) = loop {
            match receive_with_descriptors(self.0.as_fd(), &mut [0]) {
                Ok(received) => break received,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Said once, of an end that was closed before it had read everything; what it has sent lies behind that.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
                Err(_) => return None,
            }
        };
        descriptors.truncate(count.into());
        let parts = descriptors.into_iter().map(|file| Arc::new(Memory::new(file))).collect();
        (bytes > 0).then_some(parts)
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
        assert!(ours.send(&parts).unwrap() && ours.send(&parts[7..8]).unwrap());
        let all = theirs.receive(MOST as u16).unwrap();
        let bytes = all.iter().map(|part| {
            part.open().unwrap();
            part.bytes()[0]
        });
        assert!(bytes.eq((0..MOST).map(|number| number as u8)));
        let one = theirs.receive(1).unwrap();
        assert_eq!(one[0].identity().unwrap(), parts[7].identity().unwrap());
        assert_eq!(ours.receive(1), None);
        theirs.send(&one).unwrap();
        assert_eq!(ours.receive(0).map(|parts| parts.len()), Some(0));
        drop(theirs);
        assert_eq!(ours.receive(1), None);
        assert!(ours.send(&one).is_err());
    }

    #[test]
    fn what_was_sent_is_there_although_the_other_end_died_without_reading() {
        let (ours, theirs) = Parcels::pair().unwrap();
        let theirs = Parcels::new(theirs);
        assert!(ours.send(&[memory(1)]).unwrap() && theirs.send(&[memory(2)]).unwrap());
        drop(theirs);
        assert_eq!(ours.receive(1).map(|parts| parts.len()), Some(1));
        assert_eq!(ours.receive(1), None);
    }

    #[test]
    fn a_full_socket_is_not_waited_for_and_nothing_is_lost() {
        let (ours, theirs) = Parcels::pair().unwrap();
        let theirs = Parcels::new(theirs);
        let part = [memory(1)];
        let mut sent = 0;
        while sent < 10_000 && ours.send(&part).unwrap() {
            sent += 1;
        }
        assert!(sent < 10_000, "the kernel has taken everything");
        for _ in 0..sent {
            assert_eq!(theirs.receive(1).unwrap().len(), 1);
        }
        assert!(ours.send(&part).unwrap());
    }
}

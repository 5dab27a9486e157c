//! A link over a stream socket: our end never blocks, the worker's end always does.
//!
//! Both directions make progress on their own: the pool goes on reading while a worker does not
//! read, so two large frames that meet never wait for each other.
//!
//! Must not know what a frame means, or trust that the other side ever reads or writes a whole one.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{Shutdown, shutdown};
use nix::sys::uio::writev;
use nix::unistd::{read, write};

use crate::sys::{receive_with_descriptors, send_with_descriptors};
use crate::task::Payload;
use crate::wire::{Decoder, Frame};

/// How much is read from a link at a time, in bytes.
const READ: usize = 64 << 10;
/// How many reads one link gets in a row before the others have their turn.
const READS: usize = 16;
/// Up to this size an argument is copied behind its header, so that many go in one system call.
const COPIED: usize = 16 << 10;

/// The pool's end.
pub(crate) struct Link {
    fd: OwnedFd,
    decoder: Decoder,
    outgoing: VecDeque<Piece>,
    /// How much of the first piece has gone.
    sent: usize,
    ended: bool,
}

/// A run of bytes on its way out.
enum Piece {
    Copied(Vec<u8>),
    Shared(Payload),
}

impl Link {
    /// `fd` is a stream socket that does not block.
    pub(crate) fn new(fd: OwnedFd) -> Self {
        Self { fd, decoder: Decoder::default(), outgoing: VecDeque::new(), sent: 0, ended: false }
    }

    /// Sends the first frame at once, with descriptors beside it.
    pub(crate) fn send_first(
        &mut self,
        frame: &Frame,
        beside: &[BorrowedFd<'_>],
    ) -> io::Result<()> {
        let mut bytes = frame.header(frame.body.len()).to_vec();
        bytes.extend_from_slice(&frame.body);
        let sent = send_with_descriptors(self.fd.as_fd(), &bytes, beside)?;
        self.outgoing.push_front(Piece::Copied(bytes));
        self.sent = sent;
        Ok(())
    }

    /// Queues a frame whose body is `argument`.
    pub(crate) fn push(&mut self, frame: &Frame, argument: Payload) {
        let header = frame.header(argument.len());
        match self.outgoing.back_mut() {
            Some(Piece::Copied(bytes)) if bytes.len() < COPIED => bytes.extend_from_slice(&header),
            _ => self.outgoing.push_back(Piece::Copied(header.to_vec())),
        }
        match self.outgoing.back_mut() {
            Some(Piece::Copied(bytes)) if argument.len() < COPIED => {
                bytes.extend_from_slice(&argument);
            }
            _ => self.outgoing.push_back(Piece::Shared(argument)),
        }
    }

    /// Writes as much as the socket takes; says whether it took anything. An error means that the
    /// worker no longer listens.
    pub(crate) fn flush(&mut self) -> io::Result<bool> {
        let mut moved = false;
        while let Some(piece) = self.outgoing.front() {
            let bytes = piece.bytes();
            if self.sent < bytes.len() {
                match send_with_descriptors(self.fd.as_fd(), &bytes[self.sent..], &[]) {
                    Ok(count) => {
                        self.sent += count;
                        moved = true;
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => {
                        self.outgoing.clear();
                        return Err(error);
                    }
                }
            } else {
                self.outgoing.pop_front();
                self.sent = 0;
            }
        }
        Ok(moved)
    }

    pub(crate) fn has_outgoing(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Reads what has arrived and hands over whole frames. With `all` it reads until nothing is
    /// left, for the last time; without, it stops after a while for the sake of others.
    pub(crate) fn receive(&mut self, all: bool, mut on_frame: impl FnMut(Frame)) {
        if all {
            // What is there stays, and nothing can be added, not even by a process to which the
            // worker has left its end: it would keep us reading for as long as it writes.
            self.shut(Shutdown::Read);
        }
        let mut buffer = [0; READ];
        let mut reads = 0;
        while !self.ended && (all || reads < READS) {
            reads += 1;
            let mut bytes = match read(&self.fd, &mut buffer) {
                Ok(0) => {
                    self.ended = true;
                    return;
                }
                Ok(count) => &buffer[..count],
                Err(Errno::EAGAIN) => return,
                Err(Errno::EINTR) => continue,
                Err(_) => {
                    self.ended = true;
                    return;
                }
            };
            let whole = bytes.len() == READ;
            while let Some(frame) = self.decoder.next(&mut bytes) {
                on_frame(frame);
            }
            if !whole && !all {
                return; // the socket was emptied; asking again would only confirm it
            }
        }
    }

    /// Whether the worker's end is closed, by its death or on purpose.
    pub(crate) fn is_ended(&self) -> bool {
        self.ended
    }

    /// Says that nothing more will be sent.
    pub(crate) fn finish(&mut self) {
        self.shut(Shutdown::Write);
    }

    fn shut(&self, direction: Shutdown) {
        // Fails when the other side is gone, and then it knows already.
        let _ = shutdown(self.fd.as_raw_fd(), direction);
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Piece {
    fn bytes(&self) -> &[u8] {
        match self {
            Piece::Copied(bytes) => bytes,
            Piece::Shared(payload) => payload,
        }
    }
}

#[cfg(test)]
mod unruly;

/// The worker's end. Blocks; `None` and errors mean that the pool is gone.
pub(crate) struct WorkerLink {
    fd: OwnedFd,
    decoder: Decoder,
    buffer: Vec<u8>,
    /// What of the buffer has not been looked at.
    unread: std::ops::Range<usize>,
}

impl WorkerLink {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        Self { fd, decoder: Decoder::default(), buffer: vec![0; READ], unread: 0..0 }
    }

    /// The first frame and the descriptors that came beside it.
    pub(crate) fn receive_first(&mut self) -> io::Result<(Frame, Vec<OwnedFd>)> {
        let mut beside = Vec::new();
        loop {
            let (count, descriptors) = receive_with_descriptors(self.fd.as_fd(), &mut self.buffer)?;
            if count == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            beside.extend(descriptors);
            let mut bytes = &self.buffer[..count];
            if let Some(frame) = self.decoder.next(&mut bytes) {
                self.unread = count - bytes.len()..count;
                return Ok((frame, beside));
            }
        }
    }

    /// The next frame; waits for it.
    pub(crate) fn receive(&mut self) -> Option<Frame> {
        loop {
            let mut bytes = &self.buffer[self.unread.clone()];
            let frame = self.decoder.next(&mut bytes);
            self.unread.start = self.unread.end - bytes.len();
            if frame.is_some() {
                return frame;
            }
            match read(&self.fd, &mut self.buffer) {
                Ok(0) => return None,
                Ok(count) => self.unread = 0..count,
                Err(Errno::EINTR) => {}
                Err(_) => return None,
            }
        }
    }

    /// Sends a frame with `body` behind it.
    pub(crate) fn send(&mut self, frame: &Frame, body: &[u8]) -> io::Result<()> {
        let header = frame.header(body.len());
        let mut sent = 0;
        while sent < header.len() {
            let parts = [io::IoSlice::new(&header[sent..]), io::IoSlice::new(body)];
            match writev(&self.fd, &parts) {
                Ok(count) => sent += count,
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let mut sent = sent - header.len();
        while sent < body.len() {
            match write(&self.fd, &body[sent..]) {
                Ok(count) => sent += count,
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::thread;

    use super::*;
    use crate::sys::link_pair;

    #[test]
    fn a_last_look_ends_although_somebody_goes_on_writing() {
        let (ours, theirs) = link_pair().unwrap();
        let mut link = Link::new(ours);
        let said = Frame { kind: 7, ticket: 5, ..Frame::default() };
        let mut theirs = UnixStream::from(theirs);
        theirs.write_all(&said.header(0)).unwrap();
        // As a process would that a dead worker left behind with its end of the link.
        let heir = thread::spawn(move || while theirs.write_all(&[0; READ]).is_ok() {});
        let mut first = None;
        link.receive(true, |frame| {
            first.get_or_insert(frame);
        });
        assert_eq!((first, link.is_ended()), (Some(said), true));
        heir.join().unwrap();
    }
}

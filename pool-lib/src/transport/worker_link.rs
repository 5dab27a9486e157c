//! The worker's end of its link. Waits as long as it must; an error means that the pool is gone.
//!
//! Must not know what a frame means.

use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::link::Transport;
use super::parcels::Parcels;
use super::ring::{Shared, Sink, Source, worker_ends};
use super::socket::{Read, ring_bell, send_all, wait_and_receive, wait_for_bell};
use crate::sys::{Memory, Spin, receive_with_descriptors};
use crate::wire::{Decoder, Frame, Header};

/// How long to wait before a parcel is tried again for which the kernel has no room.
const AGAIN: Duration = Duration::from_millis(1);

/// How much is read at a time, in bytes.
const READ: usize = 64 << 10;
/// As much of the first frame as is read at a time: it is short, and memory that is new costs a new process most of its time.
const READ_FIRST: usize = 1 << 10;

/// A link of which only the beginning is known: who the pool is, and by which way to talk.
#[cfg_attr(test, derive(Clone))]
pub(crate) struct NewLink {
    fd: Rc<OwnedFd>,
}

#[cfg(test)]
pub(crate) mod unruly;

/// So many signs are given in the time after which the bell would be rung.
const SIGNS: u64 = 32;

/// From where requests come.
pub(crate) struct Incoming {
    fd: Rc<OwnedFd>,
    ring: Option<Source>,
    decoder: Decoder,
    buffer: Vec<u8>,
    spin: Spin,
}

/// To where replies go.
pub(crate) struct Outgoing {
    fd: Rc<OwnedFd>,
    ring: Option<(Sink, Shared)>,
    parcels: Parcels,
    spin: Spin,
    /// Replies for which the bell was not rung.
    quiet: u64,
    /// Replies of which no sign was given either.
    unshown: u64,
}

/// Who takes requests.
pub(crate) trait Serve {
    /// `more` says that another one has begun to arrive.
    fn take(&mut self, frame: Frame<'_>, more: bool) -> io::Result<()>;

    /// There is nothing more to do at the moment. Says whether a request may well come soon, now that this is known.
    fn rest(&mut self) -> io::Result<bool>;
}

impl NewLink {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        Self { fd: Rc::new(fd) }
    }

    /// The link is not closed while this is kept.
    pub(crate) fn keep_open(&self) -> Rc<OwnedFd> {
        Rc::clone(&self.fd)
    }

    /// Sends the first frame.
    pub(crate) fn greet(&self, frame: &Frame<'_>) -> io::Result<()> {
        send_all(self.fd.as_fd(), [&frame.header(frame.body.len()), &frame.body])
    }

    /// The first frame and the descriptors that came beside it.
    pub(crate) fn receive_first(&self) -> io::Result<(Frame<'static>, Vec<OwnedFd>)> {
        let (mut decoder, mut beside) = (Decoder::default(), Vec::new());
        // One byte at a time would do as well: nothing but this frame comes before the worker answers it.
        let mut buffer = [0; READ_FIRST];
        loop {
            let (count, descriptors) = receive_with_descriptors(self.fd.as_fd(), &mut buffer)?;
            if count == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            beside.extend(descriptors);
            if let Some(frame) = decoder.next(&mut &buffer[..count]) {
                let body = frame.body.into_owned().into();
                return Ok((Frame { body, ..frame }, beside));
            }
        }
    }

    /// Both directions, from now on by `transport`.
    pub(crate) fn open(
        self,
        transport: Transport,
        shared: &Shared,
        parcels: Parcels,
    ) -> (Incoming, Outgoing) {
        let fd = self.fd;
        let (source, sink) = match transport {
            Transport::Socket => (None, None),
            Transport::Rings => {
                let (sink, source) = worker_ends(shared);
                (Some(source), Some((sink, shared.clone())))
            }
        };
        let incoming = Incoming {
            fd: Rc::clone(&fd),
            ring: source,
            decoder: Decoder::trusting(),
            buffer: Vec::new(),
            spin: Spin::default(),
        };
        (
            incoming,
            Outgoing { fd, ring: sink, parcels, spin: Spin::default(), quiet: 0, unshown: 0 },
        )
    }
}

impl Incoming {
    /// Hands every request to `to`, until the pool says that no more will come.
    pub(crate) fn serve(&mut self, to: &mut impl Serve) -> io::Result<()> {
        loop {
            let mut bytes = &self.buffer[..];
            while let Some(frame) = self.decoder.next(&mut bytes) {
                to.take(frame, !bytes.is_empty())?;
            }
            self.buffer.clear();
            if let Some(frame) = self.read_body()? {
                to.take(frame, false)?;
            } else if self.buffer.is_empty() && !self.read()? {
                let soon = to.rest()?;
                if !self.wait(soon)? {
                    return Ok(());
                }
            }
        }
    }

    /// While a large body arrives: moves what there is of it to its place; the frame when it is whole.
    fn read_body(&mut self) -> io::Result<Option<Frame<'static>>> {
        let (Some(ring), Some((body, missing))) = (&mut self.ring, self.decoder.body()) else {
            return Ok(None);
        };
        let most = usize::try_from(missing).unwrap_or(READ).min(READ);
        match ring.read(most, body).map_err(broken)? {
            0 => Ok(None),
            count => {
                if ring.must_wake() {
                    ring_bell(self.fd.as_fd());
                }
                Ok(self.decoder.put(count))
            }
        }
    }

    /// Fills the buffer with what is there; `false` when nothing is.
    fn read(&mut self) -> io::Result<bool> {
        // While a large body arrives its bytes must not go through the buffer: it is `read_body` that moves them.
        let Some(ring) = &mut self.ring else { return Ok(false) };
        if self.decoder.body().is_some() {
            return Ok(!ring.is_empty().map_err(broken)?);
        }
        let count = ring.read(READ, &mut self.buffer).map_err(broken)?;
        if count > 0 && ring.must_wake() {
            ring_bell(self.fd.as_fd());
        }
        Ok(count > 0)
    }

    /// Waits until there is something to read; `false` when nothing more will come.
    fn wait(&mut self, soon: bool) -> io::Result<bool> {
        let Some(ring) = &mut self.ring else {
            self.buffer.resize(READ, 0);
            return match wait_and_receive(self.fd.as_fd(), &mut self.buffer) {
                Read::Bytes(count) => {
                    self.buffer.truncate(count);
                    Ok(true)
                }
                Read::Nothing | Read::End => Ok(false),
            };
        };
        if self.spin.until(|| ring.is_empty() != Ok(true)) {
            return Ok(true);
        }
        ring.go_to_sleep();
        let mut more = true;
        if ring.is_empty().map_err(broken)? {
            let sleep = || wait_for_bell(self.fd.as_fd());
            more = if soon { self.spin.sleep(sleep) } else { sleep() }.is_ok();
        }
        ring.is_awake();
        // What came before the end is done before the end.
        Ok(more || !ring.is_empty().map_err(broken)?)
    }
}

impl Outgoing {
    /// Sends a whole frame: its header, its `body`, and what stands `behind` that. The pool may hear of it late, if it has
    /// allowed for that.
    pub(crate) fn send(&mut self, header: &Header, body: &[u8], behind: &[u8]) -> io::Result<()> {
        let whole = behind.is_empty()
            && self.ring.as_mut().is_some_and(|(sink, _)| match header {
                Header::Short(header) => sink.write_together(header, body),
                Header::Long(header) => sink.write_together(header, body),
            });
        if !whole {
            self.send_parts([header, body, behind])?;
        }
        if let Some((_, shared)) = &self.ring {
            self.quiet += 1;
            self.unshown += 1;
            let patience = shared.patience();
            if self.quiet > patience {
                self.announce();
            } else if self.is_due(patience, 0) {
                self.show();
            }
        }
        Ok(())
    }

    /// Gives a sign of all that was sent.
    pub(crate) fn show(&mut self) {
        self.unshown = 0;
        if let Some((sink, _)) = &self.ring {
            sink.show();
        }
    }

    /// Whether the pool will have a sign of the next frame at once.
    pub(crate) fn shows_next(&self) -> bool {
        self.ring.as_ref().is_none_or(|(_, shared)| self.is_due(shared.patience(), 1))
    }

    /// Whether there is to be a sign when so many more were sent.
    fn is_due(&self, patience: u64, more: u64) -> bool {
        self.quiet + more > patience || self.unshown + more > patience / SIGNS
    }

    /// Sends these bytes one after the other, as far as there is room for them and then when there is.
    fn send_parts<const N: usize>(&mut self, parts: [&[u8]; N]) -> io::Result<()> {
        let Some((sink, _)) = &mut self.ring else {
            return send_all(self.fd.as_fd(), parts);
        };
        for mut rest in parts {
            loop {
                rest = &rest[sink.write(rest).map_err(broken)?..];
                if rest.is_empty() {
                    break;
                }
                if sink.must_wake() {
                    ring_bell(self.fd.as_fd());
                }
                let room = self.spin.until(|| sink.has_room());
                if !room && !sink.ask_for_room().map_err(broken)? {
                    wait_for_bell(self.fd.as_fd())?;
                }
            }
        }
        Ok(())
    }

    /// Sends what goes beside the next frame, which has this ticket. Where there is no room for it the pool has to take in
    /// what was sent before, so it shall know of that.
    pub(crate) fn send_beside(&mut self, ticket: u32, parts: &[Arc<Memory>]) -> io::Result<()> {
        if parts.is_empty() {
            return Ok(());
        }
        self.announce();
        while !self.parcels.send(ticket, parts)? {
            // Too many descriptors are on their way; nothing tells when there are fewer.
            thread::sleep(AGAIN);
        }
        Ok(())
    }

    /// Sends a frame of which the pool shall know at once.
    pub(crate) fn say(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        self.send(&frame.header(frame.body.len()), &frame.body, &[])?;
        self.announce();
        Ok(())
    }

    /// Sees to it that the pool knows of all that was sent.
    pub(crate) fn announce(&mut self) {
        self.unshown = 0;
        if std::mem::take(&mut self.quiet) == 0 {
            // It was looked after at once. A bell now would only wake a pool that has taken the result.
            return;
        }
        if let Some((sink, _)) = &self.ring
            && sink.must_wake()
        {
            ring_bell(self.fd.as_fd());
        }
    }
}

fn broken(_: super::lane::Broken) -> io::Error {
    io::Error::other("the rings are damaged")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::link_pair;

    /// Notes of each request whether more was said to come.
    #[derive(Default)]
    struct Heard(Vec<bool>);

    impl Serve for Heard {
        fn take(&mut self, _: Frame<'_>, more: bool) -> io::Result<()> {
            self.0.push(more);
            Ok(())
        }

        fn rest(&mut self) -> io::Result<bool> {
            Ok(false)
        }
    }

    #[test]
    fn all_but_the_last_request_of_those_that_came_together_have_others_behind_them() {
        let (ours, theirs) = link_pair().unwrap();
        let (shared, _file) = Shared::create().unwrap();
        let frame = Frame::default();
        send_all(ours.as_fd(), [&frame.header(0).repeat(3)]).unwrap();
        drop(ours);
        let parcels = Parcels::pair().unwrap().0;
        let (mut incoming, _) = NewLink::new(theirs).open(Transport::Socket, &shared, parcels);
        let mut heard = Heard::default();
        incoming.serve(&mut heard).unwrap();
        assert_eq!(heard.0, [true, true, false]);
    }
}

//! The pool's end of a link to one worker. Never blocks.
//!
//! Both directions make progress on their own: the pool goes on reading while a worker does not
//! read, so two large frames that meet never wait for each other.
//!
//! Must not know what a frame means, or trust that the other side ever reads or writes a whole one.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use nix::sys::socket::Shutdown;

use super::lane::Broken;
use super::parcels::Parcels;
use super::ring::{Shared, Sink, Source, pool_ends};
use super::socket::{Read, receive_some, ring_bell, send_some, shut};
use crate::beside::Parts;
use crate::sys::{Waitable, send_with_descriptors};
use crate::task::Payload;
use crate::wire::{Decoder, Frame};

/// How much is read at a time, in bytes.
const READ: usize = 64 << 10;
/// The same, of a ring, where small frames are looked for: all of them lie in a processor's cache until they are taken in, and
/// an idle pool keeps as much memory for each worker.
const READ_FRAMES: usize = 16 << 10;
/// The same, of a socket beside rings: it carries the greeting and bells.
const READ_BELLS: usize = 1 << 10;
/// How many reads one link gets in a row before the others have their turn.
const READS: usize = 16;
/// Up to this size arguments are copied behind their header, so that many go in one piece.
const COPIED: usize = 16 << 10;

/// By which way bytes travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Through rings in shared memory.
    #[default]
    Rings,
    /// Over the socket.
    Socket,
}

/// The pool's end.
pub(crate) struct Link {
    fd: Arc<OwnedFd>,
    /// `None` when all bytes go over the socket.
    rings: Option<Rings>,
    decoder: Decoder,
    buffer: Vec<u8>,
    parcels: Parcels,
    outgoing: VecDeque<Piece>,
    /// Whether the first piece cannot go now, and nothing will tell when it can.
    stuck: bool,
    /// How much of the first piece has gone.
    sent: usize,
    ended: bool,
}

struct Rings {
    sink: Sink,
    source: Source,
    shared: Shared,
    /// Whether the first frame has come, which comes over the socket; all others come through the ring.
    greeted: bool,
}

/// Who takes in what a worker says.
pub(crate) trait Hear {
    fn hear(&mut self, frame: Frame<'_>);

    /// Takes from the front of `bytes` as many whole frames as it likes; the others are handed over one by one.
    fn skim(&mut self, _bytes: &mut &[u8]) {}
}

impl<F: FnMut(Frame<'_>)> Hear for F {
    fn hear(&mut self, frame: Frame<'_>) {
        self(frame);
    }
}

/// A run of bytes on its way out.
enum Piece {
    Copied(Vec<u8>),
    Shared(Payload),
    /// Goes by another way, and before what stands behind it.
    /// With the ticket of the frame that comes next.
    Beside(u32, Parts),
}

impl Link {
    /// `fd` is a stream socket; `shared` goes to the worker with the first frame.
    pub(crate) fn new(
        fd: OwnedFd,
        parcels: Parcels,
        shared: &Shared,
        transport: Transport,
    ) -> Self {
        let rings = (transport == Transport::Rings).then(|| {
            let (sink, source) = pool_ends(shared);
            Rings { sink, source, shared: shared.clone(), greeted: false }
        });
        Self {
            fd: Arc::new(fd),
            rings,
            decoder: Decoder::default(),
            buffer: Vec::new(),
            parcels,
            outgoing: VecDeque::new(),
            stuck: false,
            sent: 0,
            ended: false,
        }
    }

    /// Sends the first frame at once, over the socket, with descriptors beside it.
    pub(crate) fn send_first(
        &mut self,
        frame: &Frame<'_>,
        beside: &[BorrowedFd<'_>],
    ) -> io::Result<()> {
        let mut bytes = frame.header(frame.body.len()).to_vec();
        bytes.extend_from_slice(&frame.body);
        match send_with_descriptors(self.fd.as_fd(), &bytes, beside)? {
            sent if sent == bytes.len() => Ok(()),
            _ => Err(io::Error::other("a new socket does not take a welcome")),
        }
    }

    /// Queues a frame whose body is `list` and then `arguments`; `parts` go before it.
    pub(crate) fn push(
        &mut self,
        frame: &Frame<'_>,
        list: &[u8],
        arguments: Payload,
        parts: Parts,
    ) {
        if !parts.is_empty() {
            self.outgoing.push_back(Piece::Beside(frame.ticket, parts));
        }
        let header = frame.header(list.len() + arguments.len());
        let bytes = match self.outgoing.back_mut() {
            Some(Piece::Copied(bytes)) if bytes.len() < COPIED => bytes,
            _ => {
                self.outgoing.push_back(Piece::Copied(Vec::new()));
                match self.outgoing.back_mut() {
                    Some(Piece::Copied(bytes)) => bytes,
                    _ => unreachable!("just put there"),
                }
            }
        };
        bytes.extend_from_slice(&header);
        bytes.extend_from_slice(list);
        if arguments.len() < COPIED {
            bytes.extend_from_slice(&arguments);
        } else {
            self.outgoing.push_back(Piece::Shared(arguments));
        }
    }

    /// Writes as much as there is room for, and wakes the worker if it sleeps; says whether there was
    /// any room. An error means that it no longer listens, or has lost its mind; then nothing is left to send.
    pub(crate) fn flush(&mut self) -> io::Result<bool> {
        self.write_pieces().inspect_err(|_| {
            self.outgoing.clear();
            self.sent = 0;
            self.stuck = false;
        })
    }

    fn write_pieces(&mut self) -> io::Result<bool> {
        let mut wrote = false;
        self.stuck = false;
        while let Some(piece) = self.outgoing.front() {
            let bytes = match piece {
                Piece::Copied(bytes) => &bytes[self.sent..],
                Piece::Shared(payload) => &payload[self.sent..],
                Piece::Beside(ticket, parts) => {
                    self.stuck = !self.parcels.send(*ticket, parts)?;
                    if self.stuck {
                        break;
                    }
                    self.outgoing.pop_front();
                    continue;
                }
            };
            let count = match &mut self.rings {
                Some(rings) => rings.sink.write(bytes).map_err(broken),
                None => send_some(self.fd.as_fd(), bytes),
            }?;
            let whole = count == bytes.len();
            wrote |= count > 0;
            self.sent += count;
            if !whole {
                if !self.asks_for_room()? {
                    break;
                }
            } else {
                self.outgoing.pop_front();
                self.sent = 0;
            }
        }
        match &self.rings {
            Some(rings) if wrote && rings.sink.must_wake() => ring_bell(self.fd.as_fd()),
            _ => {}
        }
        Ok(wrote)
    }

    /// With a full ring: asks to be told of room. `true` when there is some already.
    fn asks_for_room(&mut self) -> io::Result<bool> {
        match &mut self.rings {
            Some(rings) => rings.sink.ask_for_room().map_err(broken),
            None => Ok(false),
        }
    }

    pub(crate) fn has_outgoing(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Whether to wait until the socket takes more bytes.
    pub(crate) fn waits_for_socket(&self) -> bool {
        self.rings.is_none() && self.has_outgoing() && !self.stuck
    }

    /// Whether to try again to send, before long.
    pub(crate) fn is_stuck(&self) -> bool {
        self.stuck
    }

    /// Takes in what has come over the socket, and hands over whole frames. With `all` it reads until
    /// nothing is left, for the last time; without, it stops after a while for the sake of others.
    pub(crate) fn receive_socket(&mut self, all: bool, to: &mut impl Hear) {
        if all {
            // What is there stays, and nothing can be added, not even by a process to which the
            // worker has left its end: it would keep us reading for as long as it writes.
            shut(self.fd.as_fd(), Shutdown::Read);
        }
        let most = if self.rings.is_some() { READ_BELLS } else { READ };
        self.buffer.resize(most, 0);
        let mut reads = 0;
        while !self.ended && (all || reads < READS) {
            reads += 1;
            let mut bytes = match receive_some(self.fd.as_fd(), &mut self.buffer) {
                Read::Bytes(count) => &self.buffer[..count],
                Read::Nothing => return,
                Read::End => {
                    self.ended = true;
                    return;
                }
            };
            let whole = bytes.len() == most;
            match &mut self.rings {
                None => hand_over(&mut self.decoder, bytes, to),
                // Behind the greeting there are only bells.
                Some(rings) if !rings.greeted => {
                    if let Some(frame) = self.decoder.next(&mut bytes) {
                        rings.greeted = true;
                        to.hear(frame);
                    }
                }
                Some(_) => {}
            }
            if !whole && !all {
                return; // the socket was emptied; asking again would only confirm it
            }
        }
    }

    /// Takes in what has come through the ring, and hands over whole frames. Bounded by what was there.
    pub(crate) fn receive_ring(&mut self, to: &mut impl Hear) -> Result<(), Broken> {
        let Some(rings) = self.rings.as_mut().filter(|rings| rings.greeted) else { return Ok(()) };
        for _ in 0..READS {
            let whole = match self.decoder.body() {
                // A large body comes to its place without a detour.
                Some((body, missing)) => {
                    let most = usize::try_from(missing).unwrap_or(READ).min(READ);
                    match rings.source.read(most, body)? {
                        0 => return Ok(()),
                        count => self.decoder.put(count),
                    }
                }
                None => {
                    self.buffer.clear();
                    if rings.source.read(READ_FRAMES, &mut self.buffer)? == 0 {
                        return Ok(());
                    }
                    hand_over(&mut self.decoder, &self.buffer, to);
                    None
                }
            };
            if rings.source.must_wake() {
                ring_bell(self.fd.as_fd());
            }
            if let Some(frame) = whole {
                to.hear(frame);
            }
        }
        Ok(())
    }

    /// Whether there is something in the ring, or room for what could not be written; or a sign of it, which holds until the
    /// ring is looked into, even if what it was given for was taken in before: who looked only for bytes would leave it there,
    /// and whoever waits for signs would find it again and again.
    pub(crate) fn has_news(&self) -> bool {
        let filled = |rings: &Rings| rings.greeted && rings.source.is_empty() != Ok(true);
        self.shows_news() || self.rings.as_ref().is_some_and(filled)
    }

    /// Whether there is a sign of that: cheaper for both sides, and so for whoever looks again and again. What there is no
    /// sign of yet has to be looked for before a sleep.
    pub(crate) fn shows_news(&self) -> bool {
        let waits = self.has_outgoing() && !self.stuck;
        self.rings.as_ref().is_some_and(|rings| {
            rings.greeted && rings.source.has_sign() || waits && rings.sink.has_room()
        })
    }

    /// Asks the worker to ring when it has something to say. Look once more before sleeping.
    pub(crate) fn go_to_sleep(&self) {
        if let Some(rings) = &self.rings {
            rings.source.go_to_sleep();
        }
    }

    pub(crate) fn is_awake(&self) {
        if let Some(rings) = &self.rings {
            rings.source.is_awake();
        }
    }

    /// How many results the worker may keep to itself, while it has more to do, before it rings for them.
    pub(crate) fn set_patience(&self, results: u64) {
        if let Some(rings) = &self.rings {
            rings.shared.set_patience(results);
        }
    }

    /// Whether the worker's end is closed, by its death or on purpose.
    pub(crate) fn is_ended(&self) -> bool {
        self.ended
    }

    /// Says that nothing more will be sent.
    pub(crate) fn finish(&mut self) {
        shut(self.fd.as_fd(), Shutdown::Write);
    }

    pub(crate) fn fd(&self) -> Waitable {
        self.fd.clone()
    }
}

/// Hands over what is whole; the rest is kept by the decoder.
fn hand_over(decoder: &mut Decoder, mut bytes: &[u8], to: &mut impl Hear) {
    loop {
        if decoder.is_between_frames() {
            to.skim(&mut bytes);
        }
        match decoder.next(&mut bytes) {
            Some(frame) => to.hear(frame),
            None => return,
        }
    }
}

fn broken(_: Broken) -> io::Error {
    io::Error::other("the worker has written an impossible position into its ring")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::link_pair;
    use crate::task::Batch;

    #[test]
    fn what_follows_a_piece_that_could_not_be_sent_whole_begins_anew() {
        let (ours, theirs) = link_pair().unwrap();
        let (shared, _file) = Shared::create().unwrap();
        let mut link = Link::new(ours, Parcels::pair().unwrap().0, &shared, Transport::Socket);
        let batch = Arc::new(Batch::of(vec![0; 64 << 20]));
        link.push(&Frame::default(), &[], Payload::of(&batch, 0..1), Parts::new());
        assert!(link.flush().unwrap() && link.has_outgoing());
        drop(theirs);
        assert!(link.flush().is_err() && !link.has_outgoing());
        link.push(&Frame::default(), &[], Payload::of(&batch, 1..1), Parts::new());
        assert!(link.flush().is_err());
    }
}

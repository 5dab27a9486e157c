//! Frames: a header of fixed size, then a body of the length that the header says.
//!
//! Must not know what a frame means.

use std::borrow::Cow;

use crate::beside::MOST;
use crate::sys::prefer_huge_pages;

/// The size of a header, in bytes.
pub(crate) const HEADER: usize = 32;

/// How much memory a header alone can make us set aside, in bytes; and how many times what has really arrived.
const TRUSTED: usize = 1 << 20;
const TRUST: usize = 64;
/// With less room than this, in bytes, a body is given more.
const ROOM: usize = 64 << 10;

/// No body is longer: more than any machine has memory.
const LONGEST: u64 = 1 << 48;
/// The kind of a frame that never was one; no message has it.
const NONSENSE: u8 = 0;

/// One message. What the fields mean depends on `kind`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    /// How many pieces of memory are sent beside it, by another way.
    pub(crate) beside: u16,
    pub(crate) ticket: u32,
    pub(crate) a: u64,
    pub(crate) b: u64,
    /// Borrowed where the whole frame lay in one piece.
    pub(crate) body: Cow<'a, [u8]>,
}

impl Frame<'_> {
    /// The header for a body of `len` bytes; `body` itself is not looked at, so that a caller can
    /// send one that lies elsewhere.
    ///
    /// Layout, all little-endian: kind 1, flags 1, beside 2, ticket 4, a 8, b 8, length 8.
    #[inline]
    pub(crate) fn header(&self, len: usize) -> [u8; HEADER] {
        // By whole words, as it is read: a processor waits for a word that was written in parts.
        let first = u64::from(self.kind)
            | u64::from(self.flags) << 8
            | u64::from(self.beside) << 16
            | u64::from(self.ticket) << 32;
        let mut header = [0; HEADER];
        for (place, word) in header.chunks_exact_mut(8).zip([first, self.a, self.b, len as u64]) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        header
    }

    /// The frame that begins so, and the length of its body. What cannot be a header is
    /// [`NONSENSE`] without a body: waiting for a body that long would be waiting for ever.
    #[inline]
    fn parse(header: &[u8; HEADER]) -> (Frame<'static>, u64) {
        let word = |at: usize| u64::from_le_bytes(*header[at..].first_chunk().expect("in bounds"));
        let first = word(0);
        let frame = Frame {
            kind: first as u8,
            flags: (first >> 8) as u8,
            beside: (first >> 16) as u16,
            ticket: (first >> 32) as u32,
            a: word(8),
            b: word(16),
            body: Cow::default(),
        };
        match word(24) {
            len if len <= LONGEST && usize::from(frame.beside) <= MOST => (frame, len),
            _ => (Frame { kind: NONSENSE, ..Frame::default() }, 0),
        }
    }
}

/// Puts frames together from bytes that arrive in any pieces.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// The beginning of a header that has not arrived whole.
    header: Vec<u8>,
    /// The frame whose body is arriving.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    frame: Frame<'static>,
    body: Vec<u8>,
    /// How many bytes of the body are missing.
    missing: u64,
}

impl Open {
    /// Sets memory aside for what is missing, as much as is believed: so a large body seldom moves, and lies in huge pages.
    fn make_room(&mut self) {
        let missing = usize::try_from(self.missing).unwrap_or(usize::MAX);
        let len = self.body.len();
        if self.body.capacity() - len < missing.min(ROOM) {
            let believed = TRUSTED.max(len.saturating_mul(TRUST)) - len;
            // Without so much memory the body grows by what it needs, as far as that goes.
            let _ = self.body.try_reserve_exact(missing.min(believed));
            prefer_huge_pages(self.body.spare_capacity_mut());
        }
    }
}

impl Decoder {
    /// Takes the next frame from the front of `bytes`, moving it on; `None` when all bytes are
    /// used up and the frame is not whole yet.
    #[inline]
    pub(crate) fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Option<Frame<'a>> {
        // Nearly all small frames lie in one piece.
        if self.open.is_none()
            && self.header.is_empty()
            && let Some((header, rest)) = bytes.split_first_chunk::<HEADER>()
            && let (frame, len) = Frame::parse(header)
            && let Some((body, rest)) =
                usize::try_from(len).ok().and_then(|len| rest.split_at_checked(len))
        {
            *bytes = rest;
            return Some(Frame { body: Cow::Borrowed(body), ..frame });
        }
        self.put_together(bytes)
    }

    fn put_together<'a>(&mut self, bytes: &mut &'a [u8]) -> Option<Frame<'a>> {
        if self.open.is_none() {
            let (frame, missing) = self.begin(bytes)?;
            self.open = Some(Open { frame, body: Vec::new(), missing });
        }
        let open = self.open.as_mut().expect("opened above");
        open.make_room();
        let taken = split(bytes, usize::try_from(open.missing).unwrap_or(usize::MAX));
        open.body.extend_from_slice(taken);
        open.missing -= taken.len() as u64;
        if open.missing > 0 {
            return None;
        }
        self.open.take().map(|open| Frame { body: Cow::Owned(open.body), ..open.frame })
    }

    /// The next header, put together if it comes in pieces, and the length of the body behind it.
    fn begin(&mut self, bytes: &mut &[u8]) -> Option<(Frame<'static>, u64)> {
        let taken = split(bytes, HEADER - self.header.len());
        self.header.extend_from_slice(taken);
        let begun = Frame::parse(self.header.first_chunk::<HEADER>()?);
        self.header.clear();
        Some(begun)
    }

    /// Where bytes of the body that is arriving can be put without a detour, and how many are missing.
    pub(crate) fn body(&mut self) -> Option<(&mut Vec<u8>, u64)> {
        self.open.as_mut().map(|open| {
            open.make_room();
            (&mut open.body, open.missing)
        })
    }

    /// Says that so many bytes were put where [`body`](Self::body) told; the frame if it is whole now.
    pub(crate) fn put(&mut self, count: usize) -> Option<Frame<'static>> {
        let open = self.open.as_mut()?;
        open.missing -= count as u64;
        if open.missing > 0 {
            return None;
        }
        self.open.take().map(|open| Frame { body: Cow::Owned(open.body), ..open.frame })
    }
}

/// Splits at most `len` bytes off the front.
fn split<'a>(bytes: &mut &'a [u8], len: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(len.min(bytes.len()));
    *bytes = rest;
    taken
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn frames() -> impl Strategy<Value = Vec<Frame<'static>>> {
        let frame = (any::<(u8, u8, u32, u64, u64)>(), vec(any::<u8>(), 0..100)).prop_map(
            |((kind, flags, ticket, a, b), body)| Frame {
                kind,
                flags,
                beside: u16::from(flags) % MOST as u16,
                ticket,
                a,
                b,
                body: Cow::Owned(body),
            },
        );
        vec(frame, 0..5)
    }

    proptest! {
        #[test]
        fn frames_survive_being_cut_anywhere(frames in frames(), cuts in vec(1_usize..50, 1..20)) {
            let mut bytes = Vec::new();
            for frame in &frames {
                bytes.extend(frame.header(frame.body.len()));
                bytes.extend_from_slice(&frame.body);
            }
            let mut decoder = Decoder::default();
            let mut arrived = Vec::new();
            let mut rest = &bytes[..];
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let mut piece = split(&mut rest, *cut);
                while let Some(frame) = decoder.next(&mut piece) {
                    let body = Cow::Owned(frame.body.into_owned());
                    arrived.push(Frame { body, ..frame });
                }
            }
            prop_assert_eq!(arrived, frames);
            prop_assert!(decoder.open.is_none() && decoder.header.is_empty());
        }

        #[test]
        fn what_cannot_be_a_header_is_not_waited_for(mut header: [u8; HEADER], pad in MOST as u16 + 1..) {
            header[2..4].copy_from_slice(&pad.to_le_bytes());
            let frame = Decoder::default().next(&mut &header[..]);
            prop_assert_eq!(frame.map(|frame| frame.kind), Some(NONSENSE));
            header[2..4].fill(0);
            header[24..32].copy_from_slice(&(LONGEST + 1).to_le_bytes());
            let frame = Decoder::default().next(&mut &header[..]);
            prop_assert_eq!(frame.map(|frame| frame.kind), Some(NONSENSE));
        }

        #[test]
        fn any_bytes_are_taken_without_a_panic(bytes in vec(any::<u8>(), 0..300)) {
            let mut decoder = Decoder::default();
            let mut rest = &bytes[..];
            while decoder.next(&mut rest).is_some() {}
            prop_assert!(rest.is_empty());
        }
    }
}

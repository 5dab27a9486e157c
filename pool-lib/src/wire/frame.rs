//! Frames: a header, then a body of the length that the header says.
//!
//! A header is long, or short where that says all: what a worker says most, that a task has returned, is then not four
//! times as long as the result of a small task, and each line of a processor's cache that goes over carries that many more.
//!
//! Must not know what a frame means.

use std::borrow::Cow;
use std::ops::Deref;

use crate::beside::MOST;
use crate::sys::prefer_huge_pages;

/// The size of a long header, and of a short one, in bytes.
const LONG: usize = 32;
const SHORT: usize = 8;
/// What a short header has in its first byte beside the kind.
const IS_SHORT: u8 = 0x80;
/// Kinds and flags are less than these: most of what was never meant as a header is known for that at once.
const KINDS: u8 = 32;
const FLAGS: u8 = 16;

/// How much memory the header of somebody who is not trusted can make us set aside, in bytes; and how many times what has
/// really arrived. Moving what lies in huge pages breaks them up, so that should not happen twice.
const BELIEVED: usize = 1 << 20;
const BELIEF: usize = 1024;
/// With less room than this, in bytes, a body is given more.
const ROOM: usize = 64 << 10;

/// No body is longer: more than any machine has memory.
const LONGEST: u64 = 1 << 48;
/// The kind of a frame that never was one; no message has it.
const NONSENSE: u8 = 0;

/// One message. What the fields mean depends on `kind`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// Less than [`KINDS`].
    pub(crate) kind: u8,
    /// Less than [`FLAGS`].
    pub(crate) flags: u8,
    /// How many pieces of memory are sent beside it, by another way.
    pub(crate) beside: u16,
    pub(crate) ticket: u32,
    pub(crate) a: u64,
    pub(crate) b: u64,
    /// Borrowed where the whole frame lay in one piece.
    pub(crate) body: Cow<'a, [u8]>,
}

/// The bytes of a header.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Header {
    Short([u8; SHORT]),
    Long([u8; LONG]),
}

impl Deref for Header {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Header::Short(bytes) => bytes,
            Header::Long(bytes) => bytes,
        }
    }
}

impl Frame<'_> {
    /// The header for a body of `len` bytes; `body` itself is not looked at, so that a caller can
    /// send one that lies elsewhere.
    ///
    /// Layout, all little-endian: kind 1, flags 1, beside 2, ticket 4, a 8, b 8, length 8. A short one, for which all that
    /// it leaves out must be 0: kind and [`IS_SHORT`] 1, flags 1, length 2, ticket 4.
    #[inline]
    pub(crate) fn header(&self, len: usize) -> Header {
        debug_assert!(self.kind < KINDS && self.flags < FLAGS);
        // By whole words, as it is read: a processor waits for a word that was written in parts.
        let first = |kind: u8, third: u16| {
            u64::from(kind)
                | u64::from(self.flags) << 8
                | u64::from(third) << 16
                | u64::from(self.ticket) << 32
        };
        if let Ok(len) = u16::try_from(len)
            && (self.beside, self.a, self.b) == (0, 0, 0)
        {
            return Header::Short(first(self.kind | IS_SHORT, len).to_le_bytes());
        }
        let mut header = [0; LONG];
        let first = first(self.kind, self.beside);
        for (place, word) in header.chunks_exact_mut(8).zip([first, self.a, self.b, len as u64]) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        Header::Long(header)
    }

    /// The frame that begins with the header at the front of `bytes`, the length of its body, and what stands behind the
    /// header; `None` while that is not whole. What cannot be a header is [`NONSENSE`] without a body: waiting for a body
    /// that long would be waiting for ever.
    #[inline]
    fn begin(bytes: &[u8]) -> Option<(Frame<'static>, u64, &[u8])> {
        let (first, rest) = bytes.split_first_chunk::<SHORT>()?;
        let first = u64::from_le_bytes(*first);
        let (kind, flags) = (first as u8, (first >> 8) as u8);
        let (third, ticket) = ((first >> 16) as u16, (first >> 32) as u32);
        if kind & !IS_SHORT >= KINDS || flags >= FLAGS {
            return Some((Frame { kind: NONSENSE, ..Frame::default() }, 0, rest));
        }
        if kind & IS_SHORT != 0 {
            let frame = Frame { kind: kind & !IS_SHORT, flags, ticket, ..Frame::default() };
            return Some((frame, third.into(), rest));
        }
        let (words, rest) = rest.split_first_chunk::<{ LONG - SHORT }>()?;
        let word = |at: usize| u64::from_le_bytes(*words[at..].first_chunk().expect("in bounds"));
        let (a, b, len) = (word(0), word(8), word(16));
        if len > LONGEST || usize::from(third) > MOST {
            return Some((Frame { kind: NONSENSE, ..Frame::default() }, 0, rest));
        }
        Some((Frame { kind, flags, beside: third, ticket, a, b, body: Cow::default() }, len, rest))
    }
}

/// What stands behind a short header of this kind and ticket, without flags, at the front of `bytes`, and how much of that
/// is the body. `None` if anything else stands there, or not all of it. Agrees with [`Decoder::next`], and asks one
/// question where that asks many.
#[inline]
pub(super) fn behind_short(kind: u8, ticket: u32, bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (first, behind) = bytes.split_first_chunk::<SHORT>()?;
    let first = u64::from_le_bytes(*first);
    let len = usize::from((first >> 16) as u16);
    let expected = u64::from(kind | IS_SHORT) | u64::from(ticket) << 32;
    (first & !(0xffff << 16) == expected && len <= behind.len()).then_some((behind, len))
}

/// Puts frames together from bytes that arrive in any pieces.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// The beginning of a header that has not arrived whole.
    header: Vec<u8>,
    /// The frame whose body is arriving.
    open: Option<Open>,
    /// Whether the other side means what it says.
    trusts: bool,
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
    fn make_room(&mut self, trusts: bool) {
        let missing = usize::try_from(self.missing).unwrap_or(usize::MAX);
        let len = self.body.len();
        if self.body.capacity() - len < missing.min(ROOM) {
            let believed = BELIEVED.max(len.saturating_mul(BELIEF)) - len;
            let room = if trusts { missing } else { missing.min(believed) };
            // Without so much memory the body grows by what it needs, as far as that goes.
            let _ = self.body.try_reserve_exact(room);
            prefer_huge_pages(self.body.spare_capacity_mut());
        }
    }
}

impl Decoder {
    /// One for what comes from the pool.
    pub(crate) fn trusting() -> Self {
        Self { trusts: true, ..Self::default() }
    }

    /// Takes the next frame from the front of `bytes`, moving it on; `None` when all bytes are
    /// used up and the frame is not whole yet.
    #[inline]
    pub(crate) fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Option<Frame<'a>> {
        // Nearly all small frames lie in one piece.
        if self.is_between_frames()
            && let Some((frame, len, rest)) = Frame::begin(bytes)
            && let Some((body, rest)) =
                usize::try_from(len).ok().and_then(|len| rest.split_at_checked(len))
        {
            *bytes = rest;
            return Some(Frame { body: Cow::Borrowed(body), ..frame });
        }
        self.put_together(bytes)
    }

    /// Whether no part of a frame has been taken that is not whole yet.
    #[inline]
    pub(crate) fn is_between_frames(&self) -> bool {
        self.open.is_none() && self.header.is_empty()
    }

    fn put_together<'a>(&mut self, bytes: &mut &'a [u8]) -> Option<Frame<'a>> {
        if self.open.is_none() {
            let (frame, missing) = self.begin(bytes)?;
            self.open = Some(Open { frame, body: Vec::new(), missing });
        }
        let open = self.open.as_mut().expect("opened above");
        open.make_room(self.trusts);
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
        for size in [SHORT, LONG] {
            self.header.extend_from_slice(split(bytes, size.saturating_sub(self.header.len())));
            if let Some((frame, len, _)) = Frame::begin(&self.header) {
                self.header.clear();
                return Some((frame, len));
            }
        }
        None
    }

    /// Where bytes of the body that is arriving can be put without a detour, and how many are missing.
    pub(crate) fn body(&mut self) -> Option<(&mut Vec<u8>, u64)> {
        self.open.as_mut().map(|open| {
            open.make_room(self.trusts);
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
        let parts = (any::<(u8, u8, u32)>(), any::<Option<(u16, u64, u64)>>());
        let frame = (parts, vec(any::<u8>(), 0..100)).prop_map(|(parts, body)| {
            let ((kind, flags, ticket), rest) = parts;
            let (beside, a, b) = rest.unwrap_or_default();
            let (kind, flags, beside) = (kind % KINDS, flags % FLAGS, beside % MOST as u16);
            Frame { kind, flags, beside, ticket, a, b, body: Cow::Owned(body) }
        });
        vec(frame, 0..5)
    }

    proptest! {
        #[test]
        fn frames_survive_being_cut_anywhere(frames in frames(), cuts in vec(1_usize..50, 1..20)) {
            let mut bytes = Vec::new();
            for frame in &frames {
                bytes.extend_from_slice(&frame.header(frame.body.len()));
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
        fn what_cannot_be_a_header_is_not_waited_for(mut header: [u8; LONG], pad in MOST as u16 + 1..) {
            let (kind, flags) = (header[0] % KINDS, header[1] % FLAGS);
            header[..2].copy_from_slice(&[kind, flags]);
            header[2..4].copy_from_slice(&pad.to_le_bytes());
            let frame = Decoder::default().next(&mut &header[..]);
            prop_assert_eq!(frame.map(|frame| frame.kind), Some(NONSENSE));
            header[2..4].fill(0);
            header[24..32].copy_from_slice(&(LONGEST + 1).to_le_bytes());
            let frame = Decoder::default().next(&mut &header[..]);
            prop_assert_eq!(frame.map(|frame| frame.kind), Some(NONSENSE));
            for (kind, flags) in [(KINDS, 0), (1, FLAGS), (KINDS | IS_SHORT, 0), (IS_SHORT, FLAGS)] {
                header[..2].copy_from_slice(&[kind, flags]);
                let frame = Decoder::default().next(&mut &header[..SHORT]);
                prop_assert_eq!(frame.map(|frame| frame.kind), Some(NONSENSE));
            }
        }

        #[test]
        fn a_header_is_short_where_that_says_all(flags in 0..FLAGS, ticket: u32, len in 0_usize..1 << 17) {
            let frame = Frame { kind: 16, flags, ticket, ..Frame::default() };
            let size = if len < 1 << 16 { SHORT } else { LONG };
            prop_assert_eq!(frame.header(len).len(), size);
            for more in [
                Frame { a: 1, ..frame.clone() },
                Frame { b: 1, ..frame.clone() },
                Frame { beside: 1, ..frame },
            ] {
                prop_assert_eq!(more.header(len).len(), LONG);
            }
        }

        #[test]
        fn what_is_read_at_a_glance_is_what_the_decoder_reads(
            (kind, flags, ticket) in (0..KINDS, 0..2_u8, any::<u32>()),
            body in vec(any::<u8>(), 0..40),
            (cut, behind) in (0_usize..60, vec(any::<u8>(), 0..40)),
            spoilt in any::<Option<(u8, u8)>>(),
        ) {
            let frame = Frame { kind, flags, ticket, ..Frame::default() };
            let mut bytes = [&frame.header(body.len())[..], &body, &behind].concat();
            bytes.truncate(bytes.len().saturating_sub(cut % (behind.len() + 9)));
            if let Some((place, with)) = spoilt
                && let Some(byte) = bytes.get_mut(usize::from(place % 64))
            {
                *byte ^= with;
            }
            let mut rest = &bytes[..];
            let next = Decoder::default().next(&mut rest);
            match behind_short(kind, ticket, &bytes) {
                Some((body, len)) => {
                    let body = Cow::Borrowed(&body[..len]);
                    prop_assert_eq!(next, Some(Frame { kind, ticket, body, ..Frame::default() }));
                }
                None => {
                    let plain = |frame: &Frame<'_>| {
                        let Frame { flags, beside, a, b, body, .. } = frame;
                        (frame.kind, frame.ticket) == (kind, ticket)
                            && (*flags, *beside, *a, *b) == (0, 0, 0, 0)
                            && bytes.len() - rest.len() == SHORT + body.len()
                    };
                    prop_assert!(!next.as_ref().is_some_and(plain), "{:?}", next);
                }
            }
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

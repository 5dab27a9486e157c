//! Frames: a header of fixed size, then a body of the length that the header says.
//!
//! Must not know what a frame means.

/// The size of a header, in bytes.
const HEADER: usize = 32;

/// How much memory a header alone can make us set aside; the rest grows as bytes really arrive.
const TRUSTED: usize = 1 << 20;

/// No body is longer: more than any machine has memory.
const LONGEST: u64 = 1 << 48;
/// The kind of a frame that never was one; no message has it.
const NONSENSE: u8 = 0;

/// One message. What the fields mean depends on `kind`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) ticket: u32,
    pub(crate) a: u64,
    pub(crate) b: u64,
    pub(crate) body: Vec<u8>,
}

impl Frame {
    /// The header for a body of `len` bytes; `body` itself is not looked at, so that a caller can
    /// send one that lies elsewhere.
    ///
    /// Layout, all little-endian: kind 1, flags 1, zero 2, ticket 4, a 8, b 8, length 8.
    pub(crate) fn header(&self, len: usize) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[0] = self.kind;
        header[1] = self.flags;
        header[4..8].copy_from_slice(&self.ticket.to_le_bytes());
        header[8..16].copy_from_slice(&self.a.to_le_bytes());
        header[16..24].copy_from_slice(&self.b.to_le_bytes());
        header[24..32].copy_from_slice(&(len as u64).to_le_bytes());
        header
    }

    /// The frame that begins so, and the length of its body. What cannot be a header is
    /// [`NONSENSE`] without a body: waiting for a body that long would be waiting for ever.
    fn parse(header: &[u8; HEADER]) -> (Self, u64) {
        let word = |at: usize| u64::from_le_bytes(*header[at..].first_chunk().expect("in bounds"));
        let frame = Self {
            kind: header[0],
            flags: header[1],
            ticket: u32::from_le_bytes(*header[4..].first_chunk().expect("in bounds")),
            a: word(8),
            b: word(16),
            body: Vec::new(),
        };
        match word(24) {
            len if len <= LONGEST && header[2..4] == [0, 0] => (frame, len),
            _ => (Self { kind: NONSENSE, ..Self::default() }, 0),
        }
    }
}

/// Puts frames together from bytes that arrive in any pieces.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    header: Vec<u8>,
    /// The frame whose body is arriving, and how many bytes of it are missing.
    open: Option<(Frame, u64)>,
}

impl Decoder {
    /// Takes the next frame from the front of `bytes`, moving it on; `None` when all bytes are
    /// used up and the frame is not whole yet.
    pub(crate) fn next(&mut self, bytes: &mut &[u8]) -> Option<Frame> {
        if self.open.is_none() {
            let taken = split(bytes, HEADER - self.header.len());
            self.header.extend_from_slice(taken);
            let header = self.header.first_chunk::<HEADER>()?;
            let (mut frame, len) = Frame::parse(header);
            frame.body.reserve_exact(usize::try_from(len).unwrap_or(TRUSTED).min(TRUSTED));
            self.open = Some((frame, len));
            self.header.clear();
        }
        let (frame, missing) = self.open.as_mut().expect("opened above");
        let taken = split(bytes, usize::try_from(*missing).unwrap_or(usize::MAX));
        frame.body.extend_from_slice(taken);
        *missing -= taken.len() as u64;
        if *missing > 0 {
            return None;
        }
        self.open.take().map(|(frame, _)| frame)
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

    fn frames() -> impl Strategy<Value = Vec<Frame>> {
        let frame = (any::<(u8, u8, u32, u64, u64)>(), vec(any::<u8>(), 0..100)).prop_map(
            |((kind, flags, ticket, a, b), body)| Frame { kind, flags, ticket, a, b, body },
        );
        vec(frame, 0..5)
    }

    proptest! {
        #[test]
        fn frames_survive_being_cut_anywhere(frames in frames(), cuts in vec(1_usize..50, 1..20)) {
            let mut bytes = Vec::new();
            for frame in &frames {
                bytes.extend(frame.header(frame.body.len()));
                bytes.extend(&frame.body);
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
                    arrived.push(frame);
                }
            }
            prop_assert_eq!(arrived, frames);
            prop_assert!(decoder.open.is_none() && decoder.header.is_empty());
        }

        #[test]
        fn what_cannot_be_a_header_is_not_waited_for(mut header: [u8; HEADER], pad in 1_u16..) {
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

//! A worker's output as lines, each with the task in which it was written.
//!
//! A worker says in the stream itself where a task begins and ends: by a mark that holds a secret of this
//! one worker, so that nothing that a task prints can be one by accident. A task that finds out the
//! secret can lie about the tasks of its own worker, and no other.
//!
//! Must not know tasks: tickets only.

use serde::{Deserialize, Serialize};

/// What is kept of a line, in bytes; the rest of it is counted.
const LONGEST: usize = 64 << 10;
/// The first byte of a mark: one that text does not contain.
const FIRST: u8 = 0x1e;
/// The length of a mark: the first byte, the secret, the ticket.
const MARK: usize = 1 + 16 + 4;
/// In a mark in the place of a ticket: no task.
const NONE: u32 = u32::MAX;

/// What tells one worker's marks from everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Secret(pub(crate) [u8; 16]);

impl Secret {
    /// Made of random bytes. None of its own is the first of a mark or the end of a line, so that what begins
    /// like a mark and is none hides neither.
    pub(crate) fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes.map(|byte| byte | 0x80))
    }

    /// The mark behind which the output of this ticket's task stands, or that of none.
    pub(crate) fn mark(&self, ticket: Option<u32>) -> [u8; MARK] {
        let mut mark = [FIRST; MARK];
        mark[1..17].copy_from_slice(&self.0);
        mark[17..].copy_from_slice(&ticket.unwrap_or(NONE).to_le_bytes());
        mark
    }
}

/// One line of output, without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) ticket: Option<u32>,
    /// What is no UTF-8 is replaced.
    pub(crate) text: String,
    /// How many bytes of it were too many.
    pub(crate) cut: u64,
}

/// Puts lines together from bytes that arrive in any pieces.
#[derive(Debug)]
pub(crate) struct Lines {
    secret: Secret,
    ticket: Option<u32>,
    line: Vec<u8>,
    cut: u64,
    /// What may become a mark.
    maybe: Vec<u8>,
}

impl Lines {
    pub(crate) fn new(secret: Secret) -> Self {
        Self { secret, ticket: None, line: Vec::new(), cut: 0, maybe: Vec::new() }
    }

    /// Takes in what has arrived, and hands over the lines that are whole now.
    pub(crate) fn take(&mut self, mut bytes: &[u8], mut on_line: impl FnMut(Line)) {
        while !bytes.is_empty() {
            if !self.maybe.is_empty() {
                bytes = self.go_on_with_mark(bytes, &mut on_line);
                continue;
            }
            let plain = bytes.iter().position(|byte| *byte == b'\n' || *byte == FIRST);
            let (text, rest) = bytes.split_at(plain.unwrap_or(bytes.len()));
            self.add(text);
            bytes = rest;
            if let Some((first, rest)) = rest.split_first() {
                bytes = rest;
                match *first {
                    FIRST => self.maybe.push(FIRST),
                    _ => self.end_line(&mut on_line),
                }
            }
        }
    }

    /// Nothing more will come: hands over the line that has no end.
    pub(crate) fn finish(&mut self, mut on_line: impl FnMut(Line)) {
        let maybe = std::mem::take(&mut self.maybe);
        self.add(&maybe);
        self.end_text(&mut on_line);
    }

    /// Goes on with what may be a mark; returns what is left to look at.
    fn go_on_with_mark<'a>(&mut self, bytes: &'a [u8], on_line: &mut impl FnMut(Line)) -> &'a [u8] {
        let (next, rest) = bytes.split_first().expect("the caller has looked");
        // The secret comes first; all that follows it is a ticket.
        let place = self.maybe.len() - 1;
        if self.secret.0.get(place).is_some_and(|byte| byte != next) {
            let text = std::mem::take(&mut self.maybe);
            self.add(&text);
            return bytes;
        }
        self.maybe.push(*next);
        if let Some(ticket) = self.maybe.get(17..).and_then(|bytes| bytes.first_chunk()) {
            let ticket = u32::from_le_bytes(*ticket);
            self.maybe.clear();
            self.end_text(on_line);
            self.ticket = (ticket != NONE).then_some(ticket);
        }
        rest
    }

    fn add(&mut self, text: &[u8]) {
        let room = LONGEST - self.line.len();
        let (kept, cut) = text.split_at(text.len().min(room));
        self.line.extend_from_slice(kept);
        self.cut += cut.len() as u64;
    }

    /// A mark ends what was begun, if anything was.
    fn end_text(&mut self, on_line: &mut impl FnMut(Line)) {
        if !self.line.is_empty() {
            self.end_line(on_line);
        }
    }

    fn end_line(&mut self, on_line: &mut impl FnMut(Line)) {
        let text = String::from_utf8_lossy(&self.line).into_owned();
        self.line.clear();
        let cut = std::mem::take(&mut self.cut);
        on_line(Line { ticket: self.ticket, text, cut });
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const SECRET: Secret = Secret([7; 16]);

    /// The lines in `bytes`, arriving in pieces of these sizes.
    fn lines(bytes: &[u8], cuts: &[usize]) -> Vec<Line> {
        let (mut lines, mut found, mut rest) = (Lines::new(SECRET), Vec::new(), bytes);
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, later) = rest.split_at((*cut).min(rest.len()));
            lines.take(piece, |line| found.push(line));
            rest = later;
        }
        lines.finish(|line| found.push(line));
        found
    }

    fn line(ticket: Option<u32>, text: &str) -> Line {
        Line { ticket, text: text.to_owned(), cut: 0 }
    }

    #[test]
    fn lines_have_the_task_in_which_they_were_written() {
        let mut bytes = b"before\n".to_vec();
        bytes.extend(SECRET.mark(Some(1)));
        bytes.extend(b"one\n\nwithout an end");
        bytes.extend(SECRET.mark(None));
        bytes.extend(b"between\n");
        bytes.extend(SECRET.mark(Some(2)));
        bytes.extend(b"last \xff words");
        let expected = [
            line(None, "before"),
            line(Some(1), "one"),
            line(Some(1), ""),
            line(Some(1), "without an end"),
            line(None, "between"),
            line(Some(2), "last \u{fffd} words"),
        ];
        assert_eq!(lines(&bytes, &[1000]), expected);
    }

    #[test]
    fn a_long_line_is_cut_and_what_was_cut_is_counted() {
        let mut bytes = vec![b'x'; LONGEST + 5];
        bytes.extend(b"\nnext\n");
        let found = lines(&bytes, &[4096]);
        assert_eq!((found[0].text.len(), found[0].cut), (LONGEST, 5));
        assert_eq!(found[1], line(None, "next"));
    }

    fn piece() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            vec(prop_oneof![Just(b'a'), Just(b'\n'), Just(FIRST), Just(7)], 0..30),
            (0_u32..3).prop_map(|ticket| SECRET.mark(Some(ticket)).to_vec()),
            Just(SECRET.mark(None).to_vec()),
            // As good as a mark, but for the last byte of the secret.
            Just([&[FIRST][..], &[7; 15], b"8"].concat()),
        ]
    }

    proptest! {
        #[test]
        fn output_may_arrive_in_any_pieces(
            pieces in vec(piece(), 0..12),
            cuts in vec(1_usize..30, 1..10),
        ) {
            let bytes = pieces.concat();
            prop_assert_eq!(lines(&bytes, &cuts), lines(&bytes, &[usize::MAX]));
        }

        #[test]
        fn without_marks_nothing_is_lost_and_nothing_added(text in "[a-z\u{1e}\n]{0,200}") {
            let found: Vec<String> =
                lines(text.as_bytes(), &[7]).into_iter().map(|line| line.text).collect();
            let expected: Vec<&str> = text.split_terminator('\n').collect();
            prop_assert_eq!(found, expected);
        }
    }
}

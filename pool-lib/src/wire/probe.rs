//! What a worker writes, in any pieces: frames, replies, lines of output.
//!
//! Must not be compiled into a program.

use std::borrow::Cow;

use super::frame::{Decoder, Frame};
use super::lines::{Line, Lines, Secret};
use super::reply::{Ended, Reply};
use crate::codec;
use crate::error::{RemotePanic, StartFailure};

/// Decisions, taken from the front of what a fuzzer gives. When it is used up, all of them are 0.
pub(crate) struct Script<'a>(pub(crate) &'a [u8]);

impl Script<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.number::<1>() as u8
    }

    pub(crate) fn word(&mut self) -> u64 {
        self.number::<8>()
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken.to_vec()
    }

    fn number<const N: usize>(&mut self) -> u64 {
        let mut word = [0; 8];
        let taken = self.bytes(N);
        word[..taken.len()].copy_from_slice(&taken);
        u64::from_le_bytes(word)
    }
}

/// Bytes in pieces give the same frames as in one, whether a body comes through the decoder or straight to its place.
pub(crate) fn frames(bytes: &[u8]) {
    let mut script = Script(bytes);
    let cuts: Vec<usize> = (0..8).map(|_| usize::from(script.byte()) + 1).collect();
    let bytes = script.0;
    let mut whole = Vec::new();
    let mut rest = bytes;
    let mut decoder = Decoder::default();
    while let Some(frame) = decoder.next(&mut rest) {
        whole.push(owned(frame));
    }
    assert!(rest.is_empty());
    let (mut through, mut beside) = (Vec::new(), Vec::new());
    let (mut decoder, mut bypassed) = (Decoder::default(), Decoder::default());
    let mut rest = bytes;
    for cut in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, later) = rest.split_at((*cut).min(rest.len()));
        rest = later;
        let mut left = piece;
        while let Some(frame) = decoder.next(&mut left) {
            through.push(owned(frame));
        }
        assert!(left.is_empty());
        take_beside(&mut bypassed, piece, &mut beside);
    }
    assert_eq!(through, whole);
    assert_eq!(beside, whole);
}

/// As a link does it: what belongs to a body that is arriving goes straight there.
fn take_beside(decoder: &mut Decoder, mut piece: &[u8], frames: &mut Vec<Frame<'static>>) {
    while !piece.is_empty() {
        if let Some((body, missing)) = decoder.body() {
            let count = usize::try_from(missing).unwrap_or(usize::MAX).min(piece.len());
            body.extend_from_slice(&piece[..count]);
            piece = &piece[count..];
            frames.extend(decoder.put(count));
        } else if let Some(frame) = decoder.next(&mut piece) {
            frames.push(owned(frame));
        }
    }
}

fn owned(frame: Frame<'_>) -> Frame<'static> {
    Frame { body: Cow::Owned(frame.body.into_owned()), ..frame }
}

/// A frame is read or refused, and so is what stands in its body; what is read can be put into words.
pub(crate) fn replies(bytes: &[u8]) {
    let mut decoder = Decoder::default();
    let mut rest = bytes;
    while let Some(frame) = decoder.next(&mut rest) {
        let (kind, ended) = (frame.kind, Ended::of(&frame));
        match Reply::parse(frame) {
            Ok(Reply::Failed(failure)) => _ = format!("{failure} {failure:?}"),
            Ok(reply) => assert_eq!(ended, None, "{reply:?}"),
            Err(why) => assert!(!why.is_empty(), "{kind}"),
        }
    }
    for skipped in [0, 8, 32] {
        let body = bytes.get(skipped..).unwrap_or_default();
        if let Ok(panic) = codec::decode::<RemotePanic>(body) {
            _ = format!("{panic} {panic:#?}");
        }
        if let Ok(failure) = codec::decode::<StartFailure>(body) {
            _ = format!("{failure}");
        }
    }
}

/// Output in pieces gives the lines that it gives in one, and those that stand between its marks.
pub(crate) fn lines(bytes: &[u8]) {
    let mut script = Script(bytes);
    let secret = Secret::from_random(*script.bytes(16).first_chunk().unwrap_or(&[0; 16]));
    let cuts: Vec<usize> = (0..4).map(|_| usize::from(script.byte()) + 1).collect();
    // One byte stands for a whole mark: no fuzzer would find one otherwise.
    let mut output = Vec::new();
    for byte in script.0 {
        match byte {
            0..8 => output.extend(secret.mark(Some(u32::from(*byte) * 0x0a1e))),
            8 => output.extend(secret.mark(None)),
            9 => output.extend(&secret.mark(None)[..1 + output.len() % 20]),
            _ => output.push(*byte),
        }
    }
    let whole = lines_of(secret, &output, &[usize::MAX]);
    assert_eq!(lines_of(secret, &output, &cuts), whole);
    assert_eq!(between_marks(secret, &output), whole);
}

fn lines_of(secret: Secret, output: &[u8], cuts: &[usize]) -> Vec<Line> {
    let (mut lines, mut found, mut rest) = (Lines::new(secret), Vec::new(), output);
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

/// The same by looking at all of it at once. (No fuzzer writes so much that a line would be cut.)
fn between_marks(secret: Secret, output: &[u8]) -> Vec<Line> {
    let mark = secret.mark(None);
    let beginning = &mark[..17];
    let (mut found, mut ticket, mut text, mut at) = (Vec::new(), None, Vec::new(), 0);
    let line = |ticket, text: &mut Vec<u8>| {
        let text = String::from_utf8_lossy(&std::mem::take(text)).into_owned();
        Line { ticket, text, cut: 0 }
    };
    while at < output.len() {
        let rest = &output[at..];
        if rest.starts_with(beginning) && rest.len() >= mark.len() {
            if !text.is_empty() {
                found.push(line(ticket, &mut text));
            }
            let number = u32::from_le_bytes(*rest[17..].first_chunk().expect("so many are there"));
            ticket = (number != u32::MAX).then_some(number);
            at += mark.len();
            continue;
        }
        // The beginning of a mark that does not end any more is text, whatever it holds.
        let unfinished = rest.starts_with(beginning);
        match rest[0] {
            b'\n' => found.push(line(ticket, &mut text)),
            byte => text.push(byte),
        }
        at += 1;
        if unfinished {
            text.extend_from_slice(&rest[1..]);
            break;
        }
    }
    if !text.is_empty() {
        found.push(line(ticket, &mut text));
    }
    found
}

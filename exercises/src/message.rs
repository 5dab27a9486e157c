//! What the processes of a scene say to the judge and what it answers, one JSON value a line. Must
//! not know who is speaking: that is for the kernel to say, not for the speaker.

use std::io::{self, BufRead, BufReader, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::analysis::Analysis;

/// Names the judge's socket to every process of a scene.
pub(crate) const JUDGE_VARIABLE: &str = "EXERCISES_JUDGE";

/// What a process says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Statement {
    /// The subject stands ready to play its scene.
    Ready,
    /// An analysis has begun here, with these arguments, on this thread.
    Analyzing { slip: Vec<u32>, thread: i32 },
    /// This analysis goes to the press.
    Publishing { seal: u64 },
    /// The column of this match stays empty.
    LeavingBlank { match_id: u32 },
    /// A letter of regret goes to the player of this match.
    Apologizing { match_id: u32, cause: Cause },
    /// The next match is read from the wire.
    Reading,
    /// This letter is asked for here, on this thread.
    Fetching { letter: u32, thread: i32 },
    /// The reader's function has ended; `children` says whether `waitid` still knows of any.
    Finished { ending: Ending, children: bool },
}

/// What a player is told about the loss of an analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// A page of the scorebook is torn.
    TornPage,
    /// The lamp at the desk went out.
    LightsOut,
}

/// What the judge answers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The subject may begin, or leave.
    Go,
    /// The analysis is done: by this process, under this seal.
    Stamp {
        desk: u32,
        seal: u64,
    },
    /// The page is torn: the analysis panics.
    Torn,
    /// The lamp goes out: the process that analyzes is killed.
    LightsOut,
    Printed,
    /// The letter is in the post.
    Posted,
    Refused,
    PressBroken,
    /// What came over the wire; nothing when it has been cut.
    Telegram(Option<u32>),
    /// The letter is about this match.
    Letter {
        match_id: u32,
    },
}

/// How the reader's function ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Ending {
    /// It returned these analyses.
    Returned(Vec<Analysis>),
    /// It returned an error, of which this is the text.
    Failed(String),
    /// It panicked: message and place.
    Panicked(String),
    /// The program ended before the function did, in this way.
    Left(String),
    /// The judge ended it: this is what was (not) going on.
    Stuck(String),
}

pub(crate) fn address(name: &str) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(name)
}

pub(crate) fn say<T: Serialize>(stream: &UnixStream, value: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    let mut stream = stream;
    stream.write_all(&line)
}

/// Reads one value; `None` when the other side has hung up.
pub(crate) fn hear<T: DeserializeOwned>(from: &mut BufReader<UnixStream>) -> io::Result<Option<T>> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(&line)?))
}

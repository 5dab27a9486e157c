//! The judge's ear: takes connections, asks the kernel who is calling, and turns what is said into
//! events for one loop. Must not know what any statement means.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufReader};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use nix::sys::socket::{getsockopt, sockopt};

use crate::message::{Answer, Statement, address, hear, say};

/// Tells one connection from another.
pub(crate) type Caller = u64;

/// What happened on a connection.
pub(crate) enum Event {
    /// Process `pid` called; the stream is for answering it.
    Called {
        caller: Caller,
        pid: u32,
        stream: UnixStream,
    },
    Said {
        caller: Caller,
        statement: Statement,
    },
    HungUp {
        caller: Caller,
    },
}

/// The open connections and what comes from them.
pub(crate) struct Hearing {
    pub(crate) address: String,
    pub(crate) events: Receiver<Event>,
    callers: HashMap<Caller, (u32, UnixStream)>,
}

/// A number that nobody can guess.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(())
}

impl Hearing {
    pub(crate) fn open() -> io::Result<Hearing> {
        let name = format!("exercise-judge-{}-{:x}", std::process::id(), random());
        let listener = UnixListener::bind_addr(&address(&name)?)?;
        let (sender, events) = channel();
        thread::Builder::new().name("ear".to_owned()).spawn(move || listen(&listener, &sender))?;
        Ok(Hearing { address: name, events, callers: HashMap::new() })
    }

    pub(crate) fn welcome(&mut self, caller: Caller, pid: u32, stream: UnixStream) {
        self.callers.insert(caller, (pid, stream));
    }

    pub(crate) fn farewell(&mut self, caller: Caller) {
        self.callers.remove(&caller);
    }

    /// The process at the other end, by the kernel's word; none when it was not welcome or is gone.
    pub(crate) fn pid_of(&self, caller: Caller) -> Option<u32> {
        self.callers.get(&caller).map(|(pid, _)| *pid)
    }

    /// Answers; a caller that is gone needs no answer.
    pub(crate) fn answer(&self, caller: Caller, answer: &Answer) {
        if let Some((_, stream)) = self.callers.get(&caller) {
            let _ = say(stream, answer);
        }
    }
}

/// Runs until the judge has gone home, which ends the process.
fn listen(listener: &UnixListener, events: &Sender<Event>) {
    for (caller, stream) in listener.incoming().flatten().enumerate() {
        let events = events.clone();
        let attend = move || attend(caller as Caller, stream, &events);
        if thread::Builder::new().name(format!("caller {caller}")).spawn(attend).is_err() {
            return;
        }
    }
}

/// Hears one caller out. Errors mean that it is gone, or that it speaks no language of ours: either
/// way it is hung up on.
fn attend(caller: Caller, stream: UnixStream, events: &Sender<Event>) {
    let Ok(credentials) = getsockopt(&stream, sockopt::PeerCredentials) else { return };
    let Ok(answering) = stream.try_clone() else { return };
    let pid = credentials.pid() as u32;
    if events.send(Event::Called { caller, pid, stream: answering }).is_err() {
        return;
    }
    let mut from = BufReader::new(stream);
    while let Ok(Some(statement)) = hear::<Statement>(&mut from) {
        if events.send(Event::Said { caller, statement }).is_err() {
            return;
        }
    }
    let _ = events.send(Event::HungUp { caller });
}

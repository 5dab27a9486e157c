//! A place where tasks report to the test and wait to be let on: how the tests bring processes together
//! without a clock.
//!
//! Must not know pools. A visit is a socket: when the visiting process ends, the test sees it.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// The test's side. Its name is an argument that any task can be given.
pub(crate) struct Gate {
    name: String,
    listener: UnixListener,
}

/// A task that stands at the gate.
pub(crate) struct Visitor {
    stream: UnixStream,
    /// Its process.
    pub(crate) pid: u32,
    /// What it says about itself.
    pub(crate) tag: u64,
}

impl Gate {
    /// A gate that no other test has.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("pool-lib-test-{}-{number}", process::id());
        let listener = UnixListener::bind_addr(&address(&name)).unwrap();
        Self { name, listener }
    }

    pub(crate) fn name(&self) -> String {
        self.name.clone()
    }

    /// Waits for the next visitor.
    pub(crate) fn accept(&self) -> Visitor {
        let (stream, _) = self.listener.accept().unwrap();
        Visitor::meet(stream)
    }

    /// Waits for so many, who then stand here at the same time; sorted by what they say.
    pub(crate) fn accept_all(&self, count: usize) -> Vec<Visitor> {
        let mut visitors: Vec<_> = (0..count).map(|_| self.accept()).collect();
        visitors.sort_by_key(|visitor| visitor.tag);
        visitors
    }

    /// Whether nobody has come who was not accepted.
    pub(crate) fn is_empty(&self) -> bool {
        self.listener.set_nonblocking(true).unwrap();
        let came = self.listener.accept();
        self.listener.set_nonblocking(false).unwrap();
        matches!(came, Err(error) if error.kind() == ErrorKind::WouldBlock)
    }
}

impl Visitor {
    fn meet(mut stream: UnixStream) -> Self {
        let mut words = [0; 12];
        stream.read_exact(&mut words).expect("a visitor says who it is before anything else");
        let (pid, tag) = words.split_first_chunk::<4>().unwrap();
        let tag = u64::from_le_bytes(tag.try_into().unwrap());
        Self { stream, pid: u32::from_le_bytes(*pid), tag }
    }

    /// Lets it on.
    pub(crate) fn release(mut self) {
        // Fails when it is dead, and then there is nobody to let on.
        let _ = self.stream.write_all(&[1]);
    }

    /// Hangs up on it, and waits until its process has ended.
    pub(crate) fn dismiss(self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
        self.wait_until_gone();
    }

    /// Waits until its process has ended (or has hung up).
    pub(crate) fn wait_until_gone(mut self) {
        match self.stream.read(&mut [0]) {
            Ok(0) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            other => panic!("a visitor says nothing more than who it is: {other:?}"),
        }
    }
}

/// In a task: reports to the gate, without waiting. The test sees the stream close.
pub(crate) fn announce(gate: &str, tag: u64) -> UnixStream {
    let mut stream = UnixStream::connect_addr(&address(gate)).unwrap();
    let mut words = process::id().to_le_bytes().to_vec();
    words.extend(tag.to_le_bytes());
    stream.write_all(&words).unwrap();
    stream
}

/// In a task: reports to the gate, and waits to be let on.
pub(crate) fn visit(gate: &str, tag: u64) {
    let mut stream = announce(gate, tag);
    stream.read_exact(&mut [0]).expect("the test has hung up on a visitor");
}

fn address(name: &str) -> SocketAddr {
    SocketAddr::from_abstract_name(name).unwrap()
}

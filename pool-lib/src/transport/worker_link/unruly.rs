//! What a worker can do to its link when it does not behave; for this crate's own tests.
//!
//! Must not be compiled into a program.

use std::os::fd::AsRawFd;

use nix::sys::socket::{Shutdown, shutdown};

use super::*;

/// A link of which anything can be wanted.
pub(crate) trait Unruly {
    /// Sends these bytes, whatever they mean. The pool may have hung up, which is no matter here.
    fn say(&mut self, bytes: &[u8]);

    /// Closes the link for good.
    fn hang_up(&self);

    /// A second descriptor of the link, for another process.
    fn share(&self) -> OwnedFd;
}

impl Unruly for NewLink {
    fn say(&mut self, bytes: &[u8]) {
        let _ = send_all(self.fd.as_fd(), [bytes]);
    }

    fn hang_up(&self) {
        let _ = shutdown(self.fd.as_raw_fd(), Shutdown::Both);
    }

    fn share(&self) -> OwnedFd {
        self.fd.try_clone().expect("a descriptor is free")
    }
}

impl Unruly for Outgoing {
    fn say(&mut self, bytes: &[u8]) {
        let _ = self.send_parts([bytes]);
        self.quiet += 1;
        self.announce();
    }

    fn hang_up(&self) {
        NewLink { fd: Rc::clone(&self.fd) }.hang_up();
    }

    fn share(&self) -> OwnedFd {
        NewLink { fd: Rc::clone(&self.fd) }.share()
    }
}

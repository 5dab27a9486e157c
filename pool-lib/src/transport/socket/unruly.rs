//! What a worker can do to its link when it does not behave; for this crate's own tests.
//!
//! Must not be compiled into a program.

use std::fs::File;

use super::*;

impl WorkerLink {
    /// Sends these bytes, whatever they mean. The pool may have hung up, which is no matter here.
    pub(crate) fn say(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match write(&self.fd, bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(Errno::EINTR) => {}
                Err(_) => return,
            }
        }
    }

    /// Closes the link; what is sent from here on goes nowhere.
    pub(crate) fn hang_up(&mut self) {
        self.fd = File::options().write(true).open("/dev/null").expect("there is /dev/null").into();
    }

    /// A second descriptor of the link, for another process.
    pub(crate) fn share(&self) -> OwnedFd {
        self.fd.try_clone().expect("a descriptor is free")
    }
}

//! The bell: a byte in a socket, which stays there until somebody takes it.
//!
//! Must not know why it rings. Whoever waits for one that never rings is found by the model checker, as a deadlock.

use loom::sync::{Condvar, Mutex};

pub struct Bell {
    rung: Mutex<bool>,
    heard: Condvar,
}

impl Bell {
    pub fn new() -> Self {
        Self { rung: Mutex::new(false), heard: Condvar::new() }
    }

    pub fn ring(&self) {
        *self.rung.lock().expect("nobody panics here") = true;
        self.heard.notify_one();
    }

    /// Sleeps until it has rung, and takes all rings.
    pub fn wait(&self) {
        let mut rung = self.rung.lock().expect("nobody panics here");
        while !std::mem::replace(&mut *rung, false) {
            rung = self.heard.wait(rung).expect("nobody panics here");
        }
    }
}

//! Where callers leave orders, and the bell of the thread: `dispatcher::order` and `sys::Waker`.
//!
//! Must not know who is awake.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

use crate::bell::Bell;
use crate::error::TaskErrorKind;
use crate::omit::{self, Line, is_omitted};

/// The lines of `shared` that call the thread, without that for a panic, which cannot be played.
pub fn calls() -> impl Iterator<Item = (Line, &'static str)> {
    let text = include_str!("../../../src/dispatcher/shared.rs");
    omit::lines("shared.rs", text, &["self.orders.call()"])
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// A task that is done as soon as it is heard of.
    Task { caller: usize },
    /// No more orders of this caller.
    Leave { caller: usize },
}

impl Order {
    fn bit(self) -> u64 {
        match self {
            Order::Task { caller } => 1 << caller,
            Order::Leave { caller } => 1 << (8 + caller),
        }
    }
}

/// Orders that were given and not taken. What is left here is seen by whoever has seen what was done after it, and by
/// nobody before: less than a real channel promises.
#[derive(Default)]
pub struct Mailbox(AtomicU64);

impl Mailbox {
    pub fn is_empty(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    pub fn take(&self) -> Vec<Order> {
        let taken = self.0.swap(0, Ordering::AcqRel);
        let is_in = |order: &Order| taken & order.bit() != 0;
        let tasks = (0..8).map(|caller| Order::Task { caller });
        tasks.chain((0..8).map(|caller| Order::Leave { caller })).filter(is_in).collect()
    }
}

/// `sys::Waker`: whether the thread sleeps, and what it waits on.
pub struct Waker {
    sleeping: AtomicBool,
    pub bell: Bell,
}

impl Waker {
    pub fn new() -> Self {
        Self { sleeping: AtomicBool::new(false), bell: Bell::new() }
    }

    pub fn wake(&self) {
        fence(Ordering::SeqCst);
        if self.sleeping.swap(false, Ordering::SeqCst) {
            self.bell.ring();
        }
    }

    pub fn prepare_to_sleep(&self) {
        // As an exchange, for the reason that `Modelled::store` gives.
        self.sleeping.swap(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    pub fn awake(&self) {
        self.sleeping.swap(false, Ordering::SeqCst);
    }
}

pub struct Orders {
    pub mailbox: Arc<Mailbox>,
    pub waker: Arc<Waker>,
}

impl Orders {
    pub fn give(&self, order: Order) {
        self.mailbox.0.fetch_or(order.bit(), Ordering::Release);
    }

    #[track_caller]
    pub fn call(&self) {
        if !is_omitted() {
            self.waker.wake();
        }
    }

    pub fn are_heard(&self) -> bool {
        true
    }

    pub fn fate(&self) -> TaskErrorKind {
        TaskErrorKind
    }
}

//! How far an iterator may be ahead of its consumer.
//!
//! Must not know what is ahead.

use std::time::{Duration, Instant};

/// A window whose tasks are done and taken within this time is wider than its consumer needs only if that never
/// waited for it; else it is too narrow, and the workers spend their time waiting for tasks.
const SHORT: Duration = Duration::from_millis(2);

/// How many tasks may be submitted and not handed out.
pub(crate) struct Window {
    width: u64,
    widest: u64,
    /// When, and behind how many tasks handed out, the last look was.
    last: Option<(Instant, u64)>,
    /// Whether the consumer has waited since then.
    starved: bool,
}

impl Window {
    /// A window of the user's choice.
    pub(crate) fn fixed(width: u64) -> Self {
        Self { width, widest: width, last: None, starved: false }
    }

    /// A window that grows while tasks are short and their consumer is quicker than they are.
    pub(crate) fn growing(width: u64, widest: u64) -> Self {
        Self { width, widest, last: None, starved: false }
    }

    pub(super) fn width(&self) -> u64 {
        self.width
    }

    /// The consumer has to wait.
    pub(super) fn starves(&mut self) {
        self.starved = true;
    }

    /// To be told now and then how many tasks were handed out so far.
    pub(super) fn look(&mut self, delivered: u64) {
        if self.width < self.widest {
            self.look_at(delivered, Instant::now());
        }
    }

    fn look_at(&mut self, delivered: u64, now: Instant) {
        let (since, before) = *self.last.get_or_insert((now, delivered));
        if delivered - before < self.width {
            return;
        }
        if self.starved && now.saturating_duration_since(since) < SHORT {
            self.width = (self.width * 2).min(self.widest);
        }
        self.last = Some((now, delivered));
        self.starved = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The width after ten windows, each of which takes so long.
    fn after_ten(mut window: Window, each: Duration, starved: bool) -> u64 {
        let mut now = Instant::now();
        let mut delivered = 0;
        window.look_at(delivered, now);
        for _ in 0..10 {
            window.starved = starved;
            now += each;
            delivered += window.width;
            window.look_at(delivered, now);
        }
        window.width
    }

    #[test]
    fn a_window_widens_for_short_tasks_that_are_waited_for_and_for_nothing_else() {
        let (quick, slow) = (Duration::from_micros(100), Duration::from_millis(3));
        assert_eq!(after_ten(Window::growing(16, 1000), quick, true), 1000);
        assert_eq!(after_ten(Window::growing(16, 1000), quick, false), 16, "a slow consumer");
        assert_eq!(after_ten(Window::growing(16, 1000), slow, true), 16, "long tasks");
        assert_eq!(after_ten(Window::fixed(16), quick, true), 16, "the user's choice");
    }
}

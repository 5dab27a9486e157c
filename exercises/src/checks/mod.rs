//! The checks that several exercises share, each with its own name and its own words. A scene lists
//! them in the order in which they should speak: the first that finds something is the only one
//! heard, so what explains the most comes first. Must not know how the evidence was gathered.

mod ending;
mod work;
mod desks;
mod results;
mod press;
mod leftovers;

pub use desks::{
    enough_at_once, no_stranger, not_at_your_own_desk, not_on_threads, not_too_many,
    not_too_many_at_once, not_too_many_for, one_lobby,
};
pub use ending::{it_ended, it_returned, panicked};
pub use leftovers::{no_descriptor_open, no_desk_open, no_thread_left, no_zombie};
pub use press::{printed_at_home, printed_in_order, repeats_the_press};
pub use results::{all_came_back, in_order, signed_by_the_right_desk, under_a_seal};
pub use work::{each_only_once, nothing_missing, nothing_unasked};

use crate::scene::Check;

/// Nothing may be left behind, whatever the exercise is about.
pub const NOTHING_LEFT: &[Check] = &[no_zombie, no_desk_open, no_descriptor_open, no_thread_left];

/// "1 letter", "2 letters".
pub fn count(n: usize, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}

/// "1 match", "2 matches".
pub fn matches(n: usize) -> String {
    count(n, "match", "matches")
}

/// "1 desk", "2 desks".
pub fn desks(n: usize) -> String {
    count(n, "desk", "desks")
}

/// "1 analysis", "2 analyses".
pub fn analyses(n: usize) -> String {
    count(n, "analysis", "analyses")
}

fn processes(n: usize) -> String {
    count(n, "process", "processes")
}

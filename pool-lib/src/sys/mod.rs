//! The operating system: the only module with `unsafe` code. Each block is one operation with its reason.
//!
//! Must not know tasks, calls or queues: descriptors, processes, memory and the program's own image only.

#![allow(unsafe_code)]

mod descriptor;
mod function;
mod image;
mod interrupt;
mod limits;
mod memory;
mod output;
mod own_pid;
mod memfd;
mod process;
mod sealed;
mod shared_map;
mod signals;
mod spin;
mod standard;
pub(crate) mod sync;
mod time;

pub(crate) use descriptor::{
    Interest, Waitable, Waker, close_all_above_link, hang_up, link_pair, packet_pair,
    receive_with_descriptors, send_with_descriptors, wait_until_ready,
};
pub(crate) use function::{Answer, Entry, Input, conjure, has_no_captures};
pub(crate) use image::{Image, identity};
pub(crate) use interrupt::Interrupts;
pub use limits::Resource;
pub(crate) use limits::limit;
pub(crate) use memory::{MemoryGauge, own as own_memory, prefer_huge_pages};
pub(crate) use output::{flush_output, output_pipe};
pub(crate) use own_pid::own_pid;
pub(crate) use process::{
    FAREWELL, Forked, check_pidfds, die_with_parent, end_now, fork_sibling, is_child, kill,
    open_pidfd, pin_to_core, put_down, reap, set_name, wait_and_reap,
};
pub(crate) use sealed::{Draft, Memory};
pub(crate) use shared_map::SharedMap;
pub(crate) use signals::{
    block_signals, is_privileged, outlive_termination, prepare_worker_signals, take_role,
};
pub(crate) use spin::{Spin, cores, look_again, look_for, several_cores};
pub(crate) use standard::take_link_from_stdin;
pub(crate) use time::monotonic_ns;

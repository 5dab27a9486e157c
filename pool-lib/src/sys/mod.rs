//! The operating system: the only module with `unsafe` code. Each block is one operation with its reason.
//!
//! Must not know tasks, calls or queues: descriptors, processes, memory and the program's own image only.

#![allow(unsafe_code)]

mod claim_page;
mod descriptor;
mod function;
mod image;
mod process;
mod signals;
mod time;

pub(crate) use claim_page::ClaimPage;
pub(crate) use descriptor::{
    close_all_above_link, link_pair, link_to_fork_server, receive_with_descriptors, send_with_descriptors,
    take_link_from_stdin, wait_until_ready, Interest, Waker,
};
pub(crate) use function::{conjure, has_no_captures, Entry};
pub(crate) use image::{identity, Image};
pub(crate) use process::{
    die_with_parent, end_now, fork_sibling, is_child, kill, open_pidfd, pin_to_core, reap, set_name, Forked,
};
pub(crate) use signals::{block_signals, prepare_worker_signals, take_role};
pub(crate) use time::monotonic_ns;

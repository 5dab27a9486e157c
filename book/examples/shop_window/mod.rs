//! How many cores the machine says that it has: the number in the shop window.
//!
//! Must not know who may use them.

use std::fs;
use std::io;

/// The processors that the kernel lists for everybody to read. A container sees the same list.
pub(crate) fn cores() -> io::Result<usize> {
    let list = fs::read_to_string("/proc/cpuinfo")?;
    Ok(list.lines().filter(|line| line.starts_with("processor")).count())
}

//! How long cores have worked for this program.
//!
//! Must not know which cores, or at what.

use std::io;
use std::time::Duration;

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// What cores have done for this process and for those of its children that have ended and been asked.
pub(crate) fn total() -> io::Result<Duration> {
    let both = [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN];
    let each = both.map(|who| getrusage(who).map(|usage| time(&usage)));
    Ok(each.into_iter().sum::<nix::Result<Duration>>()?)
}

fn time(usage: &Usage) -> Duration {
    let length = |time: TimeVal| Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1_000);
    length(usage.user_time()) + length(usage.system_time())
}

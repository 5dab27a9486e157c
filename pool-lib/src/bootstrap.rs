//! Turns a re-executed copy of the program into a worker or a fork server.
//!
//! With the feature `auto-init` this happens before `main`: the loader calls the functions listed in the section
//! `.init_array`, and ours looks at one environment variable and otherwise does nothing. Without
//! the feature the program calls [`init`] first thing in `main`.
//!
//! Must not know what a worker does with its life.

use std::ffi::OsStr;
use std::fs;
use std::os::fd::OwnedFd;

use crate::launch::{ROLE, Role, serve_forks};
use crate::sys::{
    close_all_above_link, die_with_parent, end_now, prepare_worker_signals, set_name,
    take_link_from_stdin, take_role,
};
use crate::worker;

/// Takes over if this process was started as a worker; in every other process it does nothing.
///
/// Programs need this only without the feature `auto-init`, which is on by default. Then it must
/// be the first thing in `main`: whatever stands before it runs in every worker as well.
///
/// ```
/// pool_lib::init();
/// // … the rest of `main` …
/// ```
pub fn init() {
    let Some(value) = take_role(ROLE) else { return };
    let Some((role, pool)) = Role::parse(&value) else {
        eprintln!("pool-lib: the environment variable {ROLE} is for its own use; unset it");
        end_now(1);
    };
    match settle(pool) {
        Ok(link) => match role {
            Role::Worker => worker::serve(link),
            Role::ForkServer => serve_forks(link, pool),
        },
        Err(error) => {
            eprintln!("pool-lib: cannot set up a worker: {error}");
            end_now(1);
        }
    }
}

/// True in a copy of the program that should have been taken over and was not.
pub(crate) fn is_forgotten() -> bool {
    std::env::var_os(ROLE).is_some()
}

/// Does what std does before `main`, and what a worker needs besides. The order matters:
fn settle(pool: u32) -> std::io::Result<OwnedFd> {
    // 1. Bound to the pool's life, before anything that can take time.
    if !die_with_parent(pool)? {
        end_now(0);
    }
    // 2. Descriptors, before anything opens one of its own.
    let link = take_link_from_stdin()?;
    close_all_above_link(&link);
    // 3. Signals, before user code can set its own.
    prepare_worker_signals();
    // 4. The program's name, for `ps`: the kernel has named this process after `/proc/self/exe`.
    if let Some(name) = fs::read_link("/proc/self/exe")?.file_name().and_then(OsStr::to_str) {
        set_name(name);
    }
    Ok(link)
}

/// Makes sure that no linker leaves out the hook of a program that builds pools.
pub(crate) fn keep() {
    #[cfg(feature = "auto-init")]
    std::hint::black_box(&BEFORE_MAIN);
}

/// Placed where the loader finds it.
#[cfg(feature = "auto-init")]
#[used]
#[expect(unsafe_code, reason = "naming a link section is what makes this run before `main`")]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = before_main;

#[cfg(feature = "auto-init")]
extern "C" fn before_main() {
    init();
}

//! Starting this program once more, in a role.
//!
//! Must not know what the roles do.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, id};
use std::sync::Arc;

use super::Process;
use crate::sys::{open_pidfd, put_down};

/// The environment variable that tells a copy of the program its role. Its value is the role and
/// the process id of the pool's program.
pub(crate) const ROLE: &str = "POOL_LIB_ROLE";

/// What a copy of the program is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Worker,
    ForkServer,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Role::Worker => "worker",
            Role::ForkServer => "fork-server",
        }
    }

    /// Reads the variable's value: the role, and the pool's process.
    pub(crate) fn parse(value: &OsStr) -> Option<(Self, u32)> {
        let (name, parent) = value.to_str()?.split_once(':')?;
        let role = [Role::Worker, Role::ForkServer].into_iter().find(|role| role.name() == name)?;
        Some((role, parent.parse().ok()?))
    }
}

/// Starts a copy of this program with `link` as its standard input.
///
/// Must be called on a thread that lives as long as the copy shall: the kernel counts the end of
/// that thread as the end of the parent.
pub(super) fn start(role: Role, link: OwnedFd) -> io::Result<Process> {
    let mut arguments = env::args_os();
    let mut command = Command::new("/proc/self/exe");
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    command.args(arguments).env(ROLE, format!("{}:{}", role.name(), id())).stdin(link);
    let child = command.spawn()?;
    // Nobody reaps the child before the pidfd exists, so its number cannot be another's yet.
    // (Where SIGCHLD is ignored that is not so; the number would have to come around meanwhile.)
    let pidfd = open_pidfd(child.id()).inspect_err(|_| put_down(child.id()))?;
    Ok(Process { pidfd: Arc::new(pidfd) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_as_it_was_written_and_nothing_else_is() {
        let read = |text: &str| Role::parse(OsStr::new(text));
        assert_eq!(read("worker:12"), Some((Role::Worker, 12)));
        assert_eq!(read("fork-server:1"), Some((Role::ForkServer, 1)));
        for wrong in ["", "worker", "worker:", "worker:-1", "Worker:1", "fork-server:1:2"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}

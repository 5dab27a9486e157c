//! What to do about an error of the operating system.
//!
//! Must not know where it came from.

use std::io;

use nix::errno::Errno;

/// The error, and what can be done about it where that is known.
pub(crate) fn with_advice(error: &io::Error) -> String {
    let errno = error.raw_os_error().map(Errno::from_raw);
    let advice = match errno {
        Some(Errno::EMFILE) => "this program may open no more descriptors: see `ulimit -n`",
        Some(Errno::ENFILE) => "this machine has no more descriptors",
        Some(Errno::EAGAIN) => {
            "no more processes or threads are allowed, or there is no memory for one: see `ulimit -u`, \
             `ulimit -v`, and the limit of pids of a container or service"
        }
        Some(Errno::ENOMEM) => {
            "there is not enough memory (see `ulimit -v`), or the limit of pids of a container is reached"
        }
        Some(Errno::EPERM | Errno::EACCES | Errno::ENOSYS) => {
            "if this is not a matter of rights, a sandbox (seccomp) may forbid the system call"
        }
        Some(Errno::ENOENT) => "pools need /proc",
        _ => return error.to_string(),
    };
    format!("{error} ({advice})")
}

/// The same error, with the name of what was refused before it.
pub(crate) fn naming(what: &'static str) -> impl FnOnce(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{what}: {}", with_advice(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_follows_the_error_where_there_is_some() {
        // The words for it are the C library's.
        let (plain, told) = (io::Error::from(Errno::EMFILE), with_advice(&Errno::EMFILE.into()));
        assert!(told.starts_with(&format!("{plain} (")), "{told}");
        assert!(told.contains("ulimit -n"), "{told}");
        assert_eq!(with_advice(&io::Error::other("words")), "words");
        let named = naming("memfd_create")(Errno::EPERM.into());
        assert!(
            with_advice(&named).starts_with("memfd_create: Operation not permitted"),
            "{named}"
        );
        assert_eq!(with_advice(&Errno::EIO.into()), io::Error::from(Errno::EIO).to_string());
    }
}

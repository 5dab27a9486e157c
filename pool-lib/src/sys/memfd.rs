//! Files that are memory: made here, whatever is done with them.
//!
//! Must not know what they hold.

use std::ffi::CStr;
use std::io;
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::ftruncate;

use super::standard::kept_clear;
use crate::error::naming;

/// A file of `len` bytes, all 0, that can be sealed. `what` is to be said where there can be none.
pub(super) fn create(name: &CStr, len: usize, what: &'static str) -> io::Result<OwnedFd> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let file = memfd_create(name, flags).map_err(io::Error::from).and_then(kept_clear);
    let file = file.map_err(naming(what))?;
    // Beyond that limit the kernel would kill the program rather than refuse.
    let (most, _) = getrlimit(Resource::RLIMIT_FSIZE)?;
    if len as u64 > most {
        let refused = io::Error::from(Errno::EFBIG);
        return Err(naming("shared memory is a file to the kernel (see `ulimit -f`)")(refused));
    }
    ftruncate(&file, i64::try_from(len).map_err(io::Error::other)?)?;
    Ok(file)
}

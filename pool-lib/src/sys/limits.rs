//! The most that one process may use of a resource.
//!
//! Must not know whose process it is, or why it is limited.

use std::io;

use nix::sys::resource::{Resource as Kernel, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

/// Something that a worker may use only so much of; see
/// [`PoolBuilder::limit`](crate::PoolBuilder::limit). Each is a limit of the kernel's, described in
/// `setrlimit(2)`.
///
/// ```
/// use pool_lib::{Pool, Resource, TaskErrorKind, WorkerExit};
///
/// // A task that computes for ever ends its worker, not the program.
/// let pool = Pool::builder().processes(1).limit(Resource::CpuSeconds, 1).build()?;
/// let error = pool.apply(|()| -> () { loop {} }, ()).unwrap_err();
/// assert_eq!(error.kind(), &TaskErrorKind::WorkerDied(WorkerExit::Signal(24))); // SIGXCPU
/// # Ok::<(), pool_lib::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Resource {
    /// Everything that is mapped, in bytes, used or not. Beyond it an allocation fails, which ends a
    /// Rust program by `abort`. Shared libraries, stacks and what an allocator sets aside all count,
    /// so leave some hundred MiB of room; [`Data`](Self::Data) is closer to what a task allocates.
    AddressSpace,
    /// Processor time of the worker's whole life, in seconds; its end is `SIGXCPU`. A limit for
    /// one task is [`task_timeout`](crate::PoolBuilder::task_timeout).
    CpuSeconds,
    /// One more than the highest descriptor number. A worker begins with four or a few more.
    OpenFiles,
    /// The size of a core dump, in bytes. With 0 there are none.
    CoreSize,
    /// The size to which a file can be written, in bytes; writing beyond it is `SIGXFSZ`. What a worker
    /// prints counts as well, where the program's output goes into a file.
    FileSize,
    /// The stack of a worker's main thread, which runs the tasks, in bytes; its end is `SIGSEGV`.
    Stack,
    /// Processes and threads of the *user* as a whole, not of the worker, when the worker makes
    /// another one. The kernel does not hold root to it.
    Processes,
    /// Private writable memory, in bytes: the heap, and whatever else is mapped like it. Beyond it
    /// an allocation fails, which ends a Rust program by `abort`.
    Data,
    /// Memory that is locked against being swapped out, in bytes.
    LockedMemory,
}

impl Resource {
    fn kernel(self) -> Kernel {
        match self {
            Resource::AddressSpace => Kernel::RLIMIT_AS,
            Resource::CpuSeconds => Kernel::RLIMIT_CPU,
            Resource::OpenFiles => Kernel::RLIMIT_NOFILE,
            Resource::CoreSize => Kernel::RLIMIT_CORE,
            Resource::FileSize => Kernel::RLIMIT_FSIZE,
            Resource::Stack => Kernel::RLIMIT_STACK,
            Resource::Processes => Kernel::RLIMIT_NPROC,
            Resource::Data => Kernel::RLIMIT_DATA,
            Resource::LockedMemory => Kernel::RLIMIT_MEMLOCK,
        }
    }
}

/// Limits this process, for good: what it has set it cannot raise again.
pub(crate) fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let hard = match resource {
        // At the hard limit the kernel kills without a name; a second before it, it says why.
        Resource::CpuSeconds => {
            let (_, allowed) = getrlimit(resource.kernel())?;
            most.saturating_add(1).min(allowed.max(most))
        }
        _ => most,
    };
    Ok(setrlimit(resource.kernel(), most, hard)?)
}

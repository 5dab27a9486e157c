//! What workers may use at most: limits that the kernel holds them to.
//!
//! Must not limit the test process itself: other tests share it.

use std::fs::{self, File};
use std::io::Write;

use nix::sys::resource::{Resource as Kernel, getrlimit};
use nix::sys::signal::Signal;
use pool_lib::{BuildError, Pool, Resource, TaskErrorKind, WorkerExit};

use crate::own_pid;

/// More than this is set nowhere in these tests, and less is no machine's own limit.
const FILES: u64 = 53;

/// In a worker: what is set there.
fn files() -> (u64, u64) {
    getrlimit(Kernel::RLIMIT_NOFILE).unwrap()
}

both_ways! {
    fn limit_holds_before_the_initializer_and_after(method) {
        let builder = Pool::builder().processes(2).start_method(method).max_tasks_per_worker(2);
        // Of two for one resource the later one counts.
        let builder = builder.limit(Resource::OpenFiles, 99).limit(Resource::OpenFiles, FILES);
        let pool = builder.initializer(|| assert_eq!(files(), (FILES, FILES))).build().unwrap();
        let found = pool.map(|()| files(), [(); 9]).unwrap();
        assert!(found.iter().all(|limits| *limits == (FILES, FILES)), "{found:?}");
        assert_ne!(files().0, FILES, "the program itself is limited");
    }
}

/// In a task: goes beyond a limit.
fn exceed(what: u32) -> u64 {
    match what {
        0 => {
            let opened: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
            return opened.len() as u64;
        }
        1 => drop(vec![1_u8; 1 << 30]),
        2 => loop {
            std::hint::spin_loop();
        },
        3 => {
            let path = std::env::temp_dir().join(format!("pool-lib-limit-{}", own_pid(())));
            let mut file = File::create(&path).unwrap();
            fs::remove_file(path).unwrap();
            file.write_all(&[1; 8192]).unwrap();
            file.write_all(&[1; 8192]).unwrap();
        }
        _ => unreachable!(),
    }
    0
}

both_ways! {
    /// Whoever exceeds a limit meets the kernel's answer, and only that worker does.
    fn limit_exceeded_costs_one_task(method) {
        let builder = Pool::builder().processes(1).start_method(method).limit(Resource::CoreSize, 0);
        let builder = builder.limit(Resource::OpenFiles, FILES).limit(Resource::Data, 256 << 20);
        let pool = builder.limit(Resource::CpuSeconds, 1).limit(Resource::FileSize, 8192).build().unwrap();
        let opened = pool.apply(exceed, 0).unwrap();
        assert!((FILES - 8..FILES).contains(&opened), "{opened}");
        for (what, signal) in [(1, Signal::SIGABRT), (2, Signal::SIGXCPU), (3, Signal::SIGXFSZ)] {
            let error = pool.apply(exceed, what).unwrap_err();
            let died = TaskErrorKind::WorkerDied(WorkerExit::Signal(signal as i32));
            assert_eq!(error.kind(), &died);
        }
        assert_ne!(pool.apply(own_pid, ()).unwrap(), std::process::id());
    }
}

both_ways! {
    /// No machine lets a process have that many descriptors, whatever its rights.
    fn limit_that_cannot_be_set_is_a_build_error(method) {
        let builder = Pool::builder().processes(2).start_method(method);
        let error = builder.limit(Resource::OpenFiles, u64::MAX - 1).build().unwrap_err();
        assert!(matches!(error, BuildError::Os(..)), "{error}");
        let text = error.to_string();
        assert!(text.contains("OpenFiles") && text.contains("Operation not permitted"), "{text}");
    }
}

//! What a task finds around it: its standard streams, its descriptors, its arguments of all sizes.
//!
//! Must not change the surroundings of the test process: other tests share it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use pool_lib::Pool;

use crate::{own_pid, pool};

both_ways! {
    /// The link is not the standard output: nothing that is printed can get into it.
    fn println_in_worker_harmless(method) {
        let pool = pool(method, 2);
        let noisy = |n: u64| {
            println!("task {n} prints to its standard output");
            eprint!("");
            print!("");
            n
        };
        assert_eq!(pool.map(noisy, 0..5).unwrap(), [0, 1, 2, 3, 4]);
    }
}

both_ways! {
    fn stdin_is_null(method) {
        let pool = pool(method, 1);
        let read = |()| {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).unwrap();
            (text, fs::read_link("/proc/self/fd/0").unwrap())
        };
        assert_eq!(pool.apply(read, ()).unwrap(), (String::new(), PathBuf::from("/dev/null")));
    }
}

/// In a task: what is open, by number; without the folder that lists it.
fn descriptors(_: ()) -> BTreeMap<u32, PathBuf> {
    let entries = fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap().path());
    let open = |path: PathBuf| {
        Some((path.file_name()?.to_str()?.parse().ok()?, fs::read_link(&path).ok()?))
    };
    entries.filter_map(open).filter(|(_, target)| !target.ends_with("fd")).collect()
}

both_ways! {
    fn no_descriptor_inherited(method) {
        let file = env!("CARGO_MANIFEST_DIR").to_owned() + "/Cargo.toml";
        // Without close-on-exec, as C libraries open them.
        let inheritable: Vec<_> =
            (0..5).map(|_| open(file.as_str(), OFlag::O_RDONLY, Mode::empty()).unwrap()).collect();
        let pool = pool(method, 3);
        for found in pool.map(descriptors, [(); 20]).unwrap() {
            // Of the link, one for bytes and one for descriptors.
            let link = found.iter().filter(|(number, _)| **number > 2).collect::<Vec<_>>();
            assert_eq!(link.len(), 2, "{found:?}");
            let is_socket = |target: &PathBuf| target.to_string_lossy().starts_with("socket:");
            assert!(link.iter().all(|(_, target)| is_socket(target)), "{found:?}");
            assert!([0, 1, 2].iter().all(|number| found.contains_key(number)), "{found:?}");
        }
        drop(inheritable);
    }
}

both_ways! {
    fn the_role_is_not_passed_on(method) {
        let pool = pool(method, 1);
        let roles = |()| std::env::vars().filter(|(name, _)| name.starts_with("POOL_LIB_ROLE")).count();
        assert_eq!(pool.apply(roles, ()).unwrap(), 0);
        let arguments = |()| std::env::args().collect::<Vec<_>>();
        // With musl the standard library hears of them in `main`, where workers do not come.
        let expected = std::env::args().filter(|_| !cfg!(target_env = "musl")).collect::<Vec<_>>();
        assert_eq!(pool.apply(arguments, ()).unwrap(), expected);
    }
}

both_ways! {
    /// From nothing to 4 MiB, around the sizes at which the way of sending changes; larger ones have a
    /// binary of their own.
    fn payload_sizes(method) {
        let pool = pool(method, 2);
        let echo = |text: String| text;
        for size in [0_usize, 1, 31, 32, 33, 16 << 10, 64 << 10, 1 << 20, 4 << 20] {
            for size in [size, size + 1, size.saturating_sub(1)] {
                let text = "x".repeat(size);
                assert!(pool.apply(echo, text.clone()).unwrap() == text, "{size}");
            }
        }
    }
}

both_ways! {
    /// Large frames that meet on one link, more of them than it holds, do not wait for each other.
    fn large_arguments_meet_large_results(method) {
        let pool = pool(method, 2);
        let items = (0..12_u8).map(|n| char::from(b'a' + n).to_string().repeat(4 << 20));
        let results = pool.call().chunk_size(4).map(|text: String| text, items.clone()).unwrap();
        assert!(results.into_iter().eq(items));
    }
}

both_ways! {
    fn a_name_is_shown(method) {
        let pool = Pool::builder().processes(1).start_method(method).name("chess").build().unwrap();
        let name = fs::read_to_string(format!("/proc/{}/comm", pool.worker_pids()[0])).unwrap();
        assert_eq!(name.trim(), "chess-0");
        let long = "a name that is longer than the kernel keeps".repeat(10_000);
        let pool = Pool::builder().processes(1).start_method(method).name(long).build().unwrap();
        assert_ne!(pool.apply(own_pid, ()).unwrap(), std::process::id());
        let odd = Pool::builder().processes(1).start_method(method).name("a\0b").build().unwrap();
        assert_ne!(odd.apply(own_pid, ()).unwrap(), std::process::id());
    }
}

both_ways! {
    fn pinned_workers_keep_to_one_core(method) {
        let pool = Pool::builder().processes(3).start_method(method).pin_to_cores(true).build().unwrap();
        let cores = |()| std::thread::available_parallelism().unwrap().get();
        assert!(pool.map(cores, [(); 10]).unwrap().iter().all(|cores| *cores == 1));
    }
}

//! Bad surroundings: what a pool needs is not there, or is refused. It works all the same or says what it lacks, and
//! nothing hangs or is left behind.
//!
//! Must not share a process, with the pool's other tests or among each other: each changes its own for good. Few
//! descriptors are in `descriptors`.

#[path = "it/solitude.rs"]
mod solitude;
#[path = "leftovers/snapshot.rs"]
#[allow(dead_code, reason = "each binary uses its share of it")]
mod snapshot;
#[path = "it/watchdog.rs"]
mod watchdog;

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use nix::libc;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Uid, geteuid, setuid};
use pool_lib::{BuildError, Pool, PoolBuilder, StartMethod};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};

const METHODS: [StartMethod; 2] = [StartMethod::ForkServer, StartMethod::Spawn];

fn builder(method: StartMethod) -> PoolBuilder {
    Pool::builder().processes(2).start_method(method)
}

fn double(n: u64) -> u64 {
    n * 2
}

/// The pool works, survives the death of a worker, and leaves no child.
fn assert_usable(pool: Pool) {
    assert!(works(&pool));
    drop(pool);
    snapshot::assert_no_child();
}

fn refusal(method: StartMethod) -> String {
    let error = builder(method).build().expect_err("the pool was built all the same");
    snapshot::assert_no_child();
    assert!(matches!(error, BuildError::Os(..)), "{error}");
    error.to_string()
}

/// Says, aloud, that a test cannot be done here.
fn skip(name: &str, why: &str) {
    // Written directly: what the print macros write is kept back by the test harness.
    let mut stderr = std::io::stderr();
    writeln!(stderr, "skipped: {name}: {why}").unwrap();
}

/// Whether this process may have a view of the file systems of its own; else says that a test is skipped.
fn may_mount(name: &str) -> bool {
    if solitude::is_alone() {
        return true;
    }
    let tried = Command::new("unshare").args(["--mount", "true"]).output();
    let may = tried.is_ok_and(|tried| tried.status.success());
    if !may {
        skip(name, "needs the right to mount (CAP_SYS_ADMIN), and the program `unshare`");
    }
    may
}

/// From now on, this thread and its children mount for themselves.
fn mount_apart() {
    unshare(CloneFlags::CLONE_NEWNS).unwrap();
    let (none, private) = (None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE);
    mount(none, "/", none, private, none).unwrap();
}

#[test]
fn without_proc() {
    let name = "without_proc";
    if !may_mount(name) {
        return;
    }
    solitude::alone(
        name,
        |_| {},
        || {
            mount_apart();
            let assert_refused = || {
                for method in METHODS {
                    let error = builder(method).build().unwrap_err().to_string();
                    assert!(error.contains("/proc/self/exe"), "{error}");
                    assert!(error.contains("pools need /proc"), "{error}");
                }
            };
            // Another one over it, in which there is nothing.
            mount(Some("none"), "/proc", Some("tmpfs"), MsFlags::empty(), None::<&str>).unwrap();
            assert_refused();
            umount2("/proc", MntFlags::MNT_DETACH).unwrap();
            METHODS.into_iter().for_each(|method| assert_usable(builder(method).build().unwrap()));
            // In a container there may be several, one over the other.
            while Path::new("/proc/self").exists() {
                umount2("/proc", MntFlags::MNT_DETACH).unwrap();
            }
            assert_refused();
        },
    );
}

#[test]
fn where_nothing_can_be_written() {
    let name = "where_nothing_can_be_written";
    if !may_mount(name) {
        return;
    }
    solitude::alone(
        name,
        |_| {},
        || {
            mount_apart();
            let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
            let places = mounts.lines().filter_map(|line| line.split(' ').nth(1));
            for place in places {
                let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
                // Some lie under others and cannot be reached, so nobody can write there either.
                let _ = mount(None::<&str>, place, None::<&str>, flags, None::<&str>);
            }
            for folder in [env::temp_dir(), "/dev/shm".into(), "/run".into(), ".".into()] {
                if folder.is_dir() {
                    let error = File::create(folder.join("pool-lib-writes-here")).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::ReadOnlyFilesystem, "{}", folder.display());
                }
            }
            METHODS.into_iter().for_each(|method| assert_usable(builder(method).build().unwrap()));
        },
    );
}

#[test]
fn with_sixteen_descriptors() {
    solitude::alone(
        "with_sixteen_descriptors",
        |_| {},
        || {
            setrlimit(Resource::RLIMIT_NOFILE, 16, 16).unwrap();
            for method in METHODS {
                for processes in [1, 2, 50] {
                    match builder(method).processes(processes).build() {
                        Ok(pool) => assert_usable(pool),
                        Err(error) => {
                            assert!(processes > 1, "{method:?}: {error}");
                            assert!(error.to_string().contains("ulimit -n"), "{method:?}: {error}");
                        }
                    }
                    snapshot::assert_no_child();
                }
            }
        },
    );
}

/// The kernel does not hold root to this limit, so somebody else is needed who has no process yet.
#[test]
fn when_no_more_processes_are_allowed() {
    let name = "when_no_more_processes_are_allowed";
    if !geteuid().is_root() {
        return skip(name, "needs root, to become a user without processes");
    }
    solitude::alone(
        name,
        |_| {},
        || {
            setuid(Uid::from_raw(1_000_000 + process::id())).unwrap();
            // A change of the user closes `/proc/self` to the process, which is the test's doing.
            prctl::set_dumpable(true).unwrap();
            let threads = fs::read_dir("/proc/self/task").unwrap().count() as u64;
            for method in METHODS {
                let (mut built, mut refused) = (0, 0);
                for more in 0..8 {
                    let most = threads + more;
                    let (_, hard) = getrlimit(Resource::RLIMIT_NPROC).unwrap();
                    setrlimit(Resource::RLIMIT_NPROC, most, hard).unwrap();
                    match builder(method).build() {
                        Ok(pool) => {
                            built += 1;
                            assert_usable(pool);
                        }
                        Err(error) => {
                            refused += 1;
                            assert!(error.to_string().contains("ulimit -u"), "{method:?}: {error}");
                            snapshot::assert_no_child();
                        }
                    }
                }
                assert!(built > 0 && refused > 0, "{method:?}: {built} built, {refused} refused");
            }
        },
    );
}

/// How much is mapped, in bytes.
fn mapped() -> u64 {
    let sizes = fs::read_to_string("/proc/self/statm").unwrap();
    sizes.split(' ').next().unwrap().parse::<u64>().unwrap() * 4096
}

/// From room for hardly anything to room for all: there is no size at which something hangs. (With less than the
/// least of these, std aborts a program that starts a thread whose stack it still has, whoever starts it.)
#[test]
fn when_memory_for_maps_is_refused() {
    solitude::alone(
        "when_memory_for_maps_is_refused",
        |_| {},
        || {
            let (_, hard) = getrlimit(Resource::RLIMIT_AS).unwrap();
            for method in METHODS {
                let (mut built, mut refused) = (0, 0);
                for eighths in (1..32).chain([1000]) {
                    let room = eighths * (128 << 10);
                    setrlimit(Resource::RLIMIT_AS, mapped() + room, hard).unwrap();
                    let outcome = builder(method).build();
                    let works = outcome.map(|pool| {
                        let results = pool.map(double, 0..50);
                        drop(pool);
                        results
                    });
                    setrlimit(Resource::RLIMIT_AS, hard, hard).unwrap();
                    match works {
                        Ok(results) => {
                            built += 1;
                            assert_eq!(results.unwrap().len(), 50, "{method:?}, {room} bytes");
                        }
                        Err(error) => {
                            refused += 1;
                            assert!(
                                error.to_string().contains("memory"),
                                "{method:?}, {room} bytes: {error}"
                            );
                        }
                    }
                    snapshot::assert_no_child();
                }
                assert!(built > 0 && refused > 0, "{method:?}: {built} built, {refused} refused");
            }
        },
    );
}

/// From now on, this thread and its children have `call` refused, where its first argument is `first` if that
/// matters.
fn refuse(call: libc::c_long, first: Option<u64>, errno: i32) {
    let rules = first.map_or(Vec::new(), |first| {
        let (width, equal) = (SeccompCmpArgLen::Dword, SeccompCmpOp::Eq);
        vec![
            SeccompRule::new(vec![SeccompCondition::new(0, width, equal, first).unwrap()]).unwrap(),
        ]
    });
    let (allow, refuse) = (SeccompAction::Allow, SeccompAction::Errno(errno as u32));
    let machine = env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(BTreeMap::from([(call, rules)]), allow, refuse, machine);
    let program: BpfProgram = filter.unwrap().try_into().unwrap();
    apply_filter(&program).unwrap();
}

/// What a kernel that lacks the call answers, and what a sandbox does that refuses it.
const REFUSALS: [i32; 2] = [libc::ENOSYS, libc::EPERM];

/// A test for each call: it cannot be undone, and the filters of one process add up.
macro_rules! refused {
    ($($name:ident: $call:ident $(($first:expr))?, $told:expr;)*) => {$(
        #[test]
        fn $name() {
            for errno in REFUSALS {
                // What the copy finds out there is for one of the two.
                let surround = |copy: &mut Command| _ = copy.env(ERRNO, errno.to_string());
                solitude::alone(stringify!($name), surround, || {
                    let first = None::<u64>;
                    $(let first = first.or(Some($first.into()));)?
                    let errno = env::var(ERRNO).unwrap().parse().unwrap();
                    refuse(libc::$call, first, errno);
                    METHODS.into_iter().for_each($told);
                });
                if solitude::is_alone() {
                    return;
                }
            }
        }
    )*};
}

const ERRNO: &str = "POOL_LIB_TEST_ERRNO";

fn assert_names(name: &str) -> impl Fn(StartMethod) {
    move |method| {
        let error = refusal(method);
        assert!(error.contains(name) && error.contains("seccomp"), "{method:?}: {error}");
    }
}

refused! {
    without_pidfd_open: SYS_pidfd_open, assert_names("pidfd_open (Linux 5.3)");
    without_pidfd_send_signal: SYS_pidfd_send_signal, assert_names("pidfd_send_signal (Linux 5.1)");
    without_waiting_by_pidfd: SYS_waitid(libc::P_PIDFD), assert_names("waitid with P_PIDFD (Linux 5.4)");
    without_memfd_create: SYS_memfd_create, assert_names("shared memory (memfd_create)");
    without_close_range: SYS_close_range, works_and_inherits_nothing;
    without_dying_with_the_parent: SYS_prctl(libc::PR_SET_PDEATHSIG as u32), |method| {
        // Told by the copies themselves, on their standard error.
        assert!(builder(method).build().unwrap_err().to_string().contains("standard error"));
    };
    without_a_name_for_the_worker: SYS_prctl(libc::PR_SET_NAME as u32), |method| {
        assert_usable(builder(method).build().unwrap());
    };
}

/// Descriptors are closed one by one where they cannot be closed all at once.
fn works_and_inherits_nothing(method: StartMethod) {
    let file = File::open("/dev/null").unwrap();
    // Many, beyond and among the numbers that a worker uses, and not to be closed by exec.
    let inherited: Vec<_> = (0..20).map(|_| nix::unistd::dup(&file).unwrap()).collect();
    let pool = builder(method).build().unwrap();
    let open = |()| -> Vec<PathBuf> {
        let entries = fs::read_dir("/proc/self/fd").unwrap();
        entries.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok()).collect()
    };
    let nulls = |open: Vec<PathBuf>| open.iter().filter(|path| path.ends_with("null")).count();
    assert!(nulls(open(())) >= 20);
    // Its standard input, and whatever the test's own output is.
    let standard = (0..3).filter(|fd| {
        fs::read_link(format!("/proc/self/fd/{fd}")).is_ok_and(|path| path.ends_with("null"))
    });
    assert_eq!(nulls(pool.apply(open, ()).unwrap()), standard.count(), "{method:?}");
    drop(inherited);
    assert_usable(pool);
}

/// A program that sandboxes itself before it builds a pool.
#[test]
fn with_no_new_privileges() {
    solitude::alone(
        "with_no_new_privileges",
        |_| {},
        || {
            prctl::set_no_new_privs().unwrap();
            METHODS.into_iter().for_each(|method| assert_usable(builder(method).build().unwrap()));
        },
    );
}

/// As an update does it. The pools of a running program go on with the program that runs.
#[test]
fn after_the_program_was_replaced_or_deleted() {
    let name = "after_the_program_was_replaced_or_deleted";
    let folder = env::temp_dir().join(format!("pool-lib-{name}-{}", process::id()));
    let program = folder.join("program");
    let move_in = |copy: &mut Command| {
        fs::create_dir(&folder).unwrap();
        // Not by ourselves: what another test forks at this moment would hold the copy open for writing a while longer,
        // and what is written cannot be run.
        let copied = Command::new("cp").arg(copy.get_program()).arg(&program).status().unwrap();
        assert!(copied.success());
        let mut moved = Command::new(&program);
        moved.args(copy.get_args());
        moved.envs(copy.get_envs().filter_map(|(name, value)| Some((name, value?))));
        *copy = moved;
    };
    solitude::alone(name, move_in, || {
        let program = env::current_exe().unwrap();
        assert!(program.ends_with("program"));
        let before = METHODS.map(|method| builder(method).build().unwrap());
        // Another program takes its place, in one step; it would end at once.
        let other = program.with_extension("new");
        fs::copy("/bin/false", &other).unwrap();
        fs::rename(&other, &program).unwrap();
        METHODS.into_iter().for_each(|method| assert!(works(&builder(method).build().unwrap())));
        assert!(before.iter().all(works));
        fs::remove_file(&program).unwrap();
        METHODS.into_iter().for_each(|method| assert!(works(&builder(method).build().unwrap())));
        assert!(before.iter().all(works));
        before.into_iter().for_each(drop);
        snapshot::assert_no_child();
    });
    if !solitude::is_alone() {
        fs::remove_dir_all(&folder).unwrap();
    }
}

/// Also with a new worker.
fn works(pool: &Pool) -> bool {
    pool.apply(|()| -> () { process::abort() }, ()).unwrap_err();
    pool.map(double, 0..50).unwrap().into_iter().eq((0..50).map(double))
}

//! What workers print arrives, all of it, however soon the pool ends.
//!
//! Must not print anything itself: the copy's output is what is looked at.

#[path = "it/solitude.rs"]
mod solitude;
#[path = "it/watchdog.rs"]
mod watchdog;

use pool_lib::{Pool, StartMethod};

const METHODS: [StartMethod; 2] = [StartMethod::ForkServer, StartMethod::Spawn];

/// Without a line's end, so that it stays in the buffer of std.
fn print_in_initializer() {
    print!("<initializer>");
}

fn print_in_preload() {
    print!("<preload>");
}

/// As C code prints: into a buffer that C writes out at the end of a program, and no worker gets there.
fn print_by_c() {
    // SAFETY: a string that ends with a zero, without directives.
    unsafe { nix::libc::printf(c"<C>".as_ptr()) };
}

#[test]
fn what_is_left_in_a_buffer_is_printed_once() {
    let name = "what_is_left_in_a_buffer_is_printed_once";
    let printed = solitude::alone(
        name,
        |_| (),
        || {
            for method in METHODS {
                let builder = Pool::builder().processes(3).start_method(method);
                let builder = match method {
                    StartMethod::ForkServer => builder.preload(print_in_preload),
                    _ => builder,
                };
                let pool = builder.build().unwrap();
                pool.map(|()| print_by_c(), [(); 5]).unwrap();
            }
        },
    );
    if !solitude::is_alone() {
        assert_eq!(printed.matches("<preload>").count(), 1, "{printed}");
        assert_eq!(printed.matches("<C>").count(), 2 * 5, "{printed}");
    }
}

#[test]
fn what_workers_print_is_not_lost_when_they_are_closed() {
    let name = "what_workers_print_is_not_lost_when_they_are_closed";
    let printed = solitude::alone(
        name,
        |_| (),
        || {
            for method in METHODS {
                for _ in 0..20 {
                    let builder = Pool::builder().processes(1).start_method(method);
                    let pool = builder.initializer(print_in_initializer).build().unwrap();
                    pool.map(|()| print!("<task>"), [(); 3]).unwrap();
                    pool.join();
                }
            }
        },
    );
    if !solitude::is_alone() {
        assert_eq!(printed.matches("<initializer>").count(), 2 * 20, "{printed}");
        assert_eq!(printed.matches("<task>").count(), 2 * 20 * 3, "{printed}");
    }
}

/// Buffers are not written out after each task where tasks are this short; but before anybody waits.
#[test]
fn what_short_tasks_print_is_out_when_the_last_of_them_has_ended() {
    let name = "what_short_tasks_print_is_out_when_the_last_of_them_has_ended";
    let printed = solitude::alone(
        name,
        |_| (),
        || {
            for method in METHODS {
                let pool = Pool::builder().processes(1).start_method(method).build().unwrap();
                pool.map(
                    |n: u32| {
                        if n.is_multiple_of(100) {
                            print!("<short>")
                        }
                    },
                    0..50_000,
                )
                .unwrap();
                for pid in pool.worker_pids() {
                    let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).unwrap());
                    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
                }
            }
        },
    );
    if !solitude::is_alone() {
        assert_eq!(printed.matches("<short>").count(), 2 * 500, "{printed}");
    }
}

//! Noticing `SIGINT` and `SIGTERM` instead of dying from them: once. The second one ends the program as the
//! first would have done.
//!
//! A handler may be called at any moment, in any thread, between any two instructions: it touches atomic
//! numbers, rings a bell (an eventfd), and passes the signal on to the handler that was there before.
//!
//! Must not know who waits, or for what.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::process::id;
use std::ptr::null_mut;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, AtomicUsize};
use std::thread;

use nix::errno::Errno;
use nix::libc::{self, c_int, c_void, siginfo_t};
use nix::sys::eventfd::EventFd;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};

use super::standard::event;

const SIGNALS: [Signal; 2] = [Signal::SIGINT, Signal::SIGTERM];

/// The process that listens; a copy of it that a `fork` made does not. 0: none.
static LISTENER: AtomicU32 = AtomicU32::new(0);
/// The number of the bell's descriptor while somebody listens, else -1.
static BELL: AtomicI32 = AtomicI32::new(-1);
/// Signals since somebody listens.
static COUNT: AtomicU32 = AtomicU32::new(0);
/// Handlers that may be about to ring.
static RINGING: AtomicUsize = AtomicUsize::new(0);
/// What was there before us, for each of [`SIGNALS`]. Never freed: a handler may be reading it.
static BEFORE: [AtomicPtr<SigAction>; 2] = [const { AtomicPtr::new(null_mut()) }; 2];
/// Whether we stand below a handler that somebody has put over ours.
static BURIED: [AtomicBool; 2] = [const { AtomicBool::new(false) }; 2];

/// Listens until it is dropped. There is one of it in a process at a time; its maker sees to that.
pub(crate) struct Interrupts {
    bell: EventFd,
}

impl Interrupts {
    pub(crate) fn listen() -> io::Result<Self> {
        let bell = event()?;
        COUNT.store(0, SeqCst);
        LISTENER.store(id(), SeqCst);
        BELL.store(bell.as_fd().as_raw_fd(), SeqCst);
        let interrupts = Self { bell };
        for place in 0..SIGNALS.len() {
            put_in(place)?;
        }
        Ok(interrupts)
    }

    /// How many signals have come so far.
    pub(crate) fn count(&self) -> u32 {
        COUNT.load(SeqCst)
    }

    /// Readable when a signal has come since [`hear`](Self::hear), or [`ring`](Self::ring) was called.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }

    /// Silences the bell.
    pub(crate) fn hear(&self) {
        let _ = self.bell.read();
    }

    /// Rings the bell without a signal.
    pub(crate) fn ring(&self) {
        // Fails only when the counter is full, and then the bell rings already.
        let _ = self.bell.write(1);
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        (0..SIGNALS.len()).for_each(take_out);
        // From here on no handler begins to ring; those that have begun are waited for, so that none
        // writes into a descriptor that has been closed and is somebody else's. They take a moment:
        // nothing in them waits.
        BELL.store(-1, SeqCst);
        while RINGING.load(SeqCst) > 0 {
            thread::yield_now();
        }
    }
}

fn ours() -> SigAction {
    let flags = SaFlags::SA_RESTART | SaFlags::SA_ONSTACK | SaFlags::SA_SIGINFO;
    SigAction::new(SigHandler::SigAction(on_signal), flags, SigSet::empty())
}

/// Our handler, with the type that `sigaction` has for it.
fn ours_alone() -> extern "C" fn(c_int, *mut siginfo_t, *mut c_void) {
    on_signal
}

/// Whether this calls our handler, whatever else is set.
fn is_ours(action: &SigAction) -> bool {
    match action.handler() {
        SigHandler::SigAction(handler) => std::ptr::fn_addr_eq(handler, ours_alone()),
        _ => false,
    }
}

/// What is to happen at a signal now.
fn current(signal: Signal) -> io::Result<SigAction> {
    let mut now = std::mem::MaybeUninit::<SigAction>::uninit();
    // SAFETY: `SigAction` is a transparent `libc::sigaction`; a null for the new one changes nothing.
    let asked =
        unsafe { libc::sigaction(signal as c_int, std::ptr::null(), now.as_mut_ptr().cast()) };
    Errno::result(asked)?;
    // SAFETY: the call has succeeded, so it has been written.
    Ok(unsafe { now.assume_init() })
}

/// Puts our handler in the place of what is there, unless that is to ignore the signal: such a program is
/// not to be interrupted at all (`nohup`, or a job in the background of a shell).
fn put_in(place: usize) -> io::Result<()> {
    let signal = SIGNALS[place];
    let before = current(signal)?;
    match before.handler() {
        SigHandler::SigIgn => return Ok(()),
        SigHandler::SigDfl => {}
        _ if is_ours(&before) => return Ok(()),
        // Whoever has put a handler over ours passes signals on to it, or does not want us to have them.
        _ if BURIED[place].load(SeqCst) => return Ok(()),
        _ => {}
    }
    // SAFETY: null, or made by the line below and never freed.
    let known = unsafe { BEFORE[place].load(SeqCst).as_ref() };
    if known != Some(&before) {
        BEFORE[place].store(Box::leak(Box::new(before)), SeqCst);
    }
    BURIED[place].store(false, SeqCst);
    // SAFETY: the handler does only what is allowed in one; see there.
    unsafe { sigaction(signal, &ours()) }?;
    Ok(())
}

/// Puts back what was there before, unless somebody has put something over ours.
fn take_out(place: usize) {
    let signal = SIGNALS[place];
    // SAFETY: null, or made by `put_in` and never freed.
    let Some(before) = (unsafe { BEFORE[place].load(SeqCst).as_ref() }) else { return };
    let Ok(now) = current(signal) else { return };
    match now.handler() {
        _ if is_ours(&now) => {
            // SAFETY: puts back what the program itself had set.
            let put_back = unsafe { sigaction(signal, before) };
            debug_assert!(put_back.is_ok(), "{put_back:?}");
        }
        SigHandler::SigDfl | SigHandler::SigIgn => {}
        _ => BURIED[place].store(true, SeqCst),
    }
}

/// Everything in here may be done in a signal handler: atomics, `getpid`, `write`, `sigaction`, `raise`.
extern "C" fn on_signal(number: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let errno = Errno::last_raw();
    RINGING.fetch_add(1, SeqCst);
    let bell = BELL.load(SeqCst);
    let heard = bell >= 0 && LISTENER.load(SeqCst) == id();
    let mut count = 0;
    if heard {
        count = COUNT.fetch_add(1, SeqCst) + 1;
        let one = 1_u64.to_ne_bytes();
        // SAFETY: the descriptor is open: `drop` closes it only when nobody is ringing.
        unsafe { libc::write(bell, one.as_ptr().cast(), one.len()) };
    }
    RINGING.fetch_sub(1, SeqCst);
    let place = SIGNALS.iter().position(|signal| *signal as c_int == number);
    // SAFETY: null, or made by `put_in` and never freed.
    let before = place.and_then(|place| unsafe { BEFORE[place].load(SeqCst).as_ref() });
    match before.map(SigAction::handler) {
        Some(SigHandler::Handler(handler)) => handler(number),
        Some(SigHandler::SigAction(handler)) => handler(number, info, context),
        Some(SigHandler::SigIgn) | None => {}
        Some(SigHandler::SigDfl) => {
            if !heard || count > 1 {
                die(number);
            }
        }
    }
    Errno::set_raw(errno);
}

/// Ends the process by this signal, which is blocked while its handler runs: the end comes when that returns.
fn die(number: c_int) {
    let Ok(signal) = Signal::try_from(number) else { return };
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: the default is no code of ours.
    let _ = unsafe { sigaction(signal, &default) };
    let _ = raise(signal);
}

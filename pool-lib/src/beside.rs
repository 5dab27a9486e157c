//! What travels beside encoded bytes: memory that is handed over instead of being copied.
//!
//! A value meets its memory while it is encoded or decoded, deep inside serde, where nothing can be passed along. So each
//! thread has a table: open while a value is written or read, and closed at all other times, which is how such a value
//! notices that it is in the hands of somebody else's format.
//!
//! Must not know which values use it, or how descriptors travel.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::sys::Memory;

/// Memory that goes with one value, in the order in which the value refers to it.
pub(crate) type Parts = Vec<Arc<Memory>>;

/// The most that can go with one value: as many descriptors fit into one message (`SCM_MAX_FD`).
pub(crate) const MOST: usize = 253;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Closed,
    Writing,
    /// And something is in the table.
    Written,
    Reading,
    /// And nothing is on the table.
    ReadingBare,
}

thread_local! {
    // Two, because most values use no table: those pay for looking at a byte.
    static MODE: Cell<Mode> = const { Cell::new(Mode::Closed) };
    static TABLE: RefCell<Parts> = const { RefCell::new(Vec::new()) };
    static OUTER: RefCell<Vec<(Mode, Parts)>> = const { RefCell::new(Vec::new()) };
    static COMPLAINT: Cell<Option<String>> = const { Cell::new(None) };
}

/// The state of an outer value, which is put back in any case: a value that is being written may use a pool itself, or panic.
/// Nearly all values are no part of another and leave the table alone. All of this happens for each of them, so it is
/// compiled into the code that knows the value's type, and says only whether there is an outer value: its state is put where
/// it weighs nothing for the others.
struct Outer {
    exists: bool,
}

impl Outer {
    #[inline]
    fn put_aside(mode: Mode) -> Self {
        let outer = MODE.replace(mode);
        let exists = outer != Mode::Closed;
        if exists {
            OUTER.with_borrow_mut(|outers| outers.push((outer, TABLE.take())));
        }
        Self { exists }
    }

    #[cold]
    fn put_back(&self) {
        let outer = self.exists.then(|| OUTER.with_borrow_mut(Vec::pop)).flatten();
        let (mode, parts) = outer.unwrap_or((Mode::Closed, Parts::new()));
        MODE.set(mode);
        TABLE.replace(parts);
    }
}

impl Drop for Outer {
    #[inline]
    fn drop(&mut self) {
        let inner = MODE.replace(Mode::Closed);
        if self.exists || matches!(inner, Mode::Written | Mode::Reading) {
            self.put_back();
        }
    }
}

/// Runs `write` with an empty table, and leaves in `parts` what was put there, if anything was.
#[inline]
pub(crate) fn collect<T>(parts: &mut Parts, write: impl FnOnce() -> T) -> T {
    let _outer = Outer::put_aside(Mode::Writing);
    let value = write();
    if MODE.get() == Mode::Written {
        *parts = TABLE.take();
    }
    value
}

/// Runs `read` with these parts in the table; they are used up.
#[inline]
pub(crate) fn lay_out<T>(parts: &mut Parts, read: impl FnOnce() -> T) -> T {
    let bare = parts.is_empty();
    let _outer = Outer::put_aside(if bare { Mode::ReadingBare } else { Mode::Reading });
    if !bare {
        TABLE.replace(std::mem::take(parts));
    }
    read()
}

/// Puts memory on the table of the value that is being written, once; returns by which number it is found there.
pub(crate) fn put(part: &Arc<Memory>) -> Result<u32, String> {
    if !matches!(MODE.get(), Mode::Writing | Mode::Written) {
        return Err(outside());
    }
    TABLE.with_borrow_mut(|parts| {
        let known = parts.iter().position(|known| Arc::ptr_eq(known, part));
        let place = known.unwrap_or(parts.len());
        if place == MOST {
            return Err(complain(format!("more than {MOST} blobs in one argument or result")));
        }
        if known.is_none() {
            parts.push(Arc::clone(part));
            MODE.set(Mode::Written);
        }
        Ok(place as u32)
    })
}

/// The memory of that number on the table of the value that is being read, opened.
pub(crate) fn get(number: u32) -> Result<Arc<Memory>, String> {
    if !matches!(MODE.get(), Mode::Reading | Mode::ReadingBare) {
        return Err(outside());
    }
    let part = TABLE.with_borrow(|parts| parts.get(number as usize).cloned());
    let Some(part) = part else {
        let why = "a blob has not come along: this process has no descriptor left for it";
        return Err(complain(why.to_owned()));
    };
    match part.open() {
        Ok(()) => Ok(part),
        Err(error) => Err(complain(format!("a blob cannot be opened: {error}"))),
    }
}

/// What was wrong with the table, if something was, since this was last asked on this thread: formats forget the words of
/// the errors that they pass on.
pub(crate) fn complaint() -> Option<String> {
    COMPLAINT.take()
}

fn complain(why: String) -> String {
    COMPLAINT.set(Some(why.clone()));
    why
}

fn outside() -> String {
    "shared memory travels only in an argument or a result of a pool's task".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::Draft;

    fn memory() -> Arc<Memory> {
        Arc::new(Draft::create(1).unwrap().seal().unwrap())
    }

    #[test]
    fn each_part_is_sent_once_and_found_by_its_number() {
        let (one, two) = (memory(), memory());
        let mut parts = Parts::new();
        let numbers = collect(&mut parts, || [&one, &two, &one].map(|part| put(part).unwrap()));
        assert_eq!((numbers, parts.len()), ([0, 1, 0], 2));
        lay_out(&mut parts, || {
            assert!(Arc::ptr_eq(&get(1).unwrap(), &two));
            assert!(get(2).is_err());
        });
        assert!(complaint().is_some_and(|why| why.contains("no descriptor left")));
        assert!(get(0).is_err() && put(&one).is_err());
        assert_eq!(complaint(), None, "that is another mistake");
        lay_out(&mut Parts::new(), || assert!(get(0).is_err()));
        assert!(complaint().is_some_and(|why| why.contains("no descriptor left")));
    }

    #[test]
    fn a_value_inside_another_has_a_table_of_its_own() {
        let (one, two) = (memory(), memory());
        let (mut outer, mut inner, mut nothing) = <(Parts, Parts, Parts)>::default();
        collect(&mut outer, || {
            put(&one).unwrap();
            collect(&mut inner, || put(&two).unwrap());
            lay_out(&mut inner, || assert!(Arc::ptr_eq(&get(0).unwrap(), &two)));
            let caught =
                std::panic::catch_unwind(|| collect(&mut Parts::new(), || panic!("on purpose")));
            assert!(caught.is_err());
            collect(&mut nothing, || ());
            assert!(nothing.is_empty());
            put(&two).unwrap();
        });
        assert!(Arc::ptr_eq(&outer[0], &one) && Arc::ptr_eq(&outer[1], &two));
        assert_eq!(Arc::strong_count(&one), 2);
    }

    #[test]
    fn no_more_than_one_message_holds() {
        let parts: Vec<_> = (0..=MOST).map(|_| memory()).collect();
        let put = collect(&mut Parts::new(), || parts.iter().map(put).collect::<Vec<_>>());
        assert!(put[MOST - 1].is_ok() && put[MOST].is_err());
    }
}

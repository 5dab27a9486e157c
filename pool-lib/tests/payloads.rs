//! Arguments and results that are larger than anything that counts in 31 or 32 bits.
//!
//! Must not run beside its like: each needs as much memory as two copies take.

#[path = "it/watchdog.rs"]
mod watchdog;

use std::fmt;
use std::io::Write;

use pool_lib::{Pool, StartMethod};
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

const GIB: usize = 1 << 30;
/// Beyond what an environment's test sends anyway; the larger is beyond every count of 31 bits.
const SIZES: [usize; 2] = [64 << 20, 2 * GIB + GIB / 5];
/// What one of these tests may take, in KiB.
const NEEDED: u64 = 7 << 20;

/// Many bytes; on arrival they are looked at where they lie, and not kept.
enum Bulk {
    Bytes(Vec<u8>),
    /// So many, and all of them as they should be.
    Right(usize),
}

/// Zeros, which take no memory as long as nobody writes to them, and a mark here and there.
fn bytes(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    for (number, at) in (0..len).step_by(GIB / 16 - 1).enumerate() {
        bytes[at] = number as u8 + 1;
    }
    if let Some(last) = bytes.last_mut() {
        *last = 0xff;
    }
    bytes
}

impl Serialize for Bulk {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Bulk::Bytes(bytes) => to.serialize_bytes(bytes),
            Bulk::Right(_) => unreachable!("what has arrived is not sent on"),
        }
    }
}

impl<'de> Deserialize<'de> for Bulk {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = Bulk;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("many bytes")
            }

            fn visit_borrowed_bytes<E>(self, arrived: &'de [u8]) -> Result<Bulk, E> {
                assert!(arrived == bytes(arrived.len()), "bytes have changed on their way");
                Ok(Bulk::Right(arrived.len()))
            }
        }
        from.deserialize_bytes(Look)
    }
}

fn length(bulk: Bulk) -> usize {
    match bulk {
        Bulk::Bytes(bytes) => bytes.len(),
        Bulk::Right(len) => len,
    }
}

fn make(len: usize) -> Bulk {
    Bulk::Bytes(bytes(len))
}

/// Whether so much is free; if not, that is said aloud.
fn is_free() -> bool {
    let info = std::fs::read_to_string("/proc/meminfo").unwrap();
    let line = info.lines().find_map(|line| line.strip_prefix("MemAvailable:")).unwrap();
    let available: u64 = line.split_whitespace().next().unwrap().parse().unwrap();
    if available < NEEDED {
        // Written directly: what the print macros write is kept back by the test harness.
        let mut stderr = std::io::stderr();
        writeln!(stderr, "skipped: {available} KiB are free, and {NEEDED} needed").unwrap();
    }
    available >= NEEDED
}

/// There, and back, by both start methods.
#[test]
fn payload_sizes() {
    for method in [StartMethod::ForkServer, StartMethod::Spawn] {
        for size in SIZES {
            if !is_free() {
                return;
            }
            let there = || {
                let pool = Pool::builder().start_method(method).processes(1).build().unwrap();
                assert_eq!(pool.apply(length, make(size)).unwrap(), size);
            };
            watchdog::guarded("payload_sizes", there);
            let back = || {
                let pool = Pool::builder().start_method(method).processes(1).build().unwrap();
                assert_eq!(length(pool.apply(make, size).unwrap()), size);
            };
            watchdog::guarded("payload_sizes", back);
        }
    }
}

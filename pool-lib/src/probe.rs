//! Every decoder that reads what a worker or a fork server has written, driven by bytes alone: for fuzzers (`fuzz/`), and for a
//! short run of what they have found (the test below). Each probe panics when a promise is broken.
//!
//! Must not be compiled into a program.

use crate::{engine, launch, transport, wire};

/// A name, and what does something with any bytes.
type Probe = (&'static str, fn(&[u8]));

/// All of them; their names are those of the fuzz targets and of the folders of their corpora.
const PROBES: [Probe; 8] = [
    ("frames", wire::probe::frames),
    ("replies", wire::probe::replies),
    ("lines", wire::probe::lines),
    ("rings", transport::probe::rings),
    ("link", transport::probe::link),
    ("parcels", transport::probe::parcels),
    ("ledger", engine::probe::ledger),
    ("server", launch::probe::server),
];

/// Runs the probe of this name.
///
/// # Panics
///
/// If there is none, or if it finds something.
#[cfg(fuzzing)]
pub fn probe(name: &str, bytes: &[u8]) {
    let (_, run) = PROBES.iter().find(|(known, _)| *known == name).expect("a known name");
    run(bytes);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// For each input of a corpus, so many others made from it.
    const VARIANTS: usize = if cfg!(miri) { 1 } else { 30 };

    #[test]
    fn what_fuzzers_have_found_stays_harmless() {
        let mut random = fastrand::Rng::with_seed(7);
        for (name, run) in PROBES {
            let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
            let mut inputs: Vec<_> =
                fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
            inputs.sort();
            assert!(inputs.len() >= 10, "the corpus of {name} has {} inputs", inputs.len());
            for input in inputs {
                let bytes = fs::read(&input).unwrap();
                run(&bytes);
                for _ in 0..VARIANTS {
                    run(&vary(&bytes, &mut random));
                }
            }
        }
    }

    /// Something like `bytes`.
    fn vary(bytes: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
        let mut varied = bytes.to_vec();
        for _ in 0..random.usize(1..8) {
            let at = random.usize(0..=varied.len());
            match random.u8(0..4) {
                0 if at < varied.len() => varied[at] = random.u8(..),
                1 if at < varied.len() => varied[at] ^= 1 << random.u8(0..8),
                2 => varied.truncate(at),
                _ => varied.insert(at, random.u8(..)),
            }
        }
        varied
    }
}
